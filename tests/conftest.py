"""What every test may ask for. Folders say the lane: tests/integration needs servers, tests/e2e the whole platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.directory.papers import book, fonts
from tests.support.stack import Servers
from wq.local.fonts import ensure_fonts

HERE = Path(__file__).parent
# Whoever asks for one of these has a broker.
BROKER = {"amqp_uri", "counting", "rabbit"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        lane = item.path.relative_to(HERE).parts[0]
        if lane in ("integration", "e2e"):
            item.add_marker(lane)
        if BROKER.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("broker")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A private PostgreSQL and a private RabbitMQ for this session, each started when first asked for."""
    with Servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture
def database_url(servers: Servers) -> Iterator[str]:
    """A fresh, migrated database: event log, primary tables, service role. Dropped afterwards."""
    with servers.database() as url:
        yield url


@pytest.fixture
def amqp_uri(servers: Servers) -> str:
    """The private broker."""
    return servers.amqp_uri


@pytest.fixture(scope="session")
def rare_fonts() -> None:
    """The fonts for rare characters, installed if need be: a process looks for them once."""
    ensure_fonts()
    fonts.rare.cache_clear()
    book._fonts.cache_clear()
