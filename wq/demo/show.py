"""`wq demo`: load a report, play it, compare every figure, and print what a person likes to read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from services.sync.follower import client_of
from shared.calling import Caller
from shared.clock import MovableClock, in_words
from shared.codes.destination import AGREEMENT, DESTINATIONS, RULES, rule_of_class
from shared.codes.schools import SCHOOLS
from shared.codes.tables import PROVINCE
from shared.errors import ServiceError
from shared.eventlog.opening import TOOL, open_log
from shared.messages import Actor
from shared.principals import Issuer
from shared.settings import BadSetting, Settings
from shared.sql import Driver, make_engine
from wq.demo.actors import MINISTRY, Actors, DemoFailed, province_office, school_office, until
from wq.demo.cohort import plan
from wq.demo.comparison import Compared, compare
from wq.demo.figures import Report
from wq.demo.mix import Mix
from wq.demo.names import ReportError
from wq.demo.play import Played, free_school, play
from wq.demo.report import load_report


@dataclass(slots=True)
class Shown:
    """Progress bars, and how long each phase took."""

    bars: Bars
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        started = time.monotonic()
        task = self.bars.add_task(name, total=total)
        yield lambda done: self.bars.advance(task, done)
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


def demonstrate(
    settings: Settings,
    path: Path,
    report_id: str | None,
    class_year: int,
    json_path: Path | None,
    console: Console,
    *,
    mixed: bool = False,
) -> bool:
    """Play a report on the running platform; whether every printed figure was reproduced or is a known printing error.

    Raises BadSetting when this process may not sign principals.
    """
    if settings.principal_signing_key_file is None:
        raise BadSetting("WQ_PRINCIPAL_SIGNING_KEY_FILE", "演示需要签发密钥", "the demonstration needs the signing key")
    try:
        report = load_report(path, report_id, class_year)
        _set_days(report, settings, class_year)
        console.print(f"\n[bold]{report.title or report.id}[/bold]  ({report.total:,} 名毕业生 / graduates)")
        issuer = Issuer(settings.principal_signing_key_file.read_text())
        with Caller(settings.amqp_uri) as caller:
            actors = Actors(caller, issuer)
            outcome = _played(actors, settings, report, class_year, console, mix_of(settings) if mixed else None)
    except (ReportError, DemoFailed, ServiceError) as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        return False
    _print(outcome, console)
    if json_path is not None:
        json_path.write_text(json.dumps(_as_json(outcome), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return outcome.ok


@dataclass(frozen=True, slots=True)
class Agreements:
    """How many agreements took effect, and how many of them were cancelled."""

    concluded: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demonstration found."""

    report: Report
    played: Played
    compared: list[Compared]
    counts: dict[str, int]
    national: dict[str, int]
    rates: dict[str, dict[str, Any]]
    agreements: Agreements
    seconds: dict[str, float]

    @property
    def ok(self) -> bool:
        reproduced = all(each.ok for each in self.compared)
        return reproduced and self.counts == self.national and self.agreements == expected_of(self.played)


def _set_days(report: Report, settings: Settings, class_year: int) -> None:
    movable = isinstance(settings.clock(), MovableClock)
    if not movable and len(report.days) > 1:
        raise ReportError(
            "report.clock",
            "该报告有两个日期，需要可调整时钟的开发平台",
            "a report of two days needs a platform whose clock may be moved",
        )
    if movable and report.days == [None]:
        # The figures of a class without a date are those of its cut-off day (DOMAIN 4.6).
        day = date(class_year, 8, 31)
        report.days = [day]
        report.cells = {day: report.cells[None]}
    elif not movable and report.days != [None]:
        report.cells = {None: report.cells[report.days[0]]}
        report.days = [None]


def mix_of(settings: Settings) -> Mix:
    """A mix on this platform. Raises ReportError where the clock cannot be moved, because nothing would lapse."""
    clock = settings.clock()
    if not isinstance(clock, MovableClock):
        raise ReportError(
            "report.mix_clock",
            "曲折办理演示需要可调整时钟的开发平台",
            "a mix needs a platform whose clock may be moved",
        )
    agreements = make_engine(settings.database_url, Driver.PLAIN, schema="agreement", pool_size=2)
    return Mix(clock, open_log(settings, TOOL), agreements)


