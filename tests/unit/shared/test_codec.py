"""Events survive the way to JSON and back, old shapes are lifted, and what is newer than this release is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import stored
from shared.codec import Codec, from_json, to_json
from shared.errors import Unavailable, UnreadableEvent


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    TYPE: ClassVar[str] = "test.Moved"
    VERSION: ClassVar[int] = 3

    to: Place
    steps: tuple[str, ...]
    at: datetime | None = None
    day: date | None = None
    pay: Decimal | None = None
    who: UUID | None = None
    count: int | None = None
    sure: bool | None = None
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    TYPE: ClassVar[str] = "test.Barred"
    VERSION: ClassVar[int] = 1

    who: str


CODEC = Codec(Moved, Barred)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    lifts = {1: lambda data: {**data, "to": {"code": data["to"]}}, 2: lambda data: {**data, "steps": []}}
    monkeypatch.setattr(stored, "LIFTS", {"test.Moved": lifts})
    monkeypatch.setattr(stored, "WHOLE", {"test.Barred": {"who"}})


moves = st.builds(
    Moved,
    to=st.builds(Place, st.text(), st.none() | st.text()),
    steps=st.lists(st.text()).map(tuple),
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    day=st.none() | st.dates(),
    pay=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    who=st.none() | st.uuids(),
    count=st.none() | st.integers(),
    sure=st.none() | st.booleans(),
    colour=st.none() | st.just(Colour.RED),
)


@given(moves)
def test_decoding_what_was_encoded_gives_the_same_event(event: Moved) -> None:
    assert CODEC.decode(*CODEC.encode(event)) == event


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (1, {"to": "14"}),
        (2, {"to": {"code": "14"}}),
        (3, {"to": {"code": "14"}, "steps": []}),
        (1, {"to": "14", "more": 1}),
        (3, {"to": {"code": "14", "more": 1}, "steps": [], "more": 1}),
    ],
)
def test_every_stored_version_is_lifted_to_the_newest(version: int, data: dict[str, Any]) -> None:
    assert CODEC.decode("test.Moved", version, data) == Moved(Place("14"), ())


@pytest.mark.parametrize(
    ("event_type", "version", "data", "code"),
    [
        ("test.Moved", 0, {}, "event.unknown_version"),
        ("test.Moved", 3, {"steps": []}, "event.bad_data"),
        ("test.Moved", 3, {"to": {"code": 14}, "steps": []}, "event.bad_data"),
        ("test.Moved", 3, {"to": {"code": "14"}, "steps": "ab"}, "event.bad_data"),
        ("test.Moved", 3, {"to": {"code": "14"}, "steps": [], "day": "2021-02-30"}, "event.bad_data"),
        ("test.Moved", 3, {"to": {"code": "14"}, "steps": [], "pay": "a lot"}, "event.bad_data"),
        ("test.Moved", 3, {"to": {"code": "14"}, "steps": [], "count": True}, "event.bad_data"),
    ],
)
def test_what_nobody_knows_is_unreadable(event_type: str, version: int, data: dict[str, Any], code: str) -> None:
    with pytest.raises(UnreadableEvent) as caught:
        CODEC.decode(event_type, version, data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("event_type", "version", "data"),
    [
        ("test.Unknown", 1, {}),
        ("test.Moved", 4, {"to": {"code": "14"}, "steps": []}),
        ("test.Barred", 2, {"who": "14"}),
        ("test.Barred", 1, {"who": "14", "until": "2026-07-01"}),
    ],
)
def test_what_only_a_newer_release_can_know_is_waited_for(event_type: str, version: int, data: dict[str, Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        CODEC.decode(event_type, version, data)
    assert caught.value.code == "event.newer"


def test_what_is_understood_whole_and_known_is_read() -> None:
    assert CODEC.decode("test.Barred", 1, {"who": "14"}) == Barred("14")


def test_two_classes_cannot_share_a_type() -> None:
    with pytest.raises(ValueError, match="share"):
        Codec(Moved, Moved)


def test_absent_values_are_left_out() -> None:
    assert to_json(Place("14")) == {"code": "14"}
    assert from_json(Place, {"code": "14"}) == Place("14")
