"""Identity numbers: the vectors of the standard, and no single wrong character passes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.identity import CHECK_CHARACTERS, REGIONS, BadIdentifier, check_resident_id, make_resident_id
from shared.codes.tables import PROVINCE

TODAY = date(2026, 6, 30)
NUMBER = "110105200001010016"
# What the vectors' verdicts are called here.
CODES = {"invalid-date": "id.date", "invalid-region": "id.region", "invalid-check": "id.check"}


def vectors() -> list[tuple[str, str]]:
    with (Path(__file__).parent / "data" / "vectors_id.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["number"], row["expected"]) for row in csv.DictReader(lines)]


def refusal(text: str, today: date = TODAY) -> str:
    with pytest.raises(BadIdentifier) as caught:
        check_resident_id(text, today)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.code


@pytest.mark.parametrize(("number", "expected"), vectors())
def test_resident_id_vectors(number: str, expected: str) -> None:
    if expected.startswith("invalid"):
        assert refusal(number) == CODES[expected]
    else:
        assert check_resident_id(number, TODAY).number == number.strip().upper().replace("Ｘ", "X")


def test_a_number_tells_sex_birth_and_province() -> None:
    read = check_resident_id(NUMBER, TODAY)
    assert (read.sex_code, read.birth_date, read.region6, read.province2) == ("1", date(2000, 1, 1), "110105", "11")


@pytest.mark.parametrize(
    "text", [f"'{NUMBER}", f" '{NUMBER}", f"’{NUMBER}", "1.10105E+17", "1.10105e+17", "1E+17", f"{NUMBER}.0"]
)
def test_what_a_spreadsheet_damaged_is_told_so(text: str) -> None:
    assert refusal(text) == "id.excel_damage"


@pytest.mark.parametrize(
    "text", ["", "110105000101001", NUMBER[:-1], NUMBER + "0", NUMBER[:-1] + "Y", "１" + NUMBER[1:], "X" + NUMBER[1:]]
)
def test_anything_but_17_digits_and_a_check_character_is_refused(text: str) -> None:
    assert refusal(text) == "id.length"


@pytest.mark.parametrize("text", [f" {NUMBER}", f"{NUMBER}\t", f"\u3000{NUMBER}\u00a0"])
def test_spaces_around_a_number_are_no_fault(text: str) -> None:
    assert check_resident_id(text, TODAY).number == NUMBER


def test_every_province_of_the_standard_and_the_three_permits_are_regions() -> None:
    assert set(PROVINCE.codes) - {"66"} | {"83"} == REGIONS
    for region in REGIONS:
        number = make_resident_id(f"{region}0000", date(2004, 2, 29), 12)
        assert check_resident_id(number, TODAY).province2 == region
    assert refusal(make_resident_id("660000", date(2004, 2, 29), 12)) == "id.region"


def test_nobody_under_fourteen_graduates() -> None:
    assert check_resident_id(make_resident_id("110105", date(2012, 6, 30), 1), TODAY).birth_date == date(2012, 6, 30)
    assert refusal(make_resident_id("110105", date(2012, 7, 1), 1)) == "id.date"


def test_who_was_born_on_29_february_is_fourteen_on_1_march() -> None:
    number = make_resident_id("110105", date(2012, 2, 29), 1)
    assert refusal(number, date(2026, 2, 28)) == "id.date"
    assert check_resident_id(number, date(2026, 3, 1)).birth_date == date(2012, 2, 29)


def test_nobody_was_born_before_1900() -> None:
    assert check_resident_id(make_resident_id("110105", date(1900, 1, 1), 1), TODAY).birth_date == date(1900, 1, 1)
    assert refusal(make_resident_id("110105", date(1899, 12, 31), 1)) == "id.date"


@given(
    st.sampled_from(sorted(REGIONS)),
    st.integers(0, 9999),
    st.dates(date(1900, 1, 1), date(2012, 6, 30)),
    st.integers(0, 999),
    st.data(),
)
def test_a_made_number_is_valid_and_any_one_wrong_character_is_not(
    region: str, county: int, birth: date, sequence: int, data: st.DataObject
) -> None:
    number = make_resident_id(f"{region}{county:04d}", birth, sequence)
    read = check_resident_id(number, TODAY)
    assert (read.number, read.birth_date, read.sex_code) == (number, birth, "1" if sequence % 2 else "2")
    place = data.draw(st.integers(0, 17))
    possible = CHECK_CHARACTERS if place == 17 else "0123456789"
    wrong = data.draw(st.sampled_from(possible).filter(lambda character: character != number[place]))
    assert refusal(number[:place] + wrong + number[place + 1 :]) in ("id.region", "id.date", "id.check")
