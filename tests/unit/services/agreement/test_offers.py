"""Inviting and answering: one test per outcome of each command (DOMAIN 1.0, 1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement import events as e
from services.agreement.decider import HANDLING
from services.agreement.facts import Facts, Settings
from tests.support import examples as x
from tests.support.spec import EMPLOYER, GRADUATE, NOW, OTHER_EMPLOYER_ID, SYSTEM, Given, given, meta

DEADLINE = x.OFFER_SENT.respond_by - NOW
BOUND = {
    "in review": (x.ACCEPTED,),
    "awaiting attestation": (x.ACCEPTED, x.AWAITING),
    "effective": (x.ACCEPTED, x.CONCLUDED),
    "cancellation requested": (x.ACCEPTED, x.CONCLUDED, x.REQUESTED),
    "cancellation in review": (x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.AGREED),
}
FREED = {
    "returned": (x.ACCEPTED, x.RETURNED),
    "cancelled": (x.ACCEPTED, x.CONCLUDED, x.REQUESTED, x.AGREED, x.CANCELLED),
}
CLOSED = {"withdrawn": x.WITHDRAWN, "refused": x.REFUSED, "lapsed": x.LAPSED}


def after(*events: Any, facts: Facts = x.FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


def knowing(**changes: Any) -> Facts:
    return replace(x.FACTS, **changes)


# send_offer


def test_an_offer_is_sent_under_the_settings_of_the_province() -> None:
    after().when(x.SEND, meta(EMPLOYER)).then(x.OFFER_SENT)


def test_an_offer_keeps_the_settings_it_was_sent_under() -> None:
    facts = knowing(settings=Settings(parties=3, response_days=9))
    sent = replace(x.OFFER_SENT, parties=3, respond_by=NOW + 9 * x.DAY)
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then(sent)


def test_an_offer_may_name_no_salary_no_penalty_and_no_remarks() -> None:
    command = replace(x.SEND, monthly_salary=None, penalty=None, remarks=None)
    sent = replace(x.OFFER_SENT, monthly_salary=None, penalty=None, remarks=None)
    after().when(command, meta(EMPLOYER)).then(sent)


def test_an_employer_that_the_school_has_blocked_does_not_invite() -> None:
    facts = replace(x.FACTS, blocked=True)
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then_refused("agreement.employer_blocked", "employer_id")
    after(x.DRAFTED, facts=facts).when(x.SEND_DRAFT, meta(EMPLOYER)).then_refused("agreement.employer_blocked")
    # What was sent before stays open to the graduate.
    assert after(x.OFFER_SENT, facts=facts).when(x.ACCEPT, meta(GRADUATE)).error is None


@pytest.mark.parametrize("respond_by", [NOW + x.DAY, NOW + 30 * x.DAY])
def test_an_employer_sets_the_deadline_within_the_bounds_of_the_province(respond_by: Any) -> None:
    command = replace(x.SEND, respond_by=respond_by)
    after().when(command, meta(EMPLOYER)).then(replace(x.OFFER_SENT, respond_by=respond_by))


@pytest.mark.parametrize("respond_by", [NOW - x.DAY, NOW, NOW + x.DAY - x.MOMENT, NOW + 30 * x.DAY + x.MOMENT])
def test_a_deadline_outside_the_bounds_of_the_province_is_refused(respond_by: Any) -> None:
    command = replace(x.SEND, respond_by=respond_by)
    after().when(command, meta(EMPLOYER)).then_refused("agreement.respond_by", "respond_by")


def test_a_province_may_allow_any_deadline_in_the_future() -> None:
    facts = knowing(settings=Settings(response_days_min=0))
    soon = replace(x.SEND, respond_by=NOW + x.MOMENT)
    after(facts=facts).when(soon, meta(EMPLOYER)).then(replace(x.OFFER_SENT, respond_by=NOW + x.MOMENT))
    now = replace(x.SEND, respond_by=NOW)
    after(facts=facts).when(now, meta(EMPLOYER)).then_refused("agreement.respond_by", "respond_by")


def test_another_employer_may_invite_beside_it() -> None:
    command = replace(x.SEND, employer_id=OTHER_EMPLOYER_ID)
    outcome = after(x.OFFER_SENT).when(command, meta(EMPLOYER, number=2))
    outcome.then(replace(x.OTHER_SENT, employer_name=x.VERIFIED.name))


def test_an_employer_may_not_repeat_an_open_offer() -> None:
    outcome = after(x.OFFER_SENT).when(x.SEND, meta(EMPLOYER, number=2, after=DEADLINE - x.MOMENT))
    outcome.then_refused("agreement.offer_open", "graduate_id")


@pytest.mark.parametrize("closed", CLOSED.values(), ids=CLOSED)
def test_an_employer_may_invite_again_after_its_offer_closed(closed: Any) -> None:
    again = replace(x.OFFER_SENT, offer_id=x.OTHER_OFFER_ID)
    after(x.OFFER_SENT, closed).when(x.SEND, meta(EMPLOYER, number=2)).then(again)


@pytest.mark.parametrize("past", FREED.values(), ids=FREED)
def test_an_employer_may_invite_again_after_its_agreement_ended(past: Any) -> None:
    again = replace(x.OFFER_SENT, offer_id=x.OTHER_OFFER_ID)
    after(x.OFFER_SENT, *past).when(x.SEND, meta(EMPLOYER, number=2)).then(again)


def test_an_employer_may_invite_again_at_the_deadline_even_before_the_lapse_was_noted() -> None:
    again = replace(x.OFFER_SENT, offer_id=x.OTHER_OFFER_ID, respond_by=NOW + DEADLINE + 5 * x.DAY)
    after(x.OFFER_SENT).when(x.SEND, meta(EMPLOYER, number=2, after=DEADLINE)).then(again)


@pytest.mark.parametrize("past", BOUND.values(), ids=BOUND)
def test_a_bound_graduate_is_not_invited(past: Any) -> None:
    after(x.OFFER_SENT, *past).when(x.SEND, meta(EMPLOYER, number=2)).then_refused("agreement.already_signed")


def test_a_graduate_who_is_not_on_a_roster_is_not_invited() -> None:
    facts = knowing(graduate=None)
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then_refused("agreement.graduate_not_found", "graduate_id")


@pytest.mark.parametrize("employer", [None, replace(x.VERIFIED, verified=False)])
def test_only_a_verified_employer_invites(employer: Any) -> None:
    facts = knowing(employer=employer)
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then_refused("agreement.employer_not_verified", "employer_id")


@pytest.mark.parametrize("training", ["2", "4"])
@pytest.mark.parametrize("agreed_unit", ["汾河软件有限公司", None])
def test_a_graduate_trained_for_a_unit_is_not_invited_by_another(training: str, agreed_unit: str | None) -> None:
    facts = knowing(graduate=replace(x.ENROLLED, training=training, agreed_unit=agreed_unit))
    outcome = after(facts=facts).when(x.SEND, meta(EMPLOYER))
    outcome.then_refused("agreement.agreed_unit_only")
    assert outcome.error is not None
    assert "None" not in outcome.error.zh + outcome.error.en


@pytest.mark.parametrize("agreed_unit", [x.VERIFIED.name, "晋阳机械(集团)有限公司", "晋阳机械（集团） 有限公司"])
def test_the_unit_a_graduate_is_trained_for_may_invite_however_its_name_is_printed(agreed_unit: str) -> None:
    facts = knowing(graduate=replace(x.ENROLLED, training="2", agreed_unit=agreed_unit))
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then(x.OFFER_SENT)


@pytest.mark.parametrize("training", ["1", "3", "5"])
def test_other_graduates_may_sign_with_anybody(training: str) -> None:
    facts = knowing(graduate=replace(x.ENROLLED, training=training, agreed_unit="汾河软件有限公司"))
    after(facts=facts).when(x.SEND, meta(EMPLOYER)).then(x.OFFER_SENT)


# withdraw_offer


def test_an_open_offer_is_withdrawn() -> None:
    after(x.OFFER_SENT).when(x.WITHDRAW, meta(EMPLOYER, after=DEADLINE - x.MOMENT)).then(x.WITHDRAWN)


def test_withdrawing_twice_changes_nothing() -> None:
    after(x.OFFER_SENT, x.WITHDRAWN).when(x.WITHDRAW, meta(EMPLOYER, number=2)).then_nothing()


def test_an_employer_may_withdraw_while_the_graduate_is_bound_to_another() -> None:
    other = replace(x.ACCEPTED, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
    after(x.OFFER_SENT, x.OTHER_SENT, other).when(x.WITHDRAW, meta(EMPLOYER)).then(x.WITHDRAWN)


# withdraw_offer, refuse_offer, accept_offer: what is no longer open


@pytest.mark.parametrize("command", [x.WITHDRAW, x.REFUSE, x.ACCEPT])
def test_an_unknown_offer_cannot_be_acted_on(command: Any) -> None:
    after().when(command).then_refused("agreement.offer_not_found", "offer_id")


@pytest.mark.parametrize("command", [x.WITHDRAW, x.REFUSE, x.ACCEPT])
def test_exactly_at_the_deadline_it_is_too_late_even_before_the_lapse_was_noted(command: Any) -> None:
    after(x.OFFER_SENT).when(command, meta(after=DEADLINE)).then_refused("agreement.offer_lapsed")
    after(x.OFFER_SENT, x.LAPSED).when(command, meta(after=DEADLINE)).then_refused("agreement.offer_lapsed")


@pytest.mark.parametrize(
    ("command", "closed"),
    [(x.WITHDRAW, x.REFUSED), (x.REFUSE, x.WITHDRAWN), (x.ACCEPT, x.WITHDRAWN), (x.ACCEPT, x.REFUSED)],
)
def test_an_offer_that_was_closed_otherwise_cannot_be_acted_on(command: Any, closed: Any) -> None:
    after(x.OFFER_SENT, closed).when(command).then_refused("agreement.offer_not_open")


@pytest.mark.parametrize("command", [x.WITHDRAW, x.REFUSE, x.ACCEPT])
@pytest.mark.parametrize("past", FREED.values(), ids=FREED)
def test_an_ended_agreement_is_no_open_offer(command: Any, past: Any) -> None:
    after(x.OFFER_SENT, *past).when(command).then_refused("agreement.offer_not_open")


# refuse_offer


def test_an_open_offer_is_refused_with_a_reason() -> None:
    after(x.OFFER_SENT).when(x.REFUSE, meta(GRADUATE, after=DEADLINE - x.MOMENT)).then(x.REFUSED)


def test_refusing_twice_changes_nothing() -> None:
    after(x.OFFER_SENT, x.REFUSED).when(x.REFUSE, meta(GRADUATE, number=2)).then_nothing()


# accept_offer


def test_an_open_offer_is_accepted() -> None:
    after(x.OFFER_SENT).when(x.ACCEPT, meta(GRADUATE, after=DEADLINE - x.MOMENT)).then(x.ACCEPTED)


def test_an_agreement_keeps_the_scope_and_class_of_its_offer() -> None:
    moved = replace(x.ENROLLED, scope="CN/14/10108/09", class_year=2027, education="25")
    outcome = after(x.OFFER_SENT, facts=knowing(graduate=moved)).when(x.ACCEPT, meta(GRADUATE))
    outcome.then(replace(x.ACCEPTED, education="25"))


@pytest.mark.parametrize("past", BOUND.values(), ids=BOUND)
def test_accepting_twice_changes_nothing(past: Any) -> None:
    after(x.OFFER_SENT, *past).when(x.ACCEPT, meta(GRADUATE, number=2, after=DEADLINE)).then_nothing()


@pytest.mark.parametrize("past", BOUND.values(), ids=BOUND)
@pytest.mark.parametrize(
    "command",
    [
        replace(x.ACCEPT, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID),
        replace(x.REFUSE, offer_id=x.OTHER_OFFER_ID),
    ],
)
def test_while_bound_other_offers_can_be_viewed_but_not_acted_on(command: Any, past: Any) -> None:
    after(x.OFFER_SENT, x.OTHER_SENT, *past).when(command, meta(GRADUATE)).then_refused("agreement.already_signed")


@pytest.mark.parametrize("past", FREED.values(), ids=FREED)
def test_once_free_again_other_offers_can_be_accepted(past: Any) -> None:
    accepted = replace(x.ACCEPTED, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
    command = replace(x.ACCEPT, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
    after(x.OFFER_SENT, x.OTHER_SENT, *past).when(command, meta(GRADUATE)).then(accepted)


@pytest.mark.parametrize("past", FREED.values(), ids=FREED)
def test_once_free_again_other_offers_can_be_refused(past: Any) -> None:
    refuse = replace(x.REFUSE, offer_id=x.OTHER_OFFER_ID)
    after(x.OFFER_SENT, x.OTHER_SENT, *past).when(refuse, meta(GRADUATE)).then(
        e.OfferRefused(x.OTHER_OFFER_ID, x.REFUSE.reason)
    )


@pytest.mark.parametrize("past", FREED.values(), ids=FREED)
def test_once_free_again_a_lapsed_offer_stays_lapsed(past: Any) -> None:
    command = replace(x.ACCEPT, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
    outcome = after(x.OFFER_SENT, x.OTHER_SENT, *past).when(command, meta(GRADUATE, after=DEADLINE))
    outcome.then_refused("agreement.offer_lapsed")


def test_an_offer_is_accepted_from_the_employer_that_sent_it() -> None:
    command = replace(x.ACCEPT, employer_id=OTHER_EMPLOYER_ID)
    after(x.OFFER_SENT).when(command, meta(GRADUATE)).then_refused("agreement.offer_not_found", "employer_id")


def test_a_graduate_who_was_removed_cannot_accept() -> None:
    facts = knowing(graduate=None)
    after(x.OFFER_SENT, facts=facts).when(x.ACCEPT, meta(GRADUATE)).then_refused("agreement.not_enrolled")


@pytest.mark.parametrize("employer", [None, replace(x.VERIFIED, verified=False)])
def test_an_offer_of_an_employer_that_lost_its_standing_cannot_be_accepted(employer: Any) -> None:
    facts = knowing(employer=employer)
    after(x.OFFER_SENT, facts=facts).when(x.ACCEPT, meta(GRADUATE)).then_refused("agreement.employer_not_verified")


@pytest.mark.parametrize("training", ["2", "4"])
def test_a_graduate_trained_for_a_unit_accepts_no_other(training: str) -> None:
    facts = knowing(graduate=replace(x.ENROLLED, training=training, agreed_unit="汾河软件有限公司"))
    after(x.OFFER_SENT, facts=facts).when(x.ACCEPT, meta(GRADUATE)).then_refused("agreement.agreed_unit_only")


@pytest.mark.parametrize("destination", ["pending", "placed"])
def test_who_registered_another_destination_cannot_accept(destination: str) -> None:
    facts = knowing(destination=destination)
    outcome = after(x.OFFER_SENT, facts=facts).when(x.ACCEPT, meta(GRADUATE))
    outcome.then_refused("agreement.destination_registered")


# lapse_offer


def test_an_unanswered_offer_lapses_at_its_deadline() -> None:
    after(x.OFFER_SENT).when(x.LAPSE, meta(SYSTEM, after=DEADLINE)).then(x.LAPSED)


def test_an_offer_does_not_lapse_before_its_deadline() -> None:
    after(x.OFFER_SENT).when(x.LAPSE, meta(SYSTEM, after=DEADLINE - x.MOMENT)).then_nothing()


@pytest.mark.parametrize("past", [*BOUND.values(), *FREED.values(), *((each,) for each in CLOSED.values())])
def test_an_answered_offer_does_not_lapse(past: Any) -> None:
    after(x.OFFER_SENT, *past).when(x.LAPSE, meta(SYSTEM, after=2 * DEADLINE)).then_nothing()


def test_an_unknown_offer_does_not_lapse() -> None:
    after().when(x.LAPSE, meta(SYSTEM)).then_nothing()
