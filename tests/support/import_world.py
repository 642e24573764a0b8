"""A school whose roster was imported into a real database, ready for what an older system knows of its graduates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from services.directory.decider import PROVINCE
from services.directory.follower import followers
from services.directory.personal import Personal, personal_of
from services.directory.roster import import_roster
from services.registration.importing import ImportReport, import_destinations
from shared.clock import FixedClock
from shared.codes.schools import SCHOOLS
from shared.eventlog.port import EventLog
from shared.eventlog.postgres import PostgresLog
from shared.following import Follower, Following, prepare
from shared.handling import handle
from shared.messages import Meta
from shared.sql import Driver, make_engine
from tests.integration.directory.conftest import SCHOOL_CODE, list_school, settings_of
from tests.support.directory_examples import SET_PROVINCE, roster_row, write_csv
from tests.support.spec import NOW
from tests.support.spec import PROVINCE as PROVINCE_OFFICE
from wq.finding import Graduates

CLASS_YEAR = 2026


@dataclass
class School:
    """A school with graduates, numbered as `roster_row` numbers them, and its database."""

    log: EventLog
    engine: Engine
    personal: Personal
    database_url: str

    def graduates(self) -> Graduates:
        """Who is known by number."""
        return Graduates(self.engine, self.personal, SCHOOLS[SCHOOL_CODE], CLASS_YEAR)

    def graduate_id(self, number: int) -> str:
        """The id of the number-th graduate."""
        graduate_id = self.graduates().graduate_id_of({"exam_no": roster_row(number)["exam_no"]})
        assert graduate_id is not None
        return graduate_id

    def import_file(self, path: Path) -> ImportReport:
        """Import an export."""
        return import_destinations(
            self.log,
            path,
            school=SCHOOLS[SCHOOL_CODE],
            class_year=CLASS_YEAR,
            account="school-office",
            graduate_id_of=self.graduates().graduate_id_of,
            clock=FixedClock(NOW),
            report=lambda seen: None,
        )

    @contextmanager
    def follow(self, follower: Follower) -> Iterator[Engine]:
        """A read model brought up to the log, and its database."""
        engine = make_engine(self.database_url, Driver.PLAIN, schema=follower.schema, pool_size=2)
        prepare(engine, follower, follower.schema)
        following = Following(self.log, engine, follower)
        while following.step(self.log.heads()):
            pass
        yield engine
        engine.dispose()


def open_imports(log: EventLog) -> None:
    """What the province sets for a class of which schools import what they had collected before."""
    meta = Meta(uuid4(), uuid4(), PROVINCE_OFFICE, NOW, "directory.set_province")
    handle(log, PROVINCE, replace(SET_PROVINCE, imports_until=date(2099, 12, 31)), meta)


@contextmanager
def school_with(database_url: str, directory: Path, graduates: int) -> Iterator[School]:
    """A school of so many graduates."""
    settings = settings_of(database_url, directory)
    projecting = followers(settings)[0]
    engine = make_engine(database_url, Driver.PLAIN, schema=projecting.schema, pool_size=4)
    log = PostgresLog(engine)
    list_school(log, SCHOOL_CODE)
    open_imports(log)
    school = School(log, engine, personal_of(settings), database_url)
    roster = write_csv(directory / "名册.csv", [roster_row(number) for number in range(graduates)])
    done = import_roster(
        log,
        engine,
        school.personal,
        roster,
        school=SCHOOL_CODE,
        class_year=CLASS_YEAR,
        account="school-office",
        clock=FixedClock(NOW),
        report=lambda seen: None,
    )
    assert done.enrolled == graduates
    with school.follow(projecting):
        yield school
    engine.dispose()
