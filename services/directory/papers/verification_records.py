"""What every 核验编号 stands for, so that a paper or a printed registration can be checked by name and number.

A number has a state besides: a book that was issued and not yet signed is no forgery, one that was voided no longer counts.
Numbers are keyed: the follower that fills this table holds the platform's lookup key, the database does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Date, Index, Integer, MetaData, Table, Text, or_, select

from services.directory.papers.verification import KeyedHash, paper_id, verification_number
from shared.clock import day_of
from shared.following import checkpoint_table
from shared.messages import Recorded
from shared.sql import upsert

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
    Column("agreement_number", Text),
    Column("state", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("ended_on", Date),
    # 转递编号, of who allowed archive and household offices to look the destination up (DOMAIN 3.4, 5.6).
    Column("transfer_number", Text),
)
Index("verifications_by_transfer", VERIFICATIONS.c.transfer_number)
Index("verifications_by_agreement_number", VERIFICATIONS.c.agreement_number)
Index("verifications_of_graduate", VERIFICATIONS.c.graduate_id)
Index("verifications_of_record", VERIFICATIONS.c.record_id)

AGREEMENT, REGISTRATION = "agreement", "registration"

# What is in the table before there is a paper to check is told to nobody: one that is effective once it has its number, or
# has yet to be signed.
BINDS, BEGUN = HIDDEN = "binds", "begun"
AWAITING, EFFECTIVE, CANCELLED, VOID = "awaiting", "effective", "cancelled", "void"
# Never stored: what would stand, were its graduate on a roster.
LEFT = "left_roster"
# Never stored either: nobody issued the number.
UNKNOWN = "unknown"
STATES = {
    AWAITING: "待签订",
    EFFECTIVE: "有效",
    CANCELLED: "已解除",
    VOID: "已作废",
    LEFT: "毕业生已移出名册",
    UNKNOWN: "查无此编号",
}

Rows = dict[str, dict[str, Any]]


def apply(connection: Connection, events: Sequence[Recorded], keyed_hash: KeyedHash) -> None:
    """Bring the table up to a batch: read what it is about, fold, write back."""
    ours = [recorded for recorded in events if recorded.type in _FOLDS]
    if not ours:
        return
    columns = VERIFICATIONS.c
    graduates = {recorded.data["graduate_id"] for recorded in ours if "graduate_id" in recorded.data}
    records = {recorded.data["agreement_id"] for recorded in ours if "agreement_id" in recorded.data}
    about = or_(columns.graduate_id.in_(graduates), columns.record_id.in_(records))
    rows: Rows = {row.number: row._asdict() for row in connection.execute(select(VERIFICATIONS).where(about))}
    for recorded in ours:
        _FOLDS[recorded.type](rows, recorded, keyed_hash)
    upsert(connection, VERIFICATIONS, rows.values())


def _sent(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    # Only these have a number before they are concluded, in an event that does not say again with whom.
    data = recorded.data
    binds = data.get("binding") == "acceptance"
    if binds or "seal" in data.get("order", ()):
        state = BINDS if binds else BEGUN
        row = _row(recorded, keyed_hash, AGREEMENT, data["offer_id"], state, unit_name=data["employer_name"])
        rows[row["number"]] = row


def _applied(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    data = recorded.data
    row = _row(recorded, keyed_hash, AGREEMENT, data["agreement_id"], BEGUN, unit_name=data["terms"]["unit_name"])
    rows[row["number"]] = row


def _amended(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    row = _current(rows, AGREEMENT, recorded.data["agreement_id"])
    if row is not None:
        row.update(unit_name=recorded.data["terms"]["unit_name"])


def _numbered(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    data = recorded.data
    row = _current(rows, AGREEMENT, data.get("agreement_id") or data["offer_id"])
    if row is not None and data.get("number") is not None and row["state"] in HIDDEN:
        row.update(
            state=EFFECTIVE if row["state"] == BINDS else AWAITING,
            agreement_number=data["number"],
            since=day_of(recorded.event.occurred_at),
        )


def _reissued(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    data = recorded.data
    lost = _current(rows, AGREEMENT, data["agreement_id"])
    if lost is None:
        return
    number = verification_number(
        keyed_hash, AGREEMENT, paper_id(data["agreement_id"], data["number"]), lost["class_year"]
    )
    day = day_of(recorded.event.occurred_at)
    rows[number] = {**lost, "number": number, "agreement_number": data["number"], "since": day}
    lost.update(state=VOID, ended_on=day)


def _concluded(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    data = recorded.data
    known = _current(rows, AGREEMENT, data["agreement_id"])
    if known is None:
        known = _row(recorded, keyed_hash, AGREEMENT, data["agreement_id"], BEGUN, unit_name=data["unit_name"])
        rows[known["number"]] = known
    if known["state"] != EFFECTIVE:
        known.update(
            state=EFFECTIVE,
            agreement_number=data["number"],
            unit_name=data["unit_name"],
            since=day_of(recorded.event.occurred_at),
        )


def _cancelled(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    _end(rows, recorded, AGREEMENT, recorded.data["agreement_id"], CANCELLED)


def _voided(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    _end(rows, recorded, AGREEMENT, recorded.data["agreement_id"], VOID)


def _registered(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    data = recorded.data
    for row in rows.values():
        superseded = row["kind"] == REGISTRATION and row["graduate_id"] == data["graduate_id"]
        if superseded and row["state"] == EFFECTIVE and row["record_id"] != data["registration_id"]:
            row.update(state=VOID, ended_on=day_of(recorded.event.occurred_at))
    destination = data["destination"]
    unit = destination.get("unit_name") or destination.get("school_name") or destination.get("foreign_school_name")
    row = _row(recorded, keyed_hash, REGISTRATION, data["registration_id"], EFFECTIVE, unit, destination["code"])
    rows[row["number"]] = row


def _reopened(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    state = CANCELLED if recorded.data["cause"] == "agreement_cancelled" else VOID
    _end(rows, recorded, REGISTRATION, recorded.data["registration_id"], state)


def _left(rows: Rows, recorded: Recorded, keyed_hash: KeyedHash) -> None:
    del keyed_hash
    data = recorded.data
    row = _current(rows, REGISTRATION, data["registration_id"])
    if row is not None:
        row.update(transfer_number=data.get("transfer_number") if data.get("verification_authorised") else None)


_FOLDS = {
    "agreement.OfferSent": _sent,
    "agreement.OfferAccepted": _numbered,
    "agreement.SealAwaited": _numbered,
    "agreement.AgreementAttested": _numbered,
    "agreement.BookApplied": _applied,
    "agreement.BookAmended": _amended,
    "agreement.BookIssued": _numbered,
    "agreement.BookReissued": _reissued,
    "agreement.BookVoided": _voided,
    "agreement.AgreementReturned": _voided,
    "agreement.AgreementConcluded": _concluded,
    "agreement.AgreementCancelled": _cancelled,
    "registration.DestinationRegistered": _registered,
    "registration.DestinationReopened": _reopened,
    "registration.LeavingConfirmed": _left,
    "registration.LeavingReset": _left,
}
TYPES = frozenset(_FOLDS)


def _row(
    recorded: Recorded,
    keyed_hash: KeyedHash,
    kind: str,
    record_id: str,
    state: str,
    unit_name: str | None,
    code: str = "10",
) -> dict[str, Any]:
    data = recorded.data
    return {
        "number": verification_number(keyed_hash, kind, record_id, data["class_year"]),
        "kind": kind,
        "record_id": record_id,
        "graduate_id": data["graduate_id"],
        "class_year": data["class_year"],
        "code": code,
        "unit_name": unit_name,
        "agreement_number": None,
        "state": state,
        "since": day_of(recorded.event.occurred_at),
        "ended_on": None,
        "transfer_number": None,
    }


def _current(rows: Rows, kind: str, record_id: str) -> dict[str, Any] | None:
    """What stands for a record and is not over: of a book made again after a loss only the new paper."""
    return next(
        (
            row
            for row in rows.values()
            if (row["kind"], row["record_id"]) == (kind, record_id) and row["state"] not in (CANCELLED, VOID)
        ),
        None,
    )


def _end(rows: Rows, recorded: Recorded, kind: str, record_id: str, state: str) -> None:
    row = _current(rows, kind, record_id)
    # What never had a number is no paper that anybody could hold.
    if row is not None and row["state"] not in HIDDEN:
        row.update(state=state, ended_on=day_of(recorded.event.occurred_at))


def state_of(row: Mapping[str, Any], *, enrolled: bool) -> str:
    """The state to tell: nothing stands of who is on no roster any more."""
    state = str(row["state"])
    return LEFT if not enrolled and state in (AWAITING, EFFECTIVE) else state


def of_number(connection: Connection, number: str) -> list[Mapping[str, Any]]:
    """What a 核验编号 or a 转递编号 stands for: one thing, or by a rare chance two of different people."""
    columns = VERIFICATIONS.c
    named = or_(columns.number == number, columns.transfer_number == number)
    wanted = select(VERIFICATIONS).where(named, columns.state.not_in(HIDDEN)).order_by(columns.number)
    return [row._asdict() for row in connection.execute(wanted)]


def of_agreement_number(connection: Connection, number: str) -> list[Mapping[str, Any]]:
    """The papers that bear a 协议书编号: one, because no number is used twice, or none."""
    columns = VERIFICATIONS.c
    wanted = select(VERIFICATIONS).where(columns.agreement_number == number, columns.state.not_in(HIDDEN))
    return [row._asdict() for row in connection.execute(wanted.order_by(columns.number))]


def of_graduate(connection: Connection, graduate_id: str) -> list[Mapping[str, Any]]:
    """Every number of a graduate, the newest first."""
    columns = VERIFICATIONS.c
    wanted = select(VERIFICATIONS).where(columns.graduate_id == graduate_id, columns.state.not_in(HIDDEN))
    return [row._asdict() for row in connection.execute(wanted.order_by(columns.since.desc(), columns.number))]
