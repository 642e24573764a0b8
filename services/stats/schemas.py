"""The shapes of what statistics are asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.stats.dimensions import DIMENSIONS
from shared import shapes
from shared.codes.destination import RULES
from shared.shapes import Query, QueryShape


def _include_completion() -> Any:
    """Whether who leaves with 结业 is counted too: unless asked for, nowhere (DOMAIN 4.4)."""
    return shapes.flag(required=False, load_default=False, allow_none=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Query):
    """`as_of` None means today, `known_at` None all that is known by now."""

    scope: str
    class_year: int
    as_of: date | None
    known_at: datetime | None
    by: tuple[str, ...]
    include_completion: bool


class CountGraduates(QueryShape):
    makes = Count
    scope = shapes.scope()
    class_year = shapes.whole(2013, 2100)
    as_of = shapes.day(required=False)
    known_at = shapes.instant(required=False)
    by = shapes.list_of(shapes.choice(*DIMENSIONS, of="dimension"), 6)
    include_completion = _include_completion()


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesOf(Query):
    """`rule` None means the rule of the class; `by` None means everybody together; the rest as in `Count`."""

    scope: str
    class_year: int
    as_of: date | None
    known_at: datetime | None
    rule: str | None
    by: str | None
    include_completion: bool


class GetRates(QueryShape):
    makes = RatesOf
    scope = shapes.scope()
    class_year = shapes.whole(2013, 2100)
    as_of = shapes.day(required=False)
    known_at = shapes.instant(required=False)
    rule = shapes.choice(*RULES, of="rule", required=False)
    by = shapes.choice(
        *(name for name in DIMENSIONS if name not in ("code", "intention")), of="dimension", required=False
    )
    include_completion = _include_completion()
