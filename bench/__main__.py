"""Takes every figure (or the groups named), prints the table and writes `.run/bench.json`."""

from __future__ import annotations

import json
import os
import platform as machine
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench import appends, asking, calls, lanes, projecting, rosters, visible, working
from bench.figures import Figure, table
from bench.seeding import CLASS_YEAR, provinces, write_class
from bench.world import FULL, QUICK, Size, World, now, plain_log
from wq.platform import Platform

OUTPUT = Path(".run/bench.json")
BIG_PROVINCE = "41"
EVENTS_A_GRADUATE = 2.5
# The platform's own day: inside the season of the class that is seeded, whenever the bench runs.
IN_SEASON = datetime(CLASS_YEAR, 5, 4, 2, tzinfo=UTC)

GROUPS = {
    "projecting": projecting.measure,
    "asking": asking.measure,
    "calls": calls.measure,
    "visible": visible.measure,
    "rosters": rosters.measure,
    "appends": appends.measure,
    "lanes": lanes.measure,
    "working": working.measure,
}


def main(names: list[str]) -> int:
    """0 when every figure was taken, whether or not it reached what it should; 1 when a group failed."""
    console = Console(highlight=False)
    size = QUICK if os.environ.get("QUICK", "") not in ("", "0") else FULL
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:6.1f} s[/] {text}", soft_wrap=True)

    directory = Path(tempfile.mkdtemp(prefix="wq-bench-"))
    figures: list[Figure] = []
    seconds: dict[str, float] = {}
    failed: list[str] = []
    small, big = (Platform(directory / name, serving=(), following=()) for name in ("empty", "full"))
    try:
        # The slowest of all to come up: side by side.
        for each in (small, big):
            each.rabbit.launch()
        for each in (small, big):
            each.start()
        for each in (small, big):
            each.clock.set(IN_SEASON)
        world = World(size, small, big)
        _fill(world, say)
        for name in names or GROUPS:
            say(name)
            before = time.monotonic()
            try:
                figures += GROUPS[name](world)
            except Exception:  # noqa: BLE001 - one group that fails must not cost the others
                failed.append(name)
                console.print_exception()
            seconds[name] = time.monotonic() - before
    finally:
        big.stop()
        small.stop()
        if failed:
            say(f"{', '.join(failed)} 失败 failed; logs: {directory}")
        else:
            shutil.rmtree(directory)
    console.print(table(figures))
    _write(figures, size, seconds)
    missed = [figure for figure in figures if figure.reached is False]
    judged = [figure for figure in figures if figure.reached is not None]
    say(f"{len(judged) - len(missed)} / {len(judged)} 达到 reached; {OUTPUT}")
    return 1 if failed else 0


def _fill(world: World, say: object) -> None:
    """The full log: a big province's class, and a little in every other lane."""
    assert callable(say)
    log = plain_log(world.big.environment["DATABASE_URL"])
    for province in provinces():
        if province != BIG_PROVINCE:
            write_class(log, province, world.size.log_events // 1_000)
    wanted = max(world.size.log_events - sum(log.heads().values()), int(world.size.province * EVENTS_A_GRADUATE))
    write_class(log, BIG_PROVINCE, wanted)
    say(f"full log: {sum(log.heads().values()):,} events")


def _write(figures: list[Figure], size: Size, seconds: dict[str, float]) -> None:
    OUTPUT.parent.mkdir(exist_ok=True)
    told = {
        "at": now().isoformat(),
        "machine": {"cores": os.cpu_count(), "system": machine.platform(), "python": machine.python_version()},
        "full_log_events": size.log_events,
        "rounds": size.rounds,
        "seconds": seconds,
        "figures": [figure.to_json() for figure in figures],
    }
    OUTPUT.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
