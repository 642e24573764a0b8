"""An engine's connections: the one used last is used again."""

from __future__ import annotations

from sqlalchemy import Connection, text

from shared.sql import Driver, make_engine


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
