"""Whoever waits for an event waits for one that somebody stores and publishes, and somebody consumes it."""

from __future__ import annotations

import ast

import pytest

from shared.messages import context_of
from tests.support.golden_examples import event_classes
from tests.support.source import ROOT, parsed
from wq.composition import CONTEXTS, REACTING, SERVED, TELLING, subscriptions

TYPES = {cls.TYPE for cls in event_classes()}


def contexts_with(file: str) -> set[str]:
    return {path.parent.name for path in (ROOT / "services").glob(f"*/{file}")}


@pytest.mark.parametrize(("consumer", "event_type"), subscriptions(), ids=lambda name: name)
def test_a_subscription_is_to_an_event_that_is_published(consumer: str, event_type: str) -> None:
    assert event_type in TYPES
    assert context_of(event_type) in TELLING
    assert context_of(event_type) != consumer


def test_no_subscription_is_made_twice() -> None:
    assert len(set(subscriptions())) == len(subscriptions())


def test_who_has_a_policy_reacts_and_is_served() -> None:
    assert contexts_with("policy.py") == set(REACTING)
    assert set(REACTING) <= set(SERVED)


def test_who_has_events_tells_them() -> None:
    assert contexts_with("events.py") == set(TELLING)


def test_every_context_is_composed() -> None:
    assert contexts_with("__init__.py") == set(CONTEXTS)
    assert contexts_with("service.py") == set(SERVED)
    assert contexts_with("follower.py") == set(CONTEXTS)


@pytest.mark.parametrize("context", REACTING)
def test_a_reacting_service_subscribes_to_its_whole_policy(context: str) -> None:
    tree = parsed(ROOT / "services" / context / "service.py")
    subscribed = [
        ast.unparse(decorator)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if ast.unparse(decorator).startswith("subscribe(")
    ]
    assert subscribed == ["subscribe(policy.REACTIONS)"]
