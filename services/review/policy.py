"""Whenever something needs looking at, a case is opened; whenever it is gone, its case is closed."""

from __future__ import annotations

from collections.abc import Sequence

from services.review.decider import CloseReview, OpenReview, case_of
from shared.handling import Intent, Reactions
from shared.messages import Recorded


def _open(event: Recorded, kind: str, subject_id: str) -> Sequence[Intent]:
    """A case about the thing whose id the event holds under the name `subject_id`."""
    data = event.data
    command = OpenReview(
        kind=kind,
        subject_id=data[subject_id],
        graduate_id=data["graduate_id"],
        scope=data["scope"],
        class_year=data["class_year"],
        min_chain=tuple(data.get("min_chain", ())),
        province_version=data.get("province_version"),
        school_version=data.get("school_version"),
    )
    return [Intent("review.open_review", command)]


def _close(kind: str, subject_id: str, reason: str) -> Sequence[Intent]:
    return [Intent("review.close_review", CloseReview(case_of(kind, subject_id), reason))]


def on_accepted(event: Recorded) -> Sequence[Intent]:
    """A graduate accepted an offer, and the review is the next step of signing."""
    return _open(event, "agreement", "offer_id") if event.data.get("awaits", "review") == "review" else []


def on_signing_went_on(event: Recorded) -> Sequence[Intent]:
    """The employer sealed or the school attested, and the review is the next step of signing."""
    return _open(event, "agreement", "agreement_id") if event.data.get("awaits") == "review" else []


def on_applied(event: Recorded) -> Sequence[Intent]:
    """A graduate applied for an agreement book, or corrected the application (协议审核)."""
    return _open(event, "application", "review_id")


def on_scan(event: Recorded) -> Sequence[Intent]:
    """The scan of a sealed book came (签约审核)."""
    return _open(event, "signing", "review_id")


def on_paper(event: Recorded) -> Sequence[Intent]:
    """A graduate registered an agreement signed before."""
    return _open(event, "paper", "review_id")


def on_loss(event: Recorded) -> Sequence[Intent]:
    """A graduate reported a book lost."""
    return _open(event, "loss", "loss_id")


def on_voided(event: Recorded) -> Sequence[Intent]:
    """A graduate gave a book up, perhaps while it was under review."""
    data = event.data
    if data.get("review_id") is None:
        return []
    return _close(data["review_kind"], data["review_id"], "voided")


def on_agreement_returned(event: Recorded) -> Sequence[Intent]:
    """An agreement came to nothing that was also to be cancelled, or whose own review is not done."""
    data = event.data
    cancellation_id = data.get("cancellation_id")
    return [
        *(_close("cancellation", cancellation_id, "agreement returned") if cancellation_id else []),
        *(_close("agreement", data["agreement_id"], "agreement returned") if data.get("in_review") else []),
    ]


def on_agreement_cancelled(event: Recorded) -> Sequence[Intent]:
    """An agreement may be cancelled before its own review is done, where acceptance binds, or that of a lost book."""
    data = event.data
    if data.get("in_review"):
        return _close("agreement", data["agreement_id"], "cancelled")
    return _close("loss", data["loss_id"], "cancelled") if data.get("loss_id") else []


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
    return _close("registration", event.data["registration_id"], reason)


def on_void_superseded(event: Recorded) -> Sequence[Intent]:
    """What was to be voided no longer counts."""
    return _close("void", event.data["void_id"], "superseded")


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
