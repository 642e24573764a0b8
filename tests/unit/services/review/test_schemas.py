"""What a message must look like before anything is decided."""

from __future__ import annotations

from typing import Any

import pytest

from services.review import schemas
from services.review.read_model import EPOCH, place
from shared.codec import to_json
from shared.errors import Invalid
from shared.shapes import load
from shared.words import field as words_of_field
from tests.support import review_examples as x
from tests.support.spec import NOW, SCOPE

COMMANDS = {schemas.ApproveReview: x.APPROVE, schemas.ReturnReview: x.RETURN}


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


@pytest.mark.parametrize("shape", COMMANDS)
def test_a_good_message_is_its_command(shape: Any) -> None:
    assert load(shape, to_json(COMMANDS[shape])) == COMMANDS[shape]


@pytest.mark.parametrize("shape", COMMANDS)
def test_a_command_names_its_case_and_nothing_unknown(shape: Any) -> None:
    payload = to_json(COMMANDS[shape])
    for wrong in (None, "", "case", 7):
        refused(shape, {**payload, "case_id": wrong}, "case_id")
    refused(shape, {name: value for name, value in payload.items() if name != "case_id"}, "case_id")
    refused(shape, {**payload, "step": "school"}, "step")
    refused(shape, [payload], "payload")


def test_a_return_needs_its_reason_and_an_approval_may_have_a_remark() -> None:
    for wrong in (None, "", " \n", "缺" * 201, 7):
        refused(schemas.ReturnReview, {"case_id": x.CASE_ID, "reason": wrong}, "reason")
    assert load(schemas.ApproveReview, {"case_id": x.CASE_ID}).remark is None
    for wrong in ("", "好" * 201):
        refused(schemas.ApproveReview, {"case_id": x.CASE_ID, "remark": wrong}, "remark")


def test_a_queue_is_what_waits_in_ones_own_scope_unless_said_otherwise() -> None:
    query = load(schemas.ListQueue, {})
    assert (query.scope, query.step, query.state, query.kind, query.after) == (None, None, "waiting", None, None)
    after = place({"step_since": NOW, "case_id": x.CASE_ID})
    whole = {"scope": SCOPE, "step": "school", "state": "returned", "kind": "void", "after": after, "limit": 5}
    query = load(schemas.ListQueue, whole)
    assert {name: getattr(query, name) for name in whole} == whole


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scope", "14"),
        ("scope", "CN/14/10108/%"),
        ("step", "ministry"),
        ("state", "new"),
        ("state", None),
        ("kind", "destination"),
        ("after", x.CASE_ID),
        ("after", "2026-05-04." + x.CASE_ID),
        ("after", "9" * 17 + "." + x.CASE_ID),
        ("limit", 0),
        ("limit", 501),
        ("office", "07"),
    ],
)
def test_a_bad_field_of_a_queue_is_named(field: str, value: Any) -> None:
    refused(schemas.ListQueue, {field: value}, field)


def test_a_case_is_asked_for_by_id() -> None:
    assert load(schemas.GetReview, {"case_id": x.CASE_ID}).case_id == x.CASE_ID
    refused(schemas.GetReview, {}, "case_id")


def test_every_place_in_a_queue_can_be_asked_for() -> None:
    for since in (EPOCH, NOW, NOW.replace(year=2200, microsecond=999_999)):
        after = place({"step_since": since, "case_id": x.CASE_ID})
        assert load(schemas.ListQueue, {"after": after}).after == after


def test_a_correction_is_one_of_the_known_causes() -> None:
    asked = {"case_id": x.CASE_ID, "remark": "单位函件", "caused_by": "employer", "reason_code": "promise_broken"}
    assert load(schemas.ApproveReview, asked).reason_code == "promise_broken"
    for name in ("caused_by", "reason_code"):
        refused(schemas.ApproveReview, {**asked, name: "weather"}, name)
