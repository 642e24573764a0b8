"""核验编号: twenty digits by which anybody who holds a paper can have it checked, and nobody can guess another's.

Kind (1) + provincial unit (2) + 届, last two digits (2) + keyed digits (14) + check digit. The keyed digits come from the
record's id under the platform's lookup key, so a number needs no table of secrets: it is made again whenever needed.
A check asks for the name too, and answers about nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.messages import lane_of

LENGTH = 20
KEYED_DIGITS = 14
CLASSES = range(2013, 2101)

# First digit → what the number stands for.
KINDS = {"1": "agreement", "2": "registration"}
_DIGIT_OF = {kind: digit for digit, kind in KINDS.items()}

# Damm's quasigroup: any one changed digit and any two exchanged neighbours are noticed.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip

KeyedHash = Callable[..., str]


@dataclass(frozen=True, slots=True)
class VerificationNumber:
    """A number taken apart. `kind` is "agreement" or "registration", `lane` the provincial unit that can look it up."""

    kind: str
    lane: str
    class_year: int
    keyed: str


def verification_number(keyed_hash: KeyedHash, kind: str, record_id: str, class_year: int) -> str:
    """The number of an agreement or a registration. `keyed_hash` is `Personal.hash`; the class lies in 2000..2099.

    Raises KeyError for another kind, ValueError for another century.
    """
    if not 2000 <= class_year <= 2099:
        raise ValueError(f"class {class_year} is outside 2000..2099")
    digest = int(keyed_hash("verification", kind, record_id), 16)
    body = f"{_DIGIT_OF[kind]}{lane_of(record_id)}{class_year % 100:02d}{digest % 10**KEYED_DIGITS:0{KEYED_DIGITS}d}"
    return body + _check_digit(body)


def paper_id(agreement_id: str, number: str | None) -> str:
    """The record that the number of an agreement's paper stands for; `number` is the one a lost book was made again under.

    So whoever finds the lost book has it answered as void, and not as the new one.
    """
    return agreement_id if number is None else f"{agreement_id}/{number}"


def parse(text: str) -> VerificationNumber:
    """A number taken apart; blanks and dashes between digits are ignored. Raises ValueError whose text says what is wrong.

    A well-formed number need not exist.
    """
    digits = _digits(text)
    if _check_digit(digits[:-1]) != digits[-1]:
        raise ValueError("校验位不符，编号有误 / the check digit does not fit: the number was miswritten")
    if digits[0] not in KINDS:
        raise ValueError("未知的核验编号类别 / the number is of no known kind")
    return VerificationNumber(KINDS[digits[0]], digits[1:3], 2000 + int(digits[3:5]), digits[5:-1])


def plain_number(text: str) -> str | None:
    """The twenty digits of a 核验编号 or a 转递编号 as somebody typed it, None when it is neither.

    A 转递编号 begins with a class and has no check digit (services/registration/transfers.py).
    """
    try:
        digits = _digits(text)
        if int(digits[:4]) not in CLASSES:
            parse(digits)
    except ValueError:
        return None
    return digits


def _digits(text: str) -> str:
    digits = "".join(text.replace("-", " ").split())
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"应为 {LENGTH} 位数字 / must be {LENGTH} digits")
    return digits


def _check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)
