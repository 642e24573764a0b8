"""线下签约 and 已签协议: books applied for, issued, scanned, voided, lost; paper registered (DOMAIN 1.3, 1.4, 1.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from services.agreement import events as e
from services.agreement import numbers
from services.agreement.decider import commands as c
from services.agreement.decider import reasons as no
from services.agreement.decider.common import (
    LOSS,
    check_bound,
    check_confirmed,
    check_day,
    check_enrolled,
    check_evidence,
    check_free,
    concluded,
    enrolled,
    new_number,
    prefix_of,
    trained_elsewhere,
    voided,
    warnings_of,
)
from services.agreement.decider.leaving import come_to_nothing
from services.agreement.facts import Facts
from services.agreement.state import Agreements, Book, Status
from shared.access import Role
from shared.clock import day_of
from shared.codes.identity import BadIdentifier
from shared.codes.uscc import check_uscc, confirming_chain, doubts_about
from shared.messages import Meta, lane_of, new_id

_IN_REVIEW = (Status.APPLIED, Status.SCANNED, Status.SUBMITTED)
STAMPED, NOTICE = "stamped_agreement", "loss_notice"
# [our choice; DOMAIN 1.3 only says that a link exists]
UPLOAD_DAYS: Final = 7
CLAIMS: Final = UUID("3a5e2f5c-2a3e-4f0e-8c55-6f0a9d1b7c21")


def claim_stream(graduate_id: str, class_year: int, paper_number: str) -> str:
    """The stream that says whose a number on paper is, among the graduate's class in the province."""
    lane = lane_of(graduate_id)
    return f"paper_number-{lane}-{uuid5(CLAIMS, f'{lane} {class_year} {paper_number}')}"


