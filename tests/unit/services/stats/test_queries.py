"""Rates are formed from counts as the official rules say, and come out as published reports print them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.stats.queries import Rates, rates_of
from shared.codes.tables import COMPLETION_EDUCATIONS

# R1 of the published reports: 5,082 graduates; the codes are those of its nineteen names.
R1 = {
    "10": 2812,
    "11": 282,
    "46": 24,
    "503": 16,
    "502": 5,
    "519": 3,
    "511": 2,
    "512": 1,
    "801": 1078,
    "85": 33,
    "802": 1,
    "70": 720 + 10 + 1,
    "12": 46,
    "76": 11,
    "71": 14,
    "72": 5,
    "75": 18,
}
R1_PRINTED = {
    "协议和合同就业率": "61.89",
    "自主创业率": "0.35",
    "灵活就业率": "1.12",
    "升学率": "21.88",
    "毕业去向落实率": "85.24",
    "待就业率": "14.38",
    "暂不就业率": "0.37",
}
BACHELOR = "31"
COMPLETING = COMPLETION_EDUCATIONS[2]


def counted(counts: dict[str, int], rule: str = "2021", *, include_completion: bool = False) -> Rates:
    rows = [(BACHELOR, code, count) for code, count in counts.items()]
    return rates_of(rows, rule, include_completion=include_completion)


def printed(rates: Rates) -> dict[str, str]:
    return {name: str(value) for name, value in rates.rates.items()}


def test_the_rates_of_the_2021_rule_are_those_of_the_published_report() -> None:
    rates = counted(R1)
    assert rates.base == 5082
    assert printed(rates) == R1_PRINTED


def test_the_2024_rule_counts_the_same_graduates_by_other_groups() -> None:
    rates = counted(R1, "2024")
    assert printed(rates) == {
        "单位就业率": "62.79",
        "自主创业率": "0.35",
        "自由职业率": "0.22",
        "升学率": "21.88",
        "毕业去向落实率": "85.24",
        "待就业率": "14.38",
        "暂不就业率": "0.37",
    }
    assert rates.counts["单位就业率"] == 3191


# R3: placed of all, by major; 升学 of the whole college. R4: rows of its table of unit natures, base 3,537.
@pytest.mark.parametrize(
    ("placed", "base", "told"),
    [
        (54, 60, "90.00"),
        (236, 253, "93.28"),
        (42, 47, "89.36"),
        (54, 63, "85.71"),
        (386, 423, "91.25"),
        (81, 423, "19.15"),
        # As printed for the other major by mistake: the counts say 51/253 and 19/60.
        (51, 253, "20.16"),
        (19, 60, "31.67"),
        (1326, 3537, "37.49"),
        (657, 3537, "18.58"),
        (526, 3537, "14.87"),
        (1, 3537, "0.03"),
        # The text added rounded parts and printed 40.93.
        (1326 + 84 + 38, 3537, "40.94"),
    ],
)
def test_a_printed_figure_comes_from_its_counts(placed: int, base: int, told: str) -> None:
    rates = counted({"801": placed, "": base - placed})
    assert str(rates.rates["毕业去向落实率"]) == told
    assert (rates.base, rates.not_registered) == (base, base - placed)


def test_the_whole_is_counted_and_never_added_up_from_rounded_parts() -> None:
    rates = counted({"10": 1, "75": 1, "12": 1, "": 3}).rates
    parts = [rates[name] for name in ("协议和合同就业率", "自主创业率", "灵活就业率")]
    assert parts == [Decimal("16.67")] * 3
    assert rates["毕业去向落实率"] == Decimal("50.00")


@pytest.mark.parametrize(
    ("placed", "base", "told"),
    # Exactly in the middle; a binary float would hold the second below it.
    [(1, 32, "3.13"), (1, 160, "0.63"), (201, 20_000, "1.01"), (1, 20_000, "0.01"), (20_000, 20_000, "100.00")],
)
def test_a_tie_is_rounded_up(placed: int, base: int, told: str) -> None:
    assert str(counted({"10": placed, "": base - placed}).rates["毕业去向落实率"]) == told


@pytest.mark.parametrize("include", [True, False])
def test_completion_students_are_shown_and_counted_only_when_wanted(include: bool) -> None:
    rows = [(BACHELOR, "10", 3), (BACHELOR, "", 1), (COMPLETING, "10", 1), (COMPLETING, "", 3)]
    rates = rates_of(rows, "2021", include_completion=include)
    assert rates.completion == 4
    assert rates.base == (8 if include else 4)
    assert rates.not_registered == (4 if include else 1)
    assert rates.rates["毕业去向落实率"] == Decimal("50.00" if include else "75.00")


def test_nobody_has_no_rate() -> None:
    rates = counted({})
    assert rates.base == 0
    assert set(rates.rates.values()) == {None}
    assert set(rates.counts.values()) == {0}


def test_a_class_of_completion_students_alone_has_no_base() -> None:
    rates = rates_of([(COMPLETING, "10", 4)], "2024", include_completion=False)
    assert (rates.base, rates.completion, rates.rates["单位就业率"]) == (0, 4, None)


@pytest.mark.parametrize("rule", ["2021", "2024"])
def test_every_graduate_is_placed_waiting_or_not_registered(rule: str) -> None:
    rates = counted({**R1, "": 7}, rule)
    told = [rates.counts[name] for name in ("毕业去向落实率", "待就业率", "暂不就业率")]
    assert sum(told) + rates.not_registered == rates.base
