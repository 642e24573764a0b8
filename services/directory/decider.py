"""The directory's decisions: settings of provinces and schools, rosters, the life of an employer's account. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from services.directory import events as e
from shared.access import Subject, scope_path
from shared.clock import day_of
from shared.codec import UNKNOWN_TYPE
from shared.codes.identity import BadIdentifier
from shared.codes.uscc import check_uscc
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling, Streams, fold
from shared.messages import NATIONAL_LANE, Meta

CHAIN = ("department", "school", "province")

WRONG_CHAIN = Reason(
    "directory.wrong_chain",
    "审核环节应按 院系、学校、省级 的顺序选取，不得重复",
    "A chain names department, school, province in this order, each once",
    Invalid,
)
RESPONSE_DAYS = Reason(
    "directory.response_days",
    "默认答复期不得长于最长答复期",
    "The default response period may not exceed the longest one",
    Invalid,
)
WRONG_ORDER = Reason(
    "directory.wrong_signing_order",
    "签约顺序须含 应约(accept) 与 审核(review)，审核与鉴证在应约之后，三方须含学校鉴证(attest)，各环节不得重复",
    "An order of signing holds accept and review, review and attest after accept, attest in 三方, each step once",
    Invalid,
)
NO_SCHOOL = Reason("directory.school_not_found", "没有该学校：{school}", "There is no school {school}", NotFound)
DEPARTMENT_TAKEN = Reason(
    "directory.department_taken",
    "院系代码 {department} 已用于 {name}",
    "The department code {department} already belongs to {name}",
)
NO_GRADUATE = Reason("directory.graduate_not_found", "没有该毕业生", "There is no such graduate", NotFound)
ERASED = Reason(
    "directory.graduate_erased",
    "该毕业生的个人信息已删除，不能恢复",
    "This graduate's personal data was erased and never comes back",
)
TOO_EARLY = Reason(
    "directory.too_early_to_erase",
    "在册毕业生的个人信息应保存至 {year} 年底",
    "The data of a graduate on the roster is kept until the end of {year}",
)
NO_EMPLOYER = Reason("directory.employer_not_found", "没有该用人单位", "There is no such employer", NotFound)
EMPLOYER_KNOWN = Reason(
    "directory.employer_known", "该单位已注册", "This employer is already registered; sign in with its account"
)
USCC_NEEDED = Reason(
    "directory.uscc_needed",
    "请填写统一社会信用代码，确无代码的请说明原因",
    "Give the social credit code, or the reason why there is none",
    Invalid,
)
WRONG_USCC = Reason("directory.wrong_uscc", "{why}", "{why_en}", Invalid)
NOT_ITS_ID = Reason(
    "directory.wrong_employer_id",
    "单位编号与统一社会信用代码不符，应为 {expected}",
    "The employer's id does not belong to its credit code; it is {expected}",
    Invalid,
)
NOT_AWAITING = Reason(
    "directory.employer_not_awaiting", "该单位不在待审核状态", "This employer is not awaiting verification"
)
NOT_VERIFIED = Reason("directory.employer_not_verified", "该单位未通过审核", "This employer is not verified")


# Provinces


@dataclass(frozen=True, slots=True)
class SetProvince:
    """Settings of a province for a class, before its schools start; agreements keep those they were created under."""

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


ProvinceState = Mapping[int, e.ProvinceSettingsChanged]


def evolve_province(state: ProvinceState, event: Any) -> ProvinceState:
    match event:
        case e.ProvinceSettingsChanged():
            return {**state, event.class_year: event}
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_province(command: Any, state: ProvinceState, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    match command:
        case SetProvince():
            _check_chain(command.review_chain, "review_chain")
            _check_chain(command.cancellation_chain, "cancellation_chain")
            if command.response_days > command.response_days_max:
                raise RESPONSE_DAYS.error(field="response_days")
            _check_order(command)
            changed = e.ProvinceSettingsChanged(**_values(command))
            return [] if state.get(command.class_year) == changed else [changed]
    raise AssertionError(command)


def _check_order(command: SetProvince) -> None:
    order = command.signing_order
    if not order:
        return
    place = {step: index for index, step in enumerate(order)}
    sound = len(place) == len(order) and {"accept", "review"} <= place.keys()
    later = sound and all(place[step] > place["accept"] for step in ("review", "attest") if step in place)
    if not later or (command.parties == 3 and "attest" not in place):
        raise WRONG_ORDER.error(field="signing_order")


# Schools


@dataclass(frozen=True, slots=True)
class ListSchool:
    """Put a school of the national list into the directory."""

    school: str
    school_id10: str
    name: str
    province: str
    authority: str
    city: str
    level: str
    private: bool


@dataclass(frozen=True, slots=True)
class SetSchool:
    """A school's own chains for a class, None takes the province's; how often a graduate may break an agreement."""

    province: str
    school: str
    class_year: int
    review_chain: tuple[str, ...] | None = None
    cancellation_chain: tuple[str, ...] | None = None
    breach_limit: int | None = None


@dataclass(frozen=True, slots=True)
class AddDepartment:
    """A department of a school."""

    province: str
    school: str
    department: str
    name: str


@dataclass(frozen=True, slots=True)
class SchoolState:
    """A school as it is."""

    listed: e.SchoolListed | None = None
    settings: Mapping[int, e.SchoolSettingsChanged] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)


def evolve_school(state: SchoolState, event: Any) -> SchoolState:
    match event:
        case e.SchoolListed():
            return replace(state, listed=event)
        case e.SchoolSettingsChanged():
            return replace(state, settings={**state.settings, event.class_year: event})
        case e.DepartmentAdded():
            return replace(state, departments={**state.departments, event.department: event.name})
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_school(command: Any, state: SchoolState, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    match command:
        case ListSchool():
            listed = e.SchoolListed(**_values(command))
            return [] if state.listed == listed else [listed]
        case _ if state.listed is None:
            raise NO_SCHOOL.error(field="school", school=command.school)
        case SetSchool():
            for name in ("review_chain", "cancellation_chain"):
                chain = getattr(command, name)
                if chain is not None:
                    _check_chain(chain, name)
            changed = e.SchoolSettingsChanged(
                command.school,
                command.class_year,
                command.review_chain,
                command.cancellation_chain,
                command.breach_limit,
            )
            before = state.settings.get(command.class_year, e.SchoolSettingsChanged(command.school, command.class_year))
            return [] if before == changed else [changed]
        case AddDepartment():
            known = state.departments.get(command.department)
            if known == command.name:
                return []
            if known is not None:
                raise DEPARTMENT_TAKEN.error(field="department", department=command.department, name=known)
            return [e.DepartmentAdded(command.school, command.department, command.name)]
    raise AssertionError(command)


# Graduates


@dataclass(frozen=True, slots=True)
class EnrolGraduate:
    """One row of a roster with its personal part sealed: see events.GraduateEnrolled."""

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


@dataclass(frozen=True, slots=True)
class RemoveGraduate:
    """Take a graduate off the roster: does not graduate with this class, or was enrolled by mistake (DOMAIN 4.4)."""

    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GraduateState:
    """`entry` is the newest roster entry, kept when removed, because it says where the graduate was."""

    entry: e.GraduateEnrolled | e.GraduateCorrected | None = None
    removed: bool = False

    @property
    def scope(self) -> str | None:
        """The department's scope path."""
        return None if self.entry is None else scope_path(self.entry.province, self.entry.school, self.entry.department)


