"""One row of a roster: what its columns are called, what each must hold, and every reason why it does not. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any

from shared.codes.identity import (
    RESIDENT_ID,
    BadIdentifier,
    Identity,
    check_identity,
    county_doubt,
    may_graduate,
    usual_resident_id,
)
from shared.codes.tables import (
    BOUND_TRAININGS,
    EDUCATION,
    ETHNIC,
    HARDSHIP,
    IDENTITY_DOCUMENT,
    NORMAL_STUDENT,
    PLACE,
    POLITICAL,
    SEX,
    TRAINING,
    CodeTable,
)
from shared.errors import Invalid, Reason
from shared.names import BadText, changes_of, clean_line, clean_name, is_plain, is_plain_name
from shared.sheets import BROKEN_CELL, is_rounded_month, written_day

# 表头 → field. Several spellings are in use; the first is ours.
HEADERS: dict[str, str] = {
    "考生号": "exam_no",
    "学号": "student_no",
    "姓名": "name",
    "证件类型": "id_type",
    "身份证件类型": "id_type",
    "证件号码": "id_number",
    "身份证号": "id_number",
    "身份证号码": "id_number",
    "出生日期": "born_on",
    "手机": "phone",
    "手机号": "phone",
    "性别": "sex",
    "民族": "ethnic",
    "政治面貌": "political",
    "院系代码": "department",
    "院系": "department_name",
    "学院": "department_name",
    "院系名称": "department_name",
    "专业代码": "major_code",
    "专业名称": "major_name",
    "专业": "major_name",
    "学历层次": "education",
    "学历": "education",
    "学习形式": "study_mode",
    "学制": "study_years",
    "培养方式": "training",
    "委培单位": "agreed_unit",
    "定向单位": "agreed_unit",
    "定向或委培单位": "agreed_unit",
    "定向地区代码": "agreed_region",
    "生源地代码": "origin",
    "生源所在地代码": "origin",
    "城乡生源": "household",
    "师范生类别": "normal",
    "困难生类别": "hardship",
    "入学日期": "enrolled_on",
    "入学年月": "enrolled_on",
    "毕业日期": "graduates_on",
}
OPTIONAL = {
    "id_type": RESIDENT_ID,
    "born_on": "",
    "phone": "",
    "agreed_unit": "",
    "agreed_region": "",
    "training": "1",
    "hardship": "0",
    "normal": "2",
    "study_mode": "全日制",
}

_CODED: dict[str, CodeTable] = {
    "id_type": IDENTITY_DOCUMENT,
    "sex": SEX,
    "ethnic": ETHNIC,
    "political": POLITICAL,
    "education": EDUCATION,
    "training": TRAINING,
    "hardship": HARDSHIP,
    "normal": NORMAL_STUDENT,
}
# One set of characters is found several times faster than what it stands for: a plus is in every `1E+17`.
_SUSPECT = re.compile("[#'’‘+=]")
# Codes of majors are of four or six digits, some with letters behind (DOMAIN 2.11).
_ODD_DIGITS = re.compile("[0-9]{5}(?:[0-9]{2})?(?:[A-Za-z].*)?")
_YEARS = re.compile(r"([1-9])(?:\.(0|5)0*)?")
_LONGEST = {"name": 50, "major_name": 60, "department_name": 60, "agreed_unit": 100, "phone": 20}


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was refused: its line (1 is the header), its field, a stable code and two sentences."""

    line: int
    field: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RowWarning:
    """What is odd about a row that was taken all the same: its line, its field, a stable code and two sentences."""

    line: int
    field: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A row that holds what it must. `born_on` is kept only where the number does not tell it.

    `changes` tells what is not kept as it was written (shared/names.py).
    """

    exam_no: str
    student_no: str
    name: str
    id_type: str
    id_number: str
    born_on: date | None
    phone: str
    sex: str
    ethnic: str
    political: str
    department: str
    department_name: str
    major_code: str
    major_name: str
    education: str
    study_mode: str
    study_years: str
    training: str
    agreed_unit: str | None
    agreed_region: str | None
    origin: str
    household: str
    normal: str
    hardship: str
    enrolled_on: date
    graduates_on: date
    changes: tuple[RowWarning, ...] = field(default=(), compare=False)

    def personal(self) -> dict[str, str]:
        """The part that is sealed."""
        sealed = {name: getattr(self, name) for name in PERSONAL}
        sealed["born_on"] = self.born_on.isoformat() if self.born_on else ""
        return sealed


PERSONAL = ("name", "id_type", "id_number", "exam_no", "student_no", "phone")
FIELDS = tuple(each.name for each in fields(RosterRow) if each.compare)
_ABSENT = tuple((name, OPTIONAL.get(name, "")) for name in FIELDS)
_KNOWN = frozenset(FIELDS)
REQUIRED = tuple(name for name in FIELDS if name not in OPTIONAL)

UNKNOWN_FIELD = Reason("roster.unknown_field", "不是名册的字段，请删除", "is no field of a roster", Invalid)
MISSING = Reason("roster.missing", "未填写，请填写", "is missing", Invalid)
DAMAGED = Reason(
    "roster.excel_damage",
    "内容被电子表格改坏，请将该列设为文本后重新填写",
    "was damaged by a spreadsheet: make the column text and fill it in again",
    Invalid,
)
TOO_LONG = Reason(
    "roster.too_long",
    "内容过长，最多 {longest:number} 个字符，请缩短",
    "has more than {longest:number} characters",
    Invalid,
)
UNKNOWN_CODE = Reason(
    "roster.unknown_code",
    "未知的代码或名称{text:text}，请按代码表填写，如{such:text}",
    "unknown code or name {text:text}; {such:text} are known",
    Invalid,
)
FORMAT = Reason(
    "roster.format",
    "应为 {shortest:number}–{longest:number} 位字母或数字，请核对后重填",
    "must be {shortest:number} to {longest:number} letters or digits",
    Invalid,
)
BAD_PLACE = Reason("roster.place", "应为六位地区代码，请核对后重填", "is no six-digit place", Invalid)
STUDY_YEARS = Reason(
    "roster.study_years", "应为 1.5 至 9.5 年，请核对后重填", "must be 1.5 to 9.5 years by halves", Invalid
)
BAD_DAY = Reason(
    "roster.date",
    "日期无法识别，请填写八位年月日（如 20210408）或六位年月（如 202104）",
    "a date is written YYYYMMDD or YYYYMM",
    Invalid,
)
LOST_ZERO = Reason(
    "roster.lost_zero",
    "位数不对，可能缺少前导零，请将该列设为文本后重新填写",
    "has an odd number of digits, and may have lost a leading zero: make the column text and fill it in again",
    Invalid,
)
ROUNDED_MONTH = Reason(
    "roster.month_rounded",
    "{text:digits} 可能是 {year:digits} 年 1 月，也可能是被电子表格当作数字的 10 月，请写作 {year:digits}01 或 {year:digits}10",
    "{text:digits} is January, or October taken for a number: write {year:digits}01 or {year:digits}10",
    Invalid,
)
OTHER_CLASS = Reason(
    "roster.class",
    "不在 {class_year:number} 届，请核对毕业日期，或改用该届的名册",
    "is not in the class of {class_year:number}",
    Invalid,
)
ORDER = Reason("roster.order", "应早于毕业日期，请核对后重填", "must lie before the graduation", Invalid)
BIRTH_IMPOSSIBLE = Reason("roster.birth_impossible", "日期不合理，请核对后重填", "cannot be right", Invalid)
OTHER_SEX = Reason("roster.sex", "与证件号码不符，请核对后更正其中一项", "does not fit the identity number", Invalid)
OTHER_BIRTH = Reason(
    "roster.birth", "与证件号码不符，请核对后更正其中一项", "does not fit the identity number", Invalid
)
AGREED_UNIT = Reason("roster.agreed_unit", "定向、委培毕业生须有单位，请填写", "is needed for 定向 and 委培", Invalid)


def decode_row(raw: Mapping[str, str], line: int, class_year: int, today: date) -> RosterRow | list[RowError]:
    """The row, or everything that is wrong with it. Rules: DOMAIN 2, 3.1, 5.4."""
    return _familiar(raw, class_year, today) or _examined(raw, line, class_year, today)


def _familiar(raw: Mapping[str, str], class_year: int, today: date) -> RosterRow | None:
    """A row of which nothing is new but the person; None where that is not certain, and it has to be examined.

    A roster says the same studies and the same circumstances again and again: each was examined once.
    """
    get = raw.get
    studies = _studies(class_year, *map(get, _STUDIES))
    circumstances = _circumstances(*map(get, _CIRCUMSTANCES))
    if studies is None or circumstances is None or not _KNOWN.issuperset(raw):
        return None
    found = _PERSON.fullmatch("\n".join([get(name, "").strip() for name in _OWN]))
    if found is None:
        return None
    exam_no, student_no, number, origin, phone, born, name = found.groups()
    told = usual_resident_id(number, today)
    if told is None or origin not in PLACE:
        return None
    tells_sex, birth = told
    sex, ethnic, political, training, agreed_unit, agreed_region, household, normal, hardship = circumstances
    if sex != tells_sex or (born and written_day(born) != birth):
        return None
    code, department, major_code, major, education, mode, years, enrolled_on, graduates_on = studies
    return RosterRow(
        exam_no,
        student_no,
        name,
        RESIDENT_ID,
        number,
        None,
        phone,
        sex,
        ethnic,
        political,
        code,
        department,
        major_code,
        major,
        education,
        mode,
        years,
        training,
        agreed_unit,
        agreed_region,
        origin,
        household,
        normal,
        hardship,
        enrolled_on,
        graduates_on,
    )


_OWN = ("exam_no", "student_no", "id_number", "origin", "phone", "born_on", "name")
# Each as it may be without a second look.
_PERSON = re.compile(
    "([0-9A-Za-z]{14,18})\n([0-9A-Za-z]{1,20})\n([0-9]{17}[0-9X])\n([0-9]{6})\n([0-9]{0,20})\n([0-9]{8})?\n([一-鿿]{1,50})"
)
_STUDIES = (
    "department",
    "department_name",
    "major_code",
    "major_name",
    "education",
    "study_mode",
    "study_years",
    "enrolled_on",
    "graduates_on",
)
_CIRCUMSTANCES = (
    "sex",
    "ethnic",
    "political",
    "training",
    "agreed_unit",
    "agreed_region",
    "household",
    "normal",
    "hardship",
    "id_type",
)
# What stands beside a part that is examined by itself: nothing that another part could contradict.
_BESIDE: Mapping[str, str] = MappingProxyType(
    {
        "exam_no": "26000000000000",
        "student_no": "1",
        "name": "王",
        "id_type": "passport",
        "id_number": "E00000000",
        "sex": "1",
        "ethnic": "01",
        "political": "13",
        "department": "01",
        "department_name": "学院",
        "major_code": "080901",
        "major_name": "专业",
        "education": "31",
        "study_years": "4",
        "origin": "110000",
        "household": "城镇",
        "enrolled_on": "20220901",
        "graduates_on": "20260630",
    }
)


@lru_cache(4_096)
def _studies(class_year: int, *texts: str | None) -> tuple[Any, ...] | None:
    """What a class's rows hold in these columns, or None where something is wrong or not kept as it was written."""
    return _part(_STUDIES, texts, class_year)


