"""A round in which nothing went wrong: one graduate signs and one registers, as log, answers, read models and records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from campaign.checker import Event, ReadModels
from campaign.evidence import SCHEMAS
from campaign.history import OK, Attempt
from campaign.national_copy import ROSTER

START: Final = datetime(2026, 6, 1, 8, tzinfo=UTC)
SEED: Final = UUID(int=7)
ANA: Final = "14-ana"
BO: Final = "14-bo"


def command(name: str) -> str:
    """The id of a command by name."""
    return str(uuid5(SEED, name))


@dataclass
class Story:
    """A log that grows event by event, and what clients were told of it."""

    events: list[Event] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def happens(
        self, by: str, stream: str, *what: tuple[str, Mapping[str, Any]], because: Event | None = None
    ) -> Event:
        """A command's events; the last of them."""
        for index, (event_type, data) in enumerate(what):
            position = len(self.events) + 1
            self.events.append(
                Event(
                    lane="14",
                    position=position,
                    stream=stream,
                    version=sum(each.stream == stream for each in self.events) + 1,
                    type=event_type,
                    event_id=str(uuid5(UUID(command(by)), f"14/{index}")),
                    command_id=command(by),
                    correlation_id=because.correlation_id if because else command(by),
                    causation_id=because.event_id if because else None,
                    data=data,
                    occurred_at=START + timedelta(seconds=position),
                    recorded_at=START + timedelta(seconds=position),
                )
            )
        return self.events[-1]

    def told(self, by: str, outcome: str = OK, *, at: float | None = None, **more: Any) -> Attempt:
        """A client asked just before the command's last event and was told of it."""
        own = [each for each in self.events if each.command_id == command(by)]
        asked = START + timedelta(seconds=own[-1].position - 0.5 if at is None else at)
        attempt = Attempt(command(by), "agreement.accept_offer", None, asked, asked + timedelta(seconds=5), outcome)
        if outcome == OK:
            last = own[-1]
            attempt.result = {"id": last.stream.partition("-")[2], "version": last.version, "position": last.position}
        for name, value in more.items():
            setattr(attempt, name, value)
        self.attempts.append(attempt)
        return attempt


def entry(name: str, **differs: Any) -> dict[str, Any]:
    """What the roster says of a graduate."""
    return {"graduate_id": name, "province": "14", "school": "10108", "department": "07", "class_year": 2026, **differs}


def told_roster(**differs: Any) -> dict[str, Any]:
    """What the national side is told of that."""
    return {name: {**entry(ANA), **differs}.get(name) for name in ROSTER}


def story() -> Story:
    """Ana is invited, accepts, is reviewed and registered; Bo registers further study."""
    told = Story()
    for name in (ANA, BO):
        told.happens(f"enrol {name}", f"graduate-{name}", ("directory.GraduateEnrolled", entry(name)))
    told.happens("invite", f"agreement-{ANA}", ("agreement.OfferSent", {"offer_id": "o1"}))
    told.told("invite")
    accepted = told.happens("accept", f"agreement-{ANA}", ("agreement.OfferAccepted", {"offer_id": "o1"}))
    told.told("accept")
    case = {"case_id": "14-c1", "kind": "agreement", "subject_id": "o1"}
    told.happens("open", "review-14-c1", ("review.ReviewOpened", case), because=accepted)
    passed = told.happens("approve", "review-14-c1", ("review.StepApproved", case), ("review.ReviewPassed", case))
    told.told("approve")
    concluded = told.happens(
        "pass",
        f"agreement-{ANA}",
        ("agreement.AgreementConcluded", {"agreement_id": "o1", "number": "N1"}),
        because=passed,
    )
    registered = {
        "graduate_id": ANA,
        "registration_id": "r1",
        "agreement_id": "o1",
        "destination": {"code": "10", "unit_name": "示范单位", "monthly_salary": 6000},
    }
    told.happens(
        "register", f"registration-{ANA}", ("registration.DestinationRegistered", registered), because=concluded
    )
    submitted = told.happens(
        "submit", f"registration-{BO}", ("registration.RegistrationSubmitted", {"registration_id": "r2"})
    )
    told.told("submit")
    case = {"case_id": "14-c2", "kind": "registration", "subject_id": "r2"}
    told.happens("open 2", "review-14-c2", ("review.ReviewOpened", case), because=submitted)
    return told


def read_models(told: Story) -> ReadModels:
    """The read models after the story."""
    return ReadModels(
        checkpoints={schema: {"14": len(told.events)} for schema in SCHEMAS},
        offers={"o1": ("effective", "N1")},
        books={},
        registrations={"r1": ("registered", None), "r2": ("pending", None)},
        cases={"14-c1": "passed", "14-c2": "waiting"},
        spans={ANA: "10"},
        cube={"10108/07/10": 1, "10108/07/": 1},
        graduates={ANA: "10108/07", BO: "10108/07"},
        keyless=frozenset(),
        parked=0,
    )


def records(told: Story) -> list[dict[str, Any]]:
    """What the national side has accepted after the story."""
    by_type = {each.type: each for each in told.events}
    ana, bo, *_ = [each for each in told.events if each.type == "directory.GraduateEnrolled"]
    registered = by_type["registration.DestinationRegistered"]
    destination = {"code": "10", "unit_name": "示范单位", "registered_on": "2026-06-01"}
    new = {"roster": told_roster(), "destination": None, "leaving": None}
    return [record(1, ana, new), record(1, bo, new), record(2, registered, {**new, "destination": destination})]


def record(version: int, event: Event, body: dict[str, Any], verb: str = "upsert") -> dict[str, Any]:
    """One record as the national side keeps it."""
    graduate_id = event.data["graduate_id"]
    return {"graduate_id": graduate_id, "version": version, "event_id": event.event_id, "verb": verb, "body": body}


def changed(told: Story, index: int, **changes: Any) -> None:
    """Falsify an event of the story."""
    told.events[index] = replace(told.events[index], **changes)
