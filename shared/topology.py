"""Names and arguments of every exchange and queue. Both process kinds declare the same things, so either may start first.

Events: topic exchange `<context>.events`, routing key the event type. A consumer's queue `<consumer>.<type>` is a quorum
queue with a delivery limit; what it gives up goes to `<queue>.dead`. Calls: nameko's own exchange `nameko-rpc`, a quorum queue
`rpc-<service>` each. Every declaration names the queue's type: what a broker takes where none is named, an operator may set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kombu import Exchange, Queue

from shared.messages import context_of

# A crashing consumer meets a message this often before it is parked; trouble that passes does not count (entrypoints).
DELIVERY_LIMIT: Final = 20
# A quorum queue that is deleted and declared again sooner keeps its consumers and delivers nothing to them
# (RabbitMQ 3.10, measured: 0.02 s is too soon, 0.1 s enough); left alone so long, they are told and come again.
GONE_SECONDS: Final = 1.0
RPC_EXCHANGE: Final = Exchange("nameko-rpc", type="topic", durable=True)
DEAD_LETTERS: Final = Exchange("dead-letters", type="direct", durable=True)
# Nothing goes through it: it is there as long as the broker has its data.
MEMORY: Final = Exchange("publisher-memory", type="fanout", durable=True)


def events_exchange(context: str) -> Exchange:
    """Where a context's events are published."""
    return Exchange(f"{context}.events", type="topic", durable=True)


def event_queue(consumer: str, event_type: str) -> Queue:
    """The queue of one consumer for one event type."""
    name = f"{consumer}.{event_type}"
    return Queue(
        name,
        exchange=events_exchange(context_of(event_type)),
        routing_key=event_type,
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD_LETTERS.name,
            "x-dead-letter-routing-key": name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def call_queue(service: str) -> Queue:
    """A service's calls, under nameko's own name and binding. Calls go on while a minority of the nodes is away."""
    return Queue(
        f"rpc-{service}",
        exchange=RPC_EXCHANGE,
        routing_key=f"{service}.*",
        durable=True,
        # Whoever is given up is not answered, and repeats the call; a call that kills its service must not do so for ever.
        queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT},
    )


def reply_queue(name: str, routing_key: str, expires_ms: int) -> Queue:
    """Where a caller hears answers. It goes with its caller, and a lost answer is asked for again: nothing to replicate."""
    return Queue(
        name,
        exchange=RPC_EXCHANGE,
        routing_key=routing_key,
        durable=True,
        queue_arguments={"x-queue-type": "classic", "x-expires": expires_ms},
    )


def dead_letter_queue(queue: str) -> Queue:
    """Where a queue's parked messages wait for an operator."""
    return Queue(
        f"{queue}.dead",
        exchange=DEAD_LETTERS,
        routing_key=queue,
        durable=True,
        # RabbitMQ 4 gives a message up after 20 returns unless told otherwise, and looking at it returns it.
        queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
    )


def told_mark(queue: str) -> Exchange:
    """The mark of a queue that was told everything. Nothing goes through it: RabbitMQ deletes it when the queue goes.

    Whoever makes the queue again makes no mark, so that the publisher knows.
    """
    return Exchange(f"{queue}.told", type="fanout", durable=True, auto_delete=True)


def young_mark(queue: str) -> Exchange:
    """The mark of a queue that is told everything, and may not be on the broker's disk yet."""
    return Exchange(f"{queue}.young", type="fanout", durable=True, auto_delete=True)


def declare_events(channel: Any, subscriptions: Iterable[tuple[str, str]], contexts: Iterable[str]) -> None:
    """Declare the exchanges of all contexts and the queues of all (consumer, event type) pairs."""
    DEAD_LETTERS(channel).declare()
    for context in contexts:
        events_exchange(context)(channel).declare()
    for consumer, event_type in subscriptions:
        queue = event_queue(consumer, event_type)
        dead_letter_queue(queue.name)(channel).declare()
        queue(channel).declare()
