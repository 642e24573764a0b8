"""The checker finds every kind of violation that is planted, and nothing in a round where nothing went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from campaign import checker
from campaign.checker import Findings, ReadModels, World
from campaign.history import FAILED, REFUSED, UNKNOWN
from campaign.national_copy import check_national
from tests.support.campaign_examples import (
    ANA,
    BO,
    Story,
    changed,
    command,
    entry,
    read_models,
    record,
    records,
    story,
    told_roster,
)


def findings(
    told: Story,
    models: Callable[[ReadModels], ReadModels] = lambda models: models,
    national: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda records: records,
    lanes: dict[str, int] | None = None,
) -> Findings:
    """Everything the checker finds in a story."""
    found = Findings()
    checker.check_log(told.events, {"14": len(told.events)} if lanes is None else lanes, found)
    checker.check_history(told.attempts, told.events, found)
    world = checker.fold(told.events, found)
    checker.check_read_models(models(read_models(told)), told.events, world, found)
    check_national(national(records(told)), told.events, found)
    return found


def rules(found: Findings) -> set[str]:
    """The rules that were broken."""
    return {violation.partition(":")[0] for violation in found.violations}


def world(told: Story) -> World:
    """What a story adds up to."""
    return checker.fold(told.events, Findings())


def test_a_round_without_trouble_has_no_findings() -> None:
    found = findings(story())
    assert found.violations == []
    assert found.checked["nothing answered is lost"] == 4
    assert checker.unfinished(world(story())) == []


def test_an_answered_command_that_is_not_in_the_log_is_found() -> None:
    told = story()
    told.told("accept", command_id=command("vanished"))
    assert rules(findings(told)) == {"nothing answered is lost"}


def test_an_answer_of_another_position_is_found() -> None:
    told = story()
    told.attempts[1].result = {**told.attempts[1].result, "position": 9}
    assert rules(findings(told)) == {"nothing answered is lost"}


def test_a_repeat_answered_differently_is_found() -> None:
    told = story()
    again = told.told("accept")
    again.result = {**again.result, "version": 7}
    assert "a repeat has the same answer" in rules(findings(told))


def test_an_answer_that_nothing_was_done_beside_an_event_is_found() -> None:
    told = story()
    again = told.told("accept")
    again.result = {**again.result, "position": 0}
    assert rules(findings(told)) == {"nothing done is nothing"}


def test_a_refused_command_with_events_is_found() -> None:
    told = story()
    told.told("accept", REFUSED, at=20.0)
    assert rules(findings(told)) == {"nothing refused is done"}


def test_an_earlier_attempt_still_under_way_may_overtake_a_refusal() -> None:
    told = story()
    told.attempts = [each for each in told.attempts if each.command_id != command("accept")]
    told.told("accept", UNKNOWN, at=0.5)
    told.told("accept", REFUSED, at=1.0)
    found = findings(told)
    assert found.violations == []
    assert found.checked["(overtaken)"] == 1


def test_a_refused_command_that_takes_effect_after_every_deadline_is_found() -> None:
    told = story()
    told.attempts = [each for each in told.attempts if each.command_id != command("accept")]
    told.told("accept", REFUSED, at=-60.0)
    assert rules(findings(told)) == {"nothing refused is done"}


def test_items_of_a_bulk_command_are_judged_one_by_one() -> None:
    told = story()
    told.told(
        "accept", command_id=command("bulk"), items=2, result={"items": [{"index": 0, **told.attempts[0].result}]}
    )
    assert rules(findings(told)) == {"nothing answered is lost"}


def test_a_bug_that_was_answered_is_found() -> None:
    told = story()
    told.told("accept", FAILED, at=1.0, code="service.failure")
    assert rules(findings(told)) == {"no bug was answered"}


def test_a_command_that_happened_twice_is_found() -> None:
    told = story()
    told.happens("accept", f"registration-{ANA}", ("registration.RegistrationSubmitted", {"registration_id": "r3"}))
    assert {"event once", "command has one effect"} <= rules(findings(told))


def test_a_hole_in_a_lane_is_found() -> None:
    told = story()
    changed(told, -1, position=len(told.events) + 1)
    assert "lane gap-free" in rules(findings(told))


def test_a_lane_whose_counter_is_ahead_is_found() -> None:
    told = story()
    assert rules(findings(told, lanes={"14": len(told.events) + 1})) == {"lane head"}


def test_a_hole_in_a_stream_is_found() -> None:
    told = story()
    changed(told, 3, version=3)
    assert "stream gap-free" in rules(findings(told))


@pytest.mark.parametrize("wrong", ["causation_id", "correlation_id"])
def test_a_reaction_without_its_cause_or_correlation_is_found(wrong: str) -> None:
    told = story()
    changed(told, 4, **{wrong: command("nobody")})
    assert rules(findings(told)) == {"cause is there"}


def test_two_binding_agreements_are_found() -> None:
    told = story()
    told.happens("invite 2", f"agreement-{ANA}", ("agreement.OfferSent", {"offer_id": "o2"}))
    told.happens("accept 2", f"agreement-{ANA}", ("agreement.OfferAccepted", {"offer_id": "o2"}))
    assert "one binding agreement" in rules(findings(told))


def test_an_agreement_number_given_twice_is_found() -> None:
    told = story()
    told.happens("invite 2", f"agreement-{BO}", ("agreement.OfferSent", {"offer_id": "o2"}))
    told.happens("accept 2", f"agreement-{BO}", ("agreement.OfferAccepted", {"offer_id": "o2"}))
    again = {"agreement_id": "o2", "number": "N1"}
    told.happens("pass 2", f"agreement-{BO}", ("agreement.AgreementConcluded", again))
    assert "agreement number once" in rules(findings(told))


def test_what_is_not_open_any_more_and_is_refused_all_the_same_is_found() -> None:
    told = story()
    told.happens("refuse", f"agreement-{ANA}", ("agreement.OfferRefused", {"offer_id": "o1"}))
    assert "offer may do this" in rules(findings(told))


def test_a_cancellation_that_one_side_did_not_want_is_found() -> None:
    told = story()
    cancelled = {"agreement_id": "o1", "cancellation_id": "x1"}
    told.happens("cancel", f"agreement-{ANA}", ("agreement.AgreementCancelled", cancelled))
    assert "cancelled by both" in rules(findings(told))


def test_a_reminder_is_found_when_it_comes_twice_or_of_what_nobody_asked() -> None:
    told, about = story(), {"agreement_id": "o1", "cancellation_id": "x1"}
    told.happens("ask", f"agreement-{ANA}", ("agreement.CancellationRequested", about))
    told.happens("remind", f"agreement-{ANA}", ("agreement.CancellationReminded", about))
    assert findings(told).violations == []
    told.happens("remind 2", f"agreement-{ANA}", ("agreement.CancellationReminded", about))
    assert "reminds once" in rules(findings(told))
    told.happens("remind 3", f"agreement-{ANA}", ("agreement.CancellationReminded", {**about, "cancellation_id": "x2"}))
    assert "reminds of what is not answered" in rules(findings(told))


def with_a_book(*more: tuple[str, str, dict[str, Any]]) -> Story:
    """Bo's book is issued under N2; then come (command, type, data)."""
    told, about = story(), {"agreement_id": "b1"}
    happened = [
        ("apply", "BookApplied", {"review_id": "v1"}),
        ("issue", "BookIssued", {"number": "N2"}),
        *more,
    ]
    for name, kind, data in happened:
        told.happens(name, f"agreement-{BO}", (f"agreement.{kind}", {**about, **data}))
    return told


