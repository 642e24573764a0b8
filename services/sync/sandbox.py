"""A national system to practise with: keeps every record in a file, and checks signatures, order, versions and content.

It can be told to fail (`POST /v1/faults`). Development and tests only; the real interface is not public.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from services.sync.interface import LARGEST_BATCH, LARGEST_BODY, Verifier, digest
from services.sync.store import Store
from shared import metrics
from shared.errors import Forbidden
from shared.health import serve_health

# Requests that are answered with a code alone; a wrong signature has 401 and its own reasons.
PROBLEMS = {
    "national.malformed": 400,
    "national.too_many": 400,
    "national.not_found": 404,
    "national.too_large": 413,
    "national.told_to_fail": 500,
    "national.not_stored": 503,
}


class _Problem(Exception):
    """A request that gets no answer but a code of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Sandbox(ThreadingHTTPServer):
    """The server. `fail_next` requests are answered with 500, `delay_next` ones late."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, path: Path, key: bytes, now: Callable[[], float] = time.time) -> None:
        self.store = Store(path)
        self.verifier = Verifier(key)
        self.now = now
        self.fail_next = 0
        self.delay_next = 0
        self.delay_seconds = 0.0
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_close(self) -> None:
        """Stop listening and let go of the file."""
        super().server_close()
        self.store.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; anything else is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Sandbox
    protocol_version = "HTTP/1.1"
    timeout = 30
    # Head and body go out as two packets: the second must not wait until the first is acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        try:
            body = self._body()
            self.server.verifier.verify(method, self.path, body, dict(self.headers.items()), self.server.now())
            url = urlsplit(self.path)
            if url.path != "/v1/faults":
                self._fail_or_delay()
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            self._send(200, "ok", self._result(method, url.path, query, body))
        except Forbidden as error:
            self._send(401, error.code, {"code": error.code, "zh": error.zh, "en": error.en})
        except _Problem as problem:
            self._send(PROBLEMS[problem.code], problem.code, {"code": problem.code})
        except OSError as error:
            if isinstance(error, (ConnectionError, TimeoutError)):
                raise
            self._send(PROBLEMS["national.not_stored"], "national.not_stored", {"code": "national.not_stored"})

    def _body(self) -> bytes:
        told = self.headers.get("Content-Length", "0")
        # Whatever cannot be read to its end would be taken for the next request.
        self.close_connection = True
        if not (told.isascii() and told.isdigit()) or "Transfer-Encoding" in self.headers:
            raise _Problem("national.malformed")
        if int(told) > LARGEST_BODY:
            raise _Problem("national.too_large")
        body = self.rfile.read(int(told))
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return body

    def _result(self, method: str, path: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
        store = self.server.store
        match method, *path.split("/"):
            case "POST", "", "v1", "records":
                return {"results": store.take(*_batch(body))}
            case "POST", "", "v1", "faults":
                return self._plan(body)
            case "GET", "", "v1", "records", graduate_id:
                return {"records": store.history(unquote(graduate_id))}
            case "GET", "", "v1", "counts":
                counts = store.counts(query.get("school"), query.get("province"), _class_of(query))
                return {"counts": counts, "total": sum(counts.values())}
            case "GET", "", "v1", "digests":
                schools = store.lines(None, _class_of(query)).items()
                told = {name: {"count": len(lines), "digest": digest(lines.values())} for name, lines in schools}
                return {"schools": told}
            case "GET", "", "v1", "lines":
                if "school" not in query:
                    raise _Problem("national.malformed")
                return {"lines": store.lines(query["school"], _class_of(query)).get(query["school"], {})}
        raise _Problem("national.not_found")

    def _plan(self, body: bytes) -> dict[str, Any]:
        server = self.server
        try:
            plan = orjson.loads(body)
            fail, delay = int(plan.get("fail", server.fail_next)), int(plan.get("delay", server.delay_next))
            seconds = float(plan.get("seconds", server.delay_seconds))
            refuse = set(plan.get("refuse", server.store.refuse))
        except (ValueError, TypeError, AttributeError) as error:
            raise _Problem("national.malformed") from error
        server.fail_next, server.delay_next, server.delay_seconds, server.store.refuse = fail, delay, seconds, refuse
        return {"planned": True}

    def _fail_or_delay(self) -> None:
        server = self.server
        if server.delay_next > 0:
            server.delay_next -= 1
            time.sleep(server.delay_seconds)
        if server.fail_next > 0:
            server.fail_next -= 1
            raise _Problem("national.told_to_fail")

    def _send(self, status: int, outcome: str, body: dict[str, Any]) -> None:
        metrics.SANDBOX_REQUESTS.labels(outcome).inc()
        content = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """One line a request would drown what matters."""


def _batch(body: bytes) -> tuple[str, list[Any]]:
    try:
        told = orjson.loads(body)
        province, records = told["province"], told["records"]
    except (ValueError, TypeError, KeyError) as error:
        raise _Problem("national.malformed") from error
    if not isinstance(province, str) or not isinstance(records, list):
        raise _Problem("national.malformed")
    if len(records) > LARGEST_BATCH:
        raise _Problem("national.too_many")
    return province, records


def _class_of(query: dict[str, str]) -> int:
    told = query.get("class", "")
    if not (told.isascii() and told.isdigit() and len(told) <= 4):
        raise _Problem("national.malformed")
    return int(told)


def serve(port: int, path: Path, key: bytes, health_port: int) -> None:
    """Serve until SIGTERM or SIGINT, and answer probes on a port of their own."""
    server = Sandbox(port, path, key)

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if server.store.torn:
        print("the last line of the file was torn and never answered: dropped", flush=True)
    # The file was read back before the port was opened, so who answers is ready.
    health = serve_health(health_port, {})
    print(f"national sandbox on port {server.server_address[1]} - health on port {health}", flush=True)
    server.serve_forever()
    server.server_close()
