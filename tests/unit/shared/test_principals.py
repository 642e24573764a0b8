"""Only tokens of the configured key, for one role in one place, not too old and not too long, speak for anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from shared.access import Role
from shared.errors import Forbidden
from shared.messages import Actor
from shared.principals import TYPE, Issuer, Verifier, new_signing_key

PRIVATE, PUBLIC = new_signing_key()
NOW = datetime(2026, 5, 4, tzinfo=UTC)
SCHOOL = Actor(Role.SCHOOL, "office-7", "CN/14/10108")


def refusal(token: str | None, now: datetime = NOW) -> str:
    with pytest.raises(Forbidden) as caught:
        Verifier(PUBLIC).verify(token, now)
    return caught.value.code


def forged(claims: dict[str, object], header: dict[str, object] | None = None, key: OKPKey | None = None) -> str:
    signing = key or OKPKey.import_key(orjson.loads(PRIVATE))
    whole = {"alg": "Ed25519", "typ": TYPE, "kid": OKPKey.import_key(orjson.loads(PRIVATE)).kid, **(header or {})}
    return jws.serialize_compact(whole, orjson.dumps(claims), signing, algorithms=["Ed25519"])


def claims(**changed: object) -> dict[str, object]:
    issued = int(NOW.timestamp())
    whole = {"iss": "gateway", "aud": "wq", "sub": "office-7", "role": "school", "scope": "CN/14/10108",
             "iat": issued, "exp": issued + 60, "jti": "1"}  # fmt: skip
    return {**whole, **changed}


@pytest.mark.parametrize(
    "actor",
    [
        SCHOOL,
        Actor(Role.GRADUATE, "14-g"),
        Actor(Role.EMPLOYER, "00-e"),
        Actor(Role.DEPARTMENT, "d", "CN/14/10108/07"),
        Actor(Role.PROVINCE, "p", "CN/14"),
        Actor(Role.MINISTRY, "m", "CN"),
    ],
)
def test_a_token_speaks_for_its_actor(actor: Actor) -> None:
    assert Verifier(PUBLIC).verify(Issuer(PRIVATE).token(actor, NOW), NOW) == actor


def test_a_token_expires_even_when_it_was_seen_before() -> None:
    verifier, token = Verifier(PUBLIC), Issuer(PRIVATE).token(SCHOOL, NOW, seconds=60)
    assert verifier.verify(token, NOW + timedelta(seconds=59)) == SCHOOL
    with pytest.raises(Forbidden) as caught:
        verifier.verify(token, NOW + timedelta(seconds=66))
    assert caught.value.code == "principal.expired"


def test_a_token_is_not_good_before_it_was_issued() -> None:
    assert refusal(Issuer(PRIVATE).token(SCHOOL, NOW + timedelta(minutes=10))) == "principal.forged"


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_is_missing(token: str | None) -> None:
    assert refusal(token) == "principal.missing"


@given(st.text(min_size=1))
def test_any_other_text_is_forged(text: str) -> None:
    assert refusal(text) == "principal.forged"


def test_another_key_is_forged() -> None:
    other, _ = new_signing_key()
    assert refusal(Issuer(other).token(SCHOOL, NOW)) == "principal.forged"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "elsewhere"},
        {"role": "system"},
        {"role": "emperor"},
        {"scope": "CN"},
        {"scope": "CN/14/10108/07"},
        {"scope": "XX/14/10108"},
        {"scope": "CN/14/"},
        {"role": "graduate"},
        {"sub": ""},
        {"exp": int(NOW.timestamp()) + 301},
        {"exp": int(NOW.timestamp()) - 1},
        {"exp": "later"},
    ],
)
def test_a_well_signed_token_with_wrong_claims_is_forged(changed: dict[str, object]) -> None:
    assert refusal(forged(claims(**changed))) == "principal.forged"


def test_the_link_of_an_uploader_is_good_for_seven_days_and_nobody_elses() -> None:
    link = Issuer(PRIVATE).token(Actor(Role.UPLOADER, "14-u"), NOW, seconds=30 * 86_400)
    assert Verifier(PUBLIC).verify(link, NOW + timedelta(days=7)) == Actor(Role.UPLOADER, "14-u")
    assert refusal(link, NOW + timedelta(days=7, seconds=5)) == "principal.expired"
    long = Issuer(PRIVATE).token(SCHOOL, NOW, seconds=30 * 86_400)
    assert refusal(long, NOW + timedelta(seconds=305)) == "principal.expired"


def test_a_token_of_another_type_is_forged() -> None:
    assert refusal(forged(claims(), {"typ": "JWT"})) == "principal.forged"


def test_an_unsigned_token_is_forged() -> None:
    header, payload, _ = forged(claims()).split(".")
    assert refusal(f"{header}.{payload}.") == "principal.forged"
