"""The practice system's record: order, versions, repeats, restatements, each refusal, and what a crash leaves of its file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.sync.interface import digest_line
from services.sync.records import RESTATE, VOID, Record
from services.sync.store import REFUSALS, Store
from tests.support import sync_examples as x
from tests.support.registration_examples import REGISTRABLE, complete
from tests.support.stats_examples import ANA, BO, CLASS_YEAR, SIGNED, Lane


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "national.jsonl"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def take(store: Store, *records: Record | Any) -> list[str]:
    """What is said to each: the outcome, or the code of a refusal."""
    sent = [each.to_json() if isinstance(each, Record) else each for each in records]
    return [each.get("code", each["outcome"]) for each in store.take("14", sent)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def reopened(store: Store, path: Path) -> Store:
    store.close()
    return Store(path)


def test_versions_are_taken_one_after_another(store: Store, path: Path) -> None:
    assert take(store, x.record(1), x.record(2)) == ["accepted", "accepted"]
    assert take(store, x.record(3)) == ["accepted"]
    assert [each["version"] for each in store.history(ANA)] == [1, 2, 3]
    assert lines(path) == [x.record(number).to_json() for number in (1, 2, 3)]


@pytest.mark.parametrize(("known", "next_one"), [(0, 2), (1, 3), (2, 2), (2, 1)])
def test_any_other_version_is_refused(store: Store, known: int, next_one: int) -> None:
    take(store, *(x.record(number) for number in range(1, known + 1)))
    stranger = x.record(next_one, event_id=x.event_id(50))
    assert take(store, stranger) == ["national.version_gap"]
    assert len(store.history(ANA)) == known


def test_a_refused_record_stops_the_later_ones_of_its_graduate_and_no_other(store: Store) -> None:
    bad = x.record(1, destination={"code": "99"})
    bo = x.record(1, graduate_id=BO, event_id=x.event_id(40))
    assert take(store, bad, x.record(2), bo) == ["national.unknown_code", "national.version_gap", "accepted"]


def test_a_repeat_is_said_to_be_one_and_changes_nothing(store: Store, path: Path) -> None:
    take(store, x.record(1))
    assert take(store, x.record(1), x.record(2), x.record(2)) == ["repeated", "accepted", "repeated"]
    assert len(lines(path)) == 2


def test_a_restatement_stands_for_every_version_up_to_its_own(store: Store) -> None:
    take(store, x.record(1))
    assert take(store, x.restatement(x.record(5)), x.record(6)) == ["accepted", "accepted"]
    assert [each["version"] for each in store.history(ANA)] == [1, 5, 6]


def test_the_newest_version_may_be_restated_and_an_older_one_not(store: Store) -> None:
    take(store, x.record(1), x.record(2))
    assert take(store, x.restatement(x.record(2)), x.restatement(x.record(1), 98)) == [
        "accepted",
        "national.version_gap",
    ]


def test_a_restatement_may_be_the_first_that_is_heard(store: Store) -> None:
    assert take(store, x.restatement(x.record(4))) == ["accepted"]


SENT = x.record(1).to_json()


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        [],
        "record",
        {},
        {**SENT, "name": "张三"},
        {name: value for name, value in SENT.items() if name != "school"},
        {**SENT, "graduate_id": 14},
        {**SENT, "graduate_id": ["14-"]},
        {**SENT, "event_id": ["unhashable"]},
        {**SENT, "event_id": ""},
        {**SENT, "version": "1"},
        {**SENT, "version": True},
        {**SENT, "version": 0},
        {**SENT, "class_year": "2026"},
        {**SENT, "school": None},
        {**SENT, "verb": "delete"},
        {**SENT, "body": []},
        {**SENT, "body": {}},
        {**SENT, "body": {**SENT["body"], "personal": {}}},
        {**SENT, "body": {**SENT["body"], "destination": "10"}},
        # Who has a roster is not voided, and who has none is.
        {**SENT, "verb": "void"},
        {**SENT, "body": {**SENT["body"], "roster": None}},
    ],
)
def test_a_malformed_record_is_refused_and_harms_no_other(store: Store, malformed: Any) -> None:
    outcomes = take(store, malformed, x.record(1))
    assert outcomes == ["national.malformed", "accepted"]


@pytest.mark.parametrize("graduate_id", ["15-1", "14", "1", ""])
def test_a_province_reports_its_own_graduates_only(store: Store, graduate_id: str) -> None:
    assert take(store, x.record(1, graduate_id=graduate_id)) == ["national.other_province"]


@pytest.mark.parametrize(
    ("destination", "code"),
    [
        ({"code": "99"}, "national.unknown_code"),
        ({"code": None}, "national.unknown_code"),
        ({"code": ["10"]}, "national.unknown_code"),
        ({"form": "secret"}, "national.unknown_code"),
        ({"code": "11", "form": "international"}, "national.unknown_code"),
        ({"unit_name": None}, "national.field_missing"),
        ({"school_name": "山西大学"}, "national.field_forbidden"),
        ({"code": "50"}, "national.unknown_code"),
        ({"code": "11", "agreement_number": None, "place": "810000"}, "national.wrong_value"),
        ({"code": "46", "agreement_number": None, "uscc": None}, "national.wrong_value"),
        ({"code": "11"}, "national.field_forbidden"),
        ({"monthly_salary": 6500}, "national.unknown_field"),
    ],
)
def test_a_destination_is_held_to_its_category(store: Store, destination: dict[str, Any], code: str) -> None:
    assert take(store, x.record(1, destination=destination)) == [code]


def test_a_roster_has_no_field_but_the_listed_ones(store: Store) -> None:
    body = {**SENT["body"], "roster": {**SENT["body"]["roster"], "id_hash": "00"}}
    assert take(store, x.record(1, body=body)) == ["national.unknown_field"]


LEFT: dict[str, Any] = {
    "archive": {"kind": "kept"},
    "household": {"moves": False},
    "verification_authorised": True,
    "confirmed_on": "2026-06-30",
}


@pytest.mark.parametrize(
    ("leaving", "code"),
    [
        (LEFT, "accepted"),
        ({**LEFT, "transfer_number": "20261010800000000001"}, "accepted"),
        ({**LEFT, "name": "张三"}, "national.unknown_field"),
        ({**LEFT, "archive": {"kind": "kept", "person": "张三"}}, "national.unknown_field"),
        ({**LEFT, "household": {"moves": False, "number": "1"}}, "national.unknown_field"),
        ({**LEFT, "archive": None}, "national.field_missing"),
        ({**LEFT, "archive": {}}, "national.field_missing"),
        ({**LEFT, "household": {}}, "national.field_missing"),
        ({**LEFT, "confirmed_on": None}, "national.field_missing"),
        ("kept", "national.malformed"),
    ],
)
def test_what_is_confirmed_before_leaving_is_held_to_its_fields(store: Store, leaving: Any, code: str) -> None:
    assert take(store, x.record(1, body={**SENT["body"], "leaving": leaving})) == [code]


def test_nobody_leaves_without_a_destination(store: Store) -> None:
    body = {**SENT["body"], "destination": None, "leaving": LEFT}
    assert take(store, x.record(1, body=body)) == ["national.field_forbidden"]


def test_a_form_is_held_to_its_own_fields(store: Store) -> None:
    fields = {"unit_nature": "99", "place": None, "uscc": None, "country": "瑞士", "agreement_number": None}
    abroad = {"form": "international", **fields}
    assert take(store, x.record(1, destination={**abroad, "country": None})) == ["national.field_missing"]
    assert take(store, x.record(1, destination=abroad)) == ["accepted"]


@pytest.mark.parametrize("code", ["10", *(each.code for each in REGISTRABLE)])
def test_every_category_that_can_be_registered_is_taken(store: Store, code: str) -> None:
    lane = Lane()
    lane.enrol(ANA)
    lane.register(ANA, complete(code))
    lane.reopen(ANA)
    assert take(store, *x.reports(lane.events)) == ["accepted"] * 3


def test_every_refusal_is_said_in_both_languages(store: Store) -> None:
    (said,) = store.take("14", [None])
    assert (said["zh"], said["en"]) == REFUSALS[said["code"]]
    assert all(zh and en for zh, en in REFUSALS.values())


def test_it_refuses_whom_it_is_told_to_until_told_otherwise(store: Store) -> None:
    store.refuse = {ANA}
    bo = x.record(1, graduate_id=BO, event_id=x.event_id(40))
    assert take(store, x.record(1), bo) == ["national.told_to_refuse", "accepted"]
    store.refuse = set()
    assert take(store, x.record(1)) == ["accepted"]


def test_counts_are_of_who_is_on_the_roster(store: Store) -> None:
    lane = Lane()
    for graduate_id in (ANA, BO):
        lane.enrol(graduate_id)
    lane.register(ANA, SIGNED)
    take(store, *x.reports(lane.events))
    assert store.counts("10108", None, CLASS_YEAR) == {"10": 1, "": 1}
    assert store.counts(None, "14", CLASS_YEAR) == {"10": 1, "": 1}
    for nothing in [("10109", None, CLASS_YEAR), (None, "15", CLASS_YEAR), (None, None, CLASS_YEAR - 1)]:
        assert store.counts(*nothing) == {}


@pytest.mark.parametrize("verb", [VOID, RESTATE])
def test_who_was_removed_is_counted_no_more_however_that_was_told(store: Store, verb: str) -> None:
    body = {**SENT["body"], "roster": None}
    take(store, x.record(1), x.record(2, verb=verb, body=body))
    assert store.counts(None, None, CLASS_YEAR) == {}
    assert list(store.lines("10108", CLASS_YEAR)["10108"]) == [ANA]


def test_lines_are_those_of_the_newest_versions_by_school(store: Store) -> None:
    second = x.record(2)
    take(store, x.record(1), second, x.record(1, graduate_id=BO, event_id=x.event_id(40), school="10109"))
    line = digest_line(ANA, 2, second.body)
    assert store.lines("10108", CLASS_YEAR) == {"10108": {ANA: line}}
    assert set(store.lines(None, CLASS_YEAR)) == {"10108", "10109"}
    assert store.lines(None, CLASS_YEAR - 1) == {}


def test_what_was_accepted_is_there_after_a_restart(store: Store, path: Path) -> None:
    take(store, x.record(1), x.record(2))
    again = reopened(store, path)
    assert again.torn is False
    assert take(again, x.record(2), x.record(3)) == ["repeated", "accepted"]
    assert [each["version"] for each in again.history(ANA)] == [1, 2, 3]
    again.close()


def test_a_last_line_torn_by_a_crash_is_cut_off_and_told_again(store: Store, path: Path) -> None:
    take(store, x.record(1), x.record(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    again = reopened(store, path)
    assert again.torn is True
    assert take(again, x.record(2)) == ["accepted"]
    again.close()
    assert path.read_bytes() == whole


def test_a_request_that_cannot_be_written_is_not_taken_and_leaves_no_half_line(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, x.record(1))
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space left"):
            take(store, x.record(2), x.record(3))
    assert path.read_bytes() == before
    assert len(store.history(ANA)) == 1
    assert take(store, x.record(2)) == ["accepted"]
    assert len(lines(path)) == 2


def test_a_restatement_is_not_taken_for_a_version_that_never_came(store: Store) -> None:
    take(store, x.record(1))
    gap = replace(x.record(3), event_id=x.event_id(30))
    assert take(store, gap, x.restatement(gap)) == ["national.version_gap", "accepted"]


def test_a_credit_code_in_doubt_is_the_provinces_to_confirm_and_taken(store: Store) -> None:
    assert take(store, x.record(1, destination={"uscc": "91350203M0001QKT19"})) == ["accepted"]
