"""One form for names: what is taken out, what becomes what, what is refused by its number, and which spellings are one name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.names import MOVED, BadText, changes_of, clean_line, clean_name, clean_number, same_name

# (as written, as kept): 民委发〔2016〕33号 for the dot, GB 18030-2022 for FE59, UAX 15 and the look-alikes of PDFs.
SPELLINGS = [
    ("李雷", "李雷"),
    ("李雷\u200b", "李雷"),
    ("\ufeff李雷", "李雷"),
    ("李\u00ad雷\u2060", "李雷"),
    ("李\u00a0雷", "李雷"),
    ("李\u3000雷", "李雷"),
    (" 李  雷 ", "李雷"),
    ("李雷\ufe00", "李雷"),
    ("葛\U000e0100", "葛"),
    ("⻩⻰", "黄龙"),
    ("⼒\uf92c", "力郎"),
    ("\ue81e石", "龴石"),
    ("Ｌｉ\u3000Ming", "Li Ming"),
    ("John  F. Kennedy", "John F. Kennedy"),
    ("O'Brien", "O'Brien"),
    ("阿依古丽·买买提", "阿依古丽·买买提"),
    *((f"阿依古丽{dot}买买提", "阿依古丽·买买提") for dot in "•‧∙⋅・･．.●᛫·․"),
    ("阿依古丽 · 买买提", "阿依古丽·买买提"),
    ("阿依古丽··买买提", "阿依古丽·买买提"),
    ("A.J.克朗宁", "A·J·克朗宁"),
    ("Mary•Jane", "Mary·Jane"),
    ("张三.", "张三."),
]


@pytest.mark.parametrize(("written", "kept"), SPELLINGS)
def test_a_name_has_one_form(written: str, kept: str) -> None:
    assert clean_name(written) == kept
    assert clean_name(kept) == kept
    assert same_name(written, kept)


# GB 18030-2005 number, its two bytes, GB 18030-2022 number.
_MOVED = [
    "E78D A6D9 FE10",
    "E78E A6DA FE12",
    "E78F A6DB FE11",
    "E790 A6DC FE13",
    "E791 A6DD FE14",
    "E792 A6DE FE15",
    "E793 A6DF FE16",
    "E794 A6EC FE17",
    "E795 A6ED FE18",
    "E796 A6F3 FE19",
    "E81E FE59 9FB4",
    "E826 FE61 9FB5",
    "E82B FE66 9FB6",
    "E82C FE67 9FB7",
    "E832 FE6D 9FB8",
    "E843 FE7E 9FB9",
    "E854 FE90 9FBA",
    "E864 FEA0 9FBB",
]


def test_the_eighteen_characters_that_moved_are_those_of_the_standard() -> None:
    table = [each.split() for each in _MOVED]
    assert {int(old, 16): int(new, 16) for old, _, new in table} == MOVED
    for old, code, new in table:
        # Python decodes by the older standard.
        assert bytes.fromhex(code).decode("gb18030") == chr(int(old, 16))
        assert clean_line(chr(int(old, 16))) == chr(int(new, 16))


@pytest.mark.parametrize("name", ["张\U0003158e", "李\U0002ebf0", "王\U0002cb38", "㐱\U00020000", "赵\U000323b0"])
def test_a_character_younger_than_pythons_tables_is_a_name(name: str) -> None:
    assert clean_name(name) == clean_line(name) == name


@pytest.mark.parametrize(
    ("character", "code"),
    [
        *((each, "control") for each in "\x00\t\n\x1f\x7f\x85\u2028\u2029\ufff9"),
        *((each, "direction") for each in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2069"),
        *((each, "private_use") for each in "\ue000\ue816\uf8ff\U000f0000\U0010fffd"),
        ("\ufffd", "damaged"),
        *((each, "damaged") for each in "\ud800\udfff"),
        *((each, "unassigned") for each in "\u0378\ufdd0\uffff\U0002ffff\U0003fffe\U00050000"),
    ],
)
def test_what_cannot_be_kept_is_named_by_its_number(character: str, code: str) -> None:
    for clean in (clean_line, clean_name):
        with pytest.raises(BadText) as caught:
            clean(f"张{character}三")
        assert caught.value.code == code
        assert f"U+{ord(character):04X}" in caught.value.zh
        assert f"U+{ord(character):04X}" in caught.value.en


def test_a_line_keeps_the_width_of_its_brackets_and_its_words() -> None:
    kept = "晋阳机械（集团）有限公司 No.1 车间"
    assert clean_line(f"\u200b{kept}\u00a0".replace(" ", "\u3000")) == kept
    assert clean_line("") == clean_line(" \u200b ") == ""


@pytest.mark.parametrize(
    ("typed", "recorded"),
    [
        (" 张 晓明 ", "张晓明"),
        ("john smith", "JOHN  SMITH"),
        ("ＬＩ Ming", "Li Ming"),
        # Stored before there was one form.
        ("李雷", "\u202d李雷\u202c"),
        ("李雷", "李\u200b雷"),
        ("龴石", "\ue81e石"),
        ("阿依古丽·买买提", "阿依古丽•买买提"),
    ],
)
def test_one_name_may_be_typed_and_stored_in_several_ways(typed: str, recorded: str) -> None:
    assert same_name(typed, recorded)
    assert same_name(recorded, typed)


@pytest.mark.parametrize("typed", ["", "张晓", "张小明", "\ud800", "张\ufffd明", "张·晓明"])
def test_another_name_is_another_name(typed: str) -> None:
    assert not same_name(typed, "张晓明")


ODD = st.sampled_from(
    [*"李雷aßÅ\u030a.·•。・… \u3000\u00a0\u200b\ufeff\u3164⼒⻩\uf92cＡ㎝\ue81e𠀀가か\u3099ﷺ٠", "\U0003158e"]
)


@given(st.lists(ODD, max_size=12).map("".join) | st.text(max_size=20))
def test_what_is_kept_is_kept_again_and_found_by_what_was_written(text: str) -> None:
    try:
        kept = clean_name(text)
    except BadText:
        return
    assert clean_name(kept) == kept
    assert same_name(text, kept)
    assert unicodedata.is_normalized("NFC", kept)


def test_what_changed_is_told_by_numbers() -> None:
    assert changes_of("李雷\u200b", "李雷")[0] == "已去除 U+200B，请核对"
    assert changes_of("阿•买", "阿·买") == (
        "已将 U+2022 统一为 U+00B7，请核对",
        "U+2022 was brought to U+00B7; please check",
    )
    assert changes_of("ＡＢＣＤＥＦＧＨＩ", "ABCDEFGHI")[0].count("…") == 2


# A number on a paper

NUMBER = "202610108310000012"


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        "2026 10108 31 000001 2",
        "2026-10108-31-0000012",
        "２０２６１０１０８３１０００００１２",
        "2026\u300010108—310000012\u200b",
    ],
)
def test_a_number_of_ours_is_one_however_it_is_typed(typed: str) -> None:
    assert clean_number(typed) == NUMBER


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("晋协 2026-001", "晋协2026-001"),
        ("晋协２０２６－００１", "晋协2026-001"),
        ("2026—001", "2026-001"),
        ("A 17", "A17"),
    ],
)
def test_a_number_of_others_keeps_its_dashes(typed: str, kept: str) -> None:
    assert clean_number(typed) == clean_number(kept) == kept


def test_a_damaged_number_is_refused() -> None:
    with pytest.raises(BadText):
        clean_number("2026\ufffd001")
