"""One platform for the tests that leave it running as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.people import People
from wq.platform import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform, as `wq run` starts it."""
    with Platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="session")
def people(platform: Platform) -> Iterator[People]:
    """Everybody who uses it."""
    everybody = People(platform)
    yield everybody
    everybody.caller.close()
