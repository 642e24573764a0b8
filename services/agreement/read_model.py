"""Proposals and offers by employer and by deadline, offers by scope; books and paper agreements by scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    ScalarSelect,
    Select,
    Subquery,
    Table,
    Text,
    case,
    func,
    literal,
    null,
    select,
    union_all,
)

from services.agreement.decider.reasons import ATTESTATION_OVERDUE, SEAL_OVERDUE
from services.agreement.state import OVER, REMIND_BEFORE, ProposalStatus, Status
from shared.following import checkpoint_table
from shared.messages import Recorded
from shared.sql import upsert

METADATA = MetaData()
checkpoint_table(METADATA)

OFFERS = Table(
    "offers",
    METADATA,
    Column("offer_id", Text, primary_key=True),
    Column("graduate_id", Text, nullable=False),
    Column("employer_id", Text, nullable=False),
    Column("employer_name", Text),
    # A draft has no place yet, no parties and no deadline.
    Column("scope", Text),
    Column("class_year", Integer),
    Column("position", Text, nullable=False),
    Column("job_title", Text, nullable=False),
    Column("monthly_salary", Integer),
    Column("penalty", Integer),
    Column("parties", Integer),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("number", Text),
    Column("reason", Text),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("respond_by", DateTime(timezone=True)),
    Column("cancellation_id", Text),
    Column("answer_by", DateTime(timezone=True)),
    Column("reminded", Boolean, nullable=False),
    # A request to cancel that was refused or not answered: the school may mediate.
    Column("contested", Text),
    Column("contested_since", DateTime(timezone=True)),
    # The request to cancel that is open or contested, and how the last one ended and why.
    Column("asked_by", Text),
    Column("asked_code", Text),
    Column("asked_reason", Text),
    Column("cancellation_ended", Text),
    Column("cancellation_reason", Text),
    Column("caused_by", Text),
    Column("reason_code", Text),
    Column("state_since", DateTime(timezone=True), nullable=False),
    Column("complete_by", DateTime(timezone=True)),
    Column("position_in_lane", BigInteger, nullable=False),
)
Index("offers_by_employer", OFFERS.c.employer_id, OFFERS.c.sent_at.desc(), OFFERS.c.offer_id)
Index("offers_due", OFFERS.c.respond_by, postgresql_where=OFFERS.c.state == Status.OPEN.value)
Index("cancellations_due", OFFERS.c.answer_by, postgresql_where=OFFERS.c.answer_by.is_not(None))
Index("completions_due", OFFERS.c.complete_by, postgresql_where=OFFERS.c.complete_by.is_not(None))
Index(
    "offers_awaiting_attestation",
    OFFERS.c.scope,
    postgresql_where=OFFERS.c.state == Status.ATTESTING.value,
    postgresql_ops={"scope": "text_pattern_ops"},
)
Index(
    "offers_contested",
    OFFERS.c.scope,
    postgresql_where=OFFERS.c.contested.is_not(None),
    postgresql_ops={"scope": "text_pattern_ops"},
)
Index(
    "offers_concluded",
    OFFERS.c.class_year,
    OFFERS.c.scope,
    postgresql_where=OFFERS.c.number.is_not(None),
    postgresql_ops={"scope": "text_pattern_ops"},
)

BOOKS = Table(
    "books",
    METADATA,
    Column("agreement_id", Text, primary_key=True),
    Column("graduate_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("number", Text),
    # The one before its book was lost.
    Column("old_number", Text),
    Column("reason", Text),
    Column("caused_by", Text),
    Column("reason_code", Text),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("state_since", DateTime(timezone=True), nullable=False),
)
Index(
    "books_by_scope",
    BOOKS.c.class_year,
    BOOKS.c.scope,
    BOOKS.c.agreement_id,
    postgresql_ops={"scope": "text_pattern_ops"},
)

PROPOSALS = Table(
    "proposals",
    METADATA,
    Column("proposal_id", Text, primary_key=True),
    Column("graduate_id", Text, nullable=False),
    Column("employer_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("position", Text),
    Column("job_title", Text),
    Column("monthly_salary", Integer),
    Column("remarks", Text),
    Column("respond_by", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("offer_id", Text),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("state_since", DateTime(timezone=True), nullable=False),
)
Index("proposals_by_employer", PROPOSALS.c.employer_id, PROPOSALS.c.begun_at.desc(), PROPOSALS.c.proposal_id)
Index("proposals_due", PROPOSALS.c.respond_by, postgresql_where=PROPOSALS.c.state == ProposalStatus.OPEN.value)

DRAFT, DISCARDED = "draft", "discarded"
_AWAITING = {"review": Status.ACCEPTED, "seal": Status.SEALING, "attest": Status.ATTESTING}
_NO_CANCELLATION = {
    "cancellation_id": None,
    "answer_by": None,
    "reminded": False,
    "contested": None,
    "contested_since": None,
}
_NOT_ASKED = {"asked_by": None, "asked_code": None, "asked_reason": None}
_NEVER_ASKED = {**_NOT_ASKED, "cancellation_ended": None, "cancellation_reason": None}
_OVER = {"complete_by": None, **_NO_CANCELLATION}
_TERMS = ("position", "job_title", "monthly_salary", "penalty")
_BOOK_STATES = {
    "agreement.BookAmended": Status.APPLIED,
    "agreement.ApplicationReturned": Status.CORRECTING,
    "agreement.BookIssued": Status.ISSUED,
    "agreement.ScanSubmitted": Status.SCANNED,
    "agreement.ScanReturned": Status.ISSUED,
    "agreement.BookVoided": Status.VOIDED,
}
_PROPOSAL_STATES = {
    "agreement.ProposalWithdrawn": ProposalStatus.WITHDRAWN,
    "agreement.ProposalRefused": ProposalStatus.REFUSED,
    "agreement.ProposalLapsed": ProposalStatus.LAPSED,
    "agreement.OfferSent": ProposalStatus.ANSWERED,
}
_PROPOSED = ("proposal_id", "graduate_id", "employer_id", "scope", "class_year")
_BEGUN = {"agreement.BookApplied": ("offline", Status.APPLIED), "agreement.PaperSubmitted": ("paper", Status.SUBMITTED)}

Rows = dict[str, dict[str, Any]]


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    """Bring the tables up to a batch: what changed is folded here, then read once and written once a table.

    Events of an offer's and of a book's end are the same; each finds the one that it is about.
    """
    offers: Rows = {}
    books: Rows = {}
    proposals: Rows = {}
    for recorded in events:
        _fold_proposal(proposals, recorded)
        _fold_offer(offers, recorded)
        _fold_book(books, recorded)
    _save(connection, OFFERS, "offer_id", offers)
    _save(connection, BOOKS, "agreement_id", books)
    _save(connection, PROPOSALS, "proposal_id", proposals)


def _save(connection: Connection, table: Table, key: str, changes: Rows) -> None:
    if not changes:
        return
    column = table.c[key]
    partial = [thing for thing, change in changes.items() if "graduate_id" not in change or not _whole(change)]
    known = {row[key]: dict(row) for row in connection.execute(select(table).where(column.in_(partial))).mappings()}
    rows = [{**known.get(thing, {}), **change} for thing, change in changes.items() if thing in known or _whole(change)]
    upsert(connection, table, rows)


def _whole(change: Mapping[str, Any]) -> bool:
    """Whether a change holds a whole row: it began in this batch."""
    return "graduate_id" in change and "state" in change and ("begun_at" in change or "sent_at" in change)


def _fold_proposal(changes: Rows, recorded: Recorded) -> None:
    data, at = recorded.data, recorded.event.occurred_at
    proposal_id = data.get("proposal_id")
    if proposal_id is None:
        return
    if recorded.type == "agreement.SigningProposed":
        changes[proposal_id] = {
            **{name: data[name] for name in _PROPOSED},
            **{name: data.get(name) for name in ("position", "job_title", "monthly_salary", "remarks")},
            "respond_by": datetime.fromisoformat(data["respond_by"]),
            "state": ProposalStatus.OPEN.value,
            "reason": None,
            "offer_id": None,
            "begun_at": at,
            "state_since": at,
        }
        return
    change = {
        "state": _PROPOSAL_STATES[recorded.type].value,
        "reason": data.get("reason"),
        "offer_id": data.get("offer_id"),
        "state_since": at,
    }
    changes.setdefault(proposal_id, {}).update(change)


def _fold_offer(changes: Rows, recorded: Recorded) -> None:
    offer_id = recorded.data.get("offer_id") or recorded.data.get("agreement_id")
    change = _offer_change(recorded)
    if offer_id is not None and change:
        since = {"state_since": recorded.event.occurred_at} if "state" in change else {}
        changes.setdefault(offer_id, {}).update(change, **since)


def _offer_change(recorded: Recorded) -> Mapping[str, Any]:
    """What an event changes in the row of its offer."""
    data = recorded.data
    match recorded.type.removeprefix("agreement."):
        case "OfferDrafted":
            drafted = {name: data.get(name) for name in ("offer_id", "graduate_id", "employer_id", *_TERMS)}
            return {**_EMPTY, **drafted, **_begun(recorded)}
        case "DraftDiscarded":
            return {"state": DISCARDED}
        case "OfferSent":
            kept = ("offer_id", "graduate_id", "employer_id", "employer_name", "scope", "class_year", "parties")
            return {
                **_EMPTY,
                **{name: data.get(name) for name in (*kept, *_TERMS)},
                **_begun(recorded),
                "state": Status.OPEN.value,
                "respond_by": datetime.fromisoformat(data["respond_by"]),
            }
        case "OfferEdited":
            edited = {name: data.get(name) for name in (*_TERMS, "revision")}
            return {**edited, "respond_by": datetime.fromisoformat(data["respond_by"])}
        case "OfferWithdrawn" | "OfferRefused" | "OfferLapsed" as what:
            return {"state": Status(what.removeprefix("Offer").lower()).value, "reason": data.get("reason")}
        case "OfferAccepted":
            return {"number": None, **_awaiting(data, data.get("awaits", "review"))}
        case "AttestationAwaited":
            return _awaiting(data, "attest")
        case "SealAwaited":
            return _awaiting(data, "seal")
        case "AgreementSealed" | "AgreementAttested" if data.get("awaits"):
            return _awaiting(data, data["awaits"])
        case "AgreementConcluded" if data.get("kind", "online") == "online":
            return {"state": Status.EFFECTIVE.value, "number": data["number"], "complete_by": None}
        case "AgreementReturned":
            return {"state": Status.RETURNED.value, "reason": data["reason"], **_OVER}
        case "AgreementCancelled":
            return {"state": Status.CANCELLED.value, **_ended(data), **_OVER}
        case "CancellationRequested":
            answer_by = datetime.fromisoformat(data["answer_by"])
            asked = {"asked_by": data["by"], "asked_code": data["reason_code"], "asked_reason": data["reason"]}
            opened = {"cancellation_id": data["cancellation_id"], "answer_by": answer_by}
            return {**_NO_CANCELLATION, **_NEVER_ASKED, **opened, **asked}
        case "CancellationAgreed":
            return {**_NO_CANCELLATION, "cancellation_id": data["cancellation_id"]}
        case "CancellationReminded":
            return {"reminded": True}
        case "CancellationRefused" | "CancellationLapsed":
            contested = {"contested": data["cancellation_id"], "contested_since": recorded.event.occurred_at}
            return {**_NO_CANCELLATION, **contested, **_cancellation_over(recorded)}
        case "CancellationMediated" if data["outcome"] == "keep":
            return {**_NO_CANCELLATION, **_cancellation_over(recorded, "kept")}
        case "CancellationWithdrawn" | "CancellationReturned":
            return {**_NO_CANCELLATION, **_cancellation_over(recorded)}
    return {}


def _cancellation_over(recorded: Recorded, ended: str | None = None) -> dict[str, Any]:
    """How a request to cancel ended while its agreement stays, and what both sides are told of it."""
    ended = ended or recorded.type.rpartition(".Cancellation")[2].lower()
    return {"cancellation_ended": ended, "cancellation_reason": recorded.data.get("reason")}


def _awaiting(data: Mapping[str, Any], step: str) -> dict[str, Any]:
    """What changes when the next step of signing begins; a number is told once."""
    complete_by = data.get("complete_by")
    change: dict[str, Any] = {
        "state": _AWAITING[step].value,
        "complete_by": datetime.fromisoformat(complete_by) if complete_by else None,
    }
    return {**change, "number": data["number"]} if data.get("number") else change


_EMPTY: Mapping[str, Any] = {
    "employer_name": None,
    "scope": None,
    "class_year": None,
    "parties": None,
    "respond_by": None,
    "revision": 1,
    "number": None,
    "reason": None,
    "caused_by": None,
    "reason_code": None,
    **_NEVER_ASKED,
    **_OVER,
}


def _ended(data: Mapping[str, Any]) -> dict[str, Any]:
    """Who caused a cancellation and why."""
    return {"caused_by": data["caused_by"], "reason_code": data["reason_code"]}


def _begun(recorded: Recorded) -> dict[str, Any]:
    return {"state": DRAFT, "sent_at": recorded.event.occurred_at, "position_in_lane": recorded.position}


def _fold_book(changes: Rows, recorded: Recorded) -> None:
    data, at = recorded.data, recorded.event.occurred_at
    if recorded.type in _BEGUN:
        kind, state = _BEGUN[recorded.type]
        changes[data["agreement_id"]] = {
            **{name: data[name] for name in ("agreement_id", "graduate_id", "scope", "class_year")},
            "kind": kind,
            "unit_name": data["terms"]["unit_name"],
            "state": state.value,
            "number": None,
            "old_number": None,
            "reason": None,
            "caused_by": None,
            "reason_code": None,
            "begun_at": at,
            "state_since": at,
        }
        return
    change: dict[str, Any] = {}
    if recorded.type in _BOOK_STATES:
        change = {"state": _BOOK_STATES[recorded.type].value, "reason": data.get("reason")}
        if "terms" in data:
            change["unit_name"] = data["terms"]["unit_name"]
        if recorded.type == "agreement.BookIssued":
            change["number"] = data["number"]
    elif recorded.type == "agreement.BookReissued":
        numbers = {"number": data["number"], "old_number": data["old_number"]}
        changes.setdefault(data["agreement_id"], {}).update(numbers)
    elif recorded.type == "agreement.AgreementConcluded" and data.get("kind", "online") != "online":
        change = {"state": Status.EFFECTIVE.value, "number": data["number"], "reason": None}
    elif recorded.type == "agreement.AgreementReturned":
        change = {"state": Status.RETURNED.value, "reason": data["reason"]}
    elif recorded.type == "agreement.AgreementCancelled":
        change = {"state": Status.CANCELLED.value, **_ended(data)}
    if change:
        changes.setdefault(data["agreement_id"], {}).update(change, state_since=at)


def _offers(now: datetime, *which: ColumnElement[bool]) -> Subquery:
    """Offers as they are at an instant: what time has ended is over, whenever a sweep writes it down."""
    columns = OFFERS.c
    lapsed = (columns.state == Status.OPEN.value) & (columns.respond_by <= now)
    waiting = columns.state.in_((Status.SEALING.value, Status.ATTESTING.value))
    overdue = waiting & (columns.complete_by <= now)
    unanswered = columns.answer_by <= now
    late = case((columns.state == Status.SEALING.value, SEAL_OVERDUE), else_=ATTESTATION_OVERDUE)
    gone = overdue | unanswered
    true_now = {
        "state": case((lapsed, Status.LAPSED.value), (overdue, Status.RETURNED.value), else_=columns.state),
        "state_since": case((lapsed, columns.respond_by), (overdue, columns.complete_by), else_=columns.state_since),
        "reason": case((overdue, late), else_=columns.reason),
        "complete_by": case((overdue, None), else_=columns.complete_by),
        "cancellation_id": case((gone, None), else_=columns.cancellation_id),
        "answer_by": case((gone, None), else_=columns.answer_by),
        "reminded": case((gone, False), else_=columns.reminded),
        "contested": case((overdue, None), (unanswered, columns.cancellation_id), else_=columns.contested),
        "contested_since": case((overdue, None), (unanswered, columns.answer_by), else_=columns.contested_since),
        "cancellation_ended": case((unanswered, "lapsed"), else_=columns.cancellation_ended),
        "cancellation_reason": case((unanswered, None), else_=columns.cancellation_reason),
    }
    return _shown(OFFERS, true_now, which)


def _proposals(now: datetime, *which: ColumnElement[bool]) -> Subquery:
    """Proposals as they are at an instant."""
    columns = PROPOSALS.c
    lapsed = (columns.state == ProposalStatus.OPEN.value) & (columns.respond_by <= now)
    true_now = {
        "state": case((lapsed, ProposalStatus.LAPSED.value), else_=columns.state),
        "state_since": case((lapsed, columns.respond_by), else_=columns.state_since),
    }
    return _shown(PROPOSALS, true_now, which)


def _shown(table: Table, true_now: Mapping[str, ColumnElement[Any]], which: Sequence[ColumnElement[bool]]) -> Subquery:
    columns = (true_now[each.name].label(each.name) if each.name in true_now else each for each in table.columns)
    return select(*columns).where(*which).subquery()


def list_offers(
    connection: Connection, employer_id: str, state: str | None, after: str | None, limit: int, now: datetime
) -> list[Mapping[str, Any]]:
    """An employer's offers as they are now, the newest first; `after` is the id of the last one seen."""
    known = _offers(now, OFFERS.c.employer_id == employer_id)
    return _newest_first(connection, known, "offer_id", "sent_at", state, after, limit)


