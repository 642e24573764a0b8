"""The list of registrations says what the streams say, in whatever batches it was told, and is read by its index."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import event as engine_event
from sqlalchemy import select, text

from services.registration import decider as c
from services.registration import read_model
from services.registration.decider import HANDLING
from services.registration.read_model import REGISTRATIONS
from shared.handling import fold
from shared.messages import Actor, Recorded
from tests.integration.registration.conftest import SIGNED_ON, World, by
from tests.support.spec import LANE


def live(world: World) -> list[str]:
    """Graduates of every life: each way in which a registration can stand or end."""
    graduates = [world.enrol() for _ in range(8)]
    made = {each: world.register(each, code) for each, code in zip(graduates, ("11", "70", "801") * 3, strict=False)}
    pending, returned, withdrawn, kept, voided, superseded, moved, cancelled = graduates
    assert pending
    world.review("Returned", returned, "registration", made[returned])
    own = by(Actor("graduate", withdrawn), "withdraw_registration")
    world.service.withdraw_registration(c.WithdrawRegistration(withdrawn, made[withdrawn]), own)
    for each in (kept, voided, moved):
        world.review("Passed", each, "registration", made[each])
    world.review("Returned", kept, "void", world.request_void(kept, made[kept]))
    world.review("Passed", voided, "void", world.request_void(voided, made[voided]))
    world.register(voided, "46", minutes=9)
    world.service.react(world.conclude(superseded, world.accept(superseded)))
    world.request_void(moved, made[moved])
    world.service.react(world.conclude(moved, world.accept(moved)))
    agreement_id = world.accept(cancelled)
    world.service.react(world.conclude(cancelled, agreement_id))
    world.service.react(world.cancel(cancelled, agreement_id))
    return graduates


def table(world: World) -> list[dict[str, Any]]:
    with world.engine.connect() as connection:
        found = connection.execute(select(REGISTRATIONS).order_by(REGISTRATIONS.c.registration_id))
        return [dict(row._mapping) for row in found]


def events_of(world: World) -> list[Recorded]:
    return list(world.log.read_lane(LANE, 0, 10_000))


def applied(world: World, events: Sequence[Recorded], size: int) -> list[dict[str, Any]]:
    """The table after the events in batches of a size."""
    with world.engine.begin() as connection:
        connection.execute(text("TRUNCATE registrations"))
        rest = iter(events)
        while batch := list(islice(rest, size)):
            read_model.apply(connection, batch)
    return table(world)


def test_batches_of_one_of_seven_and_all_at_once_give_equal_tables(world: World) -> None:
    live(world)
    events = events_of(world)
    at_once = applied(world, events, len(events))
    assert {row["ended"] for row in at_once} == {
        None,
        "returned",
        "withdrawn",
        "superseded",
        "voided",
        "agreement_cancelled",
    }
    assert applied(world, events, 1) == at_once
    assert applied(world, events, 7) == at_once


def test_following_twice_changes_nothing(world: World) -> None:
    live(world)
    world.follow()
    once = table(world)
    assert once
    world.follow()
    assert table(world) == once


def test_a_row_says_what_its_stream_says(world: World) -> None:
    graduates = live(world)
    world.follow()
    rows = {row["registration_id"]: row for row in table(world)}
    shown = 0
    for graduate_id in graduates:
        stream = f"registration-{graduate_id}"
        state = fold(HANDLING, world.log.read([stream])[stream])
        for past in state.history:
            row = rows[past.registration_id]
            assert (row["state"], row["ended"], row["reason"]) == ("ended", past.ended, past.reason)
            assert (row["code"], row["unit_name"]) == (past.destination.code, past.destination.unit_name)
            assert row["ended_at"] is not None
        for standing, record in (("pending", state.pending), ("registered", state.registered)):
            if record is None:
                continue
            row = rows[record.registration_id]
            assert (row["state"], row["ended"], row["ended_at"]) == (standing, None, None)
            assert (row["scope"], row["class_year"], row["code"]) == (record.scope, 2026, record.destination.code)
            assert (row["decided_at"] is None) == (standing == "pending")
        shown += len(state.history) + (state.pending is not None) + (state.registered is not None)
    assert len(rows) == shown


def test_a_batch_takes_the_same_few_statements_however_large(world: World) -> None:
    live(world)
    events = events_of(world)
    executed: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    engine_event.listen(world.engine, "before_cursor_execute", count)
    lengths = []
    for batch in (events[:10], events):
        executed.clear()
        with world.engine.begin() as connection:
            read_model.apply(connection, batch)
        lengths.append(len(executed))
    assert max(lengths) <= 2


def test_a_page_is_read_by_the_index_in_its_order(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO registrations (registration_id, graduate_id, scope, class_year, state, code, source, "
                "submitted_at) SELECT '14-' || lpad(n::text, 6, '0'), '-', 'CN/14/' || 10000 + n % 20 || '/07', 2026, "
                "'registered', '11', 'direct', now() FROM generate_series(1, 40000) n"
            )
        )
        connection.execute(text("ANALYZE registrations"))
        statements: list[tuple[str, Any]] = []

        def keep(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.append((statement, parameters))

        engine_event.listen(connection, "before_cursor_execute", keep)
        first = read_model.list_registrations(connection, "CN/14/10010", 2026, None, None, None, 50)
        last_seen = first[-1]["registration_id"]
        second = read_model.list_registrations(connection, "CN/14", 2026, None, None, last_seen, 50)
        engine_event.remove(connection, "before_cursor_execute", keep)
        assert [row["scope"] for row in (*first, *second)] == ["CN/14/10010/07"] * 100
        assert second[0]["registration_id"] > last_seen
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
            assert any("registrations_by_scope" in line for line in plan), plan
            # Sorting would read the whole scope for every page.
            assert not any("Sort" in line for line in plan), plan


@pytest.mark.parametrize("followed_first", [True, False])
def test_a_row_shows_day_and_newest_number_of_its_agreement(world: World, followed_first: bool) -> None:
    graduate_id = world.enrol()
    agreement_id = world.accept(graduate_id)
    concluded = world.conclude(graduate_id, agreement_id)
    if followed_first:
        world.service.react(concluded)
    reissued = world.reissue(graduate_id, agreement_id)
    for event in (reissued, concluded, reissued):
        world.service.react(event)
    world.follow()
    (row,) = table(world)
    assert (row["signed_on"], row["agreement_number"]) == (SIGNED_ON, reissued.data["number"])
