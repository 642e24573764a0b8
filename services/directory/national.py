"""What is the same for the whole country, put into the directory by a release: the list of schools, the public check."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4, uuid5

from services.directory.decider import PLATFORM, SCHOOL, ListSchool, SetCheckAddress
from shared.access import Role
from shared.codes.schools import SCHOOLS
from shared.eventlog.port import EventLog
from shared.handling import handle, handle_many
from shared.messages import Actor, Meta

# One list, one command id: listing it again meets its own events.
LIST_OF_2021 = UUID("5f0c3e0e-6d0a-4d53-9a5e-2021093000aa")


def list_schools(log: EventLog, now: datetime) -> int:
    """List every school of the ministry's list of 2021 that is not listed yet; how many were new."""
    listed = 0
    by_province = sorted(SCHOOLS.values(), key=lambda school: (school.province, school.code5))
    for province, schools in groupby(by_province, key=lambda school: school.province):
        commands = [
            ListSchool(
                school=school.code5,
                school_id10=school.school_id10,
                name=school.name,
                province=school.province,
                authority=school.authority,
                city=school.city,
                level=school.level,
                private=school.private,
            )
            for school in schools
        ]
        command_id = uuid5(LIST_OF_2021, province)
        meta = Meta(command_id, command_id, Actor(Role.SYSTEM, "national list 2021"), now, "directory.list_school")
        before = log.heads().get(province, 0)
        outcomes = handle_many(log, SCHOOL, commands, meta, limit=len(commands))
        listed += sum(1 for each in outcomes if each.answer is not None and each.answer.position > before)
    return listed


def set_check_address(log: EventLog, address: str, now: datetime) -> bool:
    """Make an address the public check's from now on; whether it was another before."""
    command_id = uuid4()
    meta = Meta(command_id, command_id, Actor(Role.SYSTEM, "settings"), now, "directory.set_check_address")
    return handle(log, PLATFORM, SetCheckAddress(address), meta).position > 0
