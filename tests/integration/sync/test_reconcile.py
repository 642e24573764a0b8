"""Whatever the other side lost, changed or never heard of comes out, and what can be put right is put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from services.sync import read_model
from services.sync.reconcile import Reconciliation
from shared.errors import Unavailable
from tests.integration.sync.conftest import World, recording
from tests.support import sync_examples as x
from tests.support.stats_examples import ANA, BO, CAI, SIGNED, STUDY, day

NOTHING = Reconciliation(schools=1, differing=())


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
    assert world.reconcile() == Reconciliation(schools=0, differing=())


def test_a_record_lost_there_is_told_again(world: World) -> None:
    delivered(world)
    with tampered(world, without(BO)):
        assert not world.same_on_both_sides()
        assert world.reconcile() == Reconciliation(1, ("10108",), restated=1)
        assert world.versions(BO) == [(1, "restate")]
        assert world.same_on_both_sides()
        assert world.reconcile() == NOTHING


def test_a_whole_school_lost_there_is_told_again(world: World) -> None:
    delivered(world)
    with tampered(world, lambda records: []):
        assert world.reconcile() == Reconciliation(1, ("10108",), restated=2)
        assert world.codes() == {"10": 1, "": 1}
        assert world.same_on_both_sides()


def test_a_record_changed_there_is_put_right_each_time(world: World) -> None:
    delivered(world)
    for _ in range(2):
        with tampered(world, resigned):
            assert world.codes() == {"801": 1, "": 1}
            assert world.reconcile().restated == 1
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
        assert world.reconcile().restated == 1
        assert world.codes() == {"": 1}
        assert world.same_on_both_sides()


def test_who_is_parked_stays_so(world: World) -> None:
    delivered(world)
    world.sandbox.store.refuse = {ANA}
    world.lane.reopen(ANA, day(2))
    world.follow()
    # What was accepted before is known to both.
    assert world.reconcile() == NOTHING
    with tampered(world, without(ANA)):
        assert world.reconcile() == Reconciliation(1, ("10108",), parked=1)
        assert world.versions(ANA) == []
        assert [each.version for each in world.parked()] == [3]


def test_a_restatement_that_is_refused_is_counted_and_tried_another_day(world: World) -> None:
    delivered(world)
    with tampered(world, without(BO)):
        world.sandbox.store.refuse = {BO}
        assert world.reconcile() == Reconciliation(1, ("10108",), refused=1)
        world.sandbox.store.refuse = set()
        assert world.reconcile() == Reconciliation(1, ("10108",), restated=1)


def test_graduates_and_schools_known_only_there_are_counted_and_left(world: World) -> None:
    delivered(world)

    def with_strangers(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        stranger = {**records[0], "graduate_id": CAI, "event_id": x.event_id(70)}
        elsewhere = {**stranger, "graduate_id": "14-elsewhere", "event_id": x.event_id(71), "school": "no-such-school"}
        return [*records, stranger, elsewhere]

    with tampered(world, with_strangers):
        assert world.reconcile() == Reconciliation(2, ("10108", "no-such-school"), unknown_here=2)
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
        assert world.reconcile().restated == 1


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
