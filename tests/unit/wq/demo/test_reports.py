"""A planned cohort holds every printed figure of its report, whatever the report's shape; what does not add up is refused."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wq.demo
from services.directory.rows import RosterRow, decode_row
from services.registration.decider import check_destination
from services.registration.events import Destination
from shared.codes.destination import AGREEMENT, rate
from shared.codes.uscc import check_uscc
from wq.demo.cohort import Cohort, plan
from wq.demo.comparison import Table, compare
from wq.demo.names import DESTINATION_KEYS, ReportError
from wq.demo.report import Report, load_report, read_report

BUNDLED = sorted((Path(wq.demo.__file__).parent / "reports").glob("*.json"))
SCHOOL = "10108"


def tabulated(cohort: Cohort, report: Report) -> Any:
    """What the statistics would answer, counted from the plan."""

    def ask(dimensions: tuple[str, ...], day: date | None) -> Table:
        index = report.days.index(day)
        return Counter(
            tuple(_value(graduate, index, name) for name in dimensions) for graduate in cohort.graduates
        )

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
            fields = {name: getattr(kind, name) or None for name in kind.__slots__}
            if kind.unit_nature:
                fields["unit_name"] = "某单位"
            if kind.code in ("801", "802", "803"):
                fields["school_name"] = "某大学"
            if kind.code == "85":
                fields |= {"country": "新加坡", "foreign_school_name": "NUS"}
            check_destination(Destination(**fields))


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
               "days": [{"as_of": "2022-12-26", "counts": second}, {"as_of": "2022-09-01", "counts": first}]}  # fmt: skip
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
                   "extra": {"学院": {"文学院": [4, 3, "75.00"], "理学院": [6, 3, "50.00"]}, "男": 5, "女": 5}}  # fmt: skip
    assert all(each.equal for each in reproduced(broken_down))
    partial = {"id": "d", "total": 100, "dimension": "行业", "counts": {"教育": 30, "制造业": 20},
               "printed_each": {"教育": "30.00", "制造业": "20.00"}}  # fmt: skip
    assert all(each.equal for each in reproduced(partial))
    of_listed = {"id": "e", "total": 100, "dimension": "单位性质", "counts": {"机关": 30, "国有企业": 10},
                 "printed_each": {"机关": "75.00", "国有企业": "25.00"}}  # fmt: skip
    assert all(each.equal for each in reproduced(of_listed))


NAMES = sorted({key: name for name, key in DESTINATION_KEYS.items() if key != "placed"}.values())


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
        ({"id": "x", "counts": {"协议": 200_000}}, "report.size"),
        ({"id": "x", "rows": [["机械", 60, 70, "90.00"]]}, "report.sum"),
    ],
)
def test_what_does_not_add_up_is_refused(raw: dict[str, Any], code: str) -> None:
    with pytest.raises(ReportError) as caught:
        read_report(raw, 2021)
    assert caught.value.code == code


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
