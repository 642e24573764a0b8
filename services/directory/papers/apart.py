"""Files of strangers are read in a process of its own: what a library does with them harms nobody else, and has an end.

`python -m services.directory.papers.apart` takes a file in base64 on standard input and gives what it is and its cleaned
bytes, or why it is refused. Called from the hub: waiting for the process lets others have their turn.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from base64 import b64decode
from binascii import Error as BadBase64
from io import FileIO
from traceback import format_tb

import orjson

from services.directory.papers import files
from services.directory.papers.files import Evidence
from services.directory.papers.images import TOO_COMPLEX, broken
from shared.errors import KINDS, Invalid, Reason, ServiceError

NOT_BASE64 = Reason(
    "evidence.not_base64",
    "文件内容的编码无法识别，请重新选择文件上传",
    "The content must be base64: send the file again",
    Invalid,
)

# A page scanned at 300 dpi in colour takes a tenth of a second and 150 MB.
SECONDS = 15
MEMORY = 1536 << 20
# Cores are for those who sign, too.
_TURNS = threading.BoundedSemaphore(2)

_PROGRAM = (sys.executable, "-I", "-m", "services.directory.papers.apart")
_REFUSED, _OUT_OF_MEMORY = 3, 4
# What ends a process that asked for too much; any other signal is a library that stumbled.
_LIMITS = (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL)


def accept_apart(content: str) -> Evidence:
    """What `accept` says of a file given in base64. Raises Invalid `evidence.*`."""
    with _TURNS, _in_memory() as given, _in_memory() as told, _in_memory() as said:
        given.write(content.encode())
        given.seek(0)
        ended = _run(given, told, said)
        told.seek(0)
        said.seek(0)
        if ended == 0:
            head, _, cleaned = told.read().partition(b"\n")
            media_type, digest = orjson.loads(head)
            return Evidence(cleaned, media_type, digest)
        if ended == _REFUSED:
            kind, code, details = orjson.loads(told.read())
            raise KINDS[kind](code, details)
        if ended == _OUT_OF_MEMORY or -ended in _LIMITS:
            raise TOO_COMPLEX.error("content")
        if ended < 0:
            raise broken()
        raise RuntimeError(f"cleaning a file ended with {ended}: {said.read().decode()}")


def _run(given: FileIO, told: FileIO, said: FileIO) -> int:
    """The exit code; files take the place of pipes, which could fill. Whoever stops waiting ends the process."""
    with subprocess.Popen(_PROGRAM, stdin=given, stdout=told, stderr=said, env={}, cwd="/") as process:  # noqa: S603 - ours
        try:
            return process.wait()
        finally:
            process.kill()


def _in_memory() -> FileIO:
    """A file that never is on a disk."""
    return FileIO(os.memfd_create("evidence"), "r+")


def _main() -> int:
    _limit()
    try:
        accepted = files.accept(_decoded(sys.stdin.buffer.read()))
    except ServiceError as refused:
        sys.stdout.buffer.write(orjson.dumps([type(refused).__name__, refused.code, refused.details]))
        return _REFUSED
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception as error:  # noqa: BLE001 - told without its words, which may be the file's
        sys.stderr.write("".join(format_tb(error.__traceback__)) + type(error).__name__)
        return 1
    sys.stdout.buffer.write(orjson.dumps([accepted.media_type, accepted.digest]) + b"\n" + accepted.content)
    return 0


def _limit() -> None:
    """Bounds on time and memory that no library gets around; nothing of a file is left in a core dump."""
    signal.alarm(SECONDS)
    for kind, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))


def _decoded(content: bytes) -> bytes:
    try:
        return b64decode(content, validate=True)
    except (BadBase64, ValueError):
        raise NOT_BASE64.error("content") from None


if __name__ == "__main__":
    sys.exit(_main())
