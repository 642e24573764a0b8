"""协议书编号: 届 (4) + 院校代码 (5) + 学历 (2) + serial (6) + check digit, 18 digits, never used twice (DOMAIN 1.7).

The check digit is ISO 7064 mod 11,10: any one changed digit, and nearly any two exchanged neighbours, are noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.codes.schools import SCHOOLS
from shared.codes.tables import EDUCATION

LENGTH = 18
PREFIX_LENGTH = 11
# Where a number, and its prefix, says the level.
EDUCATION_PLACE = slice(9, 11)
LAST_SERIAL = 999_999


@dataclass(frozen=True, slots=True)
class AgreementNumber:
    """A number taken apart; `school` is the five-digit code, `education` 学历层次. Its text is the number.

    `str` raises ValueError when a part has the wrong form or the serials of the prefix are used up.
    """

    class_year: int
    school: str
    education: str
    serial: int

    def __str__(self) -> str:
        return number(self.class_year, self.school, self.education, self.serial)


def prefix(class_year: int, school: str, education: str) -> str:
    """The eleven digits that share one row of serials. Raises ValueError when a part has the wrong form."""
    text = f"{class_year:04d}{school}{education}"
    if len(text) != PREFIX_LENGTH or len(school) != 5 or not _digits(text):
        raise ValueError(f"class {class_year!r}, school {school!r}, education {education!r} make no agreement number")
    return text


def number(class_year: int, school: str, education: str, serial: int) -> str:
    """The 18-digit number. Raises ValueError when a part has the wrong form or the serials are used up."""
    if not 1 <= serial <= LAST_SERIAL:
        raise ValueError(f"serial {serial} is outside 1..{LAST_SERIAL}")
    body = f"{prefix(class_year, school, education)}{serial:06d}"
    return body + check_digit(body)


def parse(text: str) -> AgreementNumber:
    """A number taken apart. Raises ValueError whose text says what is wrong."""
    if not has_form(text):
        raise ValueError(f"应为 {LENGTH} 位数字 / must be {LENGTH} digits")
    if check_digit(text[:-1]) != text[-1]:
        raise ValueError("校验位不符，编号有误 / the check digit does not fit: the number was miswritten")
    serial = int(text[PREFIX_LENGTH:-1])
    if serial == 0:
        raise ValueError("流水号从 1 开始 / serials start at 1")
    return AgreementNumber(int(text[:4]), text[4:9], text[EDUCATION_PLACE], serial)


def has_form(text: str) -> bool:
    """Whether a text has the form of our numbers, rightly written or not."""
    return len(text) == LENGTH and _digits(text)


def explain(text: str) -> dict[str, Any]:
    """What the digits of a number say, or why it is none.

    `well_formed` is all there is to know from digits: whether the number was issued and counts, `directory.get_number_state`
    tells.
    """
    try:
        known = parse(text)
    except ValueError as why:
        return {"number": text, "well_formed": False, "why": str(why)}
    school = SCHOOLS.get(known.school)
    education = EDUCATION.get(known.education)
    return {
        "number": text,
        "well_formed": True,
        "class_year": known.class_year,
        "school": known.school,
        "school_name": school.name if school else None,
        "education": known.education,
        "education_name": education.name if education else None,
        "serial": known.serial,
    }


def check_digit(digits: str) -> str:
    """ISO 7064 mod 11,10 over decimal digits."""
    product = 10
    for digit in digits:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return str((11 - product) % 10)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
