"""A destination follows the agreement that it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.registration import events as e
from services.registration.decider.commands import RegisterFromAgreement, RenumberAgreement, ReopenRegistration
from services.registration.decider.common import register_until, with_void_ended
from services.registration.facts import Facts
from services.registration.state import Registrations
from shared.messages import Meta, lane_of, new_id


def register(command: RegisterFromAgreement, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """An agreement took effect."""
    # Its cancellation may have been told first; then nobody would ever re-open what is registered here.
    if command.agreement_id in facts.cancelled:
        return []
    number = facts.renumbered.get(command.agreement_id, command.destination.agreement_number)
    registered = e.DestinationRegistered(
        registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
        graduate_id=command.graduate_id,
        scope=command.scope,
        class_year=command.class_year,
        # Its book may have been lost and made again before its conclusion was followed here.
        destination=replace(command.destination, agreement_number=number),
        source="agreement",
        agreement_id=command.agreement_id,
        province_version=facts.province_version,
    )
    if state.knows(registered.registration_id):
        return []
    superseded = []
    if state.pending is not None:
        pending = state.pending.registration_id
        superseded = [e.RegistrationSuperseded(pending, command.graduate_id, command.agreement_id)]
    return [*superseded, *with_void_ended(registered, state)]


def renumber(command: RenumberAgreement, state: Registrations) -> list[Any]:
    """A lost book has another number; what is not registered yet is registered under it."""
    registered = state.registered
    if registered is None or registered.agreement_id != command.agreement_id:
        return []
    if registered.destination.agreement_number == command.agreement_number:
        return []
    return [
        e.AgreementRenumbered(
            registered.registration_id, command.graduate_id, command.agreement_id, command.agreement_number
        )
    ]


def reopen(command: ReopenRegistration, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """An agreement was cancelled."""
    graduate_id, agreement_id = command.graduate_id, command.agreement_id
    registered, until = state.registered, register_until(facts, meta)
    if registered is not None and registered.agreement_id == agreement_id:
        return [e.DestinationReopened(registered.registration_id, graduate_id, "agreement_cancelled", until)]
    # Its conclusion may be on its way at this moment, decided before the cancellation: whoever writes second looks again.
    overtaken = agreement_id in facts.concluded and agreement_id not in state.followed
    return [e.AgreementOvertaken(graduate_id, agreement_id, until)] if overtaken else []
