"""An employer's account: applied, returned, verified, suspended; one test per outcome of each command (DOMAIN 1.0, 3.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.directory import decider as c
from services.directory import events as e
from services.directory.decider import EMPLOYER, EmployerFacts, checked_uscc, employer_id_of
from shared.errors import Invalid
from shared.messages import NewEvent, Recorded
from tests.support import directory_examples as x
from tests.support.spec import EMPLOYER_ID, NOW, SYSTEM, Given, assert_folds_every_event, given

AWAITING = (x.REGISTERED,)
RETURNED = (x.REGISTERED, x.EMPLOYER_RETURNED)
VERIFIED = (x.REGISTERED, x.VERIFIED)
SUSPENDED = (*VERIFIED, x.SUSPENDED)
REINSTATED = (*SUSPENDED, x.REINSTATED)
VERIFY = c.VerifyEmployer(EMPLOYER_ID)
RETURN = c.ReturnEmployer(EMPLOYER_ID, "营业执照不清晰")
SUSPEND = c.SuspendEmployer(EMPLOYER_ID, "虚假招聘")
REINSTATE = c.ReinstateEmployer(EMPLOYER_ID)
CHANGING = (*VERIFIED, x.CHANGE_REQUESTED)


NO_LICENCE_WANTED = EmployerFacts()


def after(*events: Any, facts: EmployerFacts = NO_LICENCE_WANTED) -> Given:
    """An employer's past, in a province that wants no licence."""
    return given(EMPLOYER, *events, facts=facts)


# register_employer


def test_an_employer_applies() -> None:
    after().when(x.REGISTER).then(x.REGISTERED)


def test_an_employer_without_a_code_says_why() -> None:
    after().when(replace(x.REGISTER, uscc=None, uscc_absent_reason="部队")).then(
        replace(x.REGISTERED, uscc=None, uscc_absent_reason="部队")
    )


def test_an_employer_may_apply_again_after_its_application_was_returned() -> None:
    again = replace(x.REGISTER, name="晋阳机械有限公司", personal="Ag==")
    after(*RETURNED).when(again).then(replace(x.REGISTERED, name="晋阳机械有限公司", personal="Ag=="))


@pytest.mark.parametrize("past", [AWAITING, VERIFIED, SUSPENDED, REINSTATED])
def test_an_employer_that_is_registered_does_not_apply_again(past: Any) -> None:
    after(*past).when(x.REGISTER).then_refused("directory.employer_known", "uscc")


# verify_employer


def test_an_employer_that_applied_is_verified() -> None:
    after(*AWAITING).when(VERIFY).then(x.VERIFIED)


def test_an_employer_that_applied_again_is_verified() -> None:
    after(*RETURNED, x.REGISTERED).when(VERIFY).then(x.VERIFIED)


@pytest.mark.parametrize("past", [VERIFIED, REINSTATED])
def test_verifying_twice_changes_nothing(past: Any) -> None:
    after(*past).when(VERIFY).then_nothing()


@pytest.mark.parametrize("past", [RETURNED, SUSPENDED])
def test_only_an_employer_that_awaits_it_is_verified(past: Any) -> None:
    after(*past).when(VERIFY).then_refused("directory.employer_not_awaiting")


# return_employer gives an application back


def test_an_application_is_returned() -> None:
    after(*AWAITING).when(RETURN).then(x.EMPLOYER_RETURNED)


def test_returning_twice_changes_nothing() -> None:
    after(*RETURNED).when(RETURN).then_nothing()


@pytest.mark.parametrize("past", [VERIFIED, SUSPENDED, REINSTATED])
def test_only_an_application_that_awaits_verification_is_returned(past: Any) -> None:
    after(*past).when(RETURN).then_refused("directory.employer_not_awaiting")


# suspend_employer


@pytest.mark.parametrize("past", [VERIFIED, REINSTATED])
def test_a_verified_employer_is_suspended(past: Any) -> None:
    after(*past).when(SUSPEND).then(x.SUSPENDED)


def test_suspending_twice_changes_nothing() -> None:
    after(*SUSPENDED).when(SUSPEND).then_nothing()


