"""What a decision needs to know from other contexts' streams, read as the plain data they publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


Command = Any


def reads(command: Command) -> Sequence[str]:
    """The streams of other contexts that a command's decision looks at.

    Acceptance finds its offer's employer only in the state, so the command's employer is asked for by `facts_streams`.
    """
    match command:
        case SendOffer(graduate_id=graduate_id, employer_id=employer_id):
            return (*_roster(graduate_id), f"employer-{employer_id}")
        case AcceptOffer(graduate_id=graduate_id, employer_id=employer_id):
            return (*_roster(graduate_id), f"employer-{employer_id}", f"registration-{graduate_id}")
        case RequestCancellation(graduate_id=graduate_id):
            return _roster(graduate_id)
    return ()
