"""Parked messages: list them, look at them, send them to their consumer again. `wq dead-letters`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from amqp.exceptions import NotFound as QueueMissing

from shared.broker import PERSISTENT, ConfirmedPublisher, Outgoing, open_connection
from shared.topology import dead_letter_queue, declare_events
from wq.composition import TELLING, subscriptions


@dataclass(frozen=True, slots=True)
class ParkedQueue:
    """A consumer's queue and how many of its messages are parked."""

    queue: str
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A parked message: its event type and id, why the broker parked it, how often it was tried."""

    event_type: str
    event_id: str
    reason: str
    count: int
    body: dict[str, Any] | None


def counts(amqp_uri: str) -> list[ParkedQueue]:
    """Every consumer queue with the number of its parked messages. Raises Unavailable."""
    with open_connection(amqp_uri) as connection:
        channel = connection.channel()
        declare_events(channel, subscriptions(), TELLING)
        found = []
        for consumer, event_type in subscriptions():
            queue = f"{consumer}.{event_type}"
            declared = channel.queue_declare(dead_letter_queue(queue).name, passive=True)
            found.append(ParkedQueue(queue, declared.message_count))
    return found


def show(amqp_uri: str, queue: str, limit: int) -> list[ParkedMessage]:
    """The first parked messages of a queue; they stay parked. Raises Unavailable, KeyError for an unknown queue."""
    with open_connection(amqp_uri) as connection:
        channel = connection.channel()
        # Whatever is not acknowledged returns to the queue when the channel closes.
        return [_parked(message) for message in _messages(channel, queue, limit)]


def retry(amqp_uri: str, queue: str, limit: int) -> int:
    """Send up to `limit` parked messages to their consumer again; how many. Raises Unavailable, KeyError.

    Each is confirmed in its queue before it leaves the parked ones: a crash between repeats it, and a repeat is one effect.
    """
    publisher = ConfirmedPublisher(amqp_uri)
    done = 0
    try:
        with open_connection(amqp_uri) as connection:
            channel = connection.channel()
            for message in _messages(channel, queue, limit):
                body = message.body if isinstance(message.body, bytes) else message.body.encode()
                properties = {"delivery_mode": PERSISTENT, "message_id": message.properties.get("message_id", "")}
                publisher.publish([Outgoing(body=body, exchange="", routing_key=queue, properties=properties)])
                channel.basic_ack(message.delivery_tag)
                done += 1
    finally:
        publisher.close()
    return done


def _messages(channel: Any, queue: str, limit: int) -> Iterator[Any]:
    name = dead_letter_queue(queue).name
    try:
        channel.queue_declare(name, passive=True)
    except QueueMissing as error:
        raise KeyError(queue) from error
    for _ in range(limit):
        message = channel.basic_get(name)
        if message is None:
            return
        yield message


def _parked(message: Any) -> ParkedMessage:
    (death, *_) = message.headers.get("x-death") or [{}]
    try:
        body = orjson.loads(message.body)
    except ValueError:
        body = None
    known = body if isinstance(body, dict) else {}
    return ParkedMessage(
        event_type=str(known.get("type", "?")),
        event_id=str(known.get("event_id", "?")),
        reason=str(death.get("reason", "?")),
        count=int(death.get("count", 0)),
        body=body,
    )
