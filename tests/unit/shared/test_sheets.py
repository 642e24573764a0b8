"""Files of rows as people save them, and days as they write them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from shared.sheets import BROKEN_CELL, header_of, is_rounded_month, read_lines, sheet_of, written_day
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
        ("旧的.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("旧的.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("网页.xls", b"<html></html>"),
        ("统一码.csv", "学号\n1\n".encode("utf-16")),
        ("改名.csv", b"PK\x03\x04rest"),
    ],
)
def test_what_cannot_be_read_is_refused_before_its_first_line(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadWorkbook) as caught:
        next(read_lines(path))
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize("marks", ["", "\ufeff", "\ufeff\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_byte_order_marks_before_a_text_do_not_count(tmp_path: Path, marks: str, encoding: str) -> None:
    path = tmp_path / "去向.csv"
    path.write_text(f'{marks}"学号",单位\n1,晋阳\n', encoding=encoding)
    assert list(read_lines(path)) == [(1, ["学号", "单位"]), (2, ["1", "晋阳"])]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="李雷"', "李雷"),
        ('"=""李雷"""', "李雷"),
        ('="李""雷"""""', '李"雷""'),
        ('=""', ""),
        ("=A1", "=A1"),
        ('="李雷"&"一"', '="李雷"&"一"'),
    ],
)
def test_what_keeps_a_text_a_text_is_no_part_of_it(tmp_path: Path, cell: str, text: str) -> None:
    path = tmp_path / "去向.csv"
    path.write_text(f"学号\n{cell}\n", encoding="utf-8")
    assert list(read_lines(path))[1] == (2, [text])


def test_a_header_is_read_without_what_spaces_it_out() -> None:
    assert header_of(["姓　 名", "\ufeff考生号\u200b", "院系\n代码", ""]) == ["姓名", "考生号", "院系代码", ""]


def test_which_sheet_is_read_is_known_of_a_workbook(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "去向.xlsx") as book:
        book.add_worksheet("去向")
    (tmp_path / "去向.csv").write_text("学号\n")
    chosen = sheet_of(tmp_path / "去向.xlsx")
    assert chosen is not None
    assert chosen.name == "去向"
    assert sheet_of(tmp_path / "去向.csv") is None


@pytest.mark.parametrize(
    ("text", "rounded"),
    [("2021.1", True), ("2021.10", False), ("2021.2", False), ("2021.01", False), ("2021-1", False)],
)
def test_a_month_that_may_have_lost_its_zero_is_nobodys_guess(text: str, rounded: bool) -> None:
    assert is_rounded_month(text) is rounded
    assert (written_day(text) is None) is rounded


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


@pytest.mark.parametrize("text", ["#REF!", "#n/a", "’2026", "1.10105E+17", "=VLOOKUP(A1,B:C,2,0)"])
def test_what_a_spreadsheet_breaks_is_known(text: str) -> None:
    assert BROKEN_CELL.fullmatch(text)
    assert not BROKEN_CELL.fullmatch("晋阳机械")
