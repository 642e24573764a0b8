"""Histories are read as they were written, also when a client ended before it was answered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from campaign.history import OK, REFUSED, UNKNOWN, History, read

ASKED = {"method": "agreement.accept_offer", "items": None, "deadline": "2026-06-01T08:00:05+00:00"}


def test_every_attempt_is_read_with_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with History(path) as history:
        history.write("ask", client="c0", command_id="a", attempt=1, **ASKED)
        history.write("ask", client="c1", command_id="b", attempt=1, **ASKED)
        history.write("told", client="c1", command_id="b", attempt=1, outcome=REFUSED, code="x.no")
        history.write("told", client="c0", command_id="a", attempt=1, outcome=OK, result={"position": 3})
    first, second = read(path)
    assert (first.command_id, first.outcome, first.result) == ("a", OK, {"position": 3})
    assert (second.command_id, second.outcome, second.code) == ("b", REFUSED, "x.no")
    assert first.deadline == datetime(2026, 6, 1, 8, 0, 5, tzinfo=UTC)


def test_an_attempt_without_an_answer_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with History(path) as history:
        history.write("ask", client="c0", command_id="a", attempt=1, **ASKED)
    (attempt,) = read(path)
    assert attempt.outcome == UNKNOWN
