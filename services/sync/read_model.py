"""What is to be told of each graduate, what the national system has accepted, and what is parked because it refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError

from services.sync.interface import digest, digest_line
from services.sync.records import Record, Reported
from shared.errors import Reason, Unavailable
from shared.following import checkpoint_table
from shared.messages import LANE_LENGTH
from shared.sql import passing

METADATA = MetaData()
_CHECKPOINT = checkpoint_table(METADATA)

REPORTED = Table(
    "reported",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("school", Text, nullable=False),
    Column("class_year", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    # The record last accepted, null before the first: it stays behind the record above while a graduate is parked.
    Column("told_school", Text),
    Column("told_class", Integer),
    Column("told_line", Text),
)
Index("reported_told", REPORTED.c.told_class, REPORTED.c.told_school)
PARKED = Table(
    "parked",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("record", JSONB, nullable=False),
    # Empty for a record that only waits behind a refused one.
    Column("code", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

LANE_BUSY = Reason(
    "sync.lane_busy",
    "省份 {lane:digits} 正在报送，请稍后重试",
    "Deliveries of province {lane:digits} are under way: try again",
    Unavailable,
)

_SAVE = text(
    """
    INSERT INTO reported (graduate_id, version, school, class_year, body)
    SELECT graduate_id, version, school, class_year, CAST(body AS jsonb)
    FROM unnest(CAST(:graduates AS text[]), CAST(:versions AS int[]), CAST(:schools AS text[]),
                CAST(:classes AS int[]), CAST(:bodies AS text[])) AS new (graduate_id, version, school, class_year, body)
    ON CONFLICT (graduate_id) DO UPDATE SET
        version = excluded.version, school = excluded.school, class_year = excluded.class_year, body = excluded.body
    """
)
_TOLD = text(
    """
    UPDATE reported SET told_school = new.school, told_class = new.class_year, told_line = new.line
    FROM unnest(CAST(:graduates AS text[]), CAST(:schools AS text[]), CAST(:classes AS int[]),
                CAST(:lines AS text[])) AS new (graduate_id, school, class_year, line)
    WHERE reported.graduate_id = new.graduate_id
    """
)
_PARK = text(
    """
    INSERT INTO parked AS known (graduate_id, version, event_id, lane, record, code, zh, en, tries)
    SELECT graduate_id, version, event_id, lane, CAST(record AS jsonb), code, zh, en, 1
    FROM unnest(CAST(:graduates AS text[]), CAST(:versions AS int[]), CAST(:events AS text[]),
                CAST(:lanes AS text[]), CAST(:records AS text[]), CAST(:codes AS text[]), CAST(:zhs AS text[]),
                CAST(:ens AS text[])) AS new (graduate_id, version, event_id, lane, record, code, zh, en)
    ON CONFLICT (graduate_id, version) DO UPDATE SET
        code = excluded.code, zh = excluded.zh, en = excluded.en, tries = known.tries + 1
    """
)
_UNPARK = text(
    """
    DELETE FROM parked USING unnest(CAST(:graduates AS text[]), CAST(:versions AS int[])) AS done (graduate_id, version)
    WHERE parked.graduate_id = done.graduate_id AND parked.version <= done.version
    """
)
# Bytes, not a language's order, sort the lines on both sides.
_DIGEST = text(
    """
    SELECT count(*) AS count,
           encode(sha256(convert_to(coalesce(string_agg(told_line, E'\\n' ORDER BY told_line COLLATE "C"), ''), 'UTF8')),
                  'hex') AS digest
    FROM reported WHERE told_class = :class_year AND told_school = :school
    """
)
EMPTY_DIGEST = digest(())
_SCHOOLS = text(
    """
    SELECT school, min(left(graduate_id, :length)) AS lane FROM (
        SELECT graduate_id, school FROM reported WHERE class_year = :class_year
        UNION ALL SELECT graduate_id, told_school FROM reported WHERE told_class = :class_year
    ) AS known (graduate_id, school) GROUP BY school
    """
)
# A line begins with id and version: what was accepted is the newest when that is the version, of the same school and class.
_BEHIND = text(
    """
    SELECT graduate_id, CASE WHEN class_year = :class_year THEN school END,
           CASE WHEN told_class = :class_year THEN told_school END
    FROM reported
    WHERE (class_year = :class_year OR told_class = :class_year)
      AND (told_line IS NULL OR told_school <> school OR told_class <> class_year
           OR NOT starts_with(told_line, graduate_id || ':' || version || ':'))
    """
)


@dataclass(frozen=True, slots=True)
class Parked:
    """A record that was refused, or waits behind one that was. `parked_at` is None before it is stored."""

    record: Record
    code: str = ""
    zh: str = ""
    en: str = ""
    parked_at: datetime | None = None

    @property
    def graduate_id(self) -> str:
        return self.record.graduate_id

    @property
    def version(self) -> int:
        return self.record.version

    @property
    def waiting(self) -> bool:
        """Whether it was not refused itself."""
        return not self.code


def hold(connection: Connection, lane: str) -> None:
    """Keep deliveries of a lane away until this transaction ends. Raises Unavailable `sync.lane_busy`."""
    try:
        connection.execute(select(_CHECKPOINT.c.position).where(_CHECKPOINT.c.lane == lane).with_for_update())
    except DBAPIError as error:
        if passing(error) is None:
            raise
        raise LANE_BUSY.error(lane=lane) from error


def load(connection: Connection, graduates: Iterable[str]) -> dict[str, Reported]:
    """The record of each of these graduates; version 0 of who is not known yet."""
    wanted = list(graduates)
    known = {graduate_id: Reported(graduate_id) for graduate_id in wanted}
    rows = connection.execute(select(REPORTED).where(REPORTED.c.graduate_id == any_(_texts(wanted))))
    return known | {row.graduate_id: _reported(row) for row in rows}


def save(connection: Connection, states: Sequence[Reported]) -> None:
    """Keep the records as events have made them; says nothing of what is accepted."""
    if states:
        values = {
            "graduates": [state.graduate_id for state in states],
            "versions": [state.version for state in states],
            "schools": [state.school for state in states],
            "classes": [state.class_year for state in states],
            "bodies": [orjson.dumps(state.body).decode() for state in states],
        }
        connection.execute(_SAVE, values)


def accepted(connection: Connection, records: Iterable[Record]) -> None:
    """Keep that the national system has these records; the last of a graduate counts. Their states are saved before."""
    told = {record.graduate_id: record for record in records}
    if told:
        newest = told.values()
        values = {
            "graduates": list(told),
            "schools": [record.school for record in newest],
            "classes": [record.class_year for record in newest],
            "lines": [digest_line(record.graduate_id, record.version, record.body) for record in newest],
        }
        connection.execute(_TOLD, values)


def parked_graduates(connection: Connection, graduates: Iterable[str]) -> set[str]:
    """Which of these graduates have something parked."""
    wanted = PARKED.c.graduate_id == any_(_texts(graduates))
    return set(connection.execute(select(PARKED.c.graduate_id).where(wanted).distinct()).scalars())


def park(connection: Connection, parked: Sequence[Parked]) -> None:
    """Put records aside until an operator or a correction brings them on; again: the newest reason, one try more."""
    if parked:
        values = {
            "graduates": [each.graduate_id for each in parked],
            "versions": [each.version for each in parked],
            "events": [each.record.event_id for each in parked],
            "lanes": [each.record.lane for each in parked],
            "records": [orjson.dumps(each.record.to_json()).decode() for each in parked],
            "codes": [each.code for each in parked],
            "zhs": [each.zh for each in parked],
            "ens": [each.en for each in parked],
        }
        connection.execute(_PARK, values)


def unpark(connection: Connection, records: Sequence[Record]) -> None:
    """These records were accepted: what is parked of their graduates up to their versions is done."""
    if records:
        values = {
            "graduates": [record.graduate_id for record in records],
            "versions": [record.version for record in records],
        }
        connection.execute(_UNPARK, values)


def list_parked(connection: Connection, graduate_id: str | None = None) -> list[Parked]:
    """What is parked, of everybody or of one graduate, in the order in which it is to be told."""
    wanted = select(PARKED).order_by(PARKED.c.graduate_id, PARKED.c.version)
    if graduate_id is not None:
        wanted = wanted.where(PARKED.c.graduate_id == graduate_id)
    return [
        Parked(Record(**row.record, lane=row.lane), row.code, row.zh, row.en, row.parked_at)
        for row in connection.execute(wanted)
    ]


def count_parked(connection: Connection, class_year: int | None = None) -> int:
    """How many graduates have something parked, of one class or of all."""
    wanted = select(func.count(PARKED.c.graduate_id.distinct()))
    if class_year is not None:
        wanted = wanted.join_from(PARKED, REPORTED, REPORTED.c.graduate_id == PARKED.c.graduate_id).where(
            or_(REPORTED.c.class_year == class_year, REPORTED.c.told_class == class_year)
        )
    return int(connection.execute(wanted).scalar_one())


def schools_of(connection: Connection, class_year: int) -> dict[str, str]:
    """The schools that have graduates of a class, or had when it was last accepted, and the lane of each."""
    rows = connection.execute(_SCHOOLS, {"class_year": class_year, "length": LANE_LENGTH})
    return {row.school: row.lane for row in rows}


def behind(connection: Connection, class_year: int) -> dict[str, set[str]]:
    """By school of a class, the graduates of whom something newer than what was accepted should be known there."""
    found: dict[str, set[str]] = {}
    for graduate_id, *schools in connection.execute(_BEHIND, {"class_year": class_year}):
        for school in schools:
            if school is not None:
                found.setdefault(school, set()).add(graduate_id)
    return found


def digest_of(connection: Connection, school: str, class_year: int) -> dict[str, Any]:
    """`count` and `digest` of what has been accepted of a school and class, as the interface defines them."""
    row = connection.execute(_DIGEST, {"school": school, "class_year": class_year}).one()
    return {"count": row.count, "digest": row.digest}


def reported_of(connection: Connection, school: str, class_year: int, others: Iterable[str]) -> list[Reported]:
    """The records as they should be of all who were last accepted under a school and class, and of some others."""
    told = and_(REPORTED.c.told_school == school, REPORTED.c.told_class == class_year)
    wanted = or_(told, REPORTED.c.graduate_id == any_(_texts(others)))
    return [_reported(row) for row in connection.execute(select(REPORTED).where(wanted))]


def _reported(row: Row[Any]) -> Reported:
    return Reported(row.graduate_id, row.version, row.school, row.class_year, **row.body)


def _texts(values: Iterable[str]) -> Any:
    return cast(literal(list(values)), ARRAY(Text))
