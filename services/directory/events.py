"""What the directory has recorded. Names, identity numbers and phones are only inside `personal` envelopes.

`personal_hash` and `id_hash` are keyed: they tell whether two envelopes hold the same, and nothing to who lacks the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from shared.codec import Codec


@dataclass(frozen=True, slots=True)
class CheckAddressSet:
    """The public page that checks a 核验编号, from now on: books numbered before keep the address of their day."""

    TYPE: ClassVar[str] = "directory.CheckAddressSet"
    VERSION: ClassVar[int] = 1

    address: str


@dataclass(frozen=True, slots=True)
class ProvinceSettingsChanged:
    """省级设置 of one class: 两方/三方, who reviews, how long people have to answer (days). DOMAIN 1.0, 1.1, 1.6.

    `signing_order` empty means the national order; `binding` is completion or acceptance; `penalty_limit` (yuan) only
    warns; `review_days` 0 means that no step is ever late; `change_deadline` None means 31 August of the class, and
    `registration_deadline`, until which whoever has no placed destination may still come to one, its 31 December;
    `imports_until` is the last day of importing destinations, None for never; what follows a cancellation, a void or a
    return may be registered for `reopened_days` even after the deadline;
    `completion_days` are those that the employer has to seal, and again the school to attest; an employer's own deadline
    for the answer lies between `response_days_min` and `response_days_max` (0: any deadline in the future).
    `cancellations_close`: after the change deadline a graduate asks to cancel no agreement online any more.
    `begun_by`: who may begin signing, the employer as in the national order, the graduate (Jiangxi), or either (Shanghai,
    Anhui).
    `operation_code`: a graduate types a code of its own to accept and to agree to a cancellation (Shandong).
    `licence_required`: an employer of the province is verified on its licence only; the newest class that is set counts.
    """

    TYPE: ClassVar[str] = "directory.ProvinceSettingsChanged"
    VERSION: ClassVar[int] = 1

    province: str
    class_year: int
    parties: int
    review_chain: tuple[str, ...]
    cancellation_chain: tuple[str, ...]
    response_days: int
    response_days_max: int
    cancellation_days: int
    signing_order: tuple[str, ...] = ()
    binding: str = "completion"
    penalty_limit: int | None = None
    cancellation_evidence: tuple[str, ...] = ()
    issues_numbers: bool = False
    template: str = "default/1"
    review_days: int = 5
    change_deadline: date | None = None
    evidence_required: bool = True
    imports_until: date | None = None
    reopened_days: int = 30
    licence_required: bool = False
    completion_days: int = 15
    response_days_min: int = 0
    cancellations_close: bool = False
    begun_by: str = "employer"
    operation_code: bool = False
    registration_deadline: date | None = None


@dataclass(frozen=True, slots=True)
class SchoolListed:
    """A school of the national list, or one that a province or the ministry has added, such as a research institute.

    `school_id10` is empty for who has none. It trains graduates from `valid_from` to `valid_until`, None: no such end.
    """

    TYPE: ClassVar[str] = "directory.SchoolListed"
    VERSION: ClassVar[int] = 1

    school: str
    school_id10: str
    name: str
    province: str
    authority: str
    city: str
    level: str
    private: bool
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class SchoolCodeTaken:
    """A code that the national list does not hold is a school's of this province; kept in a national stream of its own."""

    TYPE: ClassVar[str] = "directory.SchoolCodeTaken"
    VERSION: ClassVar[int] = 1

    school: str
    province: str


@dataclass(frozen=True, slots=True)
class SchoolRenamed:
    """更名: what the school is called from a day on; on days before it keeps the name of then (DOMAIN 3.3)."""

    TYPE: ClassVar[str] = "directory.SchoolRenamed"
    VERSION: ClassVar[int] = 1

    school: str
    name: str
    from_day: date


@dataclass(frozen=True, slots=True)
class SchoolSettingsChanged:
    """A school's own chains for one class; None keeps the province's. `breach_limit` None means that there is none.

    `blocked_employers` are the ids of those that may not invite its graduates (黑名单).
    """

    TYPE: ClassVar[str] = "directory.SchoolSettingsChanged"
    VERSION: ClassVar[int] = 1

    school: str
    class_year: int
    review_chain: tuple[str, ...] | None = None
    cancellation_chain: tuple[str, ...] | None = None
    breach_limit: int | None = None
    blocked_employers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DepartmentAdded:
    """院系 of a school, known by a code of two characters."""

    TYPE: ClassVar[str] = "directory.DepartmentAdded"
    VERSION: ClassVar[int] = 1

    school: str
    department: str
    name: str


