"""Events without a meaning, for tests of what carries them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.eventlog.port import Write
from shared.messages import Actor, NewEvent

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def an_event(number: int = 0, *, event_id: UUID | None = None, command_id: UUID | None = None) -> NewEvent:
    """A fresh event; `number` and Chinese text are its data."""
    return NewEvent(
        type="test.Happened",
        type_version=1,
        data={"number": number, "text": "毕业去向"},
        event_id=event_id or uuid4(),
        command_id=command_id or uuid4(),
        correlation_id=uuid4(),
        causation_id=None,
        actor=Actor("system", "test", ""),
        occurred_at=AT,
    )


def a_stream(lane: str = "14") -> str:
    """The name of a stream nobody has written."""
    return f"thing-{lane}-{uuid4()}"


def a_write(stream: str, expected_version: int = 0, count: int = 1) -> Write:
    """`count` fresh events for a stream."""
    return Write(stream, expected_version, [an_event(number) for number in range(count)])
