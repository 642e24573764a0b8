"""Counts that tell the education tell how many leave with 结业 as well."""

from __future__ import annotations

from services.stats.queries import Counted, completion_among


def test_counts_by_education_tell_the_completions() -> None:
    counted = [Counted(("10108", "31", "10"), 5), Counted(("10108", "33", ""), 2), Counted(("10109", "33", ""), 1)]
    assert completion_among(counted, ("school", "education", "code")) == 3
    assert completion_among([], ("education",)) == 0


def test_other_counts_do_not_tell_them() -> None:
    assert completion_among([Counted(("10108",), 5)], ("school",)) is None
