"""The first sheet of an XLSX file that people see, row by row as text: memory does not grow with the file, a bomb is refused.

The format is ECMA-376, as programs write it and not only as it is meant: parts are found whatever the case of their names and
with `\\` for `/` (part 2, 6.2.2), a cell stands where its reference says, `_x000D_` in a text is the character it stands for
(part 1, 22.9.2.19), and only cells that hold something count.

A number of more than 15 digits comes as `1.10105E+17`: a spreadsheet keeps no more digits, so what it shows is not what was
typed. Strings that the sheet shares wait in a temporary file, because a roster's names are as many as its rows.
"""

from __future__ import annotations

import os
import posixpath
import re
import string
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import unquote
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

PIECE_BYTES = 1 << 16
# A million rows of a roster are 0.8 GB of XML.
LARGEST_PART_BYTES = 1 << 30
LARGEST_STRINGS_BYTES = 1 << 28
LARGEST_SMALL_PART_BYTES = 1 << 24
LARGEST_TOKEN_BYTES = 1 << 20
LONGEST_CELL = 32_767
WIDEST_ROW = 1_000
LAST_COLUMN = 16_384
EXACT_BELOW = 1e15
STRINGS_A_BLOCK = 64
BLOCKS_KEPT = 256
STRINGS_KEPT = 4_096

_BUILT_IN_DATES = {"14", "15", "16", "17", "22", *map(str, range(27, 37)), *map(str, range(50, 59))}
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LAYOUT = re.compile(r"\n\s*\Z")
_NOT_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|[\\_*].')


class BadWorkbook(ValueError):
    """What is wrong with a file, for people."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


_OTHER_ARCHIVE = (
    "是别的格式的压缩包（如 ODS、XLSB），不是 XLSX，请用 Excel 或 WPS 打开后另存为 .xlsx",
    "an archive of another format, such as ODS or XLSB: open it and save it as .xlsx",
)
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\s)*<")


def refuse_other_formats(path: Path) -> None:
    """Says what a file is that is no XLSX and no text of rows, and what to do with it. Raises BadWorkbook.

    A workbook with a password is kept by [MS-OFFCRYPTO] in the same compound file that `.xls` and `.et` are.
    """
    with path.open("rb") as file:
        head = file.read(len(_COMPOUND_FILE) * 64)
        if head.startswith(_COMPOUND_FILE):
            if _holds(file, "EncryptedPackage".encode("utf-16-le")):
                raise BadWorkbook(
                    "文件设有打开密码，请用 Excel 或 WPS 打开、取消密码后另存为 .xlsx",
                    "it is protected by a password: open it, take the password off and save it as .xlsx",
                )
            raise BadWorkbook(
                "是旧格式（.xls 或 .et），请用 Excel 或 WPS 打开后另存为 .xlsx",
                "it is of an old format (.xls or .et): open it and save it as .xlsx",
            )
        if _MARKUP.match(head):
            raise BadWorkbook(
                "是网页或 XML，不是表格文件，请用 Excel 或 WPS 打开后另存为 .xlsx",
                "it is a web page or XML: open it with a spreadsheet and save it as .xlsx",
            )


def _holds(file: IO[bytes], wanted: bytes) -> bool:
    """Whether the rest of a file holds some bytes, wherever it is cut into pieces."""
    kept = b""
    while piece := file.read(1 << 20):
        if wanted in kept + piece:
            return True
        kept = piece[-len(wanted) :]
    return False


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sheet is read: the first that is not hidden. `others` are shown too and not read, `hidden` nobody sees."""

    name: str
    others: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = f"读取工作表 sheet read: {self.name}"
        if self.others:
            told += f"；未读 not read: {'、'.join(self.others)}"
        if self.hidden:
            told += f"；隐藏未读 hidden, not read: {'、'.join(self.hidden)}"
        return told


