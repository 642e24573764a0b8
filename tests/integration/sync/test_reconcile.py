"""Whatever the other side lost, changed or never heard of comes out, and what can be put right is put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.sync import read_model
from services.sync.delivery import retry_parked
from services.sync.reconcile import Difference, Reconciliation
from shared.errors import Unavailable
from tests.integration.sync.conftest import World, recording
from tests.support import sync_examples as x
from tests.support.stats_examples import ANA, BO, CAI, CLASS_YEAR, SIGNED, STUDY, day

NOTHING = Reconciliation(schools=1, lag={})
# Both sides of a school of two, one signed and one not, before one of them is lost or changed.
BOTH = Difference("10108", should_be=2, there=2, codes={})


def differing(difference: Difference, *, parked: int = 0, schools: int = 1) -> Reconciliation:
    return Reconciliation(schools, (difference,), parked, {})


def delivered(world: World) -> None:
    """Two graduates, one of them signed, known on both sides."""
    for graduate_id in (ANA, BO):
        world.lane.enrol(graduate_id)
    world.lane.register(ANA, SIGNED, day(1))
    world.follow()


@contextmanager
def tampered(world: World, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Iterator[None]:
    """The sandbox was stopped, its file changed, and started again."""
    world.sandbox.shutdown()
    world.sandbox.server_close()
    records = [orjson.loads(line) for line in world.path.read_bytes().splitlines()]
    world.path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in change(records)))
    with x.running_sandbox(world.path) as sandbox:
        world.now_telling(sandbox)
        yield


def without(graduate_id: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda records: [record for record in records if record["graduate_id"] != graduate_id]


def resigned(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Somebody made a study out of a signed agreement."""
    destination = {"code": "801", "school_name": "山西大学", "place": "140105", "registered_on": "2026-05-02"}
    changed = [
        {**each, "body": {**each["body"], "destination": destination}} for each in records if each["version"] == 2
    ]
    return [each for each in records if each["version"] != 2] + changed


def test_when_both_know_the_same_there_is_nothing_to_do(world: World) -> None:
    delivered(world)
    assert world.reconcile() == NOTHING
    assert world.versions(ANA) == [(1, "upsert"), (2, "upsert")]


def test_when_nobody_knows_anything_there_is_nothing_to_compare(world: World) -> None:
    assert world.reconcile() == Reconciliation(schools=0, lag={})


def test_a_record_lost_there_is_told_again(world: World) -> None:
    delivered(world)
    with tampered(world, without(BO)):
        assert not world.same_on_both_sides()
        lost = replace(BOTH, there=1, missing=1, restated=1, codes={"": (1, 0)})
        assert world.reconcile() == differing(lost)
        assert world.versions(BO) == [(1, "restate")]
        assert world.same_on_both_sides()
        assert world.reconcile() == NOTHING


def test_a_whole_school_lost_there_is_told_again(world: World) -> None:
    delivered(world)
    with tampered(world, lambda records: []):
        lost = replace(BOTH, there=0, missing=2, restated=2, codes={"": (1, 0), "10": (1, 0)})
        assert world.reconcile() == differing(lost)
        assert world.codes() == {"10": 1, "": 1}
        assert world.same_on_both_sides()


def test_a_record_changed_there_is_put_right_each_time(world: World) -> None:
    delivered(world)
    for _ in range(2):
        with tampered(world, resigned):
            assert world.codes() == {"801": 1, "": 1}
            changed = replace(BOTH, changed=1, restated=1, codes={"10": (1, 0), "801": (0, 1)})
            assert world.reconcile() == differing(changed)
            assert world.codes() == {"10": 1, "": 1}
            assert world.same_on_both_sides()


def test_deliveries_go_on_behind_what_was_put_right(world: World) -> None:
    delivered(world)
    with tampered(world, lambda records: []):
        world.reconcile()
        world.lane.register(BO, STUDY, day(2))
        world.lane.reopen(ANA, day(2))
        world.follow()
        assert world.versions(BO) == [(1, "restate"), (2, "upsert")]
        assert world.versions(ANA) == [(2, "restate"), (3, "upsert")]
        assert (world.parked(), world.reconcile()) == ([], NOTHING)


def test_who_was_removed_is_told_again_as_removed(world: World) -> None:
    delivered(world)
    world.lane.remove(ANA)
    world.follow()
    with tampered(world, without(ANA)):
        (lost,) = world.reconcile().differing
        assert (lost.missing, lost.restated, lost.codes) == (1, 1, {})
        assert world.codes() == {"": 1}
        assert world.same_on_both_sides()


