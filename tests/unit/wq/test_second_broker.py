"""The broker's tests run on a second RabbitMQ where a machine can have one, and where not a sentence says why."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support import second_broker
from wq.local.rabbitmq import PrivateRabbit, RabbitFailed

COMMAND = ["sh", "-c", 'echo "$RABBITMQ_ROOT" > "$0"']


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Where the command writes which RabbitMQ it was given."""
    return tmp_path / "told"


def test_what_was_made_once_is_used_again(tmp_path: Path, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    monkeypatch.setattr(second_broker, "version", lambda folder: "4.0.5")
    assert second_broker.main(folder, [*COMMAND, str(told)]) == 0
    assert told.read_text().strip() == str(folder)


def test_the_commands_code_is_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_broker, "version", lambda folder: "4.0.5")
    assert second_broker.main(tmp_path, ["sh", "-c", "exit 3"]) == 3


def test_without_root_it_is_said_and_nothing_runs(
    tmp_path: Path, told: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert second_broker.main(tmp_path / "second", [*COMMAND, str(told)]) == 0
    assert "only root can run it" in capsys.readouterr().out
    assert not told.exists()


def test_a_step_that_fails_is_said_with_its_reason(
    tmp_path: Path, told: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(argv: Sequence[str]) -> str:
        raise second_broker.NotHere(f"{argv[0]}: 没有网络 / no network")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(second_broker, "_run", failing)
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert second_broker.main(tmp_path / "second", [*COMMAND, str(told)]) == 0
    assert "no network" in capsys.readouterr().out
    assert not (tmp_path / "second").exists()
    assert not told.exists()


def test_a_root_without_rabbitmq_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RABBITMQ_ROOT", str(tmp_path))
    with pytest.raises(RabbitFailed, match="rabbitmq-server"):
        PrivateRabbit(tmp_path / "node").launch()
