"""The shapes of what the directory is asked: good ones become commands, bad ones name their field."""

from __future__ import annotations

from typing import Any

import pytest

from services.directory import decider as c
from services.directory import schemas
from services.directory.schemas import Application, NewDepartment, Roster, SchoolSettings
from shared.errors import Invalid
from shared.shapes import Shape, load
from tests.support import directory_examples as x
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID

SET_PROVINCE: dict[str, Any] = {
    "province": "14",
    "class_year": 2026,
    "parties": 2,
    "review_chain": ["department", "school"],
    "cancellation_chain": ["school"],
    "response_days": 5,
    "response_days_max": 30,
    "cancellation_days": 15,
}
APPLICATION: dict[str, Any] = {
    "employer_id": EMPLOYER_ID,
    "name": x.EMPLOYER_NAME,
    "uscc": x.USCC,
    "uscc_absent_reason": None,
    "nature": "31",
    "industry": "31",
    "place": "140105",
    "address": "太原市小店区",
    "contact_name": "王经理",
    "contact_phone": "0351-0000000",
    "contact_email": None,
}
ROSTER = {"school": "10108", "class_year": 2026, "rows": [x.roster_row()]}
EMPLOYER_ALONE = {"employer_id": EMPLOYER_ID}
EMPLOYER_BECAUSE = {"employer_id": EMPLOYER_ID, "reason": "虚假招聘"}
GRADUATE_BECAUSE = {"graduate_id": GRADUATE_ID, "reason": "延期毕业"}
FIND = {"name": "张三", "id_number": "140105200305060020"}
LIST = {"scope": "CN/14/10108", "class_year": 2026}
DISPUTE = {"graduate_id": GRADUATE_ID, "field": "major_name", "statement": "应为车辆工程"}
ADDED = {
    "school": "80168",
    "name": "山西某研究所",
    "province": "14",
    "authority": "山西省",
    "city": "太原市",
    "level": "研究生培养单位",
}
RENAMED = {"school": "10108", "name": "山西综合大学", "from_day": "2026-06-01"}
VALID: list[tuple[type[Shape], dict[str, Any]]] = [
    (schemas.SetProvince, SET_PROVINCE),
    (
        schemas.SetSchool,
        {"school": "10108", "class_year": 2026, "review_chain": ["school"], "cancellation_chain": None},
    ),
    (schemas.AddDepartment, {"school": "10108", "department": "07", "name": "机械工程学院"}),
    (schemas.ImportRoster, ROSTER),
    (schemas.AddSchool, ADDED),
    (schemas.RenameSchool, RENAMED),
    (schemas.RemoveGraduate, GRADUATE_BECAUSE),
    (schemas.EraseGraduate, GRADUATE_BECAUSE),
    (schemas.RegisterEmployer, APPLICATION),
    (schemas.VerifyEmployer, EMPLOYER_ALONE),
    (schemas.ReturnEmployer, EMPLOYER_BECAUSE),
    (schemas.SuspendEmployer, EMPLOYER_BECAUSE),
    (schemas.ReinstateEmployer, EMPLOYER_ALONE),
    (schemas.ChangeEmployer, EMPLOYER_ALONE),
    (schemas.StoreLicence, {**EMPLOYER_ALONE, "content": "AA=="}),
    (schemas.ReadLicence, {**EMPLOYER_ALONE, "licence_id": x.LICENCE_ID}),
    (schemas.GetEmployer, EMPLOYER_ALONE),
    (schemas.ListEmployers, {"status": "awaiting"}),
    (schemas.GetGraduate, {"graduate_id": GRADUATE_ID}),
    (schemas.ConfirmBasicData, {"graduate_id": GRADUATE_ID}),
    (schemas.DisputeBasicData, DISPUTE),
    (schemas.AnswerDispute, {"graduate_id": GRADUATE_ID, "dispute_id": x.DISPUTE_ID, "answer": "以学籍为准"}),
    (schemas.GetBasicData, {"graduate_id": GRADUATE_ID}),
    (schemas.ListBasicData, {**LIST, "state": "disputed"}),
    (schemas.FindGraduate, FIND),
    (schemas.ListGraduates, LIST),
    (schemas.GetSchool, {"school": "10108"}),
    (schemas.ListSchools, {"province": "14"}),
    (schemas.GetProvince, {"province": "14"}),
]
NEEDED = [
    (shape, payload, name)
    for shape, payload in VALID
    for name in payload
    if payload[name] is not None and name not in ("uscc", "review_chain", "cancellation_chain")
    # An account of no employer need not know the id of its credit code.
    if (shape, name) != (schemas.RegisterEmployer, "employer_id")
]
BAD: list[tuple[type[Shape], dict[str, Any], dict[str, Any], str]] = [
    (schemas.SetProvince, SET_PROVINCE, {"province": "99"}, "province"),
    (schemas.SetProvince, SET_PROVINCE, {"class_year": 2012}, "class_year"),
    (schemas.SetProvince, SET_PROVINCE, {"class_year": "2026"}, "class_year"),
    (schemas.SetProvince, SET_PROVINCE, {"parties": 1}, "parties"),
    (schemas.SetProvince, SET_PROVINCE, {"parties": 4}, "parties"),
    (schemas.SetProvince, SET_PROVINCE, {"review_chain": ["school", "dean"]}, "review_chain.1"),
    (schemas.SetProvince, SET_PROVINCE, {"review_chain": ["school"] * 4}, "review_chain"),
    (schemas.SetProvince, SET_PROVINCE, {"review_chain": "school"}, "review_chain"),
    (schemas.SetProvince, SET_PROVINCE, {"response_days": 0}, "response_days"),
    (schemas.SetProvince, SET_PROVINCE, {"response_days_max": 91}, "response_days_max"),
    (schemas.SetProvince, SET_PROVINCE, {"cancellation_days": 1.5}, "cancellation_days"),
    (schemas.SetProvince, SET_PROVINCE, {"completion_days": 0}, "completion_days"),
    (schemas.SetProvince, SET_PROVINCE, {"completion_days": 91}, "completion_days"),
    (schemas.SetProvince, SET_PROVINCE, {"response_days_min": -1}, "response_days_min"),
    (schemas.SetProvince, SET_PROVINCE, {"response_days_min": None}, "response_days_min"),
    (schemas.SetProvince, SET_PROVINCE, {"retroactive": True}, "retroactive"),
    (schemas.SetProvince, SET_PROVINCE, {"signing_order": ["accept", "stamp"]}, "signing_order.1"),
    (schemas.SetProvince, SET_PROVINCE, {"binding": "never"}, "binding"),
    (schemas.SetProvince, SET_PROVINCE, {"penalty_limit": -1}, "penalty_limit"),
    (schemas.SetProvince, SET_PROVINCE, {"template": "../default/1"}, "template"),
    (schemas.SetSchool, VALID[1][1], {"school": "0000"}, "school"),
    (schemas.AddSchool, ADDED, {"school": "8016８"}, "school"),
    (schemas.AddSchool, ADDED, {"school_id10": "80168"}, "school_id10"),
    (schemas.AddSchool, ADDED, {"province": "99"}, "province"),
    (schemas.AddSchool, ADDED, {"valid_from": "2020-09"}, "valid_from"),
    (schemas.RenameSchool, RENAMED, {"name": ""}, "name"),
    (schemas.SetSchool, VALID[1][1], {"cancellation_chain": ["ministry"]}, "cancellation_chain.0"),
    (schemas.AddDepartment, VALID[2][1], {"department": "7"}, "department"),
    (schemas.AddDepartment, VALID[2][1], {"department": "07\n"}, "department"),
    (schemas.AddDepartment, VALID[2][1], {"name": " "}, "name"),
    (schemas.AddDepartment, VALID[2][1], {"name": "院" * 61}, "name"),
    (schemas.ImportRoster, ROSTER, {"rows": [{}] * 501}, "rows"),
    (schemas.ImportRoster, ROSTER, {"rows": [x.roster_row(), "张三"]}, "rows.1"),
    (schemas.ImportRoster, ROSTER, {"rows": [{"name": 3}]}, "rows.0.name.value"),
    (schemas.ImportRoster, ROSTER, {"rows": [{"name": None}]}, "rows.0.name.value"),
    (schemas.ImportRoster, ROSTER, {"rows": [{"name": "张" * 201}]}, "rows.0.name.value"),
    (schemas.RemoveGraduate, GRADUATE_BECAUSE, {"graduate_id": "张三"}, "graduate_id"),
    (schemas.EraseGraduate, GRADUATE_BECAUSE, {"reason": "由" * 201}, "reason"),
    (schemas.RegisterEmployer, APPLICATION, {"employer_id": "x"}, "employer_id"),
    (schemas.RegisterEmployer, APPLICATION, {"nature": "30"}, "nature"),
    (schemas.RegisterEmployer, APPLICATION, {"industry": "99"}, "industry"),
    (schemas.RegisterEmployer, APPLICATION, {"place": "14"}, "place"),
    (schemas.RegisterEmployer, APPLICATION, {"uscc": "9" * 26}, "uscc"),
    (schemas.RegisterEmployer, APPLICATION, {"contact_phone": "1" * 21}, "contact_phone"),
    (schemas.RegisterEmployer, APPLICATION, {"status": "verified"}, "status"),
    (schemas.ChangeEmployer, EMPLOYER_ALONE, {"name": " "}, "name"),
    (schemas.ChangeEmployer, EMPLOYER_ALONE, {"nature": "30"}, "nature"),
    (schemas.ChangeEmployer, EMPLOYER_ALONE, {"contact_name": "王经理"}, "contact_phone"),
    (schemas.ChangeEmployer, EMPLOYER_ALONE, {"contact_email": "hr@example.cn"}, "contact_name"),
    (schemas.ReadLicence, {**EMPLOYER_ALONE, "licence_id": x.LICENCE_ID}, {"licence_id": "x"}, "licence_id"),
    (schemas.SetSchool, VALID[1][1], {"blocked_employers": ["x"]}, "blocked_employers.0"),
    (schemas.SetProvince, SET_PROVINCE, {"licence_required": "yes"}, "licence_required"),
    (schemas.DisputeBasicData, DISPUTE, {"field": "personal"}, "field"),
    (schemas.DisputeBasicData, DISPUTE, {"statement": "对" * 501}, "statement"),
    (schemas.ListBasicData, {**LIST, "state": "disputed"}, {"state": "open"}, "state"),
    (schemas.ListEmployers, {"status": "awaiting"}, {"status": "unknown"}, "status"),
    (schemas.ListEmployers, {"status": "awaiting"}, {"limit": 501}, "limit"),
    (schemas.ListGraduates, LIST, {"scope": "CN/14/10108/"}, "scope"),
    (schemas.ListGraduates, LIST, {"scope": "CN/%"}, "scope"),
    (schemas.ListGraduates, LIST, {"limit": 0}, "limit"),
    (schemas.ListGraduates, LIST, {"at_least": {"14": -1}}, "at_least.14.value"),
    (schemas.FindGraduate, FIND, {"name": "张\x00"}, "name"),
    (schemas.FindGraduate, FIND, {"id_type": "护照"}, "id_type"),
    (schemas.FindGraduate, FIND, {"id_type": None}, "id_type"),
    (schemas.GetSchool, {"school": "10108"}, {"school": 10108}, "school"),
    (schemas.GetProvince, {"province": "14"}, {"province": ""}, "province"),
]


