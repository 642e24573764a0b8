"""The one place that publishes events: a follower whose work is done when the broker has confirmed its batch.

A queue is never the record: a broker that lost its data is told everything again, and a repeat is one effect.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from amqp.exceptions import AMQPError
from amqp.exceptions import NotFound as Missing
from sqlalchemy import Connection, MetaData

from shared import metrics
from shared.broker import AWAY, PERSISTENT, UNROUTED, ConfirmedPublisher, Outgoing, open_connection
from shared.envelope import pack
from shared.errors import Reason, Unavailable
from shared.following import Follower, checkpoint_table
from shared.messages import Recorded, context_of
from shared.topology import GONE_SECONDS, MEMORY, dead_letter_queue, declare_events, event_queue, events_exchange

METADATA = MetaData()
checkpoint_table(METADATA)

Subscription = tuple[str, str]
# RabbitMQ writes the names of new quorum queues half a second late (measured: killed before, they never work again).
ON_DISK_SECONDS = 2.0

_log = logging.getLogger(__name__)

FORGOTTEN = Reason(
    "broker.forgotten",
    "消息服务的数据已丢失，将从事件日志重新发布，请等待",
    "The broker has lost its data; everything is published again from the log",
    Unavailable,
)


class _Broker:
    """The broker as a target: while it has the exchange `MEMORY`, it has what was published to it.

    `troubled` is set while it takes no messages: then a queue may be sick, and everything is told again to a new one.
    """

    def __init__(self, amqp_uri: str, subscriptions: Collection[Subscription], contexts: Collection[str]) -> None:
        self._uri = amqp_uri
        self._subscriptions = subscriptions
        self._contexts = contexts
        self.publisher = ConfirmedPublisher(amqp_uri, self._declare)
        self.troubled = False

    def forgotten(self) -> bool:
        try:
            self.publisher.check()
        except Unavailable as error:
            if error.code != FORGOTTEN.code:
                raise
            return True
        try:
            return self.troubled and any(self._sick_queues())
        except (OSError, AMQPError) as error:
            raise AWAY.error() from error

    def remember(self) -> None:
        try:
            self._declare_anew()
        except (OSError, AMQPError) as error:
            raise AWAY.error() from error
        self.troubled = False

    def _declare_anew(self) -> None:
        with open_connection(self._uri) as connection:
            channel = connection.channel()
            channel.exchange_delete(MEMORY.name)
            # Only what is sick is deleted. When a queue goes whose leader was just elected, RabbitMQ's supervisor of
            # dead-lettering at least once (rabbit_fifo_dlx_sup) may give up: no such queue is made (541) until a restart.
            for queue in self._sick_queues():
                channel.queue_delete(queue)
                time.sleep(GONE_SECONDS)
            declare_events(channel, self._subscriptions, self._contexts)
            # The new queues count only once the broker has their names on its disk too.
            time.sleep(ON_DISK_SECONDS)
            if any(self._sick_queues()):
                raise AWAY.error()
            MEMORY(channel).declare()

    def _queues(self) -> list[str]:
        names = [event_queue(consumer, event_type).name for consumer, event_type in self._subscriptions]
        return [*names, *(dead_letter_queue(name).name for name in names)]

    def _sick_queues(self) -> Iterator[str]:
        """Queues without a leader: their making was cut off by a crash, or met the end of one of the same name.

        Such a queue is there by name for ever, holds nothing and has no consumers; it confirms nothing, and consuming from it
        breaks the connection. Raises Unavailable, OSError, AMQPError.
        """
        link: Any = None
        try:
            for name in self._queues():
                if link is None:
                    link = open_connection(self._uri)
                    channel = link.channel()
                try:
                    found = channel.queue_declare(name, passive=True)
                except Missing:
                    channel = link.channel()
                    continue
                if found.message_count or found.consumer_count or _answers(channel, name):
                    continue
                _log.warning("a queue has no leader", extra={"queue": name})
                link.collect()
                link = None
                yield name
        finally:
            # Closing would wait for a broker that has given this connection up.
            if link is not None:
                link.collect()

    def _declare(self, channel: Any) -> None:
        # The broker closes the channel on which it is asked for something that is missing.
        probe = channel.connection.channel()
        try:
            MEMORY(probe).declare(passive=True)
        except Missing:
            raise FORGOTTEN.error() from None
        probe.close()
        declare_events(channel, self._subscriptions, self._contexts)


def publisher(amqp_uri: str, subscriptions: Collection[Subscription], contexts: Collection[str]) -> Follower:
    """The follower `publish`. `subscriptions` are the (consumer, event type) pairs that must not be lost,
    `contexts` those whose events anybody may hear; others' events are passed over.

    An event that a declared consumer waits for and that the broker returns unrouted fails the batch: the next try
    declares the queues again.
    """
    awaited = {event_type for _, event_type in subscriptions}
    target = _Broker(amqp_uri, subscriptions, contexts)
    broker = target.publisher

    def apply(connection: Connection, events: Sequence[Recorded]) -> None:
        del connection
        told = [recorded for recorded in events if context_of(recorded.type) in contexts]
        try:
            returned = broker.publish(_outgoing(recorded, recorded.type in awaited) for recorded in told)
        except Unavailable:
            target.troubled = True
            raise
        target.troubled = False
        if returned:
            broker.close()
            time.sleep(GONE_SECONDS)
            for event_type in returned:
                metrics.UNROUTED.labels(event_type).inc()
            raise UNROUTED.error(routing_key=returned[0])
        for recorded in told:
            metrics.PUBLISHED.labels(context_of(recorded.type)).inc()

    return Follower(name="publish", schema="publishing", metadata=METADATA, apply=apply, target=target, outside=True)


def _answers(channel: Any, queue: str) -> bool:
    """Whether a queue says what is in it. After a restart it may hold messages although it was said to be empty."""
    try:
        message = channel.basic_get(queue)
        if message is not None:
            channel.basic_reject(message.delivery_tag, requeue=True)
    except (TimeoutError, AMQPError):
        return False
    return True


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
