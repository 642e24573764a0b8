"""A class of graduates as events: enrolled, most of them registered. Written straight into the log, as an import would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.directory.events import BasicDataConfirmed, GraduateEnrolled
from services.registration.events import Destination, DestinationRegistered, RegistrationSubmitted
from shared.access import scope_path
from shared.codec import to_json
from shared.codes.schools import SCHOOLS
from shared.codes.tables import PROVINCE
from shared.eventlog.port import EventLog, Write
from shared.messages import Actor, NewEvent

CLASS_YEAR = 2026
CHUNK = 5_000
SEASON = datetime(2026, 3, 1, 2, tzinfo=UTC)
DAYS = 120
# 劳动合同, 升学, 拟升学: categories a graduate registers without an agreement.
_DESTINATIONS = (
    Destination(
        code="11",
        unit_name="晋阳机械（集团）有限公司",
        uscc="91140000110000000X",
        unit_nature="31",
        industry="31",
        place="140105",
        position="13",
        job_title="机械工程师",
        monthly_salary=6500,
    ),
    Destination(code="801", school_name="太原理工大学", place="140105"),
    Destination(code="71"),
)
_SYSTEM = Actor("system", "bench")


def provinces() -> list[str]:
    """Every provincial unit that has schools."""
    return sorted({school.province for school in SCHOOLS.values()} & set(PROVINCE.codes))


def a_class(province: str) -> Iterator[Write]:
    """The graduates of a province without end: three in four are registered, 10 events for 4 graduates."""
    schools = [school.code5 for school in SCHOOLS.values() if school.province == province]
    number = 0
    while True:
        graduate_id = f"{province}-{uuid4()}"
        school = schools[number % len(schools)]
        yield enrolled(graduate_id, province, school, number)
        if number % 4:
            yield registered(graduate_id, scope_path(province, school, f"{number % 8 + 1:02d}"), number)
        number += 1


def enrolled(graduate_id: str, province: str, school: str, number: int) -> Write:
    """The graduate's stream: one event as long as a real one."""
    event = GraduateEnrolled(
        graduate_id=graduate_id,
        province=province,
        school=school,
        department=f"{number % 8 + 1:02d}",
        class_year=CLASS_YEAR,
        education=("31", "41", "11", "31", "41")[number % 5],
        major_code="080901",
        major_name=("计算机科学与技术", "机械工程", "会计学", "英语", "化学")[number % 5],
        study_mode="全日制",
        study_years="4",
        training="1",
        sex="12"[number % 2],
        ethnic="01",
        political="03",
        hardship="0",
        normal="2",
        origin=f"{province}0100",
        household="城镇",
        enrolled_on=date(2022, 9, 1),
        graduates_on=date(2026, 6, 30),
        personal="AQ" * 130,
        personal_hash="0" * 64,
        id_hash="0" * 64,
    )
    return Write(f"graduate-{graduate_id}", 0, [_recorded(event, SEASON)])


def confirmed(graduate_id: str) -> Write:
    """The graduate has confirmed the roster, as before every registration."""
    return Write(f"basic_data-{graduate_id}", 0, [_recorded(BasicDataConfirmed(graduate_id, 1), SEASON)])


def registered(graduate_id: str, scope: str, number: int) -> Write:
    """The registration's stream: submitted, then registered a day later."""
    registration_id = f"{graduate_id[:2]}-{uuid4()}"
    destination = _DESTINATIONS[number % len(_DESTINATIONS)]
    at = SEASON + timedelta(days=number % DAYS)
    submitted = RegistrationSubmitted(registration_id, graduate_id, scope, CLASS_YEAR, destination)
    done = DestinationRegistered(registration_id, graduate_id, scope, CLASS_YEAR, destination, "direct")
    return Write(f"registration-{graduate_id}", 0, [_recorded(submitted, at), _recorded(done, at + timedelta(days=1))])


def write_class(log: EventLog, province: str, events: int, say: Callable[[int], None] = lambda done: None) -> int:
    """Write at least so many events of a province's class; how many it were."""
    done = 0
    writes = a_class(province)
    while done < events:
        # Seven streams hold ten events.
        chunk = list(islice(writes, min(CHUNK, max(1, (events - done) * 7 // 10))))
        log.append_many(province, chunk)
        done += sum(len(write.events) for write in chunk)
        say(done)
    return done


def _recorded(event: Any, at: datetime) -> NewEvent:
    command_id = uuid4()
    return NewEvent(
        event.TYPE, event.VERSION, to_json(event), uuid5(command_id, "0"), command_id, command_id, None, _SYSTEM, at
    )


def an_event(number: int) -> NewEvent:
    """An event of the usual length, with ids nobody else has."""
    command_id: UUID = uuid4()
    destination = _DESTINATIONS[number % len(_DESTINATIONS)]
    data: dict[str, Any] = {
        "registration_id": f"14-{command_id}",
        "graduate_id": f"14-{command_id}",
        "destination": destination.code,
    }
    data |= {"scope": "CN/14/10108/07", "class_year": CLASS_YEAR, "unit_name": "晋阳机械（集团）有限公司"}
    return NewEvent(
        "registration.RegistrationSubmitted", 1, data, uuid4(), command_id, command_id, None, _SYSTEM, SEASON
    )
