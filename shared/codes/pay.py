"""Pay by the hour as people write it, in yuan with at most two decimals, and as it is stored, in fen."""

from __future__ import annotations

import re
from typing import Final

FEN: Final = 100
_YUAN: Final = re.compile(r"(?P<yuan>[0-9]{1,6})(\.(?P<fen>[0-9]{1,2}))?", re.ASCII)


def fen(written: str) -> int:
    """`25.5` is 2550. Raises ValueError for anything but yuan with at most two decimals."""
    found = _YUAN.fullmatch(written)
    if found is None:
        raise ValueError(f"not an amount in yuan: {written[:20]!r}")
    return int(found["yuan"]) * FEN + int((found["fen"] or "0").ljust(2, "0"))


def yuan(amount: int) -> str:
    """2550 is `25.50`."""
    return f"{amount // FEN}.{amount % FEN:02d}"
