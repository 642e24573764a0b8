"""What statistics are counted from: the roster, spans of destinations by day, and a cube for what dashboards open with.

A span is [from_day, to_day) in Shanghai days. A change holds from its day on: whatever was said for later days is
replaced, and of two changes on one day the last counts. A correction of the roster holds for all days; who is removed from
the roster counts on no day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, Index, Integer, MetaData, Table, Text, text

from services.stats.dimensions import CUBE_COLUMNS, DESTINATION_COLUMNS, ROSTER_COLUMNS
from shared.clock import day_of
from shared.following import checkpoint_table
from shared.messages import Recorded

METADATA = MetaData()
checkpoint_table(METADATA)

GRADUATES = Table(
    "graduates",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("class_year", Integer, nullable=False),
    *(Column(name, Text, nullable=False) for name in ROSTER_COLUMNS),
)
Index(
    "graduates_by_place",
    GRADUATES.c.class_year,
    GRADUATES.c.province,
    GRADUATES.c.school,
    GRADUATES.c.department,
)
SPANS = Table(
    "spans",
    METADATA,
    Column("graduate_id", Text, primary_key=True),
    Column("from_day", Date, primary_key=True),
    Column("to_day", Date, nullable=False, server_default=text("'infinity'")),
    *(Column(name, Text, nullable=False) for name in DESTINATION_COLUMNS),
    # When the platform learned it, beside the day from which it holds.
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
CUBE = Table(
    "cube",
    METADATA,
    Column("class_year", Integer, primary_key=True),
    *(Column(name, Text, primary_key=True) for name in CUBE_COLUMNS),
    Column("day", Date, primary_key=True),
    Column("delta", Integer, nullable=False),
)

_ROSTER = frozenset({"directory.GraduateEnrolled", "directory.GraduateCorrected"})
_REMOVED = "directory.GraduateRemoved"
_REGISTERED = "registration.DestinationRegistered"
_REOPENED = "registration.DestinationReopened"
_REOPENED_ROW = ("",) * len(DESTINATION_COLUMNS)

Change = tuple[Any, tuple[str, ...], Any]

_TEMPORARY = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS roster_in (graduate_id text, class_year integer, "
    + ", ".join(f"{name} text" for name in ROSTER_COLUMNS)
    + ") ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE IF NOT EXISTS change_in (graduate_id text, day date, "
    + ", ".join(f"{name} text" for name in DESTINATION_COLUMNS)
    + ", recorded_at timestamptz) ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE IF NOT EXISTS touched (graduate_id text) ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE IF NOT EXISTS delta_in (class_year integer, "
    + ", ".join(f"{name} text" for name in CUBE_COLUMNS)
    + ", day date, delta integer) ON COMMIT DELETE ROWS",
)
_PLACE = "g.class_year, g.province, g.school, g.department, g.education"
# What one graduate adds to the cube: on no day before all others 未登记, and at each end of a span the change from and to it.
_CONTRIBUTIONS = f"""
INSERT INTO delta_in
SELECT {_PLACE}, change.code, change.day, %(sign)s * sum(change.delta)
FROM touched JOIN graduates g USING (graduate_id)
CROSS JOIN LATERAL (
    SELECT '' AS code, '-infinity'::date AS day, 1 AS delta
    UNION ALL
    SELECT ends.code, ends.day, ends.delta
    FROM spans s CROSS JOIN LATERAL (VALUES
        ('', s.from_day, -1), (s.code, s.from_day, 1), (s.code, s.to_day, -1), ('', s.to_day, 1)
    ) AS ends (code, day, delta)
    WHERE s.graduate_id = g.graduate_id AND ends.day <> 'infinity'
) AS change
GROUP BY {_PLACE}, change.code, change.day
"""
_ROSTER_UPSERT = "INSERT INTO graduates SELECT * FROM roster_in ON CONFLICT (graduate_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("class_year", *ROSTER_COLUMNS)
)
_SPANS = (
    """
DELETE FROM spans USING (SELECT graduate_id, min(day) AS day FROM change_in GROUP BY graduate_id) AS first
WHERE spans.graduate_id = first.graduate_id AND spans.from_day >= first.day
""",
    """
