"""Published reports: reading any of their shapes into cells to play and figures to compare. Refuses what does not add up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from shared.codes.destination import rate, rule_of_class
from shared.codes.tables import plain
from wq.demo.names import HEADINGS, ROSTER, TOTALS, Meaning, ReportError, dimension_of, meaning, rate_codes, unknown_name

LARGEST = 99_999
Values = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pick:
    """Graduates picked by the values they have together in some dimensions; no dimension picks everybody."""

    dimensions: tuple[str, ...] = ()
    values: Values = frozenset({()})

    def and_(self, dimension: str, value: str) -> Pick:
        """Those of them that also have this value."""
        return Pick((*self.dimensions, dimension), frozenset((*known, value) for known in self.values))


EVERYBODY = Pick()


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure: a count or a percentage of `base` that `numerator` is, with so many decimals."""

    name: str
    day: date | None
    numerator: Pick
    base: Pick
    printed: Decimal | None = None
    printed_count: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """So many graduates have these values: `destination` means one value of a pick, `roster` fixes roster dimensions."""

    count: int
    destination: Meaning | None
    roster: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Margin:
    """How a roster dimension divides everybody: (value, placed, total); `placed` None where the report does not say."""

    dimension: str
    rows: tuple[tuple[str, int | None, int], ...]


@dataclass(frozen=True, slots=True)
class Erratum:
    """A figure that the source printed wrongly, and why we know."""

    figure: str
    printed: str
    reason: str


