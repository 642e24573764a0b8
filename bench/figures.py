"""A measured figure, what it is compared with, and whether that is enough; rounds that take turns; the table and the JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import median
from typing import Any

from rich.table import Table

Measure = Callable[[], float]


class Direction(StrEnum):
    """Which side of its threshold a figure must be on."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    The threshold judges the ratio to the reference, or the figure itself where there is no reference or `absolute` says so.
    Without a threshold the line only tells.
    """

    group: str
    name: str
    ours: float
    unit: str
    threshold: float | None = None
    direction: Direction = Direction.AT_LEAST
    reference: float | None = None
    against: str = ""
    absolute: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the reference."""
        return self.ours / self.reference if self.reference else None

    @property
    def judged(self) -> float | None:
        """The number that the threshold is about."""
        return self.ours if self.absolute or self.reference is None else self.ratio

    @property
    def reached(self) -> bool | None:
        """Whether the threshold is reached; None where there is none."""
        if self.threshold is None or self.judged is None:
            return None
        if self.direction is Direction.AT_LEAST:
            return self.judged >= self.threshold
        return self.judged <= self.threshold

    def to_json(self) -> dict[str, Any]:
        """Every field and what follows from them."""
        return {**asdict(self), "ratio": self.ratio, "reached": self.reached}


def rounds(count: int, measures: Mapping[str, Measure], *, warm_up: bool = True) -> dict[str, float]:
    """The median of each measure over rounds in which they take turns, after one round that does not count (`warm_up`).

    Taking turns gives whatever else the machine does at the time to all of them.
    """
    taken: dict[str, list[float]] = {name: [] for name in measures}
    if warm_up:
        for measure in measures.values():
            measure()
    for _ in range(count):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: median(values) for name, values in taken.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def table(figures: Sequence[Figure]) -> Table:
    """The figures for people, a rule between groups."""
    shown = Table("", "", "本平台 ours", "参照 reference", "倍数 ratio", "要求 to reach", "")
    for index, figure in enumerate(figures):
        first = index == 0 or figures[index - 1].group != figure.group
        last = index + 1 == len(figures) or figures[index + 1].group != figure.group
        shown.add_row(
            figure.group if first else "",
            figure.name,
            f"{number(figure.ours)} {figure.unit}",
            f"{number(figure.reference)} {figure.against}" if figure.reference is not None else "-",
            f"{figure.ratio:.2f} ×" if figure.ratio is not None else "-",
            _wanted(figure),
            {True: "[green]达到 yes[/]", False: "[red]未达到 no[/]", None: ""}[figure.reached],
            end_section=last,
        )
    return shown


def number(value: float) -> str:
    """A number as people read it: three digits that count, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _wanted(figure: Figure) -> str:
    if figure.threshold is None:
        return ""
    unit = figure.unit if figure.absolute or figure.reference is None else "×"
    return f"{figure.direction} {number(figure.threshold)} {unit}"
