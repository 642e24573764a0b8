"""Which commands are about to make an agreement number, and from which prefix its serial is taken (DOMAIN 1.7)."""

from __future__ import annotations

from dataclasses import replace

from services.agreement.decider import commands as c
from services.agreement.decider.common import prefix_of
from services.agreement.facts import Graduate
from services.agreement.numbers import EDUCATION_PLACE, prefix
from services.agreement.state import ACCEPT, ATTEST, REVIEW, SEAL, Agreements, Known, Offer, Status

Numbering = c.PassReview | c.AttestAgreement | c.SealAgreement | c.AcceptOffer


def prefix_wanted(command: Numbering, state: Agreements, graduate: Graduate | None) -> str | None:
    """The prefix of the number that this command would make as things are; None when it makes none."""
    match command:
        case c.AcceptOffer():
            offer = state.offers.get(command.offer_id)
            if offer is None or offer.status != Status.OPEN or graduate is None:
                return None
            if not offer.at_acceptance and offer.after(ACCEPT) != SEAL:
                return None
            return prefix(offer.sent.class_year, offer.sent.scope.split("/")[2], graduate.education)
        case c.PassReview(kind="agreement"):
            return _numbered_after(state.offers.get(command.subject_id), Status.ACCEPTED, REVIEW)
        case c.PassReview():
            book = state.book_in_review(command.subject_id)
            known = book if book is not None and _numbers(command.kind, book.status) else None
            return None if known is None else _prefix(known)
        case c.AttestAgreement():
            return _numbered_after(state.offers.get(command.agreement_id), Status.ATTESTING, ATTEST)
        case c.SealAgreement():
            return _numbered_after(state.offers.get(command.agreement_id), Status.SEALING, SEAL)


def with_serial(command: Numbering, taken_from: str, serial: int) -> Numbering:
    """The command with a serial that was taken from a prefix."""
    if isinstance(command, c.AcceptOffer):
        return replace(command, serial=serial, education=taken_from[EDUCATION_PLACE])
    return replace(command, serial=serial)


def _numbers(kind: str, status: Status) -> bool:
    match kind:
        case "application":
            return status == Status.APPLIED
        case "paper":
            return status == Status.SUBMITTED
        case "loss":
            return status in (Status.ISSUED, Status.EFFECTIVE)
    return False


def _numbered_after(offer: Offer | None, status: Status, step: str) -> str | None:
    """A number is due when this step is the last one, or when the seal is next: on paper it is stamped on a book."""
    if offer is None or offer.status != status or offer.number is not None:
        return None
    return _prefix(offer) if offer.after(step) in (None, SEAL) else None


def _prefix(known: Known) -> str:
    class_year, scope = prefix_of(known)
    return prefix(class_year, scope.split("/")[2], known.education)
