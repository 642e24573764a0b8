"""Whoever was enrolled before the lock was the person is claimed once, when the platform is migrated.

A walk over the rosters as the log has them, with a checkpoint a lane: what was walked is not walked again, and the next
migration also finds whom processes of the release before enrolled while this one's started. Whoever has two records
already keeps both until the schools settle it: the walk names them, and no third comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, MetaData

from services.directory.decider import GRADUATE, PERSON, ClaimPerson, GraduateState
from services.directory.events import GraduateCorrected, GraduateEnrolled
from shared.access import Role
from shared.clock import Clock
from shared.eventlog.port import EventLog
from shared.following import Follower, checkpoint_table
from shared.handling import fold, handle_many
from shared.messages import Actor, Meta, Recorded

METADATA = MetaData()
checkpoint_table(METADATA)

ACTION = "directory.claim_person"
WALKED = frozenset({GraduateEnrolled.TYPE, GraduateCorrected.TYPE})
_CLAIMED = tuple(name for name in ClaimPerson.__dataclass_fields__ if name != "enrolment")


def claimer(log: EventLog, clock: Clock, twice: Callable[[str], None]) -> Follower:
    """The walk as a follower that a migration steps to the head; `twice` is told of everybody with a record too many."""
    return Follower(
        name=ACTION,
        schema="people",
        metadata=METADATA,
        apply=partial(_claim, log, clock, twice),
        types=WALKED,
    )


def _claim(
    log: EventLog, clock: Clock, twice: Callable[[str], None], connection: Connection, events: Sequence[Recorded]
) -> None:
    del connection
    streams = dict.fromkeys(recorded.stream for recorded in events if recorded.type in WALKED)
    states: list[GraduateState] = [fold(GRADUATE, history) for history in log.read(list(streams)).values()]
    command_id = uuid4()
    meta = Meta(command_id, command_id, Actor(Role.SYSTEM, "migration"), clock.now(), ACTION)
    wanted = [_claim_of(state.entry) for state in states if state.entry is not None and not state.removed]
    for outcome in handle_many(log, PERSON, wanted, meta, limit=len(wanted)):
        if outcome.error is not None:
            claim = wanted[outcome.index]
            twice(f"{claim.school} {claim.class_year} {claim.graduate_id}: {outcome.error.zh}")


def _claim_of(entry: Any) -> ClaimPerson:
    # No command enrols anybody now.
    return ClaimPerson(**{name: getattr(entry, name) for name in _CLAIMED}, enrolment=uuid4())
