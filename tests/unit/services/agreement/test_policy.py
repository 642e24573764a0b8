"""A review's end moves the agreement it was about; other kinds of review are none of our business."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.agreement.decider import EndUnfinished
from services.agreement.policy import REACTIONS
from shared.handling import Intent
from shared.messages import NewEvent, Recorded
from tests.support import examples as x
from tests.support.golden_examples import own_fields
from tests.support.spec import GRADUATE_ID, NOW, SYSTEM


def event(event_type: str, **data: Any) -> Recorded:
    fields = {"case_id": "14-case", "graduate_id": GRADUATE_ID, **data}
    new = NewEvent(event_type, 1, own_fields(event_type, fields), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return Recorded("14", 1, "review-14-case", 3, NOW, new)


@pytest.mark.parametrize(("kind", "subject_id"), [("agreement", x.OFFER_ID), ("cancellation", x.CANCELLATION_ID)])
def test_a_review_that_passed_is_followed(kind: str, subject_id: str) -> None:
    (intent,) = REACTIONS["review.ReviewPassed"](event("review.ReviewPassed", kind=kind, subject_id=subject_id))
    assert intent.action == "agreement.pass_review"
    assert (intent.command.graduate_id, intent.command.kind, intent.command.subject_id, intent.command.serial) == (
        GRADUATE_ID,
        kind,
        subject_id,
        None,
    )


def test_a_cancellation_is_followed_with_the_cause_that_the_university_found() -> None:
    told = {"kind": "cancellation", "subject_id": x.CANCELLATION_ID, "caused_by": "employer", "reason_code": "other"}
    (intent,) = REACTIONS["review.ReviewPassed"](event("review.ReviewPassed", **told))
    assert (intent.command.caused_by, intent.command.reason_code) == ("employer", "other")


@pytest.mark.parametrize("command", [x.FAIL, x.FAIL_CANCELLATION])
def test_a_review_that_was_returned_is_followed_with_its_reason(command: Any) -> None:
    returned = event(
        "review.ReviewReturned",
        kind=command.kind,
        subject_id=command.subject_id,
        step="school",
        reason=command.reason,
    )
    assert REACTIONS[returned.type](returned) == [Intent("agreement.fail_review", command)]


@pytest.mark.parametrize("kind", ["application", "signing", "loss", "paper"])
def test_reviews_of_books_are_followed(kind: str) -> None:
    (intent,) = REACTIONS["review.ReviewPassed"](event("review.ReviewPassed", kind=kind, subject_id=x.REVIEW_ID))
    assert (intent.command.kind, intent.command.subject_id) == (kind, x.REVIEW_ID)


@pytest.mark.parametrize("kind", ["registration", "void"])
@pytest.mark.parametrize("event_type", ["review.ReviewPassed", "review.ReviewReturned"])
def test_other_reviews_are_ignored(event_type: str, kind: str) -> None:
    assert REACTIONS[event_type](event(event_type, kind=kind, subject_id="14-x", step="school", reason="-")) == []


def test_who_is_removed_from_the_roster_finishes_nothing() -> None:
    removed = event("directory.GraduateRemoved", reason="延期毕业")
    assert REACTIONS[removed.type](removed) == [Intent("agreement.end_unfinished", EndUnfinished(GRADUATE_ID))]


def test_nothing_else_is_listened_to() -> None:
    assert set(REACTIONS) == {"directory.GraduateRemoved", "review.ReviewPassed", "review.ReviewReturned"}
