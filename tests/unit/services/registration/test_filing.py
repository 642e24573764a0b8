"""代填 that only the graduate's word makes count, deadlines, and the confirmation to leave (DOMAIN 1.5, 5.5, 5.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from services.registration import decider as c
from services.registration import events as e
from services.registration.decider import HANDLING
from services.registration.facts import Facts, Settings
from services.registration.requirements import Evidence, Graduate
from services.registration.transfers import transfer_number
from shared.messages import new_id
from tests.support import registration_examples as x
from tests.support.spec import (
    DEPARTMENT,
    GRADUATE,
    GRADUATE_ID,
    LANE,
    NOW,
    SCHOOL,
    SCOPE,
    Given,
    command_id,
    given,
    meta,
)

CONTRACT = "14-contract"
FACTS = Facts(
    graduate=Graduate(SCOPE, 2026, "1", None),
    basic_data="confirmed",
    evidence=MappingProxyType({CONTRACT: Evidence(GRADUATE_ID, "labour_contract")}),
)
DESTINATION = e.Destination(
    code="11",
    unit_name="晋源小学",
    unit_nature="22",
    industry="42",
    place="140110",
    position="24",
    uscc_absent_reason="乡村小学，未单独登记",
    unit_address="太原市晋源区某路 2 号",
    unit_phone="0351-0000000",
)
FILING_ID = new_id(LANE, command_id(), "filing")
REGISTRATION_ID = new_id(LANE, command_id(2), "registration")
FILE = c.FileDestination(GRADUATE_ID, DESTINATION, (CONTRACT,))
FILED = e.DestinationFiled(
    filing_id=FILING_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    destination=DESTINATION,
    filed_by=DEPARTMENT.id,
    evidence=(CONTRACT,),
)
CONFIRM = c.ConfirmFiling(GRADUATE_ID, FILING_ID)
SUBMITTED = e.RegistrationSubmitted(
    registration_id=REGISTRATION_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    destination=DESTINATION,
    evidence=(CONTRACT,),
    filing_id=FILING_ID,
)
REGISTERED = e.DestinationRegistered(
    registration_id=REGISTRATION_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    destination=DESTINATION,
    source="direct",
)
REJECT = c.RejectFiling(GRADUATE_ID, FILING_ID, "未与该单位签订劳动合同")
REJECTED = e.FilingRejected(FILING_ID, GRADUATE_ID, REJECT.reason)
REGISTER = c.RegisterDestination(GRADUATE_ID, DESTINATION, (CONTRACT,))
LEAVE = c.ConfirmLeaving(
    GRADUATE_ID,
    e.Archive("talent_service", "太原市人才服务局", "太原市迎泽区某路 1 号", "030001", "0351-0000000"),
    e.Household(moves=False),
)
LEAVING = e.LeavingConfirmed(
    GRADUATE_ID,
    REGISTRATION_ID,
    LEAVE.archive,
    LEAVE.household,
    transfer_number=transfer_number(2026, "10108", REGISTRATION_ID, LEAVE.archive),
)
MOMENT = timedelta(microseconds=1)
# The last moments of 31 August and of 31 December in Shanghai.
CHANGES_END, YEAR_END = (datetime(2026, month, 31, 16, tzinfo=UTC) - NOW - MOMENT for month in (8, 12))


def after(*events: Any, facts: Facts = FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


# file_destination


def test_an_office_fills_in_what_then_waits_for_the_graduate() -> None:
    after().when(FILE, meta(DEPARTMENT)).then(FILED)
    assert after(FILED).state.pending is None
    assert after(FILED).state.registered is None


def test_filling_in_the_same_again_changes_nothing_and_something_else_takes_its_place() -> None:
    after(FILED).when(FILE, meta(DEPARTMENT, number=2)).then_nothing()
    other = replace(DESTINATION, unit_name="晋源中学")
    filed = replace(FILED, destination=other, filing_id=new_id(LANE, command_id(2), "filing"), filed_by=SCHOOL.id)
    after(FILED).when(replace(FILE, destination=other), meta(SCHOOL, number=2)).then(filed)


def test_an_office_may_fill_in_before_the_evidence_is_there() -> None:
    command = replace(FILE, evidence=())
    after().when(command, meta(DEPARTMENT)).then(replace(FILED, evidence=()))


def test_what_is_filled_in_is_held_to_the_rules() -> None:
    wrong = replace(FILE, destination=replace(DESTINATION, unit_name=None))
    after().when(wrong, meta(DEPARTMENT)).then_refused("registration.field_missing", "destination.unit_name")
    signed = replace(FACTS, signed=True)
    after(facts=signed).when(FILE, meta(DEPARTMENT)).then_refused("registration.already_signed")
    after(SUBMITTED).when(FILE, meta(DEPARTMENT, number=3)).then_refused("registration.in_review")
    after(SUBMITTED, REGISTERED).when(FILE, meta(DEPARTMENT, number=3)).then_refused("registration.void_first")
    foreign = replace(FILE, evidence=("14-foreign",))
    after().when(foreign, meta(DEPARTMENT)).then_refused("registration.evidence_not_found", "evidence.0")


# confirm_filing, reject_filing


def test_the_graduates_word_makes_it_a_registration_under_review() -> None:
    after(FILED).when(CONFIRM, meta(GRADUATE, number=2)).then(SUBMITTED)
    assert after(FILED, SUBMITTED).state.filed is None


def test_a_graduate_confirms_only_with_evidence_where_it_is_asked_for() -> None:
    bare = replace(FILED, evidence=())
    after(bare).when(CONFIRM, meta(GRADUATE, number=2)).then_refused("registration.evidence_missing", "evidence")
    lenient = replace(FACTS, settings=Settings(evidence_required=False))
    after(bare, facts=lenient).when(CONFIRM, meta(GRADUATE, number=2)).then(replace(SUBMITTED, evidence=()))


def test_a_graduate_rejects_with_a_reason() -> None:
    after(FILED).when(REJECT, meta(GRADUATE)).then(REJECTED)


@pytest.mark.parametrize("command", [CONFIRM, REJECT])
@pytest.mark.parametrize("past", [(), (FILED, REJECTED), (FILED, SUBMITTED), (replace(FILED, filing_id="14-other"),)])
def test_what_does_not_wait_is_neither_confirmed_nor_rejected(command: Any, past: Any) -> None:
    after(*past).when(command, meta(GRADUATE, number=3)).then_refused("registration.filing_not_found", "filing_id")


def test_what_was_filled_in_is_checked_again_when_it_is_confirmed() -> None:
    signed = replace(FACTS, signed=True)
    after(FILED, facts=signed).when(CONFIRM, meta(GRADUATE, number=2)).then_refused("registration.already_signed")


# the deadline of the class


SEEKING = (replace(SUBMITTED, destination=x.SEEKING), replace(REGISTERED, destination=x.SEEKING))
VOID = c.RequestVoid(GRADUATE_ID, REGISTRATION_ID, "另有去向")


@pytest.mark.parametrize("past", [(), SEEKING])
def test_whoever_is_not_placed_registers_until_31_december_of_the_class_in_shanghai_time(past: Any) -> None:
    """年终落实率: on 1 September only changes are over."""
    for at in (CHANGES_END + MOMENT, YEAR_END):
        outcome = after(*past).when(REGISTER, meta(GRADUATE, number=4, after=at))
        assert outcome.error is None
    late = YEAR_END + MOMENT
    after(*past).when(REGISTER, meta(GRADUATE, number=4, after=late)).then_refused("registration.registering_over")
    after(*past).when(FILE, meta(DEPARTMENT, number=4, after=late)).then_refused("registration.registering_over")
    filed = after(*past, FILED)
    filed.when(CONFIRM, meta(GRADUATE, number=4, after=late)).then_refused("registration.registering_over")


def test_what_is_registered_changes_until_31_august_of_the_class() -> None:
    asked = after(SUBMITTED, REGISTERED)
    assert asked.when(VOID, meta(GRADUATE, number=3, after=CHANGES_END)).error is None
    late = meta(GRADUATE, number=3, after=CHANGES_END + MOMENT)
    outcome = asked.when(VOID, late)
    outcome.then_refused("registration.deadline_over")
    assert outcome.error is not None
    assert "2026年8月31日" in outcome.error.zh
    asked.when(REGISTER, late).then_refused("registration.void_first")


def test_a_province_may_set_other_last_days() -> None:
    longer = replace(FACTS, settings=Settings(change_deadline=date(2027, 3, 31)))
    assert after(facts=longer).when(REGISTER, meta(GRADUATE, after=timedelta(days=300))).error is None
    assert (
        after(SUBMITTED, REGISTERED, facts=longer).when(VOID, meta(GRADUATE, after=timedelta(days=300))).error is None
    )
    closed: dict[str, Any] = {"change_deadline": date(2026, 5, 3), "registration_deadline": date(2026, 5, 3)}
    strict = replace(FACTS, settings=Settings(**closed))
    after(facts=strict).when(REGISTER, meta(GRADUATE)).then_refused("registration.registering_over")


# what follows a re-opening after the last day

REOPENING = timedelta(days=250)
REOPENED_ON = (NOW + REOPENING).date()
VOID_REQUESTED = e.VoidRequested("14-void", REGISTRATION_ID, GRADUATE_ID, SCOPE, 2026, "单位撤销")
SIGNED = replace(REGISTERED, source="agreement", agreement_id="14-agreement")
CANCEL = c.ReopenRegistration(GRADUATE_ID, "14-agreement")
UNTIL = REOPENED_ON + timedelta(days=30)


@pytest.mark.parametrize(
    ("past", "command", "event"),
    [
        ((SIGNED,), CANCEL, e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "agreement_cancelled", UNTIL)),
        (
            (SUBMITTED, REGISTERED, VOID_REQUESTED),
            c.PassReview(GRADUATE_ID, "void", "14-void"),
            e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "voided", UNTIL),
        ),
        (
            (SUBMITTED,),
            c.FailReview(GRADUATE_ID, "registration", REGISTRATION_ID, "合同缺页"),
            e.RegistrationReturned(REGISTRATION_ID, GRADUATE_ID, "合同缺页", UNTIL),
        ),
        ((), CANCEL, e.AgreementOvertaken(GRADUATE_ID, "14-agreement", UNTIL)),
    ],
)
def test_whoever_becomes_free_after_the_last_day_may_register_for_the_days_that_the_province_set(
    past: Any, command: Any, event: Any
) -> None:
    facts = replace(FACTS, concluded=frozenset({"14-agreement"}), cancelled=frozenset({"14-agreement"}))
    after(*past, facts=facts).when(command, meta(after=REOPENING)).then(event)
    # The day was told; other settings since then do not take it back.
    later = replace(facts, settings=Settings(reopened_days=0))
    for days, refused in ((30, False), (31, True)):
        asked = after(*past, event, facts=later)
        for each in (REGISTER, FILE):
            outcome = asked.when(each, meta(GRADUATE, number=3, after=REOPENING + timedelta(days=days)))
            assert (outcome.error is not None) is refused
            if refused:
                outcome.then_refused("registration.registering_over")


def test_a_re_opening_long_before_the_last_day_changes_no_day() -> None:
    after(SIGNED).when(CANCEL).then(e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "agreement_cancelled"))


def test_an_earlier_day_never_takes_back_a_later_one() -> None:
    later = e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "agreement_cancelled", date(2026, 12, 1))
    returned = e.RegistrationReturned(REGISTRATION_ID, GRADUATE_ID, "合同缺页", date(2026, 10, 1))
    assert after(SIGNED, later, SUBMITTED, returned).state.register_until == date(2026, 12, 1)


def test_whose_agreement_was_returned_after_the_last_day_may_register_too() -> None:
    facts = replace(FACTS, freed_on=REOPENED_ON)
    for days, refused in ((30, False), (31, True)):
        outcome = after(facts=facts).when(REGISTER, meta(GRADUATE, after=REOPENING + timedelta(days=days)))
        assert (outcome.error is not None) is refused
    early = replace(FACTS, freed_on=date(2026, 6, 1))
    after(facts=early).when(REGISTER, meta(GRADUATE, after=REOPENING)).then_refused("registration.registering_over")


# confirm_leaving


def test_who_has_registered_confirms_to_leave() -> None:
    after(SUBMITTED, REGISTERED).when(LEAVE, meta(GRADUATE, number=3)).then(LEAVING)


def test_who_was_removed_from_the_roster_confirms_nothing() -> None:
    gone = replace(FACTS, graduate=None)
    after(SUBMITTED, REGISTERED, facts=gone).when(LEAVE, meta(GRADUATE, number=3)).then_refused(
        "registration.graduate_not_found", "graduate_id"
    )


def test_confirming_the_same_twice_changes_nothing_and_something_else_is_confirmed_anew() -> None:
    past = (SUBMITTED, REGISTERED, LEAVING)
    after(*past).when(LEAVE, meta(GRADUATE, number=4)).then_nothing()
    moving = replace(LEAVE, household=e.Household(moves=True, address="北京市海淀区"))
    after(*past).when(moving, meta(GRADUATE, number=4)).then(replace(LEAVING, household=moving.household))


@pytest.mark.parametrize(
    "change",
    [
        e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "voided"),
        replace(REGISTERED, registration_id="14-next"),
    ],
)
def test_any_later_change_needs_another_confirmation(change: Any) -> None:
    assert after(SUBMITTED, REGISTERED, LEAVING).state.leaving == LEAVING
    assert after(SUBMITTED, REGISTERED, LEAVING, change).state.leaving is None


def test_a_void_request_opens_what_was_confirmed_and_nothing_is_confirmed_while_it_is_under_review() -> None:
    void = c.RequestVoid(GRADUATE_ID, REGISTRATION_ID, "另有去向")
    asked = after(SUBMITTED, REGISTERED, LEAVING).when(void, meta(GRADUATE, number=4))
    requested, reset = asked.events
    assert isinstance(requested, e.VoidRequested)
    assert reset == e.LeavingReset(GRADUATE_ID, REGISTRATION_ID, "void_requested")
    voiding = (SUBMITTED, REGISTERED, LEAVING, requested, reset)
    assert after(*voiding).state.leaving is None
    after(*voiding).when(LEAVE, meta(GRADUATE, number=5)).then_refused("registration.void_in_review")
    kept = e.VoidReturned(requested.void_id, REGISTRATION_ID, GRADUATE_ID, "请先办理离职")
    after(*voiding, kept).when(LEAVE, meta(GRADUATE, number=5)).then(LEAVING)
    # Nothing was confirmed, so nothing is opened.
    assert len(after(SUBMITTED, REGISTERED).when(void, meta(GRADUATE, number=4)).events) == 1


def test_a_corrected_roster_opens_what_was_confirmed_before_and_nothing_that_knew_of_it() -> None:
    knowing = replace(LEAVING, roster_version=2)
    facts = replace(FACTS, roster_version=2)
    after(SUBMITTED, REGISTERED, facts=facts).when(LEAVE, meta(GRADUATE, number=3)).then(knowing)
    reset = e.LeavingReset(GRADUATE_ID, REGISTRATION_ID, "roster_corrected")
    confirmed = after(SUBMITTED, REGISTERED, knowing)
    confirmed.when(c.ResetLeaving(GRADUATE_ID, 3)).then(reset)
    confirmed.when(c.ResetLeaving(GRADUATE_ID, 2)).then_nothing()
    after(SUBMITTED, REGISTERED, knowing, reset).when(c.ResetLeaving(GRADUATE_ID, 3)).then_nothing()
    after(SUBMITTED, REGISTERED).when(c.ResetLeaving(GRADUATE_ID, 3)).then_nothing()
    # What older events confirmed knew of no version.
    after(SUBMITTED, REGISTERED, LEAVING).when(c.ResetLeaving(GRADUATE_ID, 2)).then(reset)


def test_who_authorises_the_check_of_the_destination_says_so() -> None:
    authorising = replace(LEAVE, verification_authorised=True)
    past = (SUBMITTED, REGISTERED, LEAVING)
    after(*past).when(authorising, meta(GRADUATE, number=4)).then(replace(LEAVING, verification_authorised=True))


def test_an_archive_is_sent_under_a_number_of_its_own() -> None:
    number = transfer_number(2026, "10108", REGISTRATION_ID, LEAVE.archive)
    assert (len(number), number[:9], number.isdigit()) == (20, "202610108", True)
    others = [
        transfer_number(2026, "10108", new_id(LANE, command_id(9), "registration"), LEAVE.archive),
        transfer_number(2026, "10108", REGISTRATION_ID, replace(LEAVE.archive, recipient="大同市人才服务局")),
    ]
    assert len({number, *others}) == 3
    assert transfer_number(2026, "10108", REGISTRATION_ID, replace(LEAVE.archive, phone=None)) == number


@pytest.mark.parametrize("past", [(), (SUBMITTED,), (FILED,)])
def test_who_has_registered_nothing_does_not_leave(past: Any) -> None:
    after(*past).when(LEAVE, meta(GRADUATE, number=3)).then_refused("registration.register_first")


@pytest.mark.parametrize("missing", ["recipient", "address"])
def test_an_archive_goes_to_somebody_somewhere_unless_the_school_keeps_it(missing: str) -> None:
    command = replace(LEAVE, archive=replace(LEAVE.archive, **dict[str, Any]({missing: None})))
    after(SUBMITTED, REGISTERED).when(command).then_refused("registration.recipient_needed", "archive.recipient")
    kept = replace(LEAVE, archive=e.Archive("kept"))
    stays = replace(LEAVING, archive=kept.archive, transfer_number=None)
    after(SUBMITTED, REGISTERED).when(kept, meta(GRADUATE)).then(stays)


def test_a_household_that_moves_moves_somewhere() -> None:
    command = replace(LEAVE, household=e.Household(moves=True))
    outcome = after(SUBMITTED, REGISTERED).when(command)
    outcome.then_refused("registration.household_address_needed", "household.address")
