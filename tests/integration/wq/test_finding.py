"""Whose a row of a school's file is, asked of a real directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.directory.personal import destroy_keys
from shared.codes.schools import SCHOOLS
from shared.errors import Invalid
from tests.integration.directory.conftest import SCHOOL_CODE
from tests.support.directory_examples import roster_row
from tests.support.import_world import CLASS_YEAR, School, school_with
from wq.finding import Graduates


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[School]:
    with school_with(database_url, tmp_path, 3) as made:
        yield made


def numbers(number: int, *names: str) -> dict[str, str]:
    row = roster_row(number)
    return {name: row[name] for name in names}


def test_a_graduate_is_found_by_either_number_and_by_both(school: School) -> None:
    graduates = school.graduates()
    asked = (["exam_no"], ["student_no"], ["exam_no", "student_no"], ["exam_no", "student_no", "name"])
    found = [graduates.graduate_id_of(numbers(1, *names)) for names in asked]
    assert len(set(found)) == 1
    graduate_id = found[0]
    assert graduate_id is not None
    assert school.log.read([stream := f"graduate-{graduate_id}"])[stream]
    assert graduates.graduate_id_of(numbers(2, "exam_no")) != graduate_id


@pytest.mark.parametrize(
    "row", [{}, {"exam_no": " "}, {"student_no": "1999"}, {"exam_no": "x", "student_no": "2022000001"}]
)
def test_numbers_that_nobody_has_find_nobody(school: School, row: dict[str, str]) -> None:
    assert school.graduates().graduate_id_of(row) is None


def test_numbers_of_different_people_are_told(school: School) -> None:
    with pytest.raises(Invalid) as caught:
        school.graduates().graduate_id_of({**numbers(0, "exam_no"), **numbers(1, "student_no")})
    assert (caught.value.code, caught.value.field) == ("finding.numbers_differ", "student_no")


def test_a_name_that_is_not_the_rosters_is_told(school: School) -> None:
    with pytest.raises(Invalid) as caught:
        school.graduates().graduate_id_of({**numbers(0, "student_no"), **numbers(1, "name")})
    assert (caught.value.code, caught.value.field) == ("finding.name_differs", "name")


def test_a_name_in_another_spelling_is_the_rosters(school: School) -> None:
    row = numbers(0, "student_no", "name")
    spelled = {**row, "name": f"\u202d{row['name'][0]} {row['name'][1:]}\u200b"}
    assert school.graduates().graduate_id_of(spelled) == school.graduates().graduate_id_of(row)


def test_another_class_and_another_school_know_nobody_here(school: School) -> None:
    for code, class_year in ((SCHOOL_CODE, CLASS_YEAR + 1), ("10109", CLASS_YEAR)):
        others = Graduates(school.engine, school.personal, SCHOOLS[code], class_year)
        assert others.graduate_id_of(numbers(0, "exam_no")) is None


def test_who_was_erased_is_not_found(school: School) -> None:
    graduate_id = school.graduate_id(0)
    with school.engine.begin() as connection:
        destroy_keys(connection, [graduate_id])
    assert school.graduates().graduate_id_of(numbers(0, "exam_no")) is None
