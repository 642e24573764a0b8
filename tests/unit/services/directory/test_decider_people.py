"""One person, one record a class: who may claim a person beside whom; one test per outcome (DOMAIN 1.0, 2.5, 4.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.directory.decider import PERSON, ClaimPerson, person_stream
from services.directory.decider.people import CLAIM_HOLDS, Standing
from services.directory.events import PersonClaimed, PersonReleased
from tests.support import directory_examples as x
from tests.support.spec import GRADUATE_ID, NOW, assert_folds_every_event, by, given

OTHER_ID = "15-00000000-0000-4000-8000-0000000000a9"
THERE = Standing(on_roster=frozenset({GRADUATE_ID}))
MOMENT = timedelta(microseconds=1)


def other(class_year: int, begins: date, ends: date, education: str = "31") -> ClaimPerson:
    """Another school claims the person."""
    return replace(
        x.CLAIM,
        graduate_id=OTHER_ID,
        province="15",
        school="10126",
        class_year=class_year,
        education=education,
        enrolled_on=begins,
        graduates_on=ends,
    )


def claimed(claim: ClaimPerson, after: timedelta = timedelta()) -> PersonClaimed:
    """What the log holds of it."""
    return PersonClaimed(
        claim.graduate_id,
        claim.school,
        claim.class_year,
        claim.education,
        claim.enrolled_on,
        claim.graduates_on,
        NOW + after,
    )


SAME_CLASS = other(2026, date(2022, 9, 1), date(2026, 6, 30))


def test_a_person_nobody_has_claimed_is_claimed() -> None:
    given(PERSON, facts=Standing()).when(x.CLAIM).then(x.CLAIMED)


def test_the_same_row_again_changes_nothing() -> None:
    given(PERSON, x.CLAIMED, facts=THERE).when(x.CLAIM, by(after=MOMENT)).then_nothing()


def test_a_row_that_was_enrolled_by_this_command_is_answered_whoever_has_the_person_now() -> None:
    given(PERSON, claimed(SAME_CLASS), facts=Standing(answered=True)).when(x.CLAIM).then_nothing()


@pytest.mark.parametrize(
    "changes",
    [{"graduates_on": date(2026, 6, 20)}, {"enrolled_on": date(2021, 9, 1)}, {"education": "33"}],
)
def test_what_a_record_is_compared_by_is_kept_up_to_date(changes: dict[str, Any]) -> None:
    outcome = given(PERSON, x.CLAIMED, facts=THERE).when(replace(x.CLAIM, **changes), by(after=MOMENT))
    outcome.then(replace(x.CLAIMED, **changes, claimed_at=NOW + MOMENT))


# Refused


@pytest.mark.parametrize("education", ["31", "33", "25", "11"])
def test_a_person_has_one_record_a_class_whatever_the_level(education: str) -> None:
    outcome = given(PERSON, x.CLAIMED, facts=THERE).when(replace(SAME_CLASS, education=education))
    outcome.then_refused("directory.person_in_class", "id_number")


def test_two_candidates_numbers_of_one_school_are_one_person() -> None:
    again = replace(x.CLAIM, graduate_id="14-00000000-0000-4000-8000-0000000000a9")
    given(PERSON, x.CLAIMED, facts=THERE).when(again).then_refused("directory.person_in_class", "id_number")


def test_the_refusal_names_school_and_class_and_not_the_person() -> None:
    outcome = given(PERSON, x.CLAIMED, facts=THERE).when(SAME_CLASS)
    assert outcome.error is not None
    assert "山西大学" in outcome.error.zh
    assert "2026 届" in outcome.error.zh
    assert outcome.error.details.keys() == {"zh", "en", "field", "name", "school", "class_year"}


def test_a_school_of_no_national_list_is_named_by_its_code() -> None:
    outcome = given(PERSON, replace(x.CLAIMED, school="80168"), facts=THERE).when(SAME_CLASS)
    assert outcome.error is not None
    assert "80168" in outcome.error.zh


@pytest.mark.parametrize("education", ["31", "25", "11"])
@pytest.mark.parametrize("class_year", [2025, 2027])
def test_nobody_studies_twice_at_one_time(class_year: int, education: str) -> None:
    """延期 without being removed, and two schools that both have the same student."""
    twice = other(class_year, date(2022, 9, 1), date(class_year, 6, 30), education)
    outcome = given(PERSON, x.CLAIMED, facts=THERE).when(twice)
    outcome.then_refused("directory.person_studying", "id_number")
    assert outcome.error is not None
    assert "2026 届" in outcome.error.zh
    assert "延期" in outcome.error.zh


def test_a_correction_may_not_bring_two_studies_together() -> None:
    master = other(2029, date(2026, 9, 1), date(2029, 6, 30), "11")
    both = (x.CLAIMED, claimed(master))
    longer = replace(x.CLAIM, class_year=2027, graduates_on=date(2027, 6, 30))
    facts = Standing(on_roster=frozenset({GRADUATE_ID, OTHER_ID}))
    given(PERSON, *both, facts=facts).when(longer).then_refused("directory.person_studying", "id_number")


# Lawful


@pytest.mark.parametrize(
    ("class_year", "begins", "education"),
    [
        (2028, date(2026, 9, 1), "25"),
        (2029, date(2026, 9, 1), "11"),
        (2030, date(2026, 7, 1), "31"),
    ],
    ids=["第二学士学位", "升学 master", "a study begun anew"],
)
def test_who_goes_on_to_study_has_a_second_record_in_a_later_class(
    class_year: int, begins: date, education: str
) -> None:
    later = other(class_year, begins, date(class_year, 6, 30), education)
    given(PERSON, x.CLAIMED, facts=THERE).when(later).then(claimed(later))


def test_the_earlier_record_may_be_enrolled_after_the_later_one() -> None:
    """专升本: the college hands in its roster late."""
    college = other(2022, date(2019, 9, 1), date(2022, 6, 30), "41")
    given(PERSON, x.CLAIMED, facts=THERE).when(college).then(claimed(college))


def test_who_graduates_later_is_removed_and_enrolled_in_the_next_class() -> None:
    late = other(2027, date(2022, 9, 1), date(2027, 6, 30))
    removed = Standing(left={GRADUATE_ID: NOW})
    outcome = given(PERSON, x.CLAIMED, facts=removed).when(late, by(after=MOMENT))
    outcome.then(PersonReleased(GRADUATE_ID), claimed(late, MOMENT))


# Claims that hold, and those that are over


def test_a_claim_whose_enrolment_may_be_under_way_holds() -> None:
    outcome = given(PERSON, x.CLAIMED, facts=Standing()).when(SAME_CLASS, by(after=CLAIM_HOLDS - MOMENT))
    outcome.then_refused("directory.person_in_class")


def test_a_claim_nobody_was_enrolled_after_is_taken_over() -> None:
    """Who claimed died before enrolling, and never came again."""
    outcome = given(PERSON, x.CLAIMED, facts=Standing()).when(SAME_CLASS, by(after=CLAIM_HOLDS))
    outcome.then(PersonReleased(GRADUATE_ID), claimed(SAME_CLASS, CLAIM_HOLDS))


def test_a_young_claim_does_for_the_same_row_again() -> None:
    """Of two importers of one roster both go on."""
    young = by(after=CLAIM_HOLDS / 2 - MOMENT)
    given(PERSON, x.CLAIMED, facts=Standing()).when(x.CLAIM, young).then_nothing()


def test_the_same_row_again_claims_anew_before_the_claim_is_over() -> None:
    outcome = given(PERSON, x.CLAIMED, facts=Standing()).when(x.CLAIM, by(after=CLAIM_HOLDS / 2))
    outcome.then(replace(x.CLAIMED, claimed_at=NOW + CLAIM_HOLDS / 2))


def test_who_comes_back_claims_anew() -> None:
    removed = Standing(left={GRADUATE_ID: NOW})
    outcome = given(PERSON, x.CLAIMED, facts=removed).when(x.CLAIM, by(after=MOMENT))
    outcome.then(replace(x.CLAIMED, claimed_at=NOW + MOMENT))


def test_a_claim_laid_anew_after_a_removal_holds() -> None:
    """Removed before, and just about to be enrolled again."""
    removed = Standing(left={GRADUATE_ID: NOW - MOMENT})
    given(PERSON, x.CLAIMED, facts=removed).when(SAME_CLASS, by(after=MOMENT)).then_refused("directory.person_in_class")


def test_who_came_back_by_another_number_no_longer_has_this_one() -> None:
    corrected = Standing(left={GRADUATE_ID: NOW + MOMENT})
    outcome = given(PERSON, x.CLAIMED, facts=corrected).when(SAME_CLASS, by(after=2 * MOMENT))
    outcome.then(PersonReleased(GRADUATE_ID), claimed(SAME_CLASS, 2 * MOMENT))


def test_who_was_released_has_nothing_to_do_with_the_person() -> None:
    past = (x.CLAIMED, PersonReleased(GRADUATE_ID))
    given(PERSON, *past, facts=Standing()).when(SAME_CLASS).then(claimed(SAME_CLASS))


def test_what_a_stream_does_not_know_ends_its_fold() -> None:
    assert_folds_every_event(PERSON, x.ENROLLED)


# Which streams are looked at


def test_all_streams_of_a_person_lie_in_the_national_lane() -> None:
    assert person_stream("bb") == "person-00-bb"
