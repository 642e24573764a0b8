"""The words every message shares: who acts, what caused what, and how ids say which lane they live in.

An id is `<lane>-<uuid>` (or `<lane>-<code>` for provinces and schools): the two leading digits are the provincial unit
whose lane of the event log holds the thing, `00` for what belongs to no province.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from shared.ids import derived
from shared.stored import lifted

NATIONAL_LANE = "00"
LANE_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: `role` is one of shared.access.Role, `scope` a path such as `CN/14/10108/07`.

    `rights` narrows what an office's account may do, None leaves it all its role may; events do not keep it.
    """

    role: str
    id: str
    scope: str = ""
    rights: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """What comes with a command beside its payload.

    `now` is the platform's clock (aware, UTC) when the command was taken up; `action` is `<service>.<method>`.
    `fingerprint` is a keyed hash of what was asked, so that a repeat can be told from another use of its id; None where
    the id says it already (reactions, imports).
    """

    command_id: UUID
    correlation_id: UUID
    actor: Actor
    now: datetime
    action: str
    causation_id: UUID | None = None
    fingerprint: str | None = None

    def item(self, index: int) -> Meta:
        """The meta of the index-th item of a bulk command: its own command id, so that each item repeats safely."""
        own = self.item_id(index)
        return Meta(own, self.correlation_id, self.actor, self.now, self.action, self.causation_id, self.fingerprint)

    def item_id(self, index: int) -> UUID:
        """The command id of the index-th item."""
        return derived(self.command_id, str(index))


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An encoded event before the log has given it a place. `fingerprint`: see Meta."""

    type: str
    type_version: int
    data: dict[str, Any]
    event_id: UUID
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    actor: Actor
    occurred_at: datetime
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the log holds it. `version` counts from 1 in its stream, `position` from 1 in its lane, no gaps."""

    lane: str
    position: int
    stream: str
    version: int
    recorded_at: datetime
    event: NewEvent = field(repr=False)

    @property
    def type(self) -> str:
        """The event's written type, `<context>.<Name>`."""
        return self.event.type

    @property
    def data(self) -> dict[str, Any]:
        """The event's data in their newest shape. Raises Unavailable `event.newer`, UnreadableEvent.

        As they are stored, which is as they are published, `event` has them.
        """
        return lifted(self.event.type, self.event.type_version, self.event.data)

    @property
    def occurred_at(self) -> datetime:
        """The platform's clock when the event was decided."""
        return self.event.occurred_at


def until(history: Sequence[Recorded], version: int | None) -> Sequence[Recorded]:
    """A stream as it was at a version of it; as it is when None."""
    return history if version is None else history[:version]


def lane_of(thing_id: str) -> str:
    """The lane an id lives in. Raises ValueError when the text is no id."""
    lane, dash, rest = thing_id[:LANE_LENGTH], thing_id[LANE_LENGTH : LANE_LENGTH + 1], thing_id[LANE_LENGTH + 1 :]
    # Other scripts have digits too; a lane is written in ASCII.
    if not (lane.isascii() and lane.isdigit() and len(lane) == LANE_LENGTH and dash == "-" and rest):
        raise ValueError(f"not an id: {thing_id!r}")
    return lane


def new_id(lane: str, seed: UUID, name: str) -> str:
    """The id of a thing that a command creates: the same command always creates the same id."""
    return f"{lane}-{uuid5(seed, name)}"


def context_of(event_type: str) -> str:
    """The bounded context that owns an event type: `agreement` for `agreement.OfferSent`."""
    return event_type.partition(".")[0]
