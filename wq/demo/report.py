"""Published reports, read from any of their shapes into cells to play and figures to compare.

Every printed figure is read or the report is refused, and so is what does not add up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from shared.codes.destination import DESTINATIONS, RULES, rate, rule_of_class
from shared.codes.tables import plain
from wq.demo.names import (
    HEADINGS,
    ROSTER,
    TOTALS,
    UNIT,
    Meaning,
    ReportError,
    apart,
    dimension_of,
    meaning,
    rate_codes,
    unknown_name,
)

LARGEST = 400_000
MOST_DECIMALS = 6
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
    """So many graduates have these values: any one that `destination` means, and all of `roster`."""

    count: int
    destination: Meaning | None
    roster: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One row of a margin: so many graduates have one of these values, of whom so many are placed on each day.

    `placed` holds None for a day of which the report does not say.
    """

    values: tuple[str, ...]
    count: int
    placed: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Margin:
    """How a roster dimension divides everybody, or some when the report prints only some of its rows."""

    dimension: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class UnitMargin:
    """How a dimension of the unit divides those who have a unit on a day, given by its index."""

    day_index: int
    dimension: str
    rows: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Erratum:
    """A figure that the source printed wrongly, what it should be if the report says so, and why we know."""

    figure: str
    printed: Decimal
    reason: str
    computed: Decimal | None = None


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
    unit_margins: list[UnitMargin] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    errata: list[Erratum] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def load_report(path: Path, report_id: str | None = None, class_year: int = 2021) -> Report:
    """Read a report from a file that holds one or a list of them. Raises ReportError."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ReportError(
            "report.unreadable", f"无法读取报告：{error}", f"the report cannot be read: {error}"
        ) from None
    reports = loaded if isinstance(loaded, list) else [loaded]
    chosen = [each for each in reports if isinstance(each, dict) and report_id in (None, each.get("id"))]
    if not chosen:
        known = "、".join(str(each.get("id")) for each in reports if isinstance(each, dict))
        raise ReportError(
            "report.not_found", f"文件中没有该报告，有：{known}", f"no such report in the file; it has: {known}"
        )
    return read_report(chosen[0], class_year)


_KNOWN_KEYS = frozenset(
    (
        "id",
        "title",
        "source",
        "total",
        "decimals",
        "note",
        "as_of",
        "days",
        "counts",
        "rows",
        "columns",
        "groups",
        "printed",
        "printed_each",
        "figures",
        "extra",
        "errata",
        "overlap",
        "dimension",
    )
)


def read_report(raw: Mapping[str, Any], class_year: int) -> Report:
    """The report in one JSON object. Raises ReportError."""
    slices = _by_day(raw)
    report = Report(
        id=str(raw.get("id", "report")),
        title=str(raw.get("title", "")),
        source=str(raw.get("source", "")),
        total=_total(raw, slices),
        decimals=_decimals(raw, slices),
        note=str(raw.get("note", "")),
        days=[day for day, _ in slices],
        errata=[_erratum(each) for each in _list(raw, "errata")],
    )
    if not 0 < report.total <= LARGEST:
        raise ReportError(
            "report.size", f"人数应在 1 与 {LARGEST} 之间", f"from 1 to {LARGEST} graduates can be played"
        )
    report.remarks += [f"未读取的字段 {key} / not read: {key}" for key in raw if key not in _KNOWN_KEYS]
    shares: dict[str, dict[tuple[str, ...], Share]] = {}
    for index, (_, each) in enumerate(slices):
        _Reading(report, index, each, rule_of_class(class_year), shares).read()
    report.margins = [Margin(dimension, tuple(own.values())) for dimension, own in shares.items()]
    _check_margins(report)
    _check_days(report)
    return report


# The object as a whole: days, total, decimals


_PER_DAY = ("counts", "rows", "groups", "printed", "printed_each", "figures", "extra")


def _by_day(raw: Mapping[str, Any]) -> list[tuple[date | None, Mapping[str, Any]]]:
    if "days" in raw:
        listed = _list(raw, "days")
        if not listed or not all(isinstance(each, dict) for each in listed):
            raise _bad_shape("days")
        return _ordered([(_day(each.get("as_of")), {**raw, **each}) for each in listed])
    as_of = raw.get("as_of")
    if not isinstance(as_of, list):
        return [(None if as_of is None else _day(as_of), raw)]
    texts = sorted(str(text) for text in as_of)
    if not texts:
        raise _bad_shape("as_of")
    found: list[tuple[date | None, Mapping[str, Any]]] = []
    for index, text in enumerate(texts):
        own: dict[str, Any] = {}
        for name in _PER_DAY:
            value = raw.get(name)
            if isinstance(value, dict) and set(value) & set(texts):
                if set(value) != set(texts):
                    raise ReportError(
                        "report.date", f"{name} 的日期与 as_of 不符", f"the days of {name} are not those of as_of"
                    )
                own[name] = value[text]
            elif name in ("printed", "printed_each", "figures") and value is not None and len(texts) > 1:
                raise ReportError("report.date", f"{name} 应按日期给出", f"{name} must be given per day, as counts are")
            elif name == "extra" and index < len(texts) - 1:
                # A table without a day is that of the latest.
                own[name] = {}
        if isinstance(raw.get("rows"), list) and len(texts) > 1:
            own |= _columns_of_day(raw, index, texts)
        found.append((_day(text), {**raw, **own}))
    return _ordered(found)


def _ordered(
    slices: Sequence[tuple[date | None, Mapping[str, Any]]],
) -> list[tuple[date | None, Mapping[str, Any]]]:
    days = [day for day, _ in slices]
    if len(set(days)) != len(days):
        raise ReportError("report.date", "同一日期出现两次", "a day is given twice")
    return sorted(slices, key=lambda pair: pair[0] or date.min)


def _columns_of_day(raw: Mapping[str, Any], index: int, days: Sequence[str]) -> dict[str, Any]:
    """Of rows with columns per day, those of one: graduates once or per day, then a count and a rate per day."""
    rows = []
    for row in _rows(raw):
        counts, percents = _numbers(row)
        if len(counts) == 1 + len(days):
            own = [counts[0], counts[1 + index]]
        elif len(counts) == 2 * len(days):
            own = counts[2 * index : 2 * index + 2]
        elif len(counts) == len(days):
            own = [counts[index]]
        else:
            raise ReportError("report.rows", "各行的列数与日期数不符", "the rows' columns do not fit the days")
        if len(percents) not in (0, len(days)):
            raise ReportError("report.rows", "各行的比率数与日期数不符", "the rows' rates do not fit the days")
        rows.append([row[0], *own, *percents[index : index + 1]])
    heading = _heading(raw)
    return {"rows": rows, "columns": [], "dimension": heading}


def _total(raw: Mapping[str, Any], slices: Sequence[tuple[date | None, Mapping[str, Any]]]) -> int:
    if "total" in raw:
        return _whole(raw["total"], "total")
    first = slices[0][1]
    if "rows" in first:
        rows = _rows(first)
        totals = [row for row in rows if _is_total(row)]
        numbers = [_numbers(row)[0] for row in (totals or rows)]
        if not all(numbers):
            raise ReportError("report.rows", "每行应有人数", "every row needs a number")
        # Graduates come first beside those of them who are placed; otherwise the last number is the row's sum.
        of_graduates = _is_rate_table(first, [_numbers(row)[0] for row in rows])
        sums = [each[0] if of_graduates else each[-1] for each in numbers]
        return sums[-1] if totals else sum(sums)
    counts = _counts(first)
    if first.get("overlap"):
        return max((sum(own.values()) for own in _overlapping(counts, None).values()), default=0)
    given = [count for name, count in counts.items() if plain(name) in TOTALS]
    return given[0] if given else sum(counts.values())


def _decimals(raw: Mapping[str, Any], slices: Sequence[tuple[date | None, Mapping[str, Any]]]) -> int:
    """As given, or as many as the printed percentages have."""
    if "decimals" in raw:
        found = _whole(raw["decimals"], "decimals")
        if found > MOST_DECIMALS:
            raise ReportError("report.decimals", "小数位数过多", f"at most {MOST_DECIMALS} decimals")
        return found
    texts = [
        str(text)
        for _, each in slices
        for source in (each.get("printed"), each.get("printed_each"))
        if isinstance(source, dict)
        for text in source.values()
    ]
    texts += [str(text) for _, each in slices if "rows" in each for row in _rows(each) for text in _numbers(row)[1]]
    places = [len(match[1]) for text in texts if (match := re.fullmatch(r"[0-9]+\.([0-9]+)[%％]?", text.strip()))]
    return min(max(places, default=0 if texts else 2), MOST_DECIMALS)


def _erratum(raw: Any) -> Erratum:
    if not isinstance(raw, dict) or not {"figure", "printed", "reason"} <= raw.keys():
        raise ReportError(
            "report.errata",
            "errata 每项应有 figure、printed、reason",
            "each of errata needs figure, printed and reason",
        )
    name = str(raw["figure"])
    return Erratum(name, _printed(raw["printed"], name), str(raw["reason"]), _percent(raw.get("computed"), name))


def _check_margins(report: Report) -> None:
    for margin in report.margins:
        listed = sum(share.count for share in margin.shares)
        if listed > report.total:
            raise ReportError(
                "report.sum",
                f"{margin.dimension} 合计 {listed} 大于总数 {report.total}",
                f"{margin.dimension} adds up to {listed}, more than {report.total}",
            )
    for index, day in enumerate(report.days):
        if any(cell.destination or cell.roster for cell in report.cells[day]):
            continue
        # Nothing but breakdowns: who is placed follows from one of them that covers everybody.
        for margin in report.margins:
            placed = [share.placed[index] for share in margin.shares]
            if sum(share.count for share in margin.shares) == report.total and None not in placed:
                many = sum(count or 0 for count in placed)
                cells = [
                    Cell(many, _named(PLACED_NAME, "destination")),
                    Cell(report.total - many, _named(SEEKING, "destination")),
                ]
                report.cells[day] = [cell for cell in cells if cell.count]
                break


def _check_days(report: Report) -> None:
    """The same graduates on every day: tables of several days agree on how many have which roster values."""
    seen = [_by_roster(report.cells[day]) for day in report.days]
    for each in seen[1:]:
        for roster in sorted(seen[0].keys() | each.keys()):
            if seen[0].get(roster, 0) != each.get(roster, 0):
                named = "、".join(value for _, value in roster) or "其余"
                raise ReportError(
                    "report.days_differ",
                    f"各日期“{named}”的毕业生数不同",
                    f"the days differ in the number of graduates of {named}",
                )


def _by_roster(cells: Sequence[Cell]) -> dict[tuple[tuple[str, str], ...], int]:
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for cell in cells:
        found[cell.roster] = found.get(cell.roster, 0) + cell.count
    return found


# One day


PLACED_NAME, STUDY_NAME, SEEKING = "落实", "升学", "求职中"
GRADUATE_COLUMNS = frozenset(("毕业生数", "毕业人数", "毕业生人数", "毕业生总数", "毕业生", "总人数", "人数"))
PLACED_COLUMNS = frozenset(("落实人数", "就业人数", "已就业人数", "已落实人数", "落实去向人数", "毕业去向落实人数"))
SHARE = re.compile("比例|占比|比重|百分比|[%％]")


@dataclass(slots=True)
class _Reading:
    """Reads the tables of one day into a report."""

    report: Report
    index: int
    raw: Mapping[str, Any]
    rule: str
    shares: dict[str, dict[tuple[str, ...], Share]]

    @property
    def day(self) -> date | None:
        return self.report.days[self.index]

    def read(self) -> None:
        meanings: Mapping[str, Meaning] = {}
        printed_each = {plain(name): text for name, text in _object(self.raw, "printed_each").items()}
        if "counts" in self.raw and "rows" in self.raw:
            raise ReportError("report.two_tables", "counts 与 rows 只能有一个", "give either counts or rows")
        if "counts" in self.raw and self.raw.get("overlap"):
            self.overlapping(printed_each)
        elif "counts" in self.raw:
            meanings = self.counts(_counts(self.raw), printed_each, _heading(self.raw))
        elif "rows" in self.raw:
            meanings = self.rows(printed_each)
        else:
            raise ReportError("report.empty", "报告没有 counts 或 rows", "the report has neither counts nor rows")
        for each in _list(self.raw, "figures"):
            self.extra_figure(each)
        for heading, breakdown in _breakdowns(_object(self.raw, "extra")):
            self.breakdown(heading, breakdown)
        self.printed({**_object(self.raw, "printed"), **printed_each}, meanings)

    def figure(self, name: str, numerator: Pick, base: Pick, printed: Decimal | None, count: int | None = None) -> None:
        self.report.figures.append(Figure(name, self.day, numerator, base, printed, count))

    def cells(self, cells: Sequence[Cell]) -> None:
        listed = sum(cell.count for cell in cells)
        if listed > self.report.total:
            raise _too_many(listed, self.report.total)
        rest = [Cell(self.report.total - listed, None)] if listed < self.report.total else []
        self.report.cells[self.day] = [cell for cell in (*cells, *rest) if cell.count]

    # counts: name → number

    def counts(self, given: Mapping[str, int], printed_each: dict[str, Any], heading: str | None) -> dict[str, Meaning]:
        """Read a table of one dimension; takes what it compares out of `printed_each`."""
        for name in [name for name in given if plain(name) in TOTALS]:
            self.figure(name, EVERYBODY, EVERYBODY, _percent(printed_each.pop(plain(name), None), name), given[name])
        counts = {name: count for name, count in given.items() if plain(name) not in TOTALS}
        dimension = dimension_of(counts, heading)
        if dimension in ROSTER:
            self.cells([])
            self.roster_table(dimension, [(name, count, None) for name, count in counts.items()], printed_each)
            return {}
        meanings = apart({name: _named(name, dimension) for name in counts})
        printed = {name: _percent(printed_each.pop(plain(name), None), name) for name in counts}
        picks = {name: _pick(found) for name, found in meanings.items()}
        cells = [Cell(count, meanings[name]) for name, count in counts.items()]
        base, rest = self.base([(counts[name], printed[name], picks[name]) for name in counts], dimension)
        self.cells([*cells, *rest])
        for names in _merged(meanings).values():
            label, total = "+".join(names), sum(counts[name] for name in names)
            text = printed[names[0]]
            if len(names) > 1:
                text = None
                left_out = "、".join(f"{name} {printed[name]}" for name in names if printed[name] is not None)
                self.report.remarks.append(
                    f"{label}：平台归入同一类别，人数合并比较 / one category of the platform, counts compared together"
                    + (f"；未单独比较 not compared apart: {left_out}" if left_out else "")
                )
            self.figure(label, picks[names[0]], base, text, total)
        return meanings

    def base(
        self, rows: Sequence[tuple[int, Decimal | None, Pick]], dimension: str, given_total: int | None = None
    ) -> tuple[Pick, list[Cell]]:
        """Whom percentages are of, everybody or only those listed, whichever fits; and cells of those not listed."""
        total, listed = self.report.total, sum(count for count, *_ in rows)
        if listed == total:
            return EVERYBODY, []
        if listed > total:
            raise _too_many(listed, total)
        of_listed, of_total = (
            sum(1 for count, text, _ in rows if text is not None and rate(count, base, self.report.decimals) == text)
            for base in (listed, total)
        )
        if of_listed > of_total:
            dimensions = {pick.dimensions for *_, pick in rows}
            if len(dimensions) == 1:
                return Pick(dimensions.pop(), frozenset().union(*(pick.values for *_, pick in rows))), []
            # Units and destinations in one table are those of everybody placed.
            return Pick(("code",), PLACED_CODES), [Cell(total - listed, _named(SEEKING, "destination"))]
        if dimension == "destination" and not of_total and given_total is None:
            raise ReportError(
                "report.sum",
                f"各项合计 {listed}，总数 {total}",
                f"the counts add up to {listed}, not to {total}",
            )
        return EVERYBODY, []

    # rows: [name, numbers ..., percentages ...]

    def rows(self, printed_each: dict[str, Any]) -> Mapping[str, Meaning]:
        rows = _rows(self.raw)
        body = [row for row in rows if not _is_total(row)]
        totals = next((row for row in rows if _is_total(row)), None)
        numbers = [_numbers(row) for row in body]
        widths = {(len(counts), len(percents)) for counts, percents in numbers}
        if len(widths) != 1 or not body:
            raise ReportError("report.rows", "各行的列数不同", "the rows differ in their number of columns")
        names = [str(row[0]) for row in body]
        if len({plain(name) for name in names}) != len(names):
            raise ReportError("report.rows", "行名重复", "two rows have the same name")
        ((width, percents),) = widths
        columns = [str(each) for each in _list(self.raw, "columns")]
        heading = _heading(self.raw)
        if width == 0 or (columns and len(columns) != 1 + width + percents and width > 1):
            raise ReportError("report.columns", "columns 与各行的列数不符", "columns do not fit the rows")
        if width == 1:
            if percents > 1:
                raise ReportError("report.rows", "每行只应有一个比率", "a row of one count has one percentage")
            if totals is not None:
                ((count,), texts) = _numbers(totals)
                self.total_row(count, texts, sum(each[0] for each, _ in numbers))
            for name, (_, texts) in zip(names, numbers, strict=True):
                printed_each |= {plain(name): text for text in texts}
            return self.counts(
                {name: each[0] for name, (each, _) in zip(names, numbers, strict=True)}, printed_each, heading
            )
        table = _Table(columns, names, numbers, None if totals is None else _numbers(totals))
        if _is_rate_table(self.raw, [each for each, _ in numbers]):
            self.rate_rows(table, _roster_dimension(names, heading))
        else:
            self.joint_rows(table, heading)
        return {}

    def total_row(self, count: int, texts: Sequence[Any], listed: int) -> None:
        if count == self.report.total:
            printed = _percent(texts[0], "合计") if texts else None
            self.figure("合计", EVERYBODY, EVERYBODY, printed, count)
        elif count != listed:
            raise ReportError(
                "report.sum",
                f"合计 {count}，各行之和 {listed}",
                f"the total row is {count}, the rows add up to {listed}",
            )

    def rate_rows(self, table: _Table, dimension: str) -> None:
        """Graduates, how many of them are placed, and rates: by major, department or another roster dimension."""
        rows: list[tuple[str | None, int, int]] = []
        for row_name, (counts, _) in zip(table.names, table.numbers, strict=True):
            graduates, employed = counts[0], counts[1]
            if employed > graduates:
                raise ReportError(
                    "report.sum", f"{row_name}：落实人数大于毕业生数", f"{row_name}: more placed than graduates"
                )
            rows.append((row_name, graduates, employed))
        printed_rows = list(rows)
        if table.totals is not None:
            counts, texts = table.totals
            # What the rows do not list has no name, but counts in the whole.
            others = (counts[0] - sum(n for _, n, _ in rows), counts[1] - sum(n for *_, n in rows))
            if not 0 <= others[1] <= others[0]:
                raise ReportError(
                    "report.sum",
                    f"合计 {counts[0]}/{counts[1]} 与各行之和不符",
                    f"the total row {counts[0]}/{counts[1]} does not fit the rows",
                )
            if others[0]:
                rows.append((None, *others))
            self.figure("合计 人数", EVERYBODY, EVERYBODY, None, counts[0])
            self.rates("合计", EVERYBODY, table, counts, texts)
        self.cells(self.rate_cells(rows, dimension, self.parts(rows, table)))
        for (name, graduates, _), (counts, texts) in zip(printed_rows, table.numbers, strict=True):
            own = _only(EVERYBODY, dimension, str(name))
            self.figure(f"{name} 人数", own, EVERYBODY, None, graduates)
            self.rates(str(name), own, table, counts, texts)

    def rates(self, name: str, who: Pick, table: _Table, counts: Sequence[int], texts: Sequence[Any]) -> None:
        heads = table.percent_heads or ["落实率"]
        if len(heads) < len(texts):
            raise ReportError("report.columns", "多个比率须由 columns 命名", "several rates need their columns named")
        rates = [(head, _percent(text, name)) for head, text in zip(heads, texts, strict=False)]
        placed = next(((head, text) for head, text in rates if self.rate_pick(head) == PLACED_PICK), None)
        named = "落实率" if placed is None or SHARE.search(placed[0]) else placed[0]
        self.figure(f"{name} {named}", _both(PLACED_PICK, who), who, placed and placed[1], counts[1])
        for head, text in rates:
            if placed is not None and head == placed[0]:
                continue
            self.figure(f"{name} {head}", _both(self.rate_pick(head), who), who, text)
        for head, count in zip(table.count_heads[2:], counts[2:], strict=True):
            self.figure(f"{name} {head}", _both(self.rate_pick(_as_rate(head)), who), who, None, count)

    def parts(self, rows: Sequence[tuple[str | None, int, int]], table: _Table) -> list[tuple[Meaning, list[int]]]:
        """What further columns and `figures` say of some of the destinations: how many in each row.

        Of a count for everybody the rows of which nothing is known take what is left, from the last on.
        """
        found: list[tuple[Meaning, list[int]]] = []
        wanted: dict[Pick, dict[str | None, int]] = {}
        for position, head in enumerate(table.count_heads[2:], start=2):
            columns = wanted.setdefault(self.rate_pick(_as_rate(head)), {})
            columns |= {name: counts[position] for name, (counts, _) in zip(table.names, table.numbers, strict=True)}
            if table.totals is not None:
                columns[None] = table.totals[0][position]
        for each in _list(self.raw, "figures"):
            if isinstance(each, dict) and "count" in each and "members" not in each and "name" in each:
                of = each.get("of")
                count = _whole(each["count"], str(each["name"]))
                wanted.setdefault(self.rate_pick(str(each["name"])), {})[None if of is None else str(of)] = count
        taken: frozenset[str] = frozenset()
        room_placed = [placed for *_, placed in rows]
        room_other = [graduates - placed for _, graduates, placed in rows]
        for pick, known in wanted.items():
            codes = frozenset(value[0] for value in pick.values)
            if codes & taken:
                continue
            if codes <= PLACED_ONLY and len(codes) < len(PLACED_ONLY):
                room = room_placed
            elif not codes & PLACED_ONLY and "" not in codes:
                room = room_other
            else:
                continue
            taken |= codes
            own = [known.get(name, 0) if name is not None else 0 for name, *_ in rows]
            rest = known.get(None, 0) - sum(own)
            for row in reversed(range(len(rows))):
                if rows[row][0] not in known or rows[row][0] is None:
                    extra = max(0, min(rest, room[row] - own[row]))
                    own[row] += extra
                    rest -= extra
                room[row] -= own[row]
                if room[row] < 0:
                    raise ReportError(
                        "report.sum",
                        f"{rows[row][0] or '合计'}：分项人数大于该行人数",
                        f"{rows[row][0] or 'the whole'}: the parts are more than the row",
                    )
            playable = frozenset((code, _INTENTIONS.get(code, "")) for code in codes)
            found.append((Meaning(("code", "intention"), playable), own))
        return found

    def rate_cells(
        self, rows: Sequence[tuple[str | None, int, int]], dimension: str, parts: Sequence[tuple[Meaning, list[int]]]
    ) -> list[Cell]:
        taken = {value[0] for found, _ in parts for value in found.values}
        # Kept for rates that `figures` may count; the rest of the placed are at work.
        at_work = Meaning(
            ("code", "intention"),
            frozenset((code, "") for code in PLACED_ONLY if code not in taken and DESTINATIONS[code].class3 == "就业"),
        )
        if not at_work.values:
            at_work = _named(PLACED_NAME, "destination")
        waiting = next(
            (
                Meaning(("code", "intention"), frozenset({value}))
                for value in (("70", "job_seeking"), ("72", "not_seeking"), ("", ""))
                if value[0] not in taken
            ),
        )
        cells = []
        for row, (name, graduates, placed) in enumerate(rows):
            roster = () if name is None else ((dimension, _first(name, dimension)),)
            left = {True: placed, False: graduates - placed}
            for found, counts in parts:
                cells.append(Cell(counts[row], found, roster))
                left[min(found.values)[0] in PLACED_ONLY] -= counts[row]
            cells += [Cell(left[True], at_work, roster), Cell(left[False], waiting, roster)]
        return cells

    def joint_rows(self, table: _Table, heading: str | None) -> None:
        """A table by two dimensions of which one is of the roster, with a column that sums every row."""
        dimension = dimension_of(table.names, heading)
        sum_columns = [j for j, head in enumerate(table.count_heads) if plain(head) in TOTALS | GRADUATE_COLUMNS]
        placed = [j for j, head in enumerate(table.count_heads) if plain(head) in PLACED_COLUMNS]
        inner = [j for j in range(len(table.numbers[0][0])) if j not in (*sum_columns, *placed)]
        if not table.columns or not inner or len(sum_columns) > 1:
            raise ReportError(
                "report.columns", "请用 columns 说明各列（含合计列）", "columns must name the numbers, one of them 合计"
            )
        heads = [table.count_heads[j] for j in inner]
        second = dimension_of(heads)
        if (dimension in ROSTER) + (second in ROSTER) == 0:
            raise ReportError(
                "report.columns", "行或列应为专业、学历、性别等", "rows or columns must be a dimension of the roster"
            )
        by_row = apart({name: _named(name, dimension) for name in table.names})
        by_head = apart({head: _named(head, second) for head in heads})
        cells, lines = [], []
        for name, (counts, texts) in zip(table.names, table.numbers, strict=True):
            whole = sum(counts[j] for j in inner)
            if sum_columns and counts[sum_columns[0]] != whole:
                raise ReportError(
                    "report.sum",
                    f"{name}：各列之和 {whole}，合计 {counts[sum_columns[0]]}",
                    f"{name}: the columns add up to {whole}, not to {counts[sum_columns[0]]}",
                )
            for j, head in zip(inner, heads, strict=True):
                cells.append(_joint(counts[j], (dimension, by_row[name]), (second, by_head[head])))
                pick = _both(_pick(by_row[name]), _pick(by_head[head]))
                self.figure(f"{name} {head}", pick, EVERYBODY, None, counts[j])
            lines.append((name, whole, counts, texts))
        columns_total = None if table.totals is None else [table.totals[0][j] for j in inner]
        listed = [sum(counts[j] for counts, _ in table.numbers) for j in inner]
        share = next((i for i, head in enumerate(table.percent_heads) if SHARE.search(head) or "率" not in head), None)
        base, rest = self.base(
            [
                (whole, _percent(texts[share], name) if share is not None else None, _pick(by_row[name]))
                for name, whole, _, texts in lines
            ],
            dimension,
            None if columns_total is None else sum(columns_total),
        )
        if columns_total is not None and any(n < m for n, m in zip(columns_total, listed, strict=True)):
            raise ReportError("report.sum", "合计行小于各行之和", "the total row is less than the rows")
        if columns_total is not None and second in ROSTER:
            # Rows that are not printed still belong to their columns.
            rest = [
                *(
                    Cell(n - m, None, ((second, min(by_head[head].values)[0]),))
                    for head, n, m in zip(heads, columns_total, listed, strict=True)
                ),
                *rest,
            ]
        self.cells([*cells, *rest])
        in_table = base if base != EVERYBODY else None
        for name, whole, counts, texts in lines:
            who = _pick(by_row[name])
            self.figure(name, who, base, _percent(texts[share], name) if share is not None else None, whole)
            self.joint_rates(name, who, table, (counts, texts), placed=placed, share=share)
        if table.totals is not None:
            counts, texts = table.totals
            for j, head in zip(inner, heads, strict=True):
                of_column = _pick(by_head[head])
                who = of_column if in_table is None else _both(in_table, of_column)
                self.figure(f"合计 {head}", who, EVERYBODY, None, counts[j])
            everyone = EVERYBODY if in_table is None else in_table
            if sum_columns:
                printed = _percent(texts[share], "合计") if share is not None else None
                self.figure("合计", everyone, everyone, printed, counts[sum_columns[0]])
            self.joint_rates("合计", everyone, table, (counts, texts), placed=placed, share=share)

    def joint_rates(
        self,
        name: str,
        who: Pick,
        table: _Table,
        row: tuple[Sequence[int], Sequence[Any]],
        *,
        placed: Sequence[int],
        share: int | None,
    ) -> None:
        counts, texts = row
        for j in placed:
            self.figure(f"{name} {table.count_heads[j]}", _both(PLACED_PICK, who), who, None, counts[j])
        for i, (head, text) in enumerate(zip(table.percent_heads, texts, strict=True)):
            if i != share:
                self.figure(f"{name} {head}", _both(self.rate_pick(head), who), who, _percent(text, name))

    # overlapping counts and breakdowns of everybody

    def overlapping(self, printed_each: dict[str, Any]) -> None:
        given = _counts(self.raw)
        for name in [name for name in given if plain(name) in TOTALS]:
            self.figure(name, EVERYBODY, EVERYBODY, _percent(printed_each.pop(plain(name), None), name), given[name])
        self.cells([])
        for dimension, counts in _overlapping(given, self.report.total).items():
            if sum(counts.values()) != self.report.total:
                raise ReportError(
                    "report.sum",
                    f"{dimension} 合计 {sum(counts.values())}，总数 {self.report.total}",
                    f"{dimension} adds up to {sum(counts.values())}, not to {self.report.total}",
                )
            self.roster_table(dimension, [(name, count, None) for name, count in counts.items()], printed_each)

    def breakdown(self, heading: str | None, raw: Mapping[str, Any]) -> None:
        """A table beside the main one: name → count, [count, "share"] or [graduates, placed, "rate"]."""
        if not raw:
            return
        names = [name for name in raw if plain(name) not in TOTALS]
        hinted = HEADINGS.get(plain(heading)) if heading is not None else None
        if hinted is None and heading is not None and heading not in ROSTER:
            known = [each for each in (*ROSTER, *UNIT) if each not in ("department", "major")]
            hinted = next((each for each in known if all(meaning(name, each) for name in names)), None)
            if hinted is None:
                raise ReportError(
                    "report.unknown_heading", f"未知的分类“{heading}”", f"{heading!r} is no known kind of table"
                )
        dimension = hinted or heading
        if dimension is None or dimension == "destination":
            raise ReportError(
                "report.unknown_heading", "毕业去向应写入 counts", "a table of destinations belongs in counts"
            )
        rows: list[tuple[str, int, int | None]] = []
        printed: dict[str, Any] = {}
        for name, value in raw.items():
            counts, texts = _numbers([name, *(value if isinstance(value, list) else [value])])
            if not 0 < len(counts) <= 2 or len(texts) > 1:
                raise ReportError(
                    "report.rows",
                    f"{name}：应为人数或 [毕业生数, 落实人数, 比率]",
                    f"{name}: must be a count or [graduates, placed, rate]",
                )
            if plain(name) in TOTALS:
                self.figure(f"{heading or ''} {name}".strip(), EVERYBODY, EVERYBODY, None, counts[0])
                continue
            rows.append((name, counts[0], counts[1] if len(counts) == 2 else None))
            printed |= {plain(name): text for text in texts}
        if dimension in UNIT:
            self.unit_table(dimension, rows, printed)
        else:
            self.roster_table(dimension, rows, printed)

    def unit_table(
        self, dimension: str, rows: Sequence[tuple[str, int, int | None]], printed: Mapping[str, Any]
    ) -> None:
        if any(placed is not None for *_, placed in rows):
            raise ReportError(
                "report.rows", f"{dimension} 只能有一个人数", f"{dimension}: units have a count and a share only"
            )
        meanings = apart({name: _named(name, dimension) for name, *_ in rows})
        if any(found.dimensions != (dimension,) for found in meanings.values()):
            raise ReportError(
                "report.unknown_name",
                f"{dimension} 表中有毕业去向",
                f"{dimension}: a table of units names a destination",
            )
        texts = {name: _percent(printed.get(plain(name)), name) for name, *_ in rows}
        picks = {name: _pick(found) for name, found in meanings.items()}
        base, _ = self.base([(count, texts[name], picks[name]) for name, count, _ in rows], dimension)
        for name, count, _ in rows:
            self.figure(name, picks[name], base, texts[name], count)
        values = tuple((tuple(sorted(v for (v,) in meanings[name].values)), count) for name, count, _ in rows)
        self.report.unit_margins.append(UnitMargin(self.index, dimension, values))

    def roster_table(
        self, dimension: str, rows: Sequence[tuple[str, int, int | None]], printed: dict[str, Any]
    ) -> None:
        meanings = apart({name: _named(name, dimension) for name, *_ in rows})
        own = self.shares.setdefault(dimension, {})
        for name, count, placed in rows:
            found = meanings[name]
            text = _percent(printed.pop(plain(name), None), name)
            if placed is not None and placed > count:
                raise ReportError("report.sum", f"{name}：落实人数大于毕业生数", f"{name}: more placed than graduates")
            if placed is None:
                self.figure(name, _pick(found), EVERYBODY, text, count)
            else:
                self.figure(name, _pick(found), EVERYBODY, None, count)
                self.figure(f"{name} 落实率", _both(PLACED_PICK, _pick(found)), _pick(found), text, placed)
            self.share(own, tuple(sorted(value for (value,) in found.values)), count, placed, name)

    def share(
        self, own: dict[tuple[str, ...], Share], values: tuple[str, ...], count: int, placed: int | None, name: str
    ) -> None:
        unknown: tuple[int | None, ...] = (None,) * len(self.report.days)
        before = own.get(values, Share(values, count, unknown))
        if before.count != count:
            raise ReportError(
                "report.days_differ", f"“{name}”的毕业生数前后不同", f"two tables differ in the graduates of {name}"
            )
        known = list(before.placed)
        if placed is not None:
            known[self.index] = placed
        own[values] = Share(values, count, tuple(known))

    # rates

    def printed(self, printed: Mapping[str, Any], meanings: Mapping[str, Meaning]) -> None:
        groups = _object(self.raw, "groups")
        for name, text in printed.items():
            pick = (
                Pick(("code", "intention"), self.members(name, groups, meanings, ()))
                if name in groups
                else self.rate_pick(name, meanings)
            )
            self.figure(name, pick, EVERYBODY, _percent(text, name))
            official = rate_codes(name, self.rule)
            if name in groups and official is not None:
                listed = {value for found in meanings.values() for value in found.values}
                by_rule = {value for value in listed if (value[0],) in official}
                if {value for value in pick.values if value in listed} != by_rule:
                    self.report.remarks.append(
                        f"{name}：按报告自己的分组比较，与平台规则不同"
                        " / compared by the report's own group, not the rule's"
                    )

    def members(
        self, name: str, groups: Mapping[str, Any], meanings: Mapping[str, Meaning], within: tuple[str, ...]
    ) -> Values:
        """The values of a group's names, each a destination or another group."""
        if name in within or not isinstance(groups[name], list):
            raise ReportError("report.groups", f"分组“{name}”无法读取", f"the group {name!r} cannot be read")
        by_plain = {plain(known): found for known, found in meanings.items()}
        found: Values = frozenset()
        for member in map(str, groups[name]):
            if plain(member) in by_plain:
                found |= by_plain[plain(member)].values
            elif member in groups:
                found |= self.members(member, groups, meanings, (*within, name))
            elif (codes := rate_codes(member, self.rule)) is not None:
                listed = {value for each in meanings.values() for value in each.values}
                found |= {value for value in listed if (value[0],) in codes}
            else:
                found |= _named(member, "destination").values
        return found

    def rate_pick(self, name: str, meanings: Mapping[str, Meaning] | None = None) -> Pick:
        """Whom a rate counts: by its official name, or by the destination it is named after."""
        codes = rate_codes(name, self.rule)
        if codes is not None:
            return Pick(("code",), codes)
        for stem in (name, re.sub("率$|比例$|占比$", "", plain(name))):
            for known, found in (meanings or {}).items():
                if plain(known) == plain(stem):
                    return _pick(found)
            own = meaning(stem, "destination")
            if own is not None:
                return _pick(own)
        raise ReportError(
            "report.unknown_rate",
            f"未知的比率“{name}”，请在 groups 中列出",
            f"unknown rate {name!r}; list its members in groups",
        )

    def extra_figure(self, raw: Any) -> None:
        """{"name", "printed", "count", "of": major or other roster value, "members": names of one dimension}."""
        if not isinstance(raw, dict) or "name" not in raw or not ({"printed", "count"} & raw.keys()):
            raise ReportError(
                "report.figures",
                "figures 每项应有 name 和 printed 或 count",
                "each of figures needs name and printed or count",
            )
        name, base = str(raw["name"]), EVERYBODY
        if "members" in raw:
            members = [_named(str(each), dimension_of([str(each)])) for each in _list(raw, "members")]
            if len({found.dimensions for found in members}) != 1:
                raise ReportError(
                    "report.members", f"{name}：成员不属于同一统计口径", f"{name}: members of several dimensions"
                )
            pick = _pick(Meaning(members[0].dimensions, frozenset().union(*(found.values for found in members))))
        else:
            pick = self.rate_pick(name)
        if "of" in raw:
            of = str(raw["of"])
            base = _only(EVERYBODY, _roster_dimension([of], raw.get("dimension")), of)
            pick, name = _both(pick, base), f"{of} {name}"
        count = None if raw.get("count") is None else _whole(raw["count"], name)
        self.figure(name, pick, base, _percent(raw.get("printed"), name), count)


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows apart: names, (counts, percentages) of each and of the total row, and what the columns are called."""

    columns: Sequence[str]
    names: Sequence[str]
    numbers: Sequence[tuple[list[int], list[Any]]]
    totals: tuple[list[int], list[Any]] | None

    def __post_init__(self) -> None:
        if self.totals is not None and tuple(map(len, self.totals)) != tuple(map(len, self.numbers[0])):
            raise ReportError("report.rows", "合计行的列数不同", "the total row differs in its number of columns")

    @property
    def count_heads(self) -> list[str]:
        """The columns of whole numbers; those of percentages follow them or are called so."""
        return [head for head in self.columns[1:] if not _is_percent_head(head)]

    @property
    def percent_heads(self) -> list[str]:
        heads = [head for head in self.columns[1:] if _is_percent_head(head)]
        return [re.sub(r"[(（]?[%％][)）]?$", "", head) or head for head in heads]


def _is_percent_head(head: str) -> bool:
    return plain(head).endswith("率") or SHARE.search(head) is not None


def _is_rate_table(raw: Mapping[str, Any], numbers: Sequence[Sequence[int]]) -> bool:
    """Whether rows hold graduates and how many of them are placed, and not parts that add up."""
    columns = [plain(str(each)) for each in _list(raw, "columns")]
    heads = [head for head in columns[1:] if not _is_percent_head(head)]
    if heads:
        return len(heads) >= 2 and heads[0] in GRADUATE_COLUMNS and heads[1] in PLACED_COLUMNS
    return bool(numbers) and all(len(each) == 2 for each in numbers)


def _as_rate(head: str) -> str:
    return re.sub("人数$", "", plain(head)) + "率"


PLACED_ONLY = frozenset(code.code for code in DESTINATIONS.values() if code.placed)
PLACED_CODES: Values = frozenset((code,) for code in PLACED_ONLY)
PLACED_PICK = Pick(("code",), PLACED_CODES)
AT_WORK = frozenset(code for code in PLACED_ONLY if DESTINATIONS[code].groups[min(RULES)] != "升学")
_INTENTIONS = {"70": "job_seeking", "72": "not_seeking"}


def _pick(found: Meaning) -> Pick:
    """A meaning as the statistics count it. A place is one of work: a registration for study has its school's place."""
    if found.dimensions == ("place",):
        return Pick(("code", "place"), frozenset((code, place) for code in AT_WORK for (place,) in found.values))
    return Pick(found.dimensions, found.values)


