"""Escalating what an office let lie: the office above may act for it. Safe to repeat and to run beside itself."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from services.review.decider import HANDLING, EscalateReview
from services.review.read_model import due
from shared.access import Role
from shared.errors import Conflict
from shared.eventlog.port import EventLog
from shared.handling import BULK_LIMIT, handle_many
from shared.messages import Actor, Meta

LARGEST_SWEEP = 100_000


def escalate_due(log: EventLog, connection: Connection, now: datetime) -> int:
    """Escalate every step that is late; how many. `connection` looks at the review read model. Raises Unavailable, bugs.

    The read model may be behind: the case itself decides.
    """
    escalated = 0
    late = due(connection, now, LARGEST_SWEEP)
    for start in range(0, len(late), BULK_LIMIT):
        command_id = uuid4()
        meta = Meta(command_id, command_id, Actor(Role.SYSTEM, "sweep"), now, "review.escalate_review")
        commands = [EscalateReview(case_id) for case_id in late[start : start + BULK_LIMIT]]
        for each in handle_many(log, HANDLING, commands, meta):
            if each.error is not None and not isinstance(each.error, Conflict):
                raise each.error
            escalated += each.answer is not None and each.answer.position > 0
    return escalated
