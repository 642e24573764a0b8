"""A roster corrected after signing: who is trained for another unit (定向, 委培) comes to no agreement with this one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement import events as e
from services.agreement.decider import HANDLING, PassReview
from services.agreement.decider.reasons import TRAINED_ELSEWHERE
from shared.messages import Actor
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, GRADUATE_ID, SCHOOL, Given, given, meta

SEALED_LAST = replace(x.OFFER_SENT, order=("accept", "review", "seal"))
ATTESTED_LAST = replace(x.OFFER_SENT, parties=3)
AT_ACCEPTANCE = (replace(SEALED_LAST, binding="acceptance"), replace(x.ACCEPTED, number=x.NUMBER))
ISSUED = (x.APPLIED, x.ISSUED)


def after(*events: Any, training: str = "2", agreed_unit: str = "汾河软件有限公司") -> Given:
    corrected = replace(x.ENROLLED, training=training, agreed_unit=agreed_unit)
    return given(HANDLING, *events, facts=replace(x.WITH_EVIDENCE, graduate=corrected))


@pytest.mark.parametrize("training", ["2", "4"])
def test_a_review_that_passes_returns_an_agreement_with_another_unit(training: str) -> None:
    ending = e.AgreementReturned(x.OFFER_ID, TRAINED_ELSEWHERE, None, "review")
    after(x.OFFER_SENT, x.ACCEPTED, training=training).when(x.PASS).then(ending)


def test_with_the_unit_that_one_is_trained_for_it_takes_effect() -> None:
    after(x.OFFER_SENT, x.ACCEPTED, agreed_unit=x.OFFER_SENT.employer_name).when(x.PASS).then(x.CONCLUDED)


def test_what_acceptance_bound_is_in_force_and_goes_on() -> None:
    outcome = after(*AT_ACCEPTANCE).when(x.PASS)
    assert [type(event) for event in outcome.events] == [e.SealAwaited]


@pytest.mark.parametrize(
    ("past", "kind", "review_id", "number"),
    [
        ((x.APPLIED,), "application", x.APPLIED.review_id, None),
        ((*ISSUED, x.SCANNED), "signing", x.SCANNED.review_id, x.NUMBER),
        ((x.PAPER,), "paper", x.PAPER.review_id, None),
    ],
    ids=["application", "signing", "paper"],
)
def test_a_book_or_paper_of_another_unit_is_voided_when_its_review_passes(
    past: Any, kind: str, review_id: str, number: str | None
) -> None:
    command = PassReview(GRADUATE_ID, kind, review_id, serial=1)
    book_id = past[0].agreement_id
    after(*past).when(command).then(e.BookVoided(book_id, GRADUATE_ID, TRAINED_ELSEWHERE, number))


@pytest.mark.parametrize(
    ("past", "command", "actor"),
    [
        ((SEALED_LAST, x.ACCEPTED, x.TO_BE_SEALED), x.SEAL, EMPLOYER),
        ((ATTESTED_LAST, x.ACCEPTED, x.TO_BE_ATTESTED), x.ATTEST, SCHOOL),
        (ISSUED, replace(x.SUBMIT_SCAN, scan=x.SCAN_ID), GRADUATE),
    ],
    ids=["seal", "attest", "scan"],
)
def test_nobody_seals_attests_or_returns_what_is_with_another_unit(past: Any, command: Any, actor: Actor) -> None:
    after(*past).when(command, meta(actor)).then_refused("agreement.agreed_unit_only", "agreement_id")
