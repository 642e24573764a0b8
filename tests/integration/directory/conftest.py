"""The directory service over a real database: its log, its keys and its read model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from services.directory.decider import SCHOOL, ListSchool
from services.directory.follower import followers
from services.directory.national import set_check_address
from services.directory.personal import Personal, personal_of
from services.directory.roster import RosterReport, import_roster
from shared.clock import FixedClock
from shared.codes.schools import SCHOOLS
from shared.eventlog.port import EventLog, Write, stream_lane
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, prepare
from shared.handling import handle
from shared.messages import Actor, Meta, NewEvent, Recorded
from shared.settings import Settings
from shared.sql import Driver, make_engine
from tests.support.spec import NOW, SYSTEM

with warnings.catch_warnings():
    # Whoever imports eventlet first is told that it is old; we know (docs/decisions/0001).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    from services.directory.service import DirectoryService
    from shared.dependencies import ReadModel

SCHOOL_CODE = "10108"
SCHOOL_LISTED = ("10108", "10109")


@dataclass
class World:
    """One database, the service on it, and what follows it."""

    log: EventLog
    engine: Engine
    service: DirectoryService
    following: Following
    vouching: Following
    personal: Personal

    def follow(self) -> None:
        """Bring the read models up to the log."""
        for each in (self.following, self.vouching):
            while each.step(self.log.heads()):
                pass

    def tell(self, stream: str, event_type: str, **data: Any) -> Recorded:
        """Write an event of another context."""
        event = NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        self.log.append(stream_lane(stream), Write(stream, len(self.stream(stream)), [event]))
        return self.stream(stream)[-1]

    def stream(self, name: str) -> list[Recorded]:
        """The events of a stream."""
        return list(self.log.read([name])[name])

    def lane(self, lane: str = "14") -> list[Recorded]:
        """Every event of a lane."""
        return list(self.log.read_lane(lane, 0, 1_000_000))

    def types(self, name: str) -> list[str]:
        """The types of a stream's events, without their context."""
        return [each.type.partition(".")[2] for each in self.stream(name)]

    def import_file(self, path: Path, report: Callable[[int], None] = lambda seen: None) -> RosterReport:
        """Import a roster of the school's class of 2026."""
        return import_roster(
            self.log,
            self.engine,
            self.personal,
            path,
            school=SCHOOL_CODE,
            class_year=2026,
            account="school-office",
            clock=FixedClock(NOW),
            report=report,
        )

    def count(self, sql: str) -> Any:
        """The one value a query gives."""
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(sql).scalar_one()


def by(actor: Actor, action: str, now: datetime = NOW, command_id: UUID | None = None) -> Meta:
    """The meta of a call."""
    known = command_id or uuid4()
    return Meta(known, known, actor, now, f"directory.{action}")


def list_school(log: EventLog, code: str) -> None:
    """Put a school of the national list into the directory."""
    school = SCHOOLS[code]
    listing = ListSchool(
        school.code5,
        school.school_id10,
        school.name,
        school.province,
        school.authority,
        school.city,
        school.level,
        school.private,
    )
    handle(log, SCHOOL, listing, by(SYSTEM, "list_school"))


def settings_of(database_url: str, directory: Path) -> Settings:
    """Settings of a process that holds the personal key."""
    key = directory / "personal.key"
    key.write_text("5a" * 64)
    return Settings(
        environment="development",
        database_url=database_url,
        amqp_uri="",
        principal_keys_file=key,
        principal_signing_key_file=None,
        personal_key_file=key,
        national_url="",
        national_key_file=key,
        evidence_url=(directory / "evidence").as_uri(),
        check_address="https://check.example",
        clock_file=None,
        health_port=0,
        max_workers=1,
    )


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    settings = settings_of(database_url, tmp_path)
    projecting, vouching = followers(settings)
    engines = {
        each.schema: make_engine(database_url, Driver.PLAIN, schema=each.schema, pool_size=5)
        for each in (projecting, vouching)
    }
    for each in (projecting, vouching):
        prepare(engines[each.schema], each, each.schema)
    engine = engines[projecting.schema]
    log = PostgresLog(engine)
    service = DirectoryService()
    parts = {
        "log": log,
        "engine": engine,
        "rows": ReadModel(engine),
        "verification_rows": ReadModel(engines[vouching.schema]),
        "settings": settings,
        "off_the_hub": lambda work, *args: work(*args),
    }
    for name, value in parts.items():
        setattr(service, name, value)
    for code in SCHOOL_LISTED:
        list_school(log, code)
    set_check_address(log, settings.check_address, NOW)
    following, vouched = (Following(log, engines[each.schema], each) for each in (projecting, vouching))
    yield World(log, engine, service, following, vouched, personal_of(settings))
    for used in engines.values():
        used.dispose()


LONG_AFTER = datetime(2030, 1, 2, tzinfo=UTC)
