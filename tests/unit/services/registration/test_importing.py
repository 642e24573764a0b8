"""Importing a destination in every state that it can meet, and files of them into a log in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.registration.decider import HANDLING
from services.registration.events import Destination
from services.registration.exports import decode_row
from services.registration.facts import Facts
from services.registration.importing import ImportReport, import_destinations, read_rows
from services.registration.requirements import check_imported, doubts_of
from shared.access import Subject, allowed
from shared.clock import FixedClock
from shared.codes.schools import SCHOOLS
from shared.errors import Invalid, Reason
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Write
from shared.messages import NewEvent
from tests.support import registration_examples as x
from tests.support.export_examples import SEEKING, export_row, write_export
from tests.support.source import ROOT
from tests.support.spec import (
    DEPARTMENT,
    GRADUATE,
    GRADUATE_ID,
    LANE,
    MINISTRY,
    NOW,
    PROVINCE,
    SCHOOL,
    SCOPE,
    SYSTEM,
    Given,
    given,
    meta,
)

OTHER = replace(x.CONTRACT, unit_name="汾河软件有限公司")
ANOTHER = replace(x.IMPORT, destination=OTHER)
NAME_DIFFERS = Reason("test.name_differs", "姓名不符", "Another name", Invalid)


def after(*events: Any, facts: Facts = x.FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


def imported(destination: Any) -> Any:
    """The event of the second command."""
    return replace(x.IMPORTED, registration_id=x.OTHER_REGISTRATION_ID, destination=destination)


def test_a_destination_is_imported() -> None:
    after().when(x.IMPORT, meta(SCHOOL)).then(x.IMPORTED)


def test_neither_evidence_nor_pay_is_asked_for() -> None:
    low = replace(x.complete("12"), monthly_salary=None)
    facts = replace(x.FACTS, settings=replace(x.FACTS.settings, evidence_required=True))
    after(facts=facts).when(replace(x.IMPORT, destination=low)).then(replace(x.IMPORTED, destination=low))


def test_an_agreement_signed_elsewhere_is_registered_with_its_paper_and_not_imported() -> None:
    command = replace(x.IMPORT, destination=x.AGREED)
    after().when(command).then_refused("registration.agreement_needed", "destination.form")
    hired = replace(x.AGREED, form="public_hiring", unit_nature="10")
    after().when(replace(x.IMPORT, destination=hired)).then(replace(x.IMPORTED, destination=hired))


def test_imports_end_with_the_day_that_the_province_has_set_and_never_begin_without_one() -> None:
    def until(day: date | None) -> Facts:
        return replace(x.FACTS, settings=replace(x.FACTS.settings, imports_until=day))

    after(facts=until(NOW.date())).when(x.IMPORT, meta(SCHOOL)).then(x.IMPORTED)
    for over in (None, NOW.date() - timedelta(days=1)):
        after(facts=until(over)).when(x.IMPORT, meta(SCHOOL)).then_refused("registration.imports_closed")
        repeated = after(x.IMPORTED, facts=until(over)).when(x.IMPORT, meta(SCHOOL, number=2))
        repeated.then_refused("registration.imports_closed")


def test_the_day_is_that_of_the_newest_settings_of_the_class() -> None:
    def imports_until(*told: dict[str, Any]) -> date | None:
        log = MemoryLog()
        (graduate_id,) = enrolled(log, 1, *told).values()
        command = replace(x.IMPORT, graduate_id=graduate_id)
        found: date | None = HANDLING.facts(command, log.read(HANDLING.reads(command))).settings.imports_until
        return found

    assert imports_until({"class_year": 2026}) is None
    assert imports_until({"class_year": 2026, "imports_until": "2026-05-31"}) == date(2026, 5, 31)
    assert imports_until({"class_year": 2026, "imports_until": "2026-05-31"}, {"class_year": 2026}) is None
    assert imports_until({"class_year": 2025, "imports_until": "2026-05-31"}) is None


def test_what_older_exports_do_not_tell_may_be_missing() -> None:
    for bare in (replace(x.SEEKING, intention=None), replace(x.CONTRACT, unit_nature=None)):
        after().when(replace(x.IMPORT, destination=bare)).then(replace(x.IMPORTED, destination=bare))


def test_who_is_on_no_roster_has_nothing_imported() -> None:
    after(facts=Facts()).when(x.IMPORT).then_refused("registration.graduate_not_found", "graduate_id")


@pytest.mark.parametrize(
    ("destination", "code", "field"),
    [
        (replace(x.CONTRACT, place=None), "registration.field_missing", "destination.place"),
        (replace(x.SEEKING, unit_name="晋阳机械"), "registration.field_forbidden", "destination.unit_name"),
        (replace(x.complete("801"), code="80"), "registration.not_registrable", "destination.code"),
        (replace(x.CONTRACT, uscc="123"), "registration.wrong_uscc", "destination.uscc"),
        (replace(x.AGREED, form="nothing"), "registration.wrong_form", "destination.form"),
        (replace(x.complete("46"), unit_nature="31"), "registration.wrong_nature", "destination.unit_nature"),
    ],
)
def test_what_a_category_asks_for_is_asked_of_imports_too(destination: Any, code: str, field: str) -> None:
    after().when(replace(x.IMPORT, destination=destination)).then_refused(code, field)


def test_who_was_trained_for_a_unit_is_imported_with_that_unit_only() -> None:
    facts = replace(x.FACTS, graduate=x.BOUND)
    after(facts=facts).when(x.IMPORT).then(x.IMPORTED)
    after(facts=facts).when(ANOTHER).then_refused("registration.agreed_unit_only", "destination.unit_name")


def test_what_is_signed_tomorrow_is_not_imported() -> None:
    late = replace(x.CONTRACT, signed_on=NOW.date().replace(year=2027))
    after().when(replace(x.IMPORT, destination=late)).then_refused("registration.signed_on", "destination.signed_on")


@pytest.mark.parametrize("past", [(), (x.IMPORTED,), (x.FROM_AGREEMENT,)])
def test_nothing_is_imported_while_an_agreement_binds(past: Any) -> None:
    facts = replace(x.FACTS, signed=True)
    after(*past, facts=facts).when(x.IMPORT, meta(number=2)).then_refused("registration.already_signed")


def test_nothing_is_imported_while_a_registration_is_under_review() -> None:
    after(x.SUBMITTED).when(x.IMPORT, meta(number=2)).then_refused("registration.in_review")


@pytest.mark.parametrize("command", [x.IMPORT, ANOTHER])
def test_nothing_is_imported_while_a_void_is_under_review(command: Any) -> None:
    past = (x.IMPORTED, x.VOID_REQUESTED)
    after(*past).when(command, meta(number=2)).then_refused("registration.void_in_review")


@pytest.mark.parametrize("registered", [x.IMPORTED, x.REGISTERED])
def test_what_is_registered_already_is_not_imported_again(registered: Any) -> None:
    after(registered).when(x.IMPORT, meta(number=2)).then_nothing()


def test_an_import_corrects_an_earlier_one() -> None:
    after(x.IMPORTED).when(ANOTHER, meta(number=2)).then(imported(OTHER))


@pytest.mark.parametrize("destination", [x.CONTRACT, x.SEEKING])
def test_what_the_graduate_registered_here_is_not_overwritten(destination: Any) -> None:
    registered = replace(x.REGISTERED, destination=destination)
    after(registered).when(ANOTHER, meta(number=2)).then_refused("registration.void_first")


def test_what_the_graduate_had_voided_does_not_come_back() -> None:
    past = (x.IMPORTED, x.VOID_REQUESTED, x.VOIDED)
    retold = replace(x.CONTRACT, unit_name="晋阳机械(集团)有限公司", monthly_salary=None, signed_on=date(2026, 4, 1))
    for again in (x.IMPORT, replace(x.IMPORT, destination=retold)):
        after(*past).when(again, meta(number=2)).then_refused("registration.voided_before")
    after(*past).when(ANOTHER, meta(number=2)).then(imported(OTHER))
    otherwise = replace(x.complete("12"), unit_name=x.CONTRACT.unit_name)
    after(*past).when(replace(x.IMPORT, destination=otherwise), meta(number=2)).then(imported(otherwise))


def test_a_school_that_the_graduate_had_voided_does_not_come_back_either() -> None:
    studying = x.complete("801")
    past = (replace(x.IMPORTED, destination=studying), x.VOID_REQUESTED, x.VOIDED)
    again = replace(x.IMPORT, destination=replace(studying, place="140100"))
    after(*past).when(again, meta(number=2)).then_refused("registration.voided_before")
    elsewhere = replace(studying, school_name="太原理工大学")
    after(*past).when(replace(x.IMPORT, destination=elsewhere), meta(number=2)).then(imported(elsewhere))


@pytest.mark.parametrize(
    "past", [(x.SUBMITTED, x.WITHDRAWN), (x.SUBMITTED, x.RETURNED), (x.FROM_AGREEMENT,), (x.FILED,)]
)
def test_what_came_to_nothing_does_not_stand_in_the_way(past: Any) -> None:
    after(*past).when(x.IMPORT, meta(number=2)).then(imported(x.CONTRACT))


def test_an_agreement_supersedes_what_was_imported() -> None:
    concluded = replace(x.FROM_AGREEMENT, registration_id=x.OTHER_REGISTRATION_ID)
    after(x.IMPORTED).when(x.CONCLUDE, meta(number=2)).then(concluded)


def test_a_graduate_has_an_import_voided() -> None:
    after(x.IMPORTED).when(replace(x.REQUEST_VOID), meta(GRADUATE)).then(x.VOID_REQUESTED)


def test_only_the_school_imports() -> None:
    subject = Subject(scope=SCOPE, graduate_id=GRADUATE_ID)
    actors = (GRADUATE, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY, SYSTEM)
    assert [each for each in actors if allowed("registration.import_destination", each, subject)] == [SCHOOL]
    elsewhere = Subject(scope="CN/14/10109/07", graduate_id=GRADUATE_ID)
    assert not allowed("registration.import_destination", SCHOOL, elsewhere)


def run(log: MemoryLog, path: Path, known: Mapping[str, str], seen: list[int] | None = None) -> ImportReport:
    """Import a file of graduates who are known by their 学号."""

    def graduate_id_of(row: Mapping[str, str]) -> str | None:
        if row.get("name") == "别人":
            raise NAME_DIFFERS.error(field="name")
        return known.get(row["student_no"])

    return import_destinations(
        log,
        path,
        school=SCHOOLS["10108"],
        class_year=2026,
        account="school-office",
        graduate_id_of=graduate_id_of,
        clock=FixedClock(NOW),
        report=(seen if seen is not None else []).append,
    )


OPEN = {"class_year": 2026, "imports_until": "2026-12-31"}


def enrolled(log: MemoryLog, count: int, *settings: dict[str, Any]) -> dict[str, str]:
    """Put graduates on the roster of a province with these settings, or with imports open; their ids by 学号."""
    for version, told in enumerate(settings or (OPEN,)):
        event = NewEvent("directory.ProvinceSettingsChanged", 1, told, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        log.append(LANE, Write(f"province-{LANE}", version, [event]))
    known = {}
    for number in range(count):
        graduate_id = f"{LANE}-{uuid4()}"
        roster = {"province": LANE, "school": "10108", "department": "07", "class_year": 2026, "training": "1"}
        data = {"graduate_id": graduate_id, **roster}
        enrolled = NewEvent("directory.GraduateEnrolled", 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
        log.append(LANE, Write(f"graduate-{graduate_id}", 0, [enrolled]))
        known[f"2022{number:06d}"] = graduate_id
    return known


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    assert all(each.zh and each.en for each in report.errors)
    return [(each.line, each.field, each.code) for each in report.errors]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_bad_row_is_told_with_its_line_and_harms_no_other(tmp_path: Path, suffix: str) -> None:
    log = MemoryLog()
    known = enrolled(log, 6)
    numbers = list(known)
    rows = [
        export_row(学号=numbers[0]),
        export_row(学号=numbers[1], 单位所在地代码="", 单位所在地=""),
        export_row(学号="999"),
        export_row(学号=numbers[2], 姓名="别人"),
        export_row(学号=numbers[0], 单位名称="汾河软件有限公司"),
        export_row(学号=numbers[3], 单位行业代码="01", 签约日期="昨天"),
        export_row(SEEKING, 学号=numbers[4]),
        export_row(学号="2.022E+9"),
    ]
    seen: list[int] = []
    report = run(log, write_export(tmp_path / f"去向{suffix}", rows), known, seen)
    assert (report.registered, report.unchanged, report.refused) == (2, 0, 6)
    assert sorted(reasons(report)) == [
        (3, "place", "registration.field_missing"),
        (4, "student_no", "registration.graduate_not_found"),
        (5, "name", "test.name_differs"),
        (6, "", "export.repeated_row"),
        (7, "industry", "export.unknown_code"),
        (7, "signed_on", "export.date"),
        (9, "student_no", "export.damaged"),
    ]
    assert seen == [8]
    assert (report.sheet is None) == (suffix == ".csv")
    (event,) = log.read([stream := f"registration-{known[numbers[0]]}"])[stream]
    assert (event.type, event.data["source"]) == ("registration.DestinationRegistered", "import")
    assert (event.event.actor.role, event.event.actor.scope) == ("school", "CN/14/10108")


def test_what_is_odd_about_a_row_or_not_kept_as_written_is_told_and_the_row_taken(tmp_path: Path) -> None:
    log = MemoryLog()
    known = enrolled(log, 4)
    numbers = list(known)
    rows = [
        export_row(学号=numbers[0], 统一社会信用代码="91350203M0001QKT19"),
        export_row(学号=numbers[1], 单位名称="晋阳\u200b机械\u00a0厂"),
        export_row(学号=numbers[2], 单位名称="\u202d晋阳机械厂"),
        export_row(学号=numbers[3], 单位名称="晋阳\u2028机械厂"),
    ]
    path = write_export(tmp_path / "去向.csv", rows)
    for registered, unchanged in ((2, 0), (0, 2)):
        report = run(log, path, known)
        assert (report.registered, report.unchanged, report.refused, report.warned) == (registered, unchanged, 2, 2)
        assert reasons(report) == [(4, "unit_name", "export.character"), (5, "unit_name", "export.control")]
        assert [(each.line, each.field, each.code) for each in report.warnings] == [
            (2, "uscc", "uscc.check"),
            (3, "unit_name", "export.unified"),
        ]
    told = log.read([stream := f"registration-{known[numbers[1]]}"])[stream][0].data["destination"]
    assert told["unit_name"] == "晋阳机械 厂"


def test_a_file_of_real_destinations_with_an_odd_code_is_imported(tmp_path: Path) -> None:
    rows = [raw for _, raw in read_rows(ROOT / "tests" / "data" / "sheets" / "71_dest_real_code_with_odd_check.csv")]
    for raw in rows:
        decoded = decode_row(raw, 2022)
        assert isinstance(decoded, Destination)
        assert check_imported(decoded, 2022).uscc == "91350203M0001QKT19"
        assert list(doubts_of(decoded)) == ["uscc"]
    assert len(rows) == 2


def test_importing_a_file_again_changes_nothing(tmp_path: Path) -> None:
    log = MemoryLog()
    known = enrolled(log, 3)
    path = write_export(tmp_path / "去向.csv", [export_row(学号=number) for number in known])
    run(log, path, known)
    heads = log.heads()
    report = run(log, path, known)
    assert (report.registered, report.unchanged, report.refused) == (0, 3, 0)
    assert log.heads() == heads


def test_a_file_of_more_than_one_chunk_is_imported_whole(tmp_path: Path) -> None:
    log = MemoryLog()
    known = enrolled(log, 1_001)
    seen: list[int] = []
    path = write_export(tmp_path / "去向.csv", [export_row(学号=number) for number in known])
    assert run(log, path, known, seen).registered == 1_001
    assert seen == [1_000, 1_001]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "export.unreadable"),
        ("\x00\x01", "export.unreadable"),
        ("姓名,毕业去向\n", "export.missing_columns"),
        ("学号,单位名称\n", "export.missing_columns"),
        ("学号,毕业去向,毕业去向类别\n", "export.repeated_columns"),
    ],
)
def test_a_file_with_the_wrong_columns_is_refused_before_anything_is_written(
    tmp_path: Path, text: str, code: str
) -> None:
    path = tmp_path / "去向.csv"
    path.write_text(text)
    with pytest.raises(Invalid) as caught:
        read_rows(path)
    assert caught.value.code == code


def test_empty_lines_and_other_columns_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "去向.csv"
    path.write_text("学号,备注,毕业去向\n2022000000,好,待就业\n,,\n2022000001,,待就业\n")
    assert list(read_rows(path)) == [
        (2, {"student_no": "2022000000", "code_name": "待就业"}),
        (4, {"student_no": "2022000001", "code_name": "待就业"}),
    ]
