"""Signing, registering and reviewing together, in any order of people, deadlines, deliveries, repeats and races.

`WQ_EXAMPLES=2000 pytest tests/properties/test_world.py` looks longer than CI does.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.agreement.decider import (
    AcceptOffer,
    AgreeToCancellation,
    ApplyForBook,
    LapseCancellation,
    LapseCompletion,
    MediateCancellation,
    RequestCancellation,
)
from services.agreement.decider.reasons import LEFT_ROSTER, TRAINED_ELSEWHERE
from services.agreement.events import PaperSubmitted
from services.agreement.facts import CONFIRMED, checked
from services.agreement.state import LOCKED, OVER, Book, ProposalStatus, Status
from services.directory.decider import ConfirmBasicData, VerifyEmployer
from services.registration.decider import ConfirmLeaving, RegisterDestination
from services.registration.events import Archive, Household
from shared.access import Role
from shared.errors import Conflict, Forbidden, Refusal
from shared.eventlog.port import EventLog
from shared.handling import Answer, fold
from shared.messages import Actor, Meta, Recorded
from tests.support import directory_examples, examples
from tests.support.registration_examples import complete
from tests.support.spec import SCHOOL, SYSTEM
from tests.support.world import (
    CLASSES,
    CONSUMERS,
    EDUCATIONS,
    EMPLOYERS,
    GRADUATES,
    HANDLINGS,
    NAMES,
    PERSONS,
    Asked,
    Interrupted,
    Queue,
    World,
)
from tests.support.world_asks import Choice, approving, asked, drawn, enrolment

ORDERS = (
    (),
    ("accept", "review", "seal"),
    ("accept", "review", "seal", "attest"),
    ("seal", "accept", "review"),
    ("accept", "seal", "review"),
    ("accept", "review", "attest", "seal"),
)
CLASS_YEARS = sorted(set(CLASSES.values()))
# Nobody but the graduate does these (DOMAIN 5.5), nobody but the employer those.
BY_GRADUATE = frozenset(
    {
        "OfferAccepted",
        "OfferRefused",
        "BookApplied",
        "BookAmended",
        "BookVoided",
        "LossReported",
        "PaperSubmitted",
        "SigningProposed",
        "RegistrationSubmitted",
        "RegistrationWithdrawn",
        "FilingRejected",
        "VoidRequested",
        "LeavingConfirmed",
        "BasicDataConfirmed",
        "BasicDataDisputed",
    }
)
BY_EMPLOYER = frozenset(
    {"OfferDrafted", "OfferSent", "OfferEdited", "OfferWithdrawn", "AgreementSealed", "EmployerChangeRequested"}
)
# What sets a deadline, what must come before it and what only after it, by what names the thing.
DEADLINES = {
    "SigningProposed": ("proposal_id", "respond_by"),
    "OfferSent": ("offer_id", "respond_by"),
    "OfferEdited": ("offer_id", "respond_by"),
    "CancellationRequested": ("cancellation_id", "answer_by"),
}
ANSWERS = {
    "ProposalWithdrawn": "proposal_id",
    "ProposalRefused": "proposal_id",
    "OfferAccepted": "offer_id",
    "OfferRefused": "offer_id",
    "OfferWithdrawn": "offer_id",
    "CancellationWithdrawn": "cancellation_id",
    "CancellationRefused": "cancellation_id",
}
LAPSES = {"ProposalLapsed": "proposal_id", "OfferLapsed": "offer_id", "CancellationLapsed": "cancellation_id"}
CHAINS = (("school",), ("department", "school"), ("department", "school", "province"), ())
# Far more than it takes.
MOST_SEASONS = 400
data = st.data()


class Season(RuleBasedStateMachine):
    """Two graduates, three employers, three offices, and a platform that delivers late and twice."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.done: list[tuple[Asked, Meta, Answer]] = []
        self.numbers: dict[str, str] = {}
        self.lost: set[str] = set()
        self.decided: Counter[str] = Counter()
        self.drafted: dict[str, str] = {}
        self.claimed: dict[tuple[int, str], str] = {}
        # The settings of today as they were told, those of each agreement's first day, and which agreement a case is about.
        self.today: dict[str, dict[str, Any]] = {"province": {}, "school": {}}
        self.made_under: dict[str, dict[str, dict[str, Any]]] = {}
        self.subjects: dict[str, str] = {}
        # Until when something can be answered.
        self.deadlines: dict[str, datetime] = {}

    # the directory

    @initialize(data=data, bound=st.booleans())
    def a_season_begins(self, data: st.DataObject, bound: bool) -> None:
        self._begins(drawn(data), bound)

    def _begins(self, choice: Choice, bound: bool) -> None:
        self._province_changes(choice)
        for employer_id in EMPLOYERS[: choice.of([3, 2])]:
            self.register_employer(employer_id)
        for number, graduate_id in enumerate(GRADUATES[:2]):
            self.enrol(graduate_id, EDUCATIONS[number], EMPLOYERS[0] if bound and number == 1 else None)
        self._school_changes(choice)

    @rule(data=data)
    def the_province_changes_its_settings(self, data: st.DataObject) -> None:
        self._province_changes(drawn(data))

    def _province_changes(self, choice: Choice) -> None:
        self.set_province(
            parties=choice.of([2, 3]),
            review_chain=list(choice.of(CHAINS)),
            cancellation_chain=list(choice.of(CHAINS)),
            signing_order=list(choice.of(ORDERS)),
            binding=choice.of(["completion", "acceptance"]),
            issues_numbers=choice.of([False, True]),
            review_days=choice.of([5, 0]),
            cancellation_days=choice.of([15, 5]),
            completion_days=choice.of([15, 5]),
            cancellations_close=choice.of([False, True]),
            begun_by=choice.of(["either", "employer", "graduate"]),
            evidence_required=choice.of([False, True]),
            imports_until=choice.of([None, (self.world.now + timedelta(days=10)).date().isoformat()]),
            change_deadline=(self.world.now - timedelta(days=1)).date().isoformat() if choice.rarely() else None,
            registration_deadline=(self.world.now + timedelta(days=6)).date().isoformat() if choice.rarely() else None,
            reopened_days=choice.of([30, 0]),
            licence_required=choice.of([False, True]),
        )

    @rule(data=data)
    def the_school_changes_its_settings(self, data: st.DataObject) -> None:
        self._school_changes(drawn(data))

    def _school_changes(self, choice: Choice) -> None:
        told: dict[str, Any] = {"school": "10108", "breach_limit": choice.of([None, 1])}
        for name in ("review_chain", "cancellation_chain"):
            own = choice.of([None, *CHAINS])
            told |= {} if own is None else {name: list(own)}
        told["blocked_employers"] = choice.of([[], list(EMPLOYERS[1:2])])
        for class_year in CLASS_YEARS:
            self.world.tell("school-14-10108", "directory.SchoolSettingsChanged", class_year=class_year, **told)

    # people, deadlines, and the broker

    @rule(data=data, often=st.integers(1, 6))
    def people_ask(self, data: st.DataObject, often: int) -> None:
        for _ in range(often):
            self._ask(drawn(data))
            self.what_is_stored_adds_up()

    @rule(data=data, often=st.integers(1, 6))
    def people_ask_and_are_answered(self, data: st.DataObject, often: int) -> None:
        for _ in range(often):
            self._ask(drawn(data))
            self._settle()

    @rule(data=data, before=st.integers(1, 4), graduate_id=st.sampled_from(GRADUATES))
    def somebody_asks_while_other_things_happen(self, data: st.DataObject, before: int, graduate_id: str) -> None:
        choice = drawn(data)
        self._ask(choice, (graduate_id,), self._interrupted(choice, before, graduate_id))

    @precondition(lambda self: self.done)
    @rule(data=data)
    def somebody_repeats_what_was_done(self, data: st.DataObject) -> None:
        wanted, meta, answer = drawn(data).of(self.done)
        # Who has moved is another department's by now.
        with suppress(*([Forbidden] if wanted.actor.role == Role.DEPARTMENT else [])):
            self._repeat(wanted, meta, answer)

    @rule()
    def a_quiet_day(self) -> None:
        for _ in range(3):
            self._settle()
            self.the_offices_work_their_lists_off()
        self._settle()

    @rule()
    def the_offices_work_their_lists_off(self) -> None:
        for each in list(approving(self.world)):
            self.world.ask(each, self.world.meta(each, self.world.next_id()))

    @rule(data=data, often=st.integers(1, 6))
    def events_are_delivered(self, data: st.DataObject, often: int) -> None:
        choice = drawn(data)
        for _ in range(often):
            if any(self.world.queues.values()):
                self._deliver(choice, again=choice.rarely())
                self.what_is_stored_adds_up()

    @precondition(lambda self: any(self.world.queues.values()))
    @rule(data=data, before=st.integers(1, 4))
    def an_event_is_delivered_while_other_things_happen(self, data: st.DataObject, before: int) -> None:
        choice = drawn(data)
        queue, index = self._head(choice)
        stream = self.world.queues[queue][index].stream
        about = next((each for each in GRADUATES if each in stream), None) or choice.of(GRADUATES)
        self.world.deliver(queue, index, log=self._interrupted(choice, before, about))

    @rule(queue=st.sampled_from([(each, name) for each, names in CONSUMERS.items() for name in names]))
    def a_consumer_is_away(self, queue: Queue) -> None:
        self.world.held.add(queue)

    @rule()
    def every_consumer_is_back(self) -> None:
        self.world.held.clear()

    @rule()
    def everything_is_delivered(self) -> None:
        self._settle()

    @rule(later=st.sampled_from([timedelta(hours=1), timedelta(days=1), timedelta(days=6), timedelta(days=16)]))
    def time_passes(self, later: timedelta) -> None:
        self.world.now += later

    # what is always true

    @invariant()
    def what_is_stored_adds_up(self) -> None:
        for event in self.world.publish():
            if event.stream.partition("-")[0] in HANDLINGS:
                assert self.world.stored(event.stream) == self.world.live[event.stream]
            self._look_at(event)
            self._people_act_for_themselves(event)
            self._deadlines_are_kept(event)
            self._only_what_is_verified_counts(event)
            self._one_agreement_binds(event)
        self._a_person_is_one_graduate()

    def teardown(self) -> None:
        self.world.held.clear()
        self._settle()
        self._everything_agrees()
        # Whatever the offices let pass moves on: nobody is stuck.
        for _ in range(100):
            if not self.world.waiting():
                break
            self.the_offices_work_their_lists_off()
            self._settle()
            self._everything_agrees()
        assert not self.world.in_review()
        self._who_is_removed_begins_nothing()
        self._nobody_seals_or_attests_any_more()
        assert not [each.id for _, each in self.world.known() if each.status in (Status.SEALING, Status.ATTESTING)]

    def _nobody_seals_or_attests_any_more(self) -> None:
        """Time returns what does not bind yet; what acceptance bound, the graduate gets out of without the employer."""
        for graduate_id, each in self.world.known():
            if each.status not in (Status.SEALING, Status.ATTESTING):
                continue
            own = Actor(Role.GRADUATE, graduate_id)
            self.world.now += timedelta(days=400)
            self._now(Asked("agreement.lapse_completion", LapseCompletion(graduate_id, each.id), SYSTEM))
            if not each.binding:
                continue
            if each.cancellation is None and each.contested is None:
                request = RequestCancellation(graduate_id, each.id, "mutual", "单位未盖章")
                self._now(Asked("agreement.request_cancellation", request, own))
                self.world.now += timedelta(days=400)
            known = self.world.agreements(graduate_id).get(each.id)
            assert known is not None
            if known.cancellation is not None:
                asked = known.cancellation.requested.cancellation_id
                self._now(Asked("agreement.lapse_cancellation", LapseCancellation(graduate_id, asked), SYSTEM))
            contested = self.world.agreements(graduate_id).get(each.id)
            assert contested is not None
            assert contested.contested is not None
            mediate = MediateCancellation(graduate_id, contested.contested.cancellation_id, "cancel", "单位未盖章")
            self._now(Asked("agreement.mediate_cancellation", mediate, SCHOOL))
        for _ in range(5):
            self._settle()
            self.the_offices_work_their_lists_off()
        self._everything_agrees()

    def _now(self, wanted: Asked) -> None:
        self.world.ask(wanted, self.world.meta(wanted, self.world.next_id()))
        self.what_is_stored_adds_up()

    def _everything_agrees(self) -> None:
        wanted, waiting = self.world.in_review(), self.world.waiting()
        assert waiting <= set(wanted), "a case waits for a thing that is gone"
        assert set(wanted) <= waiting, {wanted[each] for each in set(wanted) - waiting}
        held = (Status.SUBMITTED, Status.EFFECTIVE, Status.CANCELLED)
        papers = [each.begun for _, each in self.world.known() if isinstance(each, Book) and each.status in held]
        assert self.claimed == {
            (each.class_year, each.paper_number): each.graduate_id
            for each in papers
            if isinstance(each, PaperSubmitted) and each.paper_number is not None
        }
        for graduate_id in GRADUATES:
            state = self.world.agreements(graduate_id)
            registered = self.world.registrations(graduate_id).registered
            source = registered.agreement_id if registered is not None else None
            self._nobody_left_with_something_else(graduate_id)
            effective = state.locked.id if state.locked and state.locked.status == Status.EFFECTIVE else None
            # Direct destinations come from no agreement, and give way to one that takes effect.
            assert source == effective
            if self.world.roster(graduate_id).entry is None:
                self._nothing_is_left_of_who_is_removed(graduate_id)

    def _nothing_is_left_of_who_is_removed(self, graduate_id: str) -> None:
        state, known = self.world.agreements(graduate_id), self.world.registrations(graduate_id)
        assert state.locked is None
        assert not state.drafts
        assert not [each.id for each in state.offers.values() if each.status == Status.OPEN]
        assert not [each.id for each in state.proposals.values() if each.status == ProposalStatus.OPEN]
        assert (known.pending, known.registered, known.void_id) == (None, None, None)

    def _a_person_is_one_graduate(self) -> None:
        """Of the same study, whatever the class: so the agreement in force of a graduate is the person's."""
        there = [PERSONS[each] for each in GRADUATES if self.world.roster(each).entry is not None]
        assert len(there) == len(set(there))

    def _who_is_removed_begins_nothing(self) -> None:
        for graduate_id in GRADUATES:
            if self.world.roster(graduate_id).entry is not None:
                continue
            own = Actor(Role.GRADUATE, graduate_id)
            evidence = (self.world.evidence(graduate_id, "labour_contract"),)
            for action, command in (
                ("agreement.apply_for_book", ApplyForBook(graduate_id, examples.TERMS)),
                ("registration.register_destination", RegisterDestination(graduate_id, complete("11"), evidence)),
                ("registration.confirm_leaving", ConfirmLeaving(graduate_id, Archive("kept"), Household(moves=False))),
                ("directory.confirm_basic_data", ConfirmBasicData(graduate_id)),
            ):
                with pytest.raises(Refusal):
                    self._now(Asked(action, command, own))

    def _nobody_left_with_something_else(self, graduate_id: str) -> None:
        state = self.world.registrations(graduate_id)
        if state.leaving is not None:
            assert state.void_id is None
            assert state.registered is not None
            assert state.leaving.registration_id == state.registered.registration_id
            own, roster = f"registration-{graduate_id}", f"graduate-{graduate_id}"
            streams = self.world.log.read([own, roster])
            (*_, confirmed) = [each for each in streams[own] if each.type == "registration.LeavingConfirmed"]
            # Whatever the roster tells later resets it, also when the confirmation had not seen what was told just before.
            assert confirmed.position > streams[roster][-1].position

    def _look_at(self, event: Recorded) -> None:
        kind, told = event.type.rpartition(".")[2], event.data
        self._settings_are_never_retroactive(event)
        match kind:
            case "ReviewPassed" | "ReviewReturned" | "ReviewClosed":
                self.decided[event.stream] += 1
                assert self.decided[event.stream] == 1, "a case is decided once"
            case "OfferAccepted" if told.get("number"):
                self._new_number(told["number"], told["offer_id"])
            case "SealAwaited" | "AgreementAttested" if told.get("number"):
                self._new_number(told["number"], told["agreement_id"])
            case "PaperNumberClaimed":
                claim = (CLASSES[told["graduate_id"]], told["number"])
                assert self.claimed.setdefault(claim, told["graduate_id"]) == told["graduate_id"]
            case "PaperNumberReleased":
                claim = (CLASSES[told["graduate_id"]], told["number"])
                assert self.claimed.pop(claim) == told["graduate_id"]
            case "BookIssued":
                self._new_number(told["number"], told["agreement_id"])
            case "BookReissued":
                assert self.numbers[told["old_number"]] == told["agreement_id"]
                self.lost.add(told["old_number"])
                self._new_number(told["number"], told["agreement_id"])
            case "AgreementConcluded":
                assert self.numbers.setdefault(told["number"], told["agreement_id"]) == told["agreement_id"]
                assert told["number"] not in self.lost
            case "OfferDrafted":
                assert self.drafted.setdefault(told["offer_id"], told["employer_id"]) == told["employer_id"]
            case "DraftDiscarded" if event.event.actor.role != Role.SYSTEM:
                assert self.drafted[told["offer_id"]] == event.event.actor.id, "a draft is its employer's alone"
            case "DestinationRegistered" if told["source"] != "agreement":
                self._nothing_binding_is_replaced(event)

    def _one_agreement_binds(self, event: Recorded) -> None:
        """At most one at every version of a stream: acceptance and lock are one transaction."""
        if event.stream.startswith("agreement-"):
            state = fold(HANDLINGS["agreement"], self.world.log.read([event.stream])[event.stream][: event.version])
            known = (*state.offers.values(), *state.books.values())
            assert sum(each.status in LOCKED for each in known) <= 1

    def _people_act_for_themselves(self, event: Recorded) -> None:
        kind, actor = event.type.rpartition(".")[2], event.event.actor
        assert actor.id, "nobody did it"
        if actor.role == Role.SYSTEM and event.data.get("reason") in (LEFT_ROSTER, TRAINED_ELSEWHERE):
            return
        if kind in BY_GRADUATE:
            assert (actor.role, actor.id) == (Role.GRADUATE, event.stream.partition("-")[2]), kind
        if kind in BY_EMPLOYER:
            assert actor.role == Role.EMPLOYER, kind
            assert event.data.get("employer_id", actor.id) == actor.id, kind

    def _deadlines_are_kept(self, event: Recorded) -> None:
        """Exactly at its deadline a thing is too late (DOMAIN 1.10)."""
        kind, told, at = event.type.rpartition(".")[2], event.data, event.event.occurred_at
        if kind in DEADLINES:
            thing, until = DEADLINES[kind]
            self.deadlines[told[thing]] = datetime.fromisoformat(told[until])
        if kind in ANSWERS:
            assert at < self.deadlines[told[ANSWERS[kind]]], kind
        if kind in LAPSES and told.get("reason") != LEFT_ROSTER:
            assert at >= self.deadlines[told[LAPSES[kind]]], kind

    def _only_what_is_verified_counts(self, event: Recorded) -> None:
        """A name that nobody checked, or an employer that the school blocks, makes no offer; who confirms has looked."""
        kind, told = event.type.rpartition(".")[2], event.data
        match kind:
            case "OfferSent":
                assert (told["employer_name"], told["nature"]) in self._ever_verified(told["employer_id"])
                school = self.world.log.read(["school-14-10108"])["school-14-10108"][: told["school_version"]]
                own = [each.data for each in school if each.data["class_year"] == told["class_year"]]
                assert not own or told["employer_id"] not in own[-1]["blocked_employers"]
            case "OfferAccepted" | "BookApplied" | "PaperSubmitted" | "SigningProposed" | "RegistrationSubmitted":
                names = [f"graduate-{told['graduate_id']}", f"basic_data-{told['graduate_id']}"]
                known = self.world.log.read(names)
                before = [[each for each in known[name] if each.position < event.position] for name in names]
                assert checked(*before) == CONFIRMED
            case "BasicDataConfirmed" | "BasicDataDisputed":
                stream = f"graduate-{told['graduate_id']}"
                looked_at = self.world.log.read([stream])[stream][told["entry"] - 1]
                assert looked_at.type in ("directory.GraduateEnrolled", "directory.GraduateCorrected")

    def _ever_verified(self, employer_id: str) -> set[tuple[str, str]]:
        """Every name and nature of an employer that an office has verified: a race may bring the one before."""
        stream = f"employer-{employer_id}"
        found: set[tuple[str, str]] = set()
        for event in self.world.log.read([stream])[stream]:
            if event.type in ("directory.EmployerRegistered", "directory.EmployerChangeVerified"):
                named = (event.data["name"], event.data["nature"])
            if event.type in ("directory.EmployerVerified", "directory.EmployerChangeVerified"):
                found.add(named)
        return found

    def _settings_are_never_retroactive(self, event: Recorded) -> None:
        kind, told = event.type.rpartition(".")[2], event.data
        agreement_id = str(told.get("agreement_id") or told.get("offer_id"))
        self.subjects |= {
            told[name]: agreement_id for name in ("review_id", "loss_id", "cancellation_id") if name in told
        }
        match kind:
            case "ProvinceSettingsChanged" | "SchoolSettingsChanged":
                self.today = {**self.today, kind.removesuffix("SettingsChanged").lower(): told}
            case "OfferSent" | "BookApplied" | "PaperSubmitted":
                self.made_under[agreement_id] = self.today
            case "ReviewOpened" if told["kind"] not in ("registration", "void"):
                under = self.made_under[self.subjects.get(told["subject_id"], told["subject_id"])]
                assert (told["chain"], told["step_days"]) == _chain(told["kind"], **under)
        for name in ("answer_by", "complete_by"):
            # A reminder tells the deadline that was set before.
            if name in told and kind != "CancellationReminded":
                until = datetime.fromisoformat(told[name]) - event.event.occurred_at
                days = {"answer_by": "cancellation_days", "complete_by": "completion_days"}[name]
                assert until.days == self.made_under[agreement_id]["province"][days]

    def _new_number(self, number: str, agreement_id: str) -> None:
        assert number not in self.numbers, f"{number} is used twice"
        self.numbers[number] = agreement_id

    def _nothing_binding_is_replaced(self, event: Recorded) -> None:
        history = self.world.log.read([event.stream])[event.stream][: event.version - 1]
        registered: dict[str, Any] | None = None
        for recorded in history:
            if recorded.type == "registration.DestinationRegistered":
                registered = recorded.data
            elif recorded.type == "registration.DestinationReopened":
                registered = None
        if registered is not None and registered["source"] == "agreement":
            known = self.world.agreements(event.data["graduate_id"]).get(registered["agreement_id"])
            assert known is not None
            assert known.status in OVER, "two destinations are registered"

    # how it happens

    def _ask(self, choice: Choice, about: Sequence[str] = GRADUATES, log: EventLog | None = None) -> None:
        wanted = asked(self.world, choice, about)
        meta = self.world.meta(wanted, self.world.next_id())
        try:
            answer = self.world.ask(wanted, meta, log)
        except (Refusal, Conflict):
            return
        if log is not None:
            # What else happened meanwhile may have changed what an answer of nothing would be now.
            if answer.position:
                self.done.append((wanted, meta, answer))
            return
        self._repeat(wanted, meta, answer)
        if answer.position:
            self.done.append((wanted, meta, answer))

    def _repeat(self, wanted: Asked, meta: Meta, answer: Answer) -> None:
        heads = self.world.log.heads()
        assert self.world.ask(wanted, self.world.meta(wanted, meta.command_id)) == answer
        assert self.world.log.heads() == heads

    def _deliver(self, choice: Choice, *, again: bool = False) -> None:
        queue, index = self._head(choice)
        self.world.deliver(queue, index, again=again)

    def _head(self, choice: Choice) -> tuple[Queue, int]:
        """A queue and mostly its head; a second worker of the same queue may be faster."""
        queue = choice.of([queue for queue, events in self.world.queues.items() if events])
        return queue, choice.of(range(len(self.world.queues[queue]))) if choice.rarely() else 0

    def _interrupted(self, choice: Choice, before: int, about: str) -> EventLog:
        """The log, at which other things happen to the same graduate meanwhile."""

        def meanwhile() -> None:
            for _ in range(choice.of(range(1, 5))):
                match choice.of(["ask", "deliver", "settle", "approve", "correct"]):
                    case "ask":
                        self._ask(choice, (about,))
                    case "deliver" if any(self.world.queues.values()):
                        self._deliver(choice)
                    case "settle":
                        self._settle()
                    case "approve":
                        self.the_offices_work_their_lists_off()
                    case "correct":
                        # Who is put back a year is first removed.
                        with suppress(Refusal, Conflict):
                            self.enrol(about, choice.of(EDUCATIONS))
                self.what_is_stored_adds_up()

        return Interrupted(self.world.log, before, meanwhile)

    def _settle(self) -> None:
        self.what_is_stored_adds_up()
        heads = None
        while heads != self.world.log.heads():
            heads = self.world.log.heads()
            self.world.deliver_everything()
            self.what_is_stored_adds_up()

    def set_province(self, **settings: Any) -> None:
        days = {"response_days": 5, "response_days_max": 30, "cancellation_days": 15}
        for class_year in CLASS_YEARS:
            told = {"province": "14", "class_year": class_year, **days, **settings}
            self.world.tell("province-14", "directory.ProvinceSettingsChanged", **told)

    def register_employer(self, employer_id: str) -> None:
        application = replace(directory_examples.REGISTER, employer_id=employer_id, name=NAMES[employer_id], uscc=None)
        licensed = replace(application, licence=self.world.licence(employer_id))
        self._now(Asked("directory.register_employer", licensed, Actor(Role.EMPLOYER, employer_id)))
        self._now(Asked("directory.verify_employer", VerifyEmployer(employer_id), SCHOOL))

    def enrol(self, graduate_id: str, education: str, bound_to: str | None = None) -> None:
        self._now(Asked("directory.import_roster", enrolment(graduate_id, education, bound_to=bound_to), SCHOOL))
        confirm = ConfirmBasicData(graduate_id)
        self._now(Asked("directory.confirm_basic_data", confirm, Actor(Role.GRADUATE, graduate_id)))