@dataclass(slots=True)
class Report:
    """A report, ready to be played. `cells` per day partition all graduates."""

    id: str
    title: str
    source: str
    total: int
    decimals: int
    note: str
    days: list[date | None] = field(default_factory=list)
    cells: dict[date | None, list[Cell]] = field(default_factory=dict)
    margins: list[Margin] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    errata: list[Erratum] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def load_report(path: Path, report_id: str | None = None, class_year: int = 2021) -> Report:
    """Read a report from a file that holds one or a list of them. Raises ReportError."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError("report.unreadable", f"无法读取报告：{error}", f"the report cannot be read: {error}") from None
    reports = loaded if isinstance(loaded, list) else [loaded]
    chosen = [each for each in reports if isinstance(each, dict) and report_id in (None, each.get("id"))]
    if not chosen:
        known = "、".join(str(each.get("id")) for each in reports if isinstance(each, dict))
        raise ReportError("report.not_found", f"文件中没有该报告，有：{known}", f"no such report in the file; it has: {known}")
    return read_report(chosen[0], class_year)


def read_report(raw: Mapping[str, Any], class_year: int) -> Report:
    """The report in one JSON object. Raises ReportError."""
    slices = _by_day(raw)
    report = Report(
        id=str(raw.get("id", "report")),
        title=str(raw.get("title", "")),
        source=str(raw.get("source", "")),
        total=_total(raw, slices),
        decimals=_whole(raw.get("decimals", 2), "decimals"),
        note=str(raw.get("note", "")),
        days=[day for day, _ in slices],
        errata=[
            Erratum(str(each["figure"]), str(each["printed"]), str(each["reason"])) for each in raw.get("errata", ())
        ],
    )
    if not 0 < report.total <= LARGEST:
        raise ReportError("report.size", f"人数应在 1 与 {LARGEST} 之间", f"from 1 to {LARGEST} graduates can be played")
    for day, each in slices:
        _read_day(report, day, each, rule_of_class(class_year))
    if len({tuple(sorted(name for name, _ in cell.roster)) for cells in report.cells.values() for cell in cells}) > 2:
        raise ReportError("report.days_differ", "各日期的表式不同", "the tables of the days differ in shape")
    return report


_PER_DAY = ("counts", "rows", "groups", "printed", "printed_each", "figures", "extra")


def _by_day(raw: Mapping[str, Any]) -> list[tuple[date | None, Mapping[str, Any]]]:
    if "days" in raw:
        return sorted(
            ((_day(each.get("as_of")), {**raw, **each}) for each in raw["days"]), key=lambda pair: pair[0]
        )
    as_of = raw.get("as_of")
    if not isinstance(as_of, list):
        return [(None if as_of is None else _day(as_of), raw)]
    days = []
    for text in sorted(as_of):
        own = {
            name: raw[name][text] if isinstance(raw[name], dict) and text in raw[name] else raw[name]
            for name in _PER_DAY
            if name in raw
        }
        days.append((_day(text), {**raw, **own}))
    return list(days)


def _total(raw: Mapping[str, Any], slices: Sequence[tuple[date | None, Mapping[str, Any]]]) -> int:
    if "total" in raw:
        return _whole(raw["total"], "total")
    first = slices[0][1]
    if "rows" in first:
        rows = [row for row in first["rows"] if plain(str(row[0])) in TOTALS]
        numbers = [_numbers(row)[0] for row in (rows or first["rows"])]
        is_rate = all(len(each) == 2 for each in numbers) and not _sums_up(numbers)
        totals = [each[0] if is_rate else each[-1] for each in numbers]
        return totals[-1] if rows else sum(totals)
    if first.get("overlap"):
        raise ReportError("report.no_total", "重叠统计须给出 total", "an overlapping table needs its total")
    return sum(_whole(count, name) for name, count in first.get("counts", {}).items())


def _read_day(report: Report, day: date | None, raw: Mapping[str, Any], rule: str) -> None:
    if "counts" in raw and raw.get("overlap"):
        _read_overlapping(report, day, raw)
    elif "counts" in raw:
        _read_counts(report, day, raw, rule)
    elif "rows" in raw:
        _read_rows(report, day, raw, rule)
    else:
        raise ReportError("report.empty", "报告没有 counts 或 rows", "the report has neither counts nor rows")
    if day == report.days[0]:
        for heading, breakdown in _breakdowns(raw.get("extra", {})):
            _read_breakdown(report, heading, breakdown)
    for each in raw.get("figures", ()):
        _read_extra_figure(report, day, each, rule)


# counts: name → number


def _read_counts(report: Report, day: date | None, raw: Mapping[str, Any], rule: str) -> None:
    counts = {name: _whole(count, name) for name, count in raw["counts"].items() if plain(name) not in TOTALS}
    dimension = dimension_of(counts, raw.get("dimension"))
    meanings = _apart({name: _meaning(name, dimension) for name in counts})
    if dimension in ROSTER:
        _read_roster_counts(report, day, dimension, counts, raw.get("printed_each", {}))
        return
    _add_cells(report, day, [Cell(count, meanings[name]) for name, count in counts.items()])
    base = _base(report, counts, raw.get("printed_each", {}), meanings)
    for name, merged in _merged(meanings).items():
        printed = raw.get("printed_each", {}).get(name) if len(merged) == 1 else None
        pick = Pick(meanings[name].dimensions, meanings[name].values)
        total = sum(counts[each] for each in merged)
        label = "+".join(merged)
        if len(merged) > 1:
            report.remarks.append(f"{label}：平台归入同一类别，合并比较 / one category of the platform, compared together")
        report.figures.append(Figure(label, day, pick, base, _percent(printed, label), total))
    _read_printed(report, day, raw, rule, meanings)


def _apart(meanings: dict[str, Meaning]) -> dict[str, Meaning]:
    """What is placed without saying how is whatever no other name of the table counts."""
    single = {value for found in meanings.values() if len(found.values) == 1 for value in found.values}
    return {
        name: Meaning(found.dimensions, found.values - single)
        if found.dimensions == ("code", "intention") and len(found.values) > 1
        else found
        for name, found in meanings.items()
    }


def _read_roster_counts(
    report: Report, day: date | None, dimension: str, counts: Mapping[str, int], printed: Mapping[str, Any]
) -> None:
    _add_cells(report, day, [])
    _add_margin(report, dimension, [(name, None, count) for name, count in counts.items()], day)
    for name, count in counts.items():
        found = _meaning(name, dimension)
        report.figures.append(
            Figure(name, day, Pick(found.dimensions, found.values), EVERYBODY, _percent(printed.get(name), name), count)
        )


def _read_printed(
    report: Report, day: date | None, raw: Mapping[str, Any], rule: str, meanings: Mapping[str, Meaning]
) -> None:
    groups = raw.get("groups", {})
    for name, printed in raw.get("printed", {}).items():
        if name in groups:
            members = [_known(member, meanings) for member in groups[name]]
            pick = Pick(("code", "intention"), frozenset(value for member in members for value in member.values))
        else:
            codes = rate_codes(name, rule)
            if codes is None:
                raise ReportError(
                    "report.unknown_rate", f"未知的比率“{name}”，请在 groups 中列出", f"unknown rate {name!r}; list its members in groups"
                )
            pick = Pick(("code",), codes)
        report.figures.append(Figure(name, day, pick, EVERYBODY, _percent(printed, name)))


def _known(name: str, meanings: Mapping[str, Meaning]) -> Meaning:
    for known, found in meanings.items():
        if plain(known) == plain(name):
            return found
    return _meaning(name, "destination")


def _merged(meanings: Mapping[str, Meaning]) -> dict[str, list[str]]:
    by_values: dict[Any, list[str]] = {}
    for name, found in meanings.items():
        by_values.setdefault((found.dimensions, found.values), []).append(name)
    return {names[0]: names for names in by_values.values()}


def _base(
    report: Report, counts: Mapping[str, int], printed: Mapping[str, Any], meanings: Mapping[str, Meaning]
) -> Pick:
    """Whom percentages are of: everybody, or only those that the table lists, whichever the printed figures fit."""
    listed = sum(counts.values())
    if listed == report.total:
        return EVERYBODY
    if listed > report.total:
        raise ReportError(
            "report.sum", f"各项合计 {listed} 大于总数 {report.total}", f"the counts add up to {listed}, more than {report.total}"
        )
    fits_listed = _fitting(report, counts, printed, listed)
    if fits_listed > _fitting(report, counts, printed, report.total) and len({m.dimensions for m in meanings.values()}) == 1:
        first = next(iter(meanings.values()))
        return Pick(first.dimensions, frozenset(value for found in meanings.values() for value in found.values))
    if not printed:
        raise ReportError(
            "report.sum", f"各项合计 {listed}，总数 {report.total}", f"the counts add up to {listed}, not to {report.total}"
        )
    return EVERYBODY


def _fitting(report: Report, counts: Mapping[str, int], printed: Mapping[str, Any], base: int) -> int:
    return sum(
        1
        for name, text in printed.items()
        if name in counts and rate(counts[name], base, report.decimals) == _percent(text, name)
    )


# rows: [name, numbers ..., percentage]


def _read_rows(report: Report, day: date | None, raw: Mapping[str, Any], rule: str) -> None:
    columns = [str(each) for each in raw.get("columns", ())]
    rows = [row for row in raw["rows"] if plain(str(row[0])) not in TOTALS]
    totals = next((row for row in raw["rows"] if plain(str(row[0])) in TOTALS), None)
    numbers = [_numbers(row) for row in rows]
    widths = {len(each) for each, _ in numbers}
    if len(widths) != 1 or not rows:
        raise ReportError("report.rows", "各行的列数不同", "the rows differ in their number of columns")
    (width,) = widths
    heading = columns[0] if columns else raw.get("dimension")
    if width == 2 and not _sums_up([each for each, _ in numbers]):
        _read_rate_rows(report, day, heading, rows, totals, rule, _studying(raw, rows, rule))
    elif width == 1:
        counts = {str(row[0]): each[0] for row, (each, _) in zip(rows, numbers, strict=True)}
        printed = {str(row[0]): percents[-1] for row, (_, percents) in zip(rows, numbers, strict=True) if percents}
        _read_counts(
            report, day, {**raw, "counts": counts, "printed_each": printed, "dimension": heading}, rule
        )
    else:
        _read_joint_rows(report, day, columns, rows, totals)


def _sums_up(numbers: Sequence[Sequence[int]]) -> bool:
    return all(len(each) > 1 and sum(each[:-1]) == each[-1] for each in numbers)


def _studying(raw: Mapping[str, Any], rows: Sequence[Any], rule: str) -> list[int]:
    """How many of each row's placed go on studying: as far as further figures tell, the rest of their sum from the end."""
    studying = rate_codes("升学率", rule)
    known = {
        each.get("of"): each["count"]
        for each in raw.get("figures", ())
        if "count" in each and rate_codes(str(each["name"]), rule) == studying
    }
    rest = known.get(None, 0) - sum(count for name, count in known.items() if name is not None)
    found = []
    for row in reversed(rows):
        taken = known.get(str(row[0]))
        if taken is None:
            taken = max(0, min(rest, _numbers(row)[0][1]))
            rest -= taken
        found.append(taken)
    return found[::-1]


