"""签约申请: the graduate begins, the employer answers with an offer; one test per outcome (DOMAIN 1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement import events as e
from services.agreement.decider import HANDLING
from services.agreement.facts import Facts, Settings
from services.agreement.state import ProposalStatus
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, NOW, OTHER_EMPLOYER_ID, SYSTEM, Given, given, meta

DEADLINE = x.PROPOSED.respond_by - NOW
BEGUN_BY = {name: replace(x.FACTS, settings=Settings(begun_by=name)) for name in ("employer", "graduate", "either")}
AGAIN = meta(GRADUATE, number=2)
ENDED = {
    "withdrawn": x.PROPOSAL_WITHDRAWN,
    "refused": x.PROPOSAL_REFUSED,
    "lapsed": x.PROPOSAL_LAPSED,
}
BOUND = {"in review": (x.ACCEPTED,), "effective": (x.ACCEPTED, x.CONCLUDED)}


def after(*events: Any, facts: Facts = x.BY_EITHER) -> Given:
    return given(HANDLING, *events, facts=facts)


def knowing(**changes: Any) -> Facts:
    return replace(x.BY_EITHER, **changes)


# propose_signing


@pytest.mark.parametrize("begun_by", ["graduate", "either"])
def test_a_graduate_proposes_where_the_province_lets_graduates_begin(begun_by: str) -> None:
    after(facts=BEGUN_BY[begun_by]).when(x.PROPOSE, meta(GRADUATE)).then(x.PROPOSED)


def test_in_the_national_order_only_the_employer_begins() -> None:
    after(facts=x.FACTS).when(x.PROPOSE, meta(GRADUATE)).then_refused("agreement.employer_begins")


def test_a_proposal_need_not_know_the_work() -> None:
    bare = replace(x.PROPOSED, job_title=None, remarks=None)
    after().when(replace(x.PROPOSE, job_title=None, remarks=None), meta(GRADUATE)).then(bare)


@pytest.mark.parametrize("respond_by", [NOW + x.DAY, NOW + 30 * x.DAY])
def test_a_graduate_sets_the_deadline_within_the_bounds_of_the_province(respond_by: Any) -> None:
    after().when(replace(x.PROPOSE, respond_by=respond_by), meta(GRADUATE)).then(
        replace(x.PROPOSED, respond_by=respond_by)
    )


@pytest.mark.parametrize("respond_by", [NOW, NOW + x.DAY - x.MOMENT, NOW + 30 * x.DAY + x.MOMENT])
def test_a_deadline_outside_the_bounds_of_the_province_is_refused(respond_by: Any) -> None:
    outcome = after().when(replace(x.PROPOSE, respond_by=respond_by), meta(GRADUATE))
    outcome.then_refused("agreement.respond_by", "respond_by")


def test_one_proposal_an_employer_is_open() -> None:
    outcome = after(x.PROPOSED).when(x.PROPOSE, meta(GRADUATE, number=2, after=DEADLINE - x.MOMENT))
    outcome.then_refused("agreement.proposal_open", "employer_id")


def test_other_employers_are_proposed_to_beside_it() -> None:
    outcome = after(x.PROPOSED).when(replace(x.PROPOSE, employer_id=OTHER_EMPLOYER_ID), AGAIN)
    assert [event.employer_id for event in outcome.events] == [OTHER_EMPLOYER_ID]


@pytest.mark.parametrize("end", ENDED.values(), ids=ENDED)
def test_a_graduate_may_propose_again_after_a_proposal_ended(end: Any) -> None:
    assert after(x.PROPOSED, end).when(x.PROPOSE, AGAIN).error is None


def test_nobody_proposes_to_who_has_invited() -> None:
    after(x.OFFER_SENT).when(x.PROPOSE, AGAIN).then_refused("agreement.offer_open")


@pytest.mark.parametrize("past", BOUND.values(), ids=BOUND)
def test_a_bound_graduate_does_not_propose(past: Any) -> None:
    after(x.OFFER_SENT, *past).when(x.PROPOSE, AGAIN).then_refused("agreement.already_signed")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (knowing(graduate=None), "agreement.graduate_not_found"),
        (knowing(employer=None), "agreement.employer_not_verified"),
        (knowing(employer=replace(x.VERIFIED, verified=False)), "agreement.employer_not_verified"),
        (knowing(blocked=True), "agreement.employer_blocked"),
        (knowing(destination="placed"), "agreement.destination_registered"),
        (knowing(destination="pending"), "agreement.destination_registered"),
        (
            knowing(graduate=replace(x.ENROLLED, training="2", agreed_unit="别的单位")),
            "agreement.agreed_unit_only",
        ),
    ],
)
def test_what_stands_in_the_way_of_an_offer_stands_in_the_way_of_a_proposal(facts: Facts, code: str) -> None:
    after(facts=facts).when(x.PROPOSE, meta(GRADUATE)).then_refused(code)


# the answer


@pytest.mark.parametrize("begun_by", ["employer", "graduate", "either"])
def test_an_offer_answers_the_proposal_that_it_names_whoever_may_begin_by_now(begun_by: str) -> None:
    after(x.PROPOSED, facts=BEGUN_BY[begun_by]).when(x.ANSWER, meta(EMPLOYER)).then(x.ANSWERING)


def test_an_offer_answers_the_proposal_that_waits_without_naming_it() -> None:
    after(x.PROPOSED).when(x.SEND, meta(EMPLOYER)).then(x.ANSWERING)
    after(x.PROPOSED, x.DRAFTED).when(x.SEND_DRAFT, meta(EMPLOYER)).then(x.ANSWERING)


def test_an_answered_proposal_is_over_and_the_offer_is_accepted_as_any_other() -> None:
    answered = after(x.PROPOSED, x.ANSWERING)
    assert answered.state.proposals[x.PROPOSAL_ID].status == ProposalStatus.ANSWERED
    answered.when(x.ACCEPT, meta(GRADUATE)).then(x.ACCEPTED)


def test_a_proposal_is_answered_once() -> None:
    refused = after(x.PROPOSED, x.ANSWERING, x.WITHDRAWN).when(x.ANSWER, meta(EMPLOYER, number=2))
    refused.then_refused("agreement.proposal_not_open")


def test_where_the_graduate_begins_nobody_is_invited_without_a_proposal() -> None:
    facts = BEGUN_BY["graduate"]
    for past in ((), (x.PROPOSED, x.PROPOSAL_WITHDRAWN), (replace(x.PROPOSED, employer_id=OTHER_EMPLOYER_ID),)):
        outcome = after(*past, facts=facts).when(x.SEND, meta(EMPLOYER))
        outcome.then_refused("agreement.graduate_begins", "graduate_id")


def test_an_offer_does_not_answer_what_is_over() -> None:
    late = meta(EMPLOYER, after=DEADLINE)
    after(x.PROPOSED).when(x.ANSWER, late).then_refused("agreement.proposal_lapsed")
    after(x.PROPOSED, x.PROPOSAL_LAPSED).when(x.ANSWER, late).then_refused("agreement.proposal_lapsed")
    after(x.PROPOSED, x.PROPOSAL_WITHDRAWN).when(x.ANSWER, meta(EMPLOYER)).then_refused("agreement.proposal_not_open")


def test_an_offer_does_not_answer_what_was_proposed_to_another_or_not_at_all() -> None:
    to_another = replace(x.PROPOSED, employer_id=OTHER_EMPLOYER_ID)
    for past in ((), (to_another,)):
        outcome = after(*past).when(x.ANSWER, meta(EMPLOYER))
        outcome.then_refused("agreement.proposal_not_found", "proposal_id")


def test_a_bound_graduate_is_not_answered() -> None:
    other = replace(x.ACCEPTED, offer_id=x.OTHER_OFFER_ID)
    outcome = after(x.PROPOSED, x.OTHER_SENT, other).when(x.ANSWER, meta(EMPLOYER))
    outcome.then_refused("agreement.already_signed")


# withdraw_proposal, refuse_proposal, lapse_proposal


def test_a_graduate_withdraws_before_the_answer_once() -> None:
    after(x.PROPOSED).when(x.WITHDRAW_PROPOSAL, meta(GRADUATE)).then(x.PROPOSAL_WITHDRAWN)
    after(x.PROPOSED, x.PROPOSAL_WITHDRAWN).when(x.WITHDRAW_PROPOSAL, AGAIN).then_nothing()


def test_an_employer_refuses_with_a_reason_once() -> None:
    after(x.PROPOSED).when(x.REFUSE_PROPOSAL, meta(EMPLOYER)).then(x.PROPOSAL_REFUSED)
    refused = after(x.PROPOSED, x.PROPOSAL_REFUSED)
    refused.when(x.REFUSE_PROPOSAL, meta(EMPLOYER, number=2)).then_nothing()
    assert refused.state.proposals[x.PROPOSAL_ID].reason == x.PROPOSAL_REFUSED.reason


@pytest.mark.parametrize("command", [x.WITHDRAW_PROPOSAL, x.REFUSE_PROPOSAL])
def test_what_is_over_ends_no_more(command: Any) -> None:
    after().when(command).then_refused("agreement.proposal_not_found", "proposal_id")
    after(x.PROPOSED, x.ANSWERING).when(command).then_refused("agreement.proposal_not_open")
    after(x.PROPOSED).when(command, meta(after=DEADLINE)).then_refused("agreement.proposal_lapsed")
    after(x.PROPOSED, x.PROPOSAL_LAPSED).when(command).then_refused("agreement.proposal_lapsed")


def test_a_proposal_lapses_at_its_deadline_and_not_before() -> None:
    after(x.PROPOSED).when(x.LAPSE_PROPOSAL, meta(SYSTEM, after=DEADLINE)).then(e.ProposalLapsed(x.PROPOSAL_ID))
    after(x.PROPOSED).when(x.LAPSE_PROPOSAL, meta(SYSTEM, after=DEADLINE - x.MOMENT)).then_nothing()


@pytest.mark.parametrize("end", [*ENDED.values(), x.ANSWERING], ids=[*ENDED, "answered"])
def test_what_is_over_does_not_lapse(end: Any) -> None:
    after(x.PROPOSED, end).when(x.LAPSE_PROPOSAL, meta(SYSTEM, after=DEADLINE)).then_nothing()
    after().when(x.LAPSE_PROPOSAL).then_nothing()
