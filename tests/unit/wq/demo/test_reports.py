"""A planned cohort holds every printed figure of its report, whatever its shape; what does not add up is refused."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wq.demo
from services.directory.rows import RosterRow, decode_row
from services.registration.events import Destination
from services.registration.requirements import check_destination
from shared.codes.destination import AGREEMENT, DESTINATIONS, rate
from shared.codes.uscc import check_uscc
from wq.demo.cohort import Cohort, plan
from wq.demo.comparison import Table, compare
from wq.demo.figures import Report
from wq.demo.names import DESTINATION_KEYS, ReportError
from wq.demo.report import load_report, read_report

BUNDLED = sorted((Path(wq.demo.__file__).parent / "reports").glob("*.json"))
SCHOOL = "10108"


def tabulated(cohort: Cohort, report: Report) -> Any:
    """What the statistics would answer, counted from the plan."""

    def ask(dimensions: tuple[str, ...], day: date | None) -> Table:
        index = report.days.index(day)
        return Counter(tuple(_value(graduate, index, name) for name in dimensions) for graduate in cohort.graduates)

    return ask


def _value(graduate: Any, index: int, name: str) -> str:
    destination = graduate.destinations[index]
    match name:
        case "place":
            return destination.place[:2]
        case "origin":
            return graduate.row["origin"][:2]
        case "major":
            return graduate.row["major_name"]
        case "department":
            return graduate.row["department_name"]
    return getattr(destination, name) if hasattr(destination, name) else graduate.row[name]


def reproduced(raw: dict[str, Any], class_year: int = 2021) -> list[Any]:
    report = read_report(raw, class_year)
    return compare(report, tabulated(plan(report, SCHOOL, class_year), report))


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
@pytest.mark.parametrize("class_year", [2021, 2025])
def test_every_figure_of_a_bundled_report_is_reproduced_or_explained(path: Path, class_year: int) -> None:
    report = load_report(path, class_year=class_year)
    cohort = plan(report, SCHOOL, class_year)
    assert len(cohort.graduates) == report.total
    compared = compare(report, tabulated(cohort, report))
    assert compared
    assert [each for each in compared if not each.ok] == []
    explained = [each.name for each in compared if not each.equal]
    assert sorted(explained) == sorted(erratum.figure for erratum in report.errata)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_every_planned_graduate_could_be_real(path: Path) -> None:
    report = load_report(path)
    cohort = plan(report, SCHOOL, 2022)
    decoded = [decode_row(graduate.row, 2, 2022, date(2022, 6, 1)) for graduate in cohort.graduates]
    assert [row for row in decoded if not isinstance(row, RosterRow)] == []
    numbers = {row.id_number for row in decoded if isinstance(row, RosterRow)}
    assert len(numbers) == report.total
    for employer in cohort.employers:
        if employer.uscc is not None:
            assert employer.nature in (check_uscc(employer.uscc).natures or (employer.nature,))
    kinds = {destination for graduate in cohort.graduates for destination in graduate.destinations}
    for kind in kinds:
        if kind.code not in ("", AGREEMENT):
            fields: dict[str, Any] = {name: getattr(kind, name) or None for name in kind.__slots__}
            if kind.unit_nature:
                fields |= {"unit_name": "某单位", "uscc_absent_reason": "某单位没有统一社会信用代码"}
            if "unit_address" in DESTINATIONS[kind.code].asked:
                fields |= {"unit_address": "某路 1 号", "unit_phone": "010-00000000"}
            if kind.code in ("801", "802", "803"):
                fields["school_name"] = "某大学"
            if kind.code == "85":
                fields |= {"country": "新加坡", "foreign_school_name": "NUS"}
            check_destination(Destination(**fields), 2022)


def test_a_graduate_bound_to_an_employer_has_its_unit() -> None:
    report = load_report(BUNDLED[0].with_name("univ_5082.json"))
    cohort = plan(report, SCHOOL, 2021)
    for graduate in cohort.graduates:
        (destination,), (employer,) = graduate.destinations, graduate.employers
        assert (employer is None) == (destination.code != AGREEMENT)
        if employer is not None:
            known = cohort.employers[employer]
            assert (known.nature, known.industry, known.place) == (
                destination.unit_nature,
                destination.industry,
                destination.place,
            )


def test_the_swapped_figures_of_the_mechanical_college_are_not_reproduced() -> None:
    compared = {each.name: each for each in reproduced_file("mech_college_423")}
    assert compared["机械工程 升学率"].computed == Decimal("31.67")
    assert compared["机械设计制造及其自动化 升学率"].computed == Decimal("20.16")


def reproduced_file(name: str) -> list[Any]:
    return reproduced(json.loads(BUNDLED[0].with_name(f"{name}.json").read_text(encoding="utf-8")), 2022)


def test_the_spellings_of_two_days_mean_the_same() -> None:
    first = {"求职中": 60, "协议": 40}
    second = {"求职中": 10, "协议": 70, "合同": 20}
    by_key = {"id": "a", "total": 100, "as_of": ["2022-09-01", "2022-12-26"],
              "counts": {"2022-09-01": first, "2022-12-26": second}}  # fmt: skip
    by_list = {"id": "a", "total": 100,
               "days": [{"as_of": "2022-12-26", "counts": second},
                        {"as_of": "2022-09-01", "counts": first}]}  # fmt: skip
    one, other = read_report(by_key, 2022), read_report(by_list, 2022)
    assert (one.days, one.cells, one.figures) == (other.days, other.cells, other.figures)
    cohort = plan(one, SCHOOL, 2022)
    changed = [each for each in cohort.graduates if each.destinations[0] != each.destinations[1]]
    assert len(changed) == 50
    assert all(each.destinations[0].code == "70" for each in changed)


def test_a_table_of_areas_a_breakdown_with_rates_and_a_partial_table() -> None:
    areas = {"id": "b", "total": 10, "counts": {"西南": 3, "华东": 5, "华北": 2},
             "printed_each": {"西南": "30.00", "华东": "50.00", "华北": "20.00"}}  # fmt: skip
    assert all(each.equal for each in reproduced(areas))
    broken_down = {"id": "c", "total": 10, "counts": {"协议": 6, "求职中": 4},
                   "extra": {"学院": {"文学院": [4, 3, "75.00"], "理学院": [6, 3, "50.00"]},
                             "男": 5, "女": 5}}  # fmt: skip
    assert all(each.equal for each in reproduced(broken_down))
    partial = {"id": "d", "total": 100, "dimension": "行业", "counts": {"教育": 30, "制造业": 20},
               "printed_each": {"教育": "30.00", "制造业": "20.00"}}  # fmt: skip
    assert all(each.equal for each in reproduced(partial))
    of_listed = {"id": "e", "total": 100, "dimension": "单位性质", "counts": {"机关": 30, "国有企业": 10},
                 "printed_each": {"机关": "75.00", "国有企业": "25.00"}}  # fmt: skip
    assert all(each.equal for each in reproduced(of_listed))


def _slots(raw: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a report prints percentages."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key not in ("errata", "as_of", "id", "title", "source", "note", "columns"):
                yield from _slots(value, (*path, key))
    elif isinstance(raw, list):
        for key, value in enumerate(raw):
            yield from _slots(value, (*path, key))
    elif isinstance(raw, str) and re.fullmatch(r"[0-9]+\.[0-9]+", raw):
        yield path


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_no_printed_percentage_escapes_the_comparison(path: Path) -> None:
    raw = json.loads(path.read_text(encoding="utf-8"))
    ask = tabulated(plan(read_report(raw, 2022), SCHOOL, 2022), read_report(raw, 2022))
    slots = list(_slots(raw))
    assert slots
    for slot in slots:
        changed = copy.deepcopy(raw)
        place = changed
        for key in slot[:-1]:
            place = place[key]
        place[slot[-1]] = str(Decimal(place[slot[-1]]) + Decimal("0.07"))
        assert not all(each.ok for each in compare(read_report(changed, 2022), ask)), slot


SHAPES: dict[str, dict[str, Any]] = {
    "only some rows of a breakdown": {
        "total": 100, "counts": {"协议": 60, "求职中": 40},
        "extra": {"女": 30, "困难生": {"家庭困难": [30, 20, "66.67"]}, "民族": {"土家族": 3}},
    },
    "units beside destinations": {
        "total": 100, "counts": {"协议": 50, "合同": 20, "求职中": 30},
        "printed": {"毕业去向落实率": "70.00"},
        "extra": {"单位性质": {"国有企业": [30, "42.86"], "其他企业": [40, "57.14"]}, "行业": {"教育": 12}},
    },
    "flat counts of two dimensions": {
        "total": 10, "counts": {"协议": 10}, "extra": {"男": 4, "女": 6, "本科": 7, "专科": 3},
    },
    "everybody placed in every row": {"rows": [["机械", 60, 60, "100.00"], ["合计", 60, 60, "100.00"]]},
    "places with study in one row": {
        "total": 20, "dimension": "就业地区", "counts": {"北京市": 5, "河南省": 10, "升学": 5},
        "printed_each": {"北京市": "25.00", "河南省": "50.00", "升学": "25.00"},
    },
    "columns for each day": {
        "as_of": ["2022-09-01", "2022-12-26"],
        "rows": [["机械", 60, 40, "66.67", 54, "90.00"], ["电气", 40, 20, "50.00", 40, "100.00"],
                 ["合计", 100, 60, "60.00", 94, "94.00"]],
    },
    "a breakdown on each day, one row falling": {
        "days": [
            {"as_of": "2022-09-01", "counts": {"协议": 50, "未登记": 50},
             "extra": {"学院": {"甲": [50, 30, "60.00"], "乙": [50, 20, "40.00"]}}},
            {"as_of": "2022-12-26", "counts": {"协议": 60, "未登记": 40},
             "extra": {"学院": {"甲": [50, 25, "50.00"], "乙": [50, 35, "70.00"]}}},
        ],
    },
    "one decimal": {"counts": {"协议": 60, "求职中": 7}, "printed": {"毕业去向落实率": "89.6"}},
    "breakdowns alone": {
        "overlap": True, "counts": {"男": 50, "女": 50},
        "extra": {"学院": {"甲": [50, 40, "80.00"], "乙": [50, 30, "60.00"]}},
    },
    "kinds of student": {
        "counts": {"协议": 100},
        "extra": {"政治面貌": {"中共党员（含预备党员）": 20, "共青团员": 70, "群众": 10},
                  "师范生": {"师范生": 40, "非师范生": 60}, "生源地": {"华东": 60, "西南": 40}},
    },
    "the rest of an industry table": {
        "dimension": "行业", "counts": {"制造业": 50, "建筑": 20, "其他": 30},
        "printed_each": {"制造业": "50.00", "建筑": "20.00", "其他": "30.00"},
    },
    "a group instead of destinations": {
        "counts": {"协议": 50, "灵活就业": 20, "待就业": 30}, "printed": {"灵活就业率": "20.00"},
    },
    "two dimensions of those placed": {
        "total": 200, "columns": ["单位性质", "本科生", "高职高专", "合计", "比例"],
        "rows": [["国有企业", 10, 20, 30, "30.00"], ["升学", 30, 40, 70, "70.00"], ["总计", 40, 60, 100, "100"]],
    },
    "destinations by major": {
        "columns": ["专业", "协议", "升学", "求职中", "合计", "落实率"],
        "rows": [["机械", 30, 20, 10, 60, "83.33"], ["电气", 20, 10, 10, 40, "75.00"],
                 ["合计", 50, 30, 20, 100, "80.00"]],
    },
    "rates by major": {
        "columns": ["专业", "毕业生人数", "落实人数", "升学人数", "落实率(%)", "升学率"],
        "rows": [["机械", 60, 54, 19, "90.00", "31.67"], ["电气", 40, 36, 10, "90.00", "25.00"],
                 ["合计", 100, 90, 29, "90.00", "29.00"]],
    },
    "further rates of rows": {
        "rows": [["机械", 60, 54, "90.00"], ["合计", 60, 54, "90.00"]],
        "figures": [{"name": "升学率", "count": 20, "printed": "33.33"},
                    {"name": "灵活就业率", "count": 6, "printed": "10"},
                    {"name": "暂不就业率", "count": 3, "printed": "5.00"}],
    },
    "a group of groups": {
        "counts": {"协议": 50, "升学": 30, "求职中": 20},
        "groups": {"升学率": ["升学"], "签约率": ["协议"], "总率": ["签约率", "升学率"]}, "printed": {"总率": "80.00"},
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("class_year", [2021, 2025])
def test_a_report_of_another_shape_is_reproduced(shape: str, class_year: int) -> None:
    compared = reproduced({"id": shape, **SHAPES[shape]}, class_year)
    assert compared
    assert [each for each in compared if not each.equal] == []


def test_a_figure_printed_beside_rows_is_compared() -> None:
    raw = {"id": "r", "rows": [["机械", 60, 54, "90.00"]], "printed": {"就业率": "12.00"}}
    assert [each.name for each in reproduced(raw) if not each.ok] == ["就业率"]


def test_a_group_against_the_rule_is_compared_as_the_report_has_it_and_said() -> None:
    report = read_report(
        {"id": "g", "counts": {"协议": 50, "其他录用": 30, "求职中": 20},
         "groups": {"协议和合同就业率": ["协议", "其他录用"]}, "printed": {"协议和合同就业率": "80.00"}}, 2021
    )  # fmt: skip
    assert all(each.equal for each in compare(report, tabulated(plan(report, SCHOOL, 2021), report)))
    assert "协议和合同就业率" in report.remarks[0]


NAMES = sorted({key: name for name, key in DESTINATION_KEYS.items() if not key.startswith("@")}.values())


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 30), min_size=1), st.data())
def test_any_counts_with_any_margins_are_reproduced(counts: dict[str, int], data: st.DataObject) -> None:
    total = sum(counts.values())
    if total == 0:
        counts, total = {**counts, "协议": 5}, 5
        total = sum(counts.values())
    men = data.draw(st.integers(0, total))
    han = data.draw(st.integers(0, total))
    raw = {
        "id": "random",
        "total": total,
        "counts": counts,
        "printed_each": {name: str(rate(count, total)) for name, count in counts.items()},
        "extra": {"男": men, "女": total - men, "民族": {"汉族": han, "回族": total - han}},
    }
    assert [each for each in reproduced(raw) if not each.equal] == []


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"id": "x", "counts": {"火星就业": 3}}, "report.unknown_name"),
        ({"id": "x", "counts": {"协议": 3}, "total": 2}, "report.sum"),
        ({"id": "x", "counts": {"协议": 3}, "total": 4}, "report.sum"),
        ({"id": "x", "counts": {"协议": -3}}, "report.count"),
        ({"id": "x", "counts": {"协议": 3.5}}, "report.count"),
        ({"id": "x", "counts": {"协议": "3"}}, "report.count"),
        ({"id": "x", "counts": {}}, "report.size"),
        ({"id": "x", "total": 5}, "report.empty"),
        ({"id": "x", "counts": {"协议": 3}, "printed": {"幸福率": "1.00"}}, "report.unknown_rate"),
        ({"id": "x", "counts": {"协议": 3}, "printed": {"升学率": "many"}}, "report.percent"),
        ({"id": "x", "counts": {"协议": 3}, "as_of": "soon"}, "report.date"),
        ({"id": "x", "counts": {"协议": 400_001}}, "report.size"),
        ({"id": "x", "rows": [["机械", 60, 70, "90.00"]]}, "report.sum"),
        ({"id": "x", "counts": [1]}, "report.shape"),
        ({"id": "x", "rows": {"机械": 1}}, "report.shape"),
        ({"id": "x", "rows": [[]]}, "report.rows"),
        ({"id": "x", "counts": {"协议": 3}, "errata": [{}]}, "report.errata"),
        ({"id": "x", "counts": {"协议": 3}, "printed": {"升学率": "NaN"}}, "report.percent"),
        ({"id": "x", "counts": {"协议": 3}, "decimals": 50}, "report.decimals"),
        ({"id": "x", "counts": {"协议": 3}, "extra": {"星座": {"白羊": 3}}}, "report.unknown_heading"),
        ({"id": "x", "overlap": True, "total": 9, "counts": {"男": 4, "女": 4}}, "report.sum"),
        (
            {
                "id": "x",
                "days": [
                    {"as_of": "2022-09-01", "counts": {"协议": 3}},
                    {"as_of": "2022-12-26", "counts": {"协议": 4}},
                ],
            },
            "report.sum",
        ),
        (
            {
                "id": "x",
                "as_of": ["2022-09-01", "2022-12-26"],
                "rows": {"2022-09-01": [["甲", 6, 4], ["乙", 4, 2]], "2022-12-26": [["甲", 5, 4], ["乙", 5, 2]]},
            },
            "report.days_differ",
        ),
    ],
)
def test_what_does_not_add_up_is_refused(raw: dict[str, Any], code: str) -> None:
    with pytest.raises(ReportError) as caught:
        read_report(raw, 2021)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "extra",
    [{"学院": {"甲": [5, 5, "100.00"], "乙": [5, 5, "100.00"]}}, {"单位性质": {"国有企业": 7}}],
)
def test_tables_that_contradict_each_other_are_refused(extra: dict[str, Any]) -> None:
    report = read_report({"id": "x", "counts": {"协议": 6, "求职中": 4}, "extra": extra}, 2021)
    with pytest.raises(ReportError, match=r"report\.contradiction"):
        plan(report, SCHOOL, 2021)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ReportError) as caught:
        read_report({"id": "x", "counts": {"协议": 3, "火星就业": 1}}, 2021)
    assert "火星就业" in caught.value.zh
    assert "签就业协议形式就业" in caught.value.zh


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("{")
    with pytest.raises(ReportError, match=r"report\.unreadable"):
        load_report(path)
    path.write_text('[{"id": "a", "counts": {"协议": 1}}]')
    assert load_report(path).id == "a"
    with pytest.raises(ReportError, match=r"report\.not_found"):
        load_report(path, "b")
