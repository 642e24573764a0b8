"""Agreements over AMQP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from services.agreement import decider, numbers, policy, read_model, schemas
from services.agreement.decider import HANDLING, AttestAgreement, PassReview
from services.agreement.facts import facts_of
from services.agreement.state import Offer, Status
from shared.access import Subject, check
from shared.codec import to_json
from shared.dependencies import ClockProvider, EngineProvider, Log, Rows
from shared.entrypoints import bulk, command, query, subscribe
from shared.handling import Answer, ItemOutcome, fold, handle, handle_many, reaction_meta
from shared.messages import Meta, Recorded

_TAKE_SERIALS = text(
    "INSERT INTO numbering.serials AS known (prefix, last) VALUES (:prefix, :count)"
    " ON CONFLICT (prefix) DO UPDATE SET last = known.last + :count RETURNING last"
)


class AgreementService:
    """RPC service `agreement`."""

    name = "agreement"
    log = Log()
    rows = Rows("agreement")
    engine = EngineProvider()
    clock = ClockProvider()

    @command(schemas.SendOffer)
    def send_offer(self, command: decider.SendOffer, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @bulk(schemas.SendOffer)
    def send_offers(self, commands: Sequence[decider.SendOffer], meta: Meta) -> Sequence[ItemOutcome]:
        return handle_many(self.log, HANDLING, commands, meta)

    @command(schemas.WithdrawOffer)
    def withdraw_offer(self, command: decider.WithdrawOffer, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.RefuseOffer)
    def refuse_offer(self, command: decider.RefuseOffer, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.AcceptOffer)
    def accept_offer(self, command: decider.AcceptOffer, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.AttestAgreement)
    def attest_agreement(self, wanted: schemas.Attestation, meta: Meta) -> Answer:
        (attestation,) = self._numbered([AttestAgreement(wanted.graduate_id, wanted.agreement_id)])
        return handle(self.log, HANDLING, attestation, meta)

    @bulk(schemas.AttestAgreement)
    def attest_agreements(self, wanted: Sequence[schemas.Attestation], meta: Meta) -> Sequence[ItemOutcome]:
        attestations = self._numbered([AttestAgreement(each.graduate_id, each.agreement_id) for each in wanted])
        return handle_many(self.log, HANDLING, attestations, meta)

    @command(schemas.RequestCancellation)
    def request_cancellation(self, command: decider.RequestCancellation, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.WithdrawCancellation)
    def withdraw_cancellation(self, command: decider.WithdrawCancellation, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.AgreeToCancellation)
    def agree_to_cancellation(self, command: decider.AgreeToCancellation, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @command(schemas.RefuseCancellation)
    def refuse_cancellation(self, command: decider.RefuseCancellation, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @subscribe(policy.REACTIONS)
    def react(self, event: Recorded) -> None:
        for intent in policy.REACTIONS[event.type](event):
            (numbered,) = self._numbered([intent.command])
            handle(self.log, HANDLING, numbered, reaction_meta(event, intent.action, self.clock.now()))

    @query(schemas.GetAgreements)
    def get_agreements(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        own, graduate = f"agreement-{query.graduate_id}", f"graduate-{query.graduate_id}"
        streams = self.log.read([own, graduate])
        facts = facts_of(query.graduate_id, None, streams)
        scope = facts.graduate.scope if facts.graduate else None
        check(meta.action, meta.actor, Subject(scope=scope, graduate_id=query.graduate_id))
        state = fold(HANDLING, streams[own])
        return {"graduate_id": query.graduate_id, "offers": [_shown(offer) for offer in state.offers.values()]}

    @query(schemas.ListOffers)
    def list_offers(self, query: schemas.OfEmployer, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(employer_id=query.employer_id))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_offers(connection, query.employer_id, query.state, query.after, query.limit)
        return {"offers": [_row(row) for row in page], "after": _after(page, query.limit)}

    @query(schemas.ListAwaitingAttestation)
    def list_awaiting_attestation(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page, total = read_model.list_awaiting_attestation(connection, query.scope, query.after, query.limit)
        return {"agreements": [_row(row) for row in page], "total": total, "after": _after(page, query.limit)}

    def _numbered(self, commands: Sequence[Any]) -> list[Any]:
        """The commands, with a serial for each that is about to conclude an agreement: one read, one count a prefix.

        A serial that is not used in the end is a gap, like a blank form that was never filled in.
        """
        concluding = [each for each in commands if isinstance(each, (PassReview, AttestAgreement))]
        streams = self.log.read([f"agreement-{each.graduate_id}" for each in concluding]) if concluding else {}
        wanting: dict[str, list[int]] = {}
        for index, each in enumerate(commands):
            history = streams.get(f"agreement-{getattr(each, 'graduate_id', '')}", ())
            offer = fold(HANDLING, history).offers.get(_agreement_of(each))
            if offer is not None and _concludes(each, offer):
                sent = offer.sent
                wanting.setdefault(
                    numbers.prefix(sent.class_year, sent.scope.split("/")[2], offer.education), []
                ).append(index)
        numbered = list(commands)
        for prefix, indexes in wanting.items():
            with self.engine.begin() as connection:
                last = connection.execute(_TAKE_SERIALS, {"prefix": prefix, "count": len(indexes)}).scalar_one()
            for serial, index in enumerate(indexes, last - len(indexes) + 1):
                numbered[index] = replace(numbered[index], serial=serial)
        return numbered


def _agreement_of(command: Any) -> str:
    return str(getattr(command, "agreement_id", None) or getattr(command, "subject_id", ""))


def _concludes(command: Any, offer: Offer) -> bool:
    if isinstance(command, AttestAgreement):
        return offer.status == Status.ATTESTING
    return isinstance(command, PassReview) and offer.status == Status.ACCEPTED and offer.sent.parties == 2


def _shown(offer: Offer) -> dict[str, Any]:
    shown = {**to_json(offer.sent), "state": offer.status.value, "number": offer.number, "reason": offer.reason}
    if offer.cancellation is not None:
        shown["cancellation"] = {**to_json(offer.cancellation.requested), "agreed": offer.cancellation.agreed}
    return shown


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in row.items() if name != "position_in_lane"}


def _after(page: Sequence[Mapping[str, Any]], limit: int) -> str | None:
    return page[-1]["offer_id"] if len(page) == limit else None
