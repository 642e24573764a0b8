"""Call queues are quorum queues, whatever an earlier release or a crash left in their place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from amqp import Message

from shared.broker import open_connection
from shared.calling import Call
from shared.topology import RPC_EXCHANGE, call_queue
from tests.support.amqp_world import World, a_counter, eventually
from tests.support.stack import Servers


def declared(world: World, queue: str, **arguments: Any) -> None:
    """As the release before this one declared it, with what then came to it."""
    with open_connection(world.amqp_uri) as connection:
        channel = connection.channel()
        RPC_EXCHANGE(channel).declare()
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
        channel.queue_bind(queue, RPC_EXCHANGE.name, "counter.*")


@pytest.mark.parametrize("arguments", [{}, {"x-queue-type": "classic"}], ids=["untold", "classic"])
def test_a_classic_call_queue_becomes_a_quorum_queue_and_what_waits_in_it_is_answered(
    world: World, arguments: dict[str, Any]
) -> None:
    declared(world, "rpc-counter", **arguments)
    counters = [a_counter() for _ in range(3)]
    calls = [Call("counter.count", {"counter": each, "by": 1}, world.token()) for each in counters]
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(world.caller.call_all, calls, 60)
        eventually(lambda: world.depth("rpc-counter") == 3)
        world.serve("counter")
        assert [answer["id"] for answer in answers.result()] == counters
    assert world.call("counter.count", {"counter": a_counter(), "by": 1})["version"] == 1
    with open_connection(world.amqp_uri) as connection:
        call_queue("counter")(connection.channel()).declare()


def test_many_replicas_that_meet_a_classic_call_queue_at_once_serve_all(world: World) -> None:
    declared(world, "rpc-counter")
    served = [world.serve("counter", wait=False) for _ in range(3)]
    for each in served:
        each.await_ready()
    calls = [Call("counter.count", {"counter": a_counter(), "by": 1}, world.token()) for _ in range(30)]
    assert {answer["version"] for answer in world.caller.call_all(calls, 60)} == {1}


def test_a_call_queue_without_a_leader_is_made_anew(world: World, servers: Servers) -> None:
    """A broker killed soon after the queue was made leaves it so."""
    with open_connection(world.amqp_uri) as connection:
        call_queue("counter")(connection.channel()).declare()
    servers.rabbit.evaluate("ra:force_delete_server(quorum_queues, {'%2F_rpc-counter', node()}).")
    world.serve("counter")
    assert world.call("counter.count", {"counter": a_counter(), "by": 1})["version"] == 1


def test_a_call_that_keeps_killing_its_service_is_given_up(world: World) -> None:
    with open_connection(world.amqp_uri) as connection:
        channel = connection.channel()
        call_queue("counter")(channel).declare()
        channel.basic_publish_confirm(Message(b"x", delivery_mode=2), RPC_EXCHANGE.name, "counter.count")

        def returned() -> int:
            message = channel.basic_get("rpc-counter")
            if message is not None:
                channel.basic_reject(message.delivery_tag, requeue=True)
            return world.depth("rpc-counter")

        eventually(returned, lambda depth: depth == 0)
