"""One valid example of each directory command and event, and of a roster's row; rosters as files.

A test states only what differs: `replace(ENROL, department="08")`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from services.directory import decider as c
from services.directory import events as e
from services.directory.decider.common import values_of
from shared.codes.identity import make_resident_id
from shared.codes.uscc import make_uscc
from shared.messages import new_id
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, LANE, NOW, command_id

CHAIN: Final = ("department", "school")
USCC: Final = make_uscc("91", "140105", "11000000")
EMPLOYER_NAME: Final = "晋阳机械（集团）有限公司"

SET_CHECK_ADDRESS: Final = c.SetCheckAddress("https://check.example")
CHECK_ADDRESS_SET: Final = e.CheckAddressSet("https://check.example")

SET_PROVINCE: Final = c.SetProvince(
    province="14",
    class_year=2026,
    parties=2,
    review_chain=CHAIN,
    cancellation_chain=("school",),
    response_days=5,
    response_days_max=30,
    cancellation_days=15,
)
PROVINCE_SET: Final = e.ProvinceSettingsChanged(
    "14", 2026, 2, CHAIN, ("school",), 5, 30, 15, template="default/2", response_days_min=1
)

LIST_SCHOOL: Final = c.ListSchool("10108", "4114010108", "山西大学", "14", "山西省", "太原市", "本科", private=False)
LISTED: Final = e.SchoolListed("10108", "4114010108", "山西大学", "14", "山西省", "太原市", "本科", private=False)
INSTITUTE: Final = replace(
    LIST_SCHOOL,
    school="80168",
    school_id10="",
    name="山西某研究所",
    level="研究生培养单位",
    valid_from=date(2020, 9, 1),
)
INSTITUTE_LISTED: Final = e.SchoolListed(**values_of(INSTITUTE))
TAKE_CODE: Final = c.TakeSchoolCode("80168", "14")
CODE_TAKEN: Final = e.SchoolCodeTaken("80168", "14")
RENAME_SCHOOL: Final = c.RenameSchool("14", "10108", "山西综合大学", date(2026, 6, 1))
SCHOOL_RENAMED: Final = e.SchoolRenamed("10108", "山西综合大学", date(2026, 6, 1))
SET_SCHOOL: Final = c.SetSchool("14", "10108", 2026, review_chain=("school",))
SCHOOL_SET: Final = e.SchoolSettingsChanged("10108", 2026, review_chain=("school",))
ADD_DEPARTMENT: Final = c.AddDepartment("14", "10108", "07", "机械工程学院")
DEPARTMENT_ADDED: Final = e.DepartmentAdded("10108", "07", "机械工程学院")

ENROL: Final = c.EnrolGraduate(
    graduate_id=GRADUATE_ID,
    province="14",
    school="10108",
    department="07",
    class_year=2026,
    education="31",
    major_code="080202",
    major_name="机械设计制造及其自动化",
    study_mode="全日制",
    study_years="4",
    training="1",
    sex="2",
    ethnic="01",
    political="03",
    hardship="0",
    normal="2",
    origin="140105",
    household="城镇",
    enrolled_on=date(2022, 9, 1),
    graduates_on=date(2026, 7, 1),
    personal="AQ==",
    personal_hash="aa",
    id_hash="bb",
    claim=1,
    claimed=True,
)
ENROLLED: Final = e.GraduateEnrolled(**ENROL.entry())
CLAIM: Final = c.ClaimPerson(
    graduate_id=GRADUATE_ID,
    id_hash="bb",
    province="14",
    school="10108",
    class_year=2026,
    education="31",
    enrolled_on=date(2022, 9, 1),
    graduates_on=date(2026, 7, 1),
    enrolment=command_id(),
)
CLAIMED: Final = e.PersonClaimed(GRADUATE_ID, "10108", 2026, "31", date(2022, 9, 1), date(2026, 7, 1), claimed_at=NOW)
REMOVE: Final = c.RemoveGraduate(GRADUATE_ID, "延期毕业")
REMOVED: Final = e.GraduateRemoved(GRADUATE_ID, "延期毕业")
ERASE: Final = c.EraseGraduate(GRADUATE_ID, "本人申请")
GRADUATE_ERASED: Final = e.GraduateErased(GRADUATE_ID, "本人申请")

CONFIRM: Final = c.ConfirmBasicData(GRADUATE_ID)
CONFIRMED: Final = e.BasicDataConfirmed(GRADUATE_ID, 1)
DISPUTE_ID: Final = new_id(LANE, command_id(), "dispute")
DISPUTE: Final = c.DisputeBasicData(GRADUATE_ID, "major_name", "AQ==")
DISPUTED: Final = e.BasicDataDisputed(DISPUTE_ID, GRADUATE_ID, 1, "major_name", "AQ==")
ANSWER: Final = c.AnswerDispute(GRADUATE_ID, DISPUTE_ID, "Ag==")
ANSWERED: Final = e.DisputeAnswered(DISPUTE_ID, GRADUATE_ID, "Ag==")

REGISTER: Final = c.RegisterEmployer(
    employer_id=EMPLOYER_ID,
    name=EMPLOYER_NAME,
    nature="31",
    industry="31",
    place="140105",
    address="太原市小店区",
    personal="AQ==",
    uscc=USCC,
)
REGISTERED: Final = e.EmployerRegistered(
    **{name: value for name, value in values_of(REGISTER).items() if name != "account"}
)
OTHER_USCC: Final = make_uscc("91", "140105", "12000000")
CHANGE: Final = c.ChangeEmployer(EMPLOYER_ID, EMPLOYER_NAME, "31", "31", "140105", "太原市小店区")
RENAME: Final = c.ChangeEmployer(EMPLOYER_ID, "晋阳智能装备有限公司", "31", "31", "140105", "太原市小店区")
CONTACT_CHANGED: Final = e.EmployerContactChanged(EMPLOYER_ID, "31", "140105", "太原市迎泽区", "Ag==")
CHANGE_REQUESTED: Final = e.EmployerChangeRequested(EMPLOYER_ID, "晋阳智能装备有限公司", "31")
CHANGE_VERIFIED: Final = e.EmployerChangeVerified(EMPLOYER_ID, "晋阳智能装备有限公司", "31")
CLOSE: Final = c.CloseEmployer(EMPLOYER_ID, "deregistered", date(2026, 4, 30))
CLOSED: Final = e.EmployerClosed(EMPLOYER_ID, "deregistered", date(2026, 4, 30))
LICENCE_ID: Final = "00-00000000-0000-4000-8000-0000000000d1"
LICENCE_STORED: Final = e.LicenceStored(LICENCE_ID, EMPLOYER_ID, "image/png", 1234, "ab" * 32, "cd" * 32)
VERIFIED: Final = e.EmployerVerified(EMPLOYER_ID)
EMPLOYER_RETURNED: Final = e.EmployerReturned(EMPLOYER_ID, "营业执照不清晰")
SUSPENDED: Final = e.EmployerSuspended(EMPLOYER_ID, "虚假招聘")
REINSTATED: Final = e.EmployerReinstated(EMPLOYER_ID)


def corrected(**changes: Any) -> e.GraduateCorrected:
    """The graduate's entry after a correction."""
    return e.GraduateCorrected(**{**values_of(ENROLLED), **changes})


