"""Runs a command on the RabbitMQ of another Debian: `python -m tests.support.second_broker FOLDER COMMAND...`.

The folder becomes that Debian's root, by debootstrap and its own apt, from the mirror that this machine's apt uses; a second
call takes no time. The command finds it by `RABBITMQ_ROOT`. Where this machine cannot have it, a sentence says why and the
code is 0: the same tests run on the installed RabbitMQ anyway.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Debian 13 has RabbitMQ 4.0.
SUITE = os.environ.get("SUITE") or "trixie"
MAKE_SECONDS = 1_800
# Debian starts a service when its package is installed unless this script says no.
DENIAL = "#!/bin/sh\nexit 101\n"
INSTALL = """set -e
mount --rbind /dev "$0/dev"
mount --rbind /proc "$0/proc"
export DEBIAN_FRONTEND=noninteractive
exec chroot "$0" apt-get install -y -qq --no-install-recommends rabbitmq-server
"""


class NotHere(Exception):
    """This machine cannot have another Debian; the text says why."""


def main(folder: Path, command: Sequence[str]) -> int:
    """The command's exit code, or 0 when there is nothing to run it on."""
    try:
        make(folder)
    except NotHere as why:
        print(f"第二种 RabbitMQ 的测试未运行：{why} / not run on a second RabbitMQ: {why}", flush=True)
        return 0
    print(f"RabbitMQ: {version(folder)}", flush=True)
    return subprocess.run(command, env={**os.environ, "RABBITMQ_ROOT": str(folder)}, check=False).returncode


def make(folder: Path) -> None:
    """Make the folder a Debian with RabbitMQ, unless it is one. Raises NotHere."""
    if folder.exists():
        return
    if os.geteuid() != 0:
        raise NotHere("需要 root / only root can run it")
    if not shutil.which("apt-get"):
        raise NotHere("没有 apt / there is no apt here")
    print(f"取得 Debian {SUITE} 的 RabbitMQ / getting RabbitMQ of Debian {SUITE} ...", flush=True)
    _run(["apt-get", "update", "-qq"])
    if not shutil.which("debootstrap"):
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"])
    making = folder.with_name(f"{folder.name}.making")
    # What an interrupted making left; nothing is mounted there once its processes are gone.
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    _run(["debootstrap", "--variant=minbase", SUITE, str(making), mirror()])
    policy = making / "usr" / "sbin" / "policy-rc.d"
    policy.write_text(DENIAL)
    policy.chmod(0o755)
    (making / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
    _run(["unshare", "--mount", "sh", "-c", INSTALL, str(making)])
    making.rename(folder)


def mirror() -> str:
    """Where this machine's apt gets Debian from. Raises NotHere."""
    told = _run(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Label: Debian"])
    if not told.split():
        raise NotHere("apt 未配置 Debian 软件源 / apt knows no mirror of Debian")
    return told.split()[0]


def version(folder: Path) -> str:
    """The version of the RabbitMQ package in there."""
    asked = ["chroot", str(folder), "dpkg-query", "--show", "--showformat", "${Version}", "rabbitmq-server"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def _run(argv: Sequence[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=MAKE_SECONDS, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"code {done.returncode}"]
        raise NotHere(f"{argv[0]}: {lines[-1]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
