"""Orders of signing in which the graduate begins, and what belongs to them, as provinces really have them (DOMAIN 1.1, 1.2)."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Forbidden
from shared.messages import Actor
from tests.support.acting import TERMS, await_book, await_registered, book, evidence
from tests.support.people import People, Place, eventually, wq
from wq.demo.actors import employer, graduate

YEAR = 2025


def proposals(people: People, unit: str, state: str) -> list[dict[str, Any]]:
    """The proposals that an employer sees."""
    found: list[dict[str, Any]] = people.ask(employer(unit), "agreement.list_proposals", employer_id=unit, state=state)[
        "proposals"
    ]
    return found


def await_proposal(people: People, person: str, unit: str) -> str:
    """The id of the graduate's newest proposal, once the employer sees it."""
    mine = people.ask(graduate(person), "agreement.get_agreements", graduate_id=person)["proposals"][-1]["proposal_id"]

    def look() -> str | None:
        return next((mine for each in proposals(people, unit, "open") if each["proposal_id"] == mine), None)

    return eventually(look, f"{unit} sees that {person} proposed")


def answered(people: People, place: Place, person: str, unit: str) -> str:
    """签约申请 → 单位完善条款: the offer's id."""
    people.ask(graduate(person), "agreement.propose_signing", graduate_id=person, employer_id=unit)
    return people.invite(place, person, unit, proposal_id=await_proposal(people, person, unit))


def name_of(people: People, place: Place, person: str) -> str | None:
    """The name as the office reads it, None while its list does not hold the graduate yet."""
    try:
        return str(people.ask(place.office, "directory.get_graduate", graduate_id=person)["name"])
    except Forbidden:
        return None


def test_jiangxi_signs_by_itself_and_cancels_without_a_review(people: People) -> None:
    """江西: 毕业生申请 → 单位确认 → 毕业生签 → 学校自动签 → 单位盖章 → 生效; 单位发起解约 → 毕业生同意 → 即解约."""
    order = ["accept", "review", "seal"]
    own = {"begun_by": "graduate", "signing_order": order, "review_chain": [], "cancellation_chain": []}
    place = people.settle("10404", YEAR, 2, 4, **own)
    person, unit = place.graduates[0], place.employers[0]
    about: dict[str, Any] = {"graduate_id": person, "employer_id": unit}
    asked = {**about, "position": "13", "job_title": "工程师"}
    assert people.refused(employer(unit), "agreement.send_offer", **asked) == "agreement.graduate_begins"
    assert people.refused(employer(unit), "directory.get_proposer", **about) == "access.denied"

    people.ask(graduate(person), "agreement.propose_signing", **about, job_title="工程师")
    assert people.refused(graduate(person), "agreement.propose_signing", **about) == "agreement.proposal_open"
    proposal_id = await_proposal(people, person, unit)
    name = eventually(lambda: name_of(people, place, person), f"the office sees {person}")
    assert people.ask(employer(unit), "directory.get_proposer", **about)["name"] == name

    offer_id = people.invite(place, person, unit, proposal_id=proposal_id)
    people.accept(person, offer_id, unit)
    people.await_state(person, offer_id, "sealing")
    people.ask(employer(unit), "agreement.seal_agreement", graduate_id=person, agreement_id=offer_id)
    assert people.await_state(person, offer_id, "effective")["proposal_id"] == proposal_id
    await_registered(people, person, "10")

    why: dict[str, Any] = {
        "graduate_id": person,
        "agreement_id": offer_id,
        "reason_code": "mutual",
        "reason": "协商一致",
    }
    people.ask(employer(unit), "agreement.request_cancellation", **why)
    cancellation_id = people.offer(person, offer_id)["cancellation"]["cancellation_id"]
    agree = {"graduate_id": person, "cancellation_id": cancellation_id}
    people.ask(graduate(person), "agreement.agree_to_cancellation", **agree)
    people.await_state(person, offer_id, "cancelled")
    await_registered(people, person, None)


def test_shanghai_lets_either_begin_and_a_proposal_is_refused_withdrawn_or_lapses(people: People) -> None:
    """上海: 毕业生填报 → 待单位确认 → 单位完善条款 → 待学生确认 → 待学校确认; 单位拒绝、毕业生撤回、逾期未答复."""
    place = people.settle("10247", YEAR, 3, 4, begun_by="either")
    person, unit, other = place.graduates[0], place.employers[0], place.employers[1]
    own = graduate(person)
    people.ask(own, "agreement.propose_signing", graduate_id=person, employer_id=unit)
    refusal: dict[str, Any] = {
        "graduate_id": person,
        "proposal_id": await_proposal(people, person, unit),
        "reason": "岗位已招满",
    }
    assert people.refused(employer(other), "agreement.refuse_proposal", **refusal) == "access.denied"
    people.ask(employer(unit), "agreement.refuse_proposal", **refusal)

    people.ask(own, "agreement.propose_signing", graduate_id=person, employer_id=unit)
    withdrawn: dict[str, Any] = {"graduate_id": person, "proposal_id": await_proposal(people, person, unit)}
    people.ask(own, "agreement.withdraw_proposal", **withdrawn)
    late = {"graduate_id": person, "employer_id": unit, "position": "13", "job_title": "工程师"}
    proposal_id = withdrawn["proposal_id"]
    assert (
        people.refused(employer(unit), "agreement.send_offer", **late, proposal_id=proposal_id)
        == "agreement.proposal_not_open"
    )

    offer_id = answered(people, place, person, unit)
    people.ask(own, "agreement.propose_signing", graduate_id=person, employer_id=other)
    people.accept(person, offer_id, unit)
    people.review(place, person, "agreement", "department", "school")
    people.await_state(person, offer_id, "attesting")
    people.ask(place.office, "agreement.attest_agreement", graduate_id=person, agreement_id=offer_id)
    people.await_state(person, offer_id, "effective")
    late_answer = people.refused(employer(other), "agreement.send_offer", **{**late, "employer_id": other})
    assert late_answer == "agreement.already_signed"

    clock = people.platform.clock
    clock.set(clock.now() + timedelta(days=5, minutes=1))

    def swept() -> bool:
        swept = wq("sweep", environment=people.platform.environment)
        assert swept.returncode == 0, swept.stderr
        return bool(proposals(people, other, "lapsed"))

    eventually(swept, "the sweep lapses it")
    states = people.ask(own, "agreement.get_agreements", graduate_id=person)["proposals"]
    assert [each["state"] for each in states] == ["refused", "withdrawn", "answered", "lapsed"]
    invited = people.invite(place, place.graduates[1], unit)
    assert "proposal_id" not in people.offer(place.graduates[1], invited)


