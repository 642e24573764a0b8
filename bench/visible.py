"""From an answered command to what others see: statistics and the national system, every process running, half the load.

A school approves a registration; the approval is published, the registration reacts, statistics and delivery follow. And
what each process of a platform weighs and how long it takes to be ready.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson
import psycopg

from bench.calls import PROVINCE, SCHOOL, Commands
from bench.figures import Direction, Figure, percentile
from bench.projecting import caught_up
from bench.seeding import CLASS_YEAR
from bench.world import WQ, World, follower_of, issuer, stop_parts
from services.review.decider import case_of
from shared.access import Role, scope_path
from shared.calling import Call, Caller, batches
from shared.errors import ServiceError
from shared.messages import Actor, new_id
from wq.local.processes import free_port
from wq.platform import Part, Platform

PROCESSES = (
    ("serve", "directory", "agreement", "stats"),
    ("serve", "registration", "review"),
    ("follow", "publish"),
    ("follow", "sync.deliver"),
    ("follow", "directory.project", "agreement.project", "registration.project", "review.project", "stats.project"),
)
PATIENCE = 180.0
IN_FLIGHT = 100


@dataclass(slots=True)
class Watch:
    """When each graduate was answered, and first seen in statistics and in the national system's file."""

    platform: Platform
    answered: dict[str, float] = field(default_factory=dict)
    counted: dict[str, float] = field(default_factory=dict)
    delivered: dict[str, float] = field(default_factory=dict)
    stop: Event = field(default_factory=Event)

    def __enter__(self) -> Watch:
        self._threads = [Thread(target=each, daemon=True) for each in (self._look_at_statistics, self._look_at_sandbox)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(10)

    _threads: list[Thread] = field(default_factory=list)

    def wait(self, wanted: list[str]) -> None:
        """Until all of them are seen in both places."""
        deadline = time.monotonic() + PATIENCE
        while not all(each in self.counted and each in self.delivered for each in wanted):
            assert time.monotonic() < deadline, (len(wanted), len(self.counted), len(self.delivered))
            time.sleep(0.02)

    def _look_at_statistics(self) -> None:
        with psycopg.connect(self.platform.environment["DATABASE_URL"], autocommit=True) as connection:
            while not self.stop.wait(0.005):
                missing = [each for each in list(self.answered) if each not in self.counted]
                if missing:
                    sql = "SELECT graduate_id FROM stats.spans WHERE graduate_id = ANY(%s)"
                    for (graduate_id,) in connection.execute(sql, (missing,)).fetchall():
                        self.counted[graduate_id] = time.perf_counter()

    def _look_at_sandbox(self) -> None:
        path = Path(self.platform.directory / "sandbox.jsonl")
        with path.open("rb") as file:
            kept = b""
            while not self.stop.wait(0.005):
                *lines, kept = (kept + file.read()).split(b"\n")
                at = time.perf_counter()
                for line in lines:
                    record = orjson.loads(line)
                    if record["body"].get("destination"):
                        self.delivered.setdefault(record["graduate_id"], at)


def measure(world: World) -> list[Figure]:
    """Latencies at half the rate that everything together sustains, and every process's memory and start."""
    figures: list[Figure] = []
    if world.size.thorough:
        figures += _on(world, world.small, "empty log")
    figures += _on(world, world.big, "full log")
    return figures


def _on(world: World, platform: Platform, log: str) -> list[Figure]:
    caught_up(platform)
    _skip_to_head(platform)
    starts = {}
    before = list(platform.parts)
    try:
        for kind, *names in PROCESSES:
            part = Part(f"{kind}-{names[0]}", [*WQ, kind, *names], free_port())
            platform.parts.append(part)
            started = time.perf_counter()
            platform.start_part(part)
            platform.await_ready()
            starts[part.name] = time.perf_counter() - started
        with Caller(platform.environment["AMQP_URI"]) as caller:
            figures = _latencies(world, platform, caller, log)
        heaviest = {part.name: _high_water(part) for part in platform.parts}
    finally:
        stop_parts(platform, [part for part in platform.parts if part not in before])
    most = Direction.AT_MOST
    group = f"processes, {log}"
    figures += [Figure(group, f"{name}, memory", heavy, "MB", 150, most) for name, heavy in heaviest.items()]
    figures += [Figure(group, f"{name}, ready after", seconds, "s", 2, most) for name, seconds in starts.items()]
    return figures


def _latencies(world: World, platform: Platform, caller: Caller, log: str) -> list[Figure]:
    all_at_once = world.size.at_once
    approvals = _waiting_cases(platform, caller, all_at_once + world.size.paced)
    with Watch(platform) as watch:
        at_once = approvals[:all_at_once]
        started = time.perf_counter()
        for batch in batches(at_once, IN_FLIGHT):
            for (graduate_id, _), outcome in zip(batch, caller.call_all([call for _, call in batch]), strict=True):
                if isinstance(outcome, ServiceError):
                    raise outcome
                watch.answered[graduate_id] = time.perf_counter()
        watch.wait([graduate_id for graduate_id, _ in at_once])
        rate = len(at_once) / (time.perf_counter() - started)
        later = approvals[all_at_once:]
        _paced(later, rate / 2, lambda approval: _approve(caller, watch, approval))
        watch.wait([graduate_id for graduate_id, _ in later])
        counted, delivered = (
            [(seen[graduate_id] - watch.answered[graduate_id]) * 1000 for graduate_id, _ in later]
            for seen in (watch.counted, watch.delivered)
        )
    group, most = f"visible after the answer, {log}", Direction.AT_MOST
    return [
        Figure(group, "most that all of it sustains", rate, "commands/s"),
        Figure(group, "in statistics, p50", percentile(counted, 0.5), "ms"),
        Figure(group, "in statistics, p99", percentile(counted, 0.99), "ms", 500, most),
        Figure(group, "in the national system, p50", percentile(delivered, 0.5), "ms"),
        Figure(group, "in the national system, p99", percentile(delivered, 0.99), "ms", 1_000, most),
    ]


Approval = tuple[str, Call]


def _waiting_cases(platform: Platform, caller: Caller, count: int) -> list[Approval]:
    """Registrations under review by their school, through the platform's own commands."""
    office = Actor(Role.PROVINCE, "bench", scope_path(PROVINCE))
    settings = {
        "province": PROVINCE,
        "class_year": CLASS_YEAR,
        "parties": 2,
        "review_chain": ["school"],
        "cancellation_chain": ["school"],
        "response_days": 5,
        "response_days_max": 30,
        "cancellation_days": 15,
    }
    caller.call(Call("directory.set_province", settings, issuer(platform).token(office)))
    calls = Commands(platform, caller).next(count)
    for batch in batches(calls, IN_FLIGHT):
        for outcome in caller.call_all(batch):
            if isinstance(outcome, ServiceError):
                raise outcome
    registrations = [new_id(PROVINCE, call.command_id, "registration") for call in calls]
    cases = [case_of("registration", each) for each in registrations]
    _await_opened(platform, [f"review-{each}" for each in cases])
    token = issuer(platform).token(Actor(Role.SCHOOL, "bench", scope_path(PROVINCE, SCHOOL)))
    return [
        (call.payload["graduate_id"], Call("review.approve_review", {"case_id": case}, token))
        for call, case in zip(calls, cases, strict=True)
    ]


def _await_opened(platform: Platform, streams: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    sql = "SELECT count(DISTINCT stream) FROM eventlog.events WHERE lane = %s AND stream = ANY(%s)"
    with psycopg.connect(platform.environment["DATABASE_URL"], autocommit=True) as connection:
        while True:
            row = connection.execute(sql, (PROVINCE, streams)).fetchone()
            assert row is not None
            if row[0] == len(streams):
                return
            assert time.monotonic() < deadline, (row[0], len(streams))
            time.sleep(0.1)


def _approve(caller: Caller, watch: Watch, approval: Approval) -> None:
    graduate_id, call = approval
    caller.call(call)
    watch.answered[graduate_id] = time.perf_counter()


def _paced(items: list[Any], rate: float, work: Callable[[Any], None]) -> None:
    """Each item at its time, whether or not those before it have been answered."""
    with ThreadPoolExecutor(16) as pool:
        started = time.perf_counter()
        futures = []
        for index, item in enumerate(items):
            time.sleep(max(0.0, started + index / rate - time.perf_counter()))
            futures.append(pool.submit(work, item))
        for future in futures:
            future.result()


def _skip_to_head(platform: Platform) -> None:
    """Followers other than statistics begin where the seeded class ends: it counts as published and delivered."""
    publish = follower_of(platform, "publish")
    assert publish.target is not None
    publish.target.remember()
    with psycopg.connect(platform.environment["DATABASE_URL"], autocommit=True) as connection:
        for schema in ("publishing", "sync", "directory", "agreement", "registration", "review"):
            connection.execute(
                f"INSERT INTO {schema}.checkpoint (lane, position) SELECT lane, position FROM eventlog.lanes"
                " ON CONFLICT (lane) DO UPDATE SET position = excluded.position"
            )


def _high_water(part: Part) -> float:
    assert part.process is not None
    for line in Path(f"/proc/{part.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(part.name)
