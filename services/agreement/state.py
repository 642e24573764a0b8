"""What a graduate's agreement stream adds up to: offers, books, and the one of them that binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from services.agreement import events as e
from shared.codec import UNKNOWN_TYPE


class Status(StrEnum):
    """The life of an offer, a book or a paper agreement (DOMAIN 1.10).

    Online: open, then withdrawn, refused, lapsed, or accepted (in review), sealing, attesting in the order of the province.
    Offline: applied (协议审核), correcting, issued (待上传), scanned (签约审核). Already signed: submitted. Then effective.
    """

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ACCEPTED = "accepted"
    SEALING = "sealing"
    ATTESTING = "attesting"
    APPLIED = "applied"
    CORRECTING = "correcting"
    ISSUED = "issued"
    SCANNED = "scanned"
    SUBMITTED = "submitted"
    EFFECTIVE = "effective"
    RETURNED = "returned"
    VOIDED = "voided"
    CANCELLED = "cancelled"


OVER = frozenset(
    {
        Status.WITHDRAWN,
        Status.REFUSED,
        Status.LAPSED,
        Status.RETURNED,
        Status.VOIDED,
        Status.CANCELLED,
    }
)
# The graduate is bound to one unit: no other offer can be acted on, no other book applied for.
LOCKED = frozenset(Status) - OVER - {Status.OPEN}


class ProposalStatus(StrEnum):
    """The life of a graduate's proposal: answered by an offer, or over without one."""

    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


SEAL, ACCEPT, REVIEW, ATTEST = "seal", "accept", "review", "attest"
STEPS = (SEAL, ACCEPT, REVIEW, ATTEST)
AT_ACCEPTANCE, AT_COMPLETION = "acceptance", "completion"
# Who begins where a province does not leave it to either: the employer with an offer, or the graduate with a proposal.
BY_EMPLOYER, BY_GRADUATE = "employer", "graduate"
_AWAITING = {REVIEW: Status.ACCEPTED, SEAL: Status.SEALING, ATTEST: Status.ATTESTING}


def default_order(parties: int) -> tuple[str, ...]:
    """The national order: accept, review, and in 三方 the school's attestation (DOMAIN 1.1, 1.6)."""
    return (ACCEPT, REVIEW, ATTEST) if parties == 3 else (ACCEPT, REVIEW)


# How long before the end of the answer period the other side is reminded [our choice; DOMAIN 1.2 only asks for it].
REMIND_BEFORE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A request to cancel: waiting for the other side until `answer_by`, or agreed and under review."""

    requested: e.CancellationRequested
    agreed: bool = False
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class PastCancellation:
    """A request to cancel that is over, and what both sides are told of its end.

    `ended`: refused, lapsed, withdrawn, returned (by its review), overtaken (the agreement itself was returned) or cancelled;
    then `caused_by` and `reason_code` are what counts, as the university may have corrected it.
    """

    requested: e.CancellationRequested
    ended: str
    reason: str | None = None
    caused_by: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What an offer and a book have in common once they bind.

    `reason` says why it was refused or returned. `contested` is the last request to cancel that the other side refused
    or let lapse, which the school may mediate; `mediated` is what the school decided last. `past` are the requests that
    are over, oldest first.
    """

    status: Status
    education: str = ""
    number: str | None = None
    reason: str | None = None
    cancellation: Cancellation | None = None
    contested: e.CancellationRequested | None = None
    mediated: e.CancellationMediated | None = None
    past: tuple[PastCancellation, ...] = ()

    def with_past(self, ended: str, **told: str | None) -> tuple[PastCancellation, ...]:
        """`past` once the open request ended; the same when none is open."""
        asked = self.cancellation
        return self.past if asked is None else (*self.past, PastCancellation(asked.requested, ended, **told))

    @property
    def binding(self) -> bool:
        """Whether it can be cancelled: what does not bind yet is returned or voided instead."""
        return self.status == Status.EFFECTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Agreement):
    """An offer and what became of it, with the terms as last edited.

    A seal or an attestation is waited for until `complete_by`, for ever when None.
    """

    sent: e.OfferSent
    status: Status = Status.OPEN
    revision: int = 1
    complete_by: datetime | None = None

    @property
    def binding(self) -> bool:
        """Acceptance binds already where the province says so."""
        return self.status == Status.EFFECTIVE or (self.at_acceptance and self.status in _AWAITING.values())

    @property
    def at_acceptance(self) -> bool:
        """Whether acceptance binds, and not only the last step."""
        return self.sent.binding == AT_ACCEPTANCE

    @property
    def id(self) -> str:
        return self.sent.offer_id

    @property
    def unit(self) -> str:
        return self.sent.employer_name

    @property
    def penalty(self) -> int | None:
        return self.sent.penalty

    @property
    def employer_id(self) -> str | None:
        return self.sent.employer_id

    @property
    def order(self) -> tuple[str, ...]:
        """The steps of signing that it was sent under."""
        return self.sent.order or default_order(self.sent.parties)

    def after(self, step: str) -> str | None:
        """The step that follows another, None after the last."""
        return next(iter(self.order[self.order.index(step) + 1 :]), None)

    def is_open(self, now: datetime) -> bool:
        """Whether it can be answered: exactly at its deadline it cannot."""
        return self.status == Status.OPEN and now < self.sent.respond_by

    def is_overdue(self, now: datetime) -> bool:
        """Whether it still waits for a seal or an attestation that is too late: exactly at the deadline it is."""
        waiting = self.status in (Status.SEALING, Status.ATTESTING)
        return waiting and self.complete_by is not None and now >= self.complete_by


