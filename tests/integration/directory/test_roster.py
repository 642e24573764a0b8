"""Rosters imported into a real database: who is enrolled, what is told about the others, and in how much memory."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.directory.personal import destroy_keys
from services.directory.roster import CHUNK, graduate_id, import_roster
from shared.clock import FixedClock
from shared.codes.identity import make_resident_id
from shared.codes.schools import SCHOOLS
from shared.errors import Invalid, NotFound
from tests.integration.directory.conftest import SCHOOL_CODE, World
from tests.support.directory_examples import moved, roster_row, write_csv, write_xlsx
from tests.support.spec import NOW

FORMATS = [(".csv", write_csv), (".xlsx", write_xlsx)]
EVENTS = "SELECT count(*) FROM eventlog.events WHERE stream LIKE 'graduate-%%'"
KEYS = "SELECT count(*) FROM vault.subject_keys"


def graduate(world: World, number: int) -> str:
    """The id of the number-th row's graduate."""
    row = roster_row(number)
    return graduate_id(world.personal, SCHOOLS[SCHOOL_CODE], 2026, row["exam_no"])


def opened(world: World, thing: str) -> dict[str, Any] | None:
    """What the newest envelope of a graduate holds."""
    envelope = world.stream(f"graduate-{thing}")[-1].data["personal"]
    with world.engine.connect() as connection:
        return world.personal.open_many(connection, {thing: envelope})[thing]


@pytest.mark.parametrize(("suffix", "write"), FORMATS, ids=["csv", "xlsx"])
def test_good_rows_are_enrolled_and_a_bad_one_harms_nobody(
    world: World, tmp_path: Path, suffix: str, write: Any
) -> None:
    rows = [roster_row(number) for number in range(5)]
    rows[2] |= {"name": "", "sex": "1"}
    seen: list[int] = []
    report = world.import_file(write(tmp_path / f"名册{suffix}", rows), seen.append)
    assert (report.enrolled, report.corrected, report.unchanged, report.refused) == (4, 0, 0, 1)
    assert [(each.line, each.field, each.code) for each in report.errors] == [
        (4, "name", "roster.missing"),
        (4, "sex", "roster.sex"),
    ]
    assert all(each.zh and each.en for each in report.errors)
    assert seen == [5]
    for number in (0, 1, 3, 4):
        (enrolled,) = world.stream(f"graduate-{graduate(world, number)}")
        assert enrolled.type == "directory.GraduateEnrolled"
        assert enrolled.event.actor.scope == "CN/14/10108"
        assert opened(world, graduate(world, number)) == {
            **{name: rows[number][name] for name in ("name", "id_number", "exam_no", "student_no", "phone")},
            "id_type": "resident_id",
            "born_on": "",
        }
    assert world.stream(f"graduate-{graduate(world, 2)}") == []
    assert world.types("school-14-10108") == ["SchoolListed", "DepartmentAdded", "DepartmentAdded"]
    assert (report.sheet is None) == (suffix == ".csv")


def test_nothing_personal_is_stored_in_clear(world: World, tmp_path: Path) -> None:
    row = roster_row(name="欧阳修")
    world.import_file(write_csv(tmp_path / "名册.csv", [row]))
    told = " ".join(str(each.data) for each in world.lane())
    for name in ("name", "id_number", "exam_no", "student_no", "phone"):
        assert row[name] not in told


@pytest.mark.parametrize(("suffix", "write"), FORMATS, ids=["csv", "xlsx"])
def test_importing_again_changes_nothing(world: World, tmp_path: Path, suffix: str, write: Any) -> None:
    path = write(tmp_path / f"名册{suffix}", [roster_row(number) for number in range(5)])
    world.import_file(path)
    head = world.log.heads()
    report = world.import_file(path)
    assert (report.enrolled, report.corrected, report.unchanged, report.refused) == (0, 0, 5, 0)
    assert world.log.heads() == head


