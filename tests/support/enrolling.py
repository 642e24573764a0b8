"""Rows of one person at two schools of two provinces, and handing them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.directory.decider import GRADUATE, ClaimPerson, EnrolGraduate, GraduateState
from services.directory.roster import enrol_people
from shared.access import Role, scope_path
from shared.eventlog.port import EventLog
from shared.handling import Answer, ItemOutcome, fold
from shared.messages import Actor, Meta
from tests.support.directory_examples import ENROL
from tests.support.spec import NOW

OURS = replace(ENROL, claim=0, claimed=False)
THEIRS = replace(
    OURS, graduate_id="15-00000000-0000-4000-8000-0000000000a9", province="15", school="10126", department="03"
)
LATER = NOW + timedelta(minutes=1)


def meta(row: EnrolGraduate, now: datetime = NOW) -> Meta:
    """A school hands in a roster."""
    command_id = uuid4()
    office = Actor(Role.SCHOOL, "office", scope_path(row.province, row.school))
    return Meta(command_id, command_id, office, now, "directory.import_roster")


def claiming(row: EnrolGraduate, enrolment: UUID) -> ClaimPerson:
    """The claim that goes before a row; `enrolment` is the row's command id."""
    told = {name: getattr(row, name) for name in ClaimPerson.__dataclass_fields__ if name != "enrolment"}
    return ClaimPerson(**told, enrolment=enrolment)


def enrol(log: EventLog, *rows: EnrolGraduate, by: Meta | None = None, now: datetime = NOW) -> list[str | None]:
    """The code of the refusal of each row, None for one that was taken."""
    asked = by or meta(rows[0], now)
    claims = {index: claiming(row, asked.item_id(index)) for index, row in enumerate(rows)}

    def enrolling(index: int, claim: Answer) -> EnrolGraduate:
        return replace(rows[index], claim=claim.version, claimed=claim.position != 0)

    outcomes = enrol_people(log, claims, enrolling, asked)
    found = {each.index: each for each in outcomes}
    return [_code(found[index]) for index in range(len(rows))]


def _code(outcome: ItemOutcome) -> str | None:
    return None if outcome.error is None else outcome.error.code


def on_roster(log: EventLog, *rows: EnrolGraduate) -> list[bool]:
    """Who is enrolled."""
    states: list[GraduateState] = [
        fold(GRADUATE, log.read([f"graduate-{row.graduate_id}"])[f"graduate-{row.graduate_id}"]) for row in rows
    ]
    return [state.entry is not None and not state.removed for state in states]
