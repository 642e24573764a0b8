"""Importing a school's roster from CSV and XLSX: checked, sealed, appended; and how much memory it takes. Reference: COPY."""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import xlsxwriter
from sqlalchemy import make_url

from bench.figures import Direction, Figure, rounds
from bench.world import ROOT, WQ, Worker, World, answer_questions, database, plain_engine, plain_log
from services.directory.personal import personal_of
from services.directory.roster import import_roster
from services.directory.rows import HEADERS
from shared.clock import SystemClock
from shared.codes.identity import make_resident_id
from shared.codes.tables import rows
from shared.settings import read_settings

SCHOOL, CLASS_YEAR = "10108", 2026
SHARE = 8
# Where people are born, another place each turn.
COUNTIES = tuple(row["code"] for row in rows("counties") if not row["until"] and not row["code"].endswith("00"))
# The build that the import is compared with: it looked at each row as if it were the first, and claimed no persons, which
# is a transaction more (docs/decisions/0015).
BEFORE = "35f191c"


@contextmanager
def _before(world: World) -> Iterator[tuple[Path, str] | None]:
    """The code of that build and a database that it migrated; None without git or in a copy that lacks its history."""
    root = world.small.directory / "before"
    archive = root.with_suffix(".tar")
    root.mkdir(exist_ok=True)
    try:
        command = ["git", "-C", str(ROOT), "archive", "--output", str(archive), BEFORE]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except (FileNotFoundError, subprocess.CalledProcessError):
        yield None
        return
    with tarfile.open(archive) as packed:
        packed.extractall(root, filter="data")
    admin = world.small.environment["DATABASE_URL"]
    url = make_url(admin).set(database=f"before_{uuid4().hex[:8]}").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        name = make_url(url).database
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            environ = {**os.environ, **world.small.environment, "DATABASE_URL": url}
            subprocess.run([*WQ, "migrate"], cwd=root, env=environ, check=True, capture_output=True, timeout=120)
            yield root, url
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def measure(world: World) -> list[Figure]:
    """Rows/s of both formats, on an empty and on the full log, and the memory of a long file beside a short one's."""
    rows = world.size.roster
    directory = world.small.directory
    with database(world.small) as compared, _before(world) as before:
        fields = _write_csv(directory / "roster.csv", 0, 1)
        with psycopg.connect(compared, autocommit=True) as connection:
            columns = ", ".join(f"{name} text" for name in fields)
            connection.execute(f"CREATE TABLE bare_roster ({columns})")
        turn = iter(range(1, 1_000_000))
        targets = {name: platform.environment["DATABASE_URL"] for name, platform in world.platforms.items()}
        peak: dict[str, float] = {}

        def imported_before() -> float:
            if before is None:
                return 0.0
            root, url = before
            path = directory / "before.csv"
            _write_csv(path, next(turn), rows)
            environ = {**world.small.environment, "DATABASE_URL": url}
            with Worker("bench.rosters", str(path), environ=environ, root=root) as worker:
                worker.ask()
                answer = worker.answer()
            assert answer["enrolled"] == rows, answer
            return float(answer["rows_a_second"])

        def imported(kind: str, log: str, count: int) -> Callable[[], float]:
            def run() -> float:
                path = directory / f"roster.{kind}"
                (_write_csv if kind == "csv" else _write_xlsx)(path, next(turn), count)
                environ = {**world.small.environment, "DATABASE_URL": targets[log]}
                with Worker("bench.rosters", str(path), environ=environ) as worker:
                    worker.ask()
                    answer = worker.answer()
                key = f"{kind} {count}"
                peak[key] = max(peak.get(key, 0.0), answer["megabytes"])
                assert answer["enrolled"] == count, answer
                return float(answer["rows_a_second"])

            return run

        def copied() -> float:
            path = directory / "copied.csv"
            _write_csv(path, next(turn), rows)
            started = time.perf_counter()
            with (
                psycopg.connect(compared) as connection,
                connection.cursor().copy("COPY bare_roster FROM STDIN (FORMAT csv, HEADER)") as copy,
                path.open("rb") as file,
            ):
                while data := file.read(1 << 18):
                    copy.write(data)
            return rows / (time.perf_counter() - started)

        count = max(1, world.size.rounds // 2)
        found = rounds(
            count,
            {
                "csv": imported("csv", "empty", rows),
                "before": imported_before,
                "copy": copied,
                "xlsx": imported("xlsx", "empty", rows),
                "full": imported("csv", "full", rows),
            },
            warm_up=world.size.thorough,
        )
        for kind in ("csv", "xlsx"):
            imported(kind, "empty", rows // SHARE)()
    group, copy = "roster import", "/s COPY"
    least, most = Direction.AT_LEAST, Direction.AT_MOST
    if found["before"]:
        compared_with = Figure(
            group, "CSV", found["csv"], "rows/s", 1.0, least, found["before"], f"/s the build of {BEFORE}"
        )
    else:
        compared_with = Figure(group, f"CSV; the history of this copy lacks {BEFORE}", found["csv"], "rows/s")
    return [
        compared_with,
        Figure(group, "CSV", found["csv"], "rows/s", 10_000, least, found["copy"], copy, absolute=True),
        Figure(group, "XLSX", found["xlsx"], "rows/s", 10_000, least, found["copy"], copy, absolute=True),
        Figure(group, "CSV, full log", found["full"], "rows/s", 0.9, least, found["csv"], "/s empty log"),
        *(
            Figure(
                group,
                f"{kind.upper()}, memory of {rows:,} rows",
                peak[f"{kind} {rows}"],
                "MB",
                1.2,
                most,
                peak[f"{kind} {rows // SHARE}"],
                f"MB for {rows // SHARE:,}",
            )
            for kind in ("csv", "xlsx")
        ),
    ]


def _rows(turn: int, count: int) -> Any:
    """Rows that hold what they must; no two turns enrol the same graduate, or the same person."""
    names = list(dict.fromkeys(HEADERS.values()))
    first = {field: header for header, field in reversed(HEADERS.items())}
    yield [first[name] for name in names]
    for number in range(count):
        male = number % 2
        born = date(2003, 1, 1) + timedelta(days=number % 1000)
        row = {
            "exam_no": f"22{turn:06d}{number:08d}",
            "student_no": f"2022{number:06d}",
            "name": random.choice("王李张刘陈") + random.choice("伟芳娜敏静") + random.choice("丽强磊军洋"),
            "id_number": make_resident_id(COUNTIES[turn], born, (number // 1000 % 400) * 2 + male),
            "phone": f"139{number:08d}",
            "sex": "1" if male else "2",
            "ethnic": "01",
            "political": "03",
            "department": f"{number % 8 + 1:02d}",
            "department_name": f"学院{number % 8 + 1}",
            "major_code": "080901",
            "major_name": "计算机科学与技术",
            "education": "31",
            "study_mode": "全日制",
            "study_years": "4",
            "training": "1",
            "agreed_unit": "",
            "origin": "140105",
            "household": "城镇",
            "normal": "2",
            "hardship": "0",
            "enrolled_on": "20220901",
            "graduates_on": "20260630",
        }
        yield [row.get(name, "") for name in names]


def _write_csv(path: Path, turn: int, count: int) -> list[str]:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(_rows(turn, count))
    return list(dict.fromkeys(HEADERS.values()))


def _write_xlsx(path: Path, turn: int, count: int) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(_rows(turn, count)):
            sheet.write_row(number, 0, row)


def _import(path: str) -> Callable[[], dict[str, float]]:
    settings = read_settings()
    engine = plain_engine(settings.database_url, pool_size=2)

    def run() -> dict[str, float]:
        started = time.perf_counter()
        done = import_roster(
            plain_log(settings.database_url),
            engine,
            personal_of(settings),
            Path(path),
            school=SCHOOL,
            class_year=CLASS_YEAR,
            account="bench",
            clock=SystemClock(),
            report=lambda rows: None,
        )
        seconds = time.perf_counter() - started
        return {
            "enrolled": done.enrolled,
            "rows_a_second": (done.enrolled + done.refused) / seconds,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }

    return run


if __name__ == "__main__":
    answer_questions(_import(*sys.argv[1:]))
