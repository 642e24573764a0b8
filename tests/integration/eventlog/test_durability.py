"""What was answered outlives the server: killed in the middle of work, alone or with a standby that takes over."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy import event as sqlalchemy_event

from shared.errors import Unavailable
from shared.eventlog.group_commit import GroupCommitLog
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.sql import Driver, make_engine
from tests.support.events import a_stream, a_write
from wq.local.postgres import PrivatePostgres
from wq.migrating import migrate_log

LANES = ("14", "15")
# As late as PostgreSQL can write by itself what nobody waits for.
LAZY = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(tmp_path / "primary", LAZY)
    migrate_log(server.start())
    yield server
    server.stop()


@dataclass
class Season:
    """Writers and readers at work, and what they were told: the last position of each lane, and each stream's length."""

    log: EventLog
    answered: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shown: dict[str, int] = field(default_factory=dict)
    told_outside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stop: Event = field(default_factory=Event)

    def play(self, writes: int) -> list[Thread]:
        """Threads at work; returns when so many writes were answered."""
        work = [*((self._write, lane) for lane in LANES * 3), *((self._read, lane) for lane in LANES)]
        threads = [Thread(target=each, args=(lane,), daemon=True) for each, lane in work]
        for thread in threads:
            thread.start()
        while sum(self.answered.values()) < writes:
            time.sleep(0.001)
        return threads

    def _write(self, lane: str) -> None:
        while not self.stop.is_set():
            try:
                position = self.log.append(lane, a_write(stream := a_stream(lane))).position
            except Unavailable:
                return
            self.answered[lane] = max(position, self.answered[lane])
            self.shown[stream] = 1

    def _read(self, lane: str) -> None:
        """Reads behind the writers what they may not have been answered for yet, as a publisher and another process do."""
        after = 0
        while not self.stop.is_set():
            try:
                for recorded in self.log.read_lane(lane, after, 100):
                    after = self.told_outside[lane] = recorded.position
                    self.shown[recorded.stream] = len(self.log.read([recorded.stream])[recorded.stream])
            except Unavailable:
                return

    def what_is_missing(self, log: EventLog) -> list[str]:
        """What somebody was told and the log does not hold."""
        heads = log.heads()
        for lane, head in heads.items():
            positions: list[int] = []
            while found := log.read_lane(lane, len(positions), 1_000):
                positions += [recorded.position for recorded in found]
            assert positions == list(range(1, head + 1))
        missing = [lane for lane in LANES if heads.get(lane, 0) < max(self.answered[lane], self.told_outside[lane])]
        streams = list(self.shown)
        held = log.read(streams) if streams else {}
        return missing + [stream for stream in streams if len(held[stream]) < self.shown[stream]]


def _log(url: str, driver: Driver = Driver.PLAIN, **options: Any) -> tuple[EventLog, Engine]:
    engine = make_engine(url, driver, pool_size=10, **options)
    return GroupCommitLog(PostgresLog(engine), lambda work: Thread(target=work, daemon=True).start()), engine


def _killed_at_work(postgres: PrivatePostgres, log: EventLog, writes: int) -> Season:
    season = Season(log)
    threads = season.play(writes)
    postgres.kill()
    season.stop.set()
    for thread in threads:
        thread.join(60)
    return season


@pytest.mark.parametrize("driver", list(Driver))
def test_what_was_answered_or_told_is_there_after_the_server_was_killed(
    postgres: PrivatePostgres, driver: Driver
) -> None:
    chance = random.Random(7)
    for _ in range(10):
        log, engine = _log(postgres.url, driver)
        season = _killed_at_work(postgres, log, chance.randint(1, 200))
        engine.dispose()
        log, engine = _log(postgres.start(), driver)
        assert season.what_is_missing(log) == []
        engine.dispose()


def test_without_the_flush_it_would_be_lost(postgres: PrivatePostgres) -> None:
    lost: list[str] = []
    for _ in range(5):
        log, engine = _log(postgres.url)

        @sqlalchemy_event.listens_for(engine, "connect")
        def no_flush(connection: psycopg.Connection, record: object) -> None:
            connection.execute("SET synchronous_commit = off")
            connection.commit()

        season = _killed_at_work(postgres, log, 20)
        engine.dispose()
        log, engine = _log(postgres.start())
        lost += season.what_is_missing(log)
        engine.dispose()
    assert lost


def test_a_standby_that_takes_over_holds_what_was_answered(postgres: PrivatePostgres, tmp_path: Path) -> None:
    standby = postgres.standby(tmp_path / "standby")
    url = postgres.url
    standby.start()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            connection.execute("SELECT pg_reload_conf()")
        log, engine = _log(url)
        season = _killed_at_work(postgres, log, 100)
        engine.dispose()
        standby.promote()
        log, engine = _log(standby.url)
        assert season.what_is_missing(log) == []
        assert log.append("14", a_write(a_stream())).position > season.answered["14"]
        engine.dispose()
    finally:
        standby.stop()


def test_a_standby_that_is_away_leaves_nobody_with_an_answer_that_may_be_lost(postgres: PrivatePostgres) -> None:
    url = postgres.url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        connection.execute("SELECT pg_reload_conf()")
        for driver in Driver:
            log, engine = _log(url, driver, statement_seconds=1)
            many = [a_write(a_stream()), a_write(a_stream())]
            asked: list[Callable[[], object]] = [
                partial(log.append, "14", a_write(a_stream())),
                partial(log.append_many, "14", many),
                partial(log.read, [many[0].stream]),
                partial(log.read_lane, "14", 0, 10),
            ]
            for ask in asked:
                with pytest.raises(Unavailable) as caught:
                    ask()
                assert caught.value.code == "database.not_replicated"
            engine.dispose()
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
