"""What may be asked of a graduate's stream of agreements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SendOffer:
    """Invite a graduate (签约邀请). Without `respond_by` the province's default period counts."""

    graduate_id: str
    employer_id: str
    position: str
    job_title: str
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Take back an offer that is not answered yet."""

    graduate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    """The graduate says no."""

    graduate_id: str
    offer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """The graduate says yes, which locks every other offer. `employer_id` is the offer's, for reading its stream."""

    graduate_id: str
    offer_id: str
    employer_id: str | None = None


@dataclass(frozen=True, slots=True)
class LapseOffer:
    """The platform notes that nobody answered in time."""

    graduate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class PassReview:
    """A review of kind "agreement" or "cancellation" passed.

    `serial` is the next one of the agreement number's prefix; None when this review cannot conclude an agreement.
    """

    graduate_id: str
    kind: str
    subject_id: str
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class FailReview:
    """A review of kind "agreement" or "cancellation" was returned."""

    graduate_id: str
    kind: str
    subject_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AttestAgreement:
    """学校鉴证 of a reviewed 三方 agreement; `serial` as in PassReview."""

    graduate_id: str
    agreement_id: str
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class RequestCancellation:
    """Ask the other side to cancel; `reason_code` is of CANCELLATION_REASONS, `reason` in the asker's words."""

    graduate_id: str
    agreement_id: str
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawCancellation:
    """Take the request back before it is answered; only who asked may."""

    graduate_id: str
    agreement_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class AgreeToCancellation:
    """The other side agrees."""

    graduate_id: str
    agreement_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class RefuseCancellation:
    """The other side does not agree, and says why."""

    graduate_id: str
    agreement_id: str
    cancellation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LapseCancellation:
    """The platform notes that the other side did not answer in time."""

    graduate_id: str
    agreement_id: str
    cancellation_id: str


def stream(graduate_id: str) -> str:
    """The one stream of a graduate: the proof that at most one agreement binds."""
    return f"agreement-{graduate_id}"
