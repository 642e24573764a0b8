"""Rosters as programs write them, whole: small files that were once misread or refused."""

from __future__ import annotations

from datetime import date

import pytest

from services.directory.roster import read_rows
from services.directory.rows import RosterRow, RowError, decode_row, warnings_of
from tests.support.source import ROOT

FILES = ROOT / "tests" / "data" / "sheets"


def decoded(name: str) -> list[RosterRow | list[RowError]]:
    return [decode_row(raw, line, 2026, date(2026, 5, 4)) for line, raw in read_rows(FILES / name)]


def rows(name: str) -> list[RosterRow]:
    found = decoded(name)
    assert all(isinstance(each, RosterRow) for each in found), found
    return [each for each in found if isinstance(each, RosterRow)]


@pytest.mark.parametrize(
    "name",
    [
        "00_baseline.xlsx",
        "01_x000D.xlsx",
        "02c_optional_cells_out_of_order.xlsx",
        "03_styled_empty_cell_XFD.xlsx",
        "04_zip_backslash.xlsx",
        "05_SharedStrings_case.xlsx",
        "06_last_cell_empty_shared.xlsx",
        "07_hidden_first_sheet.xlsx",
        "09_inlineStr_with_is_and_v.xlsx",
        "20_gb18030_with_bom.csv",
        "23b_formula_wrapped_name_only.csv",
        "36_extH_name.csv",
        "37_gb18030_FE59.csv",
    ],
)
def test_a_right_roster_is_read_however_it_was_written(name: str) -> None:
    assert rows(name)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("01_x000D.xlsx", ["李雷", "张凳"]),
        ("09_inlineStr_with_is_and_v.xlsx", ["李雷"]),
        ("23b_formula_wrapped_name_only.csv", ["李雷"]),
        ("36_extH_name.csv", ["张\U0003158e", "李\U0002ebf0", "王\U0002cb78"]),
        ("37_gb18030_FE59.csv", ["龴石"]),
    ],
)
def test_its_names_are_what_people_see(name: str, names: list[str]) -> None:
    assert [row.name for row in rows(name)][: len(names)] == names


def test_cells_out_of_order_keep_their_columns() -> None:
    raw = dict(read_rows(FILES / "02c_optional_cells_out_of_order.xlsx"))[2]
    assert (raw["enrolled_on"], raw["graduates_on"]) == ("20220901", "20260701")


def test_a_hidden_roster_in_front_is_not_enrolled() -> None:
    assert {row.graduates_on.year for row in rows("07_hidden_first_sheet.xlsx")} == {2026}


def test_a_month_that_a_spreadsheet_took_for_a_number_is_refused_with_what_to_do() -> None:
    found = decoded("08_month_2021_10_kept_as_number.xlsx")
    assert isinstance(found[0], list)
    (error,) = found[0]
    assert (error.field, error.code) == ("enrolled_on", "roster.month_rounded")
    assert "202110" in error.zh
    assert isinstance(found[1], RosterRow)


def test_names_with_what_nobody_sees_are_kept_without_it_or_refused_by_number() -> None:
    found = decoded("26_name_zero_width.csv")
    assert [each.name if isinstance(each, RosterRow) else each[0].code for each in found] == [
        "李雷",
        "roster.direction",
        "李雷",
        "李雷",
        "roster.direction",
    ]
    kept = [each for each in found if isinstance(each, RosterRow)]
    assert [[warning.zh for warning in warnings_of(row, 2)] for row in kept] == [
        ["已去除 U+200B，请核对"],
        ["已去除 U+00A0，请核对"],
        ["已去除 U+FEFF，请核对"],
    ]
