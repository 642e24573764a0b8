"""Comparing what statistics answer with what was printed: every figure, exact decimals, half up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.codes.destination import rate
from shared.codes.tables import plain
from wq.demo.figures import Figure, Pick, Report

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
        reason=_reason(report, compared),
    )


ERROR_WORDS = re.compile(r"错|误|印反|颠倒|\berrors?\b|\bmisprint|\btypo\b|\bwrong", re.IGNORECASE)
SENTENCE_END = re.compile(r"[。！？!?\n]+|\.(?=\s|$)")


def _reason(report: Report, compared: Compared) -> str:
    """The known printing errors that this difference is: each number that differs must be one. Empty if any is not."""
    differing = [
        (printed, computed)
        for printed, computed in (
            (compared.printed, compared.computed),
            (compared.printed_count, compared.computed_count),
        )
        if printed is not None and printed != computed
    ]
    reasons = [
        _known_error(report, compared.name, Decimal(printed), None if computed is None else Decimal(computed))
        for printed, computed in differing
    ]
    return "；".join(dict.fromkeys(reasons)) if all(reasons) else ""


def _known_error(report: Report, name: str, printed: Decimal, computed: Decimal | None) -> str:
    """From `errata`: the figure by name, what was printed, and what is right if it says so.

    Otherwise from the note: a sentence that speaks of an error and holds the very number that was printed.
    """
    for erratum in report.errata:
        if plain(erratum.figure) == plain(name) and erratum.printed == printed and erratum.computed in (None, computed):
            return erratum.reason
    number = re.compile(rf"(?<![0-9.]){re.escape(str(printed))}(?![0-9]|\.[0-9])")
    for sentence in SENTENCE_END.split(report.note):
        if number.search(sentence) and ERROR_WORDS.search(sentence):
            return sentence.strip()
    return ""
