"""Lapsing what nobody did in time: answers to offers and to requests to cancel, seals and attestations. And reminding.

Safe to repeat and to run beside itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from services.agreement.decider import HANDLING, LapseCancellation, LapseCompletion, LapseOffer, RemindCancellation
from services.agreement.read_model import due
from shared.access import Role
from shared.errors import Conflict
from shared.eventlog.port import EventLog
from shared.handling import BULK_LIMIT, handle_many
from shared.messages import Actor, Meta


def lapse_due(log: EventLog, connection: Connection, now: datetime) -> int:
    """Lapse everything due and remind who should answer soon; how much lapsed. Raises Unavailable, bugs.

    `connection` looks at the agreement read model, which may be behind: the decision is made on the stream, where what was
    answered in time stays answered.
    """
    lapsed = 0
    pending = due(connection, now, 100_000)
    for start in range(0, len(pending), BULK_LIMIT):
        for action, commands in _by_action(pending[start : start + BULK_LIMIT]).items():
            command_id = uuid4()
            meta = Meta(command_id, command_id, Actor(Role.SYSTEM, "sweep"), now, action)
            outcomes = handle_many(log, HANDLING, commands, meta)
            for each in outcomes:
                # Who answers at this very moment is looked at again by the next sweep; any other error is a bug.
                if each.error is not None and not isinstance(each.error, Conflict):
                    raise each.error
            if action == REMINDING:
                continue
            lapsed += sum(1 for each in outcomes if each.answer is not None and each.answer.position > 0)
    return lapsed


REMINDING = "agreement.remind_cancellation"
Lapse = LapseOffer | LapseCancellation | LapseCompletion | RemindCancellation
_LAPSING: Mapping[str, tuple[str, Callable[[str, str], Lapse]]] = {
    "offer": ("agreement.lapse_offer", LapseOffer),
    "cancellation": ("agreement.lapse_cancellation", LapseCancellation),
    "reminder": (REMINDING, RemindCancellation),
    "completion": ("agreement.lapse_completion", LapseCompletion),
}


def _by_action(pending: Sequence[tuple[str, str, str]]) -> dict[str, list[Lapse]]:
    commands: dict[str, list[Lapse]] = {}
    for what, graduate_id, thing_id in pending:
        action, lapse = _LAPSING[what]
        commands.setdefault(action, []).append(lapse(graduate_id, thing_id))
    return commands
