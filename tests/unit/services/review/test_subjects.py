"""What a reviewer is shown of what a case is about, for every kind of case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement import events as agreements
from services.registration import events as registrations
from services.review.schemas import KINDS
from services.review.subjects import shown_subject
from shared.messages import NewEvent, Recorded
from tests.support import examples as x
from tests.support import registration_examples as r
from tests.support.spec import GRADUATE_ID, LANE, NOW, SYSTEM

SIGNED_TERMS = {"employer_id": x.OFFER_SENT.employer_id, "job_title": x.OFFER_SENT.job_title, "parties": 2}


def told(codec: Any, *events: Any) -> list[Recorded]:
    found = []
    for position, each in enumerate(events, 1):
        kind, version, data = codec.encode(each)
        new = NewEvent(kind, version, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        found.append(Recorded(LANE, position, f"agreement-{GRADUATE_ID}", position, NOW, new))
    return found


def shown(kind: str, subject_id: str, *events: Any) -> dict[str, Any]:
    return shown_subject(kind, subject_id, told(agreements.CODEC, *events), ())


def of_destination(kind: str, subject_id: str, *events: Any) -> dict[str, Any]:
    return shown_subject(kind, subject_id, (), told(registrations.CODEC, *events))


def test_an_accepted_offer_is_shown_with_its_unit_and_the_terms_as_last_edited() -> None:
    seen = shown("agreement", x.OFFER_ID, x.OFFER_SENT, x.EDITED, x.ACCEPTED)
    assert seen["unit_name"] == x.OFFER_SENT.employer_name
    assert (seen["terms"]["job_title"], seen["terms"]["place"]) == (x.EDITED.job_title, x.OFFER_SENT.place)
    assert {name: seen["terms"].get(name) for name in ("penalty", "monthly_salary")} == {
        "penalty": x.EDITED.penalty,
        "monthly_salary": x.EDITED.monthly_salary,
    }


def test_a_book_is_shown_as_it_was_applied_for_and_an_amended_one_as_it_was_amended() -> None:
    amended = replace(x.AMENDED, review_id=x.LOSS_ID, terms=replace(x.TERMS, job_title="质检员", monthly_salary=None))
    history = (x.APPLIED, x.APPLICATION_RETURNED, amended)
    first, second = shown("application", x.REVIEW_ID, *history), shown("application", x.LOSS_ID, *history)
    assert (first["unit_name"], first["terms"]["job_title"]) == (x.TERMS.unit_name, x.TERMS.job_title)
    assert second["terms"]["job_title"] == "质检员"
    assert "monthly_salary" not in second["terms"]


def test_a_scan_and_a_paper_are_shown_with_their_evidence() -> None:
    scan = replace(x.SCANNED, review_id=x.LOSS_ID)
    seen = shown("signing", x.LOSS_ID, x.APPLIED, x.ISSUED, scan)
    assert (seen["evidence_id"], seen["number"], seen["unit_name"]) == (x.SCAN_ID, x.NUMBER, x.TERMS.unit_name)
    seen = shown("paper", x.PAPER.review_id, x.PAPER)
    assert (seen["evidence_id"], seen["signed_on"], seen["paper_number"]) == (
        x.PAPER.evidence_id,
        x.PAPER.signed_on.isoformat(),
        x.PAPER.paper_number,
    )
    doubted = replace(x.PAPER, warnings=("uscc.check",))
    assert shown("paper", x.PAPER.review_id, doubted)["warnings"] == ["uscc.check"]


def test_a_loss_is_shown_with_its_statement_and_the_number_that_is_lost() -> None:
    seen = shown("loss", x.LOSS_ID, x.APPLIED, x.ISSUED, x.LOST)
    assert (seen["statement"], seen["evidence_id"], seen["number"]) == (x.LOST.statement, x.NOTICE_ID, x.NUMBER)


def test_a_cancellation_is_shown_with_who_asked_why_and_what_the_school_said() -> None:
    history = (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.CANCELLATION_REFUSED, x.MEDIATED, x.AGREED)
    seen = shown("cancellation", x.CANCELLATION_ID, *history)
    assert (seen["by"], seen["reason_code"], seen["reason"]) == (
        x.REQUESTED.by,
        x.REQUESTED.reason_code,
        x.REQUESTED.reason,
    )
    assert (seen["mediated"], seen["number"]) == (x.MEDIATED.reason, x.NUMBER)
    assert seen["unit_name"] == x.OFFER_SENT.employer_name
    with_letter = replace(x.AGREED, release_letter=x.SCAN_ID)
    seen = shown("cancellation", x.CANCELLATION_ID, *history[:-1], with_letter)
    assert seen["release_letter"] == x.SCAN_ID


def test_a_destination_is_shown_with_its_unit_evidence_and_pay_in_yuan() -> None:
    submitted = replace(r.SUBMITTED, destination=replace(r.SUBMITTED.destination, hourly_pay=2550))
    seen = of_destination("registration", submitted.registration_id, submitted)
    assert seen["unit_name"] == submitted.destination.unit_name
    assert (seen["destination"]["code"], seen["destination"]["hourly_pay"]) == (submitted.destination.code, "25.50")


def test_a_void_is_shown_with_its_reason_and_the_destination_that_shall_go() -> None:
    seen = of_destination("void", r.VOID_REQUESTED.void_id, r.SUBMITTED, r.REGISTERED, r.VOID_REQUESTED)
    assert (seen["reason"], seen["unit_name"]) == (r.VOID_REQUESTED.reason, r.REGISTERED.destination.unit_name)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_thing_that_its_stream_does_not_know_nothing_is_shown(kind: str) -> None:
    assert shown(kind, x.OFFER_ID) == {}
