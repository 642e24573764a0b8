"""A synthetic cohort that holds every figure of a report at once: who is enrolled, and where each goes on which day.

Deterministic for one seed. Identity numbers, exam numbers and credit codes are well formed and belong to nobody.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import cycle, islice
from typing import Any
from zlib import crc32

from shared.codes.destination import AGREEMENT, DESTINATIONS, is_placed
from shared.codes.identity import make_resident_id
from shared.codes.schools import SCHOOLS
from shared.codes.tables import (
    COMPLETION_EDUCATIONS,
    EDUCATION,
    ETHNIC,
    HARDSHIP,
    INDUSTRY,
    NORMAL_STUDENT,
    POLITICAL,
    PROVINCE,
    SEX,
    UNIT_NATURE,
    rows,
)
from shared.codes.uscc import make_uscc
from wq.demo.figures import Cell, Margin, Report, Share, UnitMargin
from wq.demo.names import ROSTER, UNIT, ReportError

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
MAJOR_CODES = {
    "机械工程": "080201",
    "机械设计制造及其自动化": "080202",
    "材料成型及控制工程": "080203",
    "工业设计": "080205",
    "电子信息工程": "080701",
    "计算机科学与技术": "080901",
    "会计学": "120203K",
    "英语": "050201",
    "汉语言文学": "050101",
    "化学": "070301",
    "土木工程": "081001",
}
MOST_DEPARTMENTS = 99
STUDY_YEARS = {"01": 4, "03": 4, "11": 3, "13": 3, "25": 2, "26": 2, "41": 3, "43": 3}
# Of one sex in one county: on each day of a year half of the thousand sequences.
DAYS_A_YEAR = 365
PEOPLE_A_COUNTY = DAYS_A_YEAR * 500
# More than any report counts, but for those that a test makes up.
PEOPLE_A_SCHOOL = DAYS_A_YEAR * 20
# Any city of a province: six digits from two.
CITY = "0100"
AT_UNITS = frozenset(code.code for code in DESTINATIONS.values() if set(UNIT) <= {*code.required, *code.asked})
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
    """The cohort of a report in a school and class. Raises ReportError when no cohort holds all its figures."""
    chance = random.Random(f"{report.id} {school} {class_year}")
    paths = _paths([_places(report, index) for index in range(len(report.days))])
    for index in range(1, len(report.days)):
        _exchange(paths, index, _falling(report, index))
    roster = _roster(report, paths, chance)
    employers: list[PlannedEmployer] = []
    hired: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    seed = f"{report.id} {school} {class_year}"
    graduates = []
    for number, (path, attributes) in enumerate(zip(paths, roster, strict=True)):
        destinations = tuple(destination for _, destination in path)
        offered: list[int | None] = []
        for index, destination in enumerate(destinations):
            if destination.code != AGREEMENT:
                offered.append(None)
                continue
            if index and destinations[index - 1] == destination:
                # Whose destination stays, stays with the employer.
                offered.append(offered[-1])
                continue
            unit = (destination.unit_nature, destination.industry, destination.place, destination.position)
            employer, many = hired.get(unit, (-1, GRADUATES_AN_EMPLOYER))
            if many == GRADUATES_AN_EMPLOYER:
                employers.append(_employer(seed, len(employers), destination))
                employer, many = len(employers) - 1, 0
            hired[unit] = (employer, many + 1)
            offered.append(employer)
        graduates.append(
            PlannedGraduate(_row(number, attributes, school, class_year, chance), destinations, tuple(offered))
        )
    return Cohort(school, class_year, tuple(report.days), tuple(graduates), tuple(employers))


Roster = tuple[tuple[str, str], ...]
Place = tuple[Roster, Destination]


def _places(report: Report, index: int) -> list[Place]:
    """Everybody's fixed roster values and destination on a day."""
    cells = report.cells[report.days[index]]
    margins = [margin for margin in report.unit_margins if margin.day_index == index]
    listed = {
        (cell.destination.dimensions[0], value[0])
        for cell in cells
        if cell.destination
        for value in cell.destination.values
    }
    found = [(cell.roster, destination) for cell in cells for destination in _destinations(cell, listed)]
    fixed = {dimension for dimension, _ in listed}
    for margin in margins:
        if margin.dimension in fixed:
            raise ReportError(
                "report.two_tables",
                f"{margin.dimension} 出现在两个表中",
                f"{margin.dimension} is divided by two tables",
            )
        found = _with_units(found, margin)
    return found


