"""Files of rows as people save them, and days as they write them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from shared.sheets import BROKEN_CELL, read_lines, written_day
from shared.xlsx import BadWorkbook


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_save(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "去向.csv"
    path.write_text('学号,单位\n1,"晋阳,机械"\n', encoding=encoding)
    assert list(read_lines(path)) == [(1, ["学号", "单位"]), (2, ["1", "晋阳,机械"])]


def test_an_xlsx_is_read_by_its_suffix_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "去向.XLSX"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["学号", "单位"])
    assert list(read_lines(path)) == [(1, ["学号", "单位"])]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("开口.csv", '学号\n1\n"2'.encode()),
        ("二进制.csv", b"a\x00b"),
        ("乱码.csv", b"\xff\xff\xff"),
        ("假的.xlsx", b"no zip"),
    ],
)
def test_what_cannot_be_read_is_refused_before_its_first_line(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadWorkbook) as caught:
        next(read_lines(path))
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20260415", date(2026, 4, 15)),
        ("202604", date(2026, 4, 1)),
        ("2026-04-15", date(2026, 4, 15)),
        ("2026/4/5", date(2026, 4, 5)),
        ("2026年4月15日", date(2026, 4, 15)),
        ("2026年4月", date(2026, 4, 1)),
        ("20261301", None),
        ("2026-02-30", None),
        ("2026", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, day: date | None) -> None:
    assert written_day(text) == day


@pytest.mark.parametrize("text", ["#REF!", "#n/a", "’2026", "1.10105E+17"])
def test_what_a_spreadsheet_breaks_is_known(text: str) -> None:
    assert BROKEN_CELL.fullmatch(text)
    assert not BROKEN_CELL.fullmatch("晋阳机械")
