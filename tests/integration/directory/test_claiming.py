"""People enrolled by a release that knew no lock on the person: claimed by a walk, and those with two records are named."""

from __future__ import annotations

from typing import Any

import pytest

from services.directory.claiming import claimer
from services.directory.roster import graduate_id
from shared.clock import FixedClock
from shared.codes.schools import SCHOOLS
from shared.following import Following, prepare
from shared.sql import Driver, make_engine
from tests.integration.directory.conftest import SCHOOL_CODE, World, list_school
from tests.integration.directory.test_person import ELSEWHERE, OTHER_SCHOOL, codes, hand_in
from tests.support.directory_examples import ENROLLED, roster_row
from tests.support.golden_examples import golden
from tests.support.spec import NOW, SCHOOL

CLAIMS = "SELECT count(*) FROM eventlog.events WHERE lane = '00' AND type LIKE 'directory.Person%%'"


@pytest.fixture
def before(world: World) -> World:
    """Rosters of a release before: enrolled without a claim."""
    list_school(world.log, ELSEWHERE)
    return world


def enrolled_before(world: World, number: int, school: str = SCHOOL_CODE, **changes: Any) -> str:
    """A graduate as the release before wrote one; two of one number are one person."""
    place = SCHOOLS[school]
    thing = graduate_id(world.personal, place, 2026, roster_row(number)["exam_no"] + school)
    data = {**golden(ENROLLED.TYPE)["data"], "graduate_id": thing, "province": place.province, "school": school}
    known = world.personal.hash("id_number", roster_row(number)["id_number"])
    world.tell(f"graduate-{thing}", ENROLLED.TYPE, **{**data, "id_hash": known, **changes})
    return thing


def walk(world: World, database_url: str) -> list[str]:
    """Migrate: what is told."""
    told: list[str] = []
    follower = claimer(world.log, FixedClock(NOW), told.append)
    engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=2)
    prepare(engine, follower, follower.schema)
    following = Following(world.log, engine, follower, batch=2)
    while following.step(world.log.heads()):
        pass
    engine.dispose()
    return told


def test_who_was_enrolled_before_is_not_enrolled_again(before: World, database_url: str) -> None:
    for number in range(5):
        enrolled_before(before, number)
    assert walk(before, database_url) == []
    assert before.count(CLAIMS) == 5
    rows = [roster_row(number) for number in range(6)]
    told = codes(hand_in(before, ELSEWHERE, OTHER_SCHOOL, rows))
    assert told == [*["directory.person_in_class"] * 5, None]


def test_walking_again_claims_whom_a_process_of_before_enrolled_meanwhile(before: World, database_url: str) -> None:
    enrolled_before(before, 0)
    walk(before, database_url)
    enrolled_before(before, 1)
    assert walk(before, database_url) == []
    assert before.count(CLAIMS) == 2
    assert walk(before, database_url) == []
    assert before.count(CLAIMS) == 2


def test_who_was_removed_is_claimed_by_nobody(before: World, database_url: str) -> None:
    thing = enrolled_before(before, 0)
    before.tell(f"graduate-{thing}", "directory.GraduateRemoved", graduate_id=thing, reason="延期毕业")
    assert walk(before, database_url) == []
    assert before.count(CLAIMS) == 0


def test_who_was_corrected_is_claimed_under_the_number_of_now(before: World, database_url: str) -> None:
    thing = enrolled_before(before, 0)
    data = before.stream(f"graduate-{thing}")[-1].data
    now = before.personal.hash("id_number", roster_row(1)["id_number"])
    before.tell(f"graduate-{thing}", "directory.GraduateCorrected", **{**data, "id_hash": now})
    walk(before, database_url)
    assert codes(hand_in(before, ELSEWHERE, OTHER_SCHOOL, [roster_row(0), roster_row(1)])) == [
        None,
        "directory.person_in_class",
    ]


def test_two_records_of_before_are_named_and_stay_until_one_is_removed(before: World, database_url: str) -> None:
    records = {"10108": enrolled_before(before, 0), ELSEWHERE: enrolled_before(before, 0, ELSEWHERE)}
    (told,) = walk(before, database_url)
    (second,) = (school for school in records if told.startswith(f"{school} 2026 {records[school]}: "))
    (first,) = records.keys() - {second}
    assert f"院校代码 {first}）2026 届" in told
    assert roster_row(0)["id_number"] not in told


def test_whoever_hands_in_a_roster_of_now_is_claimed_already(before: World, database_url: str) -> None:
    hand_in(before, SCHOOL_CODE, SCHOOL, [roster_row(0), roster_row(1)])
    assert before.count(CLAIMS) == 2
    assert walk(before, database_url) == []
    assert before.count(CLAIMS) == 2
