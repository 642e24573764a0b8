"""A command becomes events once, however often it comes and whoever else writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest

from shared.access import ACCESS, Reach, Role, Subject
from shared.codec import Codec
from shared.errors import Conflict, Forbidden, Invalid, Reason, Refused, Unavailable
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import FROM_THE_BEGINNING, NO_GUARDS, Appended, Write
from shared.eventlog.stream_cache import CachingLog
from shared.handling import BULK_LIMIT, Handling, Intent, fold, handle, handle_many, react
from shared.messages import Actor, Meta, Recorded
from tests.support.events import a_write

NOW = datetime(2026, 5, 4, tzinfo=UTC)
CLOSED = Reason("counter.closed", "计数已关闭", "The counter is closed")


@dataclass(frozen=True, slots=True)
class Counted:
    TYPE: ClassVar[str] = "counter.Counted"
    VERSION: ClassVar[int] = 1
    by: int


@dataclass(frozen=True, slots=True)
class Count:
    counter: str
    by: int


def evolve(total: int, event: Counted) -> int:
    return total + event.by


def decide(command: Count, total: int, facts: Any, meta: Meta) -> list[Counted]:
    if total + command.by > 10:
        raise CLOSED.error(field="by")
    return [Counted(command.by)] if command.by else []


HANDLING = Handling[int](
    codec=Codec(Counted),
    initial=0,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"counter-{command.counter}",
    reads=lambda command: (),
    facts=lambda command, streams: None,
    subject=lambda command, state, facts: Subject(scope="CN/14"),
)
ONE, TWO = "14-one", "14-two"


@pytest.fixture(autouse=True)
def _may_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCESS, "counter.count", ((Role.PROVINCE, Reach.WITHIN), (Role.SYSTEM, Reach.ANY)))


def meta(command_id: UUID | None = None, scope: str = "CN/14") -> Meta:
    known = command_id or uuid4()
    return Meta(known, known, Actor(Role.PROVINCE, "office", scope), NOW, "counter.count")


class InterruptedLog(MemoryLog):
    """Somebody else writes to the stream before each of the first `times` appends; or the log is away."""

    def __init__(self, times: int = 0, away: bool = False) -> None:
        super().__init__()
        self.times = times
        self.away = away

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        if self.away:
            raise Unavailable("database.away")
        self._interrupt(write)
        return super().append(lane, write, guards)

    def append_many(self, lane: str, writes: Any, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        if self.times and len(writes) > 1:
            self._interrupt(writes[0])
        return super().append_many(lane, writes, guards)

    def _interrupt(self, write: Write) -> None:
        if self.times:
            self.times -= 1
            other = replace(write.events[0], event_id=uuid4(), command_id=uuid4(), data={"by": 1})
            super().append_many("14", [Write(write.stream, write.expected_version, [other])])


def total(log: MemoryLog, counter: str = ONE) -> int:
    return sum(event.data["by"] for event in log.read([f"counter-{counter}"])[f"counter-{counter}"])


def test_the_answer_names_the_thing_its_version_and_its_place_in_the_lane() -> None:
    log = MemoryLog()
    handle(log, HANDLING, Count(TWO, 1), meta())
    answer = handle(log, HANDLING, Count(ONE, 3), meta())
    assert answer.to_json() == {"id": ONE, "version": 1, "position": 2}


def test_events_carry_who_when_and_what_caused_them() -> None:
    log, asked = MemoryLog(), meta()
    handle(log, HANDLING, Count(ONE, 3), asked)
    (recorded,) = log.read([f"counter-{ONE}"])[f"counter-{ONE}"]
    event = recorded.event
    assert (event.command_id, event.correlation_id, event.causation_id) == (
        asked.command_id,
        asked.correlation_id,
        None,
    )
    assert (event.actor, event.occurred_at) == (asked.actor, NOW)


def test_a_repeat_is_answered_as_the_first_time_and_changes_nothing() -> None:
    log, asked = MemoryLog(), meta()
    first = handle(log, HANDLING, Count(ONE, 3), asked)
    handle(log, HANDLING, Count(ONE, 2), meta())
    assert handle(log, HANDLING, Count(ONE, 3), asked) == first
    assert total(log) == 5


def test_a_repeat_is_answered_even_when_the_rule_would_refuse_it_now() -> None:
    log, asked = MemoryLog(), meta()
    first = handle(log, HANDLING, Count(ONE, 6), asked)
    handle(log, HANDLING, Count(ONE, 4), meta())
    assert handle(log, HANDLING, Count(ONE, 6), asked) == first


def test_a_command_id_used_for_another_thing_is_refused() -> None:
    log, asked = MemoryLog(), meta()
    handle(log, HANDLING, Count(ONE, 3), asked)
    with pytest.raises(Refused) as caught:
        handle(log, HANDLING, Count(TWO, 3), asked)
    assert caught.value.code == "command.id_reused"


def test_a_command_id_used_for_another_request_about_the_same_thing_is_refused() -> None:
    log, asked = MemoryLog(), replace(meta(), fingerprint="a" * 16)
    first = handle(log, HANDLING, Count(ONE, 3), asked)
    with pytest.raises(Refused) as caught:
        handle(log, HANDLING, Count(ONE, 2), replace(asked, fingerprint="b" * 16))
    assert caught.value.code == "command.id_reused"
    assert handle(log, HANDLING, Count(ONE, 3), asked) == first
    assert total(log) == 3


def test_a_repeat_of_what_was_done_before_there_were_fingerprints_is_answered() -> None:
    log, asked = MemoryLog(), meta()
    first = handle(log, HANDLING, Count(ONE, 3), asked)
    assert handle(log, HANDLING, Count(ONE, 3), replace(asked, fingerprint="a" * 16)) == first


def test_a_bulk_command_id_used_for_other_items_is_refused_to_each() -> None:
    log, asked = MemoryLog(), replace(meta(), fingerprint="a" * 16)
    handle_many(log, HANDLING, [Count(ONE, 3), Count(TWO, 4)], asked)
    again = handle_many(log, HANDLING, [Count(ONE, 1), Count(TWO, 1)], replace(asked, fingerprint="b" * 16))
    assert [outcome.error and outcome.error.code for outcome in again] == ["command.id_reused"] * 2
    assert (total(log, ONE), total(log, TWO)) == (3, 4)


def test_a_command_id_used_in_two_lanes_makes_no_event_id_twice() -> None:
    log, asked = MemoryLog(), meta(scope="CN/14")
    handle(log, HANDLING, Count(ONE, 3), asked)
    handle(log, HANDLING, Count("15-one", 3), asked)
    ids = [log.read_lane(lane, 0, 1)[0].event.event_id for lane in ("14", "15")]
    assert ids[0] != ids[1]


WATCHED = "limit-14"


def limited(command: Count, total: int, limit: int, meta: Meta) -> list[Counted]:
    if total + command.by > limit:
        raise CLOSED.error(field="by")
    return [Counted(command.by)]


WATCHING = replace(
    HANDLING,
    decide=limited,
    reads=lambda command: (WATCHED,),
    facts=lambda command, streams: 9 - len(streams[WATCHED]),
)


class WatchedLog(MemoryLog):
    """Somebody writes to the stream that decisions only read, before each of the first `times` appends."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def append_many(self, lane: str, writes: Any, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        if self.times:
            self.times -= 1
            super().append_many("14", [a_write(WATCHED, len(self.read([WATCHED])[WATCHED]))])
        return super().append_many(lane, writes, guards)


