"""The command `wq`: every process and every operator's tool starts here. `wq --help` teaches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from shared.access import Right, Role
from shared.errors import ServiceError
from shared.messages import Actor
from shared.settings import BadSetting, Settings, read_settings
from shared.words import Words
from shared.words import field as words_of_field

# What people read is for standard output, what went wrong for standard error.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def _plainly(work: Callable[..., Any]) -> Callable[..., Any]:
    """Expected trouble ends as one sentence and exit code 2, never as a stack trace."""

    @wraps(work)
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        except (ServiceError, BadSetting) as error:
            err.print(str(error), style="red", markup=False, soft_wrap=True)
            sys.exit(2)

    return told


def _names(names: Sequence[str], everything: bool, known: Sequence[str]) -> list[str]:
    if everything:
        return list(known)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise click.UsageError(f"可选 / choose from: {', '.join(known)} (or --all)")
    return list(names)


def _look_for_demonstration() -> None:
    if find_spec("wq.demo") is None:
        raise click.UsageError(
            "演示不随生产安装提供，请在源码目录执行 `make run` / "
            "the demonstration is no part of a production installation: run `make run` in a checkout"
        )


def _engine(settings: Settings, **options: Any) -> Any:
    from shared.sql import Driver, make_engine  # noqa: PLC0415 - SQLAlchemy takes longest to load; a process to be needs none

    return make_engine(settings.database_url, Driver.PLAIN, **options)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="wangqian", prog_name="wq")
def main() -> None:
    """高校毕业生网上签约与毕业去向登记平台 - the platform's processes and tools.

    \b
    See it work:    wq run                     everything on this machine, with a demonstration
    Processes:      wq serve NAME...           contexts as nameko services (AMQP)
                    wq follow NAME...          projections, publishing, delivery
                    wq sandbox                 a national system to practise with
    Operators:      wq migrate | rebuild | dead-letters | parked | reconcile | sweep
                    wq import-roster | import-destinations | export-destinations
    Auditors:       wq log --graduate ID       who did what, when
    """


@main.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every context in one process (development).")
@_plainly
def serve(names: tuple[str, ...], everything: bool) -> None:
    """Serve contexts over AMQP as nameko services.

    eventlet must patch Python before anything is imported, so this becomes `python -m wq.serving`.
    """
    from wq.composition import SERVED  # noqa: PLC0415 - each command loads only what its process may hold

    chosen = _names(names, everything, SERVED)
    read_settings()
    os.execv(sys.executable, [sys.executable, "-m", "wq.serving", *chosen])  # noqa: S606 - our own module, checked names


@main.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every follower in one process (development).")
@_plainly
def follow(names: tuple[str, ...], everything: bool) -> None:
    """Follow the event log: `publish`, `sync.deliver` and one `<context>.project` per read model."""
    from wq.composition import followers  # noqa: PLC0415
    from wq.following import follow as run  # noqa: PLC0415

    settings = read_settings()
    known = [follower.name for follower in followers(settings)]
    sys.exit(run(_names(names, everything, known), settings))


@main.command()
@click.option("--port", type=int, default=8600, show_default=True)
@click.option("--file", "path", type=click.Path(path_type=Path), required=True, help="Where its record is kept.")
@_plainly
def sandbox(port: int, path: Path) -> None:
    """A national system to practise with: checks order, versions and signatures, and can be told to fail."""
    from services.sync.sandbox import serve as run  # noqa: PLC0415

    settings = read_settings()
    run(port, path, settings.secret(settings.national_key_file, 32), settings.health_port)


@main.command()
@_plainly
def migrate() -> None:
    """Bring the database to this release: event log, read models, the list of schools. Safe to repeat."""
    from wq.migrating import migrate as run  # noqa: PLC0415

    run(read_settings(), out.print)


@main.command()
@click.option("--role", type=click.Choice([role.value for role in Role if role != Role.SYSTEM]), required=True)
@click.option(
    "--id",
    "actor_id",
    required=True,
    help="The graduate's or employer's id; an office's account; of the public any name, such as gateway.",
)
@click.option("--scope", default="", help="An office's place: CN, CN/14, CN/14/10108, CN/14/10108/07.")
@click.option(
    "--right", "rights", multiple=True, type=click.Choice([right.value for right in Right]), help="Only these."
)
@click.option("--seconds", type=click.IntRange(1, 300), default=300, show_default=True)
@_plainly
def token(role: str, actor_id: str, scope: str, rights: tuple[str, ...], seconds: int) -> None:
    """Issue a principal token for development. In production only the gateway holds the signing key."""
    from shared.principals import Issuer, Verifier  # noqa: PLC0415

    settings = read_settings()
    if settings.principal_signing_key_file is None:
        raise BadSetting("WQ_PRINCIPAL_SIGNING_KEY_FILE", "缺少签发密钥", "the signing key is missing")
    issued = Issuer(settings.principal_signing_key_file.read_text()).token(
        Actor(role, actor_id, scope, rights or None), datetime.now(UTC), seconds
    )
    Verifier.from_file(settings.principal_keys_file).verify(issued)
    click.echo(issued)


@main.command()
@click.option("--stream", help="One stream, such as graduate-14-6f1c…")
@click.option("--graduate", help="Everything about one graduate, in every context.")
@click.option("--lane", help="One lane (two digits), from --after on.")
@click.option("--after", type=int, default=0, show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON line an event.")
@_plainly
def log(stream: str | None, graduate: str | None, lane: str | None, after: int, limit: int, as_json: bool) -> None:
    """Print who did what, when: a stream, a graduate's history, or a lane. Into a pipe, one line an event."""
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415
    from wq import log_view  # noqa: PLC0415

    if sum(value is not None for value in (stream, graduate, lane)) != 1:
        raise click.UsageError("请给出 --stream、--graduate 或 --lane 之一 / give one of --stream, --graduate, --lane")
    events_of = open_log(read_settings(), TOOL)
    if stream is not None:
        events = log_view.of_stream(events_of, stream)
    elif graduate is not None:
        events = log_view.of_graduate(events_of, graduate)
    else:
        events = log_view.of_lane(events_of, lane or "", after, limit)
    if as_json or not out.is_terminal:
        for event in events:
            click.echo(log_view.json_line(event) if as_json else "\t".join(log_view.row(event)))
    else:
        table = Table(*(Column(name, overflow="fold") for name in log_view.COLUMNS))
        for event in events:
            # What people wrote may stand in brackets, which would be taken for a style.
            table.add_row(*(Text(cell) for cell in log_view.row(event)))
        out.print(table)
    if not events:
        err.print("没有事件 / no events")
        sys.exit(1)


