"""Log lines as JSON on standard error: when, how bad, who, what, and the correlation id. Never a payload.

Standard library logging with one formatter: nameko, kombu and alembic log through it too.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)

# What a caller may add with `extra=`; anything else is dropped, so that no payload slips into a log.
FACTS = (
    "action",
    "attempt",
    "code",
    "command_id",
    "event_id",
    "event_type",
    "follower",
    "lane",
    "outcome",
    "position",
    "queue",
    "seconds",
)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        correlation = _correlation.get()
        if correlation is not None:
            line["correlation_id"] = correlation
        for fact in FACTS:
            value = getattr(record, fact, None)
            if value is not None:
                line[fact] = value
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def set_up(process: str, level: int = logging.INFO) -> None:
    """Send every log line of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # nameko logs refusals as warnings with a stack trace and each worker's arguments; our entrypoints log outcomes.
    logging.getLogger("nameko").setLevel(logging.ERROR)
    logging.getLogger("amqp").setLevel(logging.WARNING)


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Lines logged inside carry this correlation id."""
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)
