"""Child processes that end with their parent, keep terminal signals to themselves, and stop in bounded time."""

from __future__ import annotations

import os
import signal as signals
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A started process and its process group."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen

    @property
    def pid(self) -> int:
        """The process id, which is also the process group's."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """Its exit code once it has ended, negative for a signal."""
        return self._popen.poll()

    def signal(self, number: signals.Signals) -> None:
        """Send a signal to the whole group; nothing when it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.signal(signals.SIGTERM)

    def stop(self, seconds: float, how: signals.Signals = signals.SIGTERM) -> None:
        """Ask it to stop, wait so long, then kill what is left of its group."""
        if self.alive:
            self.signal(how)
            # Who is frozen hears it only when it goes on.
            self.signal(signals.SIGCONT)
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL the group and reap it."""
        self.signal(signals.SIGKILL)
        self._popen.wait(10)

    def wait(self, seconds: float) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        return self._popen.wait(seconds)


def spawn(
    argv: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    *,
    privileges: Sequence[str] = (),
    parent_death: str = "TERM",
    cwd: Path | None = None,
) -> Process:
    """Start a process in a session of its own, its output appended to a file.

    `setpriv` (util-linux) has the kernel send `parent_death` to it when this process dies; `privileges` are further
    options of setpriv.
    """
    with log.open("ab") as output:
        return Process(
            subprocess.Popen(
                ["setpriv", "--pdeathsig", parent_death, *privileges, *argv],
                env=dict(environ),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