UPDATE spans SET to_day = first.day FROM (SELECT graduate_id, min(day) AS day FROM change_in GROUP BY graduate_id) AS first
WHERE spans.graduate_id = first.graduate_id AND spans.to_day > first.day
""",
    f"""
INSERT INTO spans (graduate_id, from_day, to_day, {", ".join(DESTINATION_COLUMNS)}, recorded_at)
SELECT graduate_id, day, to_day, {", ".join(DESTINATION_COLUMNS)}, recorded_at FROM (
    SELECT *, coalesce(lead(day) OVER (PARTITION BY graduate_id ORDER BY day), 'infinity') AS to_day FROM change_in
) AS changes
WHERE code <> ''
""",
)
_CUBE_UPSERT = f"""
INSERT INTO cube AS known SELECT class_year, {", ".join(CUBE_COLUMNS)}, day, sum(delta) FROM delta_in
GROUP BY class_year, {", ".join(CUBE_COLUMNS)}, day HAVING sum(delta) <> 0
ON CONFLICT (class_year, {", ".join(CUBE_COLUMNS)}, day) DO UPDATE SET delta = known.delta + excluded.delta
"""


def apply(connection: Connection, events: Sequence[Recorded]) -> None:
    """Bring the tables up to a batch of one lane: the batch is copied in once, the rest is done by sets."""
    roster: dict[str, tuple[Any, ...] | None] = {}
    changes: dict[str, list[Change]] = {}
    for recorded in events:
        data = recorded.data
        if recorded.type in _ROSTER:
            roster[data["graduate_id"]] = _roster_row(data)
        elif recorded.type == _REMOVED:
            roster[data["graduate_id"]] = None
        elif recorded.type == _REGISTERED:
            _change(changes, recorded, _destination_row(data["destination"]))
        elif recorded.type == _REOPENED:
            _change(changes, recorded, _REOPENED_ROW)
    if not roster and not changes:
        return
    for statement in _TEMPORARY:
        connection.exec_driver_sql(statement)
    _copy(connection, "touched", [(graduate_id,) for graduate_id in {*roster, *changes}])
    _copy(connection, "roster_in", [row for row in roster.values() if row is not None])
    _copy(
        connection,
        "change_in",
        [(graduate_id, day, *row, at) for graduate_id, rows in changes.items() for day, row, at in rows],
    )
    connection.exec_driver_sql("ANALYZE touched, roster_in, change_in")
    connection.exec_driver_sql(_CONTRIBUTIONS, {"sign": -1})
    removed = [graduate_id for graduate_id, row in roster.items() if row is None]
    if removed:
        connection.exec_driver_sql("DELETE FROM graduates WHERE graduate_id = ANY(%(ids)s)", {"ids": removed})
    connection.exec_driver_sql(_ROSTER_UPSERT)
    for statement in _SPANS:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_CONTRIBUTIONS, {"sign": 1})
    connection.exec_driver_sql(_CUBE_UPSERT)


def _change(changes: dict[str, list[Change]], recorded: Recorded, row: tuple[str, ...]) -> None:
    day = day_of(recorded.event.occurred_at)
    earlier = [change for change in changes.get(recorded.data["graduate_id"], ()) if change[0] < day]
    changes[recorded.data["graduate_id"]] = [*earlier, (day, row, recorded.recorded_at)]


def _roster_row(data: dict[str, Any]) -> tuple[Any, ...]:
    return (
        data["graduate_id"],
        data["class_year"],
        data["province"],
        data["school"],
        data["department"],
        data["education"],
        data["major_name"],
        data["sex"],
        data["ethnic"],
        data["political"],
        data["hardship"],
        data["normal"],
        data["origin"][:2],
    )


def _destination_row(destination: dict[str, Any]) -> tuple[str, ...]:
    return (
        destination["code"],
        destination.get("intention", ""),
        destination.get("unit_nature", ""),
        destination.get("industry", ""),
        destination.get("position", ""),
        destination.get("place", "")[:2],
    )


def _copy(connection: Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
