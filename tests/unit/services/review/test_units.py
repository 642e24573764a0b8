"""A unit that was suspended or closed after the graduate agreed: reviewers see it, and approve with a reason or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.directory.events import EmployerReinstated
from services.review import events as e
from services.review.decider import HANDLING, Facts
from services.review.subjects import subject_streams
from services.review.units import standing_of, unit_of
from shared.codec import to_json
from shared.codes.uscc import employer_id_of
from shared.messages import NewEvent, Recorded
from tests.support import directory_examples as d
from tests.support import examples, registration_examples
from tests.support import review_examples as x
from tests.support.directory_examples import USCC
from tests.support.spec import DEPARTMENT, EMPLOYER_ID, GRADUATE_ID, LANE, NOW, SYSTEM, given, meta

SINCE = NOW.date().isoformat()
SUSPENDED = {"state": "suspended", "since": SINCE, "reason": d.SUSPENDED.reason}
CLOSED = {"state": "closed", "since": d.CLOSED.closed_on.isoformat(), "how": d.CLOSED.how}
REINSTATED = EmployerReinstated(EMPLOYER_ID)


def told(*events: Any) -> list[Recorded]:
    new = [
        NewEvent(each.TYPE, each.VERSION, to_json(each), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        for each in events
    ]
    return [Recorded(LANE, number, "stream", number, NOW, event) for number, event in enumerate(new, 1)]


@pytest.mark.parametrize(
    ("history", "standing"),
    [
        ((), None),
        ((d.REGISTERED,), None),
        ((d.REGISTERED, d.VERIFIED), None),
        ((d.REGISTERED, d.VERIFIED, d.SUSPENDED), SUSPENDED),
        ((d.REGISTERED, d.VERIFIED, d.SUSPENDED, d.CLOSED), CLOSED),
        ((d.REGISTERED, d.VERIFIED, d.SUSPENDED, REINSTATED), None),
        ((d.REGISTERED, d.VERIFIED, d.SUSPENDED, REINSTATED, d.CLOSED), CLOSED),
    ],
)
def test_what_an_office_said_last_of_a_unit_counts(history: Any, standing: Any) -> None:
    assert standing_of(told(*history)) == standing


def test_a_unit_on_paper_has_the_account_of_its_credit_code() -> None:
    assert unit_of({"terms": {"employer_id": EMPLOYER_ID, "uscc": USCC}}) == EMPLOYER_ID
    assert unit_of({"terms": {"uscc": USCC}}) == unit_of({"destination": {"uscc": USCC}}) == employer_id_of(USCC)
    assert unit_of({"terms": {"uscc_absent_reason": "机关单位"}}) is None
    assert unit_of({}) is None


CONTRACT = replace(registration_examples.CONTRACT, uscc=USCC)
OPENING: dict[str, tuple[str, str, Any, str | None]] = {
    "agreement": ("agreement", examples.OFFER_ID, (examples.OFFER_SENT, examples.ACCEPTED), EMPLOYER_ID),
    "application": (
        "agreement",
        examples.REVIEW_ID,
        (replace(examples.APPLIED, terms=replace(examples.TERMS, uscc=USCC)),),
        employer_id_of(USCC),
    ),
    "paper": ("agreement", examples.REVIEW_ID, (examples.PAPER,), None),
    "registration": (
        "registration",
        registration_examples.REGISTRATION_ID,
        (replace(registration_examples.SUBMITTED, destination=CONTRACT),),
        employer_id_of(USCC),
    ),
}


@pytest.mark.parametrize("kind", OPENING)
def test_a_case_knows_the_account_of_the_unit_that_it_brings_a_graduate_to(kind: str) -> None:
    of, subject_id, past, wanted = OPENING[kind]
    command = replace(x.OPEN, kind=kind, subject_id=subject_id)
    empty: dict[str, list[Recorded]] = {name: [] for name in HANDLING.reads(command)}
    streams = {**empty, **{name: told(*past) for name in subject_streams(GRADUATE_ID) if name.startswith(of)}}
    (opened,) = given(HANDLING, facts=HANDLING.facts(command, streams)).when(command).events
    assert opened.employer_id == wanted


ABOUT_UNIT = replace(x.OPENED, kind="agreement", employer_id=EMPLOYER_ID)
UNSAID = replace(x.APPROVE, remark=None)


@pytest.mark.parametrize(("event", "code"), [(d.SUSPENDED, "review.unit_suspended"), (d.CLOSED, "review.unit_closed")])
def test_who_approves_in_spite_of_it_says_why(event: Any, code: str) -> None:
    streams = {f"review-{x.CASE_ID}": told(ABOUT_UNIT)}
    assert HANDLING.then_reads(UNSAID, streams) == [f"employer-{EMPLOYER_ID}"]
    streams[f"employer-{EMPLOYER_ID}"] = told(d.REGISTERED, d.VERIFIED, event)
    case = given(HANDLING, ABOUT_UNIT, facts=HANDLING.facts(UNSAID, streams))
    case.when(UNSAID, meta(DEPARTMENT)).then_refused(code, "remark")
    (approved,) = case.when(replace(x.APPROVE, remark="已核实，单位已整改"), meta(DEPARTMENT)).events
    assert (approved.despite, approved.remark) == (code.removeprefix("review.unit_"), "已核实，单位已整改")
    assert case.when(x.RETURN, meta(DEPARTMENT)).error is None


def test_of_a_unit_in_good_standing_nothing_need_be_said() -> None:
    streams = {f"review-{x.CASE_ID}": told(ABOUT_UNIT), f"employer-{EMPLOYER_ID}": told(d.REGISTERED, d.VERIFIED)}
    facts = HANDLING.facts(UNSAID, streams)
    (approved,) = given(HANDLING, ABOUT_UNIT, facts=facts).when(UNSAID, meta(DEPARTMENT)).events
    assert isinstance(approved, e.StepApproved)
    assert approved.despite is None
    # Cases from before this was kept name no unit.
    assert HANDLING.then_reads(UNSAID, {f"review-{x.CASE_ID}": told(x.OPENED)}) == []
    assert HANDLING.facts(UNSAID, {f"review-{x.CASE_ID}": told(x.OPENED)}) == Facts()
