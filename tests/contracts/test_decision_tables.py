"""The tables in docs/decision-tables say what the deciders do, in every state and for every command."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.agreement.state import LOCKED, Known, Status
from services.review.decider import Case
from services.review.events import StepApproved, StepEscalated
from shared.access import Role
from shared.errors import ServiceError
from shared.messages import Meta
from tests.support.decision_tables import AGREEMENTS, DOCS, REGISTRATIONS, REVIEWS, TABLES, DecisionTable
from tests.support.spec import NOW, SYSTEM, command_id, folded

EVERY_TABLE = pytest.mark.parametrize("name", TABLES)


@EVERY_TABLE
def test_a_table_says_what_the_decider_does(name: str) -> None:
    """Written again by `python -m tests.support.decision_tables`; read the difference before you keep it."""
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == TABLES[name].markdown()


def test_there_is_no_table_of_something_else() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} == set(TABLES)


@pytest.mark.parametrize("table", [AGREEMENTS, REGISTRATIONS, REVIEWS], ids=lambda table: table.title)
def test_a_table_asks_every_command_of_its_context(table: DecisionTable) -> None:
    asked = {type(command) for command, _ in table.commands.values()}
    some: Any = next(iter(asked))
    module = inspect.getmodule(some)
    declared = {
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == some.__module__ and _is_command(member)
    }
    assert declared <= asked


def _is_command(member: type[Any]) -> bool:
    fields = getattr(member, "__dataclass_fields__", {})
    named = ("graduate_id", "case_id") if "status" not in fields else ()
    return any(name in fields for name in named)


@EVERY_TABLE
def test_every_command_does_something_in_some_state(name: str) -> None:
    outcomes = TABLES[name].outcomes()
    for command in TABLES[name].commands:
        assert any("**" in row[command] for row in outcomes.values()), command


@pytest.mark.parametrize("table", [AGREEMENTS, REGISTRATIONS], ids=lambda table: table.title)
def test_nobody_is_stuck(table: DecisionTable) -> None:
    """In every state some command of some person or office still leads on."""
    for state, row in table.outcomes().items():
        assert any("**" in outcome for outcome in row.values()), state


def test_every_status_of_an_agreement_is_reached() -> None:
    states = [folded(AGREEMENTS.handling, past) for past in AGREEMENTS.states.values()]
    reached = {known.status for state in states for known in (*state.offers.values(), *state.books.values())}
    assert reached == set(Status)


# Who is waited for, in each state that waits for somebody else than the graduate whom it locks.
AWAITED = {Status.SEALING: Role.EMPLOYER, Status.ATTESTING: Role.SCHOOL}
LATER = timedelta(days=400)


def test_a_locked_graduate_depends_on_nobody_for_good() -> None:
    """Whoever is waited for may do nothing for ever: somebody else, the graduate or time moves what locks."""
    locking = {name: folded(AGREEMENTS.handling, past).locked for name, past in AGREEMENTS.states.items()}
    locked = {name: known for name, known in locking.items() if known is not None}
    assert {known.status for known in locked.values()} == LOCKED
    for name, known in locked.items():
        others = [told for told, (_, by) in AGREEMENTS.commands.items() if by.role != AWAITED.get(known.status)]
        assert any(_moves(name, known, told, later) for told in others for later in (timedelta(), LATER)), name


def _moves(name: str, known: Known, told: str, later: timedelta) -> bool:
    try:
        events = AGREEMENTS.decided(name, told, later)
    except ServiceError:
        return False
    after = folded(AGREEMENTS.handling, (*AGREEMENTS.states[name], *events))
    return bool(after.get(known.id) != known)


def test_each_review_that_waits_is_taken_over_by_the_office_above() -> None:
    """What a review decides comes from the review: its own table must lead on when an office does nothing."""
    for name, past in REVIEWS.states.items():
        case = folded(REVIEWS.handling, past)
        if not isinstance(case, Case) or case.waiting_for is None or case.escalated:
            continue
        late = replace(case.opened, step_days=1, due_at=NOW)
        steps = [replace(event, due_at=NOW) if isinstance(event, StepApproved) else event for event in past[1:]]
        meta = Meta(command_id(7), command_id(7), SYSTEM, NOW + LATER, "table.action")
        lapse = REVIEWS.commands["EscalateReview"][0]
        events = REVIEWS.handling.decide(lapse, folded(REVIEWS.handling, (late, *steps)), REVIEWS.facts, meta)
        assert [type(event) for event in events] == [StepEscalated], name
