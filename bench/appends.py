"""Appends: one event each from writer processes, and in bulk. References: pgbench, pyeventsourcing's recorder, COPY."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any
from uuid import uuid4

import orjson
import psycopg
from sqlalchemy import make_url

from bench.figures import Direction, Figure, rounds
from bench.seeding import an_event
from bench.world import Worker, World, answer_questions, database, pgbench, plain_log
from shared.eventlog.port import Write

LANES = [f"{number:02d}" for number in range(1, 34)]
CASES = {
    "1 writer, 1 lane": (1, 1),
    "1 writer, 33 lanes": (1, 33),
    "8 writers, 1 lane": (8, 1),
    "8 writers, 33 lanes": (8, 33),
}
# About what a client inserts in a second here, alone or beside seven others.
RAW_A_SECOND = {1: 4_000, 8: 1_500}

RAW_TABLE = "CREATE TABLE raw_events (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data jsonb NOT NULL)"
BARE_TABLE = (
    "CREATE TABLE bare (lane text, position bigint, stream text, version integer, type text, type_version smallint,"
    " event_id uuid, command_id uuid, correlation_id uuid, causation_id uuid, actor_role text, actor_id text,"
    " actor_scope text, data jsonb, occurred_at timestamptz)"
)


def measure(world: World) -> list[Figure]:
    """Appends/s and bulk events/s on an empty and on the full log."""
    with database(world.small) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(RAW_TABLE)
            connection.execute(BARE_TABLE)
        return [*_one_by_one(world, url), *_bulk(world, url)]


def _one_by_one(world: World, url: str) -> list[Figure]:
    full = world.big.environment["DATABASE_URL"]
    _append_recorder(url, create=True)
    with ExitStack() as stack:
        writers = [stack.enter_context(Worker("bench.appends", url, full)) for _ in range(8)]
        return [figure for name, case in CASES.items() for figure in _case(world, url, writers, name, *case)]


def _case(world: World, url: str, writers: list[Worker], name: str, clients: int, lanes: int) -> list[Figure]:
    seconds = world.size.seconds
    script = f"INSERT INTO raw_events (data) VALUES ('{orjson.dumps(an_event(0).data).decode()}');"

    transactions = int(RAW_A_SECOND[clients] * seconds)

    def written(kind: str) -> Callable[[], float]:
        return lambda: _rate(writers[:clients], kind, seconds, LANES[:lanes])

    found = rounds(
        world.size.rounds,
        {
            "ours": written("ours"),
            "raw": lambda: pgbench(url, script, clients, transactions, world.small.directory),
            "recorder": written("recorder"),
            "full": written("full"),
        },
    )
    of_recorder = 5.0 if (clients, lanes) == (8, 33) else None
    group = "appends, one event each"
    return [
        Figure(group, name, found["ours"], "/s", 0.5, reference=found["raw"], against="/s raw INSERT"),
        Figure(group, "", found["ours"], "/s", of_recorder, reference=found["recorder"], against="/s pyeventsourcing"),
        Figure(group, "full log", found["full"], "/s", 0.9, reference=found["ours"], against="/s empty log"),
    ]


def _rate(writers: list[Worker], kind: str, seconds: float, lanes: list[str]) -> float:
    for writer in writers:
        writer.ask(kind=kind, seconds=seconds, lanes=lanes)
    return float(sum(writer.answer() for writer in writers))


def _bulk(world: World, url: str) -> list[Figure]:
    small, full = plain_log(url), plain_log(world.big.environment["DATABASE_URL"])
    count = world.size.batch
    events = [an_event(number) for number in range(count)]
    rows = [
        ("14", number, f"registration-14-{event.command_id}", 1, event.type, 1, event.event_id, event.command_id,
         event.correlation_id, None, "system", "bench", "", orjson.dumps(event.data).decode(), event.occurred_at)
        for number, event in enumerate(events)
    ]  # fmt: skip

    def bulk(log: Any) -> float:
        fresh = [an_event(number) for number in range(count)]
        writes = [Write(f"registration-14-{event.command_id}", 0, [event]) for event in fresh]
        started = time.perf_counter()
        log.append_many("14", writes)
        return count / (time.perf_counter() - started)

    def copied() -> float:
        started = time.perf_counter()
        with psycopg.connect(url) as connection, connection.cursor().copy("COPY bare FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return count / (time.perf_counter() - started)

    found = rounds(
        world.size.rounds,
        {"ours": lambda: bulk(small), "copy": copied, "full": lambda: bulk(full)},
        warm_up=world.size.thorough,
    )
    group = "bulk append"
    return [
        Figure(group, f"{count:,} events", found["ours"], "/s", 0.3, reference=found["copy"], against="/s COPY"),
        Figure(group, "full log", found["full"], "/s", 0.9, Direction.AT_LEAST, found["ours"], "/s empty log"),
    ]


def _writer(small: str, full: str) -> Callable[..., float]:
    kinds = {
        "ours": cache(lambda: _append_ours(small)),
        "full": cache(lambda: _append_ours(full)),
        "recorder": cache(lambda: _append_recorder(small)),
    }

    def write(kind: str, seconds: float, lanes: list[str]) -> float:
        append = kinds[kind]()
        count, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            append(random.choice(lanes))
            count += 1
        return count / elapsed

    return write


def _append_ours(url: str) -> Callable[[str], object]:
    log = plain_log(url)

    def append(lane: str) -> object:
        event = an_event(0)
        return log.append(lane, Write(f"registration-{lane}-{event.command_id}", 0, [event]))

    return append


def _append_recorder(url: str, create: bool = False) -> Callable[[str], object]:
    from eventsourcing.persistence import StoredEvent  # noqa: PLC0415 - only the worker that compares loads it
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore  # noqa: PLC0415

    parts = make_url(url)
    datastore = PostgresDatastore(
        str(parts.database), str(parts.host), str(parts.port), str(parts.username), str(parts.password)
    )
    recorder = PostgresApplicationRecorder(datastore)
    if create:
        recorder.create_table()

    def append(lane: str) -> object:
        del lane
        state = orjson.dumps(an_event(0).data)
        return recorder.insert_events([StoredEvent(uuid4(), 1, "bench:Registered", state)])

    return append


if __name__ == "__main__":
    answer_questions(_writer(*sys.argv[1:]))