def _both(one: Pick, other: Pick) -> Pick:
    """Those whom both pick."""
    shared = [name for name in one.dimensions if name in other.dimensions]
    kept = [i for i, name in enumerate(other.dimensions) if name not in shared]
    by_shared: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for values in other.values:
        key = tuple(values[other.dimensions.index(name)] for name in shared)
        by_shared.setdefault(key, []).append(tuple(values[i] for i in kept))
    return Pick(
        (*one.dimensions, *(other.dimensions[i] for i in kept)),
        frozenset(
            (*values, *more)
            for values in one.values
            for more in by_shared.get(tuple(values[one.dimensions.index(name)] for name in shared), ())
        ),
    )


def _only(pick: Pick, dimension: str, name: str) -> Pick:
    return _both(pick, _pick(_named(name, dimension)))


def _first(name: str, dimension: str) -> str:
    return min(_named(name, dimension).values)[0]


def _joint(count: int, *parts: tuple[str, Meaning]) -> Cell:
    roster = tuple((dimension, min(found.values)[0]) for dimension, found in parts if dimension in ROSTER)
    destination = next((found for dimension, found in parts if dimension not in ROSTER), None)
    return Cell(count, destination, roster)


def _merged(meanings: Mapping[str, Meaning]) -> dict[Meaning, list[str]]:
    found: dict[Meaning, list[str]] = {}
    for name, own in meanings.items():
        found.setdefault(own, []).append(name)
    return found


