"""Books and paper agreements through the service: numbers, claims, lists, and what an order of signing needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement import decider as c
from services.agreement import schemas
from services.agreement.numbers import parse
from shared.errors import Forbidden, Refused, ServiceError
from shared.messages import Actor, new_id
from tests.integration.agreement.conftest import World, by
from tests.support import examples as x
from tests.support.spec import DEPARTMENT, EMPLOYER, EMPLOYER_ID, GRADUATE, GRADUATE_ID, LANE, SCHOOL


def book_in(world: World, graduate_id: str = GRADUATE_ID, index: int = -1) -> dict[str, Any]:
    query = schemas.OfGraduate(graduate_id=graduate_id)
    found = world.service.get_agreements(query, by(Actor("graduate", graduate_id), "get_agreements"))
    book: dict[str, Any] = found["books"][index]
    return book


def applied(world: World) -> str:
    meta = by(GRADUATE, "apply_for_book")
    world.service.apply_for_book(x.APPLY, meta)
    return new_id(LANE, meta.command_id, "book")


def issued(world: World) -> str:
    book_id = applied(world)
    world.review("Passed", GRADUATE_ID, "application", book_in(world)["review_id"])
    return book_id


def scanned(world: World, book_id: str) -> str:
    """The id of the review that looks at the scan."""
    meta = by(GRADUATE, "submit_scan")
    world.service.submit_scan(c.SubmitScan(GRADUATE_ID, book_id, world.store(GRADUATE_ID, "stamped_agreement")), meta)
    return new_id(LANE, meta.command_id, "review")


def test_an_offline_agreement_from_application_to_cancellation(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = issued(world)
    number = book_in(world)["number"]
    assert parse(number).serial == 1
    world.review("Passed", GRADUATE_ID, "signing", scanned(world, book_id))
    shown = book_in(world)
    assert (shown["state"], shown["kind"], shown["number"]) == ("effective", "offline", number)

    letter, slip = world.store(GRADUATE_ID, "release_letter"), world.store(GRADUATE_ID, "penalty_slip")
    asking = by(GRADUATE, "request_cancellation")
    world.service.request_cancellation(
        c.RequestCancellation(GRADUATE_ID, book_id, "family", "需照顾家人", letter, slip), asking
    )
    world.review("Passed", GRADUATE_ID, "cancellation", new_id(LANE, asking.command_id, "cancellation"))
    assert book_in(world)["state"] == "cancelled"
    assert parse(book_in(world)["number"]).serial == 1
    issued(world)
    assert parse(book_in(world)["number"]).serial == 2


def test_a_lost_book_comes_back_under_a_new_number(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = issued(world)
    meta = by(GRADUATE, "report_loss")
    notice = world.store(GRADUATE_ID, "loss_notice")
    world.service.report_loss(c.ReportLoss(GRADUATE_ID, book_id, "遗失声明作废", notice), meta)
    world.review("Passed", GRADUATE_ID, "loss", new_id(LANE, meta.command_id, "loss"))
    assert parse(book_in(world)["number"]).serial == 2
    history = [event.type for event in world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"]]
    assert history[-1] == "agreement.BookReissued"


def test_evidence_of_another_graduate_or_kind_does_not_count(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = issued(world)
    for evidence_id, code in [
        (world.store(f"{LANE}-{uuid4()}", "stamped_agreement"), "agreement.evidence_not_found"),
        (world.store(GRADUATE_ID, "licence"), "agreement.wrong_evidence"),
    ]:
        with pytest.raises(ServiceError) as caught:
            world.service.submit_scan(c.SubmitScan(GRADUATE_ID, book_id, evidence_id), by(GRADUATE, "submit_scan"))
        assert caught.value.code == code


def paper(graduate_id: str, world: World) -> c.RegisterPaper:
    return replace(x.REGISTER_PAPER, graduate_id=graduate_id, scan=world.store(graduate_id, "stamped_agreement"))


def test_a_number_on_paper_is_registered_by_one_graduate_even_when_two_come_at_once(world: World) -> None:
    graduates = [world.enrol(f"{LANE}-{uuid4()}") for _ in range(6)]
    commands = {graduate_id: paper(graduate_id, world) for graduate_id in graduates}

    def register(graduate_id: str) -> str:
        own = Actor("graduate", graduate_id)
        try:
            world.service.register_paper(commands[graduate_id], by(own, "register_paper"))
        except ServiceError as error:
            return error.code
        return "registered"

    with ThreadPoolExecutor(6) as all_at_once:
        outcomes = sorted(all_at_once.map(register, graduates))
    assert outcomes == ["agreement.number_taken"] * 5 + ["registered"]


def test_a_number_belongs_to_whose_paper_is_not_taken_back_or_returned(world: World) -> None:
    first, second = world.enrol(GRADUATE_ID), world.enrol(f"{LANE}-{uuid4()}")
    own, other = Actor("graduate", first), Actor("graduate", second)
    registering = by(own, "register_paper")
    command, theirs = paper(first, world), paper(second, world)
    answer = world.service.register_paper(command, registering)
    assert world.service.register_paper(command, registering) == answer
    with pytest.raises(Refused) as caught:
        world.service.register_paper(theirs, by(other, "register_paper"))
    assert caught.value.code == "agreement.number_taken"
    # Taken back: it was mistyped.
    paper_id = new_id(LANE, registering.command_id, "paper")
    voiding = by(own, "void_book")
    answer = world.service.void_book(c.VoidBook(first, paper_id, "填写有误"), voiding)
    assert world.service.void_book(c.VoidBook(first, paper_id, "填写有误"), voiding) == answer
    world.service.register_paper(theirs, by(other, "register_paper"))
    # Returned: it was not theirs.
    world.review("Returned", second, "paper", book_in(world, second)["review_id"])
    world.service.register_paper(command, by(own, "register_paper"))
    world.review("Passed", first, "paper", book_in(world)["review_id"])
    assert (book_in(world)["state"], book_in(world)["kind"]) == ("effective", "paper")
    with pytest.raises(Refused) as caught:
        world.service.register_paper(theirs, by(other, "register_paper"))
    assert caught.value.code == "agreement.number_taken"


def test_a_number_of_the_platform_is_registered_by_nobody_as_one_on_paper(world: World) -> None:
    first, second = world.enrol(GRADUATE_ID), world.enrol(f"{LANE}-{uuid4()}")
    book_id = issued(world)
    number = book_in(world)["number"]
    theirs = replace(paper(second, world), paper_number=number)
    with pytest.raises(Refused) as caught:
        world.service.register_paper(theirs, by(Actor("graduate", second), "register_paper"))
    assert caught.value.code == "agreement.number_not_issued"
    world.service.void_book(c.VoidBook(first, book_id, "单位不再录用"), by(GRADUATE, "void_book"))
    with pytest.raises(Refused) as caught:
        world.service.register_paper(replace(paper(first, world), paper_number=number), by(GRADUATE, "register_paper"))
    assert caught.value.code == "agreement.number_dead"


def test_offices_see_the_books_of_their_scope_and_nobody_elses(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = issued(world)
    world.follow()
    query = schemas.BooksInScope(scope=DEPARTMENT.scope, class_year=2026, state="issued")
    (listed,) = world.service.list_books(query, by(DEPARTMENT, "list_books"))["books"]
    assert (listed["agreement_id"], listed["state"], listed["unit_name"]) == (book_id, "issued", x.TERMS.unit_name)
    with pytest.raises(Forbidden):
        world.service.list_books(query, by(Actor("school", "elsewhere", "CN/14/10109"), "list_books"))
    world.service.void_book(c.VoidBook(GRADUATE_ID, book_id, "单位不再录用"), by(GRADUATE, "void_book"))
    world.follow()
    assert world.service.list_books(query, by(DEPARTMENT, "list_books"))["books"] == []


def test_an_agreement_that_acceptance_binds_has_its_number_at_once_and_waits_for_review_and_seal(world: World) -> None:
    world.set_province(2, signing_order=["accept", "review", "seal"], binding="acceptance")
    world.enrol(GRADUATE_ID)
    sending = by(EMPLOYER, "send_offer")
    world.service.send_offer(x.SEND, sending)
    offer_id = new_id(LANE, sending.command_id, "offer")
    accepting = by(GRADUATE, "accept_offer")
    accept = c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID)
    answer = world.service.accept_offer(accept, accepting)
    assert world.service.accept_offer(accept, accepting) == answer

    def offer() -> dict[str, Any]:
        query = schemas.OfGraduate(graduate_id=GRADUATE_ID)
        shown: dict[str, Any] = world.service.get_agreements(query, by(GRADUATE, "get_agreements"))["offers"][-1]
        return shown

    number = offer()["number"]
    assert (offer()["state"], parse(number).serial) == ("accepted", 1)
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    assert offer()["state"] == "sealing"
    sealing = c.SealAgreement(GRADUATE_ID, offer_id, world.store(GRADUATE_ID, "stamped_agreement"))
    with pytest.raises(Forbidden):
        world.service.seal_agreement(sealing, by(SCHOOL, "seal_agreement"))
    world.service.seal_agreement(sealing, by(EMPLOYER, "seal_agreement"))
    assert (offer()["state"], offer()["number"]) == ("effective", number)


def test_a_draft_is_seen_by_its_employer_only_until_it_is_sent(world: World) -> None:
    world.enrol(GRADUATE_ID)
    saving = by(EMPLOYER, "save_draft")
    world.service.save_draft(x.SAVE_DRAFT, saving)
    offer_id = new_id(LANE, saving.command_id, "offer")
    query = schemas.OfGraduate(graduate_id=GRADUATE_ID)
    assert world.service.get_agreements(query, by(GRADUATE, "get_agreements"))["offers"] == []
    world.follow()
    own = schemas.OfEmployer(employer_id=EMPLOYER_ID, state="draft")
    (listed,) = world.service.list_offers(own, by(EMPLOYER, "list_offers"))["offers"]
    assert (listed["offer_id"], listed["state"]) == (offer_id, "draft")
    world.service.send_draft(c.SendDraft(GRADUATE_ID, EMPLOYER_ID, offer_id), by(EMPLOYER, "send_draft"))
    (offer,) = world.service.get_agreements(query, by(GRADUATE, "get_agreements"))["offers"]
    assert (offer["offer_id"], offer["state"]) == (offer_id, "open")
    edit = replace(x.EDIT, offer_id=offer_id)
    world.service.edit_offer(edit, by(EMPLOYER, "edit_offer"))
    world.follow()
    (listed,) = world.service.list_offers(replace(own, state="open"), by(EMPLOYER, "list_offers"))["offers"]
    assert (listed["job_title"], listed["revision"]) == (edit.job_title, 2)


def test_a_school_mediates_and_counts_breaches(world: World) -> None:
    world.enrol(GRADUATE_ID)
    world.tell("school-14-10108", "directory.SchoolSettingsChanged", school="10108", class_year=2026, breach_limit=1)

    def concluded() -> str:
        sending = by(EMPLOYER, "send_offer")
        world.service.send_offer(x.SEND, sending)
        offer_id = new_id(LANE, sending.command_id, "offer")
        accept = c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID)
        world.service.accept_offer(accept, by(GRADUATE, "accept_offer"))
        world.review("Passed", GRADUATE_ID, "agreement", offer_id)
        return offer_id

    asking = by(GRADUATE, "request_cancellation")
    world.service.request_cancellation(c.RequestCancellation(GRADUATE_ID, concluded(), "family", "需照顾家人"), asking)
    cancellation_id = new_id(LANE, asking.command_id, "cancellation")
    refusing = c.RefuseCancellation(GRADUATE_ID, cancellation_id, "岗位急需")
    world.service.refuse_cancellation(refusing, by(EMPLOYER, "refuse_cancellation"))
    mediation = c.MediateCancellation(GRADUATE_ID, cancellation_id, "cancel", "学校调解")
    for actor in (GRADUATE, EMPLOYER, DEPARTMENT):
        with pytest.raises(Forbidden):
            world.service.mediate_cancellation(mediation, by(actor, "mediate_cancellation"))
    world.service.mediate_cancellation(mediation, by(SCHOOL, "mediate_cancellation"))
    world.review("Passed", GRADUATE_ID, "cancellation", cancellation_id)
    again = c.RequestCancellation(GRADUATE_ID, concluded(), "family", "需照顾家人")
    with pytest.raises(Refused) as caught:
        world.service.request_cancellation(again, by(GRADUATE, "request_cancellation"))
    assert caught.value.code == "agreement.breach_limit"


def test_a_number_explains_itself(world: World) -> None:
    asked = by(GRADUATE, "explain_number")
    told = world.service.explain_number(schemas.OfNumber(number=x.NUMBER), asked)
    assert "valid" not in told
    assert (told["well_formed"], told["school_name"], told["class_year"], told["serial"]) == (True, "山西大学", 2026, 1)
    wrong = x.NUMBER[:-1] + str((int(x.NUMBER[-1]) + 1) % 10)
    assert world.service.explain_number(schemas.OfNumber(number=wrong), asked)["well_formed"] is False


def test_an_employer_without_an_account_returns_the_stamped_book_by_the_newest_link(world: World) -> None:
    world.enrol(GRADUATE_ID)
    book_id = issued(world)

    def opened(actor: Actor) -> Actor:
        world.service.open_upload(c.OpenUpload(GRADUATE_ID, book_id), by(actor, "open_upload"))
        return Actor("uploader", book_in(world)["upload"]["upload_id"])

    for actor in (DEPARTMENT, EMPLOYER, Actor("school", "elsewhere", "CN/14/10109")):
        with pytest.raises(Forbidden):
            opened(actor)
    old, new = opened(GRADUATE), opened(SCHOOL)
    submit = c.SubmitScan(GRADUATE_ID, book_id, world.store(GRADUATE_ID, "stamped_agreement"))
    with pytest.raises(Forbidden):
        world.service.submit_scan(submit, by(old, "submit_scan"))
    asked = by(new, "submit_scan")
    answer = world.service.submit_scan(submit, asked)
    # The link is over, and a repeat is answered as the first call was.
    assert book_in(world)["upload"] is None
    assert world.service.submit_scan(submit, asked) == answer
    last = world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"][-1]
    assert (last.type, last.event.actor) == ("agreement.ScanSubmitted", new)
    world.review("Returned", GRADUATE_ID, "signing", last.data["review_id"])
    with pytest.raises(Refused) as caught:
        world.service.submit_scan(submit, by(new, "submit_scan"))
    assert caught.value.code == "agreement.upload_over"
