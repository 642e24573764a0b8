"""Evidence kept sealed and shown only to who may see it; agreements printed; numbers checked by name."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.agreement.events import CODEC
from services.directory import schemas
from services.directory.decider import SCHOOL as SCHOOL_HANDLING
from services.directory.decider import ListSchool
from services.directory.national import set_check_address
from services.directory.papers.evidence import ReadEvidence
from services.directory.personal import destroy_keys
from shared.codec import to_json
from shared.errors import Forbidden, Invalid, NotFound, Refused, ServiceError, UnreadableEvent
from shared.handling import handle
from shared.messages import Actor, new_id
from shared.shapes import load
from tests.integration.directory.conftest import World, by
from tests.integration.directory.test_service import OTHER_SCHOOL, enrolled, graduate, vouched_for
from tests.support import directory_examples as d
from tests.support import examples as x
from tests.support.directory_examples import roster_row
from tests.support.evidence_examples import SECRET, png
from tests.support.registration_examples import LEAVING, LEAVING_RESET, REGISTERED
from tests.support.spec import DEPARTMENT, EMPLOYER, EMPLOYER_ID, LANE, NOW, OTHER_EMPLOYER, PROVINCE, SCHOOL, SYSTEM


def stored(world: World, graduate_id: str, actor: Actor | None = None, **more: Any) -> str:
    """Evidence of a graduate; its id."""
    meta = by(actor or Actor("graduate", graduate_id), "store_evidence")
    file = schemas.EvidenceFile(
        graduate_id, more.get("kind", "labour_contract"), b64encode(png()).decode(), more.get("employer_id")
    )
    answer = world.service.store_evidence(file, meta)
    assert world.service.store_evidence(file, meta) == answer
    return new_id(LANE, meta.command_id, "evidence")


def shown(world: World, graduate_id: str, evidence_id: str, actor: Actor, employer_id: str | None = None) -> Any:
    command = ReadEvidence(evidence_id, graduate_id, employer_id)
    return world.service.read_evidence(command, by(actor, "read_evidence"))


def agreed(world: World, graduate_id: str) -> str:
    """An effective agreement, told by hand; its id."""
    own: dict[str, Any] = {"graduate_id": graduate_id}
    tell(world, graduate_id, *(replace(event, **own) for event in (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED)))
    return x.OFFER_ID


def tell(world: World, graduate_id: str, *events: Any) -> None:
    """More of an agreement's life."""
    for event in events:
        kind, _, data = CODEC.encode(event)
        world.tell(f"agreement-{graduate_id}", kind, **data)


def printed(world: World, graduate_id: str, agreement_id: str) -> Any:
    query = schemas.OfAgreement(graduate_id=graduate_id, agreement_id=agreement_id, employer_id=None)
    return world.service.print_agreement(query, by(SCHOOL, "print_agreement"))


def corrected(world: World, **changes: str) -> None:
    """The school says something else about the first graduate."""
    row = roster_row(0, **changes)
    (item,) = world.service.import_roster(schemas.Roster("10108", 2026, (row,)), by(SCHOOL, "import_roster"))["items"]
    assert item["position"] > 0


def verified(world: World, number: str, name: str) -> Any:
    world.follow()
    return world.service.verify_number(schemas.NamedNumber(number=number, name=name), by(EMPLOYER, "verify_number"))


