"""A sweep carries out what is due, counts what changed, leaves the contested to the next one and hides no bug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from shared.access import ACCESS, Reach, Role
from shared.errors import Conflict, Refused
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import NO_GUARDS, WRITTEN_FIRST, Appended, Write
from shared.handling import BULK_LIMIT
from shared.sweeping import sweep
from tests.support.amqp_counting import COUNTING, LIMIT, Count

NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _may_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCESS, "counter.count", ((Role.SYSTEM, Reach.ANY),))


class Contested(MemoryLog):
    """Somebody is always first at one stream."""

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        if any(write.stream == "counter-14-busy" for write in writes):
            raise WRITTEN_FIRST.error()
        return super().append_many(lane, writes, guards)


def swept(log: MemoryLog, *commands: Count) -> int:
    return sweep(log, COUNTING, "counter.count", commands, NOW)


def test_what_changed_is_counted_over_more_than_one_batch() -> None:
    commands = [Count(f"14-{number}", number % 2) for number in range(BULK_LIMIT + 10)]
    log = MemoryLog()
    assert swept(log, *commands) == BULK_LIMIT // 2 + 5
    assert log.heads() == {"14": BULK_LIMIT // 2 + 5}


def test_nothing_due_is_nothing_done() -> None:
    assert swept(MemoryLog()) == 0


def test_what_somebody_acts_on_at_this_moment_is_left_to_the_next_sweep() -> None:
    log = Contested()
    assert swept(log, Count("14-busy", 1), Count("14-free", 1)) == 1
    with pytest.raises(Conflict):
        log.append("14", Write("counter-14-busy", 0, []))


def test_a_refusal_is_a_bug_and_told() -> None:
    with pytest.raises(Refused, match=r"counter\.full"):
        swept(MemoryLog(), Count("14-a", LIMIT), Count("14-a", 1))
