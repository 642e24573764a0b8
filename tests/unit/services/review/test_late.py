"""Steps that are late go to the office above, and accounts whose rights are narrow (DOMAIN 1.2, 1.11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.review import decider as c
from services.review import events as e
from services.review.decider import HANDLING, Facts, case_of, step_days_of, subject_of
from shared.access import allowed
from shared.messages import Actor, Recorded
from tests.support.golden_examples import recorded
from tests.support.spec import (
    DEPARTMENT,
    GRADUATE_ID,
    MINISTRY,
    NOW,
    PROVINCE,
    SCHOOL,
    SCOPE,
    SYSTEM,
    Given,
    given,
    meta,
)

SUBJECT_ID = "14-00000000-0000-4000-8000-0000000000c1"
CASE_ID = case_of("agreement", SUBJECT_ID)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
OPENED = e.ReviewOpened(
    case_id=CASE_ID,
    kind="agreement",
    subject_id=SUBJECT_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    chain=("department", "school"),
    step_days=5,
    due_at=NOW + 5 * DAY,
)
NEVER_LATE = replace(OPENED, step_days=0, due_at=None)
APPROVED = e.StepApproved(CASE_ID, "department", None, NOW + 7 * DAY)
LATE = e.StepEscalated(CASE_ID, "department", "school")
PASSED = e.ReviewPassed(CASE_ID, "agreement", SUBJECT_ID, GRADUATE_ID)
OPEN = c.OpenReview("agreement", SUBJECT_ID, GRADUATE_ID, SCOPE, 2026)
ESCALATE = c.EscalateReview(CASE_ID)
APPROVE = c.ApproveReview(CASE_ID)
RETURN = c.ReturnReview(CASE_ID, "材料不清")


def after(*events: Any, facts: Facts | None = None) -> Given:
    return given(HANDLING, *events, facts=facts or Facts())


def test_a_case_opens_with_the_day_its_first_step_is_due() -> None:
    facts = Facts(chain=("department", "school"), step_days=5)
    after(facts=facts).when(OPEN).then(OPENED)
    after(facts=replace(facts, step_days=0)).when(OPEN).then(NEVER_LATE)


def test_the_next_step_has_its_own_days() -> None:
    after(OPENED).when(APPROVE, meta(DEPARTMENT, after=2 * DAY)).then(APPROVED)
    after(NEVER_LATE).when(APPROVE, meta(DEPARTMENT)).then(replace(APPROVED, due_at=None))


# escalate_review


def test_a_late_step_goes_to_the_office_above_exactly_when_it_is_due() -> None:
    after(OPENED).when(ESCALATE, meta(SYSTEM, after=5 * DAY)).then(LATE)
    after(OPENED).when(ESCALATE, meta(SYSTEM, after=5 * DAY - MOMENT)).then_nothing()
    later = e.StepEscalated(CASE_ID, "school", "province")
    after(OPENED, APPROVED).when(ESCALATE, meta(SYSTEM, after=7 * DAY)).then(later)


@pytest.mark.parametrize(
    "past",
    [(), (NEVER_LATE,), (OPENED, LATE), (OPENED, PASSED), (OPENED, e.ReviewClosed(CASE_ID, "withdrawn"))],
)
def test_what_is_not_late_or_was_noted_is_not_escalated(past: Any) -> None:
    after(*past).when(ESCALATE, meta(SYSTEM, after=99 * DAY)).then_nothing()


def test_the_office_above_acts_only_in_the_place_of_a_late_step() -> None:
    after(OPENED).when(APPROVE, meta(SCHOOL)).then_refused("review.not_your_step")
    approved = replace(APPROVED, due_at=NOW + 11 * DAY)
    after(OPENED, LATE).when(APPROVE, meta(SCHOOL, after=6 * DAY)).then(approved)
    after(OPENED, LATE).when(APPROVE, meta(DEPARTMENT, after=6 * DAY)).then(approved)
    after(OPENED, LATE).when(APPROVE, meta(PROVINCE, after=6 * DAY)).then_refused("review.not_your_step")
    after(OPENED, LATE, APPROVED).when(APPROVE, meta(PROVINCE, after=6 * DAY)).then_refused("review.not_your_step")


def test_above_the_province_is_the_ministry() -> None:
    opened = replace(OPENED, chain=("province",))
    late = e.StepEscalated(CASE_ID, "province", "ministry")
    after(opened).when(ESCALATE, meta(SYSTEM, after=5 * DAY)).then(late)
    after(opened, late).when(APPROVE, meta(MINISTRY)).then(e.StepApproved(CASE_ID, "province"), PASSED)


# rights


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        ("agreement", "signing"),
        ("application", "signing"),
        ("signing", "signing"),
        ("paper", "signing"),
        ("loss", "signing"),
        ("registration", "signing"),
        ("cancellation", "cancelling"),
        ("void", "cancelling"),
    ],
)
@pytest.mark.parametrize("action", ["approve_review", "approve_reviews", "return_review", "return_reviews"])
def test_signing_and_cancelling_are_separate_rights(kind: str, right: str, action: str) -> None:
    case = after(replace(OPENED, kind=kind)).state
    other = "cancelling" if right == "signing" else "signing"
    office = Actor(DEPARTMENT.role, DEPARTMENT.id, DEPARTMENT.scope)
    may = {
        rights: allowed(f"review.{action}", replace(office, rights=rights), subject_of(case))
        for rights in (None, (right,), (other,), (), ("signing", "cancelling"))
    }
    assert may == {None: True, (right,): True, (other,): False, (): False, ("signing", "cancelling"): True}
    assert allowed("review.get_review", replace(office, rights=()), subject_of(case))


# the days of a province


def _told(**data: Any) -> Recorded:
    return recorded("directory.ProvinceSettingsChanged", **data)


def test_a_province_sets_the_days_of_its_class() -> None:
    told = [_told(class_year=2026, review_days=3), _told(class_year=2025, review_days=9)]
    assert step_days_of(2026, told) == 3
    assert step_days_of(2027, told) == 5
    told.append(_told(class_year=2026, review_days=0))
    assert step_days_of(2026, told) == 0