@lru_cache(4_096)
def _circumstances(*texts: str | None) -> tuple[Any, ...] | None:
    """As `_studies`, and None where the document is no resident's card."""
    *rest, id_type = texts
    if id_type and _code("id_type", id_type.strip() or RESIDENT_ID) != RESIDENT_ID:
        return None
    return _part(_CIRCUMSTANCES[:-1], rest, 2026)


def _part(names: Sequence[str], texts: Sequence[str | None], class_year: int) -> tuple[Any, ...] | None:
    given = {name: text for name, text in zip(names, texts, strict=True) if text is not None}
    without = {name: text for name, text in _BESIDE.items() if name not in names}
    row = _examined({**without, **given}, 0, class_year, date(2026, 1, 1))
    if not isinstance(row, RosterRow) or row.changes:
        return None
    return tuple(getattr(row, name) for name in names)


def _examined(raw: Mapping[str, str], line: int, class_year: int, today: date) -> RosterRow | list[RowError]:
    reading = _Reading(line)
    values: dict[str, Any] = {name: raw.get(name, "").strip() or absent for name, absent in _ABSENT}
    for name in raw.keys() - values.keys():
        reading.wrong(name[:40], UNKNOWN_FIELD)
    # One look at the whole row, because hardly any has such a thing.
    told = " ".join(filter(None, values.values()))
    if _SUSPECT.search(told) or not is_plain(told) or not is_plain_name(values["name"]):
        _clean_texts(reading, values)
    if _SUSPECT.search(told) or not all(map(values.get, REQUIRED)):
        _check_texts(reading, values)
    for name in _CODED:
        values[name] = reading.coded(name, values[name])
    for name, longest in _LONGEST.items():
        if len(values[name]) > longest:
            reading.wrong(name, TOO_LONG, longest=longest)
    reading.matches("exam_no", values["exam_no"], 14, 18)
    reading.matches("student_no", values["student_no"], 1, 20)
    reading.matches("department", values["department"], 2, 2)
    reading.matches("major_code", values["major_code"], 4, 8)
    if _ODD_DIGITS.fullmatch(values["major_code"]):
        reading.wrong("major_code", LOST_ZERO)
    for name in ("origin", "agreed_region"):
        if values[name] and values[name] not in PLACE:
            reading.wrong(name, BAD_PLACE)
    reading.one_of("study_mode", values["study_mode"], ("全日制", "非全日制"))
    reading.one_of("household", values["household"], ("城镇", "农村"))
    values["study_years"] = reading.years(values["study_years"])
    for name in ("born_on", "enrolled_on", "graduates_on"):
        values[name] = reading.day(name, values[name])
    _check_dates(reading, values, class_year)
    _check_identity(reading, values, today)
    if values["training"] in BOUND_TRAININGS and not values["agreed_unit"]:
        reading.wrong("agreed_unit", AGREED_UNIT)
    values["agreed_unit"] = values["agreed_unit"] or None
    values["agreed_region"] = values["agreed_region"] or None
    if reading.errors:
        return reading.errors
    return RosterRow(**values, changes=tuple(reading.changes))


