"""Names of reports mean the platform's values, however they are printed; a name nobody knows is refused."""

from __future__ import annotations

import pytest

from wq.demo.names import ReportError, apart, dimension_of, meaning, rate_codes


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("签就业协议形式就业", {("10", "")}),
        ("劳动合同", {("11", "")}),
        ("科研助理、管理助理", {("271", "")}),
        ("特岗教师（地方）", {("511", "")}),
        ("其它(地方基层项目)", {("519", "")}),
        ("出国、出境", {("85", "")}),
        ("出国,出境", {("85", "")}),
        (" “专升本” ", {("803", "")}),
        ("博士研究生", {("801", "")}),
        ("拟公招", {("70", "public_exam")}),
        ("未落实", {("", "")}),
        ("拟出国出境", {("72", "abroad_plan")}),
        ("灵活就业", {("12", ""), ("76", "")}),
    ],
)
def test_a_destination_is_known_by_its_names(name: str, values: set[tuple[str, str]]) -> None:
    found = meaning(name, "destination")
    assert found is not None
    assert found.values == values


@pytest.mark.parametrize(
    ("name", "dimension", "codes"),
    [
        ("租赁商务", "industry", {"37"}),
        ("建筑", "industry", {"24"}),
        ("信息传输、软件和信息技术服务业", "industry", {"34"}),
        ("西南地区", "place", {"50", "51", "52", "53", "54"}),
        ("兵团", "place", {"66"}),
        ("高职高专", "education", {"41"}),
        ("其他", "ethnic", {"97"}),
        ("困难生", "hardship", {"1", "2", "3", "4", "5", "6", "7"}),
        ("师范生", "normal", {"1", "12"}),
        ("党员", "political", {"01", "02"}),
    ],
)
def test_a_value_is_known_by_its_names(name: str, dimension: str, codes: set[str]) -> None:
    found = meaning(name, dimension)
    assert found is not None
    assert {value for (value,) in found.values} == codes


def test_others_are_whatever_no_other_row_means() -> None:
    rows = {name: meaning(name, "place") for name in ("江苏省", "华东", "其他")}
    found = apart({name: each for name, each in rows.items() if each is not None})
    assert ("32",) not in found["华东"].values | found["其他"].values
    assert not found["华东"].values & found["其他"].values


def test_a_row_that_means_nothing_of_its_own_is_refused() -> None:
    names = ("自由职业", "其他录用", "灵活就业")
    found = {name: each for name in names if (each := meaning(name, "destination")) is not None}
    with pytest.raises(ReportError, match=r"report\.overlap"):
        apart(found)


def test_a_refusal_lists_the_names_of_the_table_it_is_closest_to() -> None:
    with pytest.raises(ReportError) as caught:
        dimension_of(["制造业", "教育", "占星业"])
    assert caught.value.code == "report.unknown_name"
    assert "占星业" in caught.value.zh
    assert "建筑业" in caught.value.en


def test_the_placement_rate_has_many_names_and_one_meaning() -> None:
    wanted = rate_codes("毕业去向落实率", "2021")
    assert wanted is not None
    for name in ("落实率", "就业率", "初次就业率", "总体就业率"):
        assert rate_codes(name, "2024") == wanted
    assert rate_codes("幸福率", "2021") is None
