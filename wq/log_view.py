"""Reading the event log as people do: a stream, a lane, or everything that happened to a graduate. `wq log`."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from services.review import policy
from services.review.decider import HANDLING
from shared.clock import SHANGHAI
from shared.eventlog.port import EventLog
from shared.messages import Recorded
from shared.sealing import is_sealed

# Streams that are a graduate's by name; a case of a review has a stream of its own, named by what opened it.
OWN = ("graduate", "erasure", "agreement", "registration")
# What would tell about a person to who may read the log but not the person.
COLUMNS = ("位置 position", "时间 when", "谁 who", "事件 what", "内容 facts")
HIDDEN = ("personal", "personal_hash", "id_hash")


def of_stream(log: EventLog, stream: str) -> Sequence[Recorded]:
    """One stream's events."""
    return log.read([stream])[stream]


def of_lane(log: EventLog, lane: str, after: int, limit: int) -> Sequence[Recorded]:
    """A stretch of a lane."""
    return log.read_lane(lane, after, limit)


def of_graduate(log: EventLog, graduate_id: str) -> Sequence[Recorded]:
    """Everything that happened to a graduate in all contexts, in the order of the lane."""
    own = log.read([f"{category}-{graduate_id}" for category in OWN])
    events = [event for found in own.values() for event in found]
    cases = {
        HANDLING.stream(intent.command): None
        for event in events
        if event.type in policy.REACTIONS
        for intent in policy.REACTIONS[event.type](event)
    }
    if cases:
        events += [event for found in log.read(list(cases)).values() for event in found]
    return sorted(events, key=lambda event: event.position)


def json_line(recorded: Recorded) -> str:
    """An event in one line of JSON, with its ids; nothing that tells of a person."""
    event = recorded.event
    told = {
        "lane": recorded.lane,
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "actor": {"role": event.actor.role, "id": event.actor.id, "scope": event.actor.scope},
        "correlation_id": event.correlation_id,
        "data": {name: value for name, value in event.data.items() if name not in HIDDEN and not is_sealed(value)},
    }
    return orjson.dumps(told).decode()


def row(recorded: Recorded) -> tuple[str, str, str, str, str]:
    """Position, when (Shanghai), who, what, and the facts that are not ids; nothing that tells of a person."""
    event = recorded.event
    facts = {
        name: value
        for name, value in event.data.items()
        if value is not None and not name.endswith("_id") and name not in HIDDEN and not is_sealed(value)
    }
    who = f"{event.actor.role} {event.actor.scope or event.actor.id}"
    return (
        f"{recorded.lane}/{recorded.position}",
        event.occurred_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
        who,
        event.type,
        " ".join(f"{name}={value}" for name, value in facts.items()),
    )
