"""Followers: read the log's lanes in order, apply each batch in the transaction that moves the checkpoint, never skip.

A lane is claimed by locking its checkpoint row for one batch, so any number of replicas may run. A position that is not
the next one, or an event that cannot be applied, stops the follower in that lane, loudly: everything before it is applied,
nothing behind it is, the process is not ready until it is started again. Other lanes and other followers go on: one
province's trouble is not the country's. Trouble that passes is waited out.
"""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Event, Thread
from typing import Any, Protocol

from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, Table, Text, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.schema import CreateIndex, CreateTable

from shared import metrics
from shared.errors import Conflict, Reason, ServiceError, Unavailable, UnreadableEvent
from shared.eventlog.port import EventLog
from shared.messages import Recorded
from shared.sql import passing, quoted

Understand = Callable[[Sequence[Recorded]], Any]
Apply = Callable[[Connection, Any], None]

LIVE_BATCH = 1_000
REBUILD_BATCH = 10_000
POLL_SECONDS = 0.02
RECLAIM_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
SWAP_TRIES = 12
# What retries are counted as whose reason nobody foresaw.
FAILURE = "follower.failure"
# The first half of the advisory lock that lets one process at a time rebuild a schema.
_REBUILD = 7_205_002

BEHIND = Reason(
    "projection.behind",
    "数据正在更新，请稍后重试",
    "The read model has not reached the position asked for: repeat the query",
    Unavailable,
)
GAP = Reason(
    "log.gap",
    "事件序号不连续：应为 {expected:number}，实为 {found:number}，请联系平台运维人员",
    "Positions are not consecutive, expected {expected:number}, found {found:number}: operators must look",
    UnreadableEvent,
)
REBUILDING = Reason(
    "projection.rebuilding",
    "{schema:technical}正在重建，请等待完成",
    "{schema:technical} is being rebuilt by somebody else: wait for it",
    Unavailable,
)
NOT_SWAPPED = Reason(
    "projection.not_swapped",
    "{schema:technical}繁忙，未能切换，请重新执行",
    "{schema:technical} was too busy to be swapped: rebuild it again",
    Unavailable,
)

_log = logging.getLogger(__name__)


class Target(Protocol):
    """Something outside the database that a follower has told, and that may lose all of it."""

    def forgotten(self) -> bool:
        """Whether everything must be told again from position 1. Cheap; raises Unavailable."""
        ...

    def remember(self) -> None:
        """From now on it counts as told what is told. Raises Unavailable."""
        ...

    def catch_up(self, log: EventLog, engine: Engine) -> int:
        """Tell what a part of it has lost, a batch at a time and beside the lanes; the number of events. Raises Unavailable."""
        ...


def _as_they_are(events: Sequence[Recorded]) -> Sequence[Recorded]:
    return events


@dataclass(frozen=True, slots=True)
class Follower:
    """One reader of the log and the tables it owns: `schema` holds `metadata`'s tables, its checkpoint among them.

    `understand` makes of consecutive events of one lane what `apply` gets, which must either do all of its work or raise.
    The first looks at nothing but the events: it may run while the batch before is being applied. Where `types` are
    named, other events come without their data. A `target` that has forgotten is told everything again. Who tells somebody
    `outside` the database is given durable events only.
    """

    name: str
    schema: str
    metadata: MetaData
    apply: Apply
    target: Target | None = None
    understand: Understand = _as_they_are
    types: frozenset[str] | None = None
    outside: bool = False


def checkpoint_table(metadata: MetaData) -> Table:
    """Adds the table that holds, per lane, the last position applied."""
    return Table(
        "checkpoint",
        metadata,
        Column("lane", Text, primary_key=True),
        Column("position", BigInteger, nullable=False),
    )


_CHECKPOINT = checkpoint_table(MetaData())
_TURN = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
_SHAPE = text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :schema")


def require(connection: Connection, at_least: Mapping[str, int] | None) -> None:
    """Raises Unavailable `projection.behind` unless the read model has reached every position asked for."""
    if not at_least:
        return
    reached = positions(connection)
    behind = {lane: reached.get(lane, 0) for lane, position in at_least.items() if reached.get(lane, 0) < position}
    if behind:
        raise BEHIND.error(reached=behind)


def positions(connection: Connection) -> dict[str, int]:
    """The checkpoints of the schema this connection looks at, by lane."""
    rows = connection.execute(select(_CHECKPOINT.c.lane, _CHECKPOINT.c.position))
    return {row.lane: row.position for row in rows}


class Stopped(Exception):
    """A follower met something it cannot apply in a lane; a person must look before it goes on there."""


