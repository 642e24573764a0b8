"""The national-format file: what was imported from such a file is exported to one, by scope, and imported again unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.directory.exporting import ACTION, COLUMNS, export_page
from services.directory.personal import destroy_keys
from shared.messages import Actor, Meta
from shared.sheet_writing import write_lines
from shared.sheets import read_lines
from tests.integration.directory.conftest import SCHOOL_CODE
from tests.support import export_examples
from tests.support.directory_examples import roster_row
from tests.support.export_examples import ABROAD, EMPLOYED, SEEKING, STUDYING, export_row, write_export
from tests.support.import_world import CLASS_YEAR, School, school_with
from tests.support.people import wq
from tests.support.spec import NOW

KINDS = (EMPLOYED, STUDYING, ABROAD, SEEKING)
SIZE = 6
SCOPE = f"CN/14/{SCHOOL_CODE}"


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[School]:
    """A school of six, of whom two have nothing registered."""
    with school_with(database_url, tmp_path, SIZE) as made:
        rows = [
            export_row(base, 学号=roster_row(number)["student_no"], 姓名=roster_row(number)["name"])
            for number, base in enumerate(KINDS)
        ]
        assert made.import_file(write_export(tmp_path / "去向.csv", rows)).registered == len(KINDS)
        yield made


def exported(school: School, scope: str = SCOPE, limit: int = 4, class_year: int = CLASS_YEAR) -> list[dict[str, str]]:
    meta = Meta(uuid4(), uuid4(), Actor("school", "school-office", scope), NOW, ACTION)
    rows: list[list[str]] = []
    after: str | None = None
    while True:
        with school.engine.connect() as connection:
            page, after = export_page(connection, school.log, school.personal, scope, class_year, after, limit, meta)
        rows += page
        if after is None:
            return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def by_number(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {row["学号"]: row for row in rows}


def test_the_columns_are_those_of_the_national_format_in_its_order() -> None:
    assert COLUMNS == export_examples.COLUMNS


def test_everybody_has_a_row_with_what_the_roster_and_the_destination_say(school: School) -> None:
    rows = exported(school)
    assert len(rows) == SIZE
    first = by_number(rows)[roster_row(0)["student_no"]]
    assert first["姓名"] == roster_row(0)["name"]
    told = {name: first[name] for name in EMPLOYED}
    # A county has no name in any table: the province's is given, beside the code.
    assert told == {**EMPLOYED, "单位所在地": "山西省"}
    assert len(first["入学年月"]) == 6
    assert len(first["毕业日期"]) == 8
    nothing = by_number(rows)[roster_row(SIZE - 1)["student_no"]]
    assert (nothing["毕业去向类别代码"], nothing["毕业去向"], nothing["单位名称"]) == ("", "", "")


@pytest.mark.parametrize("limit", [1, 5, 6, 7])
def test_pages_add_up(school: School, limit: int) -> None:
    assert exported(school, limit=limit) == exported(school, limit=100)


@pytest.mark.parametrize(("scope", "class_year"), [("CN/14/10109", CLASS_YEAR), ("CN/15", CLASS_YEAR), (SCOPE, 2025)])
def test_nobody_outside_the_scope_or_the_class_is_in_it(school: School, scope: str, class_year: int) -> None:
    assert exported(school, scope, class_year=class_year) == []


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_an_exported_file_is_imported_again_and_changes_nothing(school: School, tmp_path: Path, suffix: str) -> None:
    rows = [[row[name] for name in COLUMNS] for row in exported(school) if row["毕业去向类别代码"]]
    path = tmp_path / f"导出{suffix}"
    write_lines(path, [COLUMNS, *rows])
    report = school.import_file(path)
    assert (report.errors, report.registered, report.unchanged) == ([], 0, len(KINDS))


def test_who_was_erased_has_a_row_without_number_and_name(school: School) -> None:
    erased = school.graduate_id(0)
    with school.engine.begin() as connection:
        destroy_keys(connection, [erased])
    (row,) = [row for row in exported(school) if not row["学号"]]
    assert (row["姓名"], row["毕业去向类别代码"]) == ("", "11")


def test_the_command_writes_the_file(school: School, tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    key = str(tmp_path / "personal.key")
    environment = {
        "WQ_ENVIRONMENT": "development",
        "DATABASE_URL": school.database_url,
        "AMQP_URI": "amqp://nobody@127.0.0.1:1/",
        "WQ_PRINCIPAL_KEYS_FILE": key,
        "WQ_PERSONAL_KEY_FILE": key,
        "WQ_NATIONAL_URL": "http://127.0.0.1:1",
        "WQ_NATIONAL_KEY_FILE": key,
        "WQ_EVIDENCE_URL": (tmp_path / "evidence").as_uri(),
        "WQ_CHECK_ADDRESS": "https://check.example",
    }
    done = wq(
        "export-destinations", str(path), "--school", SCHOOL_CODE, "--class", str(CLASS_YEAR), environment=environment
    )
    assert done.returncode == 0, done.stderr
    lines = [line for _, line in read_lines(path)]
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == SIZE + 1
    (bad,) = [wq("export-destinations", "x.dbf", "--school", SCHOOL_CODE, "--class", "2026", environment=environment)]
    assert (bad.returncode, ".xlsx" in bad.stderr) == (2, True)
