"""Events over a real broker: in lane order, at least once, one effect, whatever dies or is forgotten on the way."""

from __future__ import annotations

import signal
from typing import Any

import orjson
import pytest
from amqp import Channel, Message
from amqp.exceptions import AMQPError

from shared.broker import open_connection
from shared.envelope import pack
from shared.looking import Looking
from shared.topology import declare_events, event_queue, events_exchange
from tests.support.amqp_counting import AWAY, BUG, HELD, STUCK, SUBSCRIPTIONS, TELLING, Counted
from tests.support.amqp_world import World, a_counter, eventually
from tests.support.stack import Servers

QUEUE = f"tally.{Counted.TYPE}"
DEAD = f"{QUEUE}.dead"


def count(world: World, by: int, counter: str | None = None) -> str:
    counted = counter or a_counter()
    world.call("counter.count", {"counter": counted, "by": by})
    return counted


def tallied(world: World, counter: str) -> list[int]:
    return eventually(lambda: world.totals("tally").get(counter, []))


def send(world: World, body: bytes, **properties: object) -> None:
    """Put a message into the tally's queue by hand."""
    with open_connection(world.amqp_uri) as connection:
        channel = connection.channel()
        declare_events(channel, SUBSCRIPTIONS, TELLING)
        channel.basic_publish(Message(body, **properties), routing_key=QUEUE)


def test_events_are_published_in_the_order_of_their_lane_each_once(world: World) -> None:
    world.serve("counter")
    with open_connection(world.amqp_uri) as connection:
        declare_events(connection.channel(), SUBSCRIPTIONS, TELLING)
    counters = [a_counter() for _ in range(5)]
    for by in range(1, 31):
        count(world, by, counters[by % 5])
    with world.publishing() as following:
        eventually(lambda: following.progress.seen.get("14") == 30)
    with open_connection(world.amqp_uri) as connection:
        channel = connection.channel()
        bodies = []
        while (message := channel.basic_get(QUEUE, no_ack=True)) is not None:
            bodies.append(orjson.loads(message.body))
    assert [body["position"] for body in bodies] == list(range(1, 31))
    assert [body["data"]["by"] for body in bodies] == list(range(1, 31))


def test_a_subscriber_reacts_once_however_often_an_event_comes(world: World) -> None:
    world.serve("counter", "tally")
    with world.publishing():
        counter = count(world, 5)
        assert tallied(world, counter) == [5]
    (event, reaction) = world.log.read_lane("14", 0, 10)
    for _ in range(3):
        send(world, pack(event))
    eventually(lambda: world.depth(QUEUE) == 0)
    last = count(world, 6)
    (*_, newest) = world.log.read([f"counter-{last}"])[f"counter-{last}"]
    send(world, pack(newest))
    assert tallied(world, last) == [6]
    assert world.totals("tally")[counter] == [5]
    assert reaction.event.causation_id == event.event.event_id
    assert reaction.event.correlation_id == event.event.correlation_id


def test_a_consumer_killed_before_and_after_its_commit_is_one_effect(world: World) -> None:
    world.serve("counter")
    world.file("hold").touch()
    tally = world.serve("tally")
    with world.publishing():
        before, after = count(world, HELD), count(world, STUCK)
        for taken in ("taken-held", "taken-stuck"):
            eventually(world.file(taken).exists)
        assert tallied(world, after) == [STUCK]
        tally.process.signal(signal.SIGKILL)
        world.file("hold").unlink()
        world.serve("tally")
        assert tallied(world, before) == [HELD]
        fence = count(world, 1)
        assert tallied(world, fence) == [1]
    eventually(lambda: world.depth(QUEUE) == 0)
    assert world.totals("tally") == {before: [HELD], after: [STUCK], fence: [1]}
    assert world.depth(DEAD) == 0


def test_what_cannot_be_taken_is_parked_and_the_queue_goes_on(world: World) -> None:
    world.serve("counter")
    tally = world.serve("tally")
    world.file("bug").touch()
    with world.publishing():
        # By now the publisher has made sure of the queues.
        assert tallied(world, count(world, 1)) == [1]
        bug = count(world, BUG)
        poison: list[tuple[bytes, dict[str, object]]] = [
            (b"", {}),
            (b"\xff\x00", {}),
            (b"[]", {"content_type": "application/json", "content_encoding": "utf-8"}),
            (b'{"lane": "14"}', {}),
            (b"[" * 100_000, {}),
            (b"\\ud800", {"content_encoding": "unicode_escape"}),
            (b"x", {"application_headers": {"compression": "application/x-gzip"}}),
        ]
        for body, properties in poison:
            send(world, body, **properties)
        eventually(lambda: world.depth(DEAD) == len(poison) + 1)
        assert tallied(world, count(world, 4)) == [4]
    assert bug not in world.totals("tally")
    assert tally.process.alive
    status, metrics = tally.probe("/metrics")
    assert status == 200
    assert f'wq_reactions_total{{outcome="dead",queue="{QUEUE}"}} 8.0' in metrics


