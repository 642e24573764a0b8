"""The counting context on real servers: its services as processes, a caller, its publisher, and what is in the log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

import orjson
from amqp.exceptions import AMQPError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from shared.broker import open_connection
from shared.calling import Call, Caller
from shared.errors import ServiceError
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, follow_in_threads, prepare
from shared.messages import Actor
from shared.principals import Issuer, new_signing_key
from shared.publishing import Subscription, publisher
from shared.sql import Driver, make_engine
from tests.support.amqp_counting import SUBSCRIPTIONS, TELLING
from wq.local.processes import Process, free_port, spawn

BOUND_SECONDS = 60.0
OFFICE = Actor("province", "office", "CN/14")

Found = TypeVar("Found")


def eventually(ask: Callable[[], Found], wanted: Callable[[Found], bool] = bool) -> Found:
    """What `ask` says once it is wanted. Raises AssertionError after a minute; trouble on the way is not wanted."""
    deadline = time.monotonic() + BOUND_SECONDS
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = found = ask()
            if wanted(found):
                return found
        except (ServiceError, OSError, AMQPError, DBAPIError) as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"after {BOUND_SECONDS} s still {last!r}")


@dataclass
class Served:
    """One serving process and how its probes answer."""

    process: Process
    health_port: int
    log: Path

    def probe(self, path: str) -> tuple[int, str]:
        """The status and the body of a probe; (0, ...) while nobody answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.health_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            return refused.code, refused.read().decode()
        except (URLError, OSError) as error:
            return 0, str(error)

    @property
    def ready(self) -> bool:
        return self.probe("/ready")[0] == 200

    def await_ready(self) -> None:
        """Return when it consumes."""

        def ready_or_dead() -> bool:
            assert self.process.alive, self.log.read_text()
            return self.ready

        eventually(ready_or_dead)

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [orjson.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@dataclass
class World:
    """One database, one broker, and the processes on them."""

    directory: Path
    database_url: str
    amqp_uri: str
    issuer: Issuer
    public_keys: Path
    engine: Engine
    caller: Caller
    served: list[Served] = field(default_factory=list)

    @property
    def log(self) -> PostgresLog:
        return PostgresLog(self.engine)

    def token(self, actor: Actor = OFFICE) -> str:
        """A principal of the province 14."""
        return self.issuer.token(actor)

    def call(self, method: str, payload: Any, seconds: float = BOUND_SECONDS, **differs: Any) -> Any:
        """The result of a call by the province's office."""
        return self.caller.call(Call(method, payload, **{"principal": self.token(), **differs}), seconds)

    def serve(
        self, *names: str, module: str = "tests.support.amqp_serving", wait: bool = True, **settings: Any
    ) -> Served:
        """Start a serving process."""
        health_port, number = free_port(), len(self.served)
        environ = {
            **os.environ,
            "WQ_ENVIRONMENT": "development",
            "WQ_TEST_DIRECTORY": str(self.directory),
            "DATABASE_URL": self.database_url,
            "AMQP_URI": self.amqp_uri,
            "WQ_PRINCIPAL_KEYS_FILE": str(self.public_keys),
            "WQ_PERSONAL_KEY_FILE": str(self.directory / "personal"),
            "WQ_NATIONAL_URL": "http://127.0.0.1:1",
            "WQ_NATIONAL_KEY_FILE": str(self.directory / "national"),
            "WQ_EVIDENCE_URL": (self.directory / "evidence").as_uri(),
            "WQ_CHECK_ADDRESS": "http://127.0.0.1/check",
            "WQ_HEALTH_PORT": str(health_port),
            **{name: str(value) for name, value in settings.items()},
        }
        log = self.directory / f"{names[0]}-{number}.log"
        process = spawn([sys.executable, "-m", module, *names], environ, log)
        served = Served(process, health_port, log)
        self.served.append(served)
        if wait:
            served.await_ready()
        return served

    def file(self, name: str) -> Path:
        """A file by which a served method is told to wait, or says that it has begun."""
        return self.directory / name

    @contextmanager
    def publishing(
        self, subscriptions: Collection[Subscription] = SUBSCRIPTIONS, contexts: Collection[str] = TELLING
    ) -> Iterator[Following]:
        """A publisher, of the counting context unless told otherwise, at work."""
        follower = publisher(self.amqp_uri, subscriptions, contexts)
        engine = make_engine(self.database_url, Driver.PLAIN, schema=follower.schema, pool_size=3)
        prepare(engine, follower, follower.schema)
        following = Following(self.log, engine, follower)
        try:
            with follow(self.log, following):
                yield following
        finally:
            target: Any = follower.target
            target.publisher.close()
            engine.dispose()

    def totals(self, category: str, lane: str = "14") -> dict[str, list[int]]:
        """What was counted or tallied in a lane, by id, in order."""
        found: dict[str, list[int]] = {}
        for recorded in self.log.read_lane(lane, 0, 100_000):
            if recorded.stream.startswith(f"{category}-"):
                found.setdefault(recorded.stream.partition("-")[2], []).append(recorded.data["by"])
        return found

    def depth(self, queue: str) -> int:
        """How many messages wait in a queue."""
        with open_connection(self.amqp_uri) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)


@contextmanager
def follow(log: EventLog, *followings: Following) -> Iterator[None]:
    """The followers at work, in threads."""
    stop = Event()
    threads = follow_in_threads(log, followings, stop)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(BOUND_SECONDS)
        assert not any(thread.is_alive() for thread in threads)


def a_counter(lane: str = "14") -> str:
    """The id of a counter that nobody has counted."""
    return f"{lane}-{uuid4()}"


@contextmanager
def open_world(directory: Path, database_url: str, amqp_uri: str) -> Iterator[World]:
    """A world without processes; whatever it started ends with it."""
    private, public = new_signing_key()
    keys = directory / "principals.json"
    keys.write_text(public)
    (directory / "personal").write_text("ab" * 64)
    (directory / "national").write_text("cd" * 32)
    engine = make_engine(database_url, Driver.PLAIN, pool_size=5)
    with Caller(amqp_uri) as caller:
        world = World(directory, database_url, amqp_uri, Issuer(private), keys, engine, caller)
        try:
            yield world
        finally:
            for served in world.served:
                served.process.kill()
            clear_broker(amqp_uri)
            engine.dispose()


def clear_broker(amqp_uri: str) -> None:
    """Forget the counting context's queues, so that the next test starts without messages."""
    with open_connection(amqp_uri) as connection:
        for queue in ("rpc-counter", "rpc-tally", "tally.counter.Counted", "tally.counter.Counted.dead"):
            connection.channel().queue_delete(queue)
        for exchange in ("counter.events", "publisher-memory"):
            connection.channel().exchange_delete(exchange)