def _chain(kind: str, province: dict[str, Any], school: dict[str, Any]) -> tuple[list[str], int]:
    """The chain of a case, and the days of each step, by the settings that are given."""
    name = "cancellation_chain" if kind == "cancellation" else "review_chain"
    chain = list(school.get(name, province[name]))
    if "province" in province[name] and "province" not in chain:
        chain.append("province")
    return chain, province.get("review_days", 5)


@pytest.mark.parametrize("before", [1, 2])
def test_a_cancellation_told_while_its_conclusion_is_being_registered_leaves_nothing_registered(before: int) -> None:
    season = _being_cancelled()
    world = season.world

    def meanwhile() -> None:
        world.deliver(("agreement", "review.ReviewPassed"))
        season.what_is_stored_adds_up()
        world.deliver(("registration", "agreement.AgreementCancelled"))

    world.deliver(("registration", "agreement.AgreementConcluded"), log=Interrupted(world.log, before, meanwhile))
    season.teardown()
    assert world.registrations(GRADUATES[0]).registered is None


@pytest.mark.parametrize("late", ["agreement.AgreementConcluded", "agreement.AgreementCancelled"])
def test_a_conclusion_and_its_cancellation_leave_nothing_registered_in_either_order(late: str) -> None:
    season = _being_cancelled()
    season.world.deliver(("agreement", "review.ReviewPassed"))
    season.world.held = {("registration", late)}
    season.everything_is_delivered()
    season.teardown()
    assert season.world.registrations(GRADUATES[0]).registered is None


