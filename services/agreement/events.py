"""What has happened between a graduate and the employers who invited, in the graduate's one stream.

An `agreement_id` is the `offer_id` of the offer that was accepted. Amounts are whole yuan, a salary is per month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.codec import Codec


@dataclass(frozen=True, slots=True)
class OfferSent:
    """An employer invited; it can be answered before `respond_by`. `parties`: 两方 (2) or 三方 (3) as set then."""

    TYPE: ClassVar[str] = "agreement.OfferSent"
    VERSION: ClassVar[int] = 1

    offer_id: str
    graduate_id: str
    employer_id: str
    employer_name: str
    nature: str
    industry: str
    place: str
    position: str
    job_title: str
    respond_by: datetime
    scope: str
    class_year: int
    parties: int
    uscc: str | None = None
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The employer took the offer back before it was answered."""

    TYPE: ClassVar[str] = "agreement.OfferWithdrawn"
    VERSION: ClassVar[int] = 1

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The graduate said no, and why."""

    TYPE: ClassVar[str] = "agreement.OfferRefused"
    VERSION: ClassVar[int] = 1

    offer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """Nobody answered in time (已过期)."""

    TYPE: ClassVar[str] = "agreement.OfferLapsed"
    VERSION: ClassVar[int] = 1

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The graduate is bound from now on; a review of kind "agreement" opens. `education`: 学历层次 on the roster."""

    TYPE: ClassVar[str] = "agreement.OfferAccepted"
    VERSION: ClassVar[int] = 1

    offer_id: str
    graduate_id: str
    employer_id: str
    scope: str
    class_year: int
    education: str


@dataclass(frozen=True, slots=True)
class AttestationAwaited:
    """三方: the review passed, the agreement waits for 学校鉴证 (DOMAIN 1.6)."""

    TYPE: ClassVar[str] = "agreement.AttestationAwaited"
    VERSION: ClassVar[int] = 1

    agreement_id: str


@dataclass(frozen=True, slots=True)
class AgreementConcluded:
    """The agreement is effective under its number."""

    TYPE: ClassVar[str] = "agreement.AgreementConcluded"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    employer_id: str
    number: str
    parties: int
    scope: str
    class_year: int
    unit_name: str
    nature: str
    industry: str
    place: str
    position: str
    job_title: str
    uscc: str | None = None
    monthly_salary: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementReturned:
    """A reviewer said no; the graduate is free, the employer may invite anew (DOMAIN 1.1 step 6)."""

    TYPE: ClassVar[str] = "agreement.AgreementReturned"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancellationRequested:
    """One side asked to cancel; `by` is "graduate" or "employer". The other side can answer before `answer_by`."""

    TYPE: ClassVar[str] = "agreement.CancellationRequested"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    by: str
    reason_code: str
    reason: str
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class CancellationWithdrawn:
    """Who asked took the request back before it was answered."""

    TYPE: ClassVar[str] = "agreement.CancellationWithdrawn"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class CancellationRefused:
    """The other side did not agree; the agreement stays effective."""

    TYPE: ClassVar[str] = "agreement.CancellationRefused"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancellationLapsed:
    """The other side did not answer in time; the agreement stays effective."""

    TYPE: ClassVar[str] = "agreement.CancellationLapsed"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class CancellationAgreed:
    """Both sides want to cancel; a review of kind `cancellation` opens."""

    TYPE: ClassVar[str] = "agreement.CancellationAgreed"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int


@dataclass(frozen=True, slots=True)
class CancellationReturned:
    """A reviewer said no to the cancellation; the agreement stays effective."""

    TYPE: ClassVar[str] = "agreement.CancellationReturned"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgreementCancelled:
    """已解约: the graduate is free. `caused_by` is "graduate", "employer" or "mutual" (DOMAIN 1.9)."""

    TYPE: ClassVar[str] = "agreement.AgreementCancelled"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    cancellation_id: str
    graduate_id: str
    number: str
    caused_by: str
    reason_code: str


CODEC = Codec(
    OfferSent,
    OfferWithdrawn,
    OfferRefused,
    OfferLapsed,
    OfferAccepted,
    AttestationAwaited,
    AgreementConcluded,
    AgreementReturned,
    CancellationRequested,
    CancellationWithdrawn,
    CancellationRefused,
    CancellationLapsed,
    CancellationAgreed,
    CancellationReturned,
    AgreementCancelled,
)
