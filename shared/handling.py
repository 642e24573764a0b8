"""How a command becomes events: read, fold, check who asks, decide, append, answer. This is the application layer.

A repeat is answered from the log: event ids are derived from the command id, and a stream that already holds an event of
this command is answered as it was the first time. The answer leaves only after the commit. The append states the version
of every stream that was read, so that nothing is decided on what has changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import uuid5

from shared.access import Role, Subject, check
from shared.codec import Codec
from shared.errors import Conflict, Invalid, Reason, ServiceError, Unavailable, WireError
from shared.eventlog.port import COMMAND_ID_REUSED, NO_GUARDS, EventLog, Write, stream_lane
from shared.eventlog.stream_cache import History
from shared.ids import derived
from shared.messages import Actor, Meta, NewEvent, Recorded

TRIES = 3
BULK_LIMIT = 1_000

TOO_MANY_ITEMS = Reason(
    "bulk.too_many",
    "一次最多提交 {limit:number} 条，请分批提交",
    "At most {limit:number} items in one message: send them in parts",
    Invalid,
)

State = TypeVar("State")
Streams = Mapping[str, Sequence[Recorded]]


@dataclass(frozen=True)
class Handling(Generic[State]):
    """Everything `handle` needs to know about the streams of one category.

    `stream` names the command's own stream; `reads` names the streams of other contexts that the decision looks at, and
    `facts` makes of them what `decide` is given. `subject` says who and where the thing is, for the access table.
    `then_reads` names streams that only the first read can name, at the price of a second one. `claims` are events for
    other streams of the same lane, among those read, which prove that something is taken once: written with the decision
    or not at all. `found` names the thing that a command would have made and found there already.
    """

    codec: Codec
    initial: State
    evolve: Callable[[State, Any], State]
    decide: Callable[[Any, State, Any, Meta], Sequence[Any]]
    stream: Callable[[Any], str]
    reads: Callable[[Any], Sequence[str]]
    facts: Callable[[Any, Streams], Any]
    subject: Callable[[Any, State, Any], Subject]
    then_reads: Callable[[Any, Streams], Sequence[str]] = lambda command, streams: ()
    claims: Callable[[Sequence[Any], Any], Sequence[tuple[str, Any]]] = lambda events, facts: ()
    claim_codec: Codec = field(default_factory=Codec)
    prepared: Callable[[Any], Mapping[str, int]] = lambda command: NO_GUARDS
    found: Callable[[Any, State], Mapping[str, str]] = lambda command, state: {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered with: the stream's id, its version and the lane position of the command's last event.

    A command that changed nothing is answered with the stream's version and position 0. `made` holds the id of what the
    command made, by the name that other commands take it under: an event class says so by `MAKES`.
    """

    id: str
    version: int
    position: int
    made: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {**self.made, "id": self.id, "version": self.version, "position": self.position}


def handle(log: EventLog, handling: Handling[Any], command: Any, meta: Meta) -> Answer:
    """Carry out one command. Raises the refusals of `decide`, Forbidden, Conflict after three tries, Unavailable.

    One round trip, the append, where this process read or wrote all streams a moment ago. Otherwise one read more, or two
    for a command that `then_reads`. What is only recalled refuses nobody and answers nobody: such a decision is made again
    on what is stored.
    """
    stream = handling.stream(command)
    recall, conflicts = True, 0
    while True:
        streams, stored = _streams(log, handling, command, stream, recall=recall)
        recall = False
        try:
            answer, writes = _decided(handling, command, meta, stream, streams)
        except ServiceError:
            if stored:
                raise
            continue
        if not writes and stored:
            return answer
        if not writes:
            continue
        lane = stream_lane(stream)
        guards = {**_guards(streams, streams, writes), **handling.prepared(command)}
        several = len(writes) > 1
        try:
            appended = log.append_many(lane, writes, guards) if several else log.append(lane, writes[0], guards)
        except Conflict:
            conflicts += stored
            if conflicts == TRIES:
                raise
            continue
        version = writes[-1].expected_version + len(writes[-1].events)
        return replace(answer, version=version, position=appended.position)


def _streams(
    log: EventLog, handling: Handling[Any], command: Any, stream: str, *, recall: bool
) -> tuple[Streams, bool]:
    """The streams that a decision looks at, and whether all of them are as they are stored now."""
    first, stored = _recalled_or_read(log, [stream, *handling.reads(command)], recall=recall)
    then = handling.then_reads(command, first)
    if not then:
        return first, stored
    second, also_stored = _recalled_or_read(log, then, recall=recall)
    return {**first, **second}, stored and also_stored