@dataclass(slots=True)
class Progress:
    """How far one replica of a follower knows each lane to be applied, and why it has stopped in which lanes."""

    seen: dict[str, int] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)

    def behind(self, heads: Mapping[str, int]) -> list[str]:
        """The lanes in which there is something to do."""
        return [lane for lane, head in heads.items() if head > self.seen.get(lane, 0) and lane not in self.stopped]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a batch is read: up to `limit` events of a lane behind a position."""

    lane: str
    after: int
    limit: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """So many consecutive events, as `apply` gets them."""

    count: int
    understood: Any


class Following:
    """One replica of a follower. `step` does what there is to do; `run` repeats it until told to stop."""

    def __init__(self, log: EventLog, engine: Engine, follower: Follower, batch: int = LIVE_BATCH) -> None:
        self.follower = follower
        self.progress = Progress()
        self._log = log
        self._engine = engine
        self._batch = batch
        self._troubled = ""
        self._failing: str | None = None
        self._lanes_first = False
        self._ahead: tuple[_Place, Future[_Batch]] | None = None

    def problem(self) -> str | None:
        """Where and why it has stopped, or what keeps failing, for a readiness probe."""
        return "; ".join((*self.progress.stopped.values(), *filter(None, [self._failing]))) or None

    def step(self, heads: Mapping[str, int]) -> int:
        """Apply one batch of each lane that is not at its head; the number of events applied.

        Raises Stopped once for a lane it stops in, after the other lanes had their turn; Unavailable and database trouble
        that may pass at once, and then begins with the lane behind the troubled one.
        """
        target = self.follower.target
        if target is None:
            return self._follow_lanes(heads)
        if target.forgotten():
            self._begin_anew(target)
        applied = 0
        # What fails comes last the next time, so that neither holds the other up.
        for lanes in (self._lanes_first, not self._lanes_first):
            self._lanes_first = not lanes
            applied += self._follow_lanes(heads) if lanes else target.catch_up(self._log, self._engine)
        self._lanes_first = False
        return applied

    def _follow_lanes(self, heads: Mapping[str, int]) -> int:
        applied = 0
        stopped: Stopped | None = None
        lanes = sorted(self.progress.behind(heads), key=lambda lane: (lane <= self._troubled, lane))
        for lane, following in zip(lanes, (*lanes[1:], *lanes[:1]), strict=True):
            self._troubled = lane
            try:
                applied += self._advance(lane, self._batch, heads, following)
            except Stopped as error:
                stopped = stopped or error
        self._troubled = ""
        lag = sum(max(0, head - self.progress.seen.get(lane, 0)) for lane, head in heads.items())
        metrics.FOLLOWER_LAG.labels(self.follower.name).set(lag)
        if stopped is not None:
            raise stopped
        return applied

    def run(self, heads: Heads, stop: Event) -> None:
        """Follow until `stop` is set; `progress.stopped` says in which lanes it no longer does."""
        failures = 0
        while not stop.is_set():
            try:
                applied = self.step(heads.current())
                failures, self._failing = 0, None
            except Stopped:
                continue
            except Exception as error:  # noqa: BLE001 - with this thread every follower of its process would end
                code = self._code(error)
                failures += 1
                wait = min(LONGEST_WAIT_SECONDS, 0.1 * 2 ** min(failures, 10)) * random.uniform(0.5, 1.0)
                metrics.FOLLOWER_RETRIES.labels(self.follower.name, code).inc()
                _log.warning("waiting", extra={"follower": self.follower.name, "code": code, "seconds": round(wait, 2)})
                stop.wait(wait)
                continue
            if not applied:
                heads.wait(self.progress, RECLAIM_SECONDS)

    def _advance(self, lane: str, limit: int, heads: Mapping[str, int], then: str) -> int:
        try:
            return self._apply_batch(lane, limit, heads, then)
        except (Unavailable, Conflict, PoolTimeout):
            raise
        except Exception as error:
            if isinstance(error, DBAPIError) and passing(error) is not None:
                raise
            if limit > 1:
                # Everything before the event that cannot be applied still counts.
                return self._advance(lane, limit // 2, heads, then)
            raise self._stop(lane, error) from error

    def _apply_batch(self, lane: str, limit: int, heads: Mapping[str, int], then: str) -> int:
        with self._engine.begin() as connection:
            position = self._claim(connection, lane)
            if position is None:
                return 0
            self.progress.seen[lane] = position
            batch = self._next(_Place(lane, position, limit))
            # The head may be that of events which the database has lost since, before anybody was told of them.
            if not batch.count and heads[lane] > position and (head := self._log.heads().get(lane, 0)) > position:
                raise GAP.error(expected=position + 1, found=head)
            if not batch.count:
                return 0
            reached = position + batch.count
            self._look_ahead(then, reached if then == lane else self.progress.seen.get(then, 0), heads[then])
            self.follower.apply(connection, batch.understood)
            connection.execute(update(_CHECKPOINT).where(_CHECKPOINT.c.lane == lane).values(position=reached))
        self.progress.seen[lane] = reached
        metrics.FOLLOWED.labels(self.follower.name).inc(batch.count)
        metrics.FOLLOWER_POSITION.labels(self.follower.name, lane).set(reached)
        return batch.count

    def _next(self, place: _Place) -> _Batch:
        """The batch as it was read ahead, or read now: another replica may have been here, or the batch has been halved."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == place:
            return ahead[1].result()
        # The claim's transaction was begun before: it is lost with whatever the database loses.
        return self._read(place, durable=self.follower.outside)

    def _look_ahead(self, lane: str, after: int, head: int) -> None:
        """Read a batch in a thread where a whole one is waiting. Events never change, so nobody need hold the lane for it."""
        if head - after < self._batch:
            return
        place, found = _Place(lane, after, self._batch), Future[_Batch]()

        def read() -> None:
            try:
                found.set_result(self._read(place, durable=True))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the batch is told
                found.set_exception(error)

        self._ahead = place, found
        Thread(target=read, name=f"{self.follower.name} ahead", daemon=True).start()

    def _read(self, place: _Place, *, durable: bool) -> _Batch:
        events = self._log.read_lane(place.lane, place.after, place.limit, self.follower.types, durable=durable)
        for expected, recorded in enumerate(events, place.after + 1):
            if recorded.position != expected:
                raise GAP.error(expected=expected, found=recorded.position)
        return _Batch(len(events), self.follower.understand(events) if events else None)

    def _begin_anew(self, target: Target) -> None:
        """One replica does it. The checkpoints go back first: a crash in between begins anew once more."""
        with self._engine.begin() as turn:
            turn.execute(_TURN, {"name": self.follower.name})
            if target.forgotten():
                with self._engine.begin() as connection:
                    connection.execute(update(_CHECKPOINT).values(position=0))
                target.remember()
                _log.warning("everything is told again", extra={"follower": self.follower.name})
        self.progress.seen.clear()

    def _claim(self, connection: Connection, lane: str) -> int | None:
        wanted = select(_CHECKPOINT.c.position).where(_CHECKPOINT.c.lane == lane)
        claim = wanted.with_for_update(skip_locked=True)
        position = connection.execute(claim).scalar_one_or_none()
        if position is None and connection.execute(wanted).first() is None:
            # Nobody has been in this lane. The row is there for everybody at once, so that no replica waits for another.
            with self._engine.begin() as opening:
                opening.execute(insert(_CHECKPOINT).values(lane=lane, position=0).on_conflict_do_nothing())
            position = connection.execute(claim).scalar_one_or_none()
        return position

    def _stop(self, lane: str, error: Exception) -> Stopped:
        position = self.progress.seen.get(lane, 0) + 1
        # An error of a library may quote what people wrote, and probes are answered to anybody.
        why = str(error) if isinstance(error, ServiceError) else type(error).__name__
        stopped = Stopped(f"{lane}/{position}: {why}")
        self.progress.stopped[lane] = str(stopped)
        metrics.FOLLOWER_STOPPED.labels(self.follower.name, lane).set(1)
        _log.critical(
            "stopped",
            exc_info=error,
            extra={"follower": self.follower.name, "lane": lane, "position": position},
        )
        return stopped

    def _code(self, error: Exception) -> str:
        """What is waited for. What nobody foresaw is told with its place, and nobody calls the follower ready."""
        meant = passing(error) if isinstance(error, (DBAPIError, PoolTimeout)) else error
        if isinstance(meant, ServiceError):
            self._failing = None
            return meant.code
        self._failing = type(error).__name__
        _log.error("following failed", exc_info=error, extra={"follower": self.follower.name})
        return FAILURE


