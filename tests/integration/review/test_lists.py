"""What reviewers and graduates see in lists of cases: people, units, what is late now, and their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.directory.personal import destroy_keys
from services.review import decider as c
from services.review import schemas
from shared.codec import to_json
from shared.errors import Forbidden, Refused
from shared.messages import Actor
from shared.sealing import sealed_words
from shared.shapes import load
from tests.integration.review.conftest import World, by
from tests.support import examples as x
from tests.support.spec import DEPARTMENT, EMPLOYER, GRADUATE_ID, LANE, MINISTRY, NOW, PROVINCE, SCHOOL

FIVE_DAYS = 5 * 24 * 60


def queue(world: World, actor: Actor, minutes: int = 0, **asked: Any) -> dict[str, Any]:
    query = load(schemas.ListQueue, asked)
    shown: dict[str, Any] = world.service.list_queue(query, by(actor, "list_queue", minutes))
    return shown


def accepted(world: World, remarks: str | None = None) -> None:
    """An offer to a graduate who is on the roster, accepted and told to the service; `remarks` are sealed."""
    with world.engine.begin() as connection:
        envelope = world.personal.seal_many(connection, {GRADUATE_ID: {"name": "李雷"}})[GRADUATE_ID]
        key = world.personal.keys_of(connection, [GRADUATE_ID])[GRADUATE_ID]
    roster = {"graduate_id": GRADUATE_ID, "personal": envelope}
    world.tell(f"graduate-{GRADUATE_ID}", "directory.GraduateEnrolled", roster)
    stream = f"agreement-{GRADUATE_ID}"
    assert key is not None
    sealed = None if remarks is None else sealed_words(key, GRADUATE_ID, remarks)
    world.tell(stream, x.OFFER_SENT.TYPE, to_json(replace(x.OFFER_SENT, remarks=sealed)))
    world.service.react(world.tell(stream, x.ACCEPTED.TYPE, to_json(x.ACCEPTED)))
    world.follow()


@pytest.mark.parametrize("actor", [DEPARTMENT, SCHOOL, PROVINCE, MINISTRY], ids=lambda actor: str(actor.role))
def test_a_reviewer_sees_name_unit_and_terms_of_each_case(world: World, actor: Actor) -> None:
    accepted(world)
    (case,) = queue(world, actor)["cases"]
    assert (case["graduate_name"], case["subject"]["unit_name"]) == ("李雷", x.OFFER_SENT.employer_name)
    terms = case["subject"]["terms"]
    assert (terms["job_title"], terms["monthly_salary"]) == (x.OFFER_SENT.job_title, x.OFFER_SENT.monthly_salary)
    query = schemas.OfCase(case_id=case["case_id"])
    shown = world.service.get_review(query, by(actor, "get_review"))
    assert (shown["graduate_name"], shown["subject"]) == ("李雷", case["subject"])
    own = world.service.get_review(query, by(Actor("graduate", GRADUATE_ID), "get_review"))
    assert own["subject"] == case["subject"]


def test_a_reviewer_reads_what_was_sealed_until_the_graduate_is_erased(world: World) -> None:
    accepted(world, "入职前完成体检，联系王老师")
    (case,) = queue(world, SCHOOL)["cases"]
    assert case["subject"]["terms"]["remarks"] == "入职前完成体检，联系王老师"
    with world.engine.begin() as connection:
        destroy_keys(connection, [GRADUATE_ID])
    (case,) = queue(world, SCHOOL)["cases"]
    assert case["subject"]["terms"]["remarks"] is None


def test_a_late_step_is_late_and_the_office_above_may_act_before_any_sweep(world: World) -> None:
    case_id, other = world.open(), world.open(minutes=60)
    world.follow()

    def escalated(minutes: int, wanted: bool) -> list[str]:
        shown = queue(world, SCHOOL, minutes, step="department", escalated=wanted)
        assert shown["total"] == len(shown["cases"])
        assert all(case["escalated"] == wanted for case in shown["cases"])
        return [case["case_id"] for case in shown["cases"]]

    assert (escalated(FIVE_DAYS - 1, True), escalated(FIVE_DAYS, True)) == ([], [case_id])
    assert escalated(FIVE_DAYS, False) == [other]
    with pytest.raises(Refused) as caught:
        world.service.approve_review(c.ApproveReview(case_id), by(SCHOOL, "approve_review", FIVE_DAYS - 1))
    assert caught.value.code == "review.not_your_step"
    query = schemas.OfCase(case_id=case_id)
    assert world.service.get_review(query, by(SCHOOL, "get_review", FIVE_DAYS))["escalated"]
    world.service.approve_review(c.ApproveReview(case_id), by(SCHOOL, "approve_review", FIVE_DAYS))
    shown = world.service.get_review(query, by(SCHOOL, "get_review", FIVE_DAYS))
    assert (shown["waiting_for"], shown["escalated"]) == ("school", False)
    assert shown["due_at"] == (NOW + timedelta(days=10)).isoformat()


def test_a_graduate_lists_its_own_cases_page_by_page_with_who_must_act_until_when(world: World) -> None:
    cases = [world.open(minutes=minute) for minute in range(3)]
    (opened,) = world.log.read([f"review-{cases[0]}"])[f"review-{cases[0]}"]
    graduate_id = opened.data["graduate_id"]
    more = []
    for minute in (5, 6):
        data = {"registration_id": f"{LANE}-{uuid4()}", "graduate_id": graduate_id, "scope": opened.data["scope"]}
        told = {**data, "class_year": 2026, "destination": {"code": "11"}}
        event = world.tell(
            f"registration-{graduate_id}",
            "registration.RegistrationSubmitted",
            told,
            NOW + timedelta(minutes=minute),
        )
        world.service.react(event)
        more.append(c.case_of("registration", data["registration_id"]))
    world.service.return_review(c.ReturnReview(more[0], "合同缺少盖章页"), by(DEPARTMENT, "return_review"))
    world.follow()
    own = Actor("graduate", graduate_id)

    def listed(actor: Actor = own, **asked: Any) -> Any:
        query = load(schemas.ListOwnCases, {"graduate_id": graduate_id, **asked})
        return world.service.list_own_cases(query, by(actor, "list_own_cases"))

    shown = listed()
    assert ({case["case_id"] for case in shown["cases"]}, shown["total"]) == ({cases[0], *more}, 3)
    by_id = {case["case_id"]: case for case in shown["cases"]}
    waiting, returned = by_id[cases[0]], by_id[more[0]]
    assert (waiting["waiting_for"], waiting["until"]) == ("department", (NOW + timedelta(days=5)).isoformat())
    assert (returned["state"], returned["reason"], returned["waiting_for"], returned["until"]) == (
        "returned",
        "合同缺少盖章页",
        None,
        None,
    )
    assert (waiting["subject"]["unit_name"], listed(state="returned")["total"]) == ("晋阳机械（集团）有限公司", 1)
    found, after = [], None
    while True:
        page = listed(limit=1, **({} if after is None else {"after": after}))
        found += [case["case_id"] for case in page["cases"]]
        if (after := page["after"]) is None:
            break
    assert sorted(found) == sorted(by_id)
    for stranger in (Actor("graduate", GRADUATE_ID), EMPLOYER, SCHOOL, MINISTRY):
        with pytest.raises(Forbidden):
            listed(stranger)
