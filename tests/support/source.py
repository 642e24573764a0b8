"""The project's own source as guards read it: files, parsed modules, and text that documents show."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CODE: Final = ("services", "shared", "wq")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project: known to git or about to be, and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree; nothing is imported."""
    return ast.parse(path.read_text(), str(path))


def modules() -> list[Path]:
    """Every module of the product."""
    return [path for name in CODE for path in sorted((ROOT / name).rglob("*.py"))]


def calls_of(path: Path, name: str) -> Iterator[ast.Call]:
    """Every call of a plainly named function or class in a module."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def texts_of(path: Path) -> set[str]:
    """Every string literal of a module."""
    nodes = ast.walk(parsed(path))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def method_names(path: Path, *decorators: str) -> set[str]:
    """The methods of a service module's class that carry one of these decorators."""
    return {
        node.name
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
        and any(_name(decorator) in decorators for decorator in node.decorator_list)
    }


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else ""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a document: its language, its text, and where it starts."""

    path: Path
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    """Every document that people read."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(*languages: str) -> list[Block]:
    """The fenced blocks of all documents in these languages."""
    found = []
    for path in documents():
        text = path.read_text()
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            if match[1] in languages:
                found.append(Block(path, text[: match.start()].count("\n") + 1, match[1], match[2]))
    return found


def inline_code() -> Iterator[tuple[str, str]]:
    """Every `inline code` of all documents, with where it is."""
    for path in documents():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for code in re.findall(r"`([^`]+)`", line):
                yield f"{path.relative_to(ROOT)}:{number}", code


def table_column(path: Path, heading: str) -> list[str]:
    """The code words in the first column of the first table under a heading of a document."""
    section = path.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [row.split("`")[1] for row in rows]
