"""Records about one graduate, a sandbox that runs, and a server that says what it was told to.

A test states only what differs: `record(version=2)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from uuid import uuid5

import orjson

from services.sync.client import Breaker, NationalClient
from services.sync.records import Record, Reported, report
from services.sync.sandbox import Sandbox
from shared.messages import Recorded
from tests.support.spec import COMMAND_ID
from tests.support.stats_examples import ANA, CLASS_YEAR, SIGNED, Lane

KEY: Final = bytes(range(32))
NOW: Final = 1_780_000_000.0


def event_id(number: int) -> str:
    """The id of the number-th event of a test."""
    return str(uuid5(COMMAND_ID, f"event {number}"))


def reports(events: Sequence[Recorded]) -> list[Record]:
    """The records that tell of events, in order."""
    states: dict[str, Reported] = {}
    found = []
    for recorded in events:
        graduate_id = recorded.data["graduate_id"]
        states[graduate_id], record = report(states.get(graduate_id, Reported(graduate_id)), recorded)
        if record is not None:
            found.append(record)
    return found


def _signed() -> Record:
    lane = Lane()
    lane.enrol(ANA)
    lane.register(ANA, SIGNED)
    return reports(lane.events)[-1]


# Enrolled and signed, as the first record about her.
SIGNED_RECORD: Final = replace(_signed(), version=1, event_id=event_id(1), class_year=CLASS_YEAR)


def record(number: int = 1, *, destination: dict[str, Any] | None = None, **changes: Any) -> Record:
    """The number-th record about one graduate; `destination` changes some of its fields."""
    made = replace(SIGNED_RECORD, version=number, event_id=event_id(number))
    if destination is not None:
        made = replace(made, body={**made.body, "destination": {**made.body["destination"], **destination}})
    return replace(made, **changes)


def restatement(of: Record, number: int = 99) -> Record:
    """All of a record told again."""
    return replace(of, verb="restate", event_id=event_id(number))


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """A server in a thread, gone afterwards."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=60)


@contextmanager
def running_sandbox(path: Path, port: int = 0) -> Iterator[Sandbox]:
    """A sandbox on a free port that keeps its record in a file."""
    sandbox = Sandbox(port, path, KEY)
    with running(sandbox):
        yield sandbox


def client_of(url: str, *, patience: float = 0.0, **changes: Any) -> NationalClient:
    """A client that tries once unless it is told to be patient."""
    return NationalClient(url, KEY, timeout=20.0, patience=patience, **changes)


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps, and remembers for how long."""

    at: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def breaker(self, **changes: Any) -> Breaker:
        """A breaker that goes by this clock."""
        return Breaker(now=self.now, **changes)


@dataclass(frozen=True)
class Asked:
    """A request as a server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


HANG_UP: Final = (0, b"")


class Scripted(ThreadingHTTPServer):
    """Answers one after another: (status, body); the last for ever. `HANG_UP` closes the connection instead."""

    daemon_threads = True

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        super().__init__(("127.0.0.1", 0), _Scripted)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Scripted(BaseHTTPRequestHandler):
    server: Scripted
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_GET

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
        answers = self.server.answers
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        if (status, content) == HANG_UP:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests say what matters."""


def results(*told: tuple[Record, str]) -> bytes:
    """The answer that says an outcome of each record."""
    return orjson.dumps({"results": [{"event_id": each.event_id, "outcome": outcome} for each, outcome in told]})
