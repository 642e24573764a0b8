"""证件类型 and the numbers of each kind: 公民身份号码 (GB 11643-1999), cards like it, permits, passports (DOMAIN 3.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from operator import mul
from types import MappingProxyType

from shared.codes.tables import IDENTITY_DOCUMENT, PROVINCE, rows

SHAPE = re.compile("[0-9]{17}[0-9X]")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
# The corps' 66 is no address of GB/T 2260. Taiwan residents' permits begin with 83, not one either.
REGIONS = frozenset(PROVINCE.codes) - {"66"} | {"81", "82", "83"}
YOUNGEST_YEARS = 14
# Police stations gave out numbers of an abolished county for a while: 342401, gone in 1999, stands in one of a birth of 2001.
KEPT_IN_USE_YEARS = 2

RESIDENT_ID = "resident_id"
RESIDENCE_PERMIT = "residence_permit"
FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"
# Hong Kong, Macao, Taiwan: numbers of the same standard, on residence permits.
PERMIT_REGIONS = ("81", "82", "83")
# A permit names its region and no county of it (国办发〔2018〕81号: 810000, 820000, 830000).
_PERMIT_REST = "0000"
# No list names the counties of Taiwan.
_WITHOUT_COUNTIES = ("71",)
# Kinds whose numbers never meet: a number says by itself which of them it is.
ONE_NUMBERING = (RESIDENT_ID, RESIDENCE_PERMIT, FOREIGN_PERMANENT_RESIDENT)

_FOREIGN_CARD = re.compile("9[0-9]{16}[0-9X]")
# Before December 2023: the country in three letters, then twelve digits without a check character.
_OLD_FOREIGN_CARD = re.compile("[A-Z]{3}[0-9]{12}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Letters of documents alone: str.upper would make letters of what is none, such as ß.
_NORMAL = str.maketrans(
    {
        other: letter
        for letter in _LETTERS
        for other in (letter.lower(), chr(ord(letter) + 0xFEE0), chr(ord(letter.lower()) + 0xFEE0))
    }
)


class BadIdentifier(ValueError):
    """An identifier that cannot be right; `code` is stable, the sentences are for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is odd about an identifier that may still be right: worth a look, and no reason to refuse anything."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A document's number in its normal form; sex and birth are None where the number does not tell them."""

    kind: str
    number: str
    sex_code: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number that can be right: `sex_code` is "1" or "2" (GB/T 2261.1), `region6` the address at first issue."""

    number: str
    sex_code: str
    birth_date: date
    region6: str

    @property
    def province2(self) -> str:
        """The first two digits: a province, or 83 for Taiwan residents."""
        return self.region6[:2]


def check_resident_id(text: str, today: date) -> ResidentId:
    """The number in its normal form. Raises BadIdentifier `id.*`.

    Counties are not checked: an abolished county's numbers stay valid.
    """
    number = _normal(text)
    if not SHAPE.fullmatch(number):
        raise BadIdentifier(
            "id.length",
            "身份证号应为 18 位：17 位数字和 1 位校验码，请核对后重填",
            "The number must have 18 characters: 17 digits and a check character",
        )
    if number[:2] not in REGIONS:
        raise BadIdentifier(
            "id.region", "身份证号的地区码不存在，请核对后重填", "The number begins with no known region"
        )
    if number[:2] in PERMIT_REGIONS and number[2:6] != _PERMIT_REST:
        raise BadIdentifier(
            "id.permit_region",
            "港澳台居民居住证号码的前六位只能是 810000、820000 或 830000，请核对后重填",
            "The number of a residence permit begins with 810000, 820000 or 830000: check it",
        )
    birth = _birth(number[6:14], today)
    if _check_character(number[:17]) != number[17]:
        raise BadIdentifier(
            "id.check", "身份证号校验码不符，请核对后重填", "The check character does not fit the number"
        )
    return ResidentId(number, "1" if int(number[16]) % 2 else "2", birth, number[:6])


def usual_resident_id(number: str, today: date) -> tuple[str, date] | None:
    """Sex and birth as a resident's number of 17 digits and a check character tells them; None where it has to be checked.

    For who checks as many as a roster has: what `check_resident_id` would find, where it is no permit and nothing is wrong.
    """
    if number[:2] in PERMIT_REGIONS or number[:2] not in REGIONS:
        return None
    birth = _day(number[6:14])
    weight = _weight(0, number[:6]) + _weight(6, number[6:14]) + _weight(14, number[14:17])
    if birth is None or not may_graduate(birth, today) or CHECK_CHARACTERS[weight % 11] != number[17]:
        return None
    return ("1" if number[16] in "13579" else "2"), birth


# The people of one roster have few counties, few days and a thousand sequences between them.
@lru_cache(32_768)
def _weight(start: int, digits: str) -> int:
    return sum(map(mul, map(int, digits), WEIGHTS[start:]))


@lru_cache(32_768)
def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def check_identity(kind: str, text: str, today: date) -> Identity:
    """The number of a document of this kind (IDENTITY_DOCUMENT), in its normal form. Raises BadIdentifier `id.*`.

    A residence permit given as an identity card is read as what it is: its number says so.
    """
    if kind in (RESIDENT_ID, RESIDENCE_PERMIT):
        resident = check_resident_id(text, today)
        permit = resident.province2 in PERMIT_REGIONS
        if kind == RESIDENCE_PERMIT and not permit:
            raise BadIdentifier(
                "id.kind",
                "港澳台居民居住证号码应以 81、82 或 83 开头，请核对证件类型和号码",
                "The number of a residence permit begins with 81, 82 or 83",
            )
        found = RESIDENCE_PERMIT if permit else RESIDENT_ID
        return Identity(found, resident.number, resident.sex_code, resident.birth_date)
    number = _normal(text)
    if kind == FOREIGN_PERMANENT_RESIDENT:
        return _foreign_card(number, today)
    shape, zh, en = _SHAPES[kind]
    if not shape.fullmatch(number):
        raise BadIdentifier(
            "id.format", f"{IDENTITY_DOCUMENT.name(kind)}号码应为{zh}，请核对后重填", f"The number must be {en}"
        )
    return Identity(kind, number)


_SHAPES: Mapping[str, tuple[re.Pattern[str], str, str]] = MappingProxyType(
    {
        "home_return_permit": (
            re.compile("[HM]([0-9]{8}|[0-9]{10})"),
            "字母 H 或 M 加 8 位或 10 位数字",
            "H or M and 8 or 10 digits",
        ),
        "taiwan_permit": (re.compile("[0-9]{8}|[0-9]{10}"), " 8 位或 10 位数字", "8 or 10 digits"),
        "passport": (re.compile("[0-9A-Z]{6,17}"), " 6–17 位字母或数字", "6 to 17 letters and digits"),
    }
)


# How much of a permit's number stays with its holder; what follows counts how often it was issued.
# 公安部 10 March 2010 (H or M and eight digits of eleven characters), and 11 September 2008 (eight digits of ten).
_FOR_LIFE = MappingProxyType({"home_return_permit": 9, "taiwan_permit": 8})


def number_for_life(kind: str, number: str) -> str:
    """What a number in its normal form keeps when the document is issued again: two that agree in it are one person's."""
    return number[: _FOR_LIFE.get(kind)]


