"""A private RabbitMQ from the system's package, installed when it is missing and that is allowed: own node, own ports.

With `RABBITMQ_ROOT` it is the RabbitMQ of another Debian whose root that folder is, run by chroot; only root may do that.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from amqp.exceptions import AMQPError
from kombu import Connection

from wq.local import debian
from wq.local.processes import Process, free_port, spawn

START_SECONDS = 90.0
STOP_SECONDS = 30.0
INSTALLED = "usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"
POLICY = Path("/usr/sbin/policy-rc.d")
USER = "wq"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Where the node's folder is to be found in another Debian: a place that every Debian has and nobody uses.
INSIDE = Path("/mnt")
# The node's folder as RabbitMQ is told of it. With other letters than ASCII in a path 3.10.8 finds no quorum queue again after
# a restart, so it works in its folder and knows no other name for it.
HERE = Path("/proc/self/cwd")
# Mounts of a namespace of its own end with the last process in it: nothing is left to be unmounted, or deleted by mistake.
_CHROOT = """set -e
mount --rbind /dev "$0/dev"
mount --rbind /proc "$0/proc"
mount --bind "$1" "$0/mnt"
root=$0
shift
exec chroot "$root" "$@"
"""


class RabbitFailed(Exception):
    """RabbitMQ is not installed or did not start; the text says what to do."""


class PrivateRabbit:
    """One node with its own Erlang port mapper. A second start finds its queues, its ports and its password again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._root = Path(os.environ.get("RABBITMQ_ROOT") or "/").resolve()
        self._mapper: Process | None = None
        self._server: Process | None = None
        self._uri = ""

    @property
    def pid(self) -> int:
        """The node's process group. Raises AssertionError when it was not started."""
        assert self._server is not None
        return self._server.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and still runs."""
        return self._server is not None and self._server.alive

    def start(self) -> str:
        """Install it if need be, start it and return its AMQP URI once it answers. Raises RabbitFailed."""
        uri = self.launch()
        self.await_ready()
        return uri

    def launch(self) -> str:
        """Install it if need be, start it if it does not run, and return its AMQP URI; it answers some seconds later.

        Raises RabbitFailed.
        """
        if self.alive:
            return self._uri
        if self._chrooted:
            _look_at(self._root)
        else:
            ensure_installed()
        self._directory.mkdir(parents=True, exist_ok=True)
        port = int(self._remembered("port", _port))
        distribution = self._remembered("distribution-port", _port)
        mapper = self._remembered("mapper-port", _port)
        password = self._remembered("password", lambda: secrets.token_urlsafe(18))
        (self._directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{port}\n"
            f"default_user = {USER}\ndefault_pass = {password}\n"
            "vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 200MB\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        (self._directory / "plugins").write_text("[].\n")
        cookie = self._directory / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(16).upper())
            cookie.chmod(0o400)
        environ = self._environment(distribution, mapper)
        for left in (self._server, self._mapper):
            if left is not None:
                # The script that started the node may have died before the node.
                left.kill()
        epmd = self._inside([self._program("epmd"), "-port", mapper, "-address", "127.0.0.1"])
        self._mapper = spawn(epmd, environ, self._directory / "epmd.log")
        log = self._directory / "rabbitmq.log"
        self._server = spawn(self._inside([self._script()]), environ, log, cwd=self._directory)
        # The virtual host `/` as every client reads it; some refuse `//`.
        self._uri = f"amqp://{USER}:{password}@127.0.0.1:{port}/%2F"
        return self._uri

    def await_ready(self) -> None:
        """Wait until it answers. Raises RabbitFailed."""
        assert self._server is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with Connection(self._uri, connect_timeout=2) as connection:
                    connection.connect()
                    return
            except (OSError, AMQPError) as error:
                if not self._server.alive or time.monotonic() > deadline:
                    self.stop()
                    log = self._directory / "rabbitmq.log"
                    raise RabbitFailed(f"RabbitMQ 未启动，见 {log} / did not start, see it") from error
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop the node and its port mapper; killed when it takes too long."""
        if self._server is not None:
            self._server.stop(STOP_SECONDS)
            self._server = None
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper = None

    def kill(self) -> None:
        """SIGKILL the node, as a power cut would."""
        assert self._server is not None
        self._server.kill()
        self._server = None
        self.stop()

    def pause(self) -> None:
        """Freeze the node: connections stay open and nothing answers."""
        assert self._server is not None
        self._server.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen node go on."""
        assert self._server is not None
        self._server.signal(signal.SIGCONT)

    def evaluate(self, expression: str) -> str:
        """What the server makes of an Erlang expression, for looking into it. Raises CalledProcessError."""
        ports = ((self._directory / name).read_text() for name in ("distribution-port", "mapper-port"))
        argv = self._inside([str(Path(self._script()).with_name("rabbitmqctl")), "eval", expression])
        told = subprocess.run(
            argv,
            env=self._environment(*ports),
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return told.stdout.strip()

    def wipe(self) -> None:
        """Lose everything the node holds. Only while it is stopped."""
        assert self._server is None
        shutil.rmtree(self._directory / "data", ignore_errors=True)

    def _remembered(self, name: str, new: Callable[[], str]) -> str:
        path = self._directory / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(new())
        return path.read_text()

    @property
    def _chrooted(self) -> bool:
        return self._root != Path("/")

    def _inside(self, argv: list[str]) -> list[str]:
        """The command in the Debian whose RabbitMQ it is."""
        if not self._chrooted:
            return argv
        return ["unshare", "--mount", "sh", "-c", _CHROOT, str(self._root), str(self._directory), *argv]

    def _script(self) -> str:
        # The wrapper in the system's path changes to the system's rabbitmq user; the script under it does not.
        return f"/{max(self._root.glob(INSTALLED)).relative_to(self._root)}"

    def _program(self, name: str) -> str:
        return name if self._chrooted else _found(name)

    def _environment(self, distribution: str, mapper: str) -> dict[str, str]:
        here = INSIDE if self._chrooted else HERE
        return {
            "PATH": PATH if self._chrooted else os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HOME": str(here),
            "PWD": str(self._directory),
            "ERL_EPMD_PORT": mapper,
            "RABBITMQ_NODENAME": f"wq{mapper}@localhost",
            "RABBITMQ_DIST_PORT": distribution,
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(here / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(here / "data"),
            "RABBITMQ_LOG_BASE": str(here),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
        }


def ensure_installed() -> None:
    """Install the Debian package `rabbitmq-server` when it is missing, without starting the system's own service.

    Raises RabbitFailed when that is not allowed here.
    """
    if _installed():
        return
    rights = debian.rights()
    if rights is None:
        raise RabbitFailed(
            "请先安装 RabbitMQ：apt-get install rabbitmq-server / install RabbitMQ first: apt-get install rabbitmq-server"
        )
    print("安装 RabbitMQ / installing RabbitMQ (apt-get install rabbitmq-server) ...", flush=True)
    own_policy = not POLICY.exists()
    if own_policy:
        # Debian starts a service when its package is installed unless this script says no.
        denial = "#!/bin/sh\nexit 101\n"
        subprocess.run([*rights, "tee", str(POLICY)], input=denial, text=True, stdout=subprocess.DEVNULL, check=True)
        subprocess.run([*rights, "chmod", "755", str(POLICY)], check=True)
    try:
        debian.install(rights, "rabbitmq-server")
    except subprocess.SubprocessError as error:
        raise RabbitFailed(f"安装 RabbitMQ 失败 / installing RabbitMQ failed: {error}") from error
    finally:
        if own_policy:
            subprocess.run([*rights, "rm", "-f", str(POLICY)], check=True)
    if not _installed():
        raise RabbitFailed("RabbitMQ 安装后仍未找到 / RabbitMQ is not there after its installation")


def _installed() -> bool:
    return any(Path("/").glob(INSTALLED))


def _look_at(root: Path) -> None:
    if os.geteuid() != 0 or not any(root.glob(INSTALLED)):
        raise RabbitFailed(
            f"RABBITMQ_ROOT={root}：需要 root，且其中须装有 rabbitmq-server / "
            "only root may run it, and rabbitmq-server must be installed there"
        )


def _found(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise RabbitFailed(f"找不到 {name} / {name} is missing")
    return path


def _port() -> str:
    return str(free_port())
