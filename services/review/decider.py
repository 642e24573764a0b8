"""Decisions of a review: which chain, whose turn, approved or returned (DOMAIN 1.0, 1.11). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

from services.review import events as e
from shared.access import Role, Subject
from shared.codec import UNKNOWN_TYPE
from shared.errors import NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded, lane_of

NO_CASE = Reason("review.not_found", "没有该审核事项", "There is no such case", NotFound)
DECIDED = Reason("review.already_decided", "该事项已处理：{status}", "This case is already decided: {status}")
NOT_YOUR_STEP = Reason("review.not_your_step", "当前环节为 {step}，不由您审核", "It is the turn of {step}, not yours")

# Which role acts on which step; the steps are named after the offices.
STEPS: Final[Mapping[str, Role]] = {
    "department": Role.DEPARTMENT,
    "school": Role.SCHOOL,
    "province": Role.PROVINCE,
}
DEFAULT_CHAIN: Final = ("department", "school")
DEFAULT_CANCELLATION_CHAIN: Final = ("school",)


@dataclass(frozen=True, slots=True)
class OpenReview:
    """Something is to be looked at."""

    kind: str
    subject_id: str
    graduate_id: str
    scope: str
    class_year: int

    @property
    def case_id(self) -> str:
        return case_of(self.kind, self.subject_id)


@dataclass(frozen=True, slots=True)
class CloseReview:
    """What was to be looked at is gone."""

    case_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApproveReview:
    case_id: str
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnReview:
    case_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Case:
    """`status`: waiting, passed, returned, closed. `step` counts the steps that have approved."""

    opened: e.ReviewOpened
    status: str = "waiting"
    step: int = 0

    @property
    def waiting_for(self) -> str | None:
        """The step whose turn it is."""
        return self.opened.chain[self.step] if self.status == "waiting" else None


@dataclass(frozen=True, slots=True)
class Gone:
    """What was to be looked at was withdrawn before its case was opened: events of two queues may overtake."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The chain that settings give to a new case; empty when none is being opened."""

    chain: tuple[str, ...] = ()


def case_of(kind: str, subject_id: str) -> str:
    """The id of the case about a thing: whoever knows the thing knows its case, and opening it again finds it."""
    return f"{lane_of(subject_id)}-{uuid5(UUID(subject_id[3:]), kind)}"


def evolve(state: Case | Gone | None, event: Any) -> Case | Gone | None:
    """The fold of the stream."""
    if isinstance(event, e.ReviewOpened):
        return Case(event)
    if state is None and isinstance(event, e.ReviewClosed):
        return Gone()
    if not isinstance(state, Case):
        raise UNKNOWN_TYPE.error(type=type(event).__name__)
    match event:
        case e.StepApproved():
            return replace(state, step=state.step + 1)
        case e.ReviewPassed():
            return replace(state, status="passed")
        case e.ReviewReturned():
            return replace(state, status="returned")
        case e.ReviewClosed():
            return replace(state, status="closed")
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide(command: Any, state: Case | Gone | None, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, NotFound."""
    match command:
        case OpenReview():
            return _open(command, facts) if state is None else []
        case CloseReview(case_id, reason):
            open_or_unknown = state is None or (isinstance(state, Case) and state.status == "waiting")
            return [e.ReviewClosed(case_id, reason)] if open_or_unknown else []
        case ApproveReview(case_id, remark):
            case, step = _turn(state, meta)
            approved = e.StepApproved(case_id, step, remark)
            return [approved, _passed(case.opened)] if step == case.opened.chain[-1] else [approved]
        case ReturnReview(case_id, reason):
            case, step = _turn(state, meta)
            opened = case.opened
            return [e.ReviewReturned(case_id, opened.kind, opened.subject_id, opened.graduate_id, step, reason)]
    raise AssertionError(command)


def _open(command: OpenReview, facts: Facts) -> list[Any]:
    opened = e.ReviewOpened(
        case_id=command.case_id,
        kind=command.kind,
        subject_id=command.subject_id,
        graduate_id=command.graduate_id,
        scope=command.scope,
        class_year=command.class_year,
        chain=facts.chain,
    )
    return [opened] if facts.chain else [opened, _passed(opened)]


def _passed(opened: e.ReviewOpened) -> e.ReviewPassed:
    return e.ReviewPassed(opened.case_id, opened.kind, opened.subject_id, opened.graduate_id)


def _turn(state: Case | Gone | None, meta: Meta) -> tuple[Case, str]:
    if not isinstance(state, Case):
        raise NO_CASE.error(field="case_id")
    step = state.waiting_for
    if step is None:
        raise DECIDED.error(status=state.status)
    if STEPS[step] != meta.actor.role:
        raise NOT_YOUR_STEP.error(step=step)
    return state, step


def chain_of(kind: str, class_year: int, province: Sequence[Recorded], school: Sequence[Recorded]) -> tuple[str, ...]:
    """The chain for a kind of case and a class: the school's own, else the province's, else the default."""
    name = "cancellation_chain" if kind == "cancellation" else "review_chain"
    chain = DEFAULT_CANCELLATION_CHAIN if kind == "cancellation" else DEFAULT_CHAIN
    for recorded in province:
        if recorded.data["class_year"] == class_year:
            chain = tuple(recorded.data[name])
    own: Sequence[str] | None = None
    for recorded in school:
        if recorded.type == "directory.SchoolSettingsChanged" and recorded.data["class_year"] == class_year:
            own = recorded.data.get(name)
    return chain if own is None else tuple(own)


def _school_stream(scope: str) -> str:
    _, province, school, *_ = scope.split("/")
    return f"school-{province}-{school}"


def _reads(command: Any) -> list[str]:
    if not isinstance(command, OpenReview):
        return []
    return [f"province-{lane_of(command.graduate_id)}", _school_stream(command.scope)]


def _facts(command: Any, streams: Streams) -> Facts:
    if not isinstance(command, OpenReview):
        return Facts()
    province, school = _reads(command)
    return Facts(chain_of(command.kind, command.class_year, streams[province], streams[school]))


def subject_of(state: Case | Gone | None) -> Subject:
    """Where a case is and whose it is; nowhere when there is none, so that nobody may act on it."""
    if not isinstance(state, Case):
        return Subject()
    return Subject(scope=state.opened.scope, graduate_id=state.opened.graduate_id)


HANDLING = Handling[Case | Gone | None](
    codec=e.CODEC,
    initial=None,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"review-{command.case_id}",
    reads=_reads,
    facts=_facts,
    subject=lambda command, state, facts: subject_of(state),
)
