"""Errors travel whole: what a service raises, a caller gets again, with its code and both sentences."""

from __future__ import annotations

import pytest

from shared.errors import KINDS, Forbidden, Reason, ServiceError, WireError

FULL = Reason("queue.full", "队列已满：{count:number}", "The queue is full: {count:number}", Forbidden)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_kind_is_rebuilt_at_the_caller(kind: type[ServiceError]) -> None:
    error = kind("some.code", {"zh": "不行", "en": "No", "field": "a"})
    rebuilt = WireError.of(error).rebuild()
    assert (type(rebuilt), rebuilt.args) == (kind, error.args)


def test_a_reason_fills_its_sentences_and_keeps_the_facts() -> None:
    error = FULL.error(field="queue", count=7)
    assert isinstance(error, Forbidden)
    assert (error.zh, error.en, error.field) == ("队列已满：7", "The queue is full: 7", "queue")
    assert error.details["count"] == 7
    assert str(error) == "queue.full [queue]: 队列已满：7 / The queue is full: 7"


def test_an_error_from_outside_the_tree_is_a_remote_failure() -> None:
    rebuilt = WireError("KeyError", "builtins.KeyError", ["x"], "x").rebuild()
    assert (type(rebuilt), rebuilt.code) == (ServiceError, "remote.failure")
