"""信息确认 before signing: nobody signs on a roster that nobody has confirmed, or that is disputed (DOMAIN 1.0)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, GRADUATE_ID, SYSTEM, given, meta

SCANNING = replace(x.SUBMIT_SCAN, scan=x.SCAN_ID)
ISSUED = (x.APPLIED, x.ISSUED, x.UPLOAD_OPENED)
SIGNING: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "propose": ((), x.PROPOSE, GRADUATE),
    "accept": ((x.OFFER_SENT,), x.ACCEPT, GRADUATE),
    "apply for a book": ((), x.APPLY, GRADUATE),
    "amend the application": ((x.APPLIED, x.APPLICATION_RETURNED), x.AMEND, GRADUATE),
    "return the stamped book": (ISSUED, SCANNING, GRADUATE),
    "return it by a link": (ISSUED, SCANNING, x.UPLOADER),
    "register a paper": ((), x.REGISTER_PAPER, GRADUATE),
}
EITHER = replace(x.WITH_EVIDENCE, settings=x.BY_EITHER.settings)


@pytest.mark.parametrize(
    ("basic_data", "code"),
    [("unchecked", "agreement.confirm_first"), ("disputed", "agreement.dispute_open"), ("confirmed", None)],
)
@pytest.mark.parametrize("way", SIGNING)
def test_the_graduate_confirms_first_and_a_dispute_blocks_until_it_is_answered(
    way: str, basic_data: str, code: str | None
) -> None:
    past, command, actor = SIGNING[way]
    outcome = given(HANDLING, *past, facts=replace(EITHER, basic_data=basic_data)).when(command, meta(actor, number=2))
    if code is None:
        assert outcome.error is None
        assert outcome.events
    else:
        outcome.then_refused(code)


@pytest.mark.parametrize("way", SIGNING)
def test_whoever_signs_is_looked_at(way: str) -> None:
    _, command, _ = SIGNING[way]
    assert f"basic_data-{GRADUATE_ID}" in HANDLING.reads(command)


@pytest.mark.parametrize(
    ("past", "command", "actor"),
    [
        ((), x.SEND, EMPLOYER),
        ((x.OFFER_SENT,), x.REFUSE, GRADUATE),
        ((x.OFFER_SENT, x.ACCEPTED), x.PASS, SYSTEM),
        ((x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED), x.REQUEST_CANCELLATION, GRADUATE),
        ((x.APPLIED,), x.VOID, GRADUATE),
        ((x.APPLIED, x.ISSUED), x.REPORT_LOSS, GRADUATE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_offer_comes_all_the_same_and_whoever_is_bound_gets_out(past: Any, command: Any, actor: Any) -> None:
    outcome = given(HANDLING, *past, facts=replace(x.WITH_EVIDENCE, basic_data="disputed")).when(command, meta(actor))
    assert outcome.error is None
    assert outcome.events


def test_an_offer_that_was_accepted_before_is_answered_as_it_was() -> None:
    facts = replace(x.FACTS, basic_data="disputed")
    given(HANDLING, x.OFFER_SENT, x.ACCEPTED, facts=facts).when(x.ACCEPT, meta(GRADUATE)).then_nothing()
