"""What a roster's row must hold, rule by rule, and what it is told when it does not (DOMAIN 2, 3.1, 5.4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies

from services.directory.rows import (
    FIELDS,
    HEADERS,
    OPTIONAL,
    REQUIRED,
    RosterRow,
    RowError,
    RowWarning,
    _examined,
    _familiar,
    decode_row,
    warnings_of,
)
from shared.codes.identity import make_resident_id
from tests.support.directory_examples import HEADER, roster_row

TODAY = date(2026, 5, 4)
LINE = 7
PASSPORT = {"id_type": "护照", "id_number": "E12345678"}


def decoded(**changes: Any) -> RosterRow:
    row = decode_row(roster_row(**changes), LINE, 2026, TODAY)
    assert isinstance(row, RosterRow), row
    return row


def refused(**changes: Any) -> list[RowError]:
    errors = decode_row(roster_row(**changes), LINE, 2026, TODAY)
    assert isinstance(errors, list), errors
    for each in errors:
        assert each.line == LINE
        assert each.zh
        assert each.en
        assert each.zh != each.en
    return errors


def told(**changes: Any) -> list[tuple[str, str]]:
    """(field, code) of every reason."""
    return [(each.field, each.code) for each in refused(**changes)]


def test_a_row_that_holds_what_it_must_is_read() -> None:
    row = decoded()
    assert (row.exam_no, row.name, row.sex, row.department) == ("26140100000000", "张一", "2", "07")
    assert (row.enrolled_on, row.graduates_on) == (date(2022, 9, 1), date(2026, 7, 1))
    assert row.agreed_unit is None


def test_what_is_sealed_is_what_says_who_it_is() -> None:
    sealed = decoded().personal()
    assert list(sealed) == ["name", "id_type", "id_number", "exam_no", "student_no", "phone", "born_on"]
    assert (sealed["id_type"], sealed["born_on"]) == ("resident_id", "")
    assert decoded(**PASSPORT, born_on="20030506").personal()["born_on"] == "2003-05-06"


def test_every_field_has_a_header_and_every_header_a_field() -> None:
    assert set(HEADERS.values()) == set(FIELDS)
    assert [HEADERS[name] for name in HEADER] == list(FIELDS)


@pytest.mark.parametrize(
    ("header", "other"),
    [
        ("证件号码", "身份证号"),
        ("证件号码", "身份证号码"),
        ("证件类型", "身份证件类型"),
        ("手机", "手机号"),
        ("院系", "学院"),
        ("院系", "院系名称"),
        ("专业名称", "专业"),
        ("学历层次", "学历"),
        ("委培单位", "定向单位"),
        ("委培单位", "定向或委培单位"),
        ("生源地代码", "生源所在地代码"),
        ("入学日期", "入学年月"),
    ],
)
def test_a_column_may_be_called_by_either_name(header: str, other: str) -> None:
    assert HEADERS[header] == HEADERS[other]


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("nothing", ["", "  ", "　"])
def test_a_field_that_is_needed_is_missed_once(field: str, nothing: str) -> None:
    assert told(**{field: nothing}) == [(field, "roster.missing")]


@pytest.mark.parametrize("field", REQUIRED)
def test_a_column_that_is_not_there_is_a_field_that_is_missing(field: str) -> None:
    row = roster_row()
    del row[field]
    errors = decode_row(row, LINE, 2026, TODAY)
    assert isinstance(errors, list)
    assert [(each.field, each.code) for each in errors] == [(field, "roster.missing")]


@pytest.mark.parametrize("field", OPTIONAL)
def test_a_field_that_may_be_empty_has_its_usual_value(field: str) -> None:
    unsaid = None if field in ("agreed_unit", "agreed_region", "born_on") else ""
    assert getattr(decoded(**{field: " "}), field) == (OPTIONAL[field] or unsaid)


def test_blanks_around_a_value_do_not_count() -> None:
    assert decoded(name="　张三 ", exam_no=" 26140100000000 ") == decoded(name="张三")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert told(name="", sex="3", study_years="11", origin="14") == [
        ("name", "roster.missing"),
        ("sex", "roster.unknown_code"),
        ("origin", "roster.place"),
        ("study_years", "roster.study_years"),
    ]


def test_a_field_nobody_knows_is_refused() -> None:
    assert told(nickname="三儿") == [("nickname", "roster.unknown_field")]


# Codes


@pytest.mark.parametrize(
    ("field", "name", "code"),
    [
        ("sex", "女", "2"),
        ("ethnic", "汉族", "01"),
        ("ethnic", "傈僳族", "20"),
        ("political", "共青团员", "03"),
        ("education", "本科生毕业", "31"),
    ],
)
def test_a_name_is_read_as_its_code(field: str, name: str, code: str) -> None:
    assert getattr(decoded(**{field: name}), field) == code


@pytest.mark.parametrize(("field", "text"), [("ethnic", "1"), ("political", "3")])
def test_a_lost_leading_zero_is_not_guessed_back(field: str, text: str) -> None:
    assert told(**{field: text}) == [(field, "roster.unknown_code")]


@pytest.mark.parametrize(
    "field",
    ["id_type", "sex", "ethnic", "political", "education", "training", "hardship", "normal", "study_mode", "household"],
)
def test_a_code_or_name_nobody_knows_is_refused_and_shown(field: str) -> None:
    assert told(**{field: "不详不详"})[0] == (field, "roster.unknown_code")


def test_an_unknown_name_is_shown_in_part_only() -> None:
    (error,) = refused(political="长" * 100)
    assert "长" * 20 in error.zh
    assert "长" * 21 not in error.zh


@pytest.mark.parametrize("origin", ["14", "1401050", "990105", "14010X", "１４０１０５", "山西省"])
def test_a_place_has_six_digits_and_begins_with_a_province(origin: str) -> None:
    assert told(origin=origin) == [("origin", "roster.place")]


def test_a_county_that_was_abolished_is_still_a_place() -> None:
    assert decoded(origin="140199").origin == "140199"


# Numbers of other kinds


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("exam_no", ["1" * 14, "1" * 18, "26A" + "0" * 11], ["1" * 13, "1" * 19, "1" * 13 + "-", "１" * 14]),
        ("student_no", ["1", "S" * 20], ["1" * 21, "学1", "1_2"]),
        ("department", ["07", "A1"], ["7", "007", "0-", "机械"]),
        ("major_code", ["0802", "080202TK"], ["080", "080202TK1", "机械设计"]),
    ],
)
def test_a_number_has_its_length_and_only_letters_and_digits(field: str, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert getattr(decoded(**{field: text}), field) == text
    for text in bad:
        assert told(**{field: text}) == [(field, "roster.format")]


@pytest.mark.parametrize("code", ["80202", "80717T", "8020201"])
def test_a_majors_code_that_lost_its_leading_zero_is_refused(code: str) -> None:
    assert told(major_code=code) == [("major_code", "roster.lost_zero")]


@pytest.mark.parametrize(
    ("field", "longest"),
    [("name", 50), ("major_name", 60), ("department_name", 60), ("agreed_unit", 100), ("phone", 20)],
)
def test_a_text_has_an_end(field: str, longest: int) -> None:
    assert len(getattr(decoded(**{field: "长" * longest}), field)) == longest
    assert told(**{field: "长" * (longest + 1)}) == [(field, "roster.too_long")]


@pytest.mark.parametrize(
    ("text", "years"), [("4", "4"), ("4.0", "4"), ("2.5", "2.5"), ("2.50", "2.5"), ("1.5", "1.5"), ("9.5", "9.5")]
)
def test_years_of_study_are_told_in_one_way(text: str, years: str) -> None:
    assert decoded(study_years=text).study_years == years


@pytest.mark.parametrize("text", ["1", "0.5", "10", "2.25", "4年", "nan", "-4", "+4", "４", "4e0", "1.0"])
def test_other_years_of_study_are_refused(text: str) -> None:
    assert told(study_years=text) == [("study_years", "roster.study_years")]


# Days


@pytest.mark.parametrize(
    "text", ["20260701", "202607", "2026-07-01", "2026/7/1", "2026.7.1", "2026-7", "2026年7月1日", "2026年7月"]
)
def test_a_day_is_written_in_many_ways(text: str) -> None:
    assert decoded(graduates_on=text).graduates_on == date(2026, 7, 1)


def test_the_first_of_january_is_no_day_in_november() -> None:
    assert decoded(graduates_on="2026/1/1").graduates_on == date(2026, 1, 1)


@pytest.mark.parametrize(
    "text", ["2026", "20260230", "202613", "2026-07-01 00:00:00", "46204", "7/1/2026", "２０２６０７０１"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    assert told(graduates_on=text) == [("graduates_on", "roster.date")]


@pytest.mark.parametrize("text", ["20251231", "20270101"])
def test_a_graduate_belongs_to_the_year_of_graduation(text: str) -> None:
    assert told(graduates_on=text) == [("graduates_on", "roster.class")]


@pytest.mark.parametrize("text", ["20260701", "20260901"])
def test_nobody_enters_after_the_graduation(text: str) -> None:
    assert told(enrolled_on=text) == [("enrolled_on", "roster.order")]


# Identity


@pytest.mark.parametrize("last", ["X", "x", "Ｘ"])
def test_the_last_character_of_a_number_is_normalised(last: str) -> None:
    number = next(
        found
        for found in (make_resident_id("140105", date(2003, 5, 6), sequence) for sequence in range(0, 400, 2))
        if found.endswith("X")
    )
    assert decoded(id_number=number[:-1] + last).id_number == number


@pytest.mark.parametrize(
    "damaged", ["1.40105E+17", "1.40105200305061E+17", "'140105200305060020", "140105200305060000.0"]
)
def test_a_number_that_a_spreadsheet_damaged_is_refused_as_such(damaged: str) -> None:
    assert told(id_number=damaged) == [("id_number", "id.excel_damage")]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("14010520030506002", "id.length"),
        ("１４０１０５２００３０５０６００２０", "id.length"),
        ("990105200305060020", "id.region"),
        ("140105200302300020", "id.date"),
        ("140105200305060021", "id.check"),
    ],
)
def test_a_number_that_cannot_be_right_is_refused_with_the_reason(number: str, code: str) -> None:
    assert told(id_number=number) == [("id_number", code)]


def test_the_number_and_the_sex_agree() -> None:
    assert told(sex="1") == [("sex", "roster.sex")]
    assert told(sex="男") == [("sex", "roster.sex")]


@pytest.mark.parametrize("sex", ["0", "9"])
def test_a_sex_that_is_not_told_contradicts_no_number(sex: str) -> None:
    assert decoded(sex=sex).sex == sex


# Other documents


@pytest.mark.parametrize("kind", ["", "居民身份证", "身份证", "resident_id"])
def test_without_a_word_a_number_is_an_identity_cards(kind: str) -> None:
    assert decoded(id_type=kind) == decoded()
    assert decoded().id_type == "resident_id"


@pytest.mark.parametrize("kind", ["", "居民身份证", "港澳台居民居住证", "台湾居民居住证"])
def test_a_residence_permit_is_known_by_its_number(kind: str) -> None:
    number = make_resident_id("830000", date(2003, 5, 6), 2)
    assert (decoded(id_type=kind, id_number=number).id_type) == "residence_permit"


@pytest.mark.parametrize(
    ("kind", "text", "code", "number"),
    [
        ("护照", "ｅ12345678", "passport", "E12345678"),
        ("台胞证", "01234567", "taiwan_permit", "01234567"),
        ("港澳居民来往内地通行证", "h12345678", "home_return_permit", "H12345678"),
        ("外国人永久居留身份证", "911124198108030024", "foreign_permanent_resident", "911124198108030024"),
    ],
)
@pytest.mark.parametrize("sex", ["1", "2"])
def test_a_document_that_tells_no_sex_contradicts_none(kind: str, text: str, code: str, number: str, sex: str) -> None:
    row = decoded(id_type=kind, id_number=text, sex=sex)
    assert (row.id_type, row.id_number, row.sex) == (code, number, sex)


def test_the_number_is_judged_by_the_kind_that_the_row_says() -> None:
    assert told(id_type="台胞证", id_number="H12345678") == [("id_number", "id.format")]
    assert told(id_type="港澳台居民居住证") == [("id_number", "id.kind")]
    assert told(id_number="E12345678") == [("id_number", "id.length")]
    assert told(id_type="护照", id_number="1.2E+10") == [("id_number", "id.excel_damage")]


def test_of_an_unknown_kind_the_number_is_not_judged() -> None:
    assert told(id_type="军官证", id_number="1") == [("id_type", "roster.unknown_code")]


def test_a_birth_that_the_number_tells_agrees_and_is_not_kept_twice() -> None:
    assert decoded(born_on="2003年1月1日") == decoded()
    assert told(born_on="20030102") == [("born_on", "roster.birth")]
    foreign = {"id_type": "外国人永久居留身份证", "id_number": "911124198108030024"}
    assert decoded(**foreign, born_on="19810803").born_on is None
    assert told(**foreign, born_on="19810804") == [("born_on", "roster.birth")]


def test_a_birth_that_no_number_tells_is_kept_and_has_to_be_possible() -> None:
    assert decoded(**PASSPORT, born_on="20030506").born_on == date(2003, 5, 6)
    assert decoded(**PASSPORT).born_on is None
    assert told(**PASSPORT, born_on="20130506") == [("born_on", "roster.birth_impossible")]
    assert told(**PASSPORT, born_on="18991231") == [("born_on", "roster.birth_impossible")]
    assert told(**PASSPORT, born_on="不详") == [("born_on", "roster.date")]


# What is odd is told, and refuses nothing


def test_an_unknown_county_is_a_warning_with_its_line() -> None:
    number = make_resident_id("140199", date(2003, 5, 6), 2)
    (warning,) = warnings_of(decoded(id_number=number), LINE)
    assert isinstance(warning, RowWarning)
    assert (warning.line, warning.field, warning.code) == (LINE, "id_number", "id.county_unknown")
    assert warning.zh
    assert warning.en
    assert warning.zh != warning.en


def test_an_ordinary_row_and_other_documents_are_not_odd() -> None:
    assert warnings_of(decoded(), LINE) == []
    assert warnings_of(decoded(**PASSPORT), LINE) == []


# Bound to a unit


@pytest.mark.parametrize("training", ["2", "4"])
def test_who_is_trained_for_a_unit_names_it(training: str) -> None:
    assert told(training=training) == [("agreed_unit", "roster.agreed_unit")]
    assert decoded(training=training, agreed_unit="汾河软件有限公司").agreed_unit == "汾河软件有限公司"
    region = decoded(training=training, agreed_unit="汾河软件有限公司", agreed_region="140100")
    assert region.agreed_region == "140100"
    assert told(training=training, agreed_unit="汾河", agreed_region="太原") == [("agreed_region", "roster.place")]


# What spreadsheets and forms leave behind


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "id_number"])
@pytest.mark.parametrize("text", ["#N/A", "#REF!", "'26140100000000", "’张三", "1.23457E+17"])
def test_what_a_spreadsheet_damaged_is_refused_as_such(field: str, text: str) -> None:
    assert (field, "roster.excel_damage") in told(**{field: text})


@pytest.mark.parametrize("text", ["张\x00三", "张\n三", "张\x1f三", "张\x7f三"])
def test_a_text_holds_no_line_break_and_no_control_character(text: str) -> None:
    assert told(name=text) == [("name", "roster.control")]


@pytest.mark.parametrize("name", ["阿卜杜拉·买买提", "O'Brien", "张#三", "㐱𠀀"])
def test_names_hold_what_names_hold(name: str) -> None:
    assert decoded(name=name).name == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [("李雷\u200b", "李雷"), ("李\u00a0雷", "李雷"), ("阿依古丽.买买提", "阿依古丽·买买提"), ("\ue81e石", "龴石")],
)
def test_a_name_is_kept_in_its_one_form_and_the_change_is_told(name: str, kept: str) -> None:
    row = decoded(name=name)
    assert row.name == kept
    assert row == decoded(name=kept)
    (warning,) = warnings_of(row, LINE)
    assert (warning.line, warning.field, warning.code) == (LINE, "name", "roster.unified")
    assert f"U+{ord(set(name).difference(kept).pop()):04X}" in warning.zh


def test_every_text_of_a_row_is_rid_of_what_nobody_sees() -> None:
    row = decoded(phone="1390000\u200b0000", major_name="机械\u00a0设计", exam_no="\ufeff26140100000000")
    assert (row.phone, row.major_name, row.exam_no) == ("13900000000", "机械 设计", "26140100000000")
    assert {each.field for each in warnings_of(row, LINE)} == {"phone", "major_name", "exam_no"}


def test_a_field_of_invisible_characters_is_an_empty_one() -> None:
    assert told(name="\u200b") == [("name", "roster.missing")]
    assert decoded(phone="\u200b", training="\u200b").training == "1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("张\x85三", "control"),
        ("张\u2028三", "control"),
        ("\u202d张三\u202c", "direction"),
        ("张\ue000", "private_use"),
        ("张\ufffd", "damaged"),
    ],
)
@pytest.mark.parametrize("field", ["name", "major_name", "phone", "agreed_unit"])
def test_a_text_that_cannot_be_kept_is_refused_and_its_character_named(field: str, text: str, code: str) -> None:
    (error,) = refused(**{field: text})
    assert (error.field, error.code) == (field, f"roster.{code}")
    assert "U+" in error.zh


def test_a_name_of_young_characters_is_a_name() -> None:
    row = decoded(name="张\U0003158e")
    assert row.name == "张\U0003158e"
    assert warnings_of(row, LINE) == []


_ODDITIES = (
    "",
    " ",
    "\n",
    "0",
    "01",
    "1",
    "2",
    "9",
    "男",
    "女",
    "汉族",
    "护照",
    "x",
    "王·五",
    "王\n五",
    "#N/A",
    "=1",
    "1E+17",
    "'1",
    "２",
)
_DAYS = ("2021.1", "2026-07-01", "2026/7", "20260230", "20030101", "20040229", "18990101", "20250101")
_NUMBERS = (
    make_resident_id("110101", date(2003, 5, 6), 1),
    make_resident_id("110101", date(2003, 5, 6), 2)[:17] + "x",
    make_resident_id("990101", date(2003, 5, 6), 2),
    make_resident_id("810000", date(2003, 5, 6), 2),
    make_resident_id("110101", date(2015, 5, 6), 2),
    make_resident_id("110101", date(1899, 5, 6), 2),
    "110101200305060000",
)
_CHANGED = strategies.dictionaries(
    strategies.sampled_from([*FIELDS, "unknown"]),
    strategies.sampled_from([*_ODDITIES, *_DAYS, *_NUMBERS, *roster_row().values()]),
    max_size=3,
)


@given(changes=_CHANGED, left_out=strategies.sets(strategies.sampled_from(FIELDS), max_size=2), after=_CHANGED)
def test_a_row_of_which_only_the_person_is_new_is_read_as_every_other(
    changes: dict[str, str], left_out: set[str], after: dict[str, str]
) -> None:
    for changed in (changes, {**changes, **after}):
        row = {name: text for name, text in {**roster_row(), **changed}.items() if name not in left_out}
        familiar, examined = _familiar(row, 2026, TODAY), _examined(row, LINE, 2026, TODAY)
        assert familiar is None or familiar == examined
        if familiar is not None:
            assert isinstance(examined, RosterRow)
            assert examined.changes == familiar.changes == ()
            assert [type(getattr(familiar, name)) for name in FIELDS] == [
                type(getattr(examined, name)) for name in FIELDS
            ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "欧阳明月", "phone": "", "origin": "659001"},
        {"born_on": "20030506"},
        {"id_type": "居民身份证"},
        {"training": "定向", "agreed_unit": "某县医院", "agreed_region": "140100"},
        {"ethnic": "汉族", "political": "共青团员"},
        {"name": " 张一 ", "exam_no": "26140100000000 "},
    ],
)
def test_an_ordinary_row_is_not_examined_again(changes: dict[str, Any]) -> None:
    born = make_resident_id("110101", date(2003, 5, 6), 2)
    assert _familiar(roster_row(**{"id_number": born, **changes}), 2026, TODAY) is not None


def test_what_another_class_may_hold_is_not_what_this_one_may() -> None:
    assert _familiar(roster_row(), 2026, TODAY) is not None
    assert _familiar(roster_row(), 2027, TODAY) is None
    assert _familiar(roster_row(), 2026, date(2010, 1, 1)) is None
