"""Whom an employer learns the name of without having known it: who proposed to sign with it (DOMAIN 1.1). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.messages import Recorded

_ENDS = ("agreement.ProposalWithdrawn", "agreement.ProposalRefused", "agreement.ProposalLapsed")


def proposed_to(employer_id: str, history: Sequence[Recorded], now: datetime) -> bool:
    """Whether a proposal of the graduate waits for this employer, or was answered by an offer of it."""
    waiting: dict[str, datetime] = {}
    for recorded in history:
        data = recorded.data
        if recorded.type == "agreement.SigningProposed" and data["employer_id"] == employer_id:
            waiting[data["proposal_id"]] = datetime.fromisoformat(data["respond_by"])
        elif recorded.type in _ENDS:
            waiting.pop(data["proposal_id"], None)
        elif recorded.type == "agreement.OfferSent" and data.get("proposal_id") in waiting:
            return True
    return any(now < respond_by for respond_by in waiting.values())
