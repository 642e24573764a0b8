"""The ministry's list of schools is whole and every school can be found."""

from __future__ import annotations

from shared.codes.schools import SCHOOLS, school_by_name
from shared.codes.tables import PROVINCE


def test_2756_schools_each_in_a_province_of_the_table() -> None:
    assert len(SCHOOLS) == 2756
    assert {school.province for school in SCHOOLS.values()} <= set(PROVINCE.codes)
    assert {school.level for school in SCHOOLS.values()} == {"本科", "专科"}


def test_the_code_is_the_end_of_the_ten_digits() -> None:
    for code, school in SCHOOLS.items():
        assert code == school.code5 == school.school_id10[5:]
        assert len(school.school_id10) == 10
    assert sum(school.school_id10.startswith("36") for school in SCHOOLS.values()) == 6


def test_the_eight_schools_of_the_corps_are_in_its_province() -> None:
    corps = {school for school in SCHOOLS.values() if school.province == "66"}
    assert len(corps) == 8
    assert {school.school_id10[2:4] for school in corps} == {"65"}
    assert {school.authority for school in corps} == {"新疆生产建设兵团"}


def test_other_schools_are_in_the_province_of_their_digits() -> None:
    assert {s.school_id10[2:4] == s.province for s in SCHOOLS.values() if s.province != "66"} == {True}


def test_every_school_is_found_by_its_name() -> None:
    assert [school_by_name(school.name) for school in SCHOOLS.values()] == list(SCHOOLS.values())


def test_the_width_of_brackets_does_not_matter() -> None:
    school = school_by_name("中国石油大学（北京）")
    assert school is not None
    assert school_by_name("中国石油大学(北京)") is school
    assert school_by_name("火星大学") is None
