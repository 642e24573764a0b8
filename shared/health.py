"""What an operator's probes ask a process: /live, /ready, /metrics. Served by the process's own threads or green threads.

Live means that this process still takes turns: it answers. Ready means that what it needs is there; liveness never looks at
the broker or the database, or their outage would restart every process at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], str | None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, checks: Mapping[str, Check]) -> None:
        self.checks = checks
        super().__init__(("", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def do_GET(self) -> None:
        match self.path:
            case "/live":
                self._send(200, b"live\n", "text/plain")
            case "/ready":
                problems = {name: problem for name, check in self.server.checks.items() if (problem := _asked(check))}
                body = orjson.dumps({"ready": not problems, "problems": problems})
                self._send(503 if problems else 200, body, "application/json")
            case "/metrics":
                self._send(200, generate_latest(), CONTENT_TYPE_LATEST)
            case _:
                self._send(404, b"not found\n", "text/plain")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes are not news."""


def _asked(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a check that fails is a problem, not a silence
        return type(error).__name__


def serve_health(port: int, checks: Mapping[str, Check]) -> int:
    """Answer probes on a port (0: any free one) from a daemon thread; the port. A check returns a problem or None."""
    server = _Server(port, checks)
    Thread(target=server.serve_forever, name="health", daemon=True).start()
    return int(server.server_address[1])
