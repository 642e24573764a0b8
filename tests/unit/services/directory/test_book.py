"""A book shows everything that was agreed, on paper that looks the same whenever and wherever it is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from hashlib import sha256
from typing import Any
from unicodedata import normalize

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory import forms
from services.directory.forms import DEFAULT, LATEST, usable
from services.directory.papers import book, fonts
from services.directory.papers.book import Book, chinese_date, print_book
from shared.errors import Refused
from shared.names import same_name
from tests.support.examples import NUMBER

ADDRESS = "https://check.example.edu.cn/agreements"
BOOK = Book(
    number=NUMBER,
    verification="11426633951959870052",
    parties=2,
    class_year=2026,
    province="山西省",
    graduate_name="张晓明",
    id_number="140105200301011234",
    school="山西大学",
    department="物理电子工程学院",
    major="电子信息科学与技术",
    education="本科毕业",
    employer_name="晋阳机械（集团）有限公司",
    place="山西省太原市小店区",
    position="工程技术人员",
    job_title="机械工程师",
    issued_on=date(2026, 5, 4),
    credit_code="91140000110000000X",
    monthly_salary=6500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
    terms=("试用期三个月。", "甲方为乙方办理落户。"),
    report_by=date(2026, 7, 31),
)
PRINTED_AS_EVER = {
    ("default/1", 2): "1a4d1c701552560c16c300015c4744b0ad5e1d0acc32f3f07e4064322c6b6da3",
    ("default/1", 3): "47131d02292353eb4ea74dc9acefdf056331cc1892a09346721f6f967cadee3f",
    ("default/2", 2): "9bdc776e5243f4f50ffb26352e8a8b732b74d5183ef5a4d758ebe463ece8cad0",
    ("default/2", 3): "714bd9ac84665c9b54f53f141418ea9d061b3a18e6a1b50a5701504b279b9abb",
}
WRITTEN = (
    "graduate_name",
    "school",
    "department",
    "major",
    "employer_name",
    "place",
    "position",
    "job_title",
    "remarks",
)


def pages(printed: bytes) -> list[str]:
    """The text of each page, without blanks and line ends."""
    with pypdfium2.PdfDocument(printed) as document:
        return ["".join(page.get_textpage().get_text_range().replace("\ufffe", "").split()) for page in document]


def text_of(printed: bytes) -> str:
    return "".join(pages(printed)).replace("\u200b", "")


def assert_nothing_is_cut(printed: bytes) -> None:
    """Every character stands inside the margins, but for the footer."""
    with pypdfium2.PdfDocument(printed) as document:
        for page in document:
            words = page.get_textpage()
            width, height = page.get_size()
            for index in range(words.count_chars()):
                left, bottom, right, top = words.get_charbox(index)
                assert 50 < left <= right < width - 50
                assert 15 < bottom <= top < height - 40


@pytest.mark.parametrize("parties", [2, 3])
def test_a_book_shows_everything_that_was_agreed_on_one_page(parties: int) -> None:
    printed = print_book(replace(BOOK, parties=parties), ADDRESS)
    (page,) = pages(printed)
    for field in fields(Book):
        value = getattr(BOOK, field.name)
        if isinstance(value, str):
            assert "".join(value.split()) in page, field.name
    for shown in (
        "2026届",
        "2026年5月4日",
        "2026年7月31日",
        "6,500元/月",
        "3,000元",
        "1.试用期三个月。",
        "2.甲方为乙方办理落户。",
    ):
        assert shown in page
    assert f"编号{NUMBER}" in page
    assert "第1页，共1页" in page
    assert_nothing_is_cut(printed)


def test_two_parties_have_two_places_to_sign_and_three_have_three() -> None:
    two, three = (text_of(print_book(replace(BOOK, parties=parties), ADDRESS)) for parties in (2, 3))
    assert (two.count("（盖章处）"), three.count("（盖章处）")) == (1, 2)
    assert ("丙方" in two, "丙方（毕业院校）鉴证" in three) == (False, True)
    assert ("一式两份" in two, "一式三份" in three) == (True, True)


def test_what_was_not_agreed_is_struck_out() -> None:
    sparse = replace(BOOK, credit_code=None, monthly_salary=None, penalty=None, remarks=None, terms=(), report_by=None)
    page = text_of(print_book(sparse, ADDRESS))
    for label in ("信用代码", "月薪", "违约金", "备注", "报到期限"):
        assert f"{label}——" in page
    assert "双方另行约定无" in page


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS + "/", "http://10.0.0.1/c"])
def test_the_code_opens_the_public_check_of_this_book(address: str) -> None:
    with pypdfium2.PdfDocument(print_book(BOOK, address)) as document:
        (code,) = zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())
    assert code.text == f"{address.rstrip('/')}/{BOOK.verification}"


def test_a_date_is_written_as_people_read_it() -> None:
    assert chinese_date(date(2026, 5, 4)) == "2026年5月4日"


@pytest.mark.parametrize(("form", "parties"), PRINTED_AS_EVER)
def test_a_book_is_printed_to_the_same_bytes_for_ever(form: str, parties: int) -> None:
    """A change here reprints every old book differently: make a new version, or keep the pinned typesetter."""
    printed = print_book(replace(BOOK, parties=parties), ADDRESS, form)
    assert sha256(printed).hexdigest() == PRINTED_AS_EVER[form, parties]
    assert b"CreationDate" not in printed
    assert b"ModDate" not in printed


def test_another_process_in_another_place_and_time_zone_prints_the_same_bytes() -> None:
    program = (
        "import sys; from tests.unit.services.directory.test_book import ADDRESS, BOOK;"
        "from services.directory.papers.book import print_book; sys.stdout.buffer.write(print_book(BOOK, ADDRESS))"
    )
    environment = {
        "PYTHONHASHSEED": "7",
        "TZ": "America/Lima",
        "LC_ALL": "C",
        "PYTHONPATH": ".",
        "SOURCE_DATE_EPOCH": "1",
    }
    other = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=60
    )
    assert other.stdout == print_book(BOOK, ADDRESS)


def test_books_that_differ_print_to_different_bytes() -> None:
    assert print_book(BOOK, ADDRESS) != print_book(replace(BOOK, penalty=3001), ADDRESS)


@pytest.mark.parametrize(
    "text",
    [
        '#import "x.typ": *',
        "#panic(1)",
        "]#sys.inputs[",
        "$x^2$",
        "\\ \\n \\u{41}",
        "*粗* _斜_ `码` <标签> @引用 // 注 /* 释 */",
        "= 标题",
        '"}, "number": "0',
        "<svg onload=x>",
        "%%EOF",
    ],
)
@pytest.mark.parametrize("field", WRITTEN)
def test_what_people_wrote_is_shown_and_never_run(field: str, text: str) -> None:
    printed = print_book(replace(BOOK, **dict[str, Any]({field: text})), ADDRESS)
    assert "".join(text.split()) in text_of(printed)
    assert len(pages(printed)) == 1


def test_what_cannot_be_seen_on_paper_is_left_out() -> None:
    changed = replace(
        BOOK,
        graduate_name="张\x00晓\u202e明\x1b",
        job_title=" 机械\r\n\t工程师 ",
        remarks="第一行\r\n第\t二\u2009行\x07\u200b",
    )
    plain = replace(BOOK, graduate_name="张晓明", job_title="机械 工程师", remarks="第一行\n第 二 行")
    assert print_book(changed, ADDRESS) == print_book(plain, ADDRESS)


def test_a_text_of_nothing_but_blanks_is_struck_out() -> None:
    assert "备注——" in text_of(print_book(replace(BOOK, remarks=" \n\u3000"), ADDRESS))


def test_very_long_texts_wrap_and_nothing_is_cut() -> None:
    long = replace(
        BOOK,
        parties=3,
        employer_name="超长名称" * 40,
        graduate_name="阿卜杜热合曼·" * 8,
        job_title="Supercalifragilistic" * 12,
        place="x" * 90,
        school="ABCDEFG" * 60,
        remarks="备注" * 600,
        terms=tuple(f"第{index}条" + "约定内容" * 30 for index in range(12)),
    )
    printed = print_book(long, ADDRESS)
    shown = pages(printed)
    assert len(shown) > 1
    for number, page in enumerate(shown, 1):
        assert f"第{number}页，共{len(shown)}页" in page
        assert f"编号{NUMBER}" in page
    assert long.job_title in text_of(printed)
    assert_nothing_is_cut(printed)


@given(st.sampled_from(WRITTEN), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_printed_or_refused_by_its_characters(field: str, text: str) -> None:
    named = re.findall(r"U\+([0-9A-F]+)", refusal(replace(BOOK, **dict[str, Any]({field: text}))))
    assert {chr(int(number, 16)) for number in named} <= set(text)


def refusal(book: Book) -> str:
    """Why a book is not printed; nothing where it is."""
    try:
        print_book(book, ADDRESS)
    except Refused as refused:
        return refused.zh
    return ""


# Of extensions B to F, H and I, as the families of GB 18030-2022 and later ones have them.
RARE_NAMES = ("李𠀀", "张𪜶", "王𫝀", "陈𫠠", "赵𬺰", "𠮷田", "张𱖎", "欧阳\U0002f800")


@pytest.mark.parametrize("name", RARE_NAMES)
@pytest.mark.parametrize("form", ["default/1", "default/2"])
def test_a_rare_name_is_printed_whole(rare_fonts: None, name: str, form: str) -> None:
    record = f"2026年5月5日 16:00 乙方 {name} 应约"
    printed = print_book(replace(BOOK, graduate_name=name, records=(record,)), ADDRESS, form)
    (page,) = pages(printed)
    # A compatibility ideograph is read out of a file as the one that it stands for.
    assert normalize("NFKC", f"姓名{name}身份") in normalize("NFKC", page)
    assert ("16:00乙方" + normalize("NFKC", name) in normalize("NFKC", page)) == (form == "default/2")
    assert print_book(replace(BOOK, graduate_name=name, records=(record,)), ADDRESS, form) == printed


def test_a_rare_character_takes_the_first_font_that_has_it(rare_fonts: None) -> None:
    """Two of them have 𠀀: which one prints it may not depend on how a folder is listed."""
    assert "𠀀" in fonts._characters(fonts.DEBIAN / "hanazono/HanaMinA.ttf")
    printed = print_book(replace(BOOK, graduate_name="李𠀀"), ADDRESS)
    embedded = {name.partition(b"+")[2] for name in re.findall(rb"/FontName ?/([A-Za-z0-9+-]+)", printed)}
    assert embedded == {b"NotoSerifSC-Regular", b"NotoSansSC-Regular", b"HanaMinB"}


def test_a_rare_name_is_verified_as_it_is_printed(rare_fonts: None) -> None:
    """What was printed as 张 was refused to who typed the true name."""
    (page,) = pages(print_book(replace(BOOK, graduate_name="张𱖎"), ADDRESS))
    (read,) = re.findall("姓名(.*?)身份", page)
    assert same_name(read, "张𱖎")
    assert not same_name("张", "张𱖎")


@pytest.mark.parametrize(
    ("field", "value", "where", "character"),
    [
        ("graduate_name", "李\U0003ffff", "姓名", "U+3FFFF"),
        ("graduate_name", "李\ue81e", "姓名", "U+E81E"),
        ("employer_name", "公司\U000f0000", "单位名称", "U+F0000"),
        ("job_title", "工程师\ud800", "工作岗位", "U+D800"),
        ("remarks", "好ᠠ", "备注", "U+1820"),
        ("terms", ("甲", "乙\uffff"), "双方另行约定", "U+FFFF"),
        ("records", ("\U0010fffd",), "平台签署记录", "U+10FFFD"),
    ],
)
def test_a_character_without_a_glyph_is_named_and_nothing_is_printed(
    field: str, value: Any, where: str, character: str
) -> None:
    with pytest.raises(Refused) as caught:
        print_book(replace(BOOK, **{field: value}), ADDRESS)
    assert caught.value.code == "directory.no_glyph"
    assert where in caught.value.zh
    assert character in caught.value.zh
    assert character in caught.value.en
    caught.value.zh.encode()


def test_a_machine_without_the_fonts_refuses_a_rare_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "rare", tuple)
    with pytest.raises(Refused) as caught:
        print_book(replace(BOOK, graduate_name="张𱖎𠀀"), ADDRESS)
    assert caught.value.details["characters"] == ["𠀀 (U+20000)", "𱖎 (U+3158E)"]


def test_every_character_of_a_book_has_a_label() -> None:
    """Nobody is told that something cannot be printed without being told where it stands."""
    written = {field.name for field in fields(Book)} - {"number", "verification", "parties", "class_year", "province"}
    amounts = {"monthly_salary", "penalty", "issued_on", "report_by", "mark"}
    assert set(book.WRITTEN) == written - amounts


def test_a_province_may_bring_its_own_form_and_old_books_keep_theirs(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, version, words in ((DEFAULT, 1, "旧"), (DEFAULT, 2, "新"), ("44", 2, "粤")):
        (tmp_path / folder).mkdir(exist_ok=True)
        template = f'#set document(date: none)\n#set text(font: "Noto Serif SC")\n{words}'
        (tmp_path / folder / f"{version}-two-party.typ").write_text(template)
    for module in (book, forms):
        monkeypatch.setattr(module, "TEMPLATES", tmp_path)
    known = forms.forms()
    assert known == {("default/1", 2), ("default/2", 2), ("44/2", 2)}
    printed = {form: text_of(print_book(BOOK, ADDRESS, form)) for form, _ in known}
    assert printed == {"default/1": "旧", "default/2": "新", "44/2": "粤"}
    monkeypatch.setattr(forms, "FORMS", known)
    may = {(form, province) for form, _ in known for province in ("14", "44") if usable(form, province, 2)}
    assert ("44/2", "14") not in may
    assert len(may) == 5


@pytest.mark.parametrize("form", ["default/99", "99/1", "../default/1", "", "default/01", "４４/1"])
def test_there_is_no_other_form(form: str) -> None:
    assert not usable(form, "14", 2)
    with pytest.raises(LookupError):
        print_book(BOOK, ADDRESS, form)


@pytest.mark.parametrize("parties", [2, 3])
def test_the_latest_form_exists_for_every_mode(parties: int) -> None:
    assert usable(LATEST, "14", parties)


RECORDS = (
    "2026年5月5日 16:00 乙方 张晓明 应约",
    "2026年5月6日 10:02 甲方 晋阳机械（集团）有限公司 加盖电子签章",
    "2026年5月7日 09:00 山西大学 鉴证，经办账号 school-office",
)


@pytest.mark.parametrize("parties", [2, 3])
def test_a_book_says_who_signed_on_the_platform_and_when(parties: int) -> None:
    (page,) = pages(print_book(replace(BOOK, parties=parties, records=RECORDS), ADDRESS))
    assert "平台签署记录" in page
    assert all("".join(record.split()) in page for record in RECORDS)
    assert "平台签署记录" not in text_of(print_book(BOOK, ADDRESS))


@pytest.mark.parametrize("form", ["default/1", "default/2"])
@pytest.mark.parametrize("mark", ["已作废", "已解约"])
def test_a_book_that_no_longer_counts_says_so_across_every_page(form: str, mark: str) -> None:
    long = replace(BOOK, mark=mark, terms=tuple(f"第{index}条" + "约定内容" * 30 for index in range(12)))
    shown = pages(print_book(long, ADDRESS, form))
    assert len(shown) > 1
    assert all(mark in page for page in shown)
    assert mark not in text_of(print_book(BOOK, ADDRESS, form))
