"""Who takes which detour is drawn once and for all, and every detour is taken by somebody in a real cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

import wq.demo
from shared.codes.destination import AGREEMENT, DESTINATIONS
from wq.demo.cohort import Cohort, plan
from wq.demo.mix import ON_PAPER, Life, draw
from wq.demo.report import load_report

REPORTS = Path(wq.demo.__file__).parent / "reports"
SIGNING = {Life.REFUSED, Life.LAPSED, Life.WITHDRAWN, Life.CANCELLED, *ON_PAPER}


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
    assert len(university.graduates) / 5 < len(lives) < len(university.graduates) / 2


def test_a_detour_fits_what_the_graduate_does(university: Cohort) -> None:
    for number, life in draw(university).items():
        code = university.graduates[number].destinations[0].code
        assert (code == AGREEMENT) == (life in SIGNING)
        assert life is not Life.UNDONE or DESTINATIONS[code].placed


def test_who_moves_on_a_later_day_signs_online() -> None:
    two_days = cohort("two_days_3878")
    for number, life in draw(two_days).items():
        planned = two_days.graduates[number].destinations
        assert planned[0] == planned[-1] or life not in ON_PAPER
