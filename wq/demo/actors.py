"""Calling the platform as its users do: a token per person, batches in flight, the same call again when it may not have come
through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from shared.access import ROOT_SCOPE, Role, scope_path
from shared.calling import Call, Caller, batches
from shared.errors import Conflict, ServiceError, Unavailable, WireError
from shared.messages import Actor
from shared.principals import LONGEST_SECONDS, Issuer

IN_FLIGHT = 100
BULK = 500
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.05


class DemoFailed(Exception):
    """The platform did not do what the demonstration asked for; the text says what, in Chinese and English."""


class Actors:
    """Everybody who takes part, behind one caller."""

    def __init__(self, caller: Caller, issuer: Issuer) -> None:
        self._caller = caller
        self._issuer = issuer
        self._tokens: dict[Actor, tuple[str, float]] = {}

    def token(self, actor: Actor) -> str:
        """A token for an actor, renewed in time."""
        token, expires = self._tokens.get(actor, ("", 0.0))
        if time.monotonic() > expires:
            token = self._issuer.token(actor)
            self._tokens[actor] = (token, time.monotonic() + LONGEST_SECONDS - 60)
        return token

    def ask(self, actor: Actor, method: str, payload: dict[str, Any]) -> Any:
        """The answer to one call; trouble that passes is waited out. Raises ServiceError, DemoFailed."""
        (outcome,) = self.ask_all([(actor, method, payload)])
        return outcome

    def refused(self, actor: Actor, method: str, payload: dict[str, Any]) -> str:
        """The code of the refusal that a call meets. Raises DemoFailed when it is not refused."""
        try:
            self.ask(actor, method, payload)
        except ServiceError as error:
            return error.code
        raise DemoFailed(f"{method} 应被拒绝（should have been refused）")

    def ask_all(
        self, asked: Sequence[tuple[Actor, str, dict[str, Any]]], progress: Callable[[int], None] = lambda done: None
    ) -> list[Any]:
        """The answers to many calls in order, a hundred in flight. A call without an answer is repeated as it was.

        Raises ServiceError for the first refusal, DemoFailed when trouble does not pass.
        """
        answers: list[Any] = []
        for batch in batches(asked, IN_FLIGHT):
            answers += self._ask_batch(batch)
            progress(len(batch))
        return answers

    def in_bulk(
        self, actor: Actor, method: str, items: Sequence[dict[str, Any]], progress: Callable[[int], None]
    ) -> list[dict[str, Any]]:
        """The outcomes of a bulk command, 500 items a message; a refused item ends the demonstration."""
        outcomes: list[dict[str, Any]] = []
        for batch in batches(items, BULK):
            answer = self.ask(actor, method, {"items": list(batch)})
            outcomes += self.accepted(method, answer["items"])
            progress(len(batch))
        return outcomes

    @staticmethod
    def accepted(method: str, outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same outcomes, if none is a refusal."""
        for outcome in outcomes:
            if "error" in outcome:
                raise DemoFailed(
                    f"{method}: {WireError(outcome['error']['exc_type'], '', outcome['error']['exc_args'], '').rebuild()}"
                )
        return outcomes

    def _ask_batch(self, asked: Sequence[tuple[Actor, str, dict[str, Any]]]) -> list[Any]:
        calls = {
            index: Call(method, payload, self.token(actor)) for index, (actor, method, payload) in enumerate(asked)
        }
        answers: dict[int, Any] = {}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            for index, outcome in self._try(calls).items():
                if isinstance(outcome, ServiceError) and not isinstance(outcome, (Unavailable, Conflict)):
                    raise outcome
                if not isinstance(outcome, ServiceError):
                    answers[index] = outcome
                    del calls[index]
                else:
                    trouble = outcome
            if not calls:
                return [answers[index] for index in range(len(asked))]
            if time.monotonic() > deadline:
                raise DemoFailed(f"平台持续不可用 / the platform stays unavailable: {trouble}")
            time.sleep(PAUSE_SECONDS)

    def _try(self, calls: dict[int, Call]) -> dict[int, Any]:
        try:
            outcomes = self._caller.call_all(list(calls.values()))
        except Unavailable as error:
            return dict.fromkeys(calls, error)
        return dict(zip(list(calls), outcomes, strict=True))


MINISTRY = Actor(Role.MINISTRY, "demo-ministry", ROOT_SCOPE)


def province_office(province: str) -> Actor:
    """省级 of a province."""
    return Actor(Role.PROVINCE, f"demo-province-{province}", scope_path(province))


def school_office(province: str, school: str) -> Actor:
    """高校 of a school."""
    return Actor(Role.SCHOOL, f"demo-school-{school}", scope_path(province, school))


def department_office(province: str, school: str, department: str) -> Actor:
    """院系 of a school."""
    return Actor(Role.DEPARTMENT, f"demo-department-{school}-{department}", scope_path(province, school, department))


def graduate(graduate_id: str) -> Actor:
    """毕业生."""
    return Actor(Role.GRADUATE, graduate_id)


def employer(employer_id: str) -> Actor:
    """用人单位."""
    return Actor(Role.EMPLOYER, employer_id)


def until(done: Callable[[], int], wanted: int, what: str) -> None:
    """Wait until a number is reached; give up when it has not moved for two minutes. Raises DemoFailed."""
    reached, moved = -1, time.monotonic()
    while True:
        now = done()
        if now == wanted:
            return
        if now != reached:
            reached, moved = now, time.monotonic()
        elif time.monotonic() - moved > PATIENCE_SECONDS:
            raise DemoFailed(f"{what}：停在 {now} / {wanted}（stopped at {now} of {wanted}）")
        time.sleep(PAUSE_SECONDS)
