"""What each event tells the national system of, in which version, and that nothing of a person goes along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory import events as d
from services.sync.records import (
    DESTINATION_FIELDS,
    LEAVING_FIELDS,
    RESTATE,
    ROSTER_FIELDS,
    TOLD_FIELDS,
    TYPES,
    UPSERT,
    VOID,
    Reported,
    report,
)
from shared.codec import to_json
from shared.messages import Recorded
from tests.support import directory_examples, registration_examples
from tests.support import sync_examples as x
from tests.support.stats_examples import ANA, CONTRACT, SIGNED, STUDY, Lane, day

PERSONAL = {"personal", "personal_hash", "id_hash"}


def lane_of_ana() -> Lane:
    lane = Lane()
    lane.enrol(ANA)
    return lane


def after(events: list[Recorded]) -> Reported:
    state = Reported(ANA)
    for event in events:
        state, _ = report(state, event)
    return state


def test_an_enrolment_is_the_first_record() -> None:
    lane = lane_of_ana()
    (record,) = x.reports(lane.events)
    event = lane.events[0]
    assert (record.graduate_id, record.version, record.verb, record.lane) == (ANA, 1, UPSERT, "14")
    assert record.event_id == str(event.event.event_id)
    assert (record.school, record.class_year) == ("10108", 2026)
    roster = {name: event.data.get(name) for name in ROSTER_FIELDS}
    assert record.body == {"roster": roster, "destination": None, "leaving": None}


def test_versions_count_the_records_of_a_graduate() -> None:
    lane = lane_of_ana()
    lane.register(ANA, SIGNED, day(1))
    lane.reopen(ANA, day(2))
    lane.register(ANA, STUDY, day(3))
    lane.correct(ANA, department="08")
    lane.remove(ANA)
    lane.enrol(ANA)
    records = x.reports(lane.events)
    assert [record.version for record in records] == [1, 2, 3, 4, 5, 6, 7]
    assert [record.verb for record in records] == [UPSERT] * 5 + [VOID, UPSERT]
    assert [(record.body["destination"] or {}).get("code") for record in records] == [
        None,
        "10",
        None,
        "801",
        "801",
        "801",
        "801",
    ]


def test_what_is_confirmed_before_leaving_is_told_until_something_changes() -> None:
    lane = lane_of_ana()
    lane.register(ANA, SIGNED, day(1))
    lane.leave(ANA, day(2), transfer_number="20261010800000000001", verification_authorised=True)
    told = x.reports(lane.events)[-1].body["leaving"]
    assert told == {
        "archive": {
            "kind": "talent_service",
            "recipient": "太原市人才服务局",
            "address": "太原市迎泽区某路 1 号",
            "postcode": "030001",
            "contact": "档案科",
        },
        "household": {"moves": False},
        "transfer_number": "20261010800000000001",
        "verification_authorised": True,
        "confirmed_on": day(2).isoformat(),
    }
    assert set(told) == set(LEAVING_FIELDS)
    changes: list[Callable[[Lane], object]] = [
        lambda lane: lane.reset_leaving(ANA),
        lambda lane: lane.reopen(ANA, day(3)),
        lambda lane: lane.register(ANA, STUDY, day(3)),
    ]
    for change in changes:
        changed = Lane(events=list(lane.events))
        change(changed)
        assert x.reports(changed.events)[-1].body["leaving"] is None
        assert x.reports(changed.events)[-1].version == 4


def test_what_was_not_confirmed_is_not_opened_and_tells_nothing() -> None:
    lane = lane_of_ana()
    lane.register(ANA, SIGNED)
    lane.reset_leaving(ANA)
    assert len(x.reports(lane.events)) == 2


def test_a_confirmation_of_before_there_were_numbers_is_told_without_one() -> None:
    lane = lane_of_ana()
    lane.register(ANA, SIGNED)
    event = lane.leave(ANA)
    for name in ("roster_version", "transfer_number", "verification_authorised"):
        event.data.pop(name, None)
    told = x.reports(lane.events)[-1].body["leaving"]
    assert (told["verification_authorised"], "transfer_number" in told) == (False, False)


def test_graduates_are_counted_apart() -> None:
    lane = lane_of_ana()
    lane.enrol("14-bo")
    lane.register(ANA, SIGNED)
    assert [(record.graduate_id, record.version) for record in x.reports(lane.events)] == [
        (ANA, 1),
        ("14-bo", 1),
        (ANA, 2),
    ]


def test_a_destination_is_told_with_its_fields_and_the_day_from_which_it_counts() -> None:
    lane = lane_of_ana()
    lane.register(ANA, replace(CONTRACT, signed_on=day(0)), day(1))
    told = x.reports(lane.events)[-1].body["destination"]
    given_fields = to_json(replace(CONTRACT, signed_on=day(0)))
    assert told == {
        **{name: given_fields[name] for name in DESTINATION_FIELDS if name in given_fields},
        "registered_on": day(1).isoformat(),
    }
    assert "monthly_salary" not in told


def test_a_form_of_a_category_is_told() -> None:
    lane = lane_of_ana()
    lane.register(ANA, replace(SIGNED, form="international", place=None, country="瑞士"))
    assert x.reports(lane.events)[-1].body["destination"]["form"] == "international"


@pytest.mark.parametrize("repeated", ["enrol", "register", "reopen", "remove"])
def test_what_changes_nothing_told_makes_no_record(repeated: str) -> None:
    lane = lane_of_ana()
    steps = {
        "enrol": lambda: lane.enrol(ANA),
        "register": lambda: lane.register(ANA, SIGNED),
        "reopen": lambda: lane.reopen(ANA),
        "remove": lambda: lane.remove(ANA),
    }
    steps[repeated]()
    before = len(x.reports(lane.events))
    steps[repeated]()
    assert len(x.reports(lane.events)) == before


@pytest.mark.parametrize("field", sorted(PERSONAL))
def test_a_correction_of_personal_data_alone_is_not_told(field: str) -> None:
    lane = lane_of_ana()
    lane.correct(ANA, **{field: "something else"})
    assert len(x.reports(lane.events)) == 1


def test_a_removal_of_somebody_unknown_is_not_told() -> None:
    lane = Lane()
    lane.remove(ANA)
    assert x.reports(lane.events) == []


def test_who_is_removed_keeps_the_destination_for_the_case_of_coming_back() -> None:
    lane = lane_of_ana()
    lane.register(ANA, SIGNED)
    lane.remove(ANA)
    removed = x.reports(lane.events)[-1]
    assert (removed.body["roster"], removed.body["destination"]["code"]) == (None, "10")
    # The school that reported is the school that voids.
    assert removed.school == "10108"


def test_a_move_to_another_school_is_told_under_the_new_one() -> None:
    lane = lane_of_ana()
    lane.correct(ANA, school="10109")
    assert x.reports(lane.events)[-1].school == "10109"


def test_a_restatement_tells_the_newest_state_under_an_id_of_its_own() -> None:
    lane = lane_of_ana()
    lane.register(ANA, SIGNED)
    state = after(lane.events)
    newest = x.reports(lane.events)[-1]
    assert state.restated(x.event_id(7)) == replace(newest, verb=RESTATE, event_id=x.event_id(7))


def test_a_restatement_of_who_was_removed_has_no_roster() -> None:
    lane = lane_of_ana()
    lane.remove(ANA)
    restated = after(lane.events).restated(x.event_id(7))
    assert (restated.verb, restated.body["roster"], restated.lane) == (RESTATE, None, "14")


def test_every_event_about_roster_or_destination_in_force_is_reported() -> None:
    for event in (directory_examples.ENROLLED, directory_examples.REMOVED, registration_examples.REGISTERED):
        assert event.TYPE in TYPES
    assert registration_examples.VOIDED.TYPE in TYPES
    assert directory_examples.corrected().TYPE in TYPES


def test_a_record_travels_without_its_lane() -> None:
    sent = x.record().to_json()
    assert set(sent) == {"graduate_id", "version", "event_id", "verb", "school", "class_year", "body"}


values = st.text(min_size=1, max_size=12)


@given(
    data=st.dictionaries(st.text(max_size=12), values, max_size=6),
    personal=st.fixed_dictionaries({name: st.text("äöüß", min_size=6, max_size=9) for name in sorted(PERSONAL)}),
    correction=st.booleans(),
)
def test_whatever_a_roster_event_holds_only_listed_fields_leave(
    data: dict[str, str], personal: dict[str, str], correction: bool
) -> None:
    entry: dict[str, Any] = {**data, **to_json(directory_examples.ENROLLED), **personal}
    lane = lane_of_ana()
    event = lane.events[0]
    cls = d.GraduateCorrected if correction else d.GraduateEnrolled
    recorded = replace(event, event=replace(event.event, type=cls.TYPE, data=entry))
    _, record = report(Reported(entry["graduate_id"]), recorded)
    assert record is not None
    sent = record.to_json()
    assert set(sent["body"]["roster"]) == set(ROSTER_FIELDS)
    assert not PERSONAL & set(sent["body"]["roster"])
    text = orjson.dumps(sent).decode()
    assert not [value for value in personal.values() if value in text]


@given(data=st.dictionaries(st.text(max_size=12), values, max_size=6))
def test_whatever_a_destination_holds_only_listed_fields_leave(data: dict[str, str]) -> None:
    lane = lane_of_ana()
    event = lane.register(ANA, SIGNED)
    destination = {**data, **event.data["destination"]}
    changed = replace(event, event=replace(event.event, data={**event.data, "destination": destination}))
    record = x.reports([lane.events[0], changed])[-1]
    assert set(record.body["destination"]) <= set(TOLD_FIELDS)


def test_day_and_number_of_an_agreement_go_along_and_a_new_number_is_told() -> None:
    lane = lane_of_ana()
    signed = replace(SIGNED, signed_on=day(0), agreement_number="202610108310000014")
    lane.register(ANA, signed, day(1))
    lane.leave(ANA, day(2))
    lane.tell(replace(registration_examples.RENUMBERED, graduate_id=ANA), day(3))
    _, registered, left, renumbered = x.reports(lane.events)
    told = registered.body["destination"]
    assert (told["signed_on"], told["agreement_number"]) == ("2026-05-01", "202610108310000014")
    assert renumbered.body["destination"] == {
        **told,
        "agreement_number": registration_examples.RENUMBERED.agreement_number,
    }
    assert (renumbered.version, renumbered.body["leaving"]) == (4, left.body["leaving"])
