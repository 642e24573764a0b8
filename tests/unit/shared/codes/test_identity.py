"""Numbers of every kind of document: the vectors of the standards, and no single wrong character passes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.identity import (
    CHECK_CHARACTERS,
    PERMIT_REGIONS,
    REGIONS,
    BadIdentifier,
    Doubt,
    Identity,
    check_identity,
    check_resident_id,
    county_doubt,
    make_resident_id,
    number_for_life,
    usual_resident_id,
)
from shared.codes.tables import DATA, IDENTITY_DOCUMENT, PROVINCE

TODAY = date(2026, 6, 30)
NUMBER = "110105200001010016"
# What the vectors' verdicts are called here.
CODES = {"invalid-date": "id.date", "invalid-region": "id.region", "invalid-check": "id.check"}


def vectors() -> list[tuple[str, str]]:
    with (Path(__file__).parent / "data" / "vectors_id.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["number"], row["expected"]) for row in csv.DictReader(lines)]


def documents() -> list[tuple[str, str, str]]:
    with (Path(__file__).parent / "data" / "vectors_documents.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["kind"], row["number"], row["expected"]) for row in csv.DictReader(lines)]


def refusal(text: str, today: date = TODAY, kind: str | None = None) -> str:
    with pytest.raises(BadIdentifier) as caught:
        check_resident_id(text, today) if kind is None else check_identity(kind, text, today)
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
    number = make_resident_id(f"{region}{0 if region in PERMIT_REGIONS else county:04d}", birth, sequence)
    read = check_resident_id(number, TODAY)
    assert (read.number, read.birth_date, read.sex_code) == (number, birth, "1" if sequence % 2 else "2")
    place = data.draw(st.integers(0, 17))
    possible = CHECK_CHARACTERS if place == 17 else "0123456789"
    wrong = data.draw(st.sampled_from(possible).filter(lambda character: character != number[place]))
    assert refusal(number[:place] + wrong + number[place + 1 :]) in (
        *("id.region", "id.permit_region", "id.date", "id.check"),
    )


# Other documents


@pytest.mark.parametrize(("kind", "number", "expected"), documents())
def test_document_vectors(kind: str, number: str, expected: str) -> None:
    if expected.startswith("id."):
        assert refusal(number, kind=kind) == expected
    else:
        read = check_identity(kind, number, TODAY)
        assert (read.kind, read.number) == (kind, expected)
        assert check_identity(kind, read.number, TODAY) == read


def test_every_kind_has_vectors_of_what_is_taken_and_what_is_not() -> None:
    for kind in IDENTITY_DOCUMENT.codes:
        verdicts = {expected.startswith("id.") for each, _, expected in documents() if each == kind}
        assert verdicts == {True, False}, kind


@pytest.mark.parametrize("kind", IDENTITY_DOCUMENT.codes)
@pytest.mark.parametrize("text", ["'12345678", "’12345678", "‘12345678", "1.2E+10", "1e+17", "12345678.0"])
def test_of_every_kind_what_a_spreadsheet_damaged_is_told_so(kind: str, text: str) -> None:
    assert refusal(text, kind=kind) == "id.excel_damage"


@pytest.mark.parametrize("kind", IDENTITY_DOCUMENT.codes)
@pytest.mark.parametrize("text", ["", "A", "护照一二三四", "AB-123456", "１２３４５６７８", "A" * 19])
def test_what_is_no_number_of_any_kind_is_refused(kind: str, text: str) -> None:
    assert refusal(text, kind=kind) in ("id.length", "id.format")


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
@pytest.mark.parametrize("kind", ["resident_id", "residence_permit"])
def test_a_residence_permit_is_one_whatever_it_is_called(region: str, kind: str) -> None:
    number = make_resident_id(region, date(2003, 5, 6), 1)
    assert check_identity(kind, number, TODAY) == Identity("residence_permit", number, "1", date(2003, 5, 6))


@pytest.mark.parametrize("region", ["810123", "820001", "830100", "819900"])
@pytest.mark.parametrize("kind", ["resident_id", "residence_permit"])
def test_a_residence_permit_names_no_county(region: str, kind: str) -> None:
    assert refusal(make_resident_id(region, date(2003, 5, 6), 1), kind=kind) == "id.permit_region"


def test_sex_and_birth_are_told_by_the_numbers_that_tell_them() -> None:
    assert check_identity("resident_id", NUMBER, TODAY) == Identity("resident_id", NUMBER, "1", date(2000, 1, 1))
    foreign = check_identity("foreign_permanent_resident", "911124198108030024", TODAY)
    assert (foreign.sex_code, foreign.birth_date) == (None, date(1981, 8, 3))
    for kind, number in (("passport", "E12345678"), ("taiwan_permit", "01234567"), ("home_return_permit", "H12345678")):
        read = check_identity(kind, number, TODAY)
        assert (read.sex_code, read.birth_date) == (None, None)


@given(st.sampled_from("0123456789"), st.integers(0, 16))
def test_one_wrong_digit_of_a_foreign_residents_card_is_found(digit: str, place: int) -> None:
    number = "911124198108030024"
    if digit != number[place]:
        wrong = number[:place] + digit + number[place + 1 :]
        expected = ("id.format", "id.region", "id.date", "id.check")
        assert refusal(wrong, kind="foreign_permanent_resident") in expected


# Counties


def doubt(region6: str, birth: date = date(2003, 5, 6)) -> Doubt | None:
    return county_doubt(check_identity("resident_id", make_resident_id(region6, birth, 1), TODAY))


@pytest.mark.parametrize("county", ["110105", "140105", "659001", "510108", "710000"])
def test_a_county_that_is_there_is_not_odd(county: str) -> None:
    assert doubt(county) is None


def test_a_county_abolished_after_the_birth_stays_in_the_number() -> None:
    assert doubt("412723", date(1999, 1, 1)) is None
    assert doubt("320503", date(2003, 5, 6)) is None


@pytest.mark.parametrize(("county", "year"), [("110104", 2010), ("412723", 2000), ("612401", 2000), ("372502", 1997)])
def test_in_the_year_of_its_end_a_county_still_was(county: str, year: int) -> None:
    """The list of the end of the year before is the last that holds it."""
    for born in (date(year, 1, 1), date(year, 12, 31)):
        assert doubt(county, born) is None


def test_a_county_that_was_gone_is_kept_in_use_for_a_while() -> None:
    assert doubt("342401", date(2001, 7, 21)) is None
    found = doubt("342401", date(2002, 1, 1))
    assert found is not None
    assert found.code == "id.county_abolished"
    assert "1999" in found.zh


@pytest.mark.parametrize(
    ("county", "year"),
    [("362502", 1999), ("320212", 1999), ("450111", 2000), ("450211", 2001), ("231082", 1995), ("441282", 1993),
     ("441901", 2003), ("140511", 1995)],
)  # fmt: skip
def test_counties_that_the_ministrys_own_lists_spell_otherwise_are_known(county: str, year: int) -> None:
    assert doubt(county, date(year, 5, 6)) is None


def test_of_a_code_that_the_table_lacks_only_that_is_said() -> None:
    found = doubt("321119", date(1973, 10, 30))
    assert found is not None
    assert found.code == "id.county_unknown"
    assert "平台收录" in found.zh
    assert "历次" not in found.zh


def test_a_county_abolished_before_the_birth_or_never_listed_is_odd_and_no_error() -> None:
    for found, code in ((doubt("412723"), "id.county_abolished"), (doubt("140199"), "id.county_unknown")):
        assert found is not None
        assert found.code == code
        assert found.zh
        assert found.en
        assert found.zh != found.en


def test_only_resident_numbers_have_counties() -> None:
    assert doubt("810000") is None
    for kind, number in (("foreign_permanent_resident", "911124198108030024"), ("passport", "E12345678")):
        assert county_doubt(check_identity(kind, number, TODAY)) is None


def test_the_list_of_counties_holds_six_digits_of_the_standards_provinces_and_years() -> None:
    with (DATA / "counties.csv").open(encoding="utf-8", newline="") as lines:
        listed = list(csv.DictReader(lines))
    assert len({row["code"] for row in listed}) == len(listed) > 7_000
    for row in listed:
        assert len(row["code"]) == 6
        assert row["code"][:2] in PROVINCE
        assert row["until"] == "" or 1981 <= int(row["until"]) <= 2024


@given(
    region=st.sampled_from(["110101", "342401", "659001", "710000", "810000", "820000", "830000", "990101", "000000"]),
    birth=st.one_of(st.dates(date(1895, 1, 1), date(2026, 6, 1)).map(lambda day: f"{day:%Y%m%d}"), st.just("20230230")),
    sequence=st.integers(0, 999),
    check=st.sampled_from("0123456789X"),
)
def test_a_usual_number_is_what_the_full_check_takes(region: str, birth: str, sequence: int, check: str) -> None:
    number = f"{region}{birth}{sequence:03d}{check}"
    today = date(2026, 5, 4)
    usual = usual_resident_id(number, today)
    try:
        checked = check_resident_id(number, today)
    except BadIdentifier:
        assert usual is None
    else:
        assert usual == (None if region[0] == "8" else (checked.sex_code, checked.birth_date))


@pytest.mark.parametrize(
    ("kind", "number", "kept"),
    [
        ("home_return_permit", "H1234567800", "H12345678"),
        ("home_return_permit", "M12345678", "M12345678"),
        ("taiwan_permit", "1234567802", "12345678"),
        ("taiwan_permit", "12345678", "12345678"),
        ("resident_id", "140105200305060021", "140105200305060021"),
        ("passport", "E1234567890", "E1234567890"),
    ],
)
def test_how_often_a_permit_was_issued_is_no_part_of_its_holder(kind: str, number: str, kept: str) -> None:
    assert number_for_life(kind, number) == kept