def _read_rate_rows(
    report: Report,
    day: date | None,
    heading: str | None,
    rows: Sequence[Any],
    totals: Any,
    rule: str,
    studying: Sequence[int],
) -> None:
    names = [str(row[0]) for row in rows]
    dimension = _roster_dimension(names, heading)
    placed = rate_codes("落实率", rule)
    assert placed is not None
    at_work = _apart({"落实": _meaning("落实", "destination"), "升学": _meaning("升学", "destination")})["落实"]
    cells = []
    for row, learners in zip(rows, studying, strict=True):
        (graduates, employed), percents = _numbers(row)
        if employed > graduates:
            raise ReportError("report.sum", f"{row[0]}：落实人数大于毕业生数", f"{row[0]}: more placed than graduates")
        (value,) = next(iter(_meaning(str(row[0]), dimension).values))
        own = ((dimension, value),)
        cells.append(Cell(learners, _meaning("升学", "destination"), own))
        cells.append(Cell(employed - learners, at_work, own))
        cells.append(Cell(graduates - employed, _meaning("求职中", "destination"), own))
        everybody = EVERYBODY.and_(dimension, value)
        employed_pick = Pick(("code",), placed).and_(dimension, value)
        name = str(row[0])
        report.figures.append(Figure(f"{name} 人数", day, everybody, EVERYBODY, None, graduates))
        report.figures.append(
            Figure(f"{name} 落实率", day, employed_pick, everybody, _percent(percents[-1], name), employed)
        )
    _add_cells(report, day, cells)
    if totals is not None:
        (graduates, employed), percents = _numbers(totals)
        pick = Pick(("code",), placed)
        report.figures.append(
            Figure("合计 落实率", day, pick, EVERYBODY, _percent(percents[-1], "合计"), employed)
        )
        report.figures.append(Figure("合计 人数", day, EVERYBODY, EVERYBODY, None, graduates))


