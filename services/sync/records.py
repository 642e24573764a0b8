"""The reported record of a graduate and how events change it (DOMAIN 5.1, 5.2). Pure.

Each event that changes the record makes its next version; the event's id is the key by which a repeat is known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from shared.clock import day_of
from shared.messages import Recorded

UPSERT, VOID, RESTATE = "upsert", "void", "restate"

_ROSTER = (
    "province",
    "school",
    "department",
    "class_year",
    "education",
    "major_code",
    "major_name",
    "study_mode",
    "study_years",
    "training",
    "sex",
    "ethnic",
    "political",
    "hardship",
    "normal",
    "origin",
    "household",
    "enrolled_on",
    "graduates_on",
)
TYPES = frozenset(
    {
        "directory.GraduateEnrolled",
        "directory.GraduateCorrected",
        "directory.GraduateRemoved",
        "registration.DestinationRegistered",
        "registration.DestinationReopened",
    }
)


@dataclass(frozen=True, slots=True)
class Reported:
    """What has been said about a graduate so far: version 0 and no body before the first record."""

    graduate_id: str
    version: int = 0
    school: str = ""
    class_year: int = 0
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One message about one graduate; versions count 1, 2, 3 ... per graduate."""

    graduate_id: str
    version: int
    event_id: str
    verb: str
    school: str
    class_year: int
    body: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def report(state: Reported, recorded: Recorded) -> tuple[Reported, Record]:
    """The state after an event of `TYPES`, and the record that tells of it."""
    data = recorded.data
    school, class_year, verb = state.school, state.class_year, UPSERT
    known = state.body or {}
    body: dict[str, Any] = {"roster": known.get("roster"), "destination": known.get("destination")}
    match recorded.type:
        case "directory.GraduateEnrolled" | "directory.GraduateCorrected":
            body["roster"] = {name: data[name] for name in _ROSTER}
            school, class_year = data["school"], data["class_year"]
        case "directory.GraduateRemoved":
            verb = VOID
        case "registration.DestinationRegistered":
            registered_on = day_of(recorded.event.occurred_at).isoformat()
            body["destination"] = {**data["destination"], "registered_on": registered_on, "source": data["source"]}
        case "registration.DestinationReopened":
            body["destination"] = None
    after = Reported(state.graduate_id, state.version + 1, school, class_year, body)
    event_id = str(recorded.event.event_id)
    return after, Record(state.graduate_id, after.version, event_id, verb, school, class_year, body)


def digest_line(graduate_id: str, version: int, body: Any) -> str:
    """What one graduate adds to the digest of its school and class."""
    told = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{graduate_id}:{version}:{told}"


def digest(lines: list[str]) -> str:
    """The digest of a school and class: equal on both sides when both know the same."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