def test_who_is_parked_differs_is_named_with_the_school_and_stays_so(world: World) -> None:
    delivered(world)
    world.sandbox.store.refuse = {ANA}
    world.lane.reopen(ANA, day(2))
    world.follow()
    assert world.codes() == {"10": 1, "": 1}
    behind = replace(BOTH, changed=1, parked=1, codes={"": (2, 1), "10": (0, 1)})
    found = world.reconcile()
    assert found == differing(behind, parked=1)
    assert not found.agrees
    with tampered(world, without(ANA)):
        lost = replace(BOTH, there=1, missing=1, parked=1, codes={"": (2, 1)})
        assert world.reconcile() == differing(lost, parked=1)
        assert world.versions(ANA) == []
        assert [each.version for each in world.parked()] == [3]


def test_who_was_never_accepted_is_missing_there(world: World) -> None:
    world.sandbox.store.refuse = {ANA}
    delivered(world)
    behind = replace(BOTH, there=1, missing=1, parked=1, codes={"10": (1, 0)})
    assert world.reconcile() == differing(behind, parked=1)
    world.sandbox.store.refuse = set()
    with world.engine.begin() as connection:
        retry_parked(connection, world.client, ANA)
    assert world.reconcile() == NOTHING


def test_who_is_parked_on_the_way_to_another_school_is_missing_in_one_and_too_many_in_the_other(world: World) -> None:
    delivered(world)
    world.sandbox.store.refuse = {BO}
    world.lane.correct(BO, school="10109")
    world.follow()
    left = replace(BOTH, should_be=1, elsewhere=1, parked=1, codes={"": (0, 1)})
    comes = Difference("10109", should_be=1, there=0, missing=1, parked=1, codes={"": (1, 0)})
    assert world.reconcile() == Reconciliation(2, (left, comes), parked=1, lag={})


def test_the_parked_of_other_classes_are_no_matter_of_this_one(world: World) -> None:
    delivered(world)
    world.sandbox.store.refuse = {CAI}
    world.lane.enrol(CAI, class_year=CLASS_YEAR - 1)
    world.follow()
    assert world.reconcile() == NOTHING


def test_what_delivery_has_not_read_is_lag_and_no_difference(world: World) -> None:
    delivered(world)
    world.lane.reopen(ANA, day(2))
    world.lane.enrol(CAI)
    world.write()
    found = world.reconcile()
    assert found == replace(NOTHING, lag={"14": 2})
    assert found.agrees
    world.follow()
    assert world.reconcile() == NOTHING


def test_a_restatement_that_is_refused_is_counted_and_tried_another_day(world: World) -> None:
    delivered(world)
    with tampered(world, without(BO)):
        world.sandbox.store.refuse = {BO}
        lost = replace(BOTH, there=1, missing=1, codes={"": (1, 0)})
        assert world.reconcile() == differing(replace(lost, refused=1))
        world.sandbox.store.refuse = set()
        assert world.reconcile() == differing(replace(lost, restated=1))


def test_graduates_and_schools_known_only_there_are_counted_and_left(world: World) -> None:
    delivered(world)

    def with_strangers(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        stranger = {**records[0], "graduate_id": CAI, "event_id": x.event_id(70)}
        elsewhere = {**stranger, "graduate_id": "14-elsewhere", "event_id": x.event_id(71), "school": "no-such-school"}
        return [*records, stranger, elsewhere]

    with tampered(world, with_strangers):
        here = replace(BOTH, there=3, unknown_here=1, codes={"": (1, 2)})
        there = Difference("no-such-school", should_be=0, there=1, unknown_here=1, codes={"": (0, 1)})
        assert world.reconcile() == Reconciliation(2, (here, there), lag={})
        assert world.versions(CAI) == [(1, "upsert")]


def test_other_classes_are_not_compared(world: World) -> None:
    delivered(world)
    world.lane.enrol(CAI, class_year=2025)
    world.follow()
    with tampered(world, without(CAI)):
        assert world.reconcile() == NOTHING


def test_while_a_lane_is_being_delivered_its_schools_wait_and_nothing_is_said(world: World) -> None:
    delivered(world)
    with tampered(world, without(BO)):
        with world.engine.begin() as delivering:
            read_model.hold(delivering, "14")
            with pytest.raises(Unavailable) as caught:
                world.reconcile()
        assert caught.value.code == "sync.lane_busy"
        assert world.versions(BO) == []
        assert [each.restated for each in world.reconcile().differing] == [1]


def test_while_the_other_side_is_away_nothing_is_compared(world: World) -> None:
    delivered(world)
    world.sandbox.fail_next = 1
    with pytest.raises(Unavailable) as caught:
        world.reconcile()
    assert caught.value.code == "national.away"


def test_a_failure_while_it_is_being_put_right_leaves_it_for_the_next_time(world: World) -> None:
    delivered(world)
    with tampered(world, without(BO)):
        dying = recording(world, break_after=1)
        world.client = dying
        with pytest.raises(ConnectionAbortedError):
            world.reconcile()
        assert [each.outcome for each in dying.said] == ["accepted"]
        world.now_telling(world.sandbox)
        # It had arrived, and here nothing more had been claimed than before.
        assert world.reconcile() == NOTHING
