"""What a decision about signing needs to know from other contexts, read from their streams as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from services.agreement import views
from services.agreement.state import AT_COMPLETION, BY_EMPLOYER
from shared.access import school_stream
from shared.clock import day_of
from shared.codes.destination import deadlines_of, is_placed
from shared.handling import Streams
from shared.messages import Recorded, until

COMPLETION_DAYS = 15
# 信息确认.
CONFIRMED, DISPUTED, UNCHECKED = "confirmed", "disputed", "unchecked"


@dataclass(frozen=True, slots=True)
class Graduate:
    """A graduate on a roster, without personal data."""

    scope: str
    class_year: int
    education: str
    training: str
    agreed_unit: str | None
    enrolled_on: date | None = None

    @property
    def school(self) -> str:
        """The five-digit code."""
        return self.scope.split("/")[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """A province's settings for a class; the defaults where it has set none (DOMAIN 1.0, 1.1).

    `order` is empty for the national order of the parties. `penalty_limit` is in yuan and only warns. `completion_days` are
    those in which the employer seals, and again those in which the school attests.
    `cancellation_evidence` names what an online cancellation must bring: release_letter, penalty_slip.
    `issues_numbers` says that every number on an agreement of the class is the platform's. `cancel_by` is the last day on
    which a graduate asks to cancel an agreement online, None where there is none. `begun_by`: employer, as in the national
    order, graduate, or either. `operation_code`: who accepts or agrees to a cancellation as a graduate types the code.
    """

    parties: int = 2
    response_days: int = 5
    response_days_max: int = 30
    cancellation_days: int = 15
    order: tuple[str, ...] = ()
    binding: str = AT_COMPLETION
    penalty_limit: int | None = None
    cancellation_evidence: tuple[str, ...] = ()
    issues_numbers: bool = False
    template: str = "default/1"
    completion_days: int = COMPLETION_DAYS
    response_days_min: int = 1
    cancel_by: date | None = None
    begun_by: str = BY_EMPLOYER
    operation_code: bool = False


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer as it is registered; `closed`: an office has said that it was deregistered or its licence revoked."""

    name: str
    uscc: str | None
    nature: str
    industry: str
    place: str
    address: str
    verified: bool
    phone: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored file: whose it is and what it shows."""

    graduate_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The stream that says whose a number on paper is, and what it says: `held_by` is a graduate, None when free."""

    stream: str
    number: str
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """`left` is where a graduate was who is on no roster any more; `basic_data` is what the graduate said of the roster.

    `destination` is none, pending (a registration is under review) or placed (one of no agreement is registered).

    `settings` and the school's `breach_limit` are those that the agreement was made under; those of today for one that is
    being made, with the versions of the two streams that say so (None: not read). `claim` is that of the number on the
    paper that the command is about.
    `blocked`: the graduate's school does not let the employer invite. `signed` is the day on which graduate and unit had
    both signed, by agreement: the later of acceptance and seal, or that on which the stamped book came back.
    `register_until` is the last day of the class for this graduate, however the destination comes about; None when nobody
    is known.
    """

    graduate: Graduate | None = None
    left: str | None = None
    basic_data: str = UNCHECKED
    settings: Settings = Settings()
    employer: Employer | None = None
    destination: str = "none"
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    breach_limit: int | None = None
    blocked: bool = False
    claim: Claim | None = None
    signed: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    province_version: int | None = None
    school_version: int | None = None
    register_until: date | None = None


