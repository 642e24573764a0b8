"""就业协议书 as printed: a pure function from what was agreed to PDF bytes, the same bytes for the same agreement.

The template is one of `forms`. The typesetter and the fonts are pinned for the same reason that a template never changes.
What people wrote is data to a template, never part of it. No character is left out or printed as an empty box: what no font
has is refused by its number. Takes the CPU for some tens of milliseconds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import segno
import typst

from services.directory.forms import LATEST, TEMPLATES, form_path
from services.directory.papers import fonts
from shared.errors import Reason, Refused
from shared.names import without_unseen

NO_GLYPH = Reason(
    "directory.no_glyph",
    "{where:printed}中的 {characters:text} 没有可用的字形，不能打印：录入有误的请先更正，"
    "确为所用之字的请联系平台运维安装含有该字的字体",
    "No font here has {characters:text} in {where:printed}, so nothing was printed: correct it if it was mistyped, or ask the "
    "platform's operators to install a font that has it",
    Refused,
)

_MODE = {2: "（两方协议：用人单位、毕业生）", 3: "（三方协议：用人单位、毕业生、学校）"}
_COPIES = {2: "两", 3: "三"}
_HOLDERS = {2: "甲、乙双方", 3: "甲、乙、丙三方"}
_BINDING = {2: "本协议自甲、乙双方签字盖章之日起生效。", 3: "本协议自甲、乙、丙三方签字盖章之日起生效。"}
_NOTHING = "——"
# What people wrote, by the names of which forms have words (`printed`).
WRITTEN = (
    "graduate_name", "id_number", "school", "department", "major", "education", "employer_name", "place", "position",
    "job_title", "credit_code", "terms", "remarks", "records",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """What a book says. `province` and all names are as people read them; amounts are whole yuan, a salary per month.

    `terms` are what the two sides agreed on beyond the form, `remarks` their 备注. `records` are lines of who signed on the
    platform and when. A book that no longer counts bears a `mark` across each page.
    """

    number: str
    verification: str
    parties: int
    class_year: int
    province: str
    graduate_name: str
    id_number: str
    school: str
    department: str
    major: str
    education: str
    employer_name: str
    place: str
    position: str
    job_title: str
    issued_on: date
    credit_code: str | None = None
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    terms: tuple[str, ...] = ()
    report_by: date | None = None
    records: tuple[str, ...] = ()
    mark: str | None = None


def print_book(book: Book, check_address: str, form: str = LATEST) -> bytes:
    """The PDF; its QR code opens `<check_address>/<verification number>`. Raises LookupError where there is no such form.

    Raises Refused `directory.no_glyph` where somebody wrote a character that no font here has.
    """
    shown = _shown(book, check_address)
    rare = _rare(shown)
    typesetter = typst.Compiler(root=str(TEMPLATES), font_paths=_fonts(rare=bool(rare)), ignore_system_fonts=True)
    printed = typesetter.compile(
        _template(form_path(form, book.parties), rare),
        format="pdf",
        sys_inputs={"book": orjson.dumps(shown).decode()},
    )
    assert isinstance(printed, bytes)
    return printed


def chinese_date(day: date) -> str:
    """A date as people read it: 2026年5月4日."""
    return f"{day.year}年{day.month}月{day.day}日"


@cache
def _fonts(*, rare: bool) -> typst.Fonts:
    """Noto Serif SC stands in for 宋体, Noto Sans SC for 黑体. The machine's own fonts would print other bytes."""
    folders = [path.parent for path in fonts.usual()]
    if rare:
        folders += [(fonts.DEBIAN / font.path).parent for font in fonts.rare()]
    paths = [str(folder) for folder in dict.fromkeys(folders)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


def _template(path: Path, rare: str) -> bytes:
    """The form; for rare characters it is told which fonts to take, in an order that never changes."""
    families = "".join(f'"{font.family}", ' for font in fonts.rare())
    chosen = f'#show regex("[{rare}]"): set text(font: ({families}))\n' if rare else ""
    return f'{chosen}#include "/{path.relative_to(TEMPLATES).as_posix()}"'.encode()


def _rare(shown: Mapping[str, Any]) -> str:
    """The characters that the form's own fonts do not have. Raises Refused `directory.no_glyph`."""
    rare: set[str] = set()
    for name in WRITTEN:
        text = shown[name] if isinstance(shown[name], str) else "".join(shown[name])
        odd = {character for character in text if character != "\n" and not fonts.prints_usually(character)}
        unknown = sorted(character for character in odd if not fonts.prints(character))
        if unknown:
            raise NO_GLYPH.error(where=name, characters=[_named(character) for character in unknown])
        rare |= odd
    return "".join(sorted(rare))


def _named(character: str) -> str:
    number = f"U+{ord(character):04X}"
    return number if unicodedata.category(character) == "Cs" else f"{character} ({number})"


def _shown(book: Book, check_address: str) -> dict[str, Any]:
    """Everything a template may show, as text."""
    address = f"{check_address.rstrip('/')}/{book.verification}"
    return {
        "number": _line(book.number),
        "verification": _line(" ".join(book.verification[at : at + 4] for at in range(0, len(book.verification), 4))),
        "check_address": _line(address),
        "qr": _qr(address),
        "class_year": book.class_year,
        "province": _line(book.province),
        "mode": _MODE[book.parties],
        "three_party": book.parties == 3,
        "copies_cn": _COPIES[book.parties],
        "holders": _HOLDERS[book.parties],
        "binding": _BINDING[book.parties],
        "issued_on": chinese_date(book.issued_on),
        "report_by": chinese_date(book.report_by) if book.report_by else _NOTHING,
        "employer_name": _line(book.employer_name),
        "credit_code": _line(book.credit_code),
        "place": _line(book.place),
        "position": _line(book.position),
        "job_title": _line(book.job_title),
        "salary": _yuan(book.monthly_salary, "元/月"),
        "penalty": _yuan(book.penalty, "元"),
        "graduate_name": _line(book.graduate_name),
        "id_number": _line(book.id_number),
        "school": _line(book.school),
        "department": _line(book.department),
        "major": _line(book.major),
        "education": _line(book.education),
        "terms": [_text(term) for term in book.terms],
        "remarks": _text(book.remarks),
        "records": [_line(record) for record in book.records],
        "mark": book.mark or "",
    }


def _yuan(amount: int | None, unit: str) -> str:
    return _NOTHING if amount is None else f"{amount:,} {unit}"


def _line(text: str | None) -> str:
    """One line of what people wrote."""
    return " ".join(_text(text).split())


def _text(text: str | None) -> str:
    """What people wrote without what nobody sees, such as control characters and reversed writing; every blank is a space."""
    shown = "".join(_seen(character) for character in without_unseen((text or "").replace("\r\n", "\n")))
    return shown.strip() or _NOTHING


def _seen(character: str) -> str:
    if character.isspace() and not (character == "\n" or fonts.prints_usually(character)):
        return " "
    return "" if unicodedata.category(character) == "Cc" and character != "\n" else character


def _qr(text: str) -> str:
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=2, scale=4)
    return drawn.getvalue().decode()
