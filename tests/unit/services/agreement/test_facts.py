"""What other contexts published is read as plain data, and only what matters for signing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement.decider import HANDLING
from services.agreement.facts import Facts, Settings
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
        "address": "太原市",
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


@pytest.mark.parametrize("command", [x.SEND, x.ACCEPT, x.SEND_DRAFT])
def test_signing_looks_at_graduate_province_employer_and_registration(command: Any) -> None:
    assert set(HANDLING.reads(command)) == {
        f"graduate-{GRADUATE_ID}",
        "province-14",
        f"employer-{EMPLOYER_ID}",
        f"registration-{GRADUATE_ID}",
    }


@pytest.mark.parametrize("command", x.COMMANDS)
def test_every_command_belongs_to_its_graduates_one_stream(command: Any) -> None:
    assert HANDLING.stream(command) == f"agreement-{GRADUATE_ID}"


def test_what_nobody_published_is_not_known() -> None:
    assert known() == Facts()


def test_a_graduate_and_a_verified_employer_are_read_from_their_streams() -> None:
    assert known([ENROLLED], [REGISTERED, VERIFIED]) == x.FACTS


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
    assert known([ENROLLED], province=province).settings == Settings(3, 7, 20, 10)


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
    )


def test_a_paper_agreement_looks_at_its_evidence_and_at_the_claim_of_its_number() -> None:
    reads = HANDLING.reads(x.REGISTER_PAPER)
    assert f"evidence-{x.SCAN_ID}" in reads
    (claim,) = (name for name in reads if name.startswith("paper_number-"))
    assert claim.startswith(f"paper_number-{GRADUATE_ID[:2]}-")
    without = replace(x.REGISTER_PAPER, paper_number=None)
    assert not any(name.startswith("paper_number-") for name in HANDLING.reads(without))


def test_inviting_and_a_request_to_cancel_look_at_the_school() -> None:
    graduate = Recorded(
        "14", 1, "graduate", 1, NOW, NewEvent(*_typed(ENROLLED), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    )
    streams = {f"graduate-{GRADUATE_ID}": [graduate]}
    for command in x.COMMANDS:
        wanted = ["school-14-10108"] if command in (x.REQUEST_CANCELLATION, x.SEND, x.SEND_DRAFT) else []
        assert list(HANDLING.then_reads(command, streams)) == wanted


def _typed(told: Told) -> tuple[str, int, dict[str, Any]]:
    return told[0], 1, told[1]