def _with_units(places: Sequence[Place], margin: UnitMargin) -> list[Place]:
    """The same, the units of those who have one divided as a table beside the main one says."""
    own = {value for values, _ in margin.rows for value in values}
    values = [value for options, count in margin.rows for value in islice(cycle(options), count)]
    at_units = [n for n, (_, to) in enumerate(places) if to.code in AT_UNITS]
    if len(values) > len(at_units):
        raise ReportError(
            "report.contradiction",
            f"{margin.dimension} 共 {len(values)} 人，在单位就业的只有 {len(at_units)} 人",
            f"{margin.dimension} counts {len(values)}, but only {len(at_units)} have a unit",
        )
    if len(values) < len(at_units):
        values += [_spare(margin.dimension, own)] * (len(at_units) - len(values))
    found = list(places)
    for number, value in zip(at_units, values, strict=True):
        roster, destination = found[number]
        given = f"{value}{CITY}" if margin.dimension == "place" else value
        found[number] = (roster, replace(destination, **{margin.dimension: given}))
    return found


def _destinations(cell: Cell, listed: set[tuple[str, str]]) -> Iterator[Destination]:
    meant = cell.destination
    values = sorted(meant.values) if meant else []
    # The same cell has the same units on every day, whatever else the day's table holds.
    shift = crc32(repr((values, cell.roster)).encode()) % len(UNITS)
    units = cycle(UNITS[shift:] + UNITS[:shift])
    if meant is None:
        yield from islice(_unlisted(listed, units), cell.count)
    elif meant.dimensions == ("code", "intention"):
        playable = [value for value in values if value[0] == "" or DESTINATIONS[value[0]].registrable]
        spread = [(code, "") for code in PLACED_BY if (code, "") in meant.values]
        for code, intention in islice(cycle(spread if len(values) > 1 and spread else playable[:1]), cell.count):
            yield _complete(code, intention, {}, next(units))
    else:
        (dimension,) = meant.dimensions
        for (value,) in islice(cycle(values), cell.count):
            yield _complete(AGREEMENT, "", {dimension: value}, next(units))


def _unlisted(listed: set[tuple[str, str]], units: Iterator[Any]) -> Iterator[Destination]:
    """Destinations that no row of the report counts; by agreement where the report says nothing of destinations."""
    codes = {value for dimension, value in listed if dimension == "code"}
    by_unit = {dimension for dimension, _ in listed} & set(UNIT)
    code = next((each for each in (AGREEMENT, "11", "12", "801", "76") if each not in codes), "")
    for unit in units:
        given = {}
        for dimension in by_unit:
            own = {value for name, value in listed if name == dimension}
            given[dimension] = _spare(dimension, own)
        yield _complete(code, "", given if code in AT_UNITS else {}, unit)


def _spare(dimension: str, listed: Set[str]) -> str:
    """A value that no row of a table counts. Raises ReportError when the table lists every one."""
    usual = {
        "unit_nature": ("39", "31"),
        "industry": ("34", "22", "31"),
        "place": ("11", "31", "44"),
        "sex": ("1", "2"),
        "ethnic": ("01",),
        "education": ("31", "41"),
        "political": ("03", "13"),
        "hardship": ("0",),
        "normal": ("2",),
        "origin": ("14", "41"),
    }
    tables = {"unit_nature": UNIT_NATURE, "industry": INDUSTRY, "place": PROVINCE, "sex": SEX, "ethnic": ETHNIC,
              "education": EDUCATION, "political": POLITICAL, "hardship": HARDSHIP, "normal": NORMAL_STUDENT,
              "origin": PROVINCE}  # fmt: skip
    if dimension not in tables:
        names = [name for row in DEPARTMENTS for name in row[1 if dimension == "department" else 2 :][:1]]
        return next(name for name in (*names, "其他") if name not in listed)
    refused = set(COMPLETION_EDUCATIONS) | {"0", "9"} if dimension in ("sex", "education") else set()
    for value in (*usual[dimension], *tables[dimension].codes):
        if value not in listed and value not in refused:
            return value
    raise ReportError(
        "report.sum",
        f"{dimension} 已列出全部类别，合计却小于总数",
        f"{dimension} lists every value, and yet adds up to less than the total",
    )


