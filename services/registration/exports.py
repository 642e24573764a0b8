"""One row of a national-format export of destinations (DOMAIN 5.1): older codes and names brought to today's. Pure.

What an old code stood for is taken from its name, or from the graduate's 学历层次 where that leaves one answer; nothing is
guessed. What the destination must hold is for `requirements` to say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from services.registration.events import Destination
from services.registration.requirements import MISSING
from shared.codes.destination import DESTINATIONS, FORMS, INTENTIONS, OUTSIDE, destinations_of
from shared.codes.regions import in_region
from shared.codes.tables import (
    EDUCATION,
    INDUSTRY,
    PLACE,
    POSITION,
    PROVINCE,
    UNIT_NATURE,
    CodeTable,
    Entry,
    folded,
    rows,
)
from shared.errors import Invalid, Reason, ServiceError
from shared.names import BadText, changes_of, clean_line, is_plain
from shared.sheets import BROKEN_CELL, is_rounded_month, written_day

# 表头 → field. The columns of the export, and a few that some files have besides; others are passed over.
HEADERS: dict[str, str] = {
    "考生号": "exam_no",
    "学号": "student_no",
    "姓名": "name",
    "学历层次": "education",
    "毕业去向类别代码": "code",
    "毕业去向代码": "code",
    "毕业去向": "code_name",
    "毕业去向类别": "code_name",
    "录用形式": "form",
    "签约日期": "signed_on",
    "单位名称": "unit_name",
    "统一社会信用代码": "uscc",
    "留学院校外文名称": "foreign_school_name",
    "留学国家": "country",
    "留学国家地区": "country",
    "单位地址": "unit_address",
    "单位性质代码": "unit_nature",
    "单位性质": "unit_nature_name",
    "单位行业代码": "industry",
    "单位行业": "industry_name",
    "单位所在地代码": "place",
    "单位所在地": "place_name",
    "工作职位类别代码": "position",
    "工作职位类别": "position_name",
    "未就业意向": "intention",
}
FIELDS = tuple(dict.fromkeys(HEADERS.values()))
NUMBERS = ("exam_no", "student_no")
CATEGORIES = ("code", "code_name")

DAMAGED = Reason(
    "export.damaged",
    "内容被电子表格改坏，请将该列设为文本后重新填写",
    "A spreadsheet damaged this: make the column text and fill it in again",
    Invalid,
)
UNREADABLE_TEXT = Reason("export.control", "{why:sentence}", "{why_en:sentence}", Invalid)
UNKEEPABLE_TEXT = Reason("export.character", "{why:sentence}", "{why_en:sentence}", Invalid)
TOO_LONG = Reason(
    "export.too_long",
    "内容过长，最多 {longest:number} 个字符，请缩短",
    "Has more than {longest:number} characters: shorten it",
    Invalid,
)
NO_CATEGORY = Reason(
    "export.no_category",
    "缺少毕业去向类别，请填写类别代码或名称",
    "Fill in the category of the destination, its code or its name",
    Invalid,
)
UNKNOWN_CODE = Reason(
    "export.unknown_code",
    "未知的代码或名称{text:text}，请按代码表填写",
    "Unknown code or name {text:text}: fill in one of the table",
    Invalid,
)
LOST_ZERO = Reason(
    "export.lost_zero",
    "代码 {text:digits} 缺少前导零，应为 0{text:digits}，请将该列设为文本后重新填写",
    "The code {text:digits} lost its leading zero, 0{text:digits} is meant: make the column text",
    Invalid,
)
DIFFERENT = Reason(
    "export.code_and_name",
    "代码{text:text}与名称{name:text}不符，请核对后保留正确的一项",
    "The code {text:text} and the name {name:text} say different things: keep the right one",
    Invalid,
)
UNCLEAR = Reason(
    "export.unclear_category",
    "旧代码 {text:digits} 已分为下级类别，名称未说明属于哪一类，请改填其中一类：{members:category}",
    "The old code {text:digits} has members today, and the name does not say which of them is meant: {members:category}",
    Invalid,
)
BAD_DAY = Reason(
    "export.date",
    "日期无法识别，请填写八位年月日（如 20210408）或六位年月（如 202104）",
    "A date is written YYYYMMDD or YYYYMM",
    Invalid,
)
ROUNDED_MONTH = Reason(
    "export.month_rounded",
    "{text:digits} 可能是 {year:digits} 年 1 月，也可能是被电子表格当作数字的 10 月，请写作 {year:digits}01 或 {year:digits}10",
    "{text:digits} is January, or October taken for a number: write {year:digits}01 or {year:digits}10",
    Invalid,
)
BAD_PLACE = Reason(
    "export.place",
    "所在地无法识别，请填写六位地区代码，或以省份开头的地名",
    "Must be six digits, or a name that begins with its province",
    Invalid,
)
NOT_ABROAD = Reason(
    "export.not_abroad",
    "出国、出境的所在地应为国家或境外地区，请更正",
    "Where somebody studies abroad is a country, or a region outside the mainland: correct it",
    Invalid,
)

_LONGEST = {
    "unit_name": 100,
    "unit_address": 200,
    "uscc": 25,
    "foreign_school_name": 200,
    "country": 60,
    "place_name": 60,
}
_DASHES = re.compile("[—–－─:：-]+")
_STUDY_AT_HOME, _ABROAD = "80", "85"
_XINJIANG_AND_CORPS = ("65", "66")


@dataclass(frozen=True, slots=True)
class _Member:
    """What an old flat code is today: by a word of its name, or for graduates of these educations."""

    word: str
    educations: tuple[str, ...]
    now: str
    form: str | None


def _former() -> Mapping[str, Sequence[_Member]]:
    found = defaultdict(list)
    for row in rows("former_destinations"):
        educations = tuple(filter(None, row["education"].split(";")))
        found[row["code"]].append(_Member(row["word"], educations, row["now"], row["form"] or None))
    return MappingProxyType(dict(found))


FORMER = _former()
FORMER_NATURES: Mapping[str, str] = MappingProxyType({row["code"]: row["name"] for row in rows("former_unit_natures")})
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{folded(each.name): each.code for each in DESTINATIONS.values()},
        **{folded(row["name"]): row["code"] for row in rows("destination_names")},
    }
)
_PLACE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{name: each.code for each in PROVINCE for name in (each.name, *each.also)},
        # Places called like another province: 海南区 lies in 内蒙古.
        **{row["name"]: row["province"] for row in rows("place_names")},
    }
)
_INTENTIONS = MappingProxyType({folded(text): each for each in INTENTIONS for text in (each.key, each.name)})
_WITHOUT_UNIT = frozenset(filter(None, map(folded, (*FORMER_NATURES.values(), *_NAMES))))


def decode_row(raw: Mapping[str, str], class_year: int) -> Destination | list[ServiceError]:
    """The destination that a row tells of in the codes of its class, or everything that is wrong with how it is told."""
    return _Reading(raw, class_year).destination()


def changes_in(raw: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What of a row that was taken is not kept as it was written, by field, in Chinese and in English."""
    written = {name: raw.get(name, "").strip() for name in FIELDS if not is_plain(raw.get(name, "").strip())}
    kept = {name: clean_line(text) for name, text in written.items()}
    return {name: changes_of(written[name], kept[name]) for name in kept if written[name] != kept[name]}


