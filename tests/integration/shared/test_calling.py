"""The caller of plain processes: its connection lasts as long as it is used."""

from __future__ import annotations

import time
from typing import Any

import pytest

from shared import broker, calling
from shared.calling import Call, Caller
from tests.support.amqp_world import World, a_counter

HEARTBEAT_SECONDS = 2
# The broker gives a connection up that was silent for two heartbeats, and looks once a heartbeat.
BUSY_SECONDS = 4 * HEARTBEAT_SECONDS


def test_a_caller_that_is_never_idle_keeps_its_connection(counting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def opening(*how: Any) -> Any:
        opened.append(how)
        return open_connection(*how)

    open_connection = broker.open_connection
    monkeypatch.setattr(calling, "open_connection", opening)
    monkeypatch.setattr(calling, "HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)
    asked = {"counter": a_counter()}
    with Caller(counting.amqp_uri) as caller:
        until = time.monotonic() + BUSY_SECONDS
        while time.monotonic() < until:
            assert caller.call(Call("counter.get_total", asked, counting.token()))["total"] == 0
        assert len(opened) == 1
