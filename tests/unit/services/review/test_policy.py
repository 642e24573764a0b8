"""What needs looking at opens a case, what is gone closes it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.review.decider import CloseReview, OpenReview, case_of
from services.review.policy import REACTIONS
from shared.codec import to_json
from shared.handling import Intent
from shared.messages import NewEvent, Recorded
from tests.support import examples, registration_examples
from tests.support.spec import GRADUATE_ID, NOW, SCOPE, SYSTEM

OPENING = {
    "agreement": (examples.ACCEPTED, examples.OFFER_ID),
    "cancellation": (examples.AGREED, examples.CANCELLATION_ID),
    "registration": (registration_examples.SUBMITTED, registration_examples.REGISTRATION_ID),
    "void": (registration_examples.VOID_REQUESTED, registration_examples.VOID_ID),
}
CLOSING = [
    (registration_examples.WITHDRAWN, "registration", registration_examples.REGISTRATION_ID, "withdrawn"),
    (registration_examples.SUPERSEDED, "registration", registration_examples.REGISTRATION_ID, "superseded"),
    (registration_examples.VOID_SUPERSEDED, "void", registration_examples.VOID_ID, "superseded"),
]


def reaction(event: Any) -> Any:
    new = NewEvent(event.TYPE, 1, to_json(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return REACTIONS[event.TYPE](Recorded("14", 1, "other-14-stream", 3, NOW, new))


@pytest.mark.parametrize("kind", OPENING)
def test_what_needs_looking_at_opens_a_case(kind: str) -> None:
    event, subject_id = OPENING[kind]
    assert reaction(event) == [Intent("review.open_review", OpenReview(kind, subject_id, GRADUATE_ID, SCOPE, 2026))]


@pytest.mark.parametrize(("event", "kind", "subject_id", "reason"), CLOSING)
def test_what_is_gone_closes_its_case(event: Any, kind: str, subject_id: str, reason: str) -> None:
    assert reaction(event) == [Intent("review.close_review", CloseReview(case_of(kind, subject_id), reason))]


def test_nothing_else_is_listened_to() -> None:
    known = {event.TYPE for event, _ in OPENING.values()} | {event.TYPE for event, *_ in CLOSING}
    assert set(REACTIONS) == known