# What a school types. Columns as the national system's form names them.
COLUMNS: Final[Mapping[str, str]] = {
    "exam_no": "考生号",
    "student_no": "学号",
    "name": "姓名",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "born_on": "出生日期",
    "phone": "手机",
    "sex": "性别",
    "ethnic": "民族",
    "political": "政治面貌",
    "department": "院系代码",
    "department_name": "院系",
    "major_code": "专业代码",
    "major_name": "专业名称",
    "education": "学历层次",
    "study_mode": "学习形式",
    "study_years": "学制",
    "training": "培养方式",
    "agreed_unit": "委培单位",
    "agreed_region": "定向地区代码",
    "origin": "生源地代码",
    "household": "城乡生源",
    "normal": "师范生类别",
    "hardship": "困难生类别",
    "enrolled_on": "入学日期",
    "graduates_on": "毕业日期",
}
HEADER: Final = list(COLUMNS.values())


def roster_row(number: int = 0, **changes: str) -> dict[str, str]:
    """The number-th row of a roster by field: women, two departments, nobody twice."""
    birth = date(2003, 1, 1) + timedelta(days=number % 700)
    row = {
        "exam_no": f"2614010{number:07d}",
        "student_no": f"2022{number:06d}",
        "name": f"张{chr(0x4E00 + number % 5000)}",
        "id_type": "",
        "id_number": make_resident_id("140105", birth, number // 700 % 500 * 2),
        "born_on": "",
        "phone": f"139{number:08d}",
        "sex": "2",
        "ethnic": "01",
        "political": "03",
        "department": "07" if number % 2 == 0 else "08",
        "department_name": "机械工程学院" if number % 2 == 0 else "外国语学院",
        "major_code": "080202",
        "major_name": "机械设计制造及其自动化",
        "education": "31",
        "study_mode": "全日制",
        "study_years": "4",
        "training": "1",
        "agreed_unit": "",
        "agreed_region": "",
        "origin": "140105",
        "household": "城镇",
        "normal": "2",
        "hardship": "0",
        "enrolled_on": "20220901",
        "graduates_on": "20260701",
    }
    return {**row, **changes}


def cells(row: Mapping[str, Any]) -> list[Any]:
    """A row as the cells under `HEADER`."""
    return [row[name] for name in COLUMNS]


def csv_text(rows: Iterable[Mapping[str, Any]], header: Iterable[str] = HEADER) -> str:
    """A roster as CSV."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(cells(row) for row in rows)
    return out.getvalue()


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """A roster as a CSV file in UTF-8 with its mark, as a spreadsheet saves it."""
    path.write_text(csv_text(rows), encoding="utf-8-sig", newline="")
    return path


def write_xlsx(path: Path, rows: Iterable[Mapping[str, Any]], *, shared_strings: bool = True) -> Path:
    """A roster as an XLSX file: text as text, numbers as numbers, days as days."""
    with xlsxwriter.Workbook(path, {"constant_memory": not shared_strings}) as book:
        sheet = book.add_worksheet()
        as_day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADER)
        for line, row in enumerate(rows, 1):
            for column, cell in enumerate(cells(row)):
                match cell:
                    case str():
                        sheet.write_string(line, column, cell)
                    case date():
                        sheet.write_datetime(line, column, cell, as_day)
                    case _:
                        sheet.write_number(line, column, cell)
    return path


def moved(department: str, name: str) -> dict[str, str]:
    """What changes in a row whose graduate belongs to another department."""
    return {"department": department, "department_name": name}
