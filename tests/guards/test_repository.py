"""The repository as a whole: nothing in it is tied to one machine, what it installs is pinned, CI runs what people run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from setuptools import find_packages  # type: ignore[import-untyped]

from tests.support.source import ROOT, tracked
from wq.cli import main

LOCKS = ("requirements.lock", "requirements-dev.lock")
MAKEFILE = (ROOT / "Makefile").read_text()


def recipe(target: str) -> str:
    """A target's line of needs and its commands."""
    match = re.search(rf"^{target}:(.*(?:\n\t.*)*)", MAKEFILE, re.MULTILINE)
    assert match, target
    return match[1]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_names_a_place_of_this_machine() -> None:
    here = {str(ROOT), str(Path.home())} - {"/"}
    pattern = re.compile("|".join(rf"{re.escape(place)}(?=/|\b)" for place in sorted(here)))
    assert not {name: found[0] for name, text in texts() if (found := pattern.search(text))}


def test_no_file_names_a_package_registry() -> None:
    hosts = ("pypi" + r"\.org", "pythonhosted" + r"\.org", "/sim" + "ple/", "artifact" + "ory", "index" + "-url")
    # The one place where the words are needed: the options that keep an index out of the lock files.
    allowed = re.compile("--no-emit-index" + "-url")
    pattern = re.compile("|".join(hosts))
    assert not {name: found[0] for name, text in texts() if (found := pattern.search(allowed.sub("", text)))}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_pins_and_hashes_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    pinned = [package for package in packages if package.strip()]
    assert pinned
    for package in pinned:
        assert re.match(r"[a-zA-Z0-9._-]+(\[[a-z,]+\])?==\S+", package), package.splitlines()[0]
        assert "--hash=sha256:" in package, package.splitlines()[0]
    assert "://" not in text


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], ()), (LOCKS[1], ("local", "dev"))])
def test_a_lock_file_holds_everything_that_is_asked_for(lock: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    names = {re.split(r"[\[<>=!~ ]", each)[0].lower().replace("_", "-") for each in asked}
    locked = set(re.findall(r"^([a-z0-9.-]+)", (ROOT / lock).read_text().lower().replace("_", "-"), re.MULTILINE))
    assert not names - locked


def test_continuous_integration_runs_what_people_run() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert commands[-1] == "make check"
    assert "lint" in recipe("check")
    assert "test" in recipe("check")


def test_every_test_is_run_by_make_test() -> None:
    run = " ".join(recipe(target) for target in re.findall(r"[a-z0-9-]+", recipe("test").split("##")[0]))
    folders = {
        path.parent for path in tracked() if re.fullmatch(r"test_.*\.py", path.name) and ROOT / "tests" in path.parents
    }
    for folder in folders:
        lane = folder.relative_to(ROOT / "tests").parts[0]
        assert f"tests/{lane}" in run, lane


def test_the_log_of_a_process_is_made_in_one_place() -> None:
    made = [
        name
        for name, text in texts()
        if name.startswith(("services/", "shared/", "wq/", "campaign/"))
        and re.search(r"\b(Postgres|Caching)Log\(", text)
    ]
    assert made == ["shared/eventlog/opening.py"]


def test_a_production_installation_holds_no_demonstration() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    packages = find_packages(str(ROOT), include=found["include"], exclude=found["exclude"])
    assert {"wq", "wq.local", "services.agreement.decider", "shared.eventlog"} <= set(packages)
    assert not [name for name in packages if name.startswith("wq.demo")]


@pytest.mark.parametrize("command", [["run"], ["demo", "--report", "pyproject.toml"]])
def test_where_there_is_no_demonstration_one_is_told_where_it_is(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wq.cli.find_spec", lambda name: None)
    monkeypatch.chdir(ROOT)
    told = CliRunner().invoke(main, command)
    assert (told.exit_code, "`make run`" in told.output) == (2, True)
