"""The look-ups say what the streams say, in whatever batches and however often they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy import event as engine_event
from sqlalchemy import select

from services.directory import events as e
from services.directory import read_model
from services.directory.read_model import DEPARTMENTS, EMPLOYERS, GRADUATES, SCHOOLS
from shared.codec import Codec
from shared.messages import NewEvent, Recorded
from tests.integration.directory.conftest import World
from tests.support import directory_examples as x
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, LANE, NOW, SYSTEM

CODEC = Codec(
    *(
        cls
        for codec in (e.PROVINCE_CODEC, e.SCHOOL_CODEC, e.GRADUATE_CODEC, e.ERASURE_CODEC, e.EMPLOYER_CODEC)
        for cls in codec.classes.values()
    )
)
OTHER_ID = GRADUATE_ID[:-1] + "2"
REGISTERED_AGAIN = replace(x.REGISTERED, name="晋阳机械有限公司")
STORY = (
    x.PROVINCE_SET,
    x.LISTED,
    x.SCHOOL_RENAMED,
    x.SCHOOL_SET,
    x.DEPARTMENT_ADDED,
    x.ENROLLED,
    replace(x.ENROLLED, graduate_id=OTHER_ID),
    x.corrected(department="08", major_name="英语"),
    e.GraduateRemoved(OTHER_ID, "延期毕业"),
    x.REGISTERED,
    x.EMPLOYER_RETURNED,
    REGISTERED_AGAIN,
    x.VERIFIED,
    x.SUSPENDED,
    x.GRADUATE_ERASED,
)


def recorded(events: Sequence[Any]) -> list[Recorded]:
    found = []
    for position, each in enumerate(events, 1):
        new = NewEvent(*CODEC.encode(each), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        found.append(Recorded(LANE, position, f"stream-{LANE}", position, NOW, new))
    return found


def told(world: World, *batches: Sequence[Any]) -> dict[str, list[dict[str, Any]]]:
    """Every row after these batches, told to empty tables."""
    tables = (GRADUATES, EMPLOYERS, SCHOOLS, DEPARTMENTS)
    with world.engine.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(f"TRUNCATE {table.name}")
        for batch in batches:
            read_model.apply(connection, recorded(batch))
        return {
            table.name: [row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }


def test_the_tables_say_what_the_story_says(world: World) -> None:
    rows = told(world, STORY)
    (graduate,) = rows["graduates"]
    assert (graduate["graduate_id"], graduate["scope"]) == (GRADUATE_ID, "CN/14/10108/08")
    assert (graduate["department"], graduate["major_name"]) == ("08", "英语")
    (employer,) = rows["employers"]
    assert (employer["employer_id"], employer["name"], employer["status"]) == (
        EMPLOYER_ID,
        "晋阳机械有限公司",
        "suspended",
    )
    assert [each["names"] for each in rows["schools"]] == [{"0001-01-01": "山西大学", "2026-06-01": "山西综合大学"}]
    assert [each["name"] for each in rows["departments"]] == ["机械工程学院"]


def test_however_the_lane_is_cut_and_however_often_it_is_told_the_rows_are_the_same(world: World) -> None:
    rows = told(world, STORY)
    assert told(world, *([each] for each in STORY)) == rows
    assert told(world, STORY, STORY) == rows
    for cut in range(1, len(STORY)):
        assert told(world, STORY[:cut], STORY[cut:]) == rows


def test_who_is_removed_is_gone_and_who_is_enrolled_again_is_back(world: World) -> None:
    assert told(world, [x.ENROLLED, x.REMOVED])["graduates"] == []
    assert told(world, [x.ENROLLED], [x.REMOVED])["graduates"] == []
    assert told(world, [x.REMOVED])["graduates"] == []
    enrolled = told(world, [x.ENROLLED])
    assert told(world, [x.ENROLLED, x.REMOVED, x.ENROLLED]) == enrolled
    assert told(world, [x.ENROLLED, x.REMOVED], [x.ENROLLED]) == enrolled


def test_a_graduate_who_moves_leaves_the_one_department_and_is_in_the_other(world: World) -> None:
    told(world, [x.ENROLLED], [x.corrected(department="08")])
    with world.engine.connect() as connection:
        counts = [
            read_model.count_graduates(connection, scope, 2026)
            for scope in ("CN/14/10108/07", "CN/14/10108/08", "CN/14/10108", "CN/14", "CN", "CN/1", "CN/14/1010")
        ]
    assert counts == [0, 1, 1, 1, 1, 0, 0]


def test_an_employers_state_follows_whether_told_with_its_application_or_after(world: World) -> None:
    for then, status in (
        ((x.VERIFIED,), "verified"),
        ((x.EMPLOYER_RETURNED,), "returned"),
        ((x.EMPLOYER_RETURNED, x.REGISTERED), "awaiting"),
        ((x.VERIFIED, x.SUSPENDED), "suspended"),
        ((x.VERIFIED, x.SUSPENDED, x.REINSTATED), "verified"),
    ):
        for batches in ([(x.REGISTERED, *then)], [(x.REGISTERED,), then]):
            (employer,) = told(world, *batches)["employers"]
            assert employer["status"] == status


def test_an_employer_told_of_several_times_in_one_batch_has_its_last_state(world: World) -> None:
    (employer,) = told(world, [x.REGISTERED], [x.VERIFIED, x.SUSPENDED, x.REINSTATED])["employers"]
    assert employer["status"] == "verified"
    (again,) = told(world, [x.REGISTERED], [x.VERIFIED, x.SUSPENDED, x.REINSTATED, x.SUSPENDED])["employers"]
    assert again["status"] == "suspended"


def test_other_contexts_events_are_passed_over(world: World) -> None:
    (event,) = recorded([x.ENROLLED])
    foreign = replace(event, event=replace(event.event, type="agreement.OfferWithdrawn"))
    with world.engine.begin() as connection:
        read_model.apply(connection, [foreign])
        assert read_model.get_graduate(connection, GRADUATE_ID) is None


def test_a_batch_takes_the_same_few_statements_however_large(world: World) -> None:
    executed: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    lengths = []
    engine_event.listen(world.engine, "before_cursor_execute", count)
    for size in (2, 1_000):
        events = recorded(
            [replace(x.ENROLLED, graduate_id=f"{GRADUATE_ID[:-4]}{number:04d}") for number in range(size)]
        )
        executed.clear()
        with world.engine.begin() as connection:
            read_model.apply(connection, events)
        lengths.append(len(executed))
    assert lengths == [1, 1]