def test_anhui_an_employer_without_an_account_returns_the_stamped_book_by_a_link(people: People) -> None:
    """安徽: 未注册单位 → 申请 → 审核出具 → 毕业生生成上传链接 → 单位盖章上传并提交 → 退回 → 学校重新生成 → 生效."""
    place = people.settle("10357", YEAR, 2, 4, review_chain=["school"])
    person = place.graduates[0]
    own, office = graduate(person), place.office
    people.ask(own, "agreement.apply_for_book", graduate_id=person, terms=TERMS)
    about = {"graduate_id": person, "agreement_id": book(people, person)["agreement_id"]}
    assert people.refused(own, "agreement.open_upload", **about) == "agreement.book_not"
    people.review(place, person, "application", "school")
    await_book(people, person, "issued")

    def link(actor: Actor) -> Actor:
        people.ask(actor, "agreement.open_upload", **about)
        upload = book(people, person)["upload"]
        assert datetime.fromisoformat(upload["until"]) > people.platform.clock.now()
        return Actor("uploader", upload["upload_id"])

    first = link(own)
    for method in ("directory.print_agreement", "agreement.void_book", "agreement.get_agreements"):
        payload = {"graduate_id": person} if method.endswith("agreements") else about
        reason = {"reason": "单位不再录用"} if method.endswith("void_book") else {}
        assert people.refused(first, method, **payload, **reason) == "access.denied"
    assert b64decode(people.ask(own, "directory.print_agreement", **about)["content"]).startswith(b"%PDF")
    people.ask(first, "agreement.submit_scan", **about, scan=evidence(people, person, "stamped_agreement", first))
    case_id = people.case(office, "school", person, "signing")
    people.ask(office, "review.return_review", case_id=case_id, reason="印章不清晰")
    await_book(people, person, "issued")

    second = link(office)
    stamped = {"graduate_id": person, "kind": "stamped_agreement", "content": "AA=="}
    assert people.refused(first, "directory.store_evidence", **stamped) == "access.denied"
    people.ask(second, "agreement.submit_scan", **about, scan=evidence(people, person, "stamped_agreement", second))
    people.review(place, person, "signing", "school")
    await_book(people, person, "effective")
    await_registered(people, person, "10")


def test_shandong_asks_for_the_operation_code(people: People) -> None:
    """山东: 设置操作码 → 应约凭操作码 → 单位解约 → 凭操作码同意; 输错次数过多 → 学校重置."""
    place = people.settle("10424", YEAR, 2, 4, review_chain=["school"], operation_code=True)
    person, unit = place.graduates[0], place.employers[0]
    own, office = graduate(person), place.office
    offer_id = people.invite(place, person, unit)
    accept: dict[str, Any] = {"graduate_id": person, "offer_id": offer_id, "employer_id": unit}
    assert people.refused(own, "agreement.accept_offer", **accept) == "agreement.operation_code_not_set"
    people.ask(own, "agreement.set_operation_code", graduate_id=person, new_code="246810")
    assert people.refused(own, "agreement.accept_offer", **accept) == "agreement.operation_code_needed"
    people.ask(own, "agreement.accept_offer", **accept, operation_code="246810")
    people.review(place, person, "agreement", "school")
    people.await_state(person, offer_id, "effective")

    why: dict[str, Any] = {
        "graduate_id": person,
        "agreement_id": offer_id,
        "reason_code": "mutual",
        "reason": "协商一致",
    }
    people.ask(employer(unit), "agreement.request_cancellation", **why)
    cancellation_id = people.offer(person, offer_id)["cancellation"]["cancellation_id"]
    agree = {"graduate_id": person, "cancellation_id": cancellation_id}
    tries = [people.refused(own, "agreement.agree_to_cancellation", **agree, operation_code="135791") for _ in range(6)]
    assert tries == ["agreement.operation_code_wrong"] * 5 + ["agreement.operation_code_locked"]
    people.ask(office, "agreement.reset_operation_code", graduate_id=person)
    people.ask(own, "agreement.set_operation_code", graduate_id=person, new_code="998877")
    people.ask(own, "agreement.agree_to_cancellation", **agree, operation_code="998877")
    people.review(place, person, "cancellation", "school")
    people.await_state(person, offer_id, "cancelled")
