"""Ids say which lane they live in, and a command given twice makes the same ids."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.port import stream_lane
from shared.messages import Actor, Meta, lane_of, new_id

lanes = st.integers(0, 99).map("{:02d}".format)
names = st.sampled_from(["offer", "registration", "void", "cancellation"])
AT = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)


@given(lanes, st.uuids(), names)
def test_an_id_lives_in_the_lane_it_was_made_for(lane: str, seed: UUID, name: str) -> None:
    thing_id = new_id(lane, seed, name)
    assert lane_of(thing_id) == lane
    assert stream_lane(f"graduate-{thing_id}") == lane


@given(lanes, st.uuids(), st.uuids(), names, names)
def test_two_things_share_an_id_only_when_one_command_made_both(
    lane: str, seed: UUID, other_seed: UUID, name: str, other_name: str
) -> None:
    same = (seed, name) == (other_seed, other_name)
    assert (new_id(lane, seed, name) == new_id(lane, other_seed, other_name)) is same


@given(st.text(max_size=50))
def test_text_is_an_id_of_a_lane_or_no_id(text: str) -> None:
    try:
        lane = lane_of(text)
    except ValueError:
        return
    assert text.startswith(f"{lane}-")
    assert lane in {f"{number:02d}" for number in range(100)}


@pytest.mark.parametrize("text", ["", "14", "14-", "1-x", "xx-1", "14x1", "١٤-x", "1¹-x"])
def test_what_has_no_lane_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        lane_of(text)


@given(st.uuids(), st.lists(st.integers(0, 499), unique=True, max_size=20))
def test_every_item_of_a_bulk_command_has_a_command_id_of_its_own(command_id: UUID, indexes: list[int]) -> None:
    meta = Meta(command_id, command_id, Actor("school", "office"), AT, "review.approve_reviews")
    items = {meta.item(index).command_id for index in indexes}
    assert len(items) == len(indexes)
    assert command_id not in items
    assert items == {meta.item(index).command_id for index in indexes}
