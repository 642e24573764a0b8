"""How the README's commands begin, wherever the clone lies, and what is said where they cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

from tests.support.source import ROOT
from wq.local import debian
from wq.local.postgres import _failure
from wq.platform import Platform, PlatformFailed


def clone(directory: Path) -> Path:
    """A clone that is installed, with a command that says how it was called."""
    made = directory / "毕业 生's clone"
    (made / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        copy(ROOT / name, made)
    command = made / ".venv" / "bin" / "wq"
    command.write_text('#!/bin/sh\necho "$@"\npwd\n')
    command.chmod(0o700)
    (made / ".venv" / ".installed").touch()
    return made


@pytest.mark.parametrize(("target", "called"), [("run", "run"), ("demo", "run --once")])
def test_the_commands_of_the_readme_run_from_a_path_with_blanks_and_chinese(
    tmp_path: Path, target: str, called: str
) -> None:
    made = clone(tmp_path)
    done = subprocess.run(
        ["make", "--no-print-directory", target], cwd=made, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{called}\n{made}\n", "")


def test_a_server_that_cannot_start_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RABBITMQ_ROOT", str(tmp_path / "no Debian"))
    with pytest.raises(PlatformFailed, match="rabbitmq-server"):
        Platform(tmp_path / "platform").start()
    done = subprocess.run(
        [sys.executable, "-m", "wq.cli", "run", "--once"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "rabbitmq-server" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_where_root_may_not_become_nobody_it_is_told_what_to_do() -> None:
    refused = str(_failure("initdb", "setpriv: set process securebits failed: Operation not permitted"))
    assert "请改用普通用户运行" in refused
    assert "run this as an ordinary user" in refused
    assert "initdb" in str(_failure("initdb", "initdb: error: no space left"))


def test_packages_are_installed_for_everybody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\numask >> '{tmp_path}/umasks'\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    before = os.umask(0o077)
    try:
        debian.install([], "a-package")
    finally:
        os.umask(before)
    assert (tmp_path / "umasks").read_text().split() == ["0022", "0022"]
