"""Engines: which driver a kind of process uses, how long anything may wait, and which role it acts as.

A nameko process passes `GREEN` (psycopg2, which eventlet makes cooperative); a plain process passes `PLAIN` (psycopg 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, make_url
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import Reason, ServiceError, Unavailable

SERVICE_ROLE = "wq_service"

AWAY = Reason(
    "database.away", "数据库暂不可用，请稍后重试", "The database is away; repeat the message later", Unavailable
)


class Driver(StrEnum):
    """The DBAPI driver of a process kind (ARCHITECTURE 3)."""

    GREEN = "postgresql+psycopg2"
    PLAIN = "postgresql+psycopg"


def make_engine(
    database_url: str,
    driver: Driver,
    *,
    schema: str = "public",
    role: str | None = SERVICE_ROLE,
    pool_size: int = 10,
    statement_seconds: int = 30,
    idle_seconds: int = 60,
) -> Engine:
    """An engine whose every wait is bounded: connecting 5 s, a pooled connection 10 s, a lock 5 s, a statement as given."""
    options = {
        "search_path": quoted(schema),
        "timezone": "UTC",
        "lock_timeout": "5s",
        "statement_timeout": f"{statement_seconds}s",
        "idle_in_transaction_session_timeout": f"{idle_seconds}s",
    }
    if role is not None:
        options["role"] = role
    return create_engine(
        _url(database_url, driver),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=1800,
        # The server's process that worked last has everything at hand; taking turns costs half a statement more.
        pool_use_lifo=True,
        # An error must not carry what people wrote into a log.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": "wq",
            "tcp_user_timeout": 10_000,
            # A connection that is seldom its turn must not be forgotten by what lies between.
            "keepalives_idle": 60,
            "options": " ".join(f"-c {name}={_in_options(value)}" for name, value in options.items()),
        },
    )


def quoted(name: str) -> str:
    """A schema's name as SQL wants it, whatever characters it has."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _in_options(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _url(database_url: str, driver: Driver) -> URL:
    return make_url(database_url).set(drivername=driver.value)


def text_array(texts: Iterable[str]) -> str:
    """An array literal for `%(name)s::text[]`: both drivers take far longer to make one of a list of thousands."""
    texts = list(texts)
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != max(0, len(texts) - 1) * 2:
        joined = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return f'{{"{joined}"}}' if texts else "{}"


# libpq's number for a connection on which nothing is under way; both drivers hand it on.
_IDLE = 0


@contextmanager
def without_transaction(connection: Connection) -> Iterator[None]:
    """For reading: each statement sees what is committed when it begins, in a transaction or not; one is two round trips more.

    The driver is told itself, because SQLAlchemy's isolation level is another round trip.
    """
    raw: Any = connection.connection.driver_connection
    raw.autocommit = True
    try:
        yield
    finally:
        if raw.info.transaction_status == _IDLE:
            raw.autocommit = False
        else:
            # Lost, or cut off in the middle of a statement.
            connection.invalidate()


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows of these columns into a table, with the plain driver. Raises DBAPIError, as a statement does."""
    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        meant = driver_error(connection.dialect, error, raw)
        if meant.connection_invalidated:
            connection.invalidate(error)
        raise meant from error


def upsert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write whole rows, in place of those with the same primary key."""
    values = list(rows)
    if not values:
        return
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), values)


def driver_error(dialect: Any, error: Exception, connection: Any) -> DBAPIError:
    """What a driver raised where SQLAlchemy does not look, as SQLAlchemy tells it; without a connection it was lost."""
    lost = connection is None or dialect.is_disconnect(error, connection, None)
    told = DBAPIError.instance(
        None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=lost
    )
    assert isinstance(told, DBAPIError)
    return told


def sqlstate_of(error: DBAPIError) -> str:
    """PostgreSQL's five-character state of an error, empty when the server said nothing (it is away)."""
    original: Any = error.orig
    return getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""


def constraint_of(error: DBAPIError) -> str:
    """The constraint an error names, or an empty text."""
    diagnostics: Any = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


# Connection trouble, resources (disk full, too many connections), operator action, deadlock and lock timeouts: the same
# message may succeed later. Everything else is a mistake of ours and must stay loud.
_PASSING = ("08", "53", "57", "40", "58")
_LOCK_NOT_AVAILABLE = "55P03"
# The server cut off a transaction that waited too long for something else, such as a frozen broker.
_IDLE_IN_TRANSACTION = "25P03"


def passing(error: DBAPIError | PoolTimeout) -> ServiceError | None:
    """Unavailable when the trouble may pass by itself, None when it is a bug."""
    if isinstance(error, PoolTimeout):
        return AWAY.error()
    state = sqlstate_of(error)
    if not state and (error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")):
        return AWAY.error()
    if state.startswith(_PASSING) or state in (_LOCK_NOT_AVAILABLE, _IDLE_IN_TRANSACTION):
        return AWAY.error(sqlstate=state)
    return None
