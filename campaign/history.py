"""What clients asked and what they were told, one JSON object a line, as it happened. Written by many threads.

An `ask` line comes before every attempt of a command, a `told` line after it: `ok` with the answer, `refused` with the
code, `unknown` when no answer came or trouble that passes was told, `failed` when the service had a bug. Two attempts with
one command id are the same command.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

OK, REFUSED, UNKNOWN, FAILED = "ok", "refused", "unknown", "failed"


class History:
    """The file being written; every line is in the file before the call it tells of goes on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = Lock()

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, what: str, **facts: Any) -> None:
        """One line."""
        line = json.dumps({"what": what, "at": datetime.now(UTC).isoformat(), **facts}, ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()


@dataclass(slots=True)
class Attempt:
    """One time a command was sent. `outcome` stays unknown when the client ended first."""

    command_id: str
    method: str
    items: int | None
    asked_at: datetime
    deadline: datetime
    outcome: str = UNKNOWN
    result: Any = None
    code: str = ""
    told_at: datetime | None = None


def read(path: Path) -> list[Attempt]:
    """Every attempt of a file, in the order in which they were asked."""
    with path.open(encoding="utf-8") as lines:
        return list(attempts(json.loads(line) for line in lines))


def attempts(lines: Iterable[dict[str, Any]]) -> Iterator[Attempt]:
    """The attempts that lines tell of."""
    found: dict[tuple[str, int], Attempt] = {}
    for line in lines:
        if line["what"] not in ("ask", "told"):
            continue
        key = (line["command_id"], line["attempt"])
        if line["what"] == "ask":
            found[key] = Attempt(
                command_id=line["command_id"],
                method=line["method"],
                items=line["items"],
                asked_at=datetime.fromisoformat(line["at"]),
                deadline=datetime.fromisoformat(line["deadline"]),
            )
        else:
            found[key].outcome = line["outcome"]
            found[key].result = line.get("result")
            found[key].code = line.get("code", "")
            found[key].told_at = datetime.fromisoformat(line["at"])
    yield from found.values()
