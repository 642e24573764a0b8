"""Destinations through the service's own methods: who may, what is answered, what the graduate and the offices see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.registration import decider as c
from services.registration import schemas
from shared.errors import Forbidden, Refused, ServiceError, Unavailable
from shared.messages import Actor
from shared.shapes import load
from tests.integration.registration.conftest import World, by
from tests.support import registration_examples as x
from tests.support.spec import DEPARTMENT, EMPLOYER, GRADUATE, GRADUATE_ID, LANE, MINISTRY, PROVINCE, SCHOOL, SYSTEM

OTHER_DEPARTMENT = Actor("department", "elsewhere", "CN/14/10108/08")
OTHER_SCHOOL = Actor("school", "elsewhere", "CN/14/10109")
OTHER_PROVINCE = Actor("province", "elsewhere", "CN/15")
OTHER_GRADUATE = Actor("graduate", f"{LANE}-{uuid4()}")


def seen(world: World, actor: Actor = GRADUATE, graduate_id: str = GRADUATE_ID) -> dict[str, Any]:
    """A graduate's registrations, as somebody sees them."""
    query = schemas.OfGraduate(graduate_id=graduate_id)
    found: dict[str, Any] = world.service.get_registration(query, by(actor, "get_registration"))
    return found


def listed(world: World, actor: Actor, **asked: Any) -> list[dict[str, Any]]:
    """All registrations that an office is shown, page by page."""
    found: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        query = load(schemas.ListRegistrations, {"scope": actor.scope, "class_year": 2026, **asked, **after})
        page = world.service.list_registrations(query, by(actor, "list_registrations"))
        found += page["registrations"]
        if page["after"] is None:
            return found
        after = {"after": page["after"]}


def test_a_destination_from_submission_to_void_and_again(world: World) -> None:
    world.enrol(GRADUATE_ID)
    first = world.register(GRADUATE_ID)
    assert seen(world)["pending"]["registration_id"] == first
    world.review("Returned", GRADUATE_ID, "registration", first)
    (over,) = seen(world)["history"]
    assert (over["ended"], over["reason"]) == ("returned", "合同缺少盖章页")

    second = world.register(GRADUATE_ID, "801")
    world.review("Passed", GRADUATE_ID, "registration", second)
    shown = seen(world)
    assert (shown["pending"], shown["registered"]["destination"]["code"]) == (None, "801")
    void_id = world.request_void(GRADUATE_ID, second)
    assert seen(world)["void_id"] == void_id
    world.review("Returned", GRADUATE_ID, "void", void_id)
    shown = seen(world)
    assert (shown["void_id"], shown["void_returned"]) == (None, "合同缺少盖章页")
    world.review("Passed", GRADUATE_ID, "void", world.request_void(GRADUATE_ID, second))
    shown = seen(world)
    assert (shown["registered"], [each["ended"] for each in shown["history"]]) == (None, ["returned", "voided"])

    world.review("Passed", GRADUATE_ID, "registration", world.register(GRADUATE_ID, "46"))
    assert seen(world)["registered"]["destination"]["code"] == "46"


def test_every_step_is_told_with_who_did_it_when_and_why(world: World) -> None:
    world.enrol(GRADUATE_ID)
    first = world.register(GRADUATE_ID, minutes=5)
    world.review("Returned", GRADUATE_ID, "registration", first)
    submitted, returned = seen(world)["steps"]
    assert submitted == {
        "what": "registration.RegistrationSubmitted",
        "role": "graduate",
        "at": "2026-05-04T02:05:00+00:00",
        "registration_id": first,
        "reason": None,
    }
    assert (returned["role"], returned["reason"]) == ("system", "合同缺少盖章页")