OVERLAPPING = ("sex", "education", "political", "ethnic", "hardship", "normal", "origin")


def _overlapping(given: Mapping[str, int], total: int | None) -> dict[str, dict[str, int]]:
    """The dimensions that are mixed in one table; 其他 belongs to the one whose sum it completes."""
    found: dict[str, dict[str, int]] = {}
    others: list[str] = []
    for name, count in given.items():
        dimension = next((each for each in OVERLAPPING if meaning(name, each)), None)
        if plain(name) in TOTALS:
            continue
        if plain(name) in ("其他", "其它"):
            others.append(name)
        elif dimension is None:
            raise unknown_name(name, "ethnic")
        else:
            found.setdefault(dimension, {})[name] = count
    wanted = total if total is not None else max((sum(own.values()) for own in found.values()), default=0)
    for name in others:
        fitting = [each for each, own in found.items() if sum(own.values()) + given[name] == wanted]
        if not fitting:
            raise unknown_name(name, "ethnic")
        found[fitting[0]][name] = given[name]
    return found


def _breakdowns(extra: Mapping[str, Any]) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    flat: dict[str, dict[str, Any]] = {}
    for name, value in extra.items():
        if isinstance(value, dict):
            yield name, value
        else:
            dimension = next((each for each in OVERLAPPING if meaning(name, each)), None)
            if dimension is None:
                raise unknown_name(name, "sex")
            flat.setdefault(dimension, {})[name] = value
    yield from flat.items()


