"""Fonts for rare characters are installed where that is allowed, and else asked for in a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from services.directory.papers.fonts import PACKAGES, RARE
from wq.local import debian, fonts
from wq.local.fonts import FontsMissing, ensure_fonts


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the machine's fonts, where installing puts the asked-for ones."""

    def install(before: list[str], *packages: str) -> None:
        assert before == ["sudo", "-n"]
        for font in RARE:
            if font.package in packages:
                (tmp_path / font.path).parent.mkdir(exist_ok=True)
                (tmp_path / font.path).touch()

    monkeypatch.setattr(fonts, "DEBIAN", tmp_path)
    monkeypatch.setattr(debian, "rights", lambda: ["sudo", "-n"])
    monkeypatch.setattr(debian, "install", install)
    return tmp_path


def test_what_is_missing_is_installed_and_said_once(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure_fonts()
    assert all((machine / font.path).is_file() for font in RARE)
    assert "apt-get install fonts-hanazono fonts-babelstone-han" in capsys.readouterr().out
    ensure_fonts()
    assert capsys.readouterr().out == ""


def test_who_may_not_install_is_told_the_command(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "rights", lambda: None)
    with pytest.raises(FontsMissing, match=f"apt-get install {' '.join(PACKAGES)}"):
        ensure_fonts()


def fails(before: list[str], *packages: str) -> None:
    raise subprocess.CalledProcessError(100, ["apt-get", *packages])


def does_nothing(before: list[str], *packages: str) -> None:
    """A package that has its fonts elsewhere."""


@pytest.mark.parametrize("install", [fails, does_nothing])
def test_fonts_that_are_still_missing_are_told(machine: Path, monkeypatch: pytest.MonkeyPatch, install: object) -> None:
    monkeypatch.setattr(debian, "install", install)
    with pytest.raises(FontsMissing, match="生僻字字体"):
        ensure_fonts()


@pytest.mark.parametrize(
    ("programs", "uid", "sudo", "expected"),
    [
        ({"apt-get"}, 0, 1, []),
        ({"apt-get", "sudo"}, 1000, 0, ["sudo", "-n"]),
        ({"apt-get", "sudo"}, 1000, 1, None),
        ({"apt-get"}, 1000, 0, None),
        ({"sudo"}, 0, 0, None),
    ],
    ids=["root", "sudo", "sudo with a password", "no sudo", "not Debian"],
)
def test_who_may_install(
    monkeypatch: pytest.MonkeyPatch, programs: set[str], uid: int, sudo: int, expected: list[str] | None
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name in programs else None)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(subprocess, "run", lambda argv, **_: subprocess.CompletedProcess(argv, sudo))
    assert debian.rights() == expected