@dataclass(frozen=True, slots=True)
class Proposal:
    """A graduate's proposal to sign and what became of it; `reason` says why it was refused."""

    proposed: e.SigningProposed
    status: ProposalStatus = ProposalStatus.OPEN
    reason: str | None = None

    @property
    def id(self) -> str:
        return self.proposed.proposal_id

    @property
    def employer_id(self) -> str:
        return self.proposed.employer_id

    def is_open(self, now: datetime) -> bool:
        """Whether it can be answered: exactly at its deadline it cannot."""
        return self.status == ProposalStatus.OPEN and now < self.proposed.respond_by


@dataclass(frozen=True, slots=True)
class Upload:
    """The newest link to upload a book, and whether what it was opened for still waits."""

    opened: e.UploadOpened
    waits: bool = True

    def is_open(self, now: datetime) -> bool:
        """Whether it can be used: exactly at its end it cannot."""
        return self.waits and now < self.opened.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Agreement):
    """An agreement on paper: applied for here (offline), or signed before (`submitted`).

    `review_id` names the review that is open; `loss` is a report under review, `loss_returned` why the last one was not
    accepted. `old_number` is the one it bore before its book was lost. `upload` is kept when it is over, so that who
    uploaded is known again.
    """

    begun: e.BookApplied | e.PaperSubmitted
    terms: e.Terms
    review_id: str | None = None
    loss: e.LossReported | None = None
    scan: str | None = None
    upload: Upload | None = None
    loss_returned: str | None = None
    old_number: str | None = None

    @property
    def id(self) -> str:
        return self.begun.agreement_id

    @property
    def unit(self) -> str:
        return self.terms.unit_name

    @property
    def penalty(self) -> int | None:
        return self.terms.penalty

    @property
    def employer_id(self) -> str | None:
        """An employer of a paper agreement has no account here."""
        return None

    @property
    def kind(self) -> str:
        return "paper" if isinstance(self.begun, e.PaperSubmitted) else "offline"