def test_a_decision_is_made_again_when_what_it_read_has_changed() -> None:
    log = WatchedLog(2)
    assert handle(log, WATCHING, Count(ONE, 7), meta()).version == 1
    with pytest.raises(Refused):
        handle(WatchedLog(1), WATCHING, Count(ONE, 9), meta())


def test_facts_that_change_three_times_reach_the_caller_as_a_conflict() -> None:
    log = WatchedLog(3)
    with pytest.raises(Conflict):
        handle(log, WATCHING, Count(ONE, 1), meta())
    assert total(log) == 0


def test_items_of_a_bulk_command_are_decided_again_on_changed_facts() -> None:
    log = WatchedLog(1)
    outcomes = handle_many(log, WATCHING, [Count(ONE, 9), Count(TWO, 8)], meta())
    assert [outcome.error and outcome.error.code for outcome in outcomes] == ["counter.closed", None]


def test_an_item_that_reads_what_another_item_writes_is_decided_after_it() -> None:
    log = MemoryLog()
    reading_one = replace(
        HANDLING,
        decide=limited,
        reads=lambda command: () if command.counter == ONE else (f"counter-{ONE}",),
        facts=lambda command, streams: 9 if command.counter == ONE else 9 - 9 * len(streams[f"counter-{ONE}"]),
    )
    outcomes = handle_many(log, reading_one, [Count(ONE, 1), Count(TWO, 1)], meta())
    assert [outcome.error and outcome.error.code for outcome in outcomes] == [None, "counter.closed"]


