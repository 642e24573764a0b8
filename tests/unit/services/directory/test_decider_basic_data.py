"""信息确认: a graduate confirms or disputes the roster, the school corrects or answers; one test per outcome (DOMAIN 1.0)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.directory import events as e
from services.directory.decider import BASIC_DATA, RosterFacts, roster_facts
from shared.access import allowed
from shared.messages import NewEvent, Recorded, new_id
from tests.support import directory_examples as x
from tests.support.spec import (
    DEPARTMENT,
    EMPLOYER,
    GRADUATE,
    GRADUATE_ID,
    LANE,
    NOW,
    SCHOOL,
    SCOPE,
    SYSTEM,
    Given,
    assert_folds_every_event,
    command_id,
    given,
    meta,
)

ON_ROSTER = RosterFacts(1, SCOPE)
CORRECTED = RosterFacts(2, SCOPE)


def after(*events: Any, facts: RosterFacts = ON_ROSTER) -> Given:
    return given(BASIC_DATA, *events, facts=facts)


def test_a_graduate_confirms_what_the_roster_says() -> None:
    after().when(x.CONFIRM, meta(GRADUATE)).then(x.CONFIRMED)
    assert after(x.CONFIRMED).state.state(1) == "confirmed"


def test_confirming_twice_changes_nothing() -> None:
    after(x.CONFIRMED).when(x.CONFIRM, meta(GRADUATE, number=2)).then_nothing()


def test_a_corrected_roster_is_confirmed_anew() -> None:
    assert after(x.CONFIRMED).state.state(2) == "unchecked"
    after(x.CONFIRMED, facts=CORRECTED).when(x.CONFIRM, meta(GRADUATE)).then(replace(x.CONFIRMED, entry=2))


def test_a_graduate_disputes_a_field_and_what_was_confirmed_no_longer_is() -> None:
    after(x.CONFIRMED).when(x.DISPUTE, meta(GRADUATE)).then(x.DISPUTED)
    assert after(x.CONFIRMED, x.DISPUTED).state.state(1) == "disputed"


def test_another_field_is_another_dispute() -> None:
    other = replace(x.DISPUTE, field="political")
    second = new_id(LANE, command_id(2), "dispute")
    after(x.DISPUTED).when(other, meta(GRADUATE, number=2)).then(
        replace(x.DISPUTED, field="political", dispute_id=second)
    )


def test_a_field_is_not_disputed_twice_before_the_school_has_acted() -> None:
    again = meta(GRADUATE, number=2)
    after(x.DISPUTED).when(x.DISPUTE, again).then_refused("directory.already_disputed", "field")
    for past, facts in (((x.DISPUTED, x.ANSWERED), ON_ROSTER), ((x.DISPUTED,), CORRECTED)):
        assert after(*past, facts=facts).when(x.DISPUTE, again).error is None


def test_confirming_gives_up_what_was_disputed() -> None:
    after(x.DISPUTED).when(x.CONFIRM, meta(GRADUATE, number=2)).then(x.CONFIRMED)
    given_up = after(x.DISPUTED, x.CONFIRMED)
    assert given_up.state.state(1) == "confirmed"
    given_up.when(x.ANSWER, meta(SCHOOL)).then_refused("directory.dispute_settled", "dispute_id")


def test_a_correction_settles_a_dispute() -> None:
    corrected = after(x.DISPUTED, facts=CORRECTED)
    assert corrected.state.state(2) == "unchecked"
    corrected.when(x.ANSWER, meta(SCHOOL)).then_refused("directory.dispute_settled", "dispute_id")


def test_the_school_answers_and_the_graduate_looks_again() -> None:
    after(x.DISPUTED).when(x.ANSWER, meta(SCHOOL)).then(x.ANSWERED)
    answered = after(x.DISPUTED, x.ANSWERED)
    assert answered.state.state(1) == "unchecked"
    assert answered.state.disputes[x.DISPUTE_ID].answer == x.ANSWER.answer
    answered.when(x.ANSWER, meta(SCHOOL, number=2)).then_refused("directory.dispute_settled", "dispute_id")
    answered.when(x.CONFIRM, meta(GRADUATE, number=2)).then(x.CONFIRMED)
    assert after(x.DISPUTED, x.ANSWERED, x.CONFIRMED).state.disputes[x.DISPUTE_ID].answer == x.ANSWER.answer


def test_there_is_no_other_dispute() -> None:
    after().when(x.ANSWER, meta(SCHOOL)).then_refused("directory.dispute_not_found", "dispute_id")


@pytest.mark.parametrize("command", [x.CONFIRM, x.DISPUTE, x.ANSWER])
def test_who_is_on_no_roster_has_nothing_to_confirm(command: Any) -> None:
    after(facts=RosterFacts(None, SCOPE)).when(command).then_refused("directory.graduate_not_found", "graduate_id")


def test_the_graduate_speaks_and_the_own_school_answers() -> None:
    own = BASIC_DATA.subject(x.CONFIRM, after().state, ON_ROSTER)
    actors = (GRADUATE, EMPLOYER, DEPARTMENT, SCHOOL)
    for action, may in (("confirm_basic_data", GRADUATE), ("dispute_basic_data", GRADUATE), ("answer_dispute", SCHOOL)):
        assert [actor for actor in actors if allowed(f"directory.{action}", actor, own)] == [may]


def told(*events: Any) -> dict[str, list[Recorded]]:
    history = []
    for version, event in enumerate(events, 1):
        new = NewEvent(*e.GRADUATE_CODEC.encode(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        history.append(Recorded(LANE, version, f"graduate-{GRADUATE_ID}", version, NOW, new))
    return {f"graduate-{GRADUATE_ID}": history}


def test_the_roster_entry_is_read_from_the_graduates_stream() -> None:
    assert roster_facts(GRADUATE_ID, told()) == RosterFacts()
    assert roster_facts(GRADUATE_ID, told(x.ENROLLED)) == RosterFacts(1, SCOPE)
    assert roster_facts(GRADUATE_ID, told(x.ENROLLED, x.corrected(political="01"))) == RosterFacts(2, SCOPE)
    assert roster_facts(GRADUATE_ID, told(x.ENROLLED, x.REMOVED)) == RosterFacts(None, SCOPE)
    assert roster_facts(GRADUATE_ID, told(x.ENROLLED, x.REMOVED, x.ENROLLED)) == RosterFacts(3, SCOPE)


def test_the_fold_knows_every_event() -> None:
    assert_folds_every_event(BASIC_DATA, x.VERIFIED)