def test_trouble_that_passes_is_waited_out_and_nothing_is_parked(world: World) -> None:
    world.serve("counter", "tally")
    world.file("away").touch()
    with world.publishing():
        waiting = count(world, AWAY)
        eventually(world.file("taken-away").exists)
        assert tallied(world, count(world, 4)) == [4]
        world.file("away").unlink()
        assert tallied(world, waiting) == [AWAY]
    assert world.depth(DEAD) == 0


def test_a_deleted_queue_is_declared_again_and_told_what_it_held_and_what_was_published_meanwhile(world: World) -> None:
    world.serve("counter")
    with world.publishing() as following:
        first = count(world, 1)
        eventually(lambda: world.depth(QUEUE) == 1)
        with open_connection(world.amqp_uri) as connection:
            connection.channel().queue_delete(QUEUE)
        second = count(world, 2)
        world.serve("tally", wait=False)
        eventually(lambda: world.totals("tally") == {first: [1], second: [2]})
        assert following.progress.stopped == {}


def test_a_consumer_whose_queue_is_deleted_comes_back_by_itself(world: World) -> None:
    world.serve("counter")
    tally = world.serve("tally")
    with world.publishing():
        assert tallied(world, count(world, 1)) == [1]
        with open_connection(world.amqp_uri) as connection:
            connection.channel().queue_delete(QUEUE)
        assert tallied(world, count(world, 2)) == [2]
    assert tally.process.alive


def test_events_nobody_waits_for_are_published_all_the_same(world: World) -> None:
    world.serve("counter")
    with world.publishing((), TELLING) as following:
        count(world, 1)
        eventually(lambda: following.progress.seen.get("14") == 1)


def test_a_broker_that_has_forgotten_is_told_everything_again_which_is_one_effect(world: World) -> None:
    world.serve("counter", "tally")
    with world.publishing():
        counters = [count(world, 1) for _ in range(20)]
        eventually(lambda: len(world.totals("tally")) == 20)
        with open_connection(world.amqp_uri) as connection:
            connection.channel().exchange_delete("publisher-memory")
    with world.publishing():
        fence = count(world, 3)
        assert tallied(world, fence) == [3]
    eventually(lambda: world.depth(QUEUE) == 0)
    assert world.totals("tally") == {**{counter: [1] for counter in counters}, fence: [3]}


def test_a_queue_that_has_no_leader_is_made_anew_and_told_everything(world: World, servers: Servers) -> None:
    """Its consumer cannot come, and what is published to it is not confirmed."""
    world.serve("counter")
    with world.publishing() as following:
        count(world, 1)
        eventually(lambda: following.progress.seen.get("14") == 1)
        servers.rabbit.evaluate(f"ra:force_delete_server(quorum_queues, {{'%2F_{QUEUE}', node()}}).")
        counters = [count(world, 1) for _ in range(5)]
        world.serve("tally", wait=False)
        eventually(lambda: all(world.totals("tally").get(counter) == [1] for counter in counters))
    assert len(world.totals("tally")) == 6


def test_a_queue_that_is_said_to_be_empty_and_is_not_is_left_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart RabbitMQ may say so for a while."""
    declare = Channel.queue_declare

    def unsure(self: Channel, queue: str, passive: bool = False, **differs: Any) -> Any:
        found = declare(self, queue, passive, **differs)
        return found._replace(message_count=0) if passive and found is not None else found

    world.serve("counter")
    with world.publishing() as following:
        count(world, 1)
        eventually(lambda: following.progress.seen.get("14") == 1)
    monkeypatch.setattr(Channel, "queue_declare", unsure)
    with world.publishing() as following:
        count(world, 2)
        eventually(lambda: following.progress.seen.get("14") == 2)
        assert following.problem() is None
    monkeypatch.undo()
    # The first publisher is gone before its queue had settled, so the second tells everything.
    eventually(lambda: world.depth(QUEUE) >= 2)


def test_an_event_that_no_broker_takes_stops_its_lane_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.serve("counter")
    count(world, 1)
    monkeypatch.setattr("shared.broker.LARGEST_MESSAGE", 100)
    with world.publishing() as following:
        assert "payload.too_large" in str(eventually(following.problem))


@pytest.mark.parametrize("trouble", [AMQPError, OSError])
def test_queues_that_cannot_be_looked_at_hold_up_no_events(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    def failing(self: Looking, queue: str) -> bool:
        raise trouble(queue)

    monkeypatch.setattr(Looking, "has_leader", failing)
    world.serve("counter")
    with world.publishing() as following:
        counter = count(world, 1)
        world.serve("tally", wait=False)
        assert tallied(world, counter) == [1]
        assert following.progress.stopped == {}


def test_the_exchange_of_a_context_carries_its_events() -> None:
    assert event_queue("tally", Counted.TYPE).exchange == events_exchange("counter")