def _clean_texts(reading: _Reading, values: dict[str, Any]) -> None:
    """Every text in the form that is stored; what has none is said once: no other rule looks at it again."""
    for name, text in values.items():
        try:
            clean = clean_name(text) if name == "name" else clean_line(text)
        except BadText as bad:
            reading.found(name, f"roster.{bad.code}", bad.zh, bad.en)
            clean = ""
        else:
            if clean != text:
                reading.changed(name, text, clean)
        values[name] = clean or OPTIONAL.get(name, "")


def _check_texts(reading: _Reading, values: dict[str, Any]) -> None:
    """What is missing or broken is said once: no other rule looks at it again."""
    told = {error.field for error in reading.errors}
    for name, text in values.items():
        if not text:
            if name in REQUIRED and name not in told:
                reading.wrong(name, MISSING)
        elif BROKEN_CELL.fullmatch(text) and name != "id_number":
            reading.wrong(name, DAMAGED)
            values[name] = ""


def _check_dates(reading: _Reading, values: Mapping[str, Any], class_year: int) -> None:
    begins, ends = values["enrolled_on"], values["graduates_on"]
    if isinstance(ends, date) and ends.year != class_year:
        reading.wrong("graduates_on", OTHER_CLASS, class_year=class_year)
    if isinstance(begins, date) and isinstance(ends, date) and begins >= ends:
        reading.wrong("enrolled_on", ORDER)


