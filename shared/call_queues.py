"""Making sure of a service's call queue: of the type that is asked for, with a leader, whatever was there before."""

from __future__ import annotations

import logging
from typing import Any

from amqp import Message
from amqp.exceptions import AMQPNotImplementedError, PreconditionFailed
from kombu import Queue

from shared.envelope import raw
from shared.looking import Looking

_log = logging.getLogger(__name__)


def make_sure(amqp_uri: str, queue: Queue) -> None:
    """Declare a call queue. Raises Unavailable, OSError, AMQPError.

    A classic queue of an earlier release is replaced, and what waits in it moved; its other consumers are told of its end.
    What is lost when that is cut off is a call without an answer, which its caller repeats.
    """
    with Looking(amqp_uri) as looking:
        if not looking.has_leader(queue.name):
            _log.warning("a queue has no leader", extra={"queue": queue.name})
            looking.delete(queue.name)
        while not _declared(looking, queue):
            _replace(looking, queue)


def _declared(looking: Looking, queue: Queue) -> bool:
    try:
        queue(looking.channel()).declare()
    except PreconditionFailed:
        looking.start_anew()
        return False
    return True


def _replace(looking: Looking, queue: Queue) -> None:
    channel = looking.channel()
    waiting: list[Any] = []
    while (message := channel.basic_get(queue.name)) is not None:
        waiting.append(message)
    try:
        # With this condition RabbitMQ deletes a classic queue only: not what another replica has just put in its place.
        channel.queue_delete(queue.name, if_empty=True)
    except (PreconditionFailed, AMQPNotImplementedError):
        # More has come, or it is done already; what was taken goes back with the connection.
        looking.start_anew()
        return
    # RabbitMQ 3.10 fails on a connection that knows a queue of this name as a classic one.
    looking.start_anew()
    channel = looking.channel()
    queue(channel).declare()
    for message in waiting:
        again = Message(raw(message.body), **message.properties)
        # By its own key, which names the method.
        channel.basic_publish_confirm(again, queue.exchange.name, message.delivery_info["routing_key"])
    _log.warning("a classic queue is a quorum queue now", extra={"queue": queue.name, "moved": len(waiting)})
