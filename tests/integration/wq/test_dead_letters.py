"""Parked messages are counted, shown and sent again, each once, and none gets lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from amqp import Message

from services.agreement import policy
from shared.broker import PERSISTENT, open_connection
from shared.envelope import pack
from shared.errors import Unavailable
from shared.topology import DEAD_LETTERS, declare_events
from tests.support.amqp_counting import BUG, SUBSCRIPTIONS, TELLING, Counted
from tests.support.amqp_world import World, a_counter, eventually
from wq.composition import subscriptions
from wq.dead_letters import counts, retry, show

QUEUE = f"tally.{Counted.TYPE}"
DEAD = f"{QUEUE}.dead"


@pytest.fixture
def parked(world: World) -> Iterator[str]:
    """The counter whose event is parked because of a bug, with the tally still running."""
    world.serve("counter", "tally")
    world.file("bug").touch()
    counter = a_counter()
    with world.publishing():
        world.call("counter.count", {"counter": counter, "by": BUG})
        eventually(lambda: world.depth(DEAD) == 1)
        yield counter


def test_every_consumers_queue_is_counted(amqp_uri: str) -> None:
    found = {each.queue: each.parked for each in counts(amqp_uri)}
    assert set(found) == {f"{consumer}.{event_type}" for consumer, event_type in subscriptions()}
    assert set(found.values()) == {0}
    (queue, *_) = [f"agreement.{event_type}" for event_type in policy.REACTIONS]
    park(amqp_uri, queue, b"no event")
    assert eventually(lambda: {each.queue: each.parked for each in counts(amqp_uri)}[queue] == 1)
    (shown,) = show(amqp_uri, queue, 10)
    assert (shown.event_type, shown.event_id, shown.body) == ("?", "?", None)
    with open_connection(amqp_uri) as connection:
        connection.channel().queue_purge(f"{queue}.dead")


def park(amqp_uri: str, queue: str, body: bytes, **properties: object) -> None:
    with open_connection(amqp_uri) as connection:
        channel = connection.channel()
        declare_events(channel, SUBSCRIPTIONS, TELLING)
        channel.basic_publish(Message(body, **properties), DEAD_LETTERS.name, queue)


def test_what_is_shown_stays_parked_however_often(world: World, parked: str) -> None:
    (event,) = world.log.read([f"counter-{parked}"])[f"counter-{parked}"]
    for _ in range(25):
        (shown,) = show(world.amqp_uri, QUEUE, 10)
        assert (shown.event_type, shown.event_id) == (Counted.TYPE, str(event.event.event_id))
        assert (shown.reason, shown.tries) == ("rejected", None)
        eventually(lambda: world.depth(DEAD) == 1)


def test_a_message_that_crashed_its_consumer_too_often_is_shown_with_every_try(world: World) -> None:
    tries = 0
    with open_connection(world.amqp_uri) as connection:
        channel = connection.channel()
        declare_events(channel, SUBSCRIPTIONS, TELLING)
        channel.basic_publish_confirm(Message(b"{}", delivery_mode=PERSISTENT), routing_key=QUEUE)

        def parked() -> bool:
            nonlocal tries
            if (message := channel.basic_get(QUEUE)) is not None:
                tries += 1
                channel.basic_reject(message.delivery_tag, requeue=True)
            return world.depth(DEAD) == 1

        eventually(parked)
    (shown,) = show(world.amqp_uri, QUEUE, 10)
    assert (shown.reason, shown.tries) == ("delivery_limit", tries)


def test_what_is_sent_again_is_taken_once_the_bug_is_gone(world: World, parked: str) -> None:
    world.file("bug").unlink()
    assert retry(world.amqp_uri, QUEUE, 10) == 1
    eventually(lambda: world.totals("tally").get(parked) == [BUG])
    eventually(lambda: world.depth(DEAD) == 0)


def test_what_is_parked_again_waits_for_the_next_time(world: World, parked: str) -> None:
    assert retry(world.amqp_uri, QUEUE, 1_000) == 1
    eventually(lambda: world.depth(DEAD) == 1)
    assert parked not in world.totals("tally")


def test_a_message_sent_again_keeps_its_names(world: World) -> None:
    world.serve("counter")
    world.call("counter.count", {"counter": a_counter(), "by": 1})
    (event, *_) = world.log.read_lane("14", 0, 1)
    properties = {"message_id": str(event.event.event_id), "type": event.type, "correlation_id": "c"}
    park(world.amqp_uri, QUEUE, pack(event), **properties)
    eventually(lambda: world.depth(DEAD) == 1)
    assert retry(world.amqp_uri, QUEUE, 10) == 1
    with open_connection(world.amqp_uri) as connection:
        message = eventually(lambda: connection.channel().basic_get(QUEUE, no_ack=True), lambda found: bool(found))
    assert {name: message.properties[name] for name in properties} == properties
    assert message.body.encode() == pack(event)


def test_without_its_queue_a_message_stays_parked(world: World) -> None:
    park(world.amqp_uri, QUEUE, b"{}")
    eventually(lambda: world.depth(DEAD) == 1)
    with open_connection(world.amqp_uri) as connection:
        connection.channel().queue_delete(QUEUE)
    with pytest.raises(Unavailable) as caught:
        retry(world.amqp_uri, QUEUE, 10)
    assert caught.value.code == "broker.unrouted"
    eventually(lambda: world.depth(DEAD) == 1)


def test_an_unknown_queue_is_said_to_be_one(amqp_uri: str) -> None:
    for look in (show, retry):
        with pytest.raises(KeyError):
            look(amqp_uri, "nobody.counter.Counted", 10)


def test_a_broker_that_is_away_is_said_so() -> None:
    nowhere = "amqp://wq:wq@127.0.0.1:1//"
    for look in (lambda: counts(nowhere), lambda: show(nowhere, QUEUE, 1), lambda: retry(nowhere, QUEUE, 1)):
        with pytest.raises(Unavailable):
            look()
