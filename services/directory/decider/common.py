"""What the directory's deciders share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from shared.errors import Invalid, Reason
from shared.handling import Streams
from shared.messages import NATIONAL_LANE

CHAIN = ("department", "school", "province")

WRONG_CHAIN = Reason(
    "directory.wrong_chain",
    "审核环节应按院系、学校、省级的顺序选取，不得重复，请重新选择",
    "A chain names department, school, province in this order, each once: choose again",
    Invalid,
)


def check_chain(chain: tuple[str, ...], field: str) -> None:
    """Raises Invalid unless the steps are in their order."""
    if tuple(step for step in CHAIN if step in chain) != chain:
        raise WRONG_CHAIN.error(field=field)


def values_of(record: Any) -> dict[str, Any]:
    """A command's or an event's fields by name."""
    names, values = _fields(record.__class__)
    return dict(zip(names, values(record), strict=True))


# Asked for each row of a roster.
@cache
def _fields(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(each.name for each in fields(kind))
    # One name is not enough for a tuple.
    return names, attrgetter(*names) if len(names) > 1 else lambda record: tuple(
        getattr(record, name) for name in names
    )


def no_facts(command: Any, streams: Streams) -> None:
    """For decisions that look at their own stream only."""
    del command, streams


def person_stream(id_hash: str) -> str:
    """The stream of a person."""
    return f"person-{NATIONAL_LANE}-{id_hash}"
