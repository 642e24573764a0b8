"""What documents show is there: commands, options, files, tests, links and code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.support.source import ROOT, Block, blocks, documents, inline_code, tracked
from wq.cli import main

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
# A page whose blocks are one program, which its own test runs on a real broker.
ONE_PROGRAM = {"wire.md": "tests/integration/shared/test_wire.py"}
FILES = {path.relative_to(ROOT).as_posix() for path in tracked()}


def shell_lines() -> list[tuple[str, str]]:
    """Every command that a document shows, in shell blocks and as inline code, with where."""
    shown = [
        (block.where, line.split(" # ")[0].strip())
        for block in blocks("sh", "bash", "console")
        for line in block.text.splitlines()
    ]
    return [(where, line) for where, line in [*shown, *inline_code()] if line]


def words_after(program: str) -> list[tuple[str, list[str]]]:
    """The words after a program's name in every command that starts with it."""
    found = []
    for where, line in shell_lines():
        if re.match(rf"(\S+=\S+ )*(\.venv/bin/)?{program}( |$)", line):
            words = shlex.split(line)
            start = next(index for index, word in enumerate(words) if word.rpartition("/")[2] == program)
            found.append((where, words[start + 1 :]))
    return found


MAKES, WQS = words_after("make"), words_after("wq")


def test_documents_show_commands() -> None:
    assert MAKES
    assert WQS


@pytest.mark.parametrize(("where", "words"), MAKES)
def test_a_shown_make_target_is_there(where: str, words: list[str]) -> None:
    targets = [word for word in words if "=" not in word]
    assert set(targets) <= TARGETS, where


@pytest.mark.parametrize(("where", "words"), WQS)
def test_a_shown_wq_command_takes_what_is_shown(where: str, words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main, info_name="wq")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, where
        command, words = command.commands[words[0]], words[1:]
        context = click.Context(command, parent=context)
    help_shown = CliRunner().invoke(command, ["--help"])
    assert help_shown.exit_code == 0, where
    if words and not isinstance(command, click.Group) and "--help" not in words:
        # A word in capitals stands for a file of the reader's own.
        stood_for = [str(ROOT / "README.md") if re.fullmatch(r"[A-Z]+\.[a-z]+", word) else word for word in words]
        command.make_context("wq", [str(ROOT / word) if word in FILES else word for word in stood_for])


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.where)
def test_shown_python_is_a_tested_file_or_runs(block: Block) -> None:
    page = block.where.partition(":")[0].rpartition("/")[2]
    if page in ONE_PROGRAM:
        assert page in (ROOT / ONE_PROGRAM[page]).read_text()
    elif block.text.startswith("# "):
        shown_file, _, text = block.text.removeprefix("# ").partition("\n")
        assert shown_file in FILES
        assert text.strip() in (ROOT / shown_file).read_text()
        assert any(shown_file in (ROOT / name).read_text() for name in FILES if re.fullmatch(r"tests/.*\.py", name)), (
            block.where
        )
    else:
        exec(compile(block.text, block.where, "exec"), {})


def paths_shown() -> list[tuple[str, str]]:
    pattern = re.compile(r"(?:tests|services|shared|wq|docs|\.ci|bench)/[\w./:-]+")
    return [(where, code) for where, code in inline_code() if pattern.fullmatch(code)]


@pytest.mark.parametrize(("where", "shown"), paths_shown())
def test_a_shown_path_is_there(where: str, shown: str) -> None:
    path, _, name = shown.partition("::")
    assert (ROOT / path).exists(), where
    if name:
        assert re.search(rf"def {name}\b", (ROOT / path).read_text()), where


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_a_decision_that_code_refers_to_is_written() -> None:
    numbers = {path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")}
    for name in FILES:
        if name.endswith((".py", ".toml", ".md")):
            assert set(re.findall(r"docs/decisions/(\d{4})", (ROOT / name).read_text())) <= numbers, name


def test_the_first_commands_of_the_readme_are_run_and_test() -> None:
    shown = [words for where, words in MAKES if where.startswith("README.md")]
    assert shown[:2] == [["run"], ["test"]]
