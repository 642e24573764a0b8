"""The memory backend keeps the port's promises."""

import pytest

from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import EventLog
from tests.support.log_contract import LogContract


class TestMemoryLog(LogContract):
    @pytest.fixture
    def log(self) -> EventLog:
        return MemoryLog()