@main.command()
@click.argument("name")
@_plainly
def rebuild(name: str) -> None:
    """Rebuild a follower's tables from the log beside the ones in use, then swap."""
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415
    from shared.following import rebuild as run  # noqa: PLC0415
    from wq.composition import followers  # noqa: PLC0415

    settings = read_settings()
    known = {follower.name: follower for follower in followers(settings)}
    (chosen,) = _names([name], False, list(known))
    events = open_log(settings, TOOL)
    with out.status("重建 / rebuilding ...") as status:
        read = run(
            events,
            lambda schema: _engine(settings, schema=schema, pool_size=2, statement_seconds=600),
            known[chosen],
            lambda done, total: status.update(f"重建 / rebuilding {name}: {done:,} / {total:,}"),
        )
    out.print(f"{name}: {read:,} 个事件已重放，新表已启用 / events replayed, the new tables are in use")


@main.group("dead-letters")
def dead_letters() -> None:
    """Messages that a consumer could not take: list, show, retry."""


@dead_letters.command("list")
@_plainly
def list_dead_letters() -> None:
    """Every consumer queue with parked messages."""
    from wq.dead_letters import counts  # noqa: PLC0415

    parked = [each for each in counts(read_settings().amqp_uri) if each.parked]
    table = Table("队列 queue", "滞留 parked")
    for each in parked:
        table.add_row(each.queue, str(each.parked))
    out.print(table if parked else "没有滞留消息 / nothing is parked")


