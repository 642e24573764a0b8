"""What the practice system knows: records in a file, each judged by order, version and content before it is kept."""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from services.sync.interface import ACCEPTED, REFUSED, REPEATED, VERSION_GAP, digest_line
from services.sync.records import (
    ARCHIVE_FIELDS,
    HOUSEHOLD_FIELDS,
    LEAVING_FIELDS,
    RESTATE,
    ROSTER_FIELDS,
    TOLD_FIELDS,
    VERBS,
    VOID,
)
from shared.codes.destination import FIELD_FORBIDDEN, FIELD_MISSING, NoSuchDestination, asks_of, faults

REFUSALS = {
    "national.malformed": (
        "记录格式有误，请核对接口版本后重报",
        "The record is malformed: check the interface, then send it again",
    ),
    "national.other_province": (
        "记录不属于该省份，请由所属省份报送",
        "The record is not of the province that sends it: let its own send it",
    ),
    VERSION_GAP: ("版本不连续，请从缺少的版本起重报", "The version is not the next one: send from the missing one on"),
    "national.unknown_field": (
        "含有接口未列出的项，请核对接口版本后重报",
        "A field that the interface does not list: check the interface",
    ),
    "national.unknown_code": ("未知的去向代码，请核对去向类别后重报", "Unknown destination code: check the category"),
    "national.field_missing": (
        "缺少该类别必填项，请补充登记后重报",
        "A field this category needs is missing: fill it in",
    ),
    "national.field_forbidden": (
        "含有该类别不应填写的项，请更正登记后重报",
        "A field this category has not: correct the registration",
    ),
    "national.wrong_value": (
        "含有该类别不允许的内容，请更正登记后重报",
        "A field holds what this category does not allow: correct the registration",
    ),
    "national.told_to_refuse": (
        "按演练要求拒收，请取消该要求后重报",
        "Refused because it was told to: take that back, then send it again",
    ),
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
_BODY = frozenset({"roster", "destination", "leaving"})


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
        return _judge_body(record["body"], record["class_year"])

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


def _judge_body(body: dict[str, Any], class_year: int) -> str | None:
    roster, destination = body["roster"] or {}, body["destination"]
    if not roster.keys() <= set(ROSTER_FIELDS) or not (destination or {}).keys() <= set(TOLD_FIELDS):
        return "national.unknown_field"
    return _judge_leaving(body) or _judge_destination(destination, class_year)


def _judge_leaving(body: dict[str, Any]) -> str | None:
    leaving = body["leaving"]
    if leaving is None:
        return None
    if body["destination"] is None:
        return "national.field_forbidden"
    archive, household = leaving.get("archive"), leaving.get("household")
    if not (isinstance(archive, dict) and isinstance(household, dict)):
        return "national.field_missing"
    known = ((leaving, LEAVING_FIELDS), (archive, ARCHIVE_FIELDS), (household, HOUSEHOLD_FIELDS))
    if any(not told.keys() <= set(fields) for told, fields in known):
        return "national.unknown_field"
    missing = leaving.get("confirmed_on") is None or archive.get("kind") is None or household.get("moves") is None
    return "national.field_missing" if missing else None


_FAULTS = {FIELD_MISSING: "national.field_missing", FIELD_FORBIDDEN: "national.field_forbidden"}


def _judge_destination(destination: dict[str, Any] | None, class_year: int) -> str | None:
    if destination is None:
        return None
    code, form = destination.get("code"), destination.get("form")
    if not isinstance(code, str) or not (form is None or isinstance(form, str)):
        return "national.unknown_code"
    try:
        asks = asks_of(code, form, class_year)
    except NoSuchDestination:
        return "national.unknown_code"
    fault = next(faults(destination, asks, registering=False), None)
    return None if fault is None else _FAULTS.get(fault.what, "national.wrong_value")
