"""Everyone who reads another context's events works on them as their owner stores them: on the goldens, nothing else.

In whatever shape they come while releases roll (tests/support/variants.py), they are understood the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from services.agreement import facts as agreement_facts
from services.directory.decider import BASIC_DATA, roster_facts
from services.registration import decider as registration
from services.review import decider as review
from services.review.schemas import KINDS
from services.sync import records
from shared.access import ACCESS
from shared.codec import to_json
from shared.eventlog.port import stream_lane
from shared.handling import Intent, Streams, fold
from shared.messages import Recorded
from tests.support import examples, registration_examples
from tests.support.golden_examples import event_classes, recorded
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, LANE, NOW, SCOPE
from tests.support.variants import SHAPES, tell_as
from wq.composition import REACTING, subscriptions

ENROLLED = "directory.GraduateEnrolled"
# What a golden must hold besides to concern a consumer: mostly nothing is left to do after these.
TURNS: dict[str, dict[str, Any]] = {
    "agreement.AgreementSealed": {"awaits": "review"},
    "agreement.AgreementAttested": {"awaits": "review"},
    "agreement.AgreementReturned": {"cancellation_id": examples.CANCELLATION_ID},
    "agreement.AgreementCancelled": {"in_review": True},
    "agreement.BookVoided": {"review_kind": "signing", "review_id": examples.REVIEW_ID},
}


@pytest.fixture(autouse=True, params=SHAPES)
def shape(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test is made once for each shape."""
    tell_as(monkeypatch, request.param)
    return str(request.param)


def streams(**histories: Sequence[str]) -> Streams:
    """The streams a decision about the golden graduate reads, each told as event types."""
    names = {
        "province": f"province-{LANE}",
        "school": f"school-{LANE}-10108",
        "graduate": f"graduate-{GRADUATE_ID}",
        "employer": f"employer-{EMPLOYER_ID}",
        "agreement": f"agreement-{GRADUATE_ID}",
        "registration": f"registration-{GRADUATE_ID}",
        "basic_data": f"basic_data-{GRADUATE_ID}",
    }
    return {
        name: [recorded(event_type, number) for number, event_type in enumerate(histories.get(key, ()), 1)]
        for key, name in names.items()
    }


def module_of(context: str, name: str) -> ModuleType:
    return import_module(f"services.{context}.{name}")


def intents(consumer: str, event: Recorded) -> Sequence[Intent]:
    wanted: Sequence[Intent] = module_of(consumer, "policy").REACTIONS[event.type](event)
    return wanted


@pytest.mark.parametrize(("consumer", "event_type"), subscriptions(), ids=lambda name: name)
def test_a_policy_makes_commands_of_what_it_subscribes_to(consumer: str, event_type: str) -> None:
    # A review tells everybody of its end; which kinds are a consumer's own, its policy knows.
    changes = [{"kind": kind} for kind in KINDS] if event_type.startswith("review.") else [TURNS.get(event_type, {})]
    wanted = [intent for change in changes for intent in intents(consumer, recorded(event_type, **change))]
    handling = module_of(consumer, "decider").HANDLING
    assert wanted
    for intent in wanted:
        assert intent.action.startswith(f"{consumer}.")
        assert intent.action in ACCESS
        assert stream_lane(handling.stream(intent.command)) == LANE
        assert None not in to_json(intent.command).values()
        decided_on: dict[str, list[Recorded]] = {
            name: [] for name in (handling.stream(intent.command), *handling.reads(intent.command))
        }
        handling.facts(intent.command, decided_on)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("event_type", ["review.ReviewPassed", "review.ReviewReturned"])
def test_the_end_of_a_review_concerns_exactly_one_context(event_type: str, kind: str) -> None:
    concerned = [
        consumer
        for consumer in REACTING
        if (consumer, event_type) in subscriptions() and intents(consumer, recorded(event_type, kind=kind))
    ]
    assert concerned == ["registration" if kind in ("registration", "void") else "agreement"]


