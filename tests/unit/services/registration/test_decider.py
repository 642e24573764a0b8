"""Every command on a graduate's destination, in every state that it can meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registration.decider import HANDLING, ConfirmFiling
from services.registration.events import Destination
from services.registration.facts import Facts
from services.registration.requirements import check_destination
from shared.codec import to_json
from shared.codes.destination import AGREEMENT, DESTINATIONS, INTENTIONS
from shared.errors import ServiceError
from shared.messages import NewEvent, Recorded, new_id
from tests.support import examples
from tests.support import registration_examples as x
from tests.support.spec import GRADUATE, GRADUATE_ID, LANE, NOW, SCOPE, SYSTEM, Given, command_id, folded, given, meta
from tests.support.spoken import latin

PENDING = (x.SUBMITTED,)
REGISTERED = (x.SUBMITTED, x.REGISTERED)
VOIDING = (*REGISTERED, x.VOID_REQUESTED)
SIGNED = replace(x.FACTS, signed=True)
CANCELLED = replace(x.FACTS, cancelled=frozenset({x.AGREEMENT_ID}))
OVER = replace(CANCELLED, concluded=frozenset({x.AGREEMENT_ID}))
SEEKING = replace(x.SUBMITTED, destination=x.SEEKING)
SEEKING_REGISTERED = replace(x.REGISTERED, destination=x.SEEKING)
NOT_PENDING = {
    "never": (),
    "registered": REGISTERED,
    "withdrawn": (x.SUBMITTED, x.WITHDRAWN),
    "returned": (x.SUBMITTED, x.RETURNED),
    "superseded": (x.SUBMITTED, x.SUPERSEDED),
    "voided": (*VOIDING, x.VOIDED),
}
NOT_VOIDING = {
    "never": (),
    "registered": REGISTERED,
    "returned": (*VOIDING, x.VOID_RETURNED),
    "superseded": (*VOIDING, x.VOID_SUPERSEDED),
    "voided": (*VOIDING, x.VOIDED),
}


def after(*events: Any, facts: Facts = x.FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


def other(event: Any) -> Any:
    """The same event about the registration that the second command makes."""
    return replace(event, registration_id=x.OTHER_REGISTRATION_ID)


# register_destination


def test_a_graduate_registers_a_destination() -> None:
    after().when(x.REGISTER, meta(GRADUATE)).then(x.SUBMITTED)


def test_who_is_on_no_roster_registers_nothing() -> None:
    after(facts=Facts()).when(x.REGISTER).then_refused("registration.graduate_not_found", "graduate_id")


def test_an_agreement_is_signed_and_not_registered() -> None:
    command = replace(x.REGISTER, destination=x.AGREED)
    after().when(command).then_refused("registration.agreement_needed", "destination.form")


def test_who_is_bound_by_an_agreement_registers_nothing_else() -> None:
    after(facts=SIGNED).when(x.REGISTER).then_refused("registration.already_signed")


def test_one_registration_is_under_review_at_a_time() -> None:
    after(*PENDING).when(x.REGISTER, meta(number=2)).then_refused("registration.in_review")


@pytest.mark.parametrize("past", [REGISTERED, VOIDING, (*VOIDING, x.VOID_RETURNED)])
def test_a_registered_destination_is_voided_before_another_is_registered(past: Any) -> None:
    after(*past).when(x.REGISTER, meta(number=2)).then_refused("registration.void_first")


@pytest.mark.parametrize(
    "past",
    [
        (x.SUBMITTED, x.WITHDRAWN),
        (x.SUBMITTED, x.RETURNED),
        (x.SUBMITTED, x.SUPERSEDED),
        (*VOIDING, x.VOIDED),
        (x.FROM_AGREEMENT, x.REOPENED),
    ],
)
def test_what_came_to_nothing_leaves_the_graduate_free_to_register(past: Any) -> None:
    after(*past).when(x.REGISTER, meta(number=2)).then(other(x.SUBMITTED))


def test_who_is_seeking_registers_what_was_found_without_a_void() -> None:
    after(SEEKING, SEEKING_REGISTERED).when(x.REGISTER, meta(number=2)).then(other(x.SUBMITTED))


def test_whose_agreement_is_cancelled_need_not_wait_until_the_destination_is_reopened() -> None:
    after(x.FROM_AGREEMENT, facts=CANCELLED).when(x.REGISTER, meta(number=2)).then(other(x.SUBMITTED))


@pytest.mark.parametrize("training", ["2", "4"])
def test_who_was_trained_for_a_unit_registers_that_unit_only(training: str) -> None:
    facts = replace(x.FACTS, graduate=replace(x.BOUND, training=training))
    after(facts=facts).when(x.REGISTER).then(x.SUBMITTED)
    elsewhere = replace(x.REGISTER, destination=replace(x.CONTRACT, unit_name="汾河软件有限公司"))
    after(facts=facts).when(elsewhere).then_refused("registration.agreed_unit_only", "destination.unit_name")


def test_who_was_trained_for_a_unit_may_register_what_has_none() -> None:
    facts = replace(x.FACTS, graduate=x.BOUND)
    after(facts=facts).when(replace(x.REGISTER, destination=x.SEEKING)).then(SEEKING)


def test_a_registration_names_the_offices_that_must_look_at_it() -> None:
    for code in x.REGISTRABLE:
        command = replace(x.REGISTER, destination=x.complete(code.code))
        steps = ("department", "school") if code.code == "76" else ()
        submitted = replace(x.SUBMITTED, destination=command.destination, min_chain=steps)
        after().when(command, meta(GRADUATE)).then(submitted)
        filed = replace(x.FILED, destination=command.destination)
        confirm = ConfirmFiling(GRADUATE_ID, filed.filing_id)
        after(filed).when(confirm, meta(GRADUATE)).then(replace(submitted, filing_id=filed.filing_id))


def test_a_nature_that_does_not_fit_the_units_code_is_warned_about() -> None:
    odd = replace(x.CONTRACT, unit_nature="10")
    warned = replace(x.SUBMITTED, destination=odd, warnings=("uscc.nature",))
    after().when(replace(x.REGISTER, destination=odd), meta(GRADUATE)).then(warned)


def test_a_code_that_does_not_fit_its_check_character_is_warned_about_and_seen_by_the_school() -> None:
    odd = replace(x.CONTRACT, uscc="91350203M0001QKT19")
    doubted: dict[str, Any] = {"destination": odd, "warnings": ("uscc.check",), "min_chain": ("school",)}
    after().when(replace(x.REGISTER, destination=odd), meta(GRADUATE)).then(replace(x.SUBMITTED, **doubted))
    filed = replace(x.FILED, destination=odd)
    confirmed = replace(x.SUBMITTED, **doubted, filing_id=x.FILED.filing_id)
    after(filed).when(ConfirmFiling(GRADUATE_ID, filed.filing_id), meta(GRADUATE)).then(confirmed)


def test_a_credit_code_is_kept_in_its_normal_form() -> None:
    written = f" {x.USCC[:8]}-{x.USCC[8:].lower()}"
    after().when(replace(x.REGISTER, destination=replace(x.CONTRACT, uscc=written))).then(x.SUBMITTED)


# check_destination, by the code table


@pytest.mark.parametrize("code", x.REGISTRABLE, ids=lambda code: code.code)
def test_a_complete_destination_of_every_category_is_taken(code: Any) -> None:
    assert check_destination(x.complete(code.code), 2026) == x.complete(code.code)


@pytest.mark.parametrize("code", x.REGISTRABLE, ids=lambda code: code.code)
def test_a_destination_of_every_category_needs_no_more_than_is_asked(code: Any) -> None:
    whole = x.complete(code.code)
    asked = (*code.required, *code.asked, *(("uscc",) if code.uscc else ()))
    least = Destination(code.code, **{name: getattr(whole, name) for name in asked})
    assert check_destination(least, 2026) == least


@pytest.mark.parametrize(
    ("code", "field"), [(code.code, field) for code in x.REGISTRABLE for field in (*code.required, *code.asked)]
)
def test_each_field_that_is_asked_for_is_missed(code: str, field: str) -> None:
    lacking: dict[str, Any] = {field: None}
    refused(replace(x.complete(code), **lacking), "registration.field_missing", field)


def test_a_missing_field_is_named_in_words_and_coded_besides() -> None:
    with pytest.raises(ServiceError) as caught:
        check_destination(replace(x.complete("11"), unit_name=None), 2026)
    error = caught.value
    assert error.zh == "毕业去向类别“签劳动合同形式就业”必须填写单位名称，请补充"
    assert error.en == "Category 11 (签劳动合同形式就业) needs unit's name: fill it in"
    assert (error.details["field"], error.details["code"]) == ("destination.unit_name", "11")


@pytest.mark.parametrize("field", ["unit_address", "unit_phone"])
def test_who_is_employed_tells_where_the_unit_is_reached(field: str) -> None:
    for code in ("11", "12"):
        refused(replace(x.complete(code), **dict[str, Any]({field: None})), "registration.field_missing", field)
    hired = replace(x.complete(AGREEMENT), form="public_hiring", unit_nature="10")
    refused(replace(hired, **dict[str, Any]({field: None})), "registration.field_missing", field)
    for code in ("271", "46", "502", "75", "76"):
        without = replace(x.complete(code), **dict[str, Any]({field: None}))
        assert check_destination(without, 2026) == without


@pytest.mark.parametrize(("code", "field"), [(code.code, field) for code in x.REGISTRABLE for field in code.forbidden])
def test_each_forbidden_field_is_refused(code: str, field: str) -> None:
    value = {**x.FIELDS, "intention": "job_seeking", "uscc_absent_reason": "部队", "hourly_pay": 3000}[field]
    refused(replace(x.complete(code), **{field: value}), "registration.field_forbidden", field)


@pytest.mark.parametrize("code", [code.code for code in DESTINATIONS.values() if not code.registrable] + ["", "99"])
def test_a_group_or_an_unknown_code_is_no_destination(code: str) -> None:
    refused(replace(x.CONTRACT, code=code), "registration.not_registrable", "code")


def test_an_agreement_is_no_direct_destination_however_complete() -> None:
    refused(x.complete(AGREEMENT), "registration.agreement_needed", "form")


@pytest.mark.parametrize("known", INTENTIONS, ids=lambda known: known.key)
def test_an_intention_belongs_to_one_category(known: Any) -> None:
    for code in ("70", "71", "72"):
        destination = Destination(code, intention=known.key)
        if known.code == code:
            assert check_destination(destination, 2026) == destination
        else:
            refused(destination, "registration.wrong_intention", "intention")


def test_a_conscripts_unit_is_the_army() -> None:
    refused(replace(x.complete("46"), unit_nature="31"), "registration.wrong_nature", "unit_nature")


@pytest.mark.parametrize("uscc", [x.USCC[:-1], "O" * 18, "911A0105MA0000015F"])
def test_a_credit_code_that_cannot_be_right_is_refused(uscc: str) -> None:
    refused(replace(x.CONTRACT, uscc=uscc), "registration.wrong_uscc", "uscc")


def refused(destination: Any, code: str, field: str) -> None:
    with pytest.raises(ServiceError) as caught:
        check_destination(destination, 2026)
    assert (caught.value.code, caught.value.field) == (code, f"destination.{field}")
    assert caught.value.zh != caught.value.en
    assert not latin(caught.value.zh)


# withdraw_registration


def test_a_graduate_withdraws_what_is_under_review() -> None:
    after(*PENDING).when(x.WITHDRAW, meta(GRADUATE)).then(x.WITHDRAWN)


def test_withdrawing_twice_changes_nothing() -> None:
    after(*PENDING, x.WITHDRAWN).when(x.WITHDRAW, meta(number=2)).then_nothing()


@pytest.mark.parametrize("past", [NOT_PENDING[name] for name in NOT_PENDING if name != "withdrawn"])
def test_what_is_not_under_review_is_not_withdrawn(past: Any) -> None:
    after(*past).when(x.WITHDRAW).then_refused("registration.not_pending", "registration_id")


def test_another_registration_is_not_withdrawn() -> None:
    after(*PENDING).when(other(x.WITHDRAW)).then_refused("registration.not_pending", "registration_id")


# request_void


def test_a_graduate_asks_to_void_a_registered_destination() -> None:
    after(*REGISTERED).when(x.REQUEST_VOID, meta(GRADUATE)).then(x.VOID_REQUESTED)


@pytest.mark.parametrize("past", [(), PENDING, (x.SUBMITTED, x.RETURNED), (*VOIDING, x.VOIDED)])
def test_what_is_not_registered_is_not_voided(past: Any) -> None:
    after(*past).when(x.REQUEST_VOID).then_refused("registration.nothing_registered", "registration_id")


def test_another_registration_is_not_voided() -> None:
    after(*REGISTERED).when(other(x.REQUEST_VOID)).then_refused("registration.nothing_registered", "registration_id")


def test_a_destination_from_an_agreement_is_cancelled_and_not_voided() -> None:
    after(x.FROM_AGREEMENT).when(x.REQUEST_VOID).then_refused("registration.cancel_agreement")


def test_one_void_request_is_under_review_at_a_time() -> None:
    after(*VOIDING).when(x.REQUEST_VOID, meta(number=2)).then_refused("registration.void_in_review")


def test_who_was_not_heard_may_ask_to_void_again() -> None:
    outcome = after(*VOIDING, x.VOID_RETURNED).when(x.REQUEST_VOID, meta(number=2))
    outcome.then(replace(x.VOID_REQUESTED, void_id=new_id(LANE, command_id(2), "void")))


# register_from_agreement, reopen_registration


def test_a_concluded_agreement_is_the_destination_by_itself() -> None:
    after(facts=SIGNED).when(x.CONCLUDE).then(x.FROM_AGREEMENT)


def test_an_agreement_supersedes_a_registration_under_review() -> None:
    after(*PENDING, facts=SIGNED).when(x.CONCLUDE, meta(number=2)).then(x.SUPERSEDED, other(x.FROM_AGREEMENT))


def test_an_agreement_supersedes_what_is_registered() -> None:
    after(*REGISTERED).when(x.CONCLUDE, meta(number=2)).then(other(x.FROM_AGREEMENT))


def test_an_agreement_ends_the_void_request_about_what_it_supersedes() -> None:
    after(*VOIDING).when(x.CONCLUDE, meta(number=2)).then(x.VOID_SUPERSEDED, other(x.FROM_AGREEMENT))


@pytest.mark.parametrize(
    "past",
    [
        (x.FROM_AGREEMENT,),
        (x.FROM_AGREEMENT, x.REOPENED),
        (x.FROM_AGREEMENT, other(x.SUBMITTED), other(x.REGISTERED)),
    ],
)
def test_an_agreement_told_again_changes_nothing(past: Any) -> None:
    after(*past).when(x.CONCLUDE).then_nothing()


def test_an_agreement_whose_cancellation_was_told_first_is_not_registered() -> None:
    after(facts=CANCELLED).when(x.CONCLUDE).then_nothing()


def test_a_second_agreement_is_registered_after_the_first_was_cancelled() -> None:
    command = replace(x.CONCLUDE, agreement_id=x.OTHER_AGREEMENT_ID)
    registered = replace(other(x.FROM_AGREEMENT), agreement_id=x.OTHER_AGREEMENT_ID)
    after(x.FROM_AGREEMENT, x.REOPENED, facts=CANCELLED).when(command, meta(number=2)).then(registered)


def test_a_cancelled_agreement_opens_the_destination_again() -> None:
    after(x.FROM_AGREEMENT).when(x.CANCEL).then(x.REOPENED)


@pytest.mark.parametrize(
    "past",
    [
        (),
        REGISTERED,
        (x.FROM_AGREEMENT, x.REOPENED),
        (x.FROM_AGREEMENT, other(x.SUBMITTED), other(x.REGISTERED)),
        (replace(x.FROM_AGREEMENT, agreement_id=x.OTHER_AGREEMENT_ID),),
    ],
)
def test_cancelling_what_is_not_the_registered_agreement_opens_nothing(past: Any) -> None:
    after(*past).when(x.CANCEL).then_nothing()


def test_a_cancellation_told_before_its_conclusion_leaves_a_mark_for_who_registers_at_this_moment() -> None:
    after(facts=OVER).when(x.CANCEL).then(x.OVERTAKEN)
    after(*REGISTERED, facts=OVER).when(x.CANCEL).then(x.OVERTAKEN)
    after(x.OVERTAKEN, facts=OVER).when(x.CANCEL, meta(number=2)).then_nothing()
    after(x.OVERTAKEN, facts=OVER).when(x.CONCLUDE).then_nothing()


def test_a_cancellation_of_what_never_took_effect_leaves_no_mark() -> None:
    after(facts=CANCELLED).when(x.CANCEL).then_nothing()


def test_a_cancellation_told_after_what_followed_its_conclusion_leaves_no_mark() -> None:
    after(x.FROM_AGREEMENT, x.REOPENED, facts=OVER).when(x.CANCEL, meta(number=2)).then_nothing()
    replaced = (x.FROM_AGREEMENT, other(x.SUBMITTED), other(x.REGISTERED))
    after(*replaced, facts=OVER).when(x.CANCEL).then_nothing()


# pass_review, fail_review


def test_a_reviewed_registration_is_the_destination() -> None:
    after(*PENDING).when(x.PASS).then(x.REGISTERED)


def test_a_reviewed_registration_supersedes_who_was_seeking_and_a_void_request_about_it() -> None:
    seeking = (SEEKING, SEEKING_REGISTERED, x.VOID_REQUESTED, other(x.SUBMITTED))
    after(*seeking).when(replace(x.PASS, subject_id=x.OTHER_REGISTRATION_ID)).then(
        x.VOID_SUPERSEDED, other(x.REGISTERED)
    )


def test_a_returned_registration_says_why() -> None:
    after(*PENDING).when(x.FAIL).then(x.RETURNED)


@pytest.mark.parametrize("past", NOT_PENDING.values(), ids=NOT_PENDING)
@pytest.mark.parametrize("command", [x.PASS, x.FAIL])
def test_a_late_or_repeated_review_of_a_registration_changes_nothing(command: Any, past: Any) -> None:
    after(*past).when(command).then_nothing()


@pytest.mark.parametrize("command", [x.PASS, x.FAIL])
def test_the_review_of_another_registration_changes_nothing(command: Any) -> None:
    after(*PENDING).when(replace(command, subject_id=x.OTHER_REGISTRATION_ID)).then_nothing()


def test_a_voided_destination_is_open_again() -> None:
    after(*VOIDING).when(x.PASS_VOID).then(x.VOIDED)


def test_a_void_request_that_is_returned_keeps_the_destination_and_says_why() -> None:
    after(*VOIDING).when(x.FAIL_VOID).then(x.VOID_RETURNED)


@pytest.mark.parametrize("past", NOT_VOIDING.values(), ids=NOT_VOIDING)
@pytest.mark.parametrize("command", [x.PASS_VOID, x.FAIL_VOID])
def test_a_late_or_repeated_review_of_a_void_request_changes_nothing(command: Any, past: Any) -> None:
    after(*past).when(command).then_nothing()


def test_what_is_no_command_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        HANDLING.decide(object(), HANDLING.initial, x.FACTS, meta())


# what a decision reads

ROSTER: dict[str, Any] = {"province": "14", "school": "10108", "department": "07", "class_year": 2026, "training": "1"}
Told = tuple[str, dict[str, Any]]
ENROLLED: Told = ("directory.GraduateEnrolled", ROSTER)
ACCEPTED: Told = ("agreement.OfferAccepted", {"offer_id": x.AGREEMENT_ID})
CONCLUDED: Told = ("agreement.AgreementConcluded", {"agreement_id": x.AGREEMENT_ID})
RETURNED: Told = ("agreement.AgreementReturned", {"agreement_id": x.AGREEMENT_ID})
CANCELLED_TOLD: Told = ("agreement.AgreementCancelled", {"agreement_id": x.AGREEMENT_ID})


def known(graduate: Sequence[Told] = (), agreement: Sequence[Told] = ()) -> Facts:
    told = {f"graduate-{GRADUATE_ID}": graduate, f"agreement-{GRADUATE_ID}": agreement}
    streams = {
        stream: [
            Recorded(
                "14",
                version,
                stream,
                version,
                NOW,
                NewEvent(kind, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW),
            )
            for version, (kind, data) in enumerate(events, 1)
        ]
        for stream, events in told.items()
    }
    facts: Facts = HANDLING.facts(x.REGISTER, streams)
    return facts


@pytest.mark.parametrize("command", x.COMMANDS)
def test_every_command_belongs_to_its_graduates_one_stream_and_reads_roster_agreements_and_settings(
    command: Any,
) -> None:
    assert HANDLING.stream(command) == f"registration-{GRADUATE_ID}"
    by_graduate = [f"basic_data-{GRADUATE_ID}"] if command == x.REGISTER else []
    assert HANDLING.reads(command) == [
        f"graduate-{GRADUATE_ID}",
        f"agreement-{GRADUATE_ID}",
        f"province-{LANE}",
        *by_graduate,
    ]


def test_a_registration_looks_at_its_evidence() -> None:
    assert "evidence-14-e" in HANDLING.reads(replace(x.REGISTER, evidence=("14-e",)))


def test_what_nobody_published_is_not_known() -> None:
    assert known() == Facts(province_version=0)


def test_the_newest_correction_of_a_roster_entry_counts() -> None:
    bound = {"training": "2", "agreed_unit": x.BOUND.agreed_unit, "agreed_region": "140100"}
    corrected = ("directory.GraduateCorrected", {**ROSTER, **bound, "enrolled_on": "2022-09-01"})
    assert known([ENROLLED]).graduate == x.ENROLLED
    assert (known([ENROLLED]).roster_version, known([ENROLLED, corrected]).roster_version) == (1, 2)
    wanted = replace(x.BOUND, agreed_region="140100", enrolled_on=date(2022, 9, 1))
    assert known([ENROLLED, corrected]).graduate == wanted


def test_a_removed_graduate_is_on_no_roster_until_enrolled_again() -> None:
    removed = ("directory.GraduateRemoved", {"graduate_id": GRADUATE_ID, "reason": "休学"})
    assert known([ENROLLED, removed]).graduate is None
    assert (known([ENROLLED, removed]).left, known([ENROLLED]).left) == (x.ENROLLED.scope, None)
    assert known([ENROLLED, removed, ENROLLED]).graduate == x.ENROLLED


@pytest.mark.parametrize(
    ("events", "signed"),
    [
        ([("agreement.OfferSent", {})], False),
        ([ACCEPTED], True),
        ([ACCEPTED, RETURNED], False),
        ([ACCEPTED, CONCLUDED], True),
        ([ACCEPTED, CONCLUDED, CANCELLED_TOLD], False),
        ([ACCEPTED, CONCLUDED, CANCELLED_TOLD, ACCEPTED], True),
    ],
)
def test_a_graduate_is_signed_from_acceptance_to_return_or_cancellation(events: list[Told], signed: bool) -> None:
    assert known([ENROLLED], events).signed is signed


BOOK = ("agreement.BookApplied", {"agreement_id": x.AGREEMENT_ID, "graduate_id": GRADUATE_ID})


@pytest.mark.parametrize(
    ("events", "on_paper"),
    [
        ([BOOK], True),
        ([("agreement.PaperSubmitted", BOOK[1])], True),
        ([BOOK, CONCLUDED], False),
        ([BOOK, ("agreement.BookVoided", BOOK[1])], False),
        ([BOOK, ("agreement.BookVoided", BOOK[1]), ACCEPTED], False),
        ([ACCEPTED], False),
    ],
)
def test_a_book_is_on_its_way_until_it_is_in_force_or_given_up(events: list[Told], on_paper: bool) -> None:
    assert known([ENROLLED], events).on_paper is on_paper


def test_what_nobody_sealed_or_attested_in_time_keeps_nobody_from_registering_before_any_sweep() -> None:
    until = NOW + timedelta(days=15)
    steps = {"agreement_id": x.AGREEMENT_ID, "complete_by": until.isoformat()}
    awaited = ("agreement.AttestationAwaited", steps)
    told = known([ENROLLED], [ACCEPTED, awaited])
    assert (told.signed, told.signed_until) == (True, until)
    assert known([ENROLLED], [ACCEPTED, awaited, CONCLUDED]).signed_until is None
    assert known([ENROLLED], [ACCEPTED, awaited, RETURNED, BOOK]).signed_until is None
    waiting = after(facts=replace(SIGNED, signed_until=until))
    early = meta(GRADUATE, after=timedelta(days=15) - timedelta(microseconds=1))
    waiting.when(x.REGISTER, early).then_refused("registration.already_signed")
    assert waiting.when(x.REGISTER, meta(GRADUATE, after=timedelta(days=15))).error is None


def test_whose_book_is_merely_applied_for_is_told_that_and_not_that_an_agreement_binds() -> None:
    facts = replace(SIGNED, on_paper=True)
    for command in (x.REGISTER, x.IMPORT):
        outcome = after(facts=facts).when(command)
        outcome.then_refused("registration.book_open")
        assert outcome.error is not None
        assert "生效协议" not in outcome.error.zh


def test_a_cancelled_agreement_stays_cancelled() -> None:
    assert known([ENROLLED], [ACCEPTED, CONCLUDED]).cancelled == frozenset()
    assert known([ENROLLED], [ACCEPTED, CONCLUDED, CANCELLED_TOLD, ACCEPTED]).cancelled == {x.AGREEMENT_ID}


@pytest.mark.parametrize(
    ("events", "free"),
    [([ACCEPTED], False), ([ACCEPTED, RETURNED], True), ([ACCEPTED, CONCLUDED, CANCELLED_TOLD, ACCEPTED], True)],
)
def test_a_graduate_is_free_from_the_day_on_which_an_agreement_came_to_nothing(events: list[Told], free: bool) -> None:
    assert known([ENROLLED], events).freed_on == (NOW.date() if free else None)


def test_a_thing_is_where_its_graduate_is() -> None:
    subject = HANDLING.subject(x.REGISTER, HANDLING.initial, x.FACTS)
    assert (subject.scope, subject.graduate_id) == (SCOPE, GRADUATE_ID)
    assert HANDLING.subject(x.REGISTER, HANDLING.initial, Facts()).scope is None


# 补办: another number of the agreement


NUMBERED = replace(x.FROM_AGREEMENT, destination=replace(x.AGREED, agreement_number="202610108310000014"))


def test_a_destination_bears_the_new_number_of_its_agreement() -> None:
    after(NUMBERED).when(x.RENUMBER).then(x.RENUMBERED)
    again = folded(HANDLING, (NUMBERED, x.RENUMBERED)).registered
    assert again is not None
    assert again.destination == replace(NUMBERED.destination, agreement_number=x.RENUMBERED.agreement_number)


@pytest.mark.parametrize(
    "past",
    [(), (x.SUBMITTED, x.REGISTERED), (NUMBERED, x.REOPENED), (NUMBERED, x.RENUMBERED)],
    ids=["nothing", "another", "cancelled", "known"],
)
def test_a_number_of_what_is_not_registered_or_known_already_changes_nothing(past: tuple[Any, ...]) -> None:
    after(*past).when(x.RENUMBER).then_nothing()


def test_an_agreement_whose_book_was_made_again_meanwhile_is_registered_under_the_new_number() -> None:
    facts = replace(x.FACTS, renumbered={x.AGREEMENT_ID: x.RENUMBERED.agreement_number})
    told = replace(x.CONCLUDE, destination=NUMBERED.destination)
    numbered = replace(x.AGREED, agreement_number=x.RENUMBERED.agreement_number)
    after(facts=facts).when(told).then(replace(x.FROM_AGREEMENT, destination=numbered))


def test_the_newest_number_is_the_one_in_the_agreements_stream() -> None:
    reissued = [
        (e.TYPE, to_json(e))
        for e in (
            replace(examples.REISSUED, agreement_id=x.AGREEMENT_ID, number=number)
            for number in ("202610108310000014", x.RENUMBERED.agreement_number)
        )
    ]
    stream = f"agreement-{GRADUATE_ID}"
    history = [
        Recorded(LANE, n, stream, n, NOW, NewEvent(kind, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW))
        for n, (kind, data) in enumerate(reissued, 1)
    ]
    assert HANDLING.facts(x.CONCLUDE, {stream: history}).renumbered == {x.AGREEMENT_ID: x.RENUMBERED.agreement_number}
