"""The shapes of what reviews are asked."""

from __future__ import annotations

from dataclasses import dataclass

from services.review import decider
from shared import shapes
from shared.codes.tables import CANCELLATION_REASON
from shared.shapes import Query, QueryShape, Shape

KINDS = ("agreement", "application", "signing", "paper", "loss", "cancellation", "registration", "void")
STATES = ("waiting", "passed", "returned", "closed")


class ApproveReview(Shape):
    makes = decider.ApproveReview
    case_id = shapes.thing_id()
    remark = shapes.sentence(200, required=False)
    caused_by = shapes.choice("graduate", "employer", "mutual", of="side", required=False)
    reason_code = shapes.coded(CANCELLATION_REASON, required=False)


class ReturnReview(Shape):
    makes = decider.ReturnReview
    case_id = shapes.thing_id()
    reason = shapes.sentence(200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Query):
    scope: str | None
    step: str | None
    state: str
    kind: str | None
    escalated: bool | None


class ListQueue(QueryShape):
    makes = Queue
    after = shapes.pattern(
        r"^[0-9]{1,16}\.[0-9]{2}-[0-9a-f-]{1,61}\Z",
        "应为上一页答复给出的位置 / must be `after` of the page before",
        required=False,
    )
    scope = shapes.scope(required=False)
    step = shapes.choice(*decider.STEPS, of="step", required=False)
    state = shapes.choice(*STATES, of="case_state", required=False, load_default="waiting", allow_none=False)
    kind = shapes.choice(*KINDS, of="case_kind", required=False)
    escalated = shapes.flag(required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCase(Query):
    case_id: str


class GetReview(QueryShape):
    makes = OfCase
    case_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesOfGraduate(Query):
    graduate_id: str
    state: str | None


class ListOwnCases(QueryShape):
    makes = CasesOfGraduate
    graduate_id = shapes.thing_id()
    state = shapes.choice(*STATES, of="case_state", required=False)
