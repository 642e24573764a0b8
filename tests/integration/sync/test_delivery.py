"""A lane reaches the national system in order, once, whatever breaks in between; a refusal holds up one graduate only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from services.registration.events import Destination
from services.sync import read_model
from services.sync.delivery import retry_parked
from services.sync.store import REFUSALS
from shared.errors import Unavailable
from tests.integration.sync.conftest import World, recording
from tests.support import sync_examples as x
from tests.support.directory_examples import LISTED
from tests.support.stats_examples import ANA, BO, CAI, SIGNED, STUDY, Lane, day

WAIT_SECONDS = 60


def enrolled(world: World, *graduates: str) -> Lane:
    for graduate_id in graduates:
        world.lane.enrol(graduate_id)
    return world.lane


def retry(world: World, graduate_id: str = ANA) -> int:
    with world.engine.begin() as connection:
        return retry_parked(connection, world.client, graduate_id)


def parked_versions(world: World) -> list[tuple[str, int, str]]:
    return [(each.graduate_id, each.version, each.code) for each in world.parked()]


def test_a_lane_is_delivered_in_order_and_both_sides_know_the_same(world: World) -> None:
    lane = enrolled(world, ANA, BO)
    lane.register(ANA, SIGNED, day(1))
    lane.reopen(ANA, day(2))
    lane.register(ANA, STUDY, day(3))
    world.follow()
    assert world.versions(ANA) == [(1, "upsert"), (2, "upsert"), (3, "upsert"), (4, "upsert")]
    assert world.versions(BO) == [(1, "upsert")]
    assert world.codes() == {"801": 1, "": 1}
    assert world.position() == len(lane.events)
    assert world.same_on_both_sides()
    assert world.parked() == []


def test_a_batch_of_other_things_tells_nothing(world: World) -> None:
    world.lane.tell(LISTED)
    client = recording(world)
    world.deliver(world.lane.events, client)
    assert client.said == []


def test_more_records_than_a_request_holds_go_in_several(world: World) -> None:
    graduates = [f"14-{number:08}-0000-4000-8000-000000000000" for number in range(501)]
    enrolled(world, *graduates)
    client = recording(world)
    world.deliver(world.lane.events, client)
    assert len(client.said) == 501
    assert world.codes() == {"": 501}
    assert world.same_on_both_sides()


def test_a_crash_between_answer_and_commit_is_answered_as_repeated_and_leaves_the_same(world: World) -> None:
    lane = enrolled(world, ANA, BO)
    lane.register(ANA, SIGNED, day(1))
    world.write()
    dying = recording(world, break_after=1)
    with pytest.raises(ConnectionAbortedError):
        world.deliver(world.log.read_lane("14", 0, 10), dying)
    assert {each.outcome for each in dying.said} == {"accepted"}
    assert (world.position(), world.parked()) == (0, [])
    client = recording(world)
    following = world.following(client)
    while following.step(world.log.heads()):
        pass
    assert {each.outcome for each in client.said} == {"repeated"}
    assert world.versions(ANA) == [(1, "upsert"), (2, "upsert")]
    assert (world.position(), world.same_on_both_sides()) == (3, True)


def test_a_crash_behind_a_restatement_repeats_it_too(world: World) -> None:
    lane = enrolled(world, ANA)
    world.sandbox.store.refuse = {ANA}
    world.follow()
    world.sandbox.store.refuse = set()
    lane.register(ANA, SIGNED, day(1))
    batch = lane.events[1:]
    dying = recording(world, break_after=1)
    with pytest.raises(ConnectionAbortedError):
        world.deliver(batch, dying)
    assert len(world.parked()) == 1
    again = recording(world)
    world.deliver(batch, again)
    assert [each.outcome for each in dying.said] == ["accepted"]
    assert [each.outcome for each in again.said] == ["repeated"]
    assert world.versions(ANA) == [(2, "restate")]
    assert (world.parked(), world.same_on_both_sides()) == ([], True)


def test_a_refused_record_parks_its_graduate_and_nobody_else(world: World) -> None:
    lane = enrolled(world, ANA, BO)
    world.sandbox.store.refuse = {ANA}
    lane.register(ANA, SIGNED, day(1))
    lane.register(BO, STUDY, day(1))
    world.follow()
    assert world.position() == len(lane.events)
    assert parked_versions(world) == [(ANA, 1, "national.told_to_refuse"), (ANA, 2, "")]
    assert [each.waiting for each in world.parked()] == [False, True]
    assert (world.parked()[0].zh, world.parked()[0].en) == REFUSALS["national.told_to_refuse"]
    assert world.versions(ANA) == []
    assert world.versions(BO) == [(1, "upsert"), (2, "upsert")]
    # What was accepted is compared, not what waits.
    assert world.same_on_both_sides()


def test_later_records_wait_behind_a_refused_one(world: World) -> None:
    enrolled(world, ANA)
    world.sandbox.store.refuse = {ANA}
    world.follow()
    world.lane.register(ANA, SIGNED, day(1))
    world.follow()
    world.lane.reopen(ANA, day(2))
    world.follow()
    assert [version for _, version, _ in parked_versions(world)] == [1, 2, 3]
    assert world.versions(ANA) == []


def test_a_correction_frees_by_one_restatement_for_all_that_waited(world: World) -> None:
    lane = enrolled(world, ANA)
    world.follow()
    lane.register(ANA, Destination("99"), day(1))
    lane.reopen(ANA, day(2))
    world.follow()
    assert [version for _, version, _ in parked_versions(world)] == [2, 3]
    lane.register(ANA, SIGNED, day(3))
    world.follow()
    assert world.parked() == []
    assert world.versions(ANA) == [(1, "upsert"), (4, "restate")]
    lane.reopen(ANA, day(4))
    world.follow()
    assert world.versions(ANA)[-1] == (5, "upsert")
    assert world.same_on_both_sides()


def test_a_correction_that_is_refused_too_waits_with_the_rest(world: World) -> None:
    lane = enrolled(world, ANA)
    lane.register(ANA, Destination("99"), day(1))
    world.follow()
    lane.register(ANA, Destination("98"), day(2))
    world.follow()
    assert parked_versions(world) == [(ANA, 2, "national.unknown_code"), (ANA, 3, "national.unknown_code")]


def test_an_operator_retries_a_parked_graduate_record_by_record(world: World) -> None:
    lane = enrolled(world, ANA)
    world.sandbox.store.refuse = {ANA}
    lane.register(ANA, SIGNED, day(1))
    world.follow()
    assert retry(world) == 0
    world.sandbox.store.refuse = set()
    assert retry(world) == 2
    assert world.versions(ANA) == [(1, "upsert"), (2, "upsert")]
    assert (world.parked(), world.same_on_both_sides()) == ([], True)
    assert retry(world) == 0


def test_a_retry_stops_at_the_next_refusal(world: World) -> None:
    lane = enrolled(world, ANA)
    world.sandbox.store.refuse = {ANA}
    lane.register(ANA, Destination("99"), day(1))
    lane.reopen(ANA, day(2))
    world.follow()
    world.sandbox.store.refuse = set()
    assert retry(world) == 1
    assert parked_versions(world) == [(ANA, 2, "national.unknown_code"), (ANA, 3, "")]
    assert world.versions(ANA) == [(1, "upsert")]


def test_a_retry_of_somebody_not_parked_does_nothing(world: World) -> None:
    enrolled(world, ANA)
    world.follow()
    assert retry(world) == 0
    assert world.versions(ANA) == [(1, "upsert")]


def test_while_the_lane_is_being_delivered_an_operator_is_asked_to_come_back(world: World) -> None:
    enrolled(world, ANA)
    world.sandbox.store.refuse = {ANA}
    world.follow()
    with world.engine.begin() as delivering:
        read_model.hold(delivering, "14")
        with pytest.raises(Unavailable) as caught:
            retry(world)
    assert caught.value.code == "sync.lane_busy"
    assert len(world.parked()) == 1


def test_while_an_operator_retries_deliveries_of_the_lane_wait(world: World) -> None:
    enrolled(world, ANA)
    world.follow()
    world.lane.register(ANA, SIGNED, day(1))
    world.write()
    with world.engine.begin() as operator:
        read_model.hold(operator, "14")
        assert world.following().step(world.log.heads()) == 0
    assert world.versions(ANA) == [(1, "upsert")]
    world.follow()
    assert world.versions(ANA)[-1] == (2, "upsert")


def test_while_the_national_system_fails_nothing_moves_and_later_all_arrives(world: World) -> None:
    lane = enrolled(world, ANA, BO)
    lane.register(ANA, SIGNED, day(1))
    world.write()
    world.sandbox.fail_next = 1
    with pytest.raises(Unavailable) as caught:
        world.following().step(world.log.heads())
    assert caught.value.code == "national.away"
    assert (world.position(), world.parked(), world.versions(ANA)) == (0, [], [])
    world.follow()
    assert world.versions(ANA) == [(1, "upsert"), (2, "upsert")]
    assert (world.position(), world.same_on_both_sides()) == (3, True)


def test_while_nobody_is_there_nothing_moves_and_the_next_server_gets_it_all(world: World) -> None:
    lane = enrolled(world, ANA)
    world.follow()
    lane.register(ANA, SIGNED, day(1))
    world.write()
    world.sandbox.shutdown()
    world.sandbox.server_close()
    with pytest.raises(Unavailable):
        world.following().step(world.log.heads())
    assert world.position() == 1
    with x.running_sandbox(world.path) as again:
        world.now_telling(again)
        world.follow()
        assert world.versions(ANA) == [(1, "upsert"), (2, "upsert")]
        assert world.same_on_both_sides()


def test_a_wrong_key_parks_nobody(world: World) -> None:
    enrolled(world, ANA)
    world.write()
    world.client.key = bytes(32)
    with pytest.raises(Unavailable) as caught:
        world.following().step(world.log.heads())
    assert caught.value.code == "national.turned_away"
    assert (world.position(), world.parked()) == (0, [])


def test_who_lost_earlier_records_is_told_all_of_them_with_the_next_one(world: World) -> None:
    enrolled(world, ANA, BO)
    world.follow()
    world.sandbox.shutdown()
    world.sandbox.server_close()
    world.path.write_bytes(b"")
    with x.running_sandbox(world.path) as emptied:
        world.now_telling(emptied)
        world.lane.register(ANA, SIGNED, day(1))
        world.lane.reopen(ANA, day(2))
        world.follow()
        assert world.versions(ANA) == [(3, "restate")]
        assert (world.versions(BO), world.parked()) == ([], [])


def test_a_retry_fills_a_gap_that_opened_meanwhile(world: World) -> None:
    lane = enrolled(world, ANA)
    world.follow()
    world.sandbox.store.refuse = {ANA}
    lane.register(ANA, SIGNED, day(1))
    lane.register(ANA, STUDY, day(2))
    world.follow()
    world.sandbox.shutdown()
    world.sandbox.server_close()
    world.path.write_bytes(b"")
    with x.running_sandbox(world.path) as emptied:
        world.now_telling(emptied)
        assert retry(world) == 2
        assert world.versions(ANA) == [(3, "restate")]
        assert (world.parked(), world.same_on_both_sides()) == ([], True)


def test_a_graduate_who_moves_is_compared_under_the_new_school(world: World) -> None:
    enrolled(world, ANA)
    world.lane.correct(ANA, school="10109")
    world.follow()
    assert set(world.client.digests(2026)) == {"10109"}
    assert world.client.counts("10109", 2026) == {"": 1}
    assert world.reconcile().differing == ()


def test_two_replicas_deliver_everything_once_and_in_order(world: World) -> None:
    graduates = (ANA, BO, CAI)
    enrolled(world, *graduates)
    for number in range(20):
        for graduate_id in graduates:
            world.lane.register(graduate_id, (SIGNED, STUDY)[number % 2], day(number))
    world.write()
    clients = [recording(world) for _ in range(2)]
    done = Event()

    def run(replica: int) -> None:
        following = world.following(clients[replica], batch=7)
        while not done.wait(0.001):
            following.step(world.log.heads())
            if world.position() == len(world.lane.events):
                done.set()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(run, replica) for replica in range(2)]:
            each.result(WAIT_SECONDS)
    said = [told.outcome for client in clients for told in client.said]
    assert said == ["accepted"] * len(world.lane.events)
    for graduate_id in graduates:
        assert [version for version, _ in world.versions(graduate_id)] == list(range(1, 22))
    assert world.same_on_both_sides()


def test_a_batch_that_failed_half_way_leaves_no_trace(world: World) -> None:
    enrolled(world, ANA, BO)
    with pytest.raises(ConnectionAbortedError):
        world.deliver(world.lane.events, recording(world, break_after=1))
    with world.engine.connect() as connection:
        assert read_model.load(connection, [ANA])[ANA].version == 0
        assert read_model.digest_of(connection, "10108", 2026)["count"] == 0
