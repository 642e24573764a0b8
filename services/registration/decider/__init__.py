"""Decisions about destinations: registering, withdrawing, voiding, and following agreements (DOMAIN 1.5, 5.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.registration import events as e
from services.registration.decider import following, leaving, registering, reviewing
from services.registration.decider.commands import (
    ConfirmFiling,
    ConfirmLeaving,
    EndUnfinished,
    FailReview,
    FileDestination,
    ImportDestination,
    PassReview,
    RegisterDestination,
    RegisterFromAgreement,
    RejectFiling,
    RenumberAgreement,
    ReopenRegistration,
    RequestVoid,
    ResetLeaving,
    WithdrawRegistration,
)
from services.registration.decider.common import LEFT_ROSTER, last_day_for
from services.registration.decider.leaving import ARCHIVES
from services.registration.decider.reasons import NO_GRADUATE
from services.registration.facts import Facts, facts_of, graduate_of
from services.registration.state import INITIAL, Registrations, evolve
from shared.access import Subject, school_stream
from shared.handling import Handling, Streams
from shared.messages import Meta, lane_of

__all__ = [
    "ARCHIVES",
    "HANDLING",
    "LEFT_ROSTER",
    "NO_GRADUATE",
    "ConfirmFiling",
    "ConfirmLeaving",
    "EndUnfinished",
    "FailReview",
    "FileDestination",
    "ImportDestination",
    "PassReview",
    "RegisterDestination",
    "RegisterFromAgreement",
    "RejectFiling",
    "RenumberAgreement",
    "ReopenRegistration",
    "RequestVoid",
    "ResetLeaving",
    "WithdrawRegistration",
    "decide",
    "last_day_for",
]


def decide(command: Any, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, Invalid, NotFound."""
    match command:
        case RegisterDestination():
            return registering.register(command, state, facts, meta)
        case WithdrawRegistration():
            return reviewing.withdraw(command, state)
        case RequestVoid():
            return reviewing.request_void(command, state, facts, meta)
        case FileDestination():
            return registering.file(command, state, facts, meta)
        case ImportDestination():
            return registering.import_(command, state, facts, meta)
        case ConfirmFiling():
            return registering.confirm_filing(command, state, facts, meta)
        case RejectFiling():
            return registering.reject_filing(command, state)
        case ConfirmLeaving():
            return leaving.confirm(command, state, facts)
        case ResetLeaving():
            return leaving.reset_by_roster(command, state)
        case EndUnfinished():
            return leaving.end_unfinished(state, facts, meta)
        case RegisterFromAgreement():
            return following.register(command, state, facts, meta)
        case RenumberAgreement():
            return following.renumber(command, state)
        case ReopenRegistration():
            return following.reopen(command, state, facts, meta)
        case PassReview():
            return reviewing.passed(command, state, facts, meta)
        case FailReview():
            return reviewing.failed(command, state, facts, meta)
    raise AssertionError(command)


# What a graduate registers by: first the basic data are confirmed.
_CONFIRMED = (RegisterDestination, ConfirmFiling)
# What makes a registration keeps the settings of today for it.
_MAKING = (RegisterDestination, FileDestination, ImportDestination, RegisterFromAgreement)
_NAMED = ("registration_id", "filing_id", "subject_id", "agreement_id")


def _about(command: Any) -> frozenset[str]:
    """The ids of what a command is about: a registration, a filing, a void request or an agreement; none when it makes one."""
    if isinstance(command, _MAKING):
        return frozenset()
    return frozenset(given for name in _NAMED if (given := getattr(command, name, None)) is not None)


def _facts(command: Any, streams: Streams) -> Facts:
    return facts_of(command.graduate_id, streams, about=_about(command), evidence=getattr(command, "evidence", ()))


def _then_reads(command: Any, streams: Streams) -> list[str]:
    """Whose school it is, the roster says; its settings say who reviews."""
    if not isinstance(command, (RegisterDestination, FileDestination, ImportDestination)):
        return []
    graduate = graduate_of(streams[f"graduate-{command.graduate_id}"])
    return [school_stream(graduate.scope)] if graduate else []


def _subject(command: Any, state: Registrations, facts: Facts) -> Subject:
    # An office that asks again about who was removed since is answered as it was.
    return Subject(scope=facts.graduate.scope if facts.graduate else facts.left, graduate_id=command.graduate_id)


def _found(command: Any, state: Registrations) -> Mapping[str, str]:
    """What was filled in, or imported, the same before."""
    if isinstance(command, FileDestination) and state.filed is not None:
        return {"filing_id": state.filed.filing_id}
    if isinstance(command, ImportDestination) and state.registered is not None:
        return {"registration_id": state.registered.registration_id}
    return {}


HANDLING = Handling[Registrations](
    codec=e.CODEC,
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"registration-{command.graduate_id}",
    reads=lambda command: [
        f"graduate-{command.graduate_id}",
        f"agreement-{command.graduate_id}",
        f"province-{lane_of(command.graduate_id)}",
        *([f"basic_data-{command.graduate_id}"] if isinstance(command, _CONFIRMED) else []),
        *(f"evidence-{each}" for each in getattr(command, "evidence", ())),
    ],
    facts=_facts,
    subject=_subject,
    then_reads=_then_reads,
    found=_found,
)
