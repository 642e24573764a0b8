"""People's names in one form, for storing, finding, importing and verifying; and lines of text that can be shown at all.

Sources of the rules:
- 民委发〔2016〕33号 (twelve ministries, 关于在政府管理和社会公共服务信息系统中统一姓名采集应用规范的通知): the dot in a name is
  U+00B7, names of 50 characters and all characters of GB 18030 are taken. Which other dots are meant by it: those that
  Unicode TR39 (confusables) counts as looking like it, and what keyboards give in its place.
- GB 18030-2022 moved 18 characters out of the private use area (ICU-22357, Unicode L2/23-003): older files, and decoders
  of the older standard, still bring the old numbers.
- Unicode Standard Annex 15: NFKC makes one of full-width letters, 康熙部首 and the compatibility ideographs that GB 18030-2022
  no longer asks for. EquivalentUnifiedIdeograph of Unicode 17 says the same of 部首补充, which text copied out of a PDF holds.
- Default_Ignorable_Code_Point of Unicode 15: what nobody sees, such as U+200B and a second byte order mark, is taken out.

What is seen in several ways or in none is refused and named by its number: controls and line separators, characters that turn
the direction of writing, private use, U+FFFD and other remains of a wrong conversion, numbers that are no character.
An ideograph younger than Python's own tables is a character all the same: Unicode keeps planes 2 and 3 for ideographs only,
so there the plane decides and not the table.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections import Counter
from functools import lru_cache

DOT = "·"

# GB 18030-2005 → GB 18030-2022, by their two bytes A6D9–A6DF, A6EC, A6ED, A6F3, FE59, FE61, FE66, FE67, FE6D, FE7E, FE90, FEA0.
MOVED = {
    0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13, 0xE791: 0xFE14, 0xE792: 0xFE15, 0xE793: 0xFE16,
    0xE794: 0xFE17, 0xE795: 0xFE18, 0xE796: 0xFE19,
    0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE832: 0x9FB8, 0xE843: 0x9FB9, 0xE854: 0x9FBA,
    0xE864: 0x9FBB,
}  # fmt: skip
# 部首补充 that have no decomposition and look exactly like an ideograph of their own.
_RADICALS = str.maketrans(
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴"
    "⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦"
    "⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵旡日月歺民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗"
    "𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟"
    "卤麦黄黾斉齐歯齿竜龙龜亀",
)
_DOTS = "•‧∙⋅・●᛫ᐧ⸱𐄁"
_ONE_DOT = str.maketrans(dict.fromkeys(f"{_DOTS}.", DOT))
_DOTS_IN_A_ROW = re.compile(f"{DOT}+")
_ANY_DOT = re.compile(rf" *[{DOT}{_DOTS}.](?:[{DOT}{_DOTS}.]| )*")
_SEEN_DOT = re.compile(rf" *[{DOT}{_DOTS}](?:[{DOT}{_DOTS}]| )*")
_HAN = "〇㐀-䶿一-鿿\U00020000-\U0003ffff"
_HAS_HAN = re.compile(f"[{_HAN}]")
_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) +(?=[{_HAN}])")
_BLANKS = re.compile(r"\s+")
_IDEOGRAPHIC_PLANES = range(0x20000, 0x40000)

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Of these nothing changes and nothing is refused: one look decides about nearly every text.
_ODD = re.compile("[^ -~一-鿿·—（）、，。：《》“”]|  ")
_PLAIN_NAME = re.compile("[一-鿿]*")
_DASHES = re.compile("[-‐‑‒–—―−]")
_OWN_LENGTHS = (18, 20)


class BadText(ValueError):
    """A text with a character that cannot be kept, which the sentences name by its number.

    `code` is one of control, direction, private_use, damaged, unassigned.
    """

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


def is_plain(text: str) -> bool:
    """Whether cleaning would leave every word of a text as it is, whatever else it may say."""
    return _ODD.search(text) is None


def is_plain_name(text: str) -> bool:
    """The same of a person's name; what is not plain may still be right."""
    return _PLAIN_NAME.fullmatch(text) is not None


def without_unseen(text: str) -> str:
    """A text without the characters that nobody sees."""
    return _UNSEEN.sub("", text)


def clean_line(text: str) -> str:
    """One line of what people wrote, without what nobody sees: every blank is a space, GB 18030's moved characters are moved.

    Width and brackets stay as they are, because a unit is called as its licence says. Raises BadText.
    """
    text = text.strip()
    if is_plain(text):
        return text
    text = text.translate(MOVED)
    for character in text:
        _check(character)
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", without_unseen(text))).strip()


