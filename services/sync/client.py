"""Asking and telling the national system over HTTP, with bounded waits and a breaker that spares it while it is down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import requests

from services.sync.interface import sign
from services.sync.records import Record
from shared import metrics
from shared.errors import Reason, Unavailable

AWAY = Reason(
    "national.away", "国家系统暂不可用：{why}", "The national system is away: {why}", Unavailable
)
OPEN = Reason(
    "national.breaker_open", "国家系统近期不可用，稍后再试", "The national system was away a moment ago; waiting", Unavailable
)

ACCEPTED, REPEATED, REFUSED = "accepted", "repeated", "refused"


@dataclass(frozen=True, slots=True)
class Told:
    """What the national system said to one record."""

    event_id: str
    outcome: str
    code: str = ""
    zh: str = ""
    en: str = ""


@dataclass(slots=True)
class Breaker:
    """Opens after `limit` failures in a row; lets one try through every `pause` seconds until one succeeds."""

    limit: int = 3
    pause: float = 5.0
    now: Callable[[], float] = time.monotonic
    failures: int = 0
    retry_at: float = 0.0

    def check(self) -> None:
        """Raises Unavailable `national.breaker_open` while it is open."""
        if self.failures >= self.limit and self.now() < self.retry_at:
            raise OPEN.error()

    def succeeded(self) -> None:
        """A request was answered."""
        self.failures = 0
        metrics.BREAKER_OPEN.set(0)

    def failed(self) -> None:
        """A request was not answered."""
        self.failures += 1
        if self.failures >= self.limit:
            self.retry_at = self.now() + self.pause
            metrics.BREAKER_OPEN.set(1)


@dataclass(slots=True)
class NationalClient:
    """One target. `timeout` bounds connecting and reading in seconds. Not for several threads at once."""

    url: str
    key: bytes
    timeout: float = 10.0
    breaker: Breaker = field(default_factory=Breaker)
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, province: str, records: Sequence[Record]) -> list[Told]:
        """What was said to each record, in order. Raises Unavailable when nothing was said."""
        body = orjson.dumps({"province": province, "records": [record.to_json() for record in records]})
        answer = self._request("POST", "/v1/records", body)
        told = [Told(**each) for each in answer["results"]]
        if [each.event_id for each in told] != [record.event_id for record in records]:
            raise AWAY.error(why="the answer does not match the batch")
        return told

    def counts(self, school: str, class_year: int) -> dict[str, int]:
        """How many graduates of a school and class have each code there; "" for none."""
        answer = self._request("GET", f"/v1/counts?school={school}&class={class_year}")
        counts: dict[str, int] = answer["counts"]
        return counts

    def digests(self, class_year: int) -> dict[str, dict[str, Any]]:
        """Per school: `count` and `digest` of a class."""
        digests: dict[str, dict[str, Any]] = self._request("GET", f"/v1/digests?class={class_year}")["schools"]
        return digests

    def lines(self, school: str, class_year: int) -> dict[str, str]:
        """Per graduate of a school and class: the line that it adds to the digest there."""
        lines: dict[str, str] = self._request("GET", f"/v1/lines?school={school}&class={class_year}")["lines"]
        return lines

    def _request(self, method: str, path: str, body: bytes = b"") -> Any:
        self.breaker.check()
        try:
            answer = self.session.request(
                method,
                self.url + path,
                data=body,
                headers={"Content-Type": "application/json", **sign(self.key, method, path, body, time.time())},
                timeout=self.timeout,
                allow_redirects=False,
            )
            if answer.status_code != 200:
                raise AWAY.error(why=f"HTTP {answer.status_code}")
            told = orjson.loads(answer.content)
        except (requests.RequestException, ValueError) as error:
            self.breaker.failed()
            raise AWAY.error(why=type(error).__name__) from error
        except Unavailable:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return told
