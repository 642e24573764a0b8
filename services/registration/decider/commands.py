"""What is asked about a graduate's destination."""

from __future__ import annotations

from dataclasses import dataclass

from services.registration import events as e


@dataclass(frozen=True, slots=True)
class RegisterDestination:
    graduate_id: str
    destination: e.Destination
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileDestination:
    """代填 by an office in scope."""

    graduate_id: str
    destination: e.Destination
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportDestination:
    """What an older system had collected before this one began (DOMAIN 1.0)."""

    graduate_id: str
    destination: e.Destination


@dataclass(frozen=True, slots=True)
class ConfirmFiling:
    graduate_id: str
    filing_id: str


@dataclass(frozen=True, slots=True)
class RejectFiling:
    graduate_id: str
    filing_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmLeaving:
    """离校确认."""

    graduate_id: str
    archive: e.Archive
    household: e.Household
    verification_authorised: bool = False


@dataclass(frozen=True, slots=True)
class ResetLeaving:
    """The roster was corrected, or left: `roster_version` is the place of that in the graduate's stream."""

    graduate_id: str
    roster_version: int


@dataclass(frozen=True, slots=True)
class EndUnfinished:
    """The graduate was removed from the roster: nothing is looked at any more, and nothing counts (DOMAIN 4.4)."""

    graduate_id: str


@dataclass(frozen=True, slots=True)
class WithdrawRegistration:
    graduate_id: str
    registration_id: str


@dataclass(frozen=True, slots=True)
class RequestVoid:
    graduate_id: str
    registration_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RegisterFromAgreement:
    """An agreement took effect."""

    graduate_id: str
    agreement_id: str
    scope: str
    class_year: int
    destination: e.Destination


@dataclass(frozen=True, slots=True)
class RenumberAgreement:
    """A lost book of the agreement was made again under another number."""

    graduate_id: str
    agreement_id: str
    agreement_number: str


@dataclass(frozen=True, slots=True)
class ReopenRegistration:
    """An agreement was cancelled."""

    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class PassReview:
    graduate_id: str
    kind: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class FailReview:
    graduate_id: str
    kind: str
    subject_id: str
    reason: str