def _read_joint_rows(
    report: Report, day: date | None, columns: Sequence[str], rows: Sequence[Any], totals: Any
) -> None:
    """A table by two dimensions: rows by their names, number columns by theirs, the last number being the row's sum."""
    names = [str(row[0]) for row in rows]
    dimension = dimension_of(names, columns[0] if columns else None)
    numbers = [_numbers(row) for row in rows]
    if not _sums_up([each for each, _ in numbers]):
        raise ReportError("report.rows", "各行的最后一个数应为合计", "the last number of each row must be its sum")
    width = len(numbers[0][0]) - 1
    heads = [head for head in columns[1:] if "比例" not in head and "率" not in head and "%" not in head][:width]
    second = dimension_of(heads)
    if second not in ROSTER:
        raise ReportError("report.columns", "列应为学历、性别等", "the columns must be a dimension of the roster")
    values = [next(iter(_meaning(head, second).values))[0] for head in heads]
    cells = []
    for name, (each, percents) in zip(names, numbers, strict=True):
        found = _meaning(name, dimension)
        pick = Pick(found.dimensions, found.values)
        for head, value, count in zip(heads, values, each, strict=False):
            cells.append(Cell(count, found, ((second, value),)))
            report.figures.append(Figure(f"{name} {head}", day, pick.and_(second, value), EVERYBODY, None, count))
        printed = _percent(percents[-1], name) if percents else None
        report.figures.append(Figure(name, day, pick, EVERYBODY, printed, each[-1]))
    _add_cells(report, day, cells)
    if totals is not None:
        for head, value, count in zip(heads, values, _numbers(totals)[0], strict=False):
            report.figures.append(
                Figure(f"合计 {head}", day, EVERYBODY.and_(second, value), EVERYBODY, None, count)
            )


# overlapping counts and breakdowns of everybody


def _read_overlapping(report: Report, day: date | None, raw: Mapping[str, Any]) -> None:
    by_dimension: dict[str, dict[str, int]] = {}
    unplaced: list[str] = []
    for name, count in raw["counts"].items():
        found = next((each for each in ("sex", "education", "political", "ethnic") if meaning(name, each)), None)
        if found is None or plain(name) == "其他":
            unplaced.append(name)
        else:
            by_dimension.setdefault(found, {})[name] = _whole(count, name)
    for name in unplaced:
        count = _whole(raw["counts"][name], name)
        fitting = [each for each, counts in by_dimension.items() if sum(counts.values()) + count == report.total]
        if plain(name) != "其他" or not fitting:
            raise unknown_name(name, "ethnic")
        by_dimension[fitting[0]][name] = count
    _add_cells(report, day, [])
    for dimension, counts in by_dimension.items():
        _read_breakdown(report, dimension, counts, raw.get("printed_each", {}))


