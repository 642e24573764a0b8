"""Coded values in words: fields by their paths, codes by their vocabularies; what has no word is quoted."""

from __future__ import annotations

from typing import Any

import pytest

from shared import words


@pytest.mark.parametrize(
    ("path", "shape", "zh", "en"),
    [
        ("rows.0.id_number", "ImportRoster", "第1行 证件号码", "row 1 identity number"),
        ("rows.11.name.value", "ImportRoster", "第12行 姓名", "row 12 name"),
        ("rows.2", "ImportRoster", "第3行", "row 3"),
        ("items.4.offer_id", "AcceptOffer", "第5项 应约邀请", "item 5 offer"),
        ("items.0.destination.unit_name", "FileDestination", "第1项 单位名称", "item 1 unit's name"),
        ("name", "RegisterEmployer", "单位名称", "employer's name"),
        ("name", "FindGraduate", "姓名", "name"),
        ("household", "ConfirmLeaving", "户口迁移", "household registration"),
        ("household.address", "ConfirmLeaving", "户口迁入地址", "address the household moves to"),
        ("archive.address", "ConfirmLeaving", "档案接收地址", "address of who receives the archive"),
        ("review_chain.1", "SetProvince", "审核环节第2项", "chain of review 2"),
        ("at_least.14.value", "ListOffers", "至少读到的位置", "position asked for"),
        ("", "", "整份内容", "payload"),
        ("surplus", "SendOffer", "“surplus”", "“surplus”"),
    ],
)
def test_a_field_is_called_as_on_the_form(path: str, shape: str, zh: str, en: str) -> None:
    assert words.field(path, shape) == (zh, en)


@pytest.mark.parametrize(
    ("kind", "value", "zh", "en"),
    [
        ("evidence", "release_letter", "解约函", "a release letter"),
        ("evidence", ["labour_contract", "visa"], "劳动合同、签证材料", "the labour contract, a visa"),
        ("category", "11", "“签劳动合同形式就业”", "11 (签劳动合同形式就业)"),
        ("day", "2021-04-08", "2021年4月8日", "2021-04-08"),
        ("fen", 1234, "12.34 元", "12.34 yuan"),
        ("text", ["甲", "B"], "“甲”、“B”", "“甲”, “B”"),
        ("number", 18, "18", "18"),
    ],
)
def test_a_value_is_said_in_words(kind: str, value: Any, zh: str, en: str) -> None:
    assert words.words_of(kind, value) == (zh, en)


def test_what_has_no_word_is_quoted_so_that_a_refusal_stays_one() -> None:
    assert words.words_of("action", "directory.no_such") == ("“directory.no_such”", "“directory.no_such”")


def test_a_vocabulary_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(LookupError):
        words.words_of("no_such", "x")


def test_a_sentence_is_filled_in_both_languages_and_its_facts_stay_coded() -> None:
    facts = {"field": "destination.unit_name", "code": "11"}
    said = words.say("{code:category}缺{field:field}", "{code:category} lacks {field:field}", facts)
    assert said == ("“签劳动合同形式就业”缺单位名称", "11 (签劳动合同形式就业) lacks unit's name")
    assert facts == {"field": "destination.unit_name", "code": "11"}


def test_a_place_without_a_vocabulary_is_a_bug() -> None:
    with pytest.raises(LookupError):
        words.say("{code}", "{code}", {"code": "11"})
