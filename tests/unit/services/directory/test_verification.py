"""A verification number is nobody's guess, says where to look and notices a miswritten digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.papers.verification import (
    KINDS,
    VerificationNumber,
    paper_id,
    parse,
    plain_number,
    verification_number,
)
from services.directory.personal import Personal
from tests.support.examples import OFFER_ID, OTHER_OFFER_ID

KEYED = Personal(b"w" * 32, b"l" * 32).hash
OTHERWISE_KEYED = Personal(b"w" * 32, b"m" * 32).hash
NUMBER = verification_number(KEYED, "agreement", OFFER_ID, 2026)

NUMBERS = st.builds(
    verification_number,
    st.just(KEYED),
    st.sampled_from(tuple(KINDS.values())),
    st.uuids().map(lambda found: f"14-{found}"),
    st.integers(2013, 2099),
)


def test_a_number_says_its_kind_its_province_and_its_class() -> None:
    assert len(NUMBER) == 20
    found = parse(NUMBER)
    assert (found.kind, found.lane, found.class_year) == ("agreement", "14", 2026)
    assert found == VerificationNumber("agreement", "14", 2026, NUMBER[5:19])


def test_a_book_made_again_after_a_loss_has_another_number() -> None:
    assert paper_id(OFFER_ID, None) == OFFER_ID
    again = verification_number(KEYED, "agreement", paper_id(OFFER_ID, "202610108310000024"), 2026)
    assert parse(again).lane == parse(NUMBER).lane
    assert again != NUMBER


def test_what_can_be_no_number_of_ours_is_not_looked_up() -> None:
    typed = f" {NUMBER[:4]}-{NUMBER[4:]} "
    assert plain_number(typed) == NUMBER
    # A 转递编号 has no check digit.
    assert plain_number("2026 10108 1234 5678 901") == "20261010812345678901"
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    assert [plain_number(text) for text in (wrong, NUMBER[1:], "x" * 20, "")] == [None] * 4


def test_a_number_never_changes() -> None:
    """It is on paper: what makes it may not be made anew."""
    fixed = verification_number(KEYED, "registration", "14-00000000-0000-4000-8000-0000000000a1", 2026)
    assert fixed == "21426633951959870052"


def test_numbers_of_two_records_two_kinds_and_two_keys_differ() -> None:
    others = {
        NUMBER,
        verification_number(KEYED, "agreement", OTHER_OFFER_ID, 2026),
        verification_number(KEYED, "registration", OFFER_ID, 2026),
        verification_number(OTHERWISE_KEYED, "agreement", OFFER_ID, 2026),
    }
    assert len({parse(number).keyed for number in others}) == 4


@given(NUMBERS)
def test_a_number_is_read_as_people_write_it(number: str) -> None:
    spaced = " ".join(number[at : at + 4] for at in range(0, 20, 4))
    assert parse(spaced) == parse(number) == parse(f"  {spaced.replace(' ', '-')}\n")


@given(NUMBERS, st.integers(0, 19), st.integers(1, 9))
def test_any_one_changed_digit_is_noticed(number: str, place: int, shift: int) -> None:
    changed = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(ValueError, match="check digit"):
        parse(changed)


@given(NUMBERS, st.integers(0, 18))
def test_any_two_exchanged_neighbours_are_noticed(number: str, place: int) -> None:
    exchanged = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if exchanged != number:
        with pytest.raises(ValueError, match="check digit"):
            parse(exchanged)


@pytest.mark.parametrize("text", ["", "1" * 19, "1" * 21, "２" * 20, "X" * 20, "1.4 26", "\ud800"])
def test_what_is_not_twenty_digits_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="20"):
        parse(text)


def test_a_number_of_no_known_kind_is_no_number() -> None:
    with pytest.raises(ValueError, match="kind"):
        parse("0" * 20)


def test_a_number_vouches_for_its_own_record_and_no_other() -> None:
    assert plain_number(f"{NUMBER[:4]} {NUMBER[4:]}") == verification_number(KEYED, "agreement", OFFER_ID, 2026)
    others = [("agreement", OTHER_OFFER_ID, 2026), ("registration", OFFER_ID, 2026), ("agreement", OFFER_ID, 2027)]
    assert NUMBER not in [verification_number(KEYED, *other) for other in others]


@pytest.mark.parametrize("class_year", [1999, 2100, 26])
def test_a_class_of_another_century_has_no_number(class_year: int) -> None:
    with pytest.raises(ValueError, match=r"2000\.\.2099"):
        verification_number(KEYED, "agreement", OFFER_ID, class_year)


def test_only_agreements_and_registrations_have_numbers() -> None:
    with pytest.raises(KeyError):
        verification_number(KEYED, "offer", OFFER_ID, 2026)
