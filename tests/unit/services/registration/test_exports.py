"""How a row of an export becomes a destination of today, and what is told when it cannot (DOMAIN 2.1-2.3, 5.1, 5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.registration.events import Destination
from services.registration.exports import FORMER, FORMER_NATURES, HEADERS, decode_row
from services.registration.requirements import check_imported
from shared.codes.destination import DESTINATIONS
from tests.support.export_examples import ABROAD, COLUMNS, EMPLOYED, SEEKING, STUDYING, USCC, export_row

UNIT = "晋阳机械（集团）有限公司"
EMPLOYED_TODAY = Destination(
    "11",
    unit_name=UNIT,
    uscc=USCC,
    unit_nature="31",
    industry="22",
    place="140105",
    position="13",
    signed_on=date(2026, 4, 15),
)


def raw(base: dict[str, str] = EMPLOYED, **changes: str) -> dict[str, str]:
    return {HEADERS[column]: text for column, text in export_row(base, **changes).items() if column in HEADERS}


def decoded(base: dict[str, str] = EMPLOYED, **changes: str) -> Destination:
    destination = decode_row(raw(base, **changes), 2026)
    assert isinstance(destination, Destination), destination
    return destination


def told(base: dict[str, str] = EMPLOYED, **changes: str) -> list[tuple[str | None, str]]:
    """(field, code) of every reason."""
    errors = decode_row(raw(base, **changes), 2026)
    assert isinstance(errors, list), errors
    assert all(each.zh and each.en and each.zh != each.en for each in errors)
    return [(each.field, each.code) for each in errors]


def category(code: str, name: str = "", **changes: str) -> dict[str, Any]:
    return {"毕业去向类别代码": code, "毕业去向": name, **changes}


def test_every_column_that_is_read_stands_in_the_export_or_is_known_elsewhere() -> None:
    assert {name for name in HEADERS if name in COLUMNS} >= {"学号", "毕业去向类别代码", "单位名称", "工作职位类别"}


def test_a_row_of_today_is_read() -> None:
    assert decoded() == EMPLOYED_TODAY


def test_a_form_of_category_10_is_read_by_its_name() -> None:
    ten = category("10", "签就业协议形式就业", 单位性质代码="", 单位性质="机关")
    for text in ("公招录用", "public_hiring"):
        destination = decoded(**ten, 录用形式=text)
        assert (destination.form, check_imported(destination, 2026)) == ("public_hiring", destination)
    assert decoded(**ten).form is None
    assert told(**ten, 录用形式="网签") == [("form", "export.unknown_code")]
    assert told(录用形式="公招录用") == [("form", "export.unknown_code")]


def test_the_units_address_is_read_where_there_is_a_unit() -> None:
    street = "太原市小店区某路 1 号"
    assert decoded(单位地址=street) == replace(EMPLOYED_TODAY, unit_address=street)
    for base in (STUDYING, ABROAD):
        assert decoded(base, 单位地址=street).unit_address is None
    assert told(单位地址="长" * 201) == [("unit_address", "export.too_long")]


def test_names_stand_for_codes() -> None:
    without = ("毕业去向类别代码", "单位性质代码", "单位行业代码", "工作职位类别代码")
    assert decoded(**dict[str, Any](dict.fromkeys(without, ""))) == EMPLOYED_TODAY


@pytest.mark.parametrize(
    ("column", "name"),
    [("单位性质代码", "国有企业"), ("单位行业代码", "制造"), ("工作职位类别代码", "工程技术人员")],
)
def test_a_name_in_the_column_of_the_code_is_read(column: str, name: str) -> None:
    assert decoded(**dict[str, Any]({column: name})) == EMPLOYED_TODAY


@pytest.mark.parametrize(
    ("code", "name", "today"),
    [
        ("27", "科研助理", "271"),
        ("27", "", "271"),
        ("271", "科研助理、管理助理", "271"),
        ("50", "国家特岗教师", "501"),
        ("50", "国家基层项目—三支一扶", "502"),
        ("", "国家基层项目-西部计划", "503"),
        ("50", "大学生志愿服务西部计划", "503"),
        ("51", "地方特岗教师", "511"),
        ("51", "选调生", "512"),
        ("51", "地方基层项目—其他地方基层项目", "519"),
        ("", "选调生", "512"),
        ("", "特岗教师（地方）", "511"),
        ("51", "特岗教师（地方）", "511"),
        ("", "其它（地方基层项目）", "519"),
        ("51", "其它（地方基层项目）", "519"),
        ("", "科研助理/管理助理", "271"),
        ("27", "科研助理/管理助理", "271"),
        ("", "其它录用形式就业", "12"),
        ("12", "其他录用", "12"),
    ],
)
def test_an_old_code_is_brought_to_its_member_by_its_name(code: str, name: str, today: str) -> None:
    assert decoded(**category(code, name)).code == today


@pytest.mark.parametrize(
    ("code", "name", "education", "today"),
    [
        ("80", "境内升学—研究生", "", "801"),
        ("80", "第二学士学位", "", "802"),
        ("80", "专升本", "", "803"),
        ("", "境内升学—第二学士学位", "", "802"),
        ("80", "升学", "专科生毕业", "803"),
        ("80", "", "43", "803"),
        ("80", "升学", "11", "801"),
        ("81", "升学(非全日制)", "硕士研究生", "801"),
        ("81", "升学（非全日制研究生）", "", "801"),
    ],
)
def test_old_study_is_brought_to_its_member_by_its_name_or_the_education(
    code: str, name: str, education: str, today: str
) -> None:
    destination = decoded(STUDYING, **category(code, name), 学历层次=education)
    assert destination == Destination(today, school_name="山西大学", place="140105")


def test_residency_has_become_a_form_of_category_10() -> None:
    destination = decoded(**category("82", "升学(规培)"), 单位性质代码="23", 单位性质="")
    assert (destination.code, destination.form) == ("10", "residency")


@pytest.mark.parametrize(
    ("code", "name", "education"),
    [("50", "国家基层项目", "31"), ("51", "", "31"), ("80", "升学", "31"), ("80", "", ""), ("81", "", "01")],
)
def test_an_old_code_whose_name_does_not_say_which_member_is_not_guessed(code: str, name: str, education: str) -> None:
    base = STUDYING if code.startswith("8") else EMPLOYED
    assert told(base, **category(code, name), 学历层次=education) == [("code", "export.unclear_category")]


def test_every_old_code_leads_to_codes_of_today() -> None:
    assert all(DESTINATIONS[member.now].registrable for members in FORMER.values() for member in members)
    assert {code for code, each in DESTINATIONS.items() if not each.registrable} <= FORMER.keys()


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("65", "留级休学续读", "export.unknown_code"),
        ("7", "", "export.unknown_code"),
        ("11", "升学", "export.code_and_name"),
        ("51", "国家基层项目—三支一扶", "export.code_and_name"),
        ("", "", "export.no_category"),
    ],
)
def test_a_category_that_is_none_is_told(code: str, name: str, why: str) -> None:
    assert told(**category(code, name)) == [("code", why)]


def test_a_name_that_is_no_category_is_told() -> None:
    assert told(**category("", "周游世界")) == [("code_name", "export.unknown_code")]


def test_a_name_nobody_knows_harms_no_row_that_has_a_code() -> None:
    assert decoded(**category("11", "合同就业（含聘用）")) == EMPLOYED_TODAY


@pytest.mark.parametrize("nature", sorted(FORMER_NATURES))
def test_a_nature_of_unit_that_says_nothing_today_becomes_none(nature: str) -> None:
    destination = decoded(单位性质代码=nature, 单位性质=FORMER_NATURES[nature])
    assert destination.unit_nature is None
    assert check_imported(destination, 2026) == destination


def test_a_former_nature_is_known_by_its_name_alone() -> None:
    assert decoded(单位性质代码="", 单位性质="艰苦行业企业").unit_nature is None


def test_a_nature_that_is_missing_is_told() -> None:
    assert told(单位性质代码="", 单位性质="") == [("unit_nature", "registration.field_missing")]


@pytest.mark.parametrize(
    ("column", "text", "field", "why"),
    [
        ("学历层次", "1", "education", "export.lost_zero"),
        ("单位性质代码", "98", "unit_nature", "export.unknown_code"),
        ("单位行业代码", "金融业务", "industry", "export.unknown_code"),
        ("工作职位类别", "教学人员", "position", "export.code_and_name"),
        ("单位所在地代码", "1401", "place", "export.place"),
        ("签约日期", "去年", "signed_on", "export.date"),
        ("单位名称", "#REF!", "unit_name", "export.damaged"),
        ("单位名称", "晋阳\n机械", "unit_name", "export.control"),
        ("单位名称", "晋" * 101, "unit_name", "export.too_long"),
        ("统一社会信用代码", "9.1101E+17", "uscc", "export.damaged"),
    ],
)
def test_a_cell_that_says_nothing_is_told_with_its_field(column: str, text: str, field: str, why: str) -> None:
    assert told(**dict[str, Any]({column: text})) == [(field, why)]


def test_everything_that_is_wrong_with_a_row_is_told_at_once() -> None:
    wrong = told(单位性质代码="98", 单位所在地代码="1401", 签约日期="2026年13月")
    assert {field for field, _ in wrong} == {"unit_nature", "place", "signed_on"}


@pytest.mark.parametrize(("text", "day"), [("2026-04-15", 15), ("2026年4月15日", 15), ("202604", 1), ("2026/4/15", 15)])
def test_a_day_is_read_as_people_write_it(text: str, day: int) -> None:
    assert decoded(签约日期=text).signed_on == date(2026, 4, day)


def test_a_place_without_its_code_is_the_province_of_its_name() -> None:
    assert decoded(单位所在地代码="").place == "140000"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("海南藏族自治州共和县", "630000"),
        ("海南州共和县", "630000"),
        ("河南蒙古族自治县", "630000"),
        ("河南县", "630000"),
        ("海南区", "150000"),
        ("河北区", "120000"),
        ("新疆生产建设兵团第八师", "660000"),
        ("兵团第一师", "660000"),
        ("新疆维吾尔自治区石河子市", "650000"),
        ("新疆石河子市", "650000"),
        ("海南省海口市", "460000"),
        ("海南", "460000"),
        ("河南郑州市", "410000"),
        ("吉林市", "220000"),
        ("内蒙古乌海市海南区", "150000"),
    ],
)
def test_a_place_is_the_province_of_the_longest_name_that_it_begins_with(name: str, place: str) -> None:
    assert decoded(单位所在地代码="", 单位所在地=name).place == place


@pytest.mark.parametrize("name", ["石河子市", "第八师", "东北", "中国", "海", "南京市"])
def test_a_place_whose_name_begins_with_no_province_is_not_guessed(name: str) -> None:
    assert told(单位所在地代码="", 单位所在地=name) == [("place", "export.place")]


@pytest.mark.parametrize(
    ("code", "name"),
    [("630000", "海南藏族自治州"), ("659001", "新疆生产建设兵团第八师"), ("659001", "新疆"), ("660000", "新疆石河子市"),
     ("650100", "兵团"), ("140105", "小店区")],
)  # fmt: skip
def test_a_places_code_and_name_may_say_the_same(code: str, name: str) -> None:
    assert decoded(单位所在地代码=code, 单位所在地=name).place == code


@pytest.mark.parametrize(
    ("code", "name"), [("460000", "海南藏族自治州"), ("140105", "山东省济南市"), ("650000", "西藏")]
)
def test_a_places_code_and_name_that_differ_are_told(code: str, name: str) -> None:
    assert told(单位所在地代码=code, 单位所在地=name) == [("place", "export.code_and_name")]


@pytest.mark.parametrize(
    ("changes", "country"),
    [
        ({}, "新加坡"),
        ({"单位所在地": "", "单位所在地代码": "810000"}, "香港特别行政区"),
        ({"单位所在地": "香港"}, "香港"),
        ({"留学国家": "新加坡", "单位所在地": ""}, "新加坡"),
    ],
)
def test_who_studies_abroad_has_a_country_and_a_foreign_school(changes: dict[str, str], country: str) -> None:
    expected = Destination("85", country=country, foreign_school_name="National University of Singapore")
    assert decoded(ABROAD, **changes) == expected
    moved = {"留学院校外文名称": "", "单位名称": "National University of Singapore"}
    assert decoded(ABROAD, **changes, **moved) == expected


@pytest.mark.parametrize("name", ["出国/出境", "出国／出境", "出国（境）", "出国、出境", "境外留学"])
def test_abroad_is_known_by_its_names(name: str) -> None:
    assert decoded(ABROAD, **category("", name)).code == "85"


def test_the_mainland_is_not_abroad() -> None:
    assert told(ABROAD, 单位所在地="山西省太原市") == [("country", "export.not_abroad")]


@pytest.mark.parametrize(
    ("changes", "code", "intention"),
    [
        ({}, "70", "job_seeking"),
        (category("", "拟参加公招考试"), "70", "public_exam"),
        (category("70", "签约中"), "70", "signing"),
        (category("72", "其他暂不就业—拟出国出境"), "72", "abroad_plan"),
        (category("70", "待就业", 未就业意向="拟创业"), "70", "business_plan"),
        (category("70", "待就业"), "70", None),
        (category("71", "不就业拟升学"), "71", "further_study"),
    ],
)
def test_what_somebody_not_placed_intends_is_taken_from_the_name(
    changes: dict[str, str], code: str, intention: str | None
) -> None:
    destination = decoded(SEEKING, **changes)
    assert destination == Destination(code, intention)
    assert check_imported(destination, 2026) == destination


def test_an_intention_that_is_none_is_told() -> None:
    assert told(SEEKING, 未就业意向="躺平") == [("intention", "export.unknown_code")]
