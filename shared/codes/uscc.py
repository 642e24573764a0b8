"""统一社会信用代码 (GB 32100-2015) with its inner organisation code (GB 11714), and what it hints about the unit.

The rules are those of DOMAIN 3.2. A code whose check character does not fit may still be the one on the licence: some that
Xiamen gave before 2016 are, such as 91350203M0001QKT19 (chinabugotech/hutool issues 2020 and 4119). So that is a doubt, which
an office confirms by the licence; only what cannot be a code at all is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from shared.codes.identity import BadIdentifier, Doubt, check_resident_id
from shared.codes.tables import UNIT_NATURE
from shared.messages import NATIONAL_LANE

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
    """A code of the right form; `natures` are the natures of unit it hints at, empty when it hints at none."""

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
    found = Uscc(code, NATURE_HINTS.get(code[:2], ()))
    if check_doubt(found) is not None and _is_resident_id(code):
        raise BadIdentifier(
            "uscc.identity_number",
            "所填为居民身份证号，请填写营业执照上的统一社会信用代码",
            "This is a person's identity number: fill in the credit code on the licence",
        )
    return found


def _is_resident_id(code: str) -> bool:
    """Whether a person's number was written in the place of a code: it must not be kept in the open."""
    try:
        check_resident_id(code, date.max)
    except BadIdentifier:
        return False
    return True


def check_doubt(uscc: Uscc) -> Doubt | None:
    """What is odd about the code itself: a miswritten one seldom fits its check characters."""
    code = uscc.code
    if _check_character(code[:17]) != code[17]:
        return Doubt(
            "uscc.check",
            f"统一社会信用代码“{code}”的校验码与编码规则不符，请核对是否写错；营业执照确实如此的，由审核部门核对后确认",
            f"The check character does not fit {code}: see whether it was miswritten; if the licence says so, the office that "
            "reviews it confirms it",
        )
    if _organisation_check(code[8:16]) != code[16]:
        return Doubt(
            "uscc.organisation",
            f"统一社会信用代码“{code}”中的组织机构代码不符，请核对是否写错；营业执照确实如此的，由审核部门核对后确认",
            f"The organisation code inside {code} does not fit: see whether it was miswritten; if the licence says so, the "
            "office that reviews it confirms it",
        )
    return None


def doubts_about(code: str | None, nature: str | None) -> dict[str, Doubt]:
    """What is odd about a unit by field: `uscc` for its code, `nature` for its nature beside the code. Raises BadIdentifier."""
    if code is None:
        return {}
    uscc = check_uscc(code)
    found = {"uscc": check_doubt(uscc), "nature": None if nature is None else nature_doubt(uscc, nature)}
    return {field: doubt for field, doubt in found.items() if doubt is not None}


def confirming_chain(code: str | None) -> tuple[str, ...]:
    """The office that must see what names this code, whatever the chain of reviews: the school where the code is in doubt."""
    return ("school",) if "uscc" in doubts_about(code, None) else ()


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


# An employer's id follows from its credit code, so that its stream is the proof that it is registered once.
EMPLOYER_IDS = UUID("8a5a3c52-7f0e-4b9e-9f0b-0a6b3c9d1e11")


def employer_id_of(uscc: str) -> str:
    """The id of the employer with this social credit code, registered or not."""
    return f"{NATIONAL_LANE}-{uuid5(EMPLOYER_IDS, uscc)}"