def evolve_graduate(state: GraduateState, event: Any) -> GraduateState:
    match event:
        case e.GraduateEnrolled() | e.GraduateCorrected():
            return GraduateState(event)
        case e.GraduateRemoved():
            return replace(state, removed=True)
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_graduate(command: Any, state: GraduateState, facts: None, meta: Meta) -> list[Any]:
    """A row that says the same as before changes nothing. `personal` is sealed anew each time, so it is not compared."""
    del facts, meta
    match command:
        case EnrolGraduate():
            values = _values(command)
            if state.entry is None or state.removed:
                return [e.GraduateEnrolled(**values)]
            if _clear(values) == _clear(_values(state.entry)):
                return []
            return [e.GraduateCorrected(**values)]
        case RemoveGraduate(graduate_id, reason):
            if state.entry is None:
                raise NO_GRADUATE.error(field="graduate_id")
            return [] if state.removed else [e.GraduateRemoved(graduate_id, reason)]
    raise AssertionError(command)


def _clear(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "personal"}


# Erasure


@dataclass(frozen=True, slots=True)
class EraseGraduate:
    """Destroy the key of a graduate's personal data. Nothing brings it back; counts and proofs stay."""

    graduate_id: str
    reason: str


# Evidence is kept three years after the class (DOMAIN 5.5).
YEARS_KEPT = 3


def evolve_erasure(state: bool, event: Any) -> bool:
    match event:
        case e.GraduateErased():
            return True
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_erasure(command: Any, state: bool, facts: GraduateState, meta: Meta) -> list[Any]:
    """Who was enrolled by mistake may be erased at once, everybody else when the evidence need no longer be kept."""
    match command:
        case EraseGraduate(graduate_id, reason):
            if state:
                return []
            if facts.entry is None:
                raise NO_GRADUATE.error(field="graduate_id")
            last = facts.entry.class_year + YEARS_KEPT
            if not facts.removed and day_of(meta.now).year <= last:
                raise TOO_EARLY.error(field="graduate_id", year=last)
            return [e.GraduateErased(graduate_id, reason)]
    raise AssertionError(command)


# Employers


@dataclass(frozen=True, slots=True)
class RegisterEmployer:
    """An employer's application; `contact` was sealed into `personal`."""

    employer_id: str
    name: str
    nature: str
    industry: str
    place: str
    address: str
    personal: str
    uscc: str | None = None
    uscc_absent_reason: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyEmployer:
    employer_id: str


@dataclass(frozen=True, slots=True)
class ReturnEmployer:
    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SuspendEmployer:
    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReinstateEmployer:
    employer_id: str


@dataclass(frozen=True, slots=True)
class EmployerState:
    """`status`: unknown, awaiting, returned, verified, suspended."""

    status: str = "unknown"
    registered: e.EmployerRegistered | None = None


