"""Schools, their departments and their settings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from services.directory import events as e
from services.directory.decider.common import check_chain, no_facts, values_of
from shared.access import Subject, scope_path
from shared.codec import UNKNOWN_TYPE
from shared.codes.schools import SCHOOLS
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling
from shared.messages import NATIONAL_LANE, Meta
from shared.names import same_name

NO_SCHOOL = Reason(
    "directory.school_not_found",
    "没有院校代码为 {school:digits} 的学校，请核对代码",
    "There is no school {school:digits}: check the code",
    NotFound,
)
CODE_TAKEN = Reason(
    "directory.school_code_taken",
    "院校代码 {school:digits} 已用于其他学校，请核对代码",
    "The code {school:digits} belongs to another school: check it",
)
NOT_VALID = Reason(
    "directory.school_not_valid",
    "{name:text}没有 {class_year:number} 届毕业生，学校有效期不含该届，请核对毕业年份，或联系省级主管部门更正学校有效期",
    "{name:text} has no class of {class_year:number}: check the class, or ask the province to correct the school",
)
VALID_BACKWARDS = Reason(
    "directory.school_valid_backwards",
    "有效期的截止日不得早于起始日，请更正",
    "The last day of validity does not lie before the first: correct it",
    Invalid,
)
DEPARTMENT_TAKEN = Reason(
    "directory.department_taken",
    "院系代码 {department:text} 已用于{name:text}，请更换代码或核对院系名称",
    "The department code {department:text} already belongs to {name:text}: use another, or check the name",
)

EMPTY_CHAIN = Reason(
    "directory.empty_chain",
    "登记与签约须经院系或学校审核，审核环节不得为空，请至少选择一个环节",
    "Somebody reviews: choose at least one office for the chain",
    Invalid,
)


@dataclass(frozen=True, slots=True)
class ListSchool:
    """Put a school into the directory: of the national list, or one that a province or the ministry adds."""

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
class TakeSchoolCode:
    """A school that is added has a code of its own in the whole country."""

    school: str
    province: str


@dataclass(frozen=True, slots=True)
class RenameSchool:
    """更名, from a day on."""

    province: str
    school: str
    name: str
    from_day: date


@dataclass(frozen=True, slots=True)
class SetSchool:
    """A school's own chains for a class, None takes the province's; how often a graduate may break an agreement.

    `blocked_employers` may not invite its graduates; an order of them and repeats do not matter.
    """

    province: str
    school: str
    class_year: int
    review_chain: tuple[str, ...] | None = None
    cancellation_chain: tuple[str, ...] | None = None
    breach_limit: int | None = None
    blocked_employers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddDepartment:
    """A department of a school."""

    province: str
    school: str
    department: str
    name: str


@dataclass(frozen=True, slots=True)
class SchoolState:
    """A school as it is; `names` by the day from which each counts. Listed again, it is called as listed."""

    listed: e.SchoolListed | None = None
    names: Mapping[date, str] = field(default_factory=dict)
    settings: Mapping[int, e.SchoolSettingsChanged] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)

    def name_on(self, day: date) -> str:
        """What the school was called on a day."""
        return self.names[max(each for each in self.names if each <= day)]

    def trains(self, class_year: int) -> bool:
        """Whether the school is valid in the year of a class."""
        known = self.listed
        assert known is not None
        first, last = known.valid_from or date.min, known.valid_until or date.max
        return first.year <= class_year <= last.year


def evolve_school(state: SchoolState, event: Any) -> SchoolState:
    match event:
        case e.SchoolListed():
            return replace(state, listed=event, names={date.min: event.name})
        case e.SchoolRenamed():
            return replace(state, names={**state.names, event.from_day: event.name})
        case e.SchoolSettingsChanged():
            return replace(state, settings={**state.settings, event.class_year: event})
        case e.DepartmentAdded():
            return replace(state, departments={**state.departments, event.department: event.name})
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_school(command: Any, state: SchoolState, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    match command:
        case ListSchool(valid_from=first, valid_until=last):
            if first is not None and last is not None and last < first:
                raise VALID_BACKWARDS.error(field="valid_until")
            listed = e.SchoolListed(**values_of(command))
            return [] if state.listed == listed else [listed]
        case _ if state.listed is None:
            raise NO_SCHOOL.error(field="school", school=command.school)
        case RenameSchool(_, school, name, from_day):
            return [] if state.name_on(from_day) == name else [e.SchoolRenamed(school, name, from_day)]
        case SetSchool():
            if command.review_chain == ():
                raise EMPTY_CHAIN.error(field="review_chain")
            for name in ("review_chain", "cancellation_chain"):
                chain = getattr(command, name)
                if chain is not None:
                    check_chain(chain, name)
            changed = e.SchoolSettingsChanged(
                command.school,
                command.class_year,
                command.review_chain,
                command.cancellation_chain,
                command.breach_limit,
                tuple(sorted(set(command.blocked_employers))),
            )
            before = state.settings.get(command.class_year, e.SchoolSettingsChanged(command.school, command.class_year))
            return [] if before == changed else [changed]
        case AddDepartment():
            known = state.departments.get(command.department)
            # The same in another spelling, which may have been stored before there was one form.
            if known is not None and same_name(known, command.name):
                return []
            if known is not None:
                raise DEPARTMENT_TAKEN.error(field="department", department=command.department, name=known)
            return [e.DepartmentAdded(command.school, command.department, command.name)]
    raise AssertionError(command)


SCHOOL = Handling[SchoolState](
    codec=e.SCHOOL_CODEC,
    initial=SchoolState(),
    evolve=evolve_school,
    decide=decide_school,
    stream=lambda command: f"school-{command.province}-{command.school}",
    reads=lambda command: (),
    facts=no_facts,
    subject=lambda command, state, facts: Subject(scope=scope_path(command.province, command.school)),
)


def evolve_school_code(state: str | None, event: Any) -> str | None:
    match event:
        case e.SchoolCodeTaken():
            return event.province
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_school_code(command: TakeSchoolCode, state: str | None, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    if state == command.province:
        return []
    if state is not None or command.school in SCHOOLS:
        raise CODE_TAKEN.error(field="school", school=command.school)
    return [e.SchoolCodeTaken(command.school, command.province)]


def school_code_stream(school: str) -> str:
    """The stream that says whose a code is which the national list does not hold."""
    return f"school_code-{NATIONAL_LANE}-{school}"


SCHOOL_CODE = Handling[str | None](
    codec=e.SCHOOL_CODE_CODEC,
    initial=None,
    evolve=evolve_school_code,
    decide=decide_school_code,
    stream=lambda command: school_code_stream(command.school),
    reads=lambda command: (),
    facts=no_facts,
    subject=lambda command, state, facts: Subject(scope=scope_path(command.province)),
)
