"""Parked messages: list them, look at them, send them to their consumer again. `wq dead-letters`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from amqp.exceptions import AMQPError
from amqp.exceptions import NotFound as QueueMissing

from shared.broker import AWAY, PERSISTENT, UNROUTED, ConfirmedPublisher, Outgoing, open_connection
from shared.envelope import raw
from shared.topology import DELIVERY_LIMIT, dead_letter_queue, declare_events
from wq.composition import TELLING, subscriptions

# What a message keeps of its properties when it is sent again (docs/wire.md).
KEPT = ("message_id", "correlation_id", "type")


@dataclass(frozen=True, slots=True)
class ParkedQueue:
    """A consumer's queue and how many of its messages are parked."""

    queue: str
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A parked message: its event type and id, why the broker parked it, how often it was tried (None: nobody knows)."""

    event_type: str
    event_id: str
    reason: str
    tries: int | None
    body: dict[str, Any] | None


def counts(amqp_uri: str) -> list[ParkedQueue]:
    """Every consumer queue with the number of its parked messages. Raises Unavailable."""
    with _channel(amqp_uri) as channel:
        found = []
        for consumer, event_type in subscriptions():
            queue = f"{consumer}.{event_type}"
            declared = channel.queue_declare(dead_letter_queue(queue).name, passive=True)
            found.append(ParkedQueue(queue, declared.message_count))
    return found


def show(amqp_uri: str, queue: str, limit: int) -> list[ParkedMessage]:
    """The first parked messages of a queue; they stay parked. Raises Unavailable, KeyError for an unknown queue."""
    with _channel(amqp_uri) as channel:
        # Whatever is not acknowledged returns to the queue when the channel closes.
        return [_parked(message) for message in _messages(channel, queue, limit)]


def retry(amqp_uri: str, queue: str, limit: int) -> int:
    """Send up to `limit` parked messages to their consumer again, each once; how many. Raises Unavailable, KeyError.

    Each is confirmed in its queue before it leaves the parked ones: a crash between repeats it, and a repeat is one effect.
    """
    publisher = ConfirmedPublisher(amqp_uri)
    done = 0
    try:
        with _channel(amqp_uri) as channel:
            for message in _messages(channel, queue, limit):
                kept = {name: message.properties[name] for name in KEPT if name in message.properties}
                properties = {**kept, "delivery_mode": PERSISTENT}
                sent = Outgoing(body=raw(message.body), exchange="", routing_key=queue, properties=properties)
                if publisher.publish([sent]):
                    raise UNROUTED.error(routing_key=queue)
                channel.basic_ack(message.delivery_tag)
                done += 1
    finally:
        publisher.close()
    return done


@contextmanager
def _channel(amqp_uri: str) -> Iterator[Any]:
    try:
        with open_connection(amqp_uri) as connection:
            channel = connection.channel()
            declare_events(channel, subscriptions(), TELLING)
            yield channel
    except (OSError, AMQPError) as error:
        raise AWAY.error() from error


def _messages(channel: Any, queue: str, limit: int) -> Iterator[Any]:
    name = dead_letter_queue(queue).name
    try:
        parked = channel.queue_declare(name, passive=True).message_count
    except QueueMissing as error:
        raise KeyError(queue) from error
    # What is parked again meanwhile waits for the next time.
    for _ in range(min(limit, parked)):
        message = channel.basic_get(name)
        if message is None:
            return
        yield message


def _parked(message: Any) -> ParkedMessage:
    (death, *_) = (message.headers or {}).get("x-death") or [{}]
    try:
        body = orjson.loads(raw(message.body))
    except ValueError:
        body = None
    known = body if isinstance(body, dict) else {}
    reason = str(death.get("reason", "?"))
    return ParkedMessage(
        event_type=str(known.get("type", "?")),
        event_id=str(known.get("event_id", "?")),
        reason=reason,
        # What RabbitMQ counts beside the reason is how often a message was parked, and from 4.0 on not even that when it was
        # sent again; one that was rejected may have crashed its consumer before.
        tries=DELIVERY_LIMIT + 1 if reason == "delivery_limit" else None,
        body=known or None,
    )
