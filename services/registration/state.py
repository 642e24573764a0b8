"""What a graduate's registration stream adds up to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.registration import events as e
from shared.codec import UNKNOWN_TYPE
from shared.codes.destination import is_placed


@dataclass(frozen=True, slots=True)
class Past:
    """A registration that is over, and how it ended: returned, withdrawn, superseded, or the cause of its re-opening.

    `reason` is what the review said when it returned it."""

    registration_id: str
    destination: e.Destination
    ended: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Registrations:
    """`pending` is under review, `registered` counts; both may be there while one is to replace the other.

    `void_id` names the request to void the registered destination that is under review; `void_returned` is why the
    review kept it when last asked. `filed` waits for the graduate's confirmation; `leaving` is the one that still holds.
    `followed` are the agreements whose conclusion is done with here. `register_until` is the last day for what follows a
    re-opening, where that is later than the class's own.
    """

    pending: e.RegistrationSubmitted | None = None
    registered: e.DestinationRegistered | None = None
    void_id: str | None = None
    filed: e.DestinationFiled | None = None
    leaving: e.LeavingConfirmed | None = None
    void_returned: str | None = None
    history: tuple[Past, ...] = ()
    followed: frozenset[str] = frozenset()
    register_until: date | None = None

    @property
    def placed(self) -> bool:
        """Whether the registered destination counts as placed."""
        return self.registered is not None and is_placed(self.registered.destination.code)

    def ended(self, registration_id: str) -> str | None:
        """How a registration ended; None while it has not, or when there is no such one."""
        return next((past.ended for past in self.history if past.registration_id == registration_id), None)

    def knows(self, registration_id: str) -> bool:
        """Whether there is, or was, such a registration."""
        current = (self.pending, self.registered)
        return self.ended(registration_id) is not None or any(
            each is not None and each.registration_id == registration_id for each in current
        )

    def _past(
        self, record: e.RegistrationSubmitted | e.DestinationRegistered, ended: str, reason: str | None = None
    ) -> tuple[Past, ...]:
        return (*self.history, Past(record.registration_id, record.destination, ended, reason))

    def without_pending(self, ended: str, reason: str | None = None) -> Registrations:
        """The same after the pending registration ended."""
        assert self.pending is not None
        return replace(self, pending=None, history=self._past(self.pending, ended, reason))

    def open_until(self, day: date | None) -> Registrations:
        """The same, and the graduate may register until that day too."""
        later = day is not None and (self.register_until is None or day > self.register_until)
        return replace(self, register_until=day) if later else self

    def without_registered(self, ended: str) -> Registrations:
        """The same after the registered destination ended."""
        if self.registered is None:
            return self
        past = self._past(self.registered, ended)
        return replace(self, registered=None, void_id=None, void_returned=None, leaving=None, history=past)


INITIAL = Registrations()


def evolve(state: Registrations, event: Any) -> Registrations:
    """The fold of the stream."""
    match event:
        case e.RegistrationSubmitted():
            filed = None if event.filing_id is not None else state.filed
            return replace(state, pending=event, filed=filed)
        case e.RegistrationWithdrawn():
            return state.without_pending("withdrawn", event.reason)
        case e.RegistrationSuperseded():
            return state.without_pending("superseded")
        case e.RegistrationReturned():
            return state.without_pending("returned", event.reason).open_until(event.register_until)
        case e.DestinationRegistered():
            kept = None if state.pending and state.pending.registration_id == event.registration_id else state.pending
            followed = state.followed if event.agreement_id is None else state.followed | {event.agreement_id}
            return replace(state.without_registered("superseded"), registered=event, pending=kept, followed=followed)
        case e.DestinationFiled():
            return replace(state, filed=event)
        case e.FilingRejected():
            return replace(state, filed=None)
        case e.LeavingConfirmed():
            return replace(state, leaving=event)
        case e.LeavingReset():
            return replace(state, leaving=None)
        case e.VoidRequested():
            return replace(state, void_id=event.void_id, void_returned=None)
        case e.VoidReturned():
            return replace(state, void_id=None, void_returned=event.reason)
        case e.VoidSuperseded():
            return replace(state, void_id=None)
        case e.DestinationReopened():
            return state.without_registered(event.cause).open_until(event.register_until)
        case e.AgreementRenumbered():
            registered = state.registered
            assert registered is not None
            destination = replace(registered.destination, agreement_number=event.agreement_number)
            return replace(state, registered=replace(registered, destination=destination))
        case e.AgreementOvertaken():
            followed = state.followed | {event.agreement_id}
            return replace(state, followed=followed).open_until(event.register_until)
    raise UNKNOWN_TYPE.error(type=type(event).__name__)
