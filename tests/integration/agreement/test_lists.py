"""What lists tell: people and not only ids, what is true now, whose turn it is, and why something came to nothing."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement import decider as c
from services.agreement import schemas
from services.directory.personal import destroy_keys
from shared.errors import Forbidden
from shared.messages import Actor, new_id
from tests.integration.agreement.conftest import World, by
from tests.support import examples as x
from tests.support.spec import (
    DEPARTMENT,
    EMPLOYER,
    EMPLOYER_ID,
    GRADUATE,
    GRADUATE_ID,
    LANE,
    MINISTRY,
    NOW,
    OTHER_EMPLOYER,
    OTHER_EMPLOYER_ID,
    PROVINCE,
    SCHOOL,
)

OWN_OFFERS = schemas.OfEmployer(employer_id=EMPLOYER_ID, state=None)
OF_GRADUATE = schemas.OfGraduate(graduate_id=GRADUATE_ID)
OF_SCHOOL = schemas.InScope(scope=SCHOOL.scope)
BOOKS = schemas.BooksInScope(scope=SCHOOL.scope, class_year=2026, state=None)


def sent(world: World, graduate_id: str = GRADUATE_ID, employer: Actor = EMPLOYER) -> str:
    wanted = replace(x.SEND, graduate_id=graduate_id, employer_id=employer.id)
    return str(world.service.send_offer(wanted, by(employer, "send_offer")).made["offer_id"])


def accepted(world: World, graduate_id: str = GRADUATE_ID) -> str:
    offer_id = sent(world, graduate_id)
    own = Actor("graduate", graduate_id)
    world.service.accept_offer(c.AcceptOffer(graduate_id, offer_id, EMPLOYER_ID), by(own, "accept_offer"))
    return offer_id


def concluded(world: World, graduate_id: str = GRADUATE_ID) -> str:
    offer_id = accepted(world, graduate_id)
    world.review("Passed", graduate_id, "agreement", offer_id)
    return offer_id


def asked(world: World, offer_id: str, actor: Actor = GRADUATE) -> str:
    wanted = c.RequestCancellation(GRADUATE_ID, offer_id, "family", "需照顾家人")
    return str(world.service.request_cancellation(wanted, by(actor, "request_cancellation")).made["cancellation_id"])


def offer_of(world: World, actor: Actor, offer_id: str, now: Any = NOW) -> Any:
    if actor == EMPLOYER:
        query = schemas.OfOffer(graduate_id=GRADUATE_ID, offer_id=offer_id)
        return world.service.get_offer(query, by(actor, "get_offer", now))
    shown = world.service.get_agreements(OF_GRADUATE, by(actor, "get_agreements", now))["offers"]
    return next(each for each in shown if each["offer_id"] == offer_id)


# Names


def test_an_employer_reads_the_names_of_whom_it_invited_and_the_read_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    other = world.enrol(f"{LANE}-{uuid4()}", "韩梅梅")
    offers = {sent(world, world.enrol(GRADUATE_ID)): "李雷", sent(world, other): "韩梅梅"}
    world.follow()
    with caplog.at_level(logging.INFO, logger="shared.opening"):
        listed = world.service.list_offers(OWN_OFFERS, by(EMPLOYER, "list_offers"))["offers"]
    assert {each["offer_id"]: each["graduate_name"] for each in listed} == offers
    (line,) = [each for each in caplog.records if each.getMessage() == "personal data read"]
    assert (line.__dict__["action"], line.__dict__["actor"]) == ("agreement.list_offers", f"employer/{EMPLOYER_ID}")
    assert set(line.__dict__["subjects"]) == {GRADUATE_ID, other}
    first = world.service.list_offers(replace(OWN_OFFERS, limit=1), by(EMPLOYER, "list_offers"))
    second = world.service.list_offers(replace(OWN_OFFERS, after=first["after"]), by(EMPLOYER, "list_offers"))
    assert [len(first["offers"]), len(second["offers"])] == [1, 1]
    theirs = replace(OWN_OFFERS, employer_id=OTHER_EMPLOYER_ID)
    assert world.service.list_offers(theirs, by(OTHER_EMPLOYER, "list_offers"))["offers"] == []


def test_who_was_erased_has_no_name_and_is_still_listed(world: World) -> None:
    sent(world, world.enrol(GRADUATE_ID))
    with world.engine.begin() as connection:
        destroy_keys(connection, [GRADUATE_ID])
    world.follow()
    (row,) = world.service.list_offers(OWN_OFFERS, by(EMPLOYER, "list_offers"))["offers"]
    assert (row["graduate_id"], row["graduate_name"]) == (GRADUATE_ID, None)


def test_a_name_is_told_as_it_was_corrected_last_also_after_the_graduate_left_the_roster(world: World) -> None:
    sent(world, world.enrol(GRADUATE_ID))
    with world.engine.begin() as connection:
        envelope = world.personal.seal_many(connection, {GRADUATE_ID: {"name": "李磊"}})[GRADUATE_ID]
    world.tell(f"graduate-{GRADUATE_ID}", "directory.GraduateCorrected", graduate_id=GRADUATE_ID, personal=envelope)
    world.tell(f"graduate-{GRADUATE_ID}", "directory.GraduateRemoved", graduate_id=GRADUATE_ID)
    world.follow()
    (row,) = world.service.list_offers(OWN_OFFERS, by(EMPLOYER, "list_offers"))["offers"]
    assert row["graduate_name"] == "李磊"


def test_a_proposer_is_named_while_the_proposal_waits_and_not_once_it_is_over(world: World) -> None:
    world.set_province(2, begun_by="either")
    world.enrol(GRADUATE_ID)
    world.service.propose_signing(x.PROPOSE, by(GRADUATE, "propose_signing"))
    world.follow()

    def shown(now: Any) -> tuple[str, str | None]:
        (row,) = world.service.list_proposals(OWN_OFFERS, by(EMPLOYER, "list_proposals", now))["proposals"]
        return row["state"], row["graduate_name"]

    assert shown(NOW) == ("open", "李雷")
    assert shown(NOW + 5 * x.DAY) == ("lapsed", None)


def test_offices_read_names_in_every_list_of_agreements_and_the_graduate_needs_none(world: World) -> None:
    world.set_province(3)
    world.review("Passed", world.enrol(GRADUATE_ID), "agreement", accepted(world))
    world.follow()
    listed = world.service.list_awaiting_attestation(OF_SCHOOL, by(SCHOOL, "list_awaiting_attestation"))
    (row,) = listed["agreements"]
    assert (row["graduate_name"], row["employer_name"], row["job_title"]) == (
        "李雷",
        x.VERIFIED.name,
        x.SEND.job_title,
    )
    for actor in (DEPARTMENT, SCHOOL, PROVINCE, MINISTRY):
        shown = world.service.get_agreements(OF_GRADUATE, by(actor, "get_agreements"))
        assert shown["graduate_name"] == "李雷"
    assert "graduate_name" not in world.service.get_agreements(OF_GRADUATE, by(GRADUATE, "get_agreements"))


# What is true now


def test_an_offer_that_nobody_answered_in_time_is_lapsed_before_any_sweep(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    world.follow()
    for now, state in ((NOW + 5 * x.DAY - x.MOMENT, "open"), (NOW + 5 * x.DAY, "lapsed")):
        assert [offer_of(world, actor, offer_id, now)["state"] for actor in (GRADUATE, EMPLOYER)] == [state, state]
        for asked_for in ("open", "lapsed"):
            query = replace(OWN_OFFERS, state=asked_for)
            found = world.service.list_offers(query, by(EMPLOYER, "list_offers", now))["offers"]
            assert [each["state"] for each in found] == ([state] if asked_for == state else [])


def test_what_nobody_attested_in_time_is_returned_and_no_longer_waits_and_frees_the_graduate(world: World) -> None:
    world.set_province(3)
    world.enrol(GRADUATE_ID)
    world.review("Passed", GRADUATE_ID, "agreement", offer_id := accepted(world))
    world.follow()
    late = NOW + 15 * x.DAY
    assert offer_of(world, GRADUATE, offer_id, late - x.MOMENT)["state"] == "attesting"
    shown = offer_of(world, GRADUATE, offer_id, late)
    assert (shown["state"], shown["reason"], shown["complete_by"]) == ("returned", "学校逾期未鉴证", None)
    for now, total in ((late - x.MOMENT, 1), (late, 0)):
        listed = world.service.list_awaiting_attestation(OF_SCHOOL, by(SCHOOL, "list_awaiting_attestation", now))
        assert (len(listed["agreements"]), listed["total"]) == (total, total)
    again = world.service.send_offer(x.SEND, by(EMPLOYER, "send_offer", late))
    accept = c.AcceptOffer(GRADUATE_ID, again.made["offer_id"], EMPLOYER_ID)
    world.service.accept_offer(accept, by(GRADUATE, "accept_offer", late))
    history = world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"]
    assert [each.type.rpartition(".")[2] for each in history][-3:] == [
        "AgreementReturned",
        "OfferSent",
        "OfferAccepted",
    ]


def test_a_request_that_nobody_answered_in_time_is_contested_and_the_school_may_mediate_before_any_sweep(
    world: World,
) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    cancellation_id = asked(world, offer_id)
    world.follow()
    late = NOW + 15 * x.DAY
    for actor in (GRADUATE, EMPLOYER):
        assert offer_of(world, actor, offer_id, late - x.MOMENT)["cancellation"]["cancellation_id"] == cancellation_id
        shown = offer_of(world, actor, offer_id, late)
        assert "cancellation" not in shown
        assert shown["contested"]["cancellation_id"] == cancellation_id
        assert [each["ended"] for each in shown["past_cancellations"]] == ["lapsed"]
    listed = world.service.list_contested(OF_SCHOOL, by(SCHOOL, "list_contested", late))
    (row,) = listed["agreements"]
    assert (listed["total"], row["contested"], row["asked_by"], row["asked_reason"], row["graduate_name"]) == (
        1,
        cancellation_id,
        "graduate",
        "需照顾家人",
        "李雷",
    )
    keep = c.MediateCancellation(GRADUATE_ID, cancellation_id, "keep", "双方继续履行")
    world.service.mediate_cancellation(keep, by(SCHOOL, "mediate_cancellation", late))
    assert offer_of(world, GRADUATE, offer_id, late)["mediated"] == {"outcome": "keep", "reason": "双方继续履行"}


def test_a_link_to_upload_is_shown_until_it_ends(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = world.service.apply_for_book(x.APPLY, by(GRADUATE, "apply_for_book")).made["agreement_id"]
    (book,) = world.service.get_agreements(OF_GRADUATE, by(GRADUATE, "get_agreements"))["books"]
    world.review("Passed", GRADUATE_ID, "application", book["review_id"])
    world.service.open_upload(c.OpenUpload(GRADUATE_ID, book_id), by(GRADUATE, "open_upload"))

    def upload(now: Any) -> Any:
        (shown,) = world.service.get_agreements(OF_GRADUATE, by(GRADUATE, "get_agreements", now))["books"]
        return shown["upload"]

    assert upload(NOW + 7 * x.DAY - x.MOMENT) is not None
    assert upload(NOW + 7 * x.DAY) is None


# Why


@pytest.mark.parametrize("asking", [GRADUATE, EMPLOYER])
def test_everybody_party_to_it_sees_why_a_cancellation_was_returned(world: World, asking: Actor) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    cancellation_id = asked(world, offer_id, asking)
    other = EMPLOYER if asking == GRADUATE else GRADUATE
    world.service.agree_to_cancellation(
        c.AgreeToCancellation(GRADUATE_ID, cancellation_id), by(other, "agree_to_cancellation")
    )
    world.review("Returned", GRADUATE_ID, "cancellation", cancellation_id)
    for actor in (GRADUATE, EMPLOYER, SCHOOL):
        (past,) = offer_of(world, actor, offer_id)["past_cancellations"]
        assert (past["ended"], past["ended_reason"], past["reason"]) == ("returned", "岗位信息不完整", "需照顾家人")
    world.follow()
    (row,) = world.service.list_offers(OWN_OFFERS, by(EMPLOYER, "list_offers"))["offers"]
    assert (row["cancellation_ended"], row["cancellation_reason"]) == ("returned", "岗位信息不完整")


def test_who_asked_sees_why_the_other_side_refused_and_who_caused_what_was_cancelled(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    refusal = c.RefuseCancellation(GRADUATE_ID, asked(world, offer_id), "岗位无人接替")
    world.service.refuse_cancellation(refusal, by(EMPLOYER, "refuse_cancellation"))
    cancellation_id = asked(world, offer_id)
    world.service.agree_to_cancellation(
        c.AgreeToCancellation(GRADUATE_ID, cancellation_id), by(EMPLOYER, "agree_to_cancellation")
    )
    world.review("Passed", GRADUATE_ID, "cancellation", cancellation_id)
    refused, cancelled = offer_of(world, GRADUATE, offer_id)["past_cancellations"]
    assert (refused["ended"], refused["ended_reason"]) == ("refused", "岗位无人接替")
    assert (cancelled["ended"], cancelled["caused_by"]) == ("cancelled", "graduate")


def test_a_book_made_again_shows_the_number_it_bore_and_why_a_report_of_loss_was_returned(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = world.service.apply_for_book(x.APPLY, by(GRADUATE, "apply_for_book")).made["agreement_id"]

    def book() -> Any:
        return world.service.get_agreements(OF_GRADUATE, by(GRADUATE, "get_agreements"))["books"][0]

    def lost() -> str:
        notice = world.store(GRADUATE_ID, "loss_notice")
        wanted = c.ReportLoss(GRADUATE_ID, book_id, "遗失声明作废", notice)
        return str(world.service.report_loss(wanted, by(GRADUATE, "report_loss")).made["loss_id"])

    world.review("Passed", GRADUATE_ID, "application", book()["review_id"])
    old = book()["number"]
    world.review("Returned", GRADUATE_ID, "loss", lost())
    assert (book()["loss_returned"], book()["old_number"]) == ("岗位信息不完整", None)
    world.review("Passed", GRADUATE_ID, "loss", lost())
    assert (book()["loss_returned"], book()["old_number"]) == (None, old)
    world.follow()
    (row,) = world.service.list_books(BOOKS, by(SCHOOL, "list_books"))["books"]
    assert (row["old_number"], row["number"], row["graduate_name"]) == (old, book()["number"], "李雷")


# One's own cases


def own_cases(world: World, now: Any = NOW, **told: Any) -> Any:
    query = schemas.CasesOfGraduate(**{"graduate_id": GRADUATE_ID, "waiting_for": None, **told})
    return world.service.list_own_cases(query, by(GRADUATE, "list_own_cases", now))


def test_a_graduate_lists_its_own_cases_with_who_must_act_until_when(world: World) -> None:
    world.set_province(2, begun_by="either")
    world.enrol(GRADUATE_ID)
    proposal_id = world.service.propose_signing(
        replace(x.PROPOSE, employer_id=OTHER_EMPLOYER_ID), by(GRADUATE, "propose_signing")
    ).made["proposal_id"]
    offer_id = sent(world)
    until = (NOW + 5 * x.DAY).isoformat()
    told = [(each["id"], each["waiting_for"], each["until"]) for each in own_cases(world)["cases"]]
    assert told == [(offer_id, "graduate", until), (proposal_id, "employer", until)]
    mine = own_cases(world, waiting_for="graduate")
    assert ([each["id"] for each in mine["cases"]], mine["total"]) == ([offer_id], 1)
    lapsed = own_cases(world, NOW + 5 * x.DAY)
    assert [(each["state"], each["waiting_for"]) for each in lapsed["cases"]] == [("lapsed", None)] * 2
    assert own_cases(world, NOW + 5 * x.DAY, waiting_for="graduate")["total"] == 0

    first = own_cases(world, limit=1)
    second = own_cases(world, limit=1, after=first["after"])
    third = own_cases(world, limit=1, after=second["after"])
    assert [[each["id"] for each in page["cases"]] for page in (first, second, third)] == [
        [offer_id],
        [proposal_id],
        [],
    ]
    for actor in (Actor("graduate", f"{LANE}-{uuid4()}"), EMPLOYER, SCHOOL, MINISTRY):
        query = schemas.CasesOfGraduate(graduate_id=GRADUATE_ID, waiting_for=None)
        with pytest.raises(Forbidden):
            world.service.list_own_cases(query, by(actor, "list_own_cases"))


def test_a_case_says_whose_turn_it_is_until_it_is_over(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = accepted(world)
    assert own_cases(world)["cases"][0]["waiting_for"] == "review"
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    assert (own_cases(world)["cases"][0]["waiting_for"], own_cases(world)["cases"][0]["until"]) == (None, None)
    cancellation_id = asked(world, offer_id)
    (case,) = own_cases(world)["cases"]
    assert (case["waiting_for"], case["until"]) == ("employer", (NOW + 15 * x.DAY).isoformat())
    assert case["cancellation_id"] == cancellation_id


def test_an_employer_lists_what_waits_for_it_page_by_page(world: World) -> None:
    world.set_province(2, begun_by="either", signing_order=["accept", "review", "seal"])
    world.enrol(GRADUATE_ID)
    sealing, other = accepted(world), world.enrol(f"{LANE}-{uuid4()}", "韩梅梅")
    world.review("Passed", GRADUATE_ID, "agreement", sealing)
    proposing = by(Actor("graduate", other), "propose_signing")
    proposal_id = world.service.propose_signing(replace(x.PROPOSE, graduate_id=other), proposing).made["proposal_id"]
    third = world.enrol(f"{LANE}-{uuid4()}", "王芳")
    open_offer = sent(world, third)
    world.follow()

    def cases(now: Any = NOW, **told: Any) -> Any:
        query = schemas.CasesOfEmployer(**{"employer_id": EMPLOYER_ID, "waiting_for": None, **told})
        return world.service.list_employer_cases(query, by(EMPLOYER, "list_employer_cases", now))

    everything = {each["id"]: each for each in cases()["cases"]}
    assert {name: (each["what"], each["waiting_for"], each["graduate_name"]) for name, each in everything.items()} == {
        sealing: ("offer", "employer", "李雷"),
        proposal_id: ("proposal", "employer", "韩梅梅"),
        open_offer: ("offer", "graduate", "王芳"),
    }
    assert everything[sealing]["until"] == (NOW + 15 * x.DAY).isoformat()
    mine = cases(waiting_for="employer")
    assert ({each["id"] for each in mine["cases"]}, mine["total"]) == ({sealing, proposal_id}, 2)
    assert {each["id"] for each in cases(NOW + 5 * x.DAY)["cases"]} == {sealing}
    found, after = [], None
    while True:
        page = cases(limit=1, after=after)
        assert page["total"] == 3
        found += [each["id"] for each in page["cases"]]
        if (after := page["after"]) is None:
            break
    assert sorted(found) == sorted(everything)
    query = schemas.CasesOfEmployer(employer_id=EMPLOYER_ID, waiting_for=None)
    for actor in (OTHER_EMPLOYER, GRADUATE, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.list_employer_cases(query, by(actor, "list_employer_cases"))


def test_the_next_page_follows_a_case_that_is_over_by_now(world: World) -> None:
    world.set_province(2, begun_by="either")
    people = [world.enrol(f"{LANE}-{uuid4()}", name) for name in ("李雷", "韩梅梅", "王芳")]
    for person in people[:2]:
        sent(world, person)
    proposing = by(Actor("graduate", people[2]), "propose_signing")
    world.service.propose_signing(replace(x.PROPOSE, graduate_id=people[2]), proposing)
    world.follow()

    def cases(now: Any = NOW, **told: Any) -> Any:
        query = schemas.CasesOfEmployer(**{"employer_id": EMPLOYER_ID, "waiting_for": None, **told})
        return world.service.list_employer_cases(query, by(EMPLOYER, "list_employer_cases", now))["cases"]

    everything = cases()
    for seen in range(3):
        last = everything[seen]
        rest = [each["id"] for each in everything[seen + 1 :]]
        assert [each["id"] for each in cases(after=last["id"])] == rest
        if last["what"] == "offer":
            withdrawal = c.WithdrawOffer(last["graduate_id"], last["id"])
            world.service.withdraw_offer(withdrawal, by(EMPLOYER, "withdraw_offer"))
        else:
            refusal = c.RefuseProposal(last["graduate_id"], last["id"], "暂无岗位")
            world.service.refuse_proposal(refusal, by(EMPLOYER, "refuse_proposal"))
        world.follow()
        assert [each["id"] for each in cases(after=last["id"])] == rest


def test_what_a_command_made_is_in_its_answer_and_in_the_repeat(world: World) -> None:
    world.enrol(GRADUATE_ID)
    meta = by(EMPLOYER, "send_offer")
    answer = world.service.send_offer(x.SEND, meta)
    assert answer.to_json()["offer_id"] == new_id(LANE, meta.command_id, "offer")
    assert world.service.send_offer(x.SEND, meta) == answer
    many = world.service.send_offers([replace(x.SEND, graduate_id=f"{LANE}-{uuid4()}")], by(EMPLOYER, "send_offers"))
    assert "error" in many[0].to_json()
