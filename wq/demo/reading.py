"""Reading one day of a report, whatever shape it was printed in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shared.codes.destination import DESTINATIONS, rate
from shared.codes.tables import plain
from wq.demo.figures import EVERYBODY, Cell, Figure, Pick, Report, Share, UnitMargin, Values
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
)
from wq.demo.picks import (
    INTENTIONS,
    PLACED_CODES,
    PLACED_NAME,
    PLACED_ONLY,
    PLACED_PICK,
    SEEKING,
    both_picks,
    breakdowns_of,
    first_with,
    joint_cell,
    meaning_in,
    merged_names,
    only_in,
    overlaps_of,
    pick_of,
    roster_dimension,
)
from wq.demo.tables import GRADUATE_COLUMNS, PLACED_COLUMNS, SHARE, PrintedTable, as_rate, is_rate_table
from wq.demo.values import (
    counts_of,
    heading_of,
    is_total,
    list_of,
    numbers_of,
    object_of,
    percent_of,
    rows_of,
    too_many,
    whole_number,
)


@dataclass(slots=True)
class Reading:
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
        printed_each = {plain(name): text for name, text in object_of(self.raw, "printed_each").items()}
        if "counts" in self.raw and "rows" in self.raw:
            raise ReportError("report.two_tables", "counts 与 rows 只能有一个", "give either counts or rows")
        if "counts" in self.raw and self.raw.get("overlap"):
            self.overlapping(printed_each)
        elif "counts" in self.raw:
            meanings = self.counts(counts_of(self.raw), printed_each, heading_of(self.raw))
        elif "rows" in self.raw:
            meanings = self.rows(printed_each)
        else:
            raise ReportError("report.empty", "报告没有 counts 或 rows", "the report has neither counts nor rows")
        for each in list_of(self.raw, "figures"):
            self.extra_figure(each)
        for heading, breakdown in breakdowns_of(object_of(self.raw, "extra")):
            self.breakdown(heading, breakdown)
        self.printed({**object_of(self.raw, "printed"), **printed_each}, meanings)

    def figure(self, name: str, numerator: Pick, base: Pick, printed: Decimal | None, count: int | None = None) -> None:
        self.report.figures.append(Figure(name, self.day, numerator, base, printed, count))

    def cells(self, cells: Sequence[Cell]) -> None:
        listed = sum(cell.count for cell in cells)
        if listed > self.report.total:
            raise too_many(listed, self.report.total)
        rest = [Cell(self.report.total - listed, None)] if listed < self.report.total else []
        self.report.cells[self.day] = [cell for cell in (*cells, *rest) if cell.count]

    # counts: name → number

    def counts(self, given: Mapping[str, int], printed_each: dict[str, Any], heading: str | None) -> dict[str, Meaning]:
        """Read a table of one dimension; takes what it compares out of `printed_each`."""
        for name in [name for name in given if plain(name) in TOTALS]:
            self.figure(name, EVERYBODY, EVERYBODY, percent_of(printed_each.pop(plain(name), None), name), given[name])
        counts = {name: count for name, count in given.items() if plain(name) not in TOTALS}
        dimension = dimension_of(counts, heading)
        if dimension in ROSTER:
            self.cells([])
            self.roster_table(dimension, [(name, count, None) for name, count in counts.items()], printed_each)
            return {}
        meanings = apart({name: meaning_in(name, dimension) for name in counts})
        printed = {name: percent_of(printed_each.pop(plain(name), None), name) for name in counts}
        picks = {name: pick_of(found) for name, found in meanings.items()}
        cells = [Cell(count, meanings[name]) for name, count in counts.items()]
        base, rest = self.base([(counts[name], printed[name], picks[name]) for name in counts], dimension)
        self.cells([*cells, *rest])
        for names in merged_names(meanings).values():
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
            raise too_many(listed, total)
        of_listed, of_total = (
            sum(1 for count, text, _ in rows if text is not None and rate(count, base, self.report.decimals) == text)
            for base in (listed, total)
        )
        if of_listed > of_total:
            dimensions = {pick.dimensions for *_, pick in rows}
            if len(dimensions) == 1:
                return Pick(dimensions.pop(), frozenset().union(*(pick.values for *_, pick in rows))), []
            # Units and destinations in one table are those of everybody placed.
            return Pick(("code",), PLACED_CODES), [Cell(total - listed, meaning_in(SEEKING, "destination"))]
        if dimension == "destination" and not of_total and given_total is None:
            raise ReportError(
                "report.sum",
                f"各项合计 {listed}，总数 {total}",
                f"the counts add up to {listed}, not to {total}",
            )
        return EVERYBODY, []

    # rows: [name, numbers ..., percentages ...]

    def rows(self, printed_each: dict[str, Any]) -> Mapping[str, Meaning]:
        rows = rows_of(self.raw)
        body = [row for row in rows if not is_total(row)]
        totals = next((row for row in rows if is_total(row)), None)
        numbers = [numbers_of(row) for row in body]
        widths = {(len(counts), len(percents)) for counts, percents in numbers}
        if len(widths) != 1 or not body:
            raise ReportError("report.rows", "各行的列数不同", "the rows differ in their number of columns")
        names = [str(row[0]) for row in body]
        if len({plain(name) for name in names}) != len(names):
            raise ReportError("report.rows", "行名重复", "two rows have the same name")
        ((width, percents),) = widths
        columns = [str(each) for each in list_of(self.raw, "columns")]
        heading = heading_of(self.raw)
        if width == 0 or (columns and len(columns) != 1 + width + percents and width > 1):
            raise ReportError("report.columns", "columns 与各行的列数不符", "columns do not fit the rows")
        if width == 1:
            if percents > 1:
                raise ReportError("report.rows", "每行只应有一个比率", "a row of one count has one percentage")
            if totals is not None:
                ((count,), texts) = numbers_of(totals)
                self.total_row(count, texts, sum(each[0] for each, _ in numbers))
            for name, (_, texts) in zip(names, numbers, strict=True):
                printed_each |= {plain(name): text for text in texts}
            return self.counts(
                {name: each[0] for name, (each, _) in zip(names, numbers, strict=True)}, printed_each, heading
            )
        table = PrintedTable(columns, names, numbers, None if totals is None else numbers_of(totals))
        if is_rate_table(self.raw, [each for each, _ in numbers]):
            self.rate_rows(table, roster_dimension(names, heading))
        else:
            self.joint_rows(table, heading)
        return {}

    def total_row(self, count: int, texts: Sequence[Any], listed: int) -> None:
        if count == self.report.total:
            printed = percent_of(texts[0], "合计") if texts else None
            self.figure("合计", EVERYBODY, EVERYBODY, printed, count)
        elif count != listed:
            raise ReportError(
                "report.sum",
                f"合计 {count}，各行之和 {listed}",
                f"the total row is {count}, the rows add up to {listed}",
            )

    def rate_rows(self, table: PrintedTable, dimension: str) -> None:
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
            own = only_in(EVERYBODY, dimension, str(name))
            self.figure(f"{name} 人数", own, EVERYBODY, None, graduates)
            self.rates(str(name), own, table, counts, texts)

    def rates(self, name: str, who: Pick, table: PrintedTable, counts: Sequence[int], texts: Sequence[Any]) -> None:
        heads = table.percent_heads or ["落实率"]
        if len(heads) < len(texts):
            raise ReportError("report.columns", "多个比率须由 columns 命名", "several rates need their columns named")
        rates = [(head, percent_of(text, name)) for head, text in zip(heads, texts, strict=False)]
        placed = next(((head, text) for head, text in rates if self.rate_pick(head) == PLACED_PICK), None)
        named = "落实率" if placed is None or SHARE.search(placed[0]) else placed[0]
        self.figure(f"{name} {named}", both_picks(PLACED_PICK, who), who, placed and placed[1], counts[1])
        for head, text in rates:
            if placed is not None and head == placed[0]:
                continue
            self.figure(f"{name} {head}", both_picks(self.rate_pick(head), who), who, text)
        for head, count in zip(table.count_heads[2:], counts[2:], strict=True):
            self.figure(f"{name} {head}", both_picks(self.rate_pick(as_rate(head)), who), who, None, count)

    def parts(
        self, rows: Sequence[tuple[str | None, int, int]], table: PrintedTable
    ) -> list[tuple[Meaning, list[int]]]:
        """What further columns and `figures` say of some of the destinations: how many in each row.

        Of a count for everybody the rows of which nothing is known take what is left, from the last on.
        """
        found: list[tuple[Meaning, list[int]]] = []
        wanted: dict[Pick, dict[str | None, int]] = {}
        for position, head in enumerate(table.count_heads[2:], start=2):
            columns = wanted.setdefault(self.rate_pick(as_rate(head)), {})
            columns |= {name: counts[position] for name, (counts, _) in zip(table.names, table.numbers, strict=True)}
            if table.totals is not None:
                columns[None] = table.totals[0][position]
        for each in list_of(self.raw, "figures"):
            if isinstance(each, dict) and "count" in each and "members" not in each and "name" in each:
                of = each.get("of")
                count = whole_number(each["count"], str(each["name"]))
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
            playable = frozenset((code, INTENTIONS.get(code, "")) for code in codes)
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
            at_work = meaning_in(PLACED_NAME, "destination")
        waiting = next(
            (
                Meaning(("code", "intention"), frozenset({value}))
                for value in (("70", "job_seeking"), ("72", "not_seeking"), ("", ""))
                if value[0] not in taken
            ),
        )
        cells = []
        for row, (name, graduates, placed) in enumerate(rows):
            roster = () if name is None else ((dimension, first_with(name, dimension)),)
            left = {True: placed, False: graduates - placed}
            for found, counts in parts:
                cells.append(Cell(counts[row], found, roster))
                left[min(found.values)[0] in PLACED_ONLY] -= counts[row]
            cells += [Cell(left[True], at_work, roster), Cell(left[False], waiting, roster)]
        return cells

    def joint_rows(self, table: PrintedTable, heading: str | None) -> None:
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
        by_row = apart({name: meaning_in(name, dimension) for name in table.names})
        by_head = apart({head: meaning_in(head, second) for head in heads})
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
                cells.append(joint_cell(counts[j], (dimension, by_row[name]), (second, by_head[head])))
                pick = both_picks(pick_of(by_row[name]), pick_of(by_head[head]))
                self.figure(f"{name} {head}", pick, EVERYBODY, None, counts[j])
            lines.append((name, whole, counts, texts))
        columns_total = None if table.totals is None else [table.totals[0][j] for j in inner]
        listed = [sum(counts[j] for counts, _ in table.numbers) for j in inner]
        share = next((i for i, head in enumerate(table.percent_heads) if SHARE.search(head) or "率" not in head), None)
        base, rest = self.base(
            [
                (whole, percent_of(texts[share], name) if share is not None else None, pick_of(by_row[name]))
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
            who = pick_of(by_row[name])
            self.figure(name, who, base, percent_of(texts[share], name) if share is not None else None, whole)
            self.joint_rates(name, who, table, (counts, texts), placed=placed, share=share)
        if table.totals is not None:
            counts, texts = table.totals
            for j, head in zip(inner, heads, strict=True):
                of_column = pick_of(by_head[head])
                who = of_column if in_table is None else both_picks(in_table, of_column)
                self.figure(f"合计 {head}", who, EVERYBODY, None, counts[j])
            everyone = EVERYBODY if in_table is None else in_table
            if sum_columns:
                printed = percent_of(texts[share], "合计") if share is not None else None
                self.figure("合计", everyone, everyone, printed, counts[sum_columns[0]])
            self.joint_rates("合计", everyone, table, (counts, texts), placed=placed, share=share)

    def joint_rates(
        self,
        name: str,
        who: Pick,
        table: PrintedTable,
        row: tuple[Sequence[int], Sequence[Any]],
        *,
        placed: Sequence[int],
        share: int | None,
    ) -> None:
        counts, texts = row
        for j in placed:
            self.figure(f"{name} {table.count_heads[j]}", both_picks(PLACED_PICK, who), who, None, counts[j])
        for i, (head, text) in enumerate(zip(table.percent_heads, texts, strict=True)):
            if i != share:
                self.figure(f"{name} {head}", both_picks(self.rate_pick(head), who), who, percent_of(text, name))

    # overlapping counts and breakdowns of everybody

    def overlapping(self, printed_each: dict[str, Any]) -> None:
        given = counts_of(self.raw)
        for name in [name for name in given if plain(name) in TOTALS]:
            self.figure(name, EVERYBODY, EVERYBODY, percent_of(printed_each.pop(plain(name), None), name), given[name])
        self.cells([])
        for dimension, counts in overlaps_of(given, self.report.total).items():
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
            counts, texts = numbers_of([name, *(value if isinstance(value, list) else [value])])
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
        meanings = apart({name: meaning_in(name, dimension) for name, *_ in rows})
        if any(found.dimensions != (dimension,) for found in meanings.values()):
            raise ReportError(
                "report.unknown_name",
                f"{dimension} 表中有毕业去向",
                f"{dimension}: a table of units names a destination",
            )
        texts = {name: percent_of(printed.get(plain(name)), name) for name, *_ in rows}
        picks = {name: pick_of(found) for name, found in meanings.items()}
        base, _ = self.base([(count, texts[name], picks[name]) for name, count, _ in rows], dimension)
        for name, count, _ in rows:
            self.figure(name, picks[name], base, texts[name], count)
        values = tuple((tuple(sorted(v for (v,) in meanings[name].values)), count) for name, count, _ in rows)
        self.report.unit_margins.append(UnitMargin(self.index, dimension, values))

    def roster_table(
        self, dimension: str, rows: Sequence[tuple[str, int, int | None]], printed: dict[str, Any]
    ) -> None:
        meanings = apart({name: meaning_in(name, dimension) for name, *_ in rows})
        own = self.shares.setdefault(dimension, {})
        for name, count, placed in rows:
            found = meanings[name]
            text = percent_of(printed.pop(plain(name), None), name)
            if placed is not None and placed > count:
                raise ReportError("report.sum", f"{name}：落实人数大于毕业生数", f"{name}: more placed than graduates")
            if placed is None:
                self.figure(name, pick_of(found), EVERYBODY, text, count)
            else:
                self.figure(name, pick_of(found), EVERYBODY, None, count)
                self.figure(f"{name} 落实率", both_picks(PLACED_PICK, pick_of(found)), pick_of(found), text, placed)
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
        groups = object_of(self.raw, "groups")
        for name, text in printed.items():
            pick = (
                Pick(("code", "intention"), self.members(name, groups, meanings, ()))
                if name in groups
                else self.rate_pick(name, meanings)
            )
            self.figure(name, pick, EVERYBODY, percent_of(text, name))
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
                found |= meaning_in(member, "destination").values
        return found

    def rate_pick(self, name: str, meanings: Mapping[str, Meaning] | None = None) -> Pick:
        """Whom a rate counts: by its official name, or by the destination it is named after."""
        codes = rate_codes(name, self.rule)
        if codes is not None:
            return Pick(("code",), codes)
        for stem in (name, re.sub("率$|比例$|占比$", "", plain(name))):
            for known, found in (meanings or {}).items():
                if plain(known) == plain(stem):
                    return pick_of(found)
            own = meaning(stem, "destination")
            if own is not None:
                return pick_of(own)
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
            members = [meaning_in(str(each), dimension_of([str(each)])) for each in list_of(raw, "members")]
            if len({found.dimensions for found in members}) != 1:
                raise ReportError(
                    "report.members", f"{name}：成员不属于同一统计口径", f"{name}: members of several dimensions"
                )
            pick = pick_of(Meaning(members[0].dimensions, frozenset().union(*(found.values for found in members))))
        else:
            pick = self.rate_pick(name)
        if "of" in raw:
            of = str(raw["of"])
            base = only_in(EVERYBODY, roster_dimension([of], raw.get("dimension")), of)
            pick, name = both_picks(pick, base), f"{of} {name}"
        count = None if raw.get("count") is None else whole_number(raw["count"], name)
        self.figure(name, pick, base, percent_of(raw.get("printed"), name), count)