def test_a_file_is_cleaned_sealed_and_shown_again_and_every_look_is_written_down(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    evidence_id = stored(world, own)
    assert world.types(f"evidence-{evidence_id}") == ["EvidenceStored"]
    told = world.stream(f"evidence-{evidence_id}")[0].data
    folder = Path(world.service.settings.evidence_url.removeprefix("file://"))
    (kept,) = (path for path in folder.rglob("*") if path.is_file())
    assert kept.name == told["address"]
    assert png() not in kept.read_bytes()
    for actor in (Actor("graduate", own), DEPARTMENT, SCHOOL, PROVINCE):
        answer = shown(world, own, evidence_id, actor)
        content = b64decode(answer["content"])
        assert content.startswith(b"\x89PNG")
        assert SECRET not in content
        assert (answer["kind"], answer["media_type"]) == ("labour_contract", "image/png")
    looks = [event.event.actor.role for event in world.stream(f"evidence-{evidence_id}")[1:]]
    assert looks == ["graduate", "department", "school", "province"]


def test_who_may_not_see_a_file_neither_sees_nor_stores_one(world: World) -> None:
    enrolled(world, 2)
    own, other = graduate(world), graduate(world, 1)
    evidence_id = stored(world, own)
    for actor in (Actor("graduate", other), OTHER_SCHOOL, EMPLOYER):
        with pytest.raises(Forbidden):
            shown(world, own, evidence_id, actor, EMPLOYER_ID)
        with pytest.raises(Forbidden):
            stored(world, own, actor, employer_id=EMPLOYER_ID)
    with pytest.raises(NotFound):
        shown(world, other, evidence_id, Actor("graduate", other))
    assert world.types(f"evidence-{evidence_id}") == ["EvidenceStored"]


def test_an_employer_touches_the_files_of_its_agreement_while_it_is_party(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    agreed(world, own)
    letter = stored(world, own, EMPLOYER, employer_id=EMPLOYER_ID, kind="release_letter")
    assert shown(world, own, letter, EMPLOYER, EMPLOYER_ID)["kind"] == "release_letter"
    slip, contract = stored(world, own, kind="penalty_slip"), stored(world, own)
    with pytest.raises(Forbidden):
        stored(world, own, EMPLOYER, employer_id=EMPLOYER_ID)
    with pytest.raises(Forbidden):
        shown(world, own, letter, OTHER_EMPLOYER, EMPLOYER_ID)
    for unnamed in (slip, contract):
        with pytest.raises(Forbidden):
            shown(world, own, unnamed, EMPLOYER, EMPLOYER_ID)
    tell(world, own, replace(x.REQUESTED, penalty_slip=slip))
    assert shown(world, own, slip, EMPLOYER, EMPLOYER_ID)["kind"] == "penalty_slip"
    tell(world, own, replace(x.CANCELLED, graduate_id=own))
    for known in (letter, slip):
        with pytest.raises(Forbidden):
            shown(world, own, known, EMPLOYER, EMPLOYER_ID)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("!", "evidence.not_base64"),
        (b64encode(b"MZ\x90\x00").decode(), "evidence.wrong_type"),
        (b64encode(png()[:-12]).decode(), None),
    ],
)
def test_what_is_no_good_file_is_refused_and_leaves_nothing(world: World, content: str, code: str | None) -> None:
    enrolled(world)
    own = graduate(world)
    before = dict(world.log.heads())
    file = schemas.EvidenceFile(own, "labour_contract", content, None)
    with pytest.raises(Invalid) as caught:
        world.service.store_evidence(file, by(Actor("graduate", own), "store_evidence"))
    assert caught.value.field == "content"
    assert code in (None, caught.value.code)
    assert dict(world.log.heads()) == before
    assert not list(Path(world.service.settings.evidence_url.removeprefix("file://")).rglob("*"))


