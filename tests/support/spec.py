"""given(...).when(...).then(...): a decider's outcomes told as events before, a command, and events or a refusal after.

The people and ids every spec may name are here too; `meta` says who gives a command, when, and which command it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.access import Role
from shared.errors import ServiceError
from shared.handling import Handling
from shared.messages import Actor, Meta
from tests.support.spoken import latin

NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
COMMAND_ID = UUID("00000000-0000-4000-8000-000000000001")

LANE = "14"
SCOPE = "CN/14/10108/07"
GRADUATE_ID = "14-00000000-0000-4000-8000-0000000000a1"
EMPLOYER_ID = "00-00000000-0000-4000-8000-0000000000b1"
OTHER_EMPLOYER_ID = "00-00000000-0000-4000-8000-0000000000b2"

GRADUATE = Actor(Role.GRADUATE, GRADUATE_ID)
EMPLOYER = Actor(Role.EMPLOYER, EMPLOYER_ID)
OTHER_EMPLOYER = Actor(Role.EMPLOYER, OTHER_EMPLOYER_ID)
DEPARTMENT = Actor(Role.DEPARTMENT, "department-office", SCOPE)
SCHOOL = Actor(Role.SCHOOL, "school-office", "CN/14/10108")
PROVINCE = Actor(Role.PROVINCE, "province-office", "CN/14")
MINISTRY = Actor(Role.MINISTRY, "ministry", "CN")
SYSTEM = Actor(Role.SYSTEM, "test")


def command_id(number: int = 1) -> UUID:
    """The id of the number-th command of a spec."""
    return COMMAND_ID if number == 1 else uuid5(COMMAND_ID, str(number))


def meta(
    actor: Actor = SYSTEM, *, after: timedelta = timedelta(), number: int = 1, action: str = "test.action"
) -> Meta:
    """The meta of a command: who gives it, how long after `NOW`, which command it is, and by which action."""
    return Meta(command_id(number), command_id(number), actor, NOW + after, action)


# Reads well where the actor is the point: `when(command, by(SCHOOL))`.
by = meta


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decider made of a command."""

    events: tuple[Any, ...]
    error: ServiceError | None

    def then(self, *events: Any) -> None:
        """Exactly these events."""
        assert self.error is None, self.error
        assert self.events == events

    def then_nothing(self) -> None:
        """No event and no refusal."""
        self.then()

    def then_refused(self, code: str, field: str | None = None) -> None:
        """This refusal, in both languages, and about this field if one is named."""
        assert self.error is not None, f"not refused: {self.events}"
        assert self.error.code == code
        assert self.error.zh != self.error.code
        assert self.error.en != self.error.code
        assert not latin(self.error.zh), self.error.zh
        assert not re.search("“[a-z_.0-9]*[a-z]”", self.error.zh), "a code that has no word"
        if field is not None:
            assert self.error.field == field


@dataclass(frozen=True, slots=True)
class Given:
    """A stream's past and the facts around it."""

    handling: Handling[Any]
    events: tuple[Any, ...]
    facts: Any

    @property
    def state(self) -> Any:
        """What the past adds up to."""
        return folded(self.handling, self.events)

    def when(self, command: Any, meta: Meta | None = None) -> Outcome:
        """Give a command; whatever it is decided, its events can be stored, read back and folded."""
        try:
            events = self.handling.decide(command, self.state, self.facts, meta or by())
        except ServiceError as error:
            return Outcome((), error)
        for event in events:
            assert self.handling.codec.decode(*self.handling.codec.encode(event)) == event
        folded(self.handling, (*self.events, *events))
        return Outcome(tuple(events), None)


def given(handling: Handling[Any], *events: Any, facts: Any = None) -> Given:
    """A stream's past, oldest first."""
    return Given(handling, events, facts)


def folded(handling: Handling[Any], events: Iterable[Any]) -> Any:
    """The state that events add up to."""
    state = handling.initial
    for event in events:
        state = handling.evolve(state, event)
    return state


def assert_folds_every_event(handling: Handling[Any], unknown: Any) -> None:
    """The fold ends loudly at an event it does not know."""
    with pytest.raises(ServiceError) as caught:
        handling.evolve(handling.initial, unknown)
    assert caught.value.code == "event.unknown_type"
