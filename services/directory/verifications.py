"""What every 核验编号 stands for, so that a paper or a printed registration can be checked by name and number.

Numbers are keyed: the follower that fills this table holds the platform's lookup key, the database does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Date, Index, Integer, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import insert

from services.directory.verification import KeyedHash, verification_number
from shared.clock import day_of
from shared.following import checkpoint_table
from shared.messages import Recorded

METADATA = MetaData()
checkpoint_table(METADATA)

VERIFICATIONS = Table(
    "verifications",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("graduate_id", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("unit_name", Text),
    Column("since", Date, nullable=False),
    Column("ended_on", Date),
)
Index("verifications_of_graduate", VERIFICATIONS.c.graduate_id)

AGREEMENT, REGISTRATION = "agreement", "registration"

Rows = dict[str, dict[str, Any]]


def apply(connection: Connection, events: Sequence[Recorded], keyed_hash: KeyedHash) -> None:
    """Bring the table up to a batch: read what its graduates have, fold, write back."""
    ours = [recorded for recorded in events if recorded.type in _FOLDS]
    if not ours:
        return
    graduates = {recorded.data["graduate_id"] for recorded in ours}
    found = connection.execute(select(VERIFICATIONS).where(VERIFICATIONS.c.graduate_id.in_(graduates)))
    rows: Rows = {row.number: row._asdict() for row in found}
    for recorded in ours:
        _FOLDS[recorded.type](rows, recorded, keyed_hash)
    if not rows:
        return
    statement = insert(VERIFICATIONS)
    others = {each.name: statement.excluded[each.name] for each in VERIFICATIONS.columns if not each.primary_key}
    connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=others), list(rows.values()))


def _concluded(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    data = recorded.data
    _begin(rows, recorded, keyed_hash, AGREEMENT, data["agreement_id"], "10", data["unit_name"])


def _cancelled(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    _end(rows, recorded, AGREEMENT, recorded.data["agreement_id"])


def _registered(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    data = recorded.data
    for row in rows.values():
        superseded = row["kind"] == REGISTRATION and row["graduate_id"] == data["graduate_id"]
        if superseded and row["ended_on"] is None and row["record_id"] != data["registration_id"]:
            row["ended_on"] = day_of(recorded.event.occurred_at)
    destination = data["destination"]
    unit = destination.get("unit_name") or destination.get("school_name") or destination.get("foreign_school_name")
    _begin(rows, recorded, keyed_hash, REGISTRATION, data["registration_id"], destination["code"], unit)


def _reopened(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    _end(rows, recorded, REGISTRATION, recorded.data["registration_id"])


_FOLDS = {
    "agreement.AgreementConcluded": _concluded,
    "agreement.AgreementCancelled": _cancelled,
    "registration.DestinationRegistered": _registered,
    "registration.DestinationReopened": _reopened,
}


def _begin(
    rows: Rows, recorded: Recorded, keyed_hash: KeyedHash, kind: str, record_id: str, code: str, unit: str | None
) -> None:
    data = recorded.data
    number = verification_number(keyed_hash, kind, record_id, data["class_year"])
    rows[number] = {
        "number": number,
        "kind": kind,
        "record_id": record_id,
        "graduate_id": data["graduate_id"],
        "class_year": data["class_year"],
        "code": code,
        "unit_name": unit,
        "since": day_of(recorded.event.occurred_at),
        "ended_on": None,
    }


def _end(rows: Rows, recorded: Recorded, kind: str, record_id: str) -> None:
    for row in rows.values():
        if (row["kind"], row["record_id"]) == (kind, record_id):
            row["ended_on"] = day_of(recorded.event.occurred_at)


def of_number(connection: Connection, number: str) -> Mapping[str, Any] | None:
    """What a number stands for."""
    row = connection.execute(select(VERIFICATIONS).where(VERIFICATIONS.c.number == number)).one_or_none()
    return None if row is None else row._asdict()


def of_graduate(connection: Connection, graduate_id: str) -> list[Mapping[str, Any]]:
    """Every number of a graduate, the newest first."""
    columns = VERIFICATIONS.c
    wanted = (
        select(VERIFICATIONS).where(columns.graduate_id == graduate_id).order_by(columns.since.desc(), columns.number)
    )
    return [row._asdict() for row in connection.execute(wanted)]