def facts_of(
    graduate_id: str,
    streams: Streams,
    *,
    agreement_id: str | None = None,
    employer_id: str | None = None,
    evidence: Sequence[str] = (),
    claim: Claim | None = None,
) -> Facts:
    """The facts from the streams that were read; a stream not read says nothing.

    `agreement_id` names what the command is about, if it is there already: see `begun_in`. `claim` says which number on
    paper it is about.
    """
    graduate = graduate_of(graduate_id, streams)
    begun = begun_in(streams.get(f"agreement-{graduate_id}", ()), agreement_id) or {}
    class_year = begun.get("class_year", graduate.class_year if graduate else 0)
    scope = begun.get("scope", graduate.scope if graduate else None)
    province = streams.get(f"province-{graduate_id[:2]}")
    school = streams.get(school_stream(scope)) if scope else None
    found = {each: _evidence(streams.get(f"evidence-{each}", ())) for each in evidence}
    return Facts(
        graduate=graduate,
        left=None if graduate is not None else last_scope(graduate_id, streams),
        basic_data=checked(streams.get(f"graduate-{graduate_id}", ()), streams.get(f"basic_data-{graduate_id}", ())),
        settings=_settings(until(province or (), begun.get("province_version")), class_year),
        employer=employer_of(streams.get(f"employer-{employer_id}", ())),
        destination=_destination(streams.get(f"registration-{graduate_id}", ())),
        evidence=MappingProxyType({each: file for each, file in found.items() if file is not None}),
        breach_limit=_breach_limit(until(school or (), begun.get("school_version")), class_year),
        blocked=employer_id in _blocked(school or (), class_year),
        claim=None if claim is None else replace(claim, held_by=_holder(streams.get(claim.stream, ()))),
        signed=MappingProxyType(_signed(streams.get(f"agreement-{graduate_id}", ()))),
        province_version=None if province is None else len(province),
        school_version=None if school is None else len(school),
        register_until=None if graduate is None else _register_until(graduate, graduate_id, streams),
    )


def begun_in(history: Sequence[Recorded], thing_id: str | None) -> Mapping[str, Any] | None:
    """What the offer, book or paper began with that has this id, or whose first review or request to cancel has it."""
    for recorded in reversed(history) if thing_id is not None else ():
        data = recorded.data
        if recorded.type == "agreement.CancellationRequested" and data["cancellation_id"] == thing_id:
            thing_id = data["agreement_id"]
        elif recorded.type in _BEGINS and thing_id in (data.get(name) for name in _BEGUN_AS):
            return data
    return None


_BEGINS = ("agreement.OfferSent", "agreement.BookApplied", "agreement.PaperSubmitted")
_BEGUN_AS = ("offer_id", "agreement_id", "review_id")


_SIGNATURES = {
    "agreement.OfferAccepted": "offer_id",
    "agreement.AgreementSealed": "agreement_id",
    "agreement.ScanSubmitted": "agreement_id",
}


def _signed(history: Sequence[Recorded]) -> dict[str, date]:
    return {
        recorded.data[_SIGNATURES[recorded.type]]: day_of(recorded.occurred_at)
        for recorded in history
        if recorded.type in _SIGNATURES
    }


def _holder(history: Sequence[Recorded]) -> str | None:
    last = history[-1] if history else None
    return last.data["graduate_id"] if last is not None and last.type == "agreement.PaperNumberClaimed" else None


def graduate_of(graduate_id: str, streams: Streams) -> Graduate | None:
    """The graduate as the directory has published it, None when unknown or removed."""
    said = (views.ROSTER.of(recorded) for recorded in reversed(streams.get(f"graduate-{graduate_id}", ())))
    found = next((each for each in said if each is not None), None)
    if not isinstance(found, views.OnRoster):
        return None
    return Graduate(
        scope=found.scope,
        class_year=found.class_year,
        education=found.education,
        training=found.training,
        agreed_unit=found.agreed_unit,
        enrolled_on=found.enrolled_on,
    )


_ON_ROSTER = ("directory.GraduateEnrolled", "directory.GraduateCorrected")


def last_scope(graduate_id: str, streams: Streams) -> str | None:
    """Where a graduate is, or was before being removed; None for who never was on a roster."""
    said = (views.ROSTER.of(recorded) for recorded in reversed(streams.get(f"graduate-{graduate_id}", ())))
    return next((each.scope for each in said if isinstance(each, views.OnRoster)), None)


def checked(roster: Sequence[Recorded], said: Sequence[Recorded]) -> str:
    """What a graduate said of the newest roster entry (信息确认): confirmed, disputed, or unchecked.

    The directory's own rule, from its events as published: another entry is looked at anew, a dispute that the school has
    answered blocks nothing and confirms nothing.
    """
    entry = next((each.version for each in reversed(roster) if each.type in _ON_ROSTER), None)
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


def _told_of(province: Sequence[Recorded], class_year: int) -> views.ProvinceSettings | None:
    """What a province has set for a class last."""
    return views.PROVINCE.newest(province, lambda told: told.class_year == class_year)