def test_nothing_to_do_is_answered_with_position_0() -> None:
    log = MemoryLog()
    assert handle(log, HANDLING, Count(ONE, 0), meta()).to_json() == {"id": ONE, "version": 0, "position": 0}


def test_a_refused_command_stores_nothing() -> None:
    log = MemoryLog()
    with pytest.raises(Refused, match="计数已关闭"):
        handle(log, HANDLING, Count(ONE, 11), meta())
    assert log.heads() == {}


def test_a_foreign_principal_stores_nothing() -> None:
    log = MemoryLog()
    with pytest.raises(Forbidden):
        handle(log, HANDLING, Count(ONE, 1), meta(scope="CN/33"))
    assert log.heads() == {}


def test_two_conflicts_are_decided_again() -> None:
    log = InterruptedLog(2)
    assert handle(log, HANDLING, Count(ONE, 3), meta()).version == 3
    assert total(log) == 5


def test_a_decision_is_made_on_what_others_wrote_meanwhile() -> None:
    log = InterruptedLog(1)
    with pytest.raises(Refused):
        handle(log, HANDLING, Count(ONE, 10), meta())


def test_three_conflicts_reach_the_caller() -> None:
    log = InterruptedLog(3)
    with pytest.raises(Conflict):
        handle(log, HANDLING, Count(ONE, 3), meta())


def test_a_log_that_is_away_reaches_the_caller() -> None:
    with pytest.raises(Unavailable):
        handle(InterruptedLog(away=True), HANDLING, Count(ONE, 3), meta())


def test_of_many_commands_each_has_its_own_outcome() -> None:
    log = MemoryLog()
    commands = [Count(ONE, 3), Count(TWO, 11), Count(TWO, 0), Count(TWO, 4)]
    outcomes = [outcome.to_json() for outcome in handle_many(log, HANDLING, commands, meta())]
    assert outcomes[0] == {"index": 0, "id": ONE, "version": 1, "position": 1}
    assert outcomes[1]["error"]["exc_args"][0] == "counter.closed"
    assert outcomes[2] == {"index": 2, "id": TWO, "version": 0, "position": 0}
    assert outcomes[3] == {"index": 3, "id": TWO, "version": 1, "position": 2}


def test_items_for_one_stream_see_each_other() -> None:
    log = MemoryLog()
    outcomes = handle_many(log, HANDLING, [Count(ONE, 6), Count(ONE, 6), Count(ONE, 4)], meta())
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert total(log) == 10


def test_a_repeated_bulk_is_one_effect() -> None:
    log, asked = MemoryLog(), meta()
    commands = [Count(ONE, 3), Count(TWO, 4)]
    first = handle_many(log, HANDLING, commands, asked)
    assert handle_many(log, HANDLING, commands, asked) == first
    assert (total(log, ONE), total(log, TWO)) == (3, 4)


