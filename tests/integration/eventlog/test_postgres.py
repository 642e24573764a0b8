"""The PostgreSQL backend keeps the port's promises with both drivers, and nobody can change what it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from shared.errors import Unavailable
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.sql import SERVICE_ROLE, Driver, make_engine
from tests.support.events import a_stream, a_write
from tests.support.log_contract import LogContract


@pytest.fixture(params=list(Driver))
def engine(database_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = make_engine(database_url, request.param)
    yield engine
    engine.dispose()


class TestPostgresLog(LogContract):
    @pytest.fixture
    def log(self, engine: Engine) -> EventLog:
        return PostgresLog(engine)


@pytest.mark.parametrize("role", [SERVICE_ROLE, None])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE eventlog.events SET type = 'x'", "DELETE FROM eventlog.events", "TRUNCATE eventlog.events"],
)
def test_neither_the_services_nor_the_owner_change_what_happened(
    database_url: str, statement: str, role: str | None
) -> None:
    engine = make_engine(database_url, Driver.PLAIN, role=role)
    PostgresLog(make_engine(database_url, Driver.PLAIN)).append("14", a_write(a_stream()))
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))
    assert PostgresLog(engine).heads() == {"14": 1}


def test_the_services_cannot_move_a_lane_by_hand(database_url: str) -> None:
    engine = make_engine(database_url, Driver.PLAIN)
    with pytest.raises(DBAPIError, match="permission denied"), engine.begin() as connection:
        connection.execute(text("UPDATE eventlog.lanes SET position = 0"))


def test_a_database_that_is_away_is_unavailable_in_bounded_time() -> None:
    log = PostgresLog(make_engine("postgresql://nobody@127.0.0.1:1/none", Driver.PLAIN))
    with pytest.raises(Unavailable) as caught:
        log.heads()
    assert caught.value.code == "database.away"