@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_a_level_corrected_while_a_number_is_made_makes_no_number_twice(before: int) -> None:
    season = _season(binding="acceptance")
    offers = {graduate_id: _offer(season, graduate_id) for graduate_id in GRADUATES[:2]}
    _do(season, offers[GRADUATES[1]])
    corrected = Interrupted(season.world.log, before, lambda: season.enrol(GRADUATES[0], EDUCATIONS[1]))
    with suppress(Conflict):
        _do(season, offers[GRADUATES[0]], corrected)
    season.what_is_stored_adds_up()
    assert len(season.numbers) >= 1


@pytest.mark.parametrize("first", ["registration", "agreement"])
def test_of_a_destination_and_an_offer_taken_at_the_same_moment_the_second_is_decided_on_the_first(first: str) -> None:
    season = _season(review_chain=["school"])
    graduate_id = GRADUATES[0]
    accept = _offer(season, graduate_id)
    evidence = (season.world.evidence(graduate_id, "labour_contract"),)
    submit = Asked(
        "registration.register_destination",
        RegisterDestination(graduate_id, complete("11"), evidence),
        accept.actor,
    )
    one, other = (submit, accept) if first == "registration" else (accept, submit)
    with pytest.raises(Refusal):
        _do(season, one, Interrupted(season.world.log, 2, lambda: _do(season, other)))
    assert (season.world.registrations(graduate_id).pending is None) == (first == "registration")
    season.everything_is_delivered()
    season.teardown()


