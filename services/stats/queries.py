"""Counting: by any dimensions as of any day, and the official rates from those counts (DOMAIN 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from services.stats.dimensions import CUBE_COLUMNS, DESTINATION_COLUMNS, ROSTER_COLUMNS
from shared.codes.destination import NOT_REGISTERED, RULES, group, rate
from shared.codes.tables import COMPLETION_EDUCATIONS

# Names a caller may count by, and the column each is: nothing else ever reaches the SQL.
_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"g.{name}" for name in ROSTER_COLUMNS},
        # Who has no destination that day has it blank.
        **{name: f"coalesce(s.{name}, '')" for name in DESTINATION_COLUMNS},
    }
)
_IN_CUBE = frozenset(CUBE_COLUMNS)
_SPANS_NOW = "spans s ON s.graduate_id = g.graduate_id AND s.from_day <= %(as_of)s AND s.to_day > %(as_of)s"
# What was said last counts for all days from its own on, whichever days had been spoken of before.
_SPANS_THEN = """LATERAL (
    SELECT * FROM spans WHERE spans.graduate_id = g.graduate_id
    AND spans.from_day <= %(as_of)s AND spans.recorded_at <= %(known_at)s ORDER BY spans.log_position DESC LIMIT 1
) s ON true"""
_KNOWN_COLUMNS = ", ".join(("graduate_id", "class_year", *ROSTER_COLUMNS))
_ROSTER_THEN = f"""(
    SELECT {_KNOWN_COLUMNS} FROM graduates WHERE known_from <= %(known_at)s
    UNION ALL
    SELECT {_KNOWN_COLUMNS} FROM former_graduates WHERE known_from <= %(known_at)s AND known_until > %(known_at)s
)"""
# `CN/14/10108` and anything inside.
SCHOOL_STEPS = 3


@dataclass(frozen=True, slots=True)
class Counted:
    """One row of a table: the values of its dimensions and how many graduates have them."""

    values: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of one group of graduates. `base` is who the rates are of, `completion` the 结业 left out of it."""

    base: int
    completion: int
    not_registered: int
    counts: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, Decimal | None] = field(default_factory=dict)


def count_graduates(
    connection: Connection,
    scope: str,
    class_year: int,
    as_of: date,
    by: Sequence[str],
    *,
    include_completion: bool,
    known_at: datetime | None = None,
) -> list[Counted]:
    """How many graduates of a class inside a scope have each combination of values at the end of a day.

    Without 结业 unless `include_completion`. `known_at` leaves out what was said after that instant, of destinations and
    of the roster: enrolled, corrected or removed later is as if it had not been. Raises KeyError for a dimension that is
    not in `dimensions.DIMENSIONS`.
    """
    for name in by:
        _COLUMNS[name]
    place, parameters = _place(scope)
    parameters |= {"class_year": class_year, "as_of": as_of, "completion": list(COMPLETION_EDUCATIONS)}
    where = f"g.class_year = %(class_year)s{place}"
    if not include_completion:
        where += " AND g.education <> ALL(%(completion)s)"
    if known_at is None and set(by) <= _IN_CUBE:
        columns = [f"g.{name}" for name in by]
        source, amount = "cube g", "coalesce(sum(g.delta), 0)"
        where += " AND g.day <= %(as_of)s"
    else:
        columns = [_COLUMNS[name] for name in by]
        amount = "count(*)"
        roster, spans = ("graduates", _SPANS_NOW) if known_at is None else (_ROSTER_THEN, _SPANS_THEN)
        source = f"{roster} g LEFT JOIN {spans}"
        parameters |= {} if known_at is None else {"known_at": known_at}
    grouped = f" GROUP BY {', '.join(columns)}" if columns else ""
    selected = ", ".join([*columns, f"{amount} AS n"])
    rows = connection.exec_driver_sql(
        f"SELECT * FROM (SELECT {selected} FROM {source} WHERE {where}{grouped}) AS counted WHERE n <> 0", parameters
    )
    return [Counted(tuple(values), int(count)) for *values, count in sorted(map(tuple, rows.all()))]


