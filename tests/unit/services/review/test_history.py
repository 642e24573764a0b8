"""Whatever is asked, in whatever order and by whomever: offices approve in their order, and a decided case stays so."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from services.review import events as e
from services.review.decider import HANDLING, Case
from shared.clock import FixedClock
from shared.codec import to_json
from shared.errors import ServiceError
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Write
from shared.handling import Answer, fold, handle
from shared.messages import Meta, NewEvent
from tests.support import review_examples as x
from tests.support.spec import COMMAND_ID, DEPARTMENT, LANE, MINISTRY, NOW, PROVINCE, SCHOOL, SYSTEM

OWN = f"review-{x.CASE_ID}"
STEPS = ("department", "school", "province")
CHAINS = st.lists(st.booleans(), min_size=3, max_size=3).map(
    lambda kept: tuple(step for step, keep in zip(STEPS, kept, strict=True) if keep)
)
ASKED: dict[str, tuple[Any, Any]] = {
    "open": (x.OPEN, SYSTEM),
    "close": (x.CLOSE, SYSTEM),
    **{f"approve {actor.role}": (x.APPROVE, actor) for actor in (DEPARTMENT, SCHOOL, PROVINCE, MINISTRY)},
    **{f"return {actor.role}": (x.RETURN, actor) for actor in (DEPARTMENT, SCHOOL, PROVINCE, MINISTRY)},
}
APPROVALS = tuple(f"approve {step}" for step in STEPS)
ORDER = st.lists(st.sampled_from(("open", *APPROVALS, *APPROVALS, *ASKED)), max_size=15)


def asked_in(log: MemoryLog, chain: tuple[str, ...], order: list[str]) -> list[tuple[Any, Meta, Answer]]:
    """The commands that were answered; after each the case is where it was, or one move on."""
    settings_of = {"class_year": 2026, "review_chain": list(chain), "cancellation_chain": [], "review_days": 0}
    event_id, told_by = uuid5(COMMAND_ID, "event"), uuid5(COMMAND_ID, "command")
    event = NewEvent("directory.ProvinceSettingsChanged", 1, settings_of, event_id, told_by, told_by, None, SYSTEM, NOW)
    log.append(LANE, Write("province-14", 0, [event]))
    answered: list[tuple[Any, Meta, Answer]] = []
    for number, name in enumerate(order):
        command, actor = ASKED[name]
        verb = name.partition(" ")[0]
        command_id = uuid5(COMMAND_ID, f"step {number}")
        meta = Meta(command_id, command_id, actor, NOW, f"review.{verb}_review")
        before = log.read([OWN])[OWN]
        try:
            answered.append((command, meta, handle(log, HANDLING, command, meta)))
        except ServiceError:
            assert log.read([OWN])[OWN] == before
    return answered


@settings(max_examples=300, deadline=None)
@given(CHAINS, ORDER)
def test_offices_approve_in_their_order_and_a_decided_case_stays_decided(
    chain: tuple[str, ...], order: list[str]
) -> None:
    log = MemoryLog(FixedClock(NOW))
    asked_in(log, chain, order)
    history = log.read([OWN])[OWN]
    types = [each.type for each in history]
    approved = tuple(each.data["step"] for each in history if each.type == e.StepApproved.TYPE)
    assert approved == chain[: len(approved)]
    assert types.count(e.ReviewOpened.TYPE) <= 1
    ends = [
        index
        for index, kind in enumerate(types)
        if kind in {e.ReviewPassed.TYPE, e.ReviewReturned.TYPE, e.ReviewClosed.TYPE}
    ]
    assert ends in ([], [len(types) - 1])
    assert (e.ReviewPassed.TYPE in types) == (
        e.ReviewOpened.TYPE in types and approved == chain and not _stopped(types)
    )


def _stopped(types: list[str]) -> bool:
    return e.ReviewReturned.TYPE in types or e.ReviewClosed.TYPE in types


@settings(max_examples=150, deadline=None)
@given(CHAINS, ORDER, st.randoms(use_true_random=False))
def test_repeats_of_what_was_answered_change_nothing(chain: tuple[str, ...], order: list[str], random: Any) -> None:
    log = MemoryLog(FixedClock(NOW))
    effective = [each for each in asked_in(log, chain, order) if each[2].position]
    before = log.read([OWN])[OWN]
    random.shuffle(effective)
    for command, meta, answer in effective:
        assert handle(log, HANDLING, command, meta) == answer
    assert log.read([OWN])[OWN] == before


@settings(max_examples=150, deadline=None)
@given(CHAINS, ORDER)
def test_the_stream_read_again_is_the_case_as_it_was_at_every_event(chain: tuple[str, ...], order: list[str]) -> None:
    log = MemoryLog(FixedClock(NOW))
    asked_in(log, chain, order)
    history = log.read([OWN])[OWN]
    states = [fold(HANDLING, history[:length]) for length in range(1, len(history) + 1)]
    live = HANDLING.initial
    for recorded, state in zip(history, states, strict=True):
        live = HANDLING.evolve(live, HANDLING.codec.decode(recorded.type, 1, to_json(recorded.data)))
        assert live == state
    for earlier, later in pairwise(states):
        assert isinstance(earlier, Case)
        assert isinstance(later, Case)
        assert earlier.status == "waiting"
        assert replace(later, step=0, status="waiting") == Case(earlier.opened)
