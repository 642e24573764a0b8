"""Only who holds the key, now, and once; and a digest that both sides form alike."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sync.interface import NONCE, SIGNATURE, SKEW_SECONDS, TIME, Verifier, digest, digest_line, sign
from shared.errors import Forbidden
from tests.support.sync_examples import KEY, NOW

PATH = "/v1/counts?school=10108&class=2026"
BODY = b'{"records": []}'


def refusal(verifier: Verifier, headers: dict[str, str], now: float = NOW, **changes: Any) -> str:
    request = {"method": "POST", "path": PATH, "body": BODY, **changes}
    with pytest.raises(Forbidden) as caught:
        verifier.verify(**request, headers=headers, now=now)
    assert caught.value.zh
    return caught.value.code


def signed(key: bytes = KEY, now: float = NOW) -> dict[str, str]:
    return sign(key, "POST", PATH, BODY, now)


def test_a_signed_request_passes() -> None:
    Verifier(KEY).verify("POST", PATH, BODY, signed(), NOW)


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_header_names_may_come_in_any_case(spelled: Callable[[str], str]) -> None:
    headers = {spelled(name): value for name, value in signed().items()}
    Verifier(KEY).verify("POST", PATH, BODY, headers, NOW)


@pytest.mark.parametrize("missing", [TIME, NONCE, SIGNATURE])
def test_a_request_without_one_of_the_headers_is_unsigned(missing: str) -> None:
    headers = signed()
    del headers[missing]
    assert refusal(Verifier(KEY), headers) == "national.unsigned"
    assert refusal(Verifier(KEY), {**headers, missing: ""}) == "national.unsigned"


def test_another_key_signs_wrongly() -> None:
    assert refusal(Verifier(KEY), signed(bytes(32))) == "national.wrong_signature"


@pytest.mark.parametrize(
    "changes",
    [{"method": "GET"}, {"path": PATH.replace("2026", "2025")}, {"body": BODY + b" "}, {"body": b""}],
)
def test_a_signature_is_of_the_whole_request(changes: dict[str, Any]) -> None:
    assert refusal(Verifier(KEY), signed(), **changes) == "national.wrong_signature"


@pytest.mark.parametrize("name", [TIME, NONCE, SIGNATURE])
def test_no_header_can_be_changed(name: str) -> None:
    headers = signed()
    assert refusal(Verifier(KEY), {**headers, name: headers[name] + "0"}) == "national.wrong_signature"


def test_a_signature_of_strange_letters_is_wrong() -> None:
    assert refusal(Verifier(KEY), {**signed(), SIGNATURE: "签名"}) == "national.wrong_signature"


@pytest.mark.parametrize("offset", [-SKEW_SECONDS, SKEW_SECONDS])
def test_a_clock_may_differ_by_the_skew(offset: int) -> None:
    Verifier(KEY).verify("POST", PATH, BODY, signed(now=NOW + offset), NOW)


@pytest.mark.parametrize("offset", [-SKEW_SECONDS - 1, SKEW_SECONDS + 1])
def test_a_clock_that_differs_by_more_is_stale(offset: int) -> None:
    assert refusal(Verifier(KEY), signed(now=NOW + offset)) == "national.stale"


def test_a_request_works_once() -> None:
    verifier, headers = Verifier(KEY), signed()
    verifier.verify("POST", PATH, BODY, headers, NOW)
    assert refusal(verifier, headers) == "national.replayed"
    verifier.verify("POST", PATH, BODY, signed(), NOW)


@pytest.mark.parametrize("ahead", [-SKEW_SECONDS, 0, SKEW_SECONDS])
def test_a_request_is_remembered_for_as_long_as_its_time_is_good(ahead: int) -> None:
    verifier, headers = Verifier(KEY), signed(now=NOW + ahead)
    verifier.verify("POST", PATH, BODY, headers, NOW)
    last_good = NOW + ahead + SKEW_SECONDS
    assert refusal(verifier, headers, last_good) == "national.replayed"
    assert refusal(verifier, headers, last_good + 1) == "national.stale"


def test_a_refused_request_does_not_use_up_its_nonce() -> None:
    verifier, headers = Verifier(KEY), signed()
    refusal(verifier, headers, body=b"forged")
    verifier.verify("POST", PATH, BODY, headers, NOW)


def test_each_request_is_signed_differently() -> None:
    assert signed()[NONCE] != signed()[NONCE]
    assert signed()[SIGNATURE] != signed()[SIGNATURE]


@given(st.lists(st.text(), max_size=8), st.randoms())
def test_a_digest_does_not_depend_on_the_order_of_its_lines(lines: list[str], random: Random) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert digest(shuffled) == digest(lines)


def test_a_digest_of_nothing_is_that_of_an_empty_text() -> None:
    assert digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_line_depends_on_what_is_said_and_not_on_its_order() -> None:
    line = digest_line("14-a", 2, {"roster": {"school": "10108", "sex": "1"}, "destination": None})
    assert line == digest_line("14-a", 2, {"destination": None, "roster": {"sex": "1", "school": "10108"}})
    assert line.startswith("14-a:2:")
    others = [("14-b", 2, "1"), ("14-a", 3, "1"), ("14-a", 2, "2")]
    assert line not in {
        digest_line(graduate_id, version, {"roster": {"school": "10108", "sex": sex}, "destination": None})
        for graduate_id, version, sex in others
    }
