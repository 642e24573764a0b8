"""The release before and this one work on one database by turns: each goes on with what the other wrote, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from tarfile import open as open_tar

import pytest
from sqlalchemy import Engine

from shared.eventlog.postgres import PostgresLog
from shared.following import Follower, Following, prepare, rebuild
from shared.sql import Driver, make_engine
from tests.integration.contracts.test_read_models import contents, followers_of
from tests.integration.directory.conftest import settings_of
from tests.support.source import ROOT
from tests.support.turn import STEPS
from wq.composition import SERVED

# The first release that passes over what it does not know; name a later one here when it has been rolled out.
PREVIOUS = "c118b228f7c593461d8c10fee46978d22ee2a625"
WAITED_FOR = "event.newer"
TOLD = (
    "agreement.OfferSent",
    "agreement.OfferAccepted",
    "review.ReviewOpened",
    "review.StepApproved",
    "review.StepApproved",
    "review.ReviewPassed",
    "agreement.AgreementConcluded",
    "registration.DestinationRegistered",
    "agreement.CancellationRequested",
    "agreement.CancellationAgreed",
    "review.ReviewOpened",
    "review.StepApproved",
    "review.ReviewPassed",
    "agreement.AgreementCancelled",
    "registration.DestinationReopened",
)


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the release before."""
    folder = tmp_path_factory.mktemp("previous")
    archive = folder / "release.tar"
    subprocess.run(["git", "archive", "--output", str(archive), PREVIOUS], cwd=ROOT, check=True)
    with open_tar(archive) as files:
        files.extractall(folder / "release", filter="data")
    return folder / "release"


def turn(release: Path, database_url: str, folder: Path, step: str) -> Mapping[str, str]:
    """What a process of a release says of its turn."""
    said = subprocess.run(
        [sys.executable, "-P", str(ROOT / "tests" / "support" / "turn.py"), database_url, str(folder), step],
        cwd=release,
        env={**os.environ, "PYTHONPATH": str(release), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    found: Mapping[str, str] = json.loads(said.stdout)
    return found


@pytest.mark.parametrize("first", ["previous", "this"])
def test_two_releases_work_on_one_database_by_turns(
    first: str, previous: Path, database_url: str, tmp_path: Path
) -> None:
    releases = (previous, ROOT) if first == "previous" else (ROOT, previous)
    settings = settings_of(database_url, tmp_path)
    models = [follower for context in SERVED for follower in followers_of(context, settings)]
    for follower in models:
        engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=1)
        prepare(engine, follower, follower.schema)
        engine.dispose()
    for number, step in enumerate(STEPS):
        release = releases[number % 2]
        said = turn(release, database_url, tmp_path, step)
        assert said["did"] in ("done", WAITED_FOR)
        if WAITED_FOR in said.values():
            # Only an older process waits; what it waits for, a newer one does.
            assert release is previous
            said = turn(ROOT, database_url, tmp_path, step)
        assert said == {"did": "done", "followed": "done"}
    reading = make_engine(database_url, Driver.PLAIN, pool_size=2)
    log = PostgresLog(reading)
    told = [each.type for each in log.read_lane("14", 0, 1_000) if not each.type.startswith("directory.")]
    assert told == list(TOLD)
    for follower in models:
        engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=2)
        # A read model of another shape was left alone by the release before: this one goes on where it stopped itself.
        following = Following(log, engine, follower)
        while following.step(log.heads()):
            pass
        kept = counted(engine, follower)
        rebuild(log, partial(_open, database_url), follower, lambda done, total: None)
        assert counted(engine, follower) == kept
        engine.dispose()
    reading.dispose()


def counted(engine: Engine, follower: Follower) -> Mapping[str, Sequence[str]]:
    """What a read model holds; a cell of the cube that was counted up and down again says nothing."""
    rows = contents(engine, follower)
    return {table: [row for row in told if table != "cube" or not row.endswith(",0)")] for table, told in rows.items()}


def _open(database_url: str, schema: str) -> Engine:
    return make_engine(database_url, Driver.PLAIN, schema=schema, pool_size=4)
