"""Agreement, registration and review together in memory: one log, their real policies, and a broker that dawdles.

Every event that is appended waits in a queue of each consumer that reacts to its type, until somebody delivers it. What is
live (folded from the events as they were decided) is kept beside what is stored, so that the two can be compared.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from services.agreement import policy as agreement_policy
from services.agreement.decider import HANDLING as AGREEMENT
from services.agreement.decider import AcceptOffer, AttestAgreement, PassReview, SealAgreement
from services.agreement.decider.numbering import prefix_wanted, with_serial
from services.agreement.facts import graduate_of
from services.agreement.state import Agreements, Book, Known, Status
from services.directory import decider as directory
from services.directory.decider.basic_data import BasicData, RosterFacts, roster_facts
from services.directory.decider.employers import EmployerState
from services.registration import policy as registration_policy
from services.registration.decider import HANDLING as REGISTRATION
from services.registration.state import Registrations
from services.review import policy as review_policy
from services.review.decider import HANDLING as REVIEW
from services.review.decider import Case, case_of
from shared.errors import Conflict
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import FROM_THE_BEGINNING, NO_GUARDS, Appended, EventLog, Write, stream_lane
from shared.eventlog.stream_cache import CachingLog
from shared.handling import Answer, Handling, Reactions, fold, handle, reaction_meta
from shared.messages import Actor, Meta, NewEvent, Recorded
from tests.support.enrolling import claiming
from tests.support.spec import COMMAND_ID, NOW, SYSTEM

GRADUATES: Final = tuple(f"14-00000000-0000-4000-8000-0000000000a{n}" for n in (1, 2, 3))
# The last is the one before, in the next class: who is put back a year is removed there and enrolled here.
CLASSES: Final = dict(zip(GRADUATES, (2026, 2026, 2027), strict=True))
# By the hash of the identity number.
PERSONS: Final = dict(zip(GRADUATES, ("b1", "b2", "b2"), strict=True))
EMPLOYERS: Final = tuple(f"00-00000000-0000-4000-8000-0000000000b{n}" for n in (1, 2, 3))
NAMES: Final = dict(zip(EMPLOYERS, ("晋阳机械（集团）有限公司", "汾河软件有限公司", "太行文旅有限公司"), strict=True))
EDUCATIONS: Final = ("31", "11")

# Whose events a context decides about, by the category of its streams.
HANDLINGS: Final[Mapping[str, Handling[Any]]] = {
    "agreement": AGREEMENT,
    "registration": REGISTRATION,
    "review": REVIEW,
    "graduate": directory.GRADUATE,
    "person": directory.PERSON,
    "basic_data": directory.BASIC_DATA,
    "employer": directory.EMPLOYER,
}
# What of the directory is asked, by the category of the stream that it is about.
_OF_DIRECTORY: Final[Mapping[type, str]] = {
    directory.EnrolGraduate: "graduate",
    directory.RemoveGraduate: "graduate",
    directory.ConfirmBasicData: "basic_data",
    directory.DisputeBasicData: "basic_data",
    directory.AnswerDispute: "basic_data",
    directory.RegisterEmployer: "employer",
    directory.ChangeEmployer: "employer",
    directory.VerifyEmployer: "employer",
    directory.ReturnEmployer: "employer",
    directory.SuspendEmployer: "employer",
    directory.ReinstateEmployer: "employer",
}
CONSUMERS: Final[Mapping[str, Reactions]] = {
    "agreement": agreement_policy.REACTIONS,
    "registration": registration_policy.REACTIONS,
    "review": review_policy.REACTIONS,
}
_NUMBERING = (PassReview, AttestAgreement, SealAgreement, AcceptOffer)

# What is looked at, by the status of the offer or book that waits for it.
_IN_REVIEW: Final = {
    Status.ACCEPTED: "agreement",
    Status.APPLIED: "application",
    Status.SCANNED: "signing",
    Status.SUBMITTED: "paper",
}

Queue = tuple[str, str]


@dataclass
class Interrupted:
    """A log at which something else happens once, before the n-th thing that is asked of it."""

    log: EventLog
    before: int
    meanwhile: Callable[[], None]
    asked: int = 0

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self.append_many(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        self._ask()
        return self.log.append_many(lane, writes, guards)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        self._ask()
        return self.log.read(streams, from_versions)

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        # Whoever comes from another process asks for everything.
        return {}

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        return self.log.read_lane(lane, after, limit, types, durable=durable)

    def heads(self) -> Mapping[str, int]:
        return self.log.heads()

    def _ask(self) -> None:
        self.asked += 1
        if self.asked == self.before:
            self.meanwhile()


@dataclass
class Stating:
    """A log that checks that a decision about a stream states the version of every stream that it looked at.

    A decision that is made again looks at its own stream first, and may then look at others than before.
    """

    log: EventLog
    own: str
    seen: set[str] = field(default_factory=set)

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self.append_many(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        stated = guards.keys() | {write.stream for write in writes}
        # Who is enrolled follows a claim, which was decided on the person's stream just before.
        prepared = {stream for stream in guards if stream.startswith("person-")}
        assert self.seen == stated - (prepared - self.seen)
        return self.log.append_many(lane, writes, guards)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        if self.own in streams and self.own in self.seen:
            self.seen.clear()
        self.seen.update(streams)
        return self.log.read(streams, from_versions)

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        if self.own in streams:
            self.seen.clear()
        known = self.log.recall(streams)
        self.seen.update(known)
        return known

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        return self.log.read_lane(lane, after, limit, types, durable=durable)

    def heads(self) -> Mapping[str, int]:
        return self.log.heads()


@dataclass(frozen=True)
class Asked:
    """A command, who gives it and by which action; its context is the first word of the action, or what it is about."""

    action: str
    command: Any
    actor: Actor

    @property
    def handling(self) -> Handling[Any]:
        """How its context handles commands."""
        return HANDLINGS[_OF_DIRECTORY.get(type(self.command)) or self.action.partition(".")[0]]


@dataclass
class World:
    """The log, the clock, the queues, the serials of agreement numbers, and the live state of every stream.

    A queue that is `held` has a consumer that is away. Commands and events go by turns to two `processes`, each with a
    cache of its own, which for all that time alone shows never grows old.
    """

    now: datetime = NOW
    log: EventLog = field(default_factory=MemoryLog)
    processes: list[EventLog] = field(init=False)
    queues: defaultdict[Queue, list[Recorded]] = field(default_factory=lambda: defaultdict(list))
    held: set[Queue] = field(default_factory=set)
    live: dict[str, Any] = field(default_factory=dict)
    _serials: Counter[str] = field(default_factory=Counter)
    _versions: Counter[str] = field(default_factory=Counter)
    _published: Counter[str] = field(default_factory=Counter)
    _evidence: dict[tuple[str, str], str] = field(default_factory=dict)
    _licences: dict[str, str] = field(default_factory=dict)
    _ids: int = 0

    def __post_init__(self) -> None:
        self.processes = [CachingLog(self.log, long=2, clock=lambda: 0.0) for _ in range(2)]

    # what is there

    def agreements(self, graduate_id: str) -> Agreements:
        """The offers and books of a graduate."""
        state: Agreements = self.live.get(f"agreement-{graduate_id}", AGREEMENT.initial)
        return state

    def registrations(self, graduate_id: str) -> Registrations:
        """The destinations of a graduate."""
        state: Registrations = self.live.get(f"registration-{graduate_id}", REGISTRATION.initial)
        return state

    def roster(self, graduate_id: str) -> RosterFacts:
        """The newest entry of a graduate, None when on no roster, and where the graduate is or was."""
        return roster_facts(graduate_id, self.log.read([f"graduate-{graduate_id}"]))

    def basic_data(self, graduate_id: str) -> BasicData:
        """What a graduate said of the roster."""
        state: BasicData = self.live.get(f"basic_data-{graduate_id}", directory.BASIC_DATA.initial)
        return state

    def employer(self, employer_id: str) -> EmployerState:
        """An employer's account."""
        state: EmployerState = self.live.get(f"employer-{employer_id}", directory.EMPLOYER.initial)
        return state

    def _known_of(self, graduate_id: str) -> list[Known]:
        state = self.agreements(graduate_id)
        return [*state.offers.values(), *state.books.values()]

    def known(self) -> list[tuple[str, Known]]:
        """Every offer and book, with its graduate."""
        return [(graduate_id, each) for graduate_id in GRADUATES for each in self._known_of(graduate_id)]

    def cases(self) -> dict[str, Case]:
        """Every case by its id."""
        return {state.opened.case_id: state for state in self.live.values() if isinstance(state, Case)}

    def waiting(self) -> set[str]:
        """The cases that wait for an office."""
        return {case_id for case_id, case in self.cases().items() if case.waiting_for is not None}

    def in_review(self) -> dict[str, str]:
        """Whatever must have a waiting case once every event is delivered: the case's id, and what it is about."""
        wanted: dict[str, str] = {}
        for _, each in self.known():
            kind = _IN_REVIEW.get(each.status)
            if kind is not None:
                subject_id = each.review_id if isinstance(each, Book) else each.id
                assert subject_id is not None
                wanted[case_of(kind, subject_id)] = f"{kind} {each.id}"
            if isinstance(each, Book) and each.loss is not None and each.status in (Status.ISSUED, Status.EFFECTIVE):
                wanted[case_of("loss", each.loss.loss_id)] = f"loss of {each.id}"
            if each.cancellation is not None and each.cancellation.agreed:
                wanted[case_of("cancellation", each.cancellation.requested.cancellation_id)] = f"cancelling {each.id}"
        for graduate_id in GRADUATES:
            state = self.registrations(graduate_id)
            if state.pending is not None:
                registration_id = state.pending.registration_id
                wanted[case_of("registration", registration_id)] = f"registration {registration_id}"
            if state.void_id is not None:
                wanted[case_of("void", state.void_id)] = f"void {state.void_id}"
        return wanted

    # what happens

    def next_id(self) -> UUID:
        """An id that nothing has yet."""
        self._ids += 1
        return uuid5(COMMAND_ID, f"world {self._ids}")

    def tell(self, stream: str, event_type: str, **data: Any) -> None:
        """Write an event of the directory."""
        # As it is stored: no tuples.
        data = json.loads(json.dumps(data))
        event = NewEvent(event_type, 1, data, self.next_id(), self.next_id(), self.next_id(), None, SYSTEM, self.now)
        self.log.append(stream_lane(stream), Write(stream, len(self.log.read([stream])[stream]), [event]))

    def evidence(self, graduate_id: str, kind: str) -> str:
        """The id of a stored file of a graduate."""
        known = self._evidence.get((graduate_id, kind))
        if known is None:
            known = self._evidence[graduate_id, kind] = f"14-{self.next_id()}"
            self.tell(f"evidence-{known}", "directory.EvidenceStored", graduate_id=graduate_id, kind=kind)
        return known

    def licence(self, employer_id: str) -> str:
        """The id of a stored licence of an employer."""
        known = self._licences.get(employer_id)
        if known is None:
            known = self._licences[employer_id] = f"00-{self.next_id()}"
            self.tell(f"licence-{known}", "directory.LicenceStored", employer_id=employer_id)
        return known

    def meta(self, asked: Asked, command_id: UUID) -> Meta:
        """The meta of a call now."""
        return Meta(command_id, command_id, asked.actor, self.now, asked.action)

    def ask(self, asked: Asked, meta: Meta, log: EventLog | None = None) -> Answer:
        """Carry out a command as its service does. Raises what the service would raise."""
        log = log or self._next_process()
        if isinstance(asked.command, directory.EnrolGraduate):
            own = replace(meta, command_id=self.next_id())
            claimed = self._handle(log, directory.PERSON, claiming(asked.command, meta.command_id), own)
            row = replace(asked.command, claim=claimed.version, claimed=claimed.position != 0)
            return self._handle(log, asked.handling, row, meta)
        if isinstance(asked.command, AcceptOffer):
            # A serial costs a read and a write, so the service takes one only when the offer turns out to need it.
            try:
                return self._handle(log, asked.handling, asked.command, meta)
            except Conflict:
                pass
        return self._handle(log, asked.handling, self._numbered(log, asked.command), meta)

    def deliver(self, queue: Queue, index: int = 0, *, again: bool = False, log: EventLog | None = None) -> None:
        """Hand a waiting event to its consumer; it stays when somebody wrote first, and when it shall come again."""
        consumer, event_type = queue
        event = self.queues[queue][index]
        log = log or self._next_process()
        for intent in CONSUMERS[consumer][event_type](event):
            command = self._numbered(log, intent.command)
            try:
                self._handle(log, HANDLINGS[consumer], command, reaction_meta(event, intent.action, self.now))
            except Conflict:
                return
        if not again and event in self.queues[queue]:
            self.queues[queue].remove(event)

    def deliver_everything(self) -> None:
        """Until nothing waits, and all that was published because of it is delivered too; held queues stay as they are."""
        while waiting := [queue for queue, events in self.queues.items() if events and queue not in self.held]:
            for queue in waiting:
                self.deliver(queue)

    def publish(self) -> list[Recorded]:
        """Put what is new in the log into the queues; what is new."""
        new: list[Recorded] = []
        for lane in self.log.heads():
            new += self.log.read_lane(lane, self._published[lane], 1_000)
        for event in new:
            assert event.position == self._published[event.lane] + 1, "a position is missing"
            self._published[event.lane] = event.position
            for consumer, reactions in CONSUMERS.items():
                if event.type in reactions:
                    self.queues[consumer, event.type].append(event)
        return new

    def stored(self, stream: str) -> Any:
        """The state of a stream as its stored JSON texts add up to it."""
        handling = HANDLINGS[stream.partition("-")[0]]
        texts = [
            replace(recorded, event=replace(recorded.event, data=json.loads(json.dumps(recorded.data))))
            for recorded in self.log.read([stream])[stream]
        ]
        return fold(handling, texts)

    def _next_process(self) -> EventLog:
        self.processes.reverse()
        return self.processes[0]

    def _handle(self, log: EventLog, handling: Handling[Any], command: Any, meta: Meta) -> Answer:
        decided: list[Any] = []

        def decide(command: Any, state: Any, facts: Any, meta: Meta) -> Sequence[Any]:
            decided[:] = handling.decide(command, state, facts, meta)
            return decided

        stream = handling.stream(command)
        answer = handle(Stating(log, stream), replace(handling, decide=decide), command, meta)
        # Only a new event moves the stream; a repeat is answered from the log.
        if answer.position and answer.version > self._versions[stream]:
            state = self.live.get(stream, handling.initial)
            for event in decided:
                state = handling.evolve(state, event)
            self.live[stream] = state
            self._versions[stream] = answer.version
        return answer

    def _numbered(self, log: EventLog, command: Any) -> Any:
        if not isinstance(command, _NUMBERING):
            return command
        own, roster = f"agreement-{command.graduate_id}", f"graduate-{command.graduate_id}"
        streams = log.read([own, roster])
        prefix = prefix_wanted(command, fold(AGREEMENT, streams[own]), graduate_of(command.graduate_id, streams))
        if prefix is None:
            return command
        self._serials[prefix] += 1
        return with_serial(command, prefix, self._serials[prefix])
