"""Messages of the wrong shape are refused with their fields, in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared import shapes
from shared.errors import Invalid
from shared.shapes import Query, QueryShape, Shape, load


@dataclass(frozen=True, slots=True)
class Unit:
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    graduate_id: str
    note: str
    code: str
    way: str
    on: date
    until: datetime
    pay: int | None
    sure: bool
    units: tuple[Unit, ...]


class UnitShape(Shape):
    makes = Unit
    name = shapes.sentence(10)


class OrderShape(Shape):
    makes = Order
    graduate_id = shapes.thing_id()
    note = shapes.sentence(20)
    code = shapes.coded({"10", "11"})
    way = shapes.choice("seal", "accept", of="signing_step")
    on = shapes.day()
    until = shapes.instant()
    pay = shapes.whole(0, 100, required=False)
    sure = shapes.flag()
    units = shapes.list_of(shapes.nested(UnitShape), 2)


GOOD: dict[str, Any] = {
    "graduate_id": "14-6f1c",
    "note": "  签约  ",
    "code": "10",
    "way": "seal",
    "on": "2026-06-30",
    "until": "2026-06-30T08:00:00+08:00",
    "sure": True,
    "units": [{"name": "甲"}],
}


def test_a_good_message_becomes_its_dataclass() -> None:
    assert load(OrderShape, GOOD) == Order(
        graduate_id="14-6f1c",
        note="签约",
        code="10",
        way="seal",
        on=date(2026, 6, 30),
        until=datetime(2026, 6, 30, tzinfo=UTC),
        pay=None,
        sure=True,
        units=(Unit("甲"),),
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("graduate_id", "no id"),
        ("graduate_id", "14-" + "x" * 80),
        ("graduate_id", 14),
        ("note", "   "),
        ("note", "长" * 21),
        ("note", "a\x00b"),
        ("note", None),
        ("code", "99"),
        ("code", ["10"]),
        ("way", "by post"),
        ("on", "30.06.2026"),
        ("on", 20260630),
        ("until", "2026-06-30T08:00:00"),
        ("until", "soon"),
        ("pay", -1),
        ("pay", 101),
        ("pay", "50"),
        ("pay", 1.5),
        ("sure", "yes"),
        ("units", {"name": "甲"}),
        ("units", [{"name": "甲"}] * 3),
        ("units.0.name", ""),
        ("surprise", 1),
    ],
)
def test_a_bad_field_is_named(field: str, value: Any) -> None:
    message: dict[str, Any] = {**GOOD, "units": [dict(GOOD["units"][0])]}
    if field == "units.0.name":
        message["units"][0]["name"] = value
    else:
        message[field] = value
    with pytest.raises(Invalid) as caught:
        load(OrderShape, message)
    assert caught.value.code == "payload.invalid"
    assert caught.value.field == field
    (reasons,) = caught.value.details["fields"].values()
    assert " / " in reasons[0], "each reason speaks Chinese and English"


@pytest.mark.parametrize("field", sorted(set(GOOD)))
def test_a_missing_field_is_named(field: str) -> None:
    message = {name: value for name, value in GOOD.items() if name != field}
    with pytest.raises(Invalid) as caught:
        load(OrderShape, message)
    assert caught.value.details["fields"] == {field: ["必填 / required"]}


@pytest.mark.parametrize("payload", [None, [], "text", 7, True])
def test_what_is_no_object_is_refused(payload: Any) -> None:
    with pytest.raises(Invalid) as caught:
        load(OrderShape, payload)
    assert caught.value.field == "payload"


@dataclass(frozen=True)
class Person:
    name: str
    unit: str | None


class PersonShape(Shape):
    makes = Person
    name = shapes.person_name(5)
    unit = shapes.line(10, required=False)


def test_names_and_lines_are_kept_in_their_one_form() -> None:
    told = load(PersonShape, {"name": "\u200b李　雷 ", "unit": "晋阳（集团）\ufeff"})
    assert told == Person("李雷", "晋阳（集团）")


@pytest.mark.parametrize(
    ("payload", "field", "why"),
    [
        ({"name": "\u202d李雷\u202c"}, "name", "U+202D"),
        ({"name": "李\ue000"}, "name", "U+E000"),
        ({"name": "\u200b"}, "name", "空白"),
        ({"name": "㎞㎞㎞"}, "name", "最多 5 个字符"),
        ({"name": "李雷", "unit": "晋阳\n机械"}, "unit", "U+000A"),
    ],
)
def test_a_name_or_a_line_that_cannot_be_kept_is_refused(payload: dict[str, str], field: str, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(PersonShape, payload)
    assert caught.value.field == field
    assert why in caught.value.zh


@dataclass(frozen=True, slots=True, kw_only=True)
class List(Query):
    scope: str


class ListShape(QueryShape):
    makes = List
    scope = shapes.sentence(64)


def test_a_query_brings_a_page_and_what_it_must_not_be_older_than() -> None:
    assert load(ListShape, {"scope": "CN"}) == List(scope="CN", at_least=None, limit=100, after=None)
    asked = load(ListShape, {"scope": "CN", "at_least": {"14": 7}, "limit": 5, "after": "x"})
    assert asked == List(scope="CN", at_least={"14": 7}, limit=5, after="x")


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 501}, {"at_least": {"x": 1}}, {"at_least": {"14": -1}}])
def test_a_page_has_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        load(ListShape, {"scope": "CN", **wrong})
