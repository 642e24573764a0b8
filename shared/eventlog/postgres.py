"""The event log in PostgreSQL. One command costs one read and one append, each a single round trip and self-committed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import ServiceError
from shared.eventlog.port import (
    COMMAND_ID_REUSED,
    FROM_THE_BEGINNING,
    NO_GUARDS,
    WRITTEN_FIRST,
    Appended,
    Write,
    stream_lane,
)
from shared.messages import Actor, NewEvent, Recorded
from shared.sql import Driver, constraint_of, driver_error, passing, sqlstate_of

_COLUMNS = (
    "lane, position, stream, version, type, type_version, event_id, command_id, correlation_id, causation_id,"
    " actor_role, actor_id, actor_scope, data::text, occurred_at, recorded_at, fingerprint"
)
_READ = (
    f"SELECT {_COLUMNS} FROM eventlog.events WHERE lane = ANY(%(lanes)s) AND stream = ANY(%(streams)s)"
    " ORDER BY stream, version"
)
_READ_FROM = (
    f"SELECT {_COLUMNS} FROM unnest(%(streams)s::text[], %(versions)s::integer[]) AS asked (name, first)"
    " JOIN eventlog.events ON lane = ANY(%(lanes)s) AND stream = name AND version >= first"
    " ORDER BY stream, version"
)
# Ids as bytes: a driver that makes UUIDs of them takes longer than for all the rest, and few readers look at one.
_LANE_COLUMNS = (
    "lane, position, stream, version, type, type_version, uuid_send(event_id), uuid_send(command_id),"
    " uuid_send(correlation_id), uuid_send(causation_id), actor_role, actor_id, actor_scope, data::text, occurred_at,"
    " recorded_at, fingerprint"
)
_READ_LANE = (
    "SELECT {columns} FROM eventlog.events WHERE lane = %(lane)s AND position > %(after)s"
    " ORDER BY position LIMIT %(limit)s"
)
_READ_ALL = _READ_LANE.format(columns=_LANE_COLUMNS)
_READ_TYPES = _READ_LANE.format(
    columns=_LANE_COLUMNS.replace("data::text", "CASE WHEN type = ANY(%(types)s) THEN data::text ELSE '{}' END")
)
_HEADS = "SELECT lane, position FROM eventlog.lanes WHERE position > 0"
_CHECKS = "%(first_streams)s::text[], %(first_versions)s::integer[], %(guards)s::text[], %(guard_versions)s::integer[]"
_APPEND = f"SELECT eventlog.append(%(lane)s, {_CHECKS}, %(events)s::json)"
_TAKE = f"SELECT eventlog.take_positions(%(lane)s, %(count)s, {_CHECKS})"
_COPY = (
    "COPY eventlog.events (lane, position, stream, version, type, type_version, event_id, command_id, correlation_id,"
    " causation_id, actor_role, actor_id, actor_scope, data, occurred_at, fingerprint) FROM STDIN"
)

_UNIQUE_VIOLATION = "23505"
_NOT_AT_VERSION = "WQ001"
# libpq's number for a connection on which a statement is running; both drivers hand it on.
_ACTIVE = 1


class PostgresLog:
    """See shared.eventlog.port.EventLog.

    Takes the driver's own connections from the engine's pool: SQLAlchemy's account of every statement costs more CPU
    than the statement. `append_many` uses COPY with psycopg 3; psycopg2 cannot COPY under eventlet and sends JSON instead.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        plain = engine.dialect.driver == Driver.PLAIN.value.partition("+")[2]
        self._append_many = self._copy if plain else self._send
        # psycopg 3 makes UUIDs in C from binary results: parsing their text took most of the time of reading a lane.
        self._cursor_options = {"binary": True} if plain else {}

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._send(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._append_many(lane, writes, guards)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        asked: dict[str, Any] = {"lanes": list({stream_lane(stream) for stream in found}), "streams": list(found)}
        if from_versions:
            asked["versions"] = [from_versions.get(stream, 1) for stream in found]
        for row in self._rows(_READ_FROM if from_versions else _READ, asked):
            recorded = _recorded(row)
            found[recorded.stream].append(recorded)
        return found

    def read_lane(self, lane: str, after: int, limit: int, types: Collection[str] | None = None) -> Sequence[Recorded]:
        asked: dict[str, Any] = {"lane": lane, "after": after, "limit": limit}
        if types is None:
            return [_Stored(row) for row in self._rows(_READ_ALL, asked)]
        return [_Stored(row) for row in self._rows(_READ_TYPES, {**asked, "types": list(types)})]

    def heads(self) -> Mapping[str, int]:
        return dict(self._rows(_HEADS, {}))

    def _rows(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with (
            _translated(),
            self._session(autocommit=True) as connection,
            connection.cursor(**self._cursor_options) as cursor,
        ):
            cursor.execute(sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def _send(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> Appended:
        events = [
            {
                "stream": write.stream,
                "version": version,
                "type": event.type,
                "type_version": event.type_version,
                "event_id": event.event_id,
                "command_id": event.command_id,
                "correlation_id": event.correlation_id,
                "causation_id": event.causation_id,
                "actor_role": event.actor.role,
                "actor_id": event.actor.id,
                "actor_scope": event.actor.scope,
                "data": event.data,
                "occurred_at": event.occurred_at,
                "fingerprint": event.fingerprint,
            }
            for write in writes
            for version, event in zip(_versions(write), write.events, strict=True)
        ]
        asked = {"lane": lane, **_checks(writes, guards), "events": orjson.dumps(events).decode()}
        ((head,),) = self._rows(_APPEND, asked)
        return Appended(head)

    def _copy(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> Appended:
        total = sum(len(write.events) for write in writes)
        with _translated(), self._session(autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute(_TAKE, {"lane": lane, "count": total, **_checks(writes, guards)})
            (head,) = cursor.fetchone()
            _copy_rows(cursor, lane, head - total, writes)
            connection.commit()
        return Appended(head)

    @contextmanager
    def _session(self, *, autocommit: bool) -> Iterator[Any]:
        """The driver's connection, back in the pool as it came out. Raises DBAPIError for whatever the driver raises."""
        dialect: Any = self._engine.dialect
        pooled: PoolProxiedConnection | None = None
        try:
            pooled = self._engine.raw_connection()
            connection: Any = pooled.driver_connection
            if autocommit:
                connection.autocommit = True
            try:
                yield connection
            finally:
                if autocommit and not connection.closed:
                    connection.autocommit = False
        except dialect.loaded_dbapi.Error as error:
            told = driver_error(dialect, error, pooled and pooled.dbapi_connection)
            if told.connection_invalidated:
                # Whatever took this connection took the others of the pool with it.
                self._engine.dispose()
            raise told from error
        finally:
            if pooled is not None:
                _give_back(pooled)


def _give_back(pooled: PoolProxiedConnection) -> None:
    """A connection that was cut off in the middle of a statement is not used again."""
    connection: Any = pooled.driver_connection
    if connection.closed or connection.info.transaction_status == _ACTIVE:
        pooled.invalidate()
    else:
        pooled.close()


def _copy_rows(cursor: Any, lane: str, position: int, writes: Sequence[Write]) -> None:
    with cursor.copy(_COPY) as copy:
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
                        event.fingerprint,
                    )
                )


def _versions(write: Write) -> range:
    return range(write.expected_version + 1, write.expected_version + len(write.events) + 1)


def _checks(writes: Sequence[Write], guards: Mapping[str, int]) -> dict[str, Any]:
    """The streams that must be there already, with the version each is written at first, and those only read."""
    first: dict[str, int] = {}
    for write in writes:
        first.setdefault(write.stream, write.expected_version + 1)
    there = {stream: version for stream, version in first.items() if version > 1}
    return {
        "first_streams": list(there),
        "first_versions": list(there.values()),
        "guards": list(guards),
        "guard_versions": list(guards.values()),
    }


# The columns as they are read.
_Id = UUID | str | bytes | memoryview
_Row = tuple[
    str, int, str, int, str, int, _Id, _Id, _Id, _Id | None, str, str, str, str, datetime, datetime, str | None
]


def _recorded(row: Any) -> Recorded:
    lane, position, stream, version, *_, data, _, recorded_at, _ = row
    return Recorded(lane, position, stream, version, recorded_at, _event(row, orjson.loads(data)))


def _event(row: _Row, data: dict[str, Any]) -> NewEvent:
    event_type, type_version, event_id, command_id, correlation_id, causation_id, role, account, scope = row[4:13]
    return NewEvent(
        event_type,
        type_version,
        data,
        _uuid(event_id),
        _uuid(command_id),
        _uuid(correlation_id),
        _uuid(causation_id) if causation_id else None,
        Actor(role, account, scope),
        row[14],
        row[16],
    )


class _Stored(Recorded):
    """An event as its row, whose parts are made when somebody asks: who reads a lane passes over most of what is there."""

    __slots__ = ("_data", "_event", "_row")

    _row: _Row
    _data: dict[str, Any]
    _event: NewEvent

    def __init__(self, row: Any) -> None:
        object.__setattr__(self, "_row", row)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recorded):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(Recorded))

    __hash__ = Recorded.__hash__

    @property
    def lane(self) -> str:
        return self._row[0]

    @property
    def position(self) -> int:
        return self._row[1]

    @property
    def stream(self) -> str:
        return self._row[2]

    @property
    def version(self) -> int:
        return self._row[3]

    @property
    def type(self) -> str:
        return self._row[4]

    @property
    def occurred_at(self) -> datetime:
        return self._row[14]

    @property
    def recorded_at(self) -> datetime:
        return self._row[15]

    @property
    def data(self) -> dict[str, Any]:
        try:
            return self._data
        except AttributeError:
            object.__setattr__(self, "_data", orjson.loads(self._row[13]))
            return self._data

    @property
    def event(self) -> NewEvent:
        try:
            return self._event
        except AttributeError:
            object.__setattr__(self, "_event", _event(self._row, self.data))
            return self._event


def _uuid(value: _Id) -> UUID:
    if isinstance(value, UUID):
        return value
    return UUID(value) if isinstance(value, str) else UUID(bytes=bytes(value))


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
