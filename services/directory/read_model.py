"""Who is known, for look-ups: graduates by scope and by the hash of their number, employers, schools, departments.

Personal data stays sealed here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.directory.personal import destroy_keys
from shared.access import scope_path
from shared.following import checkpoint_table
from shared.messages import Recorded
from shared.sql import upsert

METADATA = MetaData()
checkpoint_table(METADATA)

GRADUATES = Table(
    "graduates",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("school", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("education", Text, nullable=False),
    Column("major_name", Text, nullable=False),
    Column("graduates_on", Date, nullable=False),
    Column("id_hash", Text, nullable=False),
    Column("personal", Text, nullable=False),
    # What the graduate says about this entry; with another entry it begins anew.
    Column("checked", Text, nullable=False),
    Column("disputes", JSONB, nullable=False),
    Index("graduates_disputing", "class_year", "scope", "graduate_id", postgresql_where=text("checked = 'disputed'")),
    Index("graduates_by_scope", "class_year", "scope", "graduate_id", postgresql_ops={"scope": "text_pattern_ops"}),
    Index("graduates_by_id_hash", "id_hash"),
)
EMPLOYERS = Table(
    "employers",
    METADATA,
    Column("employer_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("uscc", Text),
    Column("nature", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("phone", Text),
    Column("status", Text, nullable=False),
    # deregistered or revoked, and the day.
    Column("closed_how", Text),
    Column("closed_on", Text),
    # Why it, or its change, was returned or it was suspended.
    Column("reason", Text),
    Column("personal", Text, nullable=False),
    Column("licence", Text),
    # A change that no office has verified yet.
    Column("requested_name", Text),
    Column("requested_nature", Text),
    Column("requested_licence", Text),
    Index("employers_by_status", "status", "employer_id"),
    Index("employers_changing", "employer_id", postgresql_where=text("requested_name IS NOT NULL")),
)
SCHOOLS = Table(
    "schools",
    METADATA,
    Column("school", Text, primary_key=True),
    Column("province", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    # Day → the name from then on.
    Column("names", JSONB, nullable=False),
)
DEPARTMENTS = Table(
    "departments",
    METADATA,
    Column("school", Text, primary_key=True),
    Column("department", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

_EMPLOYER = ("employer_id", "name", "uscc", "nature", "industry", "place", "address", "phone", "personal", "licence")
_SCHOOL = ("school", "province", "level", "private", "valid_from", "valid_until")
_CLOSED = ("closed_how", "closed_on")
_REQUESTED = ("requested_name", "requested_nature", "requested_licence")
_CHECKS = ("directory.BasicDataConfirmed", "directory.BasicDataDisputed", "directory.DisputeAnswered")
_STATUS = {
    "directory.EmployerVerified": "verified",
    "directory.EmployerReinstated": "verified",
    "directory.EmployerReturned": "returned",
    "directory.EmployerSuspended": "suspended",
}


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    """Bring the tables up to a batch of one lane: a few statements a batch, whatever its size."""
    graduates: dict[str, dict[str, Any] | None] = {}
    employers: dict[str, dict[str, Any]] = {}
    changes: dict[str, dict[str, Any]] = {}
    schools: dict[str, dict[str, Any]] = {}
    renamed: dict[str, dict[str, str]] = {}
    erased: list[str] = []
    departments: dict[tuple[str, str], dict[str, Any]] = {}
    checking = _checking(connection, events)
    for recorded in events:
        data = recorded.data
        match recorded.type:
            case "directory.GraduateEnrolled" | "directory.GraduateCorrected":
                graduates[data["graduate_id"]] = _graduate(data)
            case "directory.GraduateRemoved":
                graduates[data["graduate_id"]] = None
            case event_type if event_type in _CHECKS:
                graduate_id = data["graduate_id"]
                row = graduates[graduate_id] if graduate_id in graduates else checking.get(graduate_id)
                if row is not None:
                    graduates[graduate_id] = {**row, **_checked(row["disputes"], recorded)}
            case "directory.GraduateErased":
                erased.append(data["graduate_id"])
            case "directory.EmployerRegistered":
                employers[data["employer_id"]] = {
                    **{name: data.get(name) for name in (*_EMPLOYER, *_REQUESTED, *_CLOSED)},
                    "reason": None,
                    "status": "awaiting",
                }
                changes.pop(data["employer_id"], None)
            case event_type if event_type.startswith("directory.Employer"):
                changed = employers.get(data["employer_id"]) or changes.setdefault(data["employer_id"], {})
                changed.update(_change(event_type, data))
            case "directory.SchoolListed":
                schools[data["school"]] = {
                    **{name: data.get(name) for name in _SCHOOL},
                    "names": {date.min.isoformat(): data["name"]},
                }
            case "directory.SchoolRenamed":
                renamed.setdefault(data["school"], {})[data["from_day"]] = data["name"]
            case "directory.DepartmentAdded":
                departments[data["school"], data["department"]] = dict(data)
    upsert(connection, GRADUATES, [row for row in graduates.values() if row is not None])
    removed = [graduate_id for graduate_id, row in graduates.items() if row is None]
    if removed:
        connection.execute(delete(GRADUATES).where(GRADUATES.c.graduate_id.in_(removed)))
    if erased:
        # The command destroys the key itself; this is for the one that fell between its event and that.
        destroy_keys(connection, erased)
    for employer_id in sorted(changes):
        known = EMPLOYERS.c.employer_id == employer_id
        connection.execute(update(EMPLOYERS).where(known).values(changes[employer_id]))
    upsert(connection, EMPLOYERS, list(employers.values()))
    upsert(connection, SCHOOLS, list(schools.values()))
    for school, names in renamed.items():
        known = SCHOOLS.c.school == school
        connection.execute(update(SCHOOLS).where(known).values(names=SCHOOLS.c.names.concat(names)))
    upsert(connection, DEPARTMENTS, list(departments.values()))


def _change(event_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What an event after the application changes about an employer."""
    if event_type in _STATUS:
        return {"status": _STATUS[event_type], "reason": data.get("reason"), **dict.fromkeys(_CLOSED)}
    match event_type:
        case "directory.EmployerClosed":
            return {"status": "closed", **dict(zip(_CLOSED, (data["how"], data["closed_on"]), strict=True))}
        case "directory.EmployerContactChanged":
            return {name: data.get(name) for name in ("industry", "place", "address", "phone", "personal")}
        case "directory.EmployerChangeRequested":
            asked = (data["name"], data["nature"], data.get("licence"))
            return {"reason": None, **dict(zip(_REQUESTED, asked, strict=True))}
        case "directory.EmployerChangeVerified":
            counts = {"name": data["name"], "nature": data["nature"], "licence": data.get("licence")}
            return {**counts, "reason": None, **dict.fromkeys(_REQUESTED)}
        case "directory.EmployerChangeReturned":
            return {"reason": data["reason"], **dict.fromkeys(_REQUESTED)}
    raise AssertionError(event_type)