def _played(
    actors: Actors, settings: Settings, report: Report, class_year: int, console: Console, mix: Mix | None
) -> Outcome:
    school = free_school(actors, report, class_year)
    known = SCHOOLS[school]
    console.print(f"学校 school: {known.name} ({school})，{PROVINCE.name(known.province)}，{class_year} 届\n")
    cohort = plan(report, school, class_year)
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        shown = Shown(bars)
        played = play(actors, settings.clock(), cohort, shown, mix)
    if not console.is_terminal:
        for name, seconds in shown.seconds.items():
            console.print(f"  {name:<28} {seconds:6.1f} s")
    office = school_office(played.province, school)
    names = {each.row["department"]: each.row["department_name"] for each in cohort.graduates}
    last = report.days[-1]

    def ask(dimensions: tuple[str, ...], day: date | None) -> dict[tuple[str, ...], int]:
        when = day if day in report.days else last
        # Printed figures are of everybody who was on the roster.
        asked: dict[str, Any] = {
            "scope": office.scope,
            "class_year": class_year,
            "by": list(dimensions),
            "include_completion": True,
        }
        if when is not None:
            asked["as_of"] = when.isoformat()
        rows = actors.ask(office, "stats.count_graduates", asked)["rows"]
        return {
            tuple(
                names.get(value, value) if name == "department" else value
                for name, value in zip(dimensions, row[:-1], strict=True)
            ): row[-1]
            for row in rows
        }

    compared = compare(report, ask)
    counts = {values[0]: count for values, count in ask(("code",), last).items()}
    rates = {
        f"{title} {rule}": actors.ask(
            actor, "stats.get_rates", {"scope": actor.scope, "class_year": class_year, "rule": rule, **_as_of(last)}
        )["groups"].get("", {})
        for title, actor in (("学校", office), ("全省", province_office(played.province)), ("全国", MINISTRY))
        for rule in RULES
    }
    return Outcome(
        report=report,
        played=played,
        compared=compared,
        counts=counts,
        national=_national(settings, school, class_year, counts),
        rates=rates,
        agreements=_agreements(actors, office, played),
        seconds=shown.seconds,
    )


def expected_of(played: Played) -> Agreements:
    """The agreements of a cohort as they were played."""
    standing = sum(each.destinations[-1].code == AGREEMENT for each in played.cohort.graduates)
    return Agreements(standing + played.cancelled, played.cancelled)


def _agreements(actors: Actors, office: Actor, played: Played) -> Agreements:
    """What the agreements' own lists say, once they have caught up."""
    expected = expected_of(played)

    def matching() -> int:
        found = _counted(actors, office, played.cohort.class_year)
        return min(found.concluded, expected.concluded) + min(found.cancelled, expected.cancelled)

    until(matching, expected.concluded + expected.cancelled, "协议 agreements")
    return _counted(actors, office, played.cohort.class_year)


def _counted(actors: Actors, office: Actor, class_year: int) -> Agreements:
    concluded = cancelled = 0
    after: str | None = None
    while True:
        asked = {"scope": office.scope, "class_year": class_year, "after": after}
        page = actors.ask(office, "agreement.count_cancellations", asked)
        concluded += sum(unit["agreements"] for unit in page["units"])
        cancelled += sum(unit[f"by_{side}"] for unit in page["units"] for side in ("graduate", "employer", "mutual"))
        after = page["after"]
        if after is None:
            return Agreements(concluded, cancelled)


def _as_of(day: date | None) -> dict[str, str]:
    return {} if day is None else {"as_of": day.isoformat()}


def _national(settings: Settings, school: str, class_year: int, counts: dict[str, int]) -> dict[str, int]:
    """The national side's own counts, once deliveries have caught up."""
    client = client_of(settings)

    def matching() -> int:
        theirs = client.counts(school, class_year)
        return sum(min(count, counts.get(code, 0)) for code, count in theirs.items())

    until(matching, sum(counts.values()), "国家系统 the national system")
    return client.counts(school, class_year)