@pytest.mark.parametrize(("days", "allowed"), [(30, True), (31, False)])
def test_whose_agreement_is_cancelled_after_the_last_day_registers_what_follows_for_a_while(
    days: int, allowed: bool
) -> None:
    season = _being_cancelled()
    world = season.world
    world.now = datetime(2026, 12, 21, 4, tzinfo=UTC)
    world.held.clear()
    season.everything_is_delivered()
    assert world.registrations(GRADUATES[0]).register_until == date(2027, 1, 20)
    season.set_province(parties=2, review_chain=[], cancellation_chain=[], evidence_required=False, reopened_days=0)
    world.now += timedelta(days=days)
    submit = RegisterDestination(GRADUATES[0], complete("11"))
    asked_for = Asked("registration.register_destination", submit, Actor(Role.GRADUATE, GRADUATES[0]))
    if not allowed:
        with pytest.raises(Refusal, match="registering_over"):
            _do(season, asked_for)
        return
    _do(season, asked_for)
    season.everything_is_delivered()
    assert world.registrations(GRADUATES[0]).placed
    season.teardown()


def _season(binding: str = "completion", review_chain: Sequence[str] = ()) -> Season:
    """Every review passes at once, unless a chain says otherwise."""
    season = Season()
    season.set_province(parties=2, review_chain=list(review_chain), cancellation_chain=[], binding=binding)
    season.register_employer(EMPLOYERS[0])
    for graduate_id, education in zip(GRADUATES, EDUCATIONS, strict=False):
        season.enrol(graduate_id, education)
    return season