def _graduate(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("graduate_id", "school", "department", "class_year", "education", "major_name", "id_hash", "personal")
    return {
        **{name: data[name] for name in kept},
        "scope": scope_path(data["province"], data["school"], data["department"]),
        "graduates_on": data["graduates_on"],
        "checked": "unchecked",
        "disputes": [],
    }


def _checking(connection: Connection, events: Sequence[Recorded]) -> dict[str, dict[str, Any]]:
    """The rows of those who say something about their entry."""
    ids = {recorded.data["graduate_id"] for recorded in events if recorded.type in _CHECKS}
    if not ids:
        return {}
    found = connection.execute(select(GRADUATES).where(GRADUATES.c.graduate_id.in_(ids)))
    return {row.graduate_id: row._asdict() for row in found}


def _checked(disputes: Sequence[Mapping[str, Any]], recorded: Recorded) -> dict[str, Any]:
    data = recorded.data
    match recorded.type:
        case "directory.BasicDataConfirmed":
            return {"checked": "confirmed", "disputes": []}
        case "directory.BasicDataDisputed":
            told = {name: data[name] for name in ("dispute_id", "field", "statement")}
            at = recorded.event.occurred_at.isoformat()
            return {"checked": "disputed", "disputes": [*disputes, {**told, "disputed_at": at}]}
    left = [each for each in disputes if each["dispute_id"] != data["dispute_id"]]
    return {"checked": "disputed" if left else "unchecked", "disputes": left}


def find_by_id_hash(connection: Connection, *id_hashes: str) -> list[Mapping[str, Any]]:
    """Every roster entry of a person, the newest class first."""
    found = select(GRADUATES).where(GRADUATES.c.id_hash.in_(id_hashes)).order_by(GRADUATES.c.class_year.desc())
    return [row._asdict() for row in connection.execute(found)]


def get_graduate(connection: Connection, graduate_id: str) -> Mapping[str, Any] | None:
    """One graduate."""
    row = connection.execute(select(GRADUATES).where(GRADUATES.c.graduate_id == graduate_id)).one_or_none()
    return None if row is None else row._asdict()


def list_graduates(
    connection: Connection,
    scope: str,
    class_year: int,
    after: str | None,
    limit: int,
    checked: str | None = None,
) -> list[Mapping[str, Any]]:
    """A page of the graduates inside a scope, by scope and id; `after` is `<scope> <graduate_id>` of the last one seen.

    `checked` keeps those whose basic data are confirmed, disputed or unchecked.
    """
    columns = GRADUATES.c
    wanted = select(GRADUATES).where(columns.class_year == class_year, _inside(columns.scope, scope))
    if checked:
        wanted = wanted.where(columns.checked == checked)
    if after:
        last_scope, _, last_id = after.partition(" ")
        wanted = wanted.where(tuple_(columns.scope, columns.graduate_id) > (last_scope, last_id))
    page = wanted.order_by(columns.scope, columns.graduate_id).limit(limit)
    return [row._asdict() for row in connection.execute(page)]


def count_graduates(connection: Connection, scope: str, class_year: int) -> int:
    """How many graduates of a class are inside a scope."""
    columns = GRADUATES.c
    counted = select(func.count()).where(columns.class_year == class_year, _inside(columns.scope, scope))
    return int(connection.execute(counted).scalar_one())


def get_employer(connection: Connection, employer_id: str) -> Mapping[str, Any] | None:
    """One employer."""
    row = connection.execute(select(EMPLOYERS).where(EMPLOYERS.c.employer_id == employer_id)).one_or_none()
    return None if row is None else row._asdict()


def list_employers(connection: Connection, status: str, after: str | None, limit: int) -> list[Mapping[str, Any]]:
    """A page of the employers in a state, by id; `after` is the last id seen. "changing": a change awaits an office."""
    columns = EMPLOYERS.c
    in_state = columns.requested_name.is_not(None) if status == "changing" else columns.status == status
    wanted = select(EMPLOYERS).where(in_state, columns.employer_id > (after or ""))
    return [row._asdict() for row in connection.execute(wanted.order_by(columns.employer_id).limit(limit))]


def list_schools(
    connection: Connection, province: str, day: date, after: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """A page of a province's schools as they are called on a day, by code; `after` is the last code seen."""
    columns = SCHOOLS.c
    wanted = select(SCHOOLS).where(columns.province == province, columns.school > (after or ""))
    found = [row._asdict() for row in connection.execute(wanted.order_by(columns.school).limit(limit))]
    return [{**row, "name": _name_on(day, row.pop("names"))} for row in found]


def _name_on(day: date, names: Mapping[str, str]) -> str:
    return names[max(each for each in names if each <= day.isoformat())]


def _inside(column: Any, scope: str) -> Any:
    # A scope is made of codes and slashes only, so it holds no wildcard.
    return (column == scope) | column.like(scope + "/%")
