"""What time has ended and no sweep has written yet: shown as it is, and written before what it makes way for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.agreement import events as e
from services.agreement.decider import cancelling, offers, proposals, signing
from services.agreement.decider import commands as c
from services.agreement.state import Agreements, Known, evolve
from shared.messages import Meta


def as_of(state: Agreements, meta: Meta) -> Agreements:
    """The same as if everything whose time is over had been swept at this moment."""
    for event in (*_completions(state, meta), *_answers(state, meta)):
        state = evolve(state, event)
    return _cancellations_lapsed(state, meta)


def overdue(state: Agreements, meta: Meta) -> list[e.AgreementReturned]:
    """The end of what nobody sealed or attested in time: it binds the graduate no more, whenever the sweep comes."""
    return list(_completions(state, meta))


def _completions(state: Agreements, meta: Meta) -> Iterator[Any]:
    for offer in state.offers.values():
        yield from signing.lapse_completion(c.LapseCompletion(offer.sent.graduate_id, offer.id), state, meta)


def _answers(state: Agreements, meta: Meta) -> Iterator[Any]:
    for offer in state.offers.values():
        yield from offers.lapse(c.LapseOffer(offer.sent.graduate_id, offer.id), state, meta)
    for proposal in state.proposals.values():
        yield from proposals.lapse(c.LapseProposal(proposal.proposed.graduate_id, proposal.id), state, meta)


def _cancellations_lapsed(state: Agreements, meta: Meta) -> Agreements:
    every: tuple[Known, ...] = (*state.offers.values(), *state.books.values())
    for known in every:
        if cancelling.lapsed(known, meta.now):
            assert known.cancellation is not None
            state = evolve(state, e.CancellationLapsed(known.cancellation.requested.cancellation_id, known.id))
    return state
