"""Pages of a list: each row is on one page, and the last page says that it is the last."""

from __future__ import annotations

import pytest

from shared.paging import after, page_of

ROWS = [{"id": letter, "kind": letter in "bd"} for letter in "abcde"]


def test_a_full_page_says_what_to_ask_the_next_with() -> None:
    assert after(ROWS[:2], 2, "id") == "b"
    assert after(ROWS[:2], 2, "id", "kind") == "b True"


@pytest.mark.parametrize("page", [[], ROWS[:1]])
def test_nothing_follows_a_short_page(page: list[dict[str, object]]) -> None:
    assert after(page, 2, "id") is None


def test_pages_hold_every_row_once() -> None:
    seen, shown = None, []
    while page := page_of(ROWS, seen, 2):
        shown += page
        seen = page[-1]["id"]
    assert shown == ROWS


def test_a_page_is_filled_with_what_is_kept_wherever_the_last_one_ended() -> None:
    assert [row["id"] for row in page_of(ROWS, None, 2, lambda row: bool(row["kind"]))] == ["b", "d"]
    assert [row["id"] for row in page_of(ROWS, "a", 1, lambda row: not row["kind"])] == ["c"]
    assert page_of(ROWS, "e", 2) == []


def test_who_names_a_row_that_is_gone_begins_again() -> None:
    assert page_of(ROWS, "z", 2) == ROWS[:2]