@dead_letters.command("show")
@click.argument("queue")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@_plainly
def show_dead_letters(queue: str, limit: int) -> None:
    """The first parked messages of a queue; they stay parked."""
    from wq.dead_letters import show  # noqa: PLC0415

    table = Table("事件 type", "编号 event id", "原因 reason", "尝试次数 tries")
    for each in _of_queue(queue, lambda: show(read_settings().amqp_uri, queue, limit)):
        table.add_row(
            each.event_type, each.event_id, each.reason, "不详 unknown" if each.tries is None else str(each.tries)
        )
    out.print(table)


@dead_letters.command("retry")
@click.argument("queue")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@_plainly
def retry_dead_letters(queue: str, limit: int) -> None:
    """Send parked messages to their consumer again."""
    from wq.dead_letters import retry  # noqa: PLC0415

    done = _of_queue(queue, lambda: retry(read_settings().amqp_uri, queue, limit))
    out.print(f"{done} 条已重新投递 / sent again")


def _of_queue(queue: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except KeyError:
        raise click.UsageError(f"没有队列 {queue} / no such queue (see `wq dead-letters list`)") from None


def _tell_row(bad: Any, prefix: str = "") -> None:
    named = words_of_field(bad.field)
    where = Words(f" {named.zh}", f" {named.en}") if bad.field else Words("", "")
    told = (
        f"{prefix}第 {bad.line} 行{where.zh}：{bad.zh} / line {bad.line}{where.en}: {bad.en} [{bad.field} {bad.code}]"
    )
    # The field stands in brackets, which would be taken for a style.
    err.print(told, markup=False, soft_wrap=True)


def _tell_sheet(chosen: Any) -> None:
    """Which sheet was read; a CSV has but one."""
    if chosen is not None:
        out.print(str(chosen), markup=False, soft_wrap=True)


@main.command("import-roster")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="The school's five-digit code.")
@click.option("--class", "class_year", type=int, required=True, help="The graduating class (届), such as 2026.")
@click.option("--account", default="operator", show_default=True, help="On whose account; recorded in every event.")
@_plainly
def import_roster(path: Path, school: str, class_year: int, account: str) -> None:
    """Import a school's roster (生源信息) from CSV or XLSX. Bad rows are reported and harm no other row."""
    from services.directory.personal import personal_of  # noqa: PLC0415
    from services.directory.roster import import_roster as run  # noqa: PLC0415
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415

    settings = read_settings()
    engine = _engine(settings, pool_size=2)
    with out.status("导入 / importing ...") as status:
        report = run(
            open_log(settings, TOOL),
            engine,
            personal_of(settings),
            path,
            school=school,
            class_year=class_year,
            account=account,
            clock=settings.clock(),
            report=lambda rows: status.update(f"导入 / importing: {rows:,}"),
        )
    _tell_sheet(report.sheet)
    for bad in report.errors:
        _tell_row(bad)
    for odd in report.warnings:
        _tell_row(odd, "请核对 please check: ")
    out.print(
        f"新增 enrolled {report.enrolled:,}, 更正 corrected {report.corrected:,}, "
        f"未变 unchanged {report.unchanged:,}, 有误 refused {report.refused:,}, 请核对 to check {report.warned:,}"
    )
    sys.exit(1 if report.refused else 0)


@main.command("import-destinations")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="The school's five-digit code.")
@click.option("--class", "class_year", type=int, required=True, help="The graduating class (届), such as 2026.")
@click.option("--account", default="operator", show_default=True, help="On whose account; recorded in every event.")
@_plainly
def import_destinations(path: Path, school: str, class_year: int, account: str) -> None:
    """Import destinations (毕业去向) that an older system collected, from the national export as CSV or XLSX."""
    from services.directory.personal import personal_of  # noqa: PLC0415
    from services.directory.roster import school_of  # noqa: PLC0415
    from services.registration.importing import import_destinations as run  # noqa: PLC0415
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415
    from wq.finding import Graduates  # noqa: PLC0415

    settings = read_settings()
    engine = _engine(settings, schema="directory", pool_size=2)
    log = open_log(settings, TOOL)
    known = school_of(log, school)
    with out.status("导入 / importing ...") as status:
        report = run(
            log,
            path,
            school=known,
            class_year=class_year,
            account=account,
            graduate_id_of=Graduates(engine, personal_of(settings), known, class_year).graduate_id_of,
            clock=settings.clock(),
            report=lambda rows: status.update(f"导入 / importing: {rows:,}"),
        )
    _tell_sheet(report.sheet)
    for bad in report.errors:
        _tell_row(bad)
    for odd in report.warnings:
        _tell_row(odd, "请核对 please check: ")
    out.print(
        f"登记 registered {report.registered:,}, 未变 unchanged {report.unchanged:,}, "
        f"有误 refused {report.refused:,}, 请核对 to check {report.warned:,}"
    )
    sys.exit(1 if report.refused else 0)


