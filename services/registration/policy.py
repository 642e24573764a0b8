"""Whenever an agreement takes effect or ends, a review has decided or a roster changes, the registration follows."""

from __future__ import annotations

from collections.abc import Sequence

from services.registration import views
from services.registration.decider import (
    EndUnfinished,
    FailReview,
    PassReview,
    RegisterFromAgreement,
    RenumberAgreement,
    ReopenRegistration,
    ResetLeaving,
)
from services.registration.events import Destination
from shared.codes.destination import AGREEMENT
from shared.handling import Intent, Reactions
from shared.messages import Recorded
from shared.views import see

OURS = ("registration", "void")


def on_concluded(event: Recorded) -> Sequence[Intent]:
    """An agreement took effect: its unit is the destination, category 10."""
    told = see(views.Concluded, event)
    destination = Destination(
        code=AGREEMENT,
        unit_name=told.unit_name,
        uscc=told.uscc,
        unit_nature=told.nature,
        industry=told.industry,
        place=told.place,
        position=told.position,
        job_title=told.job_title,
        monthly_salary=told.monthly_salary,
        unit_address=told.unit_address,
        unit_phone=told.unit_phone,
        signed_on=told.signed_on,
        agreement_number=told.number,
    )
    command = RegisterFromAgreement(told.graduate_id, told.agreement_id, told.scope, told.class_year, destination)
    return [Intent("registration.register_from_agreement", command)]


def on_reissued(event: Recorded) -> Sequence[Intent]:
    """A lost book has another number."""
    told = see(views.Reissued, event)
    command = RenumberAgreement(told.graduate_id, told.agreement_id, told.number)
    return [Intent("registration.renumber_agreement", command)]


def on_cancelled(event: Recorded) -> Sequence[Intent]:
    """An agreement was cancelled."""
    told = see(views.Cancelled, event)
    return [Intent("registration.reopen_registration", ReopenRegistration(told.graduate_id, told.agreement_id))]


def on_passed(event: Recorded) -> Sequence[Intent]:
    """A review passed."""
    told = see(views.Passed, event)
    if told.kind not in OURS:
        return []
    return [Intent("registration.pass_review", PassReview(told.graduate_id, told.kind, told.subject_id))]


def on_returned(event: Recorded) -> Sequence[Intent]:
    """A review was returned."""
    told = see(views.Returned, event)
    if told.kind not in OURS:
        return []
    command = FailReview(told.graduate_id, told.kind, told.subject_id, told.reason)
    return [Intent("registration.fail_review", command)]


def on_corrected(event: Recorded) -> Sequence[Intent]:
    """The roster says something else of a graduate."""
    told = see(views.OfGraduate, event)
    return [Intent("registration.reset_leaving", ResetLeaving(told.graduate_id, event.version))]


def on_removed(event: Recorded) -> Sequence[Intent]:
    """A graduate is on no roster any more."""
    ending = Intent("registration.end_unfinished", EndUnfinished(see(views.OfGraduate, event).graduate_id))
    return [*on_corrected(event), ending]


REACTIONS: Reactions = {
    "directory.GraduateCorrected": on_corrected,
    "directory.GraduateRemoved": on_removed,
    "agreement.AgreementConcluded": on_concluded,
    "agreement.AgreementCancelled": on_cancelled,
    "agreement.BookReissued": on_reissued,
    "review.ReviewPassed": on_passed,
    "review.ReviewReturned": on_returned,
}
