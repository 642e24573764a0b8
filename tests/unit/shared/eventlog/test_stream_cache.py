"""A cached stream is the stored one, is read once, and leaves the cache where it is no longer true or too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from shared.errors import Conflict
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import FROM_THE_BEGINNING, EventLog
from shared.eventlog.stream_cache import MANY, CachingLog
from shared.messages import Recorded
from tests.support.events import a_stream, a_write
from tests.support.log_contract import LogContract


class TestCachingLog(LogContract):
    @pytest.fixture
    def log(self) -> EventLog:
        return CachingLog(MemoryLog(), long=1)


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
    log = CachingLog(stored, long=5)
    log.append("14", a_write(stream, count=5))
    assert len(log.read([stream])[stream]) == 5
    stored.handed_out = 0
    assert len(log.read([stream])[stream]) == 5
    assert stored.handed_out == 1
    stored.append("14", a_write(stream, 5, count=2))
    stored.handed_out = 0
    assert list(log.read([stream])[stream]) == list(stored.read([stream])[stream])
    assert stored.handed_out == 3 + 7


class Hands:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_was_read_or_written_a_moment_ago_is_recalled_and_then_not_any_more() -> None:
    stored, clock, read, written, empty = Counted(), Hands(), a_stream(), a_stream(), a_stream()
    stored.append("14", a_write(read, count=2))
    log = CachingLog(stored, fresh_seconds=10, clock=clock)
    assert dict(log.recall([read, written, empty])) == {}
    log.read([read, empty])
    log.append("14", a_write(written))
    clock.now += 9
    log.append("14", a_write(written, 1))
    expected = stored.read([read, written, empty])
    assert {name: list(events) for name, events in log.recall([read, written, empty]).items()} == {
        name: list(events) for name, events in expected.items()
    }
    clock.now += 2
    assert list(log.recall([read, written, empty])) == [written]
    clock.now += 10
    assert dict(log.recall([written])) == {}


def test_what_was_written_to_several_streams_at_once_is_recalled_as_it_is_stored() -> None:
    stored, first, second = MemoryLog(), a_stream(), a_stream()
    log = CachingLog(stored)
    log.append("14", a_write(first))
    log.append_many("14", [a_write(second, count=2), a_write(first, 1, count=3), a_write(second, 2)])
    expected = stored.read([first, second])
    assert {name: list(events) for name, events in log.recall([first, second]).items()} == {
        name: list(events) for name, events in expected.items()
    }


def test_a_stream_whose_beginning_is_not_known_is_not_recalled_after_a_write() -> None:
    stored, stream = MemoryLog(), a_stream()
    stored.append("14", a_write(stream))
    log = CachingLog(stored)
    log.append("14", a_write(stream, 1))
    assert dict(log.recall([stream])) == {}


def test_after_a_conflict_nothing_that_it_was_about_is_recalled() -> None:
    stored, guard, stream, other = MemoryLog(), a_stream(), a_stream(), a_stream()
    log = CachingLog(stored)
    log.read([guard, stream, other])
    stored.append("14", a_write(guard))
    with pytest.raises(Conflict):
        log.append("14", a_write(stream), {guard: 0})
    assert list(log.recall([guard, stream, other])) == [other]


def test_a_bulk_leaves_what_is_cached_where_it_is() -> None:
    stored, stream = MemoryLog(), a_stream()
    log = CachingLog(stored, most_events=100)
    log.append("14", a_write(stream))
    many = [a_stream() for _ in range(MANY + 1)]
    log.read(many)
    log.append_many("14", [a_write(each) for each in many])
    assert list(log.recall([stream, *many])) == [stream]


def test_a_short_history_is_read_whole_each_time() -> None:
    stored, stream = Counted(), a_stream()
    log = CachingLog(stored, long=5)
    log.append("14", a_write(stream, count=4))
    for _ in range(2):
        assert len(log.read([stream])[stream]) == 4
    assert stored.handed_out == 8


def test_the_stream_used_longest_ago_is_forgotten_first() -> None:
    stored = Counted()
    log = CachingLog(stored, long=3, most_events=6)
    first, second, third = (a_stream() for _ in range(3))
    for stream in (first, second, third):
        log.append("14", a_write(stream, count=3))
    for stream in (first, second, first, third):
        log.read([stream])
    stored.handed_out = 0
    log.read([first, third])
    assert stored.handed_out == 2
    assert list(log.recall([second])) == []
    log.read([second])
    assert stored.handed_out == 2 + 3


def test_a_history_longer_than_all_that_may_be_remembered_is_read_whole() -> None:
    stored, stream = Counted(), a_stream()
    log = CachingLog(stored, long=3, most_events=6)
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
    log = CachingLog(before, long=2)
    log.read([stream])
    log._log = after
    for _ in range(2):
        assert list(log.read([stream])[stream]) == list(after.read([stream])[stream])
