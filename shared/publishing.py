"""The one place that publishes events: a follower whose work is done when the broker has confirmed its batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, MetaData

from shared import metrics
from shared.broker import PERSISTENT, UNROUTED, ConfirmedPublisher, Outgoing
from shared.envelope import pack
from shared.following import Follower, checkpoint_table
from shared.messages import Recorded, context_of
from shared.topology import declare_events, events_exchange

METADATA = MetaData()
checkpoint_table(METADATA)

Subscription = tuple[str, str]


def publisher(amqp_uri: str, subscriptions: Collection[Subscription], contexts: Collection[str]) -> Follower:
    """The follower `publish`. `subscriptions` are the (consumer, event type) pairs that must not be lost.

    An event that a declared consumer waits for and that the broker returns unrouted fails the batch: the next try
    declares the queues again.
    """
    awaited = {event_type for _, event_type in subscriptions}
    broker = ConfirmedPublisher(amqp_uri, lambda channel: declare_events(channel, subscriptions, contexts))

    def apply(connection: Connection, events: Sequence[Recorded]) -> None:
        del connection
        returned = broker.publish(_outgoing(recorded, recorded.type in awaited) for recorded in events)
        if returned:
            broker.close()
            for event_type in returned:
                metrics.UNROUTED.labels(event_type).inc()
            raise UNROUTED.error(routing_key=returned[0])
        for recorded in events:
            metrics.PUBLISHED.labels(context_of(recorded.type)).inc()

    return Follower(name="publish", schema="publishing", metadata=METADATA, apply=apply)


def _outgoing(recorded: Recorded, mandatory: bool) -> Outgoing:
    event = recorded.event
    return Outgoing(
        body=pack(recorded),
        exchange=events_exchange(context_of(event.type)).name,
        routing_key=event.type,
        mandatory=mandatory,
        properties={
            "message_id": str(event.event_id),
            "correlation_id": str(event.correlation_id),
            "delivery_mode": PERSISTENT,
            "type": event.type,
        },
    )
