"""Fetches what the checker looks at, by plain SQL and from plain files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from campaign.checker import Event, ReadModels

SCHEMAS = ("publishing", "directory", "verification", "agreement", "registration", "review", "stats", "sync")
_EVENTS = (
    "SELECT lane, position, stream, version, type, event_id::text, command_id::text, correlation_id::text,"
    " causation_id::text, data, occurred_at, recorded_at FROM eventlog.events ORDER BY lane, position"
)
_COUNTED = (
    "SELECT school || '/' || department || '/' || code AS place, sum(delta)::integer FROM stats.cube"
    " GROUP BY place HAVING sum(delta) <> 0"
)


def connect(database_url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that sees one moment of the database until it is committed."""
    connection = psycopg.connect(database_url, connect_timeout=5, options="-c statement_timeout=120s")
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def log_of(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[list[Event], dict[str, int]]:
    """Every event, and every lane's counter."""
    events = [Event(*row) for row in connection.execute(_EVENTS)]
    lanes = dict(_pairs(connection, "SELECT lane, position FROM eventlog.lanes WHERE position > 0"))
    return events, lanes


def read_models_of(connection: psycopg.Connection[tuple[Any, ...]]) -> ReadModels:
    """The rows that the checker compares with its own account."""

    def rows(statement: str) -> list[tuple[Any, ...]]:
        return connection.execute(statement.encode()).fetchall()

    return ReadModels(
        checkpoints={
            schema: dict(_pairs(connection, f"SELECT lane, position FROM {schema}.checkpoint")) for schema in SCHEMAS
        },
        offers={
            key: (state, number) for key, state, number in rows("SELECT offer_id, state, number FROM agreement.offers")
        },
        books={
            key: (state, number)
            for key, state, number in rows("SELECT agreement_id, state, number FROM agreement.books")
        },
        registrations={
            key: (state, ended)
            for key, state, ended in rows("SELECT registration_id, state, ended FROM registration.registrations")
        },
        cases=dict(_pairs(connection, "SELECT case_id, state FROM review.cases")),
        spans=dict(
            _pairs(connection, "SELECT graduate_id, code FROM stats.spans WHERE to_day = 'infinity' AND code <> ''")
        ),
        cube=dict(_pairs(connection, _COUNTED)),
        graduates=dict(_pairs(connection, "SELECT graduate_id, school || '/' || department FROM stats.graduates")),
        keyless=frozenset(
            row[0] for row in rows("SELECT subject_id FROM vault.subject_keys WHERE wrapped_key IS NULL")
        ),
        parked=rows("SELECT count(*) FROM sync.parked")[0][0],
    )


def _pairs(connection: psycopg.Connection[tuple[Any, ...]], statement: str) -> Iterable[tuple[Any, Any]]:
    return [(row[0], row[1]) for row in connection.execute(statement.encode())]


def national_of(path: Path) -> list[dict[str, Any]]:
    """Every record the national side has accepted."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def differences(connection: psycopg.Connection[tuple[Any, ...]], schema: str, beside: str) -> dict[str, int]:
    """Per table of two schemas, how many rows only one of them has. Rows of the cube that add nothing do not count."""
    found = {}
    tables = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'",
        (schema,),
    ).fetchall()
    for (table,) in tables:
        where = sql.SQL(" WHERE delta <> 0") if table == "cube" else sql.SQL("")
        one, other = (
            sql.SQL("SELECT * FROM {}{}").format(sql.Identifier(place, table), where) for place in (schema, beside)
        )
        counted = sql.SQL(
            "SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})) AS differing"
        ).format(one=one, other=other)
        row = connection.execute(counted).fetchone()
        assert row is not None
        found[f"{schema}.{table}"] = row[0]
    return found
