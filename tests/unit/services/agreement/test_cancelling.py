"""Mediation, evidence and breaches: what provinces and schools add to a cancellation (DOMAIN 1.2, 1.9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.agreement.decider import HANDLING
from services.agreement.facts import Facts, Settings
from tests.support import examples as x
from tests.support.spec import EMPLOYER, EMPLOYER_ID, GRADUATE, NOW, SCHOOL, Given, folded, given, meta

EFFECTIVE = (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)
ASKED = (*EFFECTIVE, x.REQUESTED)
CONTESTED = {"refused": (*ASKED, x.CANCELLATION_REFUSED), "lapsed": (*ASKED, x.CANCELLATION_LAPSED)}
ONCE_BROKEN = (*ASKED, x.AGREED, x.CANCELLED)


def after(*events: Any, facts: Facts = x.WITH_EVIDENCE) -> Given:
    return given(HANDLING, *events, facts=facts)


# mediate_cancellation


@pytest.mark.parametrize("past", CONTESTED.values(), ids=CONTESTED)
def test_the_school_may_cancel_what_the_sides_could_not_settle(past: Any) -> None:
    after(*past).when(x.MEDIATE, meta(SCHOOL)).then(x.MEDIATED, x.AGREED)
    after(*past, x.MEDIATED, x.AGREED).when(x.PASS_CANCELLATION).then(x.CANCELLED)


def test_the_school_mediates_what_was_not_answered_in_time_before_any_sweep() -> None:
    late = x.REQUESTED.answer_by - NOW
    early = after(*ASKED).when(x.MEDIATE, meta(SCHOOL, after=late - x.MOMENT))
    early.then_refused("agreement.cancellation_not_contested")
    after(*ASKED).when(x.MEDIATE, meta(SCHOOL, after=late)).then(x.CANCELLATION_LAPSED, x.MEDIATED, x.AGREED)
    keep = replace(x.MEDIATE, outcome="keep")
    after(*ASKED).when(keep, meta(SCHOOL, after=late)).then(x.CANCELLATION_LAPSED, x.KEPT)


@pytest.mark.parametrize("past", CONTESTED.values(), ids=CONTESTED)
def test_the_school_may_keep_the_agreement(past: Any) -> None:
    command = replace(x.MEDIATE, outcome="keep")
    after(*past).when(command, meta(SCHOOL)).then(x.KEPT)
    after(*past, x.KEPT).when(x.MEDIATE, meta(SCHOOL, number=2)).then_refused(
        "agreement.cancellation_not_contested", "cancellation_id"
    )


@pytest.mark.parametrize(
    "past",
    [(), EFFECTIVE, ASKED, (*ASKED, x.AGREED), (*ASKED, x.CANCELLATION_WITHDRAWN), ONCE_BROKEN],
)
def test_only_what_was_refused_or_not_answered_is_mediated(past: Any) -> None:
    after(*past).when(x.MEDIATE, meta(SCHOOL)).then_refused("agreement.cancellation_not_contested")


def test_the_school_still_mediates_for_who_was_removed_from_the_roster() -> None:
    state = folded(HANDLING, CONTESTED["refused"])
    facts = replace(x.FACTS, graduate=None, left=x.ENROLLED.scope)
    assert HANDLING.subject(x.MEDIATE, state, facts).scope == x.ENROLLED.scope


def test_a_new_request_takes_the_place_of_the_contested_one() -> None:
    past = (*CONTESTED["refused"], replace(x.REQUESTED, cancellation_id="14-next"))
    after(*past).when(x.MEDIATE, meta(SCHOOL)).then_refused("agreement.cancellation_not_contested")


# evidence


ASKING = Settings(cancellation_evidence=("release_letter", "penalty_slip"))


def test_where_the_province_asks_for_evidence_an_online_cancellation_brings_it() -> None:
    facts = replace(x.WITH_EVIDENCE, settings=ASKING)
    after(*ASKED, facts=facts).when(x.AGREE, meta(EMPLOYER)).then_refused(
        "agreement.evidence_missing", "release_letter"
    )
    letter = replace(x.AGREE, release_letter=x.LETTER_ID)
    after(*ASKED, facts=facts).when(letter, meta(EMPLOYER)).then_refused("agreement.evidence_missing", "penalty_slip")
    both = replace(letter, penalty_slip=x.SLIP_ID)
    agreed = replace(x.AGREED, release_letter=x.LETTER_ID, penalty_slip=x.SLIP_ID)
    after(*ASKED, facts=facts).when(both, meta(EMPLOYER)).then(agreed)


def test_what_who_asked_has_brought_need_not_be_brought_again() -> None:
    facts = replace(x.WITH_EVIDENCE, settings=ASKING)
    asked = replace(x.REQUESTED, release_letter=x.LETTER_ID, penalty_slip=x.SLIP_ID)
    after(*EFFECTIVE, asked, facts=facts).when(x.AGREE, meta(EMPLOYER)).then(x.AGREED)


def test_a_slip_is_asked_for_only_where_a_penalty_was_agreed() -> None:
    facts = replace(x.WITH_EVIDENCE, settings=ASKING)
    free = (replace(x.OFFER_SENT, penalty=None), x.ACCEPTED, x.CONCLUDED, x.REQUESTED)
    letter = replace(x.AGREE, release_letter=x.LETTER_ID)
    after(*free, facts=facts).when(letter, meta(EMPLOYER)).then(replace(x.AGREED, release_letter=x.LETTER_ID))


@pytest.mark.parametrize("command", [x.REQUEST_CANCELLATION, x.AGREE])
@pytest.mark.parametrize("name", ["release_letter", "penalty_slip"])
def test_evidence_that_is_given_is_checked_even_where_none_is_asked_for(command: Any, name: str) -> None:
    past, actor = (EFFECTIVE, GRADUATE) if command == x.REQUEST_CANCELLATION else (ASKED, EMPLOYER)
    wrong = replace(command, **{name: x.SCAN_ID})
    after(*past).when(wrong, meta(actor)).then_refused("agreement.wrong_evidence", name)
    none = replace(command, **{name: "14-none"})
    after(*past).when(none, meta(actor)).then_refused("agreement.evidence_not_found", name)


# breaches


AGAIN = (
    replace(x.OTHER_SENT, employer_id=x.OFFER_SENT.employer_id),
    replace(x.ACCEPTED, offer_id=x.OTHER_OFFER_ID),
    replace(x.CONCLUDED, agreement_id=x.OTHER_OFFER_ID, number="2"),
)
SECOND = replace(x.REQUEST_CANCELLATION, agreement_id=x.OTHER_OFFER_ID)


def test_a_school_may_limit_how_often_a_graduate_breaks_an_agreement() -> None:
    limited = replace(x.FACTS, breach_limit=1)
    after(*EFFECTIVE, facts=limited).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then(x.REQUESTED)
    after(*ONCE_BROKEN, *AGAIN, facts=limited).when(SECOND, meta(GRADUATE, number=2)).then_refused(
        "agreement.breach_limit"
    )


def test_the_limit_holds_for_the_graduates_own_breaches_only() -> None:
    limited = replace(x.FACTS, breach_limit=1)
    past = (*ONCE_BROKEN, *AGAIN)
    for command, actor in [
        (SECOND, EMPLOYER),
        (replace(SECOND, reason_code="mutual"), GRADUATE),
        (replace(SECOND, reason_code="employer_breach"), GRADUATE),
    ]:
        assert after(*past, facts=limited).when(command, meta(actor, number=2)).error is None
    caused_by_employer = (*ASKED, x.AGREED, replace(x.CANCELLED, caused_by="employer"), *AGAIN)
    assert after(*caused_by_employer, facts=limited).when(SECOND, meta(GRADUATE, number=2)).error is None


def test_without_a_limit_nobody_counts() -> None:
    outcome = after(*ONCE_BROKEN, *AGAIN, facts=x.FACTS).when(SECOND, meta(GRADUATE, number=2))
    assert outcome.error is None
    assert outcome.events[0].answer_by == NOW + 15 * x.DAY


# repeats


@pytest.mark.parametrize(
    ("past", "over", "command"),
    [
        (ASKED, x.CANCELLATION_REFUSED, x.REFUSE_CANCELLATION),
        (ASKED, x.CANCELLATION_WITHDRAWN, x.WITHDRAW_CANCELLATION),
        ((*ASKED, x.AGREED), x.CANCELLED, x.AGREE),
    ],
)
def test_an_employer_may_ask_again_about_a_request_that_is_over(past: Any, over: Any, command: Any) -> None:
    for events in (past, (*past, over)):
        state = folded(HANDLING, events)
        assert HANDLING.subject(command, state, x.FACTS).employer_id == EMPLOYER_ID


# the last day


BOUND = replace(x.ACCEPTED, number=x.NUMBER)


def test_where_the_province_says_so_a_graduate_cancels_online_until_the_change_deadline() -> None:
    facts = replace(x.WITH_EVIDENCE, settings=Settings(cancel_by=date(2026, 5, 4)))
    last_moment = datetime(2026, 5, 4, 16, tzinfo=UTC) - NOW - x.MOMENT
    in_time = after(*EFFECTIVE, facts=facts).when(x.REQUEST_CANCELLATION, meta(GRADUATE, after=last_moment))
    assert in_time.error is None
    # Midnight in Shanghai.
    late = meta(GRADUATE, after=last_moment + x.MOMENT)
    after(*EFFECTIVE, facts=facts).when(x.REQUEST_CANCELLATION, late).then_refused("agreement.cancelling_closed")
    by_employer = after(*EFFECTIVE, facts=facts).when(x.REQUEST_CANCELLATION, meta(EMPLOYER, after=30 * x.DAY))
    assert by_employer.error is None
    bound = (replace(x.OFFER_SENT, order=("accept", "review", "seal"), binding="acceptance"), BOUND, x.SEAL_AWAITED)
    assert after(*bound, facts=facts).when(x.REQUEST_CANCELLATION, late).error is None


# a unit that is closed


GONE = replace(x.WITH_EVIDENCE, employer=replace(x.VERIFIED, verified=False, closed=True))
BY_PROOF = replace(x.REQUEST_CANCELLATION, reason_code="business_trouble", closure_proof=x.CLOSURE_ID)
PROVED = replace(x.REQUESTED, reason_code="business_trouble", closure_proof=x.CLOSURE_ID)


def test_of_a_unit_that_is_closed_its_authoritys_proof_takes_the_place_of_letter_and_answer() -> None:
    after(*EFFECTIVE, facts=GONE).when(BY_PROOF, meta(GRADUATE)).then(PROVED, x.AGREED)
    cancelled = replace(x.CANCELLED, reason_code="business_trouble", caused_by="employer")
    after(*EFFECTIVE, PROVED, x.AGREED, facts=GONE).when(x.PASS_CANCELLATION).then(cancelled)


def test_a_unit_that_is_not_closed_answers_itself() -> None:
    for employer in (x.VERIFIED, replace(x.VERIFIED, verified=False), None):
        facts = replace(x.WITH_EVIDENCE, employer=employer)
        refused = after(*EFFECTIVE, facts=facts).when(BY_PROOF, meta(GRADUATE))
        refused.then_refused("agreement.employer_not_closed", "closure_proof")
    after(*EFFECTIVE, facts=GONE).when(x.REQUEST_CANCELLATION, meta(GRADUATE)).then(x.REQUESTED)


def test_a_proof_is_evidence_of_its_kind() -> None:
    wrong = replace(BY_PROOF, closure_proof=x.LETTER_ID)
    after(*EFFECTIVE, facts=GONE).when(wrong, meta(GRADUATE)).then_refused("agreement.wrong_evidence", "closure_proof")


def test_of_a_unit_without_an_account_the_proof_alone_takes_the_place_of_the_letter() -> None:
    book = (x.APPLIED, x.ISSUED, x.SCANNED, x.BOOK_CONCLUDED)
    outcome = after(*book).when(replace(BY_PROOF, agreement_id=x.BOOK_ID), meta(GRADUATE))
    assert [event.TYPE for event in outcome.events] == [x.REQUESTED.TYPE, x.AGREED.TYPE]
    without = replace(x.REQUEST_CANCELLATION, agreement_id=x.BOOK_ID)
    after(*book).when(without, meta(GRADUATE)).then_refused("agreement.evidence_missing", "release_letter")


@pytest.mark.parametrize(
    ("past", "command", "actor"),
    [((), x.SEND, EMPLOYER), ((x.OFFER_SENT,), x.EDIT, EMPLOYER), ((x.OFFER_SENT,), x.ACCEPT, GRADUATE)],
)
def test_a_closed_employer_invites_and_edits_no_more_and_nobody_accepts_its_open_offers(
    past: Any, command: Any, actor: Any
) -> None:
    refused = after(*past, facts=GONE).when(command, meta(actor, number=2))
    refused.then_refused("agreement.employer_closed", "employer_id")


# the cause as the university found it


@pytest.mark.parametrize(
    ("found", "caused_by", "reason_code"),
    [
        ({"caused_by": "mutual"}, "mutual", x.REQUESTED.reason_code),
        ({"reason_code": "promise_broken"}, "employer", "promise_broken"),
        ({"reason_code": "other"}, x.REQUESTED.by, "other"),
        ({"caused_by": "employer", "reason_code": "other"}, "employer", "other"),
    ],
)
def test_a_cancellation_is_told_with_the_cause_that_the_university_found(
    found: dict[str, Any], caused_by: str, reason_code: str
) -> None:
    cancelled = replace(x.CANCELLED, caused_by=caused_by, reason_code=reason_code, corrected=True)
    past = (*ASKED, x.AGREED)
    after(*past).when(replace(x.PASS_CANCELLATION, **found)).then(cancelled)
    assert after(*past, cancelled).state.breaches == (caused_by == "graduate")