def chosen_sheet(path: Path) -> Chosen:
    """The sheet that `read_sheet` reads. Raises BadWorkbook."""
    refuse_other_formats(path)
    with _explained(), ZipFile(path) as archive:
        return _Book(_Parts(archive)).chosen


def read_sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of each row that is there, numbered as a spreadsheet shows it. Raises BadWorkbook.

    A file that is cut short, damaged or too large is refused before its first row.
    """
    refuse_other_formats(path)
    with _explained(), ZipFile(path) as archive:
        parts = _Parts(archive)
        book = _Book(parts)
        for part in filter(None, (book.sheet, book.strings)):
            _unpack(parts, part)
        yield from _rows(parts, book)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except BadZipFile:
        raise BadWorkbook("不是有效的 XLSX，或文件不完整", "not a valid XLSX, or cut short") from None
    except KeyError:
        raise BadWorkbook("文件内容已损坏", "its content is damaged") from None
    except (expat.ExpatError, zlib.error, EOFError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, BadWorkbook):
            raise
        raise BadWorkbook("文件内容已损坏", "its content is damaged") from None
    except (RuntimeError, NotImplementedError):
        raise BadWorkbook("文件已加密或压缩方式不支持", "it is encrypted or packed in an unknown way") from None


class _Parts:
    """The parts of the archive by name, as OPC compares names: case does not count, `\\` is some programs' `/`."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names: dict[str, list[str]] = {}
        for name in archive.namelist():
            self._names.setdefault(_plain(name), []).append(name)

    def __contains__(self, part: str) -> bool:
        return _plain(part) in self._names

    def open(self, part: str) -> IO[bytes]:
        """The content of a part. Raises BadWorkbook where it is missing, or there twice."""
        names = self._names.get(_plain(part), [])
        if not names:
            raise BadWorkbook(f"压缩包内缺少“{part}”", f"{part} is missing inside")
        if len(names) > 1:
            raise BadWorkbook(f"压缩包内有两份“{part}”", f"{part} is inside twice")
        return self._archive.open(names[0])


def _plain(part: str) -> str:
    return unquote(part).replace("\\", "/").lstrip("/").lower()


def _unpack(parts: _Parts, part: str) -> None:
    """Reads a part once to its end, where its checksum stands: what is damaged fails before anybody used a row of it."""
    with parts.open(part) as source:
        size = 0
        while piece := source.read(PIECE_BYTES):
            size += len(piece)
            if size > LARGEST_PART_BYTES:
                raise BadWorkbook("解压后过大，请使用 CSV", "too large once unpacked; use CSV")


def _fed(parts: _Parts, part: str, parser: Any, largest: int) -> Iterator[None]:
    """Feeds a part to a parser, a piece at each step; holds what arrives to the bounds."""
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.buffer_text = True
    fed = 0
    with parts.open(part) as source:
        while piece := source.read(PIECE_BYTES):
            fed += len(piece)
            if fed > largest:
                raise BadWorkbook("解压后过大，请使用 CSV", "too large once unpacked; use CSV")
            parser.Parse(piece, False)
            if fed - parser.CurrentByteIndex > LARGEST_TOKEN_BYTES:
                raise BadWorkbook("文件内容已损坏", "its content is damaged")
            yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: Any) -> None:
    raise BadWorkbook("文件含有不允许的定义", "it holds definitions that no sheet needs")


def _elements(parts: _Parts, part: str) -> list[tuple[str, str, dict[str, str]]]:
    """(parent, name, attributes) of every element of a small part, names without their prefixes."""
    found: list[tuple[str, str, dict[str, str]]] = []
    path = [""]

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        found.append((path[-1], name, {_local(key): value for key, value in attributes.items()}))
        path.append(name)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    for _ in _fed(parts, part, parser, LARGEST_SMALL_PART_BYTES):
        pass
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _related(parts: _Parts, part: str) -> Iterator[tuple[str, str, str]]:
    """(id, last word of the type, part) of everything a part refers to."""
    folder, name = posixpath.split(part)
    for _, element, attributes in _elements(parts, posixpath.join(folder, "_rels", f"{name}.rels")):
        if element == "Relationship":
            kind = attributes["Type"].rpartition("/")[2]
            target = attributes["Target"].replace("\\", "/")
            yield attributes["Id"], kind, posixpath.normpath(posixpath.join("/", folder, target))[1:]


