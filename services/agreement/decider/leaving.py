"""Who is on no roster any more: nothing of theirs takes effect, and what had not yet comes to nothing (DOMAIN 4.4).

What is in force is not ended here: the directory removes nobody whom an agreement binds before it is cancelled.
"""

from __future__ import annotations

from typing import Any

from services.agreement import events as e
from services.agreement.decider.common import returned, voided
from services.agreement.decider.reasons import LEFT_ROSTER
from services.agreement.facts import Facts
from services.agreement.state import Agreements, Known, Offer, ProposalStatus, Status

REMOVED = "removed"


def end_unfinished(state: Agreements, facts: Facts) -> list[Any]:
    """Everything that was still to be answered, reviewed, sealed or attested; nothing for who is enrolled again."""
    if facts.graduate is not None:
        return []
    open_proposals = [each.id for each in state.proposals.values() if each.status == ProposalStatus.OPEN]
    open_offers = [each.id for each in state.offers.values() if each.status == Status.OPEN]
    locked = state.locked
    return [
        *(e.DraftDiscarded(draft) for draft in state.drafts),
        *(e.ProposalLapsed(proposal, LEFT_ROSTER) for proposal in open_proposals),
        *(e.OfferLapsed(offer, LEFT_ROSTER) for offer in open_offers),
        *([come_to_nothing(locked)] if locked is not None and locked.status != Status.EFFECTIVE else []),
    ]


def come_to_nothing(thing: Known, *, reviewed: bool = False) -> Any:
    """The end of what binds a graduate and has not taken effect; `reviewed`: its review is over."""
    if isinstance(thing, Offer):
        waits = thing.status == Status.ACCEPTED and not reviewed
        return returned(thing, LEFT_ROSTER, REMOVED, in_review=waits)
    return voided(thing, LEFT_ROSTER, reviewed=reviewed)
