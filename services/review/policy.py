"""Whenever something needs looking at, a case is opened; whenever it is gone, its case is closed."""

from __future__ import annotations

from collections.abc import Sequence

from services.review.decider import CloseReview, OpenReview, case_of
from shared.handling import Intent, Reactions
from shared.messages import Recorded


def _open(event: Recorded, kind: str, subject_id: str) -> Sequence[Intent]:
    data = event.data
    command = OpenReview(kind, data[subject_id], data["graduate_id"], data["scope"], data["class_year"])
    return [Intent("review.open_review", command)]


def on_accepted(event: Recorded) -> Sequence[Intent]:
    """A graduate accepted an offer."""
    return _open(event, "agreement", "offer_id")


def on_cancellation_agreed(event: Recorded) -> Sequence[Intent]:
    """Both sides want to cancel an agreement."""
    return _open(event, "cancellation", "cancellation_id")


def on_submitted(event: Recorded) -> Sequence[Intent]:
    """A graduate registered a destination."""
    return _open(event, "registration", "registration_id")


def on_void_requested(event: Recorded) -> Sequence[Intent]:
    """A graduate wants a registered destination voided."""
    return _open(event, "void", "void_id")


def on_gone(event: Recorded) -> Sequence[Intent]:
    """A registration was withdrawn, or an agreement superseded it."""
    reason = event.type.rpartition(".Registration")[2].lower()
    case_id = case_of("registration", event.data["registration_id"])
    return [Intent("review.close_review", CloseReview(case_id, reason))]


def on_void_superseded(event: Recorded) -> Sequence[Intent]:
    """What was to be voided no longer counts."""
    return [Intent("review.close_review", CloseReview(case_of("void", event.data["void_id"]), "superseded"))]


REACTIONS: Reactions = {
    "agreement.OfferAccepted": on_accepted,
    "agreement.CancellationAgreed": on_cancellation_agreed,
    "registration.RegistrationSubmitted": on_submitted,
    "registration.VoidRequested": on_void_requested,
    "registration.RegistrationWithdrawn": on_gone,
    "registration.RegistrationSuperseded": on_gone,
    "registration.VoidSuperseded": on_void_superseded,
}
