"""Whoever makes a thing is answered with its id: an event that carries a fresh id says which of its fields it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.golden_examples import event_classes
from tests.support.source import ROOT, parsed

CLASSES = {each.__name__: each for each in event_classes()}
# A round of review is opened by the platform; nobody is asked for its id.
NOT_ASKED_FOR = {"review_id"}


def _fresh() -> dict[str, set[str]]:
    """The fields of each event class that a decider fills with a fresh id."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "services").rglob("decider*/**/*.py"):
        found |= _fresh_in(path)
    for path in (ROOT / "services").glob("*/decider.py"):
        found |= _fresh_in(path)
    return found


def _fresh_in(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLASSES:
            fresh = {
                word.arg
                for word in node.keywords
                if word.arg is not None
                and isinstance(word.value, ast.Call)
                and isinstance(word.value.func, ast.Name)
                and word.value.func.id == "new_id"
            }
            found.setdefault(node.func.attr, set()).update(fresh - NOT_ASKED_FOR)
    return {name: fields for name, fields in found.items() if fields}


FRESH = _fresh()


def test_events_that_make_things_are_found() -> None:
    assert {"SigningProposed", "BookApplied", "CancellationRequested", "RegistrationSubmitted"} <= FRESH.keys()


@pytest.mark.parametrize("name", sorted(FRESH))
def test_an_event_says_which_of_its_ids_is_new(name: str) -> None:
    assert {CLASSES[name].MAKES} == FRESH[name]


@pytest.mark.parametrize("event_class", [each for each in CLASSES.values() if hasattr(each, "MAKES")])
def test_what_is_made_is_named_as_other_commands_take_it(event_class: type) -> None:
    made = event_class.MAKES  # type: ignore[attr-defined]
    assert made in event_class.__dataclass_fields__  # type: ignore[attr-defined]
    assert made.endswith("_id")