def list_proposals(
    connection: Connection, employer_id: str, state: str | None, after: str | None, limit: int, now: datetime
) -> list[Mapping[str, Any]]:
    """The proposals to an employer as they are now, the newest first; `after` is the id of the last one seen."""
    known = _proposals(now, PROPOSALS.c.employer_id == employer_id)
    return _newest_first(connection, known, "proposal_id", "begun_at", state, after, limit)


def _newest_first(
    connection: Connection, known: Subquery, key: str, since: str, state: str | None, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    columns, thing_id, begun_at = known.c, known.c[key], known.c[since]
    wanted = select(known)
    if state is not None:
        wanted = wanted.where(columns.state == state)
    if after is not None:
        last = select(begun_at).where(thing_id == after).scalar_subquery()
        wanted = wanted.where((begun_at < last) | ((begun_at == last) & (thing_id > after)))
    page = wanted.order_by(begun_at.desc(), thing_id).limit(limit)
    return [row._asdict() for row in connection.execute(page)]


def list_employer_cases(
    connection: Connection, employer_id: str, waiting_for: str | None, after: str | None, limit: int, now: datetime
) -> tuple[list[Mapping[str, Any]], int]:
    """What an employer has to do with, the newest first, and how much in all: who must act next, and until when.

    What is over is left out. `waiting_for` keeps what waits for one side; `after` is the id of the last one seen.
    """
    cases = union_all(_offer_cases(employer_id, now), _proposal_cases(employer_id, now)).subquery()
    columns = cases.c
    asked = select(cases) if waiting_for is None else select(cases).where(columns.waiting_for == waiting_for)
    total = connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    if after is not None:
        last = _begun_at(employer_id, after)
        asked = asked.where((columns.begun_at < last) | ((columns.begun_at == last) & (columns.id > after)))
    page = asked.order_by(columns.begun_at.desc(), columns.id).limit(limit)
    return [row._asdict() for row in connection.execute(page)], int(total)


def _begun_at(employer_id: str, case_id: str) -> ScalarSelect[Any]:
    """When a case began, also of one that is over by now: the next page follows it all the same."""
    offer = select(OFFERS.c.sent_at).where(OFFERS.c.employer_id == employer_id, OFFERS.c.offer_id == case_id)
    proposal = select(PROPOSALS.c.begun_at).where(
        PROPOSALS.c.employer_id == employer_id, PROPOSALS.c.proposal_id == case_id
    )
    return union_all(offer, proposal).scalar_subquery()


_ENDED = (*(each.value for each in OVER), DISCARDED)


def _offer_cases(employer_id: str, now: datetime) -> Select[Any]:
    """The twin in SQL of `turn_of` in state.py."""
    known = _offers(now, OFFERS.c.employer_id == employer_id)
    columns = known.c
    asked, agreed = columns.answer_by.is_not(None), columns.cancellation_id.is_not(None)
    other = case((columns.asked_by == "graduate", "employer"), else_="graduate")
    steps = {
        DRAFT: "employer",
        Status.OPEN.value: "graduate",
        Status.ACCEPTED.value: "review",
        Status.SEALING.value: "employer",
        Status.ATTESTING.value: "school",
    }
    until = case((columns.state == Status.OPEN.value, columns.respond_by), else_=columns.complete_by)
    return select(
        literal("offer").label("what"),
        columns.offer_id.label("id"),
        *(columns[name] for name in (*_CASE, "number", "cancellation_id", "contested")),
        case((asked, other), (agreed, "review"), else_=case(steps, value=columns.state)).label("waiting_for"),
        case((asked, columns.answer_by), (agreed, None), else_=until).label("until"),
        columns.sent_at.label("begun_at"),
    ).where(columns.state.not_in(_ENDED))


def _proposal_cases(employer_id: str, now: datetime) -> Select[Any]:
    known = _proposals(now, PROPOSALS.c.employer_id == employer_id)
    columns = known.c
    return select(
        literal("proposal").label("what"),
        columns.proposal_id.label("id"),
        *(columns[name] for name in _CASE),
        *(null().label(name) for name in ("number", "cancellation_id", "contested")),
        literal("employer").label("waiting_for"),
        columns.respond_by.label("until"),
        columns.begun_at,
    ).where(columns.state == ProposalStatus.OPEN.value)


_CASE = ("graduate_id", "position", "job_title", "monthly_salary", "state")


def list_awaiting_attestation(
    connection: Connection, scope: str, after: str | None, limit: int, now: datetime
) -> tuple[list[Mapping[str, Any]], int]:
    """Agreements inside a scope that wait for the school's attestation, by id, and how many there are in all."""
    columns = OFFERS.c
    in_time = columns.complete_by.is_(None) | (columns.complete_by > now)
    return _listed(connection, (columns.state == Status.ATTESTING.value) & in_time, scope, after, limit, now)


def list_contested(
    connection: Connection, scope: str, after: str | None, limit: int, now: datetime
) -> tuple[list[Mapping[str, Any]], int]:
    """Agreements inside a scope whose cancellation was refused or not answered, by id, and how many there are in all."""
    columns = OFFERS.c
    overdue = columns.complete_by.is_not(None) & (columns.complete_by <= now)
    which = (columns.contested.is_not(None) | (columns.answer_by <= now)) & ~overdue
    return _listed(connection, which, scope, after, limit, now)


def _listed(
    connection: Connection,
    which: ColumnElement[bool],
    scope: str,
    after: str | None,
    limit: int,
    now: datetime,
) -> tuple[list[Mapping[str, Any]], int]:
    columns = OFFERS.c
    waiting = which & _inside(columns.scope, scope)
    known = _offers(now, waiting, columns.offer_id > (after or ""))
    page = select(known).order_by(known.c.offer_id).limit(limit)
    total = connection.execute(select(func.count()).where(waiting)).scalar_one()
    return [row._asdict() for row in connection.execute(page)], int(total)


def _inside(column: Column[Any], scope: str) -> ColumnElement[bool]:
    return (column == scope) | column.like(scope + "/%")


def count_cancellations(
    connection: Connection, scope: str, class_year: int, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """By unit name: how many agreements took effect, and how many of them were cancelled by whose cause (DOMAIN 1.9).

    `after` is the last name seen.
    """
    concluded = union_all(
        *(
            select(name.label("unit_name"), table.c.caused_by).where(
                table.c.class_year == class_year,
                _inside(table.c.scope, scope),
                table.c.number.is_not(None),
                table.c.state.in_((Status.EFFECTIVE.value, Status.CANCELLED.value)),
                name > (after or ""),
            )
            for table, name in ((OFFERS, OFFERS.c.employer_name), (BOOKS, BOOKS.c.unit_name))
        )
    ).subquery()
    caused = {
        f"by_{side}": func.count().filter(concluded.c.caused_by == side) for side in ("graduate", "employer", "mutual")
    }
    counted = select(
        concluded.c.unit_name,
        func.count().label("agreements"),
        *(count.label(name) for name, count in caused.items()),
    ).group_by(concluded.c.unit_name)
    page = counted.order_by(concluded.c.unit_name).limit(limit)
    return [row._asdict() for row in connection.execute(page)]


def due(connection: Connection, now: datetime, limit: int) -> list[tuple[str, str, str]]:
    """(what, graduate, its id) of every proposal, offer, cancellation and completion (seal, attestation) whose time is over."""
    columns, proposed = OFFERS.c, PROPOSALS.c
    proposals = select(literal("proposal"), proposed.graduate_id, proposed.proposal_id).where(
        proposed.state == ProposalStatus.OPEN.value, proposed.respond_by <= now
    )
    offers = select(literal("offer"), columns.graduate_id, columns.offer_id).where(
        columns.state == Status.OPEN.value, columns.respond_by <= now
    )
    cancellations = select(literal("cancellation"), columns.graduate_id, columns.cancellation_id).where(
        columns.answer_by <= now
    )
    completions = select(literal("completion"), columns.graduate_id, columns.offer_id).where(columns.complete_by <= now)
    found = connection.execute(union_all(proposals, offers, cancellations, completions).limit(limit))
    return [(what, graduate_id, thing_id) for what, graduate_id, thing_id in found]


def to_remind(connection: Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(graduate, cancellation) of every request to cancel whose time is nearly over and that nobody was reminded of."""
    columns = OFFERS.c
    wanted = select(columns.graduate_id, columns.cancellation_id).where(
        columns.answer_by <= now + REMIND_BEFORE, columns.answer_by > now, ~columns.reminded
    )
    return [(graduate_id, asked) for graduate_id, asked in connection.execute(wanted.limit(limit))]


def list_books(
    connection: Connection, scope: str, class_year: int, state: str | None, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """A page of books and paper agreements inside a scope, by id; `after` is the last id seen."""
    columns = BOOKS.c
    wanted = select(BOOKS).where(
        columns.class_year == class_year,
        _inside(columns.scope, scope),
        columns.agreement_id > (after or ""),
    )
    if state is not None:
        wanted = wanted.where(columns.state == state)
    return [row._asdict() for row in connection.execute(wanted.order_by(columns.agreement_id).limit(limit))]
