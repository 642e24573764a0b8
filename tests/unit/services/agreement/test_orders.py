"""The orders of signing that provinces really have, and when an agreement binds (DOMAIN 1.1, 1.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.agreement.decider import HANDLING, as_of
from services.agreement.decider.numbering import prefix_wanted, with_serial
from services.agreement.facts import Facts, Settings
from shared.clock import day_of
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, NOW, OTHER_EMPLOYER_ID, SCHOOL, Given, folded, given, meta

JIANGSU = ("accept", "review", "seal")
ZHEJIANG = ("accept", "review", "seal", "attest")
SEAL_FIRST = ("seal", "accept", "review")
SEALED_BEFORE_REVIEW = ("accept", "seal", "review")
ATTESTED_BEFORE_SEAL = ("accept", "review", "attest", "seal")
# The seal is the last signature.
SIGNED_TODAY = replace(x.CONCLUDED, signed_on=day_of(NOW))


def under(order: tuple[str, ...], binding: str = "completion") -> Any:
    return replace(x.OFFER_SENT, order=order, binding=binding)


def after(*events: Any, facts: Facts = x.WITH_EVIDENCE) -> Given:
    return given(HANDLING, *events, facts=facts)


def test_an_offer_keeps_the_order_it_was_sent_under() -> None:
    facts = replace(x.FACTS, settings=Settings(order=ZHEJIANG, binding="acceptance", template="33/1"))
    sent = replace(x.OFFER_SENT, order=ZHEJIANG, binding="acceptance", template="33/1")
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then(sent)
    after(x.OFFER_SENT, x.ACCEPTED, facts=facts).when(x.PASS).then(x.CONCLUDED)


# the employer's seal after the review


def test_a_reviewed_agreement_waits_for_the_seal() -> None:
    after(under(JIANGSU), x.ACCEPTED).when(x.PASS).then(x.TO_BE_SEALED)


def test_the_seal_concludes_when_it_is_last() -> None:
    seal = replace(x.SEAL, serial=None)
    after(under(JIANGSU), x.ACCEPTED, x.TO_BE_SEALED).when(seal, meta(EMPLOYER)).then(x.SEALED, SIGNED_TODAY)


def test_what_waited_for_its_seal_before_numbers_were_made_so_early_gets_one_with_the_seal() -> None:
    after(under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED).when(x.SEAL, meta(EMPLOYER)).then(x.SEALED, SIGNED_TODAY)


def test_a_stamped_scan_takes_the_place_of_a_seal() -> None:
    outcome = after(under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED).when(replace(x.SEAL, scan=x.SCAN_ID), meta(EMPLOYER))
    outcome.then(replace(x.SEALED, method="scan", evidence_id=x.SCAN_ID), SIGNED_TODAY)


@pytest.mark.parametrize(
    ("scan", "code"),
    [(x.NOTICE_ID, "agreement.wrong_evidence"), ("14-unknown", "agreement.evidence_not_found")],
)
def test_a_seal_by_scan_needs_the_scan(scan: str, code: str) -> None:
    outcome = after(under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED).when(replace(x.SEAL, scan=scan), meta(EMPLOYER))
    outcome.then_refused(code, "scan")


def test_sealing_twice_changes_nothing() -> None:
    past = (under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED, x.SEALED, x.CONCLUDED)
    after(*past).when(x.SEAL, meta(EMPLOYER, number=2)).then_nothing()
    waiting = replace(x.SEALED, awaits="attest")
    after(under(ZHEJIANG), x.ACCEPTED, x.SEAL_AWAITED, waiting).when(x.SEAL, meta(EMPLOYER, number=2)).then_nothing()


@pytest.mark.parametrize("past", [(x.OFFER_SENT,), (x.OFFER_SENT, x.ACCEPTED), (x.OFFER_SENT, x.WITHDRAWN)])
def test_what_does_not_wait_for_a_seal_is_not_sealed(past: Any) -> None:
    after(*past).when(x.SEAL, meta(EMPLOYER)).then_refused("agreement.not_awaiting_seal")


def test_an_unknown_agreement_is_not_sealed() -> None:
    after().when(x.SEAL, meta(EMPLOYER)).then_refused("agreement.not_found", "agreement_id")


# the school's confirmation last, or before the seal


def test_the_school_confirms_last_where_the_province_says_so() -> None:
    past = (under(ZHEJIANG), x.ACCEPTED, x.TO_BE_SEALED)
    sealed = replace(x.SEALED, awaits="attest", complete_by=x.COMPLETE_BY)
    after(*past).when(x.SEAL, meta(EMPLOYER)).then(sealed)
    after(*past, sealed).when(x.ATTEST, meta(SCHOOL)).then(x.CONCLUDED)


def test_the_school_attests_before_the_seal_where_the_province_says_so() -> None:
    past = (under(ATTESTED_BEFORE_SEAL), x.ACCEPTED, x.AWAITING)
    attested = replace(x.ATTESTED, number=x.NUMBER, complete_by=x.COMPLETE_BY)
    after(*past).when(x.ATTEST, meta(SCHOOL)).then(attested)
    after(*past, attested).when(x.ATTEST, meta(SCHOOL, number=2)).then_nothing()
    after(*past, attested).when(replace(x.SEAL, serial=None), meta(EMPLOYER)).then(x.SEALED, SIGNED_TODAY)


# the seal before the review, or before the invitation


def test_the_review_opens_only_after_the_seal_where_the_province_says_so() -> None:
    waiting = replace(x.ACCEPTED, awaits="seal", number=x.NUMBER, complete_by=x.COMPLETE_BY)
    accept = replace(x.ACCEPT, serial=1, education="31")
    after(under(SEALED_BEFORE_REVIEW)).when(accept, meta(GRADUATE)).then(waiting)
    after(under(SEALED_BEFORE_REVIEW)).when(x.ACCEPT, meta(GRADUATE)).then_refused("log.written_first")
    sealed = replace(x.SEALED, awaits="review")
    after(under(SEALED_BEFORE_REVIEW), waiting).when(x.SEAL, meta(EMPLOYER)).then(sealed)
    after(under(SEALED_BEFORE_REVIEW), waiting).when(x.PASS).then_nothing()
    after(under(SEALED_BEFORE_REVIEW), waiting, sealed).when(replace(x.PASS, serial=None)).then(x.CONCLUDED)


def test_an_employer_that_seals_first_says_so_when_it_invites() -> None:
    facts = replace(x.FACTS, settings=Settings(order=SEAL_FIRST))
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then_refused("agreement.seal_first", "sealed")
    after(facts=facts).when(replace(x.SEND, sealed=True), meta(EMPLOYER)).then(under(SEAL_FIRST))
    after(under(SEAL_FIRST), x.ACCEPTED).when(x.PASS).then(x.CONCLUDED)


# binding at once


BOUND = replace(x.ACCEPTED, number=x.NUMBER)


def test_acceptance_binds_at_once_where_the_province_says_so() -> None:
    accept = replace(x.ACCEPT, serial=1, education="31")
    after(under(JIANGSU, "acceptance")).when(accept, meta(GRADUATE)).then(BOUND)
    after(under(JIANGSU, "acceptance")).when(x.ACCEPT, meta(GRADUATE)).then_refused("log.written_first")


@pytest.mark.parametrize("education", ["11", None])
def test_a_serial_of_another_level_makes_no_number(education: str | None) -> None:
    accept = replace(x.ACCEPT, serial=1, education=education)
    after(under(JIANGSU, "acceptance")).when(accept, meta(GRADUATE)).then_refused("log.written_first")


def test_an_acceptance_says_for_which_level_its_serial_was_taken() -> None:
    assert with_serial(x.ACCEPT, PREFIX, 7) == replace(x.ACCEPT, serial=7, education="31")
    assert with_serial(x.SEAL, PREFIX, 7) == replace(x.SEAL, serial=7)


def test_what_acceptance_bound_keeps_its_number() -> None:
    past = (under(("accept", "review"), "acceptance"), BOUND)
    after(*past).when(replace(x.PASS, serial=None)).then(x.CONCLUDED)


def test_what_acceptance_bound_can_be_cancelled_before_its_review() -> None:
    after(under(JIANGSU, "acceptance"), BOUND).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then(x.REQUESTED)
    after(under(JIANGSU), x.ACCEPTED).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then_refused(
        "agreement.not_effective"
    )


def test_a_cancellation_says_whether_the_review_was_still_open() -> None:
    past = (under(JIANGSU, "acceptance"), BOUND, x.REQUESTED, x.AGREED)
    after(*past).when(x.PASS_CANCELLATION).then(replace(x.CANCELLED, in_review=True))
    sealing = (*past[:2], x.SEAL_AWAITED, *past[2:])
    after(*sealing).when(x.PASS_CANCELLATION).then(x.CANCELLED)


def test_a_return_of_what_acceptance_bound_ends_the_request_to_cancel_it() -> None:
    past = (under(JIANGSU, "acceptance"), BOUND, x.REQUESTED, x.AGREED)
    after(*past).when(x.FAIL).then(replace(x.RETURNED, cancellation_id=x.CANCELLATION_ID))
    after(*past, replace(x.RETURNED, cancellation_id=x.CANCELLATION_ID)).when(x.PASS_CANCELLATION).then_nothing()


# nobody is stuck: who is waited for may decline, and time leads on


SEALING = (under(JIANGSU), x.ACCEPTED, x.TO_BE_SEALED)
ATTESTING = (replace(x.OFFER_SENT, parties=3), x.ACCEPTED, x.TO_BE_ATTESTED)
BOUND_SEALING = (under(JIANGSU, "acceptance"), BOUND, x.SEAL_AWAITED)
BOUND_ATTESTING = (under(("accept", "review", "attest"), "acceptance"), BOUND, x.AWAITING)
IN_TIME = x.COMPLETE_BY - NOW
WAITING = [
    (SEALING, x.SEAL, x.DECLINE_SEAL, EMPLOYER, x.SEAL_DECLINED, "用人单位逾期未盖章"),
    (ATTESTING, x.ATTEST, x.DECLINE_ATTESTATION, SCHOOL, x.ATTESTATION_DECLINED, "学校逾期未鉴证"),
]


def test_who_is_waited_for_may_decline_and_the_graduate_is_free() -> None:
    for past, _, decline, actor, returned, _ in WAITING:
        after(*past).when(decline, meta(actor)).then(returned)
        after(*past, returned).when(decline, meta(actor, number=2)).then_nothing()
        assert after(*past, returned).state.locked is None


def test_a_number_that_was_made_to_be_stamped_is_kept_by_what_is_returned() -> None:
    state = after(*SEALING, x.SEAL_DECLINED).state
    assert state.offers[x.OFFER_ID].number == x.NUMBER
    assert state.numbers == {x.NUMBER}


def test_a_seal_or_an_attestation_is_refused_from_its_deadline_on() -> None:
    for past, act, decline, actor, *_ in WAITING:
        assert after(*past).when(act, meta(actor, after=IN_TIME - x.MOMENT)).error is None
        for command in (act, decline):
            late = after(*past).when(command, meta(actor, after=IN_TIME))
            late.then_refused("agreement.completion_lapsed")


def test_what_is_overdue_binds_nobody_any_more_and_is_returned_before_what_it_makes_way_for() -> None:
    for past, _, _, _, returned, reason in WAITING:
        overdue = replace(returned, reason=reason, cause="overdue")
        accept = replace(x.ACCEPT, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
        respond_by = x.COMPLETE_BY + x.DAY
        two = after(*past, replace(x.OTHER_SENT, respond_by=respond_by))
        in_time = two.when(accept, meta(GRADUATE, after=IN_TIME - x.MOMENT, number=2))
        in_time.then_refused("agreement.already_signed")
        late = two.when(accept, meta(GRADUATE, after=IN_TIME, number=2))
        assert [type(each).__name__ for each in late.events] == ["AgreementReturned", "OfferAccepted"]
        assert late.events[0] == overdue
        refuse = replace(x.REFUSE, offer_id=x.OTHER_OFFER_ID)
        assert two.when(refuse, meta(GRADUATE, after=IN_TIME, number=2)).events[0] == overdue
        assert as_of(two.state, meta(after=IN_TIME)).locked is None
        assert as_of(two.state, meta(after=IN_TIME - x.MOMENT)).locked is not None


def test_what_nobody_sealed_or_attested_in_time_is_returned_once() -> None:
    for past, _, _, _, returned, reason in WAITING:
        overdue = replace(returned, reason=reason, cause="overdue")
        after(*past).when(x.LAPSE_COMPLETION, meta(after=IN_TIME - x.MOMENT)).then_nothing()
        after(*past).when(x.LAPSE_COMPLETION, meta(after=IN_TIME)).then(overdue)
        after(*past, overdue).when(x.LAPSE_COMPLETION, meta(after=IN_TIME, number=2)).then_nothing()


@pytest.mark.parametrize("past", [(), (x.OFFER_SENT,), (x.OFFER_SENT, x.ACCEPTED), (x.OFFER_SENT, x.WITHDRAWN)])
def test_what_waits_for_nobody_is_neither_declined_nor_overdue(past: Any) -> None:
    after(*past).when(x.LAPSE_COMPLETION, meta(after=400 * x.DAY)).then_nothing()
    wrong = (
        ["agreement.not_awaiting_seal", "agreement.not_awaiting_attestation"] if past else 2 * ["agreement.not_found"]
    )
    after(*past).when(x.DECLINE_SEAL, meta(EMPLOYER)).then_refused(wrong[0])
    after(*past).when(x.DECLINE_ATTESTATION, meta(SCHOOL)).then_refused(wrong[1])


def test_what_waited_before_there_were_deadlines_waits_on_and_may_be_declined() -> None:
    past = (under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED)
    after(*past).when(x.LAPSE_COMPLETION, meta(after=400 * x.DAY)).then_nothing()
    after(*past).when(x.DECLINE_SEAL, meta(EMPLOYER)).then(x.SEAL_DECLINED)


def test_what_acceptance_bound_is_cancelled_by_its_sides_and_goes_neither_by_a_declined_seal_nor_by_time() -> None:
    after(under(JIANGSU, "acceptance"), BOUND).when(x.PASS).then(x.SEAL_AWAITED)
    after(*BOUND_SEALING).when(x.LAPSE_COMPLETION, meta(after=400 * x.DAY)).then_nothing()
    after(*BOUND_SEALING).when(x.DECLINE_SEAL, meta(EMPLOYER)).then_refused("agreement.bound_by_acceptance")
    after(*BOUND_SEALING).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then(x.REQUESTED)
    asked = (*BOUND_SEALING, x.REQUESTED, x.CANCELLATION_LAPSED)
    after(*asked).when(x.MEDIATE, meta(SCHOOL)).then(x.MEDIATED, x.AGREED)


def test_the_school_may_return_what_acceptance_bound_and_with_it_the_request_to_cancel_it() -> None:
    past = (*BOUND_ATTESTING, x.REQUESTED, x.AGREED)
    returned = replace(x.ATTESTATION_DECLINED, cancellation_id=x.CANCELLATION_ID)
    after(*past).when(x.DECLINE_ATTESTATION, meta(SCHOOL)).then(returned)


def test_a_number_alone_binds_nobody() -> None:
    after(*SEALING).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then_refused("agreement.not_effective")


def test_the_province_sets_how_long_a_seal_and_an_attestation_may_take() -> None:
    facts = replace(x.WITH_EVIDENCE, settings=Settings(completion_days=3))
    until = NOW + 3 * x.DAY
    after(under(JIANGSU), x.ACCEPTED, facts=facts).when(x.PASS).then(replace(x.TO_BE_SEALED, complete_by=until))
    three = (replace(x.OFFER_SENT, parties=3), x.ACCEPTED)
    after(*three, facts=facts).when(x.PASS).then(replace(x.TO_BE_ATTESTED, complete_by=until))


def test_a_suspended_employer_does_not_seal_but_may_decline() -> None:
    facts = replace(x.WITH_EVIDENCE, employer=replace(x.VERIFIED, verified=False))
    refused = after(*SEALING, facts=facts).when(x.SEAL, meta(EMPLOYER))
    refused.then_refused("agreement.employer_not_verified", "employer_id")
    after(*SEALING, facts=facts).when(x.DECLINE_SEAL, meta(EMPLOYER)).then(x.SEAL_DECLINED)


# which command makes a number


PREFIX = "20261010831"
CASES = [
    ((x.OFFER_SENT, x.ACCEPTED), x.PASS, PREFIX),
    ((x.OFFER_SENT,), x.PASS, None),
    ((under(JIANGSU), x.ACCEPTED), x.PASS, PREFIX),
    ((under(JIANGSU), x.ACCEPTED, x.TO_BE_SEALED), x.SEAL, None),
    ((under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED), x.SEAL, PREFIX),
    ((under(JIANGSU, "acceptance"), BOUND), x.PASS, None),
    ((under(ATTESTED_BEFORE_SEAL), x.ACCEPTED), x.PASS, None),
    ((under(ATTESTED_BEFORE_SEAL), x.ACCEPTED, x.AWAITING), x.ATTEST, PREFIX),
    ((under(SEALED_BEFORE_REVIEW),), x.ACCEPT, PREFIX),
    ((under(ZHEJIANG), x.ACCEPTED, x.SEAL_AWAITED), x.SEAL, None),
    ((under(ZHEJIANG), x.ACCEPTED, x.AWAITING), x.ATTEST, PREFIX),
    ((under(JIANGSU, "acceptance"),), x.ACCEPT, PREFIX),
    ((x.OFFER_SENT,), x.ACCEPT, None),
    ((under(("accept", "review"), "acceptance"), BOUND), x.PASS, None),
    ((x.APPLIED,), replace(x.PASS, kind="application", subject_id=x.REVIEW_ID), PREFIX),
    ((x.APPLIED, x.ISSUED, x.SCANNED), replace(x.PASS, kind="signing", subject_id=x.REVIEW_ID), None),
    ((x.APPLIED, x.ISSUED, x.LOST), replace(x.PASS, kind="loss", subject_id=x.LOSS_ID), PREFIX),
    ((x.PAPER,), replace(x.PASS, kind="paper", subject_id=x.REVIEW_ID), PREFIX),
    ((), replace(x.PASS, kind="paper", subject_id=x.REVIEW_ID), None),
    ((), x.ATTEST, None),
]


@pytest.mark.parametrize(("past", "command", "prefix"), CASES)
def test_a_serial_is_taken_exactly_when_a_number_is_made(past: Any, command: Any, prefix: str | None) -> None:
    assert prefix_wanted(command, folded(HANDLING, past), x.ENROLLED) == prefix


def test_an_agreement_says_the_day_on_which_both_had_signed_not_that_of_its_review() -> None:
    accepted = date(2026, 4, 30)
    facts = replace(x.FACTS, signed={x.OFFER_ID: accepted})
    after(x.OFFER_SENT, x.ACCEPTED, facts=facts).when(x.PASS).then(replace(x.CONCLUDED, signed_on=accepted))