LOST = ("lose", "LossReported", {"loss_id": "l1"})
SCANNED = ("scan", "ScanSubmitted", {"review_id": "v2"})


def reissued(old: str, new: str) -> tuple[str, str, dict[str, Any]]:
    return ("reissue", "BookReissued", {"loss_id": "l1", "old_number": old, "number": new})


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ([reissued("N2", "N3")], "ends the loss that was reported"),
        ([LOST, reissued("N1", "N3")], "replaces its own number"),
        ([LOST, reissued("N2", "N1")], "agreement number once"),
        ([LOST, ("lose 2", "LossReported", {"loss_id": "l2"})], "one loss at a time"),
        ([SCANNED, ("pass 2", "AgreementConcluded", {"number": "N9"})], "concludes under its number"),
        ([("pass 2", "AgreementConcluded", {"number": "N2"})], "offer may do this"),
        ([("apply 2", "BookApplied", {"review_id": "v3"})], "book is new"),
        ([("apply 2", "BookApplied", {"review_id": "v3", "agreement_id": "b2"})], "one binding agreement"),
        ([], "books equal the log"),
    ],
)
def test_what_is_wrong_with_a_book_is_found(more: list[tuple[str, str, dict[str, Any]]], rule: str) -> None:
    assert rule in rules(findings(with_a_book(*more)))


