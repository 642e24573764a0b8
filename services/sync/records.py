"""The reported record of a graduate and how events change it (DOMAIN 5.1, 5.2). Pure.

Names, identity numbers and other numbers of a person do not leave `directory` in this step: a record is keyed by the
graduate id. Each event that changes the record makes its next version; the event's id is the key that tells a repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.clock import day_of
from shared.messages import Recorded, lane_of

# A restatement is a whole record told again: it stands for every version up to its own.
UPSERT, VOID, RESTATE = "upsert", "void", "restate"
VERBS = frozenset({UPSERT, VOID, RESTATE})

# Closed lists, so that a field added to an event never leaves the platform by itself.
ROSTER_FIELDS = (
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
    "agreed_unit",
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
DESTINATION_FIELDS = (
    "code",
    "intention",
    "unit_name",
    "uscc",
    "unit_nature",
    "industry",
    "place",
    "position",
    "school_name",
    "country",
    "foreign_school_name",
    "form",
    "signed_on",
    "unit_address",
    "unit_phone",
    "agreement_number",
)
ARCHIVE_FIELDS = ("kind", "recipient", "address", "postcode", "contact", "phone")
HOUSEHOLD_FIELDS = ("moves", "address")
# What the graduate confirmed before leaving, and the day of it (DOMAIN 5.2).
LEAVING_FIELDS = ("archive", "household", "transfer_number", "verification_authorised", "confirmed_on")
# What a destination is told with: its fields, and the day from which it counts.
TOLD_FIELDS = (*DESTINATION_FIELDS, "registered_on")
# Another type here would number the versions of graduates already told of anew: reconcile after a rebuild then.
TYPES = frozenset(
    {
        "directory.GraduateEnrolled",
        "directory.GraduateCorrected",
        "directory.GraduateRemoved",
        "registration.DestinationRegistered",
        "registration.DestinationReopened",
        "registration.AgreementRenumbered",
        "registration.LeavingConfirmed",
        "registration.LeavingReset",
    }
)


@dataclass(frozen=True, slots=True)
class Reported:
    """The record as the events have made it: version 0 before the first.

    Who was removed has no roster; the destination is kept, because it counts again when the graduate is enrolled again.
    """

    graduate_id: str
    version: int = 0
    school: str = ""
    class_year: int = 0
    roster: dict[str, Any] | None = None
    destination: dict[str, Any] | None = None
    leaving: dict[str, Any] | None = None

    @property
    def body(self) -> dict[str, Any]:
        """What the national system is told."""
        return {"roster": self.roster, "destination": self.destination, "leaving": self.leaving}

    def record(self, event_id: str, lane: str) -> Record:
        """The message that tells of it."""
        verb = VOID if self.roster is None else UPSERT
        return Record(self.graduate_id, self.version, event_id, lane, verb, self.school, self.class_year, self.body)

    def restated(self, event_id: str) -> Record:
        """The message that tells all of it again. Every occasion needs an id of its own, or it would pass as a repeat."""
        return replace(self.record(event_id, lane_of(self.graduate_id)), verb=RESTATE)


@dataclass(frozen=True, slots=True)
class Record:
    """One message about one graduate; versions count 1, 2, 3 ... per graduate."""

    graduate_id: str
    version: int
    event_id: str
    lane: str
    verb: str
    school: str
    class_year: int
    body: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The message as it travels; its lane is the batch's province."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "lane"}


def report(state: Reported, recorded: Recorded) -> tuple[Reported, Record | None]:
    """The state after an event of `TYPES`, and the record that tells of it; None when the event changes nothing told."""
    data = recorded.data
    after = state
    match recorded.type:
        case "directory.GraduateEnrolled" | "directory.GraduateCorrected":
            roster = {name: data.get(name) for name in ROSTER_FIELDS}
            after = replace(state, roster=roster, school=data["school"], class_year=data["class_year"])
        case "directory.GraduateRemoved":
            after = replace(state, roster=None)
        case "registration.DestinationRegistered":
            destination = _listed(data["destination"], DESTINATION_FIELDS)
            destination["registered_on"] = day_of(recorded.event.occurred_at).isoformat()
            after = replace(state, destination=destination, leaving=None)
        case "registration.AgreementRenumbered" if state.destination is not None:
            after = replace(state, destination={**state.destination, "agreement_number": data["agreement_number"]})
        case "registration.DestinationReopened":
            after = replace(state, destination=None, leaving=None)
        case "registration.LeavingConfirmed":
            after = replace(state, leaving=_leaving(recorded))
        case "registration.LeavingReset":
            after = replace(state, leaving=None)
    if after == state:
        return state, None
    after = replace(after, version=state.version + 1)
    return after, after.record(str(recorded.event.event_id), recorded.lane)


def _leaving(recorded: Recorded) -> dict[str, Any]:
    data = recorded.data
    told = _listed(data, ("transfer_number", "verification_authorised"))
    return {
        "archive": _listed(data["archive"], ARCHIVE_FIELDS),
        "household": _listed(data["household"], HOUSEHOLD_FIELDS),
        "verification_authorised": False,
        **told,
        "confirmed_on": day_of(recorded.event.occurred_at).isoformat(),
    }


def _listed(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}
