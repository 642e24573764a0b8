"""Everybody planned could be real, the same plan comes out every time, and nobody moves without need."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from typing import Any

import pytest

from shared.codes.identity import check_identity, check_resident_id, county_doubt
from wq.demo.cohort import GRADUATES_AN_EMPLOYER, Cohort, plan
from wq.demo.report import read_report

SCHOOL = "10108"
TWO_DAYS = ["2022-09-01", "2022-12-26"]


def planned(**raw: Any) -> Cohort:
    return plan(read_report({"id": "cohort", **raw}, 2022), SCHOOL, 2022)


def test_a_hundred_thousand_are_planned_in_seconds_with_numbers_of_their_own() -> None:
    started = time.monotonic()
    cohort = planned(counts={"协议": 70_000, "升学": 20_000, "求职中": 10_000}, extra={"男": 60_000, "女": 40_000})
    assert time.monotonic() - started < 30
    for field in ("id_number", "exam_no", "student_no"):
        assert len({each.row[field] for each in cohort.graduates}) == 100_000
    for each in cohort.graduates[::97]:
        checked = check_resident_id(each.row["id_number"], date(2022, 6, 1))
        assert checked.sex_code == each.row["sex"]
        assert 20 <= 2022 - checked.birth_date.year <= 23
        assert len(each.row["exam_no"]) == 14


def test_nobody_is_in_two_cohorts() -> None:
    """A platform holds a person once, however many reports are played on it."""
    report = {"id": "cohort", "counts": {"协议": 5_000}}
    people = [
        each.row["id_number"]
        for school, class_year in (("10108", 2022), ("10108", 2023), ("10109", 2022), ("10001", 2022), ("10002", 2022))
        for each in plan(read_report(report, class_year), school, class_year).graduates
    ]
    assert len(set(people)) == len(people)


def test_people_are_born_where_a_county_is_listed() -> None:
    for each in planned(counts={"协议": 3_000}).graduates:
        number = check_identity("resident_id", each.row["id_number"], date(2022, 6, 1))
        assert county_doubt(number) is None


def test_employers_are_distinct_and_hire_no_more_than_they_can() -> None:
    cohort = planned(counts={"协议": 1000})
    hired = [employer for each in cohort.graduates for employer in each.employers if employer is not None]
    assert max(hired.count(number) for number in set(hired)) <= GRADUATES_AN_EMPLOYER
    assert len({each.uscc for each in cohort.employers}) == len(cohort.employers)


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({"协议": 40, "未登记": 60}, {"协议": 70, "合同": 20, "未登记": 10}, 50),
        ({"协议": 50, "合同": 20, "未登记": 30}, {"协议": 40, "合同": 50, "未登记": 10}, 30),
        ({"合同": 30, "协议": 70}, {"协议": 70, "合同": 30}, 0),
    ],
)
def test_between_two_days_only_as_many_move_as_the_counts_ask(
    before: dict[str, int], after: dict[str, int], moved: int
) -> None:
    cohort = planned(as_of=TWO_DAYS, counts=dict(zip(TWO_DAYS, (before, after), strict=True)))
    assert sum(each.destinations[0] != each.destinations[1] for each in cohort.graduates) == moved
    for each in cohort.graduates:
        if each.destinations[0] == each.destinations[1]:
            assert each.employers[0] == each.employers[1]


def test_the_plan_does_not_depend_on_the_hash_seed() -> None:
    script = (
        "from wq.demo.cohort import plan; from wq.demo.report import read_report;"
        "raw = {'id': 'a', 'counts': {'基层项目': 5, '协议': 15}, 'extra': {'生源地': {'华东': 12, '西南': 8}}};"
        "cohort = plan(read_report(raw, 2022), '10108', 2022);"
        "print([(sorted(each.row.items()), each.destinations) for each in cohort.graduates])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            timeout=60,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(seen) == 1
