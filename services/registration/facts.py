"""What a decision about a destination needs to know from other contexts, read from their streams as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from services.registration import views
from services.registration.requirements import Evidence, Graduate
from shared.access import school_stream
from shared.clock import day_of
from shared.codes.destination import REOPENED_DAYS, Deadlines, deadlines_of
from shared.handling import Streams
from shared.messages import Recorded, lane_of, until
from shared.views import Views

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
    `concluded` are the agreements that ever took effect, `cancelled` those that no longer bind, `renumbered` the newest
    numbers of those whose book was lost. `freed_on` is the day on which an agreement last came to nothing: cancelled, or
    returned by its review.
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
    renumbered: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
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
        concluded=_agreements(agreements, views.CONCLUDED),
        cancelled=_agreements(agreements, views.CANCELLED),
        renumbered=MappingProxyType(_numbers(agreements)),
        freed_on=_freed_on(agreements),
        settings=_settings(
            until(province, begun.get("province_version")),
            begun.get("class_year") or (graduate.class_year if graduate else _class_of(roster)),
        ),
        evidence=MappingProxyType({each: file for each, file in found.items() if file is not None}),
        province_version=len(province),
        school_version=None if school is None else len(school),
    )


def _numbers(history: Sequence[Recorded]) -> dict[str, str]:
    told = (views.REISSUED.of(recorded) for recorded in history)
    return {each.agreement_id: each.number for each in told if each is not None}


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
    found = views.PROVINCE.newest(history, lambda told: told.class_year == class_year)
    if found is None:
        return Settings()
    return Settings(
        change_deadline=found.change_deadline,
        evidence_required=found.evidence_required,
        imports_until=found.imports_until,
        reopened_days=found.reopened_days,
        registration_deadline=found.registration_deadline,
    )


def _evidence(history: Sequence[Recorded]) -> Evidence | None:
    told = (views.EVIDENCE.of(recorded) for recorded in history)
    stored = next((each for each in told if each is not None), None)
    return None if stored is None else Evidence(stored.graduate_id, stored.kind)


def graduate_of(history: Sequence[Recorded]) -> Graduate | None:
    """The graduate as the directory has published it, None when unknown or removed."""
    said = (views.ROSTER.of(recorded) for recorded in reversed(history))
    found = next((each for each in said if each is not None), None)
    if not isinstance(found, views.OnRoster):
        return None
    return Graduate(
        scope=found.scope,
        class_year=found.class_year,
        training=found.training,
        agreed_unit=found.agreed_unit,
        agreed_region=found.agreed_region,
        enrolled_on=found.enrolled_on,
    )


def _last_entry(history: Sequence[Recorded]) -> views.OnRoster | None:
    said = (views.ROSTER.of(recorded) for recorded in reversed(history))
    return next((each for each in said if isinstance(each, views.OnRoster)), None)


def scope_of(history: Sequence[Recorded]) -> str | None:
    """Where a graduate is, or was before being removed; None for who never was on a roster."""
    entry = _last_entry(history)
    return None if entry is None else entry.scope


def checked(roster: Sequence[Recorded], said: Sequence[Recorded]) -> str:
    """What a graduate said of the newest roster entry (信息确认): confirmed, disputed, or unchecked.

    The directory's own rule, from its events as published: another entry is looked at anew, a dispute that the school has
    answered blocks nothing and confirms nothing.
    """
    entry = next((each.version for each in reversed(roster) if each.type in _ENTRIES), None)
    confirmed: int | None = None
    disputes: set[str] = set()
    for each in said:
        match views.SAID.of(each):
            case views.Confirmed(entry=looked_at):
                confirmed, disputes = looked_at, set()
            case views.Disputed(entry=looked_at, dispute_id=dispute_id):
                confirmed = None
                disputes |= {dispute_id} if looked_at == entry else set()
            case views.Answered(dispute_id=dispute_id):
                disputes -= {dispute_id}
    if disputes:
        return DISPUTED
    return CONFIRMED if entry is not None and confirmed == entry else UNCHECKED


_ENTRIES = ("directory.GraduateEnrolled", "directory.GraduateCorrected")


def _class_of(history: Sequence[Recorded]) -> int:
    entry = _last_entry(history)
    return 0 if entry is None else entry.class_year


def _agreements(history: Sequence[Recorded], kind: Views[views.Agreement]) -> frozenset[str]:
    told = (kind.of(recorded) for recorded in history)
    return frozenset(each.agreement_id for each in told if each is not None)


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
    told = (views.STEPS.of(recorded) for recorded in reversed(history))
    newest = next((each for each in told if each is not None), None)
    return None if newest is None else newest.complete_by
