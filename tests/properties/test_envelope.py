"""The envelope that carries events over AMQP: unchanged or refused."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.envelope import pack, unpack
from shared.errors import Invalid
from shared.messages import Recorded
from tests.support.golden_examples import MEANT, recorded
from tests.support.strategies import json_values, recorded_events


@given(recorded_events)
def test_an_event_crosses_amqp_unchanged(event: Recorded) -> None:
    assert unpack(pack(event)) == event


def test_every_golden_crosses_amqp_unchanged() -> None:
    for event_type, _ in MEANT:
        assert unpack(pack(recorded(event_type))) == recorded(event_type)


@given(json_values)
def test_arbitrary_json_is_refused(body: Any) -> None:
    assert refused(orjson.dumps(body))


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_are_refused(body: bytes) -> None:
    assert refused(body)


@given(recorded_events, st.data())
def test_a_body_with_one_part_changed_to_anything_is_an_event_or_refused(event: Recorded, data: st.DataObject) -> None:
    body = orjson.loads(pack(event))
    body[data.draw(st.sampled_from(sorted(body)))] = data.draw(json_values)
    changed = orjson.dumps(body)
    if not refused(changed):
        again = unpack(changed)
        assert unpack(pack(again)) == again


@pytest.mark.parametrize("number", [1.0, 2.0**64, True, "1", None])
def test_a_version_that_is_no_whole_number_is_refused(number: Any) -> None:
    body = orjson.loads(pack(recorded("directory.GraduateRemoved")))
    assert refused(orjson.dumps({**body, "type_version": number}))


def refused(body: bytes) -> bool:
    try:
        unpack(body)
    except Invalid as error:
        return error.code == "event.unreadable"
    return False


@pytest.mark.parametrize("pairs", [[], [[None, None]], [["graduate_id", "14-1"]]])
def test_pairs_are_no_facts(pairs: list[Any]) -> None:
    body = orjson.loads(pack(recorded("review.ReviewOpened")))
    assert refused(orjson.dumps({**body, "data": pairs}))
