"""Whatever is asked, in whatever order and at whatever time, at most one agreement binds a graduate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.agreement import decider as c
from services.agreement.decider import HANDLING
from services.agreement.state import LOCKED, Agreements
from shared.errors import ServiceError
from shared.messages import Actor, new_id
from tests.support import examples as x
from tests.support.spec import GRADUATE_ID, LANE, OTHER_EMPLOYER_ID, command_id, meta

EMPLOYERS = (x.SEND.employer_id, OTHER_EMPLOYER_ID, f"{LANE}-third")
MOST = 24
NUMBERS = st.integers(1, MOST)


def offer(number: int) -> str:
    return new_id(LANE, command_id(number), "offer")


def cancellation(number: int) -> str:
    return new_id(LANE, command_id(number), "cancellation")


def command(kind: str, number: int, employer_id: str) -> Any:
    """A command about the offer or the request that the number-th command may have made."""
    match kind:
        case "send":
            return replace(x.SEND, employer_id=employer_id)
        case "accept":
            return c.AcceptOffer(GRADUATE_ID, offer(number), employer_id)
        case "withdraw" | "refuse" | "lapse" | "attest":
            examples: dict[str, Any] = {"withdraw": x.WITHDRAW, "refuse": x.REFUSE, "lapse": x.LAPSE}
            example = examples.get(kind)
            return (
                replace(example, offer_id=offer(number)) if example else replace(x.ATTEST, agreement_id=offer(number))
            )
        case "pass" | "fail":
            return replace(x.PASS if kind == "pass" else x.FAIL, subject_id=offer(number))
        case "pass cancellation" | "fail cancellation":
            example = x.PASS_CANCELLATION if kind.startswith("pass") else x.FAIL_CANCELLATION
            return replace(example, subject_id=cancellation(number))
        case "request":
            return replace(x.REQUEST_CANCELLATION, agreement_id=offer(number))
    answers: dict[str, Any] = {
        "unrequest": x.WITHDRAW_CANCELLATION,
        "agree": x.AGREE,
        "disagree": x.REFUSE_CANCELLATION,
        "lapse request": x.LAPSE_CANCELLATION,
    }
    return replace(answers[kind], cancellation_id=cancellation(number))


KINDS = (
    *("send", "send", "accept", "accept", "withdraw", "refuse", "lapse", "pass", "fail", "attest"),
    *("request", "unrequest", "agree", "disagree", "lapse request", "pass cancellation", "fail cancellation"),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        NUMBERS,
        st.sampled_from(EMPLOYERS),
        st.sampled_from(("graduate", "employer")),
        st.integers(-3, 40),
        st.sampled_from((2, 3)),
    ),
    max_size=MOST,
)


def tell(steps: Any) -> list[Any]:
    """The stream that the steps leave, checked after every one of them."""
    stream: list[Any] = []
    state: Agreements = HANDLING.initial
    for number, (kind, about, employer_id, role, days, parties) in enumerate(steps, 1):
        facts = replace(x.FACTS, settings=replace(x.FACTS.settings, parties=parties))
        given_at = meta(Actor(role, GRADUATE_ID), number=number, after=timedelta(days=days))
        try:
            events = HANDLING.decide(command(kind, about, employer_id), state, facts, given_at)
        except ServiceError:
            continue
        for event in events:
            state = HANDLING.evolve(state, event)
        stream.extend(events)
        assert sum(each.status in LOCKED for each in state.offers.values()) <= 1
    return stream


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_at_most_one_agreement_binds_and_the_stream_can_be_read_again(steps: Any) -> None:
    stream = tell(steps)
    live: Agreements = HANDLING.initial
    read: Agreements = HANDLING.initial
    for event in stream:
        live = HANDLING.evolve(live, event)
        read = HANDLING.evolve(read, HANDLING.codec.decode(*HANDLING.codec.encode(event)))
    assert read == live


LIVES = st.lists(
    st.tuples(
        st.sampled_from(EMPLOYERS),
        st.sampled_from((2, 3)),
        st.sampled_from(("refuse", "withdraw", "return", "cancel", "keep")),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(LIVES)
def test_a_graduate_signs_again_and_again_as_long_as_each_agreement_ends(lives: Any) -> None:
    """Steered through whole lives, so that the rule above is not kept merely because nothing ever gets that far."""
    steps: list[Any] = []
    kept = False
    for employer_id, parties, end in lives:
        sent = len(steps) + 1

        def step(kind: str, about: int, role: str = "graduate") -> None:
            steps.append((kind, about, employer_id, role, 0, parties))  # noqa: B023 - called within this turn only

        step("send", sent, "employer")
        if kept:
            continue
        if end in ("refuse", "withdraw"):
            step(end, sent)
            continue
        step("accept", sent)
        if end == "return":
            step("fail", sent)
            continue
        step("pass", sent)
        if parties == 3:
            step("attest", sent)
        kept = end == "keep"
        if end == "cancel":
            asked = len(steps) + 1
            step("request", sent)
            step("agree", asked, "employer")
            step("pass cancellation", asked)
    state: Agreements = HANDLING.initial
    for event in tell(steps):
        state = HANDLING.evolve(state, event)
    assert (state.locked is not None) == kept
