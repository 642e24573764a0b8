"""A graduate's own proposals, offers, agreements and books in one list: how each stands, who acts next, until when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.agreement.state import Agreements, Book, Offer, Proposal, turn_of
from shared import paging
from shared.codec import to_json
from shared.messages import Recorded

_BEGINS = {
    "agreement.SigningProposed": "proposal_id",
    "agreement.OfferSent": "offer_id",
    "agreement.BookApplied": "agreement_id",
    "agreement.PaperSubmitted": "agreement_id",
}


def cases_of(state: Agreements, history: Sequence[Recorded]) -> list[dict[str, Any]]:
    """Every case, the newest first."""
    begun = {
        recorded.data[_BEGINS[recorded.type]]: recorded.event.occurred_at
        for recorded in history
        if recorded.type in _BEGINS
    }
    things: list[Proposal | Offer | Book] = [
        *state.proposals.values(),
        *state.offers.values(),
        *state.books.values(),
    ]
    # Of one moment, the one that was begun last stands first, as in the stream.
    place = {thing_id: index for index, thing_id in enumerate(begun)}
    things.sort(key=lambda thing: place[thing.id], reverse=True)
    return [{**_case(thing), "begun_at": to_json(begun[thing.id])} for thing in things]


def page_of(
    cases: Sequence[dict[str, Any]], waiting_for: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """What follows the case `after`, and how many in all; `waiting_for` keeps those that wait for one side."""

    def asked(case: dict[str, Any]) -> bool:
        return waiting_for in (None, case["waiting_for"])

    return paging.page_of(cases, after, limit, asked), sum(map(asked, cases))


def _case(thing: Proposal | Offer | Book) -> dict[str, Any]:
    who, until = turn_of(thing)
    shown: dict[str, Any] = {
        "id": thing.id,
        "state": thing.status.value,
        "employer_id": thing.employer_id,
        "reason": thing.reason,
        "waiting_for": who,
        "until": to_json(until),
    }
    if isinstance(thing, Proposal):
        return {"what": "proposal", **shown, "unit_name": thing.proposed.employer_name, "number": None}
    asked = thing.cancellation.requested if thing.cancellation else None
    return {
        "what": "offer" if isinstance(thing, Offer) else "book",
        **shown,
        "unit_name": thing.unit,
        "number": thing.number,
        "cancellation_id": asked.cancellation_id if asked else None,
    }
