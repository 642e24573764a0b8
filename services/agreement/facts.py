"""What a decision about signing needs to know from other contexts, read from their streams as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from services.agreement.state import AT_COMPLETION
from shared.access import scope_path
from shared.codes.destination import is_placed
from shared.handling import Streams
from shared.messages import Recorded

# 定向 and 委培: bound to the unit of their agreement (DOMAIN 1.0).
BOUND_TRAININGS = ("2", "4")


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

    `order` is empty for the national order of the parties. `penalty_limit` is in yuan and only warns.
    `cancellation_evidence` names what an online cancellation must bring: release_letter, penalty_slip.
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


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer as it is registered."""

    name: str
    uscc: str | None
    nature: str
    industry: str
    place: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored file: whose it is and what it shows."""

    graduate_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Facts:
    """`destination` is none, pending (a registration is under review) or placed (one of no agreement is registered).

    `breach_limit` is the school's; `claimed_by` says whose the number on a paper agreement is already.
    `blocked`: the graduate's school does not let the employer invite.
    """

    graduate: Graduate | None = None
    settings: Settings = Settings()
    employer: Employer | None = None
    destination: str = "none"
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    breach_limit: int | None = None
    blocked: bool = False
    claimed_by: str | None = None


def facts_of(
    graduate_id: str,
    streams: Streams,
    *,
    employer_id: str | None = None,
    evidence: Sequence[str] = (),
    claim: str | None = None,
) -> Facts:
    """The facts from the streams that were read; a stream not read says nothing."""
    graduate = graduate_of(graduate_id, streams)
    class_year = graduate.class_year if graduate else 0
    found = {each: _evidence(streams.get(f"evidence-{each}", ())) for each in evidence}
    return Facts(
        graduate=graduate,
        settings=_settings(streams.get(f"province-{graduate_id[:2]}", ()), class_year),
        employer=_employer(streams.get(f"employer-{employer_id}", ())),
        destination=_destination(streams.get(f"registration-{graduate_id}", ())),
        evidence=MappingProxyType({each: file for each, file in found.items() if file is not None}),
        breach_limit=_breach_limit(streams.get(school_stream(graduate_id, graduate), ()), class_year),
        blocked=employer_id in _blocked(streams.get(school_stream(graduate_id, graduate), ()), class_year),
        claimed_by=next((recorded.data["graduate_id"] for recorded in reversed(streams.get(claim or "", ()))), None),
    )


def graduate_of(graduate_id: str, streams: Streams) -> Graduate | None:
    """The graduate as the directory has published it, None when unknown or removed."""
    found: dict[str, Any] | None = None
    for recorded in streams.get(f"graduate-{graduate_id}", ()):
        if recorded.type in _ON_ROSTER:
            found = recorded.data
        elif recorded.type == "directory.GraduateRemoved":
            found = None
    if found is None:
        return None
    return Graduate(
        scope=scope_path(found["province"], found["school"], found["department"]),
        class_year=found["class_year"],
        education=found["education"],
        training=found["training"],
        agreed_unit=found.get("agreed_unit"),
        enrolled_on=date.fromisoformat(found["enrolled_on"]) if "enrolled_on" in found else None,
    )


_ON_ROSTER = ("directory.GraduateEnrolled", "directory.GraduateCorrected")


def school_stream(graduate_id: str, graduate: Graduate | None) -> str:
    """The stream of the graduate's school, an empty text when there is no graduate."""
    return f"school-{graduate_id[:2]}-{graduate.school}" if graduate else ""


def _settings(history: Sequence[Recorded], class_year: int) -> Settings:
    settings = Settings()
    for recorded in history:
        told = recorded.data
        if told["class_year"] == class_year:
            settings = Settings(
                parties=told["parties"],
                response_days=told["response_days"],
                response_days_max=told["response_days_max"],
                cancellation_days=told["cancellation_days"],
                order=tuple(told.get("signing_order", ())),
                binding=told.get("binding", AT_COMPLETION),
                penalty_limit=told.get("penalty_limit"),
                cancellation_evidence=tuple(told.get("cancellation_evidence", ())),
                issues_numbers=told.get("issues_numbers", False),
                template=told.get("template", "default/1"),
            )
    return settings


def _employer(history: Sequence[Recorded]) -> Employer | None:
    registered: dict[str, Any] | None = None
    verified = False
    for recorded in history:
        match recorded.type:
            case "directory.EmployerRegistered":
                registered, verified = recorded.data, False
            case "directory.EmployerContactChanged" | "directory.EmployerChangeVerified" if registered is not None:
                registered = {**registered, **recorded.data}
            case "directory.EmployerVerified" | "directory.EmployerReinstated":
                verified = True
            case "directory.EmployerReturned" | "directory.EmployerSuspended":
                verified = False
    if registered is None:
        return None
    return Employer(
        name=registered["name"],
        uscc=registered.get("uscc"),
        nature=registered["nature"],
        industry=registered["industry"],
        place=registered["place"],
        verified=verified,
    )


def _evidence(history: Sequence[Recorded]) -> Evidence | None:
    stored = next((recorded.data for recorded in history if recorded.type == "directory.EvidenceStored"), None)
    return None if stored is None else Evidence(stored["graduate_id"], stored["kind"])


def _breach_limit(history: Sequence[Recorded], class_year: int) -> int | None:
    limit: int | None = None
    for recorded in history:
        if recorded.type == "directory.SchoolSettingsChanged" and recorded.data["class_year"] == class_year:
            limit = recorded.data.get("breach_limit")
    return limit


def _blocked(history: Sequence[Recorded], class_year: int) -> Sequence[str]:
    """The employers that a school does not let invite the graduates of a class, as it is now."""
    blocked: Sequence[str] = ()
    for recorded in history:
        if recorded.type == "directory.SchoolSettingsChanged" and recorded.data["class_year"] == class_year:
            blocked = recorded.data.get("blocked_employers", ())
    return blocked


def _destination(history: Sequence[Recorded]) -> str:
    pending = placed = False
    for recorded in history:
        match recorded.type:
            case "registration.RegistrationSubmitted":
                pending = True
            case "registration.DestinationRegistered":
                # Whether an agreement still binds, our own stream knows; its registration is reopened only later.
                own = recorded.data["source"] != "agreement"
                pending, placed = False, own and is_placed(recorded.data["destination"]["code"])
            case "registration.DestinationReopened":
                placed = False
            case (
                "registration.RegistrationReturned"
                | "registration.RegistrationWithdrawn"
                | "registration.RegistrationSuperseded"
            ):
                pending = False
    return "pending" if pending else "placed" if placed else "none"
