"""Whenever something needs looking at, a case is opened; whenever it is gone, its case is closed."""

from __future__ import annotations

from collections.abc import Sequence

from services.review import views
from services.review.decider import CloseReview, OpenReview, case_of
from shared.handling import Intent, Reactions
from shared.messages import Recorded
from shared.views import see


def _open(opening: views.Opening, kind: str, subject_id: str | None) -> Sequence[Intent]:
    """A case about the thing that has this id."""
    if subject_id is None:
        raise AssertionError(kind)
    command = OpenReview(
        kind=kind,
        subject_id=subject_id,
        graduate_id=opening.graduate_id,
        scope=opening.scope,
        class_year=opening.class_year,
        min_chain=opening.min_chain,
        province_version=opening.province_version,
        school_version=opening.school_version,
    )
    return [Intent("review.open_review", command)]


def _close(kind: str, subject_id: str, reason: str) -> Sequence[Intent]:
    return [Intent("review.close_review", CloseReview(case_of(kind, subject_id), reason))]


def on_accepted(event: Recorded) -> Sequence[Intent]:
    """A graduate accepted an offer, and the review is the next step of signing."""
    opening = see(views.Accepted, event)
    return _open(opening, "agreement", opening.offer_id) if opening.awaits == "review" else []


def on_signing_went_on(event: Recorded) -> Sequence[Intent]:
    """The employer sealed or the school attested, and the review is the next step of signing."""
    opening = see(views.Opening, event)
    return _open(opening, "agreement", opening.agreement_id) if opening.awaits == "review" else []


def on_applied(event: Recorded) -> Sequence[Intent]:
    """A graduate applied for an agreement book, or corrected the application (协议审核)."""
    opening = see(views.Opening, event)
    return _open(opening, "application", opening.review_id)


def on_scan(event: Recorded) -> Sequence[Intent]:
    """The scan of a sealed book came (签约审核)."""
    opening = see(views.Opening, event)
    return _open(opening, "signing", opening.review_id)


def on_paper(event: Recorded) -> Sequence[Intent]:
    """A graduate registered an agreement signed before."""
    opening = see(views.Opening, event)
    return _open(opening, "paper", opening.review_id)


def on_loss(event: Recorded) -> Sequence[Intent]:
    """A graduate reported a book lost."""
    opening = see(views.Opening, event)
    return _open(opening, "loss", opening.loss_id)


def on_voided(event: Recorded) -> Sequence[Intent]:
    """A graduate gave a book up, perhaps while it was under review."""
    told = see(views.BookVoided, event)
    if told.review_kind is None or told.review_id is None:
        return []
    return _close(told.review_kind, told.review_id, "voided")


def on_agreement_returned(event: Recorded) -> Sequence[Intent]:
    """An agreement came to nothing that was also to be cancelled, or whose own review is not done."""
    told = see(views.AgreementEnded, event)
    return [
        *(_close("cancellation", told.cancellation_id, "agreement returned") if told.cancellation_id else []),
        *(_close("agreement", told.agreement_id, "agreement returned") if told.in_review else []),
    ]


def on_agreement_cancelled(event: Recorded) -> Sequence[Intent]:
    """An agreement may be cancelled before its own review is done, where acceptance binds, or that of a lost book."""
    told = see(views.AgreementEnded, event)
    if told.in_review:
        return _close("agreement", told.agreement_id, "cancelled")
    return _close("loss", told.loss_id, "cancelled") if told.loss_id else []


def on_cancellation_agreed(event: Recorded) -> Sequence[Intent]:
    """Both sides want to cancel an agreement."""
    opening = see(views.Opening, event)
    return _open(opening, "cancellation", opening.cancellation_id)


def on_submitted(event: Recorded) -> Sequence[Intent]:
    """A graduate registered a destination."""
    opening = see(views.Opening, event)
    return _open(opening, "registration", opening.registration_id)


def on_void_requested(event: Recorded) -> Sequence[Intent]:
    """A graduate wants a registered destination voided."""
    opening = see(views.Opening, event)
    return _open(opening, "void", opening.void_id)


def on_gone(event: Recorded) -> Sequence[Intent]:
    """A registration was withdrawn, or an agreement superseded it."""
    reason = event.type.rpartition(".Registration")[2].lower()
    return _close("registration", see(views.RegistrationGone, event).registration_id, reason)


def on_void_superseded(event: Recorded) -> Sequence[Intent]:
    """What was to be voided no longer counts."""
    return _close("void", see(views.VoidGone, event).void_id, "superseded")


REACTIONS: Reactions = {
    "agreement.OfferAccepted": on_accepted,
    "agreement.AgreementSealed": on_signing_went_on,
    "agreement.AgreementAttested": on_signing_went_on,
    "agreement.AgreementReturned": on_agreement_returned,
    "agreement.AgreementCancelled": on_agreement_cancelled,
    "agreement.CancellationAgreed": on_cancellation_agreed,
    "agreement.BookApplied": on_applied,
    "agreement.BookAmended": on_applied,
    "agreement.ScanSubmitted": on_scan,
    "agreement.PaperSubmitted": on_paper,
    "agreement.LossReported": on_loss,
    "agreement.BookVoided": on_voided,
    "registration.RegistrationSubmitted": on_submitted,
    "registration.VoidRequested": on_void_requested,
    "registration.RegistrationWithdrawn": on_gone,
    "registration.RegistrationSuperseded": on_gone,
    "registration.VoidSuperseded": on_void_superseded,
}
