"""The fonts for rare characters of names, which books are printed with where the machine has them."""

from __future__ import annotations

import subprocess

from services.directory.papers.fonts import DEBIAN, PACKAGES, RARE
from wq.local import debian


class FontsMissing(RuntimeError):
    """Whose sentence says what to do; everything but rare characters is printed without them."""


def ensure_fonts() -> None:
    """Install the Debian packages that are missing. Raises FontsMissing."""
    if not _missing():
        return
    before = debian.rights()
    command = f"apt-get install {' '.join(PACKAGES)}"
    if before is None:
        raise FontsMissing(
            f"没有生僻字字体，可用以下命令安装 / the fonts for rare characters are missing, install them by: {command}"
        )
    print(f"安装生僻字字体 / installing the fonts for rare characters ({command}) ...", flush=True)
    try:
        debian.install(before, *_missing())
    except subprocess.SubprocessError as error:
        raise FontsMissing(f"安装生僻字字体失败 / installing the fonts for rare characters failed: {error}") from error
    if _missing():
        raise FontsMissing(
            "安装后仍未找到生僻字字体 / the fonts for rare characters are not there after their installation"
        )


def _missing() -> tuple[str, ...]:
    return tuple(dict.fromkeys(font.package for font in RARE if not (DEBIAN / font.path).is_file()))
