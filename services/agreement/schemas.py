"""The shapes of what agreements are asked."""

from __future__ import annotations

from dataclasses import dataclass

from services.agreement import decider
from services.agreement.state import Status
from shared import shapes
from shared.codes.tables import POSITION
from shared.shapes import Query, QueryShape, Shape

HIGHEST_YUAN = 10_000_000


class SendOffer(Shape):
    makes = decider.SendOffer
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()
    position = shapes.coded(POSITION)
    job_title = shapes.sentence(60)
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


@dataclass(frozen=True, slots=True)
class Attestation:
    graduate_id: str
    agreement_id: str


class AttestAgreement(Shape):
    makes = Attestation
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()


class RequestCancellation(Shape):
    makes = decider.RequestCancellation
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    reason_code = shapes.choice(*decider.CANCELLATION_REASONS)
    reason = shapes.sentence(500)


class WithdrawCancellation(Shape):
    makes = decider.WithdrawCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()


class AgreeToCancellation(Shape):
    makes = decider.AgreeToCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()


class RefuseCancellation(Shape):
    makes = decider.RefuseCancellation
    graduate_id = shapes.thing_id()
    cancellation_id = shapes.thing_id()
    reason = shapes.sentence(200)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfGraduate(Query):
    graduate_id: str


class GetAgreements(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEmployer(Query):
    employer_id: str
    state: str | None


class ListOffers(QueryShape):
    makes = OfEmployer
    employer_id = shapes.thing_id()
    state = shapes.choice(*Status, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InScope(Query):
    scope: str


class ListAwaitingAttestation(QueryShape):
    makes = InScope
    scope = shapes.scope()
