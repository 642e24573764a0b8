"""A full disk: PostgreSQL's and then RabbitMQ's data stand on a small file system that is filled while people work.

Needs the right to mount a tmpfs. What must hold is what holds under any fault, and that every caller is told in time.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign.faults import FOLLOWING
from campaign.rounds import Round, play_round
from wq.local.postgres import PrivatePostgres
from wq.local.rabbitmq import PrivateRabbit
from wq.platform import Platform

ROOM = {"postgres": "500m", "rabbitmq": "700m"}
FIRST_SECONDS, FULL_SECONDS, LAST_SECONDS = 6.0, 12.0, 20.0
PIECE = 1 << 20


class MayNotMount(Exception):
    """This user may not mount here."""


@contextmanager
def mounted(where: Path, size: str) -> Iterator[Path]:
    """A small file system, gone afterwards. Raises MayNotMount."""
    where.mkdir(parents=True)
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mount = [*rights, "mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(where)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MayNotMount(done.stderr.strip())
    try:
        yield where
    finally:
        subprocess.run([*rights, "umount", "--lazy", str(where)], check=True)


def fill(room: Path) -> Path:
    """Write until there is no room for another byte; the file to remove."""
    filler = room / "filler"
    for size in (PIECE, 1):
        with filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"0" * size)
            except OSError:
                continue
    return filler


def play(directory: Path, which: str, number: int, say: Callable[[str], None]) -> Round:
    """One round in which the disk of `which` server is full for a while, and empty again."""
    with mounted(directory / f"disk-{which}", ROOM[which]) as room:
        platform = Platform(directory / which, say=say, following=FOLLOWING)
        if which == "postgres":
            platform.postgres = PrivatePostgres(room / "server")
        else:
            platform.rabbit = PrivateRabbit(room / "server")
        with platform:
            result = play_round(
                platform, number, number, [], _seconds(), 4, say, lambda: _fill_for_a_while(room, which, say)
            )
        result.faults[f"full disk {which}"] += 1
    return result


def _seconds() -> float:
    return FIRST_SECONDS + FULL_SECONDS + LAST_SECONDS


def _fill_for_a_while(room: Path, which: str, say: Callable[[str], None]) -> None:
    time.sleep(FIRST_SECONDS)
    filler = fill(room)
    say(f"full disk {which} {FULL_SECONDS:.0f} s")
    time.sleep(FULL_SECONDS)
    filler.unlink()
    say("there is room again")
