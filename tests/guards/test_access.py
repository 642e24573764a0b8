"""Everything that can be called has a rule, and every rule is about something that can be done."""

from __future__ import annotations

import re

import pytest

from shared.access import ACCESS, RIGHTS, Role
from tests.support.source import ROOT, method_names, modules, texts_of
from wq.composition import SERVED

CALLABLE = {
    context: method_names(ROOT / "services" / context / "service.py", "command", "bulk", "query") for context in SERVED
}
METHODS = {f"{context}.{method}" for context, methods in CALLABLE.items() for method in methods}
# What the platform does by itself is named where it is done: in policies, sweeps and imports.
NAMED = {text for path in modules() if path.name != "access.py" for text in texts_of(path)}


@pytest.mark.parametrize("context", SERVED)
def test_a_service_can_be_called(context: str) -> None:
    assert CALLABLE[context]


def test_every_method_has_a_rule() -> None:
    assert not METHODS - ACCESS.keys()


def test_every_rule_is_about_a_method_or_an_action_of_the_platform() -> None:
    assert not ACCESS.keys() - METHODS - NAMED


def test_every_action_that_is_named_has_a_rule() -> None:
    actions = {text for text in NAMED if re.fullmatch(rf"({'|'.join(SERVED)})\.[a-z]+_[a-z_]+", text)}
    refusals = re.compile(r"Reason\(\s*\"([a-z_.]+)\"")
    codes = {code for path in modules() for code in refusals.findall(path.read_text())}
    assert not actions - codes - ACCESS.keys()


def test_every_rule_lets_somebody() -> None:
    assert all(ACCESS.values())


def test_whatever_an_office_does_needs_a_right() -> None:
    commands = {
        f"{context}.{method}"
        for context in SERVED
        for method in method_names(ROOT / "services" / context / "service.py", "command", "bulk")
    }
    offices = {Role.DEPARTMENT, Role.SCHOOL, Role.PROVINCE, Role.MINISTRY}
    of_offices = {action for action in commands if offices & {role for role, _ in ACCESS[action]}}
    assert of_offices == RIGHTS.keys()
