"""Who is removed from the roster: nothing takes effect any more, and what had not yet comes to nothing (DOMAIN 4.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement import events as e
from services.agreement.decider import HANDLING, EndUnfinished, PassReview
from services.agreement.decider.reasons import LEFT_ROSTER
from services.agreement.state import LOCKED, OVER
from shared.codec import to_json
from shared.messages import Actor, NewEvent, Recorded
from tests.support import directory_examples
from tests.support import examples as x
from tests.support.spec import (
    EMPLOYER,
    GRADUATE,
    GRADUATE_ID,
    LANE,
    NOW,
    SCHOOL,
    SCOPE,
    SYSTEM,
    Given,
    folded,
    given,
    meta,
)

REMOVED = replace(x.WITH_EVIDENCE, graduate=None, left=SCOPE)
END = EndUnfinished(GRADUATE_ID)
SEALED_LAST = replace(x.OFFER_SENT, order=("accept", "review", "seal"))
ATTESTED_LAST = replace(x.OFFER_SENT, parties=3)
AT_ACCEPTANCE = (replace(SEALED_LAST, binding="acceptance"), replace(x.ACCEPTED, number=x.NUMBER))
SEALING = (SEALED_LAST, x.ACCEPTED, x.TO_BE_SEALED)
ATTESTING = (ATTESTED_LAST, x.ACCEPTED, x.TO_BE_ATTESTED)
EFFECTIVE = (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)
ISSUED = (x.APPLIED, x.ISSUED)
SCANNED = (*ISSUED, x.SCANNED)
BOOK_EFFECTIVE = (*SCANNED, x.BOOK_CONCLUDED)
LOST = (*ISSUED, x.LOST)


def after(*events: Any) -> Given:
    return given(HANDLING, *events, facts=REMOVED)


def returned(*, in_review: bool = False, cancellation_id: str | None = None) -> e.AgreementReturned:
    return e.AgreementReturned(x.OFFER_ID, LEFT_ROSTER, cancellation_id, "removed", in_review)


def voided(agreement_id: str = x.BOOK_ID, number: str | None = None, review: Any = (None, None)) -> e.BookVoided:
    return e.BookVoided(agreement_id, GRADUATE_ID, LEFT_ROSTER, number, *review)


ENDS: dict[str, tuple[tuple[Any, ...], Any]] = {
    "drafted": ((x.DRAFTED,), x.DISCARDED),
    "proposal open": ((x.PROPOSED,), e.ProposalLapsed(x.PROPOSAL_ID, LEFT_ROSTER)),
    "offer open": ((x.OFFER_SENT,), e.OfferLapsed(x.OFFER_ID, LEFT_ROSTER)),
    "in review": ((x.OFFER_SENT, x.ACCEPTED), returned(in_review=True)),
    "awaiting the seal": (SEALING, returned()),
    "awaiting attestation": (ATTESTING, returned()),
    "bound by acceptance": (AT_ACCEPTANCE, returned(in_review=True)),
    "being cancelled before it took effect": (
        (*AT_ACCEPTANCE, x.REQUESTED, x.AGREED),
        returned(in_review=True, cancellation_id=x.CANCELLATION_ID),
    ),
    "applied for": ((x.APPLIED,), voided(review=("application", x.REVIEW_ID))),
    "application returned": ((x.APPLIED, x.APPLICATION_RETURNED), voided()),
    "issued": (ISSUED, voided(number=x.NUMBER)),
    "lost": (LOST, voided(number=x.NUMBER, review=("loss", x.LOSS_ID))),
    "scanned": (SCANNED, voided(number=x.NUMBER, review=("signing", x.REVIEW_ID))),
    "paper": ((x.PAPER,), voided(x.PAPER_ID, review=("paper", x.REVIEW_ID))),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_has_not_taken_effect_comes_to_nothing(name: str) -> None:
    past, ending = ENDS[name]
    after(*past).when(END).then(ending)


def test_everything_that_is_open_ends_at_once() -> None:
    past = (x.PROPOSED, x.DRAFTED, x.OTHER_SENT, x.OFFER_SENT, x.ACCEPTED)
    outcome = after(*past).when(END)
    assert outcome.error is None
    ended = folded(HANDLING, (*past, *outcome.events))
    assert ended.locked is None
    assert {offer.status for offer in ended.offers.values()} <= OVER
    after(*past, *outcome.events).when(END).then_nothing()


@pytest.mark.parametrize("past", [(), EFFECTIVE, BOOK_EFFECTIVE, (*EFFECTIVE, x.REQUESTED, x.AGREED)])
def test_what_is_in_force_is_cancelled_by_its_sides_only(past: Any) -> None:
    after(*past).when(END).then_nothing()


@pytest.mark.parametrize("name", ENDS)
def test_who_is_enrolled_again_keeps_what_there_is(name: str) -> None:
    past, _ = ENDS[name]
    given(HANDLING, *past, facts=x.WITH_EVIDENCE).when(END).then_nothing()


# A review that passes, a seal and an attestation come too late


LATE: dict[str, tuple[tuple[Any, ...], tuple[str, str], Any]] = {
    "review": ((x.OFFER_SENT, x.ACCEPTED), ("agreement", x.OFFER_ID), returned()),
    "review before the seal": ((SEALED_LAST, x.ACCEPTED), ("agreement", x.OFFER_ID), returned()),
    "review before attestation": ((ATTESTED_LAST, x.ACCEPTED), ("agreement", x.OFFER_ID), returned()),
    "review of what acceptance bound": (AT_ACCEPTANCE, ("agreement", x.OFFER_ID), returned()),
    "application": ((x.APPLIED,), ("application", x.REVIEW_ID), voided()),
    "scan": (SCANNED, ("signing", x.REVIEW_ID), voided(number=x.NUMBER)),
    "paper": ((x.PAPER,), ("paper", x.REVIEW_ID), voided(x.PAPER_ID)),
    "loss": (LOST, ("loss", x.LOSS_ID), voided(number=x.NUMBER)),
    "loss of what is in force": (
        (*BOOK_EFFECTIVE, x.LOST),
        ("loss", x.LOSS_ID),
        e.LossReturned(x.BOOK_ID, x.LOSS_ID, LEFT_ROSTER),
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_a_review_that_passes_lets_nothing_take_effect(name: str) -> None:
    past, (kind, subject_id), ending = LATE[name]
    after(*past).when(PassReview(GRADUATE_ID, kind, subject_id, serial=1)).then(ending)


def test_a_review_that_passes_twice_ends_it_once() -> None:
    after(x.OFFER_SENT, x.ACCEPTED, returned()).when(x.PASS).then_nothing()


def test_a_cancellation_of_what_is_in_force_still_passes() -> None:
    after(*EFFECTIVE, x.REQUESTED, x.AGREED).when(x.PASS_CANCELLATION).then(x.CANCELLED)


@pytest.mark.parametrize(
    ("past", "command", "actor"),
    [
        (SEALING, x.SEAL, EMPLOYER),
        (ATTESTING, x.ATTEST, SCHOOL),
        ((x.OFFER_SENT,), x.EDIT, EMPLOYER),
        (ISSUED, x.OPEN_UPLOAD, GRADUATE),
        (ISSUED, replace(x.SUBMIT_SCAN, scan=x.SCAN_ID), GRADUATE),
        (ISSUED, x.REPORT_LOSS, GRADUATE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_nothing_goes_on_before_the_removal_has_been_followed(past: Any, command: Any, actor: Actor) -> None:
    after(*past).when(command, meta(actor)).then_refused("agreement.not_enrolled", "graduate_id")


@pytest.mark.parametrize(("command", "actor"), [(x.ACCEPT, GRADUATE), (x.EDIT, EMPLOYER)], ids=["accept", "edit"])
def test_who_left_is_told_so_of_an_offer_that_lapsed_by_leaving(command: Any, actor: Actor) -> None:
    lapsed = e.OfferLapsed(x.OFFER_ID, LEFT_ROSTER)
    after(x.OFFER_SENT, lapsed).when(command, meta(actor)).then_refused("agreement.not_enrolled", "graduate_id")


@pytest.mark.parametrize("past", [SEALING, ATTESTING])
def test_whoever_is_waited_for_may_still_decline(past: Any) -> None:
    command = x.DECLINE_SEAL if past is SEALING else x.DECLINE_ATTESTATION
    outcome = after(*past).when(command, meta(SCHOOL))
    assert [type(event) for event in outcome.events] == [e.AgreementReturned]


def test_every_status_that_locks_is_looked_at() -> None:
    pasts = [EFFECTIVE, *(past for past, _ in ENDS.values())]
    looked_at = [folded(HANDLING, past).locked for past in pasts]
    assert {locked.status for locked in looked_at if locked is not None} == LOCKED


# The number on a paper


def told(*events: Any) -> list[Recorded]:
    return [
        Recorded(
            LANE,
            number,
            "stream",
            number,
            NOW,
            NewEvent(event.TYPE, event.VERSION, to_json(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW),
        )
        for number, event in enumerate(events, 1)
    ]


def streams(*agreements: Any) -> dict[str, list[Recorded]]:
    roster = told(directory_examples.ENROLLED, directory_examples.REMOVED)
    return {f"graduate-{GRADUATE_ID}": roster, f"agreement-{GRADUATE_ID}": told(*agreements)}


@pytest.mark.parametrize("command", [END, PassReview(GRADUATE_ID, "paper", x.REVIEW_ID, serial=1)])
def test_the_number_of_a_paper_that_comes_to_nothing_is_free_again(command: Any) -> None:
    (claim,) = HANDLING.then_reads(command, streams(x.PAPER))
    facts = HANDLING.facts(command, {**streams(x.PAPER), claim: told(x.CLAIMED)})
    assert facts.graduate is None
    events = given(HANDLING, x.PAPER, facts=facts).when(command).events
    assert HANDLING.claims(events, facts) == [(claim, x.RELEASED)]


@pytest.mark.parametrize(
    "agreements",
    [(), (x.PAPER, x.PAPER_CONCLUDED), (x.PAPER, voided(x.PAPER_ID)), (replace(x.PAPER, paper_number=None),)],
)
def test_only_a_paper_that_waits_gives_its_number_back(agreements: Any) -> None:
    assert HANDLING.then_reads(END, streams(*agreements)) == []


# Where it is


def test_whoever_was_removed_is_where_the_last_entry_says() -> None:
    facts = HANDLING.facts(END, streams())
    assert (facts.graduate, facts.left) == (None, SCOPE)
    assert HANDLING.subject(x.ATTEST, HANDLING.initial, facts).scope == SCOPE
