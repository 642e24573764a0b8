"""Statistics over AMQP."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.stats import queries, schemas
from shared.access import Subject, check
from shared.clock import day_of
from shared.codes.destination import rule_of_class
from shared.dependencies import Rows
from shared.entrypoints import query
from shared.messages import Meta


class StatsService:
    """RPC service `stats`."""

    name = "stats"
    rows = Rows("stats")

    @query(schemas.CountGraduates)
    def count_graduates(self, query: schemas.Count, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        as_of = query.as_of or day_of(meta.now)
        with self.rows.at(query.at_least) as connection:
            counted = queries.count_graduates(
                connection,
                query.scope,
                query.class_year,
                as_of,
                query.by,
                include_completion=query.include_completion,
                known_at=query.known_at,
            )
            told = queries.completion_among(counted, query.by) if query.include_completion else None
            completion = (
                queries.count_completion(connection, query.scope, query.class_year, as_of, known_at=query.known_at)
                if told is None
                else told
            )
            departments = queries.name_departments(connection, query.scope) if "department" in query.by else {}
            schools = queries.name_schools(connection, query.scope, as_of) if "school" in query.by else {}
        return {
            **_asked(query, as_of),
            "by": list(query.by),
            "rows": [[*each.values, each.count] for each in counted],
            "total": sum(each.count for each in counted),
            "completion": completion,
            "departments": departments,
            "schools": schools,
        }

    @query(schemas.GetRates)
    def get_rates(self, query: schemas.RatesOf, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        as_of = query.as_of or day_of(meta.now)
        rule = query.rule or rule_of_class(query.class_year)
        with self.rows.at(query.at_least) as connection:
            groups = queries.get_rates(
                connection,
                query.scope,
                query.class_year,
                as_of,
                rule,
                query.by,
                include_completion=query.include_completion,
                known_at=query.known_at,
            )
            departments = queries.name_departments(connection, query.scope) if query.by == "department" else {}
            schools = queries.name_schools(connection, query.scope, as_of) if query.by in _BY_SCHOOL else {}
        return {
            **_asked(query, as_of),
            "rule": rule,
            "by": query.by,
            "groups": {key: _shown(rates) for key, rates in groups.items()},
            "departments": departments,
            "schools": schools,
        }


# Above a school a department's key names its school too.
_BY_SCHOOL = ("school", "department")


def _asked(query: schemas.Count | schemas.RatesOf, as_of: date) -> dict[str, Any]:
    return {
        "scope": query.scope,
        "class_year": query.class_year,
        "as_of": as_of.isoformat(),
        "known_at": query.known_at.isoformat() if query.known_at else None,
        "include_completion": query.include_completion,
    }


def _shown(rates: queries.Rates) -> dict[str, Any]:
    return {
        "base": rates.base,
        "completion": rates.completion,
        "not_registered": rates.not_registered,
        "counts": dict(rates.counts),
        "rates": {name: None if value is None else str(value) for name, value in rates.rates.items()},
    }
