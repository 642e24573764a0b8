"""The fold knows every event of the stream, and refuses only what it does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.agreement.decider import HANDLING
from services.agreement.state import LOCKED, Status
from tests.support import examples as x
from tests.support.spec import assert_folds_every_event, folded

BINDING = (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)
ON_PAPER = (x.APPLIED, x.ISSUED, x.LOST)


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event) for event in x.EVENTS} == set(HANDLING.codec.classes.values())


def test_the_fold_knows_every_event() -> None:
    past = (x.PROPOSED, *BINDING, x.REQUESTED, x.AGREED, *ON_PAPER)
    for event in x.EVENTS:
        HANDLING.evolve(folded(HANDLING, past), event)


def test_the_fold_ends_at_an_unknown_event() -> None:
    assert_folds_every_event(HANDLING, object())


def test_every_event_is_stored_and_read_back() -> None:
    for event in x.EVENTS:
        assert HANDLING.codec.decode(*HANDLING.codec.encode(event)) == event


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), Status.OPEN),
        ((x.WITHDRAWN,), Status.WITHDRAWN),
        ((x.REFUSED,), Status.REFUSED),
        ((x.LAPSED,), Status.LAPSED),
        ((x.ACCEPTED,), Status.ACCEPTED),
        ((x.ACCEPTED, x.AWAITING), Status.ATTESTING),
        ((x.ACCEPTED, x.SEAL_AWAITED), Status.SEALING),
        ((x.ACCEPTED, x.AWAITING, x.ATTESTED), Status.SEALING),
        ((x.ACCEPTED, x.SEAL_AWAITED, x.SEALED), Status.SEALING),
        ((replace(x.ACCEPTED, awaits="seal"),), Status.SEALING),
        ((replace(x.ACCEPTED, awaits="seal"), replace(x.SEALED, awaits="review")), Status.ACCEPTED),
        ((x.ACCEPTED, x.CONCLUDED), Status.EFFECTIVE),
        ((x.ACCEPTED, x.RETURNED), Status.RETURNED),
        ((x.ACCEPTED, x.CONCLUDED, x.REQUESTED), Status.EFFECTIVE),
        ((x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.AGREED), Status.EFFECTIVE),
        ((x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.AGREED, x.CANCELLATION_RETURNED), Status.EFFECTIVE),
        ((x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.AGREED, x.CANCELLED), Status.CANCELLED),
    ],
)
def test_each_event_moves_its_offer(events: tuple[object, ...], status: Status) -> None:
    offer = folded(HANDLING, (x.OFFER_SENT, *events)).offers[x.OFFER_ID]
    assert offer.status == status


@pytest.mark.parametrize(
    ("past", "reason"), [((x.REFUSED,), x.REFUSED.reason), ((x.ACCEPTED, x.RETURNED), x.RETURNED.reason)]
)
def test_why_an_offer_came_to_nothing_can_be_read(past: tuple[object, ...], reason: str) -> None:
    assert folded(HANDLING, (x.OFFER_SENT, *past)).offers[x.OFFER_ID].reason == reason


def test_an_offer_locks_from_acceptance_and_a_book_from_its_application_until_they_end() -> None:
    free = {"open", "withdrawn", "refused", "lapsed", "returned", "voided", "cancelled"}
    assert {status.value for status in Status} - {status.value for status in LOCKED} == free
    assert folded(HANDLING, (x.OFFER_SENT, x.OTHER_SENT)).locked is None
    assert folded(HANDLING, (x.OFFER_SENT, x.OTHER_SENT, x.ACCEPTED)).locked.sent == x.OFFER_SENT
    assert folded(HANDLING, (x.OFFER_SENT, x.APPLIED)).locked.id == x.BOOK_ID
    assert folded(HANDLING, (x.OFFER_SENT, x.APPLIED, x.VOIDED)).locked is None


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((x.APPLIED,), Status.APPLIED),
        ((x.APPLIED, x.APPLICATION_RETURNED), Status.CORRECTING),
        ((x.APPLIED, x.APPLICATION_RETURNED, x.AMENDED), Status.APPLIED),
        ((x.APPLIED, x.ISSUED), Status.ISSUED),
        ((x.APPLIED, x.ISSUED, x.SCANNED), Status.SCANNED),
        ((x.APPLIED, x.ISSUED, x.SCANNED, x.SCAN_RETURNED), Status.ISSUED),
        ((x.APPLIED, x.ISSUED, x.SCANNED, x.BOOK_CONCLUDED), Status.EFFECTIVE),
        ((x.APPLIED, x.ISSUED, x.VOIDED), Status.VOIDED),
        ((x.APPLIED, x.ISSUED, x.LOST), Status.ISSUED),
        ((x.APPLIED, x.ISSUED, x.LOST, x.REISSUED), Status.ISSUED),
    ],
)
def test_each_event_moves_its_book(events: tuple[object, ...], status: Status) -> None:
    assert folded(HANDLING, events).books[x.BOOK_ID].status == status


def test_a_draft_is_no_offer_until_it_is_sent() -> None:
    assert folded(HANDLING, (x.DRAFTED,)).offers == {}
    assert set(folded(HANDLING, (x.DRAFTED,)).drafts) == {x.OFFER_ID}
    sent = folded(HANDLING, (x.DRAFTED, x.OFFER_SENT))
    assert (dict(sent.drafts), set(sent.offers)) == ({}, {x.OFFER_ID})


def test_breaches_are_the_cancellations_that_the_graduate_caused() -> None:
    past = (*BINDING, x.REQUESTED, x.AGREED)
    assert folded(HANDLING, (*past, x.CANCELLED)).breaches == 1
    assert folded(HANDLING, (*past, replace(x.CANCELLED, caused_by="employer"))).breaches == 0


def test_a_deadline_is_over_at_its_instant() -> None:
    offer = folded(HANDLING, (x.OFFER_SENT,)).offers[x.OFFER_ID]
    assert offer.is_open(x.OFFER_SENT.respond_by - x.MOMENT)
    assert not offer.is_open(x.OFFER_SENT.respond_by)


def test_an_agreement_keeps_the_number_it_was_concluded_under() -> None:
    past = (x.OFFER_SENT, x.ACCEPTED, replace(x.CONCLUDED, number="7"), x.REQUESTED, x.AGREED, x.CANCELLED)
    assert folded(HANDLING, past).offers[x.OFFER_ID].number == "7"