def test_signing_learns_graduate_settings_and_employer_from_the_directory() -> None:
    facts = agreement_facts.facts_of(
        GRADUATE_ID,
        streams(
            province=["directory.ProvinceSettingsChanged"],
            graduate=[ENROLLED],
            employer=["directory.EmployerRegistered", "directory.EmployerVerified"],
            basic_data=["directory.BasicDataConfirmed"],
        ),
        employer_id=EMPLOYER_ID,
    )
    enrolled = replace(examples.ENROLLED, enrolled_on=date(2022, 9, 1))
    # The golden of the settings is from before there was a shortest period for the answer.
    assert facts == replace(
        examples.FACTS,
        graduate=enrolled,
        # Nor had employers told their phone.
        employer=replace(examples.VERIFIED, phone=None),
        settings=replace(examples.FACTS.settings, response_days_min=0),
        province_version=1,
        school_version=0,
    )


@pytest.mark.parametrize(
    ("history", "verified"),
    [
        ([], False),
        (["directory.EmployerReturned"], False),
        (["directory.EmployerVerified"], True),
        (["directory.EmployerVerified", "directory.EmployerContactChanged"], True),
        (["directory.EmployerVerified", "directory.EmployerChangeRequested"], True),
        (["directory.EmployerVerified", "directory.EmployerChangeRequested", "directory.EmployerChangeVerified"], True),
        (["directory.EmployerVerified", "directory.EmployerChangeRequested", "directory.EmployerChangeReturned"], True),
        (["directory.EmployerContactChanged"], False),
        (["directory.EmployerVerified", "directory.EmployerSuspended"], False),
        (["directory.EmployerVerified", "directory.EmployerSuspended", "directory.EmployerReinstated"], True),
        (["directory.EmployerVerified", "directory.EmployerClosed"], False),
        (["directory.EmployerVerified", "directory.EmployerClosed", "directory.EmployerReinstated"], True),
    ],
)
def test_signing_knows_whether_an_employer_may_invite(history: list[str], verified: bool) -> None:
    told = streams(employer=["directory.EmployerRegistered", *history])
    employer = agreement_facts.facts_of(GRADUATE_ID, told, employer_id=EMPLOYER_ID).employer
    assert employer is not None
    assert employer.verified is verified
    assert employer.closed is (history[-1:] == ["directory.EmployerClosed"])


@pytest.mark.parametrize(
    ("history", "name"),
    [
        ([], "晋阳机械（集团）有限公司"),
        (["EmployerChangeRequested"], "晋阳机械（集团）有限公司"),
        (["EmployerChangeRequested", "EmployerChangeReturned"], "晋阳机械（集团）有限公司"),
        (["EmployerChangeRequested", "EmployerChangeVerified"], "晋阳智能装备有限公司"),
    ],
)
def test_an_offer_names_an_employer_as_it_was_verified_last(history: list[str], name: str) -> None:
    told = streams(employer=[f"directory.{each}" for each in ("EmployerRegistered", "EmployerVerified", *history)])
    employer = agreement_facts.facts_of(GRADUATE_ID, told, employer_id=EMPLOYER_ID).employer
    assert employer is not None
    assert employer.name == name


@pytest.mark.parametrize("blocked", [[], ["00-another"], [EMPLOYER_ID]])
def test_signing_knows_whom_a_school_has_blocked(blocked: list[str]) -> None:
    told = dict(streams(graduate=[ENROLLED]))
    told[f"school-{LANE}-10108"] = [recorded("directory.SchoolSettingsChanged", blocked_employers=blocked)]
    assert agreement_facts.facts_of(GRADUATE_ID, told, employer_id=EMPLOYER_ID).blocked is (EMPLOYER_ID in blocked)
    earlier = recorded("directory.SchoolSettingsChanged", class_year=2025, blocked_employers=blocked)
    told[f"school-{LANE}-10108"] = [earlier]
    assert not agreement_facts.facts_of(GRADUATE_ID, told, employer_id=EMPLOYER_ID).blocked


