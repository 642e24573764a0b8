"""A file is read in a process of its own, whose end is an answer and harms nobody."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from base64 import b64encode
from textwrap import dedent

import pytest

from services.directory.papers import apart
from services.directory.papers.apart import MEMORY, SECONDS, accept_apart
from services.directory.papers.files import accept
from shared.errors import Invalid
from tests.support.evidence_examples import AGREEMENT, SECRET, jpeg, page_with, pdf, png, written


def refused(content: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        accept_apart(b64encode(content).decode())
    assert caught.value.field == "content"
    return caught.value


@pytest.mark.parametrize("content", [jpeg(), png(), pdf(), written(page_with(AGREEMENT))])
def test_a_file_comes_back_as_if_it_was_read_here(content: bytes) -> None:
    assert accept_apart(b64encode(content).decode()) == accept(content)


def test_a_refusal_comes_back_with_its_sentences_and_facts() -> None:
    there = refused(bytes(6 << 20))
    with pytest.raises(Invalid) as here:
        accept(bytes(6 << 20))
    assert (there.code, there.details) == (here.value.code, here.value.details)


@pytest.mark.parametrize("content", ["x", "MZ*", "é"])
def test_what_is_not_base64_is_refused(content: str) -> None:
    with pytest.raises(Invalid) as caught:
        accept_apart(content)
    assert caught.value.code == "evidence.not_base64"


def ending(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another program in the place of ours."""
    monkeypatch.setattr(apart, "_PROGRAM", (sys.executable, "-c", program))


@pytest.mark.parametrize(
    ("ended_by", "code"),
    [
        (signal.SIGALRM, "evidence.too_complex"),
        (signal.SIGXCPU, "evidence.too_complex"),
        (signal.SIGKILL, "evidence.too_complex"),
        (signal.SIGABRT, "evidence.too_complex"),
        (signal.SIGSEGV, "evidence.broken"),
    ],
)
def test_a_library_that_dies_of_a_file_refuses_it(
    monkeypatch: pytest.MonkeyPatch, ended_by: signal.Signals, code: str
) -> None:
    ending(monkeypatch, f"import os; os.kill(os.getpid(), {ended_by:d})")
    assert refused(pdf()).code == code


def test_our_own_mistake_is_no_refusal_and_tells_nothing_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = f"raise RuntimeError({SECRET.decode()!r})"
    ending(monkeypatch, f"from services.directory.papers import apart, files\ndef accept(_):\n {wrong}\n"
                        "files.accept = accept\nraise SystemExit(apart._main())")  # fmt: skip
    with pytest.raises(RuntimeError, match="RuntimeError") as caught:
        accept_apart(b64encode(pdf()).decode())
    assert SECRET.decode() not in str(caught.value)


LIMITED = "import resource, signal; from services.directory.papers.apart import _limit; _limit(); "


def said(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", LIMITED + program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_process_is_bounded_in_time_and_memory_and_leaves_no_core() -> None:
    program = (
        "print(*(resource.getrlimit(kind)[1] for kind in ({}, {}, {})), signal.getitimer(signal.ITIMER_REAL)[0] > 0)"
    )
    kinds = (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE)
    assert said(program.format(*kinds)) == f"{SECONDS} {MEMORY} 0 True"


def test_a_file_that_takes_more_memory_than_there_is_for_it_is_too_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    ending(monkeypatch, "from services.directory.papers import apart, files\n"
                        "files.accept = lambda _: bytearray(apart.MEMORY)\nraise SystemExit(apart._main())")  # fmt: skip
    assert refused(pdf()).code == "evidence.too_complex"


def test_others_have_their_turn_while_a_serving_process_waits() -> None:
    program = """
        import eventlet
        eventlet.monkey_patch()
        from base64 import b64encode
        from services.directory.papers.apart import accept_apart
        from tests.support.evidence_examples import pdf
        turns = 0
        def others():
            global turns
            while True:
                turns += 1
                eventlet.sleep(0.001)
        eventlet.spawn(others)
        content = b64encode(pdf(3)).decode()
        cleaned = [thread.wait() for thread in [eventlet.spawn(accept_apart, content) for _ in range(4)]]
        assert len({each.digest for each in cleaned}) == 1
        print(turns > 20)
    """
    command = [sys.executable, "-W", "ignore", "-c", dedent(program)]
    done = subprocess.run(command, env={"PYTHONPATH": "."}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("True\n", "")