@dataclass(frozen=True, slots=True)
class GraduateEnrolled:
    """A graduate on a school's roster of a class (生源信息). Codes of DOMAIN 2; `origin` is 生源所在地, six digits."""

    TYPE: ClassVar[str] = "directory.GraduateEnrolled"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "graduate_id"

    graduate_id: str
    province: str
    school: str
    department: str
    class_year: int
    education: str
    major_code: str
    major_name: str
    study_mode: str
    study_years: str
    training: str
    sex: str
    ethnic: str
    political: str
    hardship: str
    normal: str
    origin: str
    household: str
    enrolled_on: date
    graduates_on: date
    personal: str
    personal_hash: str
    id_hash: str
    agreed_unit: str | None = None
    agreed_region: str | None = None


@dataclass(frozen=True, slots=True)
class GraduateCorrected:
    """The roster said something else before; the whole record as it is now. Only the school corrects (DOMAIN 1.8)."""

    TYPE: ClassVar[str] = "directory.GraduateCorrected"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    province: str
    school: str
    department: str
    class_year: int
    education: str
    major_code: str
    major_name: str
    study_mode: str
    study_years: str
    training: str
    sex: str
    ethnic: str
    political: str
    hardship: str
    normal: str
    origin: str
    household: str
    enrolled_on: date
    graduates_on: date
    personal: str
    personal_hash: str
    id_hash: str
    agreed_unit: str | None = None
    agreed_region: str | None = None


@dataclass(frozen=True, slots=True)
class GraduateRemoved:
    """No longer of this class: does not graduate, or was enrolled by mistake (DOMAIN 4.4)."""

    TYPE: ClassVar[str] = "directory.GraduateRemoved"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PersonClaimed:
    """A person, known by the keyed hash in the stream's name, is about to be this graduate of a class.

    `enrolled_on` and `graduates_on` are those of the roster: what a second record of the person is compared with.
    """

    TYPE: ClassVar[str] = "directory.PersonClaimed"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    school: str
    class_year: int
    education: str
    enrolled_on: date
    graduates_on: date
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class PersonReleased:
    """Whoever claims next has seen that this graduate is not on the roster under this number."""

    TYPE: ClassVar[str] = "directory.PersonReleased"
    VERSION: ClassVar[int] = 1

    graduate_id: str


@dataclass(frozen=True, slots=True)
class GraduateErased:
    """The key of the graduate's personal data is destroyed: no envelope of this graduate opens any more."""

    TYPE: ClassVar[str] = "directory.GraduateErased"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BasicDataConfirmed:
    """信息确认: the graduate says that the roster is right. `entry` is the version of the roster entry that was looked at."""

    TYPE: ClassVar[str] = "directory.BasicDataConfirmed"
    VERSION: ClassVar[int] = 1

    graduate_id: str
    entry: int


@dataclass(frozen=True, slots=True)
class BasicDataDisputed:
    """The graduate says that a field of the roster is wrong; `statement`, what is right, is sealed."""

    TYPE: ClassVar[str] = "directory.BasicDataDisputed"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "dispute_id"

    dispute_id: str
    graduate_id: str
    entry: int
    field: str
    statement: str


@dataclass(frozen=True, slots=True)
class DisputeAnswered:
    """The school keeps the roster as it is, and says why; `answer` is sealed."""

    TYPE: ClassVar[str] = "directory.DisputeAnswered"
    VERSION: ClassVar[int] = 1

    dispute_id: str
    graduate_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class EmployerRegistered:
    """An employer applied for an account, or applied again after its application was returned.

    `phone` is its office's: whom to ask, and that one's phone, is in `personal`.
    """

    TYPE: ClassVar[str] = "directory.EmployerRegistered"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "employer_id"

    employer_id: str
    name: str
    nature: str
    industry: str
    place: str
    address: str
    personal: str
    uscc: str | None = None
    uscc_absent_reason: str | None = None
    licence: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class EmployerContactChanged:
    """Where the employer is and whom to ask, from now on."""

    TYPE: ClassVar[str] = "directory.EmployerContactChanged"
    VERSION: ClassVar[int] = 1

    employer_id: str
    industry: str
    place: str
    address: str
    personal: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class EmployerChangeRequested:
    """The employer has another name or nature; until an office has verified it, what was verified before counts."""

    TYPE: ClassVar[str] = "directory.EmployerChangeRequested"
    VERSION: ClassVar[int] = 1

    employer_id: str
    name: str
    nature: str
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class EmployerChangeVerified:
    """An office has checked the change; it counts from now on, for offers sent from now on."""

    TYPE: ClassVar[str] = "directory.EmployerChangeVerified"
    VERSION: ClassVar[int] = 1

    employer_id: str
    name: str
    nature: str
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class EmployerChangeReturned:
    """An office did not accept the change; all stays as it was verified."""

    TYPE: ClassVar[str] = "directory.EmployerChangeReturned"
    VERSION: ClassVar[int] = 1

    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LicenceStored:
    """A file by which an employer proves who it is (营业执照), sealed under the employer's key; as EvidenceStored."""

    TYPE: ClassVar[str] = "directory.LicenceStored"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "licence_id"

    licence_id: str
    employer_id: str
    media_type: str
    size: int
    digest: str
    address: str


