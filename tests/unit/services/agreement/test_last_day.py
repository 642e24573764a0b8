"""The last day of a class is one for every way to a destination: signing ends when registering does (DOMAIN 1.5, 4.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from shared.codes.destination import deadlines_of
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, NOW, SYSTEM, Given, given, meta

# The last moment of 31 December in Shanghai.
YEAR_END = datetime(2026, 12, 31, 16, tzinfo=UTC) - NOW - x.MOMENT
LATE = YEAR_END + x.MOMENT
STILL_OPEN = replace(x.OFFER_SENT, respond_by=NOW + 400 * x.DAY)
WAYS: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "propose": ((), x.PROPOSE, GRADUATE),
    "invite": ((), x.SEND, EMPLOYER),
    "send a draft": ((x.DRAFTED,), x.SEND_DRAFT, EMPLOYER),
    "accept": ((STILL_OPEN,), x.ACCEPT, GRADUATE),
    "apply for a book": ((), x.APPLY, GRADUATE),
    "register a paper": ((), x.REGISTER_PAPER, GRADUATE),
}


def after(*events: Any) -> Given:
    return given(HANDLING, *events, facts=replace(x.WITH_EVIDENCE, settings=x.BY_EITHER.settings))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_signing_ends_with_the_last_day_of_the_class(way: str) -> None:
    past, command, actor = WAYS[way]
    assert after(*past).when(command, meta(actor, number=2, after=YEAR_END)).error is None
    outcome = after(*past).when(command, meta(actor, number=2, after=LATE))
    outcome.then_refused("agreement.registering_over")
    assert outcome.error is not None
    assert "2026年12月31日" in outcome.error.zh


@pytest.mark.parametrize(
    ("past", "command", "actor"),
    [
        ((x.APPLIED, x.APPLICATION_RETURNED), x.AMEND, GRADUATE),
        ((x.APPLIED, x.ISSUED), replace(x.SUBMIT_SCAN, scan=x.SCAN_ID), GRADUATE),
        ((x.OFFER_SENT, x.ACCEPTED), x.PASS, SYSTEM),
        ((x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED), x.REQUEST_CANCELLATION, GRADUATE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_began_in_time_is_finished_and_whoever_is_bound_gets_out(past: Any, command: Any, actor: Any) -> None:
    assert after(*past).when(command, meta(actor, number=2, after=LATE)).error is None


@pytest.mark.parametrize(
    ("own", "changes", "registering"),
    [
        ({}, date(2026, 8, 31), date(2026, 12, 31)),
        ({"change_deadline": date(2026, 6, 30)}, date(2026, 6, 30), date(2026, 12, 31)),
        ({"registration_deadline": date(2026, 8, 31)}, date(2026, 8, 31), date(2026, 8, 31)),
        # What may be changed may also be registered.
        ({"change_deadline": date(2027, 3, 31)}, date(2027, 3, 31), date(2027, 3, 31)),
    ],
)
def test_the_last_days_are_those_of_the_province_or_of_the_two_rates(
    own: dict[str, Any], changes: date, registering: date
) -> None:
    deadlines = deadlines_of(2026, **own)
    assert (deadlines.changes, deadlines.registering) == (changes, registering)


@pytest.mark.parametrize(
    ("freed_on", "told", "last"),
    [
        (None, None, date(2026, 12, 31)),
        (date(2026, 6, 1), None, date(2026, 12, 31)),
        (date(2026, 12, 21), None, date(2027, 1, 20)),
        (None, date(2027, 2, 1), date(2027, 2, 1)),
        (date(2026, 12, 21), date(2026, 10, 1), date(2027, 1, 20)),
    ],
)
def test_whoever_becomes_free_late_has_some_days_more(freed_on: date | None, told: date | None, last: date) -> None:
    assert deadlines_of(2026).register_until(freed_on, told) == last
