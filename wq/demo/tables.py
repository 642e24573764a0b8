"""The columns of a printed table: which are numbers of graduates, which are rates and shares."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.codes.tables import plain
from wq.demo.names import (
    ReportError,
)
from wq.demo.values import list_of

GRADUATE_COLUMNS = frozenset(("毕业生数", "毕业人数", "毕业生人数", "毕业生总数", "毕业生", "总人数", "人数"))
PLACED_COLUMNS = frozenset(("落实人数", "就业人数", "已就业人数", "已落实人数", "落实去向人数", "毕业去向落实人数"))
SHARE = re.compile("比例|占比|比重|百分比|[%％]")


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Rows apart: names, (counts, percentages) of each and of the total row, and what the columns are called."""

    columns: Sequence[str]
    names: Sequence[str]
    numbers: Sequence[tuple[list[int], list[Any]]]
    totals: tuple[list[int], list[Any]] | None

    def __post_init__(self) -> None:
        if self.totals is not None and tuple(map(len, self.totals)) != tuple(map(len, self.numbers[0])):
            raise ReportError("report.rows", "合计行的列数不同", "the total row differs in its number of columns")

    @property
    def count_heads(self) -> list[str]:
        """The columns of whole numbers; those of percentages follow them or are called so."""
        return [head for head in self.columns[1:] if not _is_percent_head(head)]

    @property
    def percent_heads(self) -> list[str]:
        heads = [head for head in self.columns[1:] if _is_percent_head(head)]
        return [re.sub(r"[(（]?[%％][)）]?$", "", head) or head for head in heads]


def _is_percent_head(head: str) -> bool:
    return plain(head).endswith("率") or SHARE.search(head) is not None


def is_rate_table(raw: Mapping[str, Any], numbers: Sequence[Sequence[int]]) -> bool:
    """Whether rows hold graduates and how many of them are placed, and not parts that add up."""
    columns = [plain(str(each)) for each in list_of(raw, "columns")]
    heads = [head for head in columns[1:] if not _is_percent_head(head)]
    if heads:
        return len(heads) >= 2 and heads[0] in GRADUATE_COLUMNS and heads[1] in PLACED_COLUMNS
    return bool(numbers) and all(len(each) == 2 for each in numbers)


def as_rate(head: str) -> str:
    return re.sub("人数$", "", plain(head)) + "率"
