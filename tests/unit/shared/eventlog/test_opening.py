"""Which log a kind of process has."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from shared.eventlog.opening import MIGRATION, TOOL, Kind, following, open_log, opened_log, serving
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.stream_cache import CachingLog
from shared.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a platform that is not there: making a log asks nobody."""
    return read_settings(
        {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "AMQP_URI": "amqp://127.0.0.1:1",
            "WQ_PRINCIPAL_KEYS_FILE": str(tmp_path / "keys"),
            "WQ_PERSONAL_KEY_FILE": str(tmp_path / "personal"),
            "WQ_NATIONAL_URL": "http://127.0.0.1:1",
            "WQ_NATIONAL_KEY_FILE": str(tmp_path / "national"),
            "WQ_EVIDENCE_URL": f"file://{tmp_path}",
            "WQ_CHECK_ADDRESS": "https://example.org/check",
        }
    )


@pytest.mark.parametrize("kind", [TOOL, MIGRATION, following(3)])
def test_a_plain_process_asks_the_database_itself(settings: Settings, kind: Kind) -> None:
    assert isinstance(open_log(settings, kind), PostgresLog)
    with opened_log(settings, kind) as log:
        assert isinstance(log, PostgresLog)


def test_calls_of_a_serving_process_share_what_they_read_and_their_commits(settings: Settings) -> None:
    assert isinstance(open_log(settings, serving(10, lambda work: Thread(target=work).start())), CachingLog)


def test_each_follower_reads_one_batch_and_another_ahead() -> None:
    assert following(3).connections == 7
