"""最低工资标准: the lowest monthly minimum wage of a place on a day, for what must be paid at least (DOMAIN 1.5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from types import MappingProxyType

from shared.codes.tables import rows

_Step = tuple[date, int]


def _steps() -> Mapping[str, tuple[_Step, ...]]:
    told = sorted((row["place"], date.fromisoformat(row["from"]), int(row["monthly"])) for row in rows("minimum_wage"))
    return MappingProxyType(
        {
            place: tuple((begins, monthly) for _, begins, monthly in of_place)
            for place, of_place in groupby(told, key=lambda row: row[0])
        }
    )


_STEPS = _steps()


# 月计薪天数 21.75 of eight hours: what a month's floor comes to an hour. Provinces' own hourly standards are higher.
PAID_HOURS = 174


def minimum_hourly_wage(place: str, day: date) -> int | None:
    """The floor in fen an hour that follows from the monthly one; None where no floor is known."""
    monthly = minimum_wage(place, day)
    return None if monthly is None else -(-monthly * 100 // PAID_HOURS)


def minimum_wage(place: str, day: date) -> int | None:
    """The floor in yuan a month at a place (two to six digits, the longest prefix known counts) on a day.

    None where no floor is known; before the first day of the table its first floor holds.
    """
    for length in (6, 4, 2):
        steps = _STEPS.get(place[:length])
        if steps is not None and len(place) >= length:
            found = bisect_right([begins for begins, _ in steps], day)
            return steps[max(0, found - 1)][1]
    return None
