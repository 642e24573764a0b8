"""What is true afterwards: the graduate, the open invitations, the statistics and the national copy after each ending."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.acting import TERMS, await_book, await_registered, book, evidence, returned
from tests.support.people import People, Place, eventually, wq
from wq.demo.actors import employer, graduate

YEAR = 2026
SIZE = 9
BREACH: dict[str, Any] = {"reason_code": "employer_breach", "reason": "岗位取消"}


@pytest.fixture(scope="module")
def place(people: People) -> Place:
    """A school whose graduates each live one ending."""
    return people.settle("10109", YEAR, parties=2, size=SIZE, penalty_limit=3000, response_days=30)


def signed(people: People, place: Place, person: str, unit: str) -> str:
    """An effective, registered agreement; its id."""
    offer_id = people.invite(place, person, unit)
    people.accept(person, offer_id, unit)
    people.review(place, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "effective")
    await_registered(people, person, "10")
    return offer_id


def asked_to_cancel(people: People, person: str, offer_id: str, unit: str) -> dict[str, Any]:
    """单位申请解约; what an answer names."""
    about: dict[str, Any] = {"graduate_id": person, "agreement_id": offer_id}
    people.ask(employer(unit), "agreement.request_cancellation", **about, **BREACH)
    cancellation = people.ask(employer(unit), "agreement.get_offer", graduate_id=person, offer_id=offer_id)[
        "cancellation"
    ]
    return {"graduate_id": person, "cancellation_id": cancellation["cancellation_id"]}


def await_told(people: People, person: str, *codes: str) -> None:
    """Until the national side was told these destinations in this order after the enrolment; "" is none."""
    wanted = ["", *codes]

    def look() -> bool | None:
        history = people.national.history(person)
        return [(each["body"]["destination"] or {}).get("code", "") for each in history] == wanted or None

    eventually(look, f"the national side was told {wanted} of {person}")


def await_all_counted(people: People, place: Place) -> None:
    """Until statistics and the national side count everybody as the registrations say."""
    counts: dict[str, int] = {}
    for person in place.graduates:
        registered = people.registered(person)["registered"]
        code = registered["destination"]["code"] if registered else ""
        counts[code] = counts.get(code, 0) + 1
    people.await_counts(place, counts)


def test_a_request_of_the_employer_that_nobody_answers_is_the_schools_to_mediate(people: People, place: Place) -> None:
    """单位申请解约 → 毕业生逾期未答 → 学校调解 → 继续履行."""
    person, unit = place.graduates[0], place.employers[0]
    offer_id = signed(people, place, person, unit)
    about = asked_to_cancel(people, person, offer_id, unit)
    clock = people.platform.clock
    clock.set(clock.now() + timedelta(days=15, minutes=1))
    refusal = people.refused(graduate(person), "agreement.agree_to_cancellation", **about)
    assert refusal == "agreement.cancellation_lapsed"
    people.quiet()
    assert wq("sweep", environment=people.platform.environment).returncode == 0

    def contested() -> list[str]:
        listed = people.ask(place.office, "agreement.list_contested", scope=place.scope)["agreements"]
        return [each["offer_id"] for each in listed]

    eventually(lambda: contested() == [offer_id] or None, "the school sees it")
    people.ask(place.office, "agreement.mediate_cancellation", **about, outcome="keep", reason="双方继续履行")
    eventually(lambda: contested() == [] or None, "the school has seen to it")
    assert people.offer(person, offer_id)["state"] == "effective"
    await_told(people, person, "10")


def test_a_request_taken_back_returned_and_at_last_passed(people: People, place: Place) -> None:
    """申请 → 撤回 → 再申请 → 审核退回 → 再申请 → 已解约 → 应另一单位之邀."""
    person, (unit, other) = place.graduates[1], place.employers[:2]
    waiting = people.invite(place, person, other)
    offer_id = signed(people, place, person, unit)
    people.ask(employer(unit), "agreement.withdraw_cancellation", **asked_to_cancel(people, person, offer_id, unit))
    first = asked_to_cancel(people, person, offer_id, unit)
    people.ask(graduate(person), "agreement.agree_to_cancellation", **first)
    returned(people, place.office, "school", person, "cancellation", "请补充解约说明")
    eventually(lambda: "cancellation" not in people.offer(person, offer_id) or None, "it is returned")
    assert people.offer(person, offer_id)["state"] == "effective"
    second = asked_to_cancel(people, person, offer_id, unit)
    people.ask(graduate(person), "agreement.agree_to_cancellation", **second)
    people.review(place, person, "cancellation", "school")
    people.await_state(person, offer_id, "cancelled")
    await_registered(people, person, None)
    await_told(people, person, "10", "")
    assert people.offer(person, waiting)["state"] == "open"
    people.accept(person, waiting, other)
    people.review(place, person, "agreement", "department", "school")
    await_registered(people, person, "10")
    await_told(people, person, "10", "", "10")
    caused = people.ask(place.office, "agreement.count_cancellations", scope=place.scope, class_year=YEAR)["units"]
    assert sum(each["by_employer"] for each in caused) == 1


def test_a_void_registration_leaves_the_invitations_open(people: People, place: Place) -> None:
    """登记 → 作废 → 未登记 → 应约 → 再登记."""
    person, unit = place.graduates[2], place.employers[0]
    waiting = people.invite(place, person, unit)
    own = graduate(person)
    seeking = {"code": "70", "intention": "job_seeking"}
    people.ask(own, "registration.register_destination", graduate_id=person, destination=seeking)
    people.review(place, person, "registration", "department", "school")
    registration_id = await_registered(people, person, "70")["registered"]["registration_id"]
    void = {"graduate_id": person, "registration_id": registration_id, "reason": "登记有误"}
    people.ask(own, "registration.request_void", **void)
    people.review(place, person, "void", "department", "school")
    await_registered(people, person, None)
    await_told(people, person, "70", "")
    people.accept(person, waiting, unit)
    people.review(place, person, "agreement", "department", "school")
    await_registered(people, person, "10")
    await_told(people, person, "70", "", "10")


def test_a_returned_agreement_changes_nothing_outside(people: People, place: Place) -> None:
    """审核退回: 未登记, 另一邀请仍可应约."""
    person, (unit, other) = place.graduates[3], place.employers[:2]
    waiting = people.invite(place, person, other)
    offer_id = people.invite(place, person, unit)
    people.accept(person, offer_id, unit)
    returned(people, place.department(person), "department", person, "agreement", "岗位信息不完整")
    people.await_state(person, offer_id, "returned")
    assert people.registered(person)["registered"] is None
    await_told(people, person)
    people.accept(person, waiting, other)
    people.review(place, person, "agreement", "department", "school")
    await_registered(people, person, "10")
    await_told(people, person, "10")


def test_a_lost_book_stays_effective_and_a_cancelled_one_is_told(people: People, place: Place) -> None:
    """线下生效 → 遗失补办 → 仍登记 → 线下解约 → 未登记; 邀请仍可应约."""
    person, unit = place.graduates[4], place.employers[0]
    own = graduate(person)
    waiting = people.invite(place, person, unit)
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    about: dict[str, Any] = {"graduate_id": person, "agreement_id": book(people, person)["agreement_id"]}
    people.review(place, person, "application", "department", "school")
    await_book(people, person, "issued")
    people.ask(own, "agreement.submit_scan", **about, scan=evidence(people, person, "stamped_agreement"))
    people.review(place, person, "signing", "department", "school")
    first = await_book(people, person, "effective")["number"]
    await_registered(people, person, "10")
    notice = evidence(people, person, "loss_notice")
    people.ask(own, "agreement.report_loss", **about, statement="遗失声明作废", notice=notice)
    people.review(place, person, "loss", "department", "school")
    eventually(lambda: book(people, person)["number"] != first or None, "a new number")
    assert book(people, person)["state"] == "effective"
    await_registered(people, person, "10")
    papers: dict[str, Any] = {name: evidence(people, person, name) for name in ("release_letter", "penalty_slip")}
    why: dict[str, Any] = {"reason_code": "further_study", "reason": "已被录取"}
    people.ask(own, "agreement.request_cancellation", **about, **why, **papers)
    people.review(place, person, "cancellation", "school")
    await_book(people, person, "cancelled")
    await_registered(people, person, None)
    eventually(
        lambda: people.national.history(person)[-1]["body"]["destination"] is None or None, "the national side knows"
    )
    people.accept(person, waiting, unit)
    people.review(place, person, "agreement", "department", "school")
    await_registered(people, person, "10")


def test_a_voided_book_leaves_nothing_registered_and_a_new_one_is_applied_for(people: People, place: Place) -> None:
    """作废 → 未登记 → 重新申请."""
    person = place.graduates[5]
    own = graduate(person)
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    people.review(place, person, "application", "department", "school")
    issued = await_book(people, person, "issued")
    about = {"graduate_id": person, "agreement_id": issued["agreement_id"]}
    people.ask(own, "agreement.void_book", **about, reason="单位不再录用")
    await_told(people, person)
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    assert book(people, person)["state"] == "applied"
    assert people.registered(person)["registered"] is None


def test_who_was_invited_by_a_suspended_employer_waits_until_it_is_reinstated(people: People, place: Place) -> None:
    """单位暂停: 邀请不可应约; 恢复后可应约."""
    person, unit = place.graduates[6], place.employers[1]
    offer_id = people.invite(place, person, unit)
    people.ask(place.above, "directory.suspend_employer", employer_id=unit, reason="被投诉")
    accept = {"graduate_id": person, "offer_id": offer_id, "employer_id": unit}
    refusal = people.refused(graduate(person), "agreement.accept_offer", **accept)
    assert refusal == "agreement.employer_not_verified"
    assert people.offer(person, offer_id)["state"] == "open"
    people.ask(place.above, "directory.reinstate_employer", employer_id=unit)
    people.accept(person, offer_id, unit)
    people.review(place, person, "agreement", "department", "school")
    await_registered(people, person, "10")


def test_a_penalty_above_the_provinces_limit_is_warned_about_and_stops_nobody(people: People, place: Place) -> None:
    """违约金超过本省提示额."""
    person, unit = place.graduates[7], place.employers[0]
    offer_id = people.invite(place, person, unit, penalty=5000)
    shown = people.ask(employer(unit), "agreement.get_offer", graduate_id=person, offer_id=offer_id)
    assert shown["warnings"] == people.offer(person, offer_id)["warnings"] == ["penalty_over_limit"]
    people.accept(person, offer_id, unit)
    assert people.offer(person, offer_id)["state"] == "accepted"


def test_statistics_and_the_national_copy_count_them_all(people: People, place: Place) -> None:
    """统计与国家系统一致."""
    people.quiet()
    await_all_counted(people, place)


def _tomorrow(now: datetime) -> str:
    return (now + timedelta(days=1)).date().isoformat()


def test_after_the_deadline_of_the_class_nothing_is_registered(people: People) -> None:
    """当年8月31日之后."""
    clock = people.platform.clock
    tomorrow = _tomorrow(clock.now())
    late = people.settle("10110", YEAR, parties=2, size=2, change_deadline=tomorrow, registration_deadline=tomorrow)
    first, second = late.graduates
    seeking = {"code": "70", "intention": "job_seeking"}
    people.ask(graduate(first), "registration.register_destination", graduate_id=first, destination=seeking)
    people.review(late, first, "registration", "department", "school")
    registration_id = await_registered(people, first, "70")["registered"]["registration_id"]
    scan = evidence(people, second, "stamped_agreement")
    clock.set(clock.now() + timedelta(days=3))
    asked = {"graduate_id": second, "destination": seeking}
    refusal = people.refused(graduate(second), "registration.register_destination", **asked)
    assert refusal == "registration.registering_over"
    # Nor is anything signed, by whatever way.
    for method, wanted in (
        ("agreement.apply_for_book", {"terms": TERMS}),
        ("agreement.register_paper", {"terms": TERMS, "signed_on": f"{YEAR}-04-08", "scan": scan}),
    ):
        assert people.refused(graduate(second), method, graduate_id=second, **wanted) == "agreement.registering_over"
    void = {"graduate_id": first, "registration_id": registration_id, "reason": "登记有误"}
    assert people.refused(graduate(first), "registration.request_void", **void) == "registration.deadline_over"
    people.await_counts(late, {"": 1, "70": 1})


def test_whose_agreement_is_cancelled_after_the_deadline_registers_what_follows(people: People) -> None:
    """8月31日之后解约 → 未登记 → 在本省规定的天数内再登记."""
    clock = people.platform.clock
    closing = dict.fromkeys(("change_deadline", "registration_deadline"), _tomorrow(clock.now()))
    late = people.settle("10114", YEAR, parties=2, size=1, reopened_days=10, **closing)
    (person,), unit = late.graduates, late.employers[0]
    offer_id = signed(people, late, person, unit)
    clock.set(clock.now() + timedelta(days=3))
    about = asked_to_cancel(people, person, offer_id, unit)
    people.ask(graduate(person), "agreement.agree_to_cancellation", **about)
    people.review(late, person, "cancellation", "school")
    await_registered(people, person, None)
    seeking = {"code": "70", "intention": "job_seeking"}
    people.ask(graduate(person), "registration.register_destination", graduate_id=person, destination=seeking)
    people.review(late, person, "registration", "department", "school")
    await_registered(people, person, "70")
    people.await_counts(late, {"70": 1})
