"""What a graduate confirms before leaving the school, and what ends when the roster does not hold one any more."""

from __future__ import annotations

from typing import Any

from services.registration import events as e
from services.registration.decider import reasons as no
from services.registration.decider.commands import ConfirmLeaving, ResetLeaving
from services.registration.decider.common import LEFT_ROSTER, REMOVED, reset
from services.registration.facts import Facts
from services.registration.state import Registrations
from services.registration.transfers import transfer_number
from shared.clock import day_of
from shared.messages import Meta

KEPT_BY_SCHOOL = "kept"
ARCHIVES = ("unit", "talent_service", "school", "home_region", KEPT_BY_SCHOOL)


def confirm(command: ConfirmLeaving, state: Registrations, facts: Facts) -> list[Any]:
    """离校确认; the same again changes nothing."""
    registered = state.registered
    if facts.graduate is None:
        raise no.NO_GRADUATE.error(field="graduate_id")
    if registered is None:
        raise no.NOT_REGISTERED.error()
    if state.void_id is not None:
        raise no.VOID_IN_REVIEW.error()
    archive, household = command.archive, command.household
    if archive.kind != KEPT_BY_SCHOOL and (archive.recipient is None or archive.address is None):
        raise no.RECIPIENT_NEEDED.error(field="archive.recipient")
    if household.moves and household.address is None:
        raise no.ADDRESS_NEEDED.error(field="household.address")
    confirmed = e.LeavingConfirmed(
        graduate_id=command.graduate_id,
        registration_id=registered.registration_id,
        archive=archive,
        household=household,
        roster_version=facts.roster_version,
        transfer_number=_transfer_number(registered, archive),
        verification_authorised=command.verification_authorised,
    )
    return [] if state.leaving == confirmed else [confirmed]


def reset_by_roster(command: ResetLeaving, state: Registrations) -> list[Any]:
    """The roster says something else than when the graduate confirmed."""
    known = state.leaving
    stale = known is not None and known.roster_version < command.roster_version
    return reset(state, "roster_corrected") if stale else []


def _transfer_number(registered: e.DestinationRegistered, archive: e.Archive) -> str | None:
    if archive.kind == KEPT_BY_SCHOOL:
        return None
    _, _, school, *_ = registered.scope.split("/")
    return transfer_number(registered.class_year, school, registered.registration_id, archive)


def end_unfinished(state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """Who is enrolled again keeps what there is; what came from an agreement ends with that agreement."""
    if facts.graduate is not None:
        return []
    events: list[Any] = []
    if state.pending is not None:
        pending = state.pending
        events.append(e.RegistrationWithdrawn(pending.registration_id, pending.graduate_id, LEFT_ROSTER))
    registered = state.registered
    if registered is None or registered.source == "agreement":
        return events
    if state.void_id is not None:
        events.append(e.VoidSuperseded(state.void_id, registered.registration_id, registered.graduate_id))
    # Whoever was removed by mistake registers anew, after the last day too.
    until = facts.settings.deadlines(registered.class_year).reopened_until(day_of(meta.now))
    return [*events, e.DestinationReopened(registered.registration_id, registered.graduate_id, REMOVED, until)]