def count_completion(
    connection: Connection, scope: str, class_year: int, as_of: date, *, known_at: datetime | None = None
) -> int:
    """How many of a class leave with 结业: who is left out unless asked for."""
    counted = count_graduates(
        connection, scope, class_year, as_of, ("education",), include_completion=True, known_at=known_at
    )
    return sum(each.count for each in counted if each.values[0] in COMPLETION_EDUCATIONS)


def completion_among(counted: Sequence[Counted], by: Sequence[str]) -> int | None:
    """What `count_completion` would find, from counts that include 结业 and tell the education; None of others."""
    if "education" not in by:
        return None
    at = tuple(by).index("education")
    return sum(each.count for each in counted if each.values[at] in COMPLETION_EDUCATIONS)


def get_rates(
    connection: Connection,
    scope: str,
    class_year: int,
    as_of: date,
    rule: str,
    by: str | None,
    *,
    include_completion: bool,
    known_at: datetime | None = None,
) -> dict[str, Rates]:
    """The rates of a rule version, of everybody (key "") or of each value of one dimension.

    Schools give the same codes to departments: above a school a department's key is `<school>/<department>`.
    """
    keys: tuple[str, ...] = (by,) if by else ()
    if by == "department" and len(scope.split("/")) < SCHOOL_STEPS:
        keys = ("school", "department")
    counted = count_graduates(
        connection, scope, class_year, as_of, (*keys, "education", "code"), include_completion=True, known_at=known_at
    )
    groups: dict[str, list[tuple[str, str, int]]] = {} if by else {"": []}
    for each in counted:
        *key, education, code = each.values
        groups.setdefault("/".join(key), []).append((education, code, each.count))
    return {key: rates_of(rows, rule, include_completion=include_completion) for key, rows in groups.items()}


def name_departments(connection: Connection, scope: str) -> dict[str, dict[str, str]]:
    """The names of all departments inside a scope, by school and code."""
    place, parameters = _place(scope)
    found: dict[str, dict[str, str]] = {}
    for school, department, name in connection.exec_driver_sql(
        f"SELECT school, department, name FROM departments g WHERE true{place} ORDER BY school, department", parameters
    ):
        found.setdefault(school, {})[department] = name
    return found


def name_schools(connection: Connection, scope: str, day: date) -> dict[str, str]:
    """What each school inside a scope was called on a day, by its code."""
    place, parameters = _place(scope.rpartition("/")[0] if len(scope.split("/")) > SCHOOL_STEPS else scope)
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT ON (school) school, name FROM school_names g"
        f" WHERE from_day <= %(day)s{place} ORDER BY school, from_day DESC",
        {**parameters, "day": day},
    )
    return {row.school: row.name for row in rows}


def rates_of(rows: Sequence[tuple[str, str, int]], rule: str, *, include_completion: bool) -> Rates:
    """The rates of a rule version from counts by education and code."""
    completion = sum(count for education, _, count in rows if education in COMPLETION_EDUCATIONS)
    kept = [
        (code, count) for education, code, count in rows if include_completion or education not in COMPLETION_EDUCATIONS
    ]
    base = sum(count for _, count in kept)
    by_group: dict[str | None, int] = {}
    for code, count in kept:
        counted_as = group(code, rule)
        by_group[counted_as] = by_group.get(counted_as, 0) + count
    counts = {each.name: sum(by_group.get(name, 0) for name in each.groups) for each in RULES[rule].rates}
    return Rates(
        base=base,
        completion=completion,
        not_registered=sum(count for code, count in kept if code == NOT_REGISTERED),
        counts=counts,
        rates={name: rate(count, base) for name, count in counts.items()},
    )


def _place(scope: str) -> tuple[str, dict[str, Any]]:
    parts = dict(zip(("province", "school", "department"), scope.split("/")[1:], strict=False))
    return "".join(f" AND g.{name} = %({name})s" for name in parts), dict(parts)