def _roster_dimension(names: Sequence[str], heading: str | None) -> str:
    hinted = HEADINGS.get(plain(heading)) if heading else None
    if hinted in ROSTER:
        return hinted
    for dimension in ("sex", "education", "ethnic", "political", "normal", "hardship"):
        if all(meaning(name, dimension) for name in names):
            return dimension
    return "department" if all(re.search("(学院|系|部)$", plain(name)) for name in names) else "major"


def _named(name: str, dimension: str) -> Meaning:
    found = meaning(name, dimension)
    if found is None and dimension in UNIT:
        found = meaning(name, "destination")
    if found is None:
        raise unknown_name(name, dimension)
    return found


# Single values


def _bad_shape(name: str) -> ReportError:
    return ReportError("report.shape", f"{name} 的格式无法读取", f"{name} has a shape that cannot be read")


def _too_many(listed: int, total: int) -> ReportError:
    return ReportError(
        "report.sum", f"各项合计 {listed} 大于总数 {total}", f"the counts add up to {listed}, more than {total}"
    )


def _object(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _bad_shape(name)
    return found


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    found = raw.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise _bad_shape(name)
    return found


def _counts(raw: Mapping[str, Any]) -> dict[str, int]:
    return {name: _whole(count, name) for name, count in _object(raw, "counts").items()}


def _heading(raw: Mapping[str, Any]) -> str | None:
    """What the names of a table are, by its first column or its `dimension`."""
    found = [*_list(raw, "columns")[:1], raw.get("dimension")][0]
    return None if found is None else str(found)


def _rows(raw: Mapping[str, Any]) -> list[list[Any]]:
    rows = _list(raw, "rows")
    if not all(isinstance(row, list) and len(row) > 1 and isinstance(row[0], str) for row in rows):
        raise ReportError("report.rows", "每行应为 [名称, 人数, …]", "every row must be [name, numbers ...]")
    return rows


def _is_total(row: Sequence[Any]) -> bool:
    return plain(str(row[0])) in TOTALS


def _numbers(row: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """The whole numbers of a row and its percentages."""
    counts, percents = [], []
    for value in row[1:]:
        if isinstance(value, int) and not isinstance(value, bool):
            counts.append(_whole(value, str(row[0])))
        elif value is None or isinstance(value, str | float):
            percents.append(value)
        else:
            raise ReportError("report.rows", f"{row[0]}：{value!r} 无法读取", f"{row[0]}: {value!r} cannot be read")
    return counts, percents


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ReportError(
            "report.count", f"{name}：人数应为非负整数", f"{name}: a count must be a whole number, not {value!r}"
        )
    return value


def _percent(value: Any, name: str) -> Decimal | None:
    return None if value is None else _printed(value, name)


def _printed(value: Any, name: str) -> Decimal:
    try:
        found = Decimal(str(value).strip().rstrip("%％"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ReportError("report.percent", f"{name}：比率 {value!r} 无法读取", f"{name}: {value!r} is no percentage")
    return found


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ReportError("report.date", f"日期 {text!r} 应为 YYYY-MM-DD", f"{text!r} is no date YYYY-MM-DD") from None