@pytest.mark.parametrize(
    ("more", "state", "number", "waits_for"),
    [
        ([], "issued", "N2", None),
        ([SCANNED], "scanned", "N2", "no case for signing v2"),
        ([LOST], "issued", "N2", "no case for loss l1"),
        ([LOST, reissued("N2", "N3")], "issued", "N3", None),
        ([LOST, ("void", "BookVoided", {"reason": "-"})], "voided", "N2", None),
    ],
)
def test_a_book_in_order_has_no_findings(
    more: list[tuple[str, str, dict[str, Any]]], state: str, number: str, waits_for: str | None
) -> None:
    told = with_a_book(*more)
    found = findings(told, models=lambda models: replace(models, books={"b1": (state, number)}))
    assert found.violations == []
    open_ends = checker.unfinished(world(told))
    assert open_ends == ([] if waits_for is None else [waits_for])


def test_a_case_decided_twice_is_found() -> None:
    told = story()
    told.happens("approve again", "review-14-c1", ("review.StepApproved", {"case_id": "14-c1"}))
    assert "case is open" in rules(findings(told))


def test_a_second_registration_under_review_is_found() -> None:
    told = story()
    told.happens("submit 2", f"registration-{BO}", ("registration.RegistrationSubmitted", {"registration_id": "r3"}))
    assert "one registration under review" in rules(findings(told))


@pytest.mark.parametrize(
    ("left_out", "open_end"),
    [
        ("open", "no case for agreement o1"),
        ("register", f"{ANA}: effective o1, registered from None"),
        ("open 2", "no case for registration r2"),
    ],
)
def test_a_reaction_that_never_came_is_found(left_out: str, open_end: str) -> None:
    told = story()
    told.events = [each for each in told.events if each.command_id != command(left_out)]
    if left_out == "open":
        after = (command("approve"), command("pass"), command("register"))
        told.events = [each for each in told.events if each.command_id not in after]
    assert open_end in checker.unfinished(world(told))


def test_a_case_that_waits_for_nothing_is_found() -> None:
    told = story()
    told.happens("withdraw", f"registration-{BO}", ("registration.RegistrationWithdrawn", {"registration_id": "r2"}))
    assert checker.unfinished(world(told)) == ["a case waits for nothing: registration r2"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"checkpoints": {"stats": {"14": 3}}}, "checkpoint at head"),
        ({"offers": {"o1": ("attesting", None)}}, "offers equal the log"),
        ({"offers": {}}, "offers equal the log"),
        ({"registrations": {"r1": ("registered", None)}}, "registrations equal the log"),
        ({"cases": {"14-c1": "waiting", "14-c2": "waiting"}}, "cases equal the log"),
        ({"spans": {ANA: "10", BO: "801"}}, "spans equal the log"),
        ({"cube": {"10108/07/10": 2, "10108/07/": 0}}, "cube equals the log"),
        ({"graduates": {ANA: "10108/07"}}, "roster equals the log"),
        ({"graduates": {ANA: "10108/07", BO: "10108/08"}}, "roster equals the log"),
        ({"parked": 1}, "nothing is parked"),
    ],
)
def test_a_read_model_that_differs_from_the_log_is_found(wrong: dict[str, Any], rule: str) -> None:
    assert rules(findings(story(), models=lambda models: replace(models, **wrong))) == {rule}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda records: records[:-1],
        lambda records: [*records, records[-1]],
        lambda records: [records[2], records[1], records[0]],
        lambda records: [*records[:2], {**records[2], "version": 3}],
        lambda records: [*records[:2], {**records[2], "body": {"destination": {"code": "11"}}}],
    ],
    ids=["lost", "doubled", "out of order", "wrong version", "wrong content"],
)
def test_a_national_copy_that_differs_from_the_log_is_found(wrong: Any) -> None:
    assert rules(findings(story(), national=wrong)) == {"national copy equals the log"}


