"""统一社会信用代码 (GB 32100-2015) with its inner organisation code (GB 11714), and what it hints about the unit.

The rules are those of DOMAIN 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.codes.identity import BadIdentifier, Doubt
from shared.codes.tables import UNIT_NATURE

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Registering authority and kind → natures of unit that fit (GB 32100 kinds; codes of DOMAIN 2.2).
NATURE_HINTS: dict[str, tuple[str, ...]] = {
    "11": ("10",),
    "12": ("20", "21", "22", "23", "29"),
    "91": ("31", "32", "39"),
    "92": ("33", "39"),
    "54": ("55", "56"),
    "N1": ("55",),
    "N2": ("55",),
    "A1": ("40",),
}


@dataclass(frozen=True, slots=True)
class Uscc:
    """A code that can be right; `natures` are the natures of unit it hints at, empty when it hints at none."""

    code: str
    natures: tuple[str, ...]

    @property
    def authority(self) -> str:
        """登记管理部门: the first character, such as 9 for 市场监管."""
        return self.code[0]

    @property
    def kind(self) -> str:
        """机构类别 within its authority: the first two characters, such as 91 for 企业."""
        return self.code[:2]


def check_uscc(text: str) -> Uscc:
    """The code in its normal form. Raises BadIdentifier `uscc.*`."""
    code = text.strip().upper().replace("-", "")
    if len(code) != LENGTH:
        raise BadIdentifier(
            "uscc.length", "统一社会信用代码应为 18 位，请核对后重填", "The code must have 18 characters"
        )
    if any(character not in ALPHABET for character in code):
        raise BadIdentifier(
            "uscc.character",
            "统一社会信用代码含有不允许的字符（不使用 I、O、S、V、Z），请核对后重填",
            "The code has a character outside its alphabet (no I, O, S, V, Z)",
        )
    if not code[2:8].isdigit():
        raise BadIdentifier(
            "uscc.region", "统一社会信用代码第 3–8 位应为数字，请核对后重填", "Characters 3 to 8 must be digits"
        )
    if _check_character(code[:17]) != code[17]:
        raise BadIdentifier(
            "uscc.check", "统一社会信用代码校验码不符，请核对后重填", "The check character does not fit the code"
        )
    if _organisation_check(code[8:16]) != code[16]:
        raise BadIdentifier(
            "uscc.organisation",
            "统一社会信用代码中的组织机构代码校验码不符，请核对后重填",
            "The organisation code inside does not fit",
        )
    return Uscc(code, NATURE_HINTS.get(code[:2], ()))


def nature_doubt(uscc: Uscc, nature: str) -> Doubt | None:
    """What is odd about a unit's nature beside its code: natures that units of this kind have are others."""
    if not uscc.natures or nature in uscc.natures:
        return None
    return Doubt(
        "uscc.nature",
        f"统一社会信用代码“{uscc.kind}”类通常对应{'、'.join(map(UNIT_NATURE.name, uscc.natures))}，"
        f"与所填单位性质（{UNIT_NATURE.name(nature)}）不一致，请核对",
        f"Codes that begin with {uscc.kind} belong to units of nature {', '.join(uscc.natures)}, not {nature}; "
        "please check",
    )


def make_uscc(prefix2: str, region6: str, organisation8: str) -> str:
    """A code with fitting check characters, from its kind, region and the eight characters of an organisation code."""
    body = prefix2 + region6 + organisation8 + _organisation_check(organisation8)
    return body + _check_character(body)


def _check_character(body: str) -> str:
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def _organisation_check(body: str) -> str:
    total = sum(
        ORGANISATION_ALPHABET.index(character) * weight
        for character, weight in zip(body, ORGANISATION_WEIGHTS, strict=True)
    )
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
