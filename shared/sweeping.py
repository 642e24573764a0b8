"""What is due is carried out by the platform itself, in batches. Safe to repeat and to run beside itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from shared.access import Role
from shared.errors import Conflict
from shared.eventlog.port import EventLog
from shared.handling import BULK_LIMIT, Handling, handle_many
from shared.messages import Actor, Meta

# More is left to the next sweep.
LARGEST_SWEEP: Final = 100_000


def sweep(log: EventLog, handling: Handling[Any], action: str, commands: Sequence[Any], now: datetime) -> int:
    """Carry out commands found in a read model; how many changed something. Raises Unavailable, and bugs.

    The read model may be behind: the stream decides, where what was done in time stays done.
    """
    changed = 0
    for start in range(0, len(commands), BULK_LIMIT):
        command_id = uuid4()
        meta = Meta(command_id, command_id, Actor(Role.SYSTEM, "sweep"), now, action)
        for each in handle_many(log, handling, commands[start : start + BULK_LIMIT], meta):
            # Who acts at this very moment is looked at again by the next sweep; any other error is a bug.
            if each.error is not None and not isinstance(each.error, Conflict):
                raise each.error
            changed += each.answer is not None and each.answer.position > 0
    return changed
