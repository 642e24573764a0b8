"""What the directory's deciders share."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from shared.errors import Invalid, Reason
from shared.handling import Streams

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
    return {name: getattr(record, name) for name in _names(record.__class__)}


# Asked for each row of a roster.
@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def no_facts(command: Any, streams: Streams) -> None:
    """For decisions that look at their own stream only."""
    del command, streams
