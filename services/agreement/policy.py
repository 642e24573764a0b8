"""Whenever a review has decided about an agreement, a book or a cancellation, or a graduate leaves the roster, it follows."""

from __future__ import annotations

from collections.abc import Sequence

from services.agreement.decider import EndUnfinished, FailReview, PassReview
from shared.handling import Intent, Reactions
from shared.messages import Recorded

OURS = ("agreement", "cancellation", "application", "signing", "loss", "paper")


def on_passed(event: Recorded) -> Sequence[Intent]:
    """A review passed."""
    data = event.data
    if data["kind"] not in OURS:
        return []
    cause = {name: data.get(name) for name in ("caused_by", "reason_code")}
    return [Intent("agreement.pass_review", PassReview(data["graduate_id"], data["kind"], data["subject_id"], **cause))]


def on_returned(event: Recorded) -> Sequence[Intent]:
    """A review was returned."""
    data = event.data
    if data["kind"] not in OURS:
        return []
    command = FailReview(data["graduate_id"], data["kind"], data["subject_id"], data["reason"])
    return [Intent("agreement.fail_review", command)]


def on_removed(event: Recorded) -> Sequence[Intent]:
    """A graduate is on no roster any more."""
    return [Intent("agreement.end_unfinished", EndUnfinished(event.data["graduate_id"]))]


REACTIONS: Reactions = {
    "directory.GraduateRemoved": on_removed,
    "review.ReviewPassed": on_passed,
    "review.ReviewReturned": on_returned,
}
