"""The shapes of what agreements are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.agreement import decider, events
from services.agreement.state import ProposalStatus, Status
from shared import shapes
from shared.codes.tables import INDUSTRY, PLACE, POSITION, UNIT_NATURE
from shared.shapes import Query, QueryShape, Shape

HIGHEST_YUAN = 10_000_000


def operation_code(*, required: bool = True) -> Any:
    """A code that a graduate can remember."""
    return shapes.pattern(
        r"^[0-9A-Za-z]{6,20}\Z", "应为 6 至 20 位字母或数字 / must be 6 to 20 letters or digits", required=required
    )


class SetOperationCode(Shape):
    makes = decider.SetOperationCode
    graduate_id = shapes.thing_id()
    new_code = operation_code()
    operation_code = operation_code(required=False)


class ResetOperationCode(Shape):
    makes = decider.ResetOperationCode
    graduate_id = shapes.thing_id()


class ProposeSigning(Shape):
    makes = decider.ProposeSigning
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    position = shapes.coded(POSITION, required=False)
    job_title = shapes.line(60, required=False)
    monthly_salary = shapes.whole(0, HIGHEST_YUAN, required=False)
    remarks = shapes.sentence(500, required=False)
    respond_by = shapes.instant(required=False)


class WithdrawProposal(Shape):
    makes = decider.WithdrawProposal
    graduate_id = shapes.thing_id()
    proposal_id = shapes.thing_id()


class RefuseProposal(Shape):
    makes = decider.RefuseProposal
    graduate_id = shapes.thing_id()
    proposal_id = shapes.thing_id()
    reason = shapes.sentence(200)


class SaveDraft(Shape):
    makes = decider.SaveDraft
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    offer_id = shapes.thing_id(required=False)
    position = shapes.coded(POSITION)
    job_title = shapes.line(60)
    monthly_salary = shapes.whole(0, HIGHEST_YUAN, required=False)
    penalty = shapes.whole(0, HIGHEST_YUAN, required=False)
    remarks = shapes.sentence(500, required=False)


class DiscardDraft(Shape):
    makes = decider.DiscardDraft
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    offer_id = shapes.thing_id()


class SendDraft(Shape):
    makes = decider.SendDraft
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    offer_id = shapes.thing_id()
    respond_by = shapes.instant(required=False)
    sealed = shapes.flag(required=False, load_default=False, allow_none=False)


class SendOffer(Shape):
    makes = decider.SendOffer
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    position = shapes.coded(POSITION)
    job_title = shapes.line(60)
    monthly_salary = shapes.whole(0, HIGHEST_YUAN, required=False)
    penalty = shapes.whole(0, HIGHEST_YUAN, required=False)
    remarks = shapes.sentence(500, required=False)
    respond_by = shapes.instant(required=False)
    sealed = shapes.flag(required=False, load_default=False, allow_none=False)
    proposal_id = shapes.thing_id(required=False)


class EditOffer(Shape):
    makes = decider.EditOffer
    graduate_id = shapes.thing_id()
    offer_id = shapes.thing_id()
    position = shapes.coded(POSITION)
    job_title = shapes.line(60)
    monthly_salary = shapes.whole(0, HIGHEST_YUAN, required=False)
    penalty = shapes.whole(0, HIGHEST_YUAN, required=False)
    remarks = shapes.sentence(500, required=False)
    respond_by = shapes.instant(required=False)


class WithdrawOffer(Shape):
    makes = decider.WithdrawOffer
    graduate_id = shapes.thing_id()
    offer_id = shapes.thing_id()


class RefuseOffer(Shape):
    makes = decider.RefuseOffer
    graduate_id = shapes.thing_id()
    offer_id = shapes.thing_id()
    reason = shapes.sentence(200)


class AcceptOffer(Shape):
    makes = decider.AcceptOffer
    graduate_id = shapes.thing_id()
    offer_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    revision = shapes.whole(1, 1_000_000, required=False, load_default=1, allow_none=False)
    operation_code = operation_code(required=False)


class SealAgreement(Shape):
    makes = decider.SealAgreement
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    scan = shapes.thing_id(required=False)


@dataclass(frozen=True, slots=True)
class Attestation:
    graduate_id: str
    agreement_id: str
    remark: str | None = None


class AttestAgreement(Shape):
    makes = Attestation
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    remark = shapes.sentence(200, required=False)


class DeclineSeal(Shape):
    makes = decider.DeclineSeal
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    reason = shapes.sentence(200)


class DeclineAttestation(Shape):
    makes = decider.DeclineAttestation
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    reason = shapes.sentence(200)


class RequestCancellation(Shape):
    makes = decider.RequestCancellation
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    reason_code = shapes.choice(*decider.CANCELLATION_REASONS, of="cause")
    reason = shapes.sentence(500)
    release_letter = shapes.thing_id(required=False)
    penalty_slip = shapes.thing_id(required=False)
    closure_proof = shapes.thing_id(required=False)


class WithdrawCancellation(Shape):
    makes = decider.WithdrawCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()


class AgreeToCancellation(Shape):
    makes = decider.AgreeToCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()
    release_letter = shapes.thing_id(required=False)
    penalty_slip = shapes.thing_id(required=False)
    operation_code = operation_code(required=False)


class RefuseCancellation(Shape):
    makes = decider.RefuseCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()
    reason = shapes.sentence(200)


class MediateCancellation(Shape):
    makes = decider.MediateCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()
    outcome = shapes.choice("cancel", "keep", of="mediation")
    reason = shapes.sentence(500)


class Terms(Shape):
    makes = events.Terms
    unit_name = shapes.line(100)
    uscc = shapes.sentence(25, required=False)
    uscc_absent_reason = shapes.sentence(200, required=False)
    nature = shapes.coded(UNIT_NATURE)
    industry = shapes.coded(INDUSTRY)
    place = shapes.coded(PLACE)
    position = shapes.coded(POSITION)
    job_title = shapes.line(60)
    monthly_salary = shapes.whole(0, HIGHEST_YUAN, required=False)
    penalty = shapes.whole(0, HIGHEST_YUAN, required=False)
    remarks = shapes.sentence(500, required=False)
    unit_address = shapes.line(200, required=False)
    unit_phone = shapes.line(20, required=False)


class ApplyForBook(Shape):
    makes = decider.ApplyForBook
    graduate_id = shapes.thing_id()
    terms = shapes.nested(Terms)


class AmendBook(Shape):
    makes = decider.AmendBook
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    terms = shapes.nested(Terms)


class OpenUpload(Shape):
    makes = decider.OpenUpload
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()


class SubmitScan(Shape):
    makes = decider.SubmitScan
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    scan = shapes.thing_id()


class VoidBook(Shape):
    makes = decider.VoidBook
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    reason = shapes.sentence(200)


class ReportLoss(Shape):
    makes = decider.ReportLoss
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    statement = shapes.sentence(500)
    notice = shapes.thing_id()


class RegisterPaper(Shape):
    makes = decider.RegisterPaper
    graduate_id = shapes.thing_id()
    terms = shapes.nested(Terms)
    signed_on = shapes.day()
    scan = shapes.thing_id()
    paper_number = shapes.paper_number(required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfGraduate(Query):
    graduate_id: str


class GetAgreements(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()


SIDES = ("graduate", "employer", "review", "school")


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesOfGraduate(Query):
    graduate_id: str
    waiting_for: str | None


class ListOwnCases(QueryShape):
    makes = CasesOfGraduate
    graduate_id = shapes.thing_id()
    waiting_for = shapes.choice(*SIDES, of="turn", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesOfEmployer(Query):
    employer_id: str
    waiting_for: str | None


class ListEmployerCases(QueryShape):
    makes = CasesOfEmployer
    employer_id = shapes.thing_id()
    waiting_for = shapes.choice(*SIDES, of="turn", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOffer(Query):
    graduate_id: str
    offer_id: str


class GetOffer(QueryShape):
    makes = OfOffer
    graduate_id = shapes.thing_id()
    offer_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEmployer(Query):
    employer_id: str
    state: str | None


class ListOffers(QueryShape):
    makes = OfEmployer
    employer_id = shapes.thing_id()
    state = shapes.choice("draft", "discarded", *Status, of="agreement_state", required=False)


class ListProposals(QueryShape):
    makes = OfEmployer
    employer_id = shapes.thing_id()
    state = shapes.choice(*ProposalStatus, of="proposal_state", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InScope(Query):
    scope: str


class ListAwaitingAttestation(QueryShape):
    makes = InScope
    scope = shapes.scope()


class ListContested(QueryShape):
    makes = InScope
    scope = shapes.scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationsInScope(Query):
    scope: str
    class_year: int


class CountCancellations(QueryShape):
    makes = CancellationsInScope
    scope = shapes.scope()
    class_year = shapes.whole(2013, 2100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksInScope(Query):
    scope: str
    class_year: int
    state: str | None


class ListBooks(QueryShape):
    makes = BooksInScope
    scope = shapes.scope()
    class_year = shapes.whole(2013, 2100)
    state = shapes.choice(*Status, of="agreement_state", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfNumber(Query):
    number: str


class ExplainNumber(QueryShape):
    makes = OfNumber
    number = shapes.paper_number()
