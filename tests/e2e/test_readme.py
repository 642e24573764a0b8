"""What the README tells an integrator to do, done: a token from `wq token`, a question by docs/examples/count_graduates.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.source import ROOT
from wq.platform import Platform


def test_an_integrator_gets_an_answer(tmp_path: Path) -> None:
    with Platform(tmp_path / "platform", serving=(("stats",),), following=()) as platform:
        environ = {**os.environ, **platform.environment, "PYTHONPATH": str(ROOT)}

        def run(*arguments: str, **more: str) -> str:
            done = subprocess.run(
                [sys.executable, *arguments],
                env={**environ, **more},
                capture_output=True,
                check=True,
                text=True,
                timeout=60,
            )
            return done.stdout

        token = run("-m", "wq.cli", "token", "--role", "ministry", "--id", "statistics-office", "--scope", "CN").strip()
        assert run(str(ROOT / "docs/examples/count_graduates.py"), PRINCIPAL=token) == "合计 total 0\n"
