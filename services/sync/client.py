"""Asking and telling the national system over HTTP: bounded waits, a few tries, and a breaker that spares it while away."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson
import requests

from services.sync.interface import OUTCOMES, sign
from services.sync.records import Record
from shared import metrics
from shared.errors import Reason, Unavailable

AWAY = Reason(
    "national.away",
    "国家系统暂不可用：{why:technical}，平台会自动重报，请等待",
    "The national system is away: {why:technical}; it is told again",
    Unavailable,
)
OPEN = Reason(
    "national.breaker_open",
    "国家系统近期不可用，平台稍后自动重报，请等待",
    "The national system was away a moment ago; waiting",
    Unavailable,
)
TURNED_AWAY = Reason(
    "national.turned_away",
    "国家系统未受理请求：{status:number} {code:technical}，请运维人员核对接入设置",
    "The national system did not take the request, {status:number} {code:technical}: operators check the settings",
    Unavailable,
)
NOT_UNDERSTOOD = Reason(
    "national.not_understood",
    "国家系统的答复无法理解：{why:technical}，请运维人员核对接口版本",
    "The national system's answer is not understood, {why:technical}: operators check the interface",
    Unavailable,
)

T = TypeVar("T")

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0
# Answers that say "not now" as clearly as no answer does.
_NOT_NOW = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Told:
    """What the national system said to one record."""

    event_id: str
    outcome: str
    code: str = ""
    zh: str = ""
    en: str = ""


class BreakerState(StrEnum):
    """Closed: requests pass. Open: none does. Half-open: one is let through to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class Breaker:
    """One target's: opens after `limit` failures in a row, lets one request try `pause` seconds later."""

    limit: int = 5
    pause: float = 5.0
    now: Callable[[], float] = time.monotonic
    failures: int = 0
    opened_at: float | None = None
    trying: bool = False

    @property
    def state(self) -> BreakerState:
        """What the next request would meet."""
        if self.opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.now() < self.opened_at + self.pause else BreakerState.HALF_OPEN

    def check(self) -> None:
        """Before each request. Raises Unavailable `national.breaker_open`."""
        state = self.state
        if state is BreakerState.OPEN or self.trying:
            raise OPEN.error()
        self.trying = state is BreakerState.HALF_OPEN

    def succeeded(self) -> None:
        """A request was answered."""
        self.failures, self.opened_at, self.trying = 0, None, False

    def failed(self) -> None:
        """A request was not answered."""
        self.failures += 1
        self.trying = False
        if self.failures >= self.limit:
            self.opened_at = self.now()


@dataclass(slots=True)
class NationalClient:
    """One target, one thread. `timeout` bounds each wait for the network, `patience` all tries of one request, in seconds.

    Every method raises Unavailable: `national.away` after its tries, `.breaker_open`, `.turned_away` (the request itself
    is not taken, such as a wrong key), `.not_understood`.
    """

    url: str
    key: bytes
    timeout: float = 10.0
    patience: float = 10.0
    breaker: Breaker = field(default_factory=Breaker)
    session: requests.Session = field(default_factory=requests.Session)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    def send(self, province: str, records: Sequence[Record]) -> list[Told]:
        """What was said to each of up to 500 records, in their order."""
        body = orjson.dumps({"province": province, "records": [record.to_json() for record in records]})
        answer = self._request("POST", "/v1/records", body)
        told = [_told(each) for each in _part(answer, "results", list)]
        if [each.event_id for each in told] != [record.event_id for record in records]:
            raise NOT_UNDERSTOOD.error(why="the results are not those of the batch")
        return told

    def counts(self, school: str, class_year: int) -> dict[str, int]:
        """How many graduates of a school and class have each code there; "" for none."""
        answer = self._request("GET", _path("/v1/counts", school=school, class_year=class_year))
        return _part(answer, "counts", dict)

    def digests(self, class_year: int) -> dict[str, dict[str, Any]]:
        """Per school: `count` and `digest` of a class."""
        return _part(self._request("GET", _path("/v1/digests", class_year=class_year)), "schools", dict)

    def lines(self, school: str, class_year: int) -> dict[str, str]:
        """Per graduate of a school and class: the line that it adds to the digest there."""
        return _part(self._request("GET", _path("/v1/lines", school=school, class_year=class_year)), "lines", dict)

    def history(self, graduate_id: str) -> list[dict[str, Any]]:
        """Every record of a graduate that was accepted, oldest first."""
        return _part(self._request("GET", f"/v1/records/{quote(graduate_id, safe='')}"), "records", list)

    def _request(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        clock = self.breaker.now
        give_up_at = clock() + self.patience
        for attempt in count():
            try:
                return self._try(method, path, body)
            except Unavailable as error:
                # Jitter, so that replicas that were interrupted together do not come back together.
                wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311
                if error.code != AWAY.code or clock() + wait > give_up_at:
                    raise
            self.sleep(wait)
        raise AssertionError

    def _try(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        self.breaker.check()
        answered = False
        try:
            answer = self._answer(method, path, body)
            answered = True
        finally:
            if answered:
                self.breaker.succeeded()
            else:
                self.breaker.failed()
            metrics.BREAKER_OPEN.set(self.breaker.state is not BreakerState.CLOSED)
        told = _json(answer.content)
        if answer.status_code != requests.codes.ok:
            raise TURNED_AWAY.error(status=answer.status_code, code=str((told or {}).get("code", "")))
        if told is None:
            raise NOT_UNDERSTOOD.error(why="no JSON object")
        return told

    def _answer(self, method: str, path: str, body: bytes) -> requests.Response:
        signed = sign(self.key, method, path, body, self.now())
        try:
            answer = self.session.request(
                method,
                self.url.rstrip("/") + path,
                data=body,
                headers={"Content-Type": "application/json", **signed},
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise AWAY.error(why=type(error).__name__) from error
        if answer.status_code >= requests.codes.server_error or answer.status_code in _NOT_NOW:
            raise AWAY.error(why=f"HTTP {answer.status_code}")
        return answer


def _path(path: str, *, class_year: int, school: str | None = None) -> str:
    asked: dict[str, Any] = {"class": class_year} if school is None else {"school": school, "class": class_year}
    return f"{path}?{urlencode(asked)}"


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None


def _part(answer: dict[str, Any], name: str, kind: type[T]) -> T:
    part = answer.get(name)
    if not isinstance(part, kind):
        raise NOT_UNDERSTOOD.error(why=f"no {name}")
    return part


def _told(said: Any) -> Told:
    if not isinstance(said, dict) or said.get("outcome") not in OUTCOMES:
        raise NOT_UNDERSTOOD.error(why="an outcome nobody knows")
    return Told(**{name: str(said.get(name, "")) for name in Told.__dataclass_fields__})
