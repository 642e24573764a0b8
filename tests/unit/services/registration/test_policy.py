"""Agreements and reviews move the registration; what is not about one is none of our business."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.registration.decider import EndUnfinished, RenumberAgreement, ResetLeaving
from services.registration.policy import REACTIONS
from shared.codec import to_json
from shared.handling import Intent
from shared.messages import NewEvent, Recorded
from tests.support import examples
from tests.support import registration_examples as x
from tests.support.golden_examples import own_fields
from tests.support.spec import GRADUATE_ID, NOW, SYSTEM


def event(event_type: str, data: dict[str, Any]) -> Recorded:
    new = NewEvent(event_type, 1, own_fields(event_type, data), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return Recorded("14", 1, "other-14-stream", 3, NOW, new)


def review(event_type: str, command: Any) -> Recorded:
    fields = {"case_id": "14-case", "step": "school", **asdict(command)}
    return event(event_type, fields)


def test_a_concluded_agreement_is_registered_with_all_that_it_says_of_the_unit() -> None:
    concluded = event("agreement.AgreementConcluded", to_json(examples.CONCLUDED))
    (intent,) = REACTIONS[concluded.type](concluded)
    told = examples.VERIFIED
    unit = replace(x.AGREED, uscc=told.uscc, unit_address=told.address, unit_phone=told.phone)
    unit = replace(unit, agreement_number=examples.CONCLUDED.number)
    command = replace(x.CONCLUDE, agreement_id=examples.OFFER_ID, destination=unit)
    assert intent == Intent("registration.register_from_agreement", command)


def test_the_day_of_signing_on_paper_goes_along() -> None:
    paper = replace(examples.CONCLUDED, signed_on=date(2026, 4, 8))
    (intent,) = REACTIONS["agreement.AgreementConcluded"](event("agreement.AgreementConcluded", to_json(paper)))
    assert intent.command.destination.signed_on == date(2026, 4, 8)


def test_an_agreement_may_leave_out_salary_credit_code_address_and_phone() -> None:
    bare = replace(examples.CONCLUDED, uscc=None, monthly_salary=None, unit_address=None, unit_phone=None)
    (intent,) = REACTIONS["agreement.AgreementConcluded"](event("agreement.AgreementConcluded", to_json(bare)))
    made = intent.command.destination
    assert (made.uscc, made.monthly_salary, made.unit_address, made.unit_phone) == (None, None, None, None)


@pytest.mark.parametrize("what", ["Corrected", "Removed"])
def test_a_roster_that_changes_opens_what_was_confirmed_before_leaving(what: str) -> None:
    corrected = event(f"directory.Graduate{what}", {"graduate_id": GRADUATE_ID})
    command = ResetLeaving(GRADUATE_ID, corrected.version)
    assert Intent("registration.reset_leaving", command) in REACTIONS[corrected.type](corrected)


def test_only_who_is_removed_from_the_roster_loses_what_is_under_way() -> None:
    ending = Intent("registration.end_unfinished", EndUnfinished(GRADUATE_ID))
    told = {what: event(f"directory.Graduate{what}", {"graduate_id": GRADUATE_ID}) for what in ("Corrected", "Removed")}
    assert ending in REACTIONS["directory.GraduateRemoved"](told["Removed"])
    assert ending not in REACTIONS["directory.GraduateCorrected"](told["Corrected"])


def test_a_book_made_again_gives_its_new_number() -> None:
    reissued = event("agreement.BookReissued", to_json(examples.REISSUED))
    command = RenumberAgreement(GRADUATE_ID, examples.BOOK_ID, examples.NEXT_NUMBER)
    assert REACTIONS[reissued.type](reissued) == [Intent("registration.renumber_agreement", command)]


def test_a_cancelled_agreement_reopens() -> None:
    cancelled = event("agreement.AgreementCancelled", to_json(examples.CANCELLED))
    command = replace(x.CANCEL, agreement_id=examples.OFFER_ID)
    assert REACTIONS[cancelled.type](cancelled) == [Intent("registration.reopen_registration", command)]


@pytest.mark.parametrize("command", [x.PASS, x.PASS_VOID])
def test_a_review_that_passed_is_followed(command: Any) -> None:
    passed = review("review.ReviewPassed", command)
    assert REACTIONS[passed.type](passed) == [Intent("registration.pass_review", command)]


@pytest.mark.parametrize("command", [x.FAIL, x.FAIL_VOID])
def test_a_review_that_was_returned_is_followed_with_its_reason(command: Any) -> None:
    returned = review("review.ReviewReturned", command)
    assert REACTIONS[returned.type](returned) == [Intent("registration.fail_review", command)]


@pytest.mark.parametrize("kind", ["agreement", "cancellation"])
@pytest.mark.parametrize("event_type", ["review.ReviewPassed", "review.ReviewReturned"])
def test_other_reviews_are_ignored(event_type: str, kind: str) -> None:
    assert REACTIONS[event_type](review(event_type, replace(x.FAIL, kind=kind))) == []


def test_nothing_else_is_listened_to() -> None:
    assert set(REACTIONS) == {
        "directory.GraduateCorrected",
        "directory.GraduateRemoved",
        "agreement.AgreementConcluded",
        "agreement.AgreementCancelled",
        "agreement.BookReissued",
        "review.ReviewPassed",
        "review.ReviewReturned",
    }
