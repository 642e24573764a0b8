"""An engine's connections: the one used last is used again, and copying fails as a statement does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from shared.sql import Driver, copy_rows, make_engine, passing, sqlstate_of, text_array, without_transaction


def test_the_connection_used_last_is_used_again(database_url: str) -> None:
    def server_process(connection: Connection) -> int:
        return int(connection.scalar(text("SELECT pg_backend_pid()")))

    engine = make_engine(database_url, Driver.PLAIN, pool_size=3)
    with engine.connect() as first, engine.connect() as second, engine.connect() as third:
        assert len({server_process(each) for each in (first, second, third)}) == 3
        last = server_process(second)
        first.close()
        third.close()
        second.close()
    for _ in range(3):
        with engine.connect() as connection:
            assert server_process(connection) == last
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url, Driver.PLAIN, role=None, pool_size=2)
    with made.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS copied"))
        connection.execute(text("CREATE TABLE copied (number integer)"))
    yield made
    made.dispose()


def copied(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT number FROM copied ORDER BY number")))


def test_rows_are_copied_in_the_transaction_that_is_open(engine: Engine) -> None:
    with engine.begin() as connection:
        copy_rows(connection, "copied", ["number"], [(1,), (2,)])
    with engine.connect() as connection:
        copy_rows(connection, "copied", ["number"], [(3,)])
    assert copied(engine) == [1, 2]


def test_a_server_that_goes_away_while_rows_are_copied_may_come_back(engine: Engine) -> None:
    def rows(pid: int) -> Iterator[tuple[int]]:
        yield (1,)
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        yield from ((number,) for number in range(100_000))

    with engine.connect() as connection:
        given = rows(connection.scalars(text("SELECT pg_backend_pid()")).one())
        with pytest.raises(DBAPIError) as failed:
            copy_rows(connection, "copied", ["number"], given)
    assert failed.value.connection_invalidated
    assert passing(failed.value) is not None
    assert copied(engine) == []


def test_a_disk_that_is_full_while_rows_are_copied_may_have_room_again(engine: Engine) -> None:
    with engine.begin() as connection:
        full = "BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END"
        connection.execute(
            text(f"CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ {full} $$")
        )
        connection.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON copied FOR EACH ROW EXECUTE FUNCTION full_disk()")
        )
    with pytest.raises(DBAPIError) as failed, engine.begin() as connection:
        copy_rows(connection, "copied", ["number"], [(1,)])
    assert sqlstate_of(failed.value) == "53100"
    assert passing(failed.value) is not None
    assert not failed.value.connection_invalidated


def test_rows_that_do_not_fit_are_a_bug_and_stay_loud(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as failed, engine.begin() as connection:
        copy_rows(connection, "copied", ["number"], [("王小明",)])
    assert passing(failed.value) is None
    assert copied(engine) == []


@pytest.mark.parametrize("driver", list(Driver))
def test_texts_reach_the_server_as_an_array_whatever_they_hold(database_url: str, driver: Driver) -> None:
    engine = make_engine(database_url, driver)
    for texts in ([], [""], ["a", "b"], ['"', "\\", '\\"', '","'], ["NULL", "{}", " x ", "毕业", "%s", "'"]):
        with engine.connect() as connection:
            asked = {"texts": text_array(texts)}
            assert connection.exec_driver_sql("SELECT %(texts)s::text[]", asked).scalar_one() == texts
    engine.dispose()


@pytest.mark.parametrize("driver", list(Driver))
def test_reading_without_a_transaction_leaves_none_behind_and_the_next_user_has_one(
    database_url: str, driver: Driver
) -> None:
    engine = make_engine(database_url, driver, role=None, pool_size=1)
    state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    watching = make_engine(database_url, Driver.PLAIN, role=None, pool_size=1)
    with engine.connect() as connection, without_transaction(connection), watching.connect() as watcher:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        assert watcher.scalar(state, {"pid": pid}) == "idle"
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT 1 / 0"))
        assert connection.scalar(text("SELECT 1")) == 1
    with engine.connect() as connection, watching.connect() as watcher:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == pid
        assert watcher.scalar(state, {"pid": pid}) == "idle in transaction"
    engine.dispose()
    watching.dispose()


@pytest.mark.parametrize("driver", list(Driver))
def test_a_connection_that_is_lost_while_it_reads_is_not_used_again(database_url: str, driver: Driver) -> None:
    engine = make_engine(database_url, driver, role=None, pool_size=1)
    with pytest.raises(DBAPIError), engine.connect() as connection, without_transaction(connection):
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with engine.connect() as connection, without_transaction(connection):
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()
