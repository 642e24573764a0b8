"""What an employer sends to graduates it sends only while offices vouch for it: one test per command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from tests.support import examples as x
from tests.support.spec import EMPLOYER, given, meta

SEALING = (replace(x.OFFER_SENT, order=("accept", "review", "seal")), x.ACCEPTED, x.TO_BE_SEALED)


@pytest.mark.parametrize("employer", [None, replace(x.VERIFIED, verified=False)], ids=["unknown", "not approved"])
@pytest.mark.parametrize(
    ("past", "command"),
    [
        ((), x.SAVE_DRAFT),
        ((x.DRAFTED,), x.SEND_DRAFT),
        ((), x.SEND),
        ((x.OFFER_SENT,), x.EDIT),
        (SEALING, x.SEAL),
    ],
    ids=lambda given: type(given).__name__,
)
def test_an_employer_that_is_not_approved_sends_nothing(past: Any, command: Any, employer: Any) -> None:
    facts = replace(x.WITH_EVIDENCE, employer=employer)
    outcome = given(HANDLING, *past, facts=facts).when(command, meta(EMPLOYER, number=2))
    outcome.then_refused("agreement.employer_not_verified", "employer_id")
