"""One round: a fresh cohort, clients at work, faults, quiet, and the checker's verdict."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg
from sqlalchemy import Engine, text

from campaign import checker, evidence
from campaign.faults import FOLLOWING, Hands, Strike
from campaign.history import History, read
from campaign.national_copy import check_national
from campaign.workload import Client, prepare, start
from services.agreement.sweep import lapse_due, remind_due
from services.sync.client import NationalClient, Told
from services.sync.interface import ACCEPTED
from services.sync.records import Record
from shared.codes.schools import SCHOOLS
from shared.errors import ServiceError
from shared.eventlog.opening import TOOL, opened_log
from shared.following import REBUILD_BATCH, Following
from shared.following import prepare as prepare_tables
from shared.principals import Issuer
from shared.sql import Driver, make_engine
from wq.composition import followers
from wq.platform import Platform

CLASS_YEAR = 2022
FIRST_DAY = datetime(CLASS_YEAR, 3, 1, 1, tzinfo=UTC)
SETTLE_SECONDS = 180.0
QUIET_LOOKS = 3

Say = Callable[[str], None]


@dataclass(slots=True)
class Round:
    """What happened in a round and what the checker found."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    attempts: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    events: int = 0
    settled_after: float = 0.0
    checked: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def platform_of(directory: Path, say: Say, replicas: int = 1) -> Platform:
    """A platform whose followers are processes of their own, so that each kind can be struck by itself."""
    return Platform(directory, say=say, following=FOLLOWING, replicas=replicas)


def play_round(
    platform: Platform,
    number: int,
    seed: int,
    strikes: Sequence[Strike],
    seconds: float,
    clients: int,
    say: Say,
    besides: Callable[[], None] = lambda: None,
) -> Round:
    """Play one round on a running platform; every finding is in the result. `number` chooses schools of its own.

    `besides` is done once the clients work, before the strikes.
    """
    signing = platform.settings.principal_signing_key_file
    assert signing is not None
    issuer = Issuer(signing.read_text())
    path = platform.directory / f"history-{number}.jsonl"
    path.unlink(missing_ok=True)
    platform.clock.set(FIRST_DAY)
    result = Round(seed)
    hands = Hands(platform, say)
    stop = Event()
    with History(path) as history:
        callers = [
            Client(f"c{each}", platform.settings.amqp_uri, issuer, history, f"{seed}-{each}") for each in range(clients)
        ]
        try:
            world = prepare(callers[0], _schools(number), CLASS_YEAR, 40)
            threads = start(callers, world, platform.clock, stop)
            threads.append(Thread(target=_time_passes, args=(platform, stop), name="time", daemon=True))
            threads[-1].start()
            until = time.monotonic() + seconds
            besides()
            hands.play(strikes, lambda: time.monotonic() < until)
            stop.wait(max(0.0, until - time.monotonic()))
            stop.set()
            for thread in threads:
                thread.join(60)
        finally:
            stop.set()
            for caller in callers:
                caller.close()
    result.faults = Counter(hands.done)
    judge(platform, path, result)
    return result


