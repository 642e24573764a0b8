"""A graduate's own registrations, names in the lists of offices, what may still be confirmed, and pay in yuan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.registration import decider as c
from services.registration import schemas
from shared.errors import Forbidden, Refused
from shared.messages import Actor
from tests.integration.registration.conftest import World, by
from tests.support import registration_examples as x
from tests.support.spec import DEPARTMENT, EMPLOYER, GRADUATE, GRADUATE_ID, MINISTRY, SCHOOL

OF_GRADUATE = schemas.OfGraduate(graduate_id=GRADUATE_ID)
# From May, when the specs begin, to after the last day of the class, 31 December.
JANUARY = 245 * 24 * 60


def filed(world: World) -> str:
    command = c.FileDestination(GRADUATE_ID, x.complete("11"))
    answer = world.service.file_destination(command, by(DEPARTMENT, "file_destination"))
    again = world.service.file_destination(command, by(DEPARTMENT, "file_destination"))
    assert (again.position, again.made) == (0, answer.made)
    return str(answer.made["filing_id"])


def cases(world: World, minutes: int = 0, **asked: Any) -> Any:
    query = replace(OF_GRADUATE, **asked)
    return world.service.list_own_cases(query, by(GRADUATE, "list_own_cases", minutes))


def test_what_an_office_filled_in_waits_for_the_graduate_until_the_last_day_and_no_longer(world: World) -> None:
    world.enrol(GRADUATE_ID)
    filing_id = filed(world)
    (case,) = cases(world)["cases"]
    assert (case["what"], case["id"], case["state"]) == ("filing", filing_id, "filed")
    assert (case["waiting_for"], case["until"]) == ("graduate", "2026-12-31")
    shown = world.service.get_registration(OF_GRADUATE, by(GRADUATE, "get_registration"))
    assert (shown["filing_open"], shown["register_until"]) == (True, "2026-12-31")
    (case,) = cases(world, JANUARY)["cases"]
    assert (case["state"], case["waiting_for"], case["until"]) == ("late", None, None)
    assert not world.service.get_registration(OF_GRADUATE, by(GRADUATE, "get_registration", JANUARY))["filing_open"]
    with pytest.raises(Refused) as caught:
        world.service.confirm_filing(c.ConfirmFiling(GRADUATE_ID, filing_id), by(GRADUATE, "confirm_filing", JANUARY))
    assert caught.value.code == "registration.registering_over"


def test_a_graduate_lists_its_own_registrations_page_by_page_with_who_must_act(world: World) -> None:
    world.enrol(GRADUATE_ID)
    first = world.register(GRADUATE_ID)
    world.review("Returned", GRADUATE_ID, "registration", first)
    second = world.register(GRADUATE_ID)
    shown = cases(world)
    assert [(each["id"], each["state"], each["waiting_for"], each["reason"]) for each in shown["cases"]] == [
        (second, "pending", "review", None),
        (first, "returned", None, "合同缺少盖章页"),
    ]
    assert (shown["total"], shown["register_until"]) == (2, "2026-12-31")
    page = cases(world, limit=1)
    rest = cases(world, limit=1, after=page["after"])
    assert [each["id"] for each in (*page["cases"], *rest["cases"])] == [second, first]
    assert cases(world, limit=1, after=rest["after"])["cases"] == []
    for actor in (Actor("graduate", world.enrol()), EMPLOYER, SCHOOL, MINISTRY):
        with pytest.raises(Forbidden):
            world.service.list_own_cases(OF_GRADUATE, by(actor, "list_own_cases"))


def test_offices_read_names_and_the_graduate_needs_none(world: World) -> None:
    world.register(world.enrol(GRADUATE_ID))
    world.follow()
    query = schemas.InScope(scope=SCHOOL.scope, class_year=2026, code=None, state=None)
    (row,) = world.service.list_registrations(query, by(SCHOOL, "list_registrations"))["registrations"]
    assert (row["graduate_id"], row["graduate_name"]) == (GRADUATE_ID, "李雷")
    shown = world.service.get_registration(OF_GRADUATE, by(SCHOOL, "get_registration"))
    assert shown["graduate_name"] == "李雷"
    assert "graduate_name" not in world.service.get_registration(OF_GRADUATE, by(GRADUATE, "get_registration"))


def test_pay_by_the_hour_is_shown_in_yuan_and_kept_in_fen(world: World) -> None:
    world.enrol(GRADUATE_ID)
    by_hour = replace(x.complete("12"), monthly_salary=None, hourly_pay=2550)
    command = c.RegisterDestination(GRADUATE_ID, by_hour)
    world.service.register_destination(command, by(GRADUATE, "register_destination"))
    shown = world.service.get_registration(OF_GRADUATE, by(GRADUATE, "get_registration"))
    assert shown["pending"]["destination"]["hourly_pay"] == "25.50"
    (submitted,) = world.log.read([f"registration-{GRADUATE_ID}"])[f"registration-{GRADUATE_ID}"]
    assert submitted.data["destination"]["hourly_pay"] == 2550
