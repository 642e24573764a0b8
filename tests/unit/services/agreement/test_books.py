"""Books on paper: applied for, issued, scanned, voided, lost and re-issued; agreements signed before (DOMAIN 1.3, 1.4, 1.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.agreement import events as e
from services.agreement.decider import HANDLING
from services.agreement.decider.books import claim_stream
from services.agreement.facts import Claim, Evidence, Facts, Settings
from services.agreement.numbers import AgreementNumber
from shared.messages import new_id
from tests.support import examples as x
from tests.support.directory_examples import USCC
from tests.support.spec import (
    EMPLOYER,
    GRADUATE,
    GRADUATE_ID,
    LANE,
    NOW,
    OTHER_EMPLOYER_ID,
    SCHOOL,
    Given,
    command_id,
    folded,
    given,
    meta,
)

ISSUED = (x.APPLIED, x.ISSUED)
SCANNED = (*ISSUED, x.SCANNED)
EFFECTIVE = (*SCANNED, x.BOOK_CONCLUDED)
LOST = (*ISSUED, x.LOST)
CANCELLED_BOOK = (
    *EFFECTIVE,
    replace(x.REQUESTED, agreement_id=x.BOOK_ID),
    replace(x.AGREED, agreement_id=x.BOOK_ID),
    replace(x.CANCELLED, agreement_id=x.BOOK_ID),
)


def after(*events: Any, facts: Facts = x.WITH_EVIDENCE) -> Given:
    return given(HANDLING, *events, facts=facts)


def knowing(**changes: Any) -> Facts:
    return replace(x.WITH_EVIDENCE, **changes)


def passed(kind: str, subject_id: str, serial: int | None = 1) -> Any:
    return replace(x.PASS, kind=kind, subject_id=subject_id, serial=serial)


def failed(kind: str, subject_id: str, reason: str) -> Any:
    return replace(x.FAIL, kind=kind, subject_id=subject_id, reason=reason)


# apply_for_book


def test_a_graduate_applies_for_a_book() -> None:
    after().when(x.APPLY, meta(GRADUATE)).then(x.APPLIED)


def test_a_book_keeps_the_settings_it_was_applied_for_under() -> None:
    facts = knowing(settings=Settings(parties=3, template="14/2", penalty_limit=1000))
    applied = replace(x.APPLIED, parties=3, template="14/2", warnings=("penalty_over_limit",))
    after(facts=facts).when(x.APPLY, meta(GRADUATE)).then(applied)


OPEN_BOOKS = [(x.APPLIED,), (x.APPLIED, x.APPLICATION_RETURNED), ISSUED, SCANNED, (x.PAPER,)]


@pytest.mark.parametrize("past", OPEN_BOOKS)
@pytest.mark.parametrize("command", [x.APPLY, x.REGISTER_PAPER])
def test_one_book_is_open_at_a_time(command: Any, past: Any) -> None:
    after(*past).when(command, meta(GRADUATE, number=2)).then_refused("agreement.book_open")


@pytest.mark.parametrize("past", [(x.OFFER_SENT, x.ACCEPTED), (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED), EFFECTIVE])
@pytest.mark.parametrize("command", [x.APPLY, x.REGISTER_PAPER])
def test_who_is_bound_applies_for_no_book(command: Any, past: Any) -> None:
    after(*past).when(command, meta(GRADUATE, number=2)).then_refused("agreement.already_signed")


@pytest.mark.parametrize("past", [(), (x.OFFER_SENT,), (*ISSUED, x.VOIDED), CANCELLED_BOOK])
def test_an_open_offer_or_an_ended_book_stands_in_nobodys_way(past: Any) -> None:
    again = replace(
        x.APPLIED,
        agreement_id=new_id(LANE, command_id(2), "book"),
        review_id=new_id(LANE, command_id(2), "review"),
    )
    after(*past).when(x.APPLY, meta(GRADUATE, number=2)).then(again)


def test_an_open_book_keeps_the_graduate_from_accepting_an_offer() -> None:
    for book in (ISSUED[:1], ISSUED, (*ISSUED, x.SCANNED), (x.PAPER,)):
        after(x.OFFER_SENT, *book).when(x.ACCEPT, meta(GRADUATE)).then_refused("agreement.book_under_way")
    in_force = after(x.OFFER_SENT, *ISSUED, x.SCANNED, x.BOOK_CONCLUDED)
    in_force.when(x.ACCEPT, meta(GRADUATE)).then_refused("agreement.already_signed")
    after(x.OFFER_SENT, *ISSUED, x.VOIDED).when(x.ACCEPT, meta(GRADUATE)).then(x.ACCEPTED)


def test_who_invites_is_not_told_of_an_agreement_where_a_book_is_merely_applied_for() -> None:
    for command, actor in ((x.SEND, EMPLOYER), (x.PROPOSE, GRADUATE)):
        outcome = after(x.APPLIED, facts=x.BY_EITHER).when(command, meta(actor, number=2))
        outcome.then_refused("agreement.book_under_way", "graduate_id")
        assert outcome.error is not None
        assert "生效协议" not in outcome.error.zh


@pytest.mark.parametrize("command", [x.APPLY, x.REGISTER_PAPER])
def test_a_book_needs_a_graduate_without_another_destination(command: Any) -> None:
    after(facts=knowing(graduate=None)).when(command).then_refused("agreement.graduate_not_found", "graduate_id")
    for destination in ("pending", "placed"):
        facts = knowing(destination=destination)
        after(facts=facts).when(command).then_refused("agreement.destination_registered")


WRONG_TERMS = [
    (replace(x.TERMS, uscc_absent_reason=None), "agreement.uscc_needed", "terms.uscc"),
    (replace(x.TERMS, uscc="91140000110000000"), "agreement.wrong_uscc", "terms.uscc"),
]


@pytest.mark.parametrize(("terms", "code", "field"), WRONG_TERMS)
def test_a_unit_has_a_credit_code_or_a_reason(terms: Any, code: str, field: str) -> None:
    after().when(replace(x.APPLY, terms=terms)).then_refused(code, field)
    after().when(replace(x.REGISTER_PAPER, terms=terms)).then_refused(code, field)
    after(x.APPLIED, x.APPLICATION_RETURNED).when(replace(x.AMEND, terms=terms)).then_refused(code, field)


@pytest.mark.parametrize("training", ["2", "4"])
def test_a_graduate_trained_for_a_unit_signs_on_paper_with_it_only(training: str) -> None:
    bound = replace(x.ENROLLED, training=training, agreed_unit="另一单位")
    facts = knowing(graduate=bound)
    after(facts=facts).when(x.APPLY).then_refused("agreement.agreed_unit_only", "terms.unit_name")
    after(facts=facts).when(x.REGISTER_PAPER).then_refused("agreement.agreed_unit_only", "terms.unit_name")
    own = knowing(graduate=replace(bound, agreed_unit=x.TERMS.unit_name))
    after(facts=own).when(x.APPLY, meta(GRADUATE)).then(x.APPLIED)


# review A


def test_a_passed_application_issues_a_numbered_book() -> None:
    after(x.APPLIED).when(passed("application", x.REVIEW_ID)).then(x.ISSUED)


def test_a_book_is_never_issued_without_a_serial() -> None:
    after(x.APPLIED).when(passed("application", x.REVIEW_ID, None)).then_refused("log.written_first")


def test_a_returned_application_says_why_and_is_corrected() -> None:
    after(x.APPLIED).when(failed("application", x.REVIEW_ID, "岗位信息不完整")).then(x.APPLICATION_RETURNED)
    after(x.APPLIED, x.APPLICATION_RETURNED).when(x.AMEND, meta(GRADUATE, number=2)).then(x.AMENDED)
    past = (x.APPLIED, x.APPLICATION_RETURNED, x.AMENDED)
    after(*past).when(passed("application", x.AMENDED.review_id)).then(x.ISSUED)


@pytest.mark.parametrize("past", [(x.APPLIED,), ISSUED, SCANNED, EFFECTIVE])
def test_only_a_returned_application_is_corrected(past: Any) -> None:
    after(*past).when(x.AMEND, meta(GRADUATE, number=2)).then_refused("agreement.book_not")
    after().when(x.AMEND).then_refused("agreement.not_found", "agreement_id")


# scan and review B


def test_the_scan_of_the_sealed_book_is_sent_back() -> None:
    after(*ISSUED).when(x.SUBMIT_SCAN, meta(GRADUATE)).then(x.SCANNED)


def test_sending_the_same_scan_twice_changes_nothing() -> None:
    after(*SCANNED).when(x.SUBMIT_SCAN, meta(GRADUATE, number=2)).then_nothing()


@pytest.mark.parametrize("past", [(x.APPLIED,), EFFECTIVE, (*ISSUED, x.VOIDED)])
def test_only_an_issued_book_takes_a_scan(past: Any) -> None:
    after(*past).when(x.SUBMIT_SCAN).then_refused("agreement.book_not")
    after().when(x.SUBMIT_SCAN).then_refused("agreement.not_found", "agreement_id")


def test_a_lost_book_takes_no_scan() -> None:
    after(*LOST).when(x.SUBMIT_SCAN).then_refused("agreement.loss_open")


def test_a_scan_is_evidence_of_this_graduate_and_of_its_kind() -> None:
    foreign = knowing(evidence={x.SCAN_ID: Evidence("14-somebody", "stamped_agreement")})
    after(*ISSUED, facts=foreign).when(x.SUBMIT_SCAN).then_refused("agreement.evidence_not_found", "scan")
    wrong = after(*ISSUED).when(replace(x.SUBMIT_SCAN, scan=x.NOTICE_ID))
    wrong.then_refused("agreement.wrong_evidence", "scan")
    assert wrong.error is not None
    assert wrong.error.zh == "佐证材料类别不符，此处应为已盖章的就业协议书，请重新上传"
    assert wrong.error.details["wanted"] == "stamped_agreement"
    after(*ISSUED).when(replace(x.SUBMIT_SCAN, scan="14-none")).then_refused("agreement.evidence_not_found", "scan")


# open_upload


def test_a_link_is_opened_for_an_issued_book() -> None:
    after(*ISSUED).when(x.OPEN_UPLOAD, meta(GRADUATE)).then(x.UPLOAD_OPENED)
    after(*SCANNED, x.SCAN_RETURNED).when(x.OPEN_UPLOAD, meta(SCHOOL)).then(x.UPLOAD_OPENED)


@pytest.mark.parametrize("past", [(x.APPLIED,), SCANNED, EFFECTIVE, (*ISSUED, x.VOIDED)])
def test_only_an_issued_book_is_uploaded(past: Any) -> None:
    after(*past).when(x.OPEN_UPLOAD, meta(GRADUATE)).then_refused("agreement.book_not")


def test_a_lost_book_is_not_uploaded_and_an_unknown_one_neither() -> None:
    after(*LOST).when(x.OPEN_UPLOAD, meta(GRADUATE)).then_refused("agreement.loss_open")
    after().when(x.OPEN_UPLOAD, meta(GRADUATE)).then_refused("agreement.not_found", "agreement_id")


def test_who_holds_the_link_submits_the_scan_once() -> None:
    opened = (*ISSUED, x.UPLOAD_OPENED)
    last = meta(x.UPLOADER, after=7 * x.DAY - x.MOMENT)
    after(*opened).when(x.SUBMIT_SCAN, last).then(x.SCANNED)
    after(*opened, x.SCANNED).when(x.SUBMIT_SCAN, meta(x.UPLOADER, number=2)).then_nothing()


RETURNED = (x.SCANNED, x.SCAN_RETURNED)
REISSUED = (x.LOST, x.REISSUED)


@pytest.mark.parametrize("since", [RETURNED, (x.LOST,), REISSUED], ids=["returned", "lost", "reissued"])
def test_a_link_is_over_when_the_book_has_left_its_state(since: Any) -> None:
    gone = after(*ISSUED, x.UPLOAD_OPENED, *since)
    gone.when(x.SUBMIT_SCAN, meta(x.UPLOADER)).then_refused("agreement.upload_over")
    again = replace(x.UPLOAD_OPENED, upload_id=new_id(LANE, command_id(2), "upload"))
    assert folded(HANDLING, (*ISSUED, x.UPLOAD_OPENED, *since, again)).books[x.BOOK_ID].upload.is_open(NOW)


def test_a_link_is_over_at_its_end_and_the_graduate_submits_all_the_same() -> None:
    opened = after(*ISSUED, x.UPLOAD_OPENED)
    opened.when(x.SUBMIT_SCAN, meta(x.UPLOADER, after=7 * x.DAY)).then_refused("agreement.upload_over")
    opened.when(x.SUBMIT_SCAN, meta(GRADUATE, after=7 * x.DAY)).then(x.SCANNED)


def test_a_passed_scan_makes_the_agreement_effective_under_the_books_number() -> None:
    after(*SCANNED).when(passed("signing", x.REVIEW_ID, None)).then(x.BOOK_CONCLUDED)
    unit: dict[str, Any] = {"unit_address": "太原市小店区", "unit_phone": "0351-0000000"}
    applied = replace(x.APPLIED, terms=replace(x.TERMS, **unit))
    past = [applied if event == x.APPLIED else event for event in SCANNED]
    after(*past).when(passed("signing", x.REVIEW_ID, None)).then(replace(x.BOOK_CONCLUDED, **unit))


def test_a_returned_scan_may_be_sent_again() -> None:
    after(*SCANNED).when(failed("signing", x.REVIEW_ID, "扫描件不清晰")).then(x.SCAN_RETURNED)
    again = replace(x.SCANNED, review_id=new_id(LANE, command_id(2), "review"))
    after(*SCANNED, x.SCAN_RETURNED).when(x.SUBMIT_SCAN, meta(GRADUATE, number=2)).then(again)


@pytest.mark.parametrize("kind", ["application", "signing", "paper", "loss"])
@pytest.mark.parametrize("past", [(), EFFECTIVE, (*ISSUED, x.VOIDED), CANCELLED_BOOK])
def test_a_late_or_repeated_review_of_a_book_changes_nothing(past: Any, kind: str) -> None:
    after(*past).when(passed(kind, x.REVIEW_ID)).then_nothing()
    after(*past).when(failed(kind, x.REVIEW_ID, "-")).then_nothing()


# void_book


@pytest.mark.parametrize(
    ("past", "kind"),
    [
        ((x.APPLIED,), "application"),
        ((x.APPLIED, x.APPLICATION_RETURNED), None),
        (ISSUED, None),
        (SCANNED, "signing"),
        (LOST, "loss"),
    ],
)
def test_a_book_that_has_not_taken_effect_is_voided_and_its_review_named(past: Any, kind: str | None) -> None:
    review = {None: None, "loss": x.LOSS_ID}.get(kind, x.REVIEW_ID)
    number = None if x.ISSUED not in past else x.NUMBER
    voided = replace(x.VOIDED, number=number, review_kind=kind, review_id=review)
    after(*past).when(x.VOID, meta(GRADUATE)).then(voided)


def test_a_paper_agreement_is_taken_back_before_its_review() -> None:
    command = replace(x.VOID, agreement_id=x.PAPER_ID)
    voided = e.BookVoided(x.PAPER_ID, GRADUATE_ID, x.VOID.reason, None, "paper", x.REVIEW_ID)
    after(x.PAPER).when(command, meta(GRADUATE)).then(voided)


def test_voiding_twice_changes_nothing() -> None:
    after(*ISSUED, x.VOIDED).when(x.VOID, meta(GRADUATE, number=2)).then_nothing()


@pytest.mark.parametrize("past", [EFFECTIVE, CANCELLED_BOOK])
def test_what_took_effect_is_cancelled_not_voided(past: Any) -> None:
    after(*past).when(x.VOID).then_refused("agreement.book_not")
    after().when(x.VOID).then_refused("agreement.not_found", "agreement_id")


# report_loss


@pytest.mark.parametrize("past", [ISSUED, EFFECTIVE])
def test_a_printed_book_is_reported_lost(past: Any) -> None:
    after(*past).when(x.REPORT_LOSS, meta(GRADUATE)).then(x.LOST)


@pytest.mark.parametrize("past", [ISSUED, EFFECTIVE])
def test_a_passed_report_gives_a_new_number_in_the_place_of_the_old(past: Any) -> None:
    after(*past, x.LOST).when(passed("loss", x.LOSS_ID, 2)).then(x.REISSUED)
    after(*past, x.LOST, x.REISSUED).when(passed("loss", x.LOSS_ID, 3)).then_nothing()
    assert after(*past, x.LOST, x.REISSUED).state.books[x.BOOK_ID].number == x.NEXT_NUMBER


def test_a_returned_report_leaves_the_number() -> None:
    after(*LOST).when(failed("loss", x.LOSS_ID, "声明未见报")).then(x.LOSS_RETURNED)
    assert after(*LOST, x.LOSS_RETURNED).state.books[x.BOOK_ID].number == x.NUMBER


def test_a_re_issued_book_takes_effect_under_its_new_number() -> None:
    past = (*LOST, x.REISSUED, x.SCANNED)
    after(*past).when(passed("signing", x.REVIEW_ID, None)).then(replace(x.BOOK_CONCLUDED, number=x.NEXT_NUMBER))


def test_a_book_that_was_not_printed_cannot_be_lost() -> None:
    after(x.APPLIED).when(x.REPORT_LOSS).then_refused("agreement.not_issued")
    after(*SCANNED).when(x.REPORT_LOSS).then_refused("agreement.book_not")
    after(*LOST).when(x.REPORT_LOSS, meta(GRADUATE, number=2)).then_refused("agreement.loss_open")
    after().when(x.REPORT_LOSS).then_refused("agreement.not_found", "agreement_id")


def test_a_loss_is_published_first() -> None:
    wrong = replace(x.REPORT_LOSS, notice=x.SCAN_ID)
    after(*ISSUED).when(wrong).then_refused("agreement.wrong_evidence", "notice")
    none = replace(x.REPORT_LOSS, notice="14-none")
    after(*ISSUED).when(none).then_refused("agreement.evidence_not_found", "notice")


# register_paper


def test_an_agreement_signed_before_is_registered_with_its_scan() -> None:
    after().when(x.REGISTER_PAPER, meta(GRADUATE)).then(x.PAPER)


def test_a_paper_without_a_number_is_registered_too() -> None:
    command = replace(x.REGISTER_PAPER, paper_number=None)
    after().when(command, meta(GRADUATE)).then(replace(x.PAPER, paper_number=None))


def test_a_passed_paper_is_effective_under_a_number_of_ours() -> None:
    after(x.PAPER).when(passed("paper", x.REVIEW_ID)).then(x.PAPER_CONCLUDED)
    after(x.PAPER).when(failed("paper", x.REVIEW_ID, "印章不清")).then(e.AgreementReturned(x.PAPER_ID, "印章不清"))


@pytest.mark.parametrize("signed_on", [date(2026, 5, 5), date(2022, 8, 31)])
def test_the_day_of_signing_lies_between_enrolment_and_today(signed_on: date) -> None:
    facts = knowing(graduate=replace(x.ENROLLED, enrolled_on=date(2022, 9, 1)))
    command = replace(x.REGISTER_PAPER, signed_on=signed_on)
    after(facts=facts).when(command).then_refused("agreement.signed_on", "signed_on")
    for good in (date(2026, 5, 4), date(2022, 9, 1)):
        outcome = after(facts=facts).when(replace(command, signed_on=good), meta(GRADUATE))
        outcome.then(replace(x.PAPER, signed_on=good))


CLAIM = Claim(claim_stream(GRADUATE_ID, 2026, str(x.PAPER.paper_number)), str(x.PAPER.paper_number))
HELD = replace(CLAIM, held_by=GRADUATE_ID)
FOREIGN_NUMBER = str(AgreementNumber(2026, "10108", "31", 77))


def test_a_number_registered_by_another_graduate_is_taken() -> None:
    facts = knowing(claim=replace(CLAIM, held_by="14-somebody"))
    after(facts=facts).when(x.REGISTER_PAPER).then_refused("agreement.number_taken", "paper_number")
    for claim in (CLAIM, HELD):
        after(facts=knowing(claim=claim)).when(x.REGISTER_PAPER, meta(GRADUATE)).then(x.PAPER)


@pytest.mark.parametrize("issues_numbers", [False, True])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (FOREIGN_NUMBER, "agreement.number_not_issued"),
        (FOREIGN_NUMBER[:-1] + str((int(FOREIGN_NUMBER[-1]) + 1) % 10), "agreement.number_miswritten"),
        (FOREIGN_NUMBER[:4] + "9" + FOREIGN_NUMBER[5:], "agreement.number_miswritten"),
    ],
)
def test_a_number_of_the_platform_that_is_not_this_graduates_is_registered_nowhere(
    number: str, code: str, issues_numbers: bool
) -> None:
    facts = knowing(settings=Settings(issues_numbers=issues_numbers))
    after(facts=facts).when(replace(x.REGISTER_PAPER, paper_number=number)).then_refused(code, "paper_number")


OVER = {
    "voided": (*ISSUED, x.VOIDED),
    "cancelled": CANCELLED_BOOK,
    "seal declined": (x.OFFER_SENT, x.ACCEPTED, x.TO_BE_SEALED, x.SEAL_DECLINED),
}


@pytest.mark.parametrize("issues_numbers", [False, True])
@pytest.mark.parametrize("past", OVER.values(), ids=OVER)
def test_the_number_of_an_agreement_that_is_over_is_never_used_again(past: Any, issues_numbers: bool) -> None:
    facts = knowing(settings=Settings(issues_numbers=issues_numbers))
    dead = replace(x.REGISTER_PAPER, paper_number=x.NUMBER)
    after(*past, facts=facts).when(dead, meta(GRADUATE)).then_refused("agreement.number_dead", "paper_number")


def test_neither_a_lost_number_nor_that_of_a_cancelled_paper_is_used_again() -> None:
    lost = (*LOST, x.REISSUED, replace(x.VOIDED, number=x.NEXT_NUMBER))
    for number in (x.NUMBER, x.NEXT_NUMBER):
        command = replace(x.REGISTER_PAPER, paper_number=number)
        after(*lost).when(command, meta(GRADUATE)).then_refused("agreement.number_dead", "paper_number")
    cancelled = (x.PAPER, x.PAPER_CONCLUDED, *(replace(each, agreement_id=x.PAPER_ID) for each in CANCELLED_BOOK[-3:]))
    again = after(*cancelled, facts=knowing(claim=HELD)).when(x.REGISTER_PAPER, meta(GRADUATE, number=2))
    again.then_refused("agreement.number_dead", "paper_number")


def test_where_the_platform_issues_the_numbers_a_paper_of_before_has_none() -> None:
    facts = knowing(settings=Settings(issues_numbers=True))
    after(facts=facts).when(x.REGISTER_PAPER).then_refused("agreement.number_not_of_province", "paper_number")
    without = replace(x.REGISTER_PAPER, paper_number=None)
    after(facts=facts).when(without, meta(GRADUATE)).then(replace(x.PAPER, paper_number=None))
    # The number of its own book comes with the scan of the book.
    own = replace(x.REGISTER_PAPER, paper_number=x.NUMBER)
    after(*ISSUED, facts=facts).when(own, meta(GRADUATE)).then_refused("agreement.book_open")


def test_a_paper_lays_a_claim_on_its_number_once() -> None:
    assert HANDLING.claims([x.PAPER], knowing(claim=CLAIM)) == [(CLAIM.stream, x.CLAIMED)]
    assert HANDLING.claims([x.PAPER], knowing(claim=HELD)) == []
    assert HANDLING.claims([replace(x.PAPER, paper_number=None)], x.FACTS) == []


def test_a_number_belongs_to_a_class_in_a_province() -> None:
    streams = {claim_stream(who, year, "1") for who in ("14-a", "15-a") for year in (2026, 2027)}
    assert len(streams) == 4


def test_a_paper_that_comes_to_nothing_releases_its_number_for_whom_it_belongs_to() -> None:
    returned = e.AgreementReturned(x.PAPER_ID, "印章不清")
    voided = e.BookVoided(x.PAPER_ID, GRADUATE_ID, x.VOID.reason, None, "paper", x.REVIEW_ID)
    for event in (returned, voided):
        assert HANDLING.claims([event], knowing(claim=HELD)) == [(CLAIM.stream, x.RELEASED)]
        assert HANDLING.claims([event], knowing(claim=CLAIM)) == []
        assert HANDLING.claims([event], x.FACTS) == []


# the unit's credit code


def test_a_credit_code_is_kept_as_it_is_written_officially() -> None:
    typed = replace(x.TERMS, uscc=f" {USCC[:4]}-{USCC[4:].lower()}", uscc_absent_reason=None)
    terms = replace(typed, uscc=USCC)
    after().when(replace(x.APPLY, terms=typed), meta(GRADUATE)).then(replace(x.APPLIED, terms=terms))
    after().when(replace(x.REGISTER_PAPER, terms=typed), meta(GRADUATE)).then(replace(x.PAPER, terms=terms))
    amend = replace(x.AMEND, terms=typed)
    amended = after(x.APPLIED, x.APPLICATION_RETURNED).when(amend, meta(GRADUATE, number=2))
    amended.then(replace(x.AMENDED, terms=terms))


def test_a_code_in_use_that_does_not_fit_its_check_character_is_told_and_seen_by_the_school() -> None:
    terms = replace(x.TERMS, uscc="91350203M0001QKT19", uscc_absent_reason=None)
    told: dict[str, Any] = {"terms": terms, "warnings": ("uscc.check",), "min_chain": ("school",)}
    after().when(replace(x.APPLY, terms=terms), meta(GRADUATE)).then(replace(x.APPLIED, **told))
    after().when(replace(x.REGISTER_PAPER, terms=terms), meta(GRADUATE)).then(replace(x.PAPER, **told))
    amended = after(x.APPLIED, x.APPLICATION_RETURNED).when(replace(x.AMEND, terms=terms), meta(GRADUATE, number=2))
    amended.then(replace(x.AMENDED, **told))


# cancelling a paper agreement


def test_the_graduate_cancels_with_the_letter_and_the_review_opens_at_once() -> None:
    command = replace(
        x.REQUEST_CANCELLATION, agreement_id=x.BOOK_ID, release_letter=x.LETTER_ID, penalty_slip=x.SLIP_ID
    )
    requested = replace(x.REQUESTED, agreement_id=x.BOOK_ID, release_letter=x.LETTER_ID, penalty_slip=x.SLIP_ID)
    agreed = replace(x.AGREED, agreement_id=x.BOOK_ID)
    after(*EFFECTIVE).when(command, meta(GRADUATE)).then(requested, agreed)
    ended = after(*EFFECTIVE, requested, agreed).when(x.PASS_CANCELLATION)
    ended.then(replace(x.CANCELLED, agreement_id=x.BOOK_ID))


def test_a_cancellation_ends_a_report_of_loss_that_is_still_under_review() -> None:
    requested = replace(x.REQUESTED, agreement_id=x.BOOK_ID)
    past = (*EFFECTIVE, x.LOST, requested, replace(x.AGREED, agreement_id=x.BOOK_ID))
    ended = replace(x.CANCELLED, agreement_id=x.BOOK_ID, loss_id=x.LOSS_ID)
    after(*past).when(x.PASS_CANCELLATION).then(ended)
    for command in (x.PASS, x.FAIL):
        after(*past, ended).when(replace(command, kind="loss", subject_id=x.LOSS_ID)).then_nothing()


@pytest.mark.parametrize(
    ("given_evidence", "field"), [({}, "release_letter"), ({"release_letter": x.LETTER_ID}, "penalty_slip")]
)
def test_letter_and_slip_are_needed(given_evidence: Any, field: str) -> None:
    command = replace(x.REQUEST_CANCELLATION, agreement_id=x.BOOK_ID, **given_evidence)
    after(*EFFECTIVE).when(command, meta(GRADUATE)).then_refused("agreement.evidence_missing", field)


def test_without_a_penalty_the_letter_is_enough() -> None:
    applied = replace(x.APPLIED, terms=replace(x.TERMS, penalty=None))
    command = replace(x.REQUEST_CANCELLATION, agreement_id=x.BOOK_ID, release_letter=x.LETTER_ID)
    outcome = after(applied, *EFFECTIVE[1:]).when(command, meta(GRADUATE))
    assert outcome.error is None
    assert [type(event) for event in outcome.events] == [e.CancellationRequested, e.CancellationAgreed]


def test_an_employer_without_an_account_is_nobodys_employer() -> None:
    assert after(*EFFECTIVE).state.books[x.BOOK_ID].employer_id is None
    assert OTHER_EMPLOYER_ID


def test_a_stamped_book_was_signed_by_the_day_it_came_back() -> None:
    back = date(2026, 4, 30)
    facts = replace(x.FACTS, signed={x.BOOK_ID: back})
    passing = replace(x.PASS, kind="signing", subject_id=x.SCANNED.review_id, serial=None)
    after(*SCANNED, facts=facts).when(passing).then(replace(x.BOOK_CONCLUDED, signed_on=back))