def _schools(number: int) -> list[str]:
    """Two schools in two provinces that no other round has, as long as there are some."""
    by_province: dict[str, list[str]] = {}
    for school in SCHOOLS.values():
        by_province.setdefault(school.province, []).append(school.code5)
    provinces = sorted(by_province)
    chosen = [provinces[(2 * number + each) % len(provinces)] for each in range(2)]
    return [by_province[province][2 * number // len(provinces)] for province in chosen]


def _time_passes(platform: Platform, stop: Event) -> None:
    """Days go by in seconds, and what nobody answers lapses."""
    engine = make_engine(platform.settings.database_url, Driver.PLAIN, schema="agreement", pool_size=2)
    with opened_log(platform.settings, TOOL) as log:
        while not stop.wait(3.0):
            platform.clock.set(platform.clock.now() + timedelta(days=1))
            try:
                with engine.connect() as connection:
                    for due in (lapse_due, remind_due):
                        due(log, connection, platform.clock.now())
            except Exception as error:
                if not isinstance(error, ServiceError) and not _is_database_trouble(error):
                    raise
    engine.dispose()


def _is_database_trouble(error: Exception) -> bool:
    return isinstance(getattr(error, "orig", error), psycopg.OperationalError)


def judge(platform: Platform, history: Path, result: Round) -> None:
    """Wait until everything has been passed on, then check all of it."""
    attempts = read(history)
    result.attempts = len(attempts)
    result.commands = len({attempt.command_id for attempt in attempts})
    result.outcomes = Counter(attempt.outcome for attempt in attempts)
    found = checker.Findings()
    started = time.monotonic()
    open_ends = settle(platform)
    result.settled_after = time.monotonic() - started
    found.expect("everything is passed on", not open_ends, "; ".join(open_ends[:10]))
    beside = rebuild_beside(platform)
    with evidence.connect(platform.settings.database_url) as connection:
        events, lanes = evidence.log_of(connection)
        models = evidence.read_models_of(connection)
        differing = {
            table: rows
            for schema, other in beside.items()
            for table, rows in evidence.differences(connection, schema, other).items()
        }
    checker.check_log(events, lanes, found)
    checker.check_history(attempts, events, found)
    world = checker.fold(events, found)
    checker.check_read_models(models, events, world, found)
    checker.check_erased(attempts, models.keyless, found)
    check_national(evidence.national_of(platform.directory / "sandbox.jsonl"), events, found)
    checker.check_rebuilt(differing, found)
    result.events = len(events)
    result.checked, result.violations = found.checked, found.violations


def settle(platform: Platform) -> list[str]:
    """Wait until every follower is at the head, nothing is added and nothing is left open; what was open at the end."""
    deadline = time.monotonic() + SETTLE_SECONDS
    quiet, before, open_ends = 0, -1, ["never looked"]
    while time.monotonic() < deadline:
        try:
            with evidence.connect(platform.settings.database_url) as connection:
                events, lanes = evidence.log_of(connection)
                behind = [
                    f"{schema} {lane} is at {checkpoint.get(lane, 0)} of {head}"
                    for schema, checkpoint in evidence.read_models_of(connection).checkpoints.items()
                    for lane, head in lanes.items()
                    if checkpoint.get(lane, 0) != head
                ]
        except psycopg.Error as error:
            open_ends = [f"the database is away: {error}"]
            time.sleep(1)
            continue
        open_ends = behind + checker.unfinished(checker.fold(events, checker.Findings()))
        quiet = quiet + 1 if not open_ends and len(events) == before else 0
        before = len(events)
        if quiet >= QUIET_LOOKS:
            return []
        time.sleep(0.5)
    return open_ends or ["events keep being added"]


class _Accepting(NationalClient):
    """The national side for tables that are folded again: told nothing, says yes."""

    def send(self, province: str, records: Sequence[Record]) -> list[Told]:
        del province
        return [Told(record.event_id, ACCEPTED) for record in records]


def rebuild_beside(platform: Platform) -> dict[str, str]:
    """Fold every read model again from position 1 into a schema of its own: the schema in use → that schema."""
    from functools import partial  # noqa: PLC0415

    from services.sync.delivery import deliver  # noqa: PLC0415

    settings = platform.settings

    def open_engine(schema: str) -> Engine:
        return make_engine(settings.database_url, Driver.PLAIN, schema=schema, pool_size=2, statement_seconds=600)

    known = followers(settings)
    assert {each.name for each in known} == {name for group in FOLLOWING for name in group}, "every follower is struck"
    beside = {}
    for follower in known:
        if follower.name == "publish":
            continue
        apply = partial(deliver, client=_Accepting("", b"")) if follower.name == "sync.deliver" else follower.apply
        again = replace(follower, schema=f"{follower.schema}_checked", apply=apply, target=None)
        engine = open_engine(again.schema)
        with engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{again.schema}" CASCADE'))
        prepare_tables(engine, again, again.schema)
        with opened_log(settings, TOOL) as log:
            following = Following(log, engine, again, REBUILD_BATCH)
            while following.step(log.heads()):
                pass
        engine.dispose()
        beside[follower.schema] = again.schema
    return beside