class _Book:
    """Where things are in the file, and which cell styles show numbers as days."""

    def __init__(self, parts: _Parts) -> None:
        if "_rels/.rels" not in parts:
            raise BadWorkbook(*_OTHER_ARCHIVE)
        workbook = {kind: part for _, kind, part in _related(parts, "")}.get("officeDocument", "")
        if not workbook or workbook.endswith(".bin"):
            raise BadWorkbook(*_OTHER_ARCHIVE)
        related = list(_related(parts, workbook))
        sheets = {id_: part for id_, kind, part in related if kind == "worksheet"}
        elements = _elements(parts, workbook)
        listed = [each for _, name, each in elements if name == "sheet" and each.get("id") in sheets]
        shown = [each for each in listed if each.get("state", "visible") == "visible"]
        if not shown:
            raise BadWorkbook("没有可见的工作表", "there is no sheet that people see")
        first, *others = shown
        self.sheet = sheets[first["id"]]
        self.chosen = Chosen(
            first.get("name", ""),
            tuple(each.get("name", "") for each in others),
            tuple(each.get("name", "") for each in listed if each not in shown),
        )
        by_kind = {kind: part for _, kind, part in related}
        # Some programs name strings that they do not write, having none.
        self.strings = by_kind["sharedStrings"] if by_kind.get("sharedStrings", "") in parts else None
        self.early = any(each.get("date1904") in ("1", "true") for _, _, each in elements)
        self.day_styles = _day_styles(parts, by_kind["styles"]) if "styles" in by_kind else frozenset()


def _day_styles(parts: _Parts, part: str) -> frozenset[str]:
    elements = _elements(parts, part)
    days = set(_BUILT_IN_DATES)
    for _, name, attributes in elements:
        if name == "numFmt" and re.search("[ymd]", _NOT_FORMAT.sub("", attributes["formatCode"]).lower()):
            days.add(attributes["numFmtId"])
    formats = [
        attributes.get("numFmtId") for parent, name, attributes in elements if (parent, name) == ("cellXfs", "xf")
    ]
    return frozenset(str(style) for style, number in enumerate(formats) if number in days)


def _rows(parts: _Parts, book: _Book) -> Iterator[tuple[int, list[str]]]:
    with TemporaryFile() as spilled:
        shared = _shared_strings(parts, book.strings, spilled) if book.strings else _no_strings
        rows: list[tuple[int, list[str]]] = []
        parser = expat.ParserCreate()
        finish = _on_cells(parser, rows, shared, _shown_as(book))
        for _ in _fed(parts, book.sheet, parser, LARGEST_PART_BYTES):
            yield from rows[:-1]
            del rows[:-1]
        finish()
        yield from rows


