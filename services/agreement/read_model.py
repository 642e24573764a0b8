"""Offers and agreements by employer, by scope and by deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from services.agreement.state import Status
from shared.following import checkpoint_table
from shared.messages import Recorded

METADATA = MetaData()
checkpoint_table(METADATA)

OFFERS = Table(
    "offers",
    METADATA,
    Column("offer_id", Text, primary_key=True),
    Column("graduate_id", Text, nullable=False),
    Column("employer_id", Text, nullable=False),
    Column("employer_name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("position", Text, nullable=False),
    Column("job_title", Text, nullable=False),
    Column("monthly_salary", Integer),
    Column("parties", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("number", Text),
    Column("reason", Text),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("respond_by", DateTime(timezone=True), nullable=False),
    Column("cancellation_id", Text),
    Column("answer_by", DateTime(timezone=True)),
    Column("position_in_lane", BigInteger, nullable=False),
)
Index("offers_by_employer", OFFERS.c.employer_id, OFFERS.c.sent_at.desc(), OFFERS.c.offer_id)
Index("offers_due", OFFERS.c.respond_by, postgresql_where=OFFERS.c.state == Status.OPEN.value)
Index("cancellations_due", OFFERS.c.answer_by, postgresql_where=OFFERS.c.answer_by.is_not(None))
Index(
    "offers_awaiting_attestation",
    OFFERS.c.scope,
    postgresql_where=OFFERS.c.state == Status.ATTESTING.value,
    postgresql_ops={"scope": "text_pattern_ops"},
)

# What each event makes of an offer: the field that holds its id, and the columns it changes.
_STATES: Mapping[str, tuple[str, Status]] = {
    "agreement.OfferWithdrawn": ("offer_id", Status.WITHDRAWN),
    "agreement.OfferRefused": ("offer_id", Status.REFUSED),
    "agreement.OfferLapsed": ("offer_id", Status.LAPSED),
    "agreement.OfferAccepted": ("offer_id", Status.ACCEPTED),
    "agreement.AttestationAwaited": ("agreement_id", Status.ATTESTING),
    "agreement.AgreementConcluded": ("agreement_id", Status.EFFECTIVE),
    "agreement.AgreementReturned": ("agreement_id", Status.RETURNED),
    "agreement.AgreementCancelled": ("agreement_id", Status.CANCELLED),
}
_NO_CANCELLATION = {"cancellation_id": None, "answer_by": None}
_CANCELLATIONS = frozenset(
    f"agreement.Cancellation{what}" for what in ("Withdrawn", "Refused", "Lapsed", "Agreed", "Returned")
)


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    """Bring the table up to a batch: what changed is folded here, then read once and written once."""
    changes: dict[str, dict[str, Any]] = {}
    for recorded in events:
        data = recorded.data
        if recorded.type == "agreement.OfferSent":
            changes[data["offer_id"]] = _sent(recorded)
        elif recorded.type in _STATES:
            key, state = _STATES[recorded.type]
            change = changes.setdefault(data[key], {})
            change |= {"state": state.value, "reason": data.get("reason")}
            if state == Status.EFFECTIVE:
                change["number"] = data["number"]
            if state == Status.CANCELLED:
                change |= _NO_CANCELLATION
        elif recorded.type == "agreement.CancellationRequested":
            changes.setdefault(data["agreement_id"], {}).update(
                cancellation_id=data["cancellation_id"], answer_by=datetime.fromisoformat(data["answer_by"])
            )
        elif recorded.type in _CANCELLATIONS:
            changes.setdefault(data["agreement_id"], {}).update(
                {"answer_by": None} if recorded.type == "agreement.CancellationAgreed" else _NO_CANCELLATION
            )
    if not changes:
        return
    partial = [offer_id for offer_id, change in changes.items() if "graduate_id" not in change]
    known = {
        row.offer_id: dict(row._mapping)
        for row in connection.execute(select(OFFERS).where(OFFERS.c.offer_id.in_(partial)))
    }
    rows = [{**known.get(offer_id, {}), **change} for offer_id, change in changes.items()]
    statement = insert(OFFERS)
    others = {column.name: statement.excluded[column.name] for column in OFFERS.columns if column.name != "offer_id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["offer_id"], set_=others), rows)


def _sent(recorded: Recorded) -> dict[str, Any]:
    data = recorded.data
    kept = ("offer_id", "graduate_id", "employer_id", "employer_name", "scope", "class_year", "position", "job_title")
    return {
        **{name: data[name] for name in kept},
        "monthly_salary": data.get("monthly_salary"),
        "parties": data["parties"],
        "state": Status.OPEN.value,
        "number": None,
        "reason": None,
        "sent_at": recorded.event.occurred_at,
        "respond_by": datetime.fromisoformat(data["respond_by"]),
        "position_in_lane": recorded.position,
        **_NO_CANCELLATION,
    }


def list_offers(
    connection: Connection, employer_id: str, state: str | None, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """An employer's offers, the newest first; `after` is the id of the last one seen."""
    columns = OFFERS.c
    wanted = select(OFFERS).where(columns.employer_id == employer_id)
    if state is not None:
        wanted = wanted.where(columns.state == state)
    if after is not None:
        last = select(columns.sent_at).where(columns.offer_id == after).scalar_subquery()
        wanted = wanted.where((columns.sent_at < last) | ((columns.sent_at == last) & (columns.offer_id > after)))
    page = wanted.order_by(columns.sent_at.desc(), columns.offer_id).limit(limit)
    return [row._asdict() for row in connection.execute(page)]


def list_awaiting_attestation(
    connection: Connection, scope: str, after: str | None, limit: int
) -> tuple[list[Mapping[str, Any]], int]:
    """Agreements inside a scope that wait for the school's attestation, by id, and how many there are in all."""
    columns = OFFERS.c
    waiting = (columns.state == Status.ATTESTING.value) & ((columns.scope == scope) | columns.scope.like(scope + "/%"))
    wanted = select(OFFERS).where(waiting, columns.offer_id > (after or "")).order_by(columns.offer_id).limit(limit)
    total = connection.execute(select(func.count()).where(waiting)).scalar_one()
    return [row._asdict() for row in connection.execute(wanted)], int(total)


def due(connection: Connection, now: datetime, limit: int) -> list[tuple[str, str, str | None]]:
    """(graduate, offer, None) of offers and (graduate, agreement, cancellation) of requests whose time is over."""
    columns = OFFERS.c
    offers = select(columns.graduate_id, columns.offer_id, null().label("cancellation_id")).where(
        columns.state == Status.OPEN.value, columns.respond_by <= now
    )
    cancellations = select(columns.graduate_id, columns.offer_id, columns.cancellation_id).where(
        columns.answer_by <= now
    )
    found = connection.execute(union_all(offers, cancellations).limit(limit))
    return [(graduate_id, offer_id, cancellation_id) for graduate_id, offer_id, cancellation_id in found]
