"""The tables are complete, and every name of a row leads back to it."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from shared.codes import tables
from shared.codes.tables import (
    COMPLETION_EDUCATIONS,
    DATA,
    EDUCATION,
    ETHNIC,
    HARDSHIP,
    IDENTITY_DOCUMENT,
    INDUSTRY,
    NORMAL_STUDENT,
    PLACE,
    POLITICAL,
    PROVINCE,
    SEX,
    UNIT_NATURE,
    CodeTable,
    UnknownCode,
    folded,
)

TABLES = [table for table in vars(tables).values() if isinstance(table, CodeTable)]
EVERY_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.file)


def test_56_peoples_and_two_more() -> None:
    assert ETHNIC.codes == (*(f"{number:02d}" for number in range(1, 57)), "97", "98")


@pytest.mark.parametrize(
    ("file", "size"),
    [("education", 10), ("hardship", 8), ("industry", 21), ("normal_student", 3), ("political", 13), ("position", 18),
     ("province", 35), ("sex", 4), ("identity_documents", 6),
     ("training", 5), ("unit_nature", 14), ("cancellation_reasons", 8)],
)  # fmt: skip
def test_no_row_is_missing(file: str, size: int) -> None:
    assert {table.file: len(table) for table in TABLES}[file] == size


@EVERY_TABLE
def test_codes_and_names_are_unique_and_filled(table: CodeTable) -> None:
    with (DATA / f"{table.file}.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["code"] for row in csv.DictReader(lines)] == list(table.codes)
    names = [name for entry in table for name in {folded(each) for each in (entry.name, *entry.also)}]
    assert all(names)
    assert len(set(names)) == len(names)


@EVERY_TABLE
def test_every_name_of_a_row_leads_back_to_it(table: CodeTable) -> None:
    for entry in table:
        assert entry.code in table
        assert table.get(entry.code) is entry
        assert table.name(entry.code) == entry.name
        assert {table.by_name(name) for name in (entry.name, *entry.also)} == {entry.code}


@pytest.mark.parametrize(
    ("table", "name", "code"),
    [
        (ETHNIC, "傈傈族", "20"),
        (ETHNIC, "傈僳族", "20"),
        (ETHNIC, "毛难族", "36"),
        (ETHNIC, "崩龙族", "46"),
        (ETHNIC, "汉", "01"),
        (ETHNIC, "回", "03"),
        (ETHNIC, "满", "11"),
        (ETHNIC, "穿青人", "97"),
        (ETHNIC, "未识别民族", "97"),
        (ETHNIC, "其它", "97"),
        (POLITICAL, "民革会员", "04"),
        (POLITICAL, "中国共产党党员", "01"),
        (POLITICAL, "中国共产党预备党员", "02"),
        (POLITICAL, "中国共产主义青年团团员", "03"),
        (POLITICAL, "中国国民党革命委员会会员", "04"),
        (POLITICAL, "中国民主同盟盟员", "05"),
        (POLITICAL, "中国民主建国会会员", "06"),
        (POLITICAL, "中国民主促进会会员", "07"),
        (POLITICAL, "中国农工民主党党员", "08"),
        (POLITICAL, "中国致公党党员", "09"),
        (POLITICAL, "台湾民主自治同盟盟员", "11"),
        (POLITICAL, "无党派人士", "12"),
        (UNIT_NATURE, "其它事业单位", "29"),
        (NORMAL_STUDENT, "公费师范生", "12"),
        (UNIT_NATURE, "三资企业", "32"),
        (UNIT_NATURE, "外商投资企业", "32"),
        (UNIT_NATURE, "个体工商户", "33"),
        (UNIT_NATURE, "中初教育单位", "22"),
        (UNIT_NATURE, "中等、初等教育单位", "22"),
        (UNIT_NATURE, "中等，初等教育单位", "22"),
        (UNIT_NATURE, "其他企业（含民营企业等）", "39"),
        (UNIT_NATURE, "其他企业(含民营企业等)", "39"),
        (PROVINCE, "新疆", "65"),
        (INDUSTRY, "信息传输、软件和信息技术服务业", "34"),
        (IDENTITY_DOCUMENT, "身份证", "resident_id"),
        (IDENTITY_DOCUMENT, "台湾居民居住证", "residence_permit"),
        (SEX, "男", "1"),
        (SEX, "男性", "1"),
    ],
)
def test_older_and_shorter_names_are_known(table: CodeTable, name: str, code: str) -> None:
    assert table.by_name(name) == code


def test_every_people_is_known_without_the_last_character() -> None:
    for entry in ETHNIC:
        if entry.name.endswith("族"):
            assert ETHNIC.by_name(entry.name[:-1]) == entry.code


def test_an_unknown_code_has_no_name() -> None:
    assert ETHNIC.by_name("火星族") is None
    assert ETHNIC.get("57") is None
    assert "57" not in ETHNIC
    with pytest.raises(UnknownCode) as caught:
        ETHNIC.name("57")
    assert (caught.value.table, caught.value.text) == ("ethnic", "57")


def test_a_lost_leading_zero_is_not_guessed_back() -> None:
    assert "1" not in ETHNIC
    assert "01" in ETHNIC


def test_other_columns_of_a_row_are_kept() -> None:
    assert {entry.more["code6"] for entry in PROVINCE} == {f"{code}0000" for code in PROVINCE.codes}
    letters = [entry.more["gbt4754"] for entry in INDUSTRY]
    assert "".join(letters) == "ABCDEFGHIJKLMNOPQRST"


def test_hardships_are_three_bits() -> None:
    for entry in HARDSHIP:
        bits = int(entry.code)
        named = ("就业困难" in entry.name) + 2 * ("家庭困难" in entry.name) + 4 * ("残疾" in entry.name)
        assert named == bits


def test_completion_is_every_education_without_the_qualification() -> None:
    assert tuple(entry.code for entry in EDUCATION if entry.name.endswith("结业")) == COMPLETION_EDUCATIONS


def test_a_place_is_six_digits_of_a_known_province() -> None:
    assert "140105" in PLACE
    assert all(wrong not in PLACE for wrong in ("14010", "990000", "14010x", "１４０１０５", "", None))


def test_a_table_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SEX.file = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        PROVINCE.get("14").more["code6"] = "0"  # type: ignore[union-attr,index]


def test_the_tables_need_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; import shared.codes.destination, shared.codes.identity, shared.codes.regions, "
        "shared.codes.schools, shared.codes.tables, shared.codes.uscc; "
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    )
    root = DATA.parents[2]
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=root, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == ["shared"]
