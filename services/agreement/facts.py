"""What a decision about signing needs to know from other contexts, read from their streams as published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Settings:
    """A province's settings for a class; the defaults where it has set none (DOMAIN 1.0)."""

    parties: int = 2
    response_days: int = 5
    response_days_max: int = 30
    cancellation_days: int = 15


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
class Facts:
    """`destination` is none, pending (a registration is under review) or placed (a direct one is registered)."""

    graduate: Graduate | None = None
    settings: Settings = Settings()
    employer: Employer | None = None
    destination: str = "none"


def facts_of(graduate_id: str, employer_id: str | None, streams: Streams) -> Facts:
    """The facts from the streams that were read; a stream not read says nothing."""
    graduate = _graduate(streams.get(f"graduate-{graduate_id}", ()))
    settings = _settings(streams.get(f"province-{graduate_id[:2]}", ()), graduate.class_year if graduate else 0)
    return Facts(
        graduate=graduate,
        settings=settings,
        employer=_employer(streams.get(f"employer-{employer_id}", ())),
        destination=_destination(streams.get(f"registration-{graduate_id}", ())),
    )


def _graduate(history: Sequence[Recorded]) -> Graduate | None:
    found: dict[str, Any] | None = None
    for recorded in history:
        found = None if recorded.type == "directory.GraduateRemoved" else recorded.data
    if found is None:
        return None
    return Graduate(
        scope=scope_path(found["province"], found["school"], found["department"]),
        class_year=found["class_year"],
        education=found["education"],
        training=found["training"],
        agreed_unit=found.get("agreed_unit"),
    )


def _settings(history: Sequence[Recorded], class_year: int) -> Settings:
    settings = Settings()
    for recorded in history:
        if recorded.data["class_year"] == class_year:
            settings = Settings(
                parties=recorded.data["parties"],
                response_days=recorded.data["response_days"],
                response_days_max=recorded.data["response_days_max"],
                cancellation_days=recorded.data["cancellation_days"],
            )
    return settings


def _employer(history: Sequence[Recorded]) -> Employer | None:
    registered: dict[str, Any] | None = None
    verified = False
    for recorded in history:
        if recorded.type == "directory.EmployerRegistered":
            registered, verified = recorded.data, False
        else:
            verified = recorded.type in ("directory.EmployerVerified", "directory.EmployerReinstated")
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


def _destination(history: Sequence[Recorded]) -> str:
    pending = placed = False
    for recorded in history:
        match recorded.type:
            case "registration.RegistrationSubmitted":
                pending = True
            case "registration.DestinationRegistered":
                # Whether an agreement still binds, our own stream knows; its registration is reopened only later.
                direct = recorded.data["source"] == "direct"
                pending, placed = False, direct and is_placed(recorded.data["destination"]["code"])
            case "registration.DestinationReopened":
                placed = False
            case (
                "registration.RegistrationReturned"
                | "registration.RegistrationWithdrawn"
                | "registration.RegistrationSuperseded"
            ):
                pending = False
    return "pending" if pending else "placed" if placed else "none"
