"""The event log in PostgreSQL. One command costs one read and one append, each a single round trip and self-committed.

An append frees its lane when it is committed and returns when it is flushed (docs/decisions/0012). Commits are flushed in
the order of their positions, so a lane is durable up to the last position that is known to be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import Reason, ServiceError, Unavailable
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
from shared.sql import Driver, constraint_of, driver_error, passing, sqlstate_of, text_array
from shared.stored import lifted

_COLUMNS = (
    "lane, position, stream, version, type, type_version, event_id, command_id, correlation_id, causation_id,"
    " actor_role, actor_id, actor_scope, data::text, occurred_at, recorded_at, fingerprint"
)
_READ = (
    f"SELECT {_COLUMNS} FROM eventlog.events WHERE lane = ANY(%(lanes)s::text[]) AND stream = ANY(%(streams)s::text[])"
    " ORDER BY stream, version"
)
_READ_FROM = (
    f"SELECT {_COLUMNS} FROM unnest(%(streams)s::text[], %(versions)s::integer[]) AS asked (name, first)"
    " JOIN eventlog.events ON lane = ANY(%(lanes)s::text[]) AND stream = name AND version >= first"
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
_APPEND = f"CALL eventlog.append_events(%(lane)s, {_CHECKS}, %(events)s::json, NULL, NULL)"
_NOT_YET_FLUSHED = "SET LOCAL synchronous_commit = off"
_TAKE = f"SELECT eventlog.take_positions(%(lane)s, %(count)s, {_CHECKS}), clock_timestamp()"
_FLUSH = "CALL eventlog.flush()"
_COPY = (
    "COPY eventlog.events (lane, position, stream, version, type, type_version, event_id, command_id, correlation_id,"
    " causation_id, actor_role, actor_id, actor_scope, data, occurred_at, recorded_at, fingerprint) FROM STDIN"
)

NOT_REPLICATED = Reason(
    "database.not_replicated",
    "备用数据库暂不可用，操作结果未能确认，请稍后用同一指令编号重试",
    "The standby database is away, so the outcome is not certain: repeat the message later with the same command id",
    Unavailable,
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
        self._durable: dict[str, int] = {}

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._send(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._append_many(lane, writes, guards)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        lanes = text_array({stream_lane(stream) for stream in found})
        asked: dict[str, Any] = {"lanes": lanes, "streams": text_array(found)}
        if from_versions:
            asked["versions"] = [from_versions.get(stream, 1) for stream in found]
        for row in self._rows(_READ_FROM if from_versions else _READ, asked, durable=True):
            recorded = _recorded(row)
            found[recorded.stream].append(recorded)
        return found

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        return {}

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        asked: dict[str, Any] = {"lane": lane, "after": after, "limit": limit}
        if types is None:
            return [_Stored(row) for row in self._rows(_READ_ALL, asked, durable=durable)]
        return [_Stored(row) for row in self._rows(_READ_TYPES, {**asked, "types": list(types)}, durable=durable)]

    def heads(self) -> Mapping[str, int]:
        return dict(self._rows(_HEADS, {}, durable=False))

    def _rows(self, sql: str, parameters: dict[str, Any], *, durable: bool) -> list[tuple[Any, ...]]:
        """The rows of one statement, which begin with lane and position where they have to be durable.

        The flush goes over the same connection: on another one it could be that of a server that has lost the rows.
        """
        with (
            _translated(),
            self._session(autocommit=True) as (connection, warnings),
            connection.cursor(**self._cursor_options) as cursor,
        ):
            cursor.execute(sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            if durable:
                reached: dict[str, int] = {}
                for lane, position, *_ in rows:
                    reached[lane] = max(position, reached.get(lane, 0))
                if any(position > self._durable.get(lane, 0) for lane, position in reached.items()):
                    cursor.execute(_FLUSH)
                    self._now_durable(reached, warnings)
            return rows

    def _now_durable(self, reached: Mapping[str, int], warnings: Sequence[object]) -> None:
        """After a flush. Raises Unavailable when the server gave up waiting for its standby: that is a warning to it."""
        if warnings:
            raise NOT_REPLICATED.error()
        for lane, position in reached.items():
            if position > self._durable.get(lane, 0):
                self._durable[lane] = position

    def _send(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> Appended:
        with (
            _translated(),
            self._session(autocommit=True) as (connection, warnings),
            connection.cursor(**self._cursor_options) as cursor,
        ):
            cursor.execute(_APPEND, append_parameters(lane, writes, guards))
            head, recorded_at = cursor.fetchone()
            self._now_durable({lane: head}, warnings)
        return Appended(head, recorded_at)

    def _copy(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> Appended:
        with _translated(), self._session(autocommit=False) as (connection, warnings), connection.cursor() as cursor:
            cursor.execute(_NOT_YET_FLUSHED)
            appended = write_in_transaction(cursor, lane, writes, guards)
            connection.commit()
            connection.autocommit = True
            cursor.execute(_FLUSH)
            self._now_durable({lane: appended.position}, warnings)
        return appended

    @contextmanager
    def _session(self, *, autocommit: bool) -> Iterator[tuple[Any, Sequence[object]]]:
        """The driver's connection, back in the pool as it came out, and what the server warns of meanwhile.

        Raises DBAPIError for whatever the driver raises.
        """
        dialect: Any = self._engine.dialect
        pool, pooled = self._engine.pool, None
        try:
            pooled = self._engine.raw_connection()
            connection: Any = pooled.driver_connection
            warnings = _warnings_of(pooled)
            warnings.clear()
            if autocommit:
                connection.autocommit = True
            try:
                yield connection, warnings
            finally:
                if not connection.closed and connection.autocommit:
                    connection.autocommit = False
        except dialect.loaded_dbapi.Error as error:
            told = driver_error(dialect, error, pooled and pooled.dbapi_connection)
            if told.connection_invalidated:
                # Whatever took this connection took the others of the pool with it, and it may be another server now.
                self._engine.dispose()
                self._durable.clear()
            raise told from error
        finally:
            if pooled is not None:
                _give_back(pooled, wanted=self._engine.pool is pool)


def _warnings_of(pooled: PoolProxiedConnection) -> list[object]:
    """Where the driver puts what the server says beside its answers."""
    connection: Any = pooled.driver_connection
    if not hasattr(connection, "add_notice_handler"):
        kept: list[object] = connection.notices
        return kept
    if "warnings" not in pooled.info:
        pooled.info["warnings"] = []
        connection.add_notice_handler(pooled.info["warnings"].append)
    warnings: list[object] = pooled.info["warnings"]
    return warnings


def _give_back(pooled: PoolProxiedConnection, *, wanted: bool) -> None:
    """A connection that was cut off in the middle of a statement, or whose pool is gone, is not used again."""
    connection: Any = pooled.driver_connection
    if not wanted or connection.closed or connection.info.transaction_status == _ACTIVE:
        pooled.invalidate()
    else:
        pooled.close()


def write_in_transaction(cursor: Any, lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> Appended:
    """Write in the transaction that is open; the lane is taken until it ends."""
    total = sum(len(write.events) for write in writes)
    cursor.execute(_TAKE, {"lane": lane, "count": total, **_checks(writes, guards)})
    head, recorded_at = cursor.fetchone()
    lines = _copied(lane, head - total, writes, recorded_at)
    with cursor.copy(_COPY) as copy:
        while piece := "".join(islice(lines, _LINES_A_PIECE)):
            copy.write(piece)
    return Appended(head, recorded_at)


_LINES_A_PIECE = 100


def _copied(lane: str, position: int, writes: Sequence[Write], recorded_at: datetime) -> Iterator[str]:
    """The lines that COPY reads, in its text format: the driver takes three times as long, value by value."""
    at = recorded_at.isoformat()
    for write in writes:
        stream = write.stream.translate(_FOR_COPY)
        for version, event in zip(_versions(write), write.events, strict=True):
            position += 1
            causation = event.causation_id.hex if event.causation_id else _NULL
            actor = event.actor
            # The JSON has no control characters: only its backslashes are another's here.
            data = orjson.dumps(event.data).decode().replace("\\", "\\\\")
            yield (
                f"{_for_copy(lane)}\t{position}\t{stream}\t{version}\t{_for_copy(event.type)}\t{event.type_version}"
                f"\t{event.event_id.hex}\t{event.command_id.hex}\t{event.correlation_id.hex}\t{causation}"
                f"\t{_for_copy(actor.role)}\t{_for_copy(actor.id)}\t{_for_copy(actor.scope)}"
                f"\t{data}\t{_instant(event.occurred_at)}\t{at}\t{_for_copy(event.fingerprint)}\n"
            )


_NULL = "\\N"
_FOR_COPY = str.maketrans({"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"})


@lru_cache(16)
def _instant(at: datetime) -> str:
    return at.isoformat()


# Nearly all but the streams is the same in every row.
@lru_cache(1_024)
def _for_copy(text: str | None) -> str:
    return _NULL if text is None else text.translate(_FOR_COPY)


def append_parameters(lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> dict[str, Any]:
    """What the database's appending takes: the lane, what must be as it was read, and the events as one JSON text."""
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
    return {"lane": lane, **_checks(writes, guards), "events": orjson.dumps(events).decode()}


def _versions(write: Write) -> range:
    return range(write.expected_version + 1, write.expected_version + len(write.events) + 1)


def _checks(writes: Sequence[Write], guards: Mapping[str, int]) -> dict[str, Any]:
    """The streams that must be there already, with the version each is written at first, and those only read."""
    first: dict[str, int] = {}
    for write in writes:
        first.setdefault(write.stream, write.expected_version + 1)
    there = {stream: version for stream, version in first.items() if version > 1}
    return {
        "first_streams": text_array(there),
        "first_versions": list(there.values()),
        "guards": text_array(guards),
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

    __slots__ = ("_data", "_event", "_row", "_stored")

    _row: _Row
    _stored: dict[str, Any]
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
            object.__setattr__(self, "_data", lifted(self._row[4], self._row[5], self._as_stored()))
            return self._data

    @property
    def event(self) -> NewEvent:
        try:
            return self._event
        except AttributeError:
            object.__setattr__(self, "_event", _event(self._row, self._as_stored()))
            return self._event

    def _as_stored(self) -> dict[str, Any]:
        try:
            return self._stored
        except AttributeError:
            object.__setattr__(self, "_stored", orjson.loads(self._row[13]))
            return self._stored


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
