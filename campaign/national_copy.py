"""What the national side must have been told, by this checker's own account of the log (DOMAIN 5.1, 5.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from campaign.checker import SHANGHAI, Event, Findings

ROSTER = (
    *("province", "school", "department", "class_year", "education", "major_code", "major_name", "study_mode"),
    *("study_years", "training", "agreed_unit", "sex", "ethnic", "political", "hardship", "normal", "origin"),
    *("household", "enrolled_on", "graduates_on"),
)
DESTINATION = (
    *("code", "intention", "unit_name", "uscc", "unit_nature", "industry", "place", "position", "school_name"),
    *("country", "foreign_school_name", "form", "signed_on", "agreement_number"),
    *("unit_address", "unit_phone"),
)
ARCHIVE = ("kind", "recipient", "address", "postcode", "contact", "phone")
HOUSEHOLD = ("moves", "address")
NOTHING: Mapping[str, Any] = {"roster": None, "destination": None, "leaving": None}


def check_national(records: Sequence[Mapping[str, Any]], events: Sequence[Event], found: Findings) -> None:
    """The national side was told every change of every graduate, once, in order, and nothing else."""
    theirs: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        told = record["event_id"], record["version"], record["verb"], record["body"]
        theirs[record["graduate_id"]].append(told)
    ours: dict[str, list[Any]] = defaultdict(list)
    known: dict[str, Mapping[str, Any]] = defaultdict(lambda: NOTHING)
    for event in sorted(events, key=lambda each: (each.lane, each.position)):
        graduate = str(event.data.get("graduate_id"))
        change = _change(event, known[graduate])
        if change is None:
            continue
        body = {**known[graduate], **change}
        # What says the same again is no news.
        if body != known[graduate]:
            known[graduate] = body
            verb = "void" if body["roster"] is None else "upsert"
            ours[graduate].append((event.event_id, len(ours[graduate]) + 1, verb, body))
    for graduate in sorted({*ours, *theirs}):
        same = theirs[graduate] == ours[graduate]
        found.expect("national copy equals the log", same, f"{graduate}: {theirs[graduate]} for {ours[graduate]}")


def _change(event: Event, known: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an event changes of the record, None when nothing. A new destination, or none, ends what was confirmed."""
    data = event.data
    day = event.occurred_at.astimezone(SHANGHAI).date().isoformat()
    match event.type:
        case "directory.GraduateEnrolled" | "directory.GraduateCorrected":
            return {"roster": {name: data.get(name) for name in ROSTER}}
        case "directory.GraduateRemoved":
            return {"roster": None}
        case "registration.DestinationRegistered":
            return {"destination": {**_given(data["destination"], DESTINATION), "registered_on": day}, "leaving": None}
        case "registration.AgreementRenumbered" if known["destination"] is not None:
            return {"destination": {**known["destination"], "agreement_number": data["agreement_number"]}}
        case "registration.DestinationReopened":
            return {"destination": None, "leaving": None}
        case "registration.LeavingConfirmed":
            confirmed = {
                "archive": _given(data["archive"], ARCHIVE),
                "household": _given(data["household"], HOUSEHOLD),
                "verification_authorised": data.get("verification_authorised", False),
                **_given(data, ("transfer_number",)),
                "confirmed_on": day,
            }
            return {"leaving": confirmed}
        case "registration.LeavingReset":
            return {"leaving": None}
    return None


def _given(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: data[name] for name in names if data.get(name) is not None}
