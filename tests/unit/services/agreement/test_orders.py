"""The orders of signing that provinces really have, and when an agreement binds (DOMAIN 1.1, 1.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from services.agreement.decider.numbering import prefix_wanted, with_serial
from services.agreement.facts import Facts, Settings
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, SCHOOL, Given, folded, given, meta

JIANGSU = ("accept", "review", "seal")
ZHEJIANG = ("accept", "review", "seal", "attest")
SEAL_FIRST = ("seal", "accept", "review")
SEALED_BEFORE_REVIEW = ("accept", "seal", "review")
ATTESTED_BEFORE_SEAL = ("accept", "review", "attest", "seal")


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
    after(under(JIANGSU), x.ACCEPTED).when(x.PASS).then(x.SEAL_AWAITED)


def test_the_seal_concludes_when_it_is_last() -> None:
    after(under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED).when(x.SEAL, meta(EMPLOYER)).then(x.SEALED, x.CONCLUDED)


def test_a_stamped_scan_takes_the_place_of_a_seal() -> None:
    outcome = after(under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED).when(replace(x.SEAL, scan=x.SCAN_ID), meta(EMPLOYER))
    outcome.then(replace(x.SEALED, method="scan", evidence_id=x.SCAN_ID), x.CONCLUDED)


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
    past = (under(ZHEJIANG), x.ACCEPTED, x.SEAL_AWAITED)
    sealed = replace(x.SEALED, awaits="attest")
    after(*past).when(x.SEAL, meta(EMPLOYER)).then(sealed)
    after(*past, sealed).when(x.ATTEST, meta(SCHOOL)).then(x.CONCLUDED)


def test_the_school_attests_before_the_seal_where_the_province_says_so() -> None:
    past = (under(ATTESTED_BEFORE_SEAL), x.ACCEPTED, x.AWAITING)
    after(*past).when(x.ATTEST, meta(SCHOOL)).then(x.ATTESTED)
    after(*past, x.ATTESTED).when(x.ATTEST, meta(SCHOOL, number=2)).then_nothing()
    after(*past, x.ATTESTED).when(x.SEAL, meta(EMPLOYER)).then(x.SEALED, x.CONCLUDED)


# the seal before the review, or before the invitation


def test_the_review_opens_only_after_the_seal_where_the_province_says_so() -> None:
    waiting = replace(x.ACCEPTED, awaits="seal")
    after(under(SEALED_BEFORE_REVIEW)).when(x.ACCEPT, meta(GRADUATE)).then(waiting)
    sealed = replace(x.SEALED, awaits="review")
    after(under(SEALED_BEFORE_REVIEW), waiting).when(x.SEAL, meta(EMPLOYER)).then(sealed)
    after(under(SEALED_BEFORE_REVIEW), waiting).when(x.PASS).then_nothing()
    after(under(SEALED_BEFORE_REVIEW), waiting, sealed).when(x.PASS).then(x.CONCLUDED)


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


# which command makes a number


PREFIX = "20261010831"
CASES = [
    ((x.OFFER_SENT, x.ACCEPTED), x.PASS, PREFIX),
    ((x.OFFER_SENT,), x.PASS, None),
    ((under(JIANGSU), x.ACCEPTED), x.PASS, None),
    ((under(JIANGSU), x.ACCEPTED, x.SEAL_AWAITED), x.SEAL, PREFIX),
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
