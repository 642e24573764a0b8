"""What the README tells an integrator to do, done as it is written: settings, a token, a question."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.source import ROOT, blocks
from wq.platform import Platform


def test_an_integrator_gets_an_answer(tmp_path: Path) -> None:
    (shown,) = (block.text for block in blocks("sh") if "docs/examples/count_graduates.py" in block.text)
    for name, target in ((".venv", Path(sys.prefix)), ("docs", ROOT / "docs")):
        (tmp_path / name).symlink_to(target)
    with Platform(tmp_path / ".run", serving=(("stats",),), following=()):
        done = subprocess.run(
            ["bash", "-euc", shown],
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if name not in ("AMQP_URI", "DATABASE_URL")},
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, "合计 total 0\n"), done.stderr
