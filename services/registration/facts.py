"""What a decision about a destination needs to know from other contexts, read from their streams as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from services.registration.requirements import Evidence, Graduate
from shared.access import school_stream, scope_path
from shared.clock import day_of
from shared.codes.destination import REOPENED_DAYS, Deadlines, deadlines_of
from shared.handling import Streams
from shared.messages import Recorded, lane_of, until

# 信息确认.
CONFIRMED, DISPUTED, UNCHECKED = "confirmed", "disputed", "unchecked"
FREEING = ("agreement.AgreementReturned", "agreement.AgreementCancelled")


@dataclass(frozen=True, slots=True)
class Settings:
    """A province's settings for a class. No `change_deadline` means 31 August, no `registration_deadline` 31 December.

    `imports_until` is the last day on which schools import what an older system had collected, None for never.
    Whose destination is re-opened may register what follows for `reopened_days` more, whatever the last day was.
    """

    change_deadline: date | None = None
    evidence_required: bool = True
    imports_until: date | None = None
    reopened_days: int = REOPENED_DAYS
    registration_deadline: date | None = None

    def deadlines(self, class_year: int) -> Deadlines:
        """The last days of a class."""
        return deadlines_of(class_year, self.change_deadline, self.registration_deadline, self.reopened_days)


@dataclass(frozen=True, slots=True)
class Facts:
    """`signed`: an agreement binds, or one on paper is being made; then `on_paper`, until it is in force. What waits for a
    seal or an attestation binds until `signed_until`.

    `basic_data` is what the graduate said of the roster.

    `left` is where a graduate was who is on no roster any more. `roster_version` is how many events the directory has told
    about the graduate.
    `concluded` are the agreements that ever took effect, `cancelled` those that no longer bind. `freed_on` is the day on
    which an agreement last came to nothing: cancelled, or returned by its review.
    `settings` are those that the registration was made under; those of today for one that is being made, with the versions
    of the two streams that say so (None: not read).
    """

    graduate: Graduate | None = None
    left: str | None = None
    roster_version: int = 0
    basic_data: str = UNCHECKED
    signed: bool = False
    on_paper: bool = False
    signed_until: datetime | None = None
    concluded: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()
    freed_on: date | None = None
    settings: Settings = Settings()
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    province_version: int | None = None
    school_version: int | None = None


def facts_of(
    graduate_id: str, streams: Streams, *, about: frozenset[str] = frozenset(), evidence: Sequence[str] = ()
) -> Facts:
    """The facts from the streams that were read; a stream not read says nothing.

    `about` are the ids of what the command is about, if it is there already.
    """
    roster = streams.get(f"graduate-{graduate_id}", ())
    graduate = graduate_of(roster)
    agreements = streams.get(f"agreement-{graduate_id}", ())
    found = {each: _evidence(streams.get(f"evidence-{each}", ())) for each in evidence}
    signed, on_paper = _signed(agreements)
    begun = _begun_in(streams.get(f"registration-{graduate_id}", ()), about)
    province = streams.get(f"province-{lane_of(graduate_id)}", ())
    school = streams.get(school_stream(graduate.scope)) if graduate else None
    return Facts(
        graduate=graduate,
        left=None if graduate is not None else scope_of(roster),
        roster_version=len(roster),
        basic_data=checked(roster, streams.get(f"basic_data-{graduate_id}", ())),
        signed=signed,
        on_paper=on_paper,
        signed_until=_signed_until(agreements),
        concluded=_agreements(agreements, "agreement.AgreementConcluded"),
        cancelled=_agreements(agreements, "agreement.AgreementCancelled"),
        freed_on=_freed_on(agreements),
        settings=_settings(
            until(province, begun.get("province_version")),
            begun.get("class_year") or (graduate.class_year if graduate else _class_of(roster)),
        ),
        evidence=MappingProxyType({each: file for each, file in found.items() if file is not None}),
        province_version=len(province),
        school_version=None if school is None else len(school),
    )


def _begun_in(history: Sequence[Recorded], about: frozenset[str]) -> Mapping[str, Any]:
    """What the registration, filing or void request that has one of these ids began with; nothing when none is named."""
    for recorded in reversed(history) if about else ():
        if recorded.type in _BEGINS and about & {recorded.data.get(name) for name in _BEGUN_AS}:
            return recorded.data
    return {}


_BEGINS = (
    "registration.DestinationFiled",
    "registration.RegistrationSubmitted",
    "registration.DestinationRegistered",
    "registration.VoidRequested",
)
_BEGUN_AS = ("registration_id", "filing_id", "void_id", "agreement_id")


def _settings(history: Sequence[Recorded], class_year: int) -> Settings:
    settings = Settings()
    for recorded in history:
        told = recorded.data
        if told["class_year"] == class_year:
            settings = Settings(
                change_deadline=_day(told.get("change_deadline")),
                evidence_required=told.get("evidence_required", True),
                imports_until=_day(told.get("imports_until")),
                reopened_days=told.get("reopened_days", REOPENED_DAYS),
                registration_deadline=_day(told.get("registration_deadline")),
            )
    return settings


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _evidence(history: Sequence[Recorded]) -> Evidence | None:
    stored = next((recorded.data for recorded in history if recorded.type == "directory.EvidenceStored"), None)
    return None if stored is None else Evidence(stored["graduate_id"], stored["kind"])


def graduate_of(history: Sequence[Recorded]) -> Graduate | None:
    """The graduate as the directory has published it, None when unknown or removed."""
    found: dict[str, Any] | None = None
    for recorded in history:
        found = None if recorded.type == "directory.GraduateRemoved" else recorded.data
    if found is None:
        return None
    return Graduate(
        scope=scope_path(found["province"], found["school"], found["department"]),
        class_year=found["class_year"],
        training=found["training"],
        agreed_unit=found.get("agreed_unit"),
        agreed_region=found.get("agreed_region"),
        enrolled_on=_day(found.get("enrolled_on")),
    )


def scope_of(history: Sequence[Recorded]) -> str | None:
    """Where a graduate is, or was before being removed; None for who never was on a roster."""
    entry = next((told.data for told in reversed(history) if "department" in told.data), None)
    return None if entry is None else scope_path(entry["province"], entry["school"], entry["department"])


def checked(roster: Sequence[Recorded], said: Sequence[Recorded]) -> str:
    """What a graduate said of the newest roster entry (信息确认): confirmed, disputed, or unchecked.

    The directory's own rule, from its events as published: another entry is looked at anew, a dispute that the school has
    answered blocks nothing and confirms nothing.
    """
    entry = next((each.version for each in reversed(roster) if each.type in _ENTRIES), None)
    confirmed: int | None = None
    disputes: set[str] = set()
    for each in said:
        match each.type:
            case "directory.BasicDataConfirmed":
                confirmed, disputes = each.data["entry"], set()
            case "directory.BasicDataDisputed":
                confirmed = None
                disputes |= {each.data["dispute_id"]} if each.data["entry"] == entry else set()
            case "directory.DisputeAnswered":
                disputes -= {each.data["dispute_id"]}
    if disputes:
        return DISPUTED
    return CONFIRMED if entry is not None and confirmed == entry else UNCHECKED


_ENTRIES = ("directory.GraduateEnrolled", "directory.GraduateCorrected")


def _class_of(history: Sequence[Recorded]) -> int:
    return next((int(told.data["class_year"]) for told in reversed(history) if "class_year" in told.data), 0)


def _agreements(history: Sequence[Recorded], event_type: str) -> frozenset[str]:
    return frozenset(recorded.data["agreement_id"] for recorded in history if recorded.type == event_type)


def _freed_on(history: Sequence[Recorded]) -> date | None:
    days = [day_of(recorded.event.occurred_at) for recorded in history if recorded.type in FREEING]
    return days[-1] if days else None


def _signed(history: Sequence[Recorded]) -> tuple[bool, bool]:
    """Whether something binds, and whether it is a book that is not in force yet."""
    signed = on_paper = False
    for recorded in history:
        match recorded.type:
            case "agreement.OfferAccepted":
                signed, on_paper = True, False
            case "agreement.BookApplied" | "agreement.PaperSubmitted":
                signed, on_paper = True, True
            case "agreement.AgreementConcluded":
                on_paper = False
            case "agreement.AgreementReturned" | "agreement.AgreementCancelled" | "agreement.BookVoided":
                signed = on_paper = False
    return signed, on_paper


def _signed_until(history: Sequence[Recorded]) -> datetime | None:
    """Until when the step of signing that comes next is waited for; None where nothing ends by itself."""
    told = next((recorded for recorded in reversed(history) if recorded.type in _STEPS_OF_SIGNING), None)
    until = told.data.get("complete_by") if told is not None else None
    return None if until is None else datetime.fromisoformat(until)


_STEPS_OF_SIGNING = (
    "agreement.OfferAccepted",
    "agreement.AttestationAwaited",
    "agreement.SealAwaited",
    "agreement.AgreementSealed",
    "agreement.AgreementAttested",
    "agreement.AgreementConcluded",
    "agreement.BookApplied",
    "agreement.PaperSubmitted",
)
