"""What people write in their own words: sealed where it is stored, told to who may read it, gone with the person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from services.agreement import decider as c
from services.agreement import schemas
from services.directory.personal import destroy_keys
from shared.errors import Refusal
from shared.messages import Actor
from shared.sealing import SEALED
from tests.integration.agreement.conftest import World, by
from tests.support import examples as x
from tests.support.spec import EMPLOYER, EMPLOYER_ID, GRADUATE, GRADUATE_ID

WORDS = "入职前完成体检，联系王老师"
OWN_OFFERS = schemas.OfEmployer(employer_id=EMPLOYER_ID, state=None)
OF_GRADUATE = schemas.OfGraduate(graduate_id=GRADUATE_ID)


def sent(world: World, remarks: str | None = WORDS) -> str:
    wanted = replace(x.SEND, graduate_id=GRADUATE_ID, employer_id=EMPLOYER_ID, remarks=remarks)
    return str(world.service.send_offer(wanted, by(EMPLOYER, "send_offer")).made["offer_id"])


def stored(world: World) -> list[dict[str, Any]]:
    return [dict(each.data) for each in world.log.read_lane("14", 0, 1_000)]


def shown(world: World, actor: Actor = GRADUATE) -> dict[str, Any]:
    (own,) = world.service.get_agreements(OF_GRADUATE, by(actor, "get_agreements"))["offers"]
    offer = schemas.OfOffer(graduate_id=GRADUATE_ID, offer_id=own["offer_id"])
    assert world.service.get_offer(offer, by(EMPLOYER, "get_offer"))["remarks"] == own["remarks"]
    return dict(own)


def test_remarks_are_in_no_event_and_no_table_and_both_sides_read_them(world: World) -> None:
    world.enrol(GRADUATE_ID)
    sent(world)
    assert shown(world)["remarks"] == WORDS
    assert WORDS.encode() not in orjson.dumps(stored(world))
    assert [each["remarks"].startswith(SEALED) for each in stored(world) if each.get("remarks")] == [True]


def test_what_a_proposal_says_is_sealed_in_its_table_and_read_by_the_employer(world: World) -> None:
    world.set_province(2, begun_by="either")
    world.enrol(GRADUATE_ID)
    wanted = replace(x.PROPOSE, graduate_id=GRADUATE_ID, employer_id=EMPLOYER_ID, remarks=WORDS)
    world.service.propose_signing(wanted, by(GRADUATE, "propose_signing"))
    world.follow()
    with world.engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT remarks FROM proposals")).scalars().all()
    assert kept.startswith(SEALED)
    (row,) = world.service.list_proposals(OWN_OFFERS, by(EMPLOYER, "list_proposals"))["proposals"]
    assert row["remarks"] == WORDS


def test_remarks_go_with_the_person(world: World) -> None:
    world.enrol(GRADUATE_ID)
    sent(world)
    with world.engine.begin() as connection:
        destroy_keys(connection, [GRADUATE_ID])
    assert shown(world)["remarks"] is None


def test_what_an_older_release_stored_in_clear_is_told_as_it_is(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world, None)
    told = next(each for each in stored(world) if each.get("offer_id") == offer_id)
    kept = {name: value for name, value in told.items() if name != "offer_id"}
    other = offer_id[:-1] + ("0" if offer_id[-1] != "0" else "1")
    world.tell(f"agreement-{GRADUATE_ID}", "agreement.OfferSent", **kept, offer_id=other, remarks="须持证上岗")
    rows = world.service.get_agreements(OF_GRADUATE, by(GRADUATE, "get_agreements"))["offers"]
    assert {row["offer_id"]: row.get("remarks") for row in rows} == {offer_id: None, other: "须持证上岗"}


def test_the_same_terms_again_change_nothing(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    edit = c.EditOffer(
        GRADUATE_ID,
        offer_id,
        position=x.SEND.position,
        job_title=x.SEND.job_title,
        monthly_salary=x.SEND.monthly_salary,
        penalty=x.SEND.penalty,
        remarks=WORDS,
    )
    before = len(stored(world))
    world.service.edit_offer(edit, by(EMPLOYER, "edit_offer"))
    assert len(stored(world)) == before
    world.service.edit_offer(replace(edit, remarks="改为线上入职"), by(EMPLOYER, "edit_offer"))
    assert (len(stored(world)), shown(world)["remarks"]) == (before + 1, "改为线上入职")


def test_why_a_cancellation_is_asked_for_is_sealed_and_told(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    world.service.accept_offer(c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID), by(GRADUATE, "accept_offer"))
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    why = "母亲患病需照顾"
    wanted = c.RequestCancellation(GRADUATE_ID, offer_id, "family", why)
    world.service.request_cancellation(wanted, by(GRADUATE, "request_cancellation"))
    assert why.encode() not in orjson.dumps(stored(world))
    (own,) = world.service.get_agreements(OF_GRADUATE, by(GRADUATE, "get_agreements"))["offers"]
    assert own["cancellation"]["reason"] == why


def test_nobody_makes_a_key_by_writing_about_somebody_who_is_on_no_roster(world: World) -> None:
    with pytest.raises(Refusal):
        sent(world)
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM vault.subject_keys")).scalar_one() == 0
