"""The statistics projection, live and rebuilt. References: pyeventsourcing's projection runner, one set-based SQL query."""

from __future__ import annotations

import sys
import time
from typing import Any

import orjson
import psycopg
from sqlalchemy import make_url

from bench.figures import Direction, Figure, rounds
from bench.seeding import an_event, write_class
from bench.world import Worker, World, answer_questions, database, follower_of, plain_engine, plain_log
from shared.eventlog.port import EventLog
from shared.following import LIVE_BATCH, REBUILD_BATCH, Follower, Following, prepare, rebuild
from wq.platform import Platform

PROVINCE = "41"

# What the projection knows at the end, counted from the log in one statement.
SET_BASED = """
WITH roster AS (
    SELECT DISTINCT ON (data->>'graduate_id') data->>'graduate_id' AS graduate_id, data->>'school' AS school,
           data->>'department' AS department, data->>'education' AS education, (data->>'class_year')::int AS class_year
    FROM eventlog.events WHERE type IN ('directory.GraduateEnrolled', 'directory.GraduateCorrected')
    ORDER BY data->>'graduate_id', position DESC
), destinations AS (
    SELECT data->>'graduate_id' AS graduate_id, data#>>'{destination,code}' AS code,
           (occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS day
    FROM eventlog.events WHERE type = 'registration.DestinationRegistered'
)
SELECT count(*) FROM (
    SELECT class_year, school, department, education, code, day, count(*)
    FROM roster LEFT JOIN destinations USING (graduate_id) GROUP BY 1, 2, 3, 4, 5, 6
) AS cube
"""


