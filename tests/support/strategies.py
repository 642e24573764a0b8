"""Hypothesis strategies made from dataclass hints: any value that a class may hold, with no list of classes to keep."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.messages import Actor, NewEvent, Recorded

SCALARS: dict[Any, Callable[[], SearchStrategy[Any]]] = {
    str: st.text,
    bool: st.booleans,
    # What JSON and PostgreSQL both hold.
    int: lambda: st.integers(-(2**63), 2**63 - 1),
    datetime: lambda: st.datetimes(timezones=st.just(UTC)),
    date: st.dates,
    UUID: st.uuids,
    Decimal: lambda: st.decimals(allow_nan=False, allow_infinity=False),
}
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)
json_objects = st.dictionaries(st.text(max_size=20), json_values, max_size=6)


@cache
def values_of(hint: Any) -> SearchStrategy[Any]:
    """Any value of a type hint that an event may use. Raises TypeError for another hint."""
    origin, args = get_origin(hint), get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]()
    if hint is type(None):
        return st.none()
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, args))
    if origin is tuple:
        return st.lists(values_of(args[0]), max_size=4).map(tuple)
    if is_dataclass(hint):
        made: Any = hint
        hints = get_type_hints(made)
        return st.builds(made, **{each.name: values_of(hints[each.name]) for each in fields(made)})
    raise TypeError(f"no strategy for {hint}")


instants = SCALARS[datetime]()
actors = st.builds(Actor, role=st.text(), id=st.text(), scope=st.text())
new_events = st.builds(
    NewEvent,
    type=st.text(),
    type_version=st.integers(1, 2**15 - 1),
    data=json_objects,
    event_id=st.uuids(),
    command_id=st.uuids(),
    correlation_id=st.uuids(),
    causation_id=st.none() | st.uuids(),
    actor=actors,
    occurred_at=instants,
)
recorded_events = st.builds(
    Recorded,
    lane=st.text(),
    position=st.integers(1, 2**63 - 1),
    stream=st.text(),
    version=st.integers(1, 2**31 - 1),
    recorded_at=instants,
    event=new_events,
)
