"""Who takes which detour is drawn once and for all, and every detour is taken by somebody in a real cohort."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import wq.demo
from shared.codes.destination import AGREEMENT, DESTINATIONS
from wq.demo.cohort import Cohort, plan
from wq.demo.mix import HANDFUL, SIGNED_BEFORE, Life, doubled, draw, mistaken, rows
from wq.demo.report import load_report

REPORTS = Path(wq.demo.__file__).parent / "reports"
REGISTERING = {Life.FILED, Life.DENIED, Life.RETURNED, Life.UNDONE, Life.CHANGED, Life.LEFT}
COLLEGE = "mech_college_423"


def cohort(name: str) -> Cohort:
    return plan(load_report(REPORTS / f"{name}.json", None, 2021), "10112", 2021)


@pytest.fixture(scope="module")
def university() -> Cohort:
    return cohort("univ_5082")


def test_the_same_cohort_always_lives_the_same_lives(university: Cohort) -> None:
    assert draw(university) == draw(university)


def test_every_detour_is_taken_by_somebody_and_the_straight_way_by_most(university: Cohort) -> None:
    lives = draw(university)
    assert set(lives.values()) == set(Life)
    assert min(Counter(lives.values()).values()) >= HANDFUL
    assert len(university.graduates) / 5 < len(lives) < len(university.graduates) / 2


def test_a_college_lives_every_detour_too() -> None:
    assert set(draw(cohort(COLLEGE)).values()) == set(Life)


def test_a_detour_fits_what_the_graduate_does(university: Cohort) -> None:
    for number, life in draw(university).items():
        code = university.graduates[number].destinations[0].code
        assert (code == AGREEMENT) == (life not in REGISTERING)
        assert life not in (Life.UNDONE, Life.CHANGED) or DESTINATIONS[code].placed


def test_who_moves_on_a_later_day_signs_online() -> None:
    two_days = cohort("two_days_3878")
    for number, life in draw(two_days).items():
        planned = two_days.graduates[number].destinations
        assert planned[0] == planned[-1] or life not in (*SIGNED_BEFORE, Life.BOUND)


def test_the_roster_is_handed_in_with_mistakes_and_with_who_is_trained_for_a_unit() -> None:
    college = cohort(COLLEGE)
    lives = draw(college)
    for number, row in enumerate(rows(college, lives)):
        differing = {name for name in row if row[name] != college.graduates[number].row.get(name)}
        wanted = {Life.BOUND: {"training", "agreed_unit"}, Life.CORRECTED: {"political"}}
        assert differing == wanted.get(lives.get(number, Life.REFUSED), set())


def test_who_does_not_graduate_yet_is_somebody_else_and_whoever_is_entered_twice_is_not() -> None:
    college = cohort(COLLEGE)
    entered, twice = mistaken(college), doubled(college)
    for name in ("exam_no", "id_number"):
        known = {each.row[name] for each in college.graduates}
        assert len({row[name] for row in entered} - known) == HANDFUL
    assert twice["exam_no"] not in {row["exam_no"] for row in (*entered, *(each.row for each in college.graduates))}
    assert twice["id_number"] in {each.row["id_number"] for each in college.graduates}
