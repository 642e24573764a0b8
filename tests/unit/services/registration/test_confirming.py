"""信息确认 before a destination is registered: the graduate confirms the roster first (DOMAIN 1.0)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.registration import decider as c
from services.registration.decider import HANDLING
from tests.support import registration_examples as x
from tests.support.spec import DEPARTMENT, GRADUATE, GRADUATE_ID, SCHOOL, given, meta

CONFIRM = c.ConfirmFiling(GRADUATE_ID, x.FILED.filing_id)
REFUSED = [("unchecked", "registration.confirm_first"), ("disputed", "registration.dispute_open")]


@pytest.mark.parametrize(("basic_data", "code"), REFUSED)
@pytest.mark.parametrize(("past", "command"), [((), x.REGISTER), ((x.FILED,), CONFIRM)])
def test_the_graduate_confirms_first_and_a_dispute_blocks_until_it_is_answered(
    past: Any, command: Any, basic_data: str, code: str
) -> None:
    facts = replace(x.FACTS, basic_data=basic_data)
    given(HANDLING, *past, facts=facts).when(command, meta(GRADUATE)).then_refused(code)
    assert f"basic_data-{GRADUATE_ID}" in HANDLING.reads(command)


@pytest.mark.parametrize("basic_data", ["unchecked", "disputed"])
@pytest.mark.parametrize(
    ("past", "command", "actor"),
    [
        ((), c.FileDestination(GRADUATE_ID, x.CONTRACT), DEPARTMENT),
        ((), x.IMPORT, SCHOOL),
        ((x.SUBMITTED,), x.WITHDRAW, GRADUATE),
        ((x.SUBMITTED, x.REGISTERED), x.REQUEST_VOID, GRADUATE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_an_office_fills_in_and_what_undoes_needs_no_confirmation(
    past: Any, command: Any, actor: Any, basic_data: str
) -> None:
    outcome = given(HANDLING, *past, facts=replace(x.FACTS, basic_data=basic_data)).when(command, meta(actor))
    assert outcome.error is None
    assert outcome.events
