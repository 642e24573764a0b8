"""The decisions about offers, agreements and cancellations of one graduate. Pure.

`commands` says what may be asked, `state` folds the stream, `facts` reads other contexts' streams, `decide` holds the rules.
"""

from services.agreement.decider.commands import (
    AcceptOffer,
    AgreeToCancellation,
    AttestAgreement,
    FailReview,
    LapseCancellation,
    LapseOffer,
    PassReview,
    RefuseCancellation,
    RefuseOffer,
    RequestCancellation,
    SendOffer,
    WithdrawCancellation,
    WithdrawOffer,
    stream,
)
from services.agreement.decider.decide import HANDLING, decide
from services.agreement.decider.facts import Facts, Graduate, facts
from services.agreement.decider.reasons import CANCELLATION_REASONS, NO_GRADUATE
from services.agreement.decider.state import INITIAL, Cancellation, Offer, State, evolve

__all__ = [
    "CANCELLATION_REASONS",
    "HANDLING",
    "INITIAL",
    "NO_GRADUATE",
    "AcceptOffer",
    "AgreeToCancellation",
    "AttestAgreement",
    "Cancellation",
    "Facts",
    "FailReview",
    "Graduate",
    "LapseCancellation",
    "LapseOffer",
    "Offer",
    "PassReview",
    "RefuseCancellation",
    "RefuseOffer",
    "RequestCancellation",
    "SendOffer",
    "State",
    "WithdrawCancellation",
    "WithdrawOffer",
    "decide",
    "evolve",
    "facts",
    "stream",
]
