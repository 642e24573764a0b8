"""A whole platform on one machine under one directory: private servers, migrated, every process started, all stopped again.

What `wq run`, the end-to-end tests and the fault campaign stand on. Development only: it makes its own keys.
A process or server that dies is started again, so that a person sees trouble pass as it does on Kubernetes.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, RLock, Thread
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

from shared.clock import MovableClock
from shared.principals import new_signing_key
from shared.settings import Settings, read_settings
from wq.composition import SERVED
from wq.local.fonts import FontsMissing, ensure_fonts
from wq.local.postgres import PostgresFailed, PrivatePostgres
from wq.local.processes import Process, free_port, spawn
from wq.local.rabbitmq import PrivateRabbit, RabbitFailed
from wq.migrating import migrate

READY_SECONDS = 60
STOP_SECONDS = 25
LOOK_SECONDS = 0.5
# What dies more often than this in a minute has trouble that starting it again does not mend.
RESTARTS_A_MINUTE = 10

Say = Callable[[str], None]


class PlatformFailed(Exception):
    """The platform did not come up; the text says which process and where its log is, in Chinese and English."""


@dataclass(slots=True)
class Part:
    """One process of the platform and how to ask whether it is ready."""

    name: str
    argv: list[str]
    health_port: int | None
    process: Process | None = None
    deaths: deque[float] = field(default_factory=deque)
    given_up: bool = False


@dataclass(slots=True)
class Platform:
    """`with Platform(directory) as platform:` starts everything and stops it, newest first.

    `serving` and `following` name the groups of contexts and followers, one process each; `replicas` starts each so often.
    Whoever stops a server on purpose holds `lock` until it runs again, so that nobody else starts it in between.
    """

    directory: Path
    say: Say = lambda text: None
    serving: tuple[tuple[str, ...], ...] = (("directory", "agreement", "stats"), ("registration", "review"))
    following: tuple[tuple[str, ...], ...] = (("--all",),)
    replicas: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    postgres: PrivatePostgres = field(init=False)
    rabbit: PrivateRabbit = field(init=False)
    sandbox_port: int = 0
    lock: RLock = field(default_factory=RLock)
    _stopping: Event = field(default_factory=Event)
    _stopped: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()
        self.postgres = PrivatePostgres(self.directory / "postgres")
        self.rabbit = PrivateRabbit(self.directory / "rabbitmq")

    def __enter__(self) -> Platform:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def settings(self) -> Settings:
        """The settings every process of this platform has."""
        return read_settings(self.environment)

    @property
    def clock(self) -> MovableClock:
        """The clock of this platform, which may be moved."""
        return MovableClock(self.directory / "clock")

    def start(self) -> None:
        """Start servers, migrate, start every process and wait until each says it is ready. Raises PlatformFailed."""
        try:
            self._start()
        except (PostgresFailed, RabbitFailed) as failure:
            raise PlatformFailed(str(failure)) from failure

    def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.clock.path.unlink(missing_ok=True)
        self.say("RabbitMQ, PostgreSQL ...")
        # RabbitMQ takes longest to come up, and nothing needs it before the processes do.
        amqp_uri = self.rabbit.launch()
        try:
            ensure_fonts()
        except FontsMissing as missing:
            self.say(str(missing))
        database_url = self.postgres.start()
        self._write_environment(database_url, amqp_uri)
        self.say("数据库结构 / migrating ...")
        migrate(self.settings, self.say)
        self.rabbit.await_ready()
        self.parts = [*self._parts()]
        for part in self.parts:
            self.start_part(part)
        self.say("等待各进程就绪 / waiting for every process ...")
        self.await_ready()
        Thread(target=self._supervise, name="supervisor", daemon=True).start()

    def stop(self) -> None:
        """Stop everything this platform started, in bounded time."""
        self._stopping.set()
        with self.lock:
            self._stop()
        self._stopped.set()

    def _stop(self) -> None:
        for part in reversed(self.parts):
            if part.process is not None:
                part.process.terminate()
        for part in reversed(self.parts):
            if part.process is not None:
                part.process.stop(STOP_SECONDS)
                part.process = None
        self.rabbit.stop()
        self.postgres.stop()
        (self.directory / "platform.env").unlink(missing_ok=True)

    def tend(self) -> None:
        """Start again whatever has died, servers first; what keeps dying is given up, and said so."""
        with self.lock:
            if not self.postgres.alive:
                self.say("PostgreSQL 已退出，重新启动 / PostgreSQL has died, starting it again")
                self.postgres.start()
            if not self.rabbit.alive:
                self.say("RabbitMQ 已退出，重新启动 / RabbitMQ has died, starting it again")
                self.rabbit.start()
            for part in self.parts:
                if part.process is not None and not part.process.alive and not part.given_up:
                    self._start_again(part, part.process.returncode)

    def _start_again(self, part: Part, returncode: int | None) -> None:
        now = time.monotonic()
        while part.deaths and part.deaths[0] < now - 60:
            part.deaths.popleft()
        part.deaths.append(now)
        if len(part.deaths) > RESTARTS_A_MINUTE:
            part.given_up = True
            log = self.directory / "logs" / f"{part.name}.log"
            self.say(f"进程 {part.name} 反复退出，不再启动，见 {log} / {part.name} keeps dying, given up, see {log}")
            return
        self.say(f"进程 {part.name} 已退出（{returncode}），重新启动 / {part.name} has died, starting it again")
        self.start_part(part)

    def _supervise(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.tend()
            except (PostgresFailed, RabbitFailed) as failure:
                self.say(str(failure))
        # The kernel ends a child with the thread that started it; stopping wants its own order.
        self._stopped.wait()

    def start_part(self, part: Part) -> None:
        """Start one process, or start it again after it was killed."""
        logs = self.directory / "logs"
        logs.mkdir(exist_ok=True)
        environ = {**os.environ, **self.environment}
        if part.health_port is not None:
            environ["WQ_HEALTH_PORT"] = str(part.health_port)
        part.process = spawn(part.argv, environ, logs / f"{part.name}.log")

    def await_ready(self, seconds: float = READY_SECONDS) -> None:
        """Raises PlatformFailed when a process ends or is not ready in time."""
        deadline = time.monotonic() + seconds
        for part in self.parts:
            while not _ready(part):
                log = self.directory / "logs" / f"{part.name}.log"
                if part.process is None or not part.process.alive:
                    raise PlatformFailed(f"进程 {part.name} 已退出，见 {log} / process {part.name} ended, see {log}")
                if time.monotonic() > deadline:
                    raise PlatformFailed(f"进程 {part.name} 未就绪，见 {log} / {part.name} is not ready, see {log}")
                time.sleep(0.05)

    def _write_environment(self, database_url: str, amqp_uri: str) -> None:
        keys = self.directory / "keys"
        keys.mkdir(mode=0o700, exist_ok=True)
        signing, public = keys / "principal-signing.json", keys / "principals.json"
        if not signing.exists():
            private_text, public_text = new_signing_key()
            _secret(signing, private_text)
            _secret(public, public_text)
        for name in ("personal", "national"):
            if not (keys / name).exists():
                _secret(keys / name, secrets.token_hex(64 if name == "personal" else 32))
        self.sandbox_port = self.sandbox_port or free_port()
        self.environment |= {
            "WQ_ENVIRONMENT": "development",
            "DATABASE_URL": database_url,
            "AMQP_URI": amqp_uri,
            "WQ_PRINCIPAL_KEYS_FILE": str(public),
            "WQ_PRINCIPAL_SIGNING_KEY_FILE": str(signing),
            "WQ_PERSONAL_KEY_FILE": str(keys / "personal"),
            "WQ_NATIONAL_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "WQ_NATIONAL_KEY_FILE": str(keys / "national"),
            "WQ_EVIDENCE_URL": (self.directory / "evidence").as_uri(),
            "WQ_CHECK_ADDRESS": "http://127.0.0.1/check",
            "WQ_CLOCK_FILE": str(self.clock.path),
        }
        lines = "".join(f"{name}={value}\n" for name, value in sorted(self.environment.items()))
        _secret(self.directory / "platform.env", lines)

    def _parts(self) -> Iterable[Part]:
        wq = [sys.executable, "-m", "wq.cli"]
        sandbox_file = str(self.directory / "sandbox.jsonl")
        yield Part("sandbox", [*wq, "sandbox", "--port", str(self.sandbox_port), "--file", sandbox_file], free_port())
        for replica in range(1, self.replicas + 1):
            for group in self.following:
                name = "-".join(each.strip("-") for each in group)
                yield Part(f"follow-{name}-{replica}", [*wq, "follow", *group], free_port())
            for group in self.serving:
                names = group or SERVED
                yield Part(f"serve-{'-'.join(names)}-{replica}", [*wq, "serve", *names], free_port())


def _ready(part: Part) -> bool:
    if part.health_port is None:
        return part.process is not None and part.process.alive
    try:
        with urlopen(f"http://127.0.0.1:{part.health_port}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _secret(path: Path, text: str) -> None:
    staged = path.with_name(path.name + ".new")
    staged.touch(mode=0o600)
    staged.write_text(text)
    staged.replace(path)
