"""The nameko process: `python -m wq.serving NAME...`, which is what `wq serve` becomes. Patched by eventlet first of all.

Holds kombu, psycopg2 and SQLAlchemy; never psycopg 3, gRPC or CPU-bound work (docs/decisions/0001).
"""

# ruff: noqa: E402 - eventlet must patch the standard library before anything else imports it
import os

# eventlet's own resolver takes a third of a second to load and does not read the system's configuration as libc does.
os.environ["EVENTLET_NO_GREENDNS"] = "yes"

from functools import cache, partial

import eventlet
from eventlet import patcher, tpool
from eventlet.green import socket

# A name server that is silent must hold up one green thread, not the process.
socket.getaddrinfo = partial(tpool.execute, socket.getaddrinfo)
eventlet.monkey_patch()

import logging
import signal
import sys
from collections.abc import Iterable
from typing import Any

from nameko.runners import ServiceRunner
from nameko.utils.concurrency import SpawningProxy
from sqlalchemy import Engine

from shared.entrypoints import Links, Replies
from shared.eventlog.opening import open_log, serving
from shared.fingerprints import Fingerprints
from shared.health import serve_health
from shared.logs import set_up
from shared.principals import Verifier
from shared.settings import Settings, read_settings
from shared.sql import Driver, make_engine
from wq.composition import SERVED, service_class

# Threads of the pool log too. A green lock that one of them holds never wakes the green thread that waits for it.
logging.threading = patcher.original("threading")  # type: ignore[attr-defined]
logging._lock = logging.threading.RLock()  # type: ignore[attr-defined]

STOP_SECONDS = 20
KILL_SECONDS = 3

_log = logging.getLogger(__name__)


def main(names: list[str]) -> int:
    """Serve contexts until SIGTERM or SIGINT; returns 0, or 1 when a service died."""
    return serve(names, [service_class(name) for name in names], read_settings())


def serve(names: list[str], classes: Iterable[Any], settings: Settings) -> int:
    """Serve nameko classes until SIGTERM or SIGINT; returns 0, or 1 when one died: then it must be started again.

    A lost broker is waited for; whatever it has forgotten is declared again. Ready is who consumes.
    """
    set_up(f"serve:{','.join(names)}")
    clock = settings.clock()
    links = Links()

    @cache
    def open_engine(schema: str) -> Engine:
        return make_engine(settings.database_url, Driver.GREEN, schema=schema, pool_size=settings.max_workers)

    config: dict[str, Any] = {
        "AMQP_URI": settings.amqp_uri,
        "HEARTBEAT": 10,
        "max_workers": settings.max_workers,
        "settings": settings,
        "clock": clock,
        "log": open_log(settings, serving(settings.max_workers, eventlet.spawn_n)),
        "engine": open_engine,
        "verifier": Verifier.from_file(settings.principal_keys_file),
        "fingerprints": Fingerprints(settings.personal_secret()),
        "replies": Replies(settings.amqp_uri),
        "links": links,
    }
    runner = ServiceRunner(config)
    for each in classes:
        runner.add_service(each)

    def stop(signum: int, frame: Any) -> None:
        del signum, frame
        _hear_no_more()
        eventlet.spawn_n(_stop, runner, 0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ready: list[bool] = []
    port = serve_health(
        settings.health_port, {"services": lambda: None if ready else "starting", "broker": links.problem}
    )
    try:
        runner.start()
        ready.append(True)
        print(f"serving {', '.join(names)} - health on port {port}", flush=True)
        # nameko's own wait would first wait for the other services to stop, without limit.
        SpawningProxy(runner.containers, abort_on_error=True).wait()
    except Exception:  # noqa: BLE001 - nameko hands on whatever killed a service; the process ends with it
        _log.exception("a service died")
        _hear_no_more()
        _stop(runner, 1)
    return 0


def _hear_no_more() -> None:
    # Two stops of one nameko container wait for each other.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)


def _stop(runner: ServiceRunner, code: int) -> None:
    # nameko waits without limit for its workers, and for a broker that is away; what is cut off here is unacknowledged
    # and comes again.
    for seconds, how in ((STOP_SECONDS, runner.stop), (KILL_SECONDS, runner.kill)):
        with eventlet.Timeout(seconds, False):
            how()
            break
        _log.warning("stopping took too long and is cut off")
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(SERVED)))
