"""The shapes in which a reader may meet an event while releases roll: whichever it is, it must understand the same.

`stored` is the golden itself. `unknown`: fields of a newer release are there as well, also in what is nested. `bare`: every
field that may be left out and says nothing is left out. `spelled`: every such field is there. `older`: the fields had other
names in the version before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

import pytest

from shared import stored
from shared.codec import to_json
from tests.support import golden_examples

Shaped = Callable[[str, dict[str, Any]], dict[str, Any]]
_FORMER: Final = "former_"


def _as_stored(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    del event_type
    return data


def _with_unknown(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    more = _nested_with_unknown(data)
    # Of what is understood whole a newer release is waited for.
    return {**more, "later": {"value": 1}} if event_type not in stored.WHOLE else more


def _nested_with_unknown(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {**_nested_with_unknown(value), "later": "更晚"} if isinstance(value, dict) else value
        for name, value in data.items()
    }


def _bare(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    defaults = defaults_of(golden_examples.class_of(event_type))
    return {name: value for name, value in data.items() if name not in defaults or value != defaults[name]}


def _spelled(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    defaults = defaults_of(golden_examples.class_of(event_type))
    return {**{name: value for name, value in defaults.items() if value is not None}, **data}


def _older(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    del event_type
    return {f"{_FORMER}{name}": value for name, value in data.items()}


def defaults_of(event_class: Any) -> dict[str, Any]:
    """What the fields that may be left out mean when they are, as JSON."""
    found = {}
    for each in fields(event_class):
        if each.default is not MISSING:
            found[each.name] = to_json(each.default)
        elif each.default_factory is not MISSING:
            found[each.name] = to_json(each.default_factory())
    return found


SHAPES: Final[Mapping[str, Shaped]] = {
    "stored": _as_stored,
    "unknown": _with_unknown,
    "bare": _bare,
    "spelled": _spelled,
    "older": _older,
}


def tell_as(monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    """From now on goldens are told to readers in this shape."""
    monkeypatch.setattr(golden_examples, "SHAPED", SHAPES[shape])
    if shape == "older":
        lift = {1: lambda data: {name.removeprefix(_FORMER): value for name, value in data.items()}}
        monkeypatch.setattr(stored, "LIFTS", dict.fromkeys(map(_type, golden_examples.event_classes()), lift))


def _type(event_class: Any) -> str:
    return str(event_class.TYPE)
