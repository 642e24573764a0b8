"""`python -m campaign`: rounds of work under faults on one platform, each judged; ends at the first round with a finding."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from campaign.disk import ROOM, MayNotMount, play
from campaign.faults import schedule
from campaign.rounds import Round, platform_of, play_round

console = Console(highlight=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(1, 10_000), default=3, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Round i has the seed SEED + i - 1.")
@click.option("--seconds", type=click.FloatRange(5, 3600), default=60.0, show_default=True, help="Work in each round.")
@click.option("--clients", type=click.IntRange(1, 64), default=6, show_default=True)
@click.option("--freeze", type=click.FloatRange(1, 60), default=30.0, show_default=True, help="Longest SIGSTOP.")
@click.option("--replicas", type=click.IntRange(1, 5), default=1, show_default=True)
@click.option("--disk/--no-disk", default=True, show_default=True, help="End with full disks, if mounting is allowed.")
@click.option("--directory", type=click.Path(file_okay=False, path_type=Path), default=Path(".run/campaign"))
def main(
    rounds: int, seed: int, seconds: float, clients: int, freeze: float, replicas: int, disk: bool, directory: Path
) -> None:
    """Strike the platform while people work on it, and check that nothing is lost, doubled or left behind."""
    shutil.rmtree(directory, ignore_errors=True)
    played: list[Round] = []
    with platform_of(directory, lambda words: console.print(f"[dim]  {words}[/dim]"), replicas) as platform:
        for number in range(rounds):
            own = seed + number
            console.print(f"[bold]第 {number + 1} 轮 round {number + 1} / {rounds}[/bold]  种子 seed {own}")
            strikes = schedule(own, seconds, freeze)
            result = play_round(
                platform,
                number,
                own,
                strikes,
                seconds,
                clients,
                lambda words: console.print(f"  [yellow]{words}[/yellow]"),
            )
            played.append(result)
            _say(result)
            if result.violations:
                break
    if disk and not any(each.violations for each in played):
        _fill_disks(directory, rounds, played)
    _summary(played)
    sys.exit(1 if any(each.violations for each in played) else 0)


def _fill_disks(directory: Path, number: int, played: list[Round]) -> None:
    for index, which in enumerate(ROOM):
        console.print(f"[bold]磁盘写满 full disk[/bold]  {which}")
        try:
            played.append(
                play(directory, which, number + index, lambda words: console.print(f"  [yellow]{words}[/yellow]"))
            )
        except MayNotMount as refused:
            console.print(f"  未做：不允许挂载 / left out, mounting is not allowed: {refused}")
            return
        _say(played[-1])


def _say(result: Round) -> None:
    told = "，".join(f"{name} {count:,}" for name, count in sorted(result.outcomes.items()))
    console.print(
        f"  命令 commands {result.commands:,}（{told}），事件 events {result.events:,}，"
        f"静默 settled after {result.settled_after:.1f} s，检查 checks {sum(result.checked.values()):,}"
    )
    for violation in result.violations[:20]:
        console.print(f"  [red]{violation}[/red]", soft_wrap=True)
    if len(result.violations) > 20:
        console.print(f"  [red]... {len(result.violations) - 20} more[/red]")


def _summary(played: list[Round]) -> None:
    faults = sum((each.faults for each in played), Counter[str]())
    table = Table("故障 fault", "次 times", title="故障 faults by kind")
    for name, count in sorted(faults.items()):
        table.add_row(name, str(count))
    table.add_row("合计 total", str(sum(faults.values())))
    console.print(table)
    checked = sum((each.checked for each in played), Counter[str]())
    table = Table("规则 rule", "检查 checks", title="检查 checks")
    for name, count in sorted(checked.items()):
        table.add_row(name, f"{count:,}")
    console.print(table)
    seeds = "，".join(str(each.seed) for each in played)
    wrong = sum(len(each.violations) for each in played)
    console.print(
        f"轮 rounds {len(played)}（种子 seeds {seeds}），命令 commands {sum(each.commands for each in played):,}，"
        f"发送 attempts {sum(each.attempts for each in played):,}，违规 violations {wrong}"
    )


if __name__ == "__main__":
    main()
