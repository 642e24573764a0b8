"""Decisions about signing and cancelling, online and on paper, of one graduate (DOMAIN 1.1-1.4, 1.6-1.9). Pure.

Whatever is asked: at most one offer or book binds a graduate. This module routes; the phases of life decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from services.agreement import events as e
from services.agreement.decider import books, cancelling, codes, lapsing, leaving, offers, proposals, signing
from services.agreement.decider.commands import (
    AcceptOffer,
    AgreeToCancellation,
    AmendBook,
    ApplyForBook,
    AttestAgreement,
    DeclineAttestation,
    DeclineSeal,
    DiscardDraft,
    EditOffer,
    EndUnfinished,
    FailReview,
    LapseCancellation,
    LapseCompletion,
    LapseOffer,
    LapseProposal,
    MediateCancellation,
    OpenUpload,
    PassReview,
    ProposeSigning,
    RefuseCancellation,
    RefuseOffer,
    RefuseProposal,
    RegisterPaper,
    RemindCancellation,
    ReportLoss,
    RequestCancellation,
    ResetOperationCode,
    SaveDraft,
    SealAgreement,
    SendDraft,
    SendOffer,
    SetOperationCode,
    SubmitScan,
    VoidBook,
    WithdrawCancellation,
    WithdrawOffer,
    WithdrawProposal,
)
from services.agreement.decider.lapsing import as_of
from services.agreement.decider.reasons import CANCELLATION_REASONS, NUMBERS_EXHAUSTED
from services.agreement.facts import Claim, Facts, begun_in, facts_of, graduate_of
from services.agreement.state import INITIAL, Agreements, Book, ProposalStatus, Status, evolve
from shared.access import Subject, school_stream
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded, lane_of

__all__ = [
    "CANCELLATION_REASONS",
    "HANDLING",
    "NUMBERS_EXHAUSTED",
    "AcceptOffer",
    "AgreeToCancellation",
    "AmendBook",
    "ApplyForBook",
    "AttestAgreement",
    "DeclineAttestation",
    "DeclineSeal",
    "DiscardDraft",
    "EditOffer",
    "EndUnfinished",
    "FailReview",
    "LapseCancellation",
    "LapseCompletion",
    "LapseOffer",
    "LapseProposal",
    "MediateCancellation",
    "OpenUpload",
    "PassReview",
    "ProposeSigning",
    "RefuseCancellation",
    "RefuseOffer",
    "RefuseProposal",
    "RegisterPaper",
    "RemindCancellation",
    "ReportLoss",
    "RequestCancellation",
    "ResetOperationCode",
    "SaveDraft",
    "SealAgreement",
    "SendDraft",
    "SendOffer",
    "SetOperationCode",
    "SubmitScan",
    "VoidBook",
    "WithdrawCancellation",
    "WithdrawOffer",
    "WithdrawProposal",
    "as_of",
    "decide",
]

# What an agreement that nobody completed in time stands in the way of until the sweep, and no longer.
_NEEDS_FREE = (ProposeSigning, SendOffer, SendDraft, AcceptOffer, RefuseOffer, ApplyForBook, RegisterPaper)


def decide(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, Invalid, NotFound."""
    before = lapsing.overdue(state, meta) if isinstance(command, _NEEDS_FREE) else []
    events = _decide(command, reduce(evolve, before, state), facts, meta)
    return [*before, *events] if events else []


