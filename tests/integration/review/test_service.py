"""Cases through the service's own methods: who may act, what is answered, what the queues show."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from services.review import decider as c
from services.review import schemas
from services.review.decider import case_of
from shared.codes.uscc import employer_id_of, make_uscc
from shared.errors import Forbidden, Invalid, Refused, ServiceError, Unavailable
from shared.handling import BULK_LIMIT
from shared.messages import Actor
from shared.shapes import load
from tests.integration.review.conftest import World, by
from tests.support.spec import DEPARTMENT, EMPLOYER, GRADUATE, LANE, MINISTRY, PROVINCE, SCHOOL, SCOPE

OTHER_DEPARTMENT = Actor("department", "elsewhere", "CN/14/10108/08")
OTHER_SCHOOL = Actor("school", "elsewhere", "CN/14/10109")
OTHER_PROVINCE = Actor("province", "elsewhere", "CN/15")
LONGER_NAMED = Actor("school", "elsewhere", "CN/14/1010")
STRANGERS = (OTHER_DEPARTMENT, OTHER_SCHOOL, OTHER_PROVINCE, LONGER_NAMED, GRADUATE, EMPLOYER)


def approve(world: World, case_id: str, actor: Actor, minutes: int = 0) -> None:
    world.service.approve_review(c.ApproveReview(case_id), by(actor, "approve_review", minutes))


def queue(world: World, actor: Actor, **asked: Any) -> dict[str, Any]:
    """What an office is shown."""
    shown: dict[str, Any] = world.service.list_queue(load(schemas.ListQueue, asked), by(actor, "list_queue"))
    return shown


def ids(shown: dict[str, Any]) -> list[str]:
    return [case["case_id"] for case in shown["cases"]]


def paged(world: World, actor: Actor, **asked: Any) -> list[str]:
    """All of a queue, page by page."""
    shown = queue(world, actor, **asked)
    found = ids(shown)
    while shown["after"] is not None:
        shown = queue(world, actor, **asked, after=shown["after"])
        found += ids(shown)
    return found


def test_reviewers_see_that_a_unit_was_suspended_and_approve_with_a_reason(world: World) -> None:
    uscc = make_uscc("91", "140105", "12345678")
    case_id = world.open(destination={"code": "11", "unit_name": "晋阳机械（集团）有限公司", "uscc": uscc})
    suspended = {"employer_id": employer_id_of(uscc), "reason": "虚假招聘"}
    world.tell(f"employer-{employer_id_of(uscc)}", "directory.EmployerSuspended", suspended)
    world.follow()
    (row,) = queue(world, DEPARTMENT)["cases"]
    shown = world.service.get_review(schemas.OfCase(case_id=case_id), by(DEPARTMENT, "get_review"))
    for seen in (row, shown):
        assert (seen["unit_standing"]["state"], seen["unit_standing"]["reason"]) == ("suspended", "虚假招聘")
    with pytest.raises(Refused) as caught:
        approve(world, case_id, DEPARTMENT)
    assert caught.value.code == "review.unit_suspended"
    explained = c.ApproveReview(case_id, "已核实，合同真实")
    world.service.approve_review(explained, by(DEPARTMENT, "approve_review"))
    assert world.types(case_id) == ["ReviewOpened", "StepApproved"]


def test_a_correction_of_who_caused_a_cancellation_is_kept_with_who_made_it(world: World) -> None:
    case_id = world.open("cancellation")
    correction = c.ApproveReview(case_id, "单位函件", "employer", "promise_broken")
    world.service.approve_review(correction, by(SCHOOL, "approve_review"))
    shown = world.service.get_review(schemas.OfCase(case_id=case_id), by(SCHOOL, "get_review"))
    (step,) = [each for each in shown["steps"] if each["what"] == "review.StepApproved"]
    assert (step["role"], step["caused_by"], step["reason_code"]) == ("school", "employer", "promise_broken")
    assert shown["state"] == "passed"


def test_a_case_goes_from_department_to_school_and_passes(world: World) -> None:
    case_id = world.open()
    with pytest.raises(Refused) as caught:
        approve(world, case_id, SCHOOL)
    assert caught.value.code == "review.not_your_step"
    approve(world, case_id, DEPARTMENT)
    approve(world, case_id, SCHOOL)
    assert world.types(case_id) == ["ReviewOpened", "StepApproved", "StepApproved", "ReviewPassed"]
    shown = world.service.get_review(schemas.OfCase(case_id=case_id), by(SCHOOL, "get_review"))
    assert (shown["state"], shown["waiting_for"]) == ("passed", None)
    assert [(step["role"], step["step"]) for step in shown["steps"]] == [
        ("system", None),
        ("department", "department"),
        ("school", "school"),
        ("school", None),
    ]


def test_chains_come_from_school_and_province(world: World) -> None:
    world.set_province("department", "school", "province", cancellation=[])
    by_province = world.open()
    cancelling = world.open("cancellation")
    world.set_school("school")
    by_school = world.open()
    for actor in (DEPARTMENT, SCHOOL, PROVINCE):
        approve(world, by_province, actor)
    for actor in (SCHOOL, PROVINCE):
        approve(world, by_school, actor)
    for case_id in (by_province, by_school):
        assert world.types(case_id)[-1] == "ReviewPassed"
    assert world.types(cancelling) == ["ReviewOpened", "ReviewPassed"]


def test_a_case_is_opened_by_the_settings_that_its_agreement_was_made_under(world: World) -> None:
    world.set_province("school", cancellation=[])
    world.set_school("department")
    world.set_province("school", "province", cancellation=["school"])
    world.set_school("school")
    made_then: dict[str, Any] = {"province_version": 1, "school_version": 1}
    then, now = world.open("agreement", **made_then), world.open("agreement")
    approve(world, then, DEPARTMENT)
    assert world.types(then)[-1] == "ReviewPassed"
    for actor in (SCHOOL, PROVINCE):
        approve(world, now, actor)
    assert world.types(now)[-1] == "ReviewPassed"
    assert world.types(world.open("cancellation", **made_then)) == ["ReviewOpened", "ReviewPassed"]
    assert world.types(world.open("cancellation")) == ["ReviewOpened"]


def test_a_returned_case_says_why_and_stays_returned(world: World) -> None:
    case_id = world.open()
    world.service.return_review(c.ReturnReview(case_id, "合同缺少盖章页"), by(DEPARTMENT, "return_review"))
    with pytest.raises(Refused) as caught:
        approve(world, case_id, DEPARTMENT)
    assert caught.value.code == "review.already_decided"
    shown = world.service.get_review(schemas.OfCase(case_id=case_id), by(DEPARTMENT, "get_review"))
    assert (shown["state"], shown["steps"][-1]["reason"]) == ("returned", "合同缺少盖章页")
    world.follow()
    (row,) = queue(world, DEPARTMENT, state="returned")["cases"]
    assert (row["case_id"], row["reason"]) == (case_id, "合同缺少盖章页")


@pytest.mark.parametrize("actor", STRANGERS, ids=lambda actor: f"{actor.role} {actor.scope}")
def test_nobody_acts_or_looks_outside_the_own_scope(world: World, actor: Actor) -> None:
    case_id = world.open()
    with pytest.raises(Forbidden):
        approve(world, case_id, actor)
    with pytest.raises(Forbidden):
        world.service.return_review(c.ReturnReview(case_id, "-"), by(actor, "return_review"))
    for outcome in (
        *world.service.approve_reviews([c.ApproveReview(case_id)], by(actor, "approve_reviews")),
        *world.service.return_reviews([c.ReturnReview(case_id, "-")], by(actor, "return_reviews")),
    ):
        assert isinstance(outcome.error, Forbidden)
    with pytest.raises(Forbidden):
        world.service.get_review(schemas.OfCase(case_id=case_id), by(actor, "get_review"))
    with pytest.raises(Forbidden):
        queue(world, actor, scope=SCOPE)
    assert world.types(case_id) == ["ReviewOpened"]


@pytest.mark.parametrize("actor", [DEPARTMENT, SCHOOL, PROVINCE, MINISTRY], ids=lambda actor: str(actor.role))
def test_a_case_that_nobody_opened_is_nobodys(world: World, actor: Actor) -> None:
    unknown = f"{LANE}-{uuid4()}"
    with pytest.raises(Forbidden):
        approve(world, unknown, actor)
    with pytest.raises(Forbidden):
        world.service.get_review(schemas.OfCase(case_id=unknown), by(actor, "get_review"))


def test_the_ministry_looks_and_does_not_decide(world: World) -> None:
    case_id = world.open()
    with pytest.raises(Refused) as caught:
        approve(world, case_id, MINISTRY)
    assert caught.value.code == "review.not_your_step"
    assert world.service.get_review(schemas.OfCase(case_id=case_id), by(MINISTRY, "get_review"))["state"] == "waiting"


def test_a_graduate_sees_the_own_case_only(world: World) -> None:
    case_id = world.open()
    (opened,) = world.log.read([f"review-{case_id}"])[f"review-{case_id}"]
    own = Actor("graduate", opened.data["graduate_id"])
    shown = world.service.get_review(schemas.OfCase(case_id=case_id), by(own, "get_review"))
    assert (shown["waiting_for"], len(shown["steps"])) == ("department", 1)
    with pytest.raises(Forbidden):
        queue(world, own, scope=SCOPE)


def test_many_are_approved_at_once_and_a_refused_one_harms_no_other(world: World) -> None:
    mine = [world.open() for _ in range(4)]
    foreign = world.open(scope=OTHER_DEPARTMENT.scope)
    approve(world, mine[1], DEPARTMENT)
    wanted = [mine[0], mine[1], foreign, mine[2], f"{LANE}-{uuid4()}", mine[3], mine[3]]
    meta = by(DEPARTMENT, "approve_reviews")
    outcomes = world.service.approve_reviews([c.ApproveReview(each) for each in wanted], meta)
    assert [each.index for each in outcomes] == list(range(7))
    assert [each.error.code if each.error else "approved" for each in outcomes] == [
        "approved",
        "review.not_your_step",
        "access.denied",
        "approved",
        "access.denied",
        "approved",
        "review.not_your_step",
    ]
    for case_id in mine:
        assert world.types(case_id) == ["ReviewOpened", "StepApproved"]
    assert world.types(foreign) == ["ReviewOpened"]
    heads = world.log.heads()
    again = world.service.approve_reviews([c.ApproveReview(each) for each in wanted], meta)
    assert [each.to_json() for each in again] == [each.to_json() for each in outcomes]
    assert world.log.heads() == heads


def test_many_are_returned_at_once_each_with_its_reason(world: World) -> None:
    cases = [world.open() for _ in range(3)]
    approve(world, cases[1], DEPARTMENT)
    wanted = [c.ReturnReview(case_id, f"第 {number} 份材料不全") for number, case_id in enumerate(cases)]
    outcomes = world.service.return_reviews(wanted, by(DEPARTMENT, "return_reviews"))
    assert [each.error.code if each.error else "returned" for each in outcomes] == [
        "returned",
        "review.not_your_step",
        "returned",
    ]
    world.follow()
    shown = queue(world, DEPARTMENT, state="returned")["cases"]
    assert {case["reason"] for case in shown} == {"第 0 份材料不全", "第 2 份材料不全"}


def test_a_thousand_are_decided_in_one_message_and_one_more_is_refused(world: World) -> None:
    cases = [world.open() for _ in range(BULK_LIMIT)]
    wanted = [c.ApproveReview(case_id) for case_id in cases]
    with pytest.raises(Invalid) as caught:
        world.service.approve_reviews([*wanted, wanted[0]], by(DEPARTMENT, "approve_reviews"))
    assert (caught.value.code, caught.value.field) == ("bulk.too_many", "items")
    assert world.types(cases[0]) == ["ReviewOpened"]
    outcomes = world.service.approve_reviews(wanted, by(DEPARTMENT, "approve_reviews"))
    assert [each.answer.version if each.answer else each.error for each in outcomes] == [2] * BULK_LIMIT
    world.follow()
    assert queue(world, DEPARTMENT, step="department")["total"] == 0
    assert queue(world, SCHOOL, step="school")["total"] == BULK_LIMIT
    assert len(set(paged(world, SCHOOL, step="school", limit=200))) == BULK_LIMIT


def test_an_event_delivered_twice_opens_one_case(world: World) -> None:
    subject_id, graduate_id = f"{LANE}-{uuid4()}", f"{LANE}-{uuid4()}"
    data = {"registration_id": subject_id, "graduate_id": graduate_id, "scope": SCOPE, "class_year": 2026}
    data["destination"] = {"code": "70", "intention": "job_seeking"}
    submitted = world.tell(f"registration-{graduate_id}", "registration.RegistrationSubmitted", data)
    world.service.react(submitted)
    world.service.react(submitted)
    assert world.types(case_of("registration", subject_id)) == ["ReviewOpened"]


def test_what_was_withdrawn_leaves_the_queue_in_whatever_order_it_is_told(world: World) -> None:
    for order in ((0, 1), (1, 0)):
        subject_id, graduate_id = f"{LANE}-{uuid4()}", f"{LANE}-{uuid4()}"
        data = {
            "registration_id": subject_id,
            "graduate_id": graduate_id,
            "scope": SCOPE,
            "class_year": 2026,
            "destination": {"code": "11"},
        }
        told = [
            world.tell(f"registration-{graduate_id}", f"registration.Registration{what}", data)
            for what in ("Submitted", "Withdrawn")
        ]
        for index in order:
            world.service.react(told[index])
        assert world.types(case_of("registration", subject_id))[-1] == "ReviewClosed"
    world.follow()
    assert queue(world, DEPARTMENT)["total"] == 0
    assert queue(world, DEPARTMENT, state="closed")["total"] == 1


@pytest.mark.parametrize("chain", [("department", "school"), ("department",)])
def test_of_two_reviewers_who_approve_at_the_same_time_one_approves(world: World, chain: tuple[str, ...]) -> None:
    world.set_province(*chain)
    refusal = "review.not_your_step" if len(chain) > 1 else "review.already_decided"
    reviewers = (DEPARTMENT, Actor("department", "second-officer", SCOPE))
    for _ in range(10):
        case_id = world.open()

        def act(actor: Actor, case_id: str = case_id) -> str:
            try:
                approve(world, case_id, actor)
            except ServiceError as error:
                return error.code
            return "approved"

        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(act, reviewers)) == ["approved", refusal]
        assert world.types(case_id).count("StepApproved") == 1


def test_a_queue_is_worked_through_page_by_page_while_it_is_approved(world: World) -> None:
    cases = [world.open(minutes=number) for number in range(7)]
    world.follow()
    seen: list[str] = []
    after = None
    while True:
        shown = queue(world, DEPARTMENT, step="department", limit=3, **({"after": after} if after else {}))
        seen += ids(shown)
        # The page is approved before the next is asked for: its cases then wait anew, elsewhere.
        for case_id in ids(shown):
            approve(world, case_id, DEPARTMENT, minutes=60)
        world.follow()
        after = shown["after"]
        if after is None:
            break
    assert seen == cases
    assert queue(world, DEPARTMENT, step="department")["total"] == 0


def test_a_queue_shows_who_waits_longest_first_and_how_many_wait(world: World) -> None:
    opened = [(minutes, world.open(minutes=minutes)) for minutes in (5, 1, 3, 1, 4, 1)]
    expected = [case_id for _, case_id in sorted(opened)]
    world.follow()
    assert paged(world, DEPARTMENT, limit=2) == expected
    shown = queue(world, DEPARTMENT, limit=2)
    assert shown["total"] == 6
    assert [case["step"] for case in shown["cases"]] == ["department", "department"]
    # Approved first, the newest case waits for the school since then, before the older ones do.
    approve(world, expected[-1], DEPARTMENT, minutes=10)
    approve(world, expected[0], DEPARTMENT, minutes=20)
    world.follow()
    assert paged(world, SCHOOL, step="school", limit=1) == [expected[-1], expected[0]]


def test_a_queue_is_narrowed_by_kind_step_and_state(world: World) -> None:
    cases = {kind: world.open(kind) for kind in ("agreement", "cancellation", "registration", "void")}
    approve(world, cases["agreement"], DEPARTMENT)
    approve(world, cases["void"], DEPARTMENT)
    approve(world, cases["void"], SCHOOL)
    world.follow()
    for kind in ("agreement", "cancellation", "registration"):
        assert ids(queue(world, SCHOOL, kind=kind)) == [cases[kind]]
    assert set(ids(queue(world, SCHOOL, step="school"))) == {cases["agreement"], cases["cancellation"]}
    assert ids(queue(world, SCHOOL, step="department")) == [cases["registration"]]
    assert ids(queue(world, SCHOOL, state="passed")) == [cases["void"]]
    assert queue(world, SCHOOL, state="passed", kind="agreement") == {"cases": [], "total": 0, "after": None}


def test_an_office_sees_its_own_scope_and_nobody_elses(world: World) -> None:
    scopes = (SCOPE, OTHER_DEPARTMENT.scope, "CN/14/10109/07", "CN/15/10126/07")
    here, beside, school, province = (world.open(scope=scope) for scope in scopes)
    world.follow()
    assert ids(queue(world, DEPARTMENT)) == [here]
    assert ids(queue(world, OTHER_DEPARTMENT)) == [beside]
    assert set(ids(queue(world, SCHOOL))) == {here, beside}
    assert ids(queue(world, SCHOOL, scope=SCOPE)) == [here]
    assert set(ids(queue(world, PROVINCE))) == {here, beside, school}
    assert set(ids(queue(world, MINISTRY))) == {here, beside, school, province}
    for actor, scope in (
        (DEPARTMENT, OTHER_DEPARTMENT.scope),
        (DEPARTMENT, SCHOOL.scope),
        (SCHOOL, OTHER_SCHOOL.scope),
        (SCHOOL, PROVINCE.scope),
        (PROVINCE, "CN/15"),
        (PROVINCE, "CN"),
        (Actor("department", "nowhere", ""), SCOPE),
    ):
        with pytest.raises(Forbidden):
            queue(world, actor, scope=scope)
    with pytest.raises(Forbidden):
        queue(world, Actor("department", "nowhere", ""))


def test_a_queue_that_is_behind_says_so(world: World) -> None:
    world.open()
    with pytest.raises(Unavailable) as caught:
        queue(world, DEPARTMENT, at_least=dict(world.log.heads()))
    assert caught.value.code == "projection.behind"
    world.follow()
    assert queue(world, DEPARTMENT, at_least=dict(world.log.heads()))["total"] == 1