def _on_cells(  # noqa: PLR0915 - an object with the same state reads a fifth slower
    parser: Any, rows: list[tuple[int, list[str]]], shared: Callable[[str], str], shown: Callable[[str, str], str]
) -> Callable[[], None]:
    """Let the parser put each row into `rows`, the last one while it is still being read; call what this returns at the end.

    Two callbacks a cell and no third, because they are all the time this takes: a text is not told where it ends, so blanks
    around it are cut off unless it says that they are meant, as spreadsheets themselves do.
    """
    row = cell = value = piece = phonetic = ""
    number = column = 0
    label = ""
    cells: list[str] = []
    kind = style = head = text = ""
    reading = preserved = valued = False

    def root(tag: str, _: Sequence[str]) -> None:
        nonlocal row, cell, value, piece, phonetic
        prefix = tag[: -len(_local(tag))]
        row, cell, value, piece, phonetic = (prefix + name for name in ("row", "c", "v", "t", "rPh"))
        parser.StartElementHandler = start

    def start(tag: str, attributes: Sequence[str]) -> None:
        nonlocal number, column, label, cells, kind, style, head, text, reading, preserved, valued
        if tag == cell:
            if text or head:
                finish()
            reading = False
            if len(attributes) == 4 and attributes[0] == "r" and attributes[2] == "t":
                _, reference, _, kind = attributes
                style = ""
            else:
                given = dict(zip(attributes[::2], attributes[1::2], strict=True))
                reference, kind, style = given.get("r", ""), given.get("t", "n"), given.get("s", "")
            if not reference or reference == _LETTERS[column] + label:
                column += 1
            else:
                column = _column(reference.rstrip("0123456789"))
            if column > LAST_COLUMN:
                raise BadWorkbook("列数超过 XLSX 的上限", "more columns than an XLSX has")
            valued = False
        elif tag == value:
            # An inline string is what its own element says, whatever value stands beside it.
            reading = kind != "inlineStr" or not (text or head)
            valued = True
        elif tag == piece:
            if valued and kind == "inlineStr":
                head, text, valued = "", "", False
            if valued:
                reading = False
            else:
                if text:
                    head, text = head + _meant(text, preserved), ""
                    if len(head) > LONGEST_CELL:
                        raise BadWorkbook("单元格内容过长", "a cell holds too much")
                reading, preserved = kind != "", bool(attributes)
        elif tag == row:
            if text or head:
                finish()
            reading = False
            given = dict(zip(attributes[::2], attributes[1::2], strict=True))
            following = int(given.get("r", number + 1))
            if following <= number:
                raise BadWorkbook("行号不是递增的", "its rows are out of order")
            number, label, column, cells, kind = following, str(following), 0, [], ""
            rows.append((number, cells))
        else:
            reading = False
            if tag == phonetic:
                kind = ""

    def character(data: str) -> None:
        nonlocal text
        if reading:
            text += data
            if len(text) > LONGEST_CELL:
                raise BadWorkbook("单元格内容过长", "a cell holds too much")

    def finish() -> None:
        nonlocal head, text, preserved
        if kind == "s":
            found = shared(text) if text else ""
        elif kind == "n" and not head:
            found = shown(text, style)
        else:
            found = _unescaped(head + _other(_meant(text, preserved), kind))
        if found and not found.isspace():
            # Nearly every cell is the next one of its row.
            if len(cells) == column - 1 < WIDEST_ROW:
                cells.append(found)
            else:
                place(found)
        head = text = ""
        preserved = False

    def place(found: str) -> None:
        if column > WIDEST_ROW:
            raise BadWorkbook(f"列数超过 {WIDEST_ROW}", f"more than {WIDEST_ROW} columns")
        if len(cells) < column:
            cells.extend([""] * (column - 1 - len(cells)))
            cells.append(found)
        elif not cells[column - 1]:
            cells[column - 1] = found
        else:
            where = f"{_LETTERS[column - 1]}{label}"
            raise BadWorkbook(f"单元格“{where}”出现两次", f"the cell {where} is there twice")

    parser.ordered_attributes = True
    parser.StartElementHandler = root
    parser.CharacterDataHandler = character
    return finish


_LETTERS = [
    *string.ascii_uppercase,
    *map("".join, product(string.ascii_uppercase, repeat=2)),
    *map("".join, product(string.ascii_uppercase, repeat=3)),
]


@lru_cache(WIDEST_ROW)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
        if not ("A" <= letter <= "Z" and number <= LAST_COLUMN):
            raise BadWorkbook(f"没有“{letters[:9]}”列", f"there is no column {letters[:9]}")
    return number