def _offer(season: Season, graduate_id: str) -> Asked:
    """The acceptance of an offer that was sent."""
    send = replace(examples.SEND, graduate_id=graduate_id, employer_id=EMPLOYERS[0])
    _do(season, Asked("agreement.send_offer", send, Actor(Role.EMPLOYER, EMPLOYERS[0])))
    (offer_id,) = season.world.agreements(graduate_id).offers
    accept = AcceptOffer(graduate_id, offer_id, EMPLOYERS[0])
    return Asked("agreement.accept_offer", accept, Actor(Role.GRADUATE, graduate_id))


def _being_cancelled() -> Season:
    """An agreement whose conclusion and whose passed review of its cancellation are still to be delivered."""
    season = _season()
    accept = _offer(season, GRADUATES[0])
    _do(season, accept)
    season.world.held = {("registration", "agreement.AgreementConcluded")}
    season.everything_is_delivered()
    request = RequestCancellation(GRADUATES[0], accept.command.offer_id, "mutual", "双方协商一致")
    _do(season, Asked("agreement.request_cancellation", request, accept.actor))
    (cancellation_id,) = season.world.agreements(GRADUATES[0]).cancellations
    agree = AgreeToCancellation(GRADUATES[0], cancellation_id)
    _do(season, Asked("agreement.agree_to_cancellation", agree, Actor(Role.EMPLOYER, EMPLOYERS[0])))
    season.world.held.add(("agreement", "review.ReviewPassed"))
    season.everything_is_delivered()
    return season


