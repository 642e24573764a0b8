"""A school that attests for an employer suspended or closed since the acceptance says why, or declines (DOMAIN 1.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from services.agreement.facts import standing_of
from tests.support import examples as x
from tests.support.spec import SCHOOL, given, meta

ATTESTED_LAST = (replace(x.OFFER_SENT, parties=3), x.ACCEPTED, x.TO_BE_ATTESTED)
SEALED_AFTER = (replace(x.OFFER_SENT, order=("accept", "review", "attest", "seal")), x.ACCEPTED, x.TO_BE_ATTESTED)
WHY = "已核实，单位承诺履约"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"verified": False}, "agreement.attesting_suspended"),
        ({"verified": False, "closed": True}, "agreement.attesting_closed"),
    ],
)
@pytest.mark.parametrize("past", [ATTESTED_LAST, SEALED_AFTER])
def test_the_school_sees_it_and_decides(past: Any, changes: dict[str, Any], code: str) -> None:
    waiting = given(HANDLING, *past, facts=replace(x.FACTS, employer=replace(x.VERIFIED, **changes)))
    waiting.when(x.ATTEST, meta(SCHOOL)).then_refused(code, "remark")
    assert waiting.when(replace(x.ATTEST, remark=WHY), meta(SCHOOL)).events[0].remark == WHY
    assert waiting.when(x.DECLINE_ATTESTATION, meta(SCHOOL)).error is None


def test_for_an_employer_in_good_standing_nothing_need_be_said() -> None:
    given(HANDLING, *ATTESTED_LAST, facts=x.FACTS).when(x.ATTEST, meta(SCHOOL)).then(replace(x.CONCLUDED, parties=3))
    assert standing_of(()) is None
