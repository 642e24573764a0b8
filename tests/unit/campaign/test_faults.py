"""A seed plans its faults once and for all."""

from __future__ import annotations

from campaign.faults import KINDS, schedule


def test_the_same_seed_plans_the_same_faults() -> None:
    assert schedule(7, 120.0) == schedule(7, 120.0)
    assert schedule(7, 120.0) != schedule(8, 120.0)


def test_faults_lie_within_the_round_in_order() -> None:
    moments = [strike.at for strike in schedule(3, 60.0)]
    assert moments == sorted(moments)
    assert moments[0] > 0
    assert moments[-1] < 60.0


def test_enough_rounds_see_every_kind_of_fault() -> None:
    planned = {(strike.how, strike.what) for seed in range(30) for strike in schedule(seed, 60.0)}
    assert planned == {kind for kind, _ in KINDS}


def test_only_freezes_last_and_not_longer_than_asked() -> None:
    for strike in schedule(5, 600.0, longest_freeze=30.0):
        assert (strike.hold > 0) == (strike.how == "freeze")
        assert strike.hold <= 30.0
