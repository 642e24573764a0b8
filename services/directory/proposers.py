"""Whom an employer learns the name of without having known it: who proposed to sign with it (DOMAIN 1.1). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from shared.messages import Recorded

_ENDS = ("agreement.ProposalWithdrawn", "agreement.ProposalRefused", "agreement.ProposalLapsed")


def proposed_to(employer_id: str, history: Sequence[Recorded]) -> bool:
    """Whether a proposal of the graduate waits for this employer, or was answered by an offer of it."""
    proposed: set[str] = set()
    for recorded in history:
        if recorded.type == "agreement.SigningProposed" and recorded.data["employer_id"] == employer_id:
            proposed.add(recorded.data["proposal_id"])
        elif recorded.type in _ENDS:
            proposed.discard(recorded.data["proposal_id"])
    return bool(proposed)
