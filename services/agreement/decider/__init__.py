"""Decisions about signing and cancelling, online and on paper, of one graduate (DOMAIN 1.1-1.4, 1.6-1.9). Pure.

Whatever is asked: at most one offer or book binds a graduate. This module routes; the phases of life decide.
"""

from __future__ import annotations

from typing import Any

from services.agreement import events as e
from services.agreement.decider import books, cancelling, offers
from services.agreement.decider.commands import (
    AcceptOffer,
    AgreeToCancellation,
    AmendBook,
    ApplyForBook,
    AttestAgreement,
    DiscardDraft,
    EditOffer,
    FailReview,
    LapseCancellation,
    LapseOffer,
    MediateCancellation,
    PassReview,
    RefuseCancellation,
    RefuseOffer,
    RegisterPaper,
    ReportLoss,
    RequestCancellation,
    SaveDraft,
    SealAgreement,
    SendDraft,
    SendOffer,
    SubmitScan,
    VoidBook,
    WithdrawCancellation,
    WithdrawOffer,
)
from services.agreement.decider.reasons import CANCELLATION_REASONS, NUMBERS_EXHAUSTED
from services.agreement.facts import Facts, facts_of, graduate_of, school_stream
from services.agreement.state import INITIAL, Agreements, Status, evolve
from shared.access import Subject
from shared.handling import Handling, Streams
from shared.messages import Meta, lane_of

__all__ = [
    "CANCELLATION_REASONS",
    "HANDLING",
    "NUMBERS_EXHAUSTED",
    "AcceptOffer",
    "AgreeToCancellation",
    "AmendBook",
    "ApplyForBook",
    "AttestAgreement",
    "DiscardDraft",
    "EditOffer",
    "FailReview",
    "LapseCancellation",
    "LapseOffer",
    "MediateCancellation",
    "PassReview",
    "RefuseCancellation",
    "RefuseOffer",
    "RegisterPaper",
    "ReportLoss",
    "RequestCancellation",
    "SaveDraft",
    "SealAgreement",
    "SendDraft",
    "SendOffer",
    "SubmitScan",
    "VoidBook",
    "WithdrawCancellation",
    "WithdrawOffer",
    "decide",
]

_BOOK_REVIEWS = (books.APPLICATION, books.SIGNING, books.LOSS, books.PAPER)


def decide(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, Invalid, NotFound."""
    for part in (_decide_offer, _decide_agreement, _decide_book):
        events = part(command, state, facts, meta)
        if events is not None:
            return events
    raise AssertionError(command)


def _decide_offer(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any] | None:
    match command:
        case SaveDraft():
            return offers.save_draft(command, state, facts, meta)
        case DiscardDraft():
            return offers.discard_draft(command, state)
        case SendDraft():
            return offers.send_draft(command, state, facts, meta)
        case SendOffer():
            return offers.send(command, state, facts, meta)
        case EditOffer():
            return offers.edit(command, state, facts, meta)
        case AcceptOffer():
            return offers.accept(command, state, facts, meta)
        case WithdrawOffer(_, offer_id):
            return offers.close(state, offer_id, Status.WITHDRAWN, meta, e.OfferWithdrawn(offer_id))
        case RefuseOffer():
            return offers.refuse(command, state, meta)
        case LapseOffer():
            return offers.lapse(command, state, meta)
    return None


def _decide_agreement(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any] | None:
    match command:
        case PassReview(kind="agreement"):
            return offers.passed(command, state)
        case FailReview(kind="agreement"):
            return offers.failed(command, state)
        case PassReview(kind="cancellation"):
            return cancelling.passed(command, state)
        case FailReview(kind="cancellation"):
            return cancelling.failed(command, state)
        case AttestAgreement():
            return offers.attest(command, state)
        case SealAgreement():
            return offers.seal(command, state, facts)
        case RequestCancellation():
            return cancelling.request(command, state, facts, meta)
        case WithdrawCancellation() | AgreeToCancellation() | RefuseCancellation():
            return cancelling.answer(command, state, facts, meta)
        case LapseCancellation():
            return cancelling.lapse(command, state, meta)
        case MediateCancellation():
            return cancelling.mediate(command, state)
    return None


def _decide_book(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any] | None:
    match command:
        case ApplyForBook():
            return books.apply_for(command, state, facts, meta)
        case AmendBook():
            return books.amend(command, state, facts, meta)
        case SubmitScan():
            return books.submit_scan(command, state, facts, meta)
        case VoidBook():
            return books.void(command, state)
        case ReportLoss():
            return books.report_loss(command, state, facts, meta)
        case RegisterPaper():
            return books.register_paper(command, state, facts, meta)
        case PassReview():
            return books.passed(command, state)
        case FailReview():
            return books.failed(command, state)
    return None


_EVIDENCE = ("scan", "notice", "release_letter", "penalty_slip")
_OF_EMPLOYER = (SaveDraft, SendDraft, SendOffer, AcceptOffer)
_BESIDE_REGISTRATION = (SendOffer, SendDraft, AcceptOffer, ApplyForBook, RegisterPaper)


def evidence_of(command: Any) -> tuple[str, ...]:
    """The ids of the evidence that a command names."""
    return tuple(given for name in _EVIDENCE if (given := getattr(command, name, None)) is not None)


def claim_of(command: Any) -> str | None:
    """The stream of the paper number that a command wants to register."""
    if isinstance(command, RegisterPaper) and command.paper_number is not None:
        return books.claim_stream(command.graduate_id, command.paper_number)
    return None


def _reads(command: Any) -> list[str]:
    about = [f"graduate-{command.graduate_id}", f"province-{lane_of(command.graduate_id)}"]
    if isinstance(command, _OF_EMPLOYER):
        about.append(f"employer-{command.employer_id}")
    if isinstance(command, _BESIDE_REGISTRATION):
        about.append(f"registration-{command.graduate_id}")
    about += [f"evidence-{each}" for each in evidence_of(command)]
    claim = claim_of(command)
    return about if claim is None else [*about, claim]


def _then_reads(command: Any, streams: Streams) -> list[str]:
    # The graduate's stream says which school's limit of breaches and which of its blocked employers count.
    if not isinstance(command, (RequestCancellation, SendOffer, SendDraft)):
        return []
    graduate = graduate_of(command.graduate_id, streams)
    return [school_stream(command.graduate_id, graduate)] if graduate else []


def _facts(command: Any, streams: Streams) -> Facts:
    return facts_of(
        command.graduate_id,
        streams,
        employer_id=getattr(command, "employer_id", None),
        evidence=evidence_of(command),
        claim=claim_of(command),
    )


def _subject(command: Any, state: Agreements, facts: Facts) -> Subject:
    if isinstance(command, (SaveDraft, DiscardDraft, SendDraft, SendOffer)):
        employer_id: str | None = command.employer_id
    else:
        thing = getattr(command, "offer_id", None) or getattr(command, "agreement_id", None)
        # A repeat is answered as the first call was, also when the request to cancel is over.
        asked = state.cancellations.get(getattr(command, "cancellation_id", ""))
        known = state.get(thing or asked or "")
        employer_id = known.employer_id if known else None
    return Subject(
        scope=facts.graduate.scope if facts.graduate else None,
        graduate_id=command.graduate_id,
        employer_id=employer_id,
    )


HANDLING = Handling[Agreements](
    codec=e.CODEC,
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"agreement-{command.graduate_id}",
    reads=_reads,
    facts=_facts,
    subject=_subject,
    then_reads=_then_reads,
    claims=books.claims_of,
    claim_codec=e.CLAIM_CODEC,
)
