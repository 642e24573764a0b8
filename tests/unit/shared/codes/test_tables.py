"""The tables are complete, agree with each other, and rates are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.codes import tables
from shared.codes.destination import DESTINATIONS, INTENTIONS, PLACEMENT_RATE, RULES, group, is_placed, rate, rule_of_class
from shared.codes.regions import area, economic_region
from shared.codes.schools import SCHOOLS
from shared.codes.tables import ETHNIC, PLACE, PROVINCE, UNIT_NATURE, CodeTable, UnknownCode


def test_56_peoples_and_two_more() -> None:
    assert len(ETHNIC) == 58
    assert ETHNIC.codes[0] == "01"


@pytest.mark.parametrize(
    ("table", "name", "code"),
    [
        (ETHNIC, "傈傈族", "20"),
        (ETHNIC, "傈僳族", "20"),
        (UNIT_NATURE, "外商投资企业", "32"),
        (UNIT_NATURE, "中等、初等教育单位", "22"),
        (UNIT_NATURE, "其他企业（含民营企业等）", "39"),
        (PROVINCE, "新疆", "65"),
        (tables.INDUSTRY, "信息传输、软件和信息技术服务业", "34"),
        (tables.SEX, "男", "1"),
    ],
)
def test_older_and_shorter_names_are_known(table: CodeTable, name: str, code: str) -> None:
    assert table.by_name(name) == code


def test_an_unknown_code_has_no_name() -> None:
    assert ETHNIC.by_name("火星族") is None
    with pytest.raises(UnknownCode):
        ETHNIC.name("57")


def test_a_place_is_six_digits_of_a_known_province() -> None:
    assert "140105" in PLACE
    assert all(wrong not in PLACE for wrong in ("14010", "990000", "14010x", "", None))


def test_a_field_is_never_both_required_and_forbidden() -> None:
    for code in DESTINATIONS.values():
        assert not set(code.required) & set(code.forbidden), code


def test_every_code_counts_under_both_rules_and_what_is_placed_is_the_placement_rate() -> None:
    for rule in RULES.values():
        groups = {rate.name: set(rate.groups) for rate in rule.rates}
        counted = set.union(*groups.values())
        for code in DESTINATIONS.values():
            assert group(code.code, rule.version) in counted
            assert is_placed(code.code) == (code.groups[rule.version] in groups[PLACEMENT_RATE])


def test_intentions_belong_to_codes_that_ask_for_one() -> None:
    assert {intention.code for intention in INTENTIONS} == {
        code.code for code in DESTINATIONS.values() if "intention" in code.required
    }
    assert len({intention.key for intention in INTENTIONS}) == len(INTENTIONS)


def test_the_rule_changes_with_the_class_of_2025() -> None:
    assert (rule_of_class(2024), rule_of_class(2025)) == ("2021", "2024")


@pytest.mark.parametrize(
    ("count", "total", "printed"),
    [(3145, 5082, "61.89"), (1112, 5082, "21.88"), (731, 5082, "14.38"), (57, 5082, "1.12"), (19, 5082, "0.37"),
     (18, 5082, "0.35"), (4332, 5082, "85.24"), (1, 800, "0.13"), (0, 7, "0.00"), (7, 7, "100.00")],
)  # fmt: skip
def test_rates_are_exact_and_half_up(count: int, total: int, printed: str) -> None:
    assert rate(count, total) == Decimal(printed)


def test_a_rate_of_nobody_is_none() -> None:
    assert rate(0, 0) is None


def test_2756_schools_each_in_a_province_of_the_table() -> None:
    assert len(SCHOOLS) == 2756
    assert {school.province for school in SCHOOLS.values()} <= set(PROVINCE.codes)
    assert sum(school.province == "66" for school in SCHOOLS.values()) == 8
    assert SCHOOLS["10108"].name == "山西大学"


def test_every_province_has_a_region_and_an_area() -> None:
    for code in PROVINCE.codes:
        assert economic_region(code)
        assert area(code)
    assert (area("36"), economic_region("36")) == ("华中", "中部")
