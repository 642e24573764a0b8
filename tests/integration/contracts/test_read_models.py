"""Every read model takes every golden of every context, in one lane, as one batch and one event at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from services.stats import read_model as stats
from shared.errors import Unavailable
from shared.following import Follower, prepare
from shared.messages import Recorded
from shared.settings import Settings
from shared.sql import Driver, make_engine
from tests.integration.directory.conftest import settings_of
from tests.support.golden_examples import event_classes, recorded
from tests.support.variants import SHAPES, tell_as
from wq.composition import SERVED


def story() -> Sequence[Recorded]:
    """All goldens in the order of life, in which codecs name them; then a graduate who is there and placed."""
    types = [cls.TYPE for cls in event_classes()]
    types += ["directory.GraduateEnrolled", "registration.DestinationRegistered"]
    return [recorded(event_type, position) for position, event_type in enumerate(types, 1)]


def prepared(database_url: str, follower: Follower) -> Engine:
    engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=1)
    assert prepare(engine, follower, follower.schema)
    return engine


def contents(engine: Engine, follower: Follower) -> dict[str, list[str]]:
    # As text: the first day of all, '-infinity', is no date to Python.
    with engine.connect() as connection:
        return {
            table.name: sorted(connection.execute(text(f"SELECT t::text FROM {table.name} t")).scalars())
            for table in follower.metadata.sorted_tables
        }


def followers_of(context: str, settings: Settings) -> Sequence[Follower]:
    module = import_module(f"services.{context}.follower")
    found: Sequence[Follower] = module.followers(settings) if hasattr(module, "followers") else module.FOLLOWERS
    return found


@pytest.mark.parametrize("context", SERVED)
def test_a_read_model_takes_every_shape_of_another_release_alike(
    context: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for follower in followers_of(context, settings_of(database_url, tmp_path)):
        engine = prepared(database_url, follower)
        told = {}
        for shape in SHAPES:
            with monkeypatch.context() as told_so, engine.begin() as connection:
                tell_as(told_so, shape)
                for table in reversed(follower.metadata.sorted_tables):
                    connection.execute(table.delete())
                follower.apply(connection, follower.understand(story()))
            told[shape] = contents(engine, follower)
        assert all(each == told["stored"] for each in told.values())
        engine.dispose()


@pytest.mark.parametrize("context", SERVED)
def test_a_read_model_waits_for_a_release_that_knows_the_version(
    context: str, database_url: str, tmp_path: Path
) -> None:
    for follower in followers_of(context, settings_of(database_url, tmp_path)):
        engine = prepared(database_url, follower)
        for event in story():
            if event.type not in (follower.types or ()):
                continue
            newer = replace(event, event=replace(event.event, type_version=2))
            with pytest.raises(Unavailable), engine.begin() as connection:
                follower.apply(connection, follower.understand([newer]))
        engine.dispose()


@pytest.mark.parametrize("context", SERVED)
def test_a_read_model_takes_every_golden_in_any_batches(context: str, database_url: str, tmp_path: Path) -> None:
    for follower in followers_of(context, settings_of(database_url, tmp_path)):
        engine = prepared(database_url, follower)
        with engine.begin() as connection:
            follower.apply(connection, follower.understand(story()))
        together = contents(engine, follower)
        assert any(rows for name, rows in together.items() if name != "checkpoint")
        with engine.begin() as connection:
            for table in reversed(follower.metadata.sorted_tables):
                connection.execute(table.delete())
        for event in story():
            with engine.begin() as connection:
                follower.apply(connection, follower.understand([event]))
        assert contents(engine, follower) == together
        engine.dispose()


def test_statistics_count_the_golden_graduate_where_the_goldens_say(database_url: str) -> None:
    (follower,) = import_module("services.stats.follower").FOLLOWERS
    engine = prepared(database_url, follower)
    with engine.begin() as connection:
        events = [recorded("directory.GraduateEnrolled", 1), recorded("registration.DestinationRegistered", 2)]
        stats.apply(connection, stats.understand(events))
        row = connection.execute(text("SELECT g.school, g.sex, s.code, s.unit_nature FROM graduates g, spans s")).one()
    assert tuple(row) == ("10108", "2", "11", "31")
    engine.dispose()
