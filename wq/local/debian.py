"""Packages of Debian that a machine lacks, installed as root or by sudo."""

from __future__ import annotations

import os
import shutil
import subprocess


def rights() -> list[str] | None:
    """What stands before a command that changes the machine: nothing for root, else sudo; None where neither may do it."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    allowed = shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0
    return sudo if allowed else None


def install(before: list[str], *packages: str) -> None:
    """Install packages with what `rights` said. Raises subprocess.SubprocessError."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        # What packages make is for everybody, whatever is closed to others here.
        command = [*before, "apt-get", *step]
        subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, timeout=900, check=True, umask=0o022)
