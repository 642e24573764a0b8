"""The floor of pay at a place on a day."""

from __future__ import annotations

from datetime import date
from math import ceil

import pytest

from shared.codes.tables import PROVINCE, rows
from shared.codes.wages import minimum_hourly_wage, minimum_wage


@pytest.mark.parametrize(
    ("place", "day", "floor"),
    [
        ("110000", date(2021, 7, 31), 2320),
        ("110105", date(2023, 8, 31), 2320),
        ("110105", date(2023, 9, 1), 2420),
        ("31", date(2026, 1, 1), 2740),
        ("140105", date(2024, 12, 31), 1680),
    ],
)
def test_the_floor_of_the_province_holds_from_its_day_on(place: str, day: date, floor: int) -> None:
    assert minimum_wage(place, day) == floor


@pytest.mark.parametrize("place", ["", "1", "99", "990000", "710000"])
def test_a_place_without_a_floor_has_none(place: str) -> None:
    assert minimum_wage(place, date(2026, 1, 1)) is None


def test_the_corps_pays_at_least_what_its_region_pays() -> None:
    for day in (date(2021, 5, 1), date(2026, 1, 1)):
        assert minimum_wage("660000", day) == minimum_wage("659001", day) == minimum_wage("650000", day) is not None


def test_the_floor_of_an_hour_follows_from_that_of_a_month_in_whole_fen() -> None:
    assert minimum_hourly_wage("140105", date(2026, 1, 1)) == ceil(1850 * 100 / 174) == 1064
    assert minimum_hourly_wage("710000", date(2026, 1, 1)) is None


def test_a_step_is_one_that_a_source_tells_and_raises_the_floor() -> None:
    """Where the amount of a step is known to nobody it is left out: the floor before it refuses nobody wrongly."""
    assert minimum_wage("150000", date(2024, 11, 30)) == 1850
    assert minimum_wage("150000", date(2024, 12, 1)) == 2140
    assert minimum_wage("610000", date(2023, 5, 1)) == 1750
    assert {row["source"] for row in rows("minimum_wage")} == {"", "day", "ecns", "nmg"}


def test_every_mainland_province_has_a_floor_that_rises_with_each_step() -> None:
    mainland = {entry.code for entry in PROVINCE} - {"71", "81", "82"}
    told = list(rows("minimum_wage"))
    assert {row["place"][:2] for row in told} == mainland
    for place in {row["place"] for row in told}:
        floors = [int(row["monthly"]) for row in told if row["place"] == place]
        assert floors == sorted(set(floors))
        days = [row["from"] for row in told if row["place"] == place]
        assert days == sorted(set(days))
