"""Sheets as people's programs write them, and files that only pretend to be one."""

from __future__ import annotations

import gc
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from shared import xlsx
from shared.xlsx import BadWorkbook, Chosen, chosen_sheet, read_sheet

WORKBOOK = '<workbook xmlns:r="r"><sheets><sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELATED = (
    '<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
)
ROOT = (
    '<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
STRINGS = "<sst><si><t>考生号</t></si><si><r><t>张</t></r><r><t>三</t></r><rPh><t>zhang</t></rPh></si></sst>"


def packed(path: Path, sheet: str, parts: Mapping[str, str | None] | None = None) -> Path:
    """A file of these parts, others as usual; None leaves a part out."""
    usual: dict[str, str | None] = {
        "_rels/.rels": ROOT,
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": RELATED,
        "xl/sharedStrings.xml": STRINGS,
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{sheet}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**usual, **(parts or {})}.items():
            if text is not None:
                archive.writestr(name, text)
    return path


def rows(path: Path) -> list[tuple[int, list[str]]]:
    return list(read_sheet(path))


def refused(path: Path) -> BadWorkbook:
    with pytest.raises(BadWorkbook) as caught:
        rows(path)
    assert caught.value.zh != caught.value.en
    return caught.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sheet.xlsx"


@pytest.mark.parametrize("constant_memory", [False, True], ids=["shared strings", "inline strings"])
def test_cells_come_as_the_text_that_people_see(path: Path, constant_memory: bool) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": constant_memory}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        builtin = book.add_format({"num_format": 14})
        red = book.add_format({"num_format": '[Red]0.00 "dmy"'})
        cells: list[tuple[Any, Any]] = [
            ("张三 <&>", None),
            (4, None),
            (2.5, None),
            (20260701, None),
            (date(2026, 7, 1), day),
            (datetime(2026, 7, 1, 8, 30), builtin),
            (3.5, red),
            (True, None),
        ]
        for column, (value, style) in enumerate(cells):
            sheet.write(0, column, value, style)
        sheet.write_formula(0, len(cells), "=1+1", None, 2)
        sheet.write_rich_string(0, len(cells) + 1, "欧阳", book.add_format({"bold": True}), "修 ", "文")
    shown = ["张三 <&>", "4", "2.5", "20260701", "2026-07-01", "2026-07-01", "3.5", "TRUE", "2", "欧阳修 文"]
    assert rows(path) == [(1, shown)]


def test_a_number_of_more_digits_than_a_spreadsheet_keeps_is_seen_to_be_damaged(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, [140105200305060020, 999_999_999_999_999, 1e15])
    assert rows(path) == [(1, ["1.40105E+17", "999999999999999", "1.00000E+15"])]


def test_a_number_written_out_in_full_is_damaged_all_the_same(path: Path) -> None:
    packed(path, '<row r="1"><c r="A1"><v>140105200305060020</v></c></row>')
    assert rows(path) == [(1, ["1.40105E+17"])]


def test_rows_and_columns_that_are_not_there_keep_their_places(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(2, 1, "考生号")
        sheet.write(2, 27, "姓名")
        sheet.write(9, 0, "2")
    assert rows(path) == [(3, ["", "考生号", *[""] * 25, "姓名"]), (10, ["2"])]


def test_a_sheet_may_leave_out_where_its_cells_are(path: Path) -> None:
    packed(path, '<row><c t="s"><v>0</v></c><c/><c><v>7</v></c></row><row/><row><c s="0" t="s"><v>1</v></c></row>')
    assert rows(path) == [(1, ["考生号", "", "7"]), (2, []), (3, ["张三"])]


def test_a_sheet_may_name_its_elements_with_a_prefix_and_lay_them_out(path: Path) -> None:
    sheet = """<x:worksheet xmlns:x="y"><x:sheetData>
      <x:row r="1">
        <x:c r="A1" t="s"> <x:v>1</x:v> </x:c>
        <x:c r="B1" t="inlineStr">
          <x:is> <x:r> <x:t>李</x:t> </x:r> <x:r> <x:t xml:space="preserve"> 四</x:t></x:r>
            <x:rPh><x:t>li</x:t></x:rPh> </x:is>
        </x:c>
        <x:c r="C1" t="str"> <x:f>A1</x:f> <x:v>张三</x:v> </x:c>
        <x:c r="D1" t="e"><x:v>#N/A</x:v></x:c>
      </x:row>
    </x:sheetData></x:worksheet>"""
    packed(path, "", {"xl/worksheets/sheet1.xml": sheet})
    assert rows(path) == [(1, ["张三", "李 四", "张三", "#N/A"])]


def test_days_are_counted_from_the_year_the_file_says(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        book.add_worksheet().write(0, 0, date(2026, 7, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    assert rows(path) == [(1, ["2026-07-01"])]


def test_the_first_sheet_is_read(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("名册").write(0, 0, "一")
        book.add_worksheet("说明").write(0, 0, "二")
    assert rows(path) == [(1, ["一"])]


def test_a_hidden_sheet_is_not_read_and_which_one_was_is_told(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("去年").hide()
        book.add_worksheet("前年").very_hidden()
        book.add_chartsheet("图")
        book.add_worksheet("今年").write(0, 0, "今")
        book.add_worksheet("说明").write(0, 0, "说")
        book.worksheets()[3].activate()
    assert rows(path) == [(1, ["今"])]
    chosen = chosen_sheet(path)
    assert chosen == Chosen("今年", ("说明",), ("去年", "前年"))
    assert str(chosen) == ("读取工作表 sheet read: 今年；未读 not read: 说明；隐藏未读 hidden, not read: 去年、前年")
    assert str(Chosen("今年")) == "读取工作表 sheet read: 今年"


def test_a_workbook_of_hidden_sheets_is_refused(path: Path) -> None:
    hidden = WORKBOOK.replace('sheetId="1"', 'sheetId="1" state="hidden"')
    assert "可见" in refused(packed(path, "", {"xl/workbook.xml": hidden})).zh


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("李雷_x000D_", "李雷\r"),
        ("_x005F_x000D_", "_x000D_"),
        ("a_x005f_b", "a_b"),
        ("_xD840__xDC00_", "\U00020000"),
        ("_xD840_", "\ufffd"),
        ("_x00_ _x0000 x0041_", "_x00_ _x0000 x0041_"),
    ],
)
def test_an_escaped_character_is_the_character(path: Path, written: str, meant: str) -> None:
    cells = (
        f'<row><c t="s"><v>0</v></c><c t="str"><v>{written}</v></c><c t="inlineStr"><is><t>{written}</t></is></c></row>'
    )
    packed(path, cells, {"xl/sharedStrings.xml": f"<sst><si><t>{written}</t></si></sst>"})
    assert rows(path) == [(1, [meant] * 3)]


def test_cells_stand_where_their_references_say(path: Path) -> None:
    packed(path, '<row r="1"><c r="d1"><v>4</v></c><c r="B1"><v>2</v></c><c><v>3</v></c><c r="A1"/></row>')
    assert rows(path) == [(1, ["", "2", "3", "4"])]


def test_only_cells_that_hold_something_count(path: Path) -> None:
    empty = '<c r="ALM1" s="1"/><c r="XFD1" t="str"><v> </v></c>'
    packed(path, f'<row r="1"><c r="A1"><v>1</v></c>{empty}<c r="B1" t="s"><v></v></c><c r="C1" t="s"/></row>')
    assert rows(path) == [(1, ["1"])]
    packed(path, f'<row r="1"><c r="A1"><v>1</v></c>{empty}</row><row r="2">{"<c/>" * 1_001}<c r="A2" t="s"/></row>')
    assert rows(path) == [(1, ["1"]), (2, [])]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="inlineStr"><is><t>李雷</t></is><v>李雷</v></c>', "李雷"),
        ('<c t="inlineStr"><v>7</v><is><r><t>李</t></r><r><t>雷</t></r></is></c>', "李雷"),
        ('<c t="inlineStr"><v>李雷</v></c>', "李雷"),
        ('<c t="s"><v>1</v><is><t>李雷</t></is></c>', "张三"),
        ("<c><v>7</v><is><t>李雷</t></is></c>", "7"),
        ("<c><is><r><t>李</t></r><r><t>雷</t></r></is></c>", "李雷"),
    ],
)
def test_a_cell_says_one_thing(path: Path, cell: str, text: str) -> None:
    assert rows(packed(path, f"<row>{cell}</row>")) == [(1, [text])]


def test_parts_are_found_whatever_the_case_and_the_slashes_of_their_names(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(0, 0, "考生号")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for spelled in (str.upper, lambda name: name.replace("/", "\\"), lambda name: f"/{name}"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(spelled(name), content)
        assert rows(path) == [(1, ["考生号"])]


def test_a_part_that_is_there_twice_is_refused(path: Path) -> None:
    with zipfile.ZipFile(packed(path, ""), "a") as archive:
        archive.writestr("XL/Worksheets/Sheet1.xml", "<worksheet/>")
    assert "两份" in refused(path).zh


def test_shared_strings_that_nobody_wrote_are_missed_only_by_who_needs_them(path: Path) -> None:
    parts = {"xl/sharedStrings.xml": None}
    assert rows(packed(path, "<row><c><v>1</v></c></row>", parts)) == [(1, ["1"])]
    refused(packed(path, '<row><c t="s"><v>0</v></c></row>', parts))


@pytest.mark.parametrize(
    ("serial", "day"),
    [(1, "1900-01-01"), (59, "1900-02-28"), (60, "1900-02-29"), (61, "1900-03-01"), (36526, "2000-01-01")],
)
def test_a_day_before_march_1900_is_the_day_that_spreadsheets_show(path: Path, serial: int, day: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(0, 0, serial, book.add_format({"num_format": "yyyy-mm-dd"}))
    assert rows(path) == [(1, [day])]


def test_a_sheet_without_rows_has_none(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()
    assert rows(path) == []


def test_cells_are_whole_wherever_the_file_is_cut_into_pieces(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for line in range(200):
            sheet.write_row(line, 0, [f"张{line}", line, f"{line:014d}"])
    monkeypatch.setattr(xlsx, "PIECE_BYTES", 7)
    assert rows(path) == [(line + 1, [f"张{line}", str(line), f"{line:014d}"]) for line in range(200)]


def test_more_shared_strings_than_are_kept_at_hand_are_found_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "BLOCKS_KEPT", 2)
    monkeypatch.setattr(xlsx, "STRINGS_KEPT", 2)
    count = 1_000
    strings = "".join(f"<si><t>甲{number}</t></si>" for number in range(count))
    order = [number * 37 % count for number in range(count)]
    cells = "".join(f'<row><c t="s"><v>{number}</v></c></row>' for number in order)
    packed(path, cells, {"xl/sharedStrings.xml": f"<sst>{strings}</sst>"})
    assert [cells for _, cells in rows(path)] == [[f"甲{number}"] for number in order]


def test_four_times_the_rows_take_the_same_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "BLOCKS_KEPT", 8)
    monkeypatch.setattr(xlsx, "STRINGS_KEPT", 8)
    peaks = []
    for count in (5_000, 20_000):
        strings = "".join(f"<si><t>{number:0200d}</t></si>" for number in range(count))
        cells = "".join(f'<row><c t="s"><v>{number}</v></c></row>' for number in range(count))
        packed(path, cells, {"xl/sharedStrings.xml": f"<sst>{strings}</sst>"})
        del strings, cells
        gc.collect()
        tracemalloc.start()
        assert sum(1 for _ in read_sheet(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The strings alone are 4 MB in the larger one.
    assert peaks[1] < peaks[0] + (1 << 20), peaks


# What is refused


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 and no more", "考生号,姓名\n".encode(), b"\xd0\xcf\x11\xe0" * 99]
)
def test_what_is_no_archive_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "XLSX" in refused(path).zh


def compound_file(*streams: str) -> bytes:
    """The beginning of an OLE2 file, and a directory of streams somewhere behind it."""
    names = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * ((1 << 20) - 20) + names


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (compound_file("Root Entry", "EncryptionInfo", "EncryptedPackage"), "密码"),
        (compound_file("Root Entry", "Workbook"), "旧格式"),
        (b"<html><table><tr><td>1</td></tr></table>", "网页"),
        (b'\xef\xbb\xbf\r\n<?xml version="1.0"?><Workbook/>', "XML"),
    ],
)
def test_a_file_of_another_format_is_told_what_it_is_and_what_to_do(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    why = refused(path).zh
    assert told in why
    assert "另存为 .xlsx" in why
    with pytest.raises(BadWorkbook):
        chosen_sheet(path)


def test_an_archive_that_is_cut_short_is_refused(path: Path) -> None:
    packed(path, "<row><c><v>1</v></c></row>")
    path.write_bytes(path.read_bytes()[:-40])
    refused(path)


def test_a_sheet_whose_bytes_changed_is_refused_before_its_first_row(path: Path) -> None:
    with zipfile.ZipFile(packed(path, "")) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = "<worksheet><sheetData>" + "<row><c><v>1</v></c></row>" * 9_999
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    content = path.read_bytes()
    at = content.rindex(b"<v>1</v>")
    path.write_bytes(content[:at] + b"<v>2</v>" + content[at + 8 :])
    with pytest.raises(BadWorkbook):
        next(read_sheet(path))


@pytest.mark.parametrize(
    "part", ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"]
)
def test_an_archive_without_a_sheet_is_refused(path: Path, part: str) -> None:
    refused(packed(path, "", {part: None}))


def test_an_archive_of_something_else_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    refused(path)


@pytest.mark.parametrize(
    "sheet",
    [
        "<row><c><v>1</v></row>",
        '<row r="x"/>',
        '<row r="2"/><row r="2"/>',
        '<row r="2"/><row r="1"/>',
        '<row><c t="s"><v>2</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        '<row><c t="s"><v>one</v></c></row>',
        '<row><c r="ALM1"><v>1</v></c></row>',
        '<row><c r="甲1"><v>1</v></c></row>',
        '<row><c r="XFE1"/></row>',
        f"<row>{'<c/>' * 16_385}</row>",
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c><c r="B1"><v>3</v></c></row>',
        f'<row><c t="str"><v>{"a" * 32_768}</v></c></row>',
        f'<row><c t="inlineStr"><is>{"<t>aaaaaaaa</t>" * 5_000}</is></c></row>',
    ],
)
def test_a_sheet_that_no_program_writes_is_refused(path: Path, sheet: str) -> None:
    refused(packed(path, sheet))


def test_a_cell_of_shared_strings_needs_them(path: Path) -> None:
    related = RELATED.replace("sharedStrings", "theme")
    refused(packed(path, '<row><c t="s"><v>0</v></c></row>', {"xl/_rels/workbook.xml.rels": related}))


def test_definitions_are_refused_whatever_they_would_grow_to(path: Path) -> None:
    bomb = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    for part in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"):
        assert "定义" in refused(packed(path, "", {part: bomb})).zh


@pytest.mark.parametrize("bound", ["LARGEST_PART_BYTES", "LARGEST_STRINGS_BYTES", "LARGEST_SMALL_PART_BYTES"])
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(
    path: Path, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = {"LARGEST_PART_BYTES": "xl/worksheets/sheet1.xml", "LARGEST_STRINGS_BYTES": "xl/sharedStrings.xml"}.get(
        bound, "xl/workbook.xml"
    )
    monkeypatch.setattr(xlsx, bound, 1 << 20)
    packed(path, "", {part: "<x>" + " " * (1 << 21) + "</x>"})
    assert path.stat().st_size < 1 << 14
    refused(path)


def test_a_name_or_attribute_without_end_is_not_waited_for(path: Path) -> None:
    refused(packed(path, f'<row r="{"1" * (1 << 22)}"/>'))


def test_a_shared_string_has_an_end_too(path: Path) -> None:
    refused(packed(path, "", {"xl/sharedStrings.xml": f"<sst><si><t>{'a' * 32_768}</t></si></sst>"}))


def test_an_encrypted_archive_is_refused(path: Path) -> None:
    packed(path, "")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0].header_offset
    content[first + 6] |= 1
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    assert "加密" in refused(path).zh
