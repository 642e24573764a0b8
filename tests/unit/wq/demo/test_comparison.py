"""A difference counts as explained only by the very number that the source is known to have printed wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from wq.demo.comparison import compare
from wq.demo.report import read_report


def answers(dimensions: tuple[str, ...], day: date | None) -> Mapping[tuple[str, ...], int]:
    del day
    placed, waiting = {"code": "10", "intention": ""}, {"code": "70", "intention": "job_seeking"}
    found = {tuple(placed[name] for name in dimensions): 60}
    for_waiting = tuple(waiting[name] for name in dimensions)
    return {**found, for_waiting: found.get(for_waiting, 0) + 40}


def compared(**more: Any) -> Any:
    raw = {"id": "a", "counts": {"协议": 60, "求职中": 40}, "printed": {"落实率": "61.00"}, **more}
    (found,) = (each for each in compare(read_report(raw, 2021), answers) if each.name == "落实率")
    return found


@pytest.mark.parametrize(
    ("more", "explained"),
    [
        ({}, False),
        ({"note": "PRINTED ERROR IN SOURCE: prints 61.00 where 60/100 = 60.00"}, True),
        ({"note": "原文 61.00 有误，应为 60.00。"}, True),
        ({"note": "the text prints 61.00"}, False),
        ({"note": "the text prints 61.00. PRINTED ERROR: 20.16 is wrong"}, False),
        ({"note": "PRINTED ERROR: 161.00"}, False),
        ({"errata": [{"figure": "落实率", "printed": "61.00", "reason": "misprint"}]}, True),
        ({"errata": [{"figure": "落实率", "printed": "61.00", "computed": "60.00", "reason": "misprint"}]}, True),
        ({"errata": [{"figure": "落实率", "printed": "61.00", "computed": "60.50", "reason": "misprint"}]}, False),
        ({"errata": [{"figure": "落实率", "printed": "61.01", "reason": "misprint"}]}, False),
        ({"errata": [{"figure": "升学率", "printed": "61.00", "reason": "misprint"}]}, False),
    ],
)
def test_what_explains_a_difference(more: dict[str, Any], explained: bool) -> None:
    found = compared(**more)
    assert (found.computed, found.computed_count, found.base) == (Decimal("60.00"), 60, 100)
    assert not found.equal
    assert found.ok == explained
    assert bool(found.reason) == explained


def test_each_table_is_asked_for_once() -> None:
    asked: list[tuple[tuple[str, ...], date | None]] = []

    def ask(dimensions: tuple[str, ...], day: date | None) -> Mapping[tuple[str, ...], int]:
        asked.append((dimensions, day))
        return answers(dimensions, day)

    compare(read_report({"id": "a", "counts": {"协议": 60, "求职中": 40}, "printed": {"落实率": "60.00"}}, 2021), ask)
    assert len(asked) == len(set(asked)) == 3
