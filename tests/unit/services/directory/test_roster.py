"""Reading rosters as schools save them: which columns, which encodings, and files that are refused before any row."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.directory.roster import RosterReport, read_rows
from services.directory.rows import RosterRow, RowError, RowWarning, decode_row
from shared.errors import Invalid
from tests.support.directory_examples import COLUMNS, HEADER, csv_text, roster_row, write_csv, write_xlsx

TODAY = date(2026, 5, 4)
ROWS = [roster_row(number) for number in range(3)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "名册.csv"


def rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    return list(read_rows(path))


def refused(path: Path, code: str) -> Invalid:
    """Refused before any row is asked for."""
    with pytest.raises(Invalid) as caught:
        read_rows(path)
    assert caught.value.code == code
    return caught.value


def reason(row: dict[str, str], field: str) -> str:
    """The code of the one reason why a row is refused."""
    errors = decode_row(row, 2, 2026, TODAY)
    assert isinstance(errors, list), errors
    (code,) = [each.code for each in errors if each.field == field]
    return code


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_save(path: Path, encoding: str) -> None:
    path.write_bytes(csv_text(ROWS).encode(encoding))
    assert rows(path) == list(enumerate(ROWS, 2))


def test_the_last_line_may_end_without_a_line_break(path: Path) -> None:
    path.write_text(csv_text(ROWS).rstrip("\r\n"), encoding="utf-8", newline="")
    assert rows(path) == list(enumerate(ROWS, 2))


def test_a_rare_character_of_gb18030_is_read(path: Path) -> None:
    row = roster_row(name="㐱𠀀")
    path.write_bytes(csv_text([row]).encode("gb18030"))
    assert rows(path) == [(2, row)]


def test_a_character_may_lie_across_any_boundary_of_reading(path: Path) -> None:
    many = [roster_row(number, name="张" * 50) for number in range(5_000)]
    for encoding in ("utf-8", "gb18030"):
        path.write_bytes(csv_text(many).encode(encoding))
        assert path.stat().st_size > 1 << 20
        assert [row for _, row in rows(path)] == many


def test_a_line_is_counted_as_a_spreadsheet_counts_it(path: Path) -> None:
    text = csv_text([roster_row(0, name="张\n三"), roster_row(1)])
    path.write_text(text + "\r\n,,,\r\n" + csv_text([roster_row(2)]).partition("\r\n")[2], encoding="utf-8", newline="")
    read = rows(path)
    assert [line for line, _ in read] == [2, 3, 6]
    assert read[0][1]["name"] == "张\n三"
    assert reason(read[0][1], "name") == "roster.control"


def test_columns_may_stand_in_any_order_and_optional_ones_be_absent(path: Path) -> None:
    header = [
        name for name in reversed(HEADER) if name not in ("证件类型", "出生日期", "手机", "委培单位", "定向地区代码")
    ]
    line = ",".join(ROWS[0][field] for field, name in reversed(list(COLUMNS.items())) if name in header)
    path.write_text(f"{','.join(header)}\n{line}\n", encoding="utf-8")
    ((_, row),) = rows(path)
    assert row.keys() == COLUMNS.keys() - {"id_type", "born_on", "phone", "agreed_unit", "agreed_region"}
    assert isinstance(decode_row(row, 2, 2026, TODAY), RosterRow)


def test_a_header_may_have_blanks_around_it_and_columns_without_a_name_are_passed_over(path: Path) -> None:
    text = csv_text(ROWS[:1], [f" {name} " for name in HEADER])
    path.write_text("".join(f"{line},注\n" if n else f"{line},\n" for n, line in enumerate(text.splitlines())), "utf-8")
    assert rows(path) == [(2, ROWS[0])]


def test_a_short_line_lacks_its_last_fields(path: Path) -> None:
    path.write_text(csv_text([]) + "26140100000000\n", encoding="utf-8")
    assert rows(path) == [(2, {"exam_no": "26140100000000"})]


def test_a_roster_of_a_header_alone_has_no_rows(path: Path) -> None:
    assert rows(write_csv(path, [])) == []


def test_an_empty_file_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    assert "空" in refused(path, "roster.unreadable").zh


@pytest.mark.parametrize(
    "content",
    [
        csv_text(ROWS).encode() + b"\x00",
        csv_text(ROWS).encode("utf-16"),
        csv_text(ROWS * 5_000).encode() + b"\x00",
        csv_text(ROWS * 5_000).encode() + b"\xff\xff\n",
        csv_text(ROWS).encode() + b"\xe5\xbc",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    ],
    ids=["NUL", "UTF-16", "NUL far behind", "no encoding far behind", "cut inside a character", "picture"],
)
def test_what_is_no_text_anywhere_is_refused_before_the_first_row(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refused(path, "roster.unreadable")


@pytest.mark.parametrize("tail", ['"张', '"张" 三,1\n', '"' + "长" * 200_000])
def test_a_quotation_mark_that_swallows_what_follows_is_refused_before_the_first_row(path: Path, tail: str) -> None:
    path.write_text(csv_text(ROWS) + tail, encoding="utf-8", newline="")
    refused(path, "roster.unreadable")


def test_a_missing_column_is_named(path: Path) -> None:
    path.write_text(csv_text(ROWS, ["考生号"]), encoding="utf-8")
    error = refused(path, "roster.missing_columns")
    assert error.details["columns"][:4] == ["学号", "姓名", "证件号码", "性别"]
    assert "“学号”、“姓名”、“证件号码”、“性别”" in error.zh
    assert "证件类型" not in error.details["columns"]
    assert "身份证号" not in error.details["columns"]


def test_an_unknown_column_is_named(path: Path) -> None:
    path.write_text(csv_text([], [*HEADER, "昵称", "QQ"]), encoding="utf-8")
    assert refused(path, "roster.unknown_columns").details["columns"] == ["昵称", "QQ"]


@pytest.mark.parametrize("again", ["姓名", "身份证号"])
def test_two_columns_for_one_thing_are_refused(path: Path, again: str) -> None:
    path.write_text(csv_text([], [*HEADER, again]), encoding="utf-8")
    assert again in refused(path, "roster.repeated_columns").details["columns"]


# XLSX


@pytest.mark.parametrize("shared_strings", [True, False], ids=["shared strings", "inline strings"])
def test_an_xlsx_is_read_like_the_csv(tmp_path: Path, shared_strings: bool) -> None:
    path = write_xlsx(tmp_path / "名册.XLSX", ROWS, shared_strings=shared_strings)
    read = rows(path)
    assert [line for line, _ in read] == [2, 3, 4]
    assert [decode_row(row, 2, 2026, TODAY) for _, row in read] == [decode_row(row, 2, 2026, TODAY) for row in ROWS]


def test_days_and_numbers_of_an_xlsx_are_read_as_people_see_them(tmp_path: Path) -> None:
    as_text = decode_row(ROWS[0], 2, 2026, TODAY)
    typed: dict[str, Any] = {
        **ROWS[0],
        "exam_no": int(ROWS[0]["exam_no"]),
        "phone": int(ROWS[0]["phone"]),
        "sex": 2,
        "study_years": 4.0,
        "enrolled_on": date(2022, 9, 1),
        "graduates_on": 20260701,
    }
    ((_, row),) = rows(write_xlsx(tmp_path / "名册.xlsx", [typed]))
    assert isinstance(as_text, RosterRow)
    assert row["phone"] == ROWS[0]["phone"]
    assert decode_row(row, 2, 2026, TODAY) == as_text


def test_an_identity_number_kept_as_a_number_is_refused_and_never_rounded(tmp_path: Path) -> None:
    typed: dict[str, Any] = {**ROWS[0], "id_number": int(ROWS[1]["id_number"].replace("X", "0"))}
    ((_, row),) = rows(write_xlsx(tmp_path / "名册.xlsx", [typed]))
    assert reason(row, "id_number") == "id.excel_damage"


def test_a_long_number_of_another_column_is_refused_likewise(tmp_path: Path) -> None:
    typed: dict[str, Any] = {**ROWS[0], "exam_no": 261401000000000012}
    ((_, row),) = rows(write_xlsx(tmp_path / "名册.xlsx", [typed]))
    assert reason(row, "exam_no") == "roster.excel_damage"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", csv_text(ROWS).encode()], ids=["empty", "broken", "a CSV"])
def test_what_is_no_xlsx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "名册.xlsx"
    path.write_bytes(content)
    assert "XLSX" in refused(path, "roster.unreadable").zh


def test_an_xlsx_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "名册.xlsx", ROWS)
    path.write_bytes(path.read_bytes()[:-100])
    refused(path, "roster.unreadable")


def test_an_xlsx_named_csv_is_refused(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "名册.xlsx", ROWS).rename(tmp_path / "名册.csv")
    refused(tmp_path / "名册.csv", "roster.unreadable")


# The report


def test_a_report_counts_every_refused_row_and_keeps_the_first_thousand_reasons() -> None:
    report = RosterReport()
    for line in range(700):
        report.refuse([RowError(line, "name", "roster.missing", "必填", "is missing")] * 2)
    assert (report.refused, len(report.errors)) == (700, 1_000)


def test_a_report_counts_every_warned_row_and_keeps_the_first_thousand() -> None:
    report = RosterReport()
    for line in range(1_001):
        report.warn([RowWarning(line, "id_number", "id.county_unknown", "请核对", "please check")])
    assert (report.warned, len(report.warnings), report.warnings[-1].line) == (1_001, 1_000, 999)
    assert report.refused == 0