@pytest.mark.parametrize(
    ("history", "destination"),
    [
        ([], "none"),
        (["RegistrationSubmitted"], "pending"),
        (["RegistrationSubmitted", "RegistrationWithdrawn"], "none"),
        (["RegistrationSubmitted", "RegistrationReturned"], "none"),
        (["RegistrationSubmitted", "RegistrationSuperseded"], "none"),
        (["RegistrationSubmitted", "DestinationRegistered"], "placed"),
        (["DestinationRegistered", "VoidRequested", "VoidReturned"], "placed"),
        (["DestinationRegistered", "VoidRequested", "VoidSuperseded"], "placed"),
        (["DestinationRegistered", "DestinationReopened"], "none"),
    ],
)
def test_signing_knows_what_is_registered(history: list[str], destination: str) -> None:
    told = streams(registration=[f"registration.{name}" for name in history])
    assert agreement_facts.facts_of(GRADUATE_ID, told).destination == destination


@pytest.mark.parametrize(
    ("history", "training", "agreed_unit"),
    [
        ([ENROLLED], "1", None),
        ([ENROLLED, "directory.GraduateCorrected"], "2", "晋阳机械（集团）有限公司"),
        ([ENROLLED, "directory.GraduateRemoved", ENROLLED], "1", None),
    ],
)
def test_who_is_on_a_roster_is_known_to_signing_and_to_registration(
    history: list[str], training: str, agreed_unit: str | None
) -> None:
    told = streams(graduate=history)
    signing = agreement_facts.facts_of(GRADUATE_ID, told).graduate
    registering = registration.HANDLING.facts(registration_examples.REGISTER, told).graduate
    for known in (signing, registering):
        assert known is not None
        assert (known.scope, known.class_year) == (SCOPE, 2026)
        assert (known.training, known.agreed_unit) == (training, agreed_unit)


@pytest.mark.parametrize(
    ("roster", "said", "state"),
    [
        ([], [], "unchecked"),
        ([ENROLLED], [], "unchecked"),
        ([ENROLLED], ["BasicDataConfirmed"], "confirmed"),
        ([ENROLLED], ["BasicDataDisputed"], "disputed"),
        ([ENROLLED], ["BasicDataConfirmed", "BasicDataDisputed"], "disputed"),
        # Answered it stays as it was, and is still to be confirmed.
        ([ENROLLED], ["BasicDataConfirmed", "BasicDataDisputed", "DisputeAnswered"], "unchecked"),
        ([ENROLLED], ["BasicDataDisputed", "DisputeAnswered", "BasicDataConfirmed"], "confirmed"),
        ([ENROLLED], ["BasicDataDisputed", "BasicDataConfirmed"], "confirmed"),
        # The goldens speak of the first entry; another one settles disputes and is looked at anew.
        ([ENROLLED, "directory.GraduateCorrected"], ["BasicDataConfirmed"], "unchecked"),
        ([ENROLLED, "directory.GraduateCorrected"], ["BasicDataDisputed"], "unchecked"),
        ([ENROLLED, "directory.GraduateRemoved", ENROLLED], ["BasicDataConfirmed"], "unchecked"),
    ],
)
def test_signing_and_registering_know_what_the_graduate_said_of_the_roster(
    roster: list[str], said: list[str], state: str
) -> None:
    told = streams(graduate=roster, basic_data=[f"directory.{name}" for name in said])
    assert agreement_facts.facts_of(GRADUATE_ID, told).basic_data == state
    assert registration.HANDLING.facts(registration_examples.REGISTER, told).basic_data == state
    # As the directory itself says.
    known = fold(BASIC_DATA, told[f"basic_data-{GRADUATE_ID}"])
    assert known.state(roster_facts(GRADUATE_ID, told).entry) == state


