"""Files of rows that people fill in: CSV or XLSX as lines of text, and what spreadsheets do to a cell."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

from shared.names import without_unseen
from shared.xlsx import BadWorkbook, Chosen, chosen_sheet, read_sheet, refuse_other_formats

LARGEST_XLSX_BYTES = 100 * 1024 * 1024

# What a spreadsheet leaves behind in a cell it could not compute, or in a number it took for a quantity.
BROKEN_CELL = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)|['’‘=].*|[0-9.]+E\+[0-9]+", re.IGNORECASE)
# What keeps a spreadsheet from taking a text for a number: ="00123".
_AS_TEXT = re.compile('="((?:[^"]|"")*)"')
# The number 2021.1, which was the month 2021.10 before a spreadsheet took it for one.
_ROUNDED_MONTH = re.compile(r"[0-9]{4}\.1")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})?|([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of a CSV (UTF-8 or GB18030) or XLSX file, empty lines too. Raises BadWorkbook before its first line.

    A cell that was written `="00123"` to stay a text is that text.
    """
    lines = read_sheet(_not_too_large(path)) if _is_xlsx(path) else _csv(path)
    for number, cells in lines:
        # One look at the whole line, because hardly any has such a cell.
        kept = "=" in "\n".join(cells) and [_as_text(cell) if cell.startswith("=") else cell for cell in cells]
        yield number, kept or cells


def sheet_of(path: Path) -> Chosen | None:
    """Which of its sheets is read from an XLSX file; None of a CSV, which has but one. Raises BadWorkbook."""
    return chosen_sheet(_not_too_large(path)) if _is_xlsx(path) else None


def header_of(cells: list[str]) -> list[str]:
    """The names of the columns, without the blanks that space them out and without what nobody sees."""
    return ["".join(without_unseen(cell).split()) for cell in cells]


def _is_xlsx(path: Path) -> bool:
    return path.suffix.lower() == ".xlsx"


def _not_too_large(path: Path) -> Path:
    if path.stat().st_size > LARGEST_XLSX_BYTES:
        raise BadWorkbook("文件超过 100 MB，请使用 CSV", "more than 100 MB; use CSV")
    return path


def _as_text(cell: str) -> str:
    found = _AS_TEXT.fullmatch(cell.strip())
    return cell if found is None else found[1].replace('""', '"')


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    refuse_other_formats(path)
    encoding = _encoding(path)
    try:
        # Once to its end before the first row is used: an open quotation mark would swallow everything behind it.
        for reading in (False, True):
            with path.open(encoding=encoding, newline="") as text:
                rows = enumerate(csv.reader(_without_marks(text), strict=True), 1)
                if reading:
                    yield from rows
                else:
                    deque(rows, maxlen=0)
    except csv.Error as error:
        raise BadWorkbook("不是有效的 CSV", f"not a valid CSV ({error})") from None


def _without_marks(text: Iterable[str]) -> Iterator[str]:
    """The lines of a text without the byte order marks before it, of which every program that saved it may have put one."""
    lines = iter(text)
    return chain([line.lstrip("\ufeff") for line in islice(lines, 1)], lines)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadWorkbook("编码为 UTF-16，请另存为“CSV UTF-8”", "it is UTF-16: save it as CSV in UTF-8")
    if head == b"PK\x03\x04":
        raise BadWorkbook("内容是 XLSX 或压缩包，请将扩展名改为 .xlsx", "it is an XLSX or an archive: name it .xlsx")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding, newline="") as text:
                while piece := text.read(1 << 20):
                    if "\x00" in piece:
                        raise BadWorkbook("不是文本文件", "not a text file")
        except UnicodeDecodeError:
            continue
        return encoding
    raise BadWorkbook("编码既非 UTF-8 也非 GB18030", "neither UTF-8 nor GB18030")


def is_rounded_month(text: str) -> bool:
    """Whether a month is written `2021.1`: a spreadsheet makes the same number of 2021.10, so nobody knows which it was."""
    return _ROUNDED_MONTH.fullmatch(text) is not None


# A file says the same few days in every row.
@lru_cache(1_024)
def written_day(text: str) -> date | None:
    """A day, or the first of a month; `2026/1/1` is no eleventh month, and `2021.1` no month that anybody knows."""
    found = _DAY.fullmatch(text)
    if found is None or is_rounded_month(text):
        return None
    parts = found.groups()[:3] if found[1] else found.groups()[3:]
    year, month, day = (int(part or 1) for part in parts)
    with suppress(ValueError):
        return date(year, month, day)
    return None
