"""A synthetic cohort that holds every figure of a report at once: who is enrolled, and where each goes on which day.

Deterministic for one seed. Identity numbers, exam numbers and credit codes are well formed and belong to nobody.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice
from typing import Any

from shared.codes.destination import AGREEMENT, DESTINATIONS
from shared.codes.identity import make_resident_id
from shared.codes.schools import SCHOOLS
from shared.codes.uscc import make_uscc
from wq.demo.report import Cell, Report

GRADUATES_AN_EMPLOYER = 60
DEPARTMENTS = (
    ("01", "机械工程学院", "机械工程"),
    ("02", "电子信息学院", "电子信息工程"),
    ("03", "计算机学院", "计算机科学与技术"),
    ("04", "经济管理学院", "会计学"),
    ("05", "外国语学院", "英语"),
    ("06", "文学院", "汉语言文学"),
    ("07", "化学化工学院", "化学"),
    ("08", "土木工程学院", "土木工程"),
)
FIRST_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国文斌婷雪宇轩子涵梓萱"
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹"
PLACED_BY = (AGREEMENT, AGREEMENT, "11", AGREEMENT, "801", AGREEMENT, "11", "12")

# What fills the fields that a report says nothing about: plausible together, and few enough to share employers.
UNITS = (
    ("39", "34", "110100", "13"),
    ("31", "22", "310100", "13"),
    ("39", "31", "440100", "40"),
    ("22", "42", "330100", "24"),
    ("23", "43", "320100", "19"),
    ("39", "37", "510100", "30"),
)
USCC_KINDS = {"10": "11", "31": "91", "32": "91", "39": "91", "33": "92", "55": "54", "56": "54", "99": "51"}
NO_USCC = {"40": "部队没有统一社会信用代码"}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where somebody goes; the fields of a registration."""

    code: str
    intention: str = ""
    unit_nature: str = ""
    industry: str = ""
    place: str = ""
    position: str = ""


NOWHERE = Destination("")


@dataclass(frozen=True, slots=True)
class PlannedEmployer:
    """An employer that invites some of the cohort; `uscc` None with the reason in `uscc_absent_reason`."""

    name: str
    uscc: str | None
    uscc_absent_reason: str | None
    nature: str
    industry: str
    place: str
    position: str


