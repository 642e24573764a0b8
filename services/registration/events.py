"""What happened about a graduate's destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shared.codec import Codec


@dataclass(frozen=True, slots=True)
class Destination:
    """毕业去向: the category and what it asks for (DOMAIN 1.5, 5.2). `place` is six digits, `monthly_salary` yuan."""

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


@dataclass(frozen=True, slots=True)
class RegistrationSubmitted:
    """The graduate registered a destination; the review decides."""

    TYPE: ClassVar[str] = "registration.RegistrationSubmitted"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    scope: str
    class_year: int
    destination: Destination


@dataclass(frozen=True, slots=True)
class RegistrationWithdrawn:
    """The graduate took it back before the review had decided."""

    TYPE: ClassVar[str] = "registration.RegistrationWithdrawn"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str


@dataclass(frozen=True, slots=True)
class RegistrationSuperseded:
    """An agreement took effect while this was under review."""

    TYPE: ClassVar[str] = "registration.RegistrationSuperseded"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    superseded_by: str


@dataclass(frozen=True, slots=True)
class RegistrationReturned:
    """The review said no."""

    TYPE: ClassVar[str] = "registration.RegistrationReturned"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DestinationRegistered:
    """The destination that counts from now on; whatever was registered before is superseded."""

    TYPE: ClassVar[str] = "registration.DestinationRegistered"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    scope: str
    class_year: int
    destination: Destination
    source: str
    agreement_id: str | None = None


@dataclass(frozen=True, slots=True)
class VoidRequested:
    """作废申请: the graduate wants a registered destination voided (DOMAIN 1.5)."""

    TYPE: ClassVar[str] = "registration.VoidRequested"
    VERSION: ClassVar[int] = 1

    void_id: str
    registration_id: str
    graduate_id: str
    scope: str
    class_year: int
    reason: str


@dataclass(frozen=True, slots=True)
class VoidReturned:
    """The review kept the registered destination."""

    TYPE: ClassVar[str] = "registration.VoidReturned"
    VERSION: ClassVar[int] = 1

    void_id: str
    registration_id: str
    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class VoidSuperseded:
    """Another destination was registered while the void request was under review; there is nothing left to void."""

    TYPE: ClassVar[str] = "registration.VoidSuperseded"
    VERSION: ClassVar[int] = 1

    void_id: str
    registration_id: str
    graduate_id: str


@dataclass(frozen=True, slots=True)
class DestinationReopened:
    """未登记 again, because the agreement was cancelled or the destination was voided."""

    TYPE: ClassVar[str] = "registration.DestinationReopened"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    cause: str


CODEC = Codec(
    RegistrationSubmitted,
    RegistrationWithdrawn,
    RegistrationSuperseded,
    RegistrationReturned,
    DestinationRegistered,
    VoidRequested,
    VoidReturned,
    VoidSuperseded,
    DestinationReopened,
)
