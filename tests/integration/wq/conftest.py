"""The counting context on the session's servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.amqp_world import World, open_world


@pytest.fixture
def world(tmp_path: Path, database_url: str, amqp_uri: str) -> Iterator[World]:
    """Without any process."""
    with open_world(tmp_path, database_url, amqp_uri) as opened:
        yield opened
