"""A national system to practise with: keeps every record in a file, and checks signatures, order, versions and content.

It can be told to fail (`POST /v1/faults`). Development and tests only; the real interface is not public.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from services.sync.interface import (
    ACCEPTED,
    LARGEST_BATCH,
    LARGEST_BODY,
    REFUSED,
    REPEATED,
    VERSION_GAP,
    Verifier,
    digest,
    digest_line,
)
from services.sync.records import RESTATE, ROSTER_FIELDS, TOLD_FIELDS, VERBS, VOID
from shared import metrics
from shared.codes.destination import DESTINATIONS, FORMS
from shared.errors import Forbidden
from shared.health import serve_health

REFUSALS = {
    "national.malformed": ("记录格式有误", "The record is malformed"),
    "national.other_province": ("记录不属于该省份", "The record is not of the province that sends it"),
    VERSION_GAP: ("版本不连续", "The version is not the next one"),
    "national.unknown_field": ("含有接口未列出的项", "A field that the interface does not list"),
    "national.unknown_code": ("未知的去向代码", "Unknown destination code"),
    "national.field_missing": ("缺少该类别必填项", "A field this category needs is missing"),
    "national.field_forbidden": ("含有该类别不应填写的项", "A field this category has not"),
    "national.told_to_refuse": ("按演练要求拒收", "Refused because it was told to"),
}
# Requests that are answered with a code alone; a wrong signature has 401 and its own reasons.
PROBLEMS = {
    "national.malformed": 400,
    "national.too_many": 400,
    "national.not_found": 404,
    "national.too_large": 413,
    "national.told_to_fail": 500,
    "national.not_stored": 503,
}
_KINDS = {
    "graduate_id": str,
    "version": int,
    "event_id": str,
    "verb": str,
    "school": str,
    "class_year": int,
    "body": dict,
}
_BODY = frozenset({"roster", "destination"})


class _Problem(Exception):
    """A request that gets no answer but a code of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Store:
    """The record: what is answered as accepted is in the file, on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._records: dict[str, dict[str, Any]] = {}
        self._event_ids: set[str] = set()
        self._history: dict[str, list[dict[str, Any]]] = {}
        self.refuse: set[str] = set()
        self.torn = self._read_back()
        self._file = path.open("ab", buffering=0)
        self._size = path.stat().st_size

    def close(self) -> None:
        """Nothing is taken any more."""
        self._file.close()

    def take(self, province: str, records: list[Any]) -> list[dict[str, Any]]:
        """Judge each record of a province in order; the accepted ones are on the disk before this returns.

        Raises OSError when they cannot be written: then none of the request was taken.
        """
        with self._lock:
            results: list[dict[str, Any]] = []
            taken: dict[str, dict[str, Any]] = {}
            newest: dict[str, int] = {}
            for record in records:
                code = self._judge(province, record, newest, taken)
                event_id = record["event_id"] if isinstance(record, dict) and "event_id" in record else ""
                if code == REPEATED:
                    results.append({"event_id": event_id, "outcome": REPEATED})
                elif code is not None:
                    zh, en = REFUSALS[code]
                    results.append({"event_id": event_id, "outcome": REFUSED, "code": code, "zh": zh, "en": en})
                else:
                    taken[event_id] = record
                    newest[record["graduate_id"]] = record["version"]
                    results.append({"event_id": event_id, "outcome": ACCEPTED})
            if taken:
                self._write(b"".join(orjson.dumps(record) + b"\n" for record in taken.values()))
                for record in taken.values():
                    self._keep(record)
            return results

    def counts(self, school: str | None, province: str | None, class_year: int) -> dict[str, int]:
        """How many graduates have each code."""
        with self._lock:
            return dict(
                Counter(
                    (record["body"].get("destination") or {}).get("code", "")
                    for record in self._records.values()
                    if record["class_year"] == class_year
                    # Who was removed counts no more, however that was told.
                    and record["body"]["roster"] is not None
                    and (school is None or record["school"] == school)
                    and (province is None or record["graduate_id"][:2] == province)
                )
            )

    def lines(self, school: str | None, class_year: int) -> dict[str, dict[str, str]]:
        """Per school, per graduate: the digest's line."""
        found: dict[str, dict[str, str]] = {}
        with self._lock:
            for graduate_id, record in self._records.items():
                if record["class_year"] == class_year and (school is None or record["school"] == school):
                    line = digest_line(graduate_id, record["version"], record["body"])
                    found.setdefault(record["school"], {})[graduate_id] = line
        return found

    def history(self, graduate_id: str) -> list[dict[str, Any]]:
        """Every record of a graduate."""
        with self._lock:
            return list(self._history.get(graduate_id, ()))

    def _judge(
        self, province: str, record: Any, newest: dict[str, int], taken: dict[str, dict[str, Any]]
    ) -> str | None:
        if not _well_formed(record):
            return "national.malformed"
        graduate_id = record["graduate_id"]
        if not graduate_id.startswith(f"{province}-"):
            return "national.other_province"
        if record["event_id"] in self._event_ids or record["event_id"] in taken:
            return REPEATED
        if graduate_id in self.refuse:
            return "national.told_to_refuse"
        known = self._records.get(graduate_id)
        last = newest.get(graduate_id, known["version"] if known else 0)
        in_order = record["version"] >= last if record["verb"] == RESTATE else record["version"] == last + 1
        if not in_order:
            return VERSION_GAP
        return _judge_body(record["body"])

    def _write(self, lines: bytes) -> None:
        try:
            if self._file.write(lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError:
            # What got there was never answered, and the next line must not follow half of one.
            os.ftruncate(self._file.fileno(), self._size)
            raise
        self._size += len(lines)

    def _keep(self, record: dict[str, Any]) -> None:
        self._records[record["graduate_id"]] = record
        self._event_ids.add(record["event_id"])
        self._history.setdefault(record["graduate_id"], []).append(record)

    def _read_back(self) -> bool:
        """Whether the last line was torn by a crash: it was never answered, so it is cut off."""
        if not self._path.exists():
            return False
        whole = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._keep(orjson.loads(line))
                whole += len(line)
        torn = whole < self._path.stat().st_size
        if torn:
            with self._path.open("r+b") as file:
                file.truncate(whole)
        return torn


def _well_formed(record: Any) -> bool:
    if not isinstance(record, dict) or record.keys() != _KINDS.keys():
        return False
    # A boolean is no number here.
    if any(type(record[name]) is not kind for name, kind in _KINDS.items()):
        return False
    body = record["body"]
    if body.keys() != _BODY or not all(part is None or isinstance(part, dict) for part in body.values()):
        return False
    if not record["event_id"] or record["version"] < 1 or record["verb"] not in VERBS:
        return False
    return bool(record["verb"] == RESTATE or (record["verb"] == VOID) == (body["roster"] is None))


def _judge_body(body: dict[str, Any]) -> str | None:
    roster, destination = body["roster"] or {}, body["destination"]
    if not roster.keys() <= set(ROSTER_FIELDS) or not (destination or {}).keys() <= set(TOLD_FIELDS):
        return "national.unknown_field"
    if destination is None:
        return None
    code = destination.get("code")
    category = DESTINATIONS.get(code) if isinstance(code, str) else None
    if category is None:
        return "national.unknown_code"
    key = destination.get("form")
    form = FORMS.get(key) if isinstance(key, str) else None
    if key is not None and (form is None or form.code != code):
        return "national.unknown_code"
    # A form of a category has fields of its own.
    rule = form or category
    if any(destination.get(name) is None for name in rule.required):
        return "national.field_missing"
    if any(destination.get(name) is not None for name in rule.forbidden):
        return "national.field_forbidden"
    return None


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
