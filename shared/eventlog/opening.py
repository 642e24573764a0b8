"""Where a process's event log is made: which backend it is, and what stands before it, is decided here alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from shared.eventlog.group_commit import GroupCommitLog, Spawn
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.stream_cache import CachingLog
from shared.settings import Settings
from shared.sql import Driver, make_engine


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of process needs of the log. With `spawn`, which starts a thread of its kind, many calls share a commit
    and what one of them read is kept for the next."""

    driver: Driver
    connections: int
    spawn: Spawn | None = None
    statement_seconds: int = 30


# A command that an operator gives: one reader and writer, which may copy many events at once.
TOOL: Final = Kind(Driver.PLAIN, connections=2)
# As a tool, for work on whole lanes.
MIGRATION: Final = Kind(Driver.PLAIN, connections=2, statement_seconds=600)


def serving(workers: int, spawn: Spawn) -> Kind:
    """A nameko process that takes so many calls at once."""
    return Kind(Driver.GREEN, workers, spawn)


def following(followers: int) -> Kind:
    """A plain process of so many followers: each reads one batch while it looks ahead for another; one more asks for the
    heads."""
    return Kind(Driver.PLAIN, 2 * followers + 1)


def open_log(settings: Settings, kind: Kind) -> EventLog:
    """The log, for as long as the process lives."""
    return _log(_engine(settings, kind), kind)


@contextmanager
def opened_log(settings: Settings, kind: Kind) -> Iterator[EventLog]:
    """The log, for a part of the process's life: its connections are closed after it."""
    engine = _engine(settings, kind)
    try:
        yield _log(engine, kind)
    finally:
        engine.dispose()


def _engine(settings: Settings, kind: Kind) -> Engine:
    return make_engine(
        settings.database_url, kind.driver, pool_size=kind.connections, statement_seconds=kind.statement_seconds
    )


def _log(engine: Engine, kind: Kind) -> EventLog:
    stored = PostgresLog(engine)
    return stored if kind.spawn is None else CachingLog(GroupCommitLog(stored, kind.spawn))
