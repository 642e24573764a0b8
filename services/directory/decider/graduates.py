"""Who is on a roster, and whose personal data is erased. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import attrgetter
from typing import Any

from services.directory import events as e
from services.directory.decider.common import person_stream, values_of
from shared.access import Subject, scope_path
from shared.clock import day_of
from shared.codec import UNKNOWN_TYPE
from shared.errors import NotFound, Reason
from shared.eventlog.port import NO_GUARDS, WRITTEN_FIRST
from shared.handling import Handling, Streams, fold
from shared.messages import Meta, Recorded

IN_FORCE = Reason(
    "directory.agreement_in_force",
    "该毕业生与{unit:text}的就业协议有效，请先办理解约，再移出名册",
    "The graduate's agreement with {unit:text} is in force: have it cancelled, then remove the graduate",
)
NO_GRADUATE = Reason(
    "directory.graduate_not_found",
    "没有该毕业生，或已移出名册，请核对后重新选择",
    "There is no such graduate on a roster: check whom you chose",
    NotFound,
)
ERASED = Reason(
    "directory.graduate_erased",
    "该毕业生的个人信息已按规定删除，不能恢复",
    "This graduate's personal data was erased and never comes back",
)
TOO_EARLY = Reason(
    "directory.too_early_to_erase",
    "在册毕业生的个人信息应保存至 {year:number} 年底，现在不能删除，请到期后再办",
    "The data of a graduate on the roster is kept until the end of {year:number}: erase it after that",
)


@dataclass(frozen=True, slots=True)
class EnrolGraduate:
    """One row of a roster with its personal part sealed: see events.GraduateEnrolled.

    `claim` is the version of the person's stream at which this graduate has claimed the person, `claimed` whether by an event
    for this very row.
    """

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
    claim: int = 0
    claimed: bool = False

    def entry(self) -> dict[str, Any]:
        """What the roster says, by field of the events."""
        return dict(zip(_ENTRY, _entry(self), strict=True))


# Asked for each row of a roster.
_ENTRY = tuple(each.name for each in fields(EnrolGraduate) if each.name not in ("claim", "claimed"))
_entry = attrgetter(*_ENTRY)


@dataclass(frozen=True, slots=True)
class RemoveGraduate:
    """Take a graduate off the roster: does not graduate with this class, or was enrolled by mistake (DOMAIN 4.4)."""

    graduate_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GraduateFacts:
    """`in_force_with` is the unit to which an agreement binds the graduate, by its conclusion or already by acceptance."""

    in_force_with: str | None = None


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


def decide_graduate(command: Any, state: GraduateState, facts: GraduateFacts, meta: Meta) -> list[Any]:
    """A row that says the same as before changes nothing. `personal` is sealed anew each time, so it is not compared.

    An agreement in force is between two sides, and neither is the school: it is cancelled before its graduate is removed.
    What has not taken effect ends by itself when the removal is told. Raises Conflict where the person is not claimed as
    it must be: something happened since, and the row is imported again.
    """
    del meta
    match command:
        case EnrolGraduate():
            values = command.entry()
            there = state.entry is not None and not state.removed
            if there and _clear(values) == _clear(values_of(state.entry)):
                return []
            _check_claimed(command, state)
            return [e.GraduateCorrected(**values) if there else e.GraduateEnrolled(**values)]
        case RemoveGraduate(graduate_id, reason):
            if state.entry is None:
                raise NO_GRADUATE.error(field="graduate_id")
            if state.removed:
                return []
            if facts.in_force_with is not None:
                raise IN_FORCE.error(field="graduate_id", unit=facts.in_force_with)
            return [e.GraduateRemoved(graduate_id, reason)]
    raise AssertionError(command)


def _check_claimed(command: EnrolGraduate, state: GraduateState) -> None:
    """Who comes back, or under another number, needs a claim of now: since an earlier one the graduate was gone, and somebody
    else may be claiming the person."""
    known = state.entry is None or (not state.removed and state.entry.id_hash == command.id_hash)
    if not command.claim or not (known or command.claimed):
        raise WRITTEN_FIRST.error()


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


def _facts(command: Any, streams: Streams) -> GraduateFacts:
    signed = streams.get(f"agreement-{command.graduate_id}", ())
    return GraduateFacts(_in_force_with(signed)) if signed else _NOT_BOUND


_NOT_BOUND = GraduateFacts()


def _in_force_with(history: Sequence[Recorded]) -> str | None:
    """The unit of the agreement in force, from the events of signing as published; at most one is."""
    units: dict[str, str] = {}
    at_acceptance: set[str] = set()
    bound: str | None = None
    for recorded in history:
        data = recorded.data
        match recorded.type:
            case "agreement.OfferSent":
                units[data["offer_id"]] = data["employer_name"]
                at_acceptance |= {data["offer_id"]} if data.get("binding") == "acceptance" else set()
            case "agreement.OfferAccepted" if data["offer_id"] in at_acceptance:
                bound = data["offer_id"]
            case "agreement.AgreementConcluded":
                bound = data["agreement_id"]
                units[data["agreement_id"]] = data["unit_name"]
            case "agreement.AgreementReturned" | "agreement.AgreementCancelled" if data["agreement_id"] == bound:
                bound = None
    return None if bound is None else units[bound]


def _scope_of(command: Any) -> str | None:
    match command:
        case EnrolGraduate():
            return scope_path(command.province, command.school, command.department)
    return None


def _prepared(command: Any) -> Mapping[str, int]:
    return {person_stream(command.id_hash): command.claim} if isinstance(command, EnrolGraduate) else NO_GUARDS


GRADUATE = Handling[GraduateState](
    codec=e.GRADUATE_CODEC,
    initial=GraduateState(),
    evolve=evolve_graduate,
    decide=decide_graduate,
    stream=lambda command: f"graduate-{command.graduate_id}",
    reads=lambda command: (f"agreement-{command.graduate_id}",) if isinstance(command, RemoveGraduate) else (),
    facts=_facts,
    subject=lambda command, state, facts: Subject(scope=_scope_of(command) or state.scope),
    prepared=_prepared,
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
