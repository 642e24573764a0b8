"""Followers on a real database: each event once, in order, checkpoint and effect together, whoever else is at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event, Thread, current_thread
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, Table, Text, func, insert, select, text
from sqlalchemy.exc import OperationalError

from shared.errors import Unavailable
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.following import Follower as AFollower
from shared.following import (
    Following,
    Heads,
    Stopped,
    checkpoint_table,
    positions,
    prepare,
    rebuild,
    rebuilding_schema,
)
from shared.messages import Recorded
from shared.sql import Driver, make_engine
from tests.support.amqp_world import eventually, follow
from tests.support.events import a_stream, a_write

METADATA = MetaData()
CHECKPOINT = checkpoint_table(METADATA)
SEEN = Table(
    "seen",
    METADATA,
    Column("lane", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
)
SCHEMA = "following test"
LANES = ("11", "14", "33")


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    rows = [{"lane": each.lane, "position": each.position, "number": each.data["number"]} for each in events]
    connection.execute(insert(SEEN), rows)


def follower(apply: Callable[[Connection, Any], None] = apply, **differs: Any) -> AFollower:
    return AFollower(name="test.project", schema=SCHEMA, metadata=METADATA, apply=apply, **differs)


@dataclass
class House:
    """A log, and engines on any schema."""

    url: str
    opened: list[Engine] = field(default_factory=list)

    def engine(self, schema: str = SCHEMA) -> Engine:
        self.opened.append(make_engine(self.url, Driver.PLAIN, schema=schema, pool_size=3))
        return self.opened[-1]

    @cached_property
    def log(self) -> PostgresLog:
        return PostgresLog(self.engine("public"))

    @cached_property
    def reading(self) -> Engine:
        return self.engine()

    def following(self, log: Any = None, batch: int = 10, **differs: Any) -> Following:
        engine = self.engine()
        prepare(engine, follower(), SCHEMA)
        return Following(log or self.log, engine, follower(**differs), batch)

    def write(self, lane: str, count: int) -> None:
        self.log.append_many(lane, [a_write(a_stream(lane), 0, 1) for _ in range(count)])

    def seen(self) -> dict[str, list[int]]:
        with self.reading.connect() as connection:
            rows = connection.execute(select(SEEN.c.lane, SEEN.c.position)).all()
        return {lane: [row.position for row in rows if row.lane == lane] for lane in {row.lane for row in rows}}

    def positions(self) -> dict[str, int]:
        with self.reading.connect() as connection:
            return positions(connection)


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    opened = House(database_url)
    yield opened
    for engine in opened.opened:
        engine.dispose()


def exactly(count: int) -> list[int]:
    return list(range(1, count + 1))


def test_three_replicas_apply_every_event_once(house: House) -> None:
    replicas = [house.following() for _ in range(3)]
    with ExitStack() as running:
        for replica in replicas:
            running.enter_context(follow(house.log, replica))
        for _ in range(20):
            for lane in LANES:
                house.write(lane, 13)
        eventually(lambda: house.positions() == dict.fromkeys(LANES, 260))
    assert {lane: sorted(found) for lane, found in house.seen().items()} == dict.fromkeys(LANES, exactly(260))
    assert [replica.problem() for replica in replicas] == [None] * 3


def test_a_lane_is_applied_in_order_even_when_replicas_take_turns(house: House) -> None:
    house.write("14", 50)
    one, two = house.following(batch=7), house.following(batch=3)
    while one.step(house.log.heads()) + two.step(house.log.heads()):
        pass
    assert house.seen() == {"14": exactly(50)}


def test_replicas_that_meet_a_new_lane_at_once_do_not_wait_for_each_other(house: House) -> None:
    house.write("14", 5)
    inside, leave = Event(), Event()

    def slowly(connection: Connection, events: Sequence[Recorded]) -> None:
        inside.set()
        assert leave.wait(60)
        apply(connection, events)

    slow, quick = house.following(apply=slowly), house.following()
    heads = house.log.heads()
    thread = Thread(target=slow.step, args=(heads,))
    thread.start()
    assert inside.wait(60)
    assert quick.step(heads) == 0
    leave.set()
    thread.join(60)
    assert house.seen() == {"14": exactly(5)}


def test_a_failed_batch_leaves_neither_effect_nor_checkpoint(house: House) -> None:
    house.write("14", 5)

    def half(connection: Connection, events: Sequence[Recorded]) -> None:
        apply(connection, events)
        raise Unavailable("database.away")

    with pytest.raises(Unavailable):
        house.following(apply=half).step(house.log.heads())
    assert (house.seen(), house.positions()) == ({}, {"14": 0})
    assert house.following().step(house.log.heads()) == 5


class SkippingLog:
    """A naive log: it does not know yet of an event whose transaction commits late."""

    def __init__(self, log: EventLog, missing: int) -> None:
        self._log = log
        self._missing = missing

    def read_lane(self, lane: str, after: int, limit: int, types: None, *, durable: bool) -> Sequence[Recorded]:
        known = self._log.read_lane(lane, after, limit + 1, types, durable=durable)
        return [each for each in known if each.position != self._missing][:limit]

    def heads(self) -> Any:
        return self._log.heads()


def test_a_gap_is_refused_and_what_stands_before_it_is_applied(house: House) -> None:
    house.write("14", 20)
    naive: Any = SkippingLog(house.log, missing=8)
    following = house.following(naive)
    with pytest.raises(Stopped, match=r"14/8: log\.gap"):
        caught_up(following, house.log)
    assert house.seen() == {"14": exactly(7)}
    assert following.problem() is not None
    # Whoever sees the event after all goes on where it was refused.
    caught_up(house.following(), house.log)
    assert house.seen() == {"14": exactly(20)}


def test_a_head_whose_event_cannot_be_read_is_a_gap(house: House) -> None:
    house.write("14", 3)
    naive: Any = SkippingLog(house.log, missing=3)
    with pytest.raises(Stopped, match=r"14/3: log\.gap"):
        caught_up(house.following(naive), house.log)
    assert house.seen() == {"14": exactly(2)}


def caught_up(following: Following, log: EventLog) -> None:
    while following.step(log.heads()):
        pass


def refusing(lane: str, position: int) -> Callable[[Connection, Sequence[Recorded]], None]:
    def refuse(connection: Connection, events: Sequence[Recorded]) -> None:
        for each in events:
            if (each.lane, each.position) == (lane, position):
                raise ZeroDivisionError("王小明")
        apply(connection, events)

    return refuse


def test_what_cannot_be_applied_stops_its_lane_and_no_other_and_no_other_follower(house: House) -> None:
    for lane in LANES:
        house.write(lane, 20)
    poisoned, healthy = house.following(apply=refusing("14", 8)), house.following()
    with follow(house.log, poisoned):
        eventually(lambda: poisoned.problem() is not None and house.positions().get("33") == 20)
        for lane in LANES:
            house.write(lane, 5)
        eventually(lambda: house.positions() == {"11": 25, "14": 7, "33": 25})
    # Readiness says where, and of a library's error no more than its kind.
    assert poisoned.problem() == "14/8: ZeroDivisionError"
    with follow(house.log, healthy):
        eventually(lambda: house.positions() == dict.fromkeys(LANES, 25))
    assert {lane: sorted(found) for lane, found in house.seen().items()} == dict.fromkeys(LANES, exactly(25))


@dataclass
class WatchedLog:
    """Tells who read what, and fails on demand."""

    log: EventLog
    reads: list[tuple[str, int, str]] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)

    def read_lane(self, lane: str, after: int, limit: int, types: None, *, durable: bool) -> Sequence[Recorded]:
        self.reads.append((lane, after, current_thread().name))
        if after in self.failing:
            self.failing.remove(after)
            raise Unavailable("database.away")
        return self.log.read_lane(lane, after, limit, types, durable=durable)

    def places(self) -> list[tuple[str, int]]:
        return [(lane, after) for lane, after, _ in self.reads]


def test_a_whole_batch_that_waits_is_read_while_the_one_before_is_applied(house: House) -> None:
    house.write("14", 25)
    log = WatchedLog(house.log)

    def apply_later(connection: Connection, events: Sequence[Recorded]) -> None:
        if events[0].position == 1:
            eventually(lambda: len(log.reads) == 2)
        apply(connection, events)

    caught_up(house.following(log, apply=apply_later), house.log)
    assert house.seen() == {"14": exactly(25)}
    # Each batch once. The last one is no whole one, and what comes until its turn belongs to it.
    ahead = "test.project ahead"
    assert [(lane, after, name == ahead) for lane, after, name in log.reads] == [
        ("14", 0, False),
        ("14", 10, True),
        ("14", 20, False),
    ]


def test_the_lane_whose_turn_is_next_is_read_ahead(house: House) -> None:
    for lane in LANES:
        house.write(lane, 20)
    log = WatchedLog(house.log)
    caught_up(house.following(log), house.log)
    assert house.seen() == dict.fromkeys(LANES, exactly(20))
    assert sorted(log.places()) == [(lane, after) for lane in LANES for after in (0, 10)]


def test_what_was_read_ahead_in_vain_is_applied_by_nobody(house: House) -> None:
    house.write("14", 40)
    one, two = house.following(), house.following()
    while one.step(house.log.heads()) + two.step(house.log.heads()):
        pass
    assert house.seen() == {"14": exactly(40)}
    assert house.positions() == {"14": 40}


def test_a_log_that_is_away_while_it_is_read_ahead_is_told_in_the_turn_of_that_batch(house: House) -> None:
    house.write("14", 25)
    log = WatchedLog(house.log, failing={10})
    following = house.following(log)
    assert following.step(house.log.heads()) == 10
    with pytest.raises(Unavailable):
        following.step(house.log.heads())
    assert house.positions() == {"14": 10}
    caught_up(following, house.log)
    assert house.seen() == {"14": exactly(25)}


@pytest.mark.parametrize("position", [8, 18, 30])
def test_what_cannot_be_understood_stops_its_lane_and_what_stands_before_it_is_applied(
    house: House, position: int
) -> None:
    house.write("14", 30)

    def understand(events: Sequence[Recorded]) -> Sequence[Recorded]:
        if any(each.position == position for each in events):
            raise ZeroDivisionError
        return events

    following = house.following(understand=understand)
    with pytest.raises(Stopped, match=f"14/{position}: ZeroDivisionError"):
        caught_up(following, house.log)
    assert house.seen() == {"14": exactly(position - 1)}


@pytest.mark.parametrize("missing", [8, 18, 30])
def test_a_gap_is_refused_in_what_was_read_ahead_too(house: House, missing: int) -> None:
    house.write("14", 30)
    naive: Any = SkippingLog(house.log, missing)
    with pytest.raises(Stopped, match=rf"14/{missing}: log\.gap"):
        caught_up(house.following(naive), house.log)
    assert house.seen() == {"14": exactly(missing - 1)}


def test_what_was_understood_is_what_is_applied(house: House) -> None:
    house.write("14", 25)

    def count(connection: Connection, numbers: list[int]) -> None:
        connection.execute(insert(SEEN), [{"lane": "14", "position": each, "number": 0} for each in numbers])

    caught_up(house.following(understand=lambda events: [each.position for each in events], apply=count), house.log)
    assert house.seen() == {"14": exactly(25)}


def test_a_database_that_went_away_is_waited_for(house: House) -> None:
    following = house.following()

    def written() -> bool:
        house.write("14", 5)
        return True

    with follow(house.log, following):
        house.write("14", 5)
        eventually(lambda: house.positions() == {"14": 5})
        house.opened.append(make_engine(house.url, Driver.PLAIN, role=None, pool_size=1))
        with house.opened[-1].connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        eventually(written)
        eventually(lambda: house.positions().get("14", 0) >= 10)
    assert following.problem() is None
    found = house.seen()["14"]
    assert found == exactly(len(found))


def test_a_follower_outlives_a_target_that_fails_in_a_way_nobody_foresaw_and_is_not_ready_meanwhile(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    mended = Event()

    class Target:
        def forgotten(self) -> bool:
            if not mended.is_set():
                raise TypeError("'NoneType' object is not callable")
            return False

        def remember(self) -> None:
            raise AssertionError

        def catch_up(self, log: EventLog, engine: Engine) -> int:
            return 0

    following = house.following(target=Target())
    house.write("14", 3)
    with follow(house.log, following):
        assert eventually(following.problem) == "TypeError"
        mended.set()
        eventually(lambda: house.positions() == {"14": 3})
        eventually(lambda: following.problem() is None)
    (logged, *_) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert logged.exc_info is not None
    assert logged.exc_info[0] is TypeError


def test_heads_outlive_a_log_that_fails_in_a_way_nobody_foresaw(house: House) -> None:
    class Failing:
        times = 0

        def heads(self) -> dict[str, int]:
            self.times += 1
            if self.times == 1:
                raise ZeroDivisionError
            return {"14": 3}

    log: Any = Failing()
    heads, stop = Heads(log), Event()
    thread = Thread(target=heads.run, args=(stop,))
    thread.start()
    eventually(lambda: heads.current() == {"14": 3})
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_tables_are_rebuilt_beside_the_old_ones_while_events_arrive_and_readers_never_see_less(house: House) -> None:
    for lane in LANES:
        house.write(lane, 300)
    live = house.following(batch=100)
    stop = Event()
    least: list[int] = []

    def read() -> None:
        while not stop.is_set():
            with engine.connect() as connection:
                least.append(connection.execute(select(func.count()).select_from(SEEN)).scalar_one())

    def write() -> None:
        for _ in range(40):
            house.write("14", 3)

    with follow(house.log, live):
        eventually(lambda: house.positions() == dict.fromkeys(LANES, 300))
        engine = house.engine()
        reader = Thread(target=read)
        writer = Thread(target=write)
        reader.start()
        writer.start()
        told: list[tuple[int, int]] = []
        read_again = rebuild(house.log, house.engine, follower(), lambda done, total: told.append((done, total)))
        writer.join(60)
        eventually(lambda: house.positions() == {"11": 300, "14": 420, "33": 300})
        stop.set()
        reader.join(60)
    assert read_again >= 900
    assert told[-1][0] >= 900
    assert min(least) >= 900
    assert least == sorted(least)
    assert {lane: sorted(found) for lane, found in house.seen().items()} == {
        "11": exactly(300),
        "14": exactly(420),
        "33": exactly(300),
    }
    assert schemas(house) == {SCHEMA}
    assert live.problem() is None


def test_an_interrupted_rebuild_is_started_again(house: House) -> None:
    house.write("14", 30)
    assert house.following(batch=100).step(house.log.heads()) == 30
    with pytest.raises(Stopped):
        rebuild(house.log, house.engine, follower(refusing("14", 20)), lambda done, total: None)
    assert schemas(house) == {SCHEMA, rebuilding_schema(SCHEMA)}
    assert house.seen() == {"14": exactly(30)}
    assert rebuild(house.log, house.engine, follower(), lambda done, total: None) == 30
    assert house.seen() == {"14": exactly(30)}
    assert schemas(house) == {SCHEMA}


def test_two_do_not_rebuild_the_same_tables_at_once(house: House) -> None:
    house.write("14", 5)
    house.following().step(house.log.heads())

    def meanwhile(connection: Connection, events: Sequence[Recorded]) -> None:
        with pytest.raises(Unavailable) as caught:
            rebuild(house.log, house.engine, follower(), lambda done, total: None)
        assert caught.value.code == "projection.rebuilding"
        apply(connection, events)

    assert rebuild(house.log, house.engine, follower(meanwhile), lambda done, total: None) == 5


def test_tables_of_another_shape_are_to_be_rebuilt_not_used(house: House) -> None:
    house.write("14", 5)
    house.following().step(house.log.heads())
    wider = MetaData()
    checkpoint_table(wider)
    Table("seen", wider, Column("lane", Text), Column("more", Text))
    other = AFollower(name="test.project", schema=SCHEMA, metadata=wider, apply=lambda connection, events: None)
    engine = house.engine()
    assert prepare(engine, follower(), SCHEMA)
    assert not prepare(engine, other, SCHEMA)
    assert house.seen() == {"14": exactly(5)}
    rebuild(house.log, house.engine, other, lambda done, total: None)
    assert prepare(engine, other, SCHEMA)
    assert house.positions() == {"14": 5}


def test_two_that_prepare_the_same_tables_at_once_both_succeed(house: House) -> None:
    outcomes: list[bool] = []
    threads = [Thread(target=lambda: outcomes.append(prepare(house.engine(), follower(), SCHEMA))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == [True] * 4


def schemas(house: House) -> set[str]:
    with house.reading.connect() as connection:
        names = connection.execute(
            text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :schema)"), {"schema": SCHEMA}
        )
        return set(names.scalars())


def test_a_schema_may_have_any_name(house: House) -> None:
    for schema in ('a "quoted" name', "UPPER", "with\\backslash"):
        engine = house.engine(schema)
        assert prepare(engine, follower(), schema)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_schema()")).scalar_one() == schema
    with pytest.raises(OperationalError):
        make_engine("postgresql://wq@127.0.0.1:1/wq", Driver.PLAIN).connect()
