"""A context small enough to see through: counters that are counted, and a tally that hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from shared import shapes
from shared.access import Subject
from shared.codec import Codec
from shared.errors import KINDS, Reason
from shared.handling import Handling, Intent, Reactions
from shared.messages import Meta, Recorded
from shared.shapes import Shape

A_PERSON: Final = "王小明"
LIMIT: Final = 1_000
FULL = Reason("counter.full", "计数最多 {limit:number}", "A counter ends at {limit:number}")
# What the tally does with these numbers.
BUG, AWAY, HELD, STUCK = 66, 77, 88, 99


@dataclass(frozen=True, slots=True)
class Counted:
    TYPE: ClassVar[str] = "counter.Counted"
    VERSION: ClassVar[int] = 1
    by: int


@dataclass(frozen=True, slots=True)
class Tallied:
    TYPE: ClassVar[str] = "tally.Tallied"
    VERSION: ClassVar[int] = 1
    by: int


@dataclass(frozen=True, slots=True)
class Count:
    counter: str
    by: int


class CountShape(Shape):
    makes = Count
    counter = shapes.thing_id()
    by = shapes.whole(0, LIMIT)


@dataclass(frozen=True, slots=True)
class Total:
    counter: str


class TotalShape(Shape):
    makes = Total
    counter = shapes.thing_id()


@dataclass(frozen=True, slots=True)
class Fail:
    kind: str


class FailShape(Shape):
    makes = Fail
    kind = shapes.coded((*KINDS, "bug", "unsendable", "surrogate", "detail", "large"))


@dataclass(frozen=True, slots=True)
class Wait:
    counter: str


class WaitShape(Shape):
    makes = Wait
    counter = shapes.thing_id()


def _count(command: Count, total: int, facts: Any, meta: Meta) -> list[Counted]:
    del facts, meta
    if total + command.by > LIMIT:
        raise FULL.error(field="by", limit=LIMIT)
    return [Counted(command.by)] if command.by else []


def _tally(command: Count, total: int, facts: Any, meta: Meta) -> list[Tallied]:
    del total, facts, meta
    return [Tallied(command.by)]


COUNTING = Handling[int](
    codec=Codec(Counted),
    initial=0,
    evolve=lambda total, event: total + event.by,
    decide=_count,
    stream=lambda command: f"counter-{command.counter}",
    reads=lambda command: (),
    facts=lambda command, streams: None,
    subject=lambda command, state, facts: Subject(scope=f"CN/{command.counter[:2]}"),
)
TALLYING = Handling[int](
    codec=Codec(Tallied),
    initial=0,
    evolve=lambda total, event: total + event.by,
    decide=_tally,
    stream=lambda command: f"tally-{command.counter}",
    reads=lambda command: (),
    facts=lambda command, streams: None,
    subject=lambda command, state, facts: Subject(scope=f"CN/{command.counter[:2]}"),
)


def _tally_it(event: Recorded) -> Sequence[Intent]:
    return [Intent("tally.tally", Count(event.stream.partition("-")[2], int(event.data["by"])))]


REACTIONS: Final[Reactions] = {Counted.TYPE: _tally_it}
SUBSCRIPTIONS: Final = (("tally", Counted.TYPE),)
TELLING: Final = ("counter",)