def measure(world: World) -> list[Figure]:
    """Events/s live, in batches as a follower takes them, and rebuilt from the first event."""
    follower = follower_of(world.small, "stats.project")
    batch = world.size.batch
    big_url = world.big.environment["DATABASE_URL"]
    with database(world.small) as url, database(world.small) as compared:
        log, big_log = plain_log(url), plain_log(big_url)
        prepare(plain_engine(url, follower.schema), follower, follower.schema)
        # Not measured: the first reading of a log that was just written is slower than all others.
        _rebuilt(big_log, big_url, follower)
        live, big_live = (
            Following(each, plain_engine(target, follower.schema), follower, LIVE_BATCH)
            for each, target in ((log, url), (big_log, big_url))
        )
        with Worker("bench.projecting", compared) as reference:
            found = rounds(
                world.size.rounds,
                {
                    "ours": lambda: _followed(log, live, batch),
                    "runner": lambda: _of_runner(reference, batch // 10),
                    "full": lambda: _followed(big_log, big_live, batch),
                },
            )
        rebuilt = rounds(
            max(1, world.size.rounds // 2),
            {
                "ours": lambda: _rebuilt(log, url, follower),
                "sql": lambda: _set_based(url, log),
                "full": lambda: _rebuilt(big_log, big_url, follower),
            },
            warm_up=world.size.thorough,
        )
    group = "projection of statistics"
    least = Direction.AT_LEAST
    return [
        Figure(group, "live", found["ours"], "/s", 25.0, least, found["runner"], "/s pyeventsourcing's runner"),
        Figure(group, "live, full log", found["full"], "/s", 0.9, least, found["ours"], "/s empty log"),
        Figure(
            group, "rebuild", rebuilt["ours"], "/s", 50_000, least, rebuilt["sql"], "/s one SQL query", absolute=True
        ),
        Figure(group, "rebuild, full log", rebuilt["full"], "/s", 0.9, least, rebuilt["ours"], "/s short log"),
    ]


def caught_up(platform: Platform) -> None:
    """Bring a platform's statistics to the head of its log."""
    url = platform.environment["DATABASE_URL"]
    follower = follower_of(platform, "stats.project")
    log = plain_log(url)
    following = Following(log, plain_engine(url, follower.schema), follower, REBUILD_BATCH)
    while following.step(log.heads()):
        pass


def _followed(log: EventLog, following: Following, events: int) -> float:
    written = write_class(log, PROVINCE, events)
    started, done = time.perf_counter(), 0
    while step := following.step(log.heads()):
        done += step
    assert done == written, (done, written)
    return done / (time.perf_counter() - started)


def _rebuilt(log: EventLog, url: str, follower: Follower) -> float:
    started = time.perf_counter()
    done = rebuild(log, lambda schema: plain_engine(url, schema, 2), follower, lambda done, total: None)
    return done / (time.perf_counter() - started)


def _set_based(url: str, log: EventLog) -> float:
    events = sum(log.heads().values())
    started = time.perf_counter()
    with psycopg.connect(url) as connection:
        connection.execute(SET_BASED).fetchone()
    return events / (time.perf_counter() - started)


def _of_runner(reference: Worker, events: int) -> float:
    reference.ask(events=events)
    return float(reference.answer())


def _runner(url: str) -> Any:
    """pyeventsourcing: events of one aggregate type, a view with a counter a type, tracking in the view's transaction."""
    from eventsourcing.application import Application  # noqa: PLC0415 - only the worker that compares loads it
    from eventsourcing.dispatch import singledispatchmethod  # noqa: PLC0415
    from eventsourcing.domain import Aggregate, event  # noqa: PLC0415
    from eventsourcing.persistence import Tracking  # noqa: PLC0415
    from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder  # noqa: PLC0415
    from eventsourcing.projection import Projection, ProjectionRunner  # noqa: PLC0415

    class Graduate(Aggregate):
        def __init__(self) -> None:
            self.last = ""

        @event("Registered")
        def register(self, text: str) -> None:
            self.last = text

    class Counts(PostgresTrackingRecorder):
        def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
            super().__init__(datastore, **kwargs)
            self.table = f"{self.datastore.schema}.{self.tracking_table_name}_counts"
            self.create_counts = f"CREATE TABLE IF NOT EXISTS {self.table} (name text PRIMARY KEY, n bigint NOT NULL)"
            self.upsert = (
                f"INSERT INTO {self.table} AS known VALUES (%s, 1) ON CONFLICT (name) DO UPDATE SET n = known.n + 1"
            )

        def count(self, name: str, tracking: Tracking) -> None:
            with self.datastore.transaction(commit=True) as cursor:
                self._insert_tracking(cursor, tracking)
                cursor.execute(self.upsert, (name,), prepare=True)

    class Counting(Projection[Counts]):
        name = "counting"

        @singledispatchmethod
        def process_event(self, domain_event: Any, tracking: Tracking) -> None:
            self.view.count(type(domain_event).__name__, tracking)

    parts = make_url(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts.database),
        "POSTGRES_HOST": str(parts.host),
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": str(parts.username),
        "POSTGRES_PASSWORD": str(parts.password),
    }
    application = Application(env)
    text = orjson.dumps(an_event(0).data).decode()
    prepared: list[bool] = []

    def run(events: int) -> float:
        graduate = Graduate()
        for _ in range(events - 1):
            graduate.register(text)
        last = application.save(graduate)[-1].notification.id
        if not prepared:
            view = _view(Counting, Counts, env)
            with view.datastore.transaction(commit=True) as cursor:
                cursor.execute(view.create_counts)
            prepared.append(True)
        started = time.perf_counter()
        with ProjectionRunner(
            application_class=Application, projection_class=Counting, view_class=Counts, env=env
        ) as runner:
            runner.wait(last, timeout=120)
            return events / (time.perf_counter() - started)

    return run


def _view(projection: Any, view_class: Any, env: dict[str, str]) -> Any:
    from eventsourcing.persistence import InfrastructureFactory  # noqa: PLC0415
    from eventsourcing.utils import Environment  # noqa: PLC0415

    return InfrastructureFactory.construct(env=Environment(projection.name, env)).tracking_recorder(view_class)


if __name__ == "__main__":
    answer_questions(_runner(*sys.argv[1:]))
