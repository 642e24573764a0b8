"""What a nameko service class may ask for: the event log, rows of its read model, primary tables, settings, the clock.

Engines belong to the process, not to a service: all services of one process share their connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from eventlet import tpool
from nameko.extensions import DependencyProvider
from sqlalchemy import Connection, Engine

from shared.clock import Clock
from shared.eventlog.port import EventLog
from shared.following import require
from shared.opening import Names, opener_of
from shared.sealing import FreeWords, sealer_of
from shared.settings import Settings
from shared.sql import without_transaction


class Log(DependencyProvider):
    """The event log."""

    def get_dependency(self, worker_ctx: Any) -> EventLog:
        log: EventLog = self.container.config["log"]
        return log


class SettingsProvider(DependencyProvider):
    """The process's settings."""

    def get_dependency(self, worker_ctx: Any) -> Settings:
        settings: Settings = self.container.config["settings"]
        return settings


class ClockProvider(DependencyProvider):
    """The platform's clock."""

    def get_dependency(self, worker_ctx: Any) -> Clock:
        clock: Clock = self.container.config["clock"]
        return clock


class EngineProvider(DependencyProvider):
    """An engine for primary tables, which are named with their schema."""

    def get_dependency(self, worker_ctx: Any) -> Engine:
        open_engine: Callable[[str], Engine] = self.container.config["engine"]
        return open_engine("public")


class NamesProvider(DependencyProvider):
    """What graduates are called, for the answers of a service that may tell it."""

    def get_dependency(self, worker_ctx: Any) -> Names:
        config = self.container.config
        open_engine: Callable[[str], Engine] = config["engine"]
        return Names(config["log"], open_engine("public"), opener_of(config["settings"]))


class FreeWordsProvider(DependencyProvider):
    """Free words, sealed before they are stored and opened for who may read them."""

    def get_dependency(self, worker_ctx: Any) -> FreeWords:
        config = self.container.config
        open_engine: Callable[[str], Engine] = config["engine"]
        return FreeWords(config["log"], open_engine("public"), sealer_of(config["settings"]))


class OffTheHub(DependencyProvider):
    """Runs work that takes the CPU in a thread of its own, so that the process goes on taking turns: `run(work, *args)`."""

    def get_dependency(self, worker_ctx: Any) -> Callable[..., Any]:
        run: Callable[..., Any] = tpool.execute
        return run


class ReadModel:
    """Rows of one read model, at least as fresh as asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def at(self, at_least: Mapping[str, int] | None) -> AbstractContextManager[Connection]:
        """A connection to the read model. Raises Unavailable `projection.behind` while it has not caught up."""
        return self._open(at_least)

    @contextmanager
    def _open(self, at_least: Mapping[str, int] | None) -> Iterator[Connection]:
        with self._engine.connect() as connection, without_transaction(connection):
            require(connection, at_least)
            yield connection


class Rows(DependencyProvider):
    """The read model in one schema."""

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def get_dependency(self, worker_ctx: Any) -> ReadModel:
        open_engine: Callable[[str], Engine] = self.container.config["engine"]
        return ReadModel(open_engine(self._schema))
