"""信息确认: a graduate looks at what the roster says, and confirms or disputes it (DOMAIN 1.0, 1.8). Pure.

Beside the graduate's own stream, which other contexts read. Only the school corrects, and a correction settles what was
disputed: whatever was said is about one roster entry and counts until there is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from services.directory import events as e
from services.directory.decider.graduates import GRADUATE, NO_GRADUATE
from shared.access import Subject
from shared.codec import UNKNOWN_TYPE
from shared.errors import NotFound, Reason
from shared.handling import Handling, Streams, fold
from shared.messages import Meta, lane_of, new_id

ALREADY_DISPUTED = Reason(
    "directory.already_disputed",
    "该项已提出异议，学校尚未答复，请等待学校处理",
    "This field is disputed already: wait for the school",
)
NO_DISPUTE = Reason(
    "directory.dispute_not_found",
    "没有该信息异议，请刷新后重新选择",
    "There is no such dispute: look at the list again",
    NotFound,
)
DISPUTE_SETTLED = Reason(
    "directory.dispute_settled",
    "该信息异议已处理或已撤回，请刷新后查看，仍有异议的可重新提出",
    "This dispute is settled, corrected or given up: look at it again, or dispute anew",
)


@dataclass(frozen=True, slots=True)
class ConfirmBasicData:
    """The roster is right; what this graduate disputed is given up."""

    graduate_id: str


@dataclass(frozen=True, slots=True)
class DisputeBasicData:
    """A field is wrong; what is right was sealed into `statement`."""

    graduate_id: str
    field: str
    statement: str


@dataclass(frozen=True, slots=True)
class AnswerDispute:
    """The school keeps the roster as it is; why was sealed into `answer`."""

    graduate_id: str
    dispute_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """What is disputed, and how it ended if not by a correction: `given_up`, or the sealed `answer`."""

    disputed: e.BasicDataDisputed
    given_up: bool = False
    answer: str | None = None

    def open(self, entry: int | None) -> bool:
        """Whether the school has yet to act, as the roster is."""
        return not self.given_up and self.answer is None and self.disputed.entry == entry


@dataclass(frozen=True, slots=True)
class BasicData:
    """`confirmed` is the roster entry that was confirmed last and not disputed since."""

    confirmed: int | None = None
    disputes: Mapping[str, Dispute] = field(default_factory=lambda: MappingProxyType({}))

    def open(self, entry: int | None) -> list[Dispute]:
        """What the school has yet to act on."""
        return [dispute for dispute in self.disputes.values() if dispute.open(entry)]

    def state(self, entry: int | None) -> str:
        """disputed, confirmed, or unchecked: nobody has looked at the roster as it is."""
        if self.open(entry):
            return "disputed"
        return "confirmed" if entry is not None and self.confirmed == entry else "unchecked"


@dataclass(frozen=True, slots=True)
class RosterFacts:
    """The version of the newest roster entry, None when the graduate is on no roster; where the graduate is."""

    entry: int | None = None
    scope: str | None = None


def evolve_basic_data(state: BasicData, event: Any) -> BasicData:
    match event:
        case e.BasicDataConfirmed(_, entry):
            return BasicData(entry, _each(state, lambda known: replace(known, given_up=True)))
        case e.BasicDataDisputed():
            return BasicData(None, MappingProxyType({**state.disputes, event.dispute_id: Dispute(event)}))
        case e.DisputeAnswered(dispute_id, _, answer):
            answered = replace(state.disputes[dispute_id], answer=answer)
            return replace(state, disputes=MappingProxyType({**state.disputes, dispute_id: answered}))
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def _each(state: BasicData, change: Any) -> Mapping[str, Dispute]:
    waiting = {known_as for known_as, known in state.disputes.items() if known.answer is None}
    return MappingProxyType(
        {known_as: change(known) if known_as in waiting else known for known_as, known in state.disputes.items()}
    )


def decide_basic_data(command: Any, state: BasicData, facts: RosterFacts, meta: Meta) -> list[Any]:
    if facts.entry is None:
        raise NO_GRADUATE.error(field="graduate_id")
    match command:
        case ConfirmBasicData(graduate_id):
            done = state.state(facts.entry) == "confirmed"
            return [] if done else [e.BasicDataConfirmed(graduate_id, facts.entry)]
        case DisputeBasicData(graduate_id, name, statement):
            if any(dispute.disputed.field == name for dispute in state.open(facts.entry)):
                raise ALREADY_DISPUTED.error(field="field")
            dispute_id = new_id(lane_of(graduate_id), meta.command_id, "dispute")
            return [e.BasicDataDisputed(dispute_id, graduate_id, facts.entry, name, statement)]
        case AnswerDispute(graduate_id, dispute_id, answer):
            known = state.disputes.get(dispute_id)
            if known is None:
                raise NO_DISPUTE.error(field="dispute_id")
            if not known.open(facts.entry):
                raise DISPUTE_SETTLED.error(field="dispute_id")
            return [e.DisputeAnswered(dispute_id, graduate_id, answer)]
    raise AssertionError(command)


def roster_facts(graduate_id: str, streams: Streams) -> RosterFacts:
    """What the roster says, from the graduate's stream."""
    history = streams[f"graduate-{graduate_id}"]
    known = fold(GRADUATE, history)
    entry = next((told.version for told in reversed(history) if told.type in _ENTRIES), None)
    return RosterFacts(None if known.removed else entry, known.scope)


_ENTRIES: Sequence[str] = (e.GraduateEnrolled.TYPE, e.GraduateCorrected.TYPE)

BASIC_DATA = Handling[BasicData](
    codec=e.BASIC_DATA_CODEC,
    initial=BasicData(),
    evolve=evolve_basic_data,
    decide=decide_basic_data,
    stream=lambda command: f"basic_data-{command.graduate_id}",
    reads=lambda command: (f"graduate-{command.graduate_id}",),
    facts=lambda command, streams: roster_facts(command.graduate_id, streams),
    subject=lambda command, state, facts: Subject(scope=facts.scope, graduate_id=command.graduate_id),
)
