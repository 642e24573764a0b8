"""Categories agree with the rules that count them, and rates are exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.destination import (
    DESTINATIONS,
    INTENTIONS,
    NOT_REGISTERED,
    PLACEMENT_RATE,
    RULES,
    DestinationCode,
    destinations_of,
    forms_of,
    group,
    is_placed,
    rate,
    rule_of_class,
)
from shared.codes.tables import UNIT_NATURE, UnknownCode, rows

FIELDS = {
    "unit_name", "unit_nature", "industry", "place", "position", "uscc", "school_name", "country",
    "foreign_school_name", "intention", "job_title", "monthly_salary", "hourly_pay", "uscc_absent_reason",
    "unit_address", "unit_phone", "agreement_number",
}  # fmt: skip
UNIT = {"unit_name", "uscc", "unit_nature", "industry", "place", "position", "job_title", "monthly_salary"}
CONTACT = {"unit_address", "unit_phone"}
GROUPS = tuple(f"group_{version}" for version in RULES)
EVERY_CODE = pytest.mark.parametrize("code", DESTINATIONS.values(), ids=lambda code: code.code)
EVERY_RULE = pytest.mark.parametrize("version", RULES)

# A published report (DOMAIN 7.2, R1): 5,082 graduates by category, and the six rates that it prints.
R1 = {
    "10": 2812, "11": 282, "46": 24, "503": 16, "502": 5, "519": 3, "511": 2, "512": 1, "801": 1078, "85": 33, "802": 1,
    "70": 720 + 10 + 1, "12": 46, "76": 11, "71": 14, "72": 5, "75": 18,
}  # fmt: skip
R1_RATES = {
    "2021": {
        "协议和合同就业率": "61.89", "自主创业率": "0.35", "灵活就业率": "1.12", "升学率": "21.88",
        "毕业去向落实率": "85.24", "待就业率": "14.38", "暂不就业率": "0.37",
    },
    "2024": {
        "单位就业率": "62.79", "自主创业率": "0.35", "自由职业率": "0.22", "升学率": "21.88",
        "毕业去向落实率": "85.24", "待就业率": "14.38", "暂不就业率": "0.37",
    },
}  # fmt: skip


def counted(version: str, name: str) -> frozenset[str]:
    """The codes that a rate counts."""
    wanted = next(each.groups for each in RULES[version].rates if each.name == name)
    return frozenset(code for code in DESTINATIONS if group(code, version) in wanted)


@EVERY_CODE
def test_a_field_is_known_and_named_once(code: DestinationCode) -> None:
    named = (*code.required, *code.asked, *code.forbidden)
    assert set(named) <= FIELDS
    assert len(set(named)) == len(named)


@EVERY_CODE
def test_only_parents_with_children_cannot_be_registered(code: DestinationCode) -> None:
    children = [other for other in DESTINATIONS.values() if other.parent == code.code]
    assert code.registrable == (not children)
    assert code.parent is None or code.parent in DESTINATIONS
    for child in children:
        assert (child.class3, child.groups, child.required, child.asked) == (
            code.class3,
            code.groups,
            code.required,
            code.asked,
        )


@pytest.mark.parametrize(
    ("codes", "required", "asked", "forbidden"),
    [
        ("10", {"unit_name", "unit_nature", "industry", "place", "position"}, set(), {"school_name", "country"}),
        (
            "11 12",
            {"unit_name", "industry", "place", "position"},
            {"unit_nature", *CONTACT},
            {"school_name", "country"},
        ),
        ("271", {"unit_name", "industry", "place", "position"}, {"unit_nature"}, {"school_name", "country"}),
        ("46", set(), set(), {"uscc", "school_name"}),
        ("501 502 503 511 512 519", set(), set(), {"school_name", "country"}),
        ("75 76", set(), set(), {"unit_nature"}),
        ("801 802 803", {"school_name", "place"}, set(), UNIT - {"place"}),
        ("85", {"country", "foreign_school_name"}, set(), UNIT | {"school_name"}),
        ("70 72", set(), {"intention"}, UNIT | {"school_name", "country"}),
        ("71", set(), set(), UNIT | {"school_name", "country"}),
    ],
)
def test_what_a_category_asks_for_and_what_it_does_not_have(
    codes: str, required: set[str], asked: set[str], forbidden: set[str]
) -> None:
    for code in codes.split():
        assert set(DESTINATIONS[code].required) == required
        assert set(DESTINATIONS[code].asked) == asked
        assert forbidden <= set(DESTINATIONS[code].forbidden)


@pytest.mark.parametrize("code", ["501", "519", "75"])
def test_a_project_or_a_founder_may_name_a_unit_and_a_place(code: str) -> None:
    assert not {"unit_name", "place"} & set(DESTINATIONS[code].forbidden)


@EVERY_CODE
def test_a_code_is_asked_for_only_where_a_unit_is_and_reason_and_hour_go_with_code_and_month(
    code: DestinationCode,
) -> None:
    assert not (code.uscc and ("unit_name" not in code.required or "uscc" in code.forbidden))
    for one, other in (("uscc", "uscc_absent_reason"), ("monthly_salary", "hourly_pay")):
        assert (one in code.forbidden) == (other in code.forbidden)


@EVERY_CODE
def test_a_category_says_what_it_is_to_who_was_trained_for_a_unit(code: DestinationCode) -> None:
    assert code.bound == "free" if not code.placed else code.bound in ("unit", "forbidden")
    members = [other for other in DESTINATIONS.values() if other.parent == code.code]
    assert all((other.bound, other.min_chain) == (code.bound, code.min_chain) for other in members)


def test_freelancers_are_looked_at_by_department_and_school() -> None:
    asked = {code.code: code.min_chain for code in DESTINATIONS.values() if code.min_chain}
    assert asked == {"76": ("department", "school")}


def test_pay_has_a_floor_where_the_notice_sets_one() -> None:
    assert {code.code for code in DESTINATIONS.values() if code.minimum_wage} == {"12", "27", "271", "76"}


@EVERY_CODE
def test_who_is_placed_brings_evidence_and_nobody_else(code: DestinationCode) -> None:
    assert bool(code.evidence) == code.placed


def test_a_conscript_serves_in_the_army_only() -> None:
    assert {code.code: code.unit_natures for code in DESTINATIONS.values() if code.unit_natures} == {"46": ("40",)}
    assert UNIT_NATURE.name("40") == "部队"


def test_intentions_are_of_those_not_placed() -> None:
    by_code: dict[str, list[str]] = {}
    for intention in INTENTIONS:
        assert "intention" not in DESTINATIONS[intention.code].forbidden
        by_code.setdefault(intention.code, []).append(intention.name)
    assert by_code == {
        "70": ["求职中", "签约中", "拟参加公招考试", "拟创业", "拟应征入伍"],
        "71": ["不就业拟升学"],
        "72": ["暂不就业", "拟出国出境"],
    }
    assert len({intention.key for intention in INTENTIONS}) == len(INTENTIONS)


@EVERY_RULE
def test_rates_are_printed_in_the_order_of_the_rule(version: str) -> None:
    assert [each.name for each in RULES[version].rates] == list(R1_RATES[version])


@EVERY_RULE
def test_every_code_counts_once_and_the_parts_of_the_placement_rate_make_it_up(version: str) -> None:
    names = [each.name for each in RULES[version].rates if each.name != PLACEMENT_RATE]
    parts = [name for name in names if name not in ("待就业率", "暂不就业率")]
    assert sorted(code for name in names for code in counted(version, name)) == sorted(DESTINATIONS)
    assert sorted(code for name in parts for code in counted(version, name)) == sorted(counted(version, PLACEMENT_RATE))
    assert counted(version, PLACEMENT_RATE) == {code for code in DESTINATIONS if is_placed(code)}


@EVERY_RULE
def test_a_published_report_is_reproduced_from_its_counts(version: str) -> None:
    total = sum(R1.values())
    assert total == 5082
    for name, printed in R1_RATES[version].items():
        assert rate(sum(R1.get(code, 0) for code in counted(version, name)), total) == Decimal(printed), name


@pytest.mark.parametrize(
    ("placed", "total", "printed"),
    [(54, 60, "90.00"), (236, 253, "93.28"), (42, 47, "89.36"), (54, 63, "85.71"), (386, 423, "91.25"),
     (81, 423, "19.15"), (51, 253, "20.16"), (19, 60, "31.67"), (1326, 3537, "37.49"), (1, 3537, "0.03"),
     (1395, 2495, "55.91"), (8118, 8636, "94.00")],
)  # fmt: skip
def test_printed_figures_of_other_reports(placed: int, total: int, printed: str) -> None:
    assert str(rate(placed, total)) == printed


@pytest.mark.parametrize(
    ("count", "total", "places", "printed"),
    [(1, 800, 2, "0.13"), (3, 800, 2, "0.38"), (1, 8, 1, "12.5"), (1, 8, 0, "13"), (0, 7, 2, "0.00"),
     (7, 7, 2, "100.00")],
)  # fmt: skip
def test_ties_go_up(count: int, total: int, places: int, printed: str) -> None:
    assert str(rate(count, total, places)) == printed


@given(st.integers(1, 20_000_000), st.data(), st.integers(0, 4))
def test_a_rate_is_the_exact_fraction_rounded_half_up(total: int, data: st.DataObject, places: int) -> None:
    count = data.draw(st.integers(0, total))
    whole = (Fraction(100 * count, total) * 10**places + Fraction(1, 2)).__floor__()
    assert rate(count, total, places) == Decimal(whole).scaleb(-places)


def test_a_rate_of_nobody_is_none() -> None:
    assert rate(0, 0) is None


def test_rows_of_a_code_follow_each_other_and_differ_only_in_what_they_ask() -> None:
    by_code: dict[str, list[dict[str, str]]] = {}
    for row in rows("destinations"):
        by_code.setdefault(row["code"], []).append(row)
    for of_code in by_code.values():
        for one, other in pairwise(of_code):
            assert int(one["until_class"]) < int(other["from_class"])
            assert all(one[name] == other[name] for name in ("parent", "name", "class3", *GROUPS))


def test_the_table_of_a_class_holds_the_codes_in_force_then() -> None:
    for year in (2021, 2026):
        table = destinations_of(year)
        assert table
        assert all((row.from_class or year) <= year <= (row.until_class or year) for row in table.values())
        assert all(form.code in table for form in forms_of(year).values())


def test_every_rule_has_a_group_of_every_code_and_rates() -> None:
    assert list(RULES) == [row["rule"] for row in rows("rules")]
    assert all(code.groups[version] for code in DESTINATIONS.values() for version in RULES)
    starts = [rule.from_class for rule in RULES.values()]
    assert starts == sorted(set(starts))


def test_the_rule_changes_with_the_class_of_2025() -> None:
    assert [rule_of_class(year) for year in (2013, 2021, 2024, 2025, 2030)] == ["2021"] * 3 + ["2024"] * 2


@EVERY_RULE
def test_who_registered_nothing_counts_as_nothing(version: str) -> None:
    assert group(NOT_REGISTERED, version) is None
    assert not is_placed(NOT_REGISTERED)


def test_an_unknown_category_counts_as_nothing_and_is_told_so() -> None:
    with pytest.raises(UnknownCode):
        group("99", "2021")
    with pytest.raises(UnknownCode):
        is_placed("99")
