"""The event log in PostgreSQL. One command costs one read and one append, each a single round trip and self-committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import ServiceError
from shared.eventlog.port import COMMAND_ID_REUSED, WRITTEN_FIRST, Appended, Write, stream_lane
from shared.messages import Actor, NewEvent, Recorded
from shared.sql import Driver, constraint_of, passing, sqlstate_of

_COLUMNS = (
    "lane, position, stream, version, type, type_version, event_id::text, command_id::text, correlation_id::text,"
    " causation_id::text, actor_role, actor_id, actor_scope, data::text, occurred_at, recorded_at"
)
_READ = (
    f"SELECT {_COLUMNS} FROM eventlog.events WHERE lane = ANY(%(lanes)s) AND stream = ANY(%(streams)s)"
    " ORDER BY stream, version"
)
_READ_LANE = (
    f"SELECT {_COLUMNS} FROM eventlog.events WHERE lane = %(lane)s AND position > %(after)s"
    " ORDER BY position LIMIT %(limit)s"
)
_HEADS = "SELECT lane, position FROM eventlog.lanes WHERE position > 0"
_APPEND = (
    "SELECT eventlog.append(%(lane)s, %(first_streams)s, %(first_versions)s, %(streams)s, %(versions)s, %(types)s,"
    " %(type_versions)s, %(event_ids)s::uuid[], %(command_ids)s::uuid[], %(correlation_ids)s::uuid[],"
    " %(causation_ids)s::uuid[], %(actor_roles)s, %(actor_ids)s, %(actor_scopes)s, %(data)s::jsonb[], %(occurred_at)s)"
)
_TAKE = "SELECT eventlog.take_positions(%(lane)s, %(count)s, %(first_streams)s, %(first_versions)s)"
_COPY = (
    "COPY eventlog.events (lane, position, stream, version, type, type_version, event_id, command_id, correlation_id,"
    " causation_id, actor_role, actor_id, actor_scope, data, occurred_at) FROM STDIN"
)

_UNIQUE_VIOLATION = "23505"
_NOT_AT_VERSION = "WQ001"


class PostgresLog:
    """See shared.eventlog.port.EventLog.

    `append_many` uses COPY with psycopg 3; psycopg2 cannot COPY under eventlet and sends arrays instead.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._append_many = self._copy if engine.dialect.driver == Driver.PLAIN.value.partition("+")[2] else self._send

    def append(self, lane: str, write: Write) -> Appended:
        return self._send(lane, [write])

    def append_many(self, lane: str, writes: Sequence[Write]) -> Appended:
        return self._append_many(lane, writes)

    def read(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        lanes = list({stream_lane(stream) for stream in found})
        for recorded in self._select(_READ, {"lanes": lanes, "streams": list(found)}):
            found[recorded.stream].append(recorded)
        return found

    def read_lane(self, lane: str, after: int, limit: int) -> Sequence[Recorded]:
        return self._select(_READ_LANE, {"lane": lane, "after": after, "limit": limit})

    def heads(self) -> Mapping[str, int]:
        with _translated(), self._single.connect() as connection:
            return {row.lane: row.position for row in connection.exec_driver_sql(_HEADS)}

    def _select(self, sql: str, parameters: dict[str, Any]) -> list[Recorded]:
        with _translated(), self._single.connect() as connection:
            return [_recorded(*row) for row in connection.exec_driver_sql(sql, parameters)]

    def _send(self, lane: str, writes: Sequence[Write]) -> Appended:
        events = [event for write in writes for event in write.events]
        parameters = {
            "lane": lane,
            **_firsts(writes),
            "streams": [write.stream for write in writes for _ in write.events],
            "versions": list(chain.from_iterable(_versions(write) for write in writes)),
            "types": [event.type for event in events],
            "type_versions": [event.type_version for event in events],
            "event_ids": [str(event.event_id) for event in events],
            "command_ids": [str(event.command_id) for event in events],
            "correlation_ids": [str(event.correlation_id) for event in events],
            "causation_ids": [event.causation_id and str(event.causation_id) for event in events],
            "actor_roles": [event.actor.role for event in events],
            "actor_ids": [event.actor.id for event in events],
            "actor_scopes": [event.actor.scope for event in events],
            "data": [orjson.dumps(event.data).decode() for event in events],
            "occurred_at": [event.occurred_at for event in events],
        }
        with _translated(), self._single.connect() as connection:
            return Appended(connection.exec_driver_sql(_APPEND, parameters).scalar_one())

    def _copy(self, lane: str, writes: Sequence[Write]) -> Appended:
        total = sum(len(write.events) for write in writes)
        with _translated(), self._engine.begin() as connection:
            head: int = connection.exec_driver_sql(
                _TAKE, {"lane": lane, "count": total, **_firsts(writes)}
            ).scalar_one()
            _copy_rows(connection, lane, head - total, writes)
        return Appended(head)


def _copy_rows(connection: Connection, lane: str, position: int, writes: Sequence[Write]) -> None:
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(_COPY) as copy:
        for write in writes:
            for version, event in zip(_versions(write), write.events, strict=True):
                position += 1
                copy.write_row(
                    (
                        lane,
                        position,
                        write.stream,
                        version,
                        event.type,
                        event.type_version,
                        event.event_id,
                        event.command_id,
                        event.correlation_id,
                        event.causation_id,
                        event.actor.role,
                        event.actor.id,
                        event.actor.scope,
                        orjson.dumps(event.data).decode(),
                        event.occurred_at,
                    )
                )


def _versions(write: Write) -> range:
    return range(write.expected_version + 1, write.expected_version + len(write.events) + 1)


def _firsts(writes: Sequence[Write]) -> dict[str, Any]:
    first: dict[str, int] = {}
    for write in writes:
        first.setdefault(write.stream, write.expected_version + 1)
    return {"first_streams": list(first), "first_versions": list(first.values())}


def _recorded(
    lane: str,
    position: int,
    stream: str,
    version: int,
    event_type: str,
    type_version: int,
    event_id: str,
    command_id: str,
    correlation_id: str,
    causation_id: str | None,
    actor_role: str,
    actor_id: str,
    actor_scope: str,
    data: str,
    occurred_at: Any,
    recorded_at: Any,
) -> Recorded:
    return Recorded(
        lane,
        position,
        stream,
        version,
        recorded_at,
        NewEvent(
            event_type,
            type_version,
            orjson.loads(data),
            UUID(event_id),
            UUID(command_id),
            UUID(correlation_id),
            UUID(causation_id) if causation_id else None,
            Actor(actor_role, actor_id, actor_scope),
            occurred_at,
        ),
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        meant = _meaning(error)
        if meant is None:
            raise
        raise meant from error


def _meaning(error: DBAPIError | PoolTimeout) -> ServiceError | None:
    if isinstance(error, DBAPIError):
        state = sqlstate_of(error)
        if state == _NOT_AT_VERSION or (state == _UNIQUE_VIOLATION and constraint_of(error) == "events_stream_version"):
            return WRITTEN_FIRST.error()
        if state == _UNIQUE_VIOLATION and constraint_of(error) == "events_event_id":
            return COMMAND_ID_REUSED.error()
    return passing(error)
