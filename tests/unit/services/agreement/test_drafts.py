"""Drafts that only their employer sees, and offers edited before they are answered (DOMAIN 1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from services.agreement.facts import Facts, Settings
from tests.support import examples as x
from tests.support.spec import (
    EMPLOYER,
    EMPLOYER_ID,
    GRADUATE,
    NOW,
    OTHER_EMPLOYER,
    OTHER_EMPLOYER_ID,
    Given,
    given,
    meta,
)

DEADLINE = x.OFFER_SENT.respond_by - NOW


def after(*events: Any, facts: Facts = x.FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


# save_draft


def test_an_offer_is_drafted() -> None:
    after().when(x.SAVE_DRAFT, meta(EMPLOYER)).then(x.DRAFTED)


def test_a_draft_is_changed_under_its_id() -> None:
    changed = replace(x.SAVE_DRAFT, offer_id=x.OFFER_ID, monthly_salary=7000)
    after(x.DRAFTED).when(changed, meta(EMPLOYER, number=2)).then(replace(x.DRAFTED, monthly_salary=7000))


def test_saving_the_same_draft_again_changes_nothing() -> None:
    after(x.DRAFTED).when(replace(x.SAVE_DRAFT, offer_id=x.OFFER_ID), meta(EMPLOYER, number=2)).then_nothing()


@pytest.mark.parametrize("past", [(), (x.DRAFTED, x.DISCARDED), (x.DRAFTED, x.OFFER_SENT)])
def test_a_draft_that_is_not_there_is_not_changed(past: Any) -> None:
    command = replace(x.SAVE_DRAFT, offer_id=x.OFFER_ID)
    after(*past).when(command, meta(EMPLOYER, number=2)).then_refused("agreement.draft_not_found", "offer_id")


def test_nobody_changes_anothers_draft() -> None:
    command = replace(x.SAVE_DRAFT, offer_id=x.OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
    after(x.DRAFTED).when(command, meta(EMPLOYER, number=2)).then_refused("agreement.draft_not_found")


def test_a_draft_needs_a_graduate_and_a_verified_employer() -> None:
    nobody = replace(x.FACTS, graduate=None)
    after(facts=nobody).when(x.SAVE_DRAFT, meta(EMPLOYER)).then_refused("agreement.graduate_not_found")
    unknown = replace(x.FACTS, employer=None)
    after(facts=unknown).when(x.SAVE_DRAFT, meta(EMPLOYER)).then_refused("agreement.employer_not_verified")


# discard_draft


def test_a_draft_is_discarded_once() -> None:
    after(x.DRAFTED).when(x.DISCARD_DRAFT, meta(EMPLOYER)).then(x.DISCARDED)
    after(x.DRAFTED, x.DISCARDED).when(x.DISCARD_DRAFT, meta(EMPLOYER, number=2)).then_nothing()


def test_nobody_discards_the_draft_of_another_employer() -> None:
    command = replace(x.DISCARD_DRAFT, employer_id=OTHER_EMPLOYER_ID)
    after(x.DRAFTED).when(command, meta(OTHER_EMPLOYER)).then_nothing()


# send_draft


def test_a_draft_is_sent_as_it_is() -> None:
    after(x.DRAFTED).when(x.SEND_DRAFT, meta(EMPLOYER, number=2)).then(x.OFFER_SENT)


def test_sending_a_draft_twice_changes_nothing() -> None:
    after(x.DRAFTED, x.OFFER_SENT).when(x.SEND_DRAFT, meta(EMPLOYER, number=3)).then_nothing()


def test_a_draft_is_held_to_the_rules_when_it_is_sent() -> None:
    bound = (x.OTHER_SENT, replace(x.ACCEPTED, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID))
    after(x.DRAFTED, *bound).when(x.SEND_DRAFT, meta(EMPLOYER, number=2)).then_refused("agreement.already_signed")
    late = replace(x.SEND_DRAFT, respond_by=NOW)
    after(x.DRAFTED).when(late, meta(EMPLOYER, number=2)).then_refused("agreement.respond_by", "respond_by")


@pytest.mark.parametrize("past", [(), (x.DRAFTED, x.DISCARDED), (replace(x.DRAFTED, employer_id=OTHER_EMPLOYER_ID),)])
def test_a_draft_that_is_not_ones_own_is_not_sent(past: Any) -> None:
    after(*past).when(x.SEND_DRAFT, meta(EMPLOYER)).then_refused("agreement.draft_not_found", "offer_id")


# edit_offer


def test_an_unanswered_offer_is_edited_and_keeps_its_deadline() -> None:
    after(x.OFFER_SENT).when(x.EDIT, meta(EMPLOYER, number=2, after=DEADLINE - x.MOMENT)).then(x.EDITED)


def test_an_edit_may_set_another_deadline_within_the_longest_period() -> None:
    respond_by = NOW + 10 * x.DAY
    outcome = after(x.OFFER_SENT).when(replace(x.EDIT, respond_by=respond_by), meta(EMPLOYER, number=2))
    outcome.then(replace(x.EDITED, respond_by=respond_by))
    for outside in (NOW + 31 * x.DAY, NOW + x.DAY - x.MOMENT):
        wrong = replace(x.EDIT, respond_by=outside)
        after(x.OFFER_SENT).when(wrong, meta(EMPLOYER, number=2)).then_refused("agreement.respond_by", "respond_by")


def test_a_suspended_employer_neither_edits_nor_prolongs_and_may_withdraw() -> None:
    facts = replace(x.FACTS, employer=replace(x.VERIFIED, verified=False))
    for command in (x.EDIT, replace(x.EDIT, respond_by=NOW + 10 * x.DAY)):
        refused = after(x.OFFER_SENT, facts=facts).when(command, meta(EMPLOYER, number=2))
        refused.then_refused("agreement.employer_not_verified", "employer_id")
    after(x.OFFER_SENT, facts=facts).when(x.WITHDRAW, meta(EMPLOYER, number=2)).then(x.WITHDRAWN)


def test_an_edit_that_says_the_same_changes_nothing() -> None:
    after(x.OFFER_SENT, x.EDITED).when(x.EDIT, meta(EMPLOYER, number=3)).then_nothing()


@pytest.mark.parametrize("answered", [x.WITHDRAWN, x.REFUSED, x.ACCEPTED])
def test_an_answered_offer_is_not_edited(answered: Any) -> None:
    after(x.OFFER_SENT, answered).when(x.EDIT, meta(EMPLOYER, number=2)).then_refused("agreement.offer_not_open")


def test_a_lapsed_or_unknown_offer_is_not_edited() -> None:
    after(x.OFFER_SENT).when(x.EDIT, meta(EMPLOYER, after=DEADLINE)).then_refused("agreement.offer_lapsed")
    after().when(x.EDIT, meta(EMPLOYER)).then_refused("agreement.offer_not_found", "offer_id")


def test_what_was_edited_is_not_accepted_unseen() -> None:
    outcome = after(x.OFFER_SENT, x.EDITED).when(x.ACCEPT, meta(GRADUATE))
    outcome.then_refused("agreement.offer_edited", "revision")
    after(x.OFFER_SENT, x.EDITED).when(replace(x.ACCEPT, revision=2), meta(GRADUATE)).then(x.ACCEPTED)
    after(x.OFFER_SENT).when(replace(x.ACCEPT, revision=2), meta(GRADUATE)).then_refused("agreement.offer_edited")


def test_an_agreement_is_concluded_on_the_terms_last_edited() -> None:
    concluded = replace(x.CONCLUDED, job_title="高级机械工程师", monthly_salary=7500)
    after(x.OFFER_SENT, x.EDITED, x.ACCEPTED).when(x.PASS).then(concluded)


# warnings


@pytest.mark.parametrize(("penalty", "warnings"), [(3000, ()), (3001, ("penalty_over_limit",)), (None, ())])
def test_a_penalty_over_the_provinces_limit_is_warned_about_and_stops_nobody(penalty: Any, warnings: Any) -> None:
    facts = replace(x.FACTS, settings=Settings(penalty_limit=3000))
    sent = replace(x.OFFER_SENT, penalty=penalty, warnings=warnings)
    after(facts=facts).when(replace(x.SEND, penalty=penalty), meta(EMPLOYER)).then(sent)
    edited = replace(x.EDITED, penalty=penalty, warnings=warnings)
    after(x.OFFER_SENT, facts=facts).when(replace(x.EDIT, penalty=penalty), meta(EMPLOYER, number=2)).then(edited)


def test_drafts_of_several_employers_live_beside_each_other() -> None:
    other = replace(x.DRAFTED, offer_id=x.OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID)
    state = after(x.DRAFTED, other).state
    assert {draft.employer_id for draft in state.drafts.values()} == {EMPLOYER_ID, OTHER_EMPLOYER_ID}