def _breakdowns(extra: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    flat = {name: value for name, value in extra.items() if not isinstance(value, dict)}
    if flat:
        yield dimension_of(flat), flat
    for heading, nested in extra.items():
        if isinstance(nested, dict):
            yield heading, nested


def _read_breakdown(
    report: Report, heading: str, counts: Mapping[str, Any], printed: Mapping[str, Any] | None = None
) -> None:
    dimension = heading if heading in ROSTER else _roster_dimension(list(counts), heading)
    rows: list[tuple[str, int | None, int]] = []
    for name, value in counts.items():
        found = _meaning(name, dimension)
        pick = Pick(found.dimensions, found.values)
        if isinstance(value, list):
            (graduates, employed), percents = _numbers([name, *value])
            placed = Pick(("code",), rate_codes("落实率", "2021") or frozenset())
            (own,) = next(iter(found.values))
            rows.append((name, employed, graduates))
            report.figures.append(
                Figure(
                    f"{name} 落实率", report.days[0], placed.and_(dimension, own), pick, _percent(percents[-1], name), employed
                )
            )
            count = graduates
        else:
            count = _whole(value, name)
            rows.append((name, None, count))
        percent = _percent((printed or {}).get(name), name)
        report.figures.append(Figure(name, report.days[0], pick, EVERYBODY, percent, count))
    _add_margin(report, dimension, rows, report.days[0])


def _add_margin(
    report: Report, dimension: str, rows: Sequence[tuple[str, int | None, int]], day: date | None
) -> None:
    total = sum(count for *_, count in rows)
    if total > report.total:
        raise ReportError(
            "report.sum", f"{dimension} 合计 {total} 大于总数 {report.total}", f"{dimension} adds up to {total}, more than {report.total}"
        )
    values = tuple((next(iter(_meaning(name, dimension).values))[0], placed, count) for name, placed, count in rows)
    if day == report.days[0]:
        report.margins.append(Margin(dimension, values))


def _read_extra_figure(report: Report, day: date | None, raw: Mapping[str, Any], rule: str) -> None:
    """{"name", "printed", "count", "of": major or other roster value, "members": destination names}."""
    name = str(raw["name"])
    pick, base = _extra_pick(name, raw, rule), EVERYBODY
    if "of" in raw:
        dimension = _roster_dimension([str(raw["of"])], raw.get("dimension"))
        (value,) = next(iter(_meaning(str(raw["of"]), dimension).values))
        pick, base = pick.and_(dimension, value), EVERYBODY.and_(dimension, value)
        name = f"{raw['of']} {name}"
    count = raw.get("count")
    printed = _percent(raw.get("printed"), name)
    report.figures.append(
        Figure(name, day, pick, base, printed, None if count is None else _whole(count, name))
    )


def _extra_pick(name: str, raw: Mapping[str, Any], rule: str) -> Pick:
    if "members" in raw:
        members = [_meaning_anywhere(str(member)) for member in raw["members"]]
        if len({found.dimensions for found in members}) != 1:
            raise ReportError("report.members", f"{name}：成员不属于同一统计口径", f"{name}: members of several dimensions")
        return Pick(members[0].dimensions, frozenset(value for found in members for value in found.values))
    codes = rate_codes(name, rule)
    if codes is None:
        raise unknown_name(name, "destination")
    return Pick(("code",), codes)


def _meaning_anywhere(name: str) -> Meaning:
    return _meaning(name, dimension_of([name]))


def _add_cells(report: Report, day: date | None, cells: Sequence[Cell]) -> None:
    listed = sum(cell.count for cell in cells)
    if listed > report.total:
        raise ReportError(
            "report.sum", f"各项合计 {listed} 大于总数 {report.total}", f"the counts add up to {listed}, more than {report.total}"
        )
    rest = [Cell(report.total - listed, None)] if listed < report.total else []
    report.cells[day] = [cell for cell in (*cells, *rest) if cell.count]


def _roster_dimension(names: Sequence[str], heading: str | None) -> str:
    hinted = HEADINGS.get(plain(heading)) if heading else None
    if hinted in ROSTER:
        return hinted
    for dimension in ("sex", "education", "ethnic", "political", "normal", "hardship"):
        if all(meaning(name, dimension) for name in names):
            return dimension
    return "major"


def _meaning(name: str, dimension: str) -> Meaning:
    found = meaning(name, dimension)
    if found is None and dimension in ("unit_nature", "industry", "place"):
        found = meaning(name, "destination")
    if found is None:
        raise unknown_name(name, dimension)
    return found


def _numbers(row: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """The whole numbers of a row and its percentages."""
    counts, percents = [], []
    for value in row[1:]:
        if isinstance(value, int) and not isinstance(value, bool):
            counts.append(_whole(value, str(row[0])))
        else:
            percents.append(value)
    return counts, percents


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ReportError("report.count", f"{name}：人数应为非负整数", f"{name}: a count must be a whole number, not {value!r}")
    return value


def _percent(value: Any, name: str) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value).strip().rstrip("%％"))
    except InvalidOperation:
        raise ReportError("report.percent", f"{name}：比率 {value!r} 无法读取", f"{name}: {value!r} is no percentage") from None


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ReportError("report.date", f"日期 {text!r} 应为 YYYY-MM-DD", f"{text!r} is no date YYYY-MM-DD") from None
