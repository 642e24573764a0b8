"""A file of an older system's destinations, from its columns to the tables that count them, on a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.registration.follower import FOLLOWERS as REGISTRATION
from services.stats.follower import FOLLOWERS as STATS
from tests.integration.directory.conftest import SCHOOL_CODE
from tests.support.directory_examples import roster_row
from tests.support.export_examples import ABROAD, EMPLOYED, SEEKING, STUDYING, export_row, write_export
from tests.support.import_world import CLASS_YEAR, School, school_with
from tests.support.people import wq

# Each kind of row that a file holds, and the category it is registered under.
CATEGORY_10 = {"毕业去向类别代码": "10", "毕业去向": "签就业协议形式就业", "单位性质代码": "10", "单位性质": "机关"}
KINDS: tuple[tuple[dict[str, str], dict[str, str], str], ...] = (
    (EMPLOYED, {}, "11"),
    (EMPLOYED, {**CATEGORY_10, "录用形式": "公招录用"}, "10"),
    (EMPLOYED, {"毕业去向类别代码": "27", "毕业去向": "科研助理", "单位性质代码": "27", "单位性质": ""}, "271"),
    (EMPLOYED, {"毕业去向类别代码": "50", "毕业去向": "国家基层项目—三支一扶"}, "502"),
    (STUDYING, {"毕业去向类别代码": "80"}, "801"),
    (STUDYING, {}, "801"),
    (ABROAD, {}, "85"),
    (SEEKING, {"单位性质代码": "70", "单位性质": "待就业"}, "70"),
)
BAD = (
    ({"毕业去向类别代码": "10", "毕业去向": "签就业协议形式就业"}, "form", "registration.agreement_needed"),
    ({"毕业去向类别代码": "80", "毕业去向": "升学"}, "code", "export.unclear_category"),
    ({"姓名": "查无此人"}, "name", "finding.name_differs"),
    ({"学号": "1999000000"}, "student_no", "registration.graduate_not_found"),
    ({"统一社会信用代码": "91140105123456789"}, "uscc", "registration.wrong_uscc"),
)
GOOD_ROWS = 45


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[School]:
    with school_with(database_url, tmp_path, GOOD_ROWS + len(BAD)) as made:
        yield made


def mixed() -> list[dict[str, str]]:
    """Fifty rows: every kind of good one in turn, half of them by 考生号, every tenth one bad."""
    rows = []
    for number in range(GOOD_ROWS + len(BAD)):
        person = roster_row(number)
        known = {"学号": person["student_no"], "姓名": person["name"]}
        if number % 10 == 9:
            rows.append(export_row(EMPLOYED, **{**known, **BAD[number // 10][0]}))
            continue
        base, changes, _ = KINDS[number % len(KINDS)]
        by_number = known if number % 2 else {"考生号": person["exam_no"]}
        rows.append(export_row(base, **{**changes, **by_number}))
    return rows


def expected_codes() -> Counter[str]:
    return Counter(KINDS[number % len(KINDS)][2] for number in range(50) if number % 10 != 9)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_fifty_mixed_rows_are_registered_counted_and_told_of(school: School, tmp_path: Path, suffix: str) -> None:
    report = school.import_file(write_export(tmp_path / f"去向{suffix}", mixed()))
    told = [(each.line, each.field, each.code) for each in report.errors]
    assert told == unordered(told, [(10 * (index + 1) + 1, field, code) for index, (_, field, code) in enumerate(BAD)])
    assert (report.registered, report.unchanged, report.refused) == (GOOD_ROWS, 0, len(BAD))
    (registration,), (stats,) = REGISTRATION, STATS
    with school.follow(registration) as engine, engine.connect() as connection:
        rows = connection.execute(text("SELECT code, source, state FROM registrations")).all()
        assert Counter(row.code for row in rows) == expected_codes()
        assert {(row.source, row.state) for row in rows} == {("import", "registered")}
    with school.follow(stats) as engine, engine.connect() as connection:
        counted = connection.execute(text("SELECT code, sum(delta) AS people FROM cube WHERE code <> '' GROUP BY code"))
        assert {row.code: row.people for row in counted} == expected_codes()


def unordered(found: list[tuple[int, str, str]], wanted: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """What is wanted in the order in which it was found: rows are read before they are decided."""
    return sorted(wanted, key=lambda each: found.index(each) if each in found else len(found))


def test_importing_a_file_twice_changes_nothing(school: School, tmp_path: Path) -> None:
    path = write_export(tmp_path / "去向.csv", mixed())
    school.import_file(path)
    heads = school.log.heads()
    report = school.import_file(path)
    assert (report.registered, report.unchanged, report.refused) == (0, GOOD_ROWS, len(BAD))
    assert school.log.heads() == heads


def test_a_corrected_row_supersedes_its_own_import_alone(school: School, tmp_path: Path) -> None:
    rows = [export_row(学号=roster_row(number)["student_no"]) for number in range(3)]
    school.import_file(write_export(tmp_path / "去向.csv", rows))
    rows[1]["单位名称"] = "汾河软件有限公司"
    report = school.import_file(write_export(tmp_path / "更正.csv", rows))
    assert (report.registered, report.unchanged, report.refused) == (1, 2, 0)
    stream = f"registration-{school.graduate_id(1)}"
    units = [each.data["destination"]["unit_name"] for each in school.log.read([stream])[stream]]
    assert units == ["晋阳机械（集团）有限公司", "汾河软件有限公司"]


def test_the_command_imports_a_file_and_says_what_was_wrong(school: School, tmp_path: Path) -> None:
    undated: dict[str, Any] = {"签约日期": ""}
    good = export_row(**undated, 学号=roster_row(0)["student_no"])
    bad = export_row(**undated, 学号="1999000000")
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

    def run(*rows: dict[str, str]) -> tuple[int, str, str]:
        path = write_export(tmp_path / "去向.csv", rows)
        asked = ("import-destinations", str(path), "--school", SCHOOL_CODE, "--class", str(CLASS_YEAR))
        done = wq(*asked, environment=environment)
        return done.returncode, done.stdout, done.stderr

    code, out, err = run(good, bad)
    assert code == 1, err
    assert "registered 1, 未变 unchanged 0, 有误 refused 1" in out
    assert (
        "第 3 行 学号：没有该毕业生，或已移出名册，请核对考生号、学号或所选的人 / line 3 student number: There is no"
        in err
    )
    code, out, err = run(good)
    assert (code, err) == (0, "")
    assert "registered 0, 未变 unchanged 1, 有误 refused 0, 请核对 to check 0" in out
    code, out, err = run({**good, "统一社会信用代码": "91350203M0001QKT19"})
    assert (code, "to check 1" in out) == (0, True), err
    assert "请核对 please check: 第 2 行" in err
    assert "[uscc uscc.check]" in err
