"""Who is removed from the roster: nothing is looked at any more, and no destination counts (DOMAIN 4.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.registration import events as e
from services.registration.decider import HANDLING, LEFT_ROSTER, EndUnfinished
from tests.support import registration_examples as x
from tests.support.spec import GRADUATE_ID, NOW, SCOPE, SYSTEM, Given, given, meta

END = EndUnfinished(GRADUATE_ID)
WITHDRAWN = e.RegistrationWithdrawn(x.REGISTRATION_ID, GRADUATE_ID, LEFT_ROSTER)
REOPENED = e.DestinationReopened(x.REGISTRATION_ID, GRADUATE_ID, "removed")
REGISTERED = (x.SUBMITTED, x.REGISTERED)


def after(*events: Any) -> Given:
    return given(HANDLING, *events, facts=replace(x.FACTS, graduate=None, left=SCOPE))


@pytest.mark.parametrize(
    ("past", "ending"),
    [
        ((), ()),
        ((x.SUBMITTED,), (WITHDRAWN,)),
        (REGISTERED, (REOPENED,)),
        ((x.IMPORTED,), (REOPENED,)),
        ((*REGISTERED, x.LEAVING), (REOPENED,)),
        ((*REGISTERED, x.VOID_REQUESTED), (x.VOID_SUPERSEDED, REOPENED)),
        ((x.FILED,), ()),
    ],
)
def test_what_is_under_review_and_what_is_registered_ends(past: Any, ending: Any) -> None:
    after(*past).when(END).then(*ending)
    after(*past, *ending).when(END).then_nothing()


def test_what_came_from_an_agreement_ends_with_it() -> None:
    after(x.FROM_AGREEMENT).when(END).then_nothing()
    after(x.FROM_AGREEMENT).when(x.CANCEL).then(x.REOPENED)


@pytest.mark.parametrize("past", [(x.SUBMITTED,), REGISTERED])
def test_who_is_enrolled_again_keeps_what_there_is(past: Any) -> None:
    given(HANDLING, *past, facts=x.FACTS).when(END).then_nothing()


def test_a_review_that_passes_registers_nothing() -> None:
    after(x.SUBMITTED).when(x.PASS).then(WITHDRAWN)
    after(x.SUBMITTED, WITHDRAWN).when(x.PASS).then_nothing()


def test_a_void_that_passes_after_the_removal_changes_nothing_more() -> None:
    after(*REGISTERED, x.VOID_REQUESTED, x.VOID_SUPERSEDED, REOPENED).when(x.PASS_VOID).then_nothing()


def test_who_was_removed_by_mistake_may_register_anew_after_the_last_day() -> None:
    late = timedelta(days=365)
    (reopened,) = after(*REGISTERED).when(END, meta(SYSTEM, after=late)).events
    assert reopened.register_until == (NOW + late).date() + timedelta(days=30)
