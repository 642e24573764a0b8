"""Whenever an agreement takes effect or ends, a review has decided or a roster changes, the registration follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.registration.decider import (
    EndUnfinished,
    FailReview,
    PassReview,
    RegisterFromAgreement,
    ReopenRegistration,
    ResetLeaving,
)
from services.registration.events import Destination
from shared.codes.destination import AGREEMENT
from shared.handling import Intent, Reactions
from shared.messages import Recorded

OURS = ("registration", "void")


def on_concluded(event: Recorded) -> Sequence[Intent]:
    """An agreement took effect: its unit is the destination, category 10."""
    data = event.data
    destination = Destination(
        code=AGREEMENT,
        unit_name=data["unit_name"],
        uscc=data.get("uscc"),
        unit_nature=data["nature"],
        industry=data["industry"],
        place=data["place"],
        position=data["position"],
        job_title=data["job_title"],
        monthly_salary=data.get("monthly_salary"),
        unit_address=data.get("unit_address"),
        unit_phone=data.get("unit_phone"),
        signed_on=date.fromisoformat(data["signed_on"]) if data.get("signed_on") else None,
    )
    command = RegisterFromAgreement(
        data["graduate_id"], data["agreement_id"], data["scope"], data["class_year"], destination
    )
    return [Intent("registration.register_from_agreement", command)]


def on_cancelled(event: Recorded) -> Sequence[Intent]:
    """An agreement was cancelled."""
    command = ReopenRegistration(event.data["graduate_id"], event.data["agreement_id"])
    return [Intent("registration.reopen_registration", command)]


def on_passed(event: Recorded) -> Sequence[Intent]:
    """A review passed."""
    data = event.data
    if data["kind"] not in OURS:
        return []
    return [Intent("registration.pass_review", PassReview(data["graduate_id"], data["kind"], data["subject_id"]))]


def on_returned(event: Recorded) -> Sequence[Intent]:
    """A review was returned."""
    data = event.data
    if data["kind"] not in OURS:
        return []
    command = FailReview(data["graduate_id"], data["kind"], data["subject_id"], data["reason"])
    return [Intent("registration.fail_review", command)]


def on_corrected(event: Recorded) -> Sequence[Intent]:
    """The roster says something else of a graduate."""
    return [Intent("registration.reset_leaving", ResetLeaving(event.data["graduate_id"], event.version))]


def on_removed(event: Recorded) -> Sequence[Intent]:
    """A graduate is on no roster any more."""
    ending = Intent("registration.end_unfinished", EndUnfinished(event.data["graduate_id"]))
    return [*on_corrected(event), ending]


REACTIONS: Reactions = {
    "directory.GraduateCorrected": on_corrected,
    "directory.GraduateRemoved": on_removed,
    "agreement.AgreementConcluded": on_concluded,
    "agreement.AgreementCancelled": on_cancelled,
    "review.ReviewPassed": on_passed,
    "review.ReviewReturned": on_returned,
}
