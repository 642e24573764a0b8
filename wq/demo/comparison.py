"""Comparing what statistics answer with what was printed: every figure, exact decimals, half up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.codes.destination import rate
from wq.demo.report import Erratum, Figure, Pick, Report

Table = Mapping[tuple[str, ...], int]
# Asks the statistics: dimensions and day → how many graduates have each combination of values.
Ask = Callable[[tuple[str, ...], date | None], Table]


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure beside what the platform computed; `reason` explains a difference that is a known printing error."""

    name: str
    day: date | None
    printed: Decimal | None
    computed: Decimal | None
    printed_count: int | None
    computed_count: int
    base: int
    reason: str = ""

    @property
    def equal(self) -> bool:
        """Whether everything printed was reproduced."""
        return self.printed in (None, self.computed) and self.printed_count in (None, self.computed_count)

    @property
    def ok(self) -> bool:
        """Reproduced, or explained."""
        return self.equal or bool(self.reason)


def compare(report: Report, ask: Ask) -> list[Compared]:
    """Every figure of the report, each table asked for once."""
    tables: dict[tuple[tuple[str, ...], date | None], Table] = {}

    def count(pick: Pick, day: date | None) -> int:
        key = (pick.dimensions, day)
        if key not in tables:
            tables[key] = ask(*key)
        return sum(tables[key].get(values, 0) for values in pick.values)

    return [_compared(report, figure, count) for figure in report.figures]


def _compared(report: Report, figure: Figure, count: Callable[[Pick, date | None], int]) -> Compared:
    found, base = count(figure.numerator, figure.day), count(figure.base, figure.day)
    compared = Compared(
        name=figure.name,
        day=figure.day,
        printed=figure.printed,
        computed=None if figure.printed is None else rate(found, base, report.decimals),
        printed_count=figure.printed_count,
        computed_count=found,
        base=base,
    )
    if compared.equal:
        return compared
    return Compared(
        **{name: getattr(compared, name) for name in compared.__slots__ if name != "reason"},
        reason=_reason(report.errata, compared),
    )


def _reason(errata: Sequence[Erratum], compared: Compared) -> str:
    """The known printing error this difference is: the figure by its name and the very number that was printed."""
    for erratum in errata:
        if erratum.figure == compared.name and Decimal(erratum.printed) in (compared.printed, compared.printed_count):
            return erratum.reason
    return ""
