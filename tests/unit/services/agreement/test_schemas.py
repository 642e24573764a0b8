"""What a message must look like before anything is decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.agreement import schemas
from services.agreement.decider import CANCELLATION_REASONS
from shared.codec import to_json
from shared.errors import Invalid
from shared.shapes import load
from tests.support import examples as x
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, SCOPE

COMMANDS = {
    schemas.SetOperationCode: x.SET_CODE,
    schemas.ResetOperationCode: x.RESET_CODE,
    schemas.ProposeSigning: x.PROPOSE,
    schemas.WithdrawProposal: x.WITHDRAW_PROPOSAL,
    schemas.RefuseProposal: x.REFUSE_PROPOSAL,
    schemas.OpenUpload: x.OPEN_UPLOAD,
    schemas.SendOffer: x.SEND,
    schemas.WithdrawOffer: x.WITHDRAW,
    schemas.RefuseOffer: x.REFUSE,
    schemas.AcceptOffer: x.ACCEPT,
    schemas.DeclineSeal: x.DECLINE_SEAL,
    schemas.DeclineAttestation: x.DECLINE_ATTESTATION,
    schemas.RequestCancellation: x.REQUEST_CANCELLATION,
    schemas.WithdrawCancellation: x.WITHDRAW_CANCELLATION,
    schemas.AgreeToCancellation: x.AGREE,
    schemas.RefuseCancellation: x.REFUSE_CANCELLATION,
}
SEND = to_json(x.SEND)
CODED = (schemas.SetOperationCode, schemas.AcceptOffer, schemas.AgreeToCancellation)


def message(example: Any) -> dict[str, Any]:
    """The command as a caller says it: whether a code is right, the service finds out."""
    return {name: value for name, value in to_json(example).items() if name != "code_right"}


@pytest.mark.parametrize(("shape", "example"), COMMANDS.items(), ids=[shape.__name__ for shape in COMMANDS])
def test_a_good_message_is_its_command(shape: Any, example: Any) -> None:
    assert load(shape, message(example)) == example


@pytest.mark.parametrize(("shape", "example"), COMMANDS.items(), ids=[shape.__name__ for shape in COMMANDS])
def test_a_field_nobody_knows_is_refused(shape: Any, example: Any) -> None:
    refused(shape, {**message(example), "serial": 1}, "serial")


@pytest.mark.parametrize("shape", CODED)
def test_nobody_says_of_a_code_that_it_is_right(shape: Any) -> None:
    refused(shape, {**message(COMMANDS[shape]), "code_right": True}, "code_right")


@pytest.mark.parametrize("code", ["12345", "1" * 21, "二四六八十〇", "2468 10", ""])
def test_an_operation_code_has_six_to_twenty_letters_or_digits(code: str) -> None:
    refused(schemas.AcceptOffer, {**message(x.ACCEPT), "operation_code": code}, "operation_code")
    refused(schemas.SetOperationCode, {**message(x.SET_CODE), "new_code": code}, "new_code")


def refused(shape: Any, payload: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(shape, payload)
    assert caught.value.code == "payload.invalid"
    assert list(caught.value.details["fields"]) == [field]


def test_a_deadline_is_an_instant_in_utc() -> None:
    sent = load(schemas.SendOffer, {**SEND, "respond_by": "2026-05-09T18:00:00+08:00"})
    assert sent == replace(x.SEND, respond_by=datetime(2026, 5, 9, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("graduate_id", "somebody"),
        ("employer_id", ""),
        ("position", "99"),
        ("job_title", "  "),
        ("job_title", "工" * 61),
        ("monthly_salary", -1),
        ("monthly_salary", 6500.5),
        ("monthly_salary", "6500"),
        ("penalty", -1),
        ("remarks", "备" * 501),
        ("respond_by", "2026-05-09"),
        ("respond_by", "2026-05-09T18:00:00"),
    ],
)
def test_a_bad_field_of_an_offer_is_named(field: str, value: Any) -> None:
    refused(schemas.SendOffer, {**SEND, field: value}, field)


@pytest.mark.parametrize("salary", [0, 6500, None])
def test_a_salary_is_nothing_or_not_negative(salary: int | None) -> None:
    assert load(schemas.SendOffer, {**SEND, "monthly_salary": salary}).monthly_salary == salary


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (schemas.RefuseOffer, x.REFUSE),
        (schemas.DeclineSeal, x.DECLINE_SEAL),
        (schemas.DeclineAttestation, x.DECLINE_ATTESTATION),
        (schemas.RefuseCancellation, x.REFUSE_CANCELLATION),
        (schemas.RequestCancellation, x.REQUEST_CANCELLATION),
    ],
)
@pytest.mark.parametrize("reason", [None, "", " \n"])
def test_a_no_needs_its_reason(shape: Any, example: Any, reason: Any) -> None:
    refused(shape, {**to_json(example), "reason": reason}, "reason")


def test_a_reason_to_cancel_is_one_of_the_list() -> None:
    payload = to_json(x.REQUEST_CANCELLATION)
    for code in CANCELLATION_REASONS:
        assert load(schemas.RequestCancellation, {**payload, "reason_code": code}).reason_code == code
    refused(schemas.RequestCancellation, {**payload, "reason_code": "bored"}, "reason_code")


def test_nobody_brings_a_serial_from_outside() -> None:
    payload = {"graduate_id": GRADUATE_ID, "agreement_id": x.OFFER_ID}
    assert to_json(load(schemas.AttestAgreement, payload)) == payload
    refused(schemas.AttestAgreement, {**payload, "serial": 7}, "serial")


def test_queries_name_whose_things_they_ask_for() -> None:
    assert load(schemas.GetAgreements, {"graduate_id": GRADUATE_ID}).graduate_id == GRADUATE_ID
    listed = load(schemas.ListOffers, {"employer_id": EMPLOYER_ID, "state": "open", "limit": 20})
    assert (listed.employer_id, listed.state, listed.limit) == (EMPLOYER_ID, "open", 20)
    assert load(schemas.ListAwaitingAttestation, {"scope": SCOPE}).scope == SCOPE
    refused(schemas.ListOffers, {"employer_id": EMPLOYER_ID, "state": "new"}, "state")


def test_a_number_is_looked_up_and_registered_as_it_is_printed() -> None:
    typed = "２０２６ 10108-31 0000012"
    assert load(schemas.ExplainNumber, {"number": typed}).number == "202610108310000012"
    paper = {**to_json(x.REGISTER_PAPER), "paper_number": typed}
    assert load(schemas.RegisterPaper, paper).paper_number == "202610108310000012"
    assert load(schemas.RegisterPaper, {**paper, "paper_number": None}).paper_number is None