def _complete(code: str, intention: str, given: Mapping[str, str], unit: Sequence[str]) -> Destination:
    if code == "":
        return NOWHERE
    asked = {*DESTINATIONS[code].required, *DESTINATIONS[code].asked}
    filled = dict(zip(("unit_nature", "industry", "place", "position"), unit, strict=True))
    if "place" in given:
        filled["place"] = f"{given['place']}{CITY}"
    filled |= {name: value for name, value in given.items() if name != "place"}
    return Destination(
        code, intention, **{name: value if name in asked or name in given else "" for name, value in filled.items()}
    )


def _paths(days: Sequence[Sequence[Place]]) -> list[tuple[Place, ...]]:
    """Who goes where on each day: whoever can stay stays, and of the others the not placed move before the placed."""
    paths: list[tuple[Place, ...]] = [(place,) for place in sorted(days[0], key=_order)]
    for places in days[1:]:
        left = Counter(places)
        staying: list[tuple[Place, ...]] = []
        leaving: dict[Roster, list[tuple[Place, ...]]] = defaultdict(list)
        for path in paths:
            if left[path[-1]] > 0:
                left[path[-1]] -= 1
                staying.append((*path, path[-1]))
            else:
                leaving[path[-1][0]].append(path)
        arriving: dict[Roster, list[Place]] = defaultdict(list)
        for place in sorted((+left).elements(), key=_order):
            arriving[place[0]].append(place)
        paths = staying
        for roster, moving in leaving.items():
            moving.sort(key=lambda path: _order(path[-1]))
            paths += [(*path, place) for path, place in zip(moving, arriving[roster], strict=True)]
    return paths


def _falling(report: Report, index: int) -> int:
    """How many must lose a destination since the day before because a breakdown's row has fewer placed."""
    lost = [
        sum(max(0, before - after) for before, after in (share.placed[index - 1 : index + 1] for share in margin.shares)
            if before is not None and after is not None)
        for margin in report.margins
    ]  # fmt: skip
    return max(lost, default=0)


def _exchange(paths: list[tuple[Place, ...]], index: int, wanted: int) -> None:
    """Let so many lose a destination and as many others find it, where the counts alone ask nobody to."""
    kinds: dict[tuple[Roster, bool, bool], list[int]] = defaultdict(list)
    for number, path in enumerate(paths):
        was, is_now = (is_placed(path[day][1].code) for day in (index - 1, index))
        kinds[path[0][0], was, is_now].append(number)
    missing = wanted - sum(len(own) for (_, was, is_now), own in kinds.items() if was and not is_now)
    for (roster, was, is_now), staying in list(kinds.items()):
        if was and is_now:
            for one, other in islice(zip(staying, kinds[roster, False, False], strict=False), max(0, missing)):
                first, second = paths[one], paths[other]
                paths[one] = (*first[:index], *second[index:])
                paths[other] = (*second[:index], *first[index:])
                missing -= 1


def _order(place: Place) -> tuple[Any, ...]:
    roster, destination = place
    code = DESTINATIONS.get(destination.code)
    return (code is not None and code.placed, roster, destination.code, destination.intention, destination.unit_nature,
            destination.industry, destination.place)  # fmt: skip


