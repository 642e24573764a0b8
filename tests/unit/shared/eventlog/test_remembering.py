"""A remembered history is the stored one, is read once, and is forgotten where it is no longer true or too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import FROM_THE_BEGINNING, EventLog
from shared.eventlog.remembering import RememberingLog
from shared.messages import Recorded
from tests.support.events import a_stream, a_write
from tests.support.log_contract import LogContract


class TestRememberingLog(LogContract):
    @pytest.fixture
    def log(self) -> EventLog:
        return RememberingLog(MemoryLog(), long=1)


class Counted(MemoryLog):
    """Counts the events it hands out."""

    handed_out = 0

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        found = super().read(streams, from_versions)
        self.handed_out += sum(len(events) for events in found.values())
        return found


def test_a_long_history_is_read_once_and_then_only_its_last_event_and_what_is_new() -> None:
    stored, stream = Counted(), a_stream()
    log = RememberingLog(stored, long=5)
    log.append("14", a_write(stream, count=5))
    assert len(log.read([stream])[stream]) == 5
    stored.handed_out = 0
    assert len(log.read([stream])[stream]) == 5
    assert stored.handed_out == 1
    stored.append("14", a_write(stream, 5, count=2))
    stored.handed_out = 0
    assert list(log.read([stream])[stream]) == list(stored.read([stream])[stream])
    assert stored.handed_out == 3 + 7


def test_a_short_history_is_read_whole_each_time() -> None:
    stored, stream = Counted(), a_stream()
    log = RememberingLog(stored, long=5)
    log.append("14", a_write(stream, count=4))
    for _ in range(2):
        assert len(log.read([stream])[stream]) == 4
    assert stored.handed_out == 8


def test_the_stream_used_longest_ago_is_forgotten_first() -> None:
    stored = Counted()
    log = RememberingLog(stored, long=3, most_events=6)
    first, second, third = (a_stream() for _ in range(3))
    for stream in (first, second, third):
        log.append("14", a_write(stream, count=3))
    for stream in (first, second, first, third):
        log.read([stream])
    stored.handed_out = 0
    log.read([first, third])
    assert stored.handed_out == 2
    log.read([second])
    assert stored.handed_out == 2 + 3


def test_a_history_longer_than_all_that_may_be_remembered_is_read_whole() -> None:
    stored, stream = Counted(), a_stream()
    log = RememberingLog(stored, long=3, most_events=6)
    log.append("14", a_write(stream, count=7))
    for _ in range(2):
        assert len(log.read([stream])[stream]) == 7
    assert stored.handed_out == 14


@pytest.mark.parametrize("restored", [0, 2, 4, 6])
def test_after_a_restore_to_an_earlier_state_nothing_remembered_counts(restored: int) -> None:
    before, after, stream = MemoryLog(), MemoryLog(), a_stream()
    before.append("14", a_write(stream, count=4))
    if restored:
        after.append("14", a_write(stream, count=restored))
    log = RememberingLog(before, long=2)
    log.read([stream])
    log._log = after
    for _ in range(2):
        assert list(log.read([stream])[stream]) == list(after.read([stream])[stream])
