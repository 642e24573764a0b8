"""Delivery over a real database, its real follower and the real practice server on a free port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from services.sync import read_model
from services.sync.client import NationalClient, Told
from services.sync.delivery import deliver
from services.sync.read_model import Parked
from services.sync.reconcile import Reconciliation, reconcile
from services.sync.sandbox import Sandbox
from shared.eventlog.port import EventLog, Write
from shared.eventlog.postgres import PostgresLog
from shared.following import LIVE_BATCH, Follower, Following, positions, prepare
from shared.messages import NewEvent, Recorded, lane_of
from shared.sql import Driver, make_engine
from tests.support import sync_examples as x
from tests.support.spec import SYSTEM
from tests.support.stats_examples import CLASS_YEAR, Lane


@dataclass
class World:
    """One database with its log, one sandbox, and a follower that tells it."""

    log: EventLog
    engine: Engine
    sandbox: Sandbox
    path: Path
    client: NationalClient
    lane: Lane = field(default_factory=Lane)
    _written: int = 0

    def following(self, client: NationalClient | None = None, batch: int = LIVE_BATCH) -> Following:
        """A replica of the follower."""

        def apply(connection: Any, events: Any) -> None:
            deliver(connection, events, client or self.client)

        return Following(self.log, self.engine, Follower("sync.deliver", "sync", read_model.METADATA, apply), batch)

    def write(self) -> None:
        """Put what `lane` was told since last time into the log, each as one event of its graduate's stream."""
        for recorded in self.lane.events[self._written :]:
            graduate_id = recorded.data["graduate_id"]
            stream = f"{recorded.type.partition('.')[0]}-{graduate_id}"
            event = NewEvent(
                recorded.type, 1, recorded.data, uuid4(), uuid4(), uuid4(), None, SYSTEM, recorded.event.occurred_at
            )
            version = len(self.log.read([stream])[stream])
            self.log.append(lane_of(graduate_id), Write(stream, version, [event]))
        self._written = len(self.lane.events)

    def follow(self) -> None:
        """Deliver all that was told so far."""
        self.write()
        following = self.following()
        while following.step(self.log.heads()):
            pass

    def deliver(self, events: Sequence[Recorded], client: NationalClient) -> None:
        """One batch, committed if nothing happens in between."""
        with self.engine.begin() as connection:
            deliver(connection, events, client)

    def position(self) -> int:
        """How far the lane has been delivered."""
        with self.engine.connect() as connection:
            return positions(connection).get("14", 0)

    def parked(self) -> list[Parked]:
        """Everything that is parked."""
        with self.engine.connect() as connection:
            return read_model.list_parked(connection)

    def versions(self, graduate_id: str) -> list[tuple[int, str]]:
        """What the other side has taken about a graduate: versions and verbs."""
        return [(each["version"], each["verb"]) for each in self.sandbox.store.history(graduate_id)]

    def codes(self) -> dict[str, int]:
        """The other side's own counts."""
        return self.sandbox.store.counts("10108", None, CLASS_YEAR)

    def reconcile(self) -> Reconciliation:
        """Both sides compared and put right."""
        return reconcile(self.engine, self.client, CLASS_YEAR, self.log.heads())

    def same_on_both_sides(self) -> bool:
        """Whether the digests of the school are equal."""
        with self.engine.connect() as connection:
            ours = read_model.digest_of(connection, "10108", CLASS_YEAR)
        return self.client.digests(CLASS_YEAR).get("10108", {"count": 0, "digest": ours["digest"]}) == ours

    def now_telling(self, sandbox: Sandbox) -> None:
        """The target moved to another sandbox, such as one that was started again."""
        self.sandbox = sandbox
        self.client = x.client_of(sandbox.url)


@dataclass
class Recording(NationalClient):
    """A client that remembers what was said, and may break after it was said."""

    said: list[Told] = field(default_factory=list)
    break_after: int = 0

    def send(self, province: str, records: Sequence[Any]) -> list[Told]:
        told = super().send(province, records)
        self.said += told
        if self.break_after:
            self.break_after -= 1
            raise ConnectionAbortedError("the process died between answer and commit")
        return told


def recording(world: World, break_after: int = 0) -> Recording:
    """A recording client of the world's sandbox."""
    return Recording(world.sandbox.url, x.KEY, patience=0.0, break_after=break_after)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the sandbox keeps its record."""
    return tmp_path / "national.jsonl"


@pytest.fixture
def world(database_url: str, path: Path) -> Iterator[World]:
    engine = make_engine(database_url, Driver.PLAIN, schema="sync", pool_size=6)
    prepare(engine, Follower("sync.deliver", "sync", read_model.METADATA, lambda connection, events: None), "sync")
    with x.running_sandbox(path) as sandbox:
        yield World(PostgresLog(engine), engine, sandbox, path, x.client_of(sandbox.url))
    engine.dispose()