Known = Offer | Book
# Who must act: the graduate, the employer, whoever reviews, or the school that attests.
Turn = tuple[str | None, datetime | None]
NOBODY: Final[Turn] = (None, None)
AnyKnown = TypeVar("AnyKnown", Offer, Book)


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Agreements:
    """All proposals, drafts, offers and books of one graduate, oldest first.

    `cancellations` says which agreement each request to cancel is or was about, so that who asked or answered is known
    again when the request is over. `numbers` are those that agreements of this graduate bear or bore. `code_set`: the
    graduate has an operation code.
    """

    offers: Mapping[str, Offer] = field(default_factory=_nothing)
    books: Mapping[str, Book] = field(default_factory=_nothing)
    drafts: Mapping[str, e.OfferDrafted] = field(default_factory=_nothing)
    proposals: Mapping[str, Proposal] = field(default_factory=_nothing)
    breaches: int = 0
    cancellations: Mapping[str, str] = field(default_factory=_nothing)
    numbers: frozenset[str] = frozenset()
    code_set: bool = False

    @property
    def locked(self) -> Known | None:
        """The offer or book that binds the graduate, if there is one."""
        known: tuple[Known, ...] = (*self.offers.values(), *self.books.values())
        return next((each for each in known if each.status in LOCKED), None)

    def get(self, agreement_id: str) -> Known | None:
        """The offer or book of an id."""
        return self.offers.get(agreement_id) or self.books.get(agreement_id)

    def of_cancellation(self, cancellation_id: str) -> Known | None:
        """The agreement that an open request to cancel is about."""
        known: tuple[Known, ...] = (*self.offers.values(), *self.books.values())
        return next(
            (
                each
                for each in known
                if each.cancellation is not None and each.cancellation.requested.cancellation_id == cancellation_id
            ),
            None,
        )

    def contested_as(self, cancellation_id: str) -> Known | None:
        """The agreement whose request to cancel was refused or let lapse, and may be mediated."""
        known: tuple[Known, ...] = (*self.offers.values(), *self.books.values())
        return next(
            (
                each
                for each in known
                if each.contested is not None and each.contested.cancellation_id == cancellation_id
            ),
            None,
        )

    def book_in_review(self, review_id: str) -> Book | None:
        """The book that a review, or a report of loss, is about."""
        return next(
            (
                book
                for book in self.books.values()
                if review_id == book.review_id or (book.loss is not None and book.loss.loss_id == review_id)
            ),
            None,
        )

    def having(self, thing: Known) -> Agreements:
        """The same with one offer or book as it is now."""
        if isinstance(thing, Offer):
            return replace(self, offers=MappingProxyType({**self.offers, thing.id: thing}))
        return replace(self, books=MappingProxyType({**self.books, thing.id: thing}))

    def changing(self, agreement_id: str, **changes: Any) -> Agreements:
        """The same with some fields of one offer or book changed."""
        known = self.get(agreement_id)
        assert known is not None, agreement_id
        return self.having(replace(known, **changes))


INITIAL = Agreements()


def evolve(state: Agreements, event: Any) -> Agreements:
    """The fold of the stream."""
    for part in (_evolve_code, _evolve_proposal, _evolve_offer, _evolve_agreement, _evolve_cancellation, _evolve_book):
        after = part(state, event)
        if after is not None:
            return _numbered(after, event)
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def _numbered(state: Agreements, event: Any) -> Agreements:
    # Whatever an event of this stream calls a number is one of this graduate's.
    number = getattr(event, "number", None)
    return state if number is None or number in state.numbers else replace(state, numbers=state.numbers | {number})


def _evolve_code(state: Agreements, event: Any) -> Agreements | None:
    match event:
        case e.OperationCodeSet():
            return replace(state, code_set=True)
        case e.OperationCodeReset():
            return replace(state, code_set=False)
    return None


def _evolve_proposal(state: Agreements, event: Any) -> Agreements | None:
    match event:
        case e.SigningProposed():
            return _proposing(state, Proposal(event))
        case e.ProposalWithdrawn():
            return _ended(state, event.proposal_id, ProposalStatus.WITHDRAWN)
        case e.ProposalRefused():
            return _ended(state, event.proposal_id, ProposalStatus.REFUSED, event.reason)
        case e.ProposalLapsed():
            return _ended(state, event.proposal_id, ProposalStatus.LAPSED, event.reason)
    return None


def _proposing(state: Agreements, proposal: Proposal) -> Agreements:
    return replace(state, proposals=MappingProxyType({**state.proposals, proposal.id: proposal}))


def _ended(state: Agreements, proposal_id: str, status: ProposalStatus, reason: str | None = None) -> Agreements:
    return _proposing(state, replace(state.proposals[proposal_id], status=status, reason=reason))


