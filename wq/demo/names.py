"""What reports call things, and which of the platform's values they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.codes.destination import DESTINATIONS, RULES
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


# Names that mean any of several categories: `@` and a group of a rule, or a parent category.
PLACED = "@落实"

_DESTINATION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "10": "签就业协议形式就业 签就业协议 就业协议 协议就业 协议 签订就业协议 签三方 三方协议",
        "11": "签劳动合同形式就业 签劳动合同 劳动合同 合同就业 合同 签订劳动合同",
        "12": "其他录用形式就业 其他录用 其它录用形式就业 其它录用 用人单位证明",
        "271": "科研助理 管理助理 科研助理、管理助理 科研助理/管理助理",
        "46": "应征义务兵 义务兵 应征入伍 参军 入伍 参军入伍",
        "501": "特岗教师 特岗 国家特岗 国家特岗教师 农村教师特岗计划",
        "502": "三支一扶 国家基层项目-三支一扶 国家基层项目—三支一扶",
        "503": "西部计划 大学生志愿服务西部计划 国家基层项目-西部计划 国家基层项目—西部计划",
        "511": "特岗教师(地方) 地方特岗 地方特岗教师",
        "512": "选调生 地方选调生 地方基层项目-地方选调生 地方基层项目—地方选调生",
        "519": "其它(地方基层项目) 其他(地方基层项目) 其他地方基层项目 其它地方基层项目 地方基层项目"
        " 地方基层项目-其他地方基层项目 地方基层项目—其他地方基层项目",
        "75": "自主创业 创业",
        "76": "自由职业 自由职业者",
        "801": "升学 国内升学 境内升学 研究生 考研 读研 硕士研究生 博士研究生 攻读研究生 考取研究生 国内深造",
        "802": "第二学士学位 二学位 第二学位",
        "803": "专升本 专科升普通本科 专科升本科",
        "85": "出国、出境 出国出境 出国(境) 出国境 出国 出境 出境留学 境外留学 出国留学 留学 出国出境深造 出国(境)深造",
        "70 job_seeking": "求职中 待就业 未就业 待业 正在求职",
        "70 signing": "签约中",
        "70 public_exam": "拟参加公招考试 拟公招 拟参加公务员考试 公招考试",
        "70 business_plan": "拟创业",
        "70 enlistment_plan": "拟应征入伍 拟入伍",
        "71": "不就业拟升学 拟升学 不就业拟升学(含拟出国)",
        "72 not_seeking": "暂不就业 其他暂不就业 其它暂不就业 不就业",
        "72 abroad_plan": "拟出国出境 拟出国 拟出国(境)",
        "": "未登记 未落实 未填报 未上报",
        PLACED: "落实 已落实 已就业 就业 落实去向 其余落实 其他落实 其它落实",
        "@灵活就业": "灵活就业",
        "@协议和合同就业": "协议和合同就业 协议合同就业",
        "@单位就业": "单位就业",
        "@升学": "升学深造 国内外升学 升学(含出国) 升学及出国",
        "@50": "国家基层项目",
        "@5": "基层就业 基层项目 国家及地方基层项目 国家和地方基层项目",
    }
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A name as a value of one or two dimensions: ("code", "intention") for destinations, one for everything else."""

    dimensions: tuple[str, ...]
    values: frozenset[tuple[str, ...]]


def _destination(key: str) -> Meaning:
    if key.startswith("@"):
        wanted = key[1:]
        return Meaning(
            ("code", "intention"),
            frozenset(
                (code.code, "")
                for code in DESTINATIONS.values()
                if (wanted == "落实" and code.placed)
                or wanted in code.groups.values()
                or (wanted.isdigit() and code.code.startswith(wanted))
            ),
        )
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
_REST = "其他 其它 其余"
# Names of several codes, or shorter than the national table's; "*" is whatever no other name of the table means.
_MORE_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sex": {"1": "男生 男性 男毕业生", "2": "女生 女性 女毕业生"},
        "education": {"01 11": "研究生 毕业研究生", "41": "专科(高职) 高职(专科) 高职专科 高职生", "31": "本科层次"},
        "ethnic": {"*-01": "少数民族", "*": f"{_REST} 其他民族"},
        "political": {
            "01 02": "党员 中共党员(含预备党员) 中共党员(含预备) 中共党员(含中共预备党员)",
            "02": "预备党员",
            "03": "团员",
            "04 05 06 07 08 09 10 11": "民主党派",
            "*": _REST,
        },
        "hardship": {
            "1 2 3 4 5 6 7": "困难生 困难毕业生 困难学生",
            "0": "非困难毕业生 非困难学生",
            "2": "家庭经济困难 家庭经济困难学生 家庭经济困难毕业生",
        },
        "normal": {"1 12": "师范生 师范类 师范", "2": "非师范 非师范类"},
        "industry": {"*": f"{_REST} 其他行业 其它行业"},
        "place": {
            "71 81 82": "港澳台 港澳台地区",
            "31 32 33 34": "长三角 长三角地区 长江三角洲",
            "11 12 13": "京津冀 京津冀地区",
            "44": "珠三角 珠三角地区",
            "*": f"{_REST} 其他省份 其他省市 其他地区 其它省份 其它地区",
        },
    }
)