def _do(season: Season, wanted: Asked, log: EventLog | None = None) -> None:
    season.world.ask(wanted, season.world.meta(wanted, season.world.next_id()), log)
    season.what_is_stored_adds_up()


# The ways in which a destination, and a request to void one, end.
ENDED = frozenset({"returned", "withdrawn", "superseded", "voided", "agreement_cancelled", "removed"})
STATES = frozenset(
    {
        *Status,
        *(f"employer {each}" for each in ("unknown", "awaiting", "returned", "verified", "suspended", "changing")),
        *(f"roster {each}" for each in ("unchecked", "confirmed", "disputed", "removed")),
        *(f"case {each}" for each in ("waiting", "passed", "returned", "closed")),
        *(f"destination {each}" for each in ("pending", "registered", "filed", "leaving", "to be voided", *ENDED)),
    }
)


def _states_of(world: World) -> set[str]:
    found: set[str] = {each.status for _, each in world.known()}
    found |= {f"case {case.status}" for case in world.cases().values()}
    for employer in map(world.employer, EMPLOYERS):
        found |= {f"employer {employer.status}"} | ({"employer changing"} if employer.requested else set())
    for graduate_id in GRADUATES:
        roster, known = world.roster(graduate_id), world.registrations(graduate_id)
        state = world.basic_data(graduate_id).state(roster.entry)
        found |= {f"roster {state}" if roster.entry else "roster removed"} if roster.scope else set()
        held = {
            "pending": known.pending,
            "registered": known.registered,
            "filed": known.filed,
            "leaving": known.leaving,
            "to be voided": known.void_id,
        }
        found |= {f"destination {name}" for name, thing in held.items() if thing is not None}
        found |= {f"destination {past.ended}" for past in known.history}
    return found


def test_every_state_is_reached_by_people_who_ask_at_random_and_none_is_stuck() -> None:
    """Season after season until each state was somebody's; how it is left is looked at when a season ends."""
    reached: set[str] = set()
    for seed in range(MOST_SEASONS):
        chance = random.Random(seed)
        choice = Choice(chance.choice)
        season = Season()
        season._begins(choice, bound=choice.rarely())
        for _ in range(40):
            season._ask(choice)
            if chance.random() < 0.7:
                season._settle()
            if choice.rarely():
                season.world.now += timedelta(days=chance.choice((1, 6, 16)))
            reached |= _states_of(season.world)
        season.teardown()
        if reached >= STATES:
            break
    assert reached == STATES


# The same seasons every time, so that nobody is blamed for what another did; WQ_EXAMPLES=2000 looks for new ones.
Season.TestCase.settings = settings(
    max_examples=int(os.environ.get("WQ_EXAMPLES", "80")),
    derandomize="WQ_EXAMPLES" not in os.environ,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestSeason = Season.TestCase
