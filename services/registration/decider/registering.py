"""A destination is registered by the graduate, filled in by an office and confirmed, or imported."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.registration import events as e
from services.registration.decider import reasons as no
from services.registration.decider.commands import (
    ConfirmFiling,
    FileDestination,
    ImportDestination,
    RegisterDestination,
    RejectFiling,
)
from services.registration.decider.common import check_unsigned, last_day_for
from services.registration.facts import CONFIRMED, DISPUTED, Facts
from services.registration.requirements import (
    Graduate,
    check_destination,
    check_evidence,
    check_for,
    check_imported,
    check_unit_and_day,
    same_whereabouts,
    warnings_of,
)
from services.registration.state import Registrations
from shared.clock import day_of
from shared.codes.destination import destinations_of
from shared.codes.uscc import confirming_chain
from shared.messages import Meta, lane_of, new_id

IMPORTED = "import"


def register(command: RegisterDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """The graduate registers."""
    graduate, destination = _check_new(command, state, facts, meta)
    return [
        e.RegistrationSubmitted(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            destination=destination,
            evidence=command.evidence,
            min_chain=_min_chain(destination, graduate.class_year),
            warnings=warnings_of(destination),
            province_version=facts.province_version,
            school_version=facts.school_version,
        )
    ]


def _min_chain(destination: e.Destination, class_year: int) -> tuple[str, ...]:
    """The offices that must look at it: those of its category, and who confirms what is in doubt."""
    asked = destinations_of(class_year)[destination.code].min_chain
    return tuple(dict.fromkeys((*asked, *confirming_chain(destination.uscc))))


def file(command: FileDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """代填 by an office; the same again changes nothing."""
    graduate, destination = _check_new(command, state, facts, meta)
    filed = e.DestinationFiled(
        filing_id=new_id(lane_of(command.graduate_id), meta.command_id, "filing"),
        graduate_id=command.graduate_id,
        scope=graduate.scope,
        class_year=graduate.class_year,
        destination=destination,
        filed_by=meta.actor.id,
        evidence=command.evidence,
        province_version=facts.province_version,
        school_version=facts.school_version,
    )
    known = state.filed
    same = known is not None and (known.destination, known.evidence) == (filed.destination, filed.evidence)
    return [] if same else [filed]


def confirm_filing(command: ConfirmFiling, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """The graduate confirms what an office filled in."""
    filed = state.filed
    if filed is None or filed.filing_id != command.filing_id:
        raise no.NO_FILING.error(field="filing_id")
    graduate, destination = _check_new(filed, state, facts, meta)
    return [
        e.RegistrationSubmitted(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            destination=destination,
            evidence=filed.evidence,
            filing_id=filed.filing_id,
            min_chain=_min_chain(destination, graduate.class_year),
            warnings=warnings_of(destination),
            province_version=filed.province_version,
            school_version=filed.school_version,
        )
    ]


def reject_filing(command: RejectFiling, state: Registrations) -> list[Any]:
    """The graduate denies what an office filled in."""
    if state.filed is None or state.filed.filing_id != command.filing_id:
        raise no.NO_FILING.error(field="filing_id")
    return [e.FilingRejected(command.filing_id, command.graduate_id, command.reason)]


def import_(command: ImportDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """What an older system had collected."""
    graduate = facts.graduate
    if graduate is None:
        raise no.NO_GRADUATE.error(field="graduate_id")
    today, until = day_of(meta.now), facts.settings.imports_until
    if until is None or today > until:
        raise no.IMPORTS_CLOSED.error()
    destination = check_imported(command.destination, graduate.class_year)
    check_unsigned(facts, meta)
    if state.pending is not None:
        raise no.IN_REVIEW.error(registration_id=state.pending.registration_id)
    if state.void_id is not None:
        raise no.VOID_IN_REVIEW.error()
    registered = state.registered
    if registered is not None and registered.source != "agreement":
        if registered.destination == destination:
            return []
        # What the graduate has registered here is newer than anything an older system knows.
        if registered.source != IMPORTED:
            raise no.VOID_FIRST.error(registration_id=registered.registration_id)
    if any(past.ended == "voided" and same_whereabouts(past.destination, destination) for past in state.history):
        raise no.VOIDED_BEFORE.error()
    check_unit_and_day(destination, graduate, today)
    return [
        e.DestinationRegistered(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=graduate.scope,
            class_year=graduate.class_year,
            destination=destination,
            source=IMPORTED,
            province_version=facts.province_version,
            school_version=facts.school_version,
        )
    ]


def _check_new(
    wanted: RegisterDestination | FileDestination | e.DestinationFiled, state: Registrations, facts: Facts, meta: Meta
) -> tuple[Graduate, e.Destination]:
    """Who registers and what, in its normal form."""
    graduate = facts.graduate
    if graduate is None:
        raise no.NO_GRADUATE.error(field="graduate_id")
    # An office fills in for whom it has not reached; the graduate confirms both.
    if not isinstance(wanted, FileDestination):
        _check_confirmed(facts)
    today = day_of(meta.now)
    _check_day(state, facts, graduate, today)
    destination = check_destination(wanted.destination, graduate.class_year)
    check_unsigned(facts, meta)
    if state.pending is not None:
        raise no.IN_REVIEW.error(registration_id=state.pending.registration_id)
    # Who is not signed has no agreement that stands: what came from one is about to be re-opened.
    if state.placed and state.registered is not None and state.registered.source != "agreement":
        raise no.VOID_FIRST.error(registration_id=state.registered.registration_id)
    check_for(destination, graduate, today)
    # What is merely filled in is checked again, with its evidence, when the graduate confirms it.
    required = facts.settings.evidence_required and not isinstance(wanted, FileDestination)
    if not isinstance(wanted, e.DestinationFiled):
        check_evidence(
            destination, graduate.class_year, wanted.evidence, facts.evidence, wanted.graduate_id, required=required
        )
    elif required:
        check_evidence(
            destination, graduate.class_year, (), facts.evidence, wanted.graduate_id, required=not wanted.evidence
        )
    return graduate, destination


def _check_confirmed(facts: Facts) -> None:
    if facts.basic_data == DISPUTED:
        raise no.DISPUTE_OPEN.error()
    if facts.basic_data != CONFIRMED:
        raise no.CONFIRM_FIRST.error()


def _check_day(state: Registrations, facts: Facts, graduate: Graduate, today: date) -> None:
    """Who became free after the last day, or shortly before it, is not left unregistered for good."""
    last = last_day_for(state, facts, graduate)
    if today > last:
        raise no.REGISTERING_OVER.error(day=last.isoformat())
