"""The lock is the person, over schools and provinces, in PostgreSQL: of many who enrol a person at one moment one does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from services.directory import schemas
from services.directory.decider import EnrolGraduate, RemoveGraduate
from shared.codes.schools import SCHOOLS
from shared.eventlog.port import NO_GUARDS, Appended, Write
from shared.messages import Actor
from tests.integration.directory.conftest import World, by, list_school
from tests.support.directory_examples import roster_row
from tests.support.enrolling import OURS, THEIRS, enrol, on_roster
from tests.support.spec import SCHOOL

ELSEWHERE = "10126"
OTHER_SCHOOL = Actor("school", "elsewhere", "CN/15/10126")
HOLDERS = "SELECT count(*) FROM eventlog.events WHERE lane = '00' AND type = 'directory.PersonClaimed'"


def hand_in(world: World, school: str, actor: Actor, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    roster = schemas.Roster(school, 2026, tuple(rows))
    items: list[dict[str, Any]] = world.service.import_roster(roster, by(actor, "import_roster"))["items"]
    return items


def codes(items: list[dict[str, Any]]) -> list[str | None]:
    """The code of each row's refusal, None for one that was taken."""
    return [each["error"]["exc_args"][0] if "error" in each else None for each in items]


@pytest.fixture
def elsewhere(world: World) -> World:
    """A school in another province, too."""
    assert SCHOOLS[ELSEWHERE].province == "15"
    list_school(world.log, ELSEWHERE)
    return world


def test_of_two_schools_in_two_provinces_that_import_the_same_people_each_person_is_enrolled_once(
    elsewhere: World,
) -> None:
    people = 60
    for attempt in range(3):
        ours = [roster_row(attempt * people + number) for number in range(people)]
        theirs = [{**row, "exam_no": f"15{row['exam_no'][2:]}"} for row in reversed(ours)]
        both_ready = Barrier(2)

        def run(school: str, actor: Actor, rows: list[dict[str, str]], ready: Barrier = both_ready) -> Any:
            ready.wait(60)
            return codes(hand_in(elsewhere, school, actor, rows))

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(run, "10108", SCHOOL, ours)
            second = pool.submit(run, ELSEWHERE, OTHER_SCHOOL, theirs)
            told = list(zip(first.result(), reversed(second.result()), strict=True))
        assert Counter(frozenset(pair) for pair in told) == {frozenset({None, "directory.person_in_class"}): people}


@pytest.mark.parametrize("attempt", range(10))
def test_of_eight_at_the_same_moment_one_enrols(world: World, attempt: int) -> None:
    rows = [
        replace(row, graduate_id=f"{row.province}-00000000-0000-4000-8000-00000000000{number}")
        for number in range(4)
        for row in (OURS, THEIRS)
    ]
    all_ready = Barrier(len(rows))

    def run(row: EnrolGraduate) -> str | None:
        all_ready.wait(60)
        (code,) = enrol(world.log, row)
        return code

    with ThreadPoolExecutor(len(rows)) as pool:
        outcomes = Counter(pool.map(run, rows))
    # Who met the others three times is told so, and asks again.
    assert outcomes[None] == 1
    assert outcomes.keys() <= {None, "directory.person_in_class", "log.written_first"}
    assert sum(on_roster(world.log, *rows)) == 1


def test_a_chunk_of_a_roster_claims_in_one_transaction(world: World) -> None:
    appended: list[tuple[str, int]] = []
    original = world.log.append_many

    def append_many(lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        appended.append((lane, len(writes)))
        return original(lane, writes, guards)

    world.log.append_many = append_many  # type: ignore[method-assign]
    hand_in(world, "10108", SCHOOL, [roster_row(number) for number in range(300)])
    assert appended == [("00", 300), ("14", 300)]
    assert world.count(HOLDERS) == 300


def test_who_was_removed_at_one_school_is_enrolled_at_another(elsewhere: World) -> None:
    row = roster_row()
    (ours,) = hand_in(elsewhere, "10108", SCHOOL, [row])
    (refused,) = hand_in(elsewhere, ELSEWHERE, OTHER_SCHOOL, [row])
    details = refused["error"]["exc_args"][1]
    assert (details["school"], details["class_year"], details["field"]) == ("10108", 2026, "id_number")
    assert row["id_number"] not in str(refused)
    assert row["name"] not in str(refused)
    removal = RemoveGraduate(ours["id"], "重复录入")
    elsewhere.service.remove_graduate(removal, by(SCHOOL, "remove_graduate"))
    assert codes(hand_in(elsewhere, ELSEWHERE, OTHER_SCHOOL, [row])) == [None]
    assert codes(hand_in(elsewhere, "10108", SCHOOL, [row])) == ["directory.person_in_class"]