def test_a_busy_stream_does_not_fail_the_other_items() -> None:
    log = InterruptedLog(1)
    outcomes = handle_many(log, HANDLING, [Count(ONE, 3), Count(TWO, 4)], meta())
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert (total(log, ONE), total(log, TWO)) == (4, 4)


def test_items_of_several_lanes_are_one_call() -> None:
    log = MemoryLog()
    everywhere = meta(scope="CN/14")
    outcomes = handle_many(log, HANDLING, [Count("14-a", 1), Count("15-a", 1), Count("14-b", 1)], everywhere)
    assert [outcome.answer.position for outcome in outcomes if outcome.answer] == [1, 1, 2]
    assert log.heads() == {"14": 2, "15": 1}


def test_more_than_500_items_are_refused_before_any_work() -> None:
    log = MemoryLog()
    with pytest.raises(Invalid) as caught:
        handle_many(log, HANDLING, [Count(ONE, 1)] * (BULK_LIMIT + 1), meta())
    assert caught.value.code == "bulk.too_many"
    assert log.heads() == {}


def test_an_event_delivered_twice_is_one_reaction() -> None:
    log = MemoryLog()
    handle(log, HANDLING, Count(ONE, 3), meta())
    (event,) = log.read_lane("14", 0, 1)
    reactions = {Counted.TYPE: lambda recorded: [Intent("counter.count", Count(TWO, recorded.data["by"]))]}
    for _ in range(3):
        react(log, HANDLING, reactions, event, NOW)
    assert total(log, TWO) == 3
    reaction = log.read_lane("14", 1, 1)[0].event
    assert reaction.causation_id == event.event.event_id
    assert reaction.correlation_id == event.event.correlation_id
    assert reaction.actor.role == Role.SYSTEM


def test_a_remembered_history_is_folded_once_and_to_the_same_state() -> None:
    evolved: list[Counted] = []

    def counted(total: int, event: Counted) -> int:
        evolved.append(event)
        return evolve(total, event)

    handling = replace(HANDLING, evolve=counted)
    log = CachingLog(MemoryLog(), long=3)
    for done in range(6):
        assert fold(HANDLING, log.read([f"counter-{ONE}"])[f"counter-{ONE}"]) == done
        handle(log, handling, Count(ONE, 1), meta())
    # The sixth is folded by whoever comes next.
    assert len(evolved) == 5


