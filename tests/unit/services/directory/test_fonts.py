"""Which characters the fonts here print, by their own tables and by the typesetter."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import typst

from services.directory.papers import book, fonts
from services.directory.papers.fonts import RARE, prints, prints_usually, rare
from tests.support.source import ROOT

# GB 18030-2022, level 3: 87,887 ideographs of Unicode 11 and the radicals.
LEVEL_3 = {
    "CJK": ((0x4E00, 0x9FEF), (0x3007, 0x3007)),
    "A": ((0x3400, 0x4DB5),),
    "B": ((0x20000, 0x2A6D6),),
    "C": ((0x2A700, 0x2B734),),
    "D": ((0x2B740, 0x2B81D),),
    "E": ((0x2B820, 0x2CEA1),),
    "F": ((0x2CEB0, 0x2EBE0),),
    "radicals": ((0x2F00, 0x2FD5), (0x2E80, 0x2E99), (0x2E9B, 0x2EF3)),
}
YOUNGER = {"G": (0x30000, 0x3134A), "H": (0x31350, 0x323AF), "I": (0x2EBF0, 0x2EE5D)}


@pytest.mark.parametrize("block", LEVEL_3)
def test_every_ideograph_of_gb_18030_2022_is_printed(rare_fonts: None, block: str) -> None:
    missing = [
        f"{number:04X}" for low, high in LEVEL_3[block] for number in range(low, high + 1) if not prints(chr(number))
    ]
    assert not missing


def test_operators_are_told_how_much_of_the_younger_blocks_is_printed(rare_fonts: None) -> None:
    """The table is of both editions; this machine has one of them."""
    row = r"^\| (\w) \|.*?: ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$"
    table = re.findall(row, (ROOT / "docs/operating.md").read_text(), re.MULTILINE)
    told = {block: tuple(int(count.replace(",", "")) for count in counts) for block, *counts in table}
    assert set(told) == set(YOUNGER)
    printed = {
        block: sum(prints(chr(number)) for number in range(low, high + 1)) for block, (low, high) in YOUNGER.items()
    }
    assert printed in ({block: told[block][at] for block in told} for at in (1, 2))
    assert {block: counts[0] for block, counts in told.items()} == {
        block: high - low + 1 for block, (low, high) in YOUNGER.items()
    }


@pytest.mark.parametrize("character", ["\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\uffff", "\ud800", "ᠠ"])
def test_what_no_font_has_or_each_has_otherwise_is_not_printed(rare_fonts: None, character: str) -> None:
    assert not prints(character)


def test_the_typesetter_agrees_about_what_is_printed(rare_fonts: None) -> None:
    """Told to make a file for archives, it refuses what it would draw as an empty box."""
    seeded = random.Random(36)
    numbers = [number for ranges in LEVEL_3.values() for low, high in ranges for number in range(low, high + 1)]
    numbers += [number for low, high in YOUNGER.values() for number in range(low, high + 1)]
    sample = "".join(chr(number) for number in seeded.sample(numbers, 3000) if prints(chr(number)))
    odd = "".join(character for character in sample if not prints_usually(character))
    typeset(sample, odd)
    missing = next(chr(number) for number in range(*YOUNGER["G"]) if not prints(chr(number)))
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        typeset(missing, missing)


def typeset(text: str, odd: str) -> None:
    families = ", ".join(f'"{font.family}"' for font in rare())
    source = (
        '#set document(title: "t", date: datetime(year: 2026, month: 1, day: 1))\n'
        '#set text(font: ("Noto Serif SC", "Noto Sans SC"), lang: "zh")\n'
        f'#show regex("[{odd}]"): set text(font: ({families},))\n'
        # One paragraph of so many changes of font is nested too deep for a file for archives.
        + "\n\n".join(text[at : at + 50] for at in range(0, len(text), 50))
    )
    typst.compile(
        source.encode(),
        font_paths=book._fonts(rare=True),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="a-2b",
    )


def test_a_font_of_another_edition_is_not_used_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for font in RARE[:2]:
        (tmp_path / font.path).parent.mkdir(exist_ok=True)
        (tmp_path / font.path).write_bytes(b"\x00\x01\x00\x00")
    monkeypatch.setattr(fonts, "DEBIAN", tmp_path)
    assert fonts.rare.__wrapped__() == ()
    assert [
        str(tmp_path / font.path) in record.getMessage() for font, record in zip(RARE, caplog.records, strict=False)
    ] == [
        True,
        True,
    ]


def test_a_machine_without_fonts_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "DEBIAN", tmp_path)
    assert fonts.rare.__wrapped__() == ()
