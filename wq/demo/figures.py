"""What a report holds once it is read: cells to play, and figures to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from wq.demo.names import (
    Meaning,
)

Values = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pick:
    """Graduates picked by the values they have together in some dimensions; no dimension picks everybody."""

    dimensions: tuple[str, ...] = ()
    values: Values = frozenset({()})

    def and_(self, dimension: str, value: str) -> Pick:
        """Those of them that also have this value."""
        return Pick((*self.dimensions, dimension), frozenset((*known, value) for known in self.values))


EVERYBODY = Pick()


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure: a count or a percentage of `base` that `numerator` is, with so many decimals."""

    name: str
    day: date | None
    numerator: Pick
    base: Pick
    printed: Decimal | None = None
    printed_count: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """So many graduates have these values: any one that `destination` means, and all of `roster`."""

    count: int
    destination: Meaning | None
    roster: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One row of a margin: so many graduates have one of these values, of whom so many are placed on each day.

    `placed` holds None for a day of which the report does not say.
    """

    values: tuple[str, ...]
    count: int
    placed: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Margin:
    """How a roster dimension divides everybody, or some when the report prints only some of its rows."""

    dimension: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class UnitMargin:
    """How a dimension of the unit divides those who have a unit on a day, given by its index."""

    day_index: int
    dimension: str
    rows: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Erratum:
    """A figure that the source printed wrongly, what it should be if the report says so, and why we know."""

    figure: str
    printed: Decimal
    reason: str
    computed: Decimal | None = None


@dataclass(slots=True)
class Report:
    """A report, ready to be played. `cells` per day partition all graduates."""

    id: str
    title: str
    source: str
    total: int
    decimals: int
    note: str
    days: list[date | None] = field(default_factory=list)
    cells: dict[date | None, list[Cell]] = field(default_factory=dict)
    margins: list[Margin] = field(default_factory=list)
    unit_margins: list[UnitMargin] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    errata: list[Erratum] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
