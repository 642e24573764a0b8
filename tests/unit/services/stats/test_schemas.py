"""What statistics may be asked, what is meant when little is said, and which field is at fault."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.stats import schemas
from services.stats.dimensions import DIMENSIONS
from shared.errors import Invalid
from shared.shapes import load

WHERE: dict[str, Any] = {"scope": "CN/14", "class_year": 2026}
COUNT: dict[str, Any] = {**WHERE, "by": ["school", "code"]}


def test_a_count_needs_only_place_class_and_dimensions() -> None:
    asked = load(schemas.CountGraduates, COUNT)
    assert asked == schemas.Count(
        scope="CN/14", class_year=2026, as_of=None, known_at=None, by=("school", "code"), include_completion=False
    )


def test_rates_are_of_everybody_without_completion_students_unless_said() -> None:
    asked = load(schemas.GetRates, WHERE)
    assert asked == schemas.RatesOf(
        scope="CN/14", class_year=2026, as_of=None, known_at=None, rule=None, by=None, include_completion=False
    )


def test_both_times_can_be_asked_for() -> None:
    times = {"as_of": "2026-08-31", "known_at": "2026-09-02T08:00:00+08:00"}
    for shape, payload in ((schemas.CountGraduates, COUNT), (schemas.GetRates, WHERE)):
        asked = load(shape, {**payload, **times})
        assert (asked.as_of, asked.known_at) == (date(2026, 8, 31), datetime(2026, 9, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope": "14"}, "scope"),
        ({"class_year": 1999}, "class_year"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"known_at": "2026-09-02T08:00:00"}, "known_at"),
        ({"by": ["school", "name"]}, "by.1"),
        ({"by": ["school"] * 7}, "by"),
        ({"include_completion": None}, "include_completion"),
        ({"rule": "2021"}, "rule"),
    ],
)
def test_a_count_that_cannot_be_made_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(schemas.CountGraduates, {**COUNT, **changes})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"rule": "2004"}, "rule"), ({"by": "name"}, "by"), ({"by": "code"}, "by"), ({"by": "intention"}, "by")],
)
def test_rates_that_cannot_be_formed_name_their_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(schemas.GetRates, {**WHERE, **changes})
    assert caught.value.field == field


@pytest.mark.parametrize("name", DIMENSIONS)
def test_graduates_may_be_counted_by_every_dimension(name: str) -> None:
    assert load(schemas.CountGraduates, {**WHERE, "by": [name]}).by == (name,)
