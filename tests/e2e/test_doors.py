"""Bad input at every door of the whole platform: refused in words, and the log's heads stay where they were."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from shared.access import Role
from shared.broker import ConfirmedPublisher, Outgoing, open_connection
from shared.calling import Call
from shared.errors import ServiceError
from shared.handling import BULK_LIMIT
from shared.messages import Actor
from shared.principals import Issuer, new_signing_key
from tests.support.people import People, Place, eventually, long_ago, wq
from wq.demo.actors import department_office, employer, graduate, school_office

YEAR = 2026


@pytest.fixture(scope="module")
def place(people: People) -> Place:
    return people.settle("10422", YEAR, parties=2, size=6)


@pytest.fixture
def unchanged(people: People, place: Place) -> Iterator[dict[str, int]]:
    """The heads of the log, the same after the test."""
    people.quiet()
    heads = people.heads()
    yield heads
    people.quiet()
    assert people.heads() == heads


def code_of(people: People, call: Call) -> str:
    """The code of the refusal that a call meets."""
    try:
        answer = people.caller.call(call)
    except ServiceError as error:
        return error.code
    raise AssertionError(f"answered: {answer}")


def seeking(person: str) -> dict[str, Any]:
    return {"graduate_id": person, "destination": {"code": "70", "intention": "job_seeking"}}


@pytest.mark.usefixtures("unchanged")
def test_nobody_acts_outside_a_scope(people: People, place: Place) -> None:
    mine, other = place.graduates[:2]
    foreign = school_office("14", "10108")
    roster = {"school": place.school, "class_year": YEAR, "rows": [{"exam_no": "1"}]}
    asked: list[tuple[Actor, str, dict[str, Any]]] = [
        (foreign, "directory.import_roster", roster),
        (graduate(mine), "registration.register_destination", seeking(other)),
        (graduate(other), "agreement.get_agreements", {"graduate_id": mine}),
        (foreign, "registration.get_registration", {"graduate_id": mine}),
        (foreign, "stats.count_graduates", {"scope": place.scope, "class_year": YEAR, "by": ["code"]}),
        (foreign, "review.list_queue", {"scope": place.scope}),
        (employer(place.employers[0]), "directory.verify_employer", {"employer_id": place.employers[0]}),
        (department_office("14", "10108", "01"), "stats.get_rates", {"scope": "CN/14", "class_year": YEAR}),
    ]
    assert {people.refused(actor, method, **payload) for actor, method, payload in asked} == {"access.denied"}


@pytest.mark.usefixtures("unchanged")
def test_tokens_that_are_missing_expired_or_forged_open_nothing(people: People, place: Place) -> None:
    person = place.graduates[0]
    me = graduate(person)
    good = people.issuer.token(me)
    header, claims, signature = good.split(".")
    stranger = Issuer(new_signing_key()[0]).token(me)
    other_claims = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": place.graduates[1]}
    swapped = base64.urlsafe_b64encode(json.dumps(other_claims).encode()).rstrip(b"=").decode()
    no_algorithm = base64.urlsafe_b64encode(b'{"alg":"none","typ":"wq-principal+jwt"}').rstrip(b"=").decode()
    tokens = {
        "": "principal.missing",
        people.issuer.token(me, long_ago()): "principal.expired",
        stranger: "principal.forged",
        f"{header}.{swapped}.{signature}": "principal.forged",
        f"{no_algorithm}.{claims}.": "principal.forged",
        "nonsense": "principal.forged",
        people.issuer.token(Actor(Role.SYSTEM, "platform")): "principal.forged",
        people.issuer.token(Actor(Role.SCHOOL, "x", "CN")): "principal.forged",
    }
    for token, code in tokens.items():
        assert code_of(people, Call("registration.register_destination", seeking(person), token)) == code


@pytest.mark.usefixtures("unchanged")
def test_messages_of_the_wrong_shape_are_refused_by_field(people: People, place: Place) -> None:
    person = place.graduates[0]
    me = graduate(person)
    register = "registration.register_destination"
    assert people.refused(me, register, graduate_id=person) == "payload.invalid"
    assert people.refused(me, register, **seeking(person), surplus=1) == "payload.invalid"
    unknown = {"graduate_id": person, "destination": {"code": "999"}}
    assert people.refused(me, register, **unknown) == "payload.invalid"
    assert people.refused(me, "registration.no_such_method", **seeking(person)) == "call.unknown_method"
    wrongs: tuple[Any, ...] = ([], "text", None, 3, {"items": 3})
    for wrong in wrongs:
        call = Call("agreement.send_offers", wrong, people.issuer.token(employer(place.employers[0])))
        assert code_of(people, call) == "payload.invalid"
    too_many = {"items": [seeking(person)] * (BULK_LIMIT + 1)}
    call = Call("review.approve_reviews", too_many, people.issuer.token(place.office))
    assert code_of(people, call) == "bulk.too_many"


@pytest.mark.usefixtures("unchanged")
def test_a_payload_of_ten_megabytes_is_refused_and_the_service_goes_on(people: People, place: Place) -> None:
    person = place.graduates[0]
    large = {**seeking(person), "more": "长" * (10 * 1024 * 1024 // 3)}
    assert people.refused(graduate(person), "registration.register_destination", **large) == "payload.too_large"
    assert people.registered(person)["pending"] is None


@pytest.mark.usefixtures("unchanged")
def test_bytes_that_are_no_call_disturb_nobody(people: People, place: Place) -> None:
    publisher = ConfirmedPublisher(people.platform.settings.amqp_uri)
    for body in (b"", b"\xff\xfe\x00", b"{", b"[]", b'{"args": 3}', b'{"args": [1, 2]}', b"null"):
        publisher.publish([Outgoing(body, "nameko-rpc", "registration.register_destination")])
    publisher.close()
    assert people.registered(place.graduates[0])["registered"] is None


def test_a_message_no_consumer_can_take_is_parked_and_shown(people: People, place: Place) -> None:
    environment = people.platform.environment
    queue = "review.agreement.OfferAccepted"
    publisher = ConfirmedPublisher(people.platform.settings.amqp_uri)
    publisher.publish([Outgoing(b'{"type": "agreement.OfferAccepted"}', "", queue)])
    publisher.close()

    def parked() -> bool | None:
        return queue in wq("dead-letters", "list", environment=environment).stdout or None

    eventually(parked, "the message is parked")
    assert "agreement.OfferAccepted" in wq("dead-letters", "show", queue, environment=environment).stdout
    retried = wq("dead-letters", "retry", queue, environment=environment)
    assert retried.returncode == 0, retried.stderr
    eventually(parked, "it is parked again")
    with open_connection(people.platform.settings.amqp_uri) as connection:
        connection.channel().queue_purge(f"{queue}.dead")


def test_a_repeated_message_is_one_effect_with_one_answer(people: People, place: Place) -> None:
    person = place.graduates[2]
    command_id = uuid4()
    first = people.ask(graduate(person), "registration.register_destination", command_id=command_id, **seeking(person))
    people.quiet()
    heads = people.heads()
    for _ in range(3):
        again = people.ask(
            graduate(person), "registration.register_destination", command_id=command_id, **seeking(person)
        )
        assert again == first
    reused = Call(
        "registration.register_destination",
        seeking(place.graduates[3]),
        people.issuer.token(graduate(place.graduates[3])),
        command_id=command_id,
    )
    assert code_of(people, reused) == "command.id_reused"
    people.quiet()
    assert people.heads() == heads


def test_messages_in_the_wrong_order_are_refused_until_their_turn(people: People, place: Place) -> None:
    person, unit = place.graduates[4], place.employers[0]
    offer_id = people.invite(place, person, unit)
    attest = {"graduate_id": person, "agreement_id": offer_id}
    accept = {"graduate_id": person, "offer_id": offer_id, "employer_id": unit}
    cancel = {**attest, "reason_code": "mutual", "reason": "双方协商"}
    people.quiet()
    heads = people.heads()
    assert people.refused(place.office, "agreement.attest_agreement", **attest) == "agreement.not_awaiting_attestation"
    assert people.refused(graduate(person), "agreement.request_cancellation", **cancel) == "agreement.not_effective"
    assert people.refused(graduate(person), "agreement.accept_offer", **{**accept, "offer_id": f"37-{uuid4()}"}) == (
        "agreement.offer_not_found"
    )
    people.quiet()
    assert people.heads() == heads
    people.accept(person, offer_id, unit)
    case_id = people.case(place.department(person), "department", person, "agreement")
    heads = people.heads()
    assert people.refused(place.office, "review.approve_review", case_id=case_id) == "review.not_your_step"
    assert people.heads() == heads
