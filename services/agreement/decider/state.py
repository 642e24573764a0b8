"""What a graduate's stream adds up to: every offer and what became of it. The fold never refuses an event it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from services.agreement import events as e
from shared.codec import UNKNOWN_TYPE

# An offer in one of these binds the graduate (DOMAIN 1.0, hard lock).
BINDING = ("accepted", "awaiting_attestation", "concluded")


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A request to cancel. `status`: requested, withdrawn, refused, lapsed, agreed, returned, cancelled."""

    requested: e.CancellationRequested
    status: str = "requested"
    reason: str | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it can still be answered: exactly at the deadline it no longer can."""
        return self.status == "requested" and now < self.requested.answer_by

    def status_at(self, now: datetime) -> str:
        """The status people see: past its deadline a request has lapsed, noted or not."""
        return "lapsed" if self.status == "requested" and not self.open_at(now) else self.status


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer, or the agreement it became.

    `status`: sent, withdrawn, refused, lapsed, accepted (in review), awaiting_attestation, concluded (effective),
    returned, cancelled. `reason` says why it was refused or returned.
    """

    sent: e.OfferSent
    status: str = "sent"
    education: str | None = None
    number: str | None = None
    reason: str | None = None
    cancellations: tuple[Cancellation, ...] = ()

    @property
    def binding(self) -> bool:
        """Whether it locks the graduate."""
        return self.status in BINDING

    @property
    def cancellation(self) -> Cancellation | None:
        """The newest request to cancel it."""
        return self.cancellations[-1] if self.cancellations else None

    def open_at(self, now: datetime) -> bool:
        """Whether it can still be answered: exactly at the deadline it no longer can."""
        return self.status == "sent" and now < self.sent.respond_by

    def status_at(self, now: datetime) -> str:
        """The status people see: past its deadline an offer has lapsed, noted or not."""
        return "lapsed" if self.status == "sent" and not self.open_at(now) else self.status


@dataclass(frozen=True, slots=True)
class State:
    """A graduate's offers by id, oldest first."""

    offers: Mapping[str, Offer] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def binding(self) -> Offer | None:
        """The offer that binds the graduate; there is never more than one."""
        return next((offer for offer in self.offers.values() if offer.binding), None)


INITIAL = State()


def evolve(state: State, event: Any) -> State:
    """The state after an event. Raises UnreadableEvent `event.unknown_type`."""
    match event:
        case e.OfferSent():
            return _with(state, event.offer_id, Offer(event))
        case e.OfferWithdrawn(offer_id):
            return _offer(state, offer_id, status="withdrawn")
        case e.OfferRefused(offer_id, reason):
            return _offer(state, offer_id, status="refused", reason=reason)
        case e.OfferLapsed(offer_id):
            return _offer(state, offer_id, status="lapsed")
        case e.OfferAccepted():
            return _offer(state, event.offer_id, status="accepted", education=event.education)
        case e.AttestationAwaited(agreement_id):
            return _offer(state, agreement_id, status="awaiting_attestation")
        case e.AgreementConcluded():
            return _offer(state, event.agreement_id, status="concluded", number=event.number)
        case e.AgreementReturned(agreement_id, reason):
            return _offer(state, agreement_id, status="returned", reason=reason)
        case e.CancellationRequested():
            before = state.offers[event.agreement_id].cancellations
            return _offer(state, event.agreement_id, cancellations=(*before, Cancellation(event)))
        case e.CancellationWithdrawn():
            return _cancellation(state, event, status="withdrawn")
        case e.CancellationRefused():
            return _cancellation(state, event, status="refused", reason=event.reason)
        case e.CancellationLapsed():
            return _cancellation(state, event, status="lapsed")
        case e.CancellationAgreed():
            return _cancellation(state, event, status="agreed")
        case e.CancellationReturned():
            return _cancellation(state, event, status="returned", reason=event.reason)
        case e.AgreementCancelled():
            return _offer(_cancellation(state, event, status="cancelled"), event.agreement_id, status="cancelled")
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def _with(state: State, offer_id: str, offer: Offer) -> State:
    return State(MappingProxyType({**state.offers, offer_id: offer}))


def _offer(state: State, offer_id: str, **changes: Any) -> State:
    return _with(state, offer_id, replace(state.offers[offer_id], **changes))


def _cancellation(state: State, event: Any, **changes: Any) -> State:
    cancellations = tuple(
        replace(each, **changes) if each.requested.cancellation_id == event.cancellation_id else each
        for each in state.offers[event.agreement_id].cancellations
    )
    return _offer(state, event.agreement_id, cancellations=cancellations)
