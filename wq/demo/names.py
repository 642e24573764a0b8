"""What reports call things, and which of the platform's values they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.codes.destination import DESTINATIONS, INTENTIONS, RULES
from shared.codes.regions import area, economic_region
from shared.codes.tables import (
    EDUCATION,
    ETHNIC,
    HARDSHIP,
    INDUSTRY,
    NORMAL_STUDENT,
    POLITICAL,
    PROVINCE,
    SEX,
    UNIT_NATURE,
    CodeTable,
    plain,
)


class ReportError(ValueError):
    """A report that cannot be played; `code` is stable, the sentences are for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


# Somebody placed, without saying how: spread over several categories when the cohort is made.
PLACED = "placed"

_DESTINATION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "10": "签就业协议形式就业 签就业协议 就业协议 协议就业 协议 签订就业协议 签三方 三方协议",
        "11": "签劳动合同形式就业 签劳动合同 劳动合同 合同就业 合同 签订劳动合同",
        "12": "其他录用形式就业 其他录用 其它录用形式就业 其它录用 用人单位证明",
        "271": "科研助理 管理助理 科研助理、管理助理 科研助理/管理助理",
        "46": "应征义务兵 义务兵 应征入伍 参军 入伍 参军入伍",
        "501": "特岗教师 特岗 国家特岗 国家特岗教师 农村教师特岗计划",
        "502": "三支一扶 国家基层项目 国家基层项目-三支一扶 国家基层项目—三支一扶",
        "503": "西部计划 大学生志愿服务西部计划 国家基层项目-西部计划 国家基层项目—西部计划",
        "511": "特岗教师(地方) 地方特岗 地方特岗教师",
        "512": "选调生 地方选调生 地方基层项目-地方选调生 地方基层项目—地方选调生",
        "519": "其它(地方基层项目) 其他(地方基层项目) 其他地方基层项目 其它地方基层项目 地方基层项目"
        " 地方基层项目-其他地方基层项目 地方基层项目—其他地方基层项目",
        "75": "自主创业 创业",
        "76": "自由职业 自由职业者",
        "801": "升学 国内升学 境内升学 研究生 考研 读研 硕士研究生 攻读研究生 考取研究生 国内深造",
        "802": "第二学士学位 二学位 第二学位",
        "803": "专升本 专科升普通本科 专科升本科",
        "85": "出国、出境 出国出境 出国(境) 出国境 出国 出境 出境留学 境外留学 出国留学 留学 出国出境深造 出国(境)深造",
        "70 job_seeking": "求职中 待就业 未就业 未落实 待业 正在求职",
        "70 signing": "签约中",
        "70 public_exam": "拟参加公招考试 拟公招 拟参加公务员考试 公招考试",
        "70 business_plan": "拟创业",
        "70 enlistment_plan": "拟应征入伍 拟入伍",
        "71": "不就业拟升学 拟升学 不就业拟升学(含拟出国)",
        "72 not_seeking": "暂不就业 其他暂不就业 其它暂不就业 不就业",
        "72 abroad_plan": "拟出国出境 拟出国 拟出国(境)",
        "": "未登记 未填报 未上报",
        PLACED: "落实 已落实 已就业 就业 落实去向 其余落实 其他落实 其它落实",
    }
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A name as a value of one or two dimensions: ("code", "intention") for destinations, one for everything else."""

    dimensions: tuple[str, ...]
    values: frozenset[tuple[str, ...]]


def _destination(key: str) -> Meaning:
    if key == PLACED:
        placed = frozenset((code.code, "") for code in DESTINATIONS.values() if code.placed)
        return Meaning(("code", "intention"), placed)
    code, _, intention = key.partition(" ")
    return Meaning(("code", "intention"), frozenset({(code, intention)}))


DESTINATION_KEYS: Mapping[str, str] = MappingProxyType(
    {plain(name): key for key, names in _DESTINATION_NAMES.items() for name in names.split(" ") if name}
)

_TABLES: Mapping[str, CodeTable] = MappingProxyType(
    {
        "sex": SEX,
        "education": EDUCATION,
        "ethnic": ETHNIC,
        "unit_nature": UNIT_NATURE,
        "industry": INDUSTRY,
        "place": PROVINCE,
        "political": POLITICAL,
        "hardship": HARDSHIP,
        "normal": NORMAL_STUDENT,
        "origin": PROVINCE,
    }
)
ROSTER = ("sex", "education", "ethnic", "political", "hardship", "normal", "origin", "department", "major")
# What a heading says about the names under it.
HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        plain(heading): dimension
        for dimension, headings in {
            "destination": "毕业去向 去向 去向类别 毕业去向类别",
            "unit_nature": "单位性质 就业单位性质",
            "industry": "行业 单位行业 就业行业 行业分布",
            "place": "就业省份 就业地区 就业地域 地区 省份 就业省份分布 地域 区域",
            "sex": "性别",
            "education": "学历 学历层次 层次",
            "ethnic": "民族",
            "political": "政治面貌",
            "hardship": "困难生 困难生类别",
            "normal": "师范生 师范生类别",
            "origin": "生源地 生源 生源省份",
            "department": "学院 院系 系部 二级学院",
            "major": "专业 专业名称",
        }.items()
        for heading in headings.split(" ")
    }
)
TOTALS = frozenset(plain(name) for name in ("合计", "总计", "总体", "全校", "小计", "总人数"))


def _regions() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for code in PROVINCE.codes:
        for name in (area(code), economic_region(code)):
            for spelled in (name, f"{name}地区"):
                found.setdefault(spelled, set()).add(code)
    return {plain(name): frozenset(codes) for name, codes in found.items()}


_REGIONS = _regions()


def meaning(name: str, dimension: str) -> Meaning | None:
    """What a name means in a dimension (`destination` or one of the statistics'); None when it means nothing there."""
    key = plain(name)
    if dimension == "destination":
        found = DESTINATION_KEYS.get(key)
        return None if found is None else _destination(found)
    if dimension in ("department", "major"):
        return Meaning((dimension,), frozenset({(name,)}))
    if dimension in ("place", "origin") and key in _REGIONS:
        return Meaning((dimension,), frozenset((code,) for code in _REGIONS[key]))
    code = _TABLES[dimension].by_name(name)
    return None if code is None else Meaning((dimension,), frozenset({(code,)}))


def dimension_of(names: Iterable[str], heading: str | None = None) -> str:
    """The dimension that all names of a table belong to, destinations allowed among unit natures, industries and places.

    Raises ReportError `report.unknown_name` with the names that are known.
    """
    wanted = list(names)
    hinted = HEADINGS.get(plain(heading)) if heading else None
    if hinted in ("department", "major"):
        return hinted
    candidates = [hinted] if hinted else ["destination", *_TABLES]
    for dimension in candidates:
        placed_among = dimension in ("unit_nature", "industry", "place")
        if all(
            meaning(name, dimension) or (placed_among and meaning(name, "destination")) for name in wanted
        ):
            return dimension
    unknown = [name for name in wanted if meaning(name, candidates[0]) is None]
    raise unknown_name(unknown[0], candidates[0])


def unknown_name(name: str, dimension: str) -> ReportError:
    """The refusal of a name, with the known ones."""
    if dimension == "destination":
        known = "、".join(names.split(" ")[0] for names in _DESTINATION_NAMES.values())
    else:
        known = "、".join(entry.name for entry in _TABLES[dimension])
    return ReportError(
        "report.unknown_name", f"未知的名称“{name}”，已知的有：{known}", f"unknown name {name!r}; known are: {known}"
    )


_RATE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "落实率": "毕业去向落实率",
        "就业率": "毕业去向落实率",
        "总体就业率": "毕业去向落实率",
        "初次就业率": "毕业去向落实率",
        "总落实率": "毕业去向落实率",
        "创业率": "自主创业率",
        "深造率": "升学率",
        "国内外升学率": "升学率",
    }
)


def rate_codes(name: str, rule: str) -> frozenset[tuple[str, ...]] | None:
    """The codes that a rate of an official name counts, under the rule that knows the name; None for other names."""
    wanted = _RATE_NAMES.get(plain(name), plain(name))
    for version in (rule, *RULES):
        for rate in RULES[version].rates:
            if rate.name == wanted:
                return frozenset(
                    (code.code,) for code in DESTINATIONS.values() if code.groups[version] in rate.groups
                )
    return None


INTENTION_OF: Mapping[str, str] = MappingProxyType({known.key: known.name for known in INTENTIONS})
