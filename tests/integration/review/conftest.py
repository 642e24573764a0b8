"""The review service over a real database: its log and read model; directory and registration are told by hand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from services.directory.personal import Personal
from services.review.decider import case_of
from services.review.follower import FOLLOWERS
from shared.clock import FixedClock
from shared.eventlog.port import EventLog, Write, stream_lane
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, prepare
from shared.messages import Actor, Meta, NewEvent, Recorded
from shared.opening import Names
from shared.sealing import FreeWords
from shared.sql import Driver, make_engine
from tests.support.spec import LANE, NOW, SCOPE, SYSTEM

with warnings.catch_warnings():
    # Whoever imports eventlet first is told that it is old; we know (docs/decisions/0001).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    from services.review.service import ReviewService
    from shared.dependencies import ReadModel


@dataclass
class World:
    """One database, the service on it, and what follows it."""

    log: EventLog
    engine: Engine
    service: ReviewService
    following: Following
    personal: Personal

    def tell(self, stream: str, event_type: str, data: dict[str, Any], now: datetime = NOW) -> Recorded:
        """Write an event of another context."""
        event = NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, now)
        self.log.append(stream_lane(stream), Write(stream, len(self.log.read([stream])[stream]), [event]))
        return self.log.read([stream])[stream][-1]

    def set_province(self, *chain: str, cancellation: Sequence[str] = ("school",)) -> None:
        """The chains for the class of 2026 in province 14."""
        chains = {"review_chain": list(chain), "cancellation_chain": list(cancellation)}
        self.tell("province-14", "directory.ProvinceSettingsChanged", {"class_year": 2026, **chains})

    def set_school(self, *chain: str) -> None:
        """The school's own chain for the class of 2026."""
        data = {"school": "10108", "class_year": 2026, "review_chain": list(chain)}
        self.tell("school-14-10108", "directory.SchoolSettingsChanged", data)

    def open(self, kind: str = "registration", scope: str = SCOPE, minutes: int = 0, **more: Any) -> str:
        """A graduate's thing to look at, told to the service so many minutes after `NOW`; the id of its case."""
        event_type, name = {
            "registration": ("registration.RegistrationSubmitted", "registration_id"),
            "void": ("registration.VoidRequested", "void_id"),
            "agreement": ("agreement.OfferAccepted", "offer_id"),
            "cancellation": ("agreement.CancellationAgreed", "cancellation_id"),
        }[kind]
        graduate_id, subject_id = f"{LANE}-{uuid4()}", f"{LANE}-{uuid4()}"
        of_kind: dict[str, dict[str, Any]] = {
            "registration": {"destination": {"code": "11", "unit_name": "晋阳机械（集团）有限公司"}},
            "void": {"registration_id": f"{LANE}-{uuid4()}", "reason": "换了工作"},
        }
        told = of_kind.get(kind, {})
        data = {name: subject_id, "graduate_id": graduate_id, "scope": scope, "class_year": 2026, **told, **more}
        category = event_type.partition(".")[0]
        for name, value in {"clock": FixedClock(NOW + timedelta(minutes=minutes))}.items():
            setattr(self.service, name, value)
        self.service.react(self.tell(f"{category}-{graduate_id}", event_type, data))
        return case_of(kind, subject_id)

    def types(self, case_id: str) -> list[str]:
        """What happened to a case."""
        stream = f"review-{case_id}"
        return [recorded.type.partition(".")[2] for recorded in self.log.read([stream])[stream]]

    def follow(self) -> None:
        """Bring the read model up to the log."""
        while self.following.step(self.log.heads()):
            pass


def by(actor: Actor, action: str, minutes: int = 0) -> Meta:
    """The meta of a call, so many minutes after `NOW`."""
    known = uuid4()
    return Meta(known, known, actor, NOW + timedelta(minutes=minutes), f"review.{action}")


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    (follower,) = FOLLOWERS
    engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=5)
    prepare(engine, follower, follower.schema)
    log = PostgresLog(engine)
    service = ReviewService()
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
    yield World(log, engine, service, Following(log, engine, follower), personal)
    engine.dispose()
