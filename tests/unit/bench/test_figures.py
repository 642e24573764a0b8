"""A figure is judged by its ratio or by itself, rounds take turns, and the table says what was reached."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from bench.figures import Direction, Figure, percentile, rounds, table

FASTER = Figure("appends", "8 writers", 600.0, "/s", 0.5, Direction.AT_LEAST, 1_000.0, "/s raw INSERT")


def test_a_figure_is_judged_by_its_ratio_to_the_reference() -> None:
    assert (FASTER.ratio, FASTER.reached) == (0.6, True)
    assert replace(FASTER, threshold=0.7).reached is False
    assert replace(FASTER, threshold=0.7, direction=Direction.AT_MOST).reached is True


def test_a_threshold_itself_is_reached() -> None:
    assert replace(FASTER, threshold=0.6).reached is True
    assert replace(FASTER, threshold=0.6, direction=Direction.AT_MOST).reached is True


def test_without_a_reference_the_figure_itself_is_judged() -> None:
    memory = Figure("processes", "serve", 140.0, "MB", 150.0, Direction.AT_MOST)
    assert (memory.ratio, memory.reached) == (None, True)


def test_an_absolute_figure_is_judged_by_itself_and_still_shows_its_ratio() -> None:
    rows = replace(FASTER, threshold=10_000.0, absolute=True)
    assert (rows.ratio, rows.reached) == (0.6, False)


def test_without_a_threshold_nothing_is_judged() -> None:
    assert replace(FASTER, threshold=None).reached is None


def test_rounds_take_turns_and_the_first_does_not_count() -> None:
    order: list[str] = []
    ours, theirs = iter([100.0, 1.0, 9.0, 2.0]), iter([100.0, 4.0, 5.0, 6.0])

    def measure_ours() -> float:
        order.append("ours")
        return next(ours)

    def measure_theirs() -> float:
        order.append("theirs")
        return next(theirs)

    assert rounds(3, {"ours": measure_ours, "theirs": measure_theirs}) == {"ours": 2.0, "theirs": 5.0}
    assert order == ["ours", "theirs"] * 4


def test_without_a_warm_up_every_round_counts() -> None:
    taken = iter([5.0, 7.0])
    assert rounds(2, {"ours": lambda: next(taken)}, warm_up=False) == {"ours": 6.0}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)])
def test_a_percentile_is_the_smallest_value_not_exceeded_by_that_share(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], share) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_the_table_says_ours_the_reference_the_ratio_and_whether_it_is_enough() -> None:
    out = StringIO()
    Console(file=out, width=160).print(table([FASTER, replace(FASTER, name="1 writer", threshold=0.7)]))
    first, second = [line for line in out.getvalue().splitlines() if "writer" in line]
    assert all(text in first for text in ("appends", "600 /s", "1,000 /s raw INSERT", "0.60 ×", "≥ 0.5 ×", "达到 yes"))
    assert "未达到 no" in second


def test_the_json_holds_what_the_table_shows() -> None:
    told = FASTER.to_json()
    assert (told["name"], told["ours"], told["ratio"], told["reached"]) == ("8 writers", 600.0, 0.6, True)