def _print(outcome: Outcome, console: Console) -> None:
    report, played = outcome.report, outcome.played
    table = Table(title="毕业去向 destinations")
    for heading in ("代码 code", "毕业去向", "平台 platform", "国家系统 national"):
        table.add_column(heading, justify="left" if heading == "毕业去向" else "right")
    for code, count in sorted(outcome.counts.items()):
        name = DESTINATIONS[code].name if code else "未登记"
        table.add_row(code or "-", name, f"{count:,}", f"{outcome.national.get(code, 0):,}")
    table.add_section()
    table.add_row("", "合计 total", f"{sum(outcome.counts.values()):,}", f"{sum(outcome.national.values()):,}")
    console.print(table)
    if played.mix is not None:
        table = Table(title="曲折办理 detours on the way")
        table.add_column("经过 life")
        table.add_column("人数", justify="right")
        for life, count in sorted(played.mix.counts().items()):
            table.add_row(life, f"{count:,}")
        console.print(table)
    agreements, expected = outcome.agreements, expected_of(played)
    console.print(
        f"生效协议 agreements concluded {agreements.concluded:,}，其后解约 then cancelled {agreements.cancelled:,}："
        + (
            "[green]一致 as played[/green]"
            if agreements == expected
            else f"[red]应为 should be {expected.concluded:,}，{expected.cancelled:,}[/red]"
        )
    )
    rule = rule_of_class(played.cohort.class_year)
    table = Table(title=f"比率 rates（{played.cohort.class_year} 届，规则 rule {rule}）")
    table.add_column("比率")
    for level in ("学校", "全省", "全国"):
        table.add_column(level, justify="right")
    for rate in RULES[rule].rates:
        levels = [outcome.rates[f"{level} {rule}"] for level in ("学校", "全省", "全国")]
        table.add_row(rate.name, *(f"{level['rates'][rate.name]} ({level['counts'][rate.name]:,})" for level in levels))
    table.add_section()
    table.add_row(
        "毕业生总数 base", *(f"{outcome.rates[f'{level} {rule}']['base']:,}" for level in ("学校", "全省", "全国"))
    )
    console.print(table)
    table = Table(title="与原报告逐项比较 every printed figure")
    for heading in ("指标 figure", "日期 day", "印刷 printed", "计算 computed", "结果"):
        table.add_column(heading, justify="left" if heading in ("指标 figure", "结果") else "right", overflow="fold")
    for each in outcome.compared:
        printed = _both(each.printed_count, each.printed)
        computed = _both(each.computed_count, each.computed)
        verdict = "[green]一致[/green]" if each.equal else each.reason or "[red]不一致 differs[/red]"
        table.add_row(each.name, in_words(each.day) if each.day else "", printed, computed, verdict)
    console.print(table)
    for remark in report.remarks:
        console.print(remark)
    equal = sum(each.equal for each in outcome.compared)
    explained = sum(each.ok and not each.equal for each in outcome.compared)
    differing = len(outcome.compared) - equal - explained
    console.print(
        f"共 {len(outcome.compared)} 项：一致 reproduced {equal}，原报告有误 printing errors {explained}，"
        f"不一致 differing {differing}；国家系统 national copy "
        + ("一致 equal" if outcome.counts == outcome.national else "[red]不一致 differs[/red]")
    )


def _both(count: int | None, percent: Any) -> str:
    return " / ".join(
        text for text in ("" if count is None else f"{count:,}", "" if percent is None else f"{percent}%") if text
    )


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "report": outcome.report.id,
        "school": outcome.played.cohort.school,
        "province": outcome.played.province,
        "class_year": outcome.played.cohort.class_year,
        "days": [day and day.isoformat() for day in outcome.report.days],
        "total": sum(outcome.counts.values()),
        "counts": outcome.counts,
        "national_counts": outcome.national,
        "agreements": asdict(outcome.agreements),
        "rates": outcome.rates,
        "figures": [
            {
                "name": each.name,
                "day": each.day and each.day.isoformat(),
                "printed": None if each.printed is None else str(each.printed),
                "computed": None if each.computed is None else str(each.computed),
                "printed_count": each.printed_count,
                "computed_count": each.computed_count,
                "base": each.base,
                "equal": each.equal,
                "reason": each.reason or None,
            }
            for each in outcome.compared
        ],
        "mix": outcome.played.mix.counts() if outcome.played.mix is not None else None,
        "remarks": outcome.report.remarks,
        "seconds": {name: round(seconds, 3) for name, seconds in outcome.seconds.items()},
        "ok": outcome.ok,
    }
