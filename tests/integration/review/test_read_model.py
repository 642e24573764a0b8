"""The queues say what the streams say, in whatever batches they were told, and a page costs what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event as engine_event
from sqlalchemy import select, text

from services.review import decider as c
from services.review import read_model
from services.review.decider import HANDLING, Case, case_of
from services.review.read_model import CASES
from shared.handling import fold
from shared.messages import Recorded
from tests.integration.review.conftest import World, by
from tests.support.spec import DEPARTMENT, LANE, NOW, SCHOOL, SCOPE


def live(world: World) -> list[str]:
    """Cases of every life: waiting at each step, passed, returned, closed, passed at once, gone before it was opened."""
    cases = [world.open(minutes=number) for number in range(6)]
    for number, case_id in enumerate(cases[1:]):
        world.service.approve_review(
            c.ApproveReview(case_id, "材料齐全"), by(DEPARTMENT, "approve_review", 10 + number)
        )
    world.service.approve_review(c.ApproveReview(cases[2]), by(SCHOOL, "approve_review", 20))
    world.service.return_review(c.ReturnReview(cases[3], "缺少盖章页"), by(SCHOOL, "return_review", 21))
    for _ in range(2):
        withdrawn = f"{LANE}-{uuid4()}"
        data = {
            "registration_id": withdrawn,
            "graduate_id": f"{LANE}-{uuid4()}",
            "scope": SCOPE,
            "class_year": 2026,
            "destination": {"code": "11"},
        }
        told = [
            world.tell(f"registration-{data['graduate_id']}", f"registration.Registration{what}", data)
            for what in ("Submitted", "Superseded")
        ]
        for event in told if len(cases) % 2 else reversed(told):
            world.service.react(event)
        cases.append(case_of("registration", withdrawn))
    world.set_province()
    cases.append(world.open())
    return cases


def events_of(world: World) -> list[Recorded]:
    return list(world.log.read_lane(LANE, 0, 10_000))


def table(world: World) -> list[dict[str, Any]]:
    with world.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(CASES).order_by(CASES.c.case_id))]


def applied(world: World, events: Sequence[Recorded], size: int) -> list[dict[str, Any]]:
    """The table after the events in batches of a size."""
    with world.engine.begin() as connection:
        connection.execute(text("TRUNCATE cases"))
        rest = iter(events)
        while batch := list(islice(rest, size)):
            read_model.apply(connection, batch)
    return table(world)


def test_batches_of_one_of_seven_and_all_at_once_give_equal_tables(world: World) -> None:
    live(world)
    events = events_of(world)
    at_once = applied(world, events, len(events))
    assert {row["state"] for row in at_once} == {"waiting", "passed", "returned", "closed"}
    assert applied(world, events, 1) == at_once
    assert applied(world, events, 7) == at_once


def test_following_twice_changes_nothing(world: World) -> None:
    live(world)
    world.follow()
    once = table(world)
    world.follow()
    assert table(world) == once
    assert applied(world, events_of(world) * 2, 10_000) == once


def test_a_row_says_what_its_stream_says(world: World) -> None:
    cases = live(world)
    world.follow()
    rows = {row["case_id"]: row for row in table(world)}
    shown = 0
    for case_id in cases:
        stream = f"review-{case_id}"
        case = fold(HANDLING, world.log.read([stream])[stream])
        if not isinstance(case, Case):
            assert case_id not in rows
            continue
        row = rows[case_id]
        shown += 1
        assert (row["state"], row["step"], row["approved"]) == (case.status, case.waiting_for, case.step)
        assert (row["decided_at"] is None) == (case.status == "waiting")
        assert tuple(row["chain"]) == case.opened.chain
    assert len(rows) == shown == len(cases) - 1


def test_a_batch_takes_the_same_few_statements_however_large(world: World) -> None:
    cases = live(world)
    assert cases
    events = events_of(world)
    executed: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    engine_event.listen(world.engine, "before_cursor_execute", count)
    lengths = []
    for batch in (events[:2], events):
        executed.clear()
        with world.engine.begin() as connection:
            read_model.apply(connection, batch)
        lengths.append(len(executed))
    assert max(lengths) <= 2


@pytest.mark.parametrize("step", ["department", None])
def test_a_queue_is_read_by_its_index(world: World, step: str | None) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cases (case_id, kind, subject_id, graduate_id, scope, class_year, chain, approved, step, "
                "state, opened_at, step_since, escalated) SELECT '14-' || n, 'registration', '-', '-', "
                "'CN/14/' || 10000 + n % 200 || '/07', 2026, '{department}', 0, 'department', "
                "CASE WHEN n % 10 = 0 THEN 'waiting' ELSE 'passed' END, now(), now(), false FROM generate_series(1, 40000) n"
            )
        )
        connection.execute(text("ANALYZE cases"))
        statements: list[tuple[str, Any]] = []

        def keep(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.append((statement, parameters))

        engine_event.listen(connection, "before_cursor_execute", keep)
        page, total = read_model.list_queue(connection, "CN/14/10110", step, "waiting", None, None, None, 50, NOW)
        engine_event.remove(connection, "before_cursor_execute", keep)
        assert (len(page), total) == (50, 200)
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
            assert any("cases_waiting" in line or "cases_by_scope" in line for line in plan), plan
            assert not any("Seq Scan" in line for line in plan), plan


def test_a_place_in_a_queue_is_exact_to_the_microsecond(world: World) -> None:
    first, second = world.open(), world.open()
    world.follow()
    with world.engine.begin() as connection:
        later = CASES.update().where(CASES.c.case_id == second)
        connection.execute(later.values(step_since=CASES.c.step_since + timedelta(microseconds=1)))
        (top, _), _ = read_model.list_queue(connection, SCOPE, "department", "waiting", None, None, None, 2, NOW)
        assert top["case_id"] == first
        (rest,), total = read_model.list_queue(
            connection, SCOPE, "department", "waiting", None, None, read_model.place(top), 2, NOW
        )
    assert (rest["case_id"], total) == (second, 2)
