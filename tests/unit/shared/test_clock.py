"""Days are Shanghai's, deadlines are instants, and only development moves the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shared.clock import MovableClock, SystemClock, day_of, end_of, in_words


def test_a_day_begins_at_shanghai_midnight() -> None:
    assert day_of(datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC)) == date(2026, 8, 31)
    assert day_of(datetime(2026, 8, 31, 16, 0, tzinfo=UTC)) == date(2026, 9, 1)


def test_a_day_ends_where_the_next_begins() -> None:
    assert end_of(date(2026, 8, 31)) == datetime(2026, 8, 31, 16, tzinfo=UTC)


def test_people_read_days_in_chinese() -> None:
    assert in_words(date(2021, 4, 8)) == "2021年4月8日"


def test_a_moved_clock_runs_on_from_where_it_was_put(tmp_path: Path) -> None:
    clock = MovableClock(tmp_path / "clock")
    before = SystemClock().now()
    assert before <= clock.now() <= SystemClock().now()
    clock.set(datetime(2022, 9, 1, tzinfo=UTC))
    first, second = clock.now(), clock.now()
    assert datetime(2022, 9, 1, tzinfo=UTC) <= first <= second < datetime(2022, 9, 1, tzinfo=UTC) + timedelta(minutes=1)