class _Reading:
    def __init__(self, raw: Mapping[str, str], class_year: int) -> None:
        self.errors: list[ServiceError] = []
        self.table = destinations_of(class_year)
        self.texts = {name: self._text(name, raw.get(name, "")) for name in FIELDS}
        # The register knows it; here it only helps to understand an old code.
        self.education = self._coded("education", EDUCATION, strict=False)

    def destination(self) -> Destination | list[ServiceError]:
        """See decode_row."""
        code, form = self._category()
        named = self._intention(code)
        known = DESTINATIONS.get(code)
        at_home = known is not None and known.parent == _STUDY_AT_HOME
        abroad = code == _ABROAD
        unit = self.texts["unit_name"] or None
        foreign = self.texts["foreign_school_name"] or None
        made = Destination(
            code=code,
            intention=named,
            unit_name=None if at_home or abroad else unit,
            uscc=self.texts["uscc"] or None,
            unit_address=None if at_home or abroad else self.texts["unit_address"] or None,
            unit_nature=self._nature(code, form),
            industry=self._coded("industry", INDUSTRY),
            place=None if abroad else self._place(),
            position=self._coded("position", POSITION),
            school_name=unit if at_home else None,
            country=self._country() if abroad else self.texts["country"] or None,
            # Some files name the foreign school in the column of the unit.
            foreign_school_name=foreign or (unit if abroad and unit and unit.isascii() else None),
            form=form,
            signed_on=self._signed_on(),
        )
        return self.errors or made

    def _wrong(self, field: str, reason: Reason, **facts: str | int | list[str]) -> None:
        self.errors.append(reason.error(field=field, **facts))

    def _text(self, name: str, text: str) -> str:
        """What is broken is said once: no other rule looks at it again."""
        try:
            text = clean_line(text)
        except BadText as bad:
            reason = UNREADABLE_TEXT if bad.code == "control" else UNKEEPABLE_TEXT
            self._wrong(name, reason, why=bad.zh, why_en=bad.en)
            return ""
        if BROKEN_CELL.fullmatch(text):
            self._wrong(name, DAMAGED)
        elif len(text) > _LONGEST.get(name, 60):
            self._wrong(name, TOO_LONG, longest=_LONGEST.get(name, 60))
        else:
            return text
        return ""

    def _category(self) -> tuple[str, str | None]:
        """The category today and its form; what cannot be told is an error and an empty code."""
        code, name = self.texts["code"], self.texts["code_name"]
        named = _named(name)
        if not code and not name:
            if not any(error.field in CATEGORIES for error in self.errors):
                self._wrong("code", NO_CATEGORY)
            return "", None
        if not code and named is None:
            self._wrong("code_name", UNKNOWN_CODE, text=name)
            return "", None
        code = code or named or ""
        if code not in DESTINATIONS and code not in FORMER:
            self._wrong("code", UNKNOWN_CODE, text=code)
            return "", None
        if named is not None and not _kin(code, named):
            self._wrong("code", DIFFERENT, text=code, name=name)
            return "", None
        if named is not None and DESTINATIONS[named].parent == code:
            return named, None
        return self._today(code, name) if code in FORMER else (code, self._form(code))

    def _today(self, code: str, name: str) -> tuple[str, str | None]:
        known = [member for member in FORMER[code] if member.now in self.table]
        for member in known:
            by_name = bool(member.word) and member.word in folded(name)
            by_education = not member.word and (not member.educations or self.education in member.educations)
            if by_name or by_education:
                return member.now, member.form
        members = dict.fromkeys(member.now for member in known)
        self._wrong("code", UNCLEAR, text=code, members=list(members))
        return "", None

    def _form(self, code: str) -> str | None:
        """The kind of category 10, by its name."""
        text = self.texts["form"]
        form = next((key for key, known in FORMS.items() if text and folded(text) in (key, folded(known.name))), None)
        if text and (form is None or FORMS[form].code != code):
            self._wrong("form", UNKNOWN_CODE, text=text)
        return form

    def _intention(self, code: str) -> str | None:
        given = self.texts["intention"]
        words = [given] if given else [self.texts["code_name"], *_DASHES.split(self.texts["code_name"])]
        for word in words:
            known = _INTENTIONS.get(folded(word))
            # 71 has a single one, which says nothing that the code does not.
            if known is not None and (given or known.code == code):
                return known.key
        if given:
            self._wrong("intention", UNKNOWN_CODE, text=given)
        return None

    def _nature(self, code: str, form: str | None) -> str | None:
        """The nature of unit; a former value, which says nothing of a unit today, becomes none."""
        text, name = self.texts["unit_nature"], folded(self.texts["unit_nature_name"])
        if text in FORMER_NATURES or (not text and name in _WITHOUT_UNIT and UNIT_NATURE.by_name(name) is None):
            return None
        known = self.table.get(code)
        if not text and not name and known is not None and form is None and "unit_nature" in known.asked:
            self._wrong("unit_nature", MISSING, code=code)
        return self._coded("unit_nature", UNIT_NATURE)

    def _place(self) -> str | None:
        text, name = self.texts["place"], self.texts["place_name"]
        province = _province_of(name)
        if text in PLACE:
            if province is not None and not _within(text, province):
                self._wrong("place", DIFFERENT, text=text, name=name)
            return text
        if not text and not name:
            return None
        if text or province is None:
            self._wrong("place", BAD_PLACE)
            return None
        return province.more["code6"]

    def _country(self) -> str | None:
        """The country, which older files tell in the columns of the place."""
        given, text = self.texts["country"] or self.texts["place_name"], self.texts["place"]
        province = _province_of(given) or (PROVINCE.get(text[:2]) if text in PLACE and not given else None)
        if province is not None and province.code not in OUTSIDE:
            self._wrong("country", NOT_ABROAD)
            return None
        return given or (province.name if province else None)

    def _signed_on(self) -> date | None:
        text = self.texts["signed_on"]
        day = written_day(text)
        if is_rounded_month(text):
            self._wrong("signed_on", ROUNDED_MONTH, text=text, year=text[:4])
        elif day is None and text:
            self._wrong("signed_on", BAD_DAY)
        return day

    def _coded(self, field: str, table: CodeTable, *, strict: bool = True) -> str | None:
        """A code of the table by its code or its name; a lost leading zero is not guessed back (DOMAIN 5.4)."""
        text, name = self.texts[field], self.texts.get(f"{field}_name", "")
        named = table.by_name(name or text)
        if text in table:
            if named is not None and named != text and name:
                self._wrong(field, DIFFERENT, text=text, name=name)
            return text
        if text.isdigit() and f"0{text}" in table:
            self._wrong(field, LOST_ZERO, text=text)
            return None
        code = table.by_name(text) if text else named
        if code is None and (text or name) and strict:
            self._wrong(field, UNKNOWN_CODE, text=text or name)
        return code