def complaints(shape: type[Shape], payload: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        load(shape, payload)
    assert caught.value.code == "payload.invalid"
    fields: dict[str, list[str]] = caught.value.details["fields"]
    return fields


@pytest.mark.parametrize(("shape", "payload"), VALID, ids=lambda each: getattr(each, "__name__", ""))
def test_a_good_message_becomes_what_it_asks_for(shape: type[Shape], payload: dict[str, Any]) -> None:
    assert isinstance(load(shape, payload), shape.makes)


def test_the_fields_keep_their_meaning() -> None:
    assert load(schemas.SetProvince, SET_PROVINCE) == x.SET_PROVINCE
    assert load(*VALID[1]) == SchoolSettings("10108", 2026, ("school",), None, None)
    assert load(*VALID[2]) == NewDepartment("10108", "07", "机械工程学院")
    assert load(schemas.ImportRoster, ROSTER) == Roster("10108", 2026, (x.roster_row(),))
    assert load(schemas.RemoveGraduate, GRADUATE_BECAUSE) == x.REMOVE
    assert load(schemas.RegisterEmployer, APPLICATION) == Application(**APPLICATION)
    assert load(schemas.FindGraduate, FIND).id_type == "resident_id"
    assert load(schemas.FindGraduate, {**FIND, "id_type": "passport"}).id_type == "passport"
    assert load(schemas.SuspendEmployer, EMPLOYER_BECAUSE) == c.SuspendEmployer(EMPLOYER_ID, "虚假招聘")


@pytest.mark.parametrize(
    ("shape", "payload", "name"), NEEDED, ids=lambda each: getattr(each, "__name__", str(each)[:20])
)
def test_a_field_that_is_needed_is_missed(shape: type[Shape], payload: dict[str, Any], name: str) -> None:
    fields = complaints(shape, {key: value for key, value in payload.items() if key != name})
    assert fields == {name: ["必填 / required"]}


@pytest.mark.parametrize(("shape", "payload", "changes", "field"), BAD, ids=lambda each: getattr(each, "__name__", ""))
def test_a_bad_field_is_named_in_both_languages(
    shape: type[Shape], payload: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    fields = complaints(shape, {**payload, **changes})
    assert list(fields) == [field]
    for reason in fields[field]:
        zh, _, en = reason.partition(" / ")
        assert zh
        assert en
        assert zh != en


@pytest.mark.parametrize(("shape", "payload"), VALID, ids=lambda each: getattr(each, "__name__", ""))
@pytest.mark.parametrize("other", [None, [], "text", 1])
def test_what_is_no_object_is_refused(shape: type[Shape], payload: Any, other: Any) -> None:
    del payload
    assert list(complaints(shape, other)) == ["payload"]


def test_five_hundred_rows_are_one_message() -> None:
    roster = load(schemas.ImportRoster, {**ROSTER, "rows": [x.roster_row(number) for number in range(500)]})
    assert len(roster.rows) == 500


def test_a_number_is_looked_up_as_it_is_printed() -> None:
    typed = "２０２６ 10108-31 0000012"
    assert load(schemas.GetNumberState, {"number": typed}).number == "202610108310000012"
    assert load(schemas.VerifyNumber, {"number": typed, "name": "李雷"}).number == "202610108310000012"
