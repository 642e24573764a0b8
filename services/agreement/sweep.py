"""Lapsing what nobody did in time - answers to proposals, offers, requests to cancel; seals, attestations - and reminding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from services.agreement.decider import (
    HANDLING,
    LapseCancellation,
    LapseCompletion,
    LapseOffer,
    LapseProposal,
    RemindCancellation,
)
from services.agreement.read_model import due, to_remind
from shared.eventlog.port import EventLog
from shared.sweeping import LARGEST_SWEEP, sweep

Lapse = LapseProposal | LapseOffer | LapseCancellation | LapseCompletion
_LAPSING: Mapping[str, tuple[str, Callable[[str, str], Lapse]]] = {
    "proposal": ("agreement.lapse_proposal", LapseProposal),
    "offer": ("agreement.lapse_offer", LapseOffer),
    "cancellation": ("agreement.lapse_cancellation", LapseCancellation),
    "completion": ("agreement.lapse_completion", LapseCompletion),
}


def lapse_due(log: EventLog, connection: Connection, now: datetime) -> int:
    """Lapse everything due; how much. `connection` looks at the agreement read model. Raises Unavailable, bugs."""
    commands: dict[str, list[Lapse]] = {}
    for what, graduate_id, thing_id in due(connection, now, LARGEST_SWEEP):
        action, lapse = _LAPSING[what]
        commands.setdefault(action, []).append(lapse(graduate_id, thing_id))
    return sum(sweep(log, HANDLING, action, each, now) for action, each in commands.items())


def remind_due(log: EventLog, connection: Connection, now: datetime) -> int:
    """Remind who should answer a request to cancel soon; how many. As `lapse_due`."""
    commands = [RemindCancellation(*each) for each in to_remind(connection, now, LARGEST_SWEEP)]
    return sweep(log, HANDLING, "agreement.remind_cancellation", commands, now)
