"""A graduate's own registrations in one list: how each stands, who must act next, and until when. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.registration import events as e
from services.registration.state import Registrations
from shared.codec import to_json


def cases_of(state: Registrations, last: date | None, today: date) -> list[dict[str, Any]]:
    """What was filled in, what is under review, what counts, and what is over, in this order; `last` is the last day."""
    cases: list[dict[str, Any]] = []
    if state.filed is not None:
        open_now = last is not None and today <= last
        turn = ("graduate", last) if open_now else (None, None)
        cases.append(
            _case("filing", state.filed.filing_id, "filed" if open_now else "late", state.filed.destination, turn)
        )
    if state.pending is not None:
        pending = state.pending
        cases.append(_case("registration", pending.registration_id, "pending", pending.destination, ("review", None)))
    if state.registered is not None:
        registered = state.registered
        turn = ("review", None) if state.void_id is not None else (None, None)
        shown = _case("registration", registered.registration_id, "registered", registered.destination, turn)
        cases.append({**shown, "void_id": state.void_id, "reason": state.void_returned})
    for past in reversed(state.history):
        shown = _case("registration", past.registration_id, past.ended, past.destination, (None, None))
        cases.append({**shown, "reason": past.reason})
    return cases


def _case(
    what: str, case_id: str, state: str, destination: e.Destination, turn: tuple[str | None, date | None]
) -> dict[str, Any]:
    who, until = turn
    return {
        "what": what,
        "id": case_id,
        "state": state,
        "code": destination.code,
        "unit_name": destination.unit_name or destination.school_name or destination.foreign_school_name,
        "reason": None,
        "waiting_for": who,
        "until": to_json(until),
    }