def _check_identity(reading: _Reading, values: dict[str, Any], today: date) -> None:
    born = values["born_on"]
    if isinstance(born, date) and not may_graduate(born, today):
        reading.wrong("born_on", BIRTH_IMPOSSIBLE)
    if not values["id_number"] or values["id_type"] not in IDENTITY_DOCUMENT:
        return
    try:
        identity = check_identity(values["id_type"], values["id_number"], today)
    except BadIdentifier as bad:
        reading.found("id_number", bad.code, bad.zh, bad.en)
        return
    values["id_type"], values["id_number"] = identity.kind, identity.number
    _check_told(reading, values, identity)


def _check_told(reading: _Reading, values: dict[str, Any], identity: Identity) -> None:
    """What the number tells and the row says agree; most documents tell neither sex nor birth."""
    if identity.sex_code and values["sex"] in ("1", "2") and identity.sex_code != values["sex"]:
        reading.wrong("sex", OTHER_SEX)
    if identity.birth_date:
        if values["born_on"] not in (None, identity.birth_date):
            reading.wrong("born_on", OTHER_BIRTH)
        values["born_on"] = None


def warnings_of(row: RosterRow, line: int) -> list[RowWarning]:
    """What is odd about a row that holds what it must, and what of it is not kept as it was written."""
    doubt = county_doubt(Identity(row.id_type, row.id_number))
    odd = [] if doubt is None else [RowWarning(line, "id_number", doubt.code, doubt.zh, doubt.en)]
    return [*row.changes, *odd]


