"""The plain process that follows the log: projections, publishing, delivery. `wq follow NAME...`."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from functools import cache
from threading import Event
from typing import Any

from sqlalchemy import Engine

from shared.eventlog.opening import following, open_log
from shared.following import Following, follow_in_threads
from shared.health import serve_health
from shared.logs import set_up
from shared.settings import Settings
from shared.sql import Driver, make_engine
from wq.composition import followers

STOP_SECONDS = 30


def follow(names: Sequence[str], settings: Settings) -> int:
    """Follow until SIGTERM or SIGINT; 0 then, 1 when a thread died of a bug.

    A follower that has stopped in a lane makes the process not ready; it goes on in the other lanes, and in that one when
    the process is started again.
    """
    set_up(f"follow:{','.join(names)}")
    chosen = [follower for follower in followers(settings) if follower.name in names]

    @cache
    def open_engine(schema: str) -> Engine:
        return make_engine(settings.database_url, Driver.PLAIN, schema=schema, pool_size=2)

    log = open_log(settings, following(len(chosen)))
    followings = [Following(log, open_engine(follower.schema), follower) for follower in chosen]
    stop = Event()

    def on_signal(signum: int, frame: Any) -> None:
        del signum, frame
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    port = serve_health(settings.health_port, {each.follower.name: each.problem for each in followings})
    threads = follow_in_threads(log, followings, stop)
    print(f"following {', '.join(names)} - health on port {port}", flush=True)
    while not stop.wait(0.5):
        if not all(thread.is_alive() for thread in threads):
            return 1
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return 0
