"""The platform's clock. Rules compare instants in UTC; days are those of Asia/Shanghai (DOMAIN 1.10).

`MovableClock` exists so that a demonstration can play a past season: production settings refuse it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

# China keeps one offset and no daylight saving since 1992, so the zone database is not needed to know a day.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still, for tests."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class MovableClock:
    """A clock whose start is written in a file: `<platform instant> <machine instant>`, both ISO 8601.

    It runs on from there at the machine's pace; without the file it is the machine's clock.
    """

    path: Path

    def now(self) -> datetime:
        machine = datetime.now(UTC)
        try:
            text = self.path.read_text()
        except FileNotFoundError:
            return machine
        platform, at = (datetime.fromisoformat(part) for part in text.split())
        return platform + (machine - at)

    def set(self, platform: datetime) -> None:
        """Move the platform's time; every process that shares the file follows at its next question."""
        staged = self.path.with_suffix(".next")
        staged.write_text(f"{platform.astimezone(UTC).isoformat()} {datetime.now(UTC).isoformat()}")
        staged.replace(self.path)


def day_of(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def end_of(day: date) -> datetime:
    """The first instant after a day in Asia/Shanghai: a deadline `day` is met by anything before it."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC) + timedelta(days=1)


def in_words(day: date) -> str:
    """A day as people write it: 2021年4月8日."""
    return f"{day.year}年{day.month}月{day.day}日"
