"""Evidence is stored once, shown only to who may see it, and every look at it is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.agreement.events import CODEC
from services.directory import events as e
from services.directory.papers.evidence import HANDLING, Facts, ReadEvidence, StoreEvidence, subject_of
from shared.access import allowed
from shared.codes.tables import EVIDENCE
from shared.messages import Actor, NewEvent, Recorded
from tests.support import examples as x
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
FACTS = Facts(SCOPE, {EMPLOYER_ID: frozenset({EVIDENCE_ID})})
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


ELSEWHERE = Actor("school", "elsewhere", "CN/14/10109")


@pytest.mark.parametrize("kind", [entry.code for entry in EVIDENCE])
@pytest.mark.parametrize("action", ["directory.store_evidence", "directory.read_evidence"])
def test_only_the_graduate_the_party_and_the_offices_of_the_scope_touch_a_file(action: str, kind: str) -> None:
    stored = None if action == "directory.store_evidence" else replace(STORED, kind=kind)
    storing = replace(STORE, employer_id=EMPLOYER_ID, kind=kind)
    asked = storing if stored is None else replace(READ, employer_id=EMPLOYER_ID)
    own = subject_of(asked, stored, FACTS)
    for actor in (GRADUATE, DEPARTMENT, SCHOOL):
        assert allowed(action, actor, own)
    for actor in (OTHER_EMPLOYER, ELSEWHERE, Actor("graduate", "14-somebody"), SYSTEM):
        assert not allowed(action, actor, own)
    assert {allowed(action, actor, own) for actor in (PROVINCE, MINISTRY)} == {stored is not None}
    concerns = kind in ("agreement", "stamped_agreement", "release_letter", "penalty_slip")
    assert allowed(action, EMPLOYER, own) is concerns


LETTER = replace(STORED, kind="release_letter")


@pytest.mark.parametrize(
    ("facts", "may"),
    [
        (FACTS, True),
        (Facts(SCOPE, {EMPLOYER_ID: frozenset()}, stored_by=EMPLOYER_ID), True),
        # A file of another agreement, and one that nobody has shown it.
        (Facts(SCOPE, {EMPLOYER_ID: frozenset()}, stored_by=GRADUATE_ID), False),
        (Facts(SCOPE, {EMPLOYER_ID: frozenset(), OTHER_EMPLOYER.id: frozenset({EVIDENCE_ID})}), False),
        (Facts(SCOPE, {}, stored_by=EMPLOYER_ID), False),
        (Facts(SCOPE), False),
    ],
)
def test_a_party_reads_what_its_agreement_names_and_what_it_gave_itself(facts: Facts, may: bool) -> None:
    asked = subject_of(replace(READ, employer_id=EMPLOYER_ID), LETTER, facts)
    assert allowed("directory.read_evidence", EMPLOYER, asked) is may


def parties(*events: Any) -> Any:
    told = []
    for event in events:
        kind, _, data = CODEC.encode(event)
        told.append(recorded(kind, **data))
    return HANDLING.facts(READ, {f"agreement-{GRADUATE_ID}": told}).parties


def test_an_employer_is_party_from_acceptance_until_return_or_cancellation() -> None:
    sealed = replace(x.SEALED, method="scan", evidence_id=x.SCAN_ID)
    asked = replace(x.REQUESTED, release_letter=x.LETTER_ID, penalty_slip=x.SLIP_ID)
    assert parties(x.OFFER_SENT) == {}
    assert parties(x.OFFER_SENT, x.ACCEPTED) == {EMPLOYER_ID: frozenset()}
    assert parties(x.OFFER_SENT, x.ACCEPTED, x.RETURNED) == {}
    effective = (x.OFFER_SENT, x.ACCEPTED, sealed, x.CONCLUDED)
    assert parties(*effective) == {EMPLOYER_ID: {x.SCAN_ID}}
    assert parties(*effective, asked) == {EMPLOYER_ID: {x.SCAN_ID, x.LETTER_ID, x.SLIP_ID}}
    assert parties(*effective, asked, x.AGREED, x.CANCELLED) == {}
    again = replace(x.OTHER_SENT, employer_id=EMPLOYER_ID)
    accepted = replace(x.ACCEPTED, offer_id=x.OTHER_OFFER_ID)
    assert parties(*effective, asked, x.AGREED, x.CANCELLED, again, accepted) == {EMPLOYER_ID: frozenset()}
    # A book is signed by an employer without an account.
    assert parties(x.APPLIED, x.ISSUED, x.SCANNED) == {}


@pytest.mark.parametrize(
    ("since", "open_to_it"),
    [
        ((), False),
        ((x.UPLOAD_OPENED,), True),
        ((x.UPLOAD_OPENED, x.SCANNED), False),
        ((x.UPLOAD_OPENED, x.LOST), False),
        ((x.UPLOAD_OPENED, x.VOIDED), False),
        ((x.UPLOAD_OPENED, replace(x.UPLOAD_OPENED, upload_id=x.REVIEW_ID)), False),
    ],
)
def test_who_holds_the_newest_link_stores_the_stamped_book_while_it_is_waited_for(since: Any, open_to_it: bool) -> None:
    told = [recorded(kind, **data) for kind, _, data in map(CODEC.encode, (x.APPLIED, x.ISSUED, *since))]
    for kind in EVIDENCE.codes:
        storing = replace(STORE, kind=kind)
        facts = HANDLING.facts(storing, {f"agreement-{GRADUATE_ID}": told})
        may = allowed("directory.store_evidence", x.UPLOADER, subject_of(storing, None, facts))
        assert may is (open_to_it and kind == "stamped_agreement")
        assert not allowed("directory.read_evidence", x.UPLOADER, subject_of(READ, STORED, facts))


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
            recorded("agreement.OfferSent", employer_id="00-invited", offer_id="14-o"),
            recorded("agreement.OfferAccepted", employer_id=EMPLOYER_ID, offer_id="14-o"),
            recorded("agreement.AgreementSealed", agreement_id="14-o", evidence_id=EVIDENCE_ID),
        ],
    }
    assert set(HANDLING.reads(READ)) == set(streams)
    assert HANDLING.facts(READ, streams) == FACTS
    stored = {f"evidence-{EVIDENCE_ID}": [recorded("directory.EvidenceStored")]}
    assert HANDLING.facts(READ, stored) == Facts(stored_by=SYSTEM.id)
    assert HANDLING.facts(READ, {}) == Facts()
