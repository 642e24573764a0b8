"""The tables in docs/decision-tables say what the deciders do, in every state and for every command."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.support.decision_tables import AGREEMENTS, DOCS, REGISTRATIONS, REVIEWS, TABLES, DecisionTable

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
