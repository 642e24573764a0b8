"""Reading the event log as people do: a stream, a lane, or everything that happened to a graduate. `wq log`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, text

from shared.clock import SHANGHAI
from shared.eventlog.port import EventLog
from shared.messages import Recorded, lane_of

# A review stands in a stream of its own; it belongs to a graduate through the correlation of what opened it.
_RELATED = text(
    "SELECT DISTINCT stream FROM eventlog.events"
    " WHERE lane = :lane AND correlation_id = ANY(:correlations) AND stream LIKE 'review-%'"
)


def of_stream(log: EventLog, stream: str) -> Sequence[Recorded]:
    """One stream's events."""
    return log.read([stream])[stream]


def of_lane(log: EventLog, lane: str, after: int, limit: int) -> Sequence[Recorded]:
    """A stretch of a lane."""
    return log.read_lane(lane, after, limit)


def of_graduate(log: EventLog, engine: Engine, graduate_id: str) -> Sequence[Recorded]:
    """Everything that happened to a graduate in all contexts, in the order of the lane."""
    own = [f"{category}-{graduate_id}" for category in ("graduate", "agreement", "registration")]
    events = [event for found in log.read(own).values() for event in found]
    correlations = list({event.event.correlation_id for event in events})
    with engine.connect() as connection:
        related = list(
            connection.execute(_RELATED, {"lane": lane_of(graduate_id), "correlations": correlations}).scalars()
        )
    if related:
        events += [event for found in log.read(related).values() for event in found]
    return sorted(events, key=lambda event: event.position)


def row(recorded: Recorded) -> tuple[str, str, str, str, str]:
    """Position, when (Shanghai), who, what, and the facts that are not ids; personal envelopes are left out."""
    event = recorded.event
    facts = {
        name: value
        for name, value in event.data.items()
        if value is not None and not name.endswith("_id") and name not in ("personal", "id_hash")
    }
    who = f"{event.actor.role} {event.actor.scope or event.actor.id}"
    return (
        f"{recorded.lane}/{recorded.position}",
        event.occurred_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
        who,
        event.type,
        " ".join(f"{name}={value}" for name, value in facts.items()),
    )
