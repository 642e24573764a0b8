"""An employer's licence is stored once, shown to the employer and to who verifies employers, and every look is written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.directory import events as e
from services.directory.decider.common import values_of
from services.directory.papers.licence import HANDLING, ReadLicence, StoreLicence
from shared.access import allowed
from tests.support import directory_examples as x
from tests.support.spec import (
    DEPARTMENT,
    EMPLOYER,
    EMPLOYER_ID,
    GRADUATE,
    MINISTRY,
    OTHER_EMPLOYER,
    PROVINCE,
    SCHOOL,
    assert_folds_every_event,
    given,
    meta,
)

STORE = StoreLicence(**values_of(x.LICENCE_STORED))
READ = ReadLicence(x.LICENCE_ID, EMPLOYER_ID)
WAS_READ = e.LicenceRead(x.LICENCE_ID)


def test_a_licence_is_stored_once() -> None:
    given(HANDLING).when(STORE, meta(EMPLOYER)).then(x.LICENCE_STORED)
    given(HANDLING, x.LICENCE_STORED).when(STORE, meta(EMPLOYER, number=2)).then_nothing()


def test_every_reading_is_an_event() -> None:
    given(HANDLING, x.LICENCE_STORED).when(READ, meta(SCHOOL)).then(WAS_READ)
    given(HANDLING, x.LICENCE_STORED, WAS_READ).when(READ, meta(SCHOOL, number=2)).then(WAS_READ)


@pytest.mark.parametrize("past", [(), (replace(x.LICENCE_STORED, employer_id="00-another"),)])
def test_a_file_that_is_not_this_employers_is_not_found(past: tuple[e.LicenceStored, ...]) -> None:
    given(HANDLING, *past).when(READ).then_refused("directory.licence_not_found", "licence_id")


def test_the_employer_stores_it_and_the_offices_that_verify_read_it() -> None:
    own = HANDLING.subject(READ, None, None)
    assert {actor for actor in ACTORS if allowed("directory.store_licence", actor, own)} == {EMPLOYER}
    readers = {actor for actor in ACTORS if allowed("directory.read_licence", actor, own)}
    assert readers == {EMPLOYER, SCHOOL, PROVINCE, MINISTRY}


ACTORS = (EMPLOYER, OTHER_EMPLOYER, GRADUATE, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY)


def test_the_fold_knows_every_event() -> None:
    assert_folds_every_event(HANDLING, x.VERIFIED)
