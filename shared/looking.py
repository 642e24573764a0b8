"""What a broker has: queues with and without a leader, the marks of queues, and who holds a name."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from amqp.exceptions import AMQPError, ResourceLocked
from amqp.exceptions import NotFound as Missing
from kombu import Connection, Exchange

from shared.broker import open_connection
from shared.topology import GONE_SECONDS


class Looking:
    """A connection that only looks, opened anew whenever the broker gives it up. Raises Unavailable, OSError, AMQPError."""

    def __init__(self, amqp_uri: str) -> None:
        self._uri = amqp_uri
        self._link: Connection | None = None
        self._channel: Any = None

    def __enter__(self) -> Looking:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.start_anew()

    def channel(self) -> Any:
        """A channel that works."""
        if self._link is None:
            self._link = open_connection(self._uri)
        if self._channel is None:
            self._channel = self._link.channel()
        return self._channel

    def start_anew(self) -> None:
        """Let go of everything, after the broker has closed what it was asked on."""
        link, self._link, self._channel = self._link, None, None
        if link is not None:
            # Closing would wait for a broker that has given this connection up.
            link.collect()

    def has(self, exchange: Exchange) -> bool:
        """Whether an exchange is there."""
        try:
            exchange(self.channel()).declare(passive=True)
        except Missing:
            self._channel = None
            return False
        return True

    def held(self, queue: str) -> bool:
        """Whether some connection that is alive has a queue of this name to itself."""
        try:
            self.channel().queue_declare(queue, passive=True)
        except Missing:
            self._channel = None
            return False
        except ResourceLocked:
            self._channel = None
        return True

    def has_leader(self, queue: str) -> bool:
        """False for a queue whose making was cut off by a crash, or met the end of one of the same name.

        Such a queue is there by name for ever, holds nothing and has no consumers; it confirms nothing, and asking it for
        a message breaks the connection. One that is missing is not such a queue.
        """
        try:
            found = self.channel().queue_declare(queue, passive=True)
        except Missing:
            self._channel = None
            return True
        return bool(found.message_count or found.consumer_count) or self._answers(queue)

    def delete(self, queue: str) -> None:
        """Delete a queue, and leave its name alone for long enough."""
        self.channel().queue_delete(queue)
        time.sleep(GONE_SECONDS)

    def _answers(self, queue: str) -> bool:
        """Whether a queue says what is in it. After a restart it may hold messages although it was said to be empty."""
        try:
            message = self.channel().basic_get(queue)
            if message is not None:
                self.channel().basic_reject(message.delivery_tag, requeue=True)
        except (TimeoutError, AMQPError):
            self.start_anew()
            return False
        return True
