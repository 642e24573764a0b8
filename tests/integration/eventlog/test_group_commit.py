"""Appends of many threads that go together in PostgreSQL: each is told its own position, or its own trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from shared.errors import Conflict
from shared.eventlog.group_commit import GroupCommitLog
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.sql import Driver, make_engine
from tests.support.events import a_stream, a_write
from tests.support.log_contract import LogContract

THREADS = 16


def spawn(work: Callable[[], None]) -> None:
    Thread(target=work, daemon=True).start()


@pytest.fixture(params=list(Driver))
def log(database_url: str, request: pytest.FixtureRequest) -> Iterator[EventLog]:
    engine = make_engine(database_url, request.param)
    yield GroupCommitLog(PostgresLog(engine), spawn)
    engine.dispose()


class TestGatheringPostgresLog(LogContract):
    """The contract; the fixture is the module's."""


def test_every_thread_is_told_where_its_own_events_are(log: EventLog) -> None:
    def append(number: int) -> tuple[str, int]:
        stream = a_stream()
        return stream, log.append("14", a_write(stream, count=1 + number % 3)).position

    with ThreadPoolExecutor(THREADS) as pool:
        told = dict(pool.map(append, range(200)))
    stored = log.read_lane("14", 0, 1_000)
    assert [event.position for event in stored] == list(range(1, len(stored) + 1))
    assert {event.stream: event.position for event in stored} == told


def test_of_many_who_write_the_same_version_one_wins_whoever_goes_with_them(log: EventLog) -> None:
    stream = a_stream()

    def append(number: int) -> bool:
        try:
            log.append("14", a_write(stream if number % 2 else a_stream()))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        won = list(pool.map(append, range(100)))
    assert won[0::2] == [True] * 50
    assert sum(won[1::2]) == 1
    assert len(log.read([stream])[stream]) == 1
    assert log.heads() == {"14": 51}