def test_a_row_that_says_something_else_corrects_its_graduate_alone(world: World, tmp_path: Path) -> None:
    rows = [roster_row(number) for number in range(3)]
    world.import_file(write_csv(tmp_path / "名册.csv", rows))
    rows[1] |= {"name": "张更正"}
    rows[2] |= moved("08", "外国语学院")
    report = world.import_file(write_csv(tmp_path / "更正.csv", rows))
    assert (report.enrolled, report.corrected, report.unchanged) == (0, 2, 1)
    assert world.types(f"graduate-{graduate(world, 1)}") == ["GraduateEnrolled", "GraduateCorrected"]
    corrected = opened(world, graduate(world, 1))
    assert corrected is not None
    assert corrected["name"] == "张更正"
    assert world.stream(f"graduate-{graduate(world, 2)}")[-1].data["department"] == "08"


def test_a_department_with_another_name_refuses_its_rows_only(world: World, tmp_path: Path) -> None:
    world.import_file(write_csv(tmp_path / "名册.csv", [roster_row(0)]))
    rows = [roster_row(1), roster_row(2, **moved("07", "机电学院"))]
    report = world.import_file(write_csv(tmp_path / "续.csv", rows))
    assert (report.enrolled, report.refused) == (1, 1)
    assert [(each.line, each.field, each.code) for each in report.errors] == [
        (3, "department", "directory.department_taken")
    ]


def test_of_two_rows_with_one_candidates_number_the_first_counts(world: World, tmp_path: Path) -> None:
    rows = [roster_row(0), roster_row(1, exam_no=roster_row(0)["exam_no"]), roster_row(2)]
    report = world.import_file(write_csv(tmp_path / "名册.csv", rows))
    assert (report.enrolled, report.corrected, report.refused) == (2, 0, 1)
    assert [(each.line, each.field, each.code) for each in report.errors] == [(3, "exam_no", "roster.repeated_row")]
    kept = opened(world, graduate(world, 0))
    assert kept is not None
    assert kept["name"] == rows[0]["name"]


def test_a_candidates_number_that_comes_again_in_a_later_chunk_corrects_nobody(world: World, tmp_path: Path) -> None:
    rows = [roster_row(number) for number in range(CHUNK + 2)]
    rows[CHUNK + 1] |= {"exam_no": rows[0]["exam_no"]}
    report = world.import_file(write_csv(tmp_path / "名册.csv", rows))
    assert (report.enrolled, report.corrected, report.refused) == (CHUNK + 1, 0, 1)
    assert [(each.line, each.field, each.code) for each in report.errors] == [
        (CHUNK + 3, "exam_no", "roster.repeated_row")
    ]
    assert world.types(f"graduate-{graduate(world, 0)}") == ["GraduateEnrolled"]
    kept = opened(world, graduate(world, 0))
    assert kept is not None
    assert kept["name"] == rows[0]["name"]


def test_a_number_whose_first_row_was_refused_is_not_taken(world: World, tmp_path: Path) -> None:
    rows = [roster_row(number) for number in range(CHUNK + 1)]
    rows[CHUNK] |= {"exam_no": rows[0]["exam_no"]}
    rows[0] |= {"name": ""}
    report = world.import_file(write_csv(tmp_path / "名册.csv", rows))
    assert (report.enrolled, report.refused) == (CHUNK, 1)
    assert [(each.line, each.code) for each in report.errors] == [(2, "roster.missing")]


def test_an_odd_number_is_told_with_its_line_and_enrolled(world: World, tmp_path: Path) -> None:
    rows = [roster_row(number) for number in range(3)]
    rows[1] |= {"id_number": make_resident_id("140199", date(2003, 5, 6), 2)}
    rows[2] |= {"id_number": make_resident_id("140199", date(2003, 5, 6), 4), "name": ""}
    path = write_csv(tmp_path / "名册.csv", rows)
    for enrolled, unchanged in ((2, 0), (0, 2)):
        report = world.import_file(path)
        assert (report.enrolled, report.unchanged, report.refused, report.warned) == (enrolled, unchanged, 1, 1)
        assert [(each.line, each.field, each.code) for each in report.warnings] == [
            (3, "id_number", "id.county_unknown")
        ]


