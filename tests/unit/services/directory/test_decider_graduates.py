"""The roster: enrolled, corrected, removed, erased; one test per outcome of each command (DOMAIN 1.8, 4.4, 5.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.directory.decider import ERASURE, GRADUATE, GraduateFacts, GraduateState
from shared.codec import to_json
from shared.messages import NewEvent, Recorded
from tests.support import directory_examples as x
from tests.support import examples
from tests.support.spec import LANE, NOW, SCOPE, SYSTEM, assert_folds_every_event, by, folded, given

MOMENT = timedelta(microseconds=1)
# The class of 2026 is kept until the end of 2029 in Shanghai.
KEPT_UNTIL = datetime(2029, 12, 31, 16, 0, tzinfo=UTC)
FREE = GraduateFacts()
ON_ROSTER = folded(GRADUATE, [x.ENROLLED])
OFF_ROSTER = folded(GRADUATE, [x.ENROLLED, x.REMOVED])


# import_roster enrols and corrects


def test_a_row_of_a_roster_enrols_a_graduate() -> None:
    given(GRADUATE, facts=FREE).when(x.ENROL).then(x.ENROLLED)


def test_the_same_row_again_changes_nothing() -> None:
    given(GRADUATE, x.ENROLLED).when(x.ENROL).then_nothing()


def test_the_same_personal_data_sealed_anew_changes_nothing() -> None:
    given(GRADUATE, x.ENROLLED).when(replace(x.ENROL, personal="Ag==")).then_nothing()


@pytest.mark.parametrize(
    "changes",
    [
        {"department": "08"},
        {"major_name": "车辆工程"},
        {"training": "2", "agreed_unit": x.EMPLOYER_NAME},
        {"personal": "Ag==", "personal_hash": "ab"},
        {"personal": "Ag==", "personal_hash": "ab", "id_hash": "bc"},
    ],
    ids=["department", "major", "agreed unit", "name", "identity number"],
)
def test_a_row_that_says_something_else_corrects(changes: dict[str, Any]) -> None:
    given(GRADUATE, x.ENROLLED, facts=FREE).when(replace(x.ENROL, **changes)).then(x.corrected(**changes))


def test_a_correction_is_compared_with_the_newest_entry() -> None:
    given(GRADUATE, x.ENROLLED, x.corrected(department="08"), facts=FREE).when(x.ENROL).then(x.corrected())


def test_who_was_removed_may_be_enrolled_again() -> None:
    given(GRADUATE, x.ENROLLED, x.REMOVED, facts=FREE).when(x.ENROL).then(x.ENROLLED)


@pytest.mark.parametrize(
    "past",
    [(), (x.ENROLLED, x.REMOVED), (x.corrected(id_hash="cc"),), (x.corrected(department="08"),)],
    ids=["new", "removed", "another number", "corrected"],
)
def test_nobody_is_written_to_a_roster_whose_person_is_not_claimed(past: Any) -> None:
    unclaimed = replace(x.ENROL, claim=0, claimed=False)
    given(GRADUATE, *past, facts=FREE).when(unclaimed).then_refused("log.written_first")


@pytest.mark.parametrize("past", [(x.ENROLLED, x.REMOVED), (x.corrected(id_hash="cc"),)])
def test_a_claim_from_before_brings_nobody_back(past: Any) -> None:
    """Between claim and row the graduate was removed: somebody else may be claiming the person already."""
    given(GRADUATE, *past, facts=FREE).when(replace(x.ENROL, claimed=False)).then_refused("log.written_first")


def test_a_claim_from_before_is_enough_for_one_who_is_on_the_roster() -> None:
    moved = replace(x.ENROL, department="08", claimed=False)
    given(GRADUATE, x.ENROLLED, facts=FREE).when(moved).then(x.corrected(department="08"))


def test_a_claim_of_another_importer_of_the_same_row_is_enough_for_a_new_graduate() -> None:
    given(GRADUATE, facts=FREE).when(replace(x.ENROL, claimed=False)).then(x.ENROLLED)


def test_the_same_row_again_needs_no_claim() -> None:
    given(GRADUATE, x.ENROLLED, facts=FREE).when(replace(x.ENROL, claim=0, claimed=False)).then_nothing()


# remove_graduate


@pytest.mark.parametrize("past", [(x.ENROLLED,), (x.ENROLLED, x.corrected(department="08"))])
def test_a_graduate_is_removed(past: Any) -> None:
    given(GRADUATE, *past, facts=FREE).when(x.REMOVE).then(x.REMOVED)


def test_nobody_is_removed_whom_an_agreement_binds() -> None:
    bound = GraduateFacts(in_force_with=x.EMPLOYER_NAME)
    outcome = given(GRADUATE, x.ENROLLED, facts=bound).when(x.REMOVE)
    outcome.then_refused("directory.agreement_in_force", "graduate_id")
    assert outcome.error is not None
    assert x.EMPLOYER_NAME in outcome.error.zh
    given(GRADUATE, x.ENROLLED, x.REMOVED, facts=bound).when(x.REMOVE).then_nothing()


AT_ACCEPTANCE = replace(examples.OFFER_SENT, binding="acceptance")
CONCLUDED = (examples.OFFER_SENT, examples.ACCEPTED, examples.CONCLUDED)
BOOK = (examples.APPLIED, examples.ISSUED, examples.SCANNED)


@pytest.mark.parametrize(
    ("agreements", "unit"),
    [
        ((), None),
        ((examples.OFFER_SENT, examples.ACCEPTED), None),
        ((examples.OFFER_SENT, examples.ACCEPTED, examples.RETURNED), None),
        (CONCLUDED, examples.VERIFIED.name),
        ((*CONCLUDED, examples.REQUESTED, examples.AGREED), examples.VERIFIED.name),
        ((*CONCLUDED, examples.REQUESTED, examples.AGREED, examples.CANCELLED), None),
        ((AT_ACCEPTANCE, examples.ACCEPTED), examples.VERIFIED.name),
        ((AT_ACCEPTANCE, examples.ACCEPTED, examples.RETURNED), None),
        ((AT_ACCEPTANCE,), None),
        (BOOK, None),
        ((*BOOK, examples.BOOK_CONCLUDED), examples.TERMS.unit_name),
        ((examples.PAPER,), None),
        ((examples.PAPER, examples.PAPER_CONCLUDED), examples.TERMS.unit_name),
    ],
)
def test_an_agreement_binds_from_its_conclusion_or_where_the_province_says_so_from_acceptance(
    agreements: Any, unit: str | None
) -> None:
    stream = f"agreement-{x.REMOVE.graduate_id}"
    assert list(GRADUATE.reads(x.REMOVE)) == [stream]
    assert GRADUATE.facts(x.REMOVE, {stream: told(agreements)}) == GraduateFacts(unit)


def told(events: Any) -> list[Recorded]:
    new = [
        NewEvent(event.TYPE, event.VERSION, to_json(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        for event in events
    ]
    return [Recorded(LANE, number, "stream", number, NOW, event) for number, event in enumerate(new, 1)]


def test_a_row_of_a_roster_reads_nothing_besides_and_states_the_claim_that_it_follows() -> None:
    assert list(GRADUATE.reads(x.ENROL)) == []
    assert dict(GRADUATE.prepared(x.ENROL)) == {"person-00-bb": 1}
    assert dict(GRADUATE.prepared(x.REMOVE)) == {}


def test_removing_twice_changes_nothing() -> None:
    given(GRADUATE, x.ENROLLED, x.REMOVED, facts=FREE).when(replace(x.REMOVE, reason="重复")).then_nothing()


def test_who_was_enrolled_again_may_be_removed_again() -> None:
    given(GRADUATE, x.ENROLLED, x.REMOVED, x.ENROLLED, facts=FREE).when(x.REMOVE).then(x.REMOVED)


def test_nobody_is_removed_who_was_never_enrolled() -> None:
    given(GRADUATE, facts=FREE).when(x.REMOVE).then_refused("directory.graduate_not_found", "graduate_id")


# erase_graduate


@pytest.mark.parametrize("at", [KEPT_UNTIL, datetime(2035, 1, 1, tzinfo=UTC)])
def test_a_graduate_is_erased_when_evidence_need_no_longer_be_kept(at: datetime) -> None:
    given(ERASURE, facts=ON_ROSTER).when(x.ERASE, by(after=at - NOW)).then(x.GRADUATE_ERASED)


def test_a_graduate_on_the_roster_is_not_erased_before() -> None:
    outcome = given(ERASURE, facts=ON_ROSTER).when(x.ERASE, by(after=KEPT_UNTIL - NOW - MOMENT))
    outcome.then_refused("directory.too_early_to_erase", "graduate_id")
    assert outcome.error is not None
    assert "2029" in outcome.error.zh


def test_who_was_removed_is_erased_at_once() -> None:
    given(ERASURE, facts=OFF_ROSTER).when(x.ERASE).then(x.GRADUATE_ERASED)


def test_erasing_twice_changes_nothing() -> None:
    given(ERASURE, x.GRADUATE_ERASED, facts=OFF_ROSTER).when(replace(x.ERASE, reason="重复")).then_nothing()


def test_nobody_is_erased_who_was_never_enrolled() -> None:
    given(ERASURE, facts=GraduateState()).when(x.ERASE).then_refused("directory.graduate_not_found", "graduate_id")


# Where a graduate is


def test_a_graduate_is_where_the_newest_entry_says_also_when_removed() -> None:
    assert GraduateState().scope is None
    assert ON_ROSTER.scope == SCOPE
    assert folded(GRADUATE, [x.ENROLLED, x.corrected(department="08"), x.REMOVED]).scope == "CN/14/10108/08"


def test_what_a_stream_does_not_know_ends_its_fold() -> None:
    assert_folds_every_event(GRADUATE, x.GRADUATE_ERASED)
    assert_folds_every_event(ERASURE, x.ENROLLED)