def _recalled_or_read(log: EventLog, names: Sequence[str], *, recall: bool) -> tuple[Streams, bool]:
    known = log.recall(names) if recall else {}
    rest = [name for name in names if name not in known]
    return {**known, **(log.read(rest) if rest else {})}, not known


@dataclass(frozen=True, slots=True)
class Intent:
    """What a policy wants done because of an event: the action by name and its command."""

    action: str
    command: Any


Reactions = Mapping[str, Callable[[Recorded], Sequence[Intent]]]


def react(log: EventLog, handling: Handling[Any], reactions: Reactions, event: Recorded, now: datetime) -> None:
    """Carry out what a policy wants because of an event; the event delivered again is one effect.

    Raises what `handle` raises; a Refusal here means that policy and decider disagree.
    """
    for intent in reactions[event.type](event):
        handle(log, handling, intent.command, reaction_meta(event, intent.action, now))


def reaction_meta(event: Recorded, action: str, now: datetime) -> Meta:
    """The meta of a reaction: its command id comes from the event and the action, its actor is the platform."""
    return Meta(
        command_id=uuid5(event.event.event_id, action),
        correlation_id=event.event.correlation_id,
        causation_id=event.event.event_id,
        actor=Actor(Role.SYSTEM, action),
        now=now,
        action=action,
    )


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one item of a bulk command: an answer or the error it alone met."""

    index: int
    answer: Answer | None = None
    error: ServiceError | None = None

    def to_json(self) -> dict[str, Any]:
        if self.error is not None:
            wire = WireError.of(self.error)
            return {"index": self.index, "error": {"exc_type": wire.exc_type, "exc_args": wire.exc_args}}
        assert self.answer is not None
        return {"index": self.index, **self.answer.to_json()}


def handle_many(
    log: EventLog,
    handling: Handling[Any],
    commands: Sequence[Any],
    meta: Meta,
    limit: int = BULK_LIMIT,
    numbers: Sequence[int] | None = None,
) -> Sequence[ItemOutcome]:
    """Carry out up to `limit` commands, each for itself, with one read and one transaction per lane.

    A refused item harms no other; items that meet a conflict three times are answered with it. Item `i` has the command
    id uuid5(command id, i); `numbers` gives each command its number where they are not all of the message, so that in a
    repeat each has the id it had. Raises Invalid `bulk.too_many`, Unavailable.
    """
    if len(commands) > limit:
        raise TOO_MANY_ITEMS.error(field="items", limit=limit)
    outcomes: dict[int, ItemOutcome] = {}
    lanes: dict[str, list[int]] = {}
    numbered = dict(zip(range(len(commands)) if numbers is None else numbers, commands, strict=True))
    for number, command in numbered.items():
        lanes.setdefault(stream_lane(handling.stream(command)), []).append(number)
    for lane, own in lanes.items():
        outcomes.update(_handle_lane(log, handling, lane, [(n, numbered[n], meta.item(n)) for n in own]))
    return [outcomes[number] for number in numbered]


Item = tuple[int, Any, Meta]


def _handle_lane(log: EventLog, handling: Handling[Any], lane: str, items: Sequence[Item]) -> dict[int, ItemOutcome]:
    if len(items) == 1:
        return _handle_alone(log, handling, items[0])
    try:
        return _handle_together(log, handling, lane, items)
    except ServiceError as error:
        if not isinstance(error, Conflict) and error.code != COMMAND_ID_REUSED.code:
            raise
    # Halves meet the busy stream apart, so that one of them does not fail the others.
    middle = len(items) // 2
    return {
        **_handle_lane(log, handling, lane, items[:middle]),
        **_handle_lane(log, handling, lane, items[middle:]),
    }


def _handle_alone(log: EventLog, handling: Handling[Any], item: Item) -> dict[int, ItemOutcome]:
    index, command, meta = item
    try:
        return {index: ItemOutcome(index, answer=handle(log, handling, command, meta))}
    except Unavailable:
        raise
    except ServiceError as error:
        return {index: ItemOutcome(index, error=error)}


def _handle_together(
    log: EventLog, handling: Handling[Any], lane: str, items: Sequence[Item]
) -> dict[int, ItemOutcome]:
    own_streams = {index: handling.stream(command) for index, command, _ in items}
    names = {index: (own_streams[index], *handling.reads(command)) for index, command, _ in items}
    streams = log.read(_all_of(names))
    then = {index: handling.then_reads(command, streams) for index, command, _ in items}
    if any(then.values()):
        streams = {**streams, **log.read(_all_of(then))}
    outcomes: dict[int, ItemOutcome] = {}
    writes: list[tuple[int, Answer, Sequence[Write]]] = []
    guards: dict[str, int] = {}
    touched: set[str] = set()
    postponed: list[Item] = []
    for item in items:
        index, command, meta = item
        stream = own_streams[index]
        read = (*names[index], *then[index])
        if not touched.isdisjoint(read):
            postponed.append(item)
            continue
        try:
            answer, own = _decided(handling, command, meta, stream, streams)
        except ServiceError as error:
            outcomes[index] = ItemOutcome(index, error=error)
            continue
        if not own:
            outcomes[index] = ItemOutcome(index, answer=answer)
            continue
        touched.update(write.stream for write in own)
        guards.update(_guards(read, streams, own))
        guards.update(handling.prepared(command))
        writes.append((index, answer, own))
    if writes:
        position = log.append_many(lane, [write for _, _, own in writes for write in own], guards).position
        for index, answer, own in reversed(writes):
            version = own[-1].expected_version + len(own[-1].events)
            outcomes[index] = ItemOutcome(index, Answer(answer.id, version, position, answer.made))
            position -= sum(len(write.events) for write in own)
    for item in postponed:
        outcomes.update(_handle_lane(log, handling, lane, [item]))
    return outcomes


def _all_of(names: Mapping[int, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for each in names.values() for name in each))


def _guards(read: Iterable[str], streams: Streams, writes: Sequence[Write]) -> dict[str, int]:
    """The version of each stream that a decision read; those it writes say theirs as the expected version."""
    written = {write.stream for write in writes}
    return {name: len(streams[name]) for name in read if name not in written}


def _decided(
    handling: Handling[Any], command: Any, meta: Meta, stream: str, streams: Streams
) -> tuple[Answer, Sequence[Write]]:
    """The answer as things are, and what to write: claims first, so that the command's own event is the last one."""
    history = streams[stream]
    thing_id = stream.partition("-")[2]
    state = fold(handling, history)
    facts = handling.facts(command, streams)
    check(meta.action, meta.actor, handling.subject(command, state, facts))
    mine = history and [recorded for recorded in history if recorded.event.command_id == meta.command_id]
    if mine:
        # Events of releases before fingerprints have none.
        asked = mine[-1].event.fingerprint
        if asked is not None and meta.fingerprint is not None and asked != meta.fingerprint:
            raise COMMAND_ID_REUSED.error(field="command_id")
        made = _made((handling.codec.classes[each.type], each.data) for each in mine)
        return Answer(thing_id, mine[-1].version, mine[-1].position, made), ()
    events = handling.decide(command, state, facts, meta)
    if not events:
        return Answer(thing_id, len(history), 0, handling.found(command, state)), ()
    lane = stream_lane(stream)
    own = Write(stream, len(history), _encoded(handling.codec, events, meta, lane, 0))
    claims = [
        Write(name, len(streams[name]), _encoded(handling.claim_codec, [claim], meta, lane, index))
        for index, (name, claim) in enumerate(handling.claims(events, facts), len(events))
    ]
    made = _made((type(event), new.data) for event, new in zip(events, own.events, strict=True))
    return Answer(thing_id, len(history), 0, made), (*claims, own)


