"""Code tables: which codes exist, their names, and the older names that reports still use (DOMAIN 2)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

DATA = Path(__file__).parent / "data"


class UnknownCode(LookupError):
    """A code or a name that a table does not hold."""

    def __init__(self, table: str, text: str) -> None:
        super().__init__(f"{table}: {text}")
        self.table = table
        self.text = text


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `also` holds other names of the same thing, `more` its other columns, such as a province's `code6`."""

    code: str
    name: str
    also: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


@dataclass(frozen=True)
class CodeTable:
    """One national table, read from its data file when first asked and kept."""

    file: str

    def __contains__(self, code: object) -> bool:
        return code in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, in the order of the table."""
        return tuple(self._entries)

    def get(self, code: str) -> Entry | None:
        """The row of a code, if there is one."""
        return self._entries.get(code)

    def name(self, code: str) -> str:
        """The name of a code. Raises UnknownCode."""
        entry = self._entries.get(code)
        if entry is None:
            raise UnknownCode(self.file, code)
        return entry.name

    def by_name(self, name: str) -> str | None:
        """The code of a name, an older or shorter one too; None when nothing is called so."""
        return self._names.get(folded(name))

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        return MappingProxyType({entry.code: entry for entry in map(_entry, rows(self.file))})

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return MappingProxyType({folded(name): entry.code for entry in self for name in (*entry.also, entry.name)})


def _entry(row: dict[str, str]) -> Entry:
    more = {column: value for column, value in row.items() if column not in ("code", "name", "also")}
    return Entry(row["code"], row["name"], tuple(filter(None, row["also"].split(";"))), MappingProxyType(more))


def rows(file: str) -> Iterator[dict[str, str]]:
    """The rows of a data file of this package."""
    with (DATA / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


_PLAIN = str.maketrans({"（": "(", "）": ")", "，": "、", ",": "、", "　": "", " ": "", "“": "", "”": "", '"': ""})


def plain(name: str) -> str:
    """A name without what printers vary: spaces, quotation marks, the width of brackets and commas."""
    return name.translate(_PLAIN)


def folded(name: str) -> str:
    """A name as tables look it up: plain, with 其它 as 其他 and the slash of `出国/出境` as the comma of the table."""
    return plain(name).replace("其它", "其他").replace("/", "、").replace("／", "、")


CANCELLATION_REASON = CodeTable("cancellation_reasons")
EDUCATION = CodeTable("education")
ETHNIC = CodeTable("ethnic")
EVIDENCE = CodeTable("evidence")
HARDSHIP = CodeTable("hardship")
IDENTITY_DOCUMENT = CodeTable("identity_documents")
INDUSTRY = CodeTable("industry")
NORMAL_STUDENT = CodeTable("normal_student")
POLITICAL = CodeTable("political")
POSITION = CodeTable("position")
PROVINCE = CodeTable("province")
SEX = CodeTable("sex")
TRAINING = CodeTable("training")
# 定向 and 委培: trained for a unit or a region, to which the graduate is bound (DOMAIN 1.0).
BOUND_TRAININGS = ("2", "4")
UNIT_NATURE = CodeTable("unit_nature")

# 结业: obliged to register, but without the qualification that rates count (DOMAIN 4.4).
COMPLETION_EDUCATIONS = ("03", "13", "26", "33", "43")


class _Places:
    """Six-digit places, of which only the province is checked: counties come and go (DOMAIN 2.10)."""

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and len(code) == 6 and code.isascii() and code.isdigit() and code[:2] in PROVINCE


PLACE = _Places()
