"""The one place that publishes events: a follower whose work is done when the broker has confirmed its batch.

A queue is never the record: a broker that lost its data is told everything again, and a repeat is one effect. A queue that
was lost, deleted or made by somebody else is told everything again beside the others: it has no mark (`told_mark`), which
RabbitMQ deletes with its queue. A young queue may be forgotten by a broker that is killed, and the mark kept; so a queue
counts as told only when the connection that found it new has lasted longer than its making takes to reach the disk.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from amqp.exceptions import AMQPError
from amqp.exceptions import NotFound as Missing
from kombu import Exchange
from sqlalchemy import Connection, Engine, MetaData, text

from shared import metrics, retelling
from shared.broker import AWAY, PERSISTENT, UNROUTED, ConfirmedPublisher, Outgoing, open_connection
from shared.envelope import pack
from shared.errors import Reason, Unavailable
from shared.eventlog.port import EventLog
from shared.following import Follower, checkpoint_table
from shared.looking import Looking
from shared.messages import Recorded, context_of
from shared.topology import (
    GONE_SECONDS,
    MEMORY,
    dead_letter_queue,
    declare_events,
    event_queue,
    events_exchange,
    told_mark,
    young_mark,
)

METADATA = MetaData()
checkpoint_table(METADATA)

Subscription = tuple[str, str]
# How often the queues are looked at on a connection that lasts; on a new one at once.
LOOK_SECONDS = 30.0
# RabbitMQ writes the names of new quorum queues up to a second late (measured: killed before, they come back without a
# leader, and on 4.3 without what they held and without a word).
SETTLED_SECONDS = 60.0
# One replica at a time looks at the queues.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('publish queues'))")

_log = logging.getLogger(__name__)

FORGOTTEN = Reason(
    "broker.forgotten",
    "消息服务的数据已丢失，将从事件日志重新发布，请等待",
    "The broker has lost its data; everything is published again from the log",
    Unavailable,
)


class _Broker:
    """The broker as a target: while it has the exchange `MEMORY` and the queues' marks, it has what was published to it."""

    def __init__(self, amqp_uri: str, subscriptions: Collection[Subscription], contexts: Collection[str]) -> None:
        self._uri = amqp_uri
        self._subscriptions = subscriptions
        self._contexts = contexts
        self._types = {event_queue(consumer, event_type).name: event_type for consumer, event_type in subscriptions}
        self.publisher = ConfirmedPublisher(amqp_uri, self._declare)
        self._looked: float | None = None
        self._retelling = False
        # Queues that were new on the connection of now, and since when.
        self._young: dict[str, float] = {}

    def forgotten(self) -> bool:
        try:
            self.publisher.check()
        except Unavailable as error:
            if error.code != FORGOTTEN.code:
                raise
            return True
        return False

    def remember(self) -> None:
        try:
            with open_connection(self._uri) as connection:
                channel = connection.channel()
                declare_events(channel, self._subscriptions, self._contexts)
                MEMORY(channel).declare()
                # All of them are told everything with all others: none needs to be told beside.
                for queue in self._types:
                    self._begin_young(channel, queue)
        except (OSError, AMQPError) as error:
            raise AWAY.error() from error

    def catch_up(self, log: EventLog, engine: Engine) -> int:
        if self._looked is None or time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            try:
                with engine.begin() as turn:
                    turn.execute(_TURN)
                    self._look(log, engine)
            except (OSError, AMQPError) as error:
                self._looked = None
                raise AWAY.error() from error
            except BaseException:
                self._looked = None
                raise
            # Another replica may have left something to do.
            self._retelling = True
        told = retelling.go_on(log, engine, self._types, self._tell) if self._retelling else None
        self._retelling = told is not None
        return told or 0

    def _look(self, log: EventLog, engine: Engine) -> None:
        with Looking(self._uri) as looking:
            for queue in self._types:
                for name in (dead_letter_queue(queue).name, queue):
                    # Only what is sick is deleted. When a queue goes whose leader was just elected, RabbitMQ's supervisor
                    # of dead-lettering at least once may give up: no such queue is made (541) until a restart.
                    if not looking.has_leader(name):
                        _log.warning("a queue has no leader", extra={"queue": name})
                        looking.delete(name)
            new = [queue for queue in self._types if self._is_new(looking, queue)]
            if not new:
                return
            # One that has just been deleted must not come again before its consumers are told.
            time.sleep(GONE_SECONDS)
            declare_events(looking.channel(), self._subscriptions, self._contexts)
            retelling.begin(log, engine, new)
            for queue in new:
                self._begin_young(looking.channel(), queue)
                metrics.TOLD_AGAIN.labels(queue).inc()
                _log.warning("a queue is told everything again", extra={"queue": queue})

    def _is_new(self, looking: Looking, queue: str) -> bool:
        """Whether a queue may lack something. A young one has it as long as the connection of who made it lasts."""
        if looking.has(told_mark(queue)):
            return False
        if not looking.has(young_mark(queue)):
            return True
        since = self._young.get(queue)
        if since is None:
            return not looking.held(young_mark(queue).name)
        if time.monotonic() - since > SETTLED_SECONDS:
            _mark(looking.channel(), told_mark(queue), queue)
            looking.channel().exchange_delete(young_mark(queue).name)
            self.publisher.release(young_mark(queue).name)
            del self._young[queue]
        return False

    def _begin_young(self, channel: Any, queue: str) -> None:
        mark = young_mark(queue)
        _mark(channel, mark, queue)
        self.publisher.hold(mark.name)
        self._young[queue] = time.monotonic()

    def _tell(self, told: Sequence[tuple[str, Recorded]]) -> None:
        returned = self.publisher.publish(
            replace(_outgoing(recorded, mandatory=True), exchange="", routing_key=queue) for queue, recorded in told
        )
        if returned:
            self.look_again(returned)

    def look_again(self, returned: Sequence[str]) -> None:
        """What was returned has no queue: it is made anew, and what the queue held is told again. Raises Unavailable."""
        self.publisher.close()
        time.sleep(GONE_SECONDS)
        raise UNROUTED.error(routing_key=returned[0])

    def _declare(self, channel: Any) -> None:
        # The broker may have been killed: what was young is not trusted, and everything is looked at.
        self._looked = None
        self._young.clear()
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
    declares the queues again, and tells what they held.
    """
    awaited = {event_type for _, event_type in subscriptions}
    target = _Broker(amqp_uri, subscriptions, contexts)

    def apply(connection: Connection, events: Sequence[Recorded]) -> None:
        del connection
        told = [recorded for recorded in events if context_of(recorded.type) in contexts]
        returned = target.publisher.publish(_outgoing(recorded, recorded.type in awaited) for recorded in told)
        if returned:
            for event_type in returned:
                metrics.UNROUTED.labels(event_type).inc()
            target.look_again(returned)
        for recorded in told:
            metrics.PUBLISHED.labels(context_of(recorded.type)).inc()

    return Follower(name="publish", schema="publishing", metadata=METADATA, apply=apply, target=target, outside=True)


def _mark(channel: Any, mark: Exchange, queue: str) -> None:
    mark(channel).declare()
    channel.queue_bind(queue, mark.name)


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
