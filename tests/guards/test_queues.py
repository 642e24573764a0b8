"""Every queue that is declared names its type: what a broker takes where none is named, an operator may set."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import ROOT, modules, parsed


def _makes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("Queue", "queue_declare") and not any(word.arg == "passive" for word in call.keywords)


def made() -> dict[str, str]:
    """Each place a queue is made or declared, with what is said there."""
    found = {}
    for path in modules():
        for call in ast.walk(parsed(path)):
            if isinstance(call, ast.Call) and _makes(call):
                found[f"{path.relative_to(ROOT)}:{call.lineno}"] = ast.unparse(call)
    return found


MADE = made()


def test_queues_are_found() -> None:
    assert len(MADE) >= 5


@pytest.mark.parametrize("where", MADE)
def test_a_queue_names_its_type(where: str) -> None:
    assert "x-queue-type" in MADE[where]
