"""The fold knows every event of the stream, and refuses only what it does not know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.registration.decider import HANDLING
from services.registration.state import INITIAL, Past, Registrations
from tests.support import registration_examples as x
from tests.support.spec import assert_folds_every_event, folded

REGISTERED = (x.SUBMITTED, x.REGISTERED)
VOIDING = (*REGISTERED, x.VOID_REQUESTED)


def past(ended: str, reason: str | None = None) -> tuple[Past, ...]:
    return (Past(x.REGISTRATION_ID, x.CONTRACT, ended, reason),)


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event) for event in x.EVENTS} == set(HANDLING.codec.classes.values())


def test_every_event_is_stored_and_read_back() -> None:
    for event in x.EVENTS:
        assert HANDLING.codec.decode(*HANDLING.codec.encode(event)) == event


def test_the_fold_ends_at_an_unknown_event() -> None:
    assert_folds_every_event(HANDLING, object())


def test_nobody_has_registered_at_first() -> None:
    assert folded(HANDLING, ()) == INITIAL
    assert not INITIAL.placed


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((x.SUBMITTED,), Registrations(pending=x.SUBMITTED)),
        ((x.SUBMITTED, x.WITHDRAWN), Registrations(history=past("withdrawn"))),
        ((x.SUBMITTED, x.SUPERSEDED), Registrations(history=past("superseded"))),
        ((x.SUBMITTED, x.RETURNED), Registrations(history=past("returned", x.RETURNED.reason))),
        (REGISTERED, Registrations(registered=x.REGISTERED)),
        (VOIDING, Registrations(registered=x.REGISTERED, void_id=x.VOID_ID)),
        (
            (*VOIDING, x.VOID_RETURNED),
            Registrations(registered=x.REGISTERED, void_returned=x.VOID_RETURNED.reason),
        ),
        ((*VOIDING, x.VOID_RETURNED, x.VOID_REQUESTED), Registrations(registered=x.REGISTERED, void_id=x.VOID_ID)),
        ((*VOIDING, x.VOID_SUPERSEDED), Registrations(registered=x.REGISTERED)),
        ((*VOIDING, x.VOIDED), Registrations(history=past("voided"))),
        ((*VOIDING, x.VOID_RETURNED, x.VOIDED), Registrations(history=past("voided"))),
        ((x.FROM_AGREEMENT,), Registrations(registered=x.FROM_AGREEMENT, followed=frozenset({x.AGREEMENT_ID}))),
        ((x.OVERTAKEN,), Registrations(followed=frozenset({x.AGREEMENT_ID}))),
        ((x.REGISTERED, x.REOPENED), Registrations(history=past("agreement_cancelled"))),
        (
            (x.REGISTERED, replace(x.FROM_AGREEMENT, registration_id=x.OTHER_REGISTRATION_ID)),
            Registrations(
                registered=replace(x.FROM_AGREEMENT, registration_id=x.OTHER_REGISTRATION_ID),
                history=past("superseded"),
                followed=frozenset({x.AGREEMENT_ID}),
            ),
        ),
    ],
)
def test_each_event_moves_the_registrations(events: tuple[Any, ...], state: Registrations) -> None:
    assert folded(HANDLING, events) == state


def test_what_is_under_review_stays_beside_what_is_registered() -> None:
    seeking = replace(x.REGISTERED, registration_id=x.OTHER_REGISTRATION_ID, destination=x.SEEKING)
    state = folded(HANDLING, (seeking, x.SUBMITTED))
    assert (state.registered, state.pending) == (seeking, x.SUBMITTED)


def test_only_a_destination_that_counts_is_placed() -> None:
    assert folded(HANDLING, REGISTERED).placed
    assert not folded(HANDLING, (replace(x.REGISTERED, destination=x.SEEKING),)).placed


def test_a_registration_is_known_from_its_submission_on_for_ever() -> None:
    lives: tuple[tuple[Any, ...], ...] = ((x.SUBMITTED,), REGISTERED, (x.SUBMITTED, x.WITHDRAWN), (*VOIDING, x.VOIDED))
    for events in lives:
        assert folded(HANDLING, events).knows(x.REGISTRATION_ID)
        assert not folded(HANDLING, events).knows(x.OTHER_REGISTRATION_ID)
