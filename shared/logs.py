"""Log lines as JSON on standard error: when, how bad, who, what, and the correlation id. Never a payload.

Standard library logging with one formatter: nameko, kombu and alembic log through it too.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import TracebackException
from typing import TYPE_CHECKING, Any

import orjson
from amqp.exceptions import AMQPError

from shared.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)

# What a caller may add with `extra=`; anything else is dropped, so that no payload slips into a log.
_SAYS_NO_PAYLOAD = (ServiceError, OSError, AMQPError)
FACTS = (
    "action",
    "actor",
    "attempt",
    "client_address",
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
    # Whose personal data were shown: ids, which name nobody by themselves.
    "subjects",
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
            line["trace"] = _trace(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def _trace(exc_info: Any) -> str:
    """The frames, and of each exception what it is; what it says may hold what a person wrote."""
    found: TracebackException | None = TracebackException(*exc_info)
    kept: list[str] = []
    while found is not None:
        said = str(found) if found.exc_type is not None and issubclass(found.exc_type, _SAYS_NO_PAYLOAD) else "..."
        kept[:0] = [*found.stack.format(), f"{getattr(found.exc_type, '__qualname__', '?')}: {said}\n"]
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "".join(kept)


def set_up(process: str, level: int = logging.INFO) -> None:
    """Send every log line of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # nameko logs each refusal and bug of a method once more; our entrypoints log outcomes.
    logging.getLogger("nameko").setLevel(logging.CRITICAL)
    logging.getLogger("amqp").setLevel(logging.WARNING)


def correlate(correlation_id: str) -> None:
    """Lines logged by this green thread from now on carry this correlation id."""
    _correlation.set(correlation_id)


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Lines logged inside carry this correlation id."""
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)
