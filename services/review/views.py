"""What a review sees of registrations: the fields that it shows to who decides."""

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


SUBMITTED = Views[Submitted]({"registration.RegistrationSubmitted": Submitted})
REGISTERED = Views[Registered]({"registration.DestinationRegistered": Registered})
