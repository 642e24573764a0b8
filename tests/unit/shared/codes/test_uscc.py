"""Social credit codes: the vectors of the standard, and no single wrong character passes without a word."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.identity import BadIdentifier, make_resident_id
from shared.codes.tables import UNIT_NATURE
from shared.codes.uscc import (
    ALPHABET,
    NATURE_HINTS,
    check_doubt,
    check_uscc,
    confirming_chain,
    doubts_about,
    make_uscc,
    nature_doubt,
)

COMPANY = "91110105MA0000015F"
# What the vectors' verdicts are called here.
DOUBTS = {"invalid-org": "uscc.organisation", "invalid-check": "uscc.check"}
REFUSALS = {"invalid-char": "uscc.character"}


def vectors() -> list[tuple[str, str]]:
    with (Path(__file__).parent / "data" / "vectors_uscc.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["number"], row["expected"]) for row in csv.DictReader(lines)]


def refusal(text: str) -> str:
    with pytest.raises(BadIdentifier) as caught:
        check_uscc(text)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.code


@pytest.mark.parametrize(("code", "expected"), vectors())
def test_uscc_vectors(code: str, expected: str) -> None:
    if expected in REFUSALS:
        assert refusal(code) == REFUSALS[expected]
    else:
        assert check_uscc(code).code == code.upper()
        assert doubt_of(code) == DOUBTS.get(expected)


def doubt_of(text: str) -> str | None:
    doubt = check_doubt(check_uscc(text))
    if doubt is None:
        return None
    assert text.upper() in doubt.zh
    assert text.upper() in doubt.en
    return doubt.code


@pytest.mark.parametrize("code", ["91350203M0001QKT19", "91350203m0001qkt19"])
def test_a_code_in_use_that_does_not_fit_its_check_character_is_a_doubt(code: str) -> None:
    assert doubt_of(code) == "uscc.check"
    assert confirming_chain(code) == ("school",)
    assert list(doubts_about(code, "39")) == ["uscc"]
    assert list(doubts_about(code, "10")) == ["uscc", "nature"]


def test_a_code_that_fits_is_no_doubt_and_neither_is_none() -> None:
    assert confirming_chain(COMPANY) == confirming_chain(None) == ()
    assert doubts_about(COMPANY, "39") == doubts_about(COMPANY, None) == doubts_about(None, "39") == {}


def test_a_persons_identity_number_is_no_code() -> None:
    assert refusal(make_resident_id("350203", date(1990, 5, 6), 1)) == "uscc.identity_number"


@pytest.mark.parametrize("text", [f" {COMPANY} ", COMPANY.lower(), "91110105-MA000001-5F"])
def test_spaces_case_and_dashes_are_no_fault(text: str) -> None:
    assert check_uscc(text).code == COMPANY


@pytest.mark.parametrize("text", ["", COMPANY[:-1], f"{COMPANY}0", "600037341"])
def test_a_code_has_18_characters(text: str) -> None:
    assert refusal(text) == "uscc.length"


def test_the_region_is_in_digits() -> None:
    assert refusal("91A10105MA0000015F") == "uscc.region"


@pytest.mark.parametrize(
    ("kind", "authority", "natures"),
    [
        ("11", "1", ("10",)),
        ("12", "1", ("20", "21", "22", "23", "29")),
        ("91", "9", ("31", "32", "39")),
        ("92", "9", ("33", "39")),
        ("54", "5", ("55", "56")),
        ("52", "5", ()),
        ("Y1", "Y", ()),
    ],
)
def test_the_first_characters_hint_at_the_nature_of_the_unit(
    kind: str, authority: str, natures: tuple[str, ...]
) -> None:
    read = check_uscc(make_uscc(kind, "140105", "MA000001"))
    assert (read.kind, read.authority, read.natures) == (kind, authority, natures)


@pytest.mark.parametrize(
    ("kind", "fits", "odd"),
    [("11", "10", "29"), ("12", "23", "31"), ("91", "39", "10"), ("92", "33", "31"), ("54", "56", "39")],
)
def test_a_nature_that_units_of_the_kind_do_not_have_is_odd(kind: str, fits: str, odd: str) -> None:
    read = check_uscc(make_uscc(kind, "140105", "MA000001"))
    assert nature_doubt(read, fits) is None
    doubt = nature_doubt(read, odd)
    assert doubt is not None
    assert doubt.code == "uscc.nature"
    assert UNIT_NATURE.name(odd) in doubt.zh
    assert odd in doubt.en


@pytest.mark.parametrize("nature", UNIT_NATURE.codes)
@pytest.mark.parametrize("kind", ["52", "Y1"])
def test_a_kind_that_hints_at_nothing_finds_no_nature_odd(kind: str, nature: str) -> None:
    assert nature_doubt(check_uscc(make_uscc(kind, "140105", "MA000001")), nature) is None


def test_hints_are_natures_of_the_table() -> None:
    assert {nature for natures in NATURE_HINTS.values() for nature in natures} <= set(UNIT_NATURE.codes)


@given(
    st.sampled_from(["11", "12", "52", "54", "91", "92", "93", "A1", "N2", "Y1"]),
    st.integers(0, 999_999),
    st.text(ALPHABET, min_size=8, max_size=8),
    st.data(),
)
def test_a_made_code_fits_and_with_any_one_wrong_character_does_not(
    kind: str, region: int, organisation: str, data: st.DataObject
) -> None:
    code = make_uscc(kind, f"{region:06d}", organisation)
    assert doubt_of(code) is None
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from(ALPHABET).filter(lambda character: character != code[place]))
    miswritten = code[:place] + wrong + code[place + 1 :]
    if miswritten[2:8].isdigit():
        assert doubt_of(miswritten) == "uscc.check"
    else:
        assert refusal(miswritten) == "uscc.region"
