"""Published reports, read from any of their shapes into cells to play and figures to compare.

Every printed figure is read or the report is refused, and so is what does not add up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from shared.codes.destination import rule_of_class
from shared.codes.tables import plain
from wq.demo.figures import Cell, Erratum, Margin, Report, Share
from wq.demo.names import (
    TOTALS,
    ReportError,
)
from wq.demo.picks import PLACED_NAME, SEEKING, meaning_in, overlaps_of
from wq.demo.reading import Reading
from wq.demo.tables import is_rate_table
from wq.demo.values import (
    LARGEST,
    MOST_DECIMALS,
    bad_shape,
    counts_of,
    day_in,
    heading_of,
    is_total,
    list_of,
    numbers_of,
    percent_of,
    printed_in,
    rows_of,
    whole_number,
)


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
        errata=[_erratum(each) for each in list_of(raw, "errata")],
    )
    if not 0 < report.total <= LARGEST:
        raise ReportError(
            "report.size", f"人数应在 1 与 {LARGEST} 之间", f"from 1 to {LARGEST} graduates can be played"
        )
    report.remarks += [f"未读取的字段 {key} / not read: {key}" for key in raw if key not in _KNOWN_KEYS]
    shares: dict[str, dict[tuple[str, ...], Share]] = {}
    for index, (_, each) in enumerate(slices):
        Reading(report, index, each, rule_of_class(class_year), shares).read()
    report.margins = [Margin(dimension, tuple(own.values())) for dimension, own in shares.items()]
    _check_margins(report)
    _check_days(report)
    return report


_PER_DAY = ("counts", "rows", "groups", "printed", "printed_each", "figures", "extra")


def _by_day(raw: Mapping[str, Any]) -> list[tuple[date | None, Mapping[str, Any]]]:
    if "days" in raw:
        listed = list_of(raw, "days")
        if not listed or not all(isinstance(each, dict) for each in listed):
            raise bad_shape("days")
        return _ordered([(day_in(each.get("as_of")), {**raw, **each}) for each in listed])
    as_of = raw.get("as_of")
    if not isinstance(as_of, list):
        return [(None if as_of is None else day_in(as_of), raw)]
    texts = sorted(str(text) for text in as_of)
    if not texts:
        raise bad_shape("as_of")
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
        found.append((day_in(text), {**raw, **own}))
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
    for row in rows_of(raw):
        counts, percents = numbers_of(row)
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
    heading = heading_of(raw)
    return {"rows": rows, "columns": [], "dimension": heading}


def _total(raw: Mapping[str, Any], slices: Sequence[tuple[date | None, Mapping[str, Any]]]) -> int:
    if "total" in raw:
        return whole_number(raw["total"], "total")
    first = slices[0][1]
    if "rows" in first:
        rows = rows_of(first)
        totals = [row for row in rows if is_total(row)]
        numbers = [numbers_of(row)[0] for row in (totals or rows)]
        if not all(numbers):
            raise ReportError("report.rows", "每行应有人数", "every row needs a number")
        # Graduates come first beside those of them who are placed; otherwise the last number is the row's sum.
        of_graduates = is_rate_table(first, [numbers_of(row)[0] for row in rows])
        sums = [each[0] if of_graduates else each[-1] for each in numbers]
        return sums[-1] if totals else sum(sums)
    counts = counts_of(first)
    if first.get("overlap"):
        return max((sum(own.values()) for own in overlaps_of(counts, None).values()), default=0)
    given = [count for name, count in counts.items() if plain(name) in TOTALS]
    return given[0] if given else sum(counts.values())


def _decimals(raw: Mapping[str, Any], slices: Sequence[tuple[date | None, Mapping[str, Any]]]) -> int:
    """As given, or as many as the printed percentages have."""
    if "decimals" in raw:
        found = whole_number(raw["decimals"], "decimals")
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
    texts += [str(text) for _, each in slices if "rows" in each for row in rows_of(each) for text in numbers_of(row)[1]]
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
    return Erratum(name, printed_in(raw["printed"], name), str(raw["reason"]), percent_of(raw.get("computed"), name))


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
                    Cell(many, meaning_in(PLACED_NAME, "destination")),
                    Cell(report.total - many, meaning_in(SEEKING, "destination")),
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
