"""Files for spreadsheets hold texts only: nothing is computed, no zero is lost, and what was written is read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.sheet_writing import write_lines
from shared.sheets import read_lines

FORMULAS = ("=1+1", "+86", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1")
BOTH = pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
cells = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"]), max_size=20)


def read(path: Path) -> list[list[str]]:
    return [line for _, line in read_lines(path)]


@BOTH
def test_what_was_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    lines = [["学号", "姓名"], ["0012", "李雷&<韩>"], ["2022", "张_x0041_三"]]
    path = tmp_path / f"去向{suffix}"
    assert write_lines(path, lines) == 3
    assert read(path) == lines
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_csv_begins_with_the_mark_by_which_spreadsheets_know_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "去向.csv"
    write_lines(path, [["学号"]])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_in_a_csv_begins_as_a_formula(tmp_path: Path, text: str) -> None:
    path = tmp_path / "去向.csv"
    write_lines(path, [["单位名称"], [text]])
    assert read(path)[1] == [f"'{text}"]


@pytest.mark.parametrize("text", FORMULAS)
def test_an_xlsx_has_no_formula_and_no_number(tmp_path: Path, text: str) -> None:
    path = tmp_path / "去向.xlsx"
    write_lines(path, [["单位名称"], [text, "0012"]])
    with ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet
    assert "<v" not in sheet
    assert sheet.count('t="inlineStr"') == 3
    assert read(path)[1] == [text, "0012"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.lists(cells, min_size=1, max_size=40))
def test_any_texts_are_read_back_from_an_xlsx_in_their_columns(tmp_path: Path, line: list[str]) -> None:
    path = tmp_path / "去向.xlsx"
    write_lines(path, [line, ["end"]])
    found = read(path)[0]
    assert [*found, *[""] * (len(line) - len(found))] == line


def test_a_file_that_cannot_be_finished_is_not_there(tmp_path: Path) -> None:
    def breaking() -> Iterator[list[str]]:
        yield ["学号"]
        raise ConnectionAbortedError

    path = tmp_path / "去向.xlsx"
    path.write_text("last week's")
    with pytest.raises(ConnectionAbortedError):
        write_lines(path, breaking())
    assert [each.name for each in tmp_path.iterdir()] == ["去向.xlsx"]
    assert path.read_text() == "last week's"
