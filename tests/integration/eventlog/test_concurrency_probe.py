"""Commits that come late or never: no reader may miss or repeat an event, and positions stay free of gaps.

The same probe runs against a log as people usually build it, an identity column read by polling, and must catch it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from sqlalchemy import Connection, text

from shared.eventlog.port import NO_GUARDS
from shared.eventlog.postgres import PostgresLog, write_in_transaction
from tests.integration.eventlog.conftest import OpenEngine
from tests.support.events import a_stream, a_write

WRITERS = 6
WRITES_EACH = 60

Write = Callable[[random.Random], None]
Poll = Callable[[int], list[int]]


class _RollingBack(Exception):
    pass


def _probe(write: Write, poll: Poll) -> list[int]:
    """The positions a polling reader saw while writers wrote, committed late, and rolled back."""
    done = Event()
    seen: list[int] = []

    def writing(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(WRITES_EACH):
            write(chance)

    def reading() -> None:
        last = False
        while not last:
            last = done.is_set()
            while found := poll(seen[-1] if seen else 0):
                seen.extend(found)

    reader = Thread(target=reading)
    reader.start()
    writers = [Thread(target=writing, args=(seed,)) for seed in range(WRITERS)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join(120)
    done.set()
    reader.join(60)
    return seen


def test_no_reader_misses_or_repeats_an_event(open_engine: OpenEngine) -> None:
    engine = open_engine(pool_size=WRITERS + 1)
    log = PostgresLog(engine)

    def write(chance: random.Random) -> None:
        # The backend's own append inside a transaction that lingers or is given up after it has taken its positions.
        try:
            with engine.begin() as connection:
                _append_inside(connection, a_stream())
                if chance.random() < 0.3:
                    connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": chance.random() * 0.01})
                if chance.random() < 0.2:
                    raise _RollingBack
        except _RollingBack:
            pass

    seen = _probe(write, lambda after: [event.position for event in log.read_lane("14", after, 100)])
    head = log.heads()["14"]
    assert seen == list(range(1, head + 1))
    assert 0.5 < head / (WRITERS * WRITES_EACH) < 1


def test_the_probe_catches_an_identity_column_read_by_polling(open_engine: OpenEngine) -> None:
    engine = open_engine(role=None, pool_size=WRITERS + 1)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE naive (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data text)")
        )

    def write(chance: random.Random) -> None:
        try:
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO naive (data) VALUES ('x')"))
                if chance.random() < 0.3:
                    connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": chance.random() * 0.01})
                if chance.random() < 0.2:
                    raise _RollingBack
        except _RollingBack:
            pass

    def poll(after: int) -> list[int]:
        with engine.connect() as connection:
            found = text("SELECT position FROM naive WHERE position > :after ORDER BY position LIMIT 100")
            return list(connection.execute(found, {"after": after}).scalars())

    seen = _probe(write, poll)
    with engine.connect() as connection:
        written = list(connection.execute(text("SELECT position FROM naive ORDER BY position")).scalars())
    assert written != list(range(1, len(written) + 1)), "rolled back numbers leave holes"
    assert set(written) - set(seen), "late commits are missed"


def _append_inside(connection: Connection, stream: str) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        write_in_transaction(cursor, "14", [a_write(stream)], NO_GUARDS)
