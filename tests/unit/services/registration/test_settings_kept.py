"""A registration keeps the settings that it was made under, as an agreement does: none is retroactive (DOMAIN 1.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registration import decider as c
from services.registration import events as e
from services.registration.decider import HANDLING
from services.registration.facts import Facts, Settings
from shared.clock import FixedClock
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Write
from shared.handling import handle
from shared.messages import NewEvent, Recorded
from tests.support import registration_examples as x
from tests.support.spec import COMMAND_ID, GRADUATE, GRADUATE_ID, LANE, NOW, SYSTEM, given, meta

UNDER: dict[str, Any] = {"province_version": 1, "school_version": 1}
ROSTER = {"province": "14", "school": "10108", "department": "07", "class_year": 2026, "training": "1"}
EARLIER = {"class_year": 2026, "change_deadline": "2026-12-31", "evidence_required": False, "reopened_days": 90}
LATER = {"class_year": 2026, "change_deadline": "2026-05-01", "evidence_required": True, "reopened_days": 0}

FILED = replace(x.FILED, **UNDER)
SUBMITTED = replace(x.SUBMITTED, **UNDER)
REGISTERED = replace(x.REGISTERED, **UNDER)
FROM_AGREEMENT = replace(x.FROM_AGREEMENT, province_version=1)
VOID_REQUESTED = replace(x.VOID_REQUESTED, **UNDER)
ABOUT_IT: tuple[tuple[Any, Any], ...] = (
    (FILED, c.ConfirmFiling(GRADUATE_ID, x.FILED.filing_id)),
    (SUBMITTED, x.FAIL),
    (REGISTERED, x.REQUEST_VOID),
    (VOID_REQUESTED, x.PASS_VOID),
    (FROM_AGREEMENT, x.CANCEL),
)
EACH = pytest.mark.parametrize(("begun", "command"), ABOUT_IT)


def history(stream: str, told: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Recorded]:
    ids = (COMMAND_ID, COMMAND_ID, COMMAND_ID)
    return [
        Recorded(LANE, version, stream, version, NOW, NewEvent(kind, 1, dict(data), *ids, None, SYSTEM, NOW))
        for version, (kind, data) in enumerate(told, 1)
    ]


def facts_about(command: Any, *past: Any) -> Facts:
    """The facts of a command after two settings of the province and of the school, and these events of the graduate's."""
    encoded = [HANDLING.codec.encode(event) for event in past]
    settings_of_school = ("directory.SchoolSettingsChanged", {"class_year": 2026})
    streams = {
        f"registration-{GRADUATE_ID}": history("registration", [(kind, data) for kind, _, data in encoded]),
        f"graduate-{GRADUATE_ID}": history("graduate", [("directory.GraduateEnrolled", ROSTER)]),
        f"basic_data-{GRADUATE_ID}": history("basic_data", [("directory.BasicDataConfirmed", {"entry": 1})]),
        f"province-{LANE}": history("province", [("directory.ProvinceSettingsChanged", s) for s in (EARLIER, LATER)]),
        "school-14-10108": history("school", [settings_of_school, settings_of_school]),
    }
    facts: Facts = HANDLING.facts(command, streams)
    return facts


@EACH
def test_whatever_is_decided_about_a_registration_goes_by_the_settings_it_was_made_under(
    begun: Any, command: Any
) -> None:
    settings = facts_about(command, begun).settings
    assert (settings.change_deadline, settings.evidence_required) == (date(2026, 12, 31), False)
    assert settings.reopened_days == 90


@EACH
def test_a_registration_from_before_versions_were_kept_goes_by_the_settings_of_the_day(
    begun: Any, command: Any
) -> None:
    old = replace(begun, province_version=None, school_version=None)
    assert facts_about(command, old).settings.reopened_days == 0


def test_a_registration_made_before_anything_was_set_keeps_the_defaults() -> None:
    unset = replace(SUBMITTED, province_version=0, school_version=0)
    assert facts_about(x.FAIL, unset).settings == Settings()


@pytest.mark.parametrize(
    "command", [x.REGISTER, c.FileDestination(GRADUATE_ID, x.CONTRACT), x.IMPORT, x.CONCLUDE], ids=lambda it: type(it).__name__
)  # fmt: skip
def test_what_is_made_today_is_made_under_the_settings_of_today(command: Any) -> None:
    facts = facts_about(command, SUBMITTED, FROM_AGREEMENT)
    assert facts.settings.reopened_days == 0
    assert (facts.province_version, facts.school_version) == (2, 2)


FACTS = replace(x.FACTS, province_version=4, school_version=2)
OF_TODAY: dict[str, Any] = {"province_version": 4, "school_version": 2}


def test_a_new_registration_says_which_settings_those_are() -> None:
    given(HANDLING, facts=FACTS).when(x.REGISTER).then(replace(x.SUBMITTED, **OF_TODAY))
    given(HANDLING, facts=FACTS).when(x.IMPORT).then(replace(x.IMPORTED, **OF_TODAY))
    given(HANDLING, facts=FACTS).when(x.CONCLUDE).then(replace(x.FROM_AGREEMENT, province_version=4))
    (filed,) = given(HANDLING, facts=FACTS).when(c.FileDestination(GRADUATE_ID, x.CONTRACT)).events
    assert (filed.province_version, filed.school_version) == (4, 2)


def test_it_keeps_them_from_step_to_step() -> None:
    (submitted,) = given(HANDLING, FILED, facts=FACTS).when(c.ConfirmFiling(GRADUATE_ID, FILED.filing_id)).events
    assert (submitted.province_version, submitted.school_version) == (1, 1)
    given(HANDLING, SUBMITTED, facts=FACTS).when(x.PASS).then(REGISTERED)
    given(HANDLING, REGISTERED, facts=FACTS).when(x.REQUEST_VOID).then(VOID_REQUESTED)


def test_a_deadline_that_was_moved_closes_no_registration_made_before() -> None:
    log = MemoryLog(FixedClock(NOW))
    tell(log, f"graduate-{GRADUATE_ID}", "directory.GraduateEnrolled", ROSTER)
    tell(log, f"basic_data-{GRADUATE_ID}", "directory.BasicDataConfirmed", {"entry": 1})
    tell(log, f"province-{LANE}", "directory.ProvinceSettingsChanged", EARLIER)
    handle(log, HANDLING, x.REGISTER, meta(GRADUATE, action="registration.register_destination"))
    handle(log, HANDLING, x.PASS, meta(number=2, action="registration.pass_review"))
    tell(log, f"province-{LANE}", "directory.ProvinceSettingsChanged", LATER)
    later = meta(GRADUATE, after=timedelta(days=1), number=3, action="registration.request_void")
    handle(log, HANDLING, x.REQUEST_VOID, later)
    told = log.read([f"registration-{GRADUATE_ID}"])[f"registration-{GRADUATE_ID}"]
    assert told[-1].type == e.VoidRequested.TYPE
    # The school's stream holds nothing here, and that is said as well.
    assert [(each.data["province_version"], each.data["school_version"]) for each in told] == [(1, 0)] * 3


def tell(log: MemoryLog, stream: str, kind: str, data: Mapping[str, Any]) -> None:
    """Publish an event of another context."""
    event = NewEvent(kind, 1, dict(data), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    log.append(LANE, Write(stream, len(log.read([stream])[stream]), [event]))
