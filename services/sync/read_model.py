"""What has been told about each graduate, and what is parked because the national system refused its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from services.sync.records import Record, Reported, digest, digest_line
from shared.following import checkpoint_table

METADATA = MetaData()
checkpoint_table(METADATA)

REPORTED = Table(
    "reported",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("school", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
)
Index("reported_by_school", REPORTED.c.class_year, REPORTED.c.school)
PARKED = Table(
    "parked",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("record", JSONB, nullable=False),
    # Empty for a record that only waits behind a refused one.
    Column("code", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Parked:
    """A record that was refused, or waits behind one that was."""

    lane: str
    record: Record
    code: str = ""
    zh: str = ""
    en: str = ""

    @property
    def graduate_id(self) -> str:
        return self.record.graduate_id

    @property
    def version(self) -> int:
        return self.record.version


def load(connection: Connection, graduates: Iterable[str]) -> dict[str, Reported]:
    """What has been told about these graduates."""
    wanted = list(graduates)
    known = {graduate_id: Reported(graduate_id) for graduate_id in wanted}
    for row in connection.execute(select(REPORTED).where(REPORTED.c.graduate_id.in_(wanted))):
        known[row.graduate_id] = Reported(row.graduate_id, row.version, row.school, row.class_year, row.body)
    return known


def save(connection: Connection, states: Sequence[Reported]) -> None:
    """Keep what has been told."""
    if not states:
        return
    rows = [
        {
            "graduate_id": state.graduate_id,
            "version": state.version,
            "school": state.school,
            "class_year": state.class_year,
            "body": state.body or {},
        }
        for state in states
    ]
    statement = insert(REPORTED)
    changed = {name: statement.excluded[name] for name in ("version", "school", "class_year", "body")}
    connection.execute(statement.on_conflict_do_update(index_elements=["graduate_id"], set_=changed), rows)


def parked_graduates(connection: Connection, graduates: Iterable[str]) -> set[str]:
    """Which of these graduates have something parked."""
    found = connection.execute(
        select(PARKED.c.graduate_id).where(PARKED.c.graduate_id.in_(list(graduates))).distinct()
    )
    return set(found.scalars())


def park(connection: Connection, parked: Sequence[Parked]) -> None:
    """Put records aside until an operator or a correction brings them on."""
    if parked:
        rows = [
            {
                "graduate_id": each.graduate_id,
                "version": each.version,
                "lane": each.lane,
                "record": each.record.to_json(),
                "code": each.code,
                "zh": each.zh,
                "en": each.en,
                "tries": 1,
            }
            for each in parked
        ]
        statement = insert(PARKED)
        again = {
            **{name: statement.excluded[name] for name in ("code", "zh", "en")},
            "tries": PARKED.c.tries + 1,
        }
        connection.execute(
            statement.on_conflict_do_update(index_elements=["graduate_id", "version"], set_=again), rows
        )


def unpark(connection: Connection, graduate_id: str, versions: Sequence[int]) -> None:
    """These records of a graduate were accepted."""
    done = PARKED.c.version.in_(versions)
    connection.execute(delete(PARKED).where(PARKED.c.graduate_id == graduate_id, done))


def list_parked(connection: Connection, graduate_id: str | None = None) -> list[Parked]:
    """What is parked, of everybody or of one graduate, in the order in which it is to be told."""
    wanted = select(PARKED).order_by(PARKED.c.graduate_id, PARKED.c.version)
    if graduate_id is not None:
        wanted = wanted.where(PARKED.c.graduate_id == graduate_id)
    return [
        Parked(row.lane, Record(**row.record), row.code, row.zh, row.en) for row in connection.execute(wanted)
    ]


def count_parked(connection: Connection) -> int:
    """How many graduates have something parked."""
    return int(connection.execute(select(func.count(PARKED.c.graduate_id.distinct()))).scalar_one())


def digests(connection: Connection, class_year: int) -> dict[str, dict[str, Any]]:
    """Per school: `count` and `digest` of what has been told of a class."""
    lines: dict[str, list[str]] = {}
    wanted = select(REPORTED).where(REPORTED.c.class_year == class_year).execution_options(yield_per=5_000)
    for row in connection.execute(wanted):
        lines.setdefault(row.school, []).append(digest_line(row.graduate_id, row.version, row.body))
    return {school: {"count": len(each), "digest": digest(each)} for school, each in lines.items()}


def of_school(connection: Connection, school: str, class_year: int) -> Mapping[str, Reported]:
    """What has been told of every graduate of a school and class."""
    wanted = select(REPORTED).where(REPORTED.c.school == school, REPORTED.c.class_year == class_year)
    return {
        row.graduate_id: Reported(row.graduate_id, row.version, row.school, row.class_year, row.body)
        for row in connection.execute(wanted)
    }
