"""Settings of provinces and schools, and departments: one test per outcome of each command (DOMAIN 1.0, 1.6, 1.11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.directory.decider import PLATFORM, PROVINCE, SCHOOL, SCHOOL_CODE
from tests.support import directory_examples as x
from tests.support.spec import assert_folds_every_event, given

CHAINS = [(), ("department",), ("school",), ("department", "school"), ("department", "school", "province")]
WRONG_CHAINS = [("school", "department"), ("school", "school"), ("department", "dean")]


# set_province


def test_a_province_chooses_its_settings() -> None:
    given(PROVINCE).when(x.SET_PROVINCE).then(x.PROVINCE_SET)


def test_setting_a_province_to_what_it_is_changes_nothing() -> None:
    given(PROVINCE, x.PROVINCE_SET).when(x.SET_PROVINCE).then_nothing()


def test_a_province_may_choose_anew() -> None:
    given(PROVINCE, x.PROVINCE_SET).when(replace(x.SET_PROVINCE, parties=3)).then(replace(x.PROVINCE_SET, parties=3))


def test_the_settings_of_one_class_are_not_those_of_the_next() -> None:
    command = replace(x.SET_PROVINCE, class_year=2027)
    given(PROVINCE, x.PROVINCE_SET).when(command).then(replace(x.PROVINCE_SET, class_year=2027))


def test_going_back_to_earlier_settings_is_a_change() -> None:
    changed = replace(x.PROVINCE_SET, parties=3)
    given(PROVINCE, x.PROVINCE_SET, changed).when(x.SET_PROVINCE).then(x.PROVINCE_SET)


@pytest.mark.parametrize("name", ["review_chain", "cancellation_chain"])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_takes_the_steps_in_their_order(name: str, chain: Any) -> None:
    changes = {name: chain}
    given(PROVINCE).when(replace(x.SET_PROVINCE, **changes)).then(replace(x.PROVINCE_SET, **changes))


@pytest.mark.parametrize("name", ["review_chain", "cancellation_chain"])
@pytest.mark.parametrize("chain", WRONG_CHAINS)
def test_any_other_chain_of_a_province_is_refused(name: str, chain: Any) -> None:
    changes: dict[str, Any] = {name: chain}
    given(PROVINCE).when(replace(x.SET_PROVINCE, **changes)).then_refused("directory.wrong_chain", name)


def test_the_default_response_period_may_be_the_longest_one() -> None:
    command = replace(x.SET_PROVINCE, response_days=30)
    given(PROVINCE).when(command).then(replace(x.PROVINCE_SET, response_days=30))


def test_the_default_response_period_may_not_exceed_the_longest_one() -> None:
    command = replace(x.SET_PROVINCE, response_days=31)
    given(PROVINCE).when(command).then_refused("directory.response_days", "response_days")


def test_registering_ends_no_earlier_than_changing() -> None:
    """31 August where the province has set no other day for changes."""
    for last, wanted in ((date(2026, 8, 31), None), (date(2026, 8, 30), "directory.registration_deadline")):
        outcome = given(PROVINCE).when(replace(x.SET_PROVINCE, registration_deadline=last))
        if wanted is None:
            outcome.then(replace(x.PROVINCE_SET, registration_deadline=last))
        else:
            outcome.then_refused(wanted, "registration_deadline")
    command = replace(x.SET_PROVINCE, change_deadline=date(2026, 9, 30), registration_deadline=date(2026, 9, 1))
    given(PROVINCE).when(command).then_refused("directory.registration_deadline", "registration_deadline")


def test_the_default_response_period_may_not_be_below_the_shortest_one() -> None:
    command = replace(x.SET_PROVINCE, response_days_min=6)
    given(PROVINCE).when(command).then_refused("directory.response_days", "response_days")
    shortest = replace(x.SET_PROVINCE, response_days_min=5)
    given(PROVINCE).when(shortest).then(replace(x.PROVINCE_SET, response_days_min=5))


@pytest.mark.parametrize(
    ("parties", "order"),
    [
        (2, ()),
        (2, ("accept", "review")),
        (2, ("accept", "seal", "review")),
        (2, ("seal", "accept", "review")),
        (3, ("accept", "attest", "review")),
        (3, ("accept", "review", "attest")),
    ],
)
def test_a_province_chooses_the_order_of_signing(parties: int, order: tuple[str, ...]) -> None:
    command = replace(x.SET_PROVINCE, parties=parties, signing_order=order)
    given(PROVINCE).when(command).then(replace(x.PROVINCE_SET, parties=parties, signing_order=order))


@pytest.mark.parametrize(
    ("parties", "order"),
    [
        (2, ("accept",)),
        (2, ("review", "accept")),
        (2, ("accept", "review", "review")),
        (3, ("accept", "review")),
        (3, ("attest", "accept", "review")),
    ],
)
def test_an_order_that_nobody_can_sign_in_is_refused(parties: int, order: tuple[str, ...]) -> None:
    command = replace(x.SET_PROVINCE, parties=parties, signing_order=order)
    given(PROVINCE).when(command).then_refused("directory.wrong_signing_order", "signing_order")


@pytest.mark.parametrize("parties", [2, 3])
@pytest.mark.parametrize("form", ["default/1", "default/2"])
def test_a_province_prints_on_a_form_there_is(form: str, parties: int) -> None:
    command = replace(x.SET_PROVINCE, template=form, parties=parties)
    given(PROVINCE).when(command).then(replace(x.PROVINCE_SET, template=form, parties=parties))


@pytest.mark.parametrize("form", ["14/77", "default/3", "default/01", "33/1"])
def test_a_form_that_is_not_there_is_refused_when_it_is_set(form: str) -> None:
    command = replace(x.SET_PROVINCE, template=form)
    given(PROVINCE).when(command).then_refused("directory.no_template", "template")


# set_check_address


def test_the_public_check_has_an_address_from_now_on() -> None:
    given(PLATFORM).when(x.SET_CHECK_ADDRESS).then(x.CHECK_ADDRESS_SET)
    moved = replace(x.SET_CHECK_ADDRESS, address="https://new.example")
    given(PLATFORM, x.CHECK_ADDRESS_SET).when(moved).then(replace(x.CHECK_ADDRESS_SET, address="https://new.example"))


def test_the_same_address_again_changes_nothing() -> None:
    given(PLATFORM, x.CHECK_ADDRESS_SET).when(x.SET_CHECK_ADDRESS).then_nothing()


# list_school


def test_a_school_of_the_national_list_is_listed() -> None:
    given(SCHOOL).when(x.LIST_SCHOOL).then(x.LISTED)


def test_listing_a_school_twice_changes_nothing() -> None:
    given(SCHOOL, x.LISTED).when(x.LIST_SCHOOL).then_nothing()


def test_a_school_that_was_renamed_is_listed_anew() -> None:
    renamed = replace(x.LIST_SCHOOL, name="山西师范大学")
    given(SCHOOL, x.LISTED).when(renamed).then(replace(x.LISTED, name="山西师范大学"))


def test_a_school_is_not_valid_backwards() -> None:
    backwards = replace(x.INSTITUTE, valid_until=date(2020, 8, 31))
    given(SCHOOL).when(backwards).then_refused("directory.school_valid_backwards", "valid_until")
    given(SCHOOL).when(replace(x.INSTITUTE, valid_until=date(2020, 9, 1))).then(
        replace(x.INSTITUTE_LISTED, valid_until=date(2020, 9, 1))
    )


def test_an_institute_trains_the_classes_of_its_years() -> None:
    state = given(SCHOOL, replace(x.INSTITUTE_LISTED, valid_until=date(2027, 8, 31))).state
    assert [year for year in range(2018, 2030) if state.trains(year)] == list(range(2020, 2028))
    assert given(SCHOOL, x.LISTED).state.trains(1949)


# rename_school


def test_a_school_is_called_otherwise_from_a_day_on() -> None:
    given(SCHOOL, x.LISTED).when(x.RENAME_SCHOOL).then(x.SCHOOL_RENAMED)
    state = given(SCHOOL, x.LISTED, x.SCHOOL_RENAMED).state
    assert (state.name_on(date(2026, 5, 31)), state.name_on(date(2026, 6, 1))) == ("山西大学", "山西综合大学")


def test_renaming_a_school_to_what_it_is_called_then_changes_nothing() -> None:
    given(SCHOOL, x.LISTED, x.SCHOOL_RENAMED).when(x.RENAME_SCHOOL).then_nothing()
    later = replace(x.RENAME_SCHOOL, from_day=date(2027, 1, 1))
    given(SCHOOL, x.LISTED, x.SCHOOL_RENAMED).when(later).then_nothing()


def test_an_earlier_name_may_be_told_later() -> None:
    earlier = replace(x.SCHOOL_RENAMED, name="山西学堂", from_day=date(1902, 5, 8))
    state = given(SCHOOL, x.LISTED, x.SCHOOL_RENAMED, earlier).state
    assert (state.name_on(date(2026, 5, 31)), state.name_on(date(2026, 6, 1))) == ("山西学堂", "山西综合大学")


def test_a_school_that_is_listed_again_is_called_as_listed() -> None:
    assert given(SCHOOL, x.LISTED, x.SCHOOL_RENAMED, x.LISTED).state.name_on(date(2026, 6, 1)) == "山西大学"


def test_a_school_that_is_not_listed_is_not_renamed() -> None:
    given(SCHOOL).when(x.RENAME_SCHOOL).then_refused("directory.school_not_found", "school")


# The code of a school that is added


def test_a_code_is_one_schools_in_the_whole_country() -> None:
    given(SCHOOL_CODE).when(x.TAKE_CODE).then(x.CODE_TAKEN)
    given(SCHOOL_CODE, x.CODE_TAKEN).when(x.TAKE_CODE).then_nothing()
    elsewhere = replace(x.TAKE_CODE, province="15")
    given(SCHOOL_CODE, x.CODE_TAKEN).when(elsewhere).then_refused("directory.school_code_taken", "school")
    given(SCHOOL_CODE).when(replace(x.TAKE_CODE, school="10108")).then_refused("directory.school_code_taken", "school")


# set_school


def test_a_school_chooses_its_own_chain() -> None:
    given(SCHOOL, x.LISTED).when(x.SET_SCHOOL).then(x.SCHOOL_SET)


def test_setting_a_school_to_what_it_is_changes_nothing() -> None:
    given(SCHOOL, x.LISTED, x.SCHOOL_SET).when(x.SET_SCHOOL).then_nothing()


def test_a_school_that_never_chose_already_takes_the_provinces_chains() -> None:
    given(SCHOOL, x.LISTED).when(replace(x.SET_SCHOOL, review_chain=None)).then_nothing()


def test_a_school_may_return_to_the_provinces_chains() -> None:
    command = replace(x.SET_SCHOOL, review_chain=None)
    given(SCHOOL, x.LISTED, x.SCHOOL_SET).when(command).then(replace(x.SCHOOL_SET, review_chain=None))


def test_a_schools_choice_is_for_one_class() -> None:
    command = replace(x.SET_SCHOOL, class_year=2027)
    given(SCHOOL, x.LISTED, x.SCHOOL_SET).when(command).then(replace(x.SCHOOL_SET, class_year=2027))


@pytest.mark.parametrize("name", ["review_chain", "cancellation_chain"])
@pytest.mark.parametrize("chain", WRONG_CHAINS)
def test_any_other_chain_of_a_school_is_refused(name: str, chain: Any) -> None:
    changes: dict[str, Any] = {name: chain}
    given(SCHOOL, x.LISTED).when(replace(x.SET_SCHOOL, **changes)).then_refused("directory.wrong_chain", name)


def test_a_school_does_not_do_without_any_review() -> None:
    command = replace(x.SET_SCHOOL, review_chain=())
    given(SCHOOL, x.LISTED).when(command).then_refused("directory.empty_chain", "review_chain")
    nobody_cancels = replace(x.SET_SCHOOL, cancellation_chain=())
    given(SCHOOL, x.LISTED).when(nobody_cancels).then(replace(x.SCHOOL_SET, cancellation_chain=()))


def test_a_school_that_is_not_listed_has_no_settings() -> None:
    given(SCHOOL).when(x.SET_SCHOOL).then_refused("directory.school_not_found", "school")


def test_a_school_limits_how_often_a_graduate_may_break_an_agreement() -> None:
    command = replace(x.SET_SCHOOL, breach_limit=1)
    given(SCHOOL, x.LISTED, x.SCHOOL_SET).when(command).then(replace(x.SCHOOL_SET, breach_limit=1))


def test_a_school_blocks_employers_in_whatever_order_it_names_them() -> None:
    command = replace(x.SET_SCHOOL, blocked_employers=("00-b", "00-a", "00-b"))
    blocked = replace(x.SCHOOL_SET, blocked_employers=("00-a", "00-b"))
    given(SCHOOL, x.LISTED).when(command).then(blocked)
    given(SCHOOL, x.LISTED, blocked).when(replace(command, blocked_employers=("00-a", "00-b"))).then_nothing()
    given(SCHOOL, x.LISTED, blocked).when(x.SET_SCHOOL).then(x.SCHOOL_SET)


# add_department


def test_a_department_is_added() -> None:
    given(SCHOOL, x.LISTED).when(x.ADD_DEPARTMENT).then(x.DEPARTMENT_ADDED)


def test_adding_a_department_twice_changes_nothing() -> None:
    given(SCHOOL, x.LISTED, x.DEPARTMENT_ADDED).when(x.ADD_DEPARTMENT).then_nothing()


def test_a_departments_code_belongs_to_one_department() -> None:
    command = replace(x.ADD_DEPARTMENT, name="外国语学院")
    outcome = given(SCHOOL, x.LISTED, x.DEPARTMENT_ADDED).when(command)
    outcome.then_refused("directory.department_taken", "department")
    assert outcome.error is not None
    assert "机械工程学院" in outcome.error.zh


def test_a_school_that_is_not_listed_has_no_departments() -> None:
    given(SCHOOL).when(x.ADD_DEPARTMENT).then_refused("directory.school_not_found", "school")


def test_what_a_stream_does_not_know_ends_its_fold() -> None:
    assert_folds_every_event(PROVINCE, x.LISTED)
    assert_folds_every_event(SCHOOL, x.PROVINCE_SET)
    assert_folds_every_event(SCHOOL_CODE, x.LISTED)
