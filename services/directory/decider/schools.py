"""Schools, their departments and their settings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.directory import events as e
from services.directory.decider.common import check_chain, no_facts, values_of
from shared.access import Subject, scope_path
from shared.codec import UNKNOWN_TYPE
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling
from shared.messages import Meta

NO_SCHOOL = Reason("directory.school_not_found", "没有该学校：{school}", "There is no school {school}", NotFound)
DEPARTMENT_TAKEN = Reason(
    "directory.department_taken",
    "院系代码 {department} 已用于 {name}",
    "The department code {department} already belongs to {name}",
)

EMPTY_CHAIN = Reason(
    "directory.empty_chain",
    "登记与签约须经院系或学校审核，审核环节不得为空",
    "Somebody reviews: a school's chain names at least one office",
    Invalid,
)


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
            listed = e.SchoolListed(**values_of(command))
            return [] if state.listed == listed else [listed]
        case _ if state.listed is None:
            raise NO_SCHOOL.error(field="school", school=command.school)
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
            if known == command.name:
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