def _made(events: Iterable[tuple[type[Any], Mapping[str, Any]]]) -> dict[str, str]:
    """The ids of what these events made, by the names of their fields."""
    return {event.MAKES: data[event.MAKES] for event, data in events if hasattr(event, "MAKES")}


def fold(handling: Handling[State], history: Sequence[Recorded]) -> State:
    """The state a stream's events add up to; a remembered history folds only what is new. Raises UnreadableEvent."""
    count, state = 0, handling.initial
    if isinstance(history, History):
        count, state = history.folded.get(handling.evolve, (count, state))
    for recorded in history[count:]:
        event = recorded.event
        state = handling.evolve(state, handling.codec.decode(event.type, event.type_version, event.data))
    if isinstance(history, History):
        history.folded[handling.evolve] = (len(history), state)
    return state


def _encoded(codec: Codec, events: Sequence[Any], meta: Meta, lane: str, start: int) -> tuple[NewEvent, ...]:
    """The event ids of a command are those of nothing else: not of another lane either, where its id is used again."""
    encoded = []
    actor = meta.actor if meta.actor.rights is None else replace(meta.actor, rights=None)
    for index, event in enumerate(events, start):
        event_type, version, data = codec.encode(event)
        encoded.append(
            NewEvent(
                type=event_type,
                type_version=version,
                data=data,
                event_id=derived(meta.command_id, f"{lane}/{index}"),
                command_id=meta.command_id,
                correlation_id=meta.correlation_id,
                causation_id=meta.causation_id,
                actor=actor,
                occurred_at=meta.now,
                fingerprint=meta.fingerprint,
            )
        )
    return tuple(encoded)
