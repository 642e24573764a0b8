"""What a review sees of other contexts: what opens and closes a case, by which settings, and what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.views import Views


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination as it is shown; `hourly_pay` is in fen."""

    code: str
    intention: str | None = None
    unit_name: str | None = None
    uscc: str | None = None
    unit_nature: str | None = None
    industry: str | None = None
    place: str | None = None
    position: str | None = None
    job_title: str | None = None
    monthly_salary: int | None = None
    school_name: str | None = None
    country: str | None = None
    foreign_school_name: str | None = None
    form: str | None = None
    signed_on: date | None = None
    uscc_absent_reason: str | None = None
    hourly_pay: int | None = None
    unit_address: str | None = None
    unit_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A destination that is to be looked at."""

    registration_id: str
    destination: Destination
    evidence: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A destination that counts."""

    registration_id: str
    destination: Destination


@dataclass(frozen=True, slots=True)
class Opening:
    """Something is to be looked at. Which of the ids names it, the type says; `awaits` whether that comes next."""

    graduate_id: str
    scope: str
    class_year: int
    awaits: str | None = None
    min_chain: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None
    offer_id: str | None = None
    agreement_id: str | None = None
    review_id: str | None = None
    loss_id: str | None = None
    cancellation_id: str | None = None
    registration_id: str | None = None
    void_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted(Opening):
    """A graduate accepted an offer: the review comes next where nothing else is said."""

    awaits: str | None = "review"


@dataclass(frozen=True, slots=True)
class BookVoided:
    """A graduate gave a book up, perhaps while it was under review."""

    review_kind: str | None = None
    review_id: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementEnded:
    """An agreement came to nothing; what of it was looked at meanwhile."""

    agreement_id: str
    cancellation_id: str | None = None
    loss_id: str | None = None
    in_review: bool = False


@dataclass(frozen=True, slots=True)
class RegistrationGone:
    """A registration was withdrawn, or an agreement superseded it."""

    registration_id: str


@dataclass(frozen=True, slots=True)
class VoidGone:
    """What was to be voided no longer counts."""

    void_id: str


@dataclass(frozen=True, slots=True)
class ProvinceSettings:
    """Who looks at what in a province and class, and how many days each step has."""

    class_year: int
    review_chain: tuple[str, ...]
    cancellation_chain: tuple[str, ...]
    review_days: int = 5


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """A school's own chains for a class; None where the province's holds."""

    class_year: int
    review_chain: tuple[str, ...] | None = None
    cancellation_chain: tuple[str, ...] | None = None


PROVINCE = Views[ProvinceSettings]({"directory.ProvinceSettingsChanged": ProvinceSettings})
SCHOOL = Views[SchoolSettings]({"directory.SchoolSettingsChanged": SchoolSettings})
SUBMITTED = Views[Submitted]({"registration.RegistrationSubmitted": Submitted})
REGISTERED = Views[Registered]({"registration.DestinationRegistered": Registered})
