"""The PostgreSQL backend keeps the port's promises with both drivers, and nobody can change what it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from shared.errors import Conflict, Refused, Unavailable
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.stream_cache import CachingLog
from shared.sql import SERVICE_ROLE, Driver, make_engine
from tests.integration.eventlog.conftest import OpenEngine
from tests.support.events import a_stream, a_write
from tests.support.log_contract import LogContract


@pytest.fixture(params=list(Driver))
def engine(open_engine: OpenEngine, request: pytest.FixtureRequest) -> Engine:
    return open_engine(request.param)


class TestPostgresLog(LogContract):
    @pytest.fixture
    def log(self, engine: Engine) -> EventLog:
        return PostgresLog(engine)


class TestRememberedPostgresLog(LogContract):
    @pytest.fixture
    def log(self, engine: Engine) -> EventLog:
        return CachingLog(PostgresLog(engine), long=1)


@pytest.mark.parametrize("role", [SERVICE_ROLE, None])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE eventlog.events SET type = 'x'", "DELETE FROM eventlog.events", "TRUNCATE eventlog.events"],
)
def test_neither_the_services_nor_the_owner_change_what_happened(
    open_engine: OpenEngine, statement: str, role: str | None
) -> None:
    engine = open_engine(role=role)
    PostgresLog(open_engine()).append("14", a_write(a_stream()))
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))
    assert PostgresLog(engine).heads() == {"14": 1}


def test_the_services_cannot_move_a_lane_by_hand(open_engine: OpenEngine) -> None:
    engine = open_engine()
    with pytest.raises(DBAPIError, match="permission denied"), engine.begin() as connection:
        connection.execute(text("UPDATE eventlog.lanes SET position = 0"))


def test_a_database_that_is_away_is_unavailable_in_bounded_time() -> None:
    log = PostgresLog(make_engine("postgresql://nobody@127.0.0.1:1/none", Driver.PLAIN))
    with pytest.raises(Unavailable) as caught:
        log.heads()
    assert caught.value.code == "database.away"


def test_connections_that_the_server_cut_are_replaced_after_one_refusal(
    engine: Engine, open_engine: OpenEngine
) -> None:
    log = PostgresLog(engine)
    log.append("14", a_write(a_stream()))
    with open_engine(role=None).execution_options(isolation_level="AUTOCOMMIT").connect() as owner:
        owner.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'wq' AND pid <> pg_backend_pid()"
            )
        )
    with pytest.raises(Unavailable):
        log.append("14", a_write(a_stream()))
    assert log.append("14", a_write(a_stream())).position == 2


def test_the_engine_is_transactional_for_others_after_the_log_has_used_it(engine: Engine) -> None:
    log = PostgresLog(engine)
    with pytest.raises(Conflict):
        log.append("14", a_write(a_stream(), 7))
    log.append_many("14", [a_write(a_stream())])
    with engine.connect() as connection:
        begun = connection.execute(text("SELECT now() FROM pg_sleep(0.001)")).scalar_one()
        assert connection.execute(text("SELECT now()")).scalar_one() == begun


def test_a_bulk_append_that_meets_a_used_event_id_is_refused(engine: Engine) -> None:
    log, write = PostgresLog(engine), a_write(a_stream())
    log.append("14", write)
    with pytest.raises(Refused) as caught:
        log.append_many("14", [a_write(a_stream()), replace(write, stream=a_stream())])
    assert caught.value.code == "command.id_reused"
    assert log.heads() == {"14": 1}
