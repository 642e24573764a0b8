"""The account of the unit that a case is about, as an office judged it since: suspended, or closed. Pure.

A unit on paper has an account as well where its credit code has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.clock import day_of
from shared.codes.uscc import employer_id_of
from shared.messages import Recorded

SUSPENDED, CLOSED = "suspended", "closed"
# What brings a graduate to a unit; the other kinds of case lead away from one, or change nothing.
SIGNING = ("agreement", "application", "signing", "paper", "registration")


def unit_of(subject: Mapping[str, Any]) -> str | None:
    """The id of the account that the unit has, or would have; None for a unit without a credit code."""
    told = subject.get("terms") or subject.get("destination") or {}
    uscc = told.get("uscc")
    return told.get("employer_id") or (employer_id_of(uscc) if uscc else None)


def standing_of(history: Sequence[Recorded]) -> dict[str, Any] | None:
    """What an office has said against the unit and not taken back, since when and why; None where nothing."""
    for recorded in reversed(history):
        since = {"since": day_of(recorded.event.occurred_at).isoformat()}
        match recorded.type:
            case "directory.EmployerSuspended":
                return {"state": SUSPENDED, **since, "reason": recorded.data["reason"]}
            case "directory.EmployerClosed":
                return {"state": CLOSED, "since": recorded.data["closed_on"], "how": recorded.data["how"]}
            case "directory.EmployerVerified" | "directory.EmployerReinstated":
                return None
    return None