def test_who_was_removed_is_on_no_roster() -> None:
    told = streams(graduate=[ENROLLED, "directory.GraduateRemoved"])
    assert agreement_facts.facts_of(GRADUATE_ID, told).graduate is None
    assert registration.HANDLING.facts(registration_examples.REGISTER, told).graduate is None


@pytest.mark.parametrize(
    ("history", "signed", "cancelled"),
    [
        (["OfferSent"], False, frozenset()),
        (["OfferSent", "OfferAccepted"], True, frozenset()),
        (["OfferSent", "OfferAccepted", "AttestationAwaited", "AgreementConcluded"], True, frozenset()),
        (["OfferSent", "OfferAccepted", "AgreementReturned"], False, frozenset()),
        (["OfferAccepted", "AgreementConcluded", "AgreementCancelled"], False, {examples.OFFER_ID}),
    ],
)
def test_registering_knows_whether_an_agreement_binds(
    history: list[str], signed: bool, cancelled: frozenset[str]
) -> None:
    told = streams(graduate=[ENROLLED], agreement=[f"agreement.{name}" for name in history])
    facts = registration.HANDLING.facts(registration_examples.REGISTER, told)
    assert (facts.signed, facts.cancelled) == (signed, cancelled)


@pytest.mark.parametrize(
    ("kind", "province", "school", "chain"),
    [
        ("agreement", [], [], review.DEFAULT_CHAIN),
        ("cancellation", [], [], review.DEFAULT_CANCELLATION_CHAIN),
        ("agreement", ["ProvinceSettingsChanged"], ["SchoolListed", "DepartmentAdded"], ("department", "school")),
        ("cancellation", ["ProvinceSettingsChanged"], ["SchoolSettingsChanged"], ("school",)),
        ("registration", ["ProvinceSettingsChanged"], ["SchoolListed", "SchoolSettingsChanged"], ("school",)),
    ],
)
def test_a_case_gets_its_chain_from_the_directory(
    kind: str, province: list[str], school: list[str], chain: tuple[str, ...]
) -> None:
    histories = [[recorded(f"directory.{name}") for name in names] for names in (province, school)]
    assert review.chain_of(kind, 2026, *histories) == chain


def test_the_reported_record_follows_every_event_that_changes_it() -> None:
    told = [recorded(event_type, number) for number, event_type in enumerate(sorted(records.TYPES), 1)]
    known = {cls.TYPE for cls in event_classes()}
    assert known >= records.TYPES
    for event in told:
        state, _ = records.report(records.Reported(GRADUATE_ID), event)
        assert state.graduate_id == GRADUATE_ID


def test_the_reported_record_holds_what_the_owners_stored() -> None:
    enrolled, registered = recorded(ENROLLED, 1), recorded("registration.DestinationRegistered", 2)
    state, first = records.report(records.Reported(GRADUATE_ID), enrolled)
    state, second = records.report(state, registered)
    assert first is not None
    assert second is not None
    assert (first.version, second.version) == (1, 2)
    roster, destination = second.body["roster"], second.body["destination"]
    assert {name: value for name, value in roster.items() if value is not None} == {
        name: value for name, value in enrolled.data.items() if name in records.ROSTER_FIELDS
    }
    assert destination == {
        **{k: v for k, v in registered.data["destination"].items() if k in records.DESTINATION_FIELDS},
        "registered_on": NOW.date().isoformat(),
    }
    state, third = records.report(state, recorded("registration.DestinationReopened", 3))
    assert third is not None
    assert third.body["destination"] is None
    _, fourth = records.report(state, recorded("directory.GraduateRemoved", 4))
    assert fourth is not None
    assert fourth.verb == records.VOID


def test_no_personal_field_is_reported() -> None:
    assert not {name for name in records.ROSTER_FIELDS if name.startswith(("personal", "id_"))}