@main.command("export-destinations")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="The school's five-digit code.")
@click.option("--department", help="Two digits: this department only.")
@click.option("--class", "class_year", type=int, required=True, help="The graduating class (届), such as 2026.")
@click.option("--account", default="operator", show_default=True, help="On whose account; in the log of reads.")
@_plainly
def export_destinations(path: Path, school: str, department: str | None, class_year: int, account: str) -> None:
    """Write a school's destinations (毕业去向) as the national-format file, .xlsx or .csv: it holds names, keep it safe."""
    from services.directory.exporting import ACTION, COLUMNS, export_lines  # noqa: PLC0415
    from services.directory.personal import personal_of  # noqa: PLC0415
    from services.directory.roster import school_of  # noqa: PLC0415
    from shared.access import Subject, check, scope_path  # noqa: PLC0415
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415
    from shared.messages import Meta  # noqa: PLC0415
    from shared.sheet_writing import write_lines  # noqa: PLC0415

    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise click.UsageError("文件名应以 .xlsx 或 .csv 结尾 / the file's name must end in .xlsx or .csv")
    settings = read_settings()
    engine = _engine(settings, schema="directory", pool_size=2)
    log = open_log(settings, TOOL)
    known = school_of(log, school)
    actor = Actor(Role.SCHOOL, account, scope_path(known.province, known.code5))
    scope = scope_path(known.province, known.code5, department)
    check(ACTION, actor, Subject(scope=scope))
    command_id = uuid4()
    meta = Meta(command_id, command_id, actor, settings.clock().now(), ACTION)
    with out.status("导出 / exporting ..."):
        lines = export_lines(engine, log, personal_of(settings), scope, class_year, meta)
        written = write_lines(path, chain([COLUMNS], lines)) - 1
    out.print(f"{written:,} 名毕业生已导出 / graduates exported: {path}", markup=False)


@main.command()
@_plainly
def sweep() -> None:
    """Lapse and remind of what was not answered, escalate late reviews. Run it every few minutes; safe to repeat."""
    from services.agreement.sweep import lapse_due, remind_due  # noqa: PLC0415
    from services.review.sweep import escalate_due  # noqa: PLC0415
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415

    settings = read_settings()
    now = settings.clock().now()
    events = open_log(settings, TOOL)
    with _engine(settings, schema="agreement", pool_size=1).connect() as connection:
        lapsed = lapse_due(events, connection, now)
        reminded = remind_due(events, connection, now)
    with _engine(settings, schema="review", pool_size=1).connect() as connection:
        escalated = escalate_due(events, connection, now)
    out.print(f"{lapsed} 项已过期 / lapsed，{reminded} 项已提醒 / reminded，{escalated} 项审核已上报上级 / escalated")


@main.group()
def parked() -> None:
    """Graduates whose records the national system refused: list, retry."""


@parked.command("list")
@_plainly
def list_parked() -> None:
    """Parked graduates and why."""
    from services.sync.read_model import list_parked as run  # noqa: PLC0415

    table = Table("毕业生 graduate", "版本 version", "代码 code", "原因 reason")
    with _sync_engine(read_settings()).connect() as connection:
        for each in run(connection):
            table.add_row(each.graduate_id, str(each.version), each.code, f"{each.zh} / {each.en}")
    out.print(table)


