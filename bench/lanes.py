"""Appends into one lane from many processes. Reference: the release before, whose commit held the lane until it was on disk."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache, partial

import psycopg

from bench.figures import Figure, rounds
from bench.seeding import an_event
from bench.world import Worker, World, answer_questions, database
from shared.eventlog.port import NO_GUARDS, Appended, Write
from shared.eventlog.postgres import PostgresLog, append_parameters
from shared.sql import Driver, make_engine

LANE = "14"
# How many times the release before, by clients: on the disk as it is, and where each commit takes 2 ms more.
WANTED = {"": {8: 2.0, 32: 3.0}, "commits 2 ms slower": {8: 5.0, 32: 15.0}}
_APPEND_BEFORE = (
    "SELECT eventlog.append(%(lane)s, %(first_streams)s::text[], %(first_versions)s::integer[], %(events)s::json)"
)
SLOWER = ("commit_delay = 2000", "commit_siblings = 0")


def measure(world: World) -> list[Figure]:
    """Appends/s into one lane of 8 and of 32 processes."""
    figures = []
    for disk, wanted in WANTED.items():
        with database(world.small) as url, ExitStack() as stack:
            if disk:
                with psycopg.connect(url, autocommit=True) as connection:
                    for setting in SLOWER:
                        connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET {setting}'.encode())
            clients = [stack.enter_context(Worker("bench.lanes", url)) for _ in range(max(wanted))]
            for count, threshold in wanted.items():
                measures = {
                    kind: partial(_rate, clients[:count], kind, world.size.seconds) for kind in ("now", "before")
                }
                found = rounds(world.size.rounds, measures)
                name = f"{count} clients, {disk}" if disk else f"{count} clients"
                group, against = "appends into one lane", "/s the release before"
                figures.append(
                    Figure(group, name, found["now"], "/s", threshold, reference=found["before"], against=against)
                )
    return figures


def _rate(clients: Sequence[Worker], kind: str, seconds: float) -> float:
    for client in clients:
        client.ask(kind=kind, seconds=seconds)
    return float(sum(client.answer() for client in clients))


class _Before(PostgresLog):
    """Appends as the release before did: one function, whose transaction holds the lane while its commit waits."""

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        rows = self._rows(_APPEND_BEFORE, append_parameters(lane, [write], guards), durable=False)
        ((head,),) = rows
        return Appended(head, write.events[0].occurred_at)


def _client(url: str) -> Callable[..., float]:
    kinds = {"now": PostgresLog, "before": _Before}
    log = cache(lambda kind: kinds[kind](make_engine(url, Driver.GREEN, pool_size=1)))

    def write(kind: str, seconds: float) -> float:
        count, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            event = an_event(0)
            log(kind).append(LANE, Write(f"registration-{LANE}-{event.command_id}", 0, [event]))
            count += 1
        return count / elapsed

    return write


if __name__ == "__main__":
    answer_questions(_client(*sys.argv[1:]))
