"""The agreement service over a real database: its log, serials and read model; the directory is told by hand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from services.agreement.follower import FOLLOWERS
from services.directory.personal import Personal
from shared.clock import FixedClock
from shared.eventlog.port import EventLog, Write, stream_lane
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, prepare
from shared.messages import Actor, Meta, NewEvent, Recorded
from shared.opening import Names
from shared.sealing import FreeWords
from shared.sql import Driver, make_engine
from tests.support import examples as x
from tests.support.spec import EMPLOYER_ID, NOW, OTHER_EMPLOYER_ID, SYSTEM

with warnings.catch_warnings():
    # Whoever imports eventlet first is told that it is old; we know (docs/decisions/0001).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    from services.agreement.service import AgreementService
    from shared.dependencies import ReadModel


@dataclass
class World:
    """One database, the service on it, and what follows it."""

    log: EventLog
    engine: Engine
    service: AgreementService
    following: Following
    personal: Personal

    def tell(self, stream: str, event_type: str, **data: Any) -> Recorded:
        """Write an event of another context."""
        event = NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        self.log.append(stream_lane(stream), Write(stream, len(self.log.read([stream])[stream]), [event]))
        return self.log.read([stream])[stream][-1]

    def set_province(self, parties: int, **more: Any) -> None:
        """两方 or 三方 for the class of 2026 in province 14, and whatever else it sets."""
        self.tell(
            "province-14",
            "directory.ProvinceSettingsChanged",
            province="14",
            class_year=2026,
            parties=parties,
            response_days=5,
            response_days_max=30,
            cancellation_days=15,
            review_chain=["school"],
            cancellation_chain=["school"],
            **more,
        )

    def enrol(self, graduate_id: str, name: str = "李雷") -> str:
        """Put a graduate on the roster, who confirms it."""
        with self.engine.begin() as connection:
            envelope = self.personal.seal_many(connection, {graduate_id: {"name": name}})[graduate_id]
        entry = self.tell(
            f"graduate-{graduate_id}",
            "directory.GraduateEnrolled",
            graduate_id=graduate_id,
            province="14",
            school="10108",
            department="07",
            class_year=2026,
            education="31",
            training="1",
            personal=envelope,
        ).version
        confirmed = {"graduate_id": graduate_id, "entry": entry}
        self.tell(f"basic_data-{graduate_id}", "directory.BasicDataConfirmed", **confirmed)
        return graduate_id

    def verify(self, employer_id: str) -> None:
        """Register and verify an employer."""
        stream = f"employer-{employer_id}"
        names = ("name", "uscc", "nature", "industry", "place", "address", "phone")
        known = {name: getattr(x.VERIFIED, name) for name in names}
        self.tell(stream, "directory.EmployerRegistered", employer_id=employer_id, **known)
        self.tell(stream, "directory.EmployerVerified", employer_id=employer_id)

    def store(self, graduate_id: str, kind: str) -> str:
        """Evidence of a graduate; its id."""
        evidence_id = f"14-{uuid4()}"
        self.tell(f"evidence-{evidence_id}", "directory.EvidenceStored", graduate_id=graduate_id, kind=kind)
        return evidence_id

    def review(self, outcome: str, graduate_id: str, kind: str, subject_id: str) -> None:
        """A review that ended, delivered to the service."""
        data = {"case_id": "14-c", "kind": kind, "subject_id": subject_id, "graduate_id": graduate_id}
        if outcome == "Returned":
            data |= {"step": "school", "reason": "岗位信息不完整"}
        self.service.react(self.tell(f"review-14-{uuid4()}", f"review.Review{outcome}", **data))

    def follow(self) -> None:
        """Bring the read model up to the log."""
        while self.following.step(self.log.heads()):
            pass


def by(actor: Actor, action: str, now: datetime = NOW, command_id: UUID | None = None) -> Meta:
    """The meta of a call."""
    known = command_id or uuid4()
    return Meta(known, known, actor, now, f"agreement.{action}")


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    (follower,) = FOLLOWERS
    engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=5)
    prepare(engine, follower, follower.schema)
    log = PostgresLog(engine)
    service = AgreementService()
    personal = Personal(bytes(32), bytes(32))
    parts = {
        "log": log,
        "engine": engine,
        "rows": ReadModel(engine),
        "clock": FixedClock(NOW),
        "names": Names(log, engine, personal),
        "words": FreeWords(log, engine, personal),
        "off_the_hub": lambda work, *arguments: work(*arguments),
    }
    for name, value in parts.items():
        setattr(service, name, value)
    made = World(log, engine, service, Following(log, engine, follower), personal)
    made.set_province(2)
    for employer_id in (EMPLOYER_ID, OTHER_EMPLOYER_ID):
        made.verify(employer_id)
    yield made
    engine.dispose()
