"""From acceptance to an effective agreement, 两方 and 三方, and its cancellation (DOMAIN 1.2, 1.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import CANCELLATION_REASONS, HANDLING, NUMBERS_EXHAUSTED
from services.agreement.facts import Facts, Settings
from services.agreement.numbers import LAST_SERIAL, AgreementNumber, parse
from services.agreement.state import REMIND_BEFORE
from shared.messages import new_id
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, LANE, NOW, SCHOOL, SYSTEM, Given, command_id, given, meta

THREE_SENT = replace(x.OFFER_SENT, parties=3)
THREE_CONCLUDED = replace(x.CONCLUDED, parties=3)
IN_REVIEW = (x.OFFER_SENT, x.ACCEPTED)
EFFECTIVE = (*IN_REVIEW, x.CONCLUDED)
ASKED = (*EFFECTIVE, x.REQUESTED)
AGREED = (*ASKED, x.AGREED)
OVER = (*AGREED, x.CANCELLED)
ANSWER = x.REQUESTED.answer_by - NOW
NOT_IN_REVIEW = {
    "unknown": (),
    "sent": (x.OFFER_SENT,),
    "returned": (*IN_REVIEW, x.RETURNED),
    "awaiting attestation": (THREE_SENT, x.ACCEPTED, x.AWAITING),
    "effective": EFFECTIVE,
    "cancelled": OVER,
}
CANCELLATION_NOT_IN_REVIEW = {
    "unknown": (),
    "effective": EFFECTIVE,
    "asked": ASKED,
    "withdrawn": (*ASKED, x.CANCELLATION_WITHDRAWN),
    "refused": (*ASKED, x.CANCELLATION_REFUSED),
    "lapsed": (*ASKED, x.CANCELLATION_LAPSED),
    "returned": (*AGREED, x.CANCELLATION_RETURNED),
    "cancelled": OVER,
}


def after(*events: Any, facts: Facts = x.FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


# pass_review, fail_review of an agreement


def test_a_reviewed_agreement_of_two_parties_is_effective_under_its_number() -> None:
    after(*IN_REVIEW).when(x.PASS).then(x.CONCLUDED)
    assert parse(x.CONCLUDED.number) == AgreementNumber(2026, "10108", "31", 1)


def test_a_reviewed_agreement_of_three_parties_waits_for_the_school() -> None:
    after(THREE_SENT, x.ACCEPTED).when(replace(x.PASS, serial=None)).then(x.TO_BE_ATTESTED)


def test_an_agreement_keeps_its_parties_when_the_province_changes_them() -> None:
    facts = replace(x.FACTS, settings=Settings(parties=3))
    after(*IN_REVIEW, facts=facts).when(x.PASS).then(x.CONCLUDED)


@pytest.mark.parametrize("past", NOT_IN_REVIEW.values(), ids=NOT_IN_REVIEW)
@pytest.mark.parametrize("command", [x.PASS, replace(x.PASS, serial=None), x.FAIL])
def test_a_late_or_repeated_review_changes_nothing(command: Any, past: Any) -> None:
    after(*past).when(command).then_nothing()


def test_an_agreement_is_never_concluded_without_a_serial() -> None:
    after(*IN_REVIEW).when(replace(x.PASS, serial=None)).then_refused("log.written_first")


def test_when_the_serials_are_used_up_no_agreement_is_concluded() -> None:
    after(*IN_REVIEW).when(replace(x.PASS, serial=LAST_SERIAL + 1)).then_refused(NUMBERS_EXHAUSTED.code)


def test_a_returned_agreement_says_why() -> None:
    after(*IN_REVIEW).when(x.FAIL).then(x.RETURNED)


# attest_agreement


def test_the_school_attests_and_the_agreement_is_effective() -> None:
    after(THREE_SENT, x.ACCEPTED, x.AWAITING).when(x.ATTEST, meta(SCHOOL)).then(THREE_CONCLUDED)


def test_attesting_twice_changes_nothing() -> None:
    again = replace(x.ATTEST, serial=None)
    after(THREE_SENT, x.ACCEPTED, x.AWAITING, THREE_CONCLUDED).when(again, meta(SCHOOL, number=2)).then_nothing()


@pytest.mark.parametrize("past", [(x.OFFER_SENT,), IN_REVIEW, (*IN_REVIEW, x.RETURNED), (THREE_SENT, x.ACCEPTED), OVER])
def test_what_does_not_wait_for_the_school_is_not_attested(past: Any) -> None:
    after(*past).when(x.ATTEST, meta(SCHOOL)).then_refused("agreement.not_awaiting_attestation")


def test_an_unknown_agreement_is_not_attested() -> None:
    after().when(x.ATTEST, meta(SCHOOL)).then_refused("agreement.not_found", "agreement_id")


# request_cancellation


@pytest.mark.parametrize("actor", [GRADUATE, EMPLOYER])
def test_either_side_may_ask_to_cancel(actor: Any) -> None:
    outcome = after(*EFFECTIVE).when(x.REQUEST_CANCELLATION, meta(actor))
    outcome.then(replace(x.REQUESTED, by=str(actor.role)))


def test_the_province_sets_how_long_the_other_side_has() -> None:
    facts = replace(x.FACTS, settings=Settings(cancellation_days=3))
    outcome = after(*EFFECTIVE, facts=facts).when(x.REQUEST_CANCELLATION, meta(GRADUATE))
    outcome.then(replace(x.REQUESTED, answer_by=NOW + 3 * x.DAY))


@pytest.mark.parametrize("past", [(x.OFFER_SENT,), IN_REVIEW, (THREE_SENT, x.ACCEPTED, x.AWAITING), OVER])
def test_only_an_effective_agreement_is_cancelled(past: Any) -> None:
    after(*past).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then_refused("agreement.not_effective")


def test_an_unknown_agreement_is_not_cancelled() -> None:
    after().when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then_refused("agreement.not_found", "agreement_id")


@pytest.mark.parametrize("past", [ASKED, AGREED])
def test_one_cancellation_is_under_way_at_a_time(past: Any) -> None:
    outcome = after(*past).when(x.REQUEST_CANCELLATION, meta(EMPLOYER, number=2, after=ANSWER - x.MOMENT))
    outcome.then_refused("agreement.cancellation_open")


def test_a_cancellation_in_review_does_not_lapse_into_a_second_request() -> None:
    outcome = after(*AGREED).when(x.REQUEST_CANCELLATION, meta(EMPLOYER, number=2, after=2 * ANSWER))
    outcome.then_refused("agreement.cancellation_open")


@pytest.mark.parametrize(
    "closed", [x.CANCELLATION_WITHDRAWN, x.CANCELLATION_REFUSED, x.CANCELLATION_LAPSED, x.CANCELLATION_RETURNED]
)
def test_who_was_not_heard_may_ask_again(closed: Any) -> None:
    again = replace(x.REQUESTED, cancellation_id=new_id(LANE, command_id(2), "cancellation"))
    after(*ASKED, closed).when(x.REQUEST_CANCELLATION, meta(GRADUATE, number=2)).then(again)


def test_asking_again_after_the_deadline_notes_the_lapse_first() -> None:
    again = replace(
        x.REQUESTED,
        cancellation_id=new_id(LANE, command_id(2), "cancellation"),
        answer_by=x.REQUESTED.answer_by + 15 * x.DAY,
    )
    outcome = after(*ASKED).when(x.REQUEST_CANCELLATION, meta(GRADUATE, number=2, after=ANSWER))
    outcome.then(x.CANCELLATION_LAPSED, again)


# withdraw_cancellation, agree_to_cancellation, refuse_cancellation


def test_who_asked_may_withdraw_before_the_answer() -> None:
    after(*ASKED).when(x.WITHDRAW_CANCELLATION, meta(GRADUATE, after=ANSWER - x.MOMENT)).then(x.CANCELLATION_WITHDRAWN)


def test_only_who_asked_withdraws() -> None:
    after(*ASKED).when(x.WITHDRAW_CANCELLATION, meta(EMPLOYER)).then_refused("agreement.initiator_withdraws")


def test_the_other_side_agrees_and_the_review_opens() -> None:
    after(*ASKED).when(x.AGREE, meta(EMPLOYER, after=ANSWER - x.MOMENT)).then(x.AGREED)


def test_the_other_side_refuses_with_a_reason() -> None:
    after(*ASKED).when(x.REFUSE_CANCELLATION, meta(EMPLOYER)).then(x.CANCELLATION_REFUSED)


@pytest.mark.parametrize("command", [x.AGREE, x.REFUSE_CANCELLATION])
def test_nobody_answers_the_own_request(command: Any) -> None:
    after(*ASKED).when(command, meta(GRADUATE)).then_refused("agreement.other_side_answers")
    by_employer = replace(x.REQUESTED, by="employer")
    after(*EFFECTIVE, by_employer).when(command, meta(EMPLOYER)).then_refused("agreement.other_side_answers")


ANSWERS = [(x.WITHDRAW_CANCELLATION, GRADUATE), (x.AGREE, EMPLOYER), (x.REFUSE_CANCELLATION, EMPLOYER)]


@pytest.mark.parametrize(("command", "actor"), ANSWERS)
def test_exactly_at_the_deadline_a_request_can_no_longer_be_answered(command: Any, actor: Any) -> None:
    after(*ASKED).when(command, meta(actor, after=ANSWER)).then_refused("agreement.cancellation_lapsed")


@pytest.mark.parametrize(("command", "actor"), ANSWERS)
@pytest.mark.parametrize(
    "past",
    [
        (),
        EFFECTIVE,
        (*ASKED, x.CANCELLATION_WITHDRAWN),
        (*ASKED, x.CANCELLATION_REFUSED),
        (*ASKED, x.CANCELLATION_LAPSED),
        (*AGREED, x.CANCELLATION_RETURNED),
        OVER,
    ],
)
def test_a_request_that_is_not_under_way_cannot_be_answered(command: Any, actor: Any, past: Any) -> None:
    after(*past).when(command, meta(actor)).then_refused("agreement.cancellation_not_found", "cancellation_id")


def test_agreeing_twice_changes_nothing() -> None:
    after(*AGREED).when(x.AGREE, meta(EMPLOYER, number=2, after=2 * ANSWER)).then_nothing()


@pytest.mark.parametrize(("command", "actor"), [(x.WITHDRAW_CANCELLATION, GRADUATE), (x.REFUSE_CANCELLATION, EMPLOYER)])
def test_once_agreed_only_the_review_stops_a_cancellation(command: Any, actor: Any) -> None:
    after(*AGREED).when(command, meta(actor)).then_refused("agreement.cancellation_agreed")


# remind_cancellation


@pytest.mark.parametrize("early", [REMIND_BEFORE, x.MOMENT])
def test_who_has_not_answered_is_reminded_when_the_time_is_nearly_over(early: Any) -> None:
    after(*ASKED).when(x.REMIND, meta(SYSTEM, after=ANSWER - early)).then(x.REMINDED)


@pytest.mark.parametrize("early", [REMIND_BEFORE + x.MOMENT, 0 * x.DAY])
def test_nobody_is_reminded_too_early_or_too_late(early: Any) -> None:
    after(*ASKED).when(x.REMIND, meta(SYSTEM, after=ANSWER - early)).then_nothing()


@pytest.mark.parametrize(
    "past",
    [
        (),
        EFFECTIVE,
        (*ASKED, x.REMINDED),
        (*ASKED, x.CANCELLATION_REFUSED),
        AGREED,
        (*ASKED, x.REMINDED, x.AGREED),
        OVER,
    ],
)
def test_who_was_reminded_or_need_not_answer_is_not_reminded(past: Any) -> None:
    after(*past).when(x.REMIND, meta(SYSTEM, after=ANSWER - x.MOMENT)).then_nothing()


def test_a_new_request_is_reminded_of_again() -> None:
    past = (*ASKED, x.REMINDED, x.CANCELLATION_WITHDRAWN, x.REQUESTED)
    after(*past).when(x.REMIND, meta(SYSTEM, after=ANSWER - x.MOMENT)).then(x.REMINDED)


# lapse_cancellation


def test_an_unanswered_request_lapses_at_its_deadline() -> None:
    after(*ASKED).when(x.LAPSE_CANCELLATION, meta(SYSTEM, after=ANSWER)).then(x.CANCELLATION_LAPSED)


def test_a_request_does_not_lapse_before_its_deadline() -> None:
    after(*ASKED).when(x.LAPSE_CANCELLATION, meta(SYSTEM, after=ANSWER - x.MOMENT)).then_nothing()


@pytest.mark.parametrize(
    "past", [(), EFFECTIVE, (*ASKED, x.CANCELLATION_REFUSED), (*ASKED, x.CANCELLATION_LAPSED), AGREED, OVER]
)
def test_a_request_that_is_not_waiting_does_not_lapse(past: Any) -> None:
    after(*past).when(x.LAPSE_CANCELLATION, meta(SYSTEM, after=2 * ANSWER)).then_nothing()


# pass_review, fail_review of a cancellation


def test_a_reviewed_cancellation_ends_the_agreement() -> None:
    after(*AGREED).when(x.PASS_CANCELLATION).then(x.CANCELLED)


def test_a_returned_cancellation_leaves_the_agreement_effective() -> None:
    after(*AGREED).when(x.FAIL_CANCELLATION).then(x.CANCELLATION_RETURNED)


@pytest.mark.parametrize("past", CANCELLATION_NOT_IN_REVIEW.values(), ids=CANCELLATION_NOT_IN_REVIEW)
@pytest.mark.parametrize("command", [x.PASS_CANCELLATION, x.FAIL_CANCELLATION])
def test_a_late_or_repeated_review_of_a_cancellation_changes_nothing(command: Any, past: Any) -> None:
    after(*past).when(command).then_nothing()


@pytest.mark.parametrize("by", ["graduate", "employer"])
@pytest.mark.parametrize("code", CANCELLATION_REASONS)
def test_who_caused_a_cancellation_is_remembered(code: str, by: str) -> None:
    name, cause = CANCELLATION_REASONS[code]
    assert name
    past = (*EFFECTIVE, replace(x.REQUESTED, by=by, reason_code=code), x.AGREED)
    after(*past).when(x.PASS_CANCELLATION).then(replace(x.CANCELLED, reason_code=code, caused_by=cause or by))


# the settings that an agreement was made under travel with it


UNDER: dict[str, Any] = {"province_version": 4, "school_version": 2}
SENT = replace(x.OFFER_SENT, **UNDER)


def test_an_agreement_says_under_which_settings_it_was_made() -> None:
    facts = replace(x.WITH_EVIDENCE, **UNDER)
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then(SENT)
    after(facts=facts).when(x.APPLY, meta(GRADUATE)).then(replace(x.APPLIED, **UNDER))
    after(facts=facts).when(x.REGISTER_PAPER, meta(GRADUATE)).then(replace(x.PAPER, **UNDER))


def test_whatever_opens_a_review_says_under_which_settings_the_agreement_was_made() -> None:
    later = replace(x.WITH_EVIDENCE, province_version=9, school_version=9)
    sealed_before_review = replace(SENT, order=("accept", "seal", "review"))
    attested_before_review = replace(SENT, order=("accept", "attest", "review"))
    book, effective = replace(x.APPLIED, **UNDER), (x.ACCEPTED, x.CONCLUDED)
    for past, command, actor in [
        ((SENT,), x.ACCEPT, GRADUATE),
        ((sealed_before_review, replace(x.ACCEPTED, awaits="seal")), x.SEAL, EMPLOYER),
        ((attested_before_review, replace(x.ACCEPTED, awaits="attest")), x.ATTEST, SCHOOL),
        ((SENT, *effective, x.REQUESTED), x.AGREE, EMPLOYER),
        ((SENT, *effective, x.REQUESTED, x.CANCELLATION_REFUSED), x.MEDIATE, SCHOOL),
        ((book, x.APPLICATION_RETURNED), x.AMEND, GRADUATE),
        ((book, x.ISSUED), x.SUBMIT_SCAN, GRADUATE),
        ((book, x.ISSUED), x.REPORT_LOSS, GRADUATE),
    ]:
        event = after(*past, facts=later).when(command, meta(actor)).events[-1]
        assert (event.province_version, event.school_version) == (4, 2), event
