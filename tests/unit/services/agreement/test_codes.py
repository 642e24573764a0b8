"""操作码: where the province asks for it, a graduate binds and unbinds by it; one test per outcome (DOMAIN 1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from services.agreement.facts import Settings
from services.agreement.operation_codes import fits, hashed
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, SCHOOL, Given, given, meta

ASKING = replace(x.WITH_EVIDENCE, settings=Settings(operation_code=True))
EMPLOYER_ASKED = (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED, replace(x.REQUESTED, by="employer"))
ASKED: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "accept": ((x.OFFER_SENT,), x.ACCEPT, x.ACCEPTED),
    "agree to a cancellation": (EMPLOYER_ASKED, x.AGREE, x.AGREED),
}


def after(*events: Any, facts: Any = ASKING) -> Given:
    return given(HANDLING, *events, facts=facts)


@pytest.mark.parametrize(("past", "command", "outcome"), ASKED.values(), ids=ASKED)
def test_a_graduate_needs_the_code_where_the_province_asks_for_it(past: Any, command: Any, outcome: Any) -> None:
    after(*past).when(command, meta(GRADUATE)).then_refused("agreement.operation_code_not_set", "operation_code")
    coded = after(x.CODE_SET, *past)
    given_only = replace(command, operation_code="246810")
    for without in (command, given_only):
        coded.when(without, meta(GRADUATE)).then_refused("agreement.operation_code_needed", "operation_code")
    coded.when(replace(given_only, code_right=True), meta(GRADUATE)).then(outcome)
    after(*past, facts=x.WITH_EVIDENCE).when(command, meta(GRADUATE)).then(outcome)


def test_the_code_is_asked_for_when_nothing_else_stands_in_the_way() -> None:
    late = meta(GRADUATE, after=5 * x.DAY)
    after(x.CODE_SET, x.OFFER_SENT).when(x.ACCEPT, late).then_refused("agreement.offer_lapsed")


def test_an_employer_that_agrees_has_no_code() -> None:
    by_graduate = (*EMPLOYER_ASKED[:-1], x.REQUESTED)
    after(*by_graduate).when(x.AGREE, meta(EMPLOYER)).then(x.AGREED)


def test_a_graduate_sets_a_code_and_changes_it_by_the_one_so_far() -> None:
    after().when(x.SET_CODE, meta(GRADUATE)).then(x.CODE_SET)
    changed = after(x.CODE_SET)
    changed.when(x.SET_CODE, meta(GRADUATE)).then_refused("agreement.operation_code_needed", "operation_code")
    changed.when(replace(x.SET_CODE, code_right=True), meta(GRADUATE)).then(x.CODE_SET)


def test_a_school_takes_a_forgotten_code_away_once() -> None:
    after(x.CODE_SET).when(x.RESET_CODE, meta(SCHOOL)).then(x.CODE_RESET)
    after(x.CODE_SET, x.CODE_RESET).when(x.RESET_CODE, meta(SCHOOL)).then_nothing()
    after(x.CODE_SET, x.CODE_RESET).when(x.SET_CODE, meta(GRADUATE)).then(x.CODE_SET)


def test_no_command_shows_its_code() -> None:
    for command in (x.SET_CODE, replace(x.ACCEPT, operation_code="246810"), replace(x.AGREE, operation_code="246810")):
        assert "246810" not in repr(command)


def test_the_same_code_is_hashed_differently_each_time_and_only_it_fits() -> None:
    first, second = hashed("246810"), hashed("246810")
    assert first != second
    assert fits("246810", first)
    assert fits("246810", second)
    assert not fits("246811", first)