def test_a_new_number_of_an_agreement_is_told_to_the_national_side_and_one_of_nobody_registered_is_not() -> None:
    told = story()
    renumbered = {"graduate_id": ANA, "registration_id": "r1", "agreement_number": "142026101080000019"}
    event = told.happens("renumber", f"registration-{ANA}", ("registration.AgreementRenumbered", renumbered))
    told.happens(
        "renumber BO", f"registration-{BO}", ("registration.AgreementRenumbered", {**renumbered, "graduate_id": BO})
    )

    def national(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        last = [each for each in records if each["graduate_id"] == ANA][-1]
        destination = {**last["body"]["destination"], "agreement_number": "142026101080000019"}
        body = {**last["body"], "destination": destination}
        return [*records, {**last, "event_id": event.event_id, "version": last["version"] + 1, "body": body}]

    assert "national copy equals the log" in rules(findings(told))
    assert "national copy equals the log" not in rules(findings(told, national=national))


def test_tables_that_differ_from_a_fold_from_zero_are_found() -> None:
    found = Findings()
    checker.check_rebuilt({"stats.cube": 0, "stats.spans": 2}, found)
    assert found.violations == ["read model equals a fold from zero: stats.spans: 2 rows differ"]


def test_what_happens_to_operation_codes_breaks_no_rule() -> None:
    told = story()
    for kind in ("OperationCodeSet", "OperationCodeReset"):
        told.happens(kind, f"agreement-{BO}", (f"agreement.{kind}", {"graduate_id": BO}))
    assert rules(findings(told)) == set()


PROPOSED = ("agreement.SigningProposed", {"proposal_id": "p1", "employer_id": "u1"})


@pytest.mark.parametrize("end", ["Withdrawn", "Refused", "Lapsed"])
def test_a_proposal_ends_once(end: str) -> None:
    told = story()
    ended = (f"agreement.Proposal{end}", {"proposal_id": "p1"})
    told.happens("propose", f"agreement-{BO}", PROPOSED)
    told.happens("end", f"agreement-{BO}", ended)
    assert rules(findings(told)) == set()
    told.happens("again", f"agreement-{BO}", ended)
    assert rules(findings(told)) == {"proposal may do this"}


def test_an_offer_that_answers_no_open_proposal_is_found() -> None:
    told = story()
    told.happens("answer", f"agreement-{BO}", ("agreement.OfferSent", {"offer_id": "o9", "proposal_id": "p9"}))
    assert "proposal may do this" in rules(findings(told))


def of_roster(what: str, **differs: Any) -> tuple[str, dict[str, Any]]:
    return f"directory.Graduate{what}", entry(ANA, **differs)


def test_who_moves_leaves_and_comes_back_is_counted_where_the_roster_says() -> None:
    told = story()
    for number, event in enumerate((of_roster("Corrected", department="08"), of_roster("Removed"))):
        told.happens(f"roster {number}", f"graduate-{ANA}", event)
    corrected, removed = told.events[-2:]
    there = {"roster": told_roster(), "destination": records(told)[-1]["body"]["destination"], "leaving": None}
    added = [
        record(3, corrected, {**there, "roster": told_roster(department="08")}),
        record(4, removed, {**there, "roster": None}, "void"),
    ]

    def models(known: ReadModels) -> ReadModels:
        return replace(known, cube={"10108/07/": 1}, graduates={BO: "10108/07"})

    # Ana's agreement is in force all the while, which is the one thing that is wrong.
    assert rules(findings(told, models, lambda records: [*records, *added])) == {"nobody bound is removed"}
    told.happens("roster 9", f"graduate-{ANA}", of_roster("Enrolled"))
    back = record(5, told.events[-1], there)
    assert rules(findings(told, national=lambda records: [*records, *added, back])) == {"nobody bound is removed"}


def test_an_agreement_that_takes_effect_off_the_roster_is_found() -> None:
    told = Story()
    told.happens("enrol", f"graduate-{ANA}", of_roster("Enrolled"))
    told.happens("apply", f"agreement-{ANA}", ("agreement.OfferSent", {"offer_id": "o1"}))
    told.happens("accept", f"agreement-{ANA}", ("agreement.OfferAccepted", {"offer_id": "o1"}))
    told.happens("remove", f"graduate-{ANA}", of_roster("Removed"))
    concluded = {"agreement_id": "o1", "number": "N1"}
    told.happens("pass", f"agreement-{ANA}", ("agreement.AgreementConcluded", concluded))
    found = Findings()
    checker.fold(told.events, found)
    assert rules(found) == {"takes effect on a roster"}


@pytest.mark.parametrize("events", [[of_roster("Enrolled")], [of_roster("Removed"), of_roster("Corrected")]])
def test_a_roster_that_contradicts_itself_is_found(events: list[tuple[str, dict[str, Any]]]) -> None:
    told = story()
    for number, event in enumerate(events):
        told.happens(f"roster {number}", f"graduate-{ANA}", event)
    assert "roster may say this" in rules(findings(told))


def leaving(registration_id: str = "r1") -> tuple[str, dict[str, Any]]:
    return "registration.LeavingConfirmed", {
        "graduate_id": ANA,
        "registration_id": registration_id,
        "archive": {"kind": "kept", "recipient": None},
        "household": {"moves": False},
        "roster_version": 1,
    }


RESET = ("registration.LeavingReset", {"graduate_id": ANA, "registration_id": "r1", "cause": "roster_corrected"})


def test_what_is_confirmed_before_leaving_is_told_and_reset() -> None:
    told = story()
    confirmed = told.happens("leave", f"registration-{ANA}", leaving())
    there = records(told)[-1]["body"]
    kept = {"archive": {"kind": "kept"}, "household": {"moves": False}, "verification_authorised": False}
    added = [record(3, confirmed, {**there, "leaving": {**kept, "confirmed_on": "2026-06-01"}})]
    assert rules(findings(told, national=lambda records: [*records, *added])) == set()
    added.append(record(4, told.happens("reset", f"registration-{ANA}", RESET), there))
    assert rules(findings(told, national=lambda records: [*records, *added])) == set()


@pytest.mark.parametrize(
    ("event", "rule"), [(RESET, "resets what was confirmed"), (leaving("r9"), "leaves with what is registered")]
)
def test_leaving_that_makes_no_sense_is_found(event: tuple[str, dict[str, Any]], rule: str) -> None:
    told = story()
    told.happens("leave", f"registration-{ANA}", event)
    assert rule in rules(findings(told))


def test_leaving_that_a_correction_did_not_reset_is_found() -> None:
    told = story()
    told.happens("leave", f"registration-{ANA}", leaving())
    told.happens("correct", f"graduate-{ANA}", of_roster("Corrected", department="08"))
    assert checker.unfinished(world(told)) == [f"{ANA}: leaves by roster 1, corrected by 2"]
    told.happens("reset", f"registration-{ANA}", RESET)
    assert checker.unfinished(world(told)) == []


def test_who_is_erased_and_has_a_key_is_found() -> None:
    told = story()
    told.happens("erase", f"erasure-{ANA}", ("directory.GraduateErased", {"graduate_id": ANA}))
    told.told("erase", method="directory.erase_graduate")
    for keyless, violations in ((frozenset({ANA}), []), (frozenset[str](), [f"who is erased has no key: {ANA}"])):
        found = Findings()
        checker.check_erased(told.attempts, keyless, found)
        assert (found.violations, found.checked["who is erased has no key"]) == (violations, 1)