def _settings(history: Sequence[Recorded], class_year: int) -> Settings:
    told = _told_of(history, class_year)
    if told is None:
        return Settings()
    return Settings(
        parties=told.parties,
        response_days=told.response_days,
        response_days_max=told.response_days_max,
        cancellation_days=told.cancellation_days,
        order=told.signing_order,
        binding=told.binding,
        penalty_limit=told.penalty_limit,
        cancellation_evidence=told.cancellation_evidence,
        issues_numbers=told.issues_numbers,
        template=told.template,
        completion_days=told.completion_days,
        response_days_min=told.response_days_min,
        cancel_by=told.deadlines.changes if told.cancellations_close else None,
        begun_by=told.begun_by,
        operation_code=told.operation_code,
    )


def _register_until(graduate: Graduate, graduate_id: str, streams: Streams) -> date:
    """The last day on which the graduate comes to a destination by any way, by the settings of today."""
    told = _told_of(streams.get(f"province-{graduate_id[:2]}", ()), graduate.class_year)
    deadlines = deadlines_of(graduate.class_year) if told is None else told.deadlines
    freed = [each for each in streams.get(f"agreement-{graduate_id}", ()) if each.type in _FREEING]
    ends = [views.LAST_DAYS.of(each) for each in streams.get(f"registration-{graduate_id}", ())]
    return deadlines.register_until(
        day_of(freed[-1].event.occurred_at) if freed else None,
        max((each.register_until for each in ends if each is not None and each.register_until), default=None),
    )


_FREEING = ("agreement.AgreementReturned", "agreement.AgreementCancelled")


def employer_of(history: Sequence[Recorded]) -> Employer | None:
    """The employer as the directory has published it, None when unknown."""
    registered: views.EmployerRegistered | None = None
    verified = closed = False
    for recorded in history:
        match views.EMPLOYER.of(recorded):
            case views.EmployerRegistered() as told:
                registered, verified = told, False
            case views.Contact() as told if registered is not None:
                phone = told.phone or registered.phone
                registered = replace(
                    registered, industry=told.industry, place=told.place, address=told.address, phone=phone
                )
            case views.Renamed(name, nature) if registered is not None:
                registered = replace(registered, name=name, nature=nature)
            case views.Standing():
                verified, closed = recorded.type in _GOOD, _CLOSED.get(recorded.type, closed)
    if registered is None:
        return None
    return Employer(
        name=registered.name,
        uscc=registered.uscc,
        nature=registered.nature,
        industry=registered.industry,
        place=registered.place,
        address=registered.address,
        verified=verified,
        phone=registered.phone,
        closed=closed,
    )


_GOOD = ("directory.EmployerVerified", "directory.EmployerReinstated")
_CLOSED = {"directory.EmployerClosed": True, **dict.fromkeys(_GOOD, False)}


def standing_of(history: Sequence[Recorded]) -> str | None:
    """suspended or closed, as an office has judged an employer that was verified once; None for one in good standing."""
    employer = employer_of(history)
    if employer is None or employer.verified:
        return None
    return "closed" if employer.closed else "suspended"


def _evidence(history: Sequence[Recorded]) -> Evidence | None:
    told = (views.EVIDENCE.of(recorded) for recorded in history)
    stored = next((each for each in told if each is not None), None)
    return None if stored is None else Evidence(stored.graduate_id, stored.kind)


def _school_settings(history: Sequence[Recorded], class_year: int) -> views.SchoolSettings | None:
    """What a school has set for a class last."""
    return views.SCHOOL.newest(history, lambda told: told.class_year == class_year)


def _breach_limit(history: Sequence[Recorded], class_year: int) -> int | None:
    told = _school_settings(history, class_year)
    return None if told is None else told.breach_limit


def _blocked(history: Sequence[Recorded], class_year: int) -> Sequence[str]:
    """The employers that a school does not let invite the graduates of a class, as it is now."""
    told = _school_settings(history, class_year)
    return () if told is None else told.blocked_employers


def _destination(history: Sequence[Recorded]) -> str:
    pending = placed = False
    for recorded in history:
        match recorded.type:
            case "registration.RegistrationSubmitted":
                pending = True
            case "registration.DestinationRegistered":
                # Whether an agreement still binds, our own stream knows; its registration is reopened only later.
                told = views.REGISTERED.of(recorded)
                own = told is not None and told.source != "agreement"
                pending, placed = False, told is not None and own and is_placed(told.destination.code)
            case "registration.DestinationReopened":
                placed = False
            case (
                "registration.RegistrationReturned"
                | "registration.RegistrationWithdrawn"
                | "registration.RegistrationSuperseded"
            ):
                pending = False
    return "pending" if pending else "placed" if placed else "none"