def _decide(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    for part in (_decide_before, _decide_offer, _decide_agreement, _decide_book):
        events = part(command, state, facts, meta)
        if events is not None:
            return events
    raise AssertionError(command)


def _decide_before(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any] | None:
    match command:
        case SetOperationCode():
            return codes.set_code(command, state)
        case ResetOperationCode():
            return codes.reset(command, state)
        case ProposeSigning():
            return proposals.propose(command, state, facts, meta)
        case WithdrawProposal(_, proposal_id):
            event: Any = e.ProposalWithdrawn(proposal_id)
            return proposals.close(state, proposal_id, ProposalStatus.WITHDRAWN, meta, event)
        case RefuseProposal(_, proposal_id, reason):
            event = e.ProposalRefused(proposal_id, reason)
            return proposals.close(state, proposal_id, ProposalStatus.REFUSED, meta, event)
        case LapseProposal():
            return proposals.lapse(command, state, meta)
        case EndUnfinished():
            return leaving.end_unfinished(state, facts)
    return None


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
            return signing.passed(command, state, facts, meta)
        case FailReview(kind="agreement"):
            return signing.failed(command, state)
        case PassReview(kind="cancellation"):
            return cancelling.passed(command, state)
        case FailReview(kind="cancellation"):
            return cancelling.failed(command, state)
        case AttestAgreement():
            return signing.attest(command, state, facts, meta)
        case SealAgreement():
            return signing.seal(command, state, facts, meta)
        case DeclineSeal():
            return signing.decline_seal(command, state, meta)
        case DeclineAttestation():
            return signing.decline_attestation(command, state, meta)
        case LapseCompletion():
            return signing.lapse_completion(command, state, meta)
        case RequestCancellation():
            return cancelling.request(command, state, facts, meta)
        case WithdrawCancellation() | AgreeToCancellation() | RefuseCancellation():
            return cancelling.answer(command, state, facts, meta)
        case RemindCancellation():
            return cancelling.remind(command, state, meta)
        case LapseCancellation():
            return cancelling.lapse(command, state, meta)
        case MediateCancellation():
            return cancelling.mediate(command, state, meta)
    return None


def _decide_book(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any] | None:
    match command:
        case ApplyForBook():
            return books.apply_for(command, state, facts, meta)
        case AmendBook():
            return books.amend(command, state, facts, meta)
        case OpenUpload():
            return books.open_upload(command, state, facts, meta)
        case SubmitScan():
            return books.submit_scan(command, state, facts, meta)
        case VoidBook():
            return books.void(command, state)
        case ReportLoss():
            return books.report_loss(command, state, facts, meta)
        case RegisterPaper():
            return books.register_paper(command, state, facts, meta)
        case PassReview():
            return books.passed(command, state, facts)
        case FailReview():
            return books.failed(command, state)
    return None


_EVIDENCE = ("scan", "notice", "release_letter", "penalty_slip", "closure_proof")
_OF_EMPLOYER = (ProposeSigning, SaveDraft, SendDraft, SendOffer, AcceptOffer)
# What begins goes by the settings of today, and an agreement keeps them: those of the school too.
_MAKING = (ProposeSigning, SendOffer, SendDraft, ApplyForBook, RegisterPaper)
# Only the agreement says whose it is.
_BY_ITS_EMPLOYER = (EditOffer, SealAgreement, AttestAgreement, RequestCancellation)
# What a graduate signs by, or what brings back a book that was signed: first the basic data are confirmed.
_CONFIRMED = (ProposeSigning, AcceptOffer, ApplyForBook, AmendBook, RegisterPaper, SubmitScan)
_BESIDE_REGISTRATION = (ProposeSigning, SendOffer, SendDraft, AcceptOffer, ApplyForBook, RegisterPaper)


def evidence_of(command: Any) -> tuple[str, ...]:
    """The ids of the evidence that a command names."""
    return tuple(given for name in _EVIDENCE if (given := getattr(command, name, None)) is not None)


def claim_of(command: Any, streams: Streams) -> Claim | None:
    """The claim on the number of the paper that a command registers, or that comes to nothing by it."""
    match command:
        case RegisterPaper():
            graduate = graduate_of(command.graduate_id, streams)
            class_year, number = graduate.class_year if graduate else None, command.paper_number
        case VoidBook() | FailReview(kind="paper") | PassReview(kind="paper"):
            begun = _begun(command, streams)
            class_year, number = begun.get("class_year"), begun.get("paper_number")
        case EndUnfinished():
            begun = _paper_in_review(streams[f"agreement-{command.graduate_id}"])
            class_year, number = begun.get("class_year"), begun.get("paper_number")
        case _:
            return None
    if class_year is None or number is None:
        return None
    return Claim(books.claim_stream(command.graduate_id, class_year, number), number)


def _reads(command: Any) -> list[str]:
    about = [f"graduate-{command.graduate_id}", f"province-{lane_of(command.graduate_id)}"]
    if isinstance(command, _OF_EMPLOYER):
        about.append(f"employer-{command.employer_id}")
    if isinstance(command, _CONFIRMED):
        about.append(f"basic_data-{command.graduate_id}")
    if isinstance(command, _BESIDE_REGISTRATION):
        about.append(f"registration-{command.graduate_id}")
    return [*about, *(f"evidence-{each}" for each in evidence_of(command))]


def _about(command: Any) -> str | None:
    """The id of what a command is about: an agreement, a request to cancel or a review of one; None for what makes one."""
    if isinstance(command, _MAKING):
        return None
    names = ("offer_id", "agreement_id", "cancellation_id", "subject_id")
    return next((str(found) for name in names if (found := getattr(command, name, None)) is not None), None)


def _begun(command: Any, streams: Streams) -> Mapping[str, Any]:
    """What the agreement that a command is about began with; nothing when there is none."""
    return begun_in(streams[f"agreement-{command.graduate_id}"], _about(command)) or {}


def _paper_in_review(history: Sequence[Recorded]) -> Mapping[str, Any]:
    """What the paper that is under review began with; nothing when there is none."""
    about: Mapping[str, Any] = {}
    for recorded in history:
        if recorded.type == "agreement.PaperSubmitted":
            about = recorded.data
        elif recorded.data.get("agreement_id") == about.get("agreement_id"):
            about = {}
    return about


def _employer_of(command: Any, streams: Streams) -> str | None:
    if isinstance(command, _BY_ITS_EMPLOYER):
        return _begun(command, streams).get("employer_id")
    return getattr(command, "employer_id", None)


def _then_reads(command: Any, streams: Streams) -> list[str]:
    """Which school and whose number it is, the roster or the agreement itself says; and which employer's it is."""
    wanted = []
    if isinstance(command, _MAKING):
        graduate = graduate_of(command.graduate_id, streams)
        wanted += [school_stream(graduate.scope)] if graduate else []
    elif isinstance(command, RequestCancellation):
        begun = _begun(command, streams)
        wanted += [school_stream(begun["scope"])] if begun else []
        # Only a unit that is said to be closed is looked up.
        wanted += [f"employer-{begun['employer_id']}"] if command.closure_proof and begun.get("employer_id") else []
    elif isinstance(command, _BY_ITS_EMPLOYER):
        employer_id = _employer_of(command, streams)
        wanted += [f"employer-{employer_id}"] if employer_id else []
    claim = claim_of(command, streams)
    return wanted if claim is None else [*wanted, claim.stream]


def _facts(command: Any, streams: Streams) -> Facts:
    return facts_of(
        command.graduate_id,
        streams,
        agreement_id=_about(command),
        employer_id=_employer_of(command, streams),
        evidence=evidence_of(command),
        claim=claim_of(command, streams),
    )


def _subject(command: Any, state: Agreements, facts: Facts) -> Subject:
    upload_id = None
    # Who was removed from the roster must still get out of what binds: the school of that day helps.
    scope = facts.graduate.scope if facts.graduate else facts.left
    if isinstance(command, (SaveDraft, DiscardDraft, SendDraft, SendOffer)):
        employer_id: str | None = command.employer_id
    elif isinstance(command, RefuseProposal):
        proposal = state.proposals.get(command.proposal_id)
        employer_id = proposal.employer_id if proposal else None
    else:
        thing = getattr(command, "offer_id", None) or getattr(command, "agreement_id", None)
        # A repeat is answered as the first call was, also when the request to cancel, or the upload, is over.
        asked = state.cancellations.get(getattr(command, "cancellation_id", ""))
        known = state.get(thing or asked or "")
        employer_id = known.employer_id if known else None
        upload_id = known.upload.opened.upload_id if isinstance(known, Book) and known.upload else None
    return Subject(scope=scope, graduate_id=command.graduate_id, employer_id=employer_id, upload_id=upload_id)


def _found(command: Any, state: Agreements) -> Mapping[str, str]:
    """A draft that is as it was, or that is sent already."""
    del state
    drafting = isinstance(command, (SaveDraft, SendDraft)) and command.offer_id is not None
    return {"offer_id": command.offer_id} if drafting else {}


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
    found=_found,
)
