"""Two files are compared as a viewer shows them: what is gone, new or elsewhere is seen, another edge of the same is not."""

from __future__ import annotations

import pytest

from services.directory.papers.looks import check_looks
from shared.errors import Invalid
from tests.support.evidence_examples import AGREEMENT, page_with, written


def page(content: bytes) -> bytes:
    return written(page_with(content))


def told(before: bytes, after: bytes, *, damaged: bool = False) -> str | None:
    try:
        check_looks(before, after, damaged=damaged)
    except Invalid as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    "more",
    [
        b" BT /F1 18 Tf 250 100 Td (0) Tj ET",
        b" BT /F1 4 Tf 20 50 Td (.) Tj ET",
        b" 0.2 w 20 40 m 280 40 l S",
        b" 1 1 0 rg 20 40 60 20 re f",
        b" 0.9 g 20 40 60 20 re f",
    ],
    ids=["digit", "dot of 4 points", "hair line", "yellow marker", "pale stamp"],
)
def test_what_is_gone_or_new_is_seen(more: bytes) -> None:
    assert told(page(AGREEMENT + more), page(AGREEMENT)) == "evidence.looks"
    assert told(page(AGREEMENT), page(AGREEMENT + more)) == "evidence.looks"


def test_the_page_that_differs_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        check_looks(page(AGREEMENT), page(b""), damaged=False)
    assert caught.value.details["page"] == 1
    assert "第 1 页" in caught.value.zh


def test_what_moved_by_a_point_is_seen_and_by_a_rounding_is_not() -> None:
    assert told(page(AGREEMENT), page(b"1 0 0 1 1 0 cm " + AGREEMENT)) == "evidence.looks"
    assert told(page(AGREEMENT), page(b"1 0 0 1 0.01 0.01 cm " + AGREEMENT)) is None


def test_a_page_more_or_of_another_size_is_seen() -> None:
    two = page_with(AGREEMENT)
    two[1] = b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>"
    assert told(page(AGREEMENT), written(two)) == "evidence.broken"
    wider = page(AGREEMENT).replace(b"[0 0 300 150]", b"[0 0 310 150]")
    assert told(page(AGREEMENT), wider) == "evidence.looks"


def test_a_page_of_nothing_is_kept_but_of_a_damaged_file_it_was_lost() -> None:
    assert told(page(b""), page(b"")) is None
    assert told(page(b""), page(b""), damaged=True) == "evidence.broken"
    assert told(page(AGREEMENT), page(AGREEMENT), damaged=True) is None


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", page(AGREEMENT)[:100]])
def test_what_the_renderer_cannot_open_is_broken(data: bytes) -> None:
    assert told(data, page(AGREEMENT)) == "evidence.broken"
    assert told(page(AGREEMENT), data) == "evidence.broken"
