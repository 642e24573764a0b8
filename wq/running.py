"""`wq run`: the platform under one directory, a demonstration, and then it stays until Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from types import FrameType

from rich.console import Console

from wq.demo.show import demonstrate
from wq.platform import Platform, PlatformFailed

BUNDLED = Path(__file__).parent / "demo" / "reports" / "univ_5082.json"


def run(directory: Path, report: Path | None, class_year: int, once: bool, console: Console) -> int:
    """0 when everything printed was reproduced (and, unless `once`, after Ctrl-C); 1 otherwise, or when it did not start."""
    stop = Event()

    def on_signal(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if stop.is_set():
            return
        stop.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    ok = False
    try:
        with Platform(directory, say=lambda text: console.print(f"[dim]{text}[/dim]")) as platform:
            ok = demonstrate(platform.settings, report or BUNDLED, None, class_year, None, console, mixed=True)
            if not once:
                _say_how_to_reach(platform, console)
                stop.wait()
    except KeyboardInterrupt:
        console.print("正在停止 / stopping ...")
    except PlatformFailed as failure:
        console.print(f"[red]{failure}[/red]", soft_wrap=True)
        return 1
    console.print("已停止 / stopped")
    return 0 if ok else 1


def _say_how_to_reach(platform: Platform, console: Console) -> None:
    settings = platform.settings
    console.print(
        "\n[bold]平台运行中 / the platform is running[/bold] (Ctrl-C 停止 / stops it)\n"
        f"  AMQP        {settings.amqp_uri}\n"
        f"  PostgreSQL  {settings.database_url}\n"
        f"  国家沙箱    {settings.national_url}/v1/counts\n"
        f"  日志 logs   {platform.directory / 'logs'}\n"
        + "".join(
            f"  {part.name:<34} http://127.0.0.1:{part.health_port}/metrics\n"
            for part in platform.parts
            if part.health_port is not None
        )
        + "另开终端试试 / in another terminal:\n"
        "  .venv/bin/wq demo --report wq/demo/reports/mech_college_423.json --class 2022\n"
        "  .venv/bin/wq log --lane 00 --limit 5\n"
        "  .venv/bin/wq dead-letters list",
        soft_wrap=True,
    )
