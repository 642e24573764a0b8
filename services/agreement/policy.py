"""Whenever a review has decided about an agreement, a book or a cancellation, or a graduate leaves the roster, it follows."""

from __future__ import annotations

from collections.abc import Sequence

from services.agreement import views
from services.agreement.decider import EndUnfinished, FailReview, PassReview
from shared.handling import Intent, Reactions
from shared.messages import Recorded
from shared.views import see

OURS = ("agreement", "cancellation", "application", "signing", "loss", "paper")


def on_passed(event: Recorded) -> Sequence[Intent]:
    """A review passed."""
    told = see(views.ReviewPassed, event)
    if told.kind not in OURS:
        return []
    command = PassReview(
        told.graduate_id, told.kind, told.subject_id, caused_by=told.caused_by, reason_code=told.reason_code
    )
    return [Intent("agreement.pass_review", command)]


def on_returned(event: Recorded) -> Sequence[Intent]:
    """A review was returned."""
    told = see(views.ReviewReturned, event)
    if told.kind not in OURS:
        return []
    return [Intent("agreement.fail_review", FailReview(told.graduate_id, told.kind, told.subject_id, told.reason))]


def on_removed(event: Recorded) -> Sequence[Intent]:
    """A graduate is on no roster any more."""
    return [Intent("agreement.end_unfinished", EndUnfinished(see(views.OfGraduate, event).graduate_id))]


REACTIONS: Reactions = {
    "directory.GraduateRemoved": on_removed,
    "review.ReviewPassed": on_passed,
    "review.ReviewReturned": on_returned,
}
