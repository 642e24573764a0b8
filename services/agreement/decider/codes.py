"""操作码, as far as the log knows of it: whether there is one, and who took it away (DOMAIN 1.1, Shandong)."""

from __future__ import annotations

from typing import Any

from services.agreement import events as e
from services.agreement.decider import commands as c
from services.agreement.decider import reasons as no
from services.agreement.facts import Facts
from services.agreement.state import Agreements


def set_code(command: c.SetOperationCode, state: Agreements) -> list[Any]:
    """The graduate sets a code, or another one when the one so far is right."""
    if state.code_set and not command.code_right:
        raise no.CODE_NEEDED.error(field="operation_code")
    return [e.OperationCodeSet(command.graduate_id)]


def reset(command: c.ResetOperationCode, state: Agreements) -> list[Any]:
    """The school takes away a code that was forgotten; the graduate sets another."""
    return [e.OperationCodeReset(command.graduate_id)] if state.code_set else []


def check_code(command: c.AcceptOffer | c.AgreeToCancellation, state: Agreements, facts: Facts) -> None:
    """Raises Refused where the province asks for the code and it was not given, or there is none."""
    if not facts.settings.operation_code or command.code_right:
        return
    if not state.code_set:
        raise no.CODE_NOT_SET.error(field="operation_code")
    raise no.CODE_NEEDED.error(field="operation_code")