@pytest.mark.parametrize("past", [AWAITING, RETURNED])
def test_an_employer_that_is_not_verified_is_not_suspended(past: Any) -> None:
    after(*past).when(SUSPEND).then_refused("directory.employer_not_verified")


# reinstate_employer


def test_a_suspended_employer_is_reinstated() -> None:
    after(*SUSPENDED).when(REINSTATE).then(x.REINSTATED)


@pytest.mark.parametrize("past", [VERIFIED, REINSTATED])
def test_reinstating_an_employer_that_may_already_invite_changes_nothing(past: Any) -> None:
    after(*past).when(REINSTATE).then_nothing()


@pytest.mark.parametrize("past", [AWAITING, RETURNED])
def test_an_employer_that_was_never_verified_is_not_reinstated(past: Any) -> None:
    after(*past).when(REINSTATE).then_refused("directory.employer_not_verified")


@pytest.mark.parametrize("command", [VERIFY, RETURN, SUSPEND, REINSTATE], ids=lambda each: type(each).__name__)
def test_an_employer_nobody_knows_is_not_found(command: Any) -> None:
    after().when(command).then_refused("directory.employer_not_found", "employer_id")


def test_what_the_stream_does_not_know_ends_its_fold() -> None:
    assert_folds_every_event(EMPLOYER, x.LISTED)


# Codes and ids


def test_an_employers_id_follows_from_its_code() -> None:
    assert employer_id_of(x.USCC) == employer_id_of(x.USCC)
    assert employer_id_of(x.USCC).startswith("00-")
    assert employer_id_of(x.USCC) != employer_id_of("91140000110000000X")


def test_a_code_is_kept_in_its_normal_form() -> None:
    assert checked_uscc(f" {x.USCC[:8].lower()}-{x.USCC[8:].lower()} ", None) == x.USCC
    assert checked_uscc(None, "部队") is None


