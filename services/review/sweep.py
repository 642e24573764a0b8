"""Escalating what an office let lie: the office above may act for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from services.review.decider import HANDLING, EscalateReview
from services.review.read_model import due
from shared.eventlog.port import EventLog
from shared.sweeping import LARGEST_SWEEP, sweep


def escalate_due(log: EventLog, connection: Connection, now: datetime) -> int:
    """Escalate every step that is late; how many. `connection` looks at the review read model. Raises Unavailable, bugs."""
    commands = [EscalateReview(case_id) for case_id in due(connection, now, LARGEST_SWEEP)]
    return sweep(log, HANDLING, "review.escalate_review", commands, now)
