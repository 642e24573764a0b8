"""Cases by scope and step: the queues that reviewers work through, oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Subquery,
    Table,
    Text,
    false,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.following import checkpoint_table
from shared.messages import Recorded
from shared.sql import upsert

METADATA = MetaData()
checkpoint_table(METADATA)

CASES = Table(
    "cases",
    METADATA,
    Column("case_id", Text(collation="C"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("graduate_id", Text, nullable=False),
    Column("scope", Text(collation="C"), nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("chain", ARRAY(Text), nullable=False),
    Column("approved", Integer, nullable=False),
    Column("step", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("step_since", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("escalated", Boolean, nullable=False),
    Column("decided_at", DateTime(timezone=True)),
)
Index(
    "cases_waiting",
    CASES.c.step,
    CASES.c.scope,
    CASES.c.step_since,
    CASES.c.case_id,
    postgresql_where=CASES.c.state == "waiting",
)
Index("cases_of_graduate", CASES.c.graduate_id, CASES.c.opened_at.desc(), CASES.c.case_id)
Index("cases_by_scope", CASES.c.scope, CASES.c.state)
Index("cases_due", CASES.c.due_at, postgresql_where=(CASES.c.state == "waiting") & CASES.c.escalated.is_(False))

_ENDS = {"review.ReviewPassed": "passed", "review.ReviewReturned": "returned", "review.ReviewClosed": "closed"}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OPENED = "review.ReviewOpened"
_APPROVED = "review.StepApproved"
_ESCALATED = "review.StepEscalated"
TYPES = frozenset({*_ENDS, _OPENED, _APPROVED, _ESCALATED})


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    """Bring the table up to a batch: read the cases it touches, fold the batch, write them back."""
    ours = [recorded for recorded in events if recorded.type in TYPES]
    if not ours:
        return
    opened = {recorded.data["case_id"] for recorded in ours if recorded.type == _OPENED}
    older = {recorded.data["case_id"] for recorded in ours} - opened
    found = connection.execute(select(CASES).where(CASES.c.case_id.in_(older))) if older else ()
    rows = {row.case_id: dict(row._mapping) for row in found}
    for recorded in ours:
        _fold(rows, recorded)
    upsert(connection, CASES, rows.values())


def _fold(rows: dict[str, dict[str, Any]], recorded: Recorded) -> None:
    data, at = recorded.data, recorded.event.occurred_at
    if recorded.type == _OPENED:
        kept = ("case_id", "kind", "subject_id", "graduate_id", "scope", "class_year", "chain")
        rows[data["case_id"]] = {
            **{name: data[name] for name in kept},
            "approved": 0,
            "step": data["chain"][0] if data["chain"] else None,
            "state": "waiting",
            "reason": None,
            "opened_at": at,
            "step_since": at,
            "due_at": _instant(data.get("due_at")),
            "escalated": False,
            "decided_at": None,
        }
        return
    if recorded.type == "review.ReviewClosed" and data["case_id"] not in rows:
        # What was to be looked at went before its case was opened; there is nothing to show.
        return
    row = rows[data["case_id"]]
    if recorded.type == _APPROVED:
        approved = row["approved"] + 1
        step = row["chain"][approved] if approved < len(row["chain"]) else None
        due_at = _instant(data.get("due_at"))
        row |= {"approved": approved, "step": step, "step_since": at, "due_at": due_at, "escalated": False}
        return
    if recorded.type == _ESCALATED:
        row |= {"escalated": True}
        return
    row |= {"state": _ENDS[recorded.type], "step": None, "reason": data.get("reason"), "decided_at": at}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Cases whose step is late and not yet escalated."""
    columns = CASES.c
    late = (columns.state == "waiting") & columns.escalated.is_(False) & (columns.due_at <= now)
    return list(connection.execute(select(columns.case_id).where(late).order_by(columns.due_at).limit(limit)).scalars())


def place(case: Mapping[str, Any]) -> str:
    """Where a case stands in its queue. It says since when the case waits: once approved, the case waits anew."""
    return f"{(case['step_since'] - EPOCH) // timedelta(microseconds=1)}.{case['case_id']}"


def _cases(now: datetime, *which: ColumnElement[bool]) -> Subquery:
    """Cases as they are at an instant: who is late is late, whenever a sweep notes it."""
    late = CASES.c.escalated | ((CASES.c.state == "waiting") & func.coalesce(CASES.c.due_at <= now, false()))
    columns = (late.label("escalated") if each.name == "escalated" else each for each in CASES.columns)
    return select(*columns).where(*which).subquery()


def list_of_graduate(
    connection: Connection, graduate_id: str, state: str | None, after: str | None, limit: int, now: datetime
) -> tuple[list[Mapping[str, Any]], int]:
    """A page of the cases about a graduate, the newest first, and how many there are; `after` is the last id seen."""
    columns = CASES.c
    mine = [columns.graduate_id == graduate_id, *([] if state is None else [columns.state == state])]
    total = connection.execute(select(func.count()).where(*mine)).scalar_one()
    if after is not None:
        last = select(columns.opened_at).where(columns.case_id == after).scalar_subquery()
        mine.append((columns.opened_at < last) | ((columns.opened_at == last) & (columns.case_id > after)))
    known = _cases(now, *mine)
    page = select(known).order_by(known.c.opened_at.desc(), known.c.case_id).limit(limit)
    return [row._asdict() for row in connection.execute(page)], int(total)


def list_queue(
    connection: Connection,
    scope: str,
    step: str | None,
    state: str,
    kind: str | None,
    escalated: bool | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> tuple[list[Mapping[str, Any]], int]:
    """A page of cases inside a scope, who waits longest first, and how many there are; `after` is `place` of the last."""
    columns = CASES.c
    # "/" is followed by "0": the range holds the scope and all below it.
    inside = [columns.state == state, columns.scope >= scope, columns.scope < scope + "0"]
    if step is not None:
        inside.append(columns.step == step)
    if kind is not None:
        inside.append(columns.kind == kind)
    known = _cases(now, *inside)
    wanted = select(known)
    if escalated is not None:
        wanted = wanted.where(known.c.escalated.is_(escalated))
    total = connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    if after is not None:
        since, _, case_id = after.partition(".")
        last = EPOCH + timedelta(microseconds=int(since))
        wanted = wanted.where(tuple_(known.c.step_since, known.c.case_id) > tuple_(last, case_id))
    page = connection.execute(wanted.order_by(known.c.step_since, known.c.case_id).limit(limit))
    return [row._asdict() for row in page], int(total)
