"""An employer's account: applied, returned, verified, suspended; one test per outcome of each command (DOMAIN 1.0, 3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.directory import decider as c
from services.directory.decider import EMPLOYER, checked_uscc, employer_id_of
from shared.errors import Invalid
from tests.support import directory_examples as x
from tests.support.spec import EMPLOYER_ID, assert_folds_every_event, given

AWAITING = (x.REGISTERED,)
RETURNED = (x.REGISTERED, x.EMPLOYER_RETURNED)
VERIFIED = (x.REGISTERED, x.VERIFIED)
SUSPENDED = (*VERIFIED, x.SUSPENDED)
REINSTATED = (*SUSPENDED, x.REINSTATED)
VERIFY = c.VerifyEmployer(EMPLOYER_ID)
RETURN = c.ReturnEmployer(EMPLOYER_ID, "营业执照不清晰")
SUSPEND = c.SuspendEmployer(EMPLOYER_ID, "虚假招聘")
REINSTATE = c.ReinstateEmployer(EMPLOYER_ID)


# register_employer


def test_an_employer_applies() -> None:
    given(EMPLOYER).when(x.REGISTER).then(x.REGISTERED)


def test_an_employer_without_a_code_says_why() -> None:
    given(EMPLOYER).when(replace(x.REGISTER, uscc=None, uscc_absent_reason="部队")).then(
        replace(x.REGISTERED, uscc=None, uscc_absent_reason="部队")
    )


def test_an_employer_may_apply_again_after_its_application_was_returned() -> None:
    again = replace(x.REGISTER, name="晋阳机械有限公司", personal="Ag==")
    given(EMPLOYER, *RETURNED).when(again).then(replace(x.REGISTERED, name="晋阳机械有限公司", personal="Ag=="))


@pytest.mark.parametrize("past", [AWAITING, VERIFIED, SUSPENDED, REINSTATED])
def test_an_employer_that_is_registered_does_not_apply_again(past: Any) -> None:
    given(EMPLOYER, *past).when(x.REGISTER).then_refused("directory.employer_known", "uscc")


# verify_employer


def test_an_employer_that_applied_is_verified() -> None:
    given(EMPLOYER, *AWAITING).when(VERIFY).then(x.VERIFIED)


def test_an_employer_that_applied_again_is_verified() -> None:
    given(EMPLOYER, *RETURNED, x.REGISTERED).when(VERIFY).then(x.VERIFIED)


@pytest.mark.parametrize("past", [VERIFIED, REINSTATED])
def test_verifying_twice_changes_nothing(past: Any) -> None:
    given(EMPLOYER, *past).when(VERIFY).then_nothing()


@pytest.mark.parametrize("past", [RETURNED, SUSPENDED])
def test_only_an_employer_that_awaits_it_is_verified(past: Any) -> None:
    given(EMPLOYER, *past).when(VERIFY).then_refused("directory.employer_not_awaiting")


# return_employer gives an application back


def test_an_application_is_returned() -> None:
    given(EMPLOYER, *AWAITING).when(RETURN).then(x.EMPLOYER_RETURNED)


def test_returning_twice_changes_nothing() -> None:
    given(EMPLOYER, *RETURNED).when(RETURN).then_nothing()


@pytest.mark.parametrize("past", [VERIFIED, SUSPENDED, REINSTATED])
def test_only_an_application_that_awaits_verification_is_returned(past: Any) -> None:
    given(EMPLOYER, *past).when(RETURN).then_refused("directory.employer_not_awaiting")


# suspend_employer


@pytest.mark.parametrize("past", [VERIFIED, REINSTATED])
def test_a_verified_employer_is_suspended(past: Any) -> None:
    given(EMPLOYER, *past).when(SUSPEND).then(x.SUSPENDED)


def test_suspending_twice_changes_nothing() -> None:
    given(EMPLOYER, *SUSPENDED).when(SUSPEND).then_nothing()


@pytest.mark.parametrize("past", [AWAITING, RETURNED])
def test_an_employer_that_is_not_verified_is_not_suspended(past: Any) -> None:
    given(EMPLOYER, *past).when(SUSPEND).then_refused("directory.employer_not_verified")


# reinstate_employer


def test_a_suspended_employer_is_reinstated() -> None:
    given(EMPLOYER, *SUSPENDED).when(REINSTATE).then(x.REINSTATED)


@pytest.mark.parametrize("past", [VERIFIED, REINSTATED])
def test_reinstating_an_employer_that_may_already_invite_changes_nothing(past: Any) -> None:
    given(EMPLOYER, *past).when(REINSTATE).then_nothing()


@pytest.mark.parametrize("past", [AWAITING, RETURNED])
def test_an_employer_that_was_never_verified_is_not_reinstated(past: Any) -> None:
    given(EMPLOYER, *past).when(REINSTATE).then_refused("directory.employer_not_verified")


@pytest.mark.parametrize("command", [VERIFY, RETURN, SUSPEND, REINSTATE], ids=lambda each: type(each).__name__)
def test_an_employer_nobody_knows_is_not_found(command: Any) -> None:
    given(EMPLOYER).when(command).then_refused("directory.employer_not_found", "employer_id")


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
    [(None, "directory.uscc_needed"), (x.USCC[:-1], "directory.wrong_uscc"), ("9" * 18, "directory.wrong_uscc")],
)
def test_a_code_that_cannot_be_right_or_is_missing_without_a_reason_is_refused(uscc: str | None, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_uscc(uscc, None)
    assert (caught.value.code, caught.value.field) == (code, "uscc")