def _evolve_offer(state: Agreements, event: Any) -> Agreements | None:
    match event:
        case e.OfferDrafted():
            return replace(state, drafts=MappingProxyType({**state.drafts, event.offer_id: event}))
        case e.DraftDiscarded():
            return _without_draft(state, event.offer_id)
        case e.OfferSent():
            begun = _without_draft(state, event.offer_id).having(Offer(sent=event))
            answered = event.proposal_id
            return begun if answered is None else _ended(begun, answered, ProposalStatus.ANSWERED)
        case e.OfferEdited():
            sent = state.offers[event.offer_id].sent
            edited = replace(
                sent,
                position=event.position,
                job_title=event.job_title,
                respond_by=event.respond_by,
                monthly_salary=event.monthly_salary,
                penalty=event.penalty,
                remarks=event.remarks,
                warnings=event.warnings,
            )
            return state.changing(event.offer_id, sent=edited, revision=event.revision)
        case e.OfferWithdrawn():
            return state.changing(event.offer_id, status=Status.WITHDRAWN)
        case e.OfferRefused():
            return state.changing(event.offer_id, status=Status.REFUSED, reason=event.reason)
        case e.OfferLapsed():
            return state.changing(event.offer_id, status=Status.LAPSED, reason=event.reason)
    return None


def _without_draft(state: Agreements, offer_id: str) -> Agreements:
    if offer_id not in state.drafts:
        return state
    return replace(
        state, drafts=MappingProxyType({known: draft for known, draft in state.drafts.items() if known != offer_id})
    )


def _evolve_agreement(state: Agreements, event: Any) -> Agreements | None:
    match event:
        case e.OfferAccepted():
            return state.changing(
                event.offer_id,
                status=_AWAITING[event.awaits],
                education=event.education,
                number=event.number,
                complete_by=event.complete_by,
            )
        case e.AttestationAwaited():
            return _awaiting(state, event, ATTEST)
        case e.SealAwaited():
            return _awaiting(state, event, SEAL, event.number)
        case e.AgreementSealed():
            return state if event.awaits is None else _awaiting(state, event, event.awaits)
        case e.AgreementAttested():
            return _awaiting(state, event, event.awaits, event.number)
        case e.AgreementConcluded():
            return state.changing(event.agreement_id, status=Status.EFFECTIVE, number=event.number)
        case e.AgreementReturned():
            return state.changing(
                event.agreement_id,
                status=Status.RETURNED,
                reason=event.reason,
                past=_known(state, event).with_past("overtaken"),
                cancellation=None,
                contested=None,
            )
        case e.AgreementCancelled():
            caused = {"caused_by": event.caused_by, "reason_code": event.reason_code}
            past = _known(state, event).with_past("cancelled", **caused)
            cancelled = state.changing(
                event.agreement_id, status=Status.CANCELLED, past=past, cancellation=None, contested=None
            )
            if event.loss_id is not None:
                cancelled = cancelled.changing(event.agreement_id, loss=None)
            return replace(cancelled, breaches=state.breaches + (event.caused_by == "graduate"))
    return None


def _awaiting(
    state: Agreements,
    event: e.AttestationAwaited | e.SealAwaited | e.AgreementSealed | e.AgreementAttested,
    step: str,
    number: str | None = None,
) -> Agreements:
    numbered = {} if number is None else {"number": number}
    return state.changing(event.agreement_id, status=_AWAITING[step], complete_by=event.complete_by, **numbered)


def _evolve_cancellation(state: Agreements, event: Any) -> Agreements | None:
    match event:
        case e.CancellationRequested():
            known_as = MappingProxyType({**state.cancellations, event.cancellation_id: event.agreement_id})
            asking = state.changing(event.agreement_id, cancellation=Cancellation(event), contested=None, mediated=None)
            return replace(asking, cancellations=known_as)
        case e.CancellationAgreed():
            known = _known(state, event)
            waiting = known.cancellation.requested if known.cancellation else known.contested
            assert waiting is not None
            return state.changing(event.agreement_id, cancellation=Cancellation(waiting, agreed=True), contested=None)
        case e.CancellationReminded():
            reminding = _known(state, event).cancellation
            assert reminding is not None
            return state.changing(event.agreement_id, cancellation=replace(reminding, reminded=True))
        case e.CancellationRefused():
            return _contested(state, event, "refused", event.reason)
        case e.CancellationLapsed():
            return _contested(state, event, "lapsed")
        case e.CancellationWithdrawn():
            past = _known(state, event).with_past("withdrawn")
            return state.changing(event.agreement_id, past=past, cancellation=None)
        case e.CancellationReturned():
            past = _known(state, event).with_past("returned", reason=event.reason)
            return state.changing(event.agreement_id, past=past, cancellation=None)
        case e.CancellationMediated():
            mediated = state.changing(event.agreement_id, mediated=event)
            return mediated if event.outcome == "cancel" else mediated.changing(event.agreement_id, contested=None)
    return None


