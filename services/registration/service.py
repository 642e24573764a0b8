"""Registrations over AMQP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.registration import decider, policy, read_model, schemas
from services.registration.cases import cases_of
from services.registration.decider import HANDLING, last_day_for
from services.registration.events import Destination
from services.registration.facts import graduate_of, scope_of
from services.registration.requirements import Graduate, doubts_of
from services.registration.state import Registrations
from shared.access import Role, Subject, check
from shared.clock import day_of
from shared.codec import to_json
from shared.codes.pay import yuan
from shared.dependencies import ClockProvider, FreeWordsProvider, Log, NamesProvider, Rows
from shared.entrypoints import command, query, subscribe
from shared.handling import Answer, Streams, fold, handle, react
from shared.messages import Meta, Recorded
from shared.paging import after, page_of


@dataclass(frozen=True, slots=True)
class Doubted(Answer):
    """An answer, and what is odd about the destination that was taken."""

    warnings: Sequence[Mapping[str, str]] = ()

    def to_json(self) -> dict[str, Any]:
        return {**Answer.to_json(self), "warnings": list(self.warnings)}


class RegistrationService:
    """RPC service `registration`."""

    name = "registration"
    log = Log()
    rows = Rows("registration")
    clock = ClockProvider()
    names = NamesProvider()
    words = FreeWordsProvider()

    @command(schemas.RegisterDestination)
    def register_destination(self, command: decider.RegisterDestination, meta: Meta) -> Answer:
        return _with_doubts(handle(self.log, HANDLING, command, meta), command.destination)

    @command(schemas.WithdrawRegistration)
    def withdraw_registration(self, command: decider.WithdrawRegistration, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.RequestVoid)
    def request_void(self, command: decider.RequestVoid, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, self.words.seal(command, "reason"), meta)

    @command(schemas.FileDestination)
    def file_destination(self, command: decider.FileDestination, meta: Meta) -> Answer:
        return _with_doubts(handle(self.log, HANDLING, command, meta), command.destination)

    @command(schemas.ImportDestination)
    def import_destination(self, command: decider.ImportDestination, meta: Meta) -> Answer:
        return _with_doubts(handle(self.log, HANDLING, command, meta), command.destination)

    @command(schemas.ConfirmFiling)
    def confirm_filing(self, command: decider.ConfirmFiling, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.RejectFiling)
    def reject_filing(self, command: decider.RejectFiling, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, self.words.seal(command, "reason"), meta)

    @command(schemas.ConfirmLeaving)
    def confirm_leaving(self, command: decider.ConfirmLeaving, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @subscribe(policy.REACTIONS)
    def react(self, event: Recorded) -> None:
        react(self.log, HANDLING, policy.REACTIONS, event, self.clock.now())

    @query(schemas.GetRegistration)
    def get_registration(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        streams, graduate, state = self._own(query.graduate_id)
        # The school that removed somebody still sees what became of it.
        scope = scope_of(streams[f"graduate-{query.graduate_id}"])
        subject = Subject(scope=scope, graduate_id=query.graduate_id)
        check(meta.action, meta.actor, subject)
        last = _last_day(query.graduate_id, state, streams, graduate)
        shown = {
            "graduate_id": query.graduate_id,
            "pending": _shown(state.pending),
            "registered": _shown(state.registered),
            "void_id": state.void_id,
            "filed": _shown(state.filed),
            "filing_open": state.filed is not None and last is not None and day_of(meta.now) <= last,
            "leaving": to_json(state.leaving),
            "void_returned": state.void_returned,
            "register_until": to_json(last),
            "warnings": [
                doubt
                for record in (state.pending or state.filed, state.registered)
                if record is not None
                for doubt in _doubts(record.destination)
            ],
            "history": [_shown(past) for past in state.history],
            "steps": [_step(recorded) for recorded in streams[f"registration-{query.graduate_id}"]],
        }
        (shown,) = self.words.opened([shown], meta)
        # Who asks about oneself knows the name.
        return shown if meta.actor.role == Role.GRADUATE else dict(self.names.add_to([shown], meta)[0])

    @query(schemas.ListOwnCases)
    def list_own_cases(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(graduate_id=query.graduate_id))
        streams, graduate, state = self._own(query.graduate_id)
        last = _last_day(query.graduate_id, state, streams, graduate)
        known = cases_of(state, last, day_of(meta.now))
        page = self.words.opened(page_of(known, query.after, query.limit), meta, query.graduate_id)
        return {
            "cases": page,
            "total": len(known),
            "register_until": to_json(last),
            "after": after(page, query.limit, "id"),
        }

    def _own(self, graduate_id: str) -> tuple[Streams, Graduate | None, Registrations]:
        own = f"registration-{graduate_id}"
        streams = self.log.read([own, *HANDLING.reads(schemas.OfGraduate(graduate_id=graduate_id))])
        return streams, graduate_of(streams[f"graduate-{graduate_id}"]), fold(HANDLING, streams[own])

    @query(schemas.ListRegistrations)
    def list_registrations(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_registrations(
                connection, query.scope, query.class_year, query.code, query.state, query.after, query.limit
            )
        rows = [{name: to_json(value) for name, value in row.items()} for row in page]
        shown = self.names.add_to(self.words.opened(rows, meta), meta)
        return {"registrations": shown, "after": after(page, query.limit, "registration_id")}


def _shown(record: Any) -> Any:
    """A registration as JSON, its pay by the hour in yuan."""
    shown = to_json(record)
    if shown is not None and "hourly_pay" in shown["destination"]:
        shown["destination"]["hourly_pay"] = yuan(shown["destination"]["hourly_pay"])
    return shown


def _last_day(graduate_id: str, state: Registrations, streams: Streams, graduate: Graduate | None) -> date | None:
    """Until when this graduate registers, or confirms what waits; None for who is on no roster."""
    if graduate is None:
        return None
    filing_id = state.filed.filing_id if state.filed else ""
    facts = HANDLING.facts(decider.ConfirmFiling(graduate_id, filing_id), streams)
    return last_day_for(state, facts, graduate)


def _with_doubts(answer: Answer, destination: Destination) -> Doubted:
    return Doubted(answer.id, answer.version, answer.position, answer.made, _doubts(destination))


def _doubts(destination: Destination) -> list[dict[str, str]]:
    """What the graduate and the office that reviews should look at once more."""
    return [
        {"field": f"destination.{field}", "code": doubt.code, "zh": doubt.zh, "en": doubt.en}
        for field, doubt in doubts_of(destination).items()
    ]


def _step(recorded: Recorded) -> dict[str, Any]:
    return {
        "what": recorded.type,
        "role": recorded.event.actor.role,
        "at": to_json(recorded.event.occurred_at),
        "registration_id": recorded.data.get("registration_id"),
        "reason": recorded.data.get("reason") or recorded.data.get("cause"),
    }
