"""`wq migrate`: the event log's schema by Alembic, the read models' tables from their own metadata, what is the same
for the whole country.

Read models have no migrations: they are rebuilt from the log (docs/decisions/0003). Run by one job per release.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

import shared.eventlog
from services.directory.claiming import claimer
from services.directory.national import list_schools, set_check_address
from shared.eventlog.opening import MIGRATION, opened_log
from shared.following import Following, prepare, rebuild
from shared.settings import Settings
from shared.sql import SERVICE_ROLE, Driver, make_engine
from wq.composition import followers

MIGRATIONS = Path(shared.eventlog.__file__).parent / "migrations"
# One number for all migrating processes, so that two of them do not run at once.
LOCK = 7_205_001


def migrate(settings: Settings, say: Callable[[str], None]) -> None:
    """Bring the database to what this release needs. Safe to repeat and to run twice at once."""
    migrate_log(settings.database_url)
    say("event log ready")
    with ExitStack() as opened:

        def open_engine(schema: str) -> Engine:
            engine = make_engine(settings.database_url, Driver.PLAIN, schema=schema, pool_size=2, statement_seconds=600)
            opened.callback(engine.dispose)
            return engine

        log = opened.enter_context(opened_log(settings, MIGRATION))
        for follower in followers(settings):
            if not prepare(open_engine(follower.schema), follower, follower.schema):
                say(f"{follower.name}: its tables have a new shape, rebuilding")
                rebuild(log, open_engine, follower, lambda done, total: None)
        say("read models ready")
        listed = list_schools(log, settings.clock().now())
        moved = set_check_address(log, settings.check_address, settings.clock().now())
        walk = claimer(log, settings.clock(), lambda told: say(f"一人两条生源信息 two records of one person: {told}"))
        engine = open_engine(walk.schema)
        prepare(engine, walk, walk.schema)
        following = Following(log, engine, walk)
        while following.step(log.heads()):
            pass
        say("everybody on a roster is claimed")
    say(f"schools listed: {listed} new")
    if moved:
        say(f"papers numbered from now on are checked at {settings.check_address}")


def migrate_log(database_url: str) -> None:
    """The event log, the primary tables and the service role."""
    engine = make_engine(database_url, Driver.PLAIN, role=None, pool_size=1, statement_seconds=600)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS eventlog"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        database = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f'GRANT CREATE ON DATABASE "{database}" TO {SERVICE_ROLE}'))
    engine.dispose()
