"""Questions asked at the same moment go together, and each has the outcome it would have had alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import pytest

from shared.errors import Conflict, Refused, Unavailable
from shared.eventlog.group_commit import MOST_EVENTS, MOST_STREAMS, GroupCommitLog
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import FROM_THE_BEGINNING, NO_GUARDS, Appended, EventLog, Write
from shared.messages import Recorded
from tests.support.events import a_stream, a_write, an_event
from tests.support.log_contract import LogContract


def spawn(work: Callable[[], None]) -> None:
    Thread(target=work, daemon=True).start()


class TestGroupCommitLog(LogContract):
    @pytest.fixture
    def log(self) -> EventLog:
        return GroupCommitLog(MemoryLog(), spawn)


class Slow(MemoryLog):
    """Notes what it is asked; holds the first question until it may go on, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []
        self.taken = Event()
        self.may_go = Event()
        self.fails: dict[int, Exception] = {}

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self.append_many(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        self._note([write.stream for write in writes])
        return super().append_many(lane, writes, guards)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        self._note((list(streams), dict(from_versions)))
        return super().read(streams, from_versions)

    def _note(self, what: Any) -> None:
        self.asked.append(what)
        self.taken.set()
        number = len(self.asked)
        assert number > 1 or self.may_go.wait(10)
        if number in self.fails:
            raise self.fails[number]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def log(slow: Slow) -> GroupCommitLog:
    return GroupCommitLog(slow, spawn)


class Asking:
    """Calls of threads of their own, in the order in which they were begun."""

    def __init__(self, pool: ThreadPoolExecutor, log: GroupCommitLog, slow: Slow) -> None:
        self._pool = pool
        self._log = log
        self._slow = slow
        self._begun = 0

    def begin(self, method: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future = self._pool.submit(method, *arguments)
        if not self._begun:
            assert self._slow.taken.wait(10)
        else:
            waiting: list[Any] = [self._log._reads, *self._log._lanes.values()]
            while sum(len(each._waiting) for each in waiting) < self._begun:
                pass
        self._begun += 1
        return future


@pytest.fixture
def asking(log: GroupCommitLog, slow: Slow) -> Iterator[Asking]:
    with ThreadPoolExecutor(16) as pool:
        yield Asking(pool, log, slow)
        slow.may_go.set()


def test_appends_that_come_while_one_is_under_way_are_one_transaction(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    streams = [a_stream() for _ in range(4)]
    writes = [a_write(stream, count=number) for number, stream in enumerate(streams, 1)]
    first, second, third, fourth = (asking.begin(log.append, "14", write) for write in writes)
    slow.may_go.set()
    assert [each.result(10).position for each in (first, second, third, fourth)] == [1, 3, 6, 10]
    assert slow.asked == [streams[:1], streams[1:]]
    assert [recorded.position for recorded in log.read([streams[2]])[streams[2]]] == [4, 5, 6]


def test_lanes_do_not_wait_for_each_other(log: GroupCommitLog, slow: Slow, asking: Asking) -> None:
    held = asking.begin(log.append, "14", a_write(a_stream()))
    assert log.append("15", a_write(a_stream("15"))).position == 1
    assert not held.done()
    slow.may_go.set()
    assert held.result(10).position == 1


def test_two_writes_to_one_stream_do_not_go_together_and_the_second_is_too_late(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    stream, other = a_stream(), a_stream()
    held = asking.begin(log.append, "14", a_write(a_stream()))
    first = asking.begin(log.append, "14", a_write(stream))
    second = asking.begin(log.append_many, "14", [a_write(other), a_write(stream)])
    slow.may_go.set()
    assert [each.result(10).position for each in (held, first)] == [1, 2]
    with pytest.raises(Conflict):
        second.result(10)
    assert [len(asked) for asked in slow.asked] == [1, 1, 2]
    assert list(log.read([other])[other]) == []


def test_who_read_a_stream_that_another_writes_to_does_not_go_with_it_and_is_too_late(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    stream, other = a_stream(), a_stream()
    held = asking.begin(log.append, "14", a_write(a_stream()))
    before = asking.begin(log.append, "14", a_write(a_stream()), {stream: 0})
    writer = asking.begin(log.append, "14", a_write(stream))
    reader = asking.begin(log.append, "14", a_write(other), {stream: 0})
    slow.may_go.set()
    assert [each.result(10).position for each in (held, before, writer)] == [1, 2, 3]
    with pytest.raises(Conflict):
        reader.result(10)
    assert [len(asked) for asked in slow.asked] == [1, 2, 1]


def test_two_who_read_different_versions_of_a_stream_do_not_go_together(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    MemoryLog.append_many(slow, "14", [a_write(read := a_stream(), count=2)])
    held = asking.begin(log.append, "14", a_write(a_stream()))
    late = asking.begin(log.append, "14", a_write(a_stream()), {read: 1})
    good = asking.begin(log.append, "14", a_write(a_stream()), {read: 2})
    slow.may_go.set()
    assert [each.result(10).position for each in (held, good)] == [3, 4]
    with pytest.raises(Conflict):
        late.result(10)


def test_one_that_is_too_late_does_not_harm_those_that_go_with_it(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    MemoryLog.append_many(slow, "14", [a_write(written := a_stream())])
    held = asking.begin(log.append, "14", a_write(a_stream()))
    good = asking.begin(log.append, "14", a_write(a_stream()))
    late = asking.begin(log.append, "14", a_write(written))
    also_good = asking.begin(log.append, "14", a_write(a_stream()))
    slow.may_go.set()
    assert [each.result(10).position for each in (held, good, also_good)] == [2, 3, 4]
    with pytest.raises(Conflict):
        late.result(10)
    assert [len(asked) for asked in slow.asked] == [1, 3, 1, 1, 1]


def test_a_command_id_used_for_two_things_at_once_is_refused_to_the_second(
    log: GroupCommitLog, asking: Asking, slow: Slow
) -> None:
    event = an_event()
    held = asking.begin(log.append, "14", a_write(a_stream()))
    first = asking.begin(log.append, "14", Write(a_stream(), 0, [event]))
    second = asking.begin(log.append, "14", Write(a_stream(), 0, [event]))
    slow.may_go.set()
    assert [each.result(10).position for each in (held, first)] == [1, 2]
    with pytest.raises(Refused, match=r"command\.id_reused"):
        second.result(10)


def test_after_a_lost_connection_nobody_knows_and_nothing_is_written_again(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    slow.fails[2] = Unavailable("database.away")
    held = asking.begin(log.append, "14", a_write(a_stream()))
    others = [asking.begin(log.append, "14", a_write(a_stream())) for _ in range(3)]
    slow.may_go.set()
    assert held.result(10).position == 1
    for each in others:
        with pytest.raises(Unavailable):
            each.result(10)
    assert [len(asked) for asked in slow.asked] == [1, 3]
    assert log.append("14", a_write(a_stream())).position == 2


def test_a_failure_of_the_first_is_his_alone_and_the_next_are_asked(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    slow.fails[1] = Unavailable("database.away")
    held = asking.begin(log.append, "14", a_write(a_stream()))
    next_one = asking.begin(log.append, "14", a_write(a_stream()))
    slow.may_go.set()
    with pytest.raises(Unavailable):
        held.result(10)
    assert next_one.result(10).position == 1


def test_a_bug_that_one_write_meets_is_told_to_it_alone(log: GroupCommitLog, slow: Slow, asking: Asking) -> None:
    slow.fails = {2: ZeroDivisionError("together"), 4: ZeroDivisionError("alone")}
    held = asking.begin(log.append, "14", a_write(a_stream()))
    good, bad = (asking.begin(log.append, "14", a_write(a_stream())) for _ in range(2))
    slow.may_go.set()
    assert [each.result(10).position for each in (held, good)] == [1, 2]
    with pytest.raises(ZeroDivisionError, match="alone"):
        bad.result(10)


def test_a_long_write_goes_alone(log: GroupCommitLog, slow: Slow, asking: Asking) -> None:
    held = asking.begin(log.append, "14", a_write(a_stream()))
    short = asking.begin(log.append, "14", a_write(a_stream()))
    many = [a_write(a_stream()) for _ in range(MOST_EVENTS)]
    long = asking.begin(log.append_many, "14", many)
    after = asking.begin(log.append, "14", a_write(a_stream()))
    slow.may_go.set()
    positions = [each.result(10).position for each in (held, short, long, after)]
    assert positions == [1, 2, 2 + MOST_EVENTS, 3 + MOST_EVENTS]
    assert [len(asked) for asked in slow.asked] == [1, 1, MOST_EVENTS, 1]


def test_reads_that_come_while_one_is_under_way_are_one_and_each_stream_is_asked_for_once(
    log: GroupCommitLog, slow: Slow, asking: Asking
) -> None:
    common, own, other = a_stream(), a_stream(), a_stream()
    for stream in (common, own, other):
        MemoryLog.append_many(slow, "14", [a_write(stream, count=3)])
    held = asking.begin(log.read, [own])
    whole = asking.begin(log.read, [common, own])
    newer = asking.begin(log.read, [common, other], {common: 3, other: 2})
    slow.may_go.set()
    found = [each.result(10) for each in (held, whole, newer)]
    assert [{stream: [event.version for event in events] for stream, events in each.items()} for each in found] == [
        {own: [1, 2, 3]},
        {common: [1, 2, 3], own: [1, 2, 3]},
        {common: [3], other: [2, 3]},
    ]
    assert slow.asked == [([own], {}), ([common, own, other], {other: 2})]


def test_a_read_of_many_streams_waits_for_nobody(log: GroupCommitLog, slow: Slow, asking: Asking) -> None:
    many = [a_stream() for _ in range(MOST_STREAMS + 1)]
    held = asking.begin(log.read, [a_stream()])
    assert list(log.read(many)) == many
    assert not held.done()
    slow.may_go.set()
    held.result(10)


def test_a_read_that_fails_for_all_is_told_to_all(log: GroupCommitLog, slow: Slow, asking: Asking) -> None:
    slow.fails[2] = Unavailable("database.away")
    held = asking.begin(log.read, [a_stream()])
    others = [asking.begin(log.read, [a_stream()]) for _ in range(2)]
    slow.may_go.set()
    held.result(10)
    for each in others:
        with pytest.raises(Unavailable):
            each.result(10)


def test_who_waits_too_long_is_told_so_and_nothing_is_written(slow: Slow) -> None:
    log, stream = GroupCommitLog(slow, spawn, patience=0.05), a_stream()
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(log.append, "14", a_write(a_stream()))
        assert slow.taken.wait(10)
        with pytest.raises(Unavailable, match=r"log\.busy"):
            log.append("14", a_write(stream))
        slow.may_go.set()
        assert held.result(10).position == 1
    assert list(log.read([stream])[stream]) == []
    assert log.append("14", a_write(stream)).position == 2
