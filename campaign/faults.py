"""What strikes, when and for how long: a schedule from a seed, and the hands that carry it out."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from wq.platform import Part, Platform

# Kind of process → how the names of its parts begin.
PROCESSES = {
    "serve": "serve-",
    "publish": "follow-publish",
    "project": "follow-directory.project",
    "deliver": "follow-sync.deliver",
    "sandbox": "sandbox",
}
SERVERS = ("rabbitmq", "postgres")
FOLLOWING = (
    ("publish",),
    (
        "directory.project",
        "directory.vouch",
        "agreement.project",
        "registration.project",
        "review.project",
        "stats.project",
    ),
    ("sync.deliver",),
)


@dataclass(frozen=True, slots=True)
class Strike:
    """`how` is kill, lose (kill and lose the data: RabbitMQ only) or freeze; `which` chooses among replicas."""

    at: float
    how: str
    what: str
    which: float = 0.0
    hold: float = 0.0

    @property
    def kind(self) -> str:
        """Its name in counts."""
        return f"{self.how} {self.what}"


KINDS = (
    *((("kill", what), 3) for what in PROCESSES),
    *((("freeze", what), 1) for what in PROCESSES),
    (("kill", "rabbitmq"), 3),
    (("lose", "rabbitmq"), 2),
    (("freeze", "rabbitmq"), 1),
    (("kill", "postgres"), 3),
    (("freeze", "postgres"), 1),
)


def schedule(
    seed: int, seconds: float, longest_freeze: float = 30.0, every: tuple[float, float] = (1.0, 6.0)
) -> list[Strike]:
    """The same seed always plans the same faults."""
    chance = random.Random(seed)
    kinds, weights = [kind for kind, _ in KINDS], [weight for _, weight in KINDS]
    strikes: list[Strike] = []
    at = chance.uniform(*every)
    while at < seconds:
        how, what = chance.choices(kinds, weights)[0]
        hold = chance.uniform(1.0, longest_freeze) if how == "freeze" else 0.0
        strikes.append(Strike(at, how, what, chance.random(), hold))
        at += chance.uniform(*every)
    return strikes


@dataclass(slots=True)
class Hands:
    """Carries strikes out on a platform, and lets go of what they froze."""

    platform: Platform
    say: Callable[[str], None]
    done: list[str] = field(default_factory=list)
    _frozen: list[tuple[float, list[psutil.Process]]] = field(default_factory=list)

    def play(self, strikes: Sequence[Strike], going_on: Callable[[], bool] = lambda: True) -> None:
        """Every strike at its time, as long as there is something to strike at; then everything frozen goes on."""
        started = time.monotonic()
        for strike in strikes:
            while time.monotonic() < started + strike.at and going_on():
                self._thaw(time.monotonic())
                time.sleep(0.05)
            if not going_on():
                break
            self.strike(strike)
        while self._frozen:
            self._thaw(time.monotonic() if going_on() else float("inf"))
            time.sleep(0.05)

    def strike(self, strike: Strike) -> None:
        """One fault, now."""
        self.say(f"{strike.kind}{f' {strike.hold:.1f} s' if strike.hold else ''}")
        self.done.append(strike.kind)
        if strike.how == "lose":
            with self.platform.lock:
                self.platform.rabbit.kill()
                self.platform.rabbit.wipe()
                self.platform.rabbit.start()
            return
        with self.platform.lock:
            processes = _family(self._pid(strike))
        if strike.how == "freeze":
            _signal(processes, signal.SIGSTOP)
            self._frozen.append((time.monotonic() + strike.hold, processes))
        else:
            _signal(processes, signal.SIGKILL)

    def _pid(self, strike: Strike) -> int | None:
        if strike.what == "rabbitmq":
            return self.platform.rabbit.pid if self.platform.rabbit.alive else None
        if strike.what == "postgres":
            return self.platform.postgres.pid if self.platform.postgres.alive else None
        parts = [part for part in self.platform.parts if part.name.startswith(PROCESSES[strike.what])]
        part: Part = parts[int(strike.which * len(parts))]
        return part.process.pid if part.process is not None else None

    def _thaw(self, now: float) -> None:
        for until, processes in [each for each in self._frozen if each[0] <= now]:
            _signal(processes, signal.SIGCONT)
            self._frozen.remove((until, processes))


def _family(pid: int | None) -> list[psutil.Process]:
    """A process and all below it: a server's children have sessions of their own."""
    if pid is None:
        return []
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if process.is_running():
                os.kill(process.pid, number)
