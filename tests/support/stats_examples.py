"""A class as statistics hear of it: events of one lane in order, and a naive count of what they say to compare with.

A test states only what differs: `lane.enrol(ANA, department="08")`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import uuid4

from services.directory import events as d
from services.registration import events as r
from services.registration.events import Destination
from services.stats.dimensions import DESTINATION_COLUMNS, ROSTER_COLUMNS
from shared.codec import to_json
from shared.codes.tables import COMPLETION_EDUCATIONS
from shared.messages import NewEvent, Recorded
from tests.support import directory_examples as x
from tests.support.registration_examples import complete
from tests.support.spec import LANE, NOW, SYSTEM

ANA, BO, CAI = (f"{LANE}-00000000-0000-4000-8000-0000000000a{number}" for number in (1, 2, 3))
CLASS_YEAR: Final = 2026
FIRST_DAY: Final = date(2026, 5, 1)
SIGNED: Final = complete("10")
CONTRACT: Final = complete("11")
STUDY: Final = complete("801")
SEEKING: Final = complete("70")


def day(number: int) -> date:
    """The number-th day of the season, from 0."""
    return FIRST_DAY + timedelta(days=number)


@dataclass
class Lane:
    """Events of one lane, numbered as the log numbers them. Each is recorded a minute after the one before."""

    lane: str = LANE
    events: list[Recorded] = field(default_factory=list)

    def tell(self, event: Any, on: date = FIRST_DAY, event_type: str = "") -> Recorded:
        """Record an event that happened in the middle of a day."""
        occurred_at = datetime.combine(on, time(4), UTC)
        new = NewEvent(
            event_type or event.TYPE, 1, to_json(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, occurred_at
        )
        position = len(self.events) + 1
        recorded = Recorded(self.lane, position, "stream", 1, NOW + timedelta(minutes=position), new)
        self.events.append(recorded)
        return recorded

    def enrol(self, graduate_id: str, **changes: Any) -> Recorded:
        """Put a graduate on the roster."""
        return self.tell(replace(x.ENROLLED, graduate_id=graduate_id, **changes))

    def correct(self, graduate_id: str, **changes: Any) -> Recorded:
        """The roster said something else before."""
        return self.tell(x.corrected(graduate_id=graduate_id, **changes))

    def remove(self, graduate_id: str) -> Recorded:
        """Take a graduate off the roster."""
        return self.tell(d.GraduateRemoved(graduate_id, "退学"))

    def register(self, graduate_id: str, destination: Destination, on: date = FIRST_DAY) -> Recorded:
        """A destination that counts from a day on."""
        event = r.DestinationRegistered(f"{LANE}-x", graduate_id, "CN/14/10108/07", CLASS_YEAR, destination, "direct")
        return self.tell(event, on)

    def reopen(self, graduate_id: str, on: date = FIRST_DAY) -> Recorded:
        """No destination from a day on."""
        return self.tell(r.DestinationReopened(f"{LANE}-x", graduate_id, "voided"), on)

    def leave(self, graduate_id: str, on: date = FIRST_DAY, **more: Any) -> Recorded:
        """What was confirmed before leaving."""
        archive = r.Archive("talent_service", "太原市人才服务局", "太原市迎泽区某路 1 号", "030001", contact="档案科")
        event = r.LeavingConfirmed(graduate_id, f"{LANE}-x", archive, r.Household(moves=False), **more)
        return self.tell(event, on)

    def reset_leaving(self, graduate_id: str) -> Recorded:
        """What was confirmed before leaving is open again."""
        return self.tell(r.LeavingReset(graduate_id, f"{LANE}-x", "void_requested"))

    def name_department(self, school: str, department: str, name: str) -> Recorded:
        """Give a department its name."""
        return self.tell(d.DepartmentAdded(school, department, name))


@dataclass(frozen=True)
class Said:
    """A destination said of a graduate, None for nothing, with both of its times."""

    on: date
    recorded_at: datetime
    destination: dict[str, Any] | None


@dataclass
class Naive:
    """What the events say, one after another, with nothing but lists and loops."""

    roster: dict[str, list[tuple[datetime, dict[str, Any] | None]]] = field(default_factory=dict)
    said: dict[str, list[Said]] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Sequence[Recorded]) -> Naive:
        """Hear everything."""
        naive = cls()
        for event in events:
            naive.hear(event)
        return naive

    def hear(self, recorded: Recorded) -> None:
        """One event more."""
        name, data = recorded.type.partition(".")[2], recorded.data
        if name in ("GraduateEnrolled", "GraduateCorrected"):
            self.roster.setdefault(data["graduate_id"], []).append((recorded.recorded_at, data))
        elif name == "GraduateRemoved":
            self.roster.setdefault(data["graduate_id"], []).append((recorded.recorded_at, None))
        elif name in ("DestinationRegistered", "DestinationReopened"):
            # Noon in China is the same calendar day as the event's instant in UTC.
            said = Said(recorded.event.occurred_at.date(), recorded.recorded_at, data.get("destination"))
            self.said.setdefault(data["graduate_id"], []).append(said)

    def count(
        self,
        as_of: date,
        by: Sequence[str],
        *,
        wanted: Callable[[dict[str, Any]], bool] = lambda entry: True,
        include_completion: bool = True,
        known_at: datetime | None = None,
    ) -> dict[tuple[str, ...], int]:
        """How many of the wanted graduates have each combination of values at the end of a day."""
        found: Counter[tuple[str, ...]] = Counter()
        for graduate_id in self.roster:
            entry = self._entry(graduate_id, known_at)
            if (
                entry is not None
                and wanted(entry)
                and (include_completion or entry["education"] not in COMPLETION_EDUCATIONS)
            ):
                destination = self._destination(graduate_id, as_of, known_at)
                found[tuple(_value(name, entry, destination) for name in by)] += 1
        return dict(found)

    def _entry(self, graduate_id: str, known_at: datetime | None) -> dict[str, Any] | None:
        heard = [entry for at, entry in self.roster[graduate_id] if known_at is None or at <= known_at]
        return heard[-1] if heard else None

    def _destination(self, graduate_id: str, as_of: date, known_at: datetime | None) -> dict[str, Any]:
        held: dict[str, Any] | None = None
        for said in self.said.get(graduate_id, ()):
            if said.on <= as_of and (known_at is None or said.recorded_at <= known_at):
                held = said.destination
        return held or {}


def _value(name: str, entry: dict[str, Any], destination: dict[str, Any]) -> str:
    if name in DESTINATION_COLUMNS:
        value = str(destination.get(name) or "")
        return value[:2] if name == "place" else value
    assert name in ROSTER_COLUMNS
    if name == "origin":
        return str(entry["origin"][:2])
    return str(entry["major_name" if name == "major" else name])
