"""A serving process and its broker: ready is who consumes, trouble is survived or ends the process, stopping is bounded."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent

import pytest

from shared.broker import ConfirmedPublisher, Outgoing
from shared.errors import Unavailable
from shared.topology import RPC_EXCHANGE
from tests.support.amqp_world import BOUND_SECONDS, World, a_counter, eventually
from tests.support.stack import Servers


@contextmanager
def frozen(servers: Servers) -> Iterator[None]:
    servers.rabbit.pause()
    try:
        yield
    finally:
        servers.rabbit.resume()


@contextmanager
def broker_away(servers: Servers, *, forget: bool = False) -> Iterator[None]:
    """Killed as by a power cut, and there again afterwards, with or without its data."""
    servers.rabbit.kill()
    try:
        yield
    finally:
        if forget:
            servers.rabbit.wipe()
        assert servers.rabbit.start() == servers.amqp_uri


def count(world: World, counter: str) -> bool:
    world.call("counter.count", {"counter": counter, "by": 1}, seconds=10)
    return True


def tallied(world: World, counter: str) -> None:
    eventually(lambda: world.totals("tally").get(counter) == [1])


def test_ready_says_when_consumers_are_registered_and_stopping_is_clean(world: World) -> None:
    served = world.serve("counter", "tally", wait=False)
    status, body = eventually(lambda: served.probe("/ready"), lambda found: found[0] != 0)
    assert (status, "starting" in body) == (503, True) or status == 200
    served.await_ready()
    assert served.probe("/live") == (200, "live\n")
    served.process.terminate()
    assert served.process.wait(BOUND_SECONDS) == 0


@pytest.mark.parametrize("forget", [False, True], ids=["restarted", "with its data lost"])
def test_a_broker_killed_and_started_again_is_served_as_before(world: World, servers: Servers, forget: bool) -> None:
    served = world.serve("counter", "tally")
    with world.publishing() as following:
        before = a_counter()
        count(world, before)
        tallied(world, before)
        with broker_away(servers, forget=forget):
            eventually(lambda: "not consuming: counter calls, tally events" in served.probe("/ready")[1])
            assert served.probe("/ready")[0] == 503
            assert served.probe("/live") == (200, "live\n")
        served.await_ready()
        after = a_counter()
        eventually(lambda: count(world, after))
        tallied(world, after)
        assert following.progress.stopped == {}
    assert served.process.alive
    assert world.totals("tally")[before] == [1]


def test_a_process_told_to_stop_while_the_broker_is_away_stops_in_bounded_time(world: World, servers: Servers) -> None:
    served = world.serve("counter", "tally")
    with broker_away(servers):
        eventually(lambda: served.probe("/ready")[0] == 503)
        served.process.signal(signal.SIGTERM)
        assert served.process.wait(BOUND_SECONDS) == 0


def test_a_process_told_again_and_again_to_stop_stops_once(world: World) -> None:
    served = world.serve("counter", "tally")
    for _ in range(10):
        served.process.signal(signal.SIGTERM)
        time.sleep(0.03)
    assert served.process.wait(BOUND_SECONDS) == 0
    assert not any("cut off" in line["message"] for line in served.lines())


def test_a_thread_of_the_pool_that_logs_holds_nobody_up() -> None:
    """Its lock is let go in another hub than that of whoever waits for it."""
    program = """
        import logging
        from wq import serving
        import eventlet
        from eventlet import patcher, tpool

        class Slow(logging.Handler):
            def emit(self, record):
                patcher.original("time").sleep(0.005)

        log = logging.getLogger("slow")
        log.addHandler(Slow())
        beside = [eventlet.spawn(tpool.execute, log.warning, "in a thread") for _ in range(20)]
        for _ in range(20):
            eventlet.sleep(0.001)
            log.warning("in the hub")
        for each in beside:
            each.wait()
    """
    argv = [sys.executable, "-W", "ignore", "-c", dedent(program)]
    subprocess.run(argv, timeout=BOUND_SECONDS, check=True)


def test_a_process_started_while_the_broker_is_away_serves_when_it_comes(world: World, servers: Servers) -> None:
    with broker_away(servers):
        served = world.serve("counter", "tally", wait=False)
        eventually(lambda: served.probe("/live")[0] == 200)
        assert served.probe("/ready")[0] == 503
    served.await_ready()
    counter = a_counter()
    assert eventually(lambda: count(world, counter))


def test_a_frozen_broker_is_a_bounded_refusal_and_nothing_more(world: World, servers: Servers) -> None:
    served = world.serve("counter")
    counter = a_counter()
    count(world, counter)
    publisher = ConfirmedPublisher(world.amqp_uri)
    message = Outgoing(b"{}", RPC_EXCHANGE.name, "nobody.x", {}, mandatory=False)
    publisher.publish([message])
    with frozen(servers):
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                publisher.publish([message])
            assert caught.value.code == "broker.away"
        with pytest.raises(Unavailable):
            count(world, a_counter())
        assert served.probe("/live") == (200, "live\n")
    assert publisher.publish([message]) == []
    publisher.close()
    after = a_counter()
    assert eventually(lambda: count(world, after))
    assert sum(world.totals("counter")[after]) >= 1


def test_a_database_that_is_away_is_said_so_and_live_does_not_ask_it(world: World) -> None:
    away = world.database_url.rpartition("/")[0] + "/no_such_database"
    served = world.serve("counter", DATABASE_URL=away)
    with pytest.raises(Unavailable) as caught:
        count(world, a_counter())
    assert caught.value.code == "database.away"
    assert served.probe("/live") == (200, "live\n")
    assert served.ready
