"""Whose record is whose: a person is enrolled once a class, over schools, provinces and classes (DOMAIN 1.0, 4.4). Pure.

A person is known by the keyed hash of the identity number. The stream `person-00-<hash>` lies in the national lane, so
that two provinces that enrol the same person write to one stream, and one of them is first. A claim holds for as long as
its graduate is on the roster under this number: the graduate's own stream says so, and no message need arrive for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.directory import events as e
from services.directory.decider.common import person_stream
from services.directory.decider.graduates import GRADUATE
from shared.access import Subject, scope_path
from shared.codec import UNKNOWN_TYPE
from shared.codes.schools import SCHOOLS
from shared.errors import Reason
from shared.handling import Handling, Streams, fold
from shared.messages import Meta

# A claim comes just before the enrolment it is for, and both belong to one command, which is over in minutes. Whoever
# is still not enrolled so long after has been given up, and somebody else may claim the person.
CLAIM_HOLDS = timedelta(hours=1)

IN_CLASS = Reason(
    "directory.person_in_class",
    "该证件号码已在{name:text}（院校代码 {school:digits}）{class_year:number} 届的名册中，一人一届只能有一条生源信息；"
    "请与该校核实，由误录的一方移出后再导入",
    "This identity number is already on the roster of {name:text} (school {school:digits}), class of {class_year:number},"
    " and a person has one record a class: settle with that school which of the two is wrong, have it removed, then"
    " import again",
)
STUDYING = Reason(
    "directory.person_studying",
    "该证件号码在{name:text}（院校代码 {school:digits}）{class_year:number} 届的学习时间（{begins:day}至{ends:day}）"
    "与本行重叠；延期毕业或结业后换证的，请先由该校将其移出 {class_year:number} 届，其他情况请与该校核对入学、毕业日期后再导入",
    "On the roster of {name:text} (school {school:digits}), class of {class_year:number}, this identity number studies"
    " from {begins:day} to {ends:day}, which overlaps this row: who graduates later is first removed from that class,"
    " otherwise check the dates of both rows with that school, then import again",
)


@dataclass(frozen=True, slots=True)
class ClaimPerson:
    """Before a row of a roster is enrolled or says another number: the person is this graduate in this class.

    `enrolment` is the id of the command that enrols.
    """

    graduate_id: str
    id_hash: str
    province: str
    school: str
    class_year: int
    education: str
    enrolled_on: date
    graduates_on: date
    enrolment: UUID


Claims = Mapping[str, e.PersonClaimed]
NO_CLAIMS: Claims = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the graduates that have claimed the person: who is on the roster under this number, and when a roster last said
    something else of the others. `answered`: the command that enrols has done so before."""

    on_roster: frozenset[str] = frozenset()
    left: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    answered: bool = False


def evolve_person(state: Claims, event: Any) -> Claims:
    match event:
        case e.PersonClaimed():
            return {**state, event.graduate_id: event}
        case e.PersonReleased(graduate_id):
            return {name: claim for name, claim in state.items() if name != graduate_id}
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_person(command: Any, state: Claims, facts: Standing, meta: Meta) -> list[Any]:
    """A claim of one who is not on the roster is laid again, unless it is young: nobody may take it for an old one."""
    match command:
        case ClaimPerson() if facts.answered:
            return []
        case ClaimPerson():
            wanted = e.PersonClaimed(**{name: getattr(command, name) for name in _CLAIMED}, claimed_at=meta.now)
            own = state.get(command.graduate_id)
            others = [claim for name, claim in state.items() if name != command.graduate_id]
            over = [claim for claim in others if not _holds(claim, facts, meta)]
            for claim in others:
                if claim not in over:
                    _check_apart(wanted, claim)
            if own is not None and _told(own) == _told(wanted) and _stays(own, facts, meta):
                return []
            return [*(e.PersonReleased(claim.graduate_id) for claim in over), wanted]
    raise AssertionError(command)


def _holds(claim: e.PersonClaimed, facts: Standing, meta: Meta) -> bool:
    if claim.graduate_id in facts.on_roster:
        return True
    left = facts.left.get(claim.graduate_id)
    # Enrolled and gone again, or never there: then the enrolment may still be under way.
    return (left is None or left < claim.claimed_at) and meta.now < claim.claimed_at + CLAIM_HOLDS


def _stays(own: e.PersonClaimed, facts: Standing, meta: Meta) -> bool:
    """Whether a claim does for another row of its graduate: of two importers of one roster both shall go on."""
    if own.graduate_id in facts.on_roster:
        return True
    return own.graduate_id not in facts.left and meta.now < own.claimed_at + CLAIM_HOLDS / 2


def _check_apart(wanted: e.PersonClaimed, other: e.PersonClaimed) -> None:
    """Two records of a person are lawful in two classes, the later study begun when the earlier was over: 专升本, 第二学士学位,
    a master after a bachelor, a study begun anew. Nobody is a student twice at one time."""
    school = SCHOOLS.get(other.school)
    told = {"name": school.name if school else other.school, "school": other.school, "class_year": other.class_year}
    if wanted.class_year == other.class_year:
        raise IN_CLASS.error(field="id_number", **told)
    earlier, later = sorted((wanted, other), key=lambda claim: claim.class_year)
    if later.enrolled_on < earlier.graduates_on:
        dates = {"begins": other.enrolled_on.isoformat(), "ends": other.graduates_on.isoformat()}
        raise STUDYING.error(field="id_number", **told, **dates)


_CLAIMED = tuple(each.name for each in fields(e.PersonClaimed) if each.name != "claimed_at")


def _told(claim: e.PersonClaimed) -> list[Any]:
    return [getattr(claim, name) for name in _CLAIMED]


def _of_claims(command: ClaimPerson, streams: Streams) -> list[str]:
    """The streams of all who have claimed this person, and of who claims now: only where somebody has."""
    claimed = fold(PERSON, streams[person_stream(command.id_hash)])
    return [f"graduate-{name}" for name in dict.fromkeys((command.graduate_id, *claimed))] if claimed else []


def _standing(command: ClaimPerson, streams: Streams) -> Standing:
    on_roster: set[str] = set()
    left: dict[str, datetime] = {}
    claims = _of_claims(command, streams)
    for stream in claims:
        graduate_id, history = stream.partition("-")[2], streams[stream]
        state = fold(GRADUATE, history)
        if state.entry is not None and not state.removed and state.entry.id_hash == command.id_hash:
            on_roster.add(graduate_id)
        elif history:
            left[graduate_id] = history[-1].occurred_at
    own = streams[claims[0]] if claims else ()
    answered = any(recorded.event.command_id == command.enrolment for recorded in own)
    return Standing(frozenset(on_roster), MappingProxyType(left), answered)


PERSON = Handling[Claims](
    codec=e.PERSON_CODEC,
    initial=NO_CLAIMS,
    evolve=evolve_person,
    decide=decide_person,
    stream=lambda command: person_stream(command.id_hash),
    reads=lambda command: (),
    facts=_standing,
    subject=lambda command, state, facts: Subject(scope=scope_path(command.province, command.school)),
    then_reads=_of_claims,
)
