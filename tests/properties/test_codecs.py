"""Codecs of all contexts: what is stored is read back as it was; what is no event is unreadable or waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.codec import from_json, to_json
from shared.errors import Unavailable, UnreadableEvent
from tests.support.golden_examples import MEANT, codec_of, event_classes
from tests.support.strategies import json_objects, json_values, values_of

# There are many classes, and each has a few fields.
PER_CLASS = 10


@settings(max_examples=PER_CLASS)
@pytest.mark.parametrize("event_class", event_classes(), ids=lambda cls: cls.TYPE)
@given(data=st.data())
def test_an_event_read_back_from_its_json_text_is_the_same(event_class: Any, data: st.DataObject) -> None:
    event = data.draw(values_of(event_class))
    event_type, version, stored = codec_of(event_class.TYPE).encode(event)
    as_text = json.loads(json.dumps(stored))
    assert codec_of(event_type).decode(event_type, version, as_text) == event


@settings(max_examples=300)
@given(event_class=st.sampled_from(event_classes()), version=st.integers(-1, 3), data=json_objects)
def test_arbitrary_json_is_an_event_or_not_readable(event_class: Any, version: int, data: dict[str, Any]) -> None:
    try:
        event = codec_of(event_class.TYPE).decode(event_class.TYPE, version, data)
    except (UnreadableEvent, Unavailable):
        return
    # Whatever is taken for an event holds what its class says, so it can be stored again.
    assert from_json(event_class, to_json(event)) == event


@settings(max_examples=300)
@given(example=st.sampled_from(list(MEANT.values())), data=st.data())
def test_an_event_with_one_value_changed_to_anything_is_an_event_or_unreadable(
    example: Any, data: st.DataObject
) -> None:
    codec = codec_of(example.TYPE)
    event_type, version, stored = codec.encode(example)
    changed = {**stored, data.draw(st.sampled_from(sorted(stored))): data.draw(json_values)}
    try:
        event = codec.decode(event_type, version, changed)
    except (UnreadableEvent, Unavailable):
        return
    assert codec.decode(*codec.encode(event)) == event


@given(event_type=st.text(), data=json_objects)
def test_an_event_type_nobody_owns_is_waited_for(event_type: str, data: dict[str, Any]) -> None:
    codec = codec_of("review.ReviewOpened")
    with pytest.raises(Unavailable) as caught:
        codec.decode(f"{event_type}?", 1, data)
    assert caught.value.code == "event.newer"
