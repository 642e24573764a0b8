"""Identity numbers and social credit codes: the vectors of the standards, and no single wrong digit passes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.identity import BadIdentifier, check_resident_id, make_resident_id
from shared.codes.uscc import check_uscc, make_uscc

TODAY = date(2026, 6, 30)
DATA = Path(__file__).parent / "data"
# What the vectors' verdicts are called here.
ID_CODES = {"invalid-date": "id.date", "invalid-region": "id.region", "invalid-check": "id.check"}
USCC_CODES = {"invalid-org": "uscc.organisation", "invalid-check": "uscc.check", "invalid-char": "uscc.character"}


def vectors(name: str) -> list[tuple[str, str]]:
    with (DATA / f"vectors_{name}.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["number"], row["expected"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("number", "expected"), vectors("id"))
def test_resident_id_vectors(number: str, expected: str) -> None:
    if expected in ID_CODES:
        with pytest.raises(BadIdentifier) as caught:
            check_resident_id(number, TODAY)
        assert caught.value.code == ID_CODES[expected]
    else:
        assert check_resident_id(number, TODAY).number == number.strip().upper().replace("Ｘ", "X")


@pytest.mark.parametrize(("code", "expected"), vectors("uscc"))
def test_uscc_vectors(code: str, expected: str) -> None:
    if expected in USCC_CODES:
        with pytest.raises(BadIdentifier) as caught:
            check_uscc(code)
        assert caught.value.code == USCC_CODES[expected]
    else:
        assert check_uscc(code).code == code.upper()


@pytest.mark.parametrize("text", ["'110105200001010016", "1.10105E+17", "1.10105200001010E+17"])
def test_what_a_spreadsheet_damaged_is_told_so(text: str) -> None:
    with pytest.raises(BadIdentifier) as caught:
        check_resident_id(text, TODAY)
    assert caught.value.code == "id.excel_damage"


def test_nobody_under_fourteen_graduates() -> None:
    assert check_resident_id(make_resident_id("110105", date(2012, 6, 30), 1), TODAY).birth_date == date(2012, 6, 30)
    with pytest.raises(BadIdentifier):
        check_resident_id(make_resident_id("110105", date(2012, 7, 1), 1), TODAY)


births = st.dates(date(1950, 1, 1), date(2010, 12, 31))


@given(births, st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_a_made_number_is_valid_and_any_one_wrong_digit_is_not(
    birth: date, sequence: int, place: int, shift: int
) -> None:
    number = make_resident_id("140105", birth, sequence)
    read = check_resident_id(number, TODAY)
    assert (read.birth_date, read.sex_code) == (birth, "1" if sequence % 2 else "2")
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(BadIdentifier):
        check_resident_id(wrong, TODAY)


@given(st.integers(0, 99_999_999), st.integers(8, 15), st.integers(1, 9))
def test_a_made_credit_code_is_valid_and_any_one_wrong_digit_is_not(number: int, place: int, shift: int) -> None:
    code = make_uscc("91", "140105", f"{number:08d}")
    assert check_uscc(code).natures == ("31", "32", "39")
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    with pytest.raises(BadIdentifier):
        check_uscc(wrong)
