"""An employer learns who proposed to it, and of nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.directory.proposers import proposed_to
from tests.support import examples as x
from tests.support.spec import EMPLOYER_ID, NOW, OTHER_EMPLOYER_ID
from tests.unit.services.directory.test_printing import told

AGAIN = replace(x.PROPOSED, proposal_id=x.OTHER_OFFER_ID)


@pytest.mark.parametrize(
    ("past", "known"),
    [
        ((), False),
        ((x.OFFER_SENT,), False),
        ((x.PROPOSED,), True),
        ((x.PROPOSED, x.ANSWERING), True),
        ((x.PROPOSED, x.PROPOSAL_WITHDRAWN), False),
        ((x.PROPOSED, x.PROPOSAL_REFUSED), False),
        ((x.PROPOSED, x.PROPOSAL_LAPSED), False),
        ((x.PROPOSED, x.PROPOSAL_REFUSED, AGAIN), True),
    ],
)
def test_who_proposed_is_known_while_the_proposal_waits_or_was_answered(past: tuple[Any, ...], known: bool) -> None:
    assert proposed_to(EMPLOYER_ID, told(*past), NOW) == known
    assert not proposed_to(OTHER_EMPLOYER_ID, told(*past), NOW)


def test_whose_proposal_is_past_its_deadline_is_not_known_before_any_sweep() -> None:
    deadline = x.PROPOSED.respond_by
    assert proposed_to(EMPLOYER_ID, told(x.PROPOSED), deadline - x.MOMENT)
    assert not proposed_to(EMPLOYER_ID, told(x.PROPOSED), deadline)
    assert proposed_to(EMPLOYER_ID, told(x.PROPOSED, x.ANSWERING), deadline)
