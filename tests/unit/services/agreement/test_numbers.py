"""An agreement number says what it was made of, and a miswritten one is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agreement.numbers import AgreementNumber, check_digit, number, parse, prefix

NUMBERS = st.builds(
    AgreementNumber,
    class_year=st.integers(2013, 2100),
    school=st.from_regex(r"[0-9]{5}", fullmatch=True).filter(str.isascii),
    education=st.sampled_from(("01", "11", "25", "31", "41")),
    serial=st.integers(1, 999_999),
)


def test_a_known_check_digit() -> None:
    # The example that ISO/IEC 7064 prints for mod 11,10.
    assert check_digit("0794") == "5"


def test_a_number_is_eighteen_digits_in_a_fixed_order() -> None:
    assert number(2026, "10108", "31", 42)[:-1] == "2026" + "10108" + "31" + "000042"
    assert prefix(2026, "10108", "31") == "20261010831"


@given(NUMBERS)
def test_a_number_parses_back(made: AgreementNumber) -> None:
    assert parse(str(made)) == made
    assert str(made) == number(made.class_year, made.school, made.education, made.serial)


@given(NUMBERS, st.integers(0, 17), st.integers(1, 9))
def test_any_one_changed_digit_is_noticed(made: AgreementNumber, place: int, shift: int) -> None:
    text = str(made)
    changed = text[:place] + str((int(text[place]) + shift) % 10) + text[place + 1 :]
    with pytest.raises(ValueError, match="check digit"):
        parse(changed)


@pytest.mark.parametrize("text", ["", "2026", "1" * 17, "1" * 19, "２" * 18, "20261010831000001X", " " * 18])
def test_what_is_not_eighteen_digits_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="18"):
        parse(text)


def test_there_is_no_serial_zero() -> None:
    body = "20261010831000000"
    with pytest.raises(ValueError, match="serials start at 1"):
        parse(body + check_digit(body))


@pytest.mark.parametrize("serial", [0, -1, 1_000_000])
def test_a_serial_outside_six_digits_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        number(2026, "10108", "31", serial)


@pytest.mark.parametrize(
    ("class_year", "school", "education"),
    [(26, "101081", "31"), (2026, "1010", "31"), (2026, "1010A", "31"), (2026, "10108", "3"), (20260, "10108", "31")],
)
def test_parts_of_the_wrong_form_make_no_number(class_year: int, school: str, education: str) -> None:
    with pytest.raises(ValueError, match="make no agreement number"):
        number(class_year, school, education, 1)