def _named(name: str) -> str | None:
    """The category that a name says, the whole or what follows a dash: `境内升学—研究生`."""
    for word in (name, *reversed(_DASHES.split(name))):
        text = folded(word)
        code = _NAMES.get(text)
        if code is None and text in _INTENTIONS:
            code = _INTENTIONS[text].code
        if code is not None:
            return code
    return None


def _kin(code: str, named: str) -> bool:
    """Whether a code and a name can mean the same: equal, one a member of the other, or its old number."""
    if code == named:
        return True
    parents = {DESTINATIONS[each].parent for each in (code, named) if each in DESTINATIONS}
    if parents & {code, named}:
        return True
    return any(named in (member.now, DESTINATIONS[member.now].parent) for member in FORMER.get(code, ()))


def _province_of(name: str) -> Entry | None:
    """The province that a place's name begins with, by the longest name that it begins with."""
    start = next((name[:length] for length in range(len(name), 1, -1) if name[:length] in _PLACE_NAMES), None)
    return None if start is None else PROVINCE.get(_PLACE_NAMES[start])


def _within(place: str, province: Entry) -> bool:
    """Whether a place lies in a province; what the corps and Xinjiang call theirs is not held against anybody."""
    if place.startswith(_XINJIANG_AND_CORPS) and province.code in _XINJIANG_AND_CORPS:
        return True
    return in_region(place, province.more["code6"])
