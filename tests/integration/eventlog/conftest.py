"""Engines that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from shared.sql import SERVICE_ROLE, Driver, make_engine

OpenEngine = Callable[..., Engine]


@pytest.fixture
def open_engine(database_url: str) -> Iterator[OpenEngine]:
    """Opens an engine on the test's database, by default as a service in a plain process."""
    opened: list[Engine] = []

    def open_it(driver: Driver = Driver.PLAIN, role: str | None = SERVICE_ROLE, pool_size: int = 10) -> Engine:
        opened.append(make_engine(database_url, driver, role=role, pool_size=pool_size))
        return opened[-1]

    yield open_it
    for engine in opened:
        engine.dispose()