def _roster(report: Report, paths: Sequence[tuple[Place, ...]], chance: random.Random) -> list[dict[str, str]]:
    """Everybody's roster values: fixed by a table, then each margin spread independently, then filled in."""
    people: list[dict[str, str]] = [dict(path[0][0]) for path in paths]
    patterns = [tuple(is_placed(destination.code) for _, destination in path) for path in paths]
    for margin in report.margins:
        if all(margin.dimension in person for person in people):
            continue
        by_pattern = _divided(margin, Counter(patterns), chance)
        for person, pattern in zip(people, patterns, strict=True):
            person.setdefault(margin.dimension, by_pattern[pattern].pop())
    taken: dict[str, set[str]] = defaultdict(set)
    for person in people:
        for dimension, value in person.items():
            taken[dimension].add(value)
    spare = {dimension: _spare(dimension, taken[dimension]) for dimension in ROSTER if dimension in taken
             and any(dimension not in person for person in people)}  # fmt: skip
    departments = sorted(taken["department"] | ({spare["department"]} if "department" in spare else set()))
    if len(departments) > MOST_DEPARTMENTS:
        raise ReportError("report.departments", "院系过多", f"at most {MOST_DEPARTMENTS} departments can be played")
    majors = {major: n for n, major in enumerate(sorted(taken["major"]))}
    for number, person in enumerate(people):
        _fill(person, number, spare, departments, majors)
    return people


Pattern = tuple[bool, ...]


def _divided(margin: Margin, patterns: Counter[Pattern], chance: random.Random) -> dict[Pattern, list[str]]:
    """A margin's values for the graduates of each pattern of being placed day by day, as many as there are of each."""
    left = Counter(patterns)
    found: dict[Pattern, list[str]] = {pattern: [] for pattern in patterns}
    loose: list[str] = []
    # The more a row says, the less freedom it has.
    for share in sorted(margin.shares, key=lambda share: sum(each is None for each in share.placed)):
        values = list(islice(cycle(share.values), share.count))
        chance.shuffle(values)
        if all(each is None for each in share.placed):
            loose += values
            continue
        for pattern, many in _placing(share, left).items():
            if many > left[pattern]:
                raise _contradiction(share)
            left[pattern] -= many
            found[pattern] += [values.pop() for _ in range(many)]
    rest = sum(left.values()) - len(loose)
    if rest:
        listed = {value for share in margin.shares for value in share.values}
        loose += [_spare(margin.dimension, listed)] * rest
    chance.shuffle(loose)
    for pattern, many in left.items():
        found[pattern] += [loose.pop() for _ in range(many)]
        chance.shuffle(found[pattern])
    return found


def _placing(share: Share, left: Mapping[Pattern, int]) -> dict[Pattern, int]:
    """How many of a row have each pattern. Raises ReportError when there are not as many graduates of a pattern."""
    known = [(index, many) for index, many in enumerate(share.placed) if many is not None]
    if len(known) == 1:
        ((index, many),) = known
        return _taken(share, left, lambda pattern: pattern[index], many) | _taken(
            share, left, lambda pattern: not pattern[index], share.count - many
        )
    if len(known) > 2:
        raise ReportError(
            "report.days_differ",
            "分项落实人数最多两个日期",
            "placed graduates of a breakdown are read for two days at most",
        )
    (first, before), (second, after) = known

    def of(was: bool, is_now: bool) -> Callable[[Pattern], bool]:
        return lambda pattern: (pattern[first], pattern[second]) == (was, is_now)

    def room(was: bool, is_now: bool) -> int:
        return sum(many for pattern, many in left.items() if of(was, is_now)(pattern))

    # Placed on both days: as many as possible, so that nobody loses a destination without need.
    for both in range(min(before, after, room(True, True)), -1, -1):
        wanted = {
            (True, True): both,
            (True, False): before - both,
            (False, True): after - both,
            (False, False): share.count - before - after + both,
        }
        if all(0 <= many <= room(*kind) for kind, many in wanted.items()):
            found: dict[Pattern, int] = {}
            for kind, many in wanted.items():
                found |= _taken(share, left, of(*kind), many)
            return found
    raise _contradiction(share)


def _taken(share: Share, left: Mapping[Pattern, int], fits: Callable[[Pattern], bool], many: int) -> dict[Pattern, int]:
    found = {}
    for pattern in sorted(pattern for pattern in left if fits(pattern)):
        found[pattern] = min(many, left[pattern])
        many -= found[pattern]
    if many:
        raise _contradiction(share)
    return found