def test_an_agreement_is_the_destination_until_it_is_cancelled(world: World) -> None:
    world.enrol(GRADUATE_ID)
    agreement_id = world.accept(GRADUATE_ID)
    with pytest.raises(Refused) as caught:
        world.register(GRADUATE_ID)
    assert caught.value.code == "registration.already_signed"
    world.service.react(world.conclude(GRADUATE_ID, agreement_id))
    registered = seen(world)["registered"]
    assert (registered["destination"]["code"], registered["source"]) == ("10", "agreement")
    assert registered["agreement_id"] == agreement_id
    with pytest.raises(Refused) as caught:
        world.request_void(GRADUATE_ID, registered["registration_id"])
    assert caught.value.code == "registration.cancel_agreement"
    cancelled = world.cancel(GRADUATE_ID, agreement_id)
    world.service.react(cancelled)
    shown = seen(world)
    assert (shown["registered"], shown["history"][0]["ended"]) == (None, "agreement_cancelled")
    world.service.react(cancelled)
    world.register(GRADUATE_ID)
    assert world.types(GRADUATE_ID) == ["DestinationRegistered", "DestinationReopened", "RegistrationSubmitted"]


def test_a_cancellation_told_before_its_agreement_leaves_nothing_registered(world: World) -> None:
    world.enrol(GRADUATE_ID)
    agreement_id = world.accept(GRADUATE_ID)
    concluded = world.conclude(GRADUATE_ID, agreement_id)
    world.service.react(world.cancel(GRADUATE_ID, agreement_id))
    world.service.react(concluded)
    assert seen(world)["registered"] is None
    assert world.types(GRADUATE_ID) == ["AgreementOvertaken"]


def test_an_agreement_supersedes_what_is_under_review(world: World) -> None:
    world.enrol(GRADUATE_ID)
    pending = world.register(GRADUATE_ID)
    concluded = world.conclude(GRADUATE_ID, world.accept(GRADUATE_ID))
    for _ in range(2):
        world.service.react(concluded)
    world.review("Passed", GRADUATE_ID, "registration", pending)
    assert world.types(GRADUATE_ID) == ["RegistrationSubmitted", "RegistrationSuperseded", "DestinationRegistered"]


def test_only_the_graduate_registers_withdraws_and_asks_to_void(world: World) -> None:
    world.enrol(GRADUATE_ID)
    pending = world.register(GRADUATE_ID)
    for actor in (OTHER_GRADUATE, EMPLOYER, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY, SYSTEM):
        with pytest.raises(Forbidden):
            world.service.register_destination(x.REGISTER, by(actor, "register_destination"))
        with pytest.raises(Forbidden):
            world.service.withdraw_registration(
                c.WithdrawRegistration(GRADUATE_ID, pending), by(actor, "withdraw_registration")
            )
        with pytest.raises(Forbidden):
            world.service.request_void(c.RequestVoid(GRADUATE_ID, pending, "-"), by(actor, "request_void"))
    assert world.types(GRADUATE_ID) == ["RegistrationSubmitted"]


def test_a_repeated_command_is_answered_as_it_was_the_first_time(world: World) -> None:
    world.enrol(GRADUATE_ID)
    registering = by(GRADUATE, "register_destination")
    answer = world.service.register_destination(x.REGISTER, registering)
    pending = seen(world)["pending"]["registration_id"]
    withdraw, withdrawing = c.WithdrawRegistration(GRADUATE_ID, pending), by(GRADUATE, "withdraw_registration")
    withdrawn = world.service.withdraw_registration(withdraw, withdrawing)
    assert world.service.register_destination(x.REGISTER, registering) == answer
    assert world.service.withdraw_registration(withdraw, withdrawing) == withdrawn
    # Asked for anew, what is withdrawn already is left as it is.
    again = world.service.withdraw_registration(withdraw, by(GRADUATE, "withdraw_registration"))
    assert (again.version, again.position) == (2, 0)
    assert world.types(GRADUATE_ID) == ["RegistrationSubmitted", "RegistrationWithdrawn"]


def test_a_code_that_does_not_fit_its_check_character_is_told_to_graduate_and_school(world: World) -> None:
    world.enrol(GRADUATE_ID)
    odd = replace(x.REGISTER, destination=replace(x.CONTRACT, uscc="91350203M0001QKT19"))
    answer = world.service.register_destination(odd, by(GRADUATE, "register_destination"))
    (warning,) = answer.to_json()["warnings"]
    assert (warning["field"], warning["code"]) == ("destination.uscc", "uscc.check")
    shown = seen(world)
    assert shown["warnings"] == [warning]
    assert shown["pending"]["min_chain"] == ["school"]


