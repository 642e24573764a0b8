"""The signed interface to the national system, shared by its client and the sandbox (docs/national-interface.yaml).

Every request carries a time, a nonce and an HMAC-SHA256 over its method, path with query, time, nonce and body; no I/O.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from shared.errors import Forbidden, Reason

TIME, NONCE, SIGNATURE = "X-WQ-Time", "X-WQ-Nonce", "X-WQ-Signature"
SKEW_SECONDS = 300
LARGEST_BATCH = 500
LARGEST_BODY = 4 * 1024 * 1024

ACCEPTED, REPEATED, REFUSED = "accepted", "repeated", "refused"
OUTCOMES = frozenset({ACCEPTED, REPEATED, REFUSED})
# The refusal that is not about content: something before this record never arrived.
VERSION_GAP = "national.version_gap"

UNSIGNED = Reason(
    "national.unsigned",
    "请求未签名，不能受理，请按接口文档签名后重发",
    "The request is not signed: sign it and send it again",
    Forbidden,
)
WRONG_SIGNATURE = Reason(
    "national.wrong_signature",
    "请求签名有误，不能受理，请核对密钥后重发",
    "The signature is wrong: check the key",
    Forbidden,
)
STALE = Reason(
    "national.stale",
    "请求时间与本机时间相差超过 {seconds:number} 秒，请校准时钟后重发",
    "The request's time differs from ours by more than {seconds:number} seconds: set the clock",
    Forbidden,
)
REPLAYED = Reason(
    "national.replayed",
    "该请求已被使用过，不再受理，请重新签名后再发",
    "This very request was made before: sign a new one",
    Forbidden,
)


def sign(key: bytes, method: str, path: str, body: bytes, now: float) -> dict[str, str]:
    """The headers of a request made at `now` (seconds since 1970). `path` begins at `/v1` and includes the query."""
    told, nonce = str(int(now)), secrets.token_hex(16)
    return {TIME: told, NONCE: nonce, SIGNATURE: _signature(key, (method, path, told, nonce), body)}


class Verifier:
    """Checks signatures and remembers each nonce for as long as its time is good, so that no request works twice."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, method: str, path: str, body: bytes, headers: Mapping[str, str], now: float) -> None:
        """Header names in any case. Raises Forbidden with one of the four codes above."""
        given = {name.lower(): value for name, value in headers.items()}
        told, nonce, signature = (given.get(name.lower(), "") for name in (TIME, NONCE, SIGNATURE))
        if not (told and nonce and signature):
            raise UNSIGNED.error()
        wanted = _signature(self._key, (method, path, told, nonce), body)
        if not hmac.compare_digest(signature.encode(), wanted.encode()):
            raise WRONG_SIGNATURE.error()
        whole = told.isascii() and told.isdigit() and len(told) <= 12
        if not whole or abs(now - int(told)) > SKEW_SECONDS:
            raise STALE.error(seconds=SKEW_SECONDS)
        with self._lock:
            while self._seen and next(iter(self._seen.values())) < now:
                self._seen.popitem(last=False)
            if nonce in self._seen:
                raise REPLAYED.error()
            # A time from ahead of our clock stays good for twice the skew.
            self._seen[nonce] = now + 2 * SKEW_SECONDS


def _signature(key: bytes, parts: tuple[str, ...], body: bytes) -> str:
    told = "\n".join((*parts, hashlib.sha256(body).hexdigest()))
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()


def digest_line(graduate_id: str, version: int, body: Any) -> str:
    """What one graduate adds to a digest: `id:version:sha256` of the body as JSON with sorted keys and no spaces."""
    told = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{graduate_id}:{version}:{told}"


def digest(lines: Iterable[str]) -> str:
    """The digest of a school and class: SHA-256 over the sorted lines, equal when both sides know the same."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
