"""The list of offers says what the streams say, in whatever batches it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as engine_event
from sqlalchemy import select, text

from services.agreement import events as e
from services.agreement import read_model
from services.agreement.decider import as_of
from services.agreement.read_model import OFFERS
from services.agreement.state import INITIAL, OVER, Status, evolve, turn_of
from shared.messages import NewEvent, Recorded
from tests.integration.agreement.conftest import World
from tests.support import examples as x
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, LANE, NOW, SCOPE, SYSTEM, meta

IN_REVIEW = (x.OFFER_SENT, x.ACCEPTED)
ASKED = (*IN_REVIEW, x.CONCLUDED, x.REQUESTED)
LIVES: dict[str, tuple[Any, ...]] = {
    "sent": (x.OFFER_SENT,),
    "withdrawn": (x.OFFER_SENT, x.WITHDRAWN),
    "refused": (x.OFFER_SENT, x.REFUSED),
    "lapsed": (x.OFFER_SENT, x.LAPSED),
    "returned": (*IN_REVIEW, x.RETURNED),
    "attesting": (replace(x.OFFER_SENT, parties=3), x.ACCEPTED, x.AWAITING),
    "attestation declined": (replace(x.OFFER_SENT, parties=3), x.ACCEPTED, x.TO_BE_ATTESTED, x.ATTESTATION_DECLINED),
    "to be sealed": (*IN_REVIEW, x.TO_BE_SEALED),
    "sealed, to be attested": (
        *IN_REVIEW,
        x.TO_BE_SEALED,
        replace(x.SEALED, awaits="attest", complete_by=x.COMPLETE_BY + x.DAY),
    ),
    "sealed": (*IN_REVIEW, x.TO_BE_SEALED, x.SEALED, x.CONCLUDED),
    "seal before review": (
        x.OFFER_SENT,
        replace(x.ACCEPTED, awaits="seal", number=x.NUMBER, complete_by=x.COMPLETE_BY),
        replace(x.SEALED, awaits="review"),
    ),
    "asked": ASKED,
    "request withdrawn": (*ASKED, x.CANCELLATION_WITHDRAWN),
    "request refused": (*ASKED, x.CANCELLATION_REFUSED),
    "reminded": (*ASKED, x.REMINDED),
    "reminded, refused": (*ASKED, x.REMINDED, x.CANCELLATION_REFUSED),
    "request lapsed": (*ASKED, x.CANCELLATION_LAPSED),
    "asked again": (*ASKED, x.CANCELLATION_REFUSED, x.REQUESTED),
    "mediated, kept": (*ASKED, x.CANCELLATION_LAPSED, x.KEPT),
    "mediated, cancelled": (*ASKED, x.CANCELLATION_REFUSED, x.MEDIATED, x.AGREED),
    "request returned": (*ASKED, x.AGREED, x.CANCELLATION_RETURNED),
    "agreed": (*ASKED, x.AGREED),
    "cancelled": (*ASKED, x.AGREED, x.CANCELLED),
}


def recorded(events: Sequence[Any]) -> list[Recorded]:
    found = []
    for position, each in enumerate(events, 1):
        new = NewEvent(*e.CODEC.encode(each), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        found.append(Recorded(LANE, position, f"agreement-{GRADUATE_ID}", position, NOW, new))
    return found


def rows(world: World, batches: Sequence[Sequence[Recorded]]) -> list[dict[str, Any]]:
    with world.engine.begin() as connection:
        connection.execute(text("TRUNCATE offers"))
        for batch in batches:
            read_model.apply(connection, batch)
        return [dict(row._mapping) for row in connection.execute(select(OFFERS).order_by(OFFERS.c.offer_id))]


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_a_row_says_what_the_stream_says_told_at_once_or_one_by_one(world: World, life: tuple[Any, ...]) -> None:
    events = recorded(life)
    (row,) = rows(world, [events])
    assert rows(world, [[each] for each in events]) == [row]
    state = INITIAL
    for each in life:
        state = evolve(state, each)
    offer = state.offers[x.OFFER_ID]
    assert (row["state"], row["number"], row["reason"]) == (offer.status, offer.number, offer.reason)
    assert row["parties"] == offer.sent.parties
    waiting = offer.cancellation is not None and not offer.cancellation.agreed
    assert row["answer_by"] == (x.REQUESTED.answer_by if waiting else None)
    assert row["cancellation_id"] == (x.CANCELLATION_ID if offer.cancellation else None)
    assert row["reminded"] == (offer.cancellation is not None and offer.cancellation.reminded)
    assert row["contested"] == (offer.contested.cancellation_id if offer.contested else None)
    cancelled = x.CANCELLED in life
    assert (row["caused_by"], row["reason_code"]) == (
        (x.CANCELLED.caused_by, x.CANCELLED.reason_code) if cancelled else (None, None)
    )
    assert (row["sent_at"], row["respond_by"]) == (NOW, x.OFFER_SENT.respond_by)
    waits = offer.status in (Status.SEALING, Status.ATTESTING)
    assert row["complete_by"] == (offer.complete_by if waits else None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lives=st.lists(st.sampled_from(list(LIVES.values())), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
    cuts=st.sets(st.integers(1, 40)),
)
def test_how_a_lane_is_cut_into_batches_does_not_matter(world: World, lives: Any, order: Any, cuts: set[int]) -> None:
    queues = [[_of(each, number) for each in life] for number, life in enumerate(lives)]
    told: list[Any] = []
    while any(queues):
        told.append(order.choice([queue for queue in queues if queue]).pop(0))
    events = recorded(told)
    edges = [0, *sorted(cut for cut in cuts if cut < len(events)), len(events)]
    batches = [events[start:end] for start, end in pairwise(edges)]
    assert rows(world, batches) == rows(world, [events])


def _of(event: Any, number: int) -> Any:
    offer_id = f"{x.OFFER_ID[:-2]}{number:02d}"
    return replace(event, **{"agreement_id" if hasattr(event, "agreement_id") else "offer_id": offer_id})


def test_other_contexts_events_are_passed_over(world: World) -> None:
    (told,) = recorded([x.WITHDRAWN])
    foreign = replace(told, event=replace(told.event, type="review.ReviewPassed", data={"subject_id": x.OFFER_ID}))
    assert rows(world, [[foreign]]) == []


def test_a_batch_takes_the_same_few_statements_however_large(world: World) -> None:
    executed: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    lengths = []
    engine_event.listen(world.engine, "before_cursor_execute", count)
    for size in (2, 2_000):
        events = recorded([_of(each, number) for number in range(size) for each in LIVES["cancelled"]])
        executed.clear()
        with world.engine.begin() as connection:
            read_model.apply(connection, events)
        lengths.append(len(executed))
    assert lengths[0] == lengths[1] <= 3


INSTANTS = sorted(
    {NOW, x.OFFER_SENT.respond_by, x.COMPLETE_BY, x.COMPLETE_BY + x.DAY, x.REQUESTED.answer_by}
    | {x.OFFER_SENT.respond_by - x.MOMENT, x.COMPLETE_BY - x.MOMENT, x.REQUESTED.answer_by - x.MOMENT}
)


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_a_list_says_what_is_true_at_each_instant_and_whose_turn_it_is(world: World, life: tuple[Any, ...]) -> None:
    rows(world, [recorded(life)])
    state = INITIAL
    for each in life:
        state = evolve(state, each)
    for now in INSTANTS:
        offer = as_of(state, replace(meta(), now=now)).offers[x.OFFER_ID]
        with world.engine.connect() as connection:
            (row,) = read_model.list_offers(connection, EMPLOYER_ID, None, None, 10, now)
            for status in Status:
                found = read_model.list_offers(connection, EMPLOYER_ID, status.value, None, 10, now)
                assert bool(found) == (offer.status == status)
            cases, total = read_model.list_employer_cases(connection, EMPLOYER_ID, None, None, 10, now)
            _, contested = read_model.list_contested(connection, SCOPE, None, 10, now)
            _, attesting = read_model.list_awaiting_attestation(connection, SCOPE, None, 10, now)
        assert (row["state"], row["reason"]) == (offer.status, offer.reason)
        assert row["contested"] == (offer.contested.cancellation_id if offer.contested else None)
        assert row["cancellation_id"] == (offer.cancellation.requested.cancellation_id if offer.cancellation else None)
        assert contested == (offer.contested is not None)
        assert attesting == (offer.status == Status.ATTESTING)
        who, until = turn_of(offer)
        assert total == len(cases) == (offer.status not in OVER)
        assert [(each["waiting_for"], each["until"]) for each in cases] == [(who, until)] * total
        past = offer.past[-1] if offer.past and offer.cancellation is None else None
        if past is not None and past.ended in ("refused", "lapsed", "returned", "withdrawn") and x.KEPT not in life:
            assert (row["cancellation_ended"], row["cancellation_reason"]) == (past.ended, past.reason)


PROPOSALS: dict[str, tuple[Any, ...]] = {
    "proposed": (x.PROPOSED,),
    "answered": (x.PROPOSED, x.ANSWERING),
    "refused": (x.PROPOSED, x.PROPOSAL_REFUSED),
    "withdrawn": (x.PROPOSED, x.PROPOSAL_WITHDRAWN),
    "lapsed": (x.PROPOSED, x.PROPOSAL_LAPSED),
    "answered and over": (x.PROPOSED, x.ANSWERING, x.REFUSED),
}


@pytest.mark.parametrize("life", PROPOSALS.values(), ids=PROPOSALS)
def test_a_proposal_says_what_the_stream_says_told_at_once_or_one_by_one(world: World, life: tuple[Any, ...]) -> None:
    events = recorded(life)
    told = []
    for batches in ([events], [[each] for each in events]):
        with world.engine.begin() as connection:
            connection.execute(text("TRUNCATE offers, proposals"))
            for batch in batches:
                read_model.apply(connection, batch)
            told += read_model.list_proposals(connection, x.PROPOSED.employer_id, None, None, 10, NOW)
    one_by_one, at_once = told
    assert one_by_one == at_once
    state = INITIAL
    for each in life:
        state = evolve(state, each)
    proposal = state.proposals[x.PROPOSAL_ID]
    assert (at_once["state"], at_once["reason"], at_once["job_title"]) == (
        proposal.status,
        proposal.reason,
        x.PROPOSED.job_title,
    )
    for now in (x.PROPOSED.respond_by - x.MOMENT, x.PROPOSED.respond_by):
        with world.engine.connect() as connection:
            (row,) = read_model.list_proposals(connection, x.PROPOSED.employer_id, None, None, 10, now)
        true_now = as_of(state, replace(meta(), now=now)).proposals[x.PROPOSAL_ID]
        assert row["state"] == true_now.status
    assert at_once["offer_id"] == (x.OFFER_ID if x.ANSWERING in life else None)
