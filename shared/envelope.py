"""A recorded event as it travels over AMQP, and back. The body is one JSON object; docs/wire.md describes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from shared.errors import Invalid, Reason
from shared.messages import Actor, NewEvent, Recorded

UNREADABLE = Reason(
    "event.unreadable",
    "事件消息无法读取：{why:technical}，请联系平台运维人员",
    "The event message cannot be read, {why:technical}: operators must look",
    Invalid,
)


def pack(recorded: Recorded) -> bytes:
    """The message body of an event."""
    event = recorded.event
    return orjson.dumps(
        {
            "lane": recorded.lane,
            "position": recorded.position,
            "stream": recorded.stream,
            "version": recorded.version,
            "type": event.type,
            "type_version": event.type_version,
            "event_id": str(event.event_id),
            "command_id": str(event.command_id),
            "correlation_id": str(event.correlation_id),
            "causation_id": str(event.causation_id) if event.causation_id else None,
            "actor": {"role": event.actor.role, "id": event.actor.id, "scope": event.actor.scope},
            "occurred_at": event.occurred_at.isoformat(),
            "recorded_at": recorded.recorded_at.isoformat(),
            "data": event.data,
        }
    )


def raw(body: bytes | str) -> bytes:
    """A body as bytes: the AMQP library hands it over as text when its sender named an encoding."""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)


def unpack(body: bytes) -> Recorded:
    """The event of a message body. Raises Invalid `event.unreadable`."""
    try:
        message: dict[str, Any] = orjson.loads(body)
        actor = message["actor"]
        return Recorded(
            lane=str(message["lane"]),
            position=_whole(message["position"]),
            stream=str(message["stream"]),
            version=_whole(message["version"]),
            recorded_at=datetime.fromisoformat(message["recorded_at"]),
            event=NewEvent(
                type=str(message["type"]),
                type_version=_whole(message["type_version"]),
                data={**message["data"]},
                event_id=UUID(message["event_id"]),
                command_id=UUID(message["command_id"]),
                correlation_id=UUID(message["correlation_id"]),
                causation_id=UUID(message["causation_id"]) if message["causation_id"] else None,
                actor=Actor(str(actor["role"]), str(actor["id"]), str(actor["scope"])),
                occurred_at=datetime.fromisoformat(message["occurred_at"]),
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as why:
        raise UNREADABLE.error(why=repr(why)[:200]) from why


def _whole(value: Any) -> int:
    """A number of the log. Raises TypeError: a fraction, or what JSON holds only as one, is none."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value
