"""A national system to practise with: keeps every record in a file, and checks signatures, order, versions and content.

It can be told to fail (`POST /v1/faults`). Development and tests only; the real interface is not public.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from services.sync.interface import (
    ACCEPTED,
    LARGEST_BATCH,
    LARGEST_BODY,
    REFUSED,
    REPEATED,
    Verifier,
    digest,
    digest_line,
)
from services.sync.records import RESTATE, VERBS, VOID
from shared.codes.destination import DESTINATIONS
from shared.errors import Forbidden

REFUSALS = {
    "national.malformed": ("记录格式有误", "The record is malformed"),
    "national.version_gap": ("版本不连续", "The version is not the next one"),
    "national.unknown_code": ("未知的去向代码", "Unknown destination code"),
    "national.field_missing": ("缺少该类别必填项", "A field this category needs is missing"),
    "national.field_forbidden": ("含有该类别不应填写的项", "A field this category has not"),
    "national.told_to_refuse": ("按演练要求拒收", "Refused because it was told to"),
}
_KEYS = frozenset({"graduate_id", "version", "event_id", "verb", "school", "class_year", "body"})


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
        self._file = path.open("ab")

    def take(self, records: list[Any]) -> list[dict[str, Any]]:
        """Judge each record in order; the accepted ones are flushed to the disk before this returns."""
        with self._lock:
            results, lines = [], []
            for record in records:
                code = self._judge(record)
                event_id = record.get("event_id", "") if isinstance(record, dict) else ""
                if code == REPEATED:
                    results.append({"event_id": event_id, "outcome": REPEATED})
                elif code is not None:
                    zh, en = REFUSALS[code]
                    results.append({"event_id": event_id, "outcome": REFUSED, "code": code, "zh": zh, "en": en})
                else:
                    self._keep(record)
                    lines.append(orjson.dumps(record) + b"\n")
                    results.append({"event_id": event_id, "outcome": ACCEPTED})
            if lines:
                self._file.write(b"".join(lines))
                self._file.flush()
                os.fsync(self._file.fileno())
            return results

    def counts(self, school: str | None, province: str | None, class_year: int) -> dict[str, int]:
        """How many graduates have each code."""
        with self._lock:
            return dict(
                Counter(
                    (record["body"].get("destination") or {}).get("code", "")
                    for record in self._records.values()
                    if record["class_year"] == class_year
                    and record["verb"] != VOID
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

    def _judge(self, record: Any) -> str | None:
        if not isinstance(record, dict) or record.keys() != _KEYS or not isinstance(record["body"], dict):
            return "national.malformed"
        if not isinstance(record["version"], int) or record["verb"] not in VERBS:
            return "national.malformed"
        if record["event_id"] in self._event_ids:
            return REPEATED
        if record["graduate_id"] in self.refuse:
            return "national.told_to_refuse"
        known = self._records.get(record["graduate_id"])
        last = known["version"] if known else 0
        in_order = record["version"] >= last if record["verb"] == RESTATE else record["version"] == last + 1
        if not in_order:
            return "national.version_gap"
        return _judge_destination(record["body"].get("destination"))

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


def _judge_destination(destination: Any) -> str | None:
    if destination is None:
        return None
    code = DESTINATIONS.get(destination.get("code", "")) if isinstance(destination, dict) else None
    if code is None:
        return "national.unknown_code"
    if any(destination.get(name) is None for name in code.required):
        return "national.field_missing"
    if any(destination.get(name) is not None for name in code.forbidden):
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


class _Handler(BaseHTTPRequestHandler):
    server: Sandbox
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._send(413, {"code": "national.too_large"})
            return
        self._answer("POST", self.rfile.read(length))

    def _answer(self, method: str, body: bytes) -> None:
        server = self.server
        url = urlsplit(self.path)
        if url.path == "/health":
            self._send(200, {"ready": True})
            return
        try:
            server.verifier.verify(method, self.path, body, dict(self.headers.items()), server.now())
        except Forbidden as error:
            self._send(401, {"code": error.code, "zh": error.zh, "en": error.en})
            return
        if url.path != "/v1/faults" and self._fault():
            return
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            self._send(200, self._result(method, url.path, query, body))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._send(400, {"code": "national.malformed", "en": repr(error)})

    def _result(self, method: str, path: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
        store = self.server.store
        match method, path.removeprefix("/v1/").partition("/"):
            case "POST", ("records", _, _):
                records = orjson.loads(body)["records"]
                if len(records) > LARGEST_BATCH:
                    raise ValueError("too many records")
                return {"results": store.take(records)}
            case "POST", ("faults", _, _):
                return self._plan(orjson.loads(body))
            case "GET", ("counts", _, _):
                counts = store.counts(query.get("school"), query.get("province"), int(query["class"]))
                return {"counts": counts, "total": sum(counts.values())}
            case "GET", ("digests", _, _):
                schools = store.lines(None, int(query["class"])).items()
                return {
                    "schools": {
                        school: {"count": len(lines), "digest": digest(lines.values())} for school, lines in schools
                    }
                }
            case "GET", ("lines", _, _):
                school = query["school"]
                return {"lines": store.lines(school, int(query["class"])).get(school, {})}
            case "GET", ("records", _, graduate_id):
                return {"records": store.history(graduate_id)}
        raise KeyError(path)

    def _plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        server = self.server
        server.fail_next = int(plan.get("fail", server.fail_next))
        server.delay_next = int(plan.get("delay", server.delay_next))
        server.delay_seconds = float(plan.get("seconds", server.delay_seconds))
        if "refuse" in plan:
            server.store.refuse = set(plan["refuse"])
        return {"planned": True}

    def _fault(self) -> bool:
        server = self.server
        if server.delay_next > 0:
            server.delay_next -= 1
            time.sleep(server.delay_seconds)
        if server.fail_next > 0:
            server.fail_next -= 1
            self._send(500, {"code": "national.told_to_fail"})
            return True
        return False

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """One line a request would drown what matters."""


def serve(port: int, path: Path, key: bytes) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = Sandbox(port, path, key)

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if server.store.torn:
        print("the last line of the file was torn and never answered: dropped", flush=True)
    print(f"national sandbox on port {server.server_address[1]}", flush=True)
    server.serve_forever()
