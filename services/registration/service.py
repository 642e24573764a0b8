"""Registrations over AMQP."""

from __future__ import annotations

from typing import Any

from services.registration import decider, policy, read_model, schemas
from services.registration.decider import HANDLING, scope_of
from shared.access import Subject, check
from shared.codec import to_json
from shared.dependencies import ClockProvider, Log, Rows
from shared.entrypoints import command, query, subscribe
from shared.handling import Answer, fold, handle, react
from shared.messages import Meta, Recorded


class RegistrationService:
    """RPC service `registration`."""

    name = "registration"
    log = Log()
    rows = Rows("registration")
    clock = ClockProvider()

    @command(schemas.RegisterDestination)
    def register_destination(self, command: decider.RegisterDestination, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.WithdrawRegistration)
    def withdraw_registration(self, command: decider.WithdrawRegistration, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.RequestVoid)
    def request_void(self, command: decider.RequestVoid, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.FileDestination)
    def file_destination(self, command: decider.FileDestination, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.ImportDestination)
    def import_destination(self, command: decider.ImportDestination, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.ConfirmFiling)
    def confirm_filing(self, command: decider.ConfirmFiling, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.RejectFiling)
    def reject_filing(self, command: decider.RejectFiling, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.ConfirmLeaving)
    def confirm_leaving(self, command: decider.ConfirmLeaving, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @subscribe(policy.REACTIONS)
    def react(self, event: Recorded) -> None:
        react(self.log, HANDLING, policy.REACTIONS, event, self.clock.now())

    @query(schemas.GetRegistration)
    def get_registration(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        own, roster = f"registration-{query.graduate_id}", f"graduate-{query.graduate_id}"
        streams = self.log.read([own, roster])
        # The school that removed somebody still sees what became of it.
        subject = Subject(scope=scope_of(streams[roster]), graduate_id=query.graduate_id)
        check(meta.action, meta.actor, subject)
        state = fold(HANDLING, streams[own])
        return {
            "graduate_id": query.graduate_id,
            "pending": to_json(state.pending),
            "registered": to_json(state.registered),
            "void_id": state.void_id,
            "filed": to_json(state.filed),
            "leaving": to_json(state.leaving),
            "void_returned": state.void_returned,
            "history": to_json(state.history),
            "steps": [_step(recorded) for recorded in streams[own]],
        }

    @query(schemas.ListRegistrations)
    def list_registrations(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_registrations(
                connection, query.scope, query.class_year, query.code, query.state, query.after, query.limit
            )
        shown = [{name: to_json(value) for name, value in row.items()} for row in page]
        return {"registrations": shown, "after": shown[-1]["registration_id"] if len(shown) == query.limit else None}


def _step(recorded: Recorded) -> dict[str, Any]:
    return {
        "what": recorded.type,
        "role": recorded.event.actor.role,
        "at": to_json(recorded.event.occurred_at),
        "registration_id": recorded.data.get("registration_id"),
        "reason": recorded.data.get("reason") or recorded.data.get("cause"),
    }