@pytest.mark.parametrize(
    ("uscc", "code"),
    [(None, "directory.uscc_needed"), (x.USCC[:-1], "directory.wrong_uscc"), ("O" * 18, "directory.wrong_uscc")],
)
def test_a_code_that_cannot_be_right_or_is_missing_without_a_reason_is_refused(uscc: str | None, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_uscc(uscc, None)
    assert (caught.value.code, caught.value.field) == (code, "uscc")


def test_a_code_in_use_that_does_not_fit_its_check_character_is_taken() -> None:
    assert checked_uscc(" 91350203m0001qkt19", None) == "91350203M0001QKT19"


# close_employer


@pytest.mark.parametrize("past", [VERIFIED, SUSPENDED, REINSTATED])
def test_an_employer_is_closed_on_a_day(past: Any) -> None:
    after(*past).when(x.CLOSE).then(x.CLOSED)
    after(*past, x.CLOSED).when(x.CLOSE).then_nothing()


def test_what_was_said_of_a_closed_employer_may_be_put_right_or_taken_back() -> None:
    revoked = replace(x.CLOSE, how="revoked")
    after(*VERIFIED, x.CLOSED).when(revoked).then(replace(x.CLOSED, how="revoked"))
    after(*VERIFIED, x.CLOSED).when(REINSTATE).then(x.REINSTATED)
    after(*VERIFIED, x.CLOSED, x.REINSTATED).when(x.CLOSE).then(x.CLOSED)


@pytest.mark.parametrize("past", [AWAITING, RETURNED])
def test_an_application_is_returned_not_closed(past: Any) -> None:
    after(*past).when(x.CLOSE).then_refused("directory.employer_not_verified")


def test_no_employer_closes_tomorrow() -> None:
    today = replace(x.CLOSE, closed_on=NOW.date())
    after(*VERIFIED).when(today).then(replace(x.CLOSED, closed_on=NOW.date()))
    tomorrow = replace(x.CLOSE, closed_on=NOW.date() + timedelta(days=1))
    after(*VERIFIED).when(tomorrow).then_refused("directory.closed_later", "closed_on")


def test_a_closed_employer_is_neither_verified_nor_suspended_nor_renamed() -> None:
    gone = (*VERIFIED, x.CLOSED)
    after(*gone).when(VERIFY).then_refused("directory.employer_not_awaiting")
    after(*gone).when(SUSPEND).then_refused("directory.employer_not_verified")
    after(*gone).when(x.RENAME).then_refused("directory.employer_not_verified", "name")
    after(*gone).when(x.REGISTER).then_refused("directory.employer_known", "uscc")


# change_employer


def test_a_new_address_and_contact_count_at_once() -> None:
    moved = replace(x.CHANGE, place="140106", address="太原市迎泽区", personal="Ag==")
    contact = e.EmployerContactChanged(EMPLOYER_ID, "31", "140106", "太原市迎泽区", "Ag==")
    for past in (AWAITING, RETURNED, VERIFIED, SUSPENDED, CHANGING):
        command = replace(moved, name=x.CHANGE_REQUESTED.name) if past == CHANGING else moved
        after(*past).when(command).then(contact)
    kept = after(*VERIFIED, contact).state
    assert (kept.status, kept.registered.address, kept.registered.name) == ("verified", "太原市迎泽区", x.EMPLOYER_NAME)


def test_the_phone_of_an_employers_office_is_told_to_everybody() -> None:
    called = replace(x.REGISTER, phone="0351-1111111")
    after().when(called).then(replace(x.REGISTERED, phone="0351-1111111"))
    changed = replace(x.CONTACT_CHANGED, address="太原市小店区", personal="AQ==", phone="0351-2222222")
    after(*VERIFIED).when(replace(x.CHANGE, phone="0351-2222222")).then(changed)
    assert after(*VERIFIED, changed).state.registered.phone == "0351-2222222"
    after(*VERIFIED, changed).when(replace(x.CHANGE, phone="0351-2222222")).then_nothing()


def test_saying_the_same_again_changes_nothing() -> None:
    for past in (AWAITING, VERIFIED, SUSPENDED):
        after(*past).when(x.CHANGE).then_nothing()
    after(*CHANGING).when(x.RENAME).then_nothing()
    after(*VERIFIED).when(replace(x.CHANGE, uscc=x.USCC)).then_nothing()


def test_another_name_or_nature_awaits_an_office_and_the_old_one_counts_until_then() -> None:
    after(*VERIFIED).when(x.RENAME).then(x.CHANGE_REQUESTED)
    after(*VERIFIED).when(replace(x.CHANGE, nature="39")).then(
        replace(x.CHANGE_REQUESTED, name=x.EMPLOYER_NAME, nature="39")
    )
    waiting = after(*CHANGING).state
    assert (waiting.status, waiting.registered.name) == ("verified", x.EMPLOYER_NAME)
    other = replace(x.RENAME, name="晋阳重工有限公司")
    after(*CHANGING).when(other).then(replace(x.CHANGE_REQUESTED, name="晋阳重工有限公司"))


@pytest.mark.parametrize("past", [AWAITING, RETURNED, SUSPENDED])
def test_only_a_verified_employer_changes_its_name(past: Any) -> None:
    after(*past).when(x.RENAME).then_refused("directory.employer_not_verified", "name")


def test_an_unknown_employer_changes_nothing() -> None:
    after().when(x.CHANGE).then_refused("directory.employer_not_found", "employer_id")


@pytest.mark.parametrize("known", [x.USCC, None])
def test_another_credit_code_is_another_account(known: str | None) -> None:
    registered = replace(x.REGISTERED, uscc=known)
    other = replace(x.CHANGE, uscc=x.OTHER_USCC)
    after(registered, x.VERIFIED).when(other).then_refused("directory.uscc_is_the_account", "uscc")


def test_an_office_verifies_a_change() -> None:
    after(*CHANGING).when(VERIFY).then(x.CHANGE_VERIFIED)
    changed = after(*CHANGING, x.CHANGE_VERIFIED)
    assert (changed.state.registered.name, changed.state.requested) == (x.CHANGE_REQUESTED.name, None)
    changed.when(VERIFY).then_nothing()
    changed.when(x.RENAME).then_nothing()


def test_an_office_returns_a_change_and_all_stays_as_it_was() -> None:
    returned = e.EmployerChangeReturned(EMPLOYER_ID, "营业执照不清晰")
    after(*CHANGING).when(RETURN).then(returned)
    kept = after(*CHANGING, returned)
    assert (kept.state.status, kept.state.registered, kept.state.requested) == ("verified", x.REGISTERED, None)
    kept.when(RETURN).then_refused("directory.employer_not_awaiting")


def test_a_suspended_employer_has_its_change_verified_when_it_is_back() -> None:
    after(*CHANGING, x.SUSPENDED).when(VERIFY).then_refused("directory.employer_not_awaiting")
    after(*CHANGING, x.SUSPENDED, x.REINSTATED).when(VERIFY).then(x.CHANGE_VERIFIED)


# licences

OWN = EmployerFacts(licence_of=EMPLOYER_ID)
WANTED = EmployerFacts(licence_required=True)


def test_an_employer_brings_its_licence() -> None:
    brought = replace(x.REGISTER, licence=x.LICENCE_ID)
    after(facts=OWN).when(brought).then(replace(x.REGISTERED, licence=x.LICENCE_ID))
    renamed = replace(x.RENAME, licence=x.LICENCE_ID)
    after(*VERIFIED, facts=OWN).when(renamed).then(replace(x.CHANGE_REQUESTED, licence=x.LICENCE_ID))


@pytest.mark.parametrize("facts", [EmployerFacts(), EmployerFacts(licence_of="00-another")])
def test_a_licence_that_is_not_its_own_is_not_found(facts: EmployerFacts) -> None:
    for past, command in (((), x.REGISTER), (VERIFIED, x.CHANGE)):
        asked: Any = replace(command, licence=x.LICENCE_ID)
        after(*past, facts=facts).when(asked).then_refused("directory.licence_not_found", "licence")


def test_where_the_province_wants_a_licence_nobody_is_verified_without() -> None:
    after(*AWAITING, facts=WANTED).when(VERIFY).then_refused("directory.licence_needed", "licence")
    after(*CHANGING, facts=WANTED).when(VERIFY).then_refused("directory.licence_needed", "licence")
    after(replace(x.REGISTERED, licence=x.LICENCE_ID), facts=WANTED).when(VERIFY).then(x.VERIFIED)
    # Who was verified before the province wanted it stays so.
    after(*VERIFIED, facts=WANTED).when(VERIFY).then_nothing()


def recorded(event: Any) -> Recorded:
    for codec in (e.EMPLOYER_CODEC, e.PROVINCE_CODEC, e.LICENCE_CODEC):
        if event.TYPE in codec.classes:
            told = NewEvent(*codec.encode(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return Recorded("14", 1, "stream", 1, NOW, told)


def test_the_employers_place_says_which_province_decides() -> None:
    own = f"employer-{EMPLOYER_ID}"
    moved = e.EmployerContactChanged(EMPLOYER_ID, "31", "330106", "杭州市", "AQ==")
    streams: dict[str, Any] = {own: [recorded(x.REGISTERED)]}
    assert list(EMPLOYER.then_reads(VERIFY, streams)) == ["province-14"]
    assert list(EMPLOYER.then_reads(RETURN, streams)) == []
    streams[own].append(recorded(moved))
    assert list(EMPLOYER.then_reads(VERIFY, streams)) == ["province-33"]
    assert list(EMPLOYER.then_reads(VERIFY, {own: []})) == []
    newer = replace(x.PROVINCE_SET, class_year=2027, licence_required=True)
    streams["province-33"] = [recorded(newer), recorded(x.PROVINCE_SET)]
    assert EMPLOYER.facts(VERIFY, streams) == WANTED
    streams["province-33"].append(recorded(replace(newer, licence_required=False)))
    assert EMPLOYER.facts(VERIFY, streams) == EmployerFacts()
    asked = replace(x.CHANGE, licence=x.LICENCE_ID)
    assert list(EMPLOYER.reads(asked)) == [f"licence-{x.LICENCE_ID}"]
    assert EMPLOYER.facts(asked, {own: [], f"licence-{x.LICENCE_ID}": [recorded(x.LICENCE_STORED)]}) == OWN
