"""Real servers for tests: one PostgreSQL and one RabbitMQ a session, one database a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from sqlalchemy import make_url, text

from shared.sql import Driver, make_engine
from wq.local.postgres import PrivatePostgres
from wq.local.rabbitmq import PrivateRabbit
from wq.migrating import migrate_log


class Servers:
    """Starts what is asked for and stops what it started."""

    def __init__(self, directory: Path) -> None:
        self.postgres = PrivatePostgres(directory / "postgres")
        self.rabbit = PrivateRabbit(directory / "rabbitmq")

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "amqp_uri" in self.__dict__:
            self.rabbit.stop()
        if "admin_url" in self.__dict__:
            self.postgres.stop()

    @cached_property
    def amqp_uri(self) -> str:
        """The broker's address."""
        return self.rabbit.start()

    @cached_property
    def admin_url(self) -> str:
        """The database server's own database."""
        return self.postgres.start()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh, migrated database."""
        name = f"test_{uuid4().hex[:12]}"
        self._administer(f'CREATE DATABASE "{name}"')
        url = make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)
        migrate_log(url)
        yield url
        self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        engine = make_engine(self.admin_url, Driver.PLAIN, role=None, pool_size=1)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
