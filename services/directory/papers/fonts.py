"""The fonts that books are printed with, and which characters each has a glyph for.

Noto comes with the platform and prints nearly everything. Rare characters of names are printed with fonts of Debian, where the
machine has them: 花园明朝 for all of GB 18030-2022, BabelStone Han for a part of what is younger. Each is known by its digest,
because another edition would print old books otherwise; a file that is not known is not used.
"""

from __future__ import annotations

import logging
import mmap
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from struct import unpack_from

import pylopdf_fonts_zh_cn

_LOG = logging.getLogger(__name__)

DEBIAN = Path("/usr/share/fonts/truetype")
# Areas in which every font, and every office, has characters of its own.
_PRIVATE = (range(0xE000, 0xF900), range(0xF0000, 0x110000))


@dataclass(frozen=True, slots=True)
class RareFont:
    """A font of Debian: its family, where its package puts it, and the digests of the editions that are known."""

    family: str
    package: str
    path: str
    digests: frozenset[str]


# In the order in which they are asked for a character.
RARE = (
    RareFont(
        "HanaMinB",
        "fonts-hanazono",
        "hanazono/HanaMinB.ttf",
        frozenset({"829543436cdf7b4c6730e2af5806fa406f8ddf0d4b656e0cd49c58d4db1c8d3c"}),
    ),
    RareFont(
        "HanaMinA",
        "fonts-hanazono",
        "hanazono/HanaMinA.ttf",
        frozenset({"7ca87559414474848fc513a8d8eb42d5b0f8194c30c2abdfbfedff5398ec88d7"}),
    ),
    RareFont(
        "BabelStone Han",
        "fonts-babelstone-han",
        "babelstone/BabelStoneHan.ttf",
        # 15.0.5 of Debian 12 and 16.0.1 of Debian 13, which has more.
        frozenset(
            {
                "a2027ca3606907f6a628e9cd869605e3879beaaa38b37c7fec95b372130628c8",
                "791d905d510fda25d6037b7a247da0c4b8f222c9083d2deef592439b145401e4",
            }
        ),
    ),
)
PACKAGES = tuple(dict.fromkeys(font.package for font in RARE))


@dataclass(frozen=True, slots=True)
class Characters:
    """What a font has glyphs for: the ends of its ranges, in order."""

    first: tuple[int, ...]
    last: tuple[int, ...]

    def __contains__(self, character: str) -> bool:
        number = ord(character)
        at = bisect_right(self.first, number) - 1
        return at >= 0 and number <= self.last[at] and not any(number in area for area in _PRIVATE)


def usual() -> tuple[Path, ...]:
    """The fonts that the forms name."""
    return (Path(pylopdf_fonts_zh_cn.serif_path()), Path(pylopdf_fonts_zh_cn.sans_path()))


def prints_usually(character: str) -> bool:
    """Whether the fonts that the forms name have it."""
    return any(character in _characters(path) for path in usual())


def prints(character: str) -> bool:
    """Whether any font here has it."""
    return prints_usually(character) or any(character in _characters(DEBIAN / font.path) for font in rare())


@cache
def rare() -> tuple[RareFont, ...]:
    """The fonts for rare characters that are here, looked for once a process."""
    return tuple(font for font in RARE if _is_known(font))


def _is_known(font: RareFont) -> bool:
    path = DEBIAN / font.path
    if not path.is_file():
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if sha256(content).hexdigest() in font.digests:
            return True
    _LOG.warning("a font is of an edition that is not known and is not used: %s", path)
    return False


@cache
def _characters(path: Path) -> Characters:
    """Read from the font's own table of characters (OpenType, cmap of format 12, which every font here has)."""
    content = path.read_bytes()
    (tables,) = unpack_from(">H", content, 4)
    directory = {content[at : at + 4]: at for at in range(12, 12 + 16 * tables, 16)}
    (start,) = unpack_from(">I", content, directory[b"cmap"] + 8)
    (encodings,) = unpack_from(">H", content, start + 2)
    places = (start + unpack_from(">I", content, start + 8 + 8 * index)[0] for index in range(encodings))
    whole = next(at for at in places if unpack_from(">H", content, at) == (12,))
    (groups,) = unpack_from(">I", content, whole + 12)
    ranges = [unpack_from(">III", content, whole + 16 + 12 * index) for index in range(groups)]
    # The first glyph of a font is what it shows for a character that it has not.
    ranges = [(first, last, glyph) for first, last, glyph in ranges if glyph]
    return Characters(tuple(first for first, _, _ in ranges), tuple(last for _, last, _ in ranges))
