"""What a graduate's agreement stream adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from services.agreement import events as e
from shared.codec import UNKNOWN_TYPE


class Status(StrEnum):
    """The life of an offer that may become an agreement (DOMAIN 1.10)."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ACCEPTED = "accepted"
    ATTESTING = "attesting"
    EFFECTIVE = "effective"
    RETURNED = "returned"
    CANCELLED = "cancelled"


# The graduate is bound to one employer: no other offer can be acted on.
LOCKED = frozenset({Status.ACCEPTED, Status.ATTESTING, Status.EFFECTIVE})


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A request to cancel: waiting for the other side until `answer_by`, or agreed and under review."""

    requested: e.CancellationRequested
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer and what became of it; `reason` says why it was refused or returned."""

    sent: e.OfferSent
    status: Status = Status.OPEN
    education: str = ""
    number: str | None = None
    reason: str | None = None
    cancellation: Cancellation | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it can be answered: exactly at its deadline it cannot."""
        return self.status == Status.OPEN and now < self.sent.respond_by


@dataclass(frozen=True, slots=True)
class Agreements:
    """All offers of one graduate, oldest first."""

    offers: Mapping[str, Offer] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def locked(self) -> Offer | None:
        """The offer that binds the graduate, if there is one."""
        return next((offer for offer in self.offers.values() if offer.status in LOCKED), None)

    def with_offer(self, offer_id: str, **changes: Any) -> Agreements:
        """The same with one offer changed."""
        return Agreements(MappingProxyType({**self.offers, offer_id: replace(self.offers[offer_id], **changes)}))

    def of_cancellation(self, cancellation_id: str) -> Offer | None:
        """The agreement that a cancellation is about."""
        return next(
            (
                offer
                for offer in self.offers.values()
                if offer.cancellation is not None and offer.cancellation.requested.cancellation_id == cancellation_id
            ),
            None,
        )


INITIAL = Agreements()


def evolve(state: Agreements, event: Any) -> Agreements:
    """The fold of the stream."""
    match event:
        case e.OfferSent():
            return Agreements(MappingProxyType({**state.offers, event.offer_id: Offer(event)}))
        case e.OfferWithdrawn():
            return state.with_offer(event.offer_id, status=Status.WITHDRAWN)
        case e.OfferRefused():
            return state.with_offer(event.offer_id, status=Status.REFUSED, reason=event.reason)
        case e.OfferLapsed():
            return state.with_offer(event.offer_id, status=Status.LAPSED)
        case e.OfferAccepted():
            return state.with_offer(event.offer_id, status=Status.ACCEPTED, education=event.education)
        case e.AttestationAwaited():
            return state.with_offer(event.agreement_id, status=Status.ATTESTING)
        case e.AgreementConcluded():
            return state.with_offer(event.agreement_id, status=Status.EFFECTIVE, number=event.number)
        case e.AgreementReturned():
            return state.with_offer(event.agreement_id, status=Status.RETURNED, reason=event.reason)
        case e.CancellationRequested():
            return state.with_offer(event.agreement_id, cancellation=Cancellation(event))
        case e.CancellationAgreed():
            offer = state.offers[event.agreement_id]
            assert offer.cancellation is not None
            return state.with_offer(event.agreement_id, cancellation=replace(offer.cancellation, agreed=True))
        case e.CancellationWithdrawn() | e.CancellationRefused() | e.CancellationLapsed() | e.CancellationReturned():
            return state.with_offer(event.agreement_id, cancellation=None)
        case e.AgreementCancelled():
            return state.with_offer(event.agreement_id, status=Status.CANCELLED, cancellation=None)
    raise UNKNOWN_TYPE.error(type=type(event).__name__)
