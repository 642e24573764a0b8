"""The four functions as people live them, in the orders that provinces really have, on real servers (DOMAIN 1)."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest

from shared.messages import Actor
from tests.support.acting import TERMS, await_book, await_registered, book, evidence, returned
from tests.support.people import People, Place, eventually, wq
from wq.demo.actors import employer, graduate

YEAR = 2026
CONTRACT = {
    "code": "11",
    "unit_name": "示范小学",
    "uscc_absent_reason": "乡村小学，未单独登记",
    "unit_address": "太原市晋源区某路 2 号",
    "unit_phone": "0351-0000000",
    "unit_nature": "22",
    "industry": "42",
    "place": "140110",
    "position": "24",
}


@pytest.fixture(scope="module")
def shanxi(people: People) -> Place:
    """A school in a province with the national order, which asks for evidence."""
    return people.settle("10112", YEAR, parties=2, size=16, evidence_required=True)


# 线上签约


def test_a_draft_is_sent_edited_and_accepted_only_as_last_seen(people: People, shanxi: Place) -> None:
    """草稿 → 邀请 → 修改 → 应约须看到最新条款."""
    person, unit = shanxi.graduates[0], shanxi.employers[0]
    about: dict[str, Any] = {"graduate_id": person, "employer_id": unit}
    work: dict[str, Any] = {"position": "13", "job_title": "工程师"}
    people.ask(employer(unit), "agreement.save_draft", **about, **work)
    assert people.offers(person) == []

    def drafted() -> str | None:
        listed = people.ask(employer(unit), "agreement.list_offers", employer_id=unit, state="draft")["offers"]
        return next((str(each["offer_id"]) for each in listed if each["graduate_id"] == person), None)

    offer_id = eventually(drafted, "the employer sees its draft")
    people.ask(employer(unit), "agreement.send_draft", **about, offer_id=offer_id)
    edited: dict[str, Any] = {**work, "job_title": "高级工程师", "monthly_salary": 8000}
    people.ask(employer(unit), "agreement.edit_offer", graduate_id=person, offer_id=offer_id, **edited)
    accept: dict[str, Any] = {**about, "offer_id": offer_id}
    assert people.refused(graduate(person), "agreement.accept_offer", **accept) == "agreement.offer_edited"
    people.ask(graduate(person), "agreement.accept_offer", **accept, revision=2)
    people.review(shanxi, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "effective")
    assert await_registered(people, person, "10")["registered"]["destination"]["monthly_salary"] == 8000


def test_jiangsu_binds_at_acceptance_and_ends_with_a_stamped_scan(people: People) -> None:
    """江苏: 应约即生效 → 审核 → 单位上传盖章扫描件."""
    place = people.settle("10284", YEAR, 2, 4, signing_order=["accept", "review", "seal"], binding="acceptance")
    person, unit = place.graduates[0], place.employers[0]
    offer_id = people.invite(place, person, unit)
    people.accept(person, offer_id, unit)
    number = people.offer(person, offer_id)["number"]
    assert number
    people.review(place, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "sealing")
    assert people.registered(person)["registered"] is None
    scan = evidence(people, person, "stamped_agreement", employer(unit), employer_id=unit)
    people.ask(employer(unit), "agreement.seal_agreement", graduate_id=person, agreement_id=offer_id, scan=scan)
    assert people.await_state(person, offer_id, "effective")["number"] == number
    await_registered(people, person, "10")


def test_zhejiang_ends_with_seal_and_confirmation_of_the_school(people: People) -> None:
    """浙江: 应约 → 审核 → 打印 → 单位盖章上传扫描件 → 院校确认."""
    place = people.settle("10336", YEAR, 2, 4, signing_order=["accept", "review", "seal", "attest"])
    person, unit = place.graduates[0], place.employers[0]
    offer_id = people.invite(place, person, unit)
    people.accept(person, offer_id, unit)
    people.review(place, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "sealing")
    about: dict[str, Any] = {"graduate_id": person, "agreement_id": offer_id}
    assert people.refused(place.office, "agreement.attest_agreement", **about) == "agreement.not_awaiting_attestation"
    printed = people.ask(employer(unit), "directory.print_agreement", **about)
    assert printed["number"] == people.offer(person, offer_id)["number"]
    assert b64decode(printed["content"]).startswith(b"%PDF")
    scan = evidence(people, person, "stamped_agreement", employer(unit), employer_id=unit)
    people.ask(employer(unit), "agreement.seal_agreement", **about, scan=scan)
    people.ask(place.office, "agreement.attest_agreement", **about)
    assert people.await_state(person, offer_id, "effective")["number"] == printed["number"]
    again = people.ask(graduate(person), "directory.print_agreement", **about)
    assert [again[name] for name in ("number", "verification")] == [
        printed[name] for name in ("number", "verification")
    ]
    await_registered(people, person, "10")


def test_nobody_waits_for_ever_for_a_seal_or_for_the_attestation(people: People) -> None:
    """单位拒绝盖章 → 另签 → 学校不予鉴证 → 再签 → 逾期未盖章 → 自动退回."""
    order = ["accept", "review", "seal", "attest"]
    place = people.settle("10403", YEAR, 3, 4, signing_order=order, review_chain=["school"], completion_days=2)
    person, unit = place.graduates[0], place.employers[0]

    def signed() -> dict[str, Any]:
        offer_id = people.invite(place, person, unit)
        people.accept(person, offer_id, unit)
        people.review(place, person, "agreement", "school")
        people.await_state(person, offer_id, "sealing")
        return {"graduate_id": person, "agreement_id": offer_id}

    declined = signed()
    people.ask(employer(unit), "agreement.decline_seal", **declined, reason="岗位已取消")
    about = signed()
    people.ask(employer(unit), "agreement.seal_agreement", **about)
    people.ask(place.office, "agreement.decline_attestation", **about, reason="单位资质存疑")
    overdue = signed()
    clock = people.platform.clock
    clock.set(clock.now() + timedelta(days=2, minutes=1))
    late = people.refused(employer(unit), "agreement.seal_agreement", **overdue)
    assert late == "agreement.completion_lapsed"

    def swept() -> bool:
        swept = wq("sweep", environment=people.platform.environment)
        assert swept.returncode == 0, swept.stderr
        return people.offer(person, overdue["agreement_id"])["state"] == "returned"

    eventually(swept, "the sweep returns it")
    numbers = [people.offer(person, each["agreement_id"])["number"] for each in (declined, about, overdue)]
    assert len(set(numbers)) == 3
    people.await_counts(place, {"": 4})
    destination = {"code": "70", "intention": "job_seeking"}
    people.ask(graduate(person), "registration.register_destination", graduate_id=person, destination=destination)


def test_where_the_employer_seals_first_it_says_so_and_the_province_reviews_last(people: People) -> None:
    """单位先盖章 → 邀请 → 应约 → 院系、学校、省级审核."""
    chain = ["department", "school", "province"]
    place = people.settle("10530", YEAR, 2, 4, signing_order=["seal", "accept", "review"], review_chain=chain)
    person, unit = place.graduates[0], place.employers[0]
    asked = {"graduate_id": person, "employer_id": unit, "position": "13", "job_title": "工程师"}
    assert people.refused(employer(unit), "agreement.send_offer", **asked) == "agreement.seal_first"
    offer_id = people.invite(place, person, unit, sealed=True)
    people.accept(person, offer_id, unit)
    people.review(place, person, "agreement", "department", "school")
    assert people.offer(person, offer_id)["state"] == "accepted"
    case_id = people.case(place.above, "province", person, "agreement")
    people.ask(place.above, "review.approve_review", case_id=case_id)
    people.await_state(person, offer_id, "effective")


# 线上解约


def test_the_school_mediates_what_the_employer_refused_and_breaches_are_counted(people: People) -> None:
    """解约申请 → 单位拒绝 → 学校调解 → 审核 → 已解约 → 再签 → 违约次数已满."""
    place = people.settle("10610", YEAR, 2, 4, cancellation_evidence=["release_letter"])
    people.ask(place.office, "directory.set_school", school=place.school, class_year=YEAR, breach_limit=1)
    person, unit = place.graduates[0], place.employers[0]

    def signed() -> str:
        offer_id = people.invite(place, person, unit)
        people.accept(person, offer_id, unit)
        people.review(place, person, "agreement", "department", "school")
        people.await_state(person, offer_id, "effective")
        await_registered(people, person, "10")
        return offer_id

    offer_id = signed()
    why: dict[str, Any] = {
        "graduate_id": person,
        "agreement_id": offer_id,
        "reason_code": "family",
        "reason": "需照顾家人",
    }
    people.ask(graduate(person), "agreement.request_cancellation", **why)
    cancellation_id = people.offer(person, offer_id)["cancellation"]["cancellation_id"]
    about = {"graduate_id": person, "cancellation_id": cancellation_id}
    refusal = people.refused(employer(unit), "agreement.agree_to_cancellation", **about)
    assert refusal == "agreement.evidence_missing"
    people.ask(employer(unit), "agreement.refuse_cancellation", **about, reason="岗位急需")
    mediation = {**about, "outcome": "cancel", "reason": "学校调解"}
    people.ask(place.office, "agreement.mediate_cancellation", **mediation)
    people.review(place, person, "cancellation", "school")
    people.await_state(person, offer_id, "cancelled")
    await_registered(people, person, None)
    people.await_counts(place, {"": 4})
    again = signed()
    assert people.refused(
        graduate(person), "agreement.request_cancellation", **{**why, "agreement_id": again}
    ) == "agreement.breach_limit"  # fmt: skip


# 线下签约与解约


def test_an_offline_agreement_with_every_step_and_every_return(people: People, shanxi: Place) -> None:
    """申请 → 退回 → 修改 → 协议审核 → 打印 → 回传 → 退回 → 重传 → 签约审核 → 生效 → 解约."""
    person = shanxi.graduates[1]
    own = graduate(person)
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    book_id = book(people, person)["agreement_id"]
    about = {"graduate_id": person, "agreement_id": book_id}
    returned(people, shanxi.department(person), "department", person, "application", "岗位信息不完整")
    await_book(people, person, "correcting")
    people.ask(own, "agreement.amend_book", **about, terms={**TERMS, "job_title": "科员"})
    people.review(shanxi, person, "application", "department", "school")
    number = await_book(people, person, "issued")["number"]

    printed = people.ask(own, "directory.print_agreement", **about)
    assert printed["number"] == number
    assert b64decode(printed["content"]).startswith(b"%PDF")
    assert people.ask(shanxi.office, "directory.print_agreement", **about) == printed

    people.ask(own, "agreement.submit_scan", **about, scan=evidence(people, person, "stamped_agreement"))
    returned(people, shanxi.department(person), "department", person, "signing", "扫描件不清晰")
    await_book(people, person, "issued")
    people.ask(own, "agreement.submit_scan", **about, scan=evidence(people, person, "stamped_agreement"))
    people.review(shanxi, person, "signing", "department", "school")
    assert await_book(people, person, "effective")["number"] == number
    registered = await_registered(people, person, "10")["registered"]
    assert registered["destination"]["unit_name"] == TERMS["unit_name"]

    cancel: dict[str, Any] = {**about, "reason_code": "further_study", "reason": "已被录取"}
    assert people.refused(own, "agreement.request_cancellation", **cancel) == "agreement.evidence_missing"
    papers: dict[str, Any] = {name: evidence(people, person, name) for name in ("release_letter", "penalty_slip")}
    people.ask(own, "agreement.request_cancellation", **cancel, **papers)
    people.review(shanxi, person, "cancellation", "school")
    await_book(people, person, "cancelled")
    await_registered(people, person, None)


def test_a_book_is_lost_re_issued_and_voided_and_its_numbers_never_come_back(people: People, shanxi: Place) -> None:
    """遗失 → 补办新编号 → 作废 → 重新申请."""
    person = shanxi.graduates[2]
    own = graduate(person)
    numbers = []
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    about = {"graduate_id": person, "agreement_id": book(people, person)["agreement_id"]}
    assert people.refused(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS) == "agreement.book_open"
    people.review(shanxi, person, "application", "department", "school")
    numbers.append(await_book(people, person, "issued")["number"])
    notice = evidence(people, person, "loss_notice")
    people.ask(own, "agreement.report_loss", **about, statement="遗失声明作废", notice=notice)
    people.review(shanxi, person, "loss", "department", "school")
    eventually(lambda: book(people, person)["number"] not in numbers or None, "a new number")
    numbers.append(book(people, person)["number"])
    people.ask(own, "agreement.void_book", **about, reason="单位不再录用")
    assert book(people, person)["state"] == "voided"
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    people.review(shanxi, person, "application", "department", "school")
    numbers.append(await_book(people, person, "issued")["number"])
    assert len(set(numbers)) == 3
    told = people.ask(own, "agreement.explain_number", number=numbers[-1])
    assert (told["well_formed"], told["school"], told["class_year"]) == (True, shanxi.school, YEAR)
    anybody = Actor("public", "gateway")
    states = {**dict.fromkeys(numbers[:2], "void"), numbers[2]: "awaiting"}
    for number, state in states.items():

        def stands(number: str = number, state: str = state) -> bool:
            return bool(people.ask(anybody, "directory.get_number_state", number=number)["state"] == state)

        eventually(stands, f"{number} is {state}")


# 已签协议登记


def test_a_paper_agreement_is_registered_once_and_by_one_graduate(people: People, shanxi: Place) -> None:
    """已签协议登记 → 审核 → 登记; 同一编号他人不得再登记."""
    first, second = shanxi.graduates[3], shanxi.graduates[4]
    today = people.platform.clock.now().date()

    def paper(person: str) -> dict[str, Any]:
        return {
            "graduate_id": person,
            "terms": TERMS,
            "signed_on": (today - timedelta(days=30)).isoformat(),
            "scan": evidence(people, person, "stamped_agreement"),
            "paper_number": "晋2026-0042",
        }

    people.ask(graduate(first), "agreement.register_paper", **paper(first))
    assert people.refused(graduate(second), "agreement.register_paper", **paper(second)) == "agreement.number_taken"
    people.review(shanxi, first, "paper", "department", "school")
    await_book(people, first, "effective")
    assert await_registered(people, first, "10")["registered"]["source"] == "agreement"


# 其他去向登记


def test_category_10_by_public_hiring_is_registered_with_its_evidence(people: People, shanxi: Place) -> None:
    """公招: 无协议, 凭录用函登记."""
    person = shanxi.graduates[5]
    own = graduate(person)
    hired = {**CONTRACT, "code": "10", "form": "public_hiring", "unit_nature": "10"}
    asked: dict[str, Any] = {"graduate_id": person, "destination": hired}
    assert people.refused(own, "registration.register_destination", **asked) == "registration.evidence_missing"
    wrong = [evidence(people, person, "labour_contract")]
    assert people.refused(own, "registration.register_destination", **asked, evidence=wrong) == (
        "registration.wrong_evidence"
    )
    right = [evidence(people, person, "hiring_notice")]
    people.ask(own, "registration.register_destination", **asked, evidence=right)
    people.review(shanxi, person, "registration", "department", "school")
    assert await_registered(people, person, "10")["registered"]["source"] == "direct"


def test_pay_below_the_minimum_wage_is_no_employment(people: People, shanxi: Place) -> None:
    """最低工资."""
    person = shanxi.graduates[6]
    low = {**CONTRACT, "code": "12", "monthly_salary": 100}
    refusal = people.refused(graduate(person), "registration.register_destination", graduate_id=person, destination=low)
    assert refusal == "registration.pay_below_minimum"


def test_what_an_office_fills_in_counts_when_the_graduate_confirms_and_then_the_graduate_leaves(
    people: People, shanxi: Place
) -> None:
    """代填 → 本人确认 → 审核 → 登记 → 离校确认 → 作废 → 须重新确认."""
    person = shanxi.graduates[7]
    own, office = graduate(person), shanxi.department(person)
    proof = [evidence(people, person, "labour_contract", office)]
    asked: dict[str, Any] = {"graduate_id": person, "destination": CONTRACT, "evidence": proof}
    people.ask(office, "registration.file_destination", **asked)
    filed = people.registered(person)["filed"]
    assert people.registered(person)["pending"] is None
    about = {"graduate_id": person, "filing_id": filed["filing_id"]}
    assert people.refused(office, "registration.confirm_filing", **about) == "access.denied"
    people.ask(own, "registration.confirm_filing", **about)
    people.review(shanxi, person, "registration", "department", "school")
    registration_id = await_registered(people, person, "11")["registered"]["registration_id"]
    leave: dict[str, Any] = {"graduate_id": person, "archive": {"kind": "kept"}, "household": {"moves": False}}
    people.ask(own, "registration.confirm_leaving", **leave)
    assert people.registered(person)["leaving"]["registration_id"] == registration_id
    void = {"graduate_id": person, "registration_id": registration_id, "reason": "换了工作"}
    people.ask(own, "registration.request_void", **void)
    assert people.registered(person)["leaving"] is None
    assert people.refused(own, "registration.confirm_leaving", **leave) == "registration.void_in_review"
    people.review(shanxi, person, "void", "department", "school")
    assert await_registered(people, person, None)["leaving"] is None


def test_a_registration_is_checked_by_name_and_number(people: People, shanxi: Place) -> None:
    """核验编号."""
    person = shanxi.graduates[5]
    name = people.ask(shanxi.office, "directory.get_graduate", graduate_id=person)["name"]

    def numbers() -> list[dict[str, Any]] | None:
        found = people.ask(graduate(person), "directory.list_verifications", graduate_id=person)["verifications"]
        return found or None

    (mine,) = eventually(numbers, "the number is there")
    anybody = Actor("public", "gateway")
    answer = people.ask(anybody, "directory.verify_number", number=mine["number"], name=name)
    assert (answer["valid"], answer["code"], answer["unit_name"]) == (True, "10", CONTRACT["unit_name"])
    assert people.ask(anybody, "directory.verify_number", number=mine["number"], name="别人") == {"valid": False}
    assert people.refused(anybody, "directory.get_graduate", graduate_id=person) == "access.denied"


# 审核


def test_a_late_step_goes_to_the_office_above(people: People) -> None:
    """审核逾期 → 上报上级 → 上级代为审核."""
    place = people.settle("10486", YEAR, 2, 4, review_days=1)
    person = place.graduates[0]
    destination = {"code": "70", "intention": "job_seeking"}
    people.ask(graduate(person), "registration.register_destination", graduate_id=person, destination=destination)
    case_id = people.case(place.department(person), "department", person, "registration")
    assert people.refused(place.office, "review.approve_review", case_id=case_id) == "review.not_your_step"
    clock = people.platform.clock
    clock.set(clock.now() + timedelta(days=1, minutes=1))
    swept = wq("sweep", environment=people.platform.environment)
    assert swept.returncode == 0, swept.stderr
    people.ask(place.office, "review.approve_review", case_id=case_id)
    people.ask(place.office, "review.approve_review", case_id=case_id)
    await_registered(people, person, "70")


def test_an_account_may_have_the_right_to_review_signing_only(people: People, shanxi: Place) -> None:
    """签约与解约审核权限分开."""
    person = shanxi.graduates[8]
    destination = {"code": "70", "intention": "job_seeking"}
    people.ask(graduate(person), "registration.register_destination", graduate_id=person, destination=destination)
    office = shanxi.department(person)
    case_id = people.case(office, "department", person, "registration")
    narrow = Actor(office.role, office.id, office.scope, ("cancelling",))
    assert people.refused(narrow, "review.approve_review", case_id=case_id) == "access.no_right"
    people.ask(Actor(office.role, office.id, office.scope, ("signing",)), "review.approve_review", case_id=case_id)
