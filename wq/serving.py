"""The nameko process: `python -m wq.serving NAME...`, which is what `wq serve` becomes. Patched by eventlet first of all.

Holds kombu, psycopg2 and SQLAlchemy; never psycopg 3, gRPC or CPU-bound work (docs/decisions/0001).
"""

# ruff: noqa: E402 - eventlet must patch the standard library before anything else imports it
import eventlet

eventlet.monkey_patch()

import logging
import signal
import sys
from functools import cache
from typing import Any

from nameko.runners import ServiceRunner
from sqlalchemy import Engine

from shared.entrypoints import Replies
from shared.eventlog.postgres import PostgresLog
from shared.health import serve_health
from shared.logs import set_up
from shared.principals import Verifier
from shared.settings import read_settings
from shared.sql import Driver, make_engine
from wq.composition import SERVED, service_class

STOP_SECONDS = 20

_log = logging.getLogger(__name__)


def main(names: list[str]) -> int:
    """Serve contexts until SIGTERM or SIGINT; returns 0, or 1 when a service died."""
    settings = read_settings()
    set_up(f"serve:{','.join(names)}")
    clock = settings.clock()

    @cache
    def open_engine(schema: str) -> Engine:
        return make_engine(settings.database_url, Driver.GREEN, schema=schema, pool_size=settings.max_workers)

    config: dict[str, Any] = {
        "AMQP_URI": settings.amqp_uri,
        "HEARTBEAT": 10,
        "max_workers": settings.max_workers,
        "settings": settings,
        "clock": clock,
        "log": PostgresLog(open_engine("public")),
        "engine": open_engine,
        "verifier": Verifier.from_file(settings.principal_keys_file),
        "replies": Replies(settings.amqp_uri),
    }
    runner = ServiceRunner(config)
    for name in names:
        runner.add_service(service_class(name))

    def stop(signum: int, frame: Any) -> None:
        del signum, frame
        eventlet.spawn_n(_stop, runner)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ready: list[bool] = []
    port = serve_health(settings.health_port, {"services": lambda: None if ready else "starting"})
    runner.start()
    ready.append(True)
    print(f"serving {', '.join(names)} - health on port {port}", flush=True)
    try:
        runner.wait()
    except Exception:  # noqa: BLE001 - nameko hands on whatever killed a service; the process ends with it
        _log.exception("a service died")
        return 1
    return 0


def _stop(runner: ServiceRunner) -> None:
    # nameko waits for its workers without limit; what is cut off here is unacknowledged and comes again.
    with eventlet.Timeout(STOP_SECONDS, False):
        runner.stop()
        return
    runner.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(SERVED)))
