"""The seam to nameko: @command, @bulk, @query and @subscribe. Beside shared.dependencies nothing else imports nameko.

Stock nameko decodes before we can refuse, loses a message whose handler raised, and answers with a confirmed publish on a
pooled connection; here every call is answered, every event is acknowledged only after its commit or parked, and replies
are transient on one connection (a lost reply is a timeout, and the repeat is answered from the log).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import eventlet
import orjson
from amqp.exceptions import AMQPError, ConsumerCancelled
from eventlet.semaphore import Semaphore
from kombu import Connection, Queue
from kombu.transport.pyamqp import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared import metrics
from shared.call_queues import make_sure
from shared.calls import (
    LARGEST_BODY,
    LARGEST_MESSAGE,
    REPLY_TOO_LARGE,
    UNKNOWN_METHOD,
    CallHeaders,
    check_deadline,
    read_body,
    read_headers,
)
from shared.clock import Clock
from shared.envelope import raw, unpack
from shared.errors import Conflict, Invalid, Reason, Refusal, ServiceError, Unavailable, WireError
from shared.fingerprints import Fingerprints
from shared.handling import BULK_LIMIT, TOO_MANY_ITEMS, Answer, ItemOutcome, Reactions
from shared.logs import correlate, correlated
from shared.messages import Meta, Recorded
from shared.principals import Verifier
from shared.shapes import Shape, invalid, load
from shared.sql import passing
from shared.topology import DEAD_LETTERS, GONE_SECONDS, RPC_EXCHANGE, call_queue, dead_letter_queue, event_queue

REPLY_SECONDS = 5.0
# How soon a consumer that hears nothing looks whether it should stop; two such looks are every process's stop.
LISTEN_SECONDS = 0.2
# A break this short is not worth taking a process out of service for.
SHORT_BREAK_SECONDS = 3.0
# RabbitMQ closes the channel of a consumer that keeps a message for 30 minutes; every return counts to the delivery limit.
LONGEST_PATIENCE_SECONDS = 1_500.0
LONGEST_PAUSE_SECONDS = 10.0

BUG = Reason(
    "service.failure",
    "服务内部错误，已记录，请稍后重试，仍不行请联系平台运维人员",
    "The service failed; it has been recorded: try again later, or ask the operators",
    ServiceError,
)

_log = logging.getLogger(__name__)


class Links:
    """Which of this process's consuming connections are registered with the broker now."""

    def __init__(self) -> None:
        self._lost: dict[str, float | None] = {}

    def lost(self, name: str) -> None:
        """The connection is gone, or not there yet."""
        if self._lost.get(name) is None:
            self._lost[name] = time.monotonic()

    def registered(self, name: str) -> None:
        """All consumers of the connection are registered."""
        self._lost[name] = None

    def problem(self) -> str | None:
        """The connections that have been gone for more than a short break, for a readiness probe."""
        now = time.monotonic()
        gone = [name for name, since in self._lost.items() if since is not None and now - since > SHORT_BREAK_SECONDS]
        return f"not consuming: {', '.join(sorted(gone))}" if gone else None


class _AsSent(Message):
    """A message as it came. kombu would unpack a compressed body of whatever size, and log and drop what it cannot unpack."""

    def __init__(self, received: Any, channel: Any = None, **kwargs: Any) -> None:
        (received.properties.get("application_headers") or {}).pop("compression", None)
        super().__init__(received, channel=channel, **kwargs)


class _RawConsumer(QueueConsumer):
    """Hands messages over as bytes, so that what cannot be decoded can still be answered or parked."""

    kind = ""

    def setup(self) -> None:
        super().setup()
        self._links: Links = self.container.config["links"]
        self._link = f"{self.container.service_name} {self.kind}"
        self._links.lost(self._link)

    @contextmanager
    def consumer_context(self, **kwargs: Any) -> Iterator[Any]:
        try:
            with super().consumer_context(**kwargs) as consuming:
                self._links.registered(self._link)
                yield consuming
        except ConsumerCancelled:
            # The queue was deleted, and others are being told so.
            eventlet.sleep(GONE_SECONDS)
            raise
        finally:
            self._links.lost(self._link)

    def consume(self, *args: Any, safety_interval: float = LISTEN_SECONDS, **kwargs: Any) -> Any:
        return super().consume(*args, safety_interval=safety_interval, **kwargs)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        channel.Message = _AsSent
        for provider in self._providers:
            # Every connection declares anew: the broker may have lost what it knew.
            provider.declare(channel)
            consumer = consumer_cls(
                queues=[provider.queue],
                on_message=partial(self._received, provider),
            )
            consumer.qos(prefetch_count=self.prefetch_count)
            self._consumers[provider] = consumer
        return self._consumers.values()

    def _received(self, provider: Any, message: Any) -> None:
        # A worker pool at its limit must not stop this thread: it also answers heartbeats.
        self.container.spawn_managed_thread(partial(provider.handle_message, message), identifier="message")

    def ack_message(self, message: Any) -> None:
        self._settle(message, message.ack)

    def reject(self, message: Any, *, requeue: bool) -> None:
        """Give a message back (`requeue`) or up."""
        self._settle(message, partial(message.reject, requeue=requeue))

    def requeue_message(self, message: Any) -> None:
        self.reject(message, requeue=True)

    @staticmethod
    def _settle(message: Any, how: Callable[[], None]) -> None:
        # On a connection that is gone the broker has taken the message back already.
        if message.channel.connection:
            with suppress(OSError, AMQPError):
                how()


