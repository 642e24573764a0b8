"""What other contexts published is read as plain data, and only what matters for signing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.agreement.decider import HANDLING
from services.agreement.decider.books import claim_stream
from services.agreement.facts import Claim, Facts, Settings
from shared.clock import day_of
from shared.codec import to_json
from shared.messages import NewEvent, Recorded
from tests.support import examples as x
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, NOW, SYSTEM

ENROLLED = (
    "directory.GraduateEnrolled",
    {
        "province": "14",
        "school": "10108",
        "department": "07",
        "class_year": 2026,
        "education": "31",
        "training": "1",
        "sex": "1",
    },
)
REGISTERED = (
    "directory.EmployerRegistered",
    {
        "name": x.VERIFIED.name,
        "uscc": x.VERIFIED.uscc,
        "nature": "31",
        "industry": "31",
        "place": "140105",
        "address": x.VERIFIED.address,
        "phone": x.VERIFIED.phone,
    },
)
VERIFIED = ("directory.EmployerVerified", {"employer_id": EMPLOYER_ID})
Told = tuple[str, dict[str, Any]]


def settings(class_year: int, **changes: Any) -> Told:
    values = {
        "parties": 3,
        "response_days": 7,
        "response_days_max": 20,
        "cancellation_days": 10,
        "review_chain": ["school"],
        "cancellation_chain": ["school"],
    }
    return "directory.ProvinceSettingsChanged", {"province": "14", "class_year": class_year, **values, **changes}


def registered(code: str, source: str = "direct") -> Told:
    return "registration.DestinationRegistered", {
        "registration_id": "14-r",
        "graduate_id": GRADUATE_ID,
        "source": source,
        "destination": {"code": code},
    }


SUBMITTED: Told = ("registration.RegistrationSubmitted", {"registration_id": "14-r", "destination": {"code": "11"}})


def known(
    graduate: Sequence[Told] = (),
    employer: Sequence[Told] = (),
    province: Sequence[Told] = (),
    registration: Sequence[Told] = (),
    command: Any = x.ACCEPT,
) -> Facts:
    told = {
        f"graduate-{GRADUATE_ID}": graduate,
        f"employer-{EMPLOYER_ID}": employer,
        "province-14": province,
        f"registration-{GRADUATE_ID}": registration,
        f"basic_data-{GRADUATE_ID}": [("directory.BasicDataConfirmed", {"entry": len(graduate)})] if graduate else [],
    }
    streams = {
        stream: [
            Recorded(
                stream.partition("-")[2][:2],
                version,
                stream,
                version,
                NOW,
                NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW),
            )
            for version, (event_type, data) in enumerate(events, 1)
        ]
        for stream, events in told.items()
    }
    assert set(HANDLING.reads(command)) <= set(streams)
    facts: Facts = HANDLING.facts(command, streams)
    return facts


@pytest.mark.parametrize("command", [x.PROPOSE, x.SEND, x.ACCEPT, x.SEND_DRAFT])
def test_signing_looks_at_graduate_province_employer_and_registration(command: Any) -> None:
    by_graduate = {f"basic_data-{GRADUATE_ID}"} if command in (x.PROPOSE, x.ACCEPT) else set()
    assert set(HANDLING.reads(command)) == {
        f"graduate-{GRADUATE_ID}",
        "province-14",
        f"employer-{EMPLOYER_ID}",
        f"registration-{GRADUATE_ID}",
        *by_graduate,
    }


@pytest.mark.parametrize("command", x.COMMANDS)
def test_every_command_belongs_to_its_graduates_one_stream(command: Any) -> None:
    assert HANDLING.stream(command) == f"agreement-{GRADUATE_ID}"


def test_what_nobody_published_is_not_known() -> None:
    assert known() == replace(Facts(), province_version=0)


def test_a_graduate_and_a_verified_employer_are_read_from_their_streams() -> None:
    assert known([ENROLLED], [REGISTERED, VERIFIED]) == replace(x.FACTS, province_version=0)


def test_the_newest_correction_of_a_roster_entry_counts() -> None:
    corrected = (
        "directory.GraduateCorrected",
        {**ENROLLED[1], "department": "09", "training": "2", "agreed_unit": "晋阳机械"},
    )
    graduate = known([ENROLLED, corrected]).graduate
    assert graduate is not None
    assert (graduate.scope, graduate.training, graduate.agreed_unit) == ("CN/14/10108/09", "2", "晋阳机械")


def test_a_removed_graduate_is_on_no_roster_until_enrolled_again() -> None:
    removed = ("directory.GraduateRemoved", {"graduate_id": GRADUATE_ID, "reason": "休学"})
    assert known([ENROLLED, removed]).graduate is None
    assert known([ENROLLED, removed, ENROLLED]).graduate == x.ENROLLED


@pytest.mark.parametrize(
    ("events", "verified"),
    [
        ([REGISTERED], False),
        ([REGISTERED, VERIFIED], True),
        ([REGISTERED, ("directory.EmployerReturned", {"reason": "-"})], False),
        ([REGISTERED, ("directory.EmployerReturned", {"reason": "-"}), REGISTERED, VERIFIED], True),
        ([REGISTERED, VERIFIED, ("directory.EmployerSuspended", {"reason": "-"})], False),
        (
            [
                REGISTERED,
                VERIFIED,
                ("directory.EmployerSuspended", {"reason": "-"}),
                ("directory.EmployerReinstated", {}),
            ],
            True,
        ),
    ],
)
def test_an_employer_may_invite_only_while_verified_and_not_suspended(events: list[Told], verified: bool) -> None:
    employer = known([ENROLLED], events).employer
    assert employer is not None
    assert employer.verified is verified


def test_a_province_that_set_nothing_has_the_defaults() -> None:
    assert known([ENROLLED]).settings == Settings(2, 5, 30, 15)
    assert known([ENROLLED], province=[settings(2025)]).settings == Settings(2, 5, 30, 15)


def test_the_newest_settings_of_the_graduates_class_count() -> None:
    province = [settings(2026, parties=2), settings(2025), settings(2026), settings(2027, parties=2)]
    facts = known([ENROLLED], province=province)
    assert facts.settings == Settings(3, 7, 20, 10, response_days_min=0)
    assert facts.province_version == 4


def test_signing_and_registering_have_one_last_day() -> None:
    """By the settings of today, and later for who was told so."""
    until = "2027-02-01"
    reopened = ("registration.DestinationReopened", {"registration_id": "14-r", "register_until": until})
    closed = settings(2026, change_deadline="2026-06-30", registration_deadline="2026-09-30")
    for province, registration, last in (
        ([], [], date(2026, 12, 31)),
        ([settings(2026), closed], [], date(2026, 9, 30)),
        ([closed], [reopened], date(2027, 2, 1)),
        ([settings(2027, registration_deadline="2027-12-01")], [], date(2026, 12, 31)),
    ):
        for command in (x.PROPOSE, x.SEND, x.ACCEPT):
            facts = known([ENROLLED], province=province, registration=registration, command=command)
            assert facts.register_until == last
    assert known().register_until is None


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ({}, None),
        ({"change_deadline": "2026-12-31"}, None),
        ({"cancellations_close": True}, date(2026, 8, 31)),
        ({"cancellations_close": True, "change_deadline": "2026-12-31"}, date(2026, 12, 31)),
    ],
)
def test_a_province_may_close_cancelling_with_the_change_deadline(told: dict[str, Any], last: date | None) -> None:
    assert known([ENROLLED], province=[settings(2026, **told)]).settings.cancel_by == last


@pytest.mark.parametrize(
    ("events", "destination"),
    [
        ([], "none"),
        ([SUBMITTED], "pending"),
        ([SUBMITTED, ("registration.RegistrationWithdrawn", {})], "none"),
        ([SUBMITTED, ("registration.RegistrationReturned", {})], "none"),
        ([SUBMITTED, ("registration.RegistrationSuperseded", {})], "none"),
        ([SUBMITTED, registered("11")], "placed"),
        ([SUBMITTED, registered("70")], "none"),
        ([SUBMITTED, registered("71")], "none"),
        ([SUBMITTED, registered("72")], "none"),
        ([registered("70"), SUBMITTED], "pending"),
        ([registered("11"), ("registration.VoidRequested", {})], "placed"),
        ([registered("11"), ("registration.DestinationReopened", {})], "none"),
        ([registered("11", "import")], "placed"),
        ([registered("70", "import")], "none"),
        ([registered("10", "agreement")], "none"),
        ([registered("11"), registered("10", "agreement")], "none"),
    ],
)
def test_only_a_placed_destination_of_no_agreement_or_a_pending_one_stands_in_the_way(
    events: list[Told], destination: str
) -> None:
    assert known([ENROLLED], registration=events).destination == destination


def test_a_province_may_set_its_own_order_of_signing_and_what_it_asks_for() -> None:
    told = settings(
        2026,
        parties=2,
        signing_order=["accept", "review", "seal"],
        binding="acceptance",
        penalty_limit=3000,
        cancellation_evidence=["release_letter"],
        issues_numbers=True,
        template="14/2",
        completion_days=20,
        response_days_min=2,
    )
    assert known([ENROLLED], province=[told]).settings == Settings(
        parties=2,
        response_days=7,
        response_days_max=20,
        cancellation_days=10,
        order=("accept", "review", "seal"),
        binding="acceptance",
        penalty_limit=3000,
        cancellation_evidence=("release_letter",),
        issues_numbers=True,
        template="14/2",
        completion_days=20,
        response_days_min=2,
    )


def history(stream: str, *told: Told) -> list[Recorded]:
    return [
        Recorded(stream[:2], version, stream, version, NOW, NewEvent(kind, 1, data, *IDS, None, SYSTEM, NOW))
        for version, (kind, data) in enumerate(told, 1)
    ]


IDS = (uuid4(), uuid4(), uuid4())
OWN = f"agreement-{GRADUATE_ID}"
SCHOOL_STREAM = "school-14-10108"


def about(*events: Any, **streams: Sequence[Told]) -> dict[str, Sequence[Recorded]]:
    """The graduate on the roster, what happened to the agreements, and other streams by category."""
    names = {"province": "province-14", "school": SCHOOL_STREAM}
    return {
        OWN: history(OWN, *((event.TYPE, to_json(event)) for event in events)),
        f"graduate-{GRADUATE_ID}": history("graduate", ENROLLED),
        **{names[name]: history(name, *told) for name, told in streams.items()},
    }


def settings_of_school(**changes: Any) -> Told:
    return "directory.SchoolSettingsChanged", {"school": "10108", "class_year": 2026, **changes}


def test_a_paper_agreement_looks_at_its_evidence_and_at_the_claim_of_its_number() -> None:
    assert f"evidence-{x.SCAN_ID}" in HANDLING.reads(x.REGISTER_PAPER)
    number = str(x.PAPER.paper_number)
    stream = claim_stream(GRADUATE_ID, 2026, number)
    without = replace(x.REGISTER_PAPER, paper_number=None)
    assert list(HANDLING.then_reads(x.REGISTER_PAPER, about())) == [SCHOOL_STREAM, stream]
    assert list(HANDLING.then_reads(without, about())) == [SCHOOL_STREAM]
    for command in (replace(x.VOID, agreement_id=x.PAPER_ID), replace(x.FAIL, kind="paper", subject_id=x.REVIEW_ID)):
        assert list(HANDLING.then_reads(command, about(x.PAPER))) == [stream]
        assert list(HANDLING.then_reads(command, about(x.APPLIED))) == []
    for told, held_by in [((), None), ((x.CLAIMED,), GRADUATE_ID), ((x.CLAIMED, x.RELEASED), None)]:
        claimed = history(stream, *((event.TYPE, to_json(event)) for event in told))
        facts = HANDLING.facts(x.REGISTER_PAPER, {**about(), stream: claimed})
        assert facts.claim == Claim(stream, number, held_by)


@pytest.mark.parametrize("command", x.COMMANDS)
def test_what_makes_an_agreement_looks_at_the_school_and_a_request_to_cancel_too(command: Any) -> None:
    looks = command in (x.PROPOSE, x.SEND, x.SEND_DRAFT, x.APPLY, x.REGISTER_PAPER, x.REQUEST_CANCELLATION)
    assert (SCHOOL_STREAM in HANDLING.then_reads(command, about(x.OFFER_SENT))) == looks


@pytest.mark.parametrize("command", [x.EDIT, x.SEAL])
def test_what_an_employer_does_later_looks_at_the_employer_that_invited(command: Any) -> None:
    assert list(HANDLING.then_reads(command, about(x.OFFER_SENT))) == [f"employer-{EMPLOYER_ID}"]
    assert list(HANDLING.then_reads(command, about())) == []
    streams = {**about(x.OFFER_SENT), f"employer-{EMPLOYER_ID}": history("employer", REGISTERED, VERIFIED)}
    assert HANDLING.facts(command, streams).employer == x.VERIFIED


def test_only_a_request_to_cancel_that_brings_a_closed_units_proof_looks_at_the_employer() -> None:
    proved = replace(x.REQUEST_CANCELLATION, closure_proof=x.CLOSURE_ID)
    assert HANDLING.then_reads(proved, about(x.OFFER_SENT)) == [SCHOOL_STREAM, f"employer-{EMPLOYER_ID}"]
    assert HANDLING.then_reads(x.REQUEST_CANCELLATION, about(x.OFFER_SENT)) == [SCHOOL_STREAM]
    closed = ("directory.EmployerClosed", {"how": "revoked", "closed_on": "2026-04-30"})
    for told, verified in (([closed], False), ([closed, ("directory.EmployerReinstated", {})], True)):
        streams = {**about(x.OFFER_SENT), f"employer-{EMPLOYER_ID}": history("employer", REGISTERED, VERIFIED, *told)}
        employer = HANDLING.facts(proved, streams).employer
        assert (employer.verified, employer.closed) == (verified, not verified)


# An agreement keeps the settings that it was made under.


UNDER: dict[str, Any] = {"province_version": 1, "school_version": 1}
EARLIER = settings(2026, cancellation_days=10, completion_days=20, penalty_limit=100)
LATER = settings(2026, cancellation_days=3, completion_days=4, penalty_limit=9)
SCHOOLS = [settings_of_school(breach_limit=2), settings_of_school(breach_limit=0)]
ABOUT_IT = [
    (replace(x.OFFER_SENT, **UNDER), (x.EDIT, x.ACCEPT, x.PASS, x.ATTEST, x.SEAL, x.REQUEST_CANCELLATION)),
    (replace(x.APPLIED, **UNDER), (x.AMEND, replace(x.REQUEST_CANCELLATION, agreement_id=x.BOOK_ID))),
    (replace(x.PAPER, **UNDER), (replace(x.REQUEST_CANCELLATION, agreement_id=x.PAPER_ID),)),
]
EACH = [(begun, command) for begun, commands in ABOUT_IT for command in commands]


@pytest.mark.parametrize(("begun", "command"), EACH)
def test_whatever_is_decided_about_an_agreement_goes_by_the_settings_it_was_made_under(
    begun: Any, command: Any
) -> None:
    facts = HANDLING.facts(command, about(begun, province=[EARLIER, LATER], school=SCHOOLS))
    assert (facts.settings.cancellation_days, facts.settings.completion_days) == (10, 20)
    assert (facts.settings.penalty_limit, facts.breach_limit) == (100, 2)


@pytest.mark.parametrize(("begun", "command"), EACH)
def test_an_agreement_from_before_versions_were_kept_goes_by_the_settings_of_the_day(begun: Any, command: Any) -> None:
    old = replace(begun, province_version=None, school_version=None)
    facts = HANDLING.facts(command, about(old, province=[EARLIER, LATER], school=SCHOOLS))
    assert (facts.settings.cancellation_days, facts.breach_limit) == (3, 0)


@pytest.mark.parametrize("command", [x.AGREE, x.PASS_CANCELLATION, x.REFUSE_CANCELLATION])
def test_what_is_decided_about_a_request_to_cancel_goes_by_the_settings_of_its_agreement(command: Any) -> None:
    past = (replace(x.OFFER_SENT, **UNDER), x.ACCEPTED, x.CONCLUDED, x.REQUESTED)
    facts = HANDLING.facts(command, about(*past, province=[EARLIER, LATER]))
    assert facts.settings.cancellation_days == 10


def test_an_agreement_made_before_anything_was_set_keeps_the_defaults() -> None:
    sent = replace(x.OFFER_SENT, province_version=0, school_version=0)
    facts = HANDLING.facts(x.REQUEST_CANCELLATION, about(sent, province=[LATER], school=SCHOOLS))
    assert (facts.settings, facts.breach_limit) == (Settings(), None)


@pytest.mark.parametrize("command", [x.SEND, x.SEND_DRAFT, x.APPLY, x.REGISTER_PAPER])
def test_what_is_made_today_is_made_under_the_settings_of_today_and_says_so(command: Any) -> None:
    earlier = replace(x.OFFER_SENT, **UNDER)
    facts = HANDLING.facts(command, about(earlier, province=[EARLIER, LATER], school=SCHOOLS))
    assert (facts.settings.cancellation_days, facts.breach_limit) == (3, 0)
    assert (facts.province_version, facts.school_version) == (2, 2)


@pytest.mark.parametrize(("told", "asked"), [({}, False), ({"operation_code": True}, True)])
def test_the_operation_code_is_asked_for_where_the_province_says_so(told: dict[str, bool], asked: bool) -> None:
    assert known([ENROLLED], province=[settings(2026, **told)]).settings.operation_code is asked


@pytest.mark.parametrize("told", [{}, {"begun_by": "employer"}, {"begun_by": "graduate"}, {"begun_by": "either"}])
def test_the_employer_begins_where_a_province_has_not_said_otherwise(told: dict[str, str]) -> None:
    begun_by = known([ENROLLED], province=[settings(2026, **told)]).settings.begun_by
    assert begun_by == told.get("begun_by", "employer")


def test_signed_is_the_day_on_which_graduate_and_unit_had_both_signed() -> None:
    events = (x.ACCEPTED, x.SEALED, x.SCANNED)
    told = [
        replace(each, event=replace(each.event, occurred_at=NOW + timedelta(days=number)))
        for number, each in enumerate(history(OWN, *((event.TYPE, to_json(event)) for event in events)))
    ]
    first = day_of(NOW)
    facts = HANDLING.facts(x.PASS, {**about(), OWN: told})
    assert facts.signed == {x.OFFER_ID: first + timedelta(days=1), x.BOOK_ID: first + timedelta(days=2)}
    assert HANDLING.facts(x.PASS, {**about(), OWN: told[:1]}).signed == {x.OFFER_ID: first}
    assert HANDLING.facts(x.PASS, about()).signed == {}