def test_the_kind_of_a_document_is_sealed_and_nowhere_else(world: World, tmp_path: Path) -> None:
    row = roster_row(id_type="护照", id_number="e12345678", born_on="20030506")
    world.import_file(write_csv(tmp_path / "名册.csv", [row]))
    sealed = opened(world, graduate(world, 0))
    assert sealed is not None
    assert (sealed["id_type"], sealed["id_number"], sealed["born_on"]) == ("passport", "E12345678", "2003-05-06")
    told = " ".join(str(each.data) for each in world.lane())
    assert not any(word in told for word in ("passport", "护照", "id_type", "born_on", "2003-05-06", "E12345678"))


def test_another_kind_of_document_corrects_the_graduate(world: World, tmp_path: Path) -> None:
    passport = roster_row(id_type="护照", id_number="12345678")
    world.import_file(write_csv(tmp_path / "名册.csv", [passport]))
    report = world.import_file(write_csv(tmp_path / "更正.csv", [{**passport, "id_type": "台胞证"}]))
    assert (report.enrolled, report.corrected) == (0, 1)


def test_who_was_erased_is_not_enrolled_again(world: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "名册.csv", [roster_row(number) for number in range(3)])
    world.import_file(path)
    with world.engine.begin() as connection:
        destroy_keys(connection, [graduate(world, 1)])
    report = world.import_file(path)
    assert (report.unchanged, report.refused) == (2, 1)
    assert [(each.line, each.field, each.code) for each in report.errors] == [
        (3, "exam_no", "directory.graduate_erased")
    ]
    assert opened(world, graduate(world, 1)) is None


def test_a_key_is_stored_before_the_event_that_needs_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "名册.csv", [roster_row(number) for number in range(3)])
    original = world.log.append_many

    def append_many(lane: str, writes: Any, guards: Any) -> Any:
        assert world.count(KEYS) == 3
        assert world.count(EVENTS) == 0
        return original(lane, writes, guards)

    monkeypatch.setattr(world.log, "append_many", append_many)
    assert world.import_file(path).enrolled == 3


def test_of_two_importers_at_the_same_time_each_row_has_one_effect(world: World, tmp_path: Path) -> None:
    rows = [roster_row(number) for number in range(3_000)]
    paths = [write_csv(tmp_path / "名册.csv", rows), write_csv(tmp_path / "倒序.csv", list(reversed(rows)))]
    both_ready = threading.Barrier(2)

    def run(path: Path) -> Any:
        both_ready.wait(60)
        return world.import_file(path)

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(run, paths))
    assert [each.refused for each in reports] == [0, 0], [each.errors[:3] for each in reports]
    assert sum(each.enrolled for each in reports) == len(rows)
    assert sum(each.unchanged for each in reports) == len(rows)
    assert world.count(EVENTS) == len(rows)
    assert world.count(KEYS) == len(rows)
    for number in (0, 1_500, 2_999):
        clear = opened(world, graduate(world, number))
        assert clear is not None
        assert clear["name"] == rows[number]["name"]


def test_memory_does_not_grow_with_the_rows(world: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "名册.csv", map(roster_row, range(20_000)))
    held: dict[int, int] = {}

    def look(seen: int) -> None:
        gc.collect()
        held[seen] = psutil.Process().memory_info().rss

    assert world.import_file(path, look).enrolled == 20_000
    # A row is more than 2 kB while it is worked on: 14,000 that are kept would be twice this.
    assert held[20_000] - held[6_000] < 14 << 20, held


