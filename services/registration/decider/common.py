"""What deciding about destinations has in common."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.registration import events as e
from services.registration.decider import reasons as no
from services.registration.facts import Facts
from services.registration.requirements import Graduate
from services.registration.state import Registrations
from shared.clock import day_of
from shared.messages import Meta

# Why a registration ended whose graduate was removed from the roster, and the cause of a re-opening then.
LEFT_ROSTER, REMOVED = "毕业生已移出生源名册", "removed"


def check_unsigned(facts: Facts, meta: Meta) -> None:
    """Nothing binds the graduate. Raises Refused."""
    # What nobody completed in time never takes effect, whenever the sweep writes that down.
    overdue = facts.signed_until is not None and meta.now >= facts.signed_until
    if facts.signed and not overdue:
        raise (no.BOOK_OPEN if facts.on_paper else no.SIGNED).error()


def last_day_for(state: Registrations, facts: Facts, graduate: Graduate) -> date:
    """The last day on which this graduate registers a destination or confirms what was filled in."""
    return facts.settings.deadlines(graduate.class_year).register_until(facts.freed_on, state.register_until)


def register_until(facts: Facts, meta: Meta) -> date | None:
    """Until when a graduate registers what follows a destination that ends today; None when nobody is known."""
    graduate = facts.graduate
    return None if graduate is None else facts.settings.deadlines(graduate.class_year).reopened_until(day_of(meta.now))


def with_void_ended(registered: e.DestinationRegistered, state: Registrations) -> list[Any]:
    """The registration, after the end of a void request about the one that it supersedes."""
    before = state.registered
    if state.void_id is None or before is None:
        return [registered]
    return [e.VoidSuperseded(state.void_id, before.registration_id, registered.graduate_id), registered]


def reset(state: Registrations, cause: str) -> list[Any]:
    """What was confirmed before leaving holds no more."""
    leaving = state.leaving
    return [] if leaving is None else [e.LeavingReset(leaving.graduate_id, leaving.registration_id, cause)]
