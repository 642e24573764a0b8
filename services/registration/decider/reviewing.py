"""What is under review is withdrawn, passed or returned; and a void is asked for."""

from __future__ import annotations

from typing import Any

from services.registration import events as e
from services.registration.decider import reasons as no
from services.registration.decider.commands import FailReview, PassReview, RequestVoid, WithdrawRegistration
from services.registration.decider.common import LEFT_ROSTER, register_until, reset, with_void_ended
from services.registration.facts import Facts
from services.registration.state import Registrations
from shared.clock import day_of
from shared.messages import Meta, lane_of, new_id


def withdraw(command: WithdrawRegistration, state: Registrations) -> list[Any]:
    """What is under review is taken back."""
    if state.ended(command.registration_id) == "withdrawn":
        return []
    if state.pending is None or state.pending.registration_id != command.registration_id:
        raise no.NOT_PENDING.error(field="registration_id")
    return [e.RegistrationWithdrawn(command.registration_id, command.graduate_id)]


def request_void(command: RequestVoid, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """The graduate asks to have what is registered voided."""
    registered = state.registered
    if registered is None or registered.registration_id != command.registration_id:
        raise no.NOTHING_REGISTERED.error(field="registration_id")
    if registered.source == "agreement":
        raise no.CANCEL_FIRST.error()
    if state.void_id is not None:
        raise no.VOID_IN_REVIEW.error()
    last = facts.settings.deadlines(registered.class_year).changes
    if day_of(meta.now) > last:
        raise no.DEADLINE_OVER.error(day=last.isoformat())
    return [
        e.VoidRequested(
            void_id=new_id(lane_of(command.graduate_id), meta.command_id, "void"),
            registration_id=command.registration_id,
            graduate_id=command.graduate_id,
            scope=registered.scope,
            class_year=registered.class_year,
            reason=command.reason,
            province_version=registered.province_version,
            school_version=registered.school_version,
        ),
        *reset(state, "void_requested"),
    ]


def passed(command: PassReview, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """A registration or a void request passed its review."""
    if command.kind == "void":
        if state.registered is None or state.void_id != command.subject_id:
            return []
        until = register_until(facts, meta)
        return [e.DestinationReopened(state.registered.registration_id, command.graduate_id, "voided", until)]
    pending = state.pending
    if pending is None or pending.registration_id != command.subject_id:
        return []
    if facts.graduate is None:
        return [e.RegistrationWithdrawn(pending.registration_id, pending.graduate_id, LEFT_ROSTER)]
    registered = e.DestinationRegistered(
        registration_id=pending.registration_id,
        graduate_id=pending.graduate_id,
        scope=pending.scope,
        class_year=pending.class_year,
        destination=pending.destination,
        source="direct",
        province_version=pending.province_version,
        school_version=pending.school_version,
    )
    return with_void_ended(registered, state)


def failed(command: FailReview, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """A registration or a void request was returned by its review."""
    if command.kind == "void":
        if state.registered is None or state.void_id != command.subject_id:
            return []
        registration_id = state.registered.registration_id
        return [e.VoidReturned(command.subject_id, registration_id, command.graduate_id, command.reason)]
    if state.pending is None or state.pending.registration_id != command.subject_id:
        return []
    until = register_until(facts, meta)
    return [e.RegistrationReturned(command.subject_id, command.graduate_id, command.reason, until)]
