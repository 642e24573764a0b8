"""Evidence kept sealed and shown only to who may see it; agreements printed; numbers checked by name."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.agreement.events import CODEC
from services.directory import schemas
from services.directory.evidence import ReadEvidence
from services.directory.personal import destroy_keys
from shared.codec import to_json
from shared.errors import Forbidden, Invalid, NotFound, Refused, ServiceError, UnreadableEvent
from shared.messages import Actor, new_id
from tests.integration.directory.conftest import World, by
from tests.integration.directory.test_service import OTHER_SCHOOL, enrolled, graduate
from tests.support import examples as x
from tests.support.directory_examples import roster_row
from tests.support.registration_examples import REGISTERED
from tests.support.spec import DEPARTMENT, EMPLOYER, EMPLOYER_ID, LANE, OTHER_EMPLOYER, PROVINCE, SCHOOL


def png() -> bytes:
    """A picture of one grey pixel with a text that must not survive."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    text = chunk(b"tEXt", b"Author\x00somebody")
    return b"\x89PNG\r\n\x1a\n" + header + text + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")


def stored(world: World, graduate_id: str, actor: Actor | None = None, **more: Any) -> str:
    """Evidence of a graduate; its id."""
    meta = by(actor or Actor("graduate", graduate_id), "store_evidence")
    file = schemas.EvidenceFile(graduate_id, "labour_contract", b64encode(png()).decode(), more.get("employer_id"))
    answer = world.service.store_evidence(file, meta)
    assert world.service.store_evidence(file, meta) == answer
    return new_id(LANE, meta.command_id, "evidence")


def shown(world: World, graduate_id: str, evidence_id: str, actor: Actor, employer_id: str | None = None) -> Any:
    command = ReadEvidence(evidence_id, graduate_id, employer_id)
    return world.service.read_evidence(command, by(actor, "read_evidence"))


def agreed(world: World, graduate_id: str) -> str:
    """An effective agreement, told by hand; its id."""
    own = {"graduate_id": graduate_id}
    for event in (x.OFFER_SENT, x.ACCEPTED, x.CONCLUDED):
        kind, _, data = CODEC.encode(replace(event, **own))
        world.tell(f"agreement-{graduate_id}", kind, **data)
    return x.OFFER_ID


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
        assert b"somebody" not in content
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


def test_an_employer_touches_the_files_of_who_accepted_its_offer(world: World) -> None:
    enrolled(world)
    own = graduate(world)
    agreed(world, own)
    evidence_id = stored(world, own, EMPLOYER, employer_id=EMPLOYER_ID)
    assert shown(world, own, evidence_id, EMPLOYER, EMPLOYER_ID)["kind"] == "labour_contract"
    with pytest.raises(Forbidden):
        shown(world, own, evidence_id, OTHER_EMPLOYER, EMPLOYER_ID)


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
    printed = [
        world.service.print_agreement(query, by(actor, "print_agreement"))
        for actor in (Actor("graduate", own), EMPLOYER, DEPARTMENT, SCHOOL)
    ]
    assert all(each == printed[0] for each in printed)
    assert b64decode(printed[0]["content"]).startswith(b"%PDF")
    assert printed[0]["number"] == x.NUMBER
    for actor in (OTHER_EMPLOYER, OTHER_SCHOOL, Actor("graduate", "14-somebody")):
        with pytest.raises(Forbidden):
            world.service.print_agreement(query, by(actor, "print_agreement"))
    unknown = replace(query, agreement_id="14-unknown")
    with pytest.raises(NotFound):
        world.service.print_agreement(unknown, by(SCHOOL, "print_agreement"))


def test_a_number_and_a_name_vouch_for_a_paper_and_say_nothing_else(world: World) -> None:
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
    printed = schemas.OfAgreement(graduate_id=own, agreement_id=agreement_id, employer_id=None)
    number = world.service.print_agreement(printed, by(SCHOOL, "print_agreement"))["verification"]
    assert number in {each["number"] for each in mine}

    def checked(number: str, name: str) -> Any:
        return world.service.verify_number(schemas.Vouched(number=number, name=name), by(EMPLOYER, "verify_number"))

    answer = checked(f" {number[:4]} {number[4:]} ", name)
    assert (answer["valid"], answer["kind"], answer["unit_name"]) == (True, "agreement", x.VERIFIED.name)
    assert not {"graduate_id", "record_id"} & answer.keys()
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    for asked in ((number, "别人"), (wrong, name), ("1" * 20, name), ("x", name)):
        assert checked(*asked) == {"valid": False}

    cancelled = to_json(replace(x.CANCELLED, graduate_id=own))
    world.tell(f"agreement-{own}", x.CANCELLED.TYPE, **cancelled)
    world.follow()
    assert checked(number, name)["valid"] is False
    assert checked(number, name)["ended_on"] is not None


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