def _contradiction(share: Share) -> ReportError:
    named = "、".join(share.values[:1])
    return ReportError(
        "report.contradiction",
        f"“{named}”等的落实人数与毕业去向表不符",
        f"the placed graduates of {named!r} and others do not fit the table of destinations",
    )


def _fill(
    person: dict[str, str],
    number: int,
    spare: Mapping[str, str],
    departments: Sequence[str],
    majors: Mapping[str, int],
) -> None:
    """What the report does not say, never a value that it counts."""
    if departments:
        name = person.get("department") or spare["department"]
        code, major = f"{departments.index(name) + 1:02d}", DEPARTMENTS[number % len(DEPARTMENTS)][2]
    else:
        at = majors[person["major"]] if "major" in person else number
        code, name, major = DEPARTMENTS[at % len(DEPARTMENTS)]
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
    for dimension, value in defaults.items():
        person.setdefault(dimension, spare.get(dimension, value))
    person["department"], person["department_name"] = code, name


def _employer(seed: str, number: int, destination: Destination) -> PlannedEmployer:
    nature = destination.unit_nature
    first = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
    # Distinct within a cohort: the step has no factor in common with 10**8.
    digits = (first + number * 7919) % 10**8
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
    years = STUDY_YEARS.get(person["education"], 4)
    entered = class_year - years
    serial = (int(school) * 100_000 + number) % 10**10
    return {
        "exam_no": f"{entered % 100:02d}{province}{serial:010d}",
        "student_no": f"{entered}{number:06d}",
        "name": chance.choice(SURNAMES) + chance.choice(FIRST_NAMES) + chance.choice(FIRST_NAMES),
        "id_number": identity_number(school, class_year, number, person["origin"], person["sex"]),
        "phone": f"139{number:08d}",
        "sex": person["sex"],
        "ethnic": person["ethnic"],
        "political": person["political"],
        "department": person["department"],
        "department_name": person["department_name"],
        "major_code": _major_code(person["major"]),
        "major_name": person["major"],
        "education": person["education"],
        "study_mode": "全日制",
        "study_years": str(years),
        "training": "1",
        "origin": f"{person['origin']}{CITY}",
        "household": ("城镇", "农村")[number % 2],
        "normal": person["normal"],
        "hardship": person["hardship"],
        "enrolled_on": f"{entered}0901",
        "graduates_on": f"{class_year}0630",
    }


def identity_number(school: str, class_year: int, number: int, origin: str, sex: str) -> str:
    """A number of nobody else's in whatever is played on one platform, which holds a person once.

    A class is born in one year. Schools take their turns in the days of it, the sequences of a day, and the counties.
    """
    counties = _counties(origin)
    turn = (_TURNS[school] * PEOPLE_A_SCHOOL + number) % (len(counties) * PEOPLE_A_COUNTY)
    county, turn = divmod(turn, PEOPLE_A_COUNTY)
    sequence, day = divmod(turn, DAYS_A_YEAR)
    born = date(class_year - 22, 1, 1) + timedelta(days=day)
    return make_resident_id(counties[county], born, sequence * 2 + (1 if sex == "1" else 0))


@cache
def _counties(origin: str) -> tuple[str, ...]:
    """Where somebody from a province may be born: its counties of today, or where those outside GB/T 2260 are counted."""
    elsewhere = {"66": "659001", "71": "830000", "81": "810000", "82": "820000"}.get(origin)
    listed = (row["code"] for row in rows("counties") if not row["until"] and not row["code"].endswith("00"))
    return (elsewhere,) if elsewhere else tuple(code for code in listed if code[:2] == origin)


# The how many-th of all schools.
_TURNS = {code: turn for turn, code in enumerate(sorted(SCHOOLS))}


def _major_code(name: str) -> str:
    """A well-known major's code, or one of a discipline that does not exist: 99 and digits of the name."""
    return MAJOR_CODES.get(name) or f"99{crc32(name.encode()) % 10_000:04d}"
