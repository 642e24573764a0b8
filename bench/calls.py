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

from nameko.standalone.rpc import ClusterRpcProxy

from bench.figures import Direction, Figure, percentile, rounds
from bench.seeding import enrolled
from bench.world import ROOT, World, issuer, plain_log, running
from shared.access import Role
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
        """Calls that were never made, of graduates just enrolled."""
        ids = [f"{PROVINCE}-{uuid4()}" for _ in range(count)]
        log = plain_log(self.platform.environment["DATABASE_URL"])
        log.append_many(PROVINCE, [enrolled(each, PROVINCE, SCHOOL, number) for number, each in enumerate(ids)])
        sign = issuer(self.platform)
        return [
            Call(
                "registration.register_destination",
                {"graduate_id": each, "destination": DESTINATION},
                sign.token(Actor(Role.GRADUATE, each)),
            )
            for each in ids
        ]


def measure(world: World) -> list[Figure]:
    """Rates and latencies with one process and with four."""
    return [*_with(world, 1), *_with(world, WORKERS)]


def _with(world: World, processes: int) -> list[Figure]:
    serve = [("serve", ["registration"])] * processes
    sequential = max(30, int(world.size.seconds * 100))
    pipelined = max(IN_FLIGHT, int(world.size.seconds * 300))
    with ExitStack() as stack:
        uri = world.small.environment["AMQP_URI"]
        stack.enter_context(_empty_services(world, processes))
        commands = {}
        for name, platform in world.platforms.items():
            stack.enter_context(running(platform, *serve))
            caller = stack.enter_context(Caller(platform.environment["AMQP_URI"]))
            commands[name] = Commands(platform, caller)
        stock = stack.enter_context(ClusterRpcProxy({"AMQP_URI": uri}, timeout=30))
        own = commands["empty"].caller
        latencies: dict[str, list[float]] = {}

        def sequence(name: str, call: Callable[[Any], Any], calls: list[Any]) -> float:
            seconds = [_timed(call, each) for each in calls]
            latencies.setdefault(name, []).append(percentile(seconds, 0.99) * 1000)
            return median(seconds) * 1000

        payload = {"graduate_id": f"{PROVINCE}-{uuid4()}", "destination": DESTINATION}
        empties = [payload] * sequential
        in_sequence = rounds(
            world.size.rounds,
            {
                "ours": lambda: sequence("ours", own.call, commands["empty"].next(sequential)),
                "stock": lambda: sequence("stock", stock.empty.nothing, empties),
                "full": lambda: sequence("full", commands["full"].caller.call, commands["full"].next(sequential)),
            },
        )
        together = rounds(
            world.size.rounds,
            {
                "ours": lambda: _rate(own, commands["empty"].next(pipelined)),
                "stock": lambda: _stock_rate(stock, payload, pipelined),
                "stock, our client": lambda: _rate(own, [Call("empty.nothing", payload, "")] * pipelined),
                "full": lambda: _rate(commands["full"].caller, commands["full"].next(pipelined)),
            },
        )
    p99 = {name: median(values) for name, values in latencies.items()}
    group = f"command over AMQP, {processes} serving"
    most, least = Direction.AT_MOST, Direction.AT_LEAST
    return [
        Figure(
            group, "in sequence, p50", in_sequence["ours"], "ms", 1.2, most, in_sequence["stock"], "ms stock nameko"
        ),
        Figure(group, "in sequence, p99", p99["ours"], "ms", None, most, p99["stock"], "ms stock nameko"),
        Figure(group, "p50, full log", in_sequence["full"], "ms", 1 / 0.9, most, in_sequence["ours"], "ms empty log"),
        Figure(group, "pipelined", together["ours"], "/s", 1.0, least, together["stock"], "/s stock nameko"),
        Figure(group, "", together["ours"], "/s", None, least, together["stock, our client"], "/s stock, our client"),
        Figure(group, "pipelined, full log", together["full"], "/s", 0.9, least, together["ours"], "/s empty log"),
    ]


@contextmanager
def _empty_services(world: World, count: int) -> Iterator[None]:
    uri = world.small.environment["AMQP_URI"]
    argv = [sys.executable, "-m", "bench.empty_service", uri]
    environ = {**world.small.environment, "PYTHONPATH": str(ROOT)}
    started: list[Process] = [spawn(argv, environ, world.small.directory / "empty.log") for _ in range(count)]
    try:
        deadline = time.monotonic() + 60
        with ClusterRpcProxy({"AMQP_URI": uri}, timeout=30) as proxy:
            while True:
                try:
                    proxy.empty.nothing({"graduate_id": ""})
                    break
                except Exception:  # noqa: BLE001 - not there yet, whatever stock nameko says
                    assert time.monotonic() < deadline, "the reference service did not start"
                    time.sleep(0.1)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.stop(10)


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