class Asked(MemoryLog):
    """Notes which streams it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[list[str]] = []

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        self.reads.append(list(streams))
        return super().read(streams, from_versions)


def test_a_command_on_streams_that_are_known_is_one_append_and_no_read() -> None:
    stored = Asked()
    log = CachingLog(stored)
    handle(log, WATCHING, Count(ONE, 1), meta())
    handle(log, WATCHING, Count(ONE, 1), meta())
    handle(log, WATCHING, Count(TWO, 1), meta())
    assert stored.reads == [[f"counter-{ONE}", WATCHED], [f"counter-{TWO}"]]


def test_streams_that_are_named_late_are_recalled_too() -> None:
    stored = Asked()
    log = CachingLog(stored)
    later = replace(WATCHING, reads=lambda command: (), then_reads=lambda command, streams: (WATCHED,))
    for _ in range(2):
        handle(log, later, Count(ONE, 1), meta())
    assert stored.reads == [[f"counter-{ONE}"], [WATCHED]]


def test_nobody_is_refused_and_nothing_is_answered_because_of_what_is_only_remembered() -> None:
    stored = Asked()
    log = CachingLog(stored)
    handle(log, WATCHING, Count(ONE, 8), meta())
    opened = replace(WATCHING, facts=lambda command, streams: 9 + 9 * len(streams[WATCHED]))
    stored.append("14", a_write(WATCHED))
    assert handle(log, opened, Count(ONE, 9), meta()).version == 2
    silent = replace(opened, decide=lambda command, total, limit, meta: [Counted(1)] if limit > 20 else [])
    stored.append("14", a_write(WATCHED, 1))
    assert handle(log, silent, Count(ONE, 1), meta()).version == 3


def test_a_decision_on_what_has_changed_since_is_made_again_and_costs_no_try() -> None:
    log = CachingLog(stored := WatchedLog(0))
    handle(log, WATCHING, Count(ONE, 1), meta())
    MemoryLog.append_many(stored, "14", [a_write(WATCHED, count=5)])
    with pytest.raises(Refused):
        handle(log, WATCHING, Count(ONE, 4), meta())
    stored.times = 2
    assert handle(log, WATCHING, Count(ONE, 1), meta()).version == 2


def test_a_repeat_that_another_process_has_answered_is_answered_the_same() -> None:
    stored = MemoryLog()
    here, there, asked = CachingLog(stored), CachingLog(stored), meta()
    handle(here, HANDLING, Count(ONE, 1), meta())
    first = handle(there, HANDLING, Count(ONE, 3), asked)
    assert handle(here, HANDLING, Count(ONE, 3), asked) == first
    assert total(stored) == 4


@dataclass(frozen=True, slots=True)
class Made:
    TYPE: ClassVar[str] = "counter.Made"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "part_id"
    part_id: str


MAKING = replace(
    HANDLING,
    codec=Codec(Counted, Made),
    evolve=lambda total, event: total + 1,
    decide=lambda command, total, facts, meta: [Counted(1), Made("14-part")] if command.by else [],
    found=lambda command, total: {"part_id": "14-found"},
)


def test_an_answer_names_what_was_made_also_when_it_is_repeated_or_one_of_many() -> None:
    log = MemoryLog()
    asked = meta()
    first = handle(log, MAKING, Count(ONE, 1), asked)
    assert first.to_json() == {"part_id": "14-part", "id": ONE, "version": 2, "position": 2}
    assert handle(log, MAKING, Count(ONE, 1), asked) == first
    many = handle_many(log, MAKING, [Count(ONE, 1), Count(TWO, 1)], meta())
    assert [each.to_json()["part_id"] for each in many] == ["14-part", "14-part"]


def test_what_was_there_already_is_named_as_if_it_were_made() -> None:
    answer = handle(MemoryLog(), MAKING, Count(ONE, 0), meta())
    assert answer.to_json() == {"part_id": "14-found", "id": ONE, "version": 0, "position": 0}


def test_an_answer_that_made_nothing_names_its_stream_only() -> None:
    assert handle(MemoryLog(), HANDLING, Count(ONE, 1), meta()).to_json() == {"id": ONE, "version": 1, "position": 1}


# What a command before prepared


PREPARED = replace(HANDLING, prepared=lambda command: {f"counter-{TWO}": command.by})


@pytest.mark.parametrize("many", [False, True])
def test_what_was_prepared_must_still_be_as_it_was_left(many: bool) -> None:
    log = MemoryLog()
    log.append("14", a_write(f"counter-{TWO}", count=3))
    for by, done in ((2, False), (3, True), (4, False)):
        commands = [Count(f"14-{by}", by), *([Count(f"14-{by}b", by)] if many else [])]
        outcomes = handle_many(log, PREPARED, commands, meta())
        assert [outcome.error is None for outcome in outcomes] == [done] * len(commands)
        assert all(outcome.error is None or outcome.error.code == "log.written_first" for outcome in outcomes)


def test_of_some_items_of_a_message_each_keeps_its_number() -> None:
    log = MemoryLog()
    asked = meta()
    some = handle_many(log, HANDLING, [Count(TWO, 1)], asked, numbers=[1])
    assert [each.index for each in some] == [1]
    every = handle_many(log, HANDLING, [Count(ONE, 1), Count(TWO, 1)], asked)
    assert every[1] == some[0]
    assert len(log.read([f"counter-{TWO}"])[f"counter-{TWO}"]) == 1