class Heads:
    """The lanes' heads, asked for by one thread of a process and awaited by all its followers."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._heads: Mapping[str, int] = {}
        self._changed = Condition()

    def current(self) -> Mapping[str, int]:
        """The heads as last read."""
        return self._heads

    def wait(self, progress: Progress, seconds: float) -> None:
        """Return when some lane has moved past what was seen and the heads have changed since, or after `seconds`."""
        with self._changed:
            before = self._heads
            if progress.behind(before):
                # Another replica holds the lane: come back soon, but do not spin.
                self._changed.wait(POLL_SECONDS)
                return
            self._changed.wait_for(lambda: self._heads != before, seconds)

    def refresh(self) -> None:
        """Ask the log once. Raises Unavailable."""
        heads = dict(self._log.heads())
        with self._changed:
            if heads != self._heads:
                self._heads = heads
                self._changed.notify_all()

    def run(self, stop: Event) -> None:
        """Keep asking until told to stop."""
        while not stop.is_set():
            try:
                self.refresh()
                stop.wait(POLL_SECONDS)
            except Unavailable as error:
                _log.warning("waiting for the log", extra={"code": error.code})
                stop.wait(1.0)
            except Exception:  # noqa: BLE001 - without this thread no follower would ever hear of an event again
                _log.exception("the log cannot be asked for its heads")
                stop.wait(1.0)


def follow_in_threads(log: EventLog, followings: Sequence[Following], stop: Event) -> list[Thread]:
    """Start one thread a follower and one that watches the heads; they end soon after `stop` is set."""
    heads = Heads(log)
    threads = [Thread(target=heads.run, args=(stop,), name="heads", daemon=True)]
    threads += [
        Thread(target=following.run, args=(heads, stop), name=following.follower.name, daemon=True)
        for following in followings
    ]
    for thread in threads:
        thread.start()
    return threads


def rebuilding_schema(schema: str) -> str:
    """Where a read model is rebuilt beside the one in use."""
    return f"{schema}_rebuild"


def shape_of(metadata: MetaData) -> str:
    """A fingerprint of tables and indexes: another shape needs a rebuild, not a migration."""
    statements = [str(CreateTable(table)) for table in metadata.sorted_tables]
    statements += sorted(str(CreateIndex(index)) for table in metadata.sorted_tables for index in table.indexes)
    return hashlib.sha256("".join(statements).encode()).hexdigest()


def prepare(engine: Engine, follower: Follower, schema: str) -> bool:
    """Create the follower's tables in a schema when it is missing. `engine` looks at that schema.

    False when the schema is there in another shape than this release wants: it must be rebuilt.
    """
    shape = shape_of(follower.metadata)
    with engine.begin() as connection:
        # Two that create the same schema at once would fail each other.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(schema))))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}"))
        known = connection.execute(_SHAPE, {"schema": schema}).scalar_one()
        if known is not None:
            return bool(known == shape)
        follower.metadata.create_all(connection)
        connection.execute(text(f"COMMENT ON SCHEMA {quoted(schema)} IS '{shape}'"))
    return True


def rebuild(
    log: EventLog,
    open_engine: Callable[[str], Engine],
    follower: Follower,
    report: Callable[[int, int], None],
) -> int:
    """Rebuild a follower's tables from position 1 beside the old ones and swap; the number of events read.

    `open_engine(schema)` gives an engine looking at a schema, with at least two connections; `report(done, total)` hears
    of progress. Readers keep the old tables until the swap, which waits for batches in flight only. What an interrupted
    rebuild left is thrown away. Raises Stopped, Unavailable (`projection.rebuilding`: somebody else is at it).
    """
    live, beside = open_engine(follower.schema), open_engine(rebuilding_schema(follower.schema))
    try:
        with live.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
            if not alone.execute(select(func.pg_try_advisory_lock(_REBUILD, func.hashtext(follower.schema)))).scalar():
                raise REBUILDING.error(schema=follower.schema)
            for leftover in (rebuilding_schema(follower.schema), _replaced_schema(follower.schema)):
                alone.execute(text(f"DROP SCHEMA IF EXISTS {quoted(leftover)} CASCADE"))
            prepare(beside, follower, rebuilding_schema(follower.schema))
            following = Following(log, beside, follower, REBUILD_BATCH)
            done = _catch_up(log, following, report)
            done = _swap(live, follower.schema, lambda: _catch_up(log, following, report, done))
            alone.execute(text(f"DROP SCHEMA {quoted(_replaced_schema(follower.schema))} CASCADE"))
    except DBAPIError as error:
        meant = passing(error)
        if meant is None:
            raise
        raise meant from error
    finally:
        beside.dispose()
        live.dispose()
    return done


def _replaced_schema(schema: str) -> str:
    return f"{schema}_replaced"


def _swap(live: Engine, schema: str, catch_up: Callable[[], int]) -> int:
    for _ in range(SWAP_TRIES):
        try:
            with live.begin() as connection:
                # No replica is or comes inside a batch while this is held: it conflicts with every claim, not with reading.
                connection.execute(text("LOCK TABLE checkpoint IN EXCLUSIVE MODE"))
                done = catch_up()
                connection.execute(text(f"ALTER SCHEMA {quoted(schema)} RENAME TO {quoted(_replaced_schema(schema))}"))
                connection.execute(text(f"ALTER SCHEMA {quoted(rebuilding_schema(schema))} RENAME TO {quoted(schema)}"))
            return done
        except DBAPIError as error:
            # Somebody's batch took longer than a lock may be waited for.
            if passing(error) is None or error.connection_invalidated:
                raise
    raise NOT_SWAPPED.error(schema=schema)


def _catch_up(log: EventLog, following: Following, report: Callable[[int, int], None], done: int = 0) -> int:
    while True:
        heads = log.heads()
        applied = following.step(heads)
        done += applied
        report(done, sum(heads.values()))
        if not applied:
            return done
