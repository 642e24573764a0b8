"""Whole lives of agreements through the service's own methods: who may, what is answered, what the lists show."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement import decider as c
from services.agreement import schemas
from services.agreement.numbers import AgreementNumber, parse
from services.agreement.state import LOCKED
from services.agreement.sweep import lapse_due, remind_due
from shared.errors import Forbidden, Invalid, Refused, ServiceError, Unavailable
from shared.handling import fold
from shared.messages import Actor, new_id
from tests.integration.agreement.conftest import World, by
from tests.support import examples as x
from tests.support.golden_examples import recorded
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

OTHER_SCHOOL = Actor("school", "elsewhere", "CN/14/10109")


def offer_in(world: World, graduate_id: str = GRADUATE_ID, index: int = -1) -> dict[str, Any]:
    """The graduate's newest offer, as the graduate sees it."""
    query = schemas.OfGraduate(graduate_id=graduate_id)
    own = Actor("graduate", graduate_id)
    found: dict[str, Any] = world.service.get_agreements(query, by(own, "get_agreements"))
    offer: dict[str, Any] = found["offers"][index]
    return offer


def sent(world: World, graduate_id: str = GRADUATE_ID, employer: Actor = EMPLOYER) -> str:
    """An offer to a graduate; its id."""
    meta = by(employer, "send_offer")
    world.service.send_offer(replace(x.SEND, graduate_id=graduate_id, employer_id=employer.id), meta)
    return new_id(LANE, meta.command_id, "offer")


def accepted(world: World, graduate_id: str = GRADUATE_ID) -> str:
    """An accepted offer; its id."""
    offer_id = sent(world, graduate_id)
    own = Actor("graduate", graduate_id)
    world.service.accept_offer(c.AcceptOffer(graduate_id, offer_id, EMPLOYER_ID), by(own, "accept_offer"))
    return offer_id


def concluded(world: World) -> str:
    """An effective 两方 agreement; its id."""
    offer_id = accepted(world)
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    return offer_id


