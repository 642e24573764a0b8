"""What statistics are counted from: the roster, spans of destinations by day, and a cube for what dashboards open with.

A span is [from_day, to_day) in Shanghai days. A change holds from its day on: whatever was said for later days is
replaced, and of two changes on one day the last counts. Spans are never deleted: one that was replaced before it covered
a day is left empty, so that what was known at an instant can still be told. A correction of the roster holds for all
days; who is removed from the roster counts on no day. What the roster said before is kept beside it with the instants
between which it was all that was known, so that a figure asked for as it was then stays as it was printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Date, DateTime, Index, Integer, MetaData, Table, Text, text

from services.stats.dimensions import CUBE_COLUMNS, DESTINATION_COLUMNS, ROSTER_COLUMNS
from shared.clock import day_of
from shared.following import checkpoint_table
from shared.messages import Recorded
from shared.sql import copy_rows

METADATA = MetaData()
checkpoint_table(METADATA)

# Codes and ids are compared byte by byte: a language's order costs several times as much and means nothing here.
_CODE = Text(collation="C")

GRADUATES = Table(
    "graduates",
    METADATA,
    Column("graduate_id", _CODE, primary_key=True),
    Column("class_year", Integer, nullable=False),
    *(Column(name, _CODE, nullable=False) for name in ROSTER_COLUMNS),
    # When the platform learned it.
    Column("known_from", DateTime(timezone=True), nullable=False),
)
# What the roster said of a graduate until it was corrected or the graduate removed. The log takes its instants in the
# order of a lane's positions, so what was known of one graduate never overlaps.
FORMER = Table(
    "former_graduates",
    METADATA,
    Column("graduate_id", _CODE, primary_key=True),
    Column("class_year", Integer, nullable=False),
    *(Column(name, _CODE, nullable=False) for name in ROSTER_COLUMNS),
    Column("known_from", DateTime(timezone=True), primary_key=True),
    Column("known_until", DateTime(timezone=True), nullable=False),
)
Index("former_by_place", FORMER.c.class_year, FORMER.c.province, FORMER.c.school, FORMER.c.department)
Index(
    "graduates_by_place",
    GRADUATES.c.class_year,
    GRADUATES.c.province,
    GRADUATES.c.school,
    GRADUATES.c.department,
)
# A reopened registration is a span too, of nothing registered.
SPANS = Table(
    "spans",
    METADATA,
    Column("graduate_id", _CODE, primary_key=True),
    # The position in its lane of the event that said so.
    Column("log_position", BigInteger, primary_key=True),
    Column("from_day", Date, nullable=False),
    Column("to_day", Date, nullable=False, server_default=text("'infinity'")),
    *(Column(name, _CODE, nullable=False) for name in DESTINATION_COLUMNS),
    # When the platform learned it, beside the day from which it holds.
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
CUBE = Table(
    "cube",
    METADATA,
    Column("class_year", Integer, primary_key=True),
    *(Column(name, _CODE, primary_key=True) for name in CUBE_COLUMNS),
    Column("day", Date, primary_key=True),
    Column("delta", Integer, nullable=False),
    # A cell is counted up batch after batch: with room beside it the index need not hear of it.
    postgresql_with={"fillfactor": 50},
)
DEPARTMENTS = Table(
    "departments",
    METADATA,
    Column("province", _CODE, primary_key=True),
    Column("school", _CODE, primary_key=True),
    Column("department", _CODE, primary_key=True),
    Column("name", Text, nullable=False),
)
# What a school is called from a day on.
SCHOOL_NAMES = Table(
    "school_names",
    METADATA,
    Column("province", _CODE, primary_key=True),
    Column("school", _CODE, primary_key=True),
    Column("from_day", Date, primary_key=True),
    Column("name", Text, nullable=False),
)

_ROSTER = frozenset({"directory.GraduateEnrolled", "directory.GraduateCorrected"})
_REMOVED = "directory.GraduateRemoved"
_REGISTERED = "registration.DestinationRegistered"
_REOPENED = "registration.DestinationReopened"
_DEPARTMENT = "directory.DepartmentAdded"
_LISTED = "directory.SchoolListed"
_RENAMED = "directory.SchoolRenamed"
TYPES = frozenset({*_ROSTER, _REMOVED, _REGISTERED, _REOPENED, _DEPARTMENT, _LISTED, _RENAMED})
_NOTHING = ("",) * len(DESTINATION_COLUMNS)

_TEMPORARY = (
    # known_until: when what was known of the graduate before the batch was known no more.
    "CREATE TEMPORARY TABLE IF NOT EXISTS roster_in (LIKE graduates, known_until timestamptz) ON COMMIT DELETE ROWS",
    # cut_day: once for each graduate, the first day about which the batch says something.
    "CREATE TEMPORARY TABLE IF NOT EXISTS change_in (LIKE spans, cut_day date) ON COMMIT DELETE ROWS",
)
# A batch asks for its own graduates by key, however many others there are and whatever is known of the tables' sizes.
_BY_KEY = "SELECT " + ", ".join(
    f"set_config('{name}', 'off', true)" for name in ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit")
)

_PLACE_COLUMNS = ("class_year", "province", "school", "department", "education")
_PLACE = ", ".join(_PLACE_COLUMNS)
_OF_G = ", ".join(f"g.{name}" for name in _PLACE_COLUMNS)
_OF_R = ", ".join(f"r.{name}" for name in _PLACE_COLUMNS)
_KEY = f"{_PLACE}, code, day"
# What a span adds to the cube at each of its ends: the change from and to 未登记.
_ENDS = (
    "(VALUES ('', from_day, -1), (code, from_day, 1), (code, to_day, -1), ('', to_day, 1)) AS ends (code, day, delta)"
)
_COUNTS = "s.code <> '' AND s.to_day > s.from_day"
_INTO_CUBE = f"""
INSERT INTO cube AS known SELECT {_KEY}, sum(delta) FROM deltas WHERE day <> 'infinity'
GROUP BY {_KEY} HAVING sum(delta) <> 0
ON CONFLICT ({_KEY}) DO UPDATE SET delta = known.delta + excluded.delta
"""
# Who comes, goes or changes place takes along all that was said of them: on no day before all others 未登记, then the spans.
_MOVED_INTO_CUBE = f"""
deltas AS (
    SELECT {_PLACE}, '' AS code, '-infinity'::date AS day, sign AS delta FROM moved
    UNION ALL
    SELECT {_PLACE}, ends.code, ends.day, sign * ends.delta
    FROM moved JOIN spans s USING (graduate_id) CROSS JOIN LATERAL {_ENDS} WHERE {_COUNTS}
)
{_INTO_CUBE}
"""
# One statement each, so that a graduate and their spans are looked up once. Nobody else writes to a lane that is claimed,
# so a row is where it was found, and who was not found is not there.
_ROSTER_ROW = ("class_year", *ROSTER_COLUMNS, "known_from")
_SPAN_ROW = ("graduate_id", "log_position", "from_day", "to_day", *DESTINATION_COLUMNS, "recorded_at")
_KNOWN_BEFORE = ("graduate_id", *_ROSTER_ROW, "known_until")
_GRADUATE = ", ".join(("graduate_id", *_ROSTER_ROW))
_INTO_FORMER = f"INSERT INTO former_graduates ({_GRADUATE}, known_until)"
_APPLY_ROSTER = f"""
WITH known AS MATERIALIZED (
    SELECT r.*, g.ctid AS place_of_row, {", ".join(f"g.{name} AS old_{name}" for name in _ROSTER_ROW)},
           ({_OF_G}) IS DISTINCT FROM ({_OF_R}) AS moves
    FROM roster_in r LEFT JOIN graduates g USING (graduate_id)
), added AS (
    INSERT INTO graduates ({_GRADUATE}) SELECT {_GRADUATE} FROM known WHERE place_of_row IS NULL
), changed AS (
    UPDATE graduates SET {", ".join(f"{name} = known.{name}" for name in _ROSTER_ROW)}
    FROM known WHERE graduates.ctid = known.place_of_row
), superseded AS (
    {_INTO_FORMER} SELECT graduate_id, {", ".join(f"old_{name}" for name in _ROSTER_ROW)}, known_until
    FROM known WHERE old_known_from < known_until
), moved AS (
    SELECT graduate_id, {", ".join(f"old_{name} AS {name}" for name in _PLACE_COLUMNS)}, -1 AS sign
    FROM known WHERE moves AND place_of_row IS NOT NULL
    UNION ALL
    SELECT graduate_id, {_PLACE}, 1 FROM known WHERE moves
), {_MOVED_INTO_CUBE}
"""
_REMOVE = f"""
WITH moved AS (
    DELETE FROM graduates WHERE graduate_id = ANY(%(removed)s) RETURNING *, -1 AS sign
), superseded AS (
    {_INTO_FORMER} SELECT {_GRADUATE}, known_until
    FROM moved JOIN unnest(%(removed)s::text[], %(until)s::timestamptz[]) AS gone (graduate_id, known_until)
        USING (graduate_id)
    WHERE known_from < known_until
), {_MOVED_INTO_CUBE}
"""
_SPAN = ", ".join(_SPAN_ROW)
_CHANGE = f"""
WITH said AS MATERIALIZED (
    SELECT c.*, g.graduate_id IS NOT NULL AS enrolled, {_OF_G} FROM change_in c LEFT JOIN graduates g USING (graduate_id)
), cut AS MATERIALIZED (
    SELECT s.ctid AS place_of_row, s.code, s.to_day, greatest(s.from_day, said.cut_day) AS cut_day, said.enrolled,
           {", ".join(f"said.{name}" for name in _PLACE_COLUMNS)}
    FROM said JOIN spans s USING (graduate_id)
    WHERE said.cut_day IS NOT NULL AND s.to_day > said.cut_day AND s.to_day > s.from_day
), closed AS (
    UPDATE spans SET to_day = cut.cut_day FROM cut WHERE spans.ctid = cut.place_of_row
), kept AS (
    INSERT INTO spans ({_SPAN}) SELECT {_SPAN} FROM said
), deltas AS (
    SELECT {_PLACE}, ends.code, ends.day, ends.delta
    FROM said s CROSS JOIN LATERAL {_ENDS} WHERE s.enrolled AND {_COUNTS}
    UNION ALL
    SELECT {_PLACE}, ends.code, ends.day, ends.delta
    FROM cut CROSS JOIN LATERAL
        (VALUES (code, cut_day, -1), ('', cut_day, 1), (code, to_day, 1), ('', to_day, -1)) AS ends (code, day, delta)
    WHERE cut.enrolled AND cut.code <> ''
)
{_INTO_CUBE}
"""
_NAME = """
INSERT INTO departments (province, school, department, name) VALUES (%(province)s, %(school)s, %(department)s, %(name)s)
ON CONFLICT (province, school, department) DO UPDATE SET name = excluded.name
"""
# Listed again, a school is called as listed, whatever was said before.
_UNNAME = "DELETE FROM school_names WHERE province = %(province)s AND school = %(school)s"
_NAME_SCHOOL = """
INSERT INTO school_names (province, school, from_day, name) VALUES (%(province)s, %(school)s, %(from_day)s, %(name)s)
ON CONFLICT (province, school, from_day) DO UPDATE SET name = excluded.name
"""


# The database's word for no last day. Days are told as text, which compares as days do, and this is behind them all.
_OPEN = "infinity"
_ALWAYS = "-infinity"


@dataclass(slots=True)
class _Change:
    log_position: int
    from_day: str
    row: tuple[str, ...]
    recorded_at: str
    to_day: str = _OPEN


@dataclass(slots=True)
class Batch:
    """What a batch says, of each name the last word only. What the roster says is there with when it was learned."""

    roster: dict[str, list[tuple[str, tuple[Any, ...] | None]]] = field(default_factory=dict)
    changes: dict[str, list[_Change]] = field(default_factory=dict)
    names: dict[tuple[str, str, str], str] = field(default_factory=dict)
    school_names: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def enter(self, recorded: Recorded, row: tuple[Any, ...] | None) -> None:
        said = (recorded.recorded_at.isoformat(), row)
        self.roster.setdefault(recorded.data["graduate_id"], []).append(said)

    def change(self, recorded: Recorded, graduate_id: str, row: tuple[str, ...]) -> None:
        day = day_of(recorded.occurred_at).isoformat()
        known = self.changes.setdefault(graduate_id, [])
        for earlier in known:
            if earlier.to_day > day:
                earlier.to_day = max(earlier.from_day, day)
        known.append(_Change(recorded.position, day, row, recorded.recorded_at.isoformat()))


def apply(connection: Connection, batch: Batch) -> None:
    """Bring the tables up to a batch of one lane: the batch is copied in once, the rest is done by sets."""
    for (province, school, department), name in batch.names.items():
        row = {"province": province, "school": school, "department": department, "name": name}
        connection.exec_driver_sql(_NAME, row)
    if batch.school_names:
        _name_schools(connection, batch.school_names)
    if not batch.roster and not batch.changes:
        return
    for statement in (*_TEMPORARY, _BY_KEY):
        connection.exec_driver_sql(statement)
    # The roster first: what is said of destinations counts where the graduate is now.
    if batch.roster:
        _apply_roster(connection, batch.roster)
    if batch.changes:
        copy_rows(connection, "change_in", (*_SPAN_ROW, "cut_day"), _change_rows(batch.changes))
        connection.exec_driver_sql(_CHANGE)


def understand(events: Sequence[Recorded]) -> Batch:
    """What a batch says."""
    batch = Batch()
    for recorded in events:
        kind = recorded.type
        if kind in _ROSTER:
            batch.enter(recorded, _roster_row(recorded.data))
        elif kind == _REGISTERED:
            data = recorded.data
            batch.change(recorded, data["graduate_id"], _destination_row(data["destination"]))
        elif kind == _REOPENED:
            batch.change(recorded, recorded.data["graduate_id"], _NOTHING)
        elif kind == _REMOVED:
            batch.enter(recorded, None)
        elif kind == _DEPARTMENT:
            data = recorded.data
            batch.names[recorded.lane, data["school"], data["department"]] = data["name"]
        elif kind == _LISTED:
            data = recorded.data
            batch.school_names[recorded.lane, data["school"]] = {_ALWAYS: data["name"]}
        elif kind == _RENAMED:
            data = recorded.data
            batch.school_names.setdefault((recorded.lane, data["school"]), {})[data["from_day"]] = data["name"]
    return batch


def _name_schools(connection: Connection, names: dict[tuple[str, str], dict[str, str]]) -> None:
    rows = [
        {"province": province, "school": school, "from_day": day, "name": name}
        for (province, school), by_day in names.items()
        for day, name in by_day.items()
    ]
    listed = [row for row in rows if row["from_day"] == _ALWAYS]
    if listed:
        connection.exec_driver_sql(_UNNAME, listed)
    connection.exec_driver_sql(_NAME_SCHOOL, rows)


def _apply_roster(connection: Connection, roster: dict[str, list[tuple[str, tuple[Any, ...] | None]]]) -> None:
    rows: list[tuple[Any, ...]] = []
    former: list[tuple[Any, ...]] = []
    removed: dict[str, str] = {}
    for graduate_id, said in roster.items():
        first, (last, row) = said[0][0], said[-1]
        if row is None:
            removed[graduate_id] = first
        else:
            rows.append((*row, last, first))
        former += [
            (*earlier, learned, until)
            for (learned, earlier), (until, _) in pairwise(said)
            if earlier is not None and learned != until
        ]
    if former:
        copy_rows(connection, "former_graduates", _KNOWN_BEFORE, former)
    if rows:
        copy_rows(connection, "roster_in", _KNOWN_BEFORE, rows)
        connection.exec_driver_sql(_APPLY_ROSTER)
    if removed:
        connection.exec_driver_sql(_REMOVE, {"removed": [*removed], "until": [*removed.values()]})


def _change_rows(changes: dict[str, list[_Change]]) -> Iterable[tuple[Any, ...]]:
    for graduate_id, known in changes.items():
        cut_day: str | None = min(change.from_day for change in known)
        for change in known:
            days = change.from_day, change.to_day
            yield graduate_id, change.log_position, *days, *change.row, change.recorded_at, cut_day
            cut_day = None


def _roster_row(data: dict[str, Any]) -> tuple[Any, ...]:
    of_column = {**data, "major": data["major_name"], "origin": data["origin"][:2]}
    return (data["graduate_id"], data["class_year"], *(of_column[name] for name in ROSTER_COLUMNS))


def _destination_row(destination: dict[str, Any]) -> tuple[str, ...]:
    of_column = {**destination, "place": destination.get("place", "")[:2]}
    return tuple(of_column.get(name, "") for name in DESTINATION_COLUMNS)