def _shown_as(book: _Book) -> Callable[[str, str], str]:
    """How a number is written: a day as `2026-07-01` where its style says so."""

    @lru_cache(STRINGS_KEPT)
    def shown(text: str, style: str) -> str:
        if style in book.day_styles:
            try:
                serial = int(float(text))
                if serial >= 1:
                    return _day(serial, book.early)
            except (ValueError, OverflowError):
                return text
        return _number(text)

    return shown


def _day(serial: int, early: bool) -> str:
    """The day of a serial number, counted from 1904 or from 1900, which spreadsheets take for a leap year."""
    if early:
        return (date(1904, 1, 1) + timedelta(days=serial)).isoformat()
    if serial == 60:
        return "1900-02-29"
    return (date(1899, 12, 30 if serial > 60 else 31) + timedelta(days=serial)).isoformat()


def _number(text: str) -> str:
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        return text
    if abs(value) >= EXACT_BELOW:
        return f"{value:.5E}"
    return str(int(value)) if value.is_integer() else f"{value:.15g}"


def _meant(text: str, preserved: bool) -> str:
    """A text without the layout of the file around it."""
    return _LAYOUT.sub("", text) if preserved else text.strip()


def _unescaped(text: str) -> str:
    """A text with `_x000D_` as the character it stands for; halves of one beyond U+FFFF meet, one alone is U+FFFD."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _other(text: str, kind: str) -> str:
    if kind == "b":
        return "TRUE" if text == "1" else "FALSE"
    return text.partition("T")[0] if kind == "d" else text


def _no_strings(index: str) -> str:
    raise BadWorkbook("共享字符串缺失", f"there is no shared string {index}")


def _shared_strings(parts: _Parts, part: str, spilled: Any) -> Callable[[str], str]:
    """Writes the strings into the file by blocks; gives them back by number."""
    offsets = array("Q", [0])
    block: list[str] = []
    count = 0

    def flush() -> None:
        offsets.append(offsets[-1] + spilled.write("\x00".join(block).encode()))
        block.clear()

    parser = expat.ParserCreate()
    _on_strings(parser, block)
    for _ in _fed(parts, part, parser, LARGEST_STRINGS_BYTES):
        while len(block) >= STRINGS_A_BLOCK:
            rest = block[STRINGS_A_BLOCK:]
            del block[STRINGS_A_BLOCK:]
            count += len(block)
            flush()
            block.extend(rest)
    count += len(block)
    flush()
    spilled.flush()

    @lru_cache(BLOCKS_KEPT)
    def strings(number: int) -> list[str]:
        start, stop = offsets[number], offsets[number + 1]
        return os.pread(spilled.fileno(), stop - start, start).decode().split("\x00")

    @lru_cache(STRINGS_KEPT)
    def shared(text: str) -> str:
        index = int(text)
        if not 0 <= index < count:
            return _no_strings(text)
        return _unescaped(strings(index // STRINGS_A_BLOCK)[index % STRINGS_A_BLOCK])

    return shared


def _on_strings(parser: Any, found: list[str]) -> None:
    parts: list[str] = []
    length = 0
    wanted = skipping = False

    def start(tag: str, _: Mapping[str, str]) -> None:
        nonlocal length, wanted, skipping
        name = _local(tag) if ":" in tag else tag
        if name == "si":
            parts.clear()
            length = 0
        elif name == "rPh":
            skipping = True
        wanted = name == "t" and not skipping

    def end(tag: str) -> None:
        nonlocal wanted, skipping
        name = _local(tag) if ":" in tag else tag
        wanted = False
        if name == "si":
            found.append("".join(parts))
        elif name == "rPh":
            skipping = False

    def character(data: str) -> None:
        nonlocal length
        if wanted:
            parts.append(data)
            length += len(data)
            if length > LONGEST_CELL:
                raise BadWorkbook("单元格内容过长", "a cell holds too much")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = character
