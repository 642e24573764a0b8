"""Every shape ever stored, as a file. A golden is only added, never edited: what is stored cannot be changed either.

Where a golden and its example differ, the example or the event class is wrong, or a new VERSION with a lift is due
(tests/support/golden_examples.py says how to add one).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from shared import stored as stored_events
from tests.support.golden_examples import GOLDEN, MEANT, codec_of, codecs, event_classes, golden_path

FILES = sorted(GOLDEN.glob("*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_golden_is_read_as_its_example(path: Path) -> None:
    stored = json.loads(path.read_text())
    meant = MEANT[stored["type"], stored["version"]]
    assert path == golden_path(stored["type"], stored["version"])
    assert codec_of(stored["type"]).decode(stored["type"], stored["version"], stored["data"]) == meant


@pytest.mark.parametrize("event_class", event_classes(), ids=lambda cls: cls.TYPE)
def test_an_event_is_stored_as_its_golden(event_class: Any) -> None:
    path = golden_path(event_class.TYPE, event_class.VERSION)
    assert path.exists(), f"{path.name} is missing: add an example and write it (tests/support/golden_examples.py)"
    stored = json.loads(path.read_text())
    event_type, version, data = codec_of(event_class.TYPE).encode(MEANT[event_class.TYPE, event_class.VERSION])
    assert (event_type, version) == (stored["type"], stored["version"])
    # A field with a default may be added without a new version: then more is stored than the golden knows, never other.
    assert {name: data.get(name) for name in stored["data"]} == stored["data"]
    assert data.keys() - stored["data"].keys() <= optional_fields(event_class)


def optional_fields(event_class: Any) -> set[str]:
    return {
        each.name for each in fields(event_class) if each.default is not MISSING or each.default_factory is not MISSING
    }


@pytest.mark.parametrize("event_class", event_classes(), ids=lambda cls: cls.TYPE)
def test_every_version_of_an_event_has_its_golden(event_class: Any) -> None:
    assert all(golden_path(event_class.TYPE, version).exists() for version in range(1, event_class.VERSION + 1))


@pytest.mark.parametrize("event_class", event_classes(), ids=lambda cls: cls.TYPE)
def test_every_reader_lifts_an_event_to_the_version_that_its_owner_writes(event_class: Any) -> None:
    assert sorted(stored_events.LIFTS.get(event_class.TYPE, {})) == list(range(1, event_class.VERSION))


@pytest.mark.parametrize("event_class", event_classes(), ids=lambda cls: cls.TYPE)
def test_of_what_is_understood_whole_every_field_is_known(event_class: Any) -> None:
    known = stored_events.WHOLE.get(event_class.TYPE)
    # Who adds a field here decides that older processes wait while the release rolls (shared/stored.py).
    assert known is None or known == {each.name for each in fields(event_class)}


@pytest.mark.parametrize("known", [stored_events.LIFTS, stored_events.WHOLE], ids=["lifts", "whole"])
def test_what_is_known_of_stored_events_is_about_events(known: Mapping[str, Any]) -> None:
    assert known.keys() <= {event_class.TYPE for event_class in event_classes()}


def test_every_event_is_known_to_every_reader() -> None:
    assert {event_class.TYPE for event_class in event_classes()} == stored_events.TYPES


def test_an_event_type_names_its_context_and_belongs_to_one_codec() -> None:
    owners: dict[str, str] = {}
    for context, codec in codecs():
        for event_type in codec.classes:
            assert event_type.startswith(f"{context}.")
            assert event_type not in owners
            owners[event_type] = context