def apply_for(command: c.ApplyForBook, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Ask for a book; one open at a time, and none beside another destination."""
    graduate = enrolled(facts)
    check_confirmed(facts)
    _check_unlocked(state)
    check_day(facts, meta)
    check_free(facts)
    terms = _checked(command.terms)
    check_bound(graduate, terms.unit_name, "terms.unit_name")
    return [
        e.BookApplied(
            agreement_id=new_id(lane_of(command.graduate_id), meta.command_id, "book"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            education=graduate.education,
            parties=facts.settings.parties,
            terms=terms,
            review_id=_review(command.graduate_id, meta),
            template=facts.settings.template,
            warnings=(*warnings_of(terms.penalty, facts), *_doubts(terms)),
            min_chain=confirming_chain(terms.uscc),
            province_version=facts.province_version,
            school_version=facts.school_version,
        )
    ]


def amend(command: c.AmendBook, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Correct a returned application and ask again."""
    graduate = enrolled(facts)
    check_confirmed(facts)
    book = _book(state, command.agreement_id)
    _check_status(book, Status.CORRECTING)
    terms = _checked(command.terms)
    check_bound(graduate, terms.unit_name, "terms.unit_name")
    begun = book.begun
    return [
        e.BookAmended(
            agreement_id=book.id,
            graduate_id=command.graduate_id,
            scope=begun.scope,
            class_year=begun.class_year,
            terms=terms,
            review_id=_review(command.graduate_id, meta),
            warnings=(*warnings_of(terms.penalty, facts), *_doubts(terms)),
            min_chain=confirming_chain(terms.uscc),
            province_version=begun.province_version,
            school_version=begun.school_version,
        )
    ]


def open_upload(command: c.OpenUpload, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """A link for whoever stamps the book and has no account (DOMAIN 1.3 step 4)."""
    book = _book(state, command.agreement_id)
    check_enrolled(facts)
    _check_waits_for_scan(book)
    return [
        e.UploadOpened(
            upload_id=new_id(lane_of(command.graduate_id), meta.command_id, "upload"),
            agreement_id=book.id,
            graduate_id=command.graduate_id,
            until=meta.now + timedelta(days=UPLOAD_DAYS),
        )
    ]


def submit_scan(command: c.SubmitScan, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """The sealed book came back, from the graduate or by the link of an upload."""
    book = _book(state, command.agreement_id)
    if book.status == Status.SCANNED and book.scan == command.scan:
        return []
    check_enrolled(facts)
    if meta.actor.role == Role.UPLOADER and not (book.upload and book.upload.is_open(meta.now)):
        raise no.UPLOAD_OVER.error()
    check_confirmed(facts)
    _check_waits_for_scan(book)
    check_bound(enrolled(facts), book.terms.unit_name, "agreement_id")
    check_evidence(facts, command.scan, command.graduate_id, STAMPED, "scan")
    begun = book.begun
    return [
        e.ScanSubmitted(
            agreement_id=book.id,
            graduate_id=command.graduate_id,
            scope=begun.scope,
            class_year=begun.class_year,
            evidence_id=command.scan,
            review_id=_review(command.graduate_id, meta),
            province_version=begun.province_version,
            school_version=begun.school_version,
        )
    ]


def void(command: c.VoidBook, state: Agreements) -> list[Any]:
    """Give up what has not taken effect; what has is cancelled instead."""
    book = _book(state, command.agreement_id)
    if book.status == Status.VOIDED:
        return []
    _check_status(book, Status.APPLIED, Status.CORRECTING, Status.ISSUED, Status.SCANNED, Status.SUBMITTED)
    return [voided(book, command.reason)]


def report_loss(command: c.ReportLoss, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """遗失: only a book that was printed can be lost."""
    book = _book(state, command.agreement_id)
    check_enrolled(facts)
    if book.number is None:
        raise no.NOT_LOSABLE.error(status=book.status.value)
    _check_status(book, Status.ISSUED, Status.EFFECTIVE)
    if book.loss is not None:
        raise no.LOSS_OPEN.error()
    check_evidence(facts, command.notice, command.graduate_id, NOTICE, "notice")
    begun = book.begun
    return [
        e.LossReported(
            agreement_id=book.id,
            graduate_id=command.graduate_id,
            scope=begun.scope,
            class_year=begun.class_year,
            loss_id=new_id(lane_of(command.graduate_id), meta.command_id, "loss"),
            statement=command.statement,
            evidence_id=command.notice,
            province_version=begun.province_version,
            school_version=begun.school_version,
        )
    ]


def register_paper(command: c.RegisterPaper, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """已签协议登记, with its checks (DOMAIN 1.4)."""
    graduate = enrolled(facts)
    check_confirmed(facts)
    _check_unlocked(state)
    check_day(facts, meta)
    check_free(facts)
    terms = _checked(command.terms)
    check_bound(graduate, terms.unit_name, "terms.unit_name")
    early = graduate.enrolled_on is not None and command.signed_on < graduate.enrolled_on
    if early or command.signed_on > day_of(meta.now):
        raise no.SIGNED_ON.error(field="signed_on")
    if command.paper_number is not None:
        _check_paper_number(command.paper_number, command.graduate_id, state, facts)
    check_evidence(facts, command.scan, command.graduate_id, STAMPED, "scan")
    return [
        e.PaperSubmitted(
            agreement_id=new_id(lane_of(command.graduate_id), meta.command_id, "paper"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            education=graduate.education,
            parties=facts.settings.parties,
            terms=terms,
            signed_on=command.signed_on,
            evidence_id=command.scan,
            review_id=_review(command.graduate_id, meta),
            paper_number=command.paper_number,
            warnings=(*warnings_of(terms.penalty, facts), *_doubts(terms)),
            min_chain=confirming_chain(terms.uscc),
            province_version=facts.province_version,
            school_version=facts.school_version,
        )
    ]


def _check_paper_number(number: str, graduate_id: str, state: Agreements, facts: Facts) -> None:
    # Nothing binds the graduate now, so whatever bore the number is over.
    if number in state.numbers or number in _cancelled_on_paper(state):
        raise no.NUMBER_DEAD.error(field="paper_number")
    if numbers.has_form(number):
        try:
            numbers.parse(number)
        except ValueError:
            raise no.NUMBER_MISWRITTEN.error(field="paper_number") from None
        raise no.NUMBER_NOT_ISSUED.error(field="paper_number")
    if facts.settings.issues_numbers:
        raise no.NUMBER_OF_NOBODY.error(field="paper_number")
    if facts.claim is not None and facts.claim.held_by not in (None, graduate_id):
        raise no.NUMBER_TAKEN.error(field="paper_number")


def _cancelled_on_paper(state: Agreements) -> set[str | None]:
    return {
        book.begun.paper_number
        for book in state.books.values()
        if isinstance(book.begun, e.PaperSubmitted) and book.status == Status.CANCELLED
    }


def claims_of(events: Any, facts: Facts) -> list[tuple[str, Any]]:
    """What becomes of the claim on a number on paper: laid, kept, or released when its paper comes to nothing."""
    claim = facts.claim
    if claim is None:
        return []
    for event in events:
        if isinstance(event, e.PaperSubmitted) and claim.held_by is None:
            return [(claim.stream, e.PaperNumberClaimed(claim.number, event.graduate_id, event.agreement_id))]
        if isinstance(event, (e.BookVoided, e.AgreementReturned)) and claim.held_by is not None:
            return [(claim.stream, e.PaperNumberReleased(claim.number, claim.held_by, event.agreement_id))]
    return []


def passed(command: c.PassReview, state: Agreements, facts: Facts) -> list[Any]:
    """A review about a book passed: the application, the signing, a loss, or a paper agreement."""
    book = state.book_in_review(command.subject_id)
    if book is None:
        return []
    if facts.graduate is None:
        return _passed_too_late(command, book)
    # A loss is about a book, whoever it is with; all else goes towards an agreement with its unit.
    if command.kind != LOSS and book.status in _IN_REVIEW and trained_elsewhere(facts.graduate, book.terms.unit_name):
        return [voided(book, no.TRAINED_ELSEWHERE, reviewed=True)]
    match command.kind, book.status:
        case "application", Status.APPLIED:
            return [e.BookIssued(book.id, command.graduate_id, _numbered(book, command.serial))]
        case ("signing", Status.SCANNED) | ("paper", Status.SUBMITTED):
            return [concluded(book, command.serial, facts.signed.get(book.id))]
        case "loss", Status.ISSUED | Status.EFFECTIVE if book.loss is not None and book.number is not None:
            number = _numbered(book, command.serial)
            return [e.BookReissued(book.id, command.graduate_id, book.loss.loss_id, book.number, number)]
    return []


def _passed_too_late(command: c.PassReview, book: Book) -> list[Any]:
    """The graduate is on no roster any more: what was looked at does not go on."""
    match command.kind, book.status:
        case ("application", Status.APPLIED) | ("signing", Status.SCANNED) | ("paper", Status.SUBMITTED):
            return [come_to_nothing(book, reviewed=True)]
        case "loss", Status.ISSUED if book.loss is not None:
            return [come_to_nothing(book, reviewed=True)]
        case "loss", _ if book.loss is not None:
            return [e.LossReturned(book.id, command.subject_id, no.LEFT_ROSTER)]
    return []


def failed(command: c.FailReview, state: Agreements) -> list[Any]:
    """A review about a book was returned."""
    book = state.book_in_review(command.subject_id)
    if book is None:
        return []
    match command.kind, book.status:
        case "application", Status.APPLIED:
            return [e.ApplicationReturned(book.id, command.subject_id, command.reason)]
        case "signing", Status.SCANNED:
            return [e.ScanReturned(book.id, command.subject_id, command.reason)]
        case "paper", Status.SUBMITTED:
            return [e.AgreementReturned(book.id, command.reason)]
        case "loss", _ if book.loss is not None:
            return [e.LossReturned(book.id, command.subject_id, command.reason)]
    return []


def _numbered(book: Book, serial: int | None) -> str:
    class_year, scope = prefix_of(book)
    return new_number(class_year, scope.split("/")[2], book.education, serial)


def _review(graduate_id: str, meta: Meta) -> str:
    # Each round has a review of its own: the case of an earlier round is closed for good.
    return new_id(lane_of(graduate_id), meta.command_id, "review")


def _book(state: Agreements, agreement_id: str) -> Book:
    book = state.books.get(agreement_id)
    if book is None:
        raise no.NO_AGREEMENT.error(field="agreement_id")
    return book


def _check_status(book: Book, *wanted: Status) -> None:
    if book.status not in wanted:
        raise no.BOOK_NOT.error(status=book.status.value)


def _check_waits_for_scan(book: Book) -> None:
    _check_status(book, Status.ISSUED)
    if book.loss is not None:
        raise no.LOSS_OPEN.error()


def _check_unlocked(state: Agreements) -> None:
    locked = state.locked
    if locked is None:
        return
    raise (no.BOOK_OPEN if isinstance(locked, Book) and locked.status != Status.EFFECTIVE else no.SIGNED).error(
        agreement_id=locked.id
    )


def _doubts(terms: e.Terms) -> tuple[str, ...]:
    return tuple(doubt.code for doubt in doubts_about(terms.uscc, None).values())


def _checked(terms: e.Terms) -> e.Terms:
    """The terms with the credit code as it is written officially. Raises Invalid."""
    if terms.uscc is None:
        if terms.uscc_absent_reason is None:
            raise no.USCC_NEEDED.error(field="terms.uscc")
        return terms
    try:
        return replace(terms, uscc=check_uscc(terms.uscc).code)
    except BadIdentifier as bad:
        raise no.WRONG_USCC.error(field="terms.uscc", why=bad.zh, why_en=bad.en) from None