def clean_name(text: str) -> str:
    """A person's name in the one form that is stored and shown. Raises BadText.

    In a name with ideographs no blank separates them and every dot is U+00B7; `John F. Kennedy` keeps its full stop.
    """
    text = text.strip()
    if is_plain_name(text):
        return text
    name = clean_line(unicodedata.normalize("NFKC", clean_line(text)).translate(_RADICALS))
    dots = _ANY_DOT if _HAS_HAN.search(name) else _SEEN_DOT
    return _BETWEEN_HAN.sub("", dots.sub(_dot_within, name))


def clean_number(text: str) -> str:
    """The number on a paper in the one form that is kept and looked up: of half width and without blanks. Raises BadText.

    In a number of the platform's own, 18 or 20 digits, dashes are set by whoever writes it; in others they belong to it.
    """
    whole = "".join(unicodedata.normalize("NFKC", clean_line(text)).split())
    digits = _DASHES.sub("", whole)
    own = digits.isascii() and digits.isdigit() and len(digits) in _OWN_LENGTHS
    return digits if own else _DASHES.sub("-", whole)


def same_name(typed: str, recorded: str) -> bool:
    """Whether two spellings are one name: width, blanks, letter case, the kind of dot and what nobody sees do not count.

    Takes names that were stored before there was one form, and never refuses: what is no name is nobody's.
    """
    return hmac.compare_digest(_key(typed), _key(recorded))


def changes_of(before: str, after: str) -> tuple[str, str]:
    """What cleaning did to a text, by the numbers of the characters, in Chinese and in English."""
    lost = [character for character, _ in (Counter(before) - Counter(after)).items()]
    gained = [character for character, _ in (Counter(after) - Counter(before)).items()]
    gone = _numbers(lost) or "U+0020"
    if not gained:
        return f"已去除 {gone}，请核对", f"{gone} was taken out; please check"
    became = _numbers(gained)
    return f"已将 {gone} 统一为 {became}，请核对", f"{gone} was brought to {became}; please check"


def _numbers(characters: list[str]) -> str:
    named = [_number(character) for character in characters]
    return "、".join(named[:8]) + ("…" if len(named) > 8 else "")


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"


def _dot_within(found: re.Match[str]) -> str:
    """A dot between two parts of a name; one at its end separates nothing and stays."""
    return DOT if found.start() > 0 and found.end() < len(found.string) else found[0]


def _key(name: str) -> bytes:
    seen = without_unseen(name.translate(MOVED))
    folded = unicodedata.normalize("NFKC", seen).translate(_RADICALS).translate(_ONE_DOT).casefold()
    return _DOTS_IN_A_ROW.sub(DOT, "".join(folded.split())).encode(errors="surrogatepass")


def _check(character: str) -> None:
    reason = _reason(character)
    if reason is not None:
        zh, en = _SENTENCES[reason]
        number = _number(character)
        raise BadText(reason, zh.format(number=number), en.format(number=number))


@lru_cache(4_096)
def _reason(character: str) -> str | None:
    point = ord(character)
    if character == "\ufffd":
        return "damaged"
    if character in _DIRECTIONS:
        return "direction"
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp") or 0xFFF9 <= point <= 0xFFFB:
        return "control"
    if category == "Co":
        return "private_use"
    if category == "Cs":
        return "damaged"
    young_ideograph = point in _IDEOGRAPHIC_PLANES and point & 0xFFFE != 0xFFFE
    if category == "Cn" and not young_ideograph and not _UNSEEN.match(character):
        return "unassigned"
    return None


_SENTENCES = {
    "control": (
        "含有换行或控制字符 {number}，请删除后重新填写",
        "holds a line break or a control character, {number}: take it out",
    ),
    "direction": (
        "含有看不见的书写方向字符 {number}，请重新手工输入",
        "holds {number}, which nobody sees and which turns the direction of writing: type it again by hand",
    ),
    "private_use": (
        "含有自造字 {number}，在别的设备上不能显示，请改用国家标准 GB 18030 的汉字",
        "holds {number}, a private character that other devices cannot show: use the character of GB 18030",
    ),
    "damaged": (
        "含有乱码 {number}，原来的字已在转换编码时丢失，请按证件重新填写",
        "holds {number}, the remains of a wrong conversion: fill it in again as the document says",
    ),
    "unassigned": (
        "含有不是文字的编码 {number}，请按证件重新填写",
        "holds {number}, which is no character: fill it in again as the document says",
    ),
}