def test_nothing_is_written_when_the_file_is_wrong_far_behind(world: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "名册.csv", map(roster_row, range(5_000)))
    with path.open("ab") as file:
        file.write(b"\xff\xff\n")
    head = world.log.heads()
    with pytest.raises(Invalid):
        world.import_file(path)
    assert world.log.heads() == head


def run_for(world: World, path: Path, school: str) -> Any:
    return import_roster(
        world.log,
        world.engine,
        world.personal,
        path,
        school=school,
        class_year=2026,
        account="school-office",
        clock=FixedClock(NOW),
        report=lambda seen: None,
    )


def test_a_school_of_no_list_or_not_yet_listed_has_no_roster(world: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "名册.csv", [roster_row()])
    for code in ("00000", "10110"):
        with pytest.raises(NotFound) as unknown:
            run_for(world, path, code)
        assert unknown.value.code == "directory.school_not_found"
    assert world.count(EVENTS) == 0


# One person, one record


def refusals(report: Any) -> list[tuple[int, str, str]]:
    """The line, field and code of every reason."""
    return [(each.line, each.field, each.code) for each in report.errors]


def test_one_number_under_two_candidates_numbers_is_one_person(world: World, tmp_path: Path) -> None:
    rows = [roster_row(number) for number in range(4)]
    rows[2] |= {"id_number": rows[0]["id_number"]}
    path = write_csv(tmp_path / "名册.csv", rows)
    for enrolled, unchanged in ((3, 0), (0, 3)):
        report = world.import_file(path)
        assert (report.enrolled, report.unchanged, report.refused) == (enrolled, unchanged, 1)
        assert refusals(report) == [(4, "id_number", "directory.person_in_class")]
        assert "“山西大学”（院校代码 10108）2026 届" in report.errors[0].zh


def test_a_number_written_another_way_is_the_same_number(world: World, tmp_path: Path) -> None:
    ending_in_x = next(row for row in map(roster_row, range(700)) if row["id_number"].endswith("X"))
    world.import_file(write_csv(tmp_path / "名册.csv", [ending_in_x]))
    digits = str.maketrans("0123456789", "０１２３４５６７８９")
    number = ending_in_x["id_number"]
    for index, written in enumerate(
        (number.lower(), f" {number}", number.replace("X", "Ｘ"), number.replace("X", "ｘ"))
    ):
        again = {**ending_in_x, "exam_no": f"2614019{index:07d}", "id_number": written}
        report = world.import_file(write_csv(tmp_path / "再次.csv", [again]))
        assert refusals(report) == [(2, "id_number", "directory.person_in_class")]
    # Digits of another width, and fifteen of them, are no number at all: nobody comes in by one.
    for written, code in ((number.translate(digits), "id.length"), (number[:6] + number[8:17], "id.length")):
        again = {**ending_in_x, "exam_no": "26140199999999", "id_number": written}
        assert refusals(world.import_file(write_csv(tmp_path / "再次.csv", [again]))) == [(2, "id_number", code)]


def test_a_permit_that_was_issued_again_is_the_same_persons(world: World, tmp_path: Path) -> None:
    """The last two of eleven, or ten, count how often it was issued; the rest stays for life."""
    first = [
        roster_row(0, id_type="港澳居民来往内地通行证", id_number="H12345678", born_on="20030506"),
        roster_row(1, id_type="台胞证", id_number="12345678", born_on="20030506"),
    ]
    report = world.import_file(write_csv(tmp_path / "名册.csv", first))
    assert (report.enrolled, report.refused) == (2, 0)
    again = [
        {**first[0], "exam_no": "26140190000001", "id_number": "H1234567802"},
        {**first[1], "exam_no": "26140190000002", "id_number": "1234567801"},
    ]
    report = world.import_file(write_csv(tmp_path / "再次.csv", again))
    assert [code for _, _, code in refusals(report)] == ["directory.person_in_class"] * 2
