"""What needs looking at opens a case, what is gone closes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.review.decider import CloseReview, OpenReview, case_of
from services.review.policy import REACTIONS
from shared.codec import to_json
from shared.handling import Intent
from shared.messages import NewEvent, Recorded
from tests.support import examples, registration_examples
from tests.support.golden_examples import own_fields
from tests.support.spec import GRADUATE_ID, NOW, SCOPE, SYSTEM

OPENING: dict[str, tuple[Any, str]] = {
    "agreement": (examples.ACCEPTED, examples.OFFER_ID),
    "cancellation": (examples.AGREED, examples.CANCELLATION_ID),
    "registration": (registration_examples.SUBMITTED, registration_examples.REGISTRATION_ID),
    "void": (registration_examples.VOID_REQUESTED, registration_examples.VOID_ID),
}
CLOSING: list[tuple[Any, str, str, str]] = [
    (registration_examples.WITHDRAWN, "registration", registration_examples.REGISTRATION_ID, "withdrawn"),
    (registration_examples.SUPERSEDED, "registration", registration_examples.REGISTRATION_ID, "superseded"),
    (registration_examples.VOID_SUPERSEDED, "void", registration_examples.VOID_ID, "superseded"),
]


CASE = {"graduate_id": GRADUATE_ID, "scope": SCOPE, "class_year": 2026}
REVIEW_ID = "14-00000000-0000-4000-8000-0000000000d1"
# What else opens a case: the event, the kind and the field that names the thing.
ALSO_OPENING = {
    "agreement.AgreementSealed": ("agreement", "agreement_id"),
    "agreement.AgreementAttested": ("agreement", "agreement_id"),
    "agreement.BookApplied": ("application", "review_id"),
    "agreement.BookAmended": ("application", "review_id"),
    "agreement.ScanSubmitted": ("signing", "review_id"),
    "agreement.PaperSubmitted": ("paper", "review_id"),
    "agreement.LossReported": ("loss", "loss_id"),
}
ALSO_CLOSING: dict[str, tuple[str, dict[str, Any]]] = {
    "agreement.AgreementReturned": ("cancellation", {"agreement_id": "14-b", "cancellation_id": REVIEW_ID}),
    "agreement.AgreementCancelled": ("agreement", {"agreement_id": REVIEW_ID, "in_review": True}),
    "agreement.BookVoided": ("signing", {"review_id": REVIEW_ID, "review_kind": "signing"}),
}


def reaction(event: Any) -> Any:
    return reaction_to(event.TYPE, to_json(event))


def reaction_to(event_type: str, data: dict[str, Any]) -> Any:
    new = NewEvent(event_type, 1, own_fields(event_type, data), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return REACTIONS[event_type](Recorded("14", 1, "other-14-stream", 3, NOW, new))


@pytest.mark.parametrize("kind", OPENING)
def test_what_needs_looking_at_opens_a_case(kind: str) -> None:
    event, subject_id = OPENING[kind]
    assert reaction(event) == [Intent("review.open_review", OpenReview(kind, subject_id, GRADUATE_ID, SCOPE, 2026))]


def test_a_case_has_the_steps_that_its_destination_must_have() -> None:
    steps = ("department", "school")
    (intent,) = reaction(replace(registration_examples.SUBMITTED, min_chain=steps))
    assert intent.command.min_chain == steps


@pytest.mark.parametrize(("event", "kind", "subject_id", "reason"), CLOSING)
def test_what_is_gone_closes_its_case(event: Any, kind: str, subject_id: str, reason: str) -> None:
    assert reaction(event) == [Intent("review.close_review", CloseReview(case_of(kind, subject_id), reason))]


@pytest.mark.parametrize("event_type", ALSO_OPENING)
def test_each_form_of_signing_opens_a_case_of_its_kind(event_type: str) -> None:
    kind, name = ALSO_OPENING[event_type]
    told = reaction_to(event_type, {**CASE, name: REVIEW_ID, "awaits": "review"})
    assert told == [Intent("review.open_review", OpenReview(kind, REVIEW_ID, GRADUATE_ID, SCOPE, 2026))]


@pytest.mark.parametrize("event_type", ["agreement.OfferAccepted", "agreement.CancellationAgreed", *ALSO_OPENING])
def test_a_case_is_opened_by_the_settings_that_its_agreement_was_made_under(event_type: str) -> None:
    names = dict.fromkeys(("offer_id", "agreement_id", "review_id", "loss_id", "cancellation_id"), REVIEW_ID)
    versions = {"province_version": 4, "school_version": 2}
    (intent,) = reaction_to(event_type, {**CASE, **names, "awaits": "review", **versions})
    assert (intent.command.province_version, intent.command.school_version) == (4, 2)


@pytest.mark.parametrize(
    "event_type", ["agreement.OfferAccepted", "agreement.AgreementSealed", "agreement.AgreementAttested"]
)
def test_no_case_is_opened_while_another_step_of_signing_comes_first(event_type: str) -> None:
    assert reaction_to(event_type, {**CASE, "offer_id": REVIEW_ID, "agreement_id": REVIEW_ID, "awaits": "seal"}) == []


@pytest.mark.parametrize("event_type", ALSO_CLOSING)
def test_an_agreement_that_came_to_nothing_closes_the_case_that_waits(event_type: str) -> None:
    kind, data = ALSO_CLOSING[event_type]
    (intent,) = reaction_to(event_type, data)
    assert (intent.action, intent.command.case_id) == ("review.close_review", case_of(kind, REVIEW_ID))
    assert reaction_to(event_type, {"agreement_id": REVIEW_ID}) == []


def test_an_agreement_that_came_to_nothing_before_its_review_was_done_closes_that() -> None:
    (intent,) = reaction_to("agreement.AgreementReturned", {"agreement_id": REVIEW_ID, "in_review": True})
    assert intent.command == CloseReview(case_of("agreement", REVIEW_ID), "agreement returned")
    both = {"agreement_id": REVIEW_ID, "in_review": True, "cancellation_id": examples.CANCELLATION_ID}
    closed = [intent.command.case_id for intent in reaction_to("agreement.AgreementReturned", both)]
    assert closed == [case_of("cancellation", examples.CANCELLATION_ID), case_of("agreement", REVIEW_ID)]


def test_a_cancelled_book_closes_the_case_about_its_loss() -> None:
    (intent,) = reaction_to("agreement.AgreementCancelled", {"agreement_id": "14-b", "loss_id": REVIEW_ID})
    assert intent.command == CloseReview(case_of("loss", REVIEW_ID), "cancelled")


def test_nothing_else_is_listened_to() -> None:
    known = {event.TYPE for event, _ in OPENING.values()} | {event.TYPE for event, *_ in CLOSING}
    assert set(REACTIONS) == known | set(ALSO_OPENING) | set(ALSO_CLOSING)
