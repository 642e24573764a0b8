"""What happened about a graduate's destination.

`province_version` and `school_version` say how many events of the province's and of the school's stream had happened when
the registration was made: whatever is decided about it later goes by the settings of then. None, on events from before this
was kept, goes by the settings of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from shared.codec import Codec


@dataclass(frozen=True, slots=True)
class Destination:
    """毕业去向: the category and what it asks for (DOMAIN 1.5, 5.2). `place` is six digits, `monthly_salary` yuan.

    `form` names a kind of category 10 that is registered by its evidence; `signed_on` is the day of signing or hiring.
    `uscc_absent_reason` says why the unit has no credit code; `hourly_pay` is in fen, for who is not paid by the month.
    `unit_phone` is the unit's office's: who answers it is nobody's business here. `agreement_number` (协议书编号) is that of
    the agreement that it comes from, None where it comes from none, or from before this was kept.
    """

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
    agreement_number: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """档案去向: to the unit, a talent service, the admitting school, the home region, or kept by the school.

    `contact` is the desk that takes it in, such as 档案科, and `phone` that desk's: nobody's name.
    """

    kind: str
    recipient: str | None = None
    address: str | None = None
    postcode: str | None = None
    phone: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """户口: whether it moves, and where to."""

    moves: bool
    address: str | None = None


@dataclass(frozen=True, slots=True)
class DestinationFiled:
    """代填: an office filled in a destination for the graduate; it counts for nothing until the graduate confirms."""

    TYPE: ClassVar[str] = "registration.DestinationFiled"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "filing_id"

    filing_id: str
    graduate_id: str
    scope: str
    class_year: int
    destination: Destination
    filed_by: str
    evidence: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class FilingRejected:
    """The graduate did not agree to what an office had filled in."""

    TYPE: ClassVar[str] = "registration.FilingRejected"
    VERSION: ClassVar[int] = 1

    filing_id: str
    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeavingConfirmed:
    """离校确认: the graduate confirmed destination, archive and household; any later change needs another confirmation.

    `roster_version` is how much of the roster's stream about the graduate was known. `transfer_number` (转递编号) is what
    the archive is sent under, None when the school keeps it. `verification_authorised` (核验授权): archive and household
    offices may look the destination up.
    """

    TYPE: ClassVar[str] = "registration.LeavingConfirmed"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    registration_id: str
    archive: Archive
    household: Household
    roster_version: int = 0
    transfer_number: str | None = None
    verification_authorised: bool = False


@dataclass(frozen=True, slots=True)
class LeavingReset:
    """What was confirmed before leaving is open again; `cause` is void_requested or roster_corrected."""

    TYPE: ClassVar[str] = "registration.LeavingReset"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    registration_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class RegistrationSubmitted:
    """The graduate registered a destination; the review decides. `filing_id` says that an office had filled it in.

    `min_chain` are the offices that must look at it, whatever the settings; `warnings` are shown and stop nobody.
    """

    TYPE: ClassVar[str] = "registration.RegistrationSubmitted"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "registration_id"

    registration_id: str
    graduate_id: str
    scope: str
    class_year: int
    destination: Destination
    evidence: tuple[str, ...] = ()
    filing_id: str | None = None
    min_chain: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class RegistrationWithdrawn:
    """The graduate took it back before the review had decided, or, where there is a `reason`, left the roster."""

    TYPE: ClassVar[str] = "registration.RegistrationWithdrawn"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    reason: str | None = None


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
    """The review said no. `register_until` is set where the graduate may register again after the class's last day."""

    TYPE: ClassVar[str] = "registration.RegistrationReturned"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    reason: str
    register_until: date | None = None


@dataclass(frozen=True, slots=True)
class DestinationRegistered:
    """The destination that counts from now on; whatever was registered before is superseded."""

    TYPE: ClassVar[str] = "registration.DestinationRegistered"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "registration_id"

    registration_id: str
    graduate_id: str
    scope: str
    class_year: int
    destination: Destination
    source: str
    agreement_id: str | None = None
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class VoidRequested:
    """作废申请: the graduate wants a registered destination voided (DOMAIN 1.5)."""

    TYPE: ClassVar[str] = "registration.VoidRequested"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "void_id"

    void_id: str
    registration_id: str
    graduate_id: str
    scope: str
    class_year: int
    reason: str
    province_version: int | None = None
    school_version: int | None = None


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
    """Another destination was registered while the void request was under review, or the graduate left the roster: there is
    nothing left to void."""

    TYPE: ClassVar[str] = "registration.VoidSuperseded"
    VERSION: ClassVar[int] = 1

    void_id: str
    registration_id: str
    graduate_id: str


@dataclass(frozen=True, slots=True)
class DestinationReopened:
    """未登记 again; `cause` is agreement_cancelled, voided, or removed (the graduate is on no roster any more).

    `register_until` is set where what follows may be registered after the class's last day.
    """

    TYPE: ClassVar[str] = "registration.DestinationReopened"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    cause: str
    register_until: date | None = None


@dataclass(frozen=True, slots=True)
class AgreementOvertaken:
    """An agreement was cancelled before its conclusion was followed here: told of that later, nothing is registered.

    `register_until` as of a destination that is re-opened.
    """

    TYPE: ClassVar[str] = "registration.AgreementOvertaken"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    agreement_id: str
    register_until: date | None = None


@dataclass(frozen=True, slots=True)
class AgreementRenumbered:
    """补办: the agreement that the destination comes from has another number, the one before is never used again."""

    TYPE: ClassVar[str] = "registration.AgreementRenumbered"
    VERSION: ClassVar[int] = 1

    registration_id: str
    graduate_id: str
    agreement_id: str
    agreement_number: str


CODEC = Codec(
    DestinationFiled,
    FilingRejected,
    LeavingConfirmed,
    LeavingReset,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    RegistrationSuperseded,
    RegistrationReturned,
    DestinationRegistered,
    VoidRequested,
    VoidReturned,
    VoidSuperseded,
    DestinationReopened,
    AgreementOvertaken,
    AgreementRenumbered,
)
