"""Principals: short-lived signed tokens that say who calls. The gateway signs, every service checks.

JWS compact, EdDSA (Ed25519), `typ` wq-principal+jwt. Claims: iss, aud "wq", sub (the actor's id), role, scope, rights
(optional, narrows an office's account), iat, exp, jti. Keys come only from the configured file, never from the token.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from uuid import uuid4

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.access import ROOT_SCOPE, Role
from shared.errors import Forbidden, Reason
from shared.messages import Actor

TYPE = "wq-principal+jwt"
AUDIENCE = "wq"
LONGEST_SECONDS = 300
# A link to upload is sent on and used days later; the paper says until when, and it reaches nothing else.
LONGEST_LINK_SECONDS = 7 * 86_400
SKEW_SECONDS = 5

MISSING = Reason(
    "principal.missing", "缺少身份令牌，请重新登录", "The call carries no principal token: sign in again", Forbidden
)
FORGED = Reason(
    "principal.forged", "身份令牌无效，请重新登录", "The principal token is not valid: sign in again", Forbidden
)
EXPIRED = Reason(
    "principal.expired", "身份令牌已过期，请重新登录", "The principal token has expired: sign in again", Forbidden
)

_SCOPED = {Role.DEPARTMENT: 4, Role.SCHOOL: 3, Role.PROVINCE: 2, Role.MINISTRY: 1}


def new_signing_key() -> tuple[str, str]:
    """A fresh key pair as two JSON texts: the private key for the gateway, the public key set for the services."""
    key = OKPKey.generate_key("Ed25519", {"kid": uuid4().hex[:8]})
    public = orjson.dumps({"keys": [key.as_dict(private=False)]}).decode()
    return orjson.dumps(key.as_dict(private=True)).decode(), public


class Issuer:
    """Signs principals: the gateway's part, and `wq token` in development."""

    def __init__(self, private_key: str) -> None:
        self._key = OKPKey.import_key(orjson.loads(private_key))

    def token(self, actor: Actor, now: datetime | None = None, seconds: int = LONGEST_SECONDS) -> str:
        """A token for an actor, good for at most 300 seconds; that of an uploader is the link itself, good for 7 days."""
        issued = int((now or datetime.now(UTC)).timestamp())
        claims = {
            "iss": "gateway",
            "aud": AUDIENCE,
            "sub": actor.id,
            "role": actor.role,
            "scope": actor.scope,
            **({} if actor.rights is None else {"rights": list(actor.rights)}),
            "iat": issued,
            "exp": issued + min(seconds, _longest(Role(actor.role))),
            "jti": uuid4().hex,
        }
        header = {"alg": "Ed25519", "typ": TYPE, "kid": self._key.kid}
        return jws.serialize_compact(header, orjson.dumps(claims), self._key, algorithms=["Ed25519"])


class Verifier:
    """Checks tokens; remembers the last ones so that a burst of calls with one token is verified once."""

    def __init__(self, public_keys: str, remembered: int = 4096) -> None:
        self._keys = KeySet.import_key_set(orjson.loads(public_keys))
        self._remembered: OrderedDict[str, tuple[Actor, int, int]] = OrderedDict()
        self._limit = remembered
        self._lock = Lock()

    @classmethod
    def from_file(cls, path: Path) -> Verifier:
        """The verifier for a mounted public key set."""
        return cls(path.read_text())

    def verify(self, token: str | None, now: datetime | None = None) -> Actor:
        """The actor a token speaks for. Raises Forbidden `principal.missing`, `.forged` or `.expired`."""
        if not token:
            raise MISSING.error()
        at = (now or datetime.now(UTC)).timestamp()
        with self._lock:
            known = self._remembered.get(token)
        actor, issued, expires = known or self._checked(token)
        if at >= expires + SKEW_SECONDS:
            raise EXPIRED.error()
        if at < issued - SKEW_SECONDS:
            raise FORGED.error()
        if known is None:
            with self._lock:
                self._remembered[token] = (actor, issued, expires)
                while len(self._remembered) > self._limit:
                    self._remembered.popitem(last=False)
        return actor

    def _checked(self, token: str) -> tuple[Actor, int, int]:
        try:
            signed = jws.deserialize_compact(token, self._keys, algorithms=["Ed25519"])
            claims = orjson.loads(signed.payload)
            rights = claims.get("rights")
            actor = Actor(
                Role(claims["role"]),
                str(claims["sub"]),
                str(claims["scope"]),
                None if rights is None else tuple(str(each) for each in rights),
            )
            issued, expires = int(claims["iat"]), int(claims["exp"])
            genuine = (
                signed.headers().get("typ") == TYPE
                and claims["aud"] == AUDIENCE
                and 0 < expires - issued <= _longest(Role(actor.role))
                and _well_formed(actor)
            )
        except (JoseError, KeyError, TypeError, ValueError, AttributeError):
            raise FORGED.error() from None
        if not genuine:
            raise FORGED.error()
        return actor, issued, expires


def _longest(role: Role) -> int:
    return LONGEST_LINK_SECONDS if role == Role.UPLOADER else LONGEST_SECONDS


def _well_formed(actor: Actor) -> bool:
    """People act as themselves, offices inside a scope of their own depth; nobody is the platform itself.

    The public is whoever the gateway lets ask; its id is the gateway's. An uploader's id is that of the upload.
    """
    role = Role(actor.role)
    if role == Role.SYSTEM or not actor.id:
        return False
    if role in _SCOPED:
        parts = actor.scope.split("/")
        return parts[0] == ROOT_SCOPE and len(parts) == _SCOPED[role] and all(parts)
    return not actor.scope