ROSTER = ("sex", "education", "ethnic", "political", "hardship", "normal", "origin", "department", "major")
UNIT = ("unit_nature", "industry", "place")
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


def _several() -> dict[str, dict[str, frozenset[str]]]:
    found: dict[str, dict[str, frozenset[str]]] = {}
    for dimension, by_codes in _MORE_NAMES.items():
        own = found.setdefault(dimension, {})
        for codes, names in by_codes.items():
            every = frozenset(_TABLES[dimension].codes)
            meant = every - {codes[2:]} if codes.startswith("*") else frozenset(codes.split(" "))
            own |= {plain(name): meant for name in names.split(" ")}
    regions: dict[str, set[str]] = {}
    for code in PROVINCE.codes:
        for name in (area(code), economic_region(code)):
            for spelled in (name, f"{name}地区"):
                regions.setdefault(spelled, set()).add(code)
    found["place"] |= {plain(name): frozenset(codes) for name, codes in regions.items()}
    found["origin"] = found["place"]
    return found


_SEVERAL = _several()


def meaning(name: str, dimension: str) -> Meaning | None:
    """What a name means in a dimension (`destination` or one of the statistics'); None when it means nothing there."""
    key = plain(name)
    if dimension == "destination":
        found = DESTINATION_KEYS.get(key)
        return None if found is None else _destination(found)
    if dimension in ("department", "major"):
        return Meaning((dimension,), frozenset({(name,)}))
    code = _TABLES[dimension].by_name(name)
    if code is None and dimension == "industry":
        code = _beginning(key)
    if code is not None:
        return Meaning((dimension,), frozenset({(code,)}))
    several = _SEVERAL.get(dimension, {}).get(key)
    return None if several is None else Meaning((dimension,), frozenset((each,) for each in several))


def _beginning(key: str) -> str | None:
    """The one industry whose name begins so: reports print the first words only."""
    found = [each.code for each in INDUSTRY if plain(each.name).startswith(key.removesuffix("业")) and len(key) > 1]
    return found[0] if len(found) == 1 else None


def apart(meanings: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """The meanings that names have together: a value belongs to the name that means the fewest.

    Raises ReportError `report.overlap` when nothing is left for a name.
    """
    by_size = sorted(meanings.values(), key=lambda found: len(found.values))
    found: dict[str, Meaning] = {}
    for name, own in meanings.items():
        smaller = {
            value
            for other in by_size
            if other.dimensions == own.dimensions and len(other.values) < len(own.values)
            for value in other.values
        }
        if own.values <= smaller:
            raise ReportError(
                "report.overlap", f"“{name}”与表中其他名称重叠", f"{name!r} means nothing that other names do not mean"
            )
        found[name] = Meaning(own.dimensions, own.values - smaller)
    return found


def dimension_of(names: Iterable[str], heading: str | None = None) -> str:
    """The dimension of a table by its names; destinations are allowed among unit natures, industries and places.

    Raises ReportError `report.unknown_name` with the names that are known.
    """
    wanted = list(names)
    hinted = HEADINGS.get(plain(heading)) if heading else None
    if hinted in ("department", "major"):
        return hinted
    candidates = [hinted] if hinted else ["destination", *_TABLES]
    missing: dict[str, list[str]] = {}
    for dimension in candidates:
        placed_among = dimension in UNIT
        missing[dimension] = [
            name
            for name in wanted
            if meaning(name, dimension) is None and not (placed_among and meaning(name, "destination"))
        ]
        if not missing[dimension]:
            return dimension
    # The refusal lists the names of the dimension that knows most of the table.
    closest = min(missing, key=lambda each: len(missing[each]))
    raise unknown_name(missing[closest][0], closest)


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
        "年终就业率": "毕业去向落实率",
        "总体落实率": "毕业去向落实率",
        "总落实率": "毕业去向落实率",
        "总就业率": "毕业去向落实率",
        "创业率": "自主创业率",
        "深造率": "升学率",
        "国内外升学率": "升学率",
    }
)


def rate_codes(name: str, rule: str) -> frozenset[tuple[str, ...]] | None:
    """The codes that a rate of an official name counts, under the rule that knows the name; None for other names."""
    key = plain(name)
    wanted = _RATE_NAMES.get(key, key)
    for version in (rule, *RULES):
        for rate in RULES[version].rates:
            if rate.name == wanted:
                return frozenset((code.code,) for code in DESTINATIONS.values() if code.groups[version] in rate.groups)
    unplaced = frozenset((code.code,) for code in DESTINATIONS.values() if not code.placed) | {("",)}
    return {
        "未就业率": unplaced,
        "未落实率": unplaced,
        "国内升学率": frozenset((code,) for code in DESTINATIONS if code.startswith("80")),
        "境内升学率": frozenset((code,) for code in DESTINATIONS if code.startswith("80")),
        "出国率": frozenset({("85",)}),
        "出国出境率": frozenset({("85",)}),
        "出国(境)率": frozenset({("85",)}),
    }.get(key)
