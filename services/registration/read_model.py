"""Registrations by scope: what is under review, what counts, what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, Index, Integer, MetaData, Table, Text, select, tuple_

from shared.following import checkpoint_table
from shared.messages import Recorded
from shared.sql import upsert

METADATA = MetaData()
checkpoint_table(METADATA)

REGISTRATIONS = Table(
    "registrations",
    METADATA,
    Column("registration_id", Text(collation="C"), primary_key=True),
    Column("graduate_id", Text, nullable=False),
    Column("scope", Text(collation="C"), nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended", Text),
    Column("reason", Text),
    Column("code", Text, nullable=False),
    Column("unit_name", Text),
    Column("source", Text, nullable=False),
    Column("agreement_id", Text),
    Column("agreement_number", Text),
    Column("signed_on", Date),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)
Index("registrations_of_graduate", REGISTRATIONS.c.graduate_id)
Index(
    "registrations_by_scope",
    REGISTRATIONS.c.class_year,
    REGISTRATIONS.c.scope,
    REGISTRATIONS.c.registration_id,
)

_ENDS = {
    "registration.RegistrationWithdrawn": "withdrawn",
    "registration.RegistrationSuperseded": "superseded",
    "registration.RegistrationReturned": "returned",
}
_REGISTERED = "registration.DestinationRegistered"
_RENUMBERED = "registration.AgreementRenumbered"
TYPES = frozenset(
    {
        *_ENDS,
        _REGISTERED,
        _RENUMBERED,
        "registration.RegistrationSubmitted",
        "registration.DestinationReopened",
    }
)


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    """Bring the table up to a batch: read what its graduates have, fold the batch, write what changed."""
    ours = [recorded for recorded in events if recorded.type in TYPES]
    if not ours:
        return
    graduates: dict[str, dict[str, dict[str, Any]]] = {recorded.data["graduate_id"]: {} for recorded in ours}
    for row in connection.execute(select(REGISTRATIONS).where(REGISTRATIONS.c.graduate_id.in_(graduates))):
        graduates[row.graduate_id][row.registration_id] = dict(row._mapping)
    for recorded in ours:
        _fold(graduates[recorded.data["graduate_id"]], recorded)
    upsert(connection, REGISTRATIONS, (row for rows in graduates.values() for row in rows.values()))


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    """One event into the rows of its graduate."""
    data, at = recorded.data, recorded.event.occurred_at
    registration_id = data["registration_id"]
    if recorded.type in _ENDS:
        ended = {"state": "ended", "ended": _ENDS[recorded.type], "reason": data.get("reason"), "ended_at": at}
        rows[registration_id] |= ended
        return
    if recorded.type == _RENUMBERED:
        rows[registration_id] |= {"agreement_number": data["agreement_number"]}
        return
    if recorded.type == "registration.DestinationReopened":
        rows[registration_id] |= {"state": "ended", "ended": data["cause"], "ended_at": at}
        return
    if recorded.type == _REGISTERED:
        for row in rows.values():
            if row["state"] == "registered":
                row |= {"state": "ended", "ended": "superseded", "ended_at": at}
    known, signed_on = rows.get(registration_id), data["destination"].get("signed_on")
    rows[registration_id] = {
        "registration_id": registration_id,
        "graduate_id": data["graduate_id"],
        "scope": data["scope"],
        "class_year": data["class_year"],
        "state": "registered" if recorded.type == _REGISTERED else "pending",
        "ended": None,
        "reason": None,
        "code": data["destination"]["code"],
        "unit_name": data["destination"].get("unit_name"),
        "source": data.get("source", "direct"),
        "agreement_id": data.get("agreement_id"),
        "agreement_number": data["destination"].get("agreement_number"),
        "signed_on": date.fromisoformat(signed_on) if signed_on else None,
        "submitted_at": known["submitted_at"] if known else at,
        "decided_at": at if recorded.type == _REGISTERED else None,
        "ended_at": None,
    }


def list_registrations(
    connection: Connection,
    scope: str,
    class_year: int,
    code: str | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> list[Mapping[str, Any]]:
    """A page of registrations inside a scope, department by department, then by id; `after` is the last id seen."""
    columns = REGISTRATIONS.c
    # "/" is followed by "0": the range holds the scope and all below it, in the order of the index.
    wanted = select(REGISTRATIONS).where(
        columns.class_year == class_year, columns.scope >= scope, columns.scope < scope + "0"
    )
    if after is not None:
        last = select(columns.scope).where(columns.registration_id == after).scalar_subquery()
        wanted = wanted.where(tuple_(columns.scope, columns.registration_id) > tuple_(last, after))
    if code is not None:
        wanted = wanted.where(columns.code == code)
    if state is not None:
        wanted = wanted.where(columns.state == state)
    page = wanted.order_by(columns.scope, columns.registration_id).limit(limit)
    return [row._asdict() for row in connection.execute(page)]
