"""Every way to be told no: one stable code, two languages, the same facts in both."""

from __future__ import annotations

import ast
import re
from collections import Counter
from string import Formatter

import pytest

from tests.support.source import ROOT, calls_of, modules


def _reasons() -> dict[str, tuple[str, str, str]]:
    """Each place a Reason is written, with its code and sentences."""
    found = {}
    for path in modules():
        for call in calls_of(path, "Reason"):
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            texts = [*call.args[:3], *(word.value for word in call.keywords if word.arg in ("code", "zh", "en"))]
            code, zh, en = (ast.literal_eval(text) for text in texts)
            found[where] = (code, zh, en)
    return found


REASONS = _reasons()


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_reasons_are_found() -> None:
    assert len(REASONS) > 50


def test_no_two_reasons_share_a_code() -> None:
    counted = Counter(code for code, _, _ in REASONS.values())
    assert not {where: code for where, (code, _, _) in REASONS.items() if counted[code] > 1}


@pytest.mark.parametrize(("code", "zh", "en"), REASONS.values(), ids=lambda value: value)
def test_a_reason_is_said_in_both_languages_with_the_same_facts(code: str, zh: str, en: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+", code)
    # A fact that is itself a sentence travels twice: `why` and `why_en`.
    assert {name.removesuffix("_en") for name in places(en)} == places(zh)
    assert re.search(r"[\u4e00-\u9fff]", zh) or "why" in places(zh)
    assert re.search(r"[A-Za-z]", en)