def test_who_was_erased_has_no_files_and_no_paper(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    evidence_id, agreement_id = stored(world, own), agreed(world, own)
    with world.engine.begin() as connection:
        destroy_keys(connection, [own])
    with pytest.raises(Refused) as caught:
        shown(world, own, evidence_id, SCHOOL)
    assert caught.value.code == "directory.graduate_erased"
    with pytest.raises(Refused):
        stored(world, own)
    query = schemas.OfAgreement(graduate_id=own, agreement_id=agreement_id, employer_id=None)
    with pytest.raises(Refused):
        world.service.print_agreement(query, by(SCHOOL, "print_agreement"))


def test_a_damaged_file_is_never_shown(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    evidence_id = stored(world, own)
    folder = Path(world.service.settings.evidence_url.removeprefix("file://"))
    (kept,) = (path for path in folder.rglob("*") if path.is_file())
    sealed = kept.read_bytes()
    kept.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises((UnreadableEvent, ServiceError)) as caught:
        shown(world, own, evidence_id, SCHOOL)
    assert caught.value.code == "object.damaged"


def test_an_agreement_is_printed_the_same_for_both_sides_and_the_offices(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    agreement_id = agreed(world, own)
    query = schemas.OfAgreement(graduate_id=own, agreement_id=agreement_id, employer_id=None)
    papers = [
        world.service.print_agreement(query, by(actor, "print_agreement"))
        for actor in (Actor("graduate", own), EMPLOYER, DEPARTMENT, SCHOOL)
    ]
    assert all(each == papers[0] for each in papers)
    assert b64decode(papers[0]["content"]).startswith(b"%PDF")
    assert papers[0]["number"] == x.NUMBER
    for actor in (OTHER_EMPLOYER, OTHER_SCHOOL, Actor("graduate", "14-somebody")):
        with pytest.raises(Forbidden):
            world.service.print_agreement(query, by(actor, "print_agreement"))
    unknown = replace(query, agreement_id="14-unknown")
    with pytest.raises(NotFound):
        world.service.print_agreement(unknown, by(SCHOOL, "print_agreement"))


def test_a_rare_name_is_printed_whole_and_verified_by_it(world: World, rare_fonts: None) -> None:
    enrolled(world)
    own, name = graduate(world), "张𱖎"
    corrected(world, name=name)
    number = printed(world, own, agreed(world, own))["verification"]
    assert verified(world, number, name)["valid"]
    assert not verified(world, number, "张")["valid"]


def test_a_name_that_cannot_be_printed_whole_is_not_printed(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    corrected(world, name="张\U00033333")
    agreement_id = agreed(world, own)
    with pytest.raises(Refused) as caught:
        printed(world, own, agreement_id)
    assert (caught.value.code, caught.value.details["where"]) == ("directory.no_glyph", "graduate_name")
    assert "姓名中的 “张 (U+33333)”".replace("张", "\U00033333") in caught.value.zh


def test_a_paper_is_printed_as_it_was_whatever_is_corrected_since(world: World) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    agreement_id = agreed(world, own)
    before = printed(world, own, agreement_id)
    corrected(world, name="张改名", major_name="车辆工程", department="08", department_name="外国语学院")
    handle(world.log, SCHOOL_HANDLING, renamed_school(), by(SYSTEM, "list_school"))
    handle(world.log, SCHOOL_HANDLING, replace(d.RENAME_SCHOOL, from_day=NOW.date()), by(PROVINCE, "rename_school"))
    assert set_check_address(world.log, "https://moved.example", NOW)
    assert printed(world, own, agreement_id) == before
    for known in (name, "张改名"):
        assert verified(world, before["verification"], known)["valid"]
    # What is numbered from now on says what is known now.
    numbered_again = replace(x.REISSUED, agreement_id=agreement_id, graduate_id=own)
    tell(world, own, numbered_again)
    assert printed(world, own, agreement_id)["content"] != before["content"]


def renamed_school() -> ListSchool:
    return replace(d.LIST_SCHOOL, name="山西综合大学")


def test_a_book_that_no_longer_counts_is_printed_with_a_mark(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    agreement_id = agreed(world, own)
    clean = printed(world, own, agreement_id)
    assert clean["mark"] is None
    tell(world, own, replace(x.CANCELLED, graduate_id=own))
    marked = printed(world, own, agreement_id)
    assert marked["mark"] == "已解约"
    assert marked["content"] != clean["content"]
    assert (marked["number"], marked["verification"]) == (clean["number"], clean["verification"])


def test_the_number_of_a_book_says_how_far_the_book_is(world: World) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    tell(world, own, replace(x.APPLIED, graduate_id=own), replace(x.AMENDED, graduate_id=own))
    world.follow()
    mine = schemas.OfGraduate(graduate_id=own)
    asked = by(Actor("graduate", own), "list_verifications")
    assert world.service.list_verifications(mine, asked) == {"verifications": []}
    tell(world, own, replace(x.ISSUED, graduate_id=own))
    first = printed(world, own, x.BOOK_ID)["verification"]
    answer = verified(world, first, name)
    assert (answer["valid"], answer["state"], answer["state_name"]) == (False, "awaiting", "待签订")
    assert (answer["agreement_number"], answer["unit_name"]) == (x.NUMBER, x.AMENDED.terms.unit_name)
    # 遗失补办: the lost paper is void, the new one is another.
    tell(world, own, replace(x.LOST, graduate_id=own), replace(x.REISSUED, graduate_id=own))
    second = printed(world, own, x.BOOK_ID)["verification"]
    assert second != first
    lost, again = verified(world, first, name), verified(world, second, name)
    assert (lost["state_name"], lost["agreement_number"]) == ("已作废", x.NUMBER)
    assert (again["state_name"], again["agreement_number"]) == ("待签订", x.NEXT_NUMBER)
    tell(world, own, replace(x.BOOK_CONCLUDED, graduate_id=own, number=x.NEXT_NUMBER))
    assert verified(world, second, name)["valid"]
    assert verified(world, first, name)["state"] == "void"
    tell(world, own, replace(x.CANCELLED, graduate_id=own, agreement_id=x.BOOK_ID))
    cancelled = verified(world, second, name)
    assert (cancelled["valid"], cancelled["state_name"]) == (False, "已解除")


PUBLIC = Actor("public", "gateway")


def state_of(world: World, number: str) -> Any:
    world.follow()
    asked = load(schemas.GetNumberState, {"number": number})
    return world.service.get_number_state(asked, by(PUBLIC, "get_number_state"))


def test_the_public_is_told_how_a_number_stands_and_nothing_of_anybody(world: World) -> None:
    """In force, void, cancelled, unknown: a number that was never issued is not one that counts."""
    enrolled(world)
    own = graduate(world)
    assert state_of(world, x.NUMBER) == {"number": x.NUMBER, "state": "unknown", "state_name": "查无此编号"}
    tell(world, own, replace(x.APPLIED, graduate_id=own))
    assert state_of(world, x.NUMBER)["state"] == "unknown"
    tell(world, own, replace(x.ISSUED, graduate_id=own))
    assert state_of(world, x.NUMBER)["state"] == "awaiting"
    tell(world, own, replace(x.LOST, graduate_id=own), replace(x.REISSUED, graduate_id=own))
    assert [state_of(world, number)["state"] for number in (x.NUMBER, x.NEXT_NUMBER)] == ["void", "awaiting"]
    tell(world, own, replace(x.BOOK_CONCLUDED, graduate_id=own, number=x.NEXT_NUMBER))
    spaced = f"{x.NEXT_NUMBER[:4]} {x.NEXT_NUMBER[4:9]}-{x.NEXT_NUMBER[9:]}"
    assert state_of(world, spaced) == {"number": x.NEXT_NUMBER, "state": "effective", "state_name": "有效"}
    tell(world, own, replace(x.CANCELLED, graduate_id=own, agreement_id=x.BOOK_ID))
    assert [state_of(world, number)["state"] for number in (x.NUMBER, x.NEXT_NUMBER)] == ["void", "cancelled"]


TO_BE_STAMPED = {
    "after the review": (("accept", "review", "seal"), (x.ACCEPTED, x.TO_BE_SEALED)),
    "before the review": (
        ("accept", "seal", "review"),
        (replace(x.ACCEPTED, awaits="seal", number=x.NUMBER, complete_by=x.COMPLETE_BY),),
    ),
    "after the attestation": (
        ("accept", "review", "attest", "seal"),
        (x.ACCEPTED, x.TO_BE_ATTESTED, replace(x.ATTESTED, number=x.NUMBER, complete_by=x.COMPLETE_BY)),
    ),
}


@pytest.mark.parametrize(("order", "past"), TO_BE_STAMPED.values(), ids=TO_BE_STAMPED)
@pytest.mark.parametrize("end", [x.CONCLUDED, x.SEAL_DECLINED])
def test_a_book_that_is_to_be_stamped_is_printed_and_waits_to_be_signed(
    world: World, order: Any, past: Any, end: Any
) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]

    def of_own(event: Any) -> Any:
        return replace(event, graduate_id=own) if hasattr(event, "graduate_id") else event

    tell(world, own, *map(of_own, (replace(x.OFFER_SENT, order=order), *past)))
    number = printed(world, own, x.OFFER_ID)["verification"]
    answer = verified(world, number, name)
    assert (answer["state_name"], answer["agreement_number"]) == ("待签订", x.NUMBER)
    tell(world, own, of_own(end))
    assert verified(world, number, name)["state_name"] == ("有效" if end == x.CONCLUDED else "已作废")


@pytest.mark.parametrize("end", [x.VOIDED, x.RETURNED])
def test_the_number_of_a_paper_that_was_given_up_is_void(world: World, end: Any) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    bound = replace(x.OFFER_SENT, binding="acceptance"), replace(x.ACCEPTED, number=x.NUMBER)
    past = (x.APPLIED, x.ISSUED) if end == x.VOIDED else bound
    tell(world, own, *(replace(event, graduate_id=own) for event in past))
    number = printed(world, own, end.agreement_id)["verification"]
    assert verified(world, number, name)["state"] == ("awaiting" if end == x.VOIDED else "effective")
    tell(world, own, replace(end, graduate_id=own) if end == x.VOIDED else end)
    assert verified(world, number, name)["state_name"] == "已作废"
    assert printed(world, own, end.agreement_id)["mark"] == "已作废"


def test_a_book_that_is_printed_to_be_stamped_awaits_its_signing(world: World) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    sent = replace(x.OFFER_SENT, graduate_id=own, order=("accept", "seal", "review"))
    accepted = replace(x.ACCEPTED, graduate_id=own, awaits="seal", number=x.NUMBER)
    tell(world, own, sent, accepted)
    number = printed(world, own, x.OFFER_ID)["verification"]
    assert verified(world, number, name)["state_name"] == "待签订"
    tell(world, own, replace(x.SEALED, graduate_id=own), replace(x.CONCLUDED, graduate_id=own))
    assert verified(world, number, name)["state_name"] == "有效"


def test_a_number_and_a_name_verify_a_paper_and_say_nothing_else(world: World) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    agreement_id = agreed(world, own)
    registered = to_json(replace(REGISTERED, graduate_id=own))
    world.tell(f"registration-{own}", REGISTERED.TYPE, **registered)
    world.follow()
    listing = schemas.OfGraduate(graduate_id=own)
    mine = world.service.list_verifications(listing, by(Actor("graduate", own), "list_verifications"))["verifications"]
    assert {each["kind"] for each in mine} == {"agreement", "registration"}
    with pytest.raises(Forbidden):
        world.service.list_verifications(listing, by(OTHER_SCHOOL, "list_verifications"))
    number = printed(world, own, agreement_id)["verification"]
    assert number in {each["number"] for each in mine}

    def checked(number: str, name: str) -> Any:
        return world.service.verify_number(schemas.NamedNumber(number=number, name=name), by(EMPLOYER, "verify_number"))

    answer = checked(f" {number[:4]} {number[4:]} ", name)
    assert (answer["valid"], answer["kind"], answer["unit_name"]) == (True, "agreement", x.VERIFIED.name)
    assert (answer["state"], answer["state_name"], answer["agreement_number"]) == ("effective", "有效", x.NUMBER)
    assert not {"graduate_id", "record_id"} & answer.keys()
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    for asked in ((number, "别人"), (wrong, name), ("1" * 20, name), ("x", name)):
        assert checked(*asked) == {"valid": False}

    cancelled = to_json(replace(x.CANCELLED, graduate_id=own))
    world.tell(f"agreement-{own}", x.CANCELLED.TYPE, **cancelled)
    world.follow()
    assert checked(number, name)["valid"] is False
    assert checked(number, name)["ended_on"] is not None


def test_nothing_is_valid_of_who_is_on_no_roster_any_more(world: World) -> None:
    """An agreement in force stops a removal today, and did not always."""
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    agreement_id = agreed(world, own)
    number = printed(world, own, agreement_id)["verification"]
    assert verified(world, number, name)["valid"] is True
    world.tell(f"graduate-{own}", "directory.GraduateRemoved", graduate_id=own, reason="延期毕业")
    answer = verified(world, number, name)
    assert (answer["valid"], answer["state"], answer["state_name"]) == (False, "left_roster", "毕业生已移出名册")
    listing = schemas.OfGraduate(graduate_id=own)
    (listed,) = world.service.list_verifications(listing, by(SCHOOL, "list_verifications"))["verifications"]
    assert listed["state"] == "left_roster"
    # Who asks by a number alone is not told why.
    assert state_of(world, answer["agreement_number"])["state"] == "void"
    enrolled(world)
    assert verified(world, number, name)["valid"] is True
    tell(world, own, replace(x.CANCELLED, graduate_id=own))
    world.tell(f"graduate-{own}", "directory.GraduateRemoved", graduate_id=own, reason="延期毕业")
    assert verified(world, number, name)["state"] == "cancelled"


def test_who_takes_an_archive_in_checks_it_by_name_and_transfer_number_where_the_graduate_allowed_it(
    world: World,
) -> None:
    enrolled(world)
    own, name = graduate(world), roster_row(0)["name"]
    stream, number = f"registration-{own}", "20261010812345678901"
    registered = replace(REGISTERED, graduate_id=own)
    allowed = replace(LEAVING, graduate_id=own, transfer_number=number, verification_authorised=True)
    world.tell(stream, REGISTERED.TYPE, **to_json(registered))
    for leaving, valid in ((replace(allowed, verification_authorised=False), False), (allowed, True)):
        world.tell(stream, LEAVING.TYPE, **to_json(leaving))
        assert verified(world, f"{number[:10]} {number[10:]}", name)["valid"] is valid
    answer = verified(world, number, name)
    assert (answer["kind"], answer["unit_name"]) == ("registration", REGISTERED.destination.unit_name)
    assert verified(world, number, "别人") == {"valid": False}
    reset = replace(LEAVING_RESET, graduate_id=own)
    world.tell(stream, LEAVING_RESET.TYPE, **to_json(reset))
    assert verified(world, number, name) == {"valid": False}


def test_numbers_are_the_same_however_the_lane_is_cut(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    agreed(world, own)
    world.follow()
    listing = schemas.OfGraduate(graduate_id=own)
    asked = by(SCHOOL, "list_verifications")
    before = world.service.list_verifications(listing, asked)
    with world.vouching._engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE verifications")
        for recorded in world.lane():
            world.vouching.follower.apply(connection, [recorded])
    assert world.service.list_verifications(listing, asked) == before


def test_an_employer_learns_who_proposed_to_it_and_of_nobody_else(world: World) -> None:
    enrolled(world)
    vouched_for(world)
    person = graduate(world)
    query = schemas.Proposer(graduate_id=person, employer_id=EMPLOYER_ID)

    def told(actor: Actor = EMPLOYER) -> dict[str, Any]:
        found: dict[str, Any] = world.service.get_proposer(query, by(actor, "get_proposer"))
        return found

    with pytest.raises(Forbidden):
        told()
    tell(world, person, replace(x.PROPOSED, graduate_id=person))
    assert (told()["name"], told()["school"], "id_number" in told()) == (roster_row(0)["name"], "10108", False)
    for actor in (OTHER_EMPLOYER, SCHOOL):
        with pytest.raises(Forbidden):
            told(actor)
    tell(world, person, x.PROPOSAL_WITHDRAWN)
    with pytest.raises(Forbidden):
        told()


def test_a_suspended_employer_does_not_learn_who_proposed_to_it(world: World) -> None:
    enrolled(world)
    vouched_for(world)
    person = graduate(world)
    proposed = {**to_json(x.PROPOSED), "graduate_id": person}
    world.tell(f"agreement-{person}", x.PROPOSED.TYPE, **proposed)
    query = schemas.Proposer(graduate_id=person, employer_id=EMPLOYER_ID)
    assert world.service.get_proposer(query, by(EMPLOYER, "get_proposer"))["graduate_id"] == person
    world.tell(f"employer-{EMPLOYER_ID}", "directory.EmployerSuspended", employer_id=EMPLOYER_ID, reason="虚假招聘")
    with pytest.raises(Forbidden) as caught:
        world.service.get_proposer(query, by(EMPLOYER, "get_proposer"))
    assert caught.value.code == "access.employer_not_approved"