def test_an_agreement_of_two_parties_from_offer_to_cancellation(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    shown = offer_in(world)
    assert shown["state"] == "effective"
    assert parse(shown["number"]) == AgreementNumber(2026, "10108", "31", 1)

    asking = by(GRADUATE, "request_cancellation")
    world.service.request_cancellation(c.RequestCancellation(GRADUATE_ID, offer_id, "family", "需照顾家人"), asking)
    cancellation_id = new_id(LANE, asking.command_id, "cancellation")
    assert offer_in(world)["cancellation"]["cancellation_id"] == cancellation_id
    world.service.agree_to_cancellation(
        c.AgreeToCancellation(GRADUATE_ID, cancellation_id), by(EMPLOYER, "agree_to_cancellation")
    )
    world.review("Passed", GRADUATE_ID, "cancellation", cancellation_id)
    assert offer_in(world)["state"] == "cancelled"

    again = concluded(world)
    assert again != offer_id
    assert parse(offer_in(world)["number"]).serial == 2


def test_an_agreement_of_three_parties_waits_for_the_graduates_own_school(world: World) -> None:
    world.set_province(3)
    world.enrol(GRADUATE_ID)
    offer_id = accepted(world)
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    assert offer_in(world)["state"] == "attesting"

    world.follow()
    query = schemas.InScope(scope=SCHOOL.scope, at_least={LANE: world.log.heads()[LANE]})
    listed = world.service.list_awaiting_attestation(query, by(SCHOOL, "list_awaiting_attestation"))
    assert ([each["offer_id"] for each in listed["agreements"]], listed["total"]) == ([offer_id], 1)

    wanted = schemas.Attestation(GRADUATE_ID, offer_id)
    for actor in (OTHER_SCHOOL, DEPARTMENT, PROVINCE, GRADUATE, EMPLOYER):
        with pytest.raises(Forbidden):
            world.service.attest_agreement(wanted, by(actor, "attest_agreement"))
    world.service.attest_agreement(wanted, by(SCHOOL, "attest_agreement"))
    shown = offer_in(world)
    assert shown["state"] == "effective"
    parse(shown["number"])
    world.follow()
    assert world.service.list_awaiting_attestation(query, by(SCHOOL, "list_awaiting_attestation"))["total"] == 0


def test_many_agreements_are_attested_at_once_each_under_its_own_number(world: World) -> None:
    world.set_province(3)
    graduates = [world.enrol(f"{LANE}-{uuid4()}") for _ in range(5)]
    wanted = []
    for graduate_id in graduates:
        offer_id = accepted(world, graduate_id)
        if graduate_id != graduates[2]:
            world.review("Passed", graduate_id, "agreement", offer_id)
        wanted.append(schemas.Attestation(graduate_id, offer_id))
    outcomes = world.service.attest_agreements(wanted, by(SCHOOL, "attest_agreements"))
    refused = [each.error.code if each.error else None for each in outcomes]
    assert refused == [None, None, "agreement.not_awaiting_attestation", None, None]
    numbers = [offer_in(world, each)["number"] for each in graduates if each != graduates[2]]
    assert [parse(each).serial for each in numbers] == [1, 2, 3, 4]


def test_a_review_delivered_twice_concludes_once_and_takes_one_number(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = accepted(world)
    stream = f"review-14-{uuid4()}"
    passed = world.tell(
        stream, "review.ReviewPassed", case_id="14-c", kind="agreement", subject_id=offer_id, graduate_id=GRADUATE_ID
    )
    world.service.react(passed)
    version = len(world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"])
    world.service.react(passed)
    world.review("Returned", GRADUATE_ID, "agreement", offer_id)
    assert len(world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"]) == version
    with world.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT prefix, last FROM numbering.serials").all() == [("20261010831", 1)]


def test_a_returned_agreement_frees_the_graduate_for_the_other_offer(world: World) -> None:
    world.enrol(GRADUATE_ID)
    other = sent(world, employer=OTHER_EMPLOYER)
    offer_id = accepted(world)
    accept = c.AcceptOffer(GRADUATE_ID, other, OTHER_EMPLOYER_ID)
    with pytest.raises(Refused) as caught:
        world.service.accept_offer(accept, by(GRADUATE, "accept_offer"))
    assert caught.value.code == "agreement.already_signed"
    world.review("Returned", GRADUATE_ID, "agreement", offer_id)
    assert offer_in(world)["reason"] == "岗位信息不完整"
    world.service.accept_offer(accept, by(GRADUATE, "accept_offer"))
    assert [offer_in(world, index=index)["state"] for index in (0, 1)] == ["accepted", "returned"]


def test_of_two_offers_accepted_at_the_same_time_one_binds(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offers = [(sent(world), EMPLOYER_ID), (sent(world, employer=OTHER_EMPLOYER), OTHER_EMPLOYER_ID)]

    def accept(offer: tuple[str, str]) -> str:
        try:
            world.service.accept_offer(c.AcceptOffer(GRADUATE_ID, *offer), by(GRADUATE, "accept_offer"))
        except ServiceError as error:
            return error.code
        return "accepted"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(accept, offers)) == ["accepted", "agreement.already_signed"]
    history = world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"]
    state = fold(c.HANDLING, history)
    assert sum(offer.status in LOCKED for offer in state.offers.values()) == 1


def test_a_list_of_graduates_is_invited_and_each_answered_for_itself(world: World) -> None:
    known = world.enrol(GRADUATE_ID)
    unknown = f"{LANE}-{uuid4()}"
    commands = [replace(x.SEND, graduate_id=each) for each in (known, unknown, known)]
    outcomes = world.service.send_offers(commands, by(EMPLOYER, "send_offers"))
    assert [each.error.code if each.error else "sent" for each in outcomes] == [
        "sent",
        "agreement.graduate_not_found",
        "agreement.offer_open",
    ]


def test_only_the_parties_act_on_an_offer(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    stranger = Actor("graduate", f"{LANE}-{uuid4()}")
    for actor in (OTHER_EMPLOYER, GRADUATE, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.withdraw_offer(c.WithdrawOffer(GRADUATE_ID, offer_id), by(actor, "withdraw_offer"))
    for actor in (stranger, EMPLOYER, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.refuse_offer(c.RefuseOffer(GRADUATE_ID, offer_id, "-"), by(actor, "refuse_offer"))
    with pytest.raises(Forbidden):
        world.service.send_offer(x.SEND, by(OTHER_EMPLOYER, "send_offer"))
    world.service.withdraw_offer(c.WithdrawOffer(GRADUATE_ID, offer_id), by(EMPLOYER, "withdraw_offer"))


def test_only_the_parties_act_on_a_cancellation(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    ask = c.RequestCancellation(GRADUATE_ID, offer_id, "mutual", "协商一致")
    for actor in (OTHER_EMPLOYER, SCHOOL, Actor("graduate", f"{LANE}-{uuid4()}")):
        with pytest.raises(Forbidden):
            world.service.request_cancellation(ask, by(actor, "request_cancellation"))
    asking = by(EMPLOYER, "request_cancellation")
    world.service.request_cancellation(ask, asking)
    cancellation_id = new_id(LANE, asking.command_id, "cancellation")
    with pytest.raises(Forbidden):
        world.service.refuse_cancellation(
            c.RefuseCancellation(GRADUATE_ID, cancellation_id, "-"), by(OTHER_EMPLOYER, "refuse_cancellation")
        )
    world.service.withdraw_cancellation(
        c.WithdrawCancellation(GRADUATE_ID, cancellation_id), by(EMPLOYER, "withdraw_cancellation")
    )


def test_a_repeated_command_is_answered_as_it_was_the_first_time(world: World) -> None:
    world.enrol(GRADUATE_ID)
    meta = by(EMPLOYER, "send_offer")
    assert world.service.send_offer(x.SEND, meta) == world.service.send_offer(x.SEND, meta)


def test_a_graduate_and_the_offices_above_see_the_agreements(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    query = schemas.OfGraduate(graduate_id=GRADUATE_ID)
    for actor in (GRADUATE, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY):
        (shown,) = world.service.get_agreements(query, by(actor, "get_agreements"))["offers"]
        assert shown["offer_id"] == offer_id
    for actor in (OTHER_SCHOOL, EMPLOYER, Actor("graduate", f"{LANE}-{uuid4()}")):
        with pytest.raises(Forbidden):
            world.service.get_agreements(query, by(actor, "get_agreements"))


def test_a_removal_ends_what_is_under_review_and_the_school_still_sees_it(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = accepted(world)
    removed = {"graduate_id": GRADUATE_ID, "reason": "延期毕业"}
    event = world.tell(f"graduate-{GRADUATE_ID}", "directory.GraduateRemoved", **removed)
    # The review passed before anybody was told of the removal.
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    world.service.react(event)
    query = schemas.OfGraduate(graduate_id=GRADUATE_ID)
    for actor in (SCHOOL, DEPARTMENT, GRADUATE):
        (shown,) = world.service.get_agreements(query, by(actor, "get_agreements"))["offers"]
        assert (shown["state"], shown["number"]) == ("returned", None)
    with pytest.raises(Forbidden):
        world.service.get_agreements(query, by(OTHER_SCHOOL, "get_agreements"))


def test_a_removal_withdraws_offers_that_nobody_has_answered(world: World) -> None:
    world.enrol(GRADUATE_ID)
    sent(world)
    event = world.tell(f"graduate-{GRADUATE_ID}", "directory.GraduateRemoved", graduate_id=GRADUATE_ID, reason="休学")
    world.service.react(event)
    assert offer_in(world)["state"] == "lapsed"
    world.follow()
    query = schemas.OfEmployer(employer_id=EMPLOYER_ID, state=None)
    (row,) = world.service.list_offers(query, by(EMPLOYER, "list_offers"))["offers"]
    assert (row["state"], row["reason"]) == ("lapsed", "毕业生已移出生源名册")


def test_an_employer_sees_its_own_offer_whole_and_what_the_graduate_asks(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    query = schemas.OfOffer(graduate_id=GRADUATE_ID, offer_id=offer_id)

    def seen() -> Any:
        return world.service.get_offer(query, by(EMPLOYER, "get_offer"))

    assert seen() == {**offer_in(world), "graduate_name": "李雷"}
    asking = c.RequestCancellation(GRADUATE_ID, offer_id, "family", "需照顾家人")
    world.service.request_cancellation(asking, by(GRADUATE, "request_cancellation"))
    assert (seen()["cancellation"]["by"], seen()["cancellation"]["reason"]) == ("graduate", "需照顾家人")
    for actor in (OTHER_EMPLOYER, GRADUATE, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.get_offer(query, by(actor, "get_offer"))
    unknown = replace(query, offer_id=f"{LANE}-{uuid4()}")
    with pytest.raises(Forbidden):
        world.service.get_offer(unknown, by(EMPLOYER, "get_offer"))


def test_a_school_lists_what_it_may_mediate_until_it_has(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    asking = by(GRADUATE, "request_cancellation")
    world.service.request_cancellation(c.RequestCancellation(GRADUATE_ID, offer_id, "family", "需照顾家人"), asking)
    cancellation_id = new_id(LANE, asking.command_id, "cancellation")
    assert contested_in(world) == []
    refusal = c.RefuseCancellation(GRADUATE_ID, cancellation_id, "岗位无人接替")
    world.service.refuse_cancellation(refusal, by(EMPLOYER, "refuse_cancellation"))
    (listed,) = contested_in(world)
    assert (listed["offer_id"], listed["contested"]) == (offer_id, cancellation_id)
    assert listed["contested_since"] == NOW.isoformat()
    with pytest.raises(Forbidden):
        world.service.list_contested(schemas.InScope(scope=SCHOOL.scope), by(OTHER_SCHOOL, "list_contested"))
    keep = c.MediateCancellation(GRADUATE_ID, cancellation_id, "keep", "双方继续履行")
    world.service.mediate_cancellation(keep, by(SCHOOL, "mediate_cancellation"))
    assert contested_in(world) == []


def contested_in(world: World) -> list[Any]:
    world.follow()
    found = world.service.list_contested(schemas.InScope(scope=SCHOOL.scope), by(SCHOOL, "list_contested"))
    assert found["total"] == len(found["agreements"])
    return list(found["agreements"])


def test_cancellations_are_counted_by_unit_and_by_whose_cause(world: World) -> None:
    causes = ("family", "business_trouble", "mutual")
    for reason_code in (*causes, None):
        graduate_id = world.enrol(f"{LANE}-{uuid4()}")
        agreement_id = accepted(world, graduate_id)
        world.review("Passed", graduate_id, "agreement", agreement_id)
        if reason_code is None:
            continue
        asking = by(EMPLOYER, "request_cancellation")
        wanted = c.RequestCancellation(graduate_id, agreement_id, reason_code, "说明")
        world.service.request_cancellation(wanted, asking)
        cancellation_id = new_id(LANE, asking.command_id, "cancellation")
        agreed = c.AgreeToCancellation(graduate_id, cancellation_id)
        world.service.agree_to_cancellation(agreed, by(Actor("graduate", graduate_id), "agree_to_cancellation"))
        world.review("Passed", graduate_id, "cancellation", cancellation_id)
    sent(world, world.enrol(f"{LANE}-{uuid4()}"))
    world.follow()
    query = schemas.CancellationsInScope(scope=SCHOOL.scope, class_year=x.OFFER_SENT.class_year)
    (unit,) = world.service.count_cancellations(query, by(SCHOOL, "count_cancellations"))["units"]
    assert unit == {
        "unit_name": x.OFFER_SENT.employer_name,
        "agreements": 4,
        "by_graduate": 1,
        "by_employer": 1,
        "by_mutual": 1,
    }
    later = replace(query, after=unit["unit_name"])
    assert world.service.count_cancellations(later, by(SCHOOL, "count_cancellations"))["units"] == []
    with pytest.raises(Forbidden):
        world.service.count_cancellations(query, by(EMPLOYER, "count_cancellations"))


def test_an_employer_pages_through_its_own_offers_by_state(world: World) -> None:
    graduates = [world.enrol(f"{LANE}-{uuid4()}") for _ in range(5)]
    made = [sent(world, each) for each in graduates]
    sent(world, graduates[0], OTHER_EMPLOYER)
    world.service.withdraw_offer(c.WithdrawOffer(graduates[1], made[1]), by(EMPLOYER, "withdraw_offer"))
    world.follow()

    def listed(state: str | None = None) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            query = schemas.OfEmployer(employer_id=EMPLOYER_ID, state=state, limit=2, after=after)
            page = world.service.list_offers(query, by(EMPLOYER, "list_offers"))
            found += [each["offer_id"] for each in page["offers"]]
            after = page["after"]
            if after is None:
                return found

    assert sorted(listed()) == sorted(made)
    assert listed("withdrawn") == [made[1]]
    assert sorted(listed("open")) == sorted(set(made) - {made[1]})
    query = schemas.OfEmployer(employer_id=EMPLOYER_ID, state=None)
    with pytest.raises(Forbidden):
        world.service.list_offers(query, by(OTHER_EMPLOYER, "list_offers"))


def test_a_list_that_is_behind_says_so(world: World) -> None:
    query = schemas.OfEmployer(employer_id=EMPLOYER_ID, state=None, at_least={LANE: 99})
    with pytest.raises(Unavailable) as caught:
        world.service.list_offers(query, by(EMPLOYER, "list_offers"))
    assert caught.value.code == "projection.behind"


def test_what_was_not_answered_in_time_lapses_once(world: World) -> None:
    late, early, asked = (world.enrol(f"{LANE}-{uuid4()}") for _ in range(3))
    sent(world, late)
    answered = sent(world, early)
    agreement_id = accepted(world, asked)
    world.review("Passed", asked, "agreement", agreement_id)
    asking = c.RequestCancellation(asked, agreement_id, "mutual", "协商一致")
    world.service.request_cancellation(asking, by(EMPLOYER, "request_cancellation"))
    world.follow()
    # Answered in time, but the read model does not know yet: the stream decides.
    refusal = c.RefuseOffer(early, answered, "已有其他意向")
    world.service.refuse_offer(refusal, by(Actor("graduate", early), "refuse_offer"))

    def swept(now: Any) -> int:
        with world.engine.connect() as connection:
            return lapse_due(world.log, connection, now)

    assert swept(NOW + 5 * x.DAY - x.MOMENT) == 0
    assert swept(NOW + 5 * x.DAY) == 1
    assert offer_in(world, late)["state"] == "lapsed"
    assert offer_in(world, early)["state"] == "refused"
    assert swept(NOW + 15 * x.DAY) == 1
    assert "cancellation" not in offer_in(world, asked)
    assert swept(NOW + 15 * x.DAY) == 0
    world.follow()
    assert swept(NOW + 15 * x.DAY) == 0


def test_a_school_blocks_an_employer_for_its_own_graduates(world: World) -> None:
    world.enrol(GRADUATE_ID)
    blocked = recorded("directory.SchoolSettingsChanged", blocked_employers=[EMPLOYER_ID])
    world.tell("school-14-10108", blocked.type, **blocked.data)
    with pytest.raises(Refused) as caught:
        world.service.send_offer(x.SEND, by(EMPLOYER, "send_offer"))
    assert caught.value.code == "agreement.employer_blocked"


SEALED_LAST = ["accept", "review", "seal"]


def sealing(world: World, graduate_id: str = GRADUATE_ID) -> str:
    """An agreement that waits for the employer's seal; its id."""
    offer_id = accepted(world, graduate_id)
    world.review("Passed", graduate_id, "agreement", offer_id)
    return offer_id


def test_what_is_to_be_stamped_has_its_number_and_a_stamped_scan_concludes_it_under_that(world: World) -> None:
    world.set_province(2, signing_order=SEALED_LAST)
    world.enrol(GRADUATE_ID)
    offer_id = sealing(world)
    shown = offer_in(world)
    assert (shown["state"], parse(shown["number"]).serial) == ("sealing", 1)
    assert shown["complete_by"] == (NOW + 15 * x.DAY).isoformat()
    scan = world.store(GRADUATE_ID, "stamped_agreement")
    world.service.seal_agreement(c.SealAgreement(GRADUATE_ID, offer_id, scan), by(EMPLOYER, "seal_agreement"))
    assert (offer_in(world)["state"], offer_in(world)["number"]) == ("effective", shown["number"])


def test_where_the_seal_comes_before_the_review_the_number_comes_with_the_acceptance(world: World) -> None:
    world.set_province(2, signing_order=["accept", "seal", "review"])
    world.enrol(GRADUATE_ID)
    offer_id = accepted(world)
    number = offer_in(world)["number"]
    assert parse(number).serial == 1
    world.service.seal_agreement(c.SealAgreement(GRADUATE_ID, offer_id), by(EMPLOYER, "seal_agreement"))
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    assert (offer_in(world)["state"], offer_in(world)["number"]) == ("effective", number)


def test_an_employer_that_will_not_seal_frees_the_graduate_and_the_number_is_never_used_again(world: World) -> None:
    world.set_province(2, signing_order=SEALED_LAST)
    world.enrol(GRADUATE_ID)
    declining = c.DeclineSeal(GRADUATE_ID, sealing(world), "岗位已取消")
    for actor in (OTHER_EMPLOYER, GRADUATE, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.decline_seal(declining, by(actor, "decline_seal"))
    world.service.decline_seal(declining, by(EMPLOYER, "decline_seal"))
    assert (offer_in(world)["state"], offer_in(world)["reason"]) == ("returned", "岗位已取消")
    sealing(world)
    assert parse(offer_in(world)["number"]).serial == 2


def test_a_school_that_will_not_attest_frees_the_graduate(world: World) -> None:
    world.set_province(3)
    world.enrol(GRADUATE_ID)
    declining = c.DeclineAttestation(GRADUATE_ID, sealing(world), "单位资质存疑")
    for actor in (OTHER_SCHOOL, DEPARTMENT, PROVINCE, EMPLOYER):
        with pytest.raises(Forbidden):
            world.service.decline_attestation(declining, by(actor, "decline_attestation"))
    world.service.decline_attestation(declining, by(SCHOOL, "decline_attestation"))
    assert offer_in(world)["state"] == "returned"
    accepted(world)


def test_who_has_not_answered_is_reminded_once_and_nothing_lapses(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = concluded(world)
    asking = c.RequestCancellation(GRADUATE_ID, offer_id, "mutual", "协商一致")
    world.service.request_cancellation(asking, by(EMPLOYER, "request_cancellation"))
    world.follow()

    def reminded(now: Any) -> int:
        with world.engine.connect() as connection:
            assert lapse_due(world.log, connection, now) == 0
            return remind_due(world.log, connection, now)

    soon = NOW + 12 * x.DAY
    assert [reminded(now) for now in (soon - x.MOMENT, soon, soon)] == [0, 1, 0]
    world.follow()
    assert reminded(soon) == 0
    history = world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"]
    assert [each.type for each in history].count("agreement.CancellationReminded") == 1


def test_what_nobody_sealed_in_time_is_refused_before_the_sweep_and_returned_by_it_once(world: World) -> None:
    world.set_province(2, signing_order=SEALED_LAST, completion_days=3)
    world.enrol(GRADUATE_ID)
    offer_id = sealing(world)
    late = NOW + 3 * x.DAY
    world.follow()

    def swept(now: Any) -> int:
        with world.engine.connect() as connection:
            return lapse_due(world.log, connection, now)

    assert swept(late - x.MOMENT) == 0
    with pytest.raises(Refused) as caught:
        world.service.seal_agreement(c.SealAgreement(GRADUATE_ID, offer_id), by(EMPLOYER, "seal_agreement", late))
    assert caught.value.code == "agreement.completion_lapsed"
    assert swept(late) == 1
    assert (offer_in(world)["state"], offer_in(world)["reason"]) == ("returned", "用人单位逾期未盖章")
    assert swept(late) == 0
    world.follow()
    assert swept(late) == 0


def test_an_employer_that_was_suspended_neither_edits_nor_seals(world: World) -> None:
    world.set_province(2, signing_order=SEALED_LAST)
    world.enrol(GRADUATE_ID)
    other = world.enrol(f"{LANE}-{uuid4()}")
    offer_id, waiting = sent(world), sealing(world, other)
    world.tell(f"employer-{EMPLOYER_ID}", "directory.EmployerSuspended", employer_id=EMPLOYER_ID, reason="虚假招聘")
    edit = replace(x.EDIT, offer_id=offer_id)
    acts: tuple[Callable[[], object], ...] = (
        lambda: world.service.edit_offer(edit, by(EMPLOYER, "edit_offer")),
        lambda: world.service.seal_agreement(c.SealAgreement(other, waiting), by(EMPLOYER, "seal_agreement")),
    )
    for act in acts:
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.code == "agreement.employer_not_verified"


def test_a_school_attests_for_a_suspended_employer_only_with_a_reason(world: World) -> None:
    world.set_province(3)
    world.enrol(GRADUATE_ID)
    offer_id = accepted(world)
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    world.tell(f"employer-{EMPLOYER_ID}", "directory.EmployerSuspended", employer_id=EMPLOYER_ID, reason="虚假招聘")
    world.follow()
    query = schemas.InScope(scope="CN/14/10108")
    (waiting,) = world.service.list_awaiting_attestation(query, by(SCHOOL, "list_awaiting_attestation"))["agreements"]
    assert waiting["unit_standing"] == "suspended"
    attestation = schemas.Attestation(GRADUATE_ID, offer_id)
    with pytest.raises(Refused) as caught:
        world.service.attest_agreement(attestation, by(SCHOOL, "attest_agreement"))
    assert caught.value.code == "agreement.attesting_suspended"
    world.service.attest_agreement(replace(attestation, remark="已核实"), by(SCHOOL, "attest_agreement"))
    assert offer_in(world)["state"] == "effective"


def test_an_offer_of_an_employer_that_closed_is_not_accepted_and_its_agreement_is_cancelled_by_proof(
    world: World,
) -> None:
    world.enrol(GRADUATE_ID)
    other = world.enrol(f"{LANE}-{uuid4()}")
    effective, open_offer = concluded(world), sent(world, other)
    closed = {"employer_id": EMPLOYER_ID, "how": "deregistered", "closed_on": "2026-04-30"}
    world.tell(f"employer-{EMPLOYER_ID}", "directory.EmployerClosed", **closed)
    accept = c.AcceptOffer(other, open_offer, EMPLOYER_ID)
    with pytest.raises(Refused) as caught:
        world.service.accept_offer(accept, by(Actor("graduate", other), "accept_offer"))
    assert caught.value.code == "agreement.employer_closed"
    proof = world.store(GRADUATE_ID, "closure_proof")
    asked = c.RequestCancellation(GRADUATE_ID, effective, "business_trouble", "单位已注销", closure_proof=proof)
    world.service.request_cancellation(asked, by(GRADUATE, "request_cancellation"))
    stream = f"agreement-{GRADUATE_ID}"
    asked_and_agreed = ["agreement.CancellationRequested", "agreement.CancellationAgreed"]
    assert [told.type for told in world.log.read([stream])[stream]][-2:] == asked_and_agreed


def test_an_agreement_keeps_the_settings_it_was_made_under_and_a_new_one_has_the_new(world: World) -> None:
    old, new = world.enrol(GRADUATE_ID), world.enrol(f"{LANE}-{uuid4()}")

    def school(**own: Any) -> None:
        world.tell("school-14-10108", "directory.SchoolSettingsChanged", school="10108", class_year=2026, **own)

    world.set_province(2, signing_order=SEALED_LAST, penalty_limit=5000)
    school()
    kept = sent(world, old)
    world.set_province(
        2,
        signing_order=SEALED_LAST,
        penalty_limit=100,
        response_days_min=4,
        completion_days=2,
        cancellation_evidence=["release_letter"],
    )
    school(breach_limit=0)
    changed = sent(world, new)

    def under_way(graduate_id: str, offer_id: str) -> list[str]:
        """What happens to an agreement, each time by name and what the settings make of it."""
        told: list[str] = []
        own = Actor("graduate", graduate_id)
        edit = replace(x.EDIT, graduate_id=graduate_id, offer_id=offer_id, respond_by=NOW + 2 * x.DAY)
        try:
            world.service.edit_offer(edit, by(EMPLOYER, "edit_offer"))
        except ServiceError as error:
            told.append(error.code)
            world.service.edit_offer(replace(edit, respond_by=None), by(EMPLOYER, "edit_offer"))
        shown = offer_in(world, graduate_id)
        told.append(f"warnings {shown['warnings']}")
        accept = c.AcceptOffer(graduate_id, offer_id, EMPLOYER_ID, shown["revision"])
        world.service.accept_offer(accept, by(own, "accept_offer"))
        world.review("Passed", graduate_id, "agreement", offer_id)
        told.append(f"complete by {offer_in(world, graduate_id)['complete_by']}")
        world.service.seal_agreement(c.SealAgreement(graduate_id, offer_id), by(EMPLOYER, "seal_agreement"))
        ask = c.RequestCancellation(graduate_id, offer_id, "family", "需照顾家人")
        try:
            world.service.request_cancellation(ask, by(own, "request_cancellation"))
        except ServiceError as error:
            told.append(error.code)
            mutual = replace(ask, reason_code="mutual")
            world.service.request_cancellation(mutual, by(own, "request_cancellation"))
        cancellation_id = offer_in(world, graduate_id)["cancellation"]["cancellation_id"]
        try:
            agree = c.AgreeToCancellation(graduate_id, cancellation_id)
            world.service.agree_to_cancellation(agree, by(EMPLOYER, "agree_to_cancellation"))
        except ServiceError as error:
            told.append(error.code)
        return told

    assert under_way(old, kept) == ["warnings []", f"complete by {(NOW + 15 * x.DAY).isoformat()}"]
    assert under_way(new, changed) == [
        "agreement.respond_by",
        "warnings ['penalty_over_limit']",
        f"complete by {(NOW + 2 * x.DAY).isoformat()}",
        "agreement.breach_limit",
        "agreement.evidence_missing",
    ]
    opened = world.log.read([f"agreement-{old}"])[f"agreement-{old}"][-1]
    assert opened.type == "agreement.CancellationAgreed"
    assert (opened.data["province_version"], opened.data["school_version"]) == (2, 1)


def proposed(world: World, graduate_id: str = GRADUATE_ID, employer_id: str = EMPLOYER_ID) -> str:
    """A proposal of a graduate to an employer; its id."""
    meta = by(Actor("graduate", graduate_id), "propose_signing")
    asked = replace(x.PROPOSE, graduate_id=graduate_id, employer_id=employer_id)
    world.service.propose_signing(asked, meta)
    return new_id(LANE, meta.command_id, "proposal")


def test_a_graduate_proposes_an_offer_answers_and_the_agreement_takes_effect(world: World) -> None:
    world.set_province(2, begun_by="graduate")
    world.enrol(GRADUATE_ID)
    with pytest.raises(Refused) as caught:
        sent(world)
    assert caught.value.code == "agreement.graduate_begins"
    proposal_id = proposed(world)
    world.follow()
    query = schemas.OfEmployer(employer_id=EMPLOYER_ID, state="open")
    for actor in (OTHER_EMPLOYER, GRADUATE, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.list_proposals(query, by(actor, "list_proposals"))
    suspended = {"employer_id": EMPLOYER_ID, "reason": "虚假招聘"}
    world.tell(f"employer-{EMPLOYER_ID}", "directory.EmployerSuspended", **suspended)
    with pytest.raises(Forbidden) as unseen:
        world.service.list_proposals(query, by(EMPLOYER, "list_proposals"))
    assert unseen.value.code == "access.employer_not_approved"
    world.tell(f"employer-{EMPLOYER_ID}", "directory.EmployerReinstated", employer_id=EMPLOYER_ID)
    (listed,) = world.service.list_proposals(query, by(EMPLOYER, "list_proposals"))["proposals"]
    assert (listed["proposal_id"], listed["graduate_id"], listed["job_title"]) == (
        proposal_id,
        GRADUATE_ID,
        x.PROPOSE.job_title,
    )
    answering = by(EMPLOYER, "send_offer")
    world.service.send_offer(replace(x.SEND, proposal_id=proposal_id), answering)
    offer_id = new_id(LANE, answering.command_id, "offer")
    assert offer_in(world)["proposal_id"] == proposal_id
    world.follow()
    assert world.service.list_proposals(query, by(EMPLOYER, "list_proposals"))["proposals"] == []
    (answered,) = world.service.list_proposals(replace(query, state=None), by(EMPLOYER, "list_proposals"))["proposals"]
    assert (answered["state"], answered["offer_id"]) == ("answered", offer_id)
    world.service.accept_offer(c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID), by(GRADUATE, "accept_offer"))
    world.review("Passed", GRADUATE_ID, "agreement", offer_id)
    assert offer_in(world)["state"] == "effective"


def test_only_who_is_asked_refuses_and_only_who_asked_withdraws_a_proposal(world: World) -> None:
    world.set_province(2, begun_by="either")
    world.enrol(GRADUATE_ID)
    first, second = proposed(world), proposed(world, employer_id=OTHER_EMPLOYER_ID)
    refusing = c.RefuseProposal(GRADUATE_ID, first, "岗位已招满")
    for actor in (OTHER_EMPLOYER, GRADUATE, SCHOOL):
        with pytest.raises(Forbidden):
            world.service.refuse_proposal(refusing, by(actor, "refuse_proposal"))
    world.service.refuse_proposal(refusing, by(EMPLOYER, "refuse_proposal"))
    withdrawing = c.WithdrawProposal(GRADUATE_ID, second)
    for actor in (OTHER_EMPLOYER, Actor("graduate", f"{LANE}-{uuid4()}")):
        with pytest.raises(Forbidden):
            world.service.withdraw_proposal(withdrawing, by(actor, "withdraw_proposal"))
    world.service.withdraw_proposal(withdrawing, by(GRADUATE, "withdraw_proposal"))
    shown = world.service.get_agreements(schemas.OfGraduate(graduate_id=GRADUATE_ID), by(GRADUATE, "get_agreements"))
    assert [(each["state"], each["reason"]) for each in shown["proposals"]] == [
        ("refused", "岗位已招满"),
        ("withdrawn", None),
    ]


def test_a_proposal_that_nobody_answered_in_time_lapses_once(world: World) -> None:
    world.set_province(2, begun_by="either")
    world.enrol(GRADUATE_ID)
    proposed(world)
    world.follow()

    def swept(now: Any) -> int:
        with world.engine.connect() as connection:
            return lapse_due(world.log, connection, now)

    assert [swept(NOW + 5 * x.DAY + each) for each in (-x.MOMENT, x.MOMENT, x.MOMENT)] == [0, 1, 0]
    world.follow()
    assert swept(NOW + 6 * x.DAY) == 0


def coded(world: World, code: str = "246810", so_far: str | None = None) -> None:
    """The graduate sets an operation code."""
    wanted = c.SetOperationCode(GRADUATE_ID, code, so_far)
    world.service.set_operation_code(wanted, by(GRADUATE, "set_operation_code"))


def code_refused(world: World, offer_id: str, code: str | None, now: Any = NOW) -> str:
    """The refusal of an acceptance with a code."""
    accept = c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID, operation_code=code)
    with pytest.raises(ServiceError) as caught:
        world.service.accept_offer(accept, by(GRADUATE, "accept_offer", now))
    return caught.value.code.removeprefix("agreement.operation_code_")


def test_a_graduate_accepts_with_the_operation_code_that_the_province_asks_for(world: World) -> None:
    world.set_province(2, operation_code=True, binding="acceptance")
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    assert code_refused(world, offer_id, "246810") == "not_set"
    coded(world)
    assert [code_refused(world, offer_id, code) for code in (None, "135791")] == ["needed", "wrong"]
    accept = c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID, operation_code="246810")
    asked = by(GRADUATE, "accept_offer")
    answer = world.service.accept_offer(accept, asked)
    # A repeat needs no code: it is answered from the log.
    assert world.service.accept_offer(replace(accept, operation_code=None), asked) == answer
    assert parse(offer_in(world)["number"]).serial == 1

    asking = by(EMPLOYER, "request_cancellation")
    world.service.request_cancellation(c.RequestCancellation(GRADUATE_ID, offer_id, "mutual", "协商一致"), asking)
    agree = c.AgreeToCancellation(GRADUATE_ID, new_id(LANE, asking.command_id, "cancellation"))
    with pytest.raises(Invalid) as caught:
        world.service.agree_to_cancellation(agree, by(GRADUATE, "agree_to_cancellation"))
    assert caught.value.code == "agreement.operation_code_needed"
    given = replace(agree, operation_code="246810")
    world.service.agree_to_cancellation(given, by(GRADUATE, "agree_to_cancellation"))
    assert offer_in(world)["cancellation"]["agreed"]


def test_an_offer_from_before_the_province_asked_is_accepted_without_a_code(world: World) -> None:
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    world.set_province(2, operation_code=True)
    world.service.accept_offer(c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID), by(GRADUATE, "accept_offer"))
    assert offer_in(world)["state"] == "accepted"


def test_wrong_codes_are_counted_and_after_a_day_there_are_tries_again(world: World) -> None:
    world.set_province(2, operation_code=True, response_days_min=0)
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    coded(world)
    with ThreadPoolExecutor(8) as many:
        found = list(many.map(lambda _: code_refused(world, offer_id, "135791"), range(8)))
    assert sorted(found) == ["locked"] * 3 + ["wrong"] * 5
    assert code_refused(world, offer_id, "246810", NOW + x.DAY - x.MOMENT) == "locked"
    assert code_refused(world, offer_id, "135791", NOW + x.DAY) == "wrong"
    right = c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID, operation_code="246810")
    world.service.accept_offer(right, by(GRADUATE, "accept_offer", NOW + x.DAY))


def test_a_code_is_changed_by_the_one_so_far_and_reset_by_the_school(world: World) -> None:
    world.set_province(2, operation_code=True)
    world.enrol(GRADUATE_ID)
    offer_id = sent(world)
    setting = by(GRADUATE, "set_operation_code")
    first = c.SetOperationCode(GRADUATE_ID, "246810")
    world.service.set_operation_code(first, setting)
    for so_far in (None, "135791"):
        with pytest.raises(ServiceError):
            coded(world, "112233", so_far)
    coded(world, "112233", "246810")
    # Delivered again, an older code does not come back.
    world.service.set_operation_code(first, setting)
    assert code_refused(world, offer_id, "246810") == "wrong"
    for actor in (EMPLOYER, DEPARTMENT, OTHER_SCHOOL, GRADUATE):
        with pytest.raises(Forbidden):
            world.service.reset_operation_code(c.ResetOperationCode(GRADUATE_ID), by(actor, "reset_operation_code"))
    world.service.reset_operation_code(c.ResetOperationCode(GRADUATE_ID), by(SCHOOL, "reset_operation_code"))
    assert code_refused(world, offer_id, "112233") == "not_set"
    coded(world, "998877")
    right = c.AcceptOffer(GRADUATE_ID, offer_id, EMPLOYER_ID, operation_code="998877")
    world.service.accept_offer(right, by(GRADUATE, "accept_offer"))
    told = str([recorded.data for recorded in world.log.read([f"agreement-{GRADUATE_ID}"])[f"agreement-{GRADUATE_ID}"]])
    assert not [code for code in ("246810", "112233", "998877") if code in told]
