"""公民身份号码 (GB 11643-1999), including residence permits of Hong Kong, Macao and Taiwan residents (DOMAIN 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from shared.codes.tables import PROVINCE

SHAPE = re.compile("[0-9]{17}[0-9X]")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
# The corps' 66 is no address of GB/T 2260. Taiwan residents' permits begin with 83, not one either.
REGIONS = frozenset(PROVINCE.codes) - {"66"} | {"81", "82", "83"}
YOUNGEST_YEARS = 14


class BadIdentifier(ValueError):
    """An identifier that cannot be right; `code` is stable, the sentences are for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


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
    number = text.strip().upper().replace("Ｘ", "X")
    if number[:1] in ("'", "’", "‘") or "E+" in number or "." in number:
        raise BadIdentifier("id.excel_damage", "身份证号被电子表格改坏", "A spreadsheet has damaged the number")
    if not SHAPE.fullmatch(number):
        raise BadIdentifier(
            "id.length",
            "身份证号应为 18 位：17 位数字和 1 位校验码",
            "The number must have 18 characters: 17 digits and a check character",
        )
    if number[:2] not in REGIONS:
        raise BadIdentifier("id.region", "身份证号的地区码不存在", "The number begins with no known region")
    birth = _birth(number[6:14], today)
    if _check_character(number[:17]) != number[17]:
        raise BadIdentifier("id.check", "身份证号校验码不符", "The check character does not fit the number")
    return ResidentId(number, "1" if int(number[16]) % 2 else "2", birth, number[:6])


def make_resident_id(region6: str, birth: date, sequence: int) -> str:
    """A number with a fitting check character; `sequence` is 0..999, odd for men."""
    body = f"{region6}{birth:%Y%m%d}{sequence:03d}"
    return body + _check_character(body)


def _check_character(body: str) -> str:
    return CHECK_CHARACTERS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def _birth(text: str, today: date) -> date:
    wrong = BadIdentifier("id.date", "身份证号的出生日期不合理", "The date of birth in the number cannot be right")
    try:
        birth = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise wrong from None
    fourteenth = (birth.year + YOUNGEST_YEARS, birth.month, birth.day)
    if birth.year < 1900 or fourteenth > (today.year, today.month, today.day):
        raise wrong
    return birth
