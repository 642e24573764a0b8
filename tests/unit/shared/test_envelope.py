"""An event crosses AMQP unchanged; bytes that are no event are refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.envelope import pack, unpack
from shared.errors import Invalid
from shared.messages import Recorded
from tests.support.events import AT, a_stream, an_event


@pytest.mark.parametrize("caused", [True, False])
def test_unpacking_what_was_packed_gives_the_same_event(caused: bool) -> None:
    event = an_event(3)
    if caused:
        event = type(event)(**{name: getattr(event, name) for name in event.__slots__} | {"causation_id": uuid4()})
    recorded = Recorded("14", 7, a_stream(), 2, AT + timedelta(seconds=1), event)
    assert unpack(pack(recorded)) == recorded


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        unpack(body)
    assert caught.value.code == "event.unreadable"


def test_an_event_with_a_missing_part_is_refused() -> None:
    with pytest.raises(Invalid):
        unpack(b'{"lane": "14", "position": 1}')
