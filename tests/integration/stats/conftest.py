"""Statistics over a real database: their tables, what is applied to them, and the service that asks them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, text

from services.stats import read_model
from services.stats.follower import FOLLOWERS
from shared.clock import FixedClock
from shared.following import prepare
from shared.messages import Recorded
from shared.sql import Driver, make_engine
from tests.support.spec import NOW

with warnings.catch_warnings():
    # Whoever imports eventlet first is told that it is old; we know (docs/decisions/0001).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    from services.stats.service import StatsService
    from shared.dependencies import ReadModel


@dataclass
class World:
    """One database and the service on it."""

    engine: Engine
    service: StatsService

    def apply(self, events: Sequence[Recorded]) -> None:
        """One batch, and the checkpoint that a follower moves with it."""
        with self.engine.begin() as connection:
            read_model.apply(connection, read_model.understand(events))
            self._move_checkpoint(connection, events)

    def empty(self) -> None:
        """As before the first event."""
        tables = ", ".join(table.name for table in read_model.METADATA.sorted_tables)
        with self.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables}"))

    @staticmethod
    def _move_checkpoint(connection: Connection, events: Sequence[Recorded]) -> None:
        statement = """
            INSERT INTO checkpoint VALUES (:lane, :position)
            ON CONFLICT (lane) DO UPDATE SET position = excluded.position
        """
        connection.execute(text(statement), {"lane": events[-1].lane, "position": events[-1].position})


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    (follower,) = FOLLOWERS
    engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=2)
    prepare(engine, follower, follower.schema)
    service = StatsService()
    for name, value in {"rows": ReadModel(engine), "clock": FixedClock(NOW)}.items():
        setattr(service, name, value)
    yield World(engine, service)
    engine.dispose()
