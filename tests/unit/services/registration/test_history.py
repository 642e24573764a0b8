"""Whatever is asked and told, in whatever order and however often: one destination at most, and the one that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.registration import decider as c
from services.registration import events as e
from services.registration.decider import HANDLING
from services.registration.policy import REACTIONS
from services.registration.state import Registrations
from shared.clock import FixedClock
from shared.codec import to_json
from shared.errors import ServiceError
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Write
from shared.handling import Answer, fold, handle, react
from shared.messages import Actor, Meta, NewEvent, Recorded, new_id
from tests.support import examples
from tests.support import registration_examples as x
from tests.support.spec import COMMAND_ID, GRADUATE, GRADUATE_ID, LANE, NOW, SYSTEM

OWN = f"registration-{GRADUATE_ID}"
AGREEMENTS = f"agreement-{GRADUATE_ID}"
ABOUT = st.integers(0, 7)


class Life(RuleBasedStateMachine):
    """A graduate registers and signs; agreements are told late, in any order, and again; commands are repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.log = MemoryLog(FixedClock(NOW))
        self.known: Registrations = HANDLING.initial
        self.folded = 0
        self.given: list[tuple[Any, Meta, Answer]] = []
        self.untold: list[Recorded] = []
        self.told: list[Recorded] = []
        self.agreements = 0
        self.standing = "none"
        self.numbers = 0

    def number(self) -> UUID:
        self.numbers += 1
        return uuid5(COMMAND_ID, f"step {self.numbers}")

    def history(self) -> Sequence[Recorded]:
        return self.log.read([OWN])[OWN]

    @property
    def live(self) -> Registrations:
        """The state, folded on from where it was last looked at."""
        history = self.history()
        for recorded in history[self.folded :]:
            event = recorded.event
            self.known = HANDLING.evolve(self.known, HANDLING.codec.decode(event.type, event.type_version, event.data))
        self.folded = len(history)
        return self.known

    def publish(self, stream: str, event_type: str, data: dict[str, Any]) -> Recorded:
        history = self.log.read([stream])[stream]
        event = NewEvent(event_type, 1, data, self.number(), self.number(), self.number(), None, SYSTEM, NOW)
        self.log.append(LANE, Write(stream, len(history), [event]))
        return self.log.read([stream])[stream][-1]

    def ask(self, command: Any, actor: Actor, action: str) -> None:
        number = self.number()
        meta = Meta(number, number, actor, NOW, f"registration.{action}")
        before = len(self.history())
        try:
            self.given.append((command, meta, handle(self.log, HANDLING, command, meta)))
        except ServiceError:
            assert len(self.history()) == before, "a refused command stores nothing"

    def one_of(self, about: int, *types: type[Any], name: str) -> str:
        seen = [each.data[name] for each in self.history() if each.type in [kind.TYPE for kind in types]]
        return seen[about % len(seen)] if seen else new_id(LANE, COMMAND_ID, "unknown")

    @initialize()
    def enrol(self) -> None:
        roster = {"province": "14", "school": "10108", "department": "07", "class_year": 2026, "training": "1"}
        self.publish(f"graduate-{GRADUATE_ID}", "directory.GraduateEnrolled", roster)
        # Evidence has specs of its own.
        settings_told = {"class_year": 2026, "evidence_required": False}
        self.publish(f"province-{LANE}", "directory.ProvinceSettingsChanged", settings_told)

    @rule(code=st.sampled_from(("11", "70", "801", "46")))
    def register(self, code: str) -> None:
        self.ask(c.RegisterDestination(GRADUATE_ID, x.complete(code)), GRADUATE, "register_destination")

    @rule(about=ABOUT)
    def withdraw(self, about: int) -> None:
        known = self.one_of(about, e.RegistrationSubmitted, name="registration_id")
        self.ask(c.WithdrawRegistration(GRADUATE_ID, known), GRADUATE, "withdraw_registration")

    @rule(about=ABOUT)
    def ask_to_void(self, about: int) -> None:
        known = self.one_of(about, e.DestinationRegistered, name="registration_id")
        self.ask(c.RequestVoid(GRADUATE_ID, known, "换了工作"), GRADUATE, "request_void")

    @rule(about=ABOUT, passes=st.booleans())
    def review(self, about: int, passes: bool) -> None:
        self.decide("registration", self.one_of(about, e.RegistrationSubmitted, name="registration_id"), passes)

    @rule(about=ABOUT, passes=st.booleans())
    def review_void(self, about: int, passes: bool) -> None:
        self.decide("void", self.one_of(about, e.VoidRequested, name="void_id"), passes)

    def decide(self, kind: str, subject_id: str, passes: bool) -> None:
        if passes:
            self.ask(c.PassReview(GRADUATE_ID, kind, subject_id), SYSTEM, "pass_review")
        else:
            self.ask(c.FailReview(GRADUATE_ID, kind, subject_id, "材料不全"), SYSTEM, "fail_review")

    @property
    def agreement_id(self) -> str:
        return new_id(LANE, COMMAND_ID, f"agreement {self.agreements}")

    @precondition(lambda self: self.standing == "none")
    @rule()
    def accept(self) -> None:
        self.agreements += 1
        self.standing = "accepted"
        self.publish(
            AGREEMENTS, "agreement.OfferAccepted", to_json(replace(examples.ACCEPTED, offer_id=self.agreement_id))
        )

    @precondition(lambda self: self.standing == "accepted")
    @rule(passes=st.booleans())
    def review_agreement(self, passes: bool) -> None:
        if passes:
            concluded = replace(examples.CONCLUDED, agreement_id=self.agreement_id)
            self.untold.append(self.publish(AGREEMENTS, concluded.TYPE, to_json(concluded)))
            self.standing = "concluded"
        else:
            returned = replace(examples.RETURNED, agreement_id=self.agreement_id)
            self.publish(AGREEMENTS, returned.TYPE, to_json(returned))
            self.standing = "none"

    @precondition(lambda self: self.standing == "concluded")
    @rule()
    def cancel(self) -> None:
        cancelled = replace(examples.CANCELLED, agreement_id=self.agreement_id)
        self.untold.append(self.publish(AGREEMENTS, cancelled.TYPE, to_json(cancelled)))
        self.standing = "none"

    @precondition(lambda self: self.untold)
    @rule(about=ABOUT)
    def tell(self, about: int) -> None:
        event = self.untold.pop(about % len(self.untold))
        react(self.log, HANDLING, REACTIONS, event, NOW)
        self.told.append(event)

    @precondition(lambda self: self.told)
    @rule(about=ABOUT)
    def tell_again(self, about: int) -> None:
        before = len(self.history())
        react(self.log, HANDLING, REACTIONS, self.told[about % len(self.told)], NOW)
        assert len(self.history()) == before

    @precondition(lambda self: self.given)
    @rule(about=st.integers(0, 40))
    def repeat(self, about: int) -> None:
        command, meta, answer = self.given[about % len(self.given)]
        before = len(self.history())
        changed = answer.position > 0
        try:
            again = handle(self.log, HANDLING, command, meta)
        except ServiceError:
            assert not changed, "what was answered is answered again"
        else:
            assert not changed or again == answer
        if changed:
            assert len(self.history()) == before

    @invariant()
    def replay_equals_live(self) -> None:
        assert fold(HANDLING, self.history()) == self.live

    @invariant()
    def one_destination_is_registered_at_most_and_none_twice(self) -> None:
        current: str | None = None
        over: set[str] = set()
        for recorded in self.history():
            registration_id = str(recorded.data.get("registration_id"))
            match recorded.type:
                case e.DestinationRegistered.TYPE:
                    assert registration_id not in over
                    assert registration_id != current
                    over |= {current} if current else set()
                    current = registration_id
                case e.DestinationReopened.TYPE:
                    assert registration_id == current
                    over.add(registration_id)
                    current = None
                case e.RegistrationSubmitted.TYPE:
                    assert registration_id not in over
                case e.RegistrationWithdrawn.TYPE | e.RegistrationReturned.TYPE | e.RegistrationSuperseded.TYPE:
                    assert registration_id not in {*over, current}
                    over.add(registration_id)
        assert (self.live.registered.registration_id if self.live.registered else None) == current
        assert {past.registration_id for past in self.live.history} == over
        assert len(self.live.history) == len(over)

    @invariant()
    def a_void_request_is_about_what_is_registered(self) -> None:
        assert self.live.void_id is None or self.live.registered is not None
        ends = {e.VoidReturned.TYPE, e.VoidSuperseded.TYPE}
        open_ones = {each.data["void_id"] for each in self.history() if each.type == e.VoidRequested.TYPE}
        open_ones -= {each.data["void_id"] for each in self.history() if each.type in ends}
        voided = sum(
            each.type == e.DestinationReopened.TYPE and each.data["cause"] == "voided" for each in self.history()
        )
        # Every request ends by an event, so that its review never waits for nothing.
        assert len(open_ones) - voided == (self.live.void_id is not None)

    @invariant()
    def once_all_is_told_the_agreement_that_stands_is_the_destination(self) -> None:
        if self.untold:
            return
        registered = self.live.registered
        if self.standing == "concluded":
            assert registered is not None
            assert registered.agreement_id == self.agreement_id
            assert self.live.pending is None
        else:
            assert registered is None or registered.source == "direct"


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
