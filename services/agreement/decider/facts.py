"""What a decision needs to know from other contexts' streams, read as the plain data they publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from services.agreement.decider.commands import AcceptOffer, RequestCancellation, SendOffer
from shared.access import scope_path
from shared.codes.destination import is_placed
from shared.handling import Streams
from shared.messages import Recorded, lane_of


@dataclass(frozen=True, slots=True)
class Graduate:
    """A roster entry as far as signing cares; `agreed_unit` is whom a 定向 or 委培 graduate is trained for."""

    scope: str
    class_year: int
    education: str
    training: str
    agreed_unit: str | None
    enrolled: bool


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer's account; `status` is awaiting, verified, returned or suspended."""

    status: str
    name: str
    nature: str
    industry: str
    place: str
    uscc: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The province's settings of one class: 两方 (2) or 三方 (3), and days to answer."""

    parties: int = 2
    response_days: int = 5
    response_days_max: int = 30
    cancellation_days: int = 15


@dataclass(frozen=True, slots=True)
class Facts:
    """`settings` are those of the graduate's class; `elsewhere`: a direct destination is placed, or one is pending."""

    graduate: Graduate | None = None
    employer: Employer | None = None
    settings: Settings = Settings()
    elsewhere: bool = False


def reads(command: Any) -> Sequence[str]:
    """The streams of other contexts that a command's decision looks at."""
    match command:
        case SendOffer(graduate_id=graduate_id, employer_id=employer_id):
            return (*_roster(graduate_id), f"employer-{employer_id}")
        case AcceptOffer(graduate_id=graduate_id, employer_id=None):
            return (*_roster(graduate_id), f"registration-{graduate_id}")
        case AcceptOffer(graduate_id=graduate_id, employer_id=employer_id):
            return (*_roster(graduate_id), f"employer-{employer_id}", f"registration-{graduate_id}")
        case RequestCancellation(graduate_id=graduate_id):
            return _roster(graduate_id)
    return ()


def _roster(graduate_id: str) -> tuple[str, str]:
    return f"graduate-{graduate_id}", f"province-{lane_of(graduate_id)}"


def facts(command: Any, streams: Streams) -> Facts:
    """What the streams of `reads` say."""
    graduate_id = command.graduate_id
    graduate = graduate_of(streams.get(f"graduate-{graduate_id}", ()))
    settings = streams.get(f"province-{lane_of(graduate_id)}", ())
    return Facts(
        graduate=graduate,
        employer=_employer(streams.get(f"employer-{getattr(command, 'employer_id', None)}", ())),
        settings=_settings(settings, graduate.class_year) if graduate else Settings(),
        elsewhere=_elsewhere(streams.get(f"registration-{graduate_id}", ())),
    )


def graduate_of(history: Sequence[Recorded]) -> Graduate | None:
    """The roster entry a graduate's stream adds up to; None when there never was one."""
    found: Graduate | None = None
    for recorded in history:
        match recorded.type:
            case "directory.GraduateEnrolled" | "directory.GraduateCorrected":
                data = recorded.data
                found = Graduate(
                    scope=scope_path(data["province"], data["school"], data["department"]),
                    class_year=data["class_year"],
                    education=data["education"],
                    training=data["training"],
                    agreed_unit=data.get("agreed_unit"),
                    enrolled=True,
                )
            case "directory.GraduateRemoved" if found is not None:
                found = replace(found, enrolled=False)
    return found


_STATUS = {
    "directory.EmployerVerified": "verified",
    "directory.EmployerReinstated": "verified",
    "directory.EmployerReturned": "returned",
    "directory.EmployerSuspended": "suspended",
}


def _employer(history: Sequence[Recorded]) -> Employer | None:
    found: Employer | None = None
    for recorded in history:
        if recorded.type == "directory.EmployerRegistered":
            data = recorded.data
            found = Employer(
                status="awaiting",
                name=data["name"],
                nature=data["nature"],
                industry=data["industry"],
                place=data["place"],
                uscc=data.get("uscc"),
            )
        elif found is not None and recorded.type in _STATUS:
            found = replace(found, status=_STATUS[recorded.type])
    return found


def _settings(history: Sequence[Recorded], class_year: int) -> Settings:
    for recorded in reversed(history):
        if recorded.type == "directory.ProvinceSettingsChanged" and recorded.data["class_year"] == class_year:
            return Settings(**{each.name: recorded.data[each.name] for each in fields(Settings)})
    return Settings()


def _elsewhere(history: Sequence[Recorded]) -> bool:
    """A destination that an agreement gave does not count: whether that agreement still binds, our own stream knows."""
    pending = placed = False
    for recorded in history:
        match recorded.type:
            case "registration.RegistrationSubmitted":
                pending = True
            case "registration.RegistrationWithdrawn" | "registration.RegistrationReturned":
                pending = False
            case "registration.DestinationRegistered":
                pending = False
                placed = recorded.data["source"] == "direct" and is_placed(recorded.data["destination"]["code"])
            case "registration.DestinationReopened":
                placed = False
    return pending or placed