def county_doubt(identity: Identity) -> Doubt | None:
    """What is odd about the county in a resident number; never an error, because counties come and go (DOMAIN 3.1).

    A county that was abolished later is not odd: the number stays valid. One abolished long enough before the birth is. A
    code that the table lacks says little: real numbers carry some that no published list holds.
    """
    if identity.kind != RESIDENT_ID:
        return None
    return _county_doubt(identity.number[:6], int(identity.number[6:10]))


@lru_cache(32_768)
def _county_doubt(county: str, birth_year: int) -> Doubt | None:
    if county[:2] in _WITHOUT_COUNTIES:
        return None
    until = _counties().get(county)
    if until is None:
        return Doubt(
            "id.county_unknown",
            f"身份证号的地区码 {county} 不在平台收录的行政区划代码中，也可能是未收录的旧代码，请核对证件",
            f"The platform's lists of places lack {county}, with which the number begins, but may not hold every older one;"
            " please check the document",
        )
    if until and int(until) + KEPT_IN_USE_YEARS < birth_year:
        return Doubt(
            "id.county_abolished",
            f"身份证号的地区码 {county} 在出生前（不晚于 {until} 年）已撤销，请核对证件",
            f"{county}, with which the number begins, was abolished before the birth, in {until} or earlier;"
            " please check the document",
        )
    return None


@cache
def _counties() -> Mapping[str, str]:
    """The year in which each place went, the latest that a source tells; empty for those that nobody says are gone."""
    return {row["code"]: row["until"] for row in rows("counties")}


def _normal(text: str) -> str:
    number = text.strip().translate(_NORMAL)
    if number[:1] in ("'", "’", "‘") or "E+" in number or "." in number:
        raise BadIdentifier(
            "id.excel_damage",
            "证件号码被电子表格改坏，请将该列设为文本后重新填写",
            "A spreadsheet has damaged the number",
        )
    return number


def _foreign_card(number: str, today: date) -> Identity:
    if _OLD_FOREIGN_CARD.fullmatch(number):
        return Identity(FOREIGN_PERMANENT_RESIDENT, number)
    if not _FOREIGN_CARD.fullmatch(number):
        raise BadIdentifier(
            "id.format",
            "外国人永久居留身份证号码应为 9 开头的 18 位，或 3 位字母加 12 位数字，请核对后重填",
            "The number must have 18 characters beginning with 9, or 3 letters and 12 digits",
        )
    if number[1:3] not in PROVINCE:
        raise BadIdentifier("id.region", "证件号码的地区码不存在，请核对后重填", "The number names no known region")
    birth = _birth(number[6:14], today)
    if _check_character(number[:17]) != number[17]:
        raise BadIdentifier(
            "id.check", "证件号码校验码不符，请核对后重填", "The check character does not fit the number"
        )
    # No source says that the sequence tells the sex, as it does in resident numbers.
    return Identity(FOREIGN_PERMANENT_RESIDENT, number, birth_date=birth)


def make_resident_id(region6: str, birth: date, sequence: int) -> str:
    """A number with a fitting check character; `sequence` is 0..999, odd for men."""
    body = f"{region6}{birth:%Y%m%d}{sequence:03d}"
    return body + _check_character(body)


def _check_character(body: str) -> str:
    return CHECK_CHARACTERS[(_weight(0, body[:6]) + _weight(6, body[6:14]) + _weight(14, body[14:])) % 11]


def _birth(text: str, today: date) -> date:
    birth = _day(text)
    if birth is None or not may_graduate(birth, today):
        raise BadIdentifier(
            "id.date", "证件号码中的出生日期不合理，请核对后重填", "The date of birth in the number cannot be right"
        )
    return birth


def may_graduate(birth: date, today: date) -> bool:
    """Whether somebody born on this day can be on a roster: born since 1900, and fourteen years old."""
    fourteenth = (birth.year + YOUNGEST_YEARS, birth.month, birth.day)
    return birth.year >= 1900 and fourteenth <= (today.year, today.month, today.day)
