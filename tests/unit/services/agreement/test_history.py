"""Whatever is asked, in whatever order and at whatever time, at most one agreement binds a graduate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.agreement import decider as c
from services.agreement.decider import HANDLING
from services.agreement.state import LOCKED, Agreements
from shared.errors import ServiceError
from shared.messages import Actor
from tests.support import examples as x
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, OTHER_EMPLOYER_ID, meta

EMPLOYERS = (EMPLOYER_ID, OTHER_EMPLOYER_ID, "00-third")
ABOUT_OFFERS: dict[str, Any] = {
    "withdraw": lambda offer: replace(x.WITHDRAW, offer_id=offer.offer_id),
    "refuse": lambda offer: replace(x.REFUSE, offer_id=offer.offer_id),
    "accept": lambda offer: c.AcceptOffer(GRADUATE_ID, offer.offer_id, offer.employer_id),
    "lapse": lambda offer: replace(x.LAPSE, offer_id=offer.offer_id),
    "pass": lambda offer: replace(x.PASS, subject_id=offer.offer_id),
    "fail": lambda offer: replace(x.FAIL, subject_id=offer.offer_id),
    "attest": lambda offer: replace(x.ATTEST, agreement_id=offer.offer_id),
    "decline": lambda offer: replace(x.DECLINE_ATTESTATION, agreement_id=offer.offer_id),
    "overdue": lambda offer: replace(x.LAPSE_COMPLETION, agreement_id=offer.offer_id),
    "request": lambda offer: replace(x.REQUEST_CANCELLATION, agreement_id=offer.offer_id),
}
ABOUT_CANCELLATIONS: dict[str, Any] = {
    "take back": lambda cancellation_id: replace(x.WITHDRAW_CANCELLATION, cancellation_id=cancellation_id),
    "agree": lambda cancellation_id: replace(x.AGREE, cancellation_id=cancellation_id),
    "disagree": lambda cancellation_id: replace(x.REFUSE_CANCELLATION, cancellation_id=cancellation_id),
    "lapse request": lambda cancellation_id: replace(x.LAPSE_CANCELLATION, cancellation_id=cancellation_id),
    "pass cancellation": lambda cancellation_id: replace(x.PASS_CANCELLATION, subject_id=cancellation_id),
    "fail cancellation": lambda cancellation_id: replace(x.FAIL_CANCELLATION, subject_id=cancellation_id),
}
Step = tuple[str, int, str, str, float, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("send", "send", "accept", "accept", *ABOUT_OFFERS, *ABOUT_CANCELLATIONS)),
        st.integers(0, 7),
        st.sampled_from(EMPLOYERS),
        st.sampled_from(("graduate", "employer")),
        st.sampled_from((0, 0, 0, 1, 4.9, 5, 14.9, 15, 40, -3)),
        st.sampled_from((2, 3)),
    ),
    max_size=30,
)


def asked(step: Step, stream: Sequence[Any]) -> Any:
    """The command of a step, about an offer or a request that the stream has seen; None when it has seen none."""
    kind, about, employer_id, *_ = step
    if kind == "send":
        return replace(x.SEND, employer_id=employer_id)
    if kind in ABOUT_OFFERS:
        offers = [event for event in stream if event.TYPE == "agreement.OfferSent"]
        return ABOUT_OFFERS[kind](offers[about % len(offers)]) if offers else None
    requests = [event.cancellation_id for event in stream if event.TYPE == "agreement.CancellationRequested"]
    return ABOUT_CANCELLATIONS[kind](requests[about % len(requests)]) if requests else None


def tell(steps: Sequence[Step]) -> list[Any]:
    """The stream that the steps leave; after every one of them at most one agreement binds."""
    stream: list[Any] = []
    state: Agreements = HANDLING.initial
    for number, step in enumerate(steps, 1):
        _, _, _, role, days, parties = step
        facts = replace(x.FACTS, settings=replace(x.FACTS.settings, parties=parties))
        command = asked(step, stream)
        if command is None:
            continue
        given_at = meta(Actor(role, GRADUATE_ID), number=number, after=timedelta(days=days))
        try:
            events = HANDLING.decide(command, state, facts, given_at)
        except ServiceError:
            continue
        for event in events:
            state = HANDLING.evolve(state, event)
            assert sum(offer.status in LOCKED for offer in state.offers.values()) <= 1, (step, event)
        stream.extend(events)
    return stream


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_at_most_one_agreement_binds_and_the_stream_can_be_read_again(steps: list[Step]) -> None:
    live: Agreements = HANDLING.initial
    read: Agreements = HANDLING.initial
    for event in tell(steps):
        live = HANDLING.evolve(live, event)
        read = HANDLING.evolve(read, HANDLING.codec.decode(*HANDLING.codec.encode(event)))
    assert read == live


ENDS: dict[str, list[tuple[str, str]]] = {
    "refused": [("refuse", "graduate")],
    "withdrawn": [("withdraw", "employer")],
    "returned": [("accept", "graduate"), ("fail", "graduate")],
    "cancelled": [
        *(("accept", "graduate"), ("pass", "graduate"), ("attest", "graduate"), ("request", "graduate")),
        *(("agree", "employer"), ("pass cancellation", "graduate")),
    ],
    "kept": [("accept", "graduate"), ("pass", "graduate"), ("attest", "graduate")],
}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.permutations(range(3)), st.sampled_from((2, 3)), st.sampled_from(list(ENDS))), max_size=4))
def test_of_several_open_offers_the_first_accepted_binds_until_it_ends(rounds: Any) -> None:
    """Each round three employers invite, one offer is lived through, then the graduate tries the two others."""
    steps: list[Step] = []
    for order, parties, end in rounds:
        stream = tell(steps)
        sent = sum(event.TYPE == "agreement.OfferSent" for event in stream)
        requests = sum(event.TYPE == "agreement.CancellationRequested" for event in stream)
        steps += [("send", 0, EMPLOYERS[each], "employer", 0, parties) for each in order]
        for kind, role in ENDS[end]:
            about = sent if kind in ABOUT_OFFERS else requests
            steps.append((kind, about, EMPLOYER_ID, role, 0, parties))
        bound = [event.offer_id for event in tell(steps) if event.TYPE == "agreement.OfferAccepted"]
        tries: list[Step] = [("accept", sent + other, EMPLOYER_ID, "graduate", 0, parties) for other in (1, 2)]
        after = [event.offer_id for event in tell([*steps, *tries]) if event.TYPE == "agreement.OfferAccepted"]
        assert len(after) - len(bound) == (0 if end == "kept" else 1)
        if end == "kept":
            return
        # The others are refused, so that the next round's employers may all invite again.
        steps += [("refuse", sent + other, EMPLOYER_ID, "graduate", 0, parties) for other in (1, 2)]