@dataclass(frozen=True, slots=True)
class PlannedGraduate:
    """A graduate: the roster's row, and a destination for each day of the report with the employer of an agreement."""

    row: Mapping[str, str]
    destinations: tuple[Destination, ...]
    employers: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everybody, and the employers that `PlannedGraduate.employers` points at."""

    school: str
    class_year: int
    days: tuple[date | None, ...]
    graduates: tuple[PlannedGraduate, ...]
    employers: tuple[PlannedEmployer, ...]


def plan(report: Report, school: str, class_year: int) -> Cohort:
    """The cohort of a report in a school and class."""
    chance = random.Random(f"{report.id} {school} {class_year}")
    pools = [_places(report, day) for day in report.days]
    paths = _paths(pools)
    roster = _roster(report, paths, chance)
    employers: list[PlannedEmployer] = []
    hiring: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    graduates = []
    for number, (path, attributes) in enumerate(zip(paths, roster, strict=True)):
        destinations = tuple(destination for _, destination in path)
        offered: list[int | None] = []
        for destination in destinations:
            if destination.code != AGREEMENT:
                offered.append(None)
                continue
            same = hiring[destination.unit_nature, destination.industry, destination.place, destination.position]
            if not same or len(same) % GRADUATES_AN_EMPLOYER == 0:
                employers.append(_employer(f"{report.id} {school} {class_year}", len(employers), destination))
                same.append(len(employers) - 1)
            else:
                same.append(same[-1])
            offered.append(same[-1])
        graduates.append(
            PlannedGraduate(_row(number, attributes, school, class_year, chance), destinations, tuple(offered))
        )
    return Cohort(school, class_year, tuple(report.days), tuple(graduates), tuple(employers))


Roster = tuple[tuple[str, str], ...]
Place = tuple[Roster, Destination]


def _places(report: Report, day: date | None) -> Counter[Place]:
    """How many graduates have which fixed roster values and which destination on a day."""
    found: Counter[Place] = Counter()
    listed = {
        (cell.destination.dimensions[0], value[0])
        for cell in report.cells[day]
        if cell.destination
        for value in cell.destination.values
    }
    for cell in report.cells[day]:
        for destination in _destinations(cell, listed, len(found)):
            found[cell.roster, destination] += 1
    return found


def _destinations(cell: Cell, listed: set[tuple[str, str]], shift: int) -> Iterator[Destination]:
    meant = cell.destination
    units = cycle(UNITS[shift % len(UNITS) :] + UNITS[: shift % len(UNITS)])
    if meant is None:
        yield from islice(_unlisted(listed, units), cell.count)
    elif meant.dimensions == ("code", "intention"):
        values = sorted(meant.values)
        spread = [code for code in PLACED_BY if (code, "") in meant.values]
        codes = cycle(spread if len(values) > 1 and spread else [values[0][0]])
        intention = values[0][1] if len(values) == 1 else ""
        for code in islice(codes, cell.count):
            yield _complete(code, intention, {}, next(units))
    else:
        (dimension,) = meant.dimensions
        options = cycle(sorted(value for (value,) in meant.values))
        for value in islice(options, cell.count):
            yield _complete(AGREEMENT, "", {dimension: value}, next(units))


def _unlisted(listed: set[tuple[str, str]], units: Iterator[Any]) -> Iterator[Destination]:
    """Destinations that no row of the report counts; by agreement where the report says nothing of destinations."""
    codes = {value for dimension, value in listed if dimension == "code"}
    free = [
        unit
        for unit in UNITS
        if not {("unit_nature", unit[0]), ("industry", unit[1]), ("place", unit[2][:2])} & listed
    ]
    code = next((each for each in (AGREEMENT, "11", "12", "801", "76") if each not in codes), "")
    if not free and code in (AGREEMENT, "11", "12"):
        code = "801"
    for unit in cycle(free) if free else units:
        yield _complete(code, "", {}, unit)


def _complete(code: str, intention: str, given: Mapping[str, str], unit: Sequence[str]) -> Destination:
    if code == "":
        return NOWHERE
    required = DESTINATIONS[code].required
    filled = dict(zip(("unit_nature", "industry", "place", "position"), unit, strict=True))
    if "place" in given:
        filled["place"] = f"{given['place']}0100"
    filled |= {name: value for name, value in given.items() if name != "place"}
    return Destination(
        code, intention, **{name: value if name in required or name in given else "" for name, value in filled.items()}
    )


def _paths(pools: Sequence[Counter[Place]]) -> list[tuple[Place, ...]]:
    """Who goes where on each day, changing as few graduates as the counts allow, the not placed before the placed."""
    paths: list[tuple[Place, ...]] = [(place,) for place in sorted(pools[0].elements(), key=_order)]
    for pool in pools[1:]:
        left = pool.copy()
        staying = []
        leaving = []
        for path in paths:
            if left[path[-1]] > 0:
                left[path[-1]] -= 1
                staying.append((*path, path[-1]))
            else:
                leaving.append(path)
        by_roster: dict[Roster, list[Place]] = defaultdict(list)
        for place in sorted(left.elements(), key=_order):
            by_roster[place[0]].append(place)
        fixed = bool(leaving) and all(path[-1][0] in by_roster for path in leaving)
        rest = [place for places in by_roster.values() for place in places]
        moved = [
            (*path, by_roster[path[-1][0]].pop(0) if fixed else rest.pop(0)) for path in sorted(leaving, key=_last)
        ]
        paths = [*staying, *moved]
    return paths


def _order(place: Place) -> tuple[Any, ...]:
    roster, destination = place
    code = DESTINATIONS.get(destination.code)
    return (code is not None and code.placed, roster, destination.code, destination.intention, destination.unit_nature,
            destination.industry, destination.place)  # fmt: skip


def _last(path: tuple[Place, ...]) -> tuple[Any, ...]:
    return _order(path[-1])


def _roster(report: Report, paths: Sequence[tuple[Place, ...]], chance: random.Random) -> list[dict[str, str]]:
    """Roster values of everybody: those fixed by a table, those of each margin spread independently, the rest filled in."""
    people: list[dict[str, str]] = [dict(path[0][0]) for path in paths]
    placed = [DESTINATIONS[path[0][1].code].placed if path[0][1].code else False for path in paths]
    for margin in report.margins:
        values = _spread([(value, count) for value, _, count in margin.rows], len(people))
        if all(among is not None for _, among, _ in margin.rows):
            yes = [value for value, among, _ in margin.rows for _ in range(among or 0)]
            no = [value for value, among, count in margin.rows for _ in range(count - (among or 0))]
            chance.shuffle(yes)
            chance.shuffle(no)
            values = [yes.pop() if each and yes else no.pop() if no else yes.pop() for each in placed]
        else:
            chance.shuffle(values)
        for person, value in zip(people, values, strict=True):
            if value:
                person.setdefault(margin.dimension, value)
    for number, person in enumerate(people):
        _fill(person, number, report)
    return people


def _spread(rows: Sequence[tuple[str, int]], total: int) -> list[str]:
    values = [value for value, count in rows for _ in range(count)]
    return values + [""] * (total - len(values))


def _fill(person: dict[str, str], number: int, report: Report) -> None:
    taken = {margin.dimension: {value for value, *_ in margin.rows} for margin in report.margins}
    code, department, major = DEPARTMENTS[number % len(DEPARTMENTS)]
    if "major" in person:
        majors = sorted({*taken.get("major", ()), person["major"]})
        code, department = DEPARTMENTS[majors.index(person["major"]) % len(DEPARTMENTS)][:2]
    if "department" in person:
        names = sorted(taken["department"])
        code, department = f"{names.index(person['department']) + 1:02d}", person["department"]
    defaults = {
        "sex": ("1", "2")[number % 2],
        "ethnic": "01",
        "education": "31",
        "political": "03",
        "hardship": "0",
        "normal": "2",
        "origin": ("14", "41", "13", "37")[number % 4],
        "major": major,
    }
    for name, value in defaults.items():
        person.setdefault(name, value)
    person["department"], person["department_name"] = code, department


def _employer(seed: str, number: int, destination: Destination) -> PlannedEmployer:
    nature = destination.unit_nature
    digits = int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "big") % 10**8
    kind = "12" if nature.startswith("2") else USCC_KINDS.get(nature)
    uscc = make_uscc(kind, destination.place, f"{digits:08d}") if kind and destination.place[:2] != "66" else None
    return PlannedEmployer(
        name=f"{'部队单位' if nature in NO_USCC else '示范单位'}{digits:08d}",
        uscc=uscc,
        uscc_absent_reason=None if uscc else NO_USCC.get(nature, "单位没有统一社会信用代码"),
        nature=nature,
        industry=destination.industry,
        place=destination.place,
        position=destination.position,
    )


def _row(
    number: int, person: Mapping[str, str], school: str, class_year: int, chance: random.Random
) -> Mapping[str, str]:
    province = SCHOOLS[school].province
    origin = f"{person['origin']}0100"
    region = {"66": "659001", "71": "830000"}.get(person["origin"], f"{person['origin']}0105")
    born = date(class_year - 22, 1, 1) + timedelta(days=number % 365)
    sequence = (number // 365) * 2 + (1 if person["sex"] == "1" else 0)
    return {
        "exam_no": f"{(class_year - 4) % 100:02d}{province}{school}{number:05d}",
        "student_no": f"{class_year - 4}{number:06d}",
        "name": chance.choice(SURNAMES) + chance.choice(FIRST_NAMES) + chance.choice(FIRST_NAMES),
        "id_number": make_resident_id(region, born, sequence % 1000),
        "phone": f"139{number:08d}",
        "sex": person["sex"],
        "ethnic": person["ethnic"],
        "political": person["political"],
        "department": person["department"],
        "department_name": person["department_name"],
        "major_code": "080901",
        "major_name": person["major"],
        "education": person["education"],
        "study_mode": "全日制",
        "study_years": "4",
        "training": "1",
        "origin": origin,
        "household": ("城镇", "农村")[number % 2],
        "normal": person["normal"],
        "hardship": person["hardship"],
        "enrolled_on": f"{class_year - 4}0901",
        "graduates_on": f"{class_year}0630",
    }
