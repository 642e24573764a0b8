"""A whole command over AMQP, in sequence and pipelined, with one serving process and with four.

The reference is an empty method of stock nameko, called by stock nameko's own client on the same broker.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import uuid4

from amqp.exceptions import NotFound
from nameko.standalone.rpc import ClusterRpcProxy

from bench.figures import Direction, Figure, percentile, rounds
from bench.seeding import confirmed, enrolled
from bench.world import ROOT, World, issuer, plain_log, running
from shared.access import Role
from shared.broker import open_connection
from shared.calling import Call, Caller
from shared.errors import ServiceError
from shared.messages import Actor
from wq.local.processes import Process, spawn
from wq.platform import Platform

PROVINCE, SCHOOL = "14", "10108"
IN_FLIGHT = 100
WORKERS = 4
# 不就业拟升学: the destination that needs no paper beside it.
DESTINATION = {"code": "71"}


@dataclass(slots=True)
class Commands:
    """Graduates who register a destination, one command each, each with a token of its own: what a season is made of."""

    platform: Platform
    caller: Caller

    def next(self, count: int) -> list[Call]:
        """Calls that were never made, of graduates just enrolled, who have confirmed that."""
        ids = [f"{PROVINCE}-{uuid4()}" for _ in range(count)]
        log = plain_log(self.platform.environment["DATABASE_URL"])
        log.append_many(PROVINCE, [enrolled(each, PROVINCE, SCHOOL, number) for number, each in enumerate(ids)])
        log.append_many(PROVINCE, [confirmed(each) for each in ids])
        sign = issuer(self.platform)
        return [
            Call(
                "registration.register_destination",
                {"graduate_id": each, "destination": DESTINATION},
                sign.token(Actor(Role.GRADUATE, each)),
            )
            for each in ids
        ]


@dataclass(slots=True)
class Contest:
    """Who is measured: the platforms, each with its own client, and stock nameko with its own and with ours."""

    world: World
    commands: dict[str, Commands]
    stock: Any


def measure(world: World) -> list[Figure]:
    """Rates and latencies with one process, then with three more beside it."""
    serving, figures = 0, []
    with ExitStack() as stack:
        callers = {
            name: stack.enter_context(Caller(platform.environment["AMQP_URI"]))
            for name, platform in world.platforms.items()
        }
        stock = stack.enter_context(ClusterRpcProxy({"AMQP_URI": world.small.environment["AMQP_URI"]}, timeout=30))
        for processes in (1, WORKERS):
            platforms = world.platforms if processes == 1 or world.size.thorough else {"empty": world.small}
            stack.enter_context(_empty_services(world, processes - serving, processes))
            for platform in platforms.values():
                stack.enter_context(running(platform, *[("serve", ["registration"])] * (processes - serving)))
            commands = {name: Commands(platform, callers[name]) for name, platform in platforms.items()}
            figures += _taken(Contest(world, commands, stock), processes)
            serving = processes
    return figures


def _taken(contest: Contest, processes: int) -> list[Figure]:
    size, commands, stock = contest.world.size, contest.commands, contest.stock
    sequential = max(30, int(size.seconds * 100))
    pipelined = max(IN_FLIGHT, int(size.seconds * 300))
    own = commands["empty"].caller
    latencies: dict[str, list[float]] = {}

    def sequence(name: str, call: Callable[[Any], Any], calls: list[Any]) -> float:
        seconds = [_timed(call, each) for each in calls]
        latencies.setdefault(name, []).append(percentile(seconds, 0.99) * 1000)
        return median(seconds) * 1000

    def ours_in_sequence(name: str) -> Callable[[], float]:
        return lambda: sequence(name, commands[name].caller.call, commands[name].next(sequential))

    def ours_pipelined(name: str) -> Callable[[], float]:
        return lambda: _rate(commands[name].caller, commands[name].next(pipelined))

    payload = {"graduate_id": f"{PROVINCE}-{uuid4()}", "destination": DESTINATION}
    empties = [payload] * sequential
    in_sequence = rounds(
        size.rounds,
        {
            "stock": lambda: sequence("stock", stock.empty.nothing, empties),
            **{name: ours_in_sequence(name) for name in commands},
        },
    )
    together = rounds(
        size.rounds,
        {
            "stock": lambda: _stock_rate(stock, payload, pipelined),
            "stock, our client": lambda: _rate(own, [Call("empty.nothing", payload, "")] * pipelined),
            **{name: ours_pipelined(name) for name in commands},
        },
    )
    p99 = {name: median(values) for name, values in latencies.items()}
    group = f"command over AMQP, {processes} serving"
    most, least = Direction.AT_MOST, Direction.AT_LEAST
    ours, piped = in_sequence["empty"], together["empty"]
    figures = [
        Figure(group, "in sequence, p50", ours, "ms", 1.2, most, in_sequence["stock"], "ms stock nameko"),
        Figure(group, "in sequence, p99", p99["empty"], "ms", None, most, p99["stock"], "ms stock nameko"),
        Figure(group, "pipelined", piped, "/s", 1.0, least, together["stock"], "/s stock nameko"),
        Figure(group, "", piped, "/s", None, least, together["stock, our client"], "/s stock, our client"),
    ]
    if "full" in commands:
        figures += [
            Figure(group, "p50, full log", in_sequence["full"], "ms", 1 / 0.9, most, ours, "ms empty log"),
            Figure(group, "pipelined, full log", together["full"], "/s", 0.9, least, piped, "/s empty log"),
        ]
    return figures


@contextmanager
def _empty_services(world: World, count: int, together: int) -> Iterator[None]:
    """So many more processes of stock nameko; waits until there are so many `together`."""
    uri = world.small.environment["AMQP_URI"]
    argv = [sys.executable, "-m", "bench.empty_service", uri]
    environ = {**world.small.environment, "PYTHONPATH": str(ROOT)}
    started: list[Process] = [spawn(argv, environ, world.small.directory / "empty.log") for _ in range(count)]
    try:
        deadline = time.monotonic() + 60
        while _consumers(uri, "rpc-empty") < together:
            assert time.monotonic() < deadline, "the reference service did not start"
            time.sleep(0.1)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.stop(10)


def _consumers(uri: str, queue: str) -> int:
    with open_connection(uri) as connection:
        try:
            return int(connection.channel().queue_declare(queue, passive=True).consumer_count)
        except NotFound:
            return 0


def _timed(call: Callable[[Any], Any], argument: Any) -> float:
    started = time.perf_counter()
    call(argument)
    return time.perf_counter() - started


def _rate(caller: Caller, calls: list[Call]) -> float:
    started = time.perf_counter()
    for start in range(0, len(calls), IN_FLIGHT):
        for outcome in caller.call_all(calls[start : start + IN_FLIGHT]):
            if isinstance(outcome, ServiceError):
                raise outcome
    return len(calls) / (time.perf_counter() - started)


def _stock_rate(proxy: Any, payload: Any, count: int) -> float:
    started = time.perf_counter()
    for start in range(0, count, IN_FLIGHT):
        replies = [proxy.empty.nothing.call_async(payload) for _ in range(min(IN_FLIGHT, count - start))]
        for reply in replies:
            reply.result()
    return count / (time.perf_counter() - started)