@dataclass(frozen=True, slots=True)
class LicenceRead:
    """Somebody, the event's actor, was shown the file."""

    TYPE: ClassVar[str] = "directory.LicenceRead"
    VERSION: ClassVar[int] = 1

    licence_id: str


@dataclass(frozen=True, slots=True)
class EmployerVerified:
    """An office has checked the employer; it may invite."""

    TYPE: ClassVar[str] = "directory.EmployerVerified"
    VERSION: ClassVar[int] = 1

    employer_id: str


@dataclass(frozen=True, slots=True)
class EmployerReturned:
    """The application was returned; the employer may apply again."""

    TYPE: ClassVar[str] = "directory.EmployerReturned"
    VERSION: ClassVar[int] = 1

    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EmployerSuspended:
    """The employer may not invite until it is reinstated."""

    TYPE: ClassVar[str] = "directory.EmployerSuspended"
    VERSION: ClassVar[int] = 1

    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EmployerClosed:
    """注销 (`how` deregistered) or 吊销 (revoked) on a day: it signs no more, what is in force stays (DOMAIN 1.8, 5.4)."""

    TYPE: ClassVar[str] = "directory.EmployerClosed"
    VERSION: ClassVar[int] = 1

    employer_id: str
    how: str
    closed_on: date


@dataclass(frozen=True, slots=True)
class EmployerReinstated:
    """The suspension is over, or the employer was said to be closed and is not."""

    TYPE: ClassVar[str] = "directory.EmployerReinstated"
    VERSION: ClassVar[int] = 1

    employer_id: str


@dataclass(frozen=True, slots=True)
class EvidenceStored:
    """A file that proves something about a graduate: `kind` of the evidence table, `size` in bytes, digests SHA-256.

    `digest` is of the content as it was cleaned; `address` is of the sealed object and finds it in the store.
    """

    TYPE: ClassVar[str] = "directory.EvidenceStored"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "evidence_id"

    evidence_id: str
    graduate_id: str
    kind: str
    media_type: str
    size: int
    digest: str
    address: str


@dataclass(frozen=True, slots=True)
class EvidenceRead:
    """Somebody, the event's actor, was shown the file."""

    TYPE: ClassVar[str] = "directory.EvidenceRead"
    VERSION: ClassVar[int] = 1

    evidence_id: str


PLATFORM_CODEC = Codec(CheckAddressSet)
PROVINCE_CODEC = Codec(ProvinceSettingsChanged)
SCHOOL_CODEC = Codec(SchoolListed, SchoolRenamed, SchoolSettingsChanged, DepartmentAdded)
SCHOOL_CODE_CODEC = Codec(SchoolCodeTaken)
GRADUATE_CODEC = Codec(GraduateEnrolled, GraduateCorrected, GraduateRemoved)
PERSON_CODEC = Codec(PersonClaimed, PersonReleased)
BASIC_DATA_CODEC = Codec(BasicDataConfirmed, BasicDataDisputed, DisputeAnswered)
ERASURE_CODEC = Codec(GraduateErased)
EMPLOYER_CODEC = Codec(
    EmployerRegistered,
    EmployerVerified,
    EmployerReturned,
    EmployerContactChanged,
    EmployerChangeRequested,
    EmployerChangeVerified,
    EmployerChangeReturned,
    EmployerSuspended,
    EmployerClosed,
    EmployerReinstated,
)
LICENCE_CODEC = Codec(LicenceStored, LicenceRead)
EVIDENCE_CODEC = Codec(EvidenceStored, EvidenceRead)
