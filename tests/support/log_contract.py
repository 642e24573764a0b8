"""What every event log backend promises, as tests to inherit: a backend's own test gives the fixture `log`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from uuid import uuid4

import pytest

from shared.errors import Conflict, Refused
from shared.eventlog.port import EventLog, Write
from shared.messages import Actor
from tests.support.events import a_stream, a_write, an_event


class LogContract:
    """Subclass it with a fixture `log` that gives an empty event log."""

    def test_what_was_appended_is_read_back_whole(self, log: EventLog) -> None:
        stream, event = a_stream(), replace(an_event(7), fingerprint="0123456789abcdef")
        log.append("14", Write(stream, 0, [event]))
        (recorded,) = log.read([stream])[stream]
        assert recorded.event == event
        assert (recorded.lane, recorded.position, recorded.stream, recorded.version) == ("14", 1, stream, 1)
        assert recorded.recorded_at.tzinfo is not None

    def test_a_lanes_reader_gets_the_same_as_a_streams(self, log: EventLog) -> None:
        stream, event = a_stream(), an_event(7)
        log.append("14", Write(stream, 0, [event, replace(an_event(8), causation_id=uuid4())]))
        of_stream, of_lane = list(log.read([stream])[stream]), list(log.read_lane("14", 0, 10))
        assert of_lane == of_stream
        assert of_stream == of_lane
        assert list(reversed(of_lane)) != of_stream
        assert of_lane != [None, None]
        first = of_lane[0]
        assert (first.lane, first.position, first.stream, first.version) == ("14", 1, stream, 1)
        assert (first.type, first.data, first.occurred_at) == (event.type, event.data, event.occurred_at)
        assert first.event.data is first.data
        assert first.event is first.event

    def test_an_unknown_stream_is_empty(self, log: EventLog) -> None:
        stream = a_stream()
        assert list(log.read([stream])[stream]) == []

    def test_several_streams_are_read_at_once_each_in_order(self, log: EventLog) -> None:
        first, second, national = a_stream(), a_stream(), a_stream("00")
        for version in range(3):
            log.append("14", a_write(first, version))
            log.append("14", a_write(second, version))
        log.append("00", a_write(national))
        found = log.read([first, second, national])
        assert [event.version for event in found[first]] == [1, 2, 3]
        assert [event.version for event in found[second]] == [1, 2, 3]
        assert [event.lane for event in found[national]] == ["00"]

    def test_a_stream_is_read_from_a_version_on_and_the_others_whole(self, log: EventLog) -> None:
        known, other, unknown = a_stream(), a_stream(), a_stream()
        log.append("14", a_write(known, count=3))
        log.append("14", a_write(other, count=2))
        found = log.read([known, other, unknown], {known: 3, unknown: 5})
        assert {stream: [event.version for event in found[stream]] for stream in found} == {
            known: [3],
            other: [1, 2],
            unknown: [],
        }
        assert list(log.read([known], {known: 4})[known]) == []

    def test_positions_of_a_lane_run_without_gaps_and_lanes_are_apart(self, log: EventLog) -> None:
        assert log.append("14", a_write(a_stream(), count=3)).position == 3
        assert log.append("15", a_write(a_stream("15"))).position == 1
        assert log.append("14", a_write(a_stream())).position == 4
        assert [event.position for event in log.read_lane("14", 0, 100)] == [1, 2, 3, 4]
        assert dict(log.heads()) == {"14": 4, "15": 1}

    def test_a_lane_is_read_in_pages(self, log: EventLog) -> None:
        log.append("14", a_write(a_stream(), count=5))
        assert [event.position for event in log.read_lane("14", 2, 2)] == [3, 4]
        assert list(log.read_lane("14", 5, 2)) == []
        assert list(log.read_lane("99", 0, 2)) == []

    def test_who_asks_for_some_types_gets_the_others_without_their_data(self, log: EventLog) -> None:
        wanted, other = an_event(), replace(an_event(), type="test.Other")
        log.append("14", Write(a_stream(), 0, [wanted, other]))
        whole = list(log.read_lane("14", 0, 2))
        first, second = log.read_lane("14", 0, 2, [wanted.type])
        assert first == whole[0]
        assert (second.position, second.event) == (2, replace(whole[1].event, data={}))
        assert [event.data for event in log.read_lane("14", 0, 2, [])] == [{}, {}]

    @pytest.mark.parametrize("expected", [0, 1, 3, 9])
    def test_a_stream_that_is_not_at_the_expected_version_is_a_conflict(self, log: EventLog, expected: int) -> None:
        stream = a_stream()
        log.append("14", a_write(stream, count=2))
        with pytest.raises(Conflict) as caught:
            log.append("14", a_write(stream, expected))
        assert caught.value.code == "log.written_first"

    def test_a_conflict_leaves_nothing_behind_and_no_hole(self, log: EventLog) -> None:
        stream, other = a_stream(), a_stream()
        log.append("14", a_write(stream))
        with pytest.raises(Conflict):
            log.append_many("14", [a_write(other), a_write(stream, 0)])
        assert list(log.read([other])[other]) == []
        assert log.append("14", a_write(other)).position == 2

    def test_an_event_id_is_written_once(self, log: EventLog) -> None:
        event = an_event()
        log.append("14", Write(a_stream(), 0, [event]))
        with pytest.raises(Refused) as caught:
            log.append("14", Write(a_stream(), 0, [event]))
        assert caught.value.code == "command.id_reused"

    @pytest.mark.parametrize("read", [0, 1, 3])
    @pytest.mark.parametrize("lane", ["14", "15"])
    def test_nothing_is_decided_on_a_stream_that_is_not_as_it_was_read(
        self, log: EventLog, lane: str, read: int
    ) -> None:
        guard, stream = a_stream(lane), a_stream()
        log.append(lane, a_write(guard, count=2))
        head = log.heads().get("14", 0)
        appends: tuple[Callable[[], object], ...] = (
            lambda: log.append("14", a_write(stream), {guard: read}),
            lambda: log.append_many("14", [a_write(a_stream()), a_write(stream)], {a_stream(lane): 0, guard: read}),
        )
        for append in appends:
            with pytest.raises(Conflict) as caught:
                append()
            assert caught.value.code == "log.written_first"
        assert list(log.read([stream])[stream]) == []
        assert log.heads().get("14", 0) == head

    def test_a_decision_on_streams_as_they_are_is_written(self, log: EventLog) -> None:
        own_lane, other_lane, nowhere, stream = a_stream(), a_stream("15"), a_stream(), a_stream()
        log.append("14", a_write(own_lane, count=2))
        log.append("15", a_write(other_lane))
        guards = {own_lane: 2, other_lane: 1, nowhere: 0}
        assert log.append("14", a_write(stream), guards).position == 3
        assert log.append_many("14", [a_write(stream, 1), a_write(a_stream())], guards).position == 5

    def test_of_two_who_each_read_what_the_other_writes_one_succeeds(self, log: EventLog) -> None:
        left, right = a_stream(), a_stream()
        outcomes: list[str] = []
        ready = Barrier(2)

        def write(own: str, other: str) -> None:
            ready.wait(30)
            try:
                log.append("14", a_write(own), {other: 0})
                outcomes.append("ok")
            except Conflict:
                outcomes.append("conflict")

        threads = [Thread(target=write, args=each) for each in ((left, right), (right, left))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["conflict", "ok"]

    def test_a_repeat_on_the_same_stream_is_a_conflict(self, log: EventLog) -> None:
        write = a_write(a_stream())
        log.append("14", write)
        with pytest.raises(Conflict):
            log.append("14", write)

    @pytest.mark.parametrize("text", ["\\", "\\N", "\\.", "a\tb\nc\rd\be\vf\x01", '"{}",', "𠮷·\u2028", ""])
    def test_whatever_an_event_says_is_stored_as_it_is(self, log: EventLog, text: str) -> None:
        stream = f"thing-14-{text}-{uuid4()}"
        said = replace(
            an_event(),
            data={"text": text, text: [text, None, 1.5, {text: text}]},
            actor=Actor("system", text, text),
            causation_id=uuid4(),
            fingerprint=text,
        )
        log.append_many("14", [Write(stream, 0, [said]), Write(f"{stream}-2", 0, [replace(said, event_id=uuid4())])])
        found = log.read([stream, a_stream(), f"{stream}-2"])
        assert found[stream][0].event == said
        assert found[stream][0].stream == stream
        assert found[f"{stream}-2"][0].data == said.data
        with pytest.raises(Conflict):
            log.append("14", Write(f"{stream}-3", 0, [an_event()]), {stream: 7})
        log.append("14", Write(stream, 1, [an_event()]), {f"{stream}-2": 1})

    def test_many_streams_are_written_together(self, log: EventLog) -> None:
        writes = [a_write(a_stream(), count=2) for _ in range(300)]
        writes[7] = Write(writes[7].stream, 0, [replace(an_event(), fingerprint="0123456789abcdef"), an_event()])
        assert log.append_many("14", writes).position == 600
        assert [event.position for event in log.read_lane("14", 0, 1000)] == list(range(1, 601))
        found = log.read([writes[7].stream])[writes[7].stream]
        assert [event.version for event in found] == [1, 2]
        assert [event.event.fingerprint for event in found] == ["0123456789abcdef", None]

    def test_one_stream_may_be_written_twice_in_one_append(self, log: EventLog) -> None:
        stream = a_stream()
        log.append_many("14", [a_write(stream), a_write(stream, 1)])
        assert [event.version for event in log.read([stream])[stream]] == [1, 2]

    def test_of_two_writers_at_one_version_exactly_one_succeeds(self, log: EventLog) -> None:
        stream = a_stream()
        outcomes: list[str] = []

        def write() -> None:
            try:
                log.append("14", Write(stream, 0, [an_event(event_id=uuid4())]))
                outcomes.append("ok")
            except Conflict:
                outcomes.append("conflict")

        threads = [Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["conflict"] * 7 + ["ok"]
        assert len(log.read([stream])[stream]) == 1

    def test_concurrent_writers_leave_no_gap_and_no_repeat(self, log: EventLog) -> None:
        def write() -> None:
            for _ in range(50):
                log.append("14", a_write(a_stream()))

        threads = [Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [event.position for event in log.read_lane("14", 0, 1000)] == list(range(1, 301))
