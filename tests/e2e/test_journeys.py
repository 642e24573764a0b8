"""网上签约与去向登记 as people live it, in every order it can take, asked of every context over AMQP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.codes.schools import SCHOOLS
from tests.support.people import People, Place, eventually, wq
from wq.demo.actors import employer, graduate

YEAR = 2026


@pytest.fixture(scope="module")
def two(people: People) -> Place:
    """A school where 两方 sign."""
    return people.settle("10108", YEAR, parties=2)


@pytest.fixture(scope="module")
def three(people: People) -> Place:
    """A school where 三方 sign: the school attests."""
    return people.settle("10335", YEAR, parties=3)


def test_two_parties_sign_from_invitation_to_the_national_record(people: People, two: Place) -> None:
    """邀请 → 应约 → 院系审核 → 学校审核 → 生效 → 去向登记 → 统计 → 国家系统."""
    person, unit = two.graduates[0], two.employers[0]
    before = people.counts(two)
    # 邀请
    offer_id = people.invite(two, person, unit, monthly_salary=6000, penalty=3000)
    assert people.offer(person, offer_id)["state"] == "open"

    def listed() -> bool:
        shown = people.ask(employer(unit), "agreement.list_offers", employer_id=unit, state="open")["offers"]
        return offer_id in [each["offer_id"] for each in shown]

    eventually(listed, "the employer's list shows the offer")
    # 应约
    people.accept(person, offer_id, unit)
    assert people.offer(person, offer_id)["state"] == "accepted"
    assert people.registered(person)["registered"] is None
    # 院系审核 → 学校审核
    case_id = people.review(two, person, "agreement", "department")
    assert people.ask(two.office, "review.get_review", case_id=case_id)["waiting_for"] == "school"
    correlation_id = uuid4()
    people.review(two, person, "agreement", "school", correlation_id=correlation_id)
    case = people.ask(graduate(person), "review.get_review", case_id=case_id)
    assert (case["state"], [step["step"] for step in case["steps"] if step["what"] == "review.StepApproved"]) == (
        "passed",
        ["department", "school"],
    )
    # 生效
    agreement = people.await_state(person, offer_id, "effective")
    assert agreement["number"]
    # 去向登记
    eventually(lambda: people.registered(person)["registered"], "the destination is registered")
    registered = people.registered(person)["registered"]
    assert (registered["destination"]["code"], registered["agreement_id"], registered["source"]) == (
        "10",
        offer_id,
        "agreement",
    )
    # 统计
    people.await_counts(two, {**before, "": before[""] - 1, "10": before.get("10", 0) + 1})
    rates = people.ask(two.above, "stats.get_rates", scope=two.above.scope, class_year=YEAR)["groups"][""]
    assert rates["counts"]["毕业去向落实率"] >= 1
    # 国家系统: the correlation of the last approval reaches the national record.
    rows = people.sql(
        "SELECT type, event_id::text FROM eventlog.events WHERE correlation_id = %(id)s ORDER BY position",
        id=correlation_id,
    )
    assert [row[0] for row in rows] == [
        "review.StepApproved",
        "review.ReviewPassed",
        "agreement.AgreementConcluded",
        "registration.DestinationRegistered",
    ]
    told = people.national.history(person)
    assert [record["version"] for record in told] == [1, 2]
    assert told[-1]["event_id"] == rows[-1][1]
    assert told[-1]["body"]["destination"]["code"] == "10"


def test_three_parties_sign_and_the_school_attests(people: People, three: Place) -> None:
    """邀请 → 应约 → 院系审核 → 学校审核 → 学校鉴证 → 生效 → 去向登记."""
    person, unit = three.graduates[0], three.employers[0]
    offer_id = people.invite(three, person, unit)
    people.accept(person, offer_id, unit)
    people.review(three, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "attesting")
    assert people.registered(person)["registered"] is None

    def waiting() -> bool | None:
        asked: dict[str, Any] = {"scope": three.scope, "limit": 100}
        listed = people.ask(three.office, "agreement.list_awaiting_attestation", **asked)["agreements"]
        return offer_id in [each["offer_id"] for each in listed] or None

    eventually(waiting, "the school sees what it is to attest")
    people.ask(three.office, "agreement.attest_agreement", graduate_id=person, agreement_id=offer_id)
    agreement = people.await_state(person, offer_id, "effective")
    assert agreement["number"]
    eventually(lambda: people.registered(person)["registered"], "the destination is registered")
    people.quiet()
    assert people.national.history(person)[-1]["body"]["destination"]["code"] == "10"


def test_who_refuses_can_be_invited_again_by_anybody(people: People, two: Place) -> None:
    """拒绝."""
    person, unit = two.graduates[1], two.employers[0]
    offer_id = people.invite(two, person, unit)
    about: dict[str, Any] = {"graduate_id": person, "offer_id": offer_id}
    people.ask(graduate(person), "agreement.refuse_offer", **about, reason="已有其他安排")
    assert people.offer(person, offer_id)["reason"] == "已有其他安排"
    assert people.refused(graduate(person), "agreement.accept_offer", **about, employer_id=unit) == (
        "agreement.offer_not_open"
    )
    assert people.refused(employer(unit), "agreement.withdraw_offer", **about) == "agreement.offer_not_open"
    again = people.invite(two, person, unit)
    assert [each["state"] for each in people.offers(person)] == ["refused", "open"]
    assert again != offer_id


def test_an_offer_taken_back_cannot_be_accepted(people: People, two: Place) -> None:
    """撤回."""
    person, unit = two.graduates[2], two.employers[0]
    offer_id = people.invite(two, person, unit)
    about: dict[str, Any] = {"graduate_id": person, "offer_id": offer_id}
    people.ask(employer(unit), "agreement.withdraw_offer", **about)
    assert people.offer(person, offer_id)["state"] == "withdrawn"
    assert people.refused(graduate(person), "agreement.accept_offer", **about, employer_id=unit) == (
        "agreement.offer_not_open"
    )


def test_an_offer_nobody_answered_lapses(people: People, two: Place) -> None:
    """过期: at its deadline it cannot be accepted, and the sweep says so."""
    person, unit = two.graduates[3], two.employers[0]
    clock = people.platform.clock
    offer_id = people.invite(two, person, unit, respond_by=(clock.now() + timedelta(days=2)).isoformat())
    clock.set(clock.now() + timedelta(days=2, minutes=1))
    accept = {"graduate_id": person, "offer_id": offer_id, "employer_id": unit}
    assert people.refused(graduate(person), "agreement.accept_offer", **accept) == "agreement.offer_lapsed"
    people.quiet()
    swept = wq("sweep", environment=people.platform.environment)
    assert swept.returncode == 0, swept.stderr
    assert people.offer(person, offer_id)["state"] == "lapsed"


def test_what_a_reviewer_returned_is_signed_anew(people: People, two: Place) -> None:
    """退回后再邀: the graduate is free, and a new invitation goes all the way."""
    person, unit = two.graduates[4], two.employers[0]
    offer_id = people.invite(two, person, unit)
    people.accept(person, offer_id, unit)
    office = two.department(person)
    case_id = people.case(office, "department", person, "agreement")
    people.ask(office, "review.return_review", case_id=case_id, reason="岗位信息不全")
    assert people.await_state(person, offer_id, "returned")["reason"] == "岗位信息不全"
    assert people.refused(office, "review.approve_review", case_id=case_id) == "review.already_decided"
    again = people.invite(two, person, unit)
    people.accept(person, again, unit)
    people.review(two, person, "agreement", "department", "school")
    people.await_state(person, again, "effective")


def test_who_cancels_is_seeking_again_and_signs_again(people: People, three: Place) -> None:
    """解约 → 待就业 → 再签: what was registered is re-opened, and the national side is told each time."""
    person, unit = three.graduates[1], three.employers[0]
    offer_id = people.invite(three, person, unit)
    people.accept(person, offer_id, unit)
    people.review(three, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "attesting")
    people.ask(three.office, "agreement.attest_agreement", graduate_id=person, agreement_id=offer_id)
    eventually(lambda: people.registered(person)["registered"], "registered")
    # 解约
    me = graduate(person)
    asked: dict[str, Any] = {
        "graduate_id": person,
        "agreement_id": offer_id,
        "reason_code": "further_study",
        "reason": "继续深造",
    }
    people.ask(me, "agreement.request_cancellation", **asked)
    cancellation = people.offer(person, offer_id)["cancellation"]["cancellation_id"]
    answer = {"graduate_id": person, "cancellation_id": cancellation}
    assert people.refused(me, "agreement.agree_to_cancellation", **answer) == "agreement.other_side_answers"
    people.ask(employer(unit), "agreement.agree_to_cancellation", **answer)
    people.review(three, person, "cancellation", "school")
    people.await_state(person, offer_id, "cancelled")
    eventually(lambda: people.registered(person)["registered"] is None or None, "re-opened")
    assert people.registered(person)["history"][-1]["ended"] == "agreement_cancelled"
    # 待就业
    seeking = {"code": "70", "intention": "job_seeking"}
    people.ask(me, "registration.register_destination", graduate_id=person, destination=seeking)
    people.review(three, person, "registration", "department", "school")
    eventually(lambda: people.registered(person)["registered"], "seeking")
    # 再签
    again = people.invite(three, person, unit)
    people.accept(person, again, unit)
    people.review(three, person, "agreement", "department", "school")
    people.await_state(person, again, "attesting")
    people.ask(three.office, "agreement.attest_agreement", graduate_id=person, agreement_id=again)
    people.await_state(person, again, "effective")

    def told() -> bool | None:
        codes = [(each["body"]["destination"] or {}).get("code") for each in people.national.history(person)]
        return codes == [None, "10", None, "70", "10"] or None

    eventually(told, "the national side was told every change in order")
    numbers = [each["number"] for each in people.offers(person) if each["number"]]
    assert len(set(numbers)) == 2


def test_one_agreement_a_graduate(people: People, two: Place) -> None:
    """Two employers invite, one is accepted; the other stays an offer that cannot be accepted."""
    person = two.graduates[5]
    other = people.settle("10109", YEAR, parties=2, size=4)
    assert SCHOOLS["10109"].province == two.province
    first = people.invite(two, person, two.employers[0])
    second = people.invite(two, person, other.employers[-1]) if other.employers[-1] != two.employers[0] else first
    people.accept(person, first, two.employers[0])
    if second != first:
        accept = {"graduate_id": person, "offer_id": second, "employer_id": other.employers[-1]}
        assert people.refused(graduate(person), "agreement.accept_offer", **accept) == "agreement.already_signed"
    destination = {"code": "801", "school_name": "示范大学", "place": "110100"}
    register = {"graduate_id": person, "destination": destination}
    assert people.refused(graduate(person), "registration.register_destination", **register) == (
        "registration.already_signed"
    )
