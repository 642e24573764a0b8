"""The fold knows every event of the stream, and refuses only what it does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.agreement.decider import HANDLING
from services.agreement.state import LOCKED, Status
from tests.support import examples as x
from tests.support.spec import assert_folds_every_event, folded

BINDING = (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event) for event in x.EVENTS} == set(HANDLING.codec.classes.values())


def test_the_fold_knows_every_event() -> None:
    past = (*BINDING, x.REQUESTED, x.AGREED)
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


def test_only_an_accepted_or_later_agreement_locks() -> None:
    assert {Status.ACCEPTED, Status.ATTESTING, Status.EFFECTIVE} == LOCKED
    assert folded(HANDLING, (x.OFFER_SENT, x.OTHER_SENT)).locked is None
    assert folded(HANDLING, (x.OFFER_SENT, x.OTHER_SENT, x.ACCEPTED)).locked.sent == x.OFFER_SENT


def test_a_deadline_is_over_at_its_instant() -> None:
    offer = folded(HANDLING, (x.OFFER_SENT,)).offers[x.OFFER_ID]
    assert offer.is_open(x.OFFER_SENT.respond_by - x.MOMENT)
    assert not offer.is_open(x.OFFER_SENT.respond_by)


def test_an_agreement_keeps_the_number_it_was_concluded_under() -> None:
    past = (x.OFFER_SENT, x.ACCEPTED, replace(x.CONCLUDED, number="7"), x.REQUESTED, x.AGREED, x.CANCELLED)
    assert folded(HANDLING, past).offers[x.OFFER_ID].number == "7"
