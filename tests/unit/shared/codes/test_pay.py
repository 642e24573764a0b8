"""Pay by the hour: as people write it, and in fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes.pay import fen, yuan


@pytest.mark.parametrize(
    ("written", "amount"), [("25.50", 2550), ("25.5", 2550), ("25", 2500), ("0.01", 1), ("100000", 10_000_000)]
)
def test_an_amount_in_yuan_is_read_without_rounding(written: str, amount: int) -> None:
    assert fen(written) == amount


@pytest.mark.parametrize("written", ["", "25.", ".5", "25.505", "-1", "1e2", "25,50", "25元", " 25", "２５", "1234567"])
def test_anything_else_is_no_amount(written: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        fen(written)


@given(st.integers(0, 99_999_999))
def test_what_is_shown_is_read_as_the_same(amount: int) -> None:
    assert fen(yuan(amount)) == amount
