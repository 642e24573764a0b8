"""Files of rows that people fill in: CSV or XLSX as lines of text, and what spreadsheets do to a cell."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path

from shared.xlsx import BadWorkbook, read_sheet

LARGEST_XLSX_BYTES = 100 * 1024 * 1024

# What a spreadsheet leaves behind in a cell it could not compute, or in a number it took for a quantity.
BROKEN_CELL = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)|['’‘].*|[0-9.]+E\+[0-9]+", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})?|([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of a CSV (UTF-8 or GB18030) or XLSX file, empty lines too. Raises BadWorkbook before its first line."""
    if path.suffix.lower() != ".xlsx":
        yield from _csv(path)
        return
    if path.stat().st_size > LARGEST_XLSX_BYTES:
        raise BadWorkbook("文件超过 100 MB，请使用 CSV", "more than 100 MB; use CSV")
    yield from read_sheet(path)


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    encoding = _encoding(path)
    try:
        # Once to its end before the first row is used: an open quotation mark would swallow everything behind it.
        for reading in (False, True):
            with path.open(encoding=encoding, newline="") as text:
                rows = enumerate(csv.reader(text, strict=True), 1)
                if reading:
                    yield from rows
                else:
                    deque(rows, maxlen=0)
    except csv.Error as error:
        raise BadWorkbook(f"不是有效的 CSV（{error}）", f"not a valid CSV ({error})") from None


def _encoding(path: Path) -> str:
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


# A file says the same few days in every row.
@lru_cache(1_024)
def written_day(text: str) -> date | None:
    """A day, or the first of a month; `2026/1/1` is no eleventh month."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    parts = found.groups()[:3] if found[1] else found.groups()[3:]
    year, month, day = (int(part or 1) for part in parts)
    with suppress(ValueError):
        return date(year, month, day)
    return None
