"""Everybody who uses a running platform, for end-to-end tests: they call over AMQP as a gateway would, and wait."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psutil
import psycopg

from services.directory.decider import employer_id_of
from services.sync.client import NationalClient
from services.sync.follower import client_of
from shared.calling import Call, Caller
from shared.codes.schools import SCHOOLS
from shared.errors import ServiceError, Unavailable
from shared.messages import Actor
from shared.principals import Issuer
from wq.demo.actors import department_office, employer, graduate, province_office, school_office
from wq.demo.cohort import plan
from wq.demo.report import read_report
from wq.platform import Platform

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 90.0

T = TypeVar("T")


def eventually(look: Callable[[], T | None], what: str, seconds: float = WAIT_SECONDS) -> T:
    """What `look` finds, once it finds something. Raises AssertionError when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def wq(
    *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path = ROOT, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command and wait for it."""
    environ = {**os.environ, **(environment or {}), "PYTHONPATH": str(ROOT), "COLUMNS": "240"}
    return subprocess.run(
        [sys.executable, "-m", "wq.cli", *arguments],
        env=environ,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def left_behind(directory: Path) -> list[str]:
    """Processes that have a directory in their command line or their environment, other than this one."""
    found = []
    for process in psutil.process_iter(["pid"]):
        if process.pid == os.getpid():
            continue
        try:
            told = " ".join([*process.cmdline(), *(f"{key}={value}" for key, value in process.environ().items())])
            if str(directory) in told and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@dataclass
class Place:
    """A school with a class of graduates, and employers that may invite them."""

    province: str
    school: str
    class_year: int
    graduates: list[str]
    departments: list[str]
    employers: list[str]

    @property
    def scope(self) -> str:
        """The school's scope path."""
        return self.office.scope

    @property
    def office(self) -> Actor:
        """学校."""
        return school_office(self.province, self.school)

    @property
    def above(self) -> Actor:
        """省级."""
        return province_office(self.province)

    def department(self, graduate_id: str) -> Actor:
        """院系 of a graduate."""
        return department_office(self.province, self.school, self.departments[self.graduates.index(graduate_id)])


@dataclass
class People:
    """Calls on one platform."""

    platform: Platform
    caller: Caller = field(init=False)
    issuer: Issuer = field(init=False)
    _taken: int = 0

    def __post_init__(self) -> None:
        settings = self.platform.settings
        assert settings.principal_signing_key_file is not None
        self.caller = Caller(settings.amqp_uri)
        self.issuer = Issuer(settings.principal_signing_key_file.read_text())

    def ask(
        self,
        actor: Actor,
        method: str,
        command_id: UUID | None = None,
        correlation_id: UUID | None = None,
        **payload: Any,
    ) -> Any:
        """The answer to a call, repeated while the platform is away. Raises the refusal."""
        call = Call(method, payload, self.issuer.token(actor), correlation_id=correlation_id)
        if command_id is not None:
            call = Call(method, payload, call.principal, command_id, correlation_id)
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return self.caller.call(call)
            except Unavailable:
                if time.monotonic() > deadline:
                    raise

    def refused(self, actor: Actor, method: str, **payload: Any) -> str:
        """The code of the refusal that a call meets."""
        try:
            answer = self.ask(actor, method, **payload)
        except ServiceError as error:
            return error.code
        raise AssertionError(f"{method} was answered: {answer}")

    def settle(self, school: str, class_year: int, parties: int, size: int = 12, **settings: Any) -> Place:
        """A province's settings, a roster in that school that everybody has confirmed, and its employers, verified."""
        province = SCHOOLS[school].province
        wanted: dict[str, Any] = {
            "province": province,
            "class_year": class_year,
            "parties": parties,
            "review_chain": ["department", "school"],
            "cancellation_chain": ["school"],
            "response_days": 5,
            "response_days_max": 30,
            "cancellation_days": 15,
            "change_deadline": f"{class_year + 5}-12-31",
            "evidence_required": False,
        }
        self.ask(province_office(province), "directory.set_province", **{**wanted, **settings})
        raw = {"id": f"place-{school}-{class_year}", "total": size, "counts": {"协议": size}}
        cohort = plan(read_report(raw, class_year), school, class_year)
        rows = [dict(each.row) for each in cohort.graduates]
        answer = self.ask(
            school_office(province, school), "directory.import_roster", school=school, class_year=class_year, rows=rows
        )
        place = Place(
            province=province,
            school=school,
            class_year=class_year,
            graduates=[item["id"] for item in answer["items"]],
            departments=[row["department"] for row in rows],
            employers=[],
        )
        for person in place.graduates:
            self.confirm(person)
        for each in cohort.employers:
            assert each.uscc is not None
            employer_id = employer_id_of(each.uscc)
            self.ask(
                employer(employer_id),
                "directory.register_employer",
                **{name: getattr(each, name) for name in ("name", "uscc", "nature", "industry", "place")},
                employer_id=employer_id,
                address="示范路 1 号",
                contact_name="王经理",
                contact_phone="010-00000000",
            )
            self.ask(place.above, "directory.verify_employer", employer_id=employer_id)
            place.employers.append(employer_id)
        return place

    def confirm(self, person: str) -> None:
        """信息确认."""
        self.ask(graduate(person), "directory.confirm_basic_data", graduate_id=person)

    def invite(self, place: Place, person: str, employer_id: str, **terms: Any) -> str:
        """邀请: the offer's id."""
        self.ask(
            employer(employer_id),
            "agreement.send_offer",
            graduate_id=person,
            employer_id=employer_id,
            position="13",
            job_title="管培生",
            **terms,
        )
        return str(self.offers(person)[-1]["offer_id"])

    def accept(self, person: str, offer_id: str, employer_id: str) -> None:
        """应约."""
        payload: dict[str, Any] = {"graduate_id": person, "offer_id": offer_id, "employer_id": employer_id}
        self.ask(graduate(person), "agreement.accept_offer", **payload)

    def offers(self, person: str) -> list[dict[str, Any]]:
        """Every offer to a graduate, oldest first."""
        found: list[dict[str, Any]] = self.ask(graduate(person), "agreement.get_agreements", graduate_id=person)[
            "offers"
        ]
        return found

    def offer(self, person: str, offer_id: str) -> dict[str, Any]:
        """One of them."""
        (found,) = (each for each in self.offers(person) if each["offer_id"] == offer_id)
        return found

    def await_state(self, person: str, offer_id: str, state: str) -> dict[str, Any]:
        """The offer once it is in a state."""

        def look() -> dict[str, Any] | None:
            found = self.offer(person, offer_id)
            return found if found["state"] == state else None

        return eventually(look, f"{offer_id} {state}")

    def registered(self, person: str) -> dict[str, Any]:
        """A graduate's registrations."""
        found: dict[str, Any] = self.ask(graduate(person), "registration.get_registration", graduate_id=person)
        return found

    def case(self, office: Actor, step: str, person: str, kind: str) -> str:
        """The case about a graduate that waits for a step, once it is in the queue."""

        def look() -> str | None:
            queue = self.ask(office, "review.list_queue", step=step, kind=kind, limit=500)
            return next((each["case_id"] for each in queue["cases"] if each["graduate_id"] == person), None)

        return eventually(look, f"{kind} of {person} waits for {step}")

    def review(self, place: Place, person: str, kind: str, *steps: str, correlation_id: UUID | None = None) -> str:
        """Approve each step in turn; the case's id."""
        case_id = ""
        for step in steps:
            office = place.department(person) if step == "department" else place.office
            case_id = self.case(office, step, person, kind)
            self.ask(office, "review.approve_review", correlation_id=correlation_id, case_id=case_id)
        return case_id

    def counts(self, place: Place, office: Actor | None = None) -> dict[str, int]:
        """How many of the class have each code, as an office sees them."""
        by = office or place.office
        answer = self.ask(
            by,
            "stats.count_graduates",
            scope=place.scope,
            class_year=place.class_year,
            by=["code"],
            include_completion=True,
        )
        return dict(answer["rows"])

    def await_counts(self, place: Place, wanted: dict[str, int]) -> None:
        """Until statistics and the national side both have these counts."""
        eventually(lambda: self.counts(place) == wanted or None, f"statistics say {wanted}")
        national = self.national
        eventually(
            lambda: national.counts(place.school, place.class_year) == wanted or None, f"the national side has {wanted}"
        )

    @property
    def national(self) -> NationalClient:
        """The national side's own answers."""
        return client_of(self.platform.settings)

    def heads(self) -> dict[str, int]:
        """The head of every lane."""
        return dict(self.sql("SELECT lane, position FROM eventlog.lanes"))

    def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with psycopg.connect(self.platform.settings.database_url, connect_timeout=5) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def quiet(self) -> None:
        """Until every follower is at the head of every lane and stays there."""
        before: dict[str, int] = {}

        def look() -> bool | None:
            nonlocal before
            heads = {lane: head for lane, head in self.heads().items() if head}
            reached = all(
                dict(self.sql(f"SELECT lane, position FROM {schema}.checkpoint")) == heads
                for schema in ("publishing", "directory", "agreement", "registration", "review", "stats", "sync")
            )
            same, before = heads == before, heads
            time.sleep(0.3)
            return (reached and same) or None

        eventually(look, "every follower at the head")


def long_ago() -> datetime:
    """A moment whose tokens have expired."""
    return datetime(2020, 1, 1, tzinfo=UTC)