def evolve_employer(state: EmployerState, event: Any) -> EmployerState:
    match event:
        case e.EmployerRegistered():
            return EmployerState("awaiting", event)
        case e.EmployerVerified() | e.EmployerReinstated():
            return replace(state, status="verified")
        case e.EmployerReturned():
            return replace(state, status="returned")
        case e.EmployerSuspended():
            return replace(state, status="suspended")
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_employer(command: Any, state: EmployerState, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    match command:
        case RegisterEmployer():
            if state.status not in ("unknown", "returned"):
                raise EMPLOYER_KNOWN.error(field="uscc")
            return [e.EmployerRegistered(**_values(command))]
        case _ if state.status == "unknown":
            raise NO_EMPLOYER.error(field="employer_id")
        case VerifyEmployer(employer_id):
            if state.status == "verified":
                return []
            if state.status != "awaiting":
                raise NOT_AWAITING.error()
            return [e.EmployerVerified(employer_id)]
        case ReturnEmployer(employer_id, reason):
            if state.status == "returned":
                return []
            if state.status != "awaiting":
                raise NOT_AWAITING.error()
            return [e.EmployerReturned(employer_id, reason)]
        case SuspendEmployer(employer_id, reason):
            if state.status == "suspended":
                return []
            if state.status != "verified":
                raise NOT_VERIFIED.error()
            return [e.EmployerSuspended(employer_id, reason)]
        case ReinstateEmployer(employer_id):
            if state.status == "verified":
                return []
            if state.status != "suspended":
                raise NOT_VERIFIED.error()
            return [e.EmployerReinstated(employer_id)]
    raise AssertionError(command)


# An employer's id follows from its credit code, so that its stream is the proof that it is registered once.
EMPLOYER_IDS = UUID("8a5a3c52-7f0e-4b9e-9f0b-0a6b3c9d1e11")


def employer_id_of(uscc: str) -> str:
    """The id of the employer with this social credit code."""
    return f"{NATIONAL_LANE}-{uuid5(EMPLOYER_IDS, uscc)}"


def checked_uscc(uscc: str | None, absent_reason: str | None) -> str | None:
    """The social credit code in its normal form. Raises Invalid: the army and foreign employers have none (DOMAIN 3.2)."""
    if uscc is None:
        if absent_reason is None:
            raise USCC_NEEDED.error(field="uscc")
        return None
    try:
        return check_uscc(uscc).code
    except BadIdentifier as bad:
        raise WRONG_USCC.error(field="uscc", why=bad.zh, why_en=bad.en) from None


def _check_chain(chain: tuple[str, ...], field: str) -> None:
    if tuple(step for step in CHAIN if step in chain) != chain:
        raise WRONG_CHAIN.error(field=field)


def _values(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _no_facts(command: Any, streams: Streams) -> None:
    del command, streams


def _scope_of(command: Any) -> str | None:
    match command:
        case EnrolGraduate():
            return scope_path(command.province, command.school, command.department)
    return None


PROVINCE = Handling[ProvinceState](
    codec=e.PROVINCE_CODEC,
    initial={},
    evolve=evolve_province,
    decide=decide_province,
    stream=lambda command: f"province-{command.province}",
    reads=lambda command: (),
    facts=_no_facts,
    subject=lambda command, state, facts: Subject(scope=scope_path(command.province)),
)
SCHOOL = Handling[SchoolState](
    codec=e.SCHOOL_CODEC,
    initial=SchoolState(),
    evolve=evolve_school,
    decide=decide_school,
    stream=lambda command: f"school-{command.province}-{command.school}",
    reads=lambda command: (),
    facts=_no_facts,
    subject=lambda command, state, facts: Subject(scope=scope_path(command.province, command.school)),
)
GRADUATE = Handling[GraduateState](
    codec=e.GRADUATE_CODEC,
    initial=GraduateState(),
    evolve=evolve_graduate,
    decide=decide_graduate,
    stream=lambda command: f"graduate-{command.graduate_id}",
    reads=lambda command: (),
    facts=_no_facts,
    subject=lambda command, state, facts: Subject(scope=_scope_of(command) or state.scope),
)
# Beside the graduate's own stream, which other contexts read: to them an erased graduate still counts.
ERASURE = Handling[bool](
    codec=e.ERASURE_CODEC,
    initial=False,
    evolve=evolve_erasure,
    decide=decide_erasure,
    stream=lambda command: f"erasure-{command.graduate_id}",
    reads=lambda command: (f"graduate-{command.graduate_id}",),
    facts=lambda command, streams: fold(GRADUATE, streams[f"graduate-{command.graduate_id}"]),
    subject=lambda command, state, facts: Subject(scope=facts.scope),
)
EMPLOYER = Handling[EmployerState](
    codec=e.EMPLOYER_CODEC,
    initial=EmployerState(),
    evolve=evolve_employer,
    decide=decide_employer,
    stream=lambda command: f"employer-{command.employer_id}",
    reads=lambda command: (),
    facts=_no_facts,
    subject=lambda command, state, facts: Subject(employer_id=command.employer_id),
)
