"""Decisions of a review: which chain, whose turn, approved or returned (DOMAIN 1.0, 1.11). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from services.review import events as e
from services.review import views
from services.review.subjects import shown_subject, subject_streams
from services.review.units import CLOSED, SIGNING, SUSPENDED, standing_of, unit_of
from shared.access import Right, Role, Subject, school_stream
from shared.codec import UNKNOWN_TYPE
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded, lane_of, until

NO_CASE = Reason(
    "review.not_found",
    "没有该审核事项，请刷新审核队列后重新选择",
    "There is no such case: look at the queue again",
    NotFound,
)
DECIDED = Reason(
    "review.already_decided",
    "该审核事项{status:case_state}，不能再审核，请刷新审核队列",
    "This case is already decided, {status:case_state}: look at the queue again",
)
NOT_YOUR_STEP = Reason(
    "review.not_your_step",
    "该事项当前待{step:step}审核，不由您审核，请等待该环节完成",
    "It is the turn of the {step:step}, not yours: wait for it",
)

NOT_ITS_CAUSE = Reason(
    "review.not_its_cause",
    "解约原因和责任方只能由院系或学校在审核解约时更正，请不填这两项",
    "Who caused a cancellation is corrected by the university, when it approves that: leave both out",
    Invalid,
)
UNEXPLAINED = Reason(
    "review.unexplained",
    "更正解约原因或责任方须说明依据，请填写审核备注",
    "Say in the remark how it is known who caused the cancellation",
    Invalid,
)

UNIT_SUSPENDED = Reason(
    "review.unit_suspended",
    "该用人单位已被暂停，请核实后决定：不宜签约的请退回，仍要通过的请在备注中说明理由",
    "The unit is suspended: look into it, then return the case, or say in the remark why it is approved all the same",
)
UNIT_CLOSED = Reason(
    "review.unit_closed",
    "该用人单位已注销或被吊销营业执照，请核实后决定：不宜签约的请退回，仍要通过的请在备注中说明理由",
    "The unit is closed: look into it, then return the case, or say in the remark why it is approved all the same",
)
_DOUBTFUL: Final = {SUSPENDED: UNIT_SUSPENDED, CLOSED: UNIT_CLOSED}

# Which role acts on which step; the steps are named after the offices.
STEPS: Final[Mapping[str, Role]] = {
    "department": Role.DEPARTMENT,
    "school": Role.SCHOOL,
    "province": Role.PROVINCE,
}
# Who may act in the place of a step that is late (DOMAIN 1.11).
ABOVE: Final[Mapping[str, Role]] = {
    "department": Role.SCHOOL,
    "school": Role.PROVINCE,
    "province": Role.MINISTRY,
}
# Signing and cancelling are separate rights of an office's accounts (DOMAIN 1.2).
CANCELLING_KINDS: Final = ("cancellation", "void")
OF_UNIVERSITY: Final = (Role.DEPARTMENT, Role.SCHOOL)
DEFAULT_CHAIN: Final = ("department", "school")
DEFAULT_CANCELLATION_CHAIN: Final = ("school",)
DEFAULT_STEP_DAYS: Final = 5


@dataclass(frozen=True, slots=True)
class OpenReview:
    """Something is to be looked at, by the offices of `min_chain` whatever the settings.

    The settings are those of the province and of the school as they were at these versions; None stands for today's.
    """

    kind: str
    subject_id: str
    graduate_id: str
    scope: str
    class_year: int
    min_chain: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None

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
    """`caused_by` and `reason_code` correct who caused a cancellation and why; `remark` then says how that is known."""

    case_id: str
    remark: str | None = None
    caused_by: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnReview:
    case_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EscalateReview:
    """A step may be late; whether it is, the case knows."""

    case_id: str


@dataclass(frozen=True, slots=True)
class Case:
    """`status`: waiting, passed, returned, closed. `step` counts the steps that have approved.

    The step whose turn it is is late at `due_at`; `escalated` says that this has been noted. `caused_by` and `reason_code`
    are the university's corrections.
    """

    opened: e.ReviewOpened
    status: str = "waiting"
    step: int = 0
    due_at: datetime | None = None
    escalated: bool = False
    caused_by: str | None = None
    reason_code: str | None = None

    @property
    def waiting_for(self) -> str | None:
        """The step whose turn it is."""
        return self.opened.chain[self.step] if self.status == "waiting" else None

    def is_late(self, now: datetime) -> bool:
        """Whether the office above may act, noted or not: exactly at `due_at` it may."""
        overdue = self.due_at is not None and now >= self.due_at
        return self.status == "waiting" and (self.escalated or overdue)


@dataclass(frozen=True, slots=True)
class Gone:
    """What was to be looked at was withdrawn before its case was opened: events of two queues may overtake."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The chain that settings give to a new case, empty when none is being opened, and the days each step has.

    `employer_id` is the account of the unit that a new case is about; `standing` says that the unit of the case that is
    approved is suspended or closed.
    """

    chain: tuple[str, ...] = ()
    step_days: int = DEFAULT_STEP_DAYS
    employer_id: str | None = None
    standing: str | None = None


def case_of(kind: str, subject_id: str) -> str:
    """The id of the case about a thing: whoever knows the thing knows its case, and opening it again finds it."""
    return f"{lane_of(subject_id)}-{uuid5(UUID(subject_id[3:]), kind)}"


def evolve(state: Case | Gone | None, event: Any) -> Case | Gone | None:
    """The fold of the stream."""
    if isinstance(event, e.ReviewOpened):
        return Case(event, due_at=event.due_at)
    if state is None and isinstance(event, e.ReviewClosed):
        return Gone()
    if not isinstance(state, Case):
        raise UNKNOWN_TYPE.error(type=type(event).__name__)
    match event:
        case e.StepApproved():
            corrected = {name: getattr(event, name) or getattr(state, name) for name in ("caused_by", "reason_code")}
            return replace(state, step=state.step + 1, due_at=event.due_at, escalated=False, **corrected)
        case e.StepEscalated():
            return replace(state, escalated=True)
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
            return _open(command, facts, meta) if state is None else []
        case CloseReview(case_id, reason):
            open_or_unknown = state is None or (isinstance(state, Case) and state.status == "waiting")
            return [e.ReviewClosed(case_id, reason)] if open_or_unknown else []
        case ApproveReview():
            return _approve(command, state, facts, meta)
        case ReturnReview(case_id, reason):
            case, step = _turn(state, meta)
            opened = case.opened
            return [e.ReviewReturned(case_id, opened.kind, opened.subject_id, opened.graduate_id, step, reason)]
        case EscalateReview(case_id):
            return _escalate(case_id, state, meta)
    raise AssertionError(command)


def _approve(command: ApproveReview, state: Case | Gone | None, facts: Facts, meta: Meta) -> list[Any]:
    case, step = _turn(state, meta)
    if facts.standing is not None and command.remark is None:
        raise _DOUBTFUL[facts.standing].error(field="remark")
    if command.caused_by is not None or command.reason_code is not None:
        if case.opened.kind != "cancellation" or meta.actor.role not in OF_UNIVERSITY:
            raise NOT_ITS_CAUSE.error(field="caused_by")
        if command.remark is None:
            raise UNEXPLAINED.error(field="remark")
    last = step == case.opened.chain[-1]
    approved = e.StepApproved(
        command.case_id,
        step,
        command.remark,
        None if last else _due(case.opened.step_days, meta.now),
        command.caused_by,
        command.reason_code,
        facts.standing,
    )
    if not last:
        return [approved]
    cause = command.caused_by or case.caused_by, command.reason_code or case.reason_code
    return [approved, _passed(case.opened, *cause)]


def _due(step_days: int, now: datetime) -> datetime | None:
    return now + timedelta(days=step_days) if step_days else None


def _escalate(case_id: str, state: Case | Gone | None, meta: Meta) -> list[Any]:
    if not isinstance(state, Case):
        return []
    step = state.waiting_for
    if step is None or state.escalated or not state.is_late(meta.now):
        return []
    return [e.StepEscalated(case_id, step, ABOVE[step])]


def _open(command: OpenReview, facts: Facts, meta: Meta) -> list[Any]:
    opened = e.ReviewOpened(
        case_id=command.case_id,
        kind=command.kind,
        subject_id=command.subject_id,
        graduate_id=command.graduate_id,
        scope=command.scope,
        class_year=command.class_year,
        chain=facts.chain,
        step_days=facts.step_days,
        due_at=_due(facts.step_days, meta.now),
        employer_id=facts.employer_id,
    )
    return [opened] if facts.chain else [opened, _passed(opened)]


def _passed(opened: e.ReviewOpened, caused_by: str | None = None, reason_code: str | None = None) -> e.ReviewPassed:
    about = (opened.case_id, opened.kind, opened.subject_id, opened.graduate_id)
    return e.ReviewPassed(*about, caused_by, reason_code)


def _turn(state: Case | Gone | None, meta: Meta) -> tuple[Case, str]:
    if not isinstance(state, Case):
        raise NO_CASE.error(field="case_id")
    step = state.waiting_for
    if step is None:
        raise DECIDED.error(status=state.status)
    if meta.actor.role != STEPS[step] and not (state.is_late(meta.now) and meta.actor.role == ABOVE[step]):
        raise NOT_YOUR_STEP.error(step=step)
    return state, step


def chain_of(kind: str, class_year: int, province: Sequence[Recorded], school: Sequence[Recorded]) -> tuple[str, ...]:
    """The chain for a kind of case and a class: the school's own, else the province's, else the default.

    A school chooses among department and school; whether the province looks last is not the school's to leave out.
    """
    cancels = kind == "cancellation"
    chain: tuple[str, ...] = DEFAULT_CANCELLATION_CHAIN if cancels else DEFAULT_CHAIN
    rules = views.PROVINCE.newest(province, lambda told: told.class_year == class_year)
    if rules is not None:
        chain = rules.cancellation_chain if cancels else rules.review_chain
    chosen = views.SCHOOL.newest(school, lambda told: told.class_year == class_year)
    own = None if chosen is None else chosen.cancellation_chain if cancels else chosen.review_chain
    if own is None:
        return chain
    last = ("province",) if "province" in chain and "province" not in own else ()
    return (*own, *last)


def with_steps(chain: tuple[str, ...], min_chain: Sequence[str]) -> tuple[str, ...]:
    """A chain that holds these steps too, in the order of the offices."""
    return tuple(step for step in STEPS if step in chain or step in min_chain) if min_chain else chain


def step_days_of(class_year: int, province: Sequence[Recorded]) -> int:
    """How many days each step has in a province and class; 0 when a step is never late."""
    rules = views.PROVINCE.newest(province, lambda told: told.class_year == class_year)
    return DEFAULT_STEP_DAYS if rules is None else rules.review_days


def _reads(command: Any) -> list[str]:
    if not isinstance(command, OpenReview):
        return []
    about = subject_streams(command.graduate_id) if command.kind in SIGNING else ()
    return [f"province-{lane_of(command.graduate_id)}", school_stream(command.scope), *about]


def _then_reads(command: Any, streams: Streams) -> list[str]:
    """The case says whose unit it is about."""
    opened = streams[f"review-{command.case_id}"][:1] if isinstance(command, ApproveReview) else ()
    return [f"employer-{employer_id}" for each in opened if (employer_id := each.data.get("employer_id"))]


def _facts(command: Any, streams: Streams) -> Facts:
    if isinstance(command, ApproveReview):
        units = [standing_of(streams[name]) for name in _then_reads(command, streams)]
        return Facts(standing=next((str(unit["state"]) for unit in units if unit is not None), None))
    if not isinstance(command, OpenReview):
        return Facts()
    province_stream, of_school, *about = _reads(command)
    province = until(streams[province_stream], command.province_version)
    school = until(streams[of_school], command.school_version)
    chain = chain_of(command.kind, command.class_year, province, school)
    subject = (
        shown_subject(command.kind, command.subject_id, *(streams.get(name, ()) for name in about)) if about else {}
    )
    return Facts(
        with_steps(chain, command.min_chain),
        step_days_of(command.class_year, province),
        unit_of(subject),
    )


def subject_of(state: Case | Gone | None) -> Subject:
    """Where a case is, whose it is and which right its review needs; nowhere when there is none: nobody may act on it."""
    if not isinstance(state, Case):
        return Subject()
    right = Right.CANCELLING if state.opened.kind in CANCELLING_KINDS else Right.SIGNING
    return Subject(scope=state.opened.scope, graduate_id=state.opened.graduate_id, right=right)


HANDLING = Handling[Case | Gone | None](
    codec=e.CODEC,
    initial=None,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"review-{command.case_id}",
    reads=_reads,
    facts=_facts,
    subject=lambda command, state, facts: subject_of(state),
    then_reads=_then_reads,
)
