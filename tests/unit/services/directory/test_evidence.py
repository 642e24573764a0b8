"""Evidence is stored once, shown only to who may see it, and every look at it is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.directory import events as e
from services.directory.evidence import HANDLING, Facts, ReadEvidence, StoreEvidence, subject_of
from shared.access import Subject, allowed
from shared.messages import Actor, NewEvent, Recorded
from tests.support.spec import (
    DEPARTMENT,
    EMPLOYER,
    EMPLOYER_ID,
    GRADUATE,
    GRADUATE_ID,
    MINISTRY,
    NOW,
    OTHER_EMPLOYER,
    PROVINCE,
    SCHOOL,
    SCOPE,
    SYSTEM,
    Given,
    given,
    meta,
)

EVIDENCE_ID = "14-00000000-0000-4000-8000-0000000000e1"
FACTS = Facts(SCOPE, frozenset({EMPLOYER_ID}))
STORE = StoreEvidence(EVIDENCE_ID, GRADUATE_ID, "labour_contract", "application/pdf", 1234, "ab" * 32, "cd" * 32)
STORED = e.EvidenceStored(EVIDENCE_ID, GRADUATE_ID, "labour_contract", "application/pdf", 1234, "ab" * 32, "cd" * 32)
READ = ReadEvidence(EVIDENCE_ID, GRADUATE_ID)
WAS_READ = e.EvidenceRead(EVIDENCE_ID)


def after(*events: Any, facts: Facts = FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


def test_a_file_is_stored_once() -> None:
    after().when(STORE, meta(GRADUATE)).then(STORED)
    after(STORED).when(STORE, meta(GRADUATE, number=2)).then_nothing()


def test_a_file_belongs_to_a_graduate_on_a_roster() -> None:
    after(facts=Facts()).when(STORE).then_refused("directory.graduate_not_found", "graduate_id")


def test_every_reading_is_an_event() -> None:
    after(STORED).when(READ, meta(SCHOOL)).then(WAS_READ)
    after(STORED, WAS_READ).when(READ, meta(SCHOOL, number=2)).then(WAS_READ)


@pytest.mark.parametrize("past", [(), (replace(STORED, graduate_id="14-somebody"),)])
def test_a_file_that_is_not_this_graduates_is_not_found(past: Any) -> None:
    after(*past).when(READ).then_refused("directory.evidence_not_found", "evidence_id")


OFFICES = (DEPARTMENT, SCHOOL, PROVINCE, MINISTRY)
ELSEWHERE = Actor("school", "elsewhere", "CN/14/10109")


@pytest.mark.parametrize("action", ["directory.store_evidence", "directory.read_evidence"])
def test_only_the_graduate_the_party_and_the_offices_of_the_scope_touch_a_file(action: str) -> None:
    own = subject_of(replace(READ, employer_id=EMPLOYER_ID), FACTS)
    assert own == Subject(SCOPE, GRADUATE_ID, EMPLOYER_ID)
    for actor in (GRADUATE, EMPLOYER, DEPARTMENT, SCHOOL):
        assert allowed(action, actor, own)
    for actor in (OTHER_EMPLOYER, ELSEWHERE, Actor("graduate", "14-somebody"), SYSTEM):
        assert not allowed(action, actor, own)
    assert {allowed(action, actor, own) for actor in (PROVINCE, MINISTRY)} == {action.endswith("read_evidence")}


def test_an_employer_without_an_accepted_offer_is_no_party() -> None:
    stranger = subject_of(replace(READ, employer_id=EMPLOYER_ID), replace(FACTS, employers=frozenset()))
    assert not allowed("directory.read_evidence", EMPLOYER, stranger)
    assert OFFICES


def recorded(event_type: str, **data: Any) -> Recorded:
    event = NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return Recorded("14", 1, "stream", 1, NOW, event)


def test_place_and_parties_are_read_from_the_graduates_streams() -> None:
    place = {"province": "14", "school": "10108", "department": "07"}
    streams = {
        f"graduate-{GRADUATE_ID}": [
            recorded("directory.GraduateEnrolled", **{**place, "department": "01"}),
            recorded("directory.GraduateCorrected", **place),
        ],
        f"agreement-{GRADUATE_ID}": [
            recorded("agreement.OfferSent", employer_id="00-invited"),
            recorded("agreement.OfferAccepted", employer_id=EMPLOYER_ID),
        ],
    }
    assert set(HANDLING.reads(READ)) == set(streams)
    assert HANDLING.facts(READ, streams) == FACTS
    assert HANDLING.facts(READ, {}) == Facts()