def _known(state: Agreements, event: Any) -> Known:
    known = state.get(event.agreement_id)
    assert known is not None, event
    return known


def _contested(state: Agreements, event: Any, ended: str, reason: str | None = None) -> Agreements:
    known = _known(state, event)
    asked = known.cancellation.requested if known.cancellation else None
    past = known.with_past(ended, reason=reason)
    return state.changing(event.agreement_id, past=past, cancellation=None, contested=asked)


def _evolve_book(state: Agreements, event: Any) -> Agreements | None:
    match event:
        case e.BookApplied():
            return state.having(
                Book(
                    begun=event,
                    terms=event.terms,
                    status=Status.APPLIED,
                    education=event.education,
                    review_id=event.review_id,
                )
            )
        case e.BookAmended():
            return state.changing(
                event.agreement_id, status=Status.APPLIED, terms=event.terms, review_id=event.review_id, reason=None
            )
        case e.ApplicationReturned():
            return state.changing(event.agreement_id, status=Status.CORRECTING, review_id=None, reason=event.reason)
        case e.BookIssued():
            return state.changing(event.agreement_id, status=Status.ISSUED, review_id=None, number=event.number)
        case e.UploadOpened():
            return state.changing(event.agreement_id, upload=Upload(event))
        case e.ScanSubmitted():
            return _without_upload(state, event.agreement_id).changing(
                event.agreement_id,
                status=Status.SCANNED,
                scan=event.evidence_id,
                review_id=event.review_id,
                reason=None,
            )
        case e.ScanReturned():
            return state.changing(event.agreement_id, status=Status.ISSUED, review_id=None, reason=event.reason)
        case e.BookVoided():
            voided = _without_upload(state, event.agreement_id)
            return voided.changing(event.agreement_id, status=Status.VOIDED, review_id=None, loss=None)
        case e.LossReported():
            return _without_upload(state, event.agreement_id).changing(
                event.agreement_id, loss=event, loss_returned=None
            )
        case e.LossReturned():
            return state.changing(event.agreement_id, loss=None, loss_returned=event.reason)
        case e.BookReissued():
            return state.changing(event.agreement_id, loss=None, number=event.number, old_number=event.old_number)
        case e.PaperSubmitted():
            return state.having(
                Book(
                    begun=event,
                    terms=event.terms,
                    status=Status.SUBMITTED,
                    education=event.education,
                    review_id=event.review_id,
                    scan=event.evidence_id,
                )
            )
    return None


def _without_upload(state: Agreements, agreement_id: str) -> Agreements:
    upload = state.books[agreement_id].upload
    return state if upload is None else state.changing(agreement_id, upload=replace(upload, waits=False))


def turn_of(thing: Proposal | Known) -> Turn:
    """Who must act next about it, and until when if there is an end; what time has ended must be folded in already."""
    if isinstance(thing, Proposal):
        return ("employer", thing.proposed.respond_by) if thing.status == ProposalStatus.OPEN else NOBODY
    if thing.cancellation is not None:
        asked = thing.cancellation.requested
        other = "employer" if asked.by == "graduate" else "graduate"
        return ("review", None) if thing.cancellation.agreed else (other, asked.answer_by)
    if isinstance(thing, Book):
        return ("review", None) if thing.loss is not None else (_BOOK_TURNS.get(thing.status), None)
    if thing.status == Status.OPEN:
        return "graduate", thing.sent.respond_by
    who = _OFFER_TURNS.get(thing.status)
    return NOBODY if who is None else (who, thing.complete_by)


_OFFER_TURNS = {
    Status.ACCEPTED: "review",
    Status.SEALING: "employer",
    Status.ATTESTING: "school",
}
_BOOK_TURNS = {
    Status.APPLIED: "review",
    Status.CORRECTING: "graduate",
    Status.ISSUED: "graduate",
    Status.SCANNED: "review",
    Status.SUBMITTED: "review",
}