def test_of_two_registrations_at_the_same_time_one_is_under_review(world: World) -> None:
    world.enrol(GRADUATE_ID)

    def register(code: str) -> str:
        try:
            world.register(GRADUATE_ID, code)
        except ServiceError as error:
            return error.code
        return "submitted"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(register, ("11", "801"))) == ["registration.in_review", "submitted"]


def test_who_is_on_no_roster_registers_nothing(world: World) -> None:
    with pytest.raises(ServiceError) as caught:
        world.register(GRADUATE_ID)
    assert caught.value.code == "registration.graduate_not_found"


def test_the_graduate_and_the_offices_above_see_the_registrations(world: World) -> None:
    world.enrol(GRADUATE_ID)
    pending = world.register(GRADUATE_ID)
    for actor in (GRADUATE, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY):
        assert seen(world, actor)["pending"]["registration_id"] == pending
    for actor in (OTHER_GRADUATE, OTHER_DEPARTMENT, OTHER_SCHOOL, OTHER_PROVINCE, EMPLOYER):
        with pytest.raises(Forbidden):
            seen(world, actor)


def test_an_office_pages_through_its_own_scope_department_by_department(world: World) -> None:
    graduates = {
        department: [world.enrol(department=department) for _ in range(3)] for department in ("09", "07", "08")
    }
    elsewhere = [world.enrol(school="10109"), world.enrol(f"15-{uuid4()}", school="10126")]
    made = {each: world.register(each) for own in (*graduates.values(), elsewhere) for each in own}
    world.follow()
    expected = [each for own in ("07", "08", "09") for each in sorted(made[graduate] for graduate in graduates[own])]
    for limit in (1, 2, 4, 100):
        assert [row["registration_id"] for row in listed(world, SCHOOL, limit=limit)] == expected
    assert [row["registration_id"] for row in listed(world, DEPARTMENT)] == expected[:3]
    assert len(listed(world, PROVINCE, limit=3)) == 10
    assert len(listed(world, MINISTRY, limit=3)) == 11
    assert listed(world, SCHOOL, class_year=2025) == []


def test_a_list_is_narrowed_by_category_and_state(world: World) -> None:
    codes = ("11", "11", "801", "70")
    made = [(graduate, world.register(graduate, code)) for code in codes for graduate in [world.enrol()]]
    world.review("Passed", made[1][0], "registration", made[1][1])
    world.review("Returned", made[2][0], "registration", made[2][1])
    world.follow()

    def found(**asked: Any) -> set[str]:
        return {row["registration_id"] for row in listed(world, SCHOOL, **asked)}

    assert found(code="11") == {made[0][1], made[1][1]}
    assert found(state="pending") == {made[0][1], made[3][1]}
    assert found(state="registered", code="11") == {made[1][1]}
    (row,) = listed(world, SCHOOL, state="ended")
    assert (row["registration_id"], row["ended"], row["reason"]) == (made[2][1], "returned", "合同缺少盖章页")


@pytest.mark.parametrize(
    ("actor", "scope"),
    [
        (DEPARTMENT, OTHER_DEPARTMENT.scope),
        (DEPARTMENT, SCHOOL.scope),
        (SCHOOL, OTHER_SCHOOL.scope),
        (PROVINCE, OTHER_PROVINCE.scope),
        (PROVINCE, MINISTRY.scope),
        (GRADUATE, DEPARTMENT.scope),
        (EMPLOYER, DEPARTMENT.scope),
    ],
)
def test_nobody_lists_a_foreign_scope(world: World, actor: Actor, scope: str) -> None:
    with pytest.raises(Forbidden):
        listed(world, actor, scope=scope)


def test_a_list_that_is_behind_says_so(world: World) -> None:
    with pytest.raises(Unavailable) as caught:
        listed(world, SCHOOL, at_least={LANE: 99})
    assert caught.value.code == "projection.behind"
