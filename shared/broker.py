"""Publishing so that nothing is lost and nothing hangs: confirmed, mandatory, pipelined, every wait bounded.

For plain processes. One `ConfirmedPublisher` belongs to one thread.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from amqp import Message
from amqp.exceptions import AMQPError
from kombu import Connection

from shared.calls import LARGEST_MESSAGE, TOO_LARGE
from shared.errors import Reason, Unavailable

AWAY = Reason(
    "broker.away", "消息服务暂不可用，请稍后重试", "The broker is away: repeat the message later", Unavailable
)
UNROUTED = Reason(
    "broker.unrouted",
    "没有服务接收{routing_key:technical}，请稍后重试，仍不行请联系平台运维人员",
    "No service takes messages for {routing_key:technical}: repeat it later",
    Unavailable,
)

CONNECT_SECONDS = 5.0
CONFIRM_SECONDS = 10.0
SOCKET_SECONDS = 10.0
TRANSIENT, PERSISTENT = 1, 2

Declare = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message: a JSON body and where it goes. An unroutable mandatory message is handed back.

    Raises Invalid `payload.too_large`: a broker closes the channel on such a message, which would look like its being away.
    """

    body: bytes
    exchange: str
    routing_key: str
    properties: dict[str, Any] = field(default_factory=dict)
    mandatory: bool = True

    def __post_init__(self) -> None:
        if len(self.body) > LARGEST_MESSAGE:
            raise TOO_LARGE.error(limit=LARGEST_MESSAGE)


def open_connection(amqp_uri: str, heartbeat: int = 0) -> Connection:
    """A connection that gives up connecting, reading and writing in bounded time. Raises Unavailable."""
    connection = Connection(
        amqp_uri,
        connect_timeout=CONNECT_SECONDS,
        heartbeat=heartbeat,
        transport_options={
            "read_timeout": SOCKET_SECONDS,
            "write_timeout": SOCKET_SECONDS,
            "socket_settings": {socket.TCP_USER_TIMEOUT: 10_000},
        },
    )
    try:
        connection.connect()
    except (OSError, AMQPError) as error:
        connection.collect()
        raise AWAY.error() from error
    return connection


class ConfirmedPublisher:
    """Publishes batches and returns when the broker has confirmed them all.

    `declare(channel)` runs on every new connection, so that a broker that forgot everything is told again.
    """

    def __init__(self, amqp_uri: str, declare: Declare = lambda channel: None) -> None:
        self._uri = amqp_uri
        self._declare = declare
        self._connection: Connection | None = None
        self._channel: Any = None
        self._published = 0
        self._unconfirmed: set[int] = set()
        self._nacked = False
        self._returned: list[str] = []

    def publish(self, messages: Iterable[Outgoing]) -> list[str]:
        """Publish and wait for the confirms; the routing keys of mandatory messages that nobody takes.

        Raises Unavailable when the broker is away, frozen or refuses; then any of the messages may have been taken.
        """
        try:
            channel = self._open()
            for message in messages:
                self._published += 1
                self._unconfirmed.add(self._published)
                channel.basic_publish(
                    Message(
                        message.body, content_type="application/json", content_encoding="utf-8", **message.properties
                    ),
                    exchange=message.exchange,
                    routing_key=message.routing_key,
                    mandatory=message.mandatory,
                    timeout=SOCKET_SECONDS,
                )
            self._await_confirms()
        except (OSError, AMQPError) as error:
            self.close()
            raise AWAY.error() from error
        except BaseException:
            # The account of what was published and confirmed is wrong from here on.
            self.close()
            raise
        returned, self._returned = self._returned, []
        return returned

    def check(self) -> None:
        """Connect if need be, and notice a connection that was lost. Raises Unavailable, and what `declare` raises."""
        try:
            self._open()
            assert self._connection is not None
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=0.001)
        except (OSError, AMQPError) as error:
            self.close()
            raise AWAY.error() from error

    def hold(self, name: str) -> None:
        """Have a queue of this name to this connection, for as long as it lasts. Raises Unavailable."""
        try:
            self._open().queue_declare(name, exclusive=True, arguments={"x-queue-type": "classic"})
        except (OSError, AMQPError) as error:
            self.close()
            raise AWAY.error() from error

    def release(self, name: str) -> None:
        """Hold a name no longer. Raises Unavailable."""
        try:
            self._open().queue_delete(name)
        except (OSError, AMQPError) as error:
            self.close()
            raise AWAY.error() from error

    def close(self) -> None:
        """Drop the connection without waiting for the other side."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            connection.collect()

    def _open(self) -> Any:
        if self._channel is None:
            self._connection = open_connection(self._uri)
            channel = self._connection.channel()
            try:
                self._declare(channel)
            except BaseException:
                self.close()
                raise
            channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_nack)
            channel.events["basic_return"].add(self._on_return)
            self._published, self._nacked = 0, False
            self._unconfirmed.clear()
            self._returned.clear()
            self._channel = channel
        return self._channel

    def _await_confirms(self) -> None:
        assert self._connection is not None
        deadline = time.monotonic() + CONFIRM_SECONDS
        while self._unconfirmed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the broker did not confirm in time")
            self._connection.drain_events(timeout=left)
        if self._nacked:
            raise OSError("the broker refused a message")

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        if multiple:
            self._unconfirmed = {tag for tag in self._unconfirmed if tag > delivery_tag}
        else:
            self._unconfirmed.discard(delivery_tag)

    def _on_nack(self, delivery_tag: int, multiple: bool) -> None:
        self._nacked = True
        self._on_ack(delivery_tag, multiple)

    def _on_return(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        del error, exchange, message
        self._returned.append(routing_key)
