"""Lapsing what nobody answered in time: offers and requests to cancel. Safe to repeat and to run beside itself."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from services.agreement.decider import HANDLING, LapseCancellation, LapseOffer
from services.agreement.read_model import due
from shared.access import Role
from shared.errors import Conflict
from shared.eventlog.port import EventLog
from shared.handling import BULK_LIMIT, handle_many
from shared.messages import Actor, Meta


def lapse_due(log: EventLog, connection: Connection, now: datetime) -> int:
    """Lapse everything due; how much lapsed. `connection` looks at the agreement read model. Raises Unavailable, bugs.

    The read model may be behind: the decision is made on the stream, where what was answered in time stays answered.
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
            lapsed += sum(1 for each in outcomes if each.answer is not None and each.answer.position > 0)
    return lapsed


def _by_action(pending: list[tuple[str, str, str | None]]) -> dict[str, list[LapseOffer | LapseCancellation]]:
    commands: dict[str, list[LapseOffer | LapseCancellation]] = {}
    for graduate_id, offer_id, cancellation_id in pending:
        if cancellation_id is None:
            commands.setdefault("agreement.lapse_offer", []).append(LapseOffer(graduate_id, offer_id))
        else:
            lapse = LapseCancellation(graduate_id, cancellation_id)
            commands.setdefault("agreement.lapse_cancellation", []).append(lapse)
    return commands