class _Reading:
    def __init__(self, line: int) -> None:
        self.line = line
        self.errors: list[RowError] = []
        self.changes: list[RowWarning] = []

    def wrong(self, field: str, reason: Reason, **facts: int | str | list[str]) -> None:
        error = reason.error(field, **facts)
        self.found(field, error.code, error.zh, error.en)

    def found(self, field: str, code: str, zh: str, en: str) -> None:
        self.errors.append(RowError(self.line, field, code, zh, en))

    def changed(self, field: str, before: str, after: str) -> None:
        self.changes.append(RowWarning(self.line, field, "roster.unified", *changes_of(before, after)))

    def coded(self, field: str, text: str) -> str:
        code = _code(field, text)
        if code is None:
            such = [each.name for each in islice(_CODED[field], 3)]
            self.wrong(field, UNKNOWN_CODE, text=text[:20], such=such)
            return text
        return code

    def matches(self, field: str, text: str, shortest: int, longest: int) -> None:
        if text and not (shortest <= len(text) <= longest and text.isascii() and text.isalnum()):
            self.wrong(field, FORMAT, shortest=shortest, longest=longest)

    def one_of(self, field: str, text: str, allowed: tuple[str, ...]) -> None:
        if text and text not in allowed:
            self.wrong(field, UNKNOWN_CODE, text=text[:20], such=list(allowed))

    def years(self, text: str) -> str:
        years = _years(text)
        if years is None:
            self.wrong("study_years", STUDY_YEARS)
        return years or ""

    def day(self, field: str, text: str) -> date | None:
        day = written_day(text)
        if is_rounded_month(text):
            self.wrong(field, ROUNDED_MONTH, text=text, year=text[:4])
        elif day is None and text:
            self.wrong(field, BAD_DAY)
        return day


# A roster says the same few codes and years in every row.
@lru_cache(4_096)
def _code(field: str, text: str) -> str | None:
    """A code or a name of the field's table, as a code; a lost leading zero is not guessed back (DOMAIN 2.8)."""
    table = _CODED[field]
    return text if not text or text in table else table.by_name(text)


@lru_cache(256)
def _years(text: str) -> str | None:
    """Years by halves, `4` or `2.5`, however many zeros follow; nothing stays nothing."""
    found = _YEARS.fullmatch(text)
    if found is None:
        return None if text else ""
    years = f"{found[1]}.5" if found[2] == "5" else found[1]
    return None if years == "1" else years