@parked.command("retry")
@click.argument("graduate")
@_plainly
def retry_parked(graduate: str) -> None:
    """Deliver a parked graduate's records again, in order."""
    from services.sync.delivery import retry_parked as run  # noqa: PLC0415
    from services.sync.follower import client_of  # noqa: PLC0415

    settings = read_settings()
    with _sync_engine(settings).begin() as connection:
        delivered = run(connection, client_of(settings), graduate)
    out.print(f"{delivered} 条已送达 / delivered")


@main.command()
@click.option("--class", "class_year", type=int, required=True)
@_plainly
def reconcile(class_year: int) -> None:
    """Compare what the national system should know of each school with what it knows, and send differences again.

    Exit code 1 when anything differed or anybody is parked; what delivery has not read yet is printed and no difference.
    """
    from services.sync.follower import client_of  # noqa: PLC0415
    from services.sync.reconcile import reconcile as run  # noqa: PLC0415
    from shared.eventlog.opening import TOOL, open_log  # noqa: PLC0415

    settings = read_settings()
    heads = open_log(settings, TOOL).heads()
    outcome = run(_sync_engine(settings), client_of(settings), class_year, heads)
    for school in outcome.differing:
        err.print(_difference(school), markup=False, soft_wrap=True)
    for lane, events in (outcome.lag or {}).items():
        out.print(f"省份 {lane} 尚有 {events:,} 个事件未读 / events of province {lane} not read yet", markup=False)
    out.print(
        f"{outcome.schools:,} 所学校 / schools，不一致 differing {len(outcome.differing):,}，滞留 parked {outcome.parked:,}"
    )
    sys.exit(0 if outcome.agrees else 1)


def _difference(school: Any) -> str:
    told = {
        "应有 should be": school.should_be,
        "国家系统有 there": school.there,
        "缺少 missing": school.missing,
        "内容不同 changed": school.changed,
        "应属别处 elsewhere": school.elsewhere,
        "滞留 parked": school.parked,
        "已重报 told again": school.restated,
        "被拒 refused": school.refused,
        "仅国家系统有 only there": school.unknown_here,
    }
    codes = [f"{code or '未登记'} {should:,} → {there:,}" for code, (should, there) in (school.codes or {}).items()]
    counted = [f"{name} {number:,}" for name, number in told.items()]
    return f"{school.school}: {'，'.join(counted)}" + (f"；{'，'.join(codes)}" if codes else "")


def _sync_engine(settings: Settings) -> Any:
    return _engine(settings, schema="sync", pool_size=1)


@main.command()
@click.option("--report", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--id", "report_id", help="Which report, when the file holds several.")
@click.option("--class", "class_year", type=click.IntRange(2013, 2100), default=2021, show_default=True)
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the outcome here.")
@click.option(
    "--mix",
    "mixed",
    is_flag=True,
    help="With refusals, lapses, cancellations, mediation, books, voids and the like on the way.",
)
@_plainly
def demo(path: Path, report_id: str | None, class_year: int, json_path: Path | None, mixed: bool) -> None:
    """Play a published employment report on the running platform and compare every printed figure."""
    _look_for_demonstration()
    from wq.demo.show import demonstrate  # noqa: PLC0415

    ok = demonstrate(read_settings(), path, report_id, class_year, json_path, out, mixed=mixed)
    sys.exit(0 if ok else 1)


@main.command()
@click.option("--report", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--class", "class_year", type=click.IntRange(2013, 2100), default=2021, show_default=True)
@click.option("--once", is_flag=True, help="Stop after the demonstration; exit 0 only if every figure was reproduced.")
@click.option("--directory", type=click.Path(file_okay=False, path_type=Path), default=Path(".run"), show_default=True)
@_plainly
def run(path: Path | None, class_year: int, once: bool, directory: Path) -> None:
    """The whole platform on this machine, with a demonstration; Ctrl-C stops all of it."""
    _look_for_demonstration()
    from wq.running import run as start  # noqa: PLC0415

    sys.exit(start(directory, path, class_year, once, out))


if __name__ == "__main__":
    main()
