"""What a message must look like before anything is decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.registration import schemas
from shared.codec import to_json
from shared.codes.destination import DESTINATIONS
from shared.errors import Invalid
from shared.shapes import load
from shared.words import field as words_of_field
from tests.support import registration_examples as x
from tests.support.spec import GRADUATE_ID, SCOPE

COMMANDS = {
    schemas.RegisterDestination: x.REGISTER,
    schemas.ImportDestination: x.IMPORT,
    schemas.WithdrawRegistration: x.WITHDRAW,
    schemas.RequestVoid: x.REQUEST_VOID,
}
SHAPES = [shape.__name__ for shape in COMMANDS]
REGISTER = to_json(x.REGISTER)


def refused(shape: Any, payload: Any, field: str) -> None:
    """Refused for this field alone, in Chinese and in English."""
    with pytest.raises(Invalid) as caught:
        load(shape, payload)
    assert caught.value.code == "payload.invalid"
    fields = caught.value.details["fields"]
    assert list(fields) == [field]
    for reason in fields[field]:
        zh, separator, en = reason.partition(" / ")
        assert separator
        assert not zh.isascii()
        assert en.isascii()
    assert caught.value.field == field
    # Programs are told the path, people the words of the form.
    path = "" if field == "payload" else field
    assert words_of_field(path, shape.__name__).zh in caught.value.zh
    assert words_of_field(path, shape.__name__).en in caught.value.en


@pytest.mark.parametrize(("shape", "example"), COMMANDS.items(), ids=SHAPES)
def test_a_good_message_is_its_command(shape: Any, example: Any) -> None:
    assert load(shape, to_json(example)) == example


@pytest.mark.parametrize("code", [*x.REGISTRABLE, DESTINATIONS["10"]], ids=lambda code: code.code)
def test_a_destination_of_every_category_can_be_said(code: Any) -> None:
    destination = replace(x.complete(code.code), agreement_number=None)
    payload = {"graduate_id": GRADUATE_ID, "destination": to_json(destination)}
    assert load(schemas.RegisterDestination, payload).destination == destination


@pytest.mark.parametrize(("shape", "example"), COMMANDS.items(), ids=SHAPES)
def test_each_field_of_a_command_is_needed(shape: Any, example: Any) -> None:
    payload = to_json(example)
    for field in payload.keys() - {"evidence"}:
        refused(shape, {name: value for name, value in payload.items() if name != field}, field)
        refused(shape, {**payload, field: None}, field)


@pytest.mark.parametrize(("shape", "example"), COMMANDS.items(), ids=SHAPES)
def test_a_field_nobody_knows_is_refused(shape: Any, example: Any) -> None:
    refused(shape, {**to_json(example), "scope": SCOPE}, "scope")


def paid(amount: Any) -> Any:
    return {**REGISTER, "destination": {**REGISTER["destination"], "hourly_pay": amount}}


@pytest.mark.parametrize(
    ("written", "kept"), [("25.50", 2550), ("25.5", 2550), ("25", 2500), (2550, 2550), (None, None)]
)
def test_pay_by_the_hour_is_written_in_yuan_and_a_whole_number_is_fen_as_before(written: Any, kept: Any) -> None:
    assert load(schemas.RegisterDestination, paid(written)).destination.hourly_pay == kept


@pytest.mark.parametrize("written", [25.5, "25.505", "", "廿五", "-1", "200000", -1, 10_000_001, True, ["25"]])
def test_what_is_no_amount_in_yuan_is_refused(written: Any) -> None:
    refused(schemas.RegisterDestination, paid(written), "destination.hourly_pay")


@pytest.mark.parametrize("payload", [None, "11", [], 7])
def test_what_is_no_object_is_no_command(payload: Any) -> None:
    refused(schemas.RegisterDestination, payload, "payload")


@pytest.mark.parametrize("shape", COMMANDS)
def test_a_graduate_is_named_by_an_id(shape: Any) -> None:
    for wrong in ("", "somebody", 14, "14", "14-" + "0" * 80):
        refused(shape, {**to_json(COMMANDS[shape]), "graduate_id": wrong}, "graduate_id")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "99"),
        ("code", 11),
        ("code", None),
        ("intention", "bored"),
        ("unit_name", "  "),
        ("unit_name", "名" * 101),
        ("uscc", ""),
        ("uscc", "9" * 26),
        ("unit_nature", "30"),
        ("industry", "99"),
        ("place", "000000"),
        ("place", "1401"),
        ("position", "99"),
        ("job_title", "工" * 61),
        ("monthly_salary", -1),
        ("monthly_salary", "6500"),
        ("monthly_salary", 6500.5),
        ("monthly_salary", 10_000_001),
        ("school_name", "\x00"),
        ("country", "国" * 61),
        ("foreign_school_name", "U" * 201),
        ("start_date", "2026-07-01"),
    ],
)
def test_a_bad_field_of_a_destination_is_named_by_its_path(field: str, value: Any) -> None:
    payload = {**REGISTER, "destination": {**REGISTER["destination"], field: value}}
    refused(schemas.RegisterDestination, payload, f"destination.{field}")


@pytest.mark.parametrize("destination", ["11", [], 7])
def test_a_destination_is_an_object(destination: Any) -> None:
    refused(schemas.RegisterDestination, {**REGISTER, "destination": destination}, "destination")


@pytest.mark.parametrize("reason", ["", " \n", "换" * 501])
def test_a_void_request_needs_its_reason(reason: str) -> None:
    refused(schemas.RequestVoid, {**to_json(x.REQUEST_VOID), "reason": reason}, "reason")


def test_a_list_is_asked_for_by_scope_and_class() -> None:
    asked = {"scope": SCOPE, "class_year": 2026}
    query = load(schemas.ListRegistrations, asked)
    assert (query.scope, query.class_year, query.code, query.state, query.after) == (SCOPE, 2026, None, None, None)
    whole = {**asked, "code": "11", "state": "registered", "after": x.REGISTRATION_ID, "limit": 20}
    query = load(schemas.ListRegistrations, whole)
    assert (query.code, query.state, query.after, query.limit) == ("11", "registered", x.REGISTRATION_ID, 20)
    for field, value in {
        "scope": "CN/1",
        "class_year": 1999,
        "code": "99",
        "state": "new",
        "after": "page 2",
        "limit": 501,
        "at_least": {"x": 1},
    }.items():
        path = "at_least.x.key" if field == "at_least" else field
        refused(schemas.ListRegistrations, {**asked, field: value}, path)


def test_a_graduates_registration_is_asked_for_by_id() -> None:
    assert load(schemas.GetRegistration, {"graduate_id": GRADUATE_ID}).graduate_id == GRADUATE_ID
    refused(schemas.GetRegistration, {}, "graduate_id")
