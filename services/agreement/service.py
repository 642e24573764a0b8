"""Agreements over AMQP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from services.agreement import decider, numbers, operation_codes, policy, read_model, schemas
from services.agreement.cases import cases_of, page_of
from services.agreement.decider import HANDLING, AttestAgreement, as_of
from services.agreement.decider.numbering import prefix_wanted, with_serial
from services.agreement.decider.reasons import CODE_NEEDED
from services.agreement.facts import employer_of, graduate_of, last_scope, standing_of
from services.agreement.state import Book, Known, Offer, PastCancellation, Proposal, ProposalStatus, Status, turn_of
from shared.access import Role, Subject, check
from shared.codec import to_json
from shared.dependencies import ClockProvider, EngineProvider, FreeWordsProvider, Log, NamesProvider, OffTheHub, Rows
from shared.entrypoints import bulk, command, query, subscribe
from shared.errors import Conflict, Invalid
from shared.handling import Answer, ItemOutcome, fold, handle, handle_many, reaction_meta
from shared.messages import Meta, Recorded
from shared.paging import after

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
    off_the_hub = OffTheHub()
    names = NamesProvider()
    words = FreeWordsProvider()

    @command(schemas.SetOperationCode)
    def set_operation_code(self, command: decider.SetOperationCode, meta: Meta) -> Answer:
        answer = self._coded(command, meta, self._plainly)
        # A repeat comes here too, so that an answer always means that the code is kept.
        hashed = self.off_the_hub(operation_codes.hashed, command.new_code)
        operation_codes.keep(self.engine, command.graduate_id, answer.version, hashed)
        return answer

    @command(schemas.ResetOperationCode)
    def reset_operation_code(self, command: decider.ResetOperationCode, meta: Meta) -> Answer:
        answer = handle(self.log, HANDLING, command, meta)
        operation_codes.keep(self.engine, command.graduate_id, answer.version, None)
        return answer

    @command(schemas.ProposeSigning)
    def propose_signing(self, command: decider.ProposeSigning, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.WithdrawProposal)
    def withdraw_proposal(self, command: decider.WithdrawProposal, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.RefuseProposal)
    def refuse_proposal(self, command: decider.RefuseProposal, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.SendOffer)
    def send_offer(self, command: decider.SendOffer, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @bulk(schemas.SendOffer)
    def send_offers(self, commands: Sequence[decider.SendOffer], meta: Meta) -> Sequence[ItemOutcome]:
        return handle_many(self.log, HANDLING, self.words.seal_each(commands, *_FREE_WORDS), meta)

    @command(schemas.SaveDraft)
    def save_draft(self, command: decider.SaveDraft, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.DiscardDraft)
    def discard_draft(self, command: decider.DiscardDraft, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.SendDraft)
    def send_draft(self, command: decider.SendDraft, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.EditOffer)
    def edit_offer(self, command: decider.EditOffer, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.WithdrawOffer)
    def withdraw_offer(self, command: decider.WithdrawOffer, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.RefuseOffer)
    def refuse_offer(self, command: decider.RefuseOffer, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.AcceptOffer)
    def accept_offer(self, command: decider.AcceptOffer, meta: Meta) -> Answer:
        return self._coded(command, meta, self._binding)

    @command(schemas.SealAgreement)
    def seal_agreement(self, command: decider.SealAgreement, meta: Meta) -> Answer:
        (numbered,) = self._numbered([command])
        return handle(self.log, HANDLING, numbered, meta)

    @command(schemas.AttestAgreement)
    def attest_agreement(self, wanted: schemas.Attestation, meta: Meta) -> Answer:
        (attestation,) = self._numbered(
            [AttestAgreement(wanted.graduate_id, wanted.agreement_id, remark=wanted.remark)]
        )
        return self._plainly(attestation, meta)

    @bulk(schemas.AttestAgreement)
    def attest_agreements(self, wanted: Sequence[schemas.Attestation], meta: Meta) -> Sequence[ItemOutcome]:
        attestations = self._numbered(
            [AttestAgreement(each.graduate_id, each.agreement_id, remark=each.remark) for each in wanted]
        )
        return handle_many(self.log, HANDLING, self.words.seal_each(attestations, *_FREE_WORDS), meta)

    @command(schemas.DeclineSeal)
    def decline_seal(self, command: decider.DeclineSeal, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.DeclineAttestation)
    def decline_attestation(self, command: decider.DeclineAttestation, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.RequestCancellation)
    def request_cancellation(self, command: decider.RequestCancellation, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.WithdrawCancellation)
    def withdraw_cancellation(self, command: decider.WithdrawCancellation, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.AgreeToCancellation)
    def agree_to_cancellation(self, command: decider.AgreeToCancellation, meta: Meta) -> Answer:
        return self._coded(command, meta, self._plainly)

    @command(schemas.RefuseCancellation)
    def refuse_cancellation(self, command: decider.RefuseCancellation, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.MediateCancellation)
    def mediate_cancellation(self, command: decider.MediateCancellation, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.ApplyForBook)
    def apply_for_book(self, command: decider.ApplyForBook, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.AmendBook)
    def amend_book(self, command: decider.AmendBook, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.OpenUpload)
    def open_upload(self, command: decider.OpenUpload, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.SubmitScan)
    def submit_scan(self, command: decider.SubmitScan, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.VoidBook)
    def void_book(self, command: decider.VoidBook, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.ReportLoss)
    def report_loss(self, command: decider.ReportLoss, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @command(schemas.RegisterPaper)
    def register_paper(self, command: decider.RegisterPaper, meta: Meta) -> Answer:
        return self._plainly(command, meta)

    @subscribe(policy.REACTIONS)
    def react(self, event: Recorded) -> None:
        for intent in policy.REACTIONS[event.type](event):
            (numbered,) = self._numbered([intent.command])
            handle(self.log, HANDLING, numbered, reaction_meta(event, intent.action, self.clock.now()))

    @query(schemas.GetAgreements)
    def get_agreements(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        own, roster = f"agreement-{query.graduate_id}", f"graduate-{query.graduate_id}"
        streams = self.log.read([own, roster])
        # The school that removed somebody still sees what it has to settle.
        subject = Subject(scope=last_scope(query.graduate_id, streams), graduate_id=query.graduate_id)
        check(meta.action, meta.actor, subject)
        state = as_of(fold(HANDLING, streams[own]), meta)
        shown = {
            "graduate_id": query.graduate_id,
            "proposals": [_shown_proposal(proposal) for proposal in state.proposals.values()],
            "offers": [_shown(offer) for offer in state.offers.values()],
            "books": [_shown_book(book, meta) for book in state.books.values()],
        }
        opened = self.words.opened([shown], meta)
        # Who asks about oneself knows the name.
        (told,) = opened if meta.actor.role == Role.GRADUATE else self.names.add_to(opened, meta)
        return dict(told)

    @query(schemas.ListOwnCases)
    def list_own_cases(self, query: schemas.CasesOfGraduate, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(graduate_id=query.graduate_id))
        stream = f"agreement-{query.graduate_id}"
        history = self.log.read([stream])[stream]
        known = cases_of(as_of(fold(HANDLING, history), meta), history)
        page, total = page_of(known, query.waiting_for, query.after, query.limit)
        page = self.words.opened(page, meta, query.graduate_id)
        return {"cases": page, "total": total, "after": after(page, query.limit, "id")}

    @query(schemas.GetOffer)
    def get_offer(self, query: schemas.OfOffer, meta: Meta) -> dict[str, Any]:
        own = f"agreement-{query.graduate_id}"
        offer = as_of(fold(HANDLING, self.log.read([own])[own]), meta).offers.get(query.offer_id)
        check(meta.action, meta.actor, Subject(employer_id=offer.employer_id if offer else None))
        assert offer is not None
        return dict(self.names.add_to(self.words.opened([_shown(offer)], meta), meta)[0])

    @query(schemas.ListOffers)
    def list_offers(self, query: schemas.OfEmployer, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(employer_id=query.employer_id))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_offers(
                connection, query.employer_id, query.state, query.after, query.limit, meta.now
            )
        return {"offers": self._named(page, meta), "after": after(page, query.limit, "offer_id")}

    @query(schemas.ListProposals)
    def list_proposals(self, query: schemas.OfEmployer, meta: Meta) -> dict[str, Any]:
        account = f"employer-{query.employer_id}"
        employer = employer_of(self.log.read([account])[account])
        approved = employer is not None and employer.verified
        check(meta.action, meta.actor, Subject(employer_id=query.employer_id, approved=approved))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_proposals(
                connection, query.employer_id, query.state, query.after, query.limit, meta.now
            )
        # Whose proposal is over is nobody's business any more, as in directory.get_proposer.
        known = {row["proposal_id"] for row in page if row["state"] in (ProposalStatus.OPEN, ProposalStatus.ANSWERED)}
        named = {
            row["proposal_id"]: row for row in self._named([row for row in page if row["proposal_id"] in known], meta)
        }
        others = [_row(row) for row in page if row["proposal_id"] not in known]
        gone = {row["proposal_id"]: row for row in self.words.opened(others, meta)}
        shown = [named.get(row["proposal_id"]) or {**gone[row["proposal_id"]], "graduate_name": None} for row in page]
        return {"proposals": shown, "after": after(page, query.limit, "proposal_id")}

    @query(schemas.ListEmployerCases)
    def list_employer_cases(self, query: schemas.CasesOfEmployer, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(employer_id=query.employer_id))
        with self.rows.at(query.at_least) as connection:
            page, total = read_model.list_employer_cases(
                connection, query.employer_id, query.waiting_for, query.after, query.limit, meta.now
            )
        return {"cases": self._named(page, meta), "total": total, "after": after(page, query.limit, "id")}

    @query(schemas.ListAwaitingAttestation)
    def list_awaiting_attestation(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page, total = read_model.list_awaiting_attestation(
                connection, query.scope, query.after, query.limit, meta.now
            )
        named = self._named(page, meta)
        units = [f"employer-{row['employer_id']}" for row in page]
        streams = self.log.read(list(dict.fromkeys(units)))
        shown = [{**row, "unit_standing": standing_of(streams[unit])} for row, unit in zip(named, units, strict=True)]
        return {"agreements": shown, "total": total, "after": after(page, query.limit, "offer_id")}

    @query(schemas.ListContested)
    def list_contested(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page, total = read_model.list_contested(connection, query.scope, query.after, query.limit, meta.now)
        return {"agreements": self._named(page, meta), "total": total, "after": after(page, query.limit, "offer_id")}

    @query(schemas.CountCancellations)
    def count_cancellations(self, query: schemas.CancellationsInScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page = read_model.count_cancellations(connection, query.scope, query.class_year, query.after, query.limit)
        return {"units": [dict(row) for row in page], "after": after(page, query.limit, "unit_name")}

    @query(schemas.ListBooks)
    def list_books(self, query: schemas.BooksInScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_books(
                connection, query.scope, query.class_year, query.state, query.after, query.limit
            )
        return {"books": self._named(page, meta), "after": after(page, query.limit, "agreement_id")}

    @query(schemas.ExplainNumber)
    def explain_number(self, query: schemas.OfNumber, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        return numbers.explain(query.number)

    def _named(self, page: Sequence[Mapping[str, Any]], meta: Meta) -> list[dict[str, Any]]:
        return list(self.names.add_to(self.words.opened([_row(row) for row in page], meta), meta))

    def _coded(self, command: Any, meta: Meta, carry_out: Callable[[Any, Meta], Answer]) -> Answer:
        """A try costs a slow hash and is counted, so the code is looked at only when nothing else stands in the way."""
        try:
            return carry_out(command, meta)
        except Invalid as refusal:
            if refusal.code != CODE_NEEDED.code or command.operation_code is None:
                raise
        operation_codes.check(self.engine, self.off_the_hub, command.graduate_id, command.operation_code, meta.now)
        return carry_out(replace(command, code_right=True), meta)

    def _plainly(self, command: Any, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, self.words.seal(command, *_FREE_WORDS), meta)

    def _binding(self, command: decider.AcceptOffer, meta: Meta) -> Answer:
        """A serial costs a read and a write, so it is taken only when the offer turns out to need one."""
        try:
            return handle(self.log, HANDLING, command, meta)
        except Conflict:
            (numbered,) = self._numbered([command])
            return handle(self.log, HANDLING, numbered, meta)

    def _numbered(self, commands: Sequence[Any]) -> list[Any]:
        """The commands, with a serial for each that is about to make a number: one read, one count a prefix.

        A serial that is not used in the end is a gap, like a blank form that was never filled in.
        """
        asking = [each for each in commands if isinstance(each, _NUMBERING)]
        names = [name for each in asking for name in (f"agreement-{each.graduate_id}", f"graduate-{each.graduate_id}")]
        streams = self.log.read(names) if names else {}
        wanting: dict[str, list[int]] = {}
        for index, each in enumerate(commands):
            if not isinstance(each, _NUMBERING):
                continue
            state = fold(HANDLING, streams[f"agreement-{each.graduate_id}"])
            prefix = prefix_wanted(each, state, graduate_of(each.graduate_id, streams))
            if prefix is not None:
                wanting.setdefault(prefix, []).append(index)
        numbered = list(commands)
        for prefix, indexes in wanting.items():
            with self.engine.begin() as connection:
                last = connection.execute(_TAKE_SERIALS, {"prefix": prefix, "count": len(indexes)}).scalar_one()
            for serial, index in enumerate(indexes, last - len(indexes) + 1):
                numbered[index] = with_serial(numbered[index], prefix, serial)
        return numbered


# What people write in their own words: it may say anything about anybody.
_FREE_WORDS = ("reason", "remark", "remarks", "statement", "terms.remarks")
_NUMBERING = (decider.PassReview, decider.AttestAgreement, decider.SealAgreement, decider.AcceptOffer)


def _shown_proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        **to_json(proposal.proposed),
        "state": proposal.status.value,
        "reason": proposal.reason,
        **_turn(proposal),
    }


def _shown(offer: Offer) -> dict[str, Any]:
    waits = offer.status in (Status.SEALING, Status.ATTESTING)
    shown = {
        **to_json(offer.sent),
        "state": offer.status.value,
        "revision": offer.revision,
        "number": offer.number,
        "reason": offer.reason,
        "complete_by": to_json(offer.complete_by) if waits else None,
        **_turn(offer),
    }
    return {**shown, **_shown_cancellation(offer)}


def _shown_book(book: Book, meta: Meta) -> dict[str, Any]:
    upload = book.upload
    shown = {
        **to_json(book.begun),
        "terms": to_json(book.terms),
        "kind": book.kind,
        "state": book.status.value,
        "number": book.number,
        "old_number": book.old_number,
        "reason": book.reason,
        "loss_id": book.loss.loss_id if book.loss else None,
        "loss_returned": book.loss_returned,
        "upload": to_json(upload.opened) if upload is not None and upload.is_open(meta.now) else None,
        **_turn(book),
    }
    return {**shown, **_shown_cancellation(book)}


def _turn(thing: Proposal | Known) -> dict[str, Any]:
    who, until = turn_of(thing)
    return {"waiting_for": who, "until": to_json(until)}


def _shown_cancellation(known: Known) -> dict[str, Any]:
    """The request to cancel that is open, or may be mediated; those that are over, and what was said to them."""
    shown: dict[str, Any] = {"past_cancellations": [_shown_past(each) for each in known.past]}
    if known.mediated is not None:
        shown["mediated"] = {"outcome": known.mediated.outcome, "reason": known.mediated.reason}
    if known.cancellation is not None:
        return {
            **shown,
            "cancellation": {**to_json(known.cancellation.requested), "agreed": known.cancellation.agreed},
        }
    return shown if known.contested is None else {**shown, "contested": to_json(known.contested)}


def _shown_past(past: PastCancellation) -> dict[str, Any]:
    counts = {"reason_code": past.reason_code} if past.reason_code else {}
    ended = {"ended": past.ended, "ended_reason": past.reason, "caused_by": past.caused_by}
    return {**to_json(past.requested), **counts, **ended}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in row.items() if name != "position_in_lane"}
