"""省级设置: what a province decides for a class before its schools start. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.directory import events as e
from services.directory.decider.common import check_chain, no_facts, values_of
from services.directory.forms import LATEST, usable
from shared.access import Subject, scope_path
from shared.codec import UNKNOWN_TYPE
from shared.codes.destination import deadlines_of
from shared.errors import Invalid, Reason
from shared.handling import Handling
from shared.messages import Meta

RESPONSE_DAYS = Reason(
    "directory.response_days",
    "默认答复期应在最短与最长答复期之间，请更正",
    "The default response period lies between the shortest and the longest one: correct it",
    Invalid,
)
NO_TEMPLATE = Reason(
    "directory.no_template",
    "没有可供本省使用的 {parties:number} 方协议书模板{template:text}，请选择其他模板",
    "There is no form {template:text} for {parties:number} parties that this province may print on: choose another",
    Invalid,
)
REGISTERING_ENDS_EARLIER = Reason(
    "directory.registration_deadline",
    "登记截止日期不得早于变更截止日期（{day:day}），请改为该日或之后",
    "Registering ends no earlier than changing ({day:day}): set that day or a later one",
    Invalid,
)
WRONG_ORDER = Reason(
    "directory.wrong_signing_order",
    "签约顺序须含应约和审核，审核与鉴证在应约之后，三方协议须含学校鉴证，各环节不得重复，请重新选择",
    "An order of signing holds accept and review, review and attest after accept, attest in 三方, each step once: choose again",
    Invalid,
)


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
    template: str = LATEST
    review_days: int = 5
    change_deadline: date | None = None
    evidence_required: bool = True
    imports_until: date | None = None
    reopened_days: int = 30
    licence_required: bool = False
    completion_days: int = 15
    response_days_min: int = 1
    cancellations_close: bool = False
    begun_by: str = "employer"
    operation_code: bool = False
    registration_deadline: date | None = None


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
            check_chain(command.review_chain, "review_chain")
            check_chain(command.cancellation_chain, "cancellation_chain")
            if not command.response_days_min <= command.response_days <= command.response_days_max:
                raise RESPONSE_DAYS.error(field="response_days")
            _check_order(command)
            _check_deadlines(command)
            if not usable(command.template, command.province, command.parties):
                raise NO_TEMPLATE.error(field="template", template=command.template, parties=command.parties)
            changed = e.ProvinceSettingsChanged(**values_of(command))
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


def _check_deadlines(command: SetProvince) -> None:
    last = command.registration_deadline
    changes = deadlines_of(command.class_year, command.change_deadline).changes
    if last is not None and last < changes:
        raise REGISTERING_ENDS_EARLIER.error(field="registration_deadline", day=changes.isoformat())


PROVINCE = Handling[ProvinceState](
    codec=e.PROVINCE_CODEC,
    initial={},
    evolve=evolve_province,
    decide=decide_province,
    stream=lambda command: f"province-{command.province}",
    reads=lambda command: (),
    facts=no_facts,
    subject=lambda command, state, facts: Subject(scope=scope_path(command.province)),
)
