"""Writing files of rows that people open in a spreadsheet: XLSX or CSV, a row at a time, every cell a text.

A text is never a formula: in XLSX it is stored as a text, and in CSV, where a spreadsheet would compute what begins with
`=`, `+`, `-` or `@`, an apostrophe stands before it. Leading zeros stay.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

_COMPUTED = re.compile(r"[=+\-@\t\r\n]")
# What XML does not hold, and what looks like the writing of it.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # The second format is that of texts, so that what somebody types over a code stays one.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}


def write_lines(path: Path, lines: Iterable[Sequence[str]]) -> int:
    """Write lines into a new XLSX or CSV file, by its suffix; how many. The file is there whole or not at all.

    Only who writes it may read it: it may tell of people. Raises OSError.
    """
    with _whole(path) as part:
        return _xlsx(part, lines) if path.suffix.lower() == ".xlsx" else _csv(part, lines)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _csv(path: Path, lines: Iterable[Sequence[str]]) -> int:
    count = 0
    # Spreadsheets take a file for UTF-8 by this mark.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for line in lines:
            writer.writerow([f"'{cell}" if _COMPUTED.match(cell) else cell for cell in line])
            count += 1
    return count


def _xlsx(path: Path, lines: Iterable[Sequence[str]]) -> int:
    count = 0
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, _XML + content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for count, line in enumerate(lines, 1):
                cells = "".join(_cell(f"{_column(at)}{count}", cell) for at, cell in enumerate(line) if cell)
                sheet.write(f'<row r="{count}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
    return count


def _cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" s="1" t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'


def _column(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _text(cell: str) -> str:
    return escape(_UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", cell))
