"""Calling services from a plain process, as a gateway does: confirmed, mandatory, with a deadline, many at a time.

One thread reads replies; any thread may call. A call whose reply is lost ends as Unavailable `call.timeout`: repeat it with
the same command id and it is answered from the log. A call too large for a broker is `payload.too_large` and is not sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any
from uuid import UUID, uuid4

import orjson
from amqp.exceptions import AMQPError
from kombu import Connection, Consumer

from shared.broker import AWAY, PERSISTENT, UNROUTED, ConfirmedPublisher, Outgoing, open_connection
from shared.calls import CLIENT_ADDRESS, COMMAND_ID, CORRELATION_ID, DEADLINE, PRINCIPAL
from shared.errors import KINDS, Invalid, Reason, ServiceError, Unavailable, WireError
from shared.topology import RPC_EXCHANGE, reply_queue

TIMEOUT = Reason(
    "call.timeout", "服务未在期限内答复，请重试", "No reply within the deadline: repeat the same call", Unavailable
)

UNREADABLE_REPLY = Reason(
    "reply.unreadable",
    "服务的答复无法读取，请重试，仍不行请联系平台运维人员",
    "The reply cannot be read: repeat the same call",
    ServiceError,
)

DEFAULT_SECONDS = 20.0
_log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10
# How often the connection is looked after, however much arrives on it.
LOOK_SECONDS = 1.0
# A reply queue outlives a short break of the connection, and does not outlive its caller.
REPLY_QUEUE_EXPIRES_MS = 60_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. Keep the object to repeat it: the command id is what makes a repeat one effect."""

    method: str
    payload: Any
    principal: str
    command_id: UUID = field(default_factory=uuid4)
    correlation_id: UUID | None = None
    client_address: str | None = None


class Caller:
    """Calls services and hands out their replies."""

    def __init__(self, amqp_uri: str) -> None:
        self._uri = amqp_uri
        self._reply_to = f"replies-{uuid4()}"
        self._queue = reply_queue(f"rpc.reply-caller-{self._reply_to}", self._reply_to, REPLY_QUEUE_EXPIRES_MS)
        self._publisher = ConfirmedPublisher(amqp_uri, lambda channel: RPC_EXCHANGE(channel).declare())
        self._publishing = Lock()
        self._waiting: dict[str, Future[Any]] = {}
        self._stop = Event()
        self._ready = Event()
        self._reader = Thread(target=self._read, name="replies", daemon=True)
        self._reader.start()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading replies; calls still waiting end as Unavailable."""
        self._stop.set()
        self._reader.join(timeout=5)
        with self._publishing:
            self._publisher.close()

    def call(self, call: Call, seconds: float = DEFAULT_SECONDS) -> Any:
        """The result of one call. Raises what the service raised, or Unavailable."""
        (outcome,) = self.call_all([call], seconds)
        if isinstance(outcome, ServiceError):
            raise outcome
        return outcome

    def call_all(self, calls: Sequence[Call], seconds: float = DEFAULT_SECONDS) -> list[Any]:
        """The outcome of each call in order, a result or a ServiceError, all sent before the first is awaited.

        Raises Unavailable when they could not be sent.
        """
        deadline = time.monotonic() + seconds
        if not self._ready.wait(seconds):
            raise AWAY.error()
        expires = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        futures: dict[str, Future[Any]] = {uuid4().hex: Future() for _ in calls}
        messages = [self._outgoing(call, key, expires) for call, key in zip(calls, futures, strict=True)]
        self._waiting.update(futures)
        try:
            with self._publishing:
                returned = self._publisher.publish(each for each in messages if isinstance(each, Outgoing))
            if returned:
                raise UNROUTED.error(routing_key=returned[0])
            return [
                self._outcome(future, deadline) if isinstance(message, Outgoing) else message
                for message, future in zip(messages, futures.values(), strict=True)
            ]
        finally:
            for key in futures:
                self._waiting.pop(key, None)

    def _outgoing(self, call: Call, key: str, expires: str) -> Outgoing | ServiceError:
        """The message to send, or why it cannot be."""
        headers: dict[str, str] = {
            PRINCIPAL: call.principal,
            COMMAND_ID: str(call.command_id),
            CORRELATION_ID: str(call.correlation_id or call.command_id),
            DEADLINE: expires,
        }
        if call.client_address is not None:
            headers[CLIENT_ADDRESS] = call.client_address
        properties = {
            "reply_to": self._reply_to,
            "correlation_id": key,
            "application_headers": headers,
            "delivery_mode": PERSISTENT,
        }
        body = orjson.dumps({"args": [call.payload], "kwargs": {}})
        try:
            return Outgoing(body=body, exchange=RPC_EXCHANGE.name, routing_key=call.method, properties=properties)
        except Invalid as error:
            return error

    @staticmethod
    def _outcome(future: Future[Any], deadline: float) -> Any:
        try:
            reply = future.result(timeout=max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            return TIMEOUT.error()
        return read_reply(reply)

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_broken()
            except (OSError, AMQPError, Unavailable):
                self._stop.wait(0.5)
            except Exception:  # noqa: BLE001 - without this thread nobody hears an answer again
                _log.exception("reading replies failed")
                self._stop.wait(0.5)

    def _read_until_broken(self) -> None:
        connection = open_connection(self._uri, HEARTBEAT_SECONDS)
        try:
            channel = connection.channel()
            RPC_EXCHANGE(channel).declare()
            consumer = Consumer(channel, queues=[self._queue], on_message=self._received, no_ack=True)
            with consumer:
                self._ready.set()
                self._listen(connection)
        finally:
            self._ready.clear()
            connection.collect()

    def _listen(self, connection: Connection) -> None:
        """Hand out what arrives. This connection sends nothing but heartbeats, also while it has no idle moment."""
        looked = time.monotonic()
        while not self._stop.is_set():
            with suppress(TimeoutError):
                connection.drain_events(timeout=LOOK_SECONDS)
            if time.monotonic() - looked >= LOOK_SECONDS:
                connection.heartbeat_check()
                looked = time.monotonic()

    def _received(self, message: Any) -> None:
        future = self._waiting.pop(message.properties.get("correlation_id", ""), None)
        if future is not None:
            future.set_result(message.body)


def read_reply(body: bytes | str) -> Any:
    """What a reply's body says: a result or a ServiceError; `reply.unreadable` when it is no reply."""
    try:
        reply = orjson.loads(body)
        if not reply["error"]:
            return reply["result"]
        error = reply["error"]
        code, details = (*error["exc_args"], {})[:2] if error["exc_type"] in KINDS else ("", {})
        sent = WireError(
            str(error["exc_type"]), str(error["exc_path"]), [str(code), dict(details)], str(error["value"])
        )
        return sent.rebuild()
    except (KeyError, TypeError, ValueError, AttributeError):
        return UNREADABLE_REPLY.error()


def batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """The items in runs of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
