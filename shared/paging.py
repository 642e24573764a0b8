"""Pages of a list: a caller that brings back `after` is shown what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def after(page: Sequence[Mapping[str, Any]], limit: int, *names: str) -> str | None:
    """What to ask the next page with: these fields of the last row, with spaces between them; None after a short page."""
    return " ".join(str(page[-1][name]) for name in names) if len(page) == limit else None


def page_of(
    rows: Sequence[dict[str, Any]], seen: str | None, limit: int, kept: Callable[[dict[str, Any]], bool] | None = None
) -> list[dict[str, Any]]:
    """The rows that follow the one with the id `seen`, from the beginning where there is none.

    Only what is `kept` fills the page; the row that was seen may have ceased to be.
    """
    first = next((index for index, row in enumerate(rows, 1) if row["id"] == seen), 0)
    return [row for row in rows[first:] if kept is None or kept(row)][:limit]
