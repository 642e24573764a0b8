"""A broker that lost its data, or was killed while its queues were being made, is told everything again."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import orjson
import pytest
from amqp.exceptions import AMQPError
from sqlalchemy import Engine

from shared.broker import open_connection
from shared.errors import Unavailable
from shared.eventlog.port import EventLog, Write
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, prepare
from shared.messages import NewEvent
from shared.publishing import Subscription, publisher
from shared.sql import Driver, make_engine
from shared.topology import MEMORY, declare_events, event_queue
from tests.support.spec import NOW, SYSTEM
from wq.local.rabbitmq import PrivateRabbit

EVENT = "agreement.OfferAccepted"
SUBSCRIPTIONS = (("review", EVENT),)
QUEUE = event_queue("review", EVENT).name
CONTEXTS = ("agreement",)


@pytest.fixture
def rabbit(tmp_path: Path) -> Iterator[PrivateRabbit]:
    """A broker of this test's own, that may be killed."""
    broker = PrivateRabbit(tmp_path / "rabbitmq")
    broker.start()
    yield broker
    broker.stop()


def an_event(number: int) -> NewEvent:
    """One that a consumer waits for."""
    return NewEvent(EVENT, 1, {"number": number}, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)


@pytest.fixture
def log(database_url: str) -> Iterator[EventLog]:
    """A log with three events that a consumer waits for."""
    opened = make_engine(database_url, Driver.PLAIN, pool_size=4)
    events = PostgresLog(opened)
    events.append("14", Write("agreement-14-x", 0, [an_event(number) for number in range(3)]))
    yield events
    opened.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The publisher's own tables."""
    opened = make_engine(database_url, Driver.PLAIN, schema="publishing", pool_size=4)
    yield opened
    opened.dispose()


def publishing(
    log: EventLog, engine: Engine, uri: str, subscriptions: Collection[Subscription] = SUBSCRIPTIONS
) -> Following:
    """A publisher that has just been started."""
    follower = publisher(uri, subscriptions, CONTEXTS)
    prepare(engine, follower, follower.schema)
    return Following(log, engine, follower)


def until_published(following: Following, log: EventLog) -> None:
    """Step until everything is published; the broker may be away for the first tries."""
    for tries_left in reversed(range(60)):
        try:
            while following.step(log.heads()):
                pass
        except Unavailable:
            if not tries_left:
                raise
            time.sleep(0.5)
            continue
        return


def closed(following: Following) -> None:
    """Let go of the publisher's connection."""
    target: Any = following.follower.target
    target.publisher.close()


def taken(uri: str, queue: str = QUEUE) -> list[int]:
    """The positions of what waited for the consumer, in order; it waits no longer."""
    with open_connection(uri) as connection:
        channel = connection.channel()
        found = []
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            found.append(orjson.loads(message.body)["position"])
        return sorted(found)


def happen(log: EventLog, count: int) -> None:
    """So many events more."""
    before = log.heads()["14"]
    log.append("14", Write("agreement-14-x", before, [an_event(number) for number in range(count)]))


def delete(uri: str, queue: str = QUEUE) -> None:
    """What an operator may do."""
    with open_connection(uri) as connection:
        connection.channel().queue_delete(queue)


def test_a_broker_that_lost_its_data_is_told_everything_again(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine
) -> None:
    following = publishing(log, engine, rabbit.start())
    until_published(following, log)
    rabbit.kill()
    rabbit.wipe()
    uri = rabbit.start()
    until_published(following, log)
    assert taken(uri) == [1, 2, 3]
    closed(following)


def test_a_queue_whose_making_was_cut_off_is_made_anew(rabbit: PrivateRabbit, log: EventLog, engine: Engine) -> None:
    """Whatever moment the kill meets, and it meets one in which the queue has no leader often enough."""
    uri = rabbit.start()
    many = (*SUBSCRIPTIONS, *(("review", f"{EVENT}{number}") for number in range(6)))

    def declare() -> None:
        try:
            with open_connection(uri) as connection:
                declare_events(connection.channel(), many, CONTEXTS)
        except (OSError, AMQPError, Unavailable):
            # The broker was killed under it.
            return

    making = Thread(target=declare)
    making.start()
    making.join(0.3)
    rabbit.kill()
    making.join(60)
    uri = rabbit.start()
    following = publishing(log, engine, uri, many)
    until_published(following, log)
    assert set(taken(uri)) == {1, 2, 3}
    closed(following)


