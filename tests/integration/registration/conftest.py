"""The registration service over a real database: its log and read model; the other contexts are told by hand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from services.directory.personal import Personal
from services.registration import decider as c
from services.registration.follower import FOLLOWERS
from shared.clock import FixedClock
from shared.codec import to_json
from shared.eventlog.port import EventLog, Write, stream_lane
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, prepare
from shared.messages import Actor, Meta, NewEvent, Recorded, lane_of, new_id
from shared.opening import Names
from shared.sealing import FreeWords
from shared.sql import Driver, make_engine
from tests.support import examples
from tests.support import registration_examples as x
from tests.support.spec import LANE, NOW, SYSTEM

with warnings.catch_warnings():
    # Whoever imports eventlet first is told that it is old; we know (docs/decisions/0001).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    from services.registration.service import RegistrationService
    from shared.dependencies import ReadModel


@dataclass
class World:
    """One database, the service on it, and what follows it."""

    log: EventLog
    engine: Engine
    service: RegistrationService
    following: Following
    personal: Personal

    def publish(self, stream: str, event_type: str, data: dict[str, Any], now: datetime = NOW) -> Recorded:
        """Write an event of another context without telling the service."""
        event = NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, now)
        self.log.append(stream_lane(stream), Write(stream, len(self.log.read([stream])[stream]), [event]))
        return self.log.read([stream])[stream][-1]

    def enrol(self, graduate_id: str | None = None, school: str = "10108", department: str = "07") -> str:
        """Put a graduate on the roster, who confirms it; its id."""
        known = graduate_id or f"{LANE}-{uuid4()}"
        roster = {"province": lane_of(known), "school": school, "department": department}
        with self.engine.begin() as connection:
            envelope = self.personal.seal_many(connection, {known: {"name": "李雷"}})[known]
        data = {"graduate_id": known, **roster, "class_year": 2026, "training": "1", "personal": envelope}
        entry = self.publish(f"graduate-{known}", "directory.GraduateEnrolled", data).version
        confirmed = {"graduate_id": known, "entry": entry}
        self.publish(f"basic_data-{known}", "directory.BasicDataConfirmed", confirmed)
        return known

    def register(self, graduate_id: str, code: str = "11", minutes: int = 0) -> str:
        """A graduate registers a destination; the id of the registration."""
        meta = by(Actor("graduate", graduate_id), "register_destination", minutes)
        self.service.register_destination(c.RegisterDestination(graduate_id, x.complete(code)), meta)
        return new_id(lane_of(graduate_id), meta.command_id, "registration")

    def request_void(self, graduate_id: str, registration_id: str) -> str:
        """A graduate asks to void what is registered; the id of the request."""
        meta = by(Actor("graduate", graduate_id), "request_void")
        self.service.request_void(c.RequestVoid(graduate_id, registration_id, "换了工作"), meta)
        return new_id(lane_of(graduate_id), meta.command_id, "void")

    def review(self, outcome: str, graduate_id: str, kind: str, subject_id: str) -> None:
        """A review that ended, told to the service."""
        data = {"case_id": "14-c", "kind": kind, "subject_id": subject_id, "graduate_id": graduate_id}
        if outcome == "Returned":
            data |= {"step": "school", "reason": "合同缺少盖章页"}
        self.service.react(self.publish(f"review-{lane_of(graduate_id)}-{uuid4()}", f"review.Review{outcome}", data))

    def accept(self, graduate_id: str) -> str:
        """A graduate accepts an offer; the id of the agreement to be."""
        agreement_id = f"{LANE}-{uuid4()}"
        accepted = replace(examples.ACCEPTED, offer_id=agreement_id, graduate_id=graduate_id)
        self.publish(f"agreement-{graduate_id}", accepted.TYPE, to_json(accepted))
        return agreement_id

    def conclude(self, graduate_id: str, agreement_id: str) -> Recorded:
        """An agreement takes effect; the service is not told yet."""
        concluded = replace(examples.CONCLUDED, agreement_id=agreement_id, graduate_id=graduate_id, signed_on=SIGNED_ON)
        return self.publish(f"agreement-{graduate_id}", concluded.TYPE, to_json(concluded))

    def cancel(self, graduate_id: str, agreement_id: str) -> Recorded:
        """An agreement is cancelled; the service is not told yet."""
        cancelled = replace(examples.CANCELLED, agreement_id=agreement_id, graduate_id=graduate_id)
        return self.publish(f"agreement-{graduate_id}", cancelled.TYPE, to_json(cancelled))

    def reissue(self, graduate_id: str, agreement_id: str) -> Recorded:
        """The lost book of an agreement is made again; the service is not told yet."""
        reissued = replace(examples.REISSUED, agreement_id=agreement_id, graduate_id=graduate_id)
        return self.publish(f"agreement-{graduate_id}", reissued.TYPE, to_json(reissued))

    def types(self, graduate_id: str) -> list[str]:
        """What happened to a graduate's destination."""
        stream = f"registration-{graduate_id}"
        return [recorded.type.partition(".")[2] for recorded in self.log.read([stream])[stream]]

    def follow(self) -> None:
        """Bring the read model up to the log."""
        while self.following.step(self.log.heads()):
            pass


SIGNED_ON = date(2026, 4, 30)


def by(actor: Actor, action: str, minutes: int = 0, command_id: UUID | None = None) -> Meta:
    """The meta of a call, so many minutes after `NOW`."""
    known = command_id or uuid4()
    return Meta(known, known, actor, NOW + timedelta(minutes=minutes), f"registration.{action}")


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    (follower,) = FOLLOWERS
    engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=5)
    prepare(engine, follower, follower.schema)
    log = PostgresLog(engine)
    service = RegistrationService()
    personal = Personal(bytes(32), bytes(32))
    parts = {
        "log": log,
        "rows": ReadModel(engine),
        "clock": FixedClock(NOW),
        "names": Names(log, engine, personal),
        "words": FreeWords(log, engine, personal),
    }
    for name, value in parts.items():
        setattr(service, name, value)
    made = World(log, engine, service, Following(log, engine, follower), personal)
    for lane in (LANE, "15"):
        # Evidence has specs of its own.
        settings = {"class_year": 2026, "evidence_required": False}
        made.publish(f"province-{lane}", "directory.ProvinceSettingsChanged", settings)
    yield made
    engine.dispose()