class _CallConsumer(_RawConsumer):
    """One connection for calls."""

    kind = "calls"


class _EventConsumer(_RawConsumer):
    """One connection for events, so that a flood of events does not take the calls' prefetch."""

    kind = "events"


class Replies:
    """Sends replies over one connection of this process, one at a time."""

    def __init__(self, amqp_uri: str) -> None:
        self._uri = amqp_uri
        self._turn = Semaphore(1)
        self._connection: Connection | None = None
        self._channel: Any = None

    def send(self, body: bytes, routing_key: str, correlation_id: str | None) -> None:
        """Raises OSError, AMQPError or eventlet.Timeout when the reply did not leave; one reconnect is tried."""
        with self._turn:
            for attempt in (1, 2):
                try:
                    with eventlet.Timeout(REPLY_SECONDS):
                        self._publish(body, routing_key, correlation_id)
                    return
                except (OSError, AMQPError, eventlet.Timeout):
                    self._drop()
                    if attempt == 2:
                        raise

    def _publish(self, body: bytes, routing_key: str, correlation_id: str | None) -> None:
        if self._channel is None:
            self._connection = Connection(self._uri, connect_timeout=REPLY_SECONDS)
            self._channel = self._connection.channel()
        message = self._channel.prepare_message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            properties={"correlation_id": correlation_id, "delivery_mode": 1},
        )
        self._channel.basic_publish(message, exchange=RPC_EXCHANGE.name, routing_key=routing_key)

    def _drop(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            connection.collect()


class _Calls(RpcConsumer):
    """The service's call queue: nameko's own name and binding, so that stock clients reach it."""

    queue_consumer = _CallConsumer()

    def __init__(self) -> None:
        super().__init__()
        self.queue: Queue | None = None
        self._methods: dict[str, _Call] = {}

    def setup(self) -> None:
        if self.queue is None:
            self.queue = call_queue(self.container.service_name)
            self.queue_consumer.register_provider(self)
        self.replies: Replies = self.container.config["replies"]

    def register_provider(self, provider: _Call) -> None:
        super().register_provider(provider)
        self._methods[provider.method_name] = provider

    def declare(self, channel: Any) -> None:
        """The queue as it should be; consuming alone would fail on one of another type."""
        try:
            make_sure(self.container.config["AMQP_URI"], call_queue(self.container.service_name))
        except (AMQPError, Unavailable) as error:
            # Waited for as a lost connection is; nameko gives the service up for anything else.
            raise ConnectionError("the call queue cannot be declared") from error

    def handle_message(self, message: Any) -> None:
        method = message.delivery_info["routing_key"].partition(".")[2]
        called = self._methods.get(method)
        if called is not None:
            called.handle_message(message)
            return
        self.answer(
            message, f"{self.container.service_name}.?", time.perf_counter(), None, UNKNOWN_METHOD.error(method=method)
        )

    def answer(self, message: Any, action: str, started: float, result: Any, error: ServiceError | None) -> None:
        """Reply and acknowledge; without a reply the message stays unacknowledged and comes again."""
        try:
            body = _reply(result, error)
        except TypeError:
            _log.exception("the answer cannot be sent", extra={"action": action})
            error = BUG.error()
            body = _reply(None, error)
        if len(body) > LARGEST_MESSAGE:
            # The broker would close the channel, and the call would come again for ever.
            error = REPLY_TOO_LARGE.error(limit=LARGEST_MESSAGE)
            body = _reply(None, error)
        reply_to = message.properties.get("reply_to")
        if reply_to:
            try:
                self.replies.send(body, reply_to, message.properties.get("correlation_id"))
            except (Exception, eventlet.Timeout):  # noqa: BLE001 - whatever it is, the call must come again
                _log.warning("the reply did not leave", extra={"action": action})
                self.queue_consumer.reject(message, requeue=True)
                return
        self.queue_consumer.ack_message(message)
        outcome = error.code if error is not None else "ok"
        metrics.COMMANDS.labels(action, outcome).inc()
        metrics.COMMAND_SECONDS.labels(action).observe(time.perf_counter() - started)


class _Call(Rpc):
    """One method that can be called. Subclasses say what a payload becomes and what an answer looks like."""

    rpc_consumer = _Calls()
    is_query = False

    def __init__(self, shape: type[Shape], largest: int = LARGEST_BODY, **kwargs: Any) -> None:
        self.shape = shape
        self.largest = largest
        super().__init__(expected_exceptions=(ServiceError,), **kwargs)

    def setup(self) -> None:
        super().setup()
        self._clock: Clock = self.container.config["clock"]
        self._verifier: Verifier = self.container.config["verifier"]
        self._fingerprints: Fingerprints = self.container.config["fingerprints"]
        self._action = f"{self.container.service_name}.{self.method_name}"

    def handle_message(self, message: Any) -> None:
        started = time.perf_counter()
        try:
            headers = read_headers(message.headers or {}, is_query=self.is_query)
            check_deadline(headers, datetime.now(UTC))
            actor = self._verifier.verify(headers.principal)
            payload = read_body(message.body, self.largest)
            loaded = self.load(payload)
            meta = Meta(
                command_id=headers.command_id,
                correlation_id=headers.correlation_id,
                actor=actor,
                now=self._clock.now(),
                action=self._action,
                fingerprint=None if self.is_query else self._fingerprints.of(self._action, payload),
            )
        except ServiceError as error:
            self.rpc_consumer.answer(message, self._action, started, None, error)
            return
        except Exception:  # noqa: BLE001 - whatever it is, the caller is answered and the bug is logged
            self._failed(message, started)
            return
        self._spawn(message, started, headers, loaded, meta)

    def load(self, payload: Any) -> Any:
        """What the method is given. Raises Invalid."""
        return load(self.shape, payload)

    def show(self, result: Any) -> Any:
        """What the caller is shown."""
        return result.to_json() if isinstance(result, Answer) else result

    def _spawn(self, message: Any, started: float, headers: CallHeaders, loaded: Any, meta: Meta) -> None:
        finish = partial(self._finish, message, started, headers, meta)
        try:
            # nameko unpacks the arguments when a worker takes the call up, which may be long after it arrived.
            arguments = _taken_up(headers, loaded, meta)
            self.container.spawn_worker(self, arguments, {}, context_data={}, handle_result=finish)
        except ContainerBeingKilled:
            self.rpc_consumer.requeue_message(message)

    def _finish(
        self,
        message: Any,
        started: float,
        headers: CallHeaders,
        meta: Meta,
        worker_ctx: Any,
        result: Any,
        exc_info: Any,
    ) -> tuple[Any, Any]:
        del worker_ctx
        error = _meant(exc_info[1]) if exc_info is not None else None
        if error is not None and not isinstance(error, Refusal):
            _log.error("call failed", exc_info=exc_info, extra={"action": self._action, "code": error.code})
        shown = None
        if error is None:
            try:
                shown = self.show(result)
            except Exception:  # noqa: BLE001 - an answer that cannot be shown is a bug, and is answered as one
                _log.exception("the answer cannot be shown", extra={"action": self._action})
                error = BUG.error()
        self.rpc_consumer.answer(message, self._action, started, shown, error)
        if not self.is_query:
            _log_command(headers, meta, "ok" if error is None else error.code)
        return shown, exc_info

    def _failed(self, message: Any, started: float) -> None:
        _log.exception("call failed before its method", extra={"action": self._action})
        self.rpc_consumer.answer(message, self._action, started, None, BUG.error())


class _Bulk(_Call):
    def load(self, payload: Any) -> Any:
        items = payload.get("items") if isinstance(payload, dict) and payload.keys() == {"items"} else None
        if not isinstance(items, list):
            raise invalid({"items": ["应为列表 / must be a list"]})
        if len(items) > BULK_LIMIT:
            raise TOO_MANY_ITEMS.error(field="items", limit=BULK_LIMIT)
        loaded = []
        for index, item in enumerate(items):
            try:
                loaded.append(load(self.shape, item))
            except Invalid as error:
                reasons = {f"items.{index}.{path}": why for path, why in error.details["fields"].items()}
                raise invalid(reasons, self.shape) from None
        return loaded

    def show(self, result: Iterable[ItemOutcome]) -> Any:
        return {"items": [outcome.to_json() for outcome in result]}


class _Query(_Call):
    is_query = True


def command(shape: type[Shape], largest: int = LARGEST_BODY) -> Any:
    """`method(self, command, meta) -> Answer`, called with one payload of this shape in at most so many bytes."""
    return _Call.decorator(shape, largest)


def bulk(shape: type[Shape]) -> Any:
    """`method(self, commands, meta) -> outcomes`, called with {"items": [payload, ...]}, at most `BULK_LIMIT`."""
    return _Bulk.decorator(shape)


def query(shape: type[Shape]) -> Any:
    """`method(self, query, meta) -> JSON values`; a query needs no command id."""
    return _Query.decorator(shape)


class _Subscription(Entrypoint):
    """One event type that a service reacts to."""

    queue_consumer = _EventConsumer()

    def __init__(self, event_type: str, **kwargs: Any) -> None:
        self.event_type = event_type
        super().__init__(expected_exceptions=(ServiceError,), **kwargs)

    def setup(self) -> None:
        self.queue = event_queue(self.container.service_name, self.event_type)
        self.queue_consumer.register_provider(self)

    def declare(self, channel: Any) -> None:
        """Where what is given up goes, before anything can be given up."""
        DEAD_LETTERS(channel).declare()
        dead_letter_queue(self.queue.name)(channel).declare()

    def stop(self) -> None:
        self.queue_consumer.unregister_provider(self)

    def handle_message(self, message: Any) -> None:
        try:
            event = unpack(raw(message.body))
        except Invalid as error:
            self._park(message, error)
            return
        self._spawn(message, event, time.monotonic(), 0)

    def _spawn(self, message: Any, event: Recorded, since: float, attempt: int) -> None:
        finish = partial(self._finish, message, event, since, attempt)
        try:
            self.container.spawn_worker(self, (event,), {}, context_data={}, handle_result=finish)
        except ContainerBeingKilled:
            self.queue_consumer.requeue_message(message)

    def _finish(
        self,
        message: Any,
        event: Recorded,
        since: float,
        attempt: int,
        worker_ctx: Any,
        result: Any,
        exc_info: Any,
    ) -> tuple[Any, Any]:
        del worker_ctx
        if exc_info is None:
            self._settled(message, "ok")
            return result, None
        error = _meant(exc_info[1])
        if isinstance(error, (Unavailable, Conflict)):
            self.container.spawn_managed_thread(
                partial(self._again, message, event, since, attempt + 1, error), identifier="again"
            )
        else:
            with correlated(str(event.event.correlation_id)):
                self._park(message, error, exc_info)
        return result, exc_info

    def _again(self, message: Any, event: Recorded, since: float, attempt: int, error: ServiceError) -> None:
        """Trouble that passes is waited out with the message in hand: the delivery limit is for crashes."""
        if time.monotonic() - since > LONGEST_PATIENCE_SECONDS:
            metrics.REACTIONS.labels(self.queue.name, "requeued").inc()
            self.queue_consumer.reject(message, requeue=True)
            return
        _log.warning("reaction waits", extra={"queue": self.queue.name, "code": error.code, "attempt": attempt})
        eventlet.sleep(min(LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(attempt, 10)))
        if message.channel.connection:
            self._spawn(message, event, since, attempt)

    def _park(self, message: Any, error: ServiceError, exc_info: Any = None) -> None:
        _log.error("dead letter: %s", error, exc_info=exc_info, extra={"queue": self.queue.name, "code": error.code})
        metrics.REACTIONS.labels(self.queue.name, "dead").inc()
        self.queue_consumer.reject(message, requeue=False)

    def _settled(self, message: Any, outcome: str) -> None:
        metrics.REACTIONS.labels(self.queue.name, outcome).inc()
        self.queue_consumer.ack_message(message)


def subscribe(reactions: Reactions) -> Callable[[Any], Any]:
    """`method(self, event)`, called for every event type of a policy's table; one durable queue a type."""

    def decorate(method: Any) -> Any:
        for event_type in reactions:
            method = _Subscription.decorator(event_type)(method)
        return method

    return decorate


def _log_command(headers: CallHeaders, meta: Meta, outcome: str) -> None:
    """Who asked for what, from where, and what came of it: the address is in no event, where it could not be erased."""
    _log.info(
        "command",
        extra={
            "action": meta.action,
            "actor": f"{meta.actor.role}/{meta.actor.id}",
            "client_address": headers.client_address,
            "command_id": str(meta.command_id),
            "outcome": outcome,
        },
    )


def _taken_up(headers: CallHeaders, loaded: Any, meta: Meta) -> Iterator[Any]:
    check_deadline(headers, datetime.now(UTC))
    correlate(str(headers.correlation_id))
    yield loaded
    yield meta


def _reply(result: Any, error: ServiceError | None) -> bytes:
    wire = None
    if error is not None:
        sent = WireError.of(error)
        wire = {
            "exc_type": sent.exc_type,
            "exc_path": sent.exc_path,
            "exc_args": sent.exc_args,
            "value": sent.value,
        }
    return orjson.dumps({"result": result, "error": wire}, option=orjson.OPT_NON_STR_KEYS)


def _meant(error: BaseException) -> ServiceError:
    """What an exception means to a caller: ours as it is, passing database trouble, anything else a bug."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, (DBAPIError, PoolTimeout)):
        away = passing(error)
        if away is not None:
            return away
    return BUG.error()
