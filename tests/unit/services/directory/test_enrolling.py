"""Claiming a person and enrolling a graduate, in two lanes: on the memory log, repeated, interrupted and side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Barrier
from typing import Any

import pytest

from services.directory.decider import GRADUATE, EnrolGraduate, RemoveGraduate, person_stream
from services.directory.decider.people import CLAIM_HOLDS
from shared.errors import Unavailable
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import NO_GUARDS, Appended, EventLog, Write
from shared.handling import handle
from tests.support.enrolling import LATER, OURS, THEIRS, enrol, meta, on_roster
from tests.support.spec import NOW


def remove(log: EventLog, row: EnrolGraduate, now: datetime = NOW) -> None:
    asked = replace(meta(row, now), action="directory.remove_graduate")
    handle(log, GRADUATE, RemoveGraduate(row.graduate_id, "重复录入"), asked)


def events(log: EventLog, stream: str) -> list[str]:
    return [each.type.partition(".")[2] for each in log.read([stream])[stream]]


def test_a_person_is_enrolled_at_one_school() -> None:
    log = MemoryLog()
    assert enrol(log, OURS) == [None]
    assert enrol(log, THEIRS, now=LATER) == ["directory.person_in_class"]
    assert on_roster(log, OURS, THEIRS) == [True, False]


def test_two_rows_of_one_person_in_one_message_are_one_record() -> None:
    log = MemoryLog()
    second = replace(OURS, graduate_id="14-00000000-0000-4000-8000-0000000000a9")
    somebody = replace(OURS, graduate_id="14-00000000-0000-4000-8000-0000000000a8", id_hash="cc")
    assert enrol(log, OURS, second, somebody) == [None, "directory.person_in_class", None]


def test_the_next_class_is_another_record_of_a_person_who_is_still_there() -> None:
    log = MemoryLog()
    enrol(log, OURS)
    next_class = replace(
        OURS,
        graduate_id="14-00000000-0000-4000-8000-0000000000a7",
        class_year=2027,
        graduates_on=date(2027, 7, 1),
    )
    assert enrol(log, next_class) == ["directory.person_studying"]
    remove(log, OURS)
    assert enrol(log, next_class, now=LATER) == [None]
    assert on_roster(log, OURS, next_class) == [False, True]


def test_who_was_removed_no_longer_has_the_person_at_once() -> None:
    log = MemoryLog()
    enrol(log, OURS)
    remove(log, OURS)
    assert enrol(log, THEIRS) == [None]
    assert enrol(log, OURS) == ["directory.person_in_class"]
    assert events(log, person_stream("bb")) == ["PersonClaimed", "PersonReleased", "PersonClaimed"]


def test_who_was_removed_comes_back_by_the_same_row() -> None:
    log = MemoryLog()
    enrol(log, OURS)
    remove(log, OURS)
    assert enrol(log, OURS, now=LATER) == [None]
    assert enrol(log, THEIRS, now=LATER) == ["directory.person_in_class"]


def test_a_corrected_number_lets_go_of_the_one_before() -> None:
    log = MemoryLog()
    enrol(log, OURS)
    assert enrol(log, replace(OURS, id_hash="cc"), now=LATER) == [None]
    assert enrol(log, THEIRS, now=LATER) == [None]
    assert enrol(log, OURS, now=LATER) == ["directory.person_in_class"]


def test_a_number_is_not_corrected_to_that_of_somebody_else() -> None:
    log = MemoryLog()
    enrol(log, OURS)
    enrol(log, replace(THEIRS, id_hash="cc"))
    assert enrol(log, THEIRS, now=LATER) == ["directory.person_in_class"]
    (history,) = log.read([f"graduate-{THEIRS.graduate_id}"]).values()
    assert [each.data["id_hash"] for each in history] == ["cc"]


def test_a_message_delivered_again_has_one_effect_and_one_answer() -> None:
    log = MemoryLog()
    asked = meta(OURS)
    assert enrol(log, OURS, by=asked) == [None]
    head = log.heads()
    assert enrol(log, OURS, by=replace(asked, now=LATER)) == [None]
    assert log.heads() == head


def test_a_message_delivered_again_is_answered_as_the_first_time_whoever_has_the_person_now() -> None:
    log = MemoryLog()
    asked = meta(OURS)
    enrol(log, OURS, by=asked)
    remove(log, OURS)
    enrol(log, THEIRS, now=LATER)
    assert enrol(log, OURS, by=replace(asked, now=LATER)) == [None]
    assert on_roster(log, OURS, THEIRS) == [False, True]


def test_each_row_of_a_repeat_is_the_command_it_was() -> None:
    """A row that was refused the first time and no longer is does not move the others."""
    log = MemoryLog()
    somebody = replace(OURS, graduate_id="14-00000000-0000-4000-8000-0000000000a8", id_hash="cc")
    enrol(log, THEIRS)
    asked = meta(OURS)
    assert enrol(log, OURS, somebody, by=asked) == ["directory.person_in_class", None]
    remove(log, THEIRS)
    assert enrol(log, OURS, somebody, by=replace(asked, now=LATER)) == [None, None]
    assert events(log, f"graduate-{somebody.graduate_id}") == ["GraduateEnrolled"]


# Dying and dawdling between the two lanes


class Died(Exception):
    """The process is gone."""


@dataclass
class Before:
    """A log at which something else happens first when a province's lane is written to."""

    log: EventLog
    happens: Callable[[], None]

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self.append_many(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        if lane != "00":
            happens, self.happens = self.happens, lambda: None
            happens()
        return self.log.append_many(lane, writes, guards)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def dies() -> None:
    raise Died


def claimed_only(log: EventLog, row: EnrolGraduate) -> None:
    """A process that dies after claiming."""
    with pytest.raises(Died):
        enrol(Before(log, dies), row)
    assert on_roster(log, row) == [False]


def test_the_row_of_a_process_that_died_after_claiming_succeeds_when_it_comes_again() -> None:
    log = MemoryLog()
    claimed_only(log, OURS)
    assert enrol(log, OURS, now=LATER) == [None]
    assert on_roster(log, OURS) == [True]


def test_a_claim_of_a_process_that_died_locks_the_person_for_an_hour() -> None:
    log = MemoryLog()
    claimed_only(log, OURS)
    assert enrol(log, THEIRS, now=LATER) == ["directory.person_in_class"]
    assert enrol(log, THEIRS, now=NOW + CLAIM_HOLDS) == [None]
    assert enrol(log, OURS, now=NOW + CLAIM_HOLDS) == ["directory.person_in_class"]


def test_a_process_that_slept_while_its_claim_was_taken_over_enrols_nobody() -> None:
    log = MemoryLog()
    taken: list[str | None] = []
    slow = Before(log, lambda: taken.extend(enrol(log, THEIRS, now=NOW + CLAIM_HOLDS)))
    assert enrol(slow, OURS) == ["log.written_first"]
    assert taken == [None]
    assert on_roster(log, OURS, THEIRS) == [False, True]


def test_who_is_removed_between_claim_and_row_is_not_enrolled_beside_somebody_else() -> None:
    """The claim found the graduate on the roster and laid nothing: then the graduate went, and the person was claimed."""
    log = MemoryLog()
    enrol(log, OURS)

    def meanwhile() -> None:
        remove(log, OURS, LATER)
        assert enrol(log, THEIRS, now=LATER) == [None]

    moved = replace(OURS, department="08")
    assert enrol(Before(log, meanwhile), moved) == ["log.written_first"]
    assert on_roster(log, OURS, THEIRS) == [False, True]


@pytest.mark.parametrize("attempt", range(20))
def test_of_two_provinces_that_enrol_a_person_at_the_same_moment_one_does(attempt: int) -> None:
    log = MemoryLog()
    both_ready = Barrier(2)

    def run(row: EnrolGraduate) -> list[str | None]:
        both_ready.wait(10)
        return enrol(log, row)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, (OURS, THEIRS)))
    assert sorted(map(str, (code for each in outcomes for code in each))) == ["None", "directory.person_in_class"]
    assert sorted(on_roster(log, OURS, THEIRS)) == [False, True]


def test_the_log_being_away_is_no_refusal() -> None:
    def away() -> None:
        raise Unavailable("log.away")

    with pytest.raises(Unavailable):
        enrol(Before(MemoryLog(), away), OURS)