def test_a_queue_that_works_keeps_what_it_has_when_all_is_told_again(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine
) -> None:
    """Deleting it could end the broker's dead-lettering, and what waited in it would be gone for a while."""
    uri = rabbit.start()
    following = publishing(log, engine, uri)
    until_published(following, log)
    closed(following)
    with open_connection(uri) as connection:
        connection.channel().exchange_delete(MEMORY.name)
    following = publishing(log, engine, uri)
    until_published(following, log)
    assert taken(uri) == [1, 1, 2, 2, 3, 3]
    closed(following)


@pytest.mark.parametrize("more", [0, 1])
def test_what_was_confirmed_to_a_new_queue_is_told_again_when_the_broker_is_killed(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine, more: int
) -> None:
    """It comes back without a leader, or empty and as if nothing had been; with or without an event that follows."""
    uri = rabbit.start()
    following = publishing(log, engine, uri)
    until_published(following, log)
    delete(uri)
    happen(log, 3)
    until_published(following, log)
    rabbit.kill()
    uri = rabbit.start()
    if more:
        happen(log, more)
    until_published(following, log)
    assert set(taken(uri)) == set(range(1, 7 + more))
    closed(following)


@pytest.mark.parametrize("made_again", [False, True], ids=["missing", "made by its consumer"])
def test_a_queue_that_was_deleted_is_told_again_though_others_take_the_same_events(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine, monkeypatch: pytest.MonkeyPatch, made_again: bool
) -> None:
    monkeypatch.setattr("shared.publishing.LOOK_SECONDS", 0.0)
    uri = rabbit.start()
    both = (*SUBSCRIPTIONS, ("registration", EVENT))
    following = publishing(log, engine, uri, both)
    until_published(following, log)
    delete(uri)
    happen(log, 1)
    if made_again:
        with open_connection(uri) as connection:
            declare_events(connection.channel(), SUBSCRIPTIONS, CONTEXTS)
    until_published(following, log)
    assert set(taken(uri)) == {1, 2, 3, 4}
    assert taken(uri, event_queue("registration", EVENT).name) == [1, 2, 3, 4]
    closed(following)


def test_a_queue_that_has_settled_is_told_nothing_again(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.publishing.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("shared.publishing.SETTLED_SECONDS", 0.0)
    uri = rabbit.start()
    following = publishing(log, engine, uri)
    until_published(following, log)
    closed(following)
    following = publishing(log, engine, uri)
    happen(log, 1)
    until_published(following, log)
    assert taken(uri) == [1, 2, 3, 4]
    closed(following)


def test_a_second_publisher_tells_nothing_again_while_the_first_is_connected(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine
) -> None:
    uri = rabbit.start()
    first, second = (publishing(log, engine, uri) for _ in range(2))
    until_published(first, log)
    until_published(second, log)
    assert taken(uri) == [1, 2, 3]
    closed(first)
    closed(second)


def test_a_long_lane_is_told_again_in_batches(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.retelling.BATCH", 2)
    uri = rabbit.start()
    following = publishing(log, engine, uri)
    until_published(following, log)
    closed(following)
    delete(uri)
    happen(log, 2)
    following = publishing(log, engine, uri)
    until_published(following, log)
    found = taken(uri)
    assert set(found) == {1, 2, 3, 4, 5}
    assert found.count(1) == found.count(2) == found.count(3) == 1
    closed(following)


def test_two_publishers_that_find_it_forgotten_lose_nothing(
    rabbit: PrivateRabbit, log: EventLog, engine: Engine
) -> None:
    uri = rabbit.start()
    both = [publishing(log, engine, uri) for _ in range(2)]
    threads = [Thread(target=until_published, args=(each, log)) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert set(taken(uri)) == {1, 2, 3}
    for each in both:
        closed(each)
