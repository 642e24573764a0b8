"""What signing sees of the directory's and the registrations' events: the fields that it uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.access import scope_path
from shared.codes.destination import REOPENED_DAYS, Deadlines, deadlines_of
from shared.views import Views


@dataclass(frozen=True, slots=True)
class OnRoster:
    """An entry of the roster."""

    province: str
    school: str
    department: str
    class_year: int
    education: str
    training: str
    enrolled_on: date | None = None
    agreed_unit: str | None = None

    @property
    def scope(self) -> str:
        """Where the graduate is."""
        return scope_path(self.province, self.school, self.department)


@dataclass(frozen=True, slots=True)
class Removed:
    """A graduate is on no roster any more."""


@dataclass(frozen=True, slots=True)
class ProvinceSettings:
    """What a province has set for a class."""

    class_year: int
    parties: int
    response_days: int
    response_days_max: int
    cancellation_days: int
    signing_order: tuple[str, ...] = ()
    binding: str = "completion"
    penalty_limit: int | None = None
    cancellation_evidence: tuple[str, ...] = ()
    issues_numbers: bool = False
    template: str = "default/1"
    completion_days: int = 15
    # A province that set its periods before there was a shortest one allowed any.
    response_days_min: int = 0
    cancellations_close: bool = False
    begun_by: str = "employer"
    operation_code: bool = False
    change_deadline: date | None = None
    registration_deadline: date | None = None
    reopened_days: int = REOPENED_DAYS

    @property
    def deadlines(self) -> Deadlines:
        """The last days of the class."""
        return deadlines_of(self.class_year, self.change_deadline, self.registration_deadline, self.reopened_days)


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """What a school has set for a class."""

    class_year: int
    breach_limit: int | None = None
    blocked_employers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmployerRegistered:
    """What an employer registered as."""

    name: str
    nature: str
    industry: str
    place: str
    address: str
    uscc: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a graduate."""

    graduate_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Where an employer is and whom to ask, from then on; a phone that is not told stays as it was."""

    industry: str
    place: str
    address: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    """What an employer is called from then on."""

    name: str
    nature: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What an office says of an employer; the type says what."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The graduate says that a roster entry is right."""

    entry: int


@dataclass(frozen=True, slots=True)
class Disputed:
    """The graduate says that a roster entry is wrong."""

    entry: int
    dispute_id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The school has answered a dispute."""

    dispute_id: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The code of a destination."""

    code: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A destination counts; `source` says how it came."""

    source: str
    destination: Placed


@dataclass(frozen=True, slots=True)
class Returned:
    """A registration came to nothing; until when the graduate was told to register again."""

    register_until: date | None = None


@dataclass(frozen=True, slots=True)
class OfGraduate:
    """Something happened to a graduate; the type says what."""

    graduate_id: str


@dataclass(frozen=True, slots=True)
class ReviewPassed:
    """A review passed; of a cancellation with the cause that the university found."""

    graduate_id: str
    kind: str
    subject_id: str
    caused_by: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewReturned:
    """A review said no."""

    graduate_id: str
    kind: str
    subject_id: str
    reason: str


ROSTER = Views[OnRoster | Removed](
    {
        "directory.GraduateEnrolled": OnRoster,
        "directory.GraduateCorrected": OnRoster,
        "directory.GraduateRemoved": Removed,
    }
)
PROVINCE = Views[ProvinceSettings]({"directory.ProvinceSettingsChanged": ProvinceSettings})
SCHOOL = Views[SchoolSettings]({"directory.SchoolSettingsChanged": SchoolSettings})
EMPLOYER = Views[EmployerRegistered | Contact | Renamed | Standing](
    {
        "directory.EmployerRegistered": EmployerRegistered,
        "directory.EmployerContactChanged": Contact,
        "directory.EmployerChangeVerified": Renamed,
        "directory.EmployerVerified": Standing,
        "directory.EmployerReinstated": Standing,
        "directory.EmployerClosed": Standing,
        "directory.EmployerReturned": Standing,
        "directory.EmployerSuspended": Standing,
    }
)
SAID = Views[Confirmed | Disputed | Answered](
    {
        "directory.BasicDataConfirmed": Confirmed,
        "directory.BasicDataDisputed": Disputed,
        "directory.DisputeAnswered": Answered,
    }
)
REGISTERED = Views[Registered]({"registration.DestinationRegistered": Registered})
LAST_DAYS = Views[Returned](
    {
        "registration.RegistrationReturned": Returned,
        "registration.DestinationReopened": Returned,
        "registration.AgreementOvertaken": Returned,
    }
)
EVIDENCE = Views[StoredFile]({"directory.EvidenceStored": StoredFile})
