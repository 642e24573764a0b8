"""The event log in memory: ships for unit tests and reading, holds one process's truth, forgets at exit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from uuid import UUID

from shared.clock import Clock, SystemClock
from shared.eventlog.port import COMMAND_ID_REUSED, FROM_THE_BEGINNING, NO_GUARDS, WRITTEN_FIRST, Appended, Write
from shared.messages import Recorded


class MemoryLog:
    """See shared.eventlog.port.EventLog."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._lanes: defaultdict[str, list[Recorded]] = defaultdict(list)
        self._streams: defaultdict[str, list[Recorded]] = defaultdict(list)
        self._event_ids: set[tuple[str, UUID]] = set()

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self.append_many(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        with self._lock:
            self._check(lane, writes, guards)
            now = self._clock.now()
            for write in writes:
                for index, event in enumerate(write.events, 1):
                    recorded = Recorded(
                        lane=lane,
                        position=len(self._lanes[lane]) + 1,
                        stream=write.stream,
                        version=write.expected_version + index,
                        recorded_at=now,
                        event=event,
                    )
                    self._lanes[lane].append(recorded)
                    self._streams[write.stream].append(recorded)
                    self._event_ids.add((lane, event.event_id))
            return Appended(len(self._lanes[lane]), now)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        with self._lock:
            return {
                stream: tuple(self._streams.get(stream, ())[from_versions.get(stream, 1) - 1 :]) for stream in streams
            }

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        return {}

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        del durable
        with self._lock:
            found = self._lanes.get(lane, [])[after : after + limit]
        if types is None:
            return tuple(found)
        return tuple(
            recorded if recorded.type in types else replace(recorded, event=replace(recorded.event, data={}))
            for recorded in found
        )

    def heads(self) -> Mapping[str, int]:
        with self._lock:
            return {lane: len(events) for lane, events in self._lanes.items() if events}

    def _check(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int]) -> None:
        for stream, version in guards.items():
            if len(self._streams.get(stream, ())) != version:
                raise WRITTEN_FIRST.error(stream=stream)
        fresh: set[UUID] = set()
        versions: dict[str, int] = {}
        for write in writes:
            at = versions.get(write.stream, len(self._streams.get(write.stream, ())))
            if at != write.expected_version:
                raise WRITTEN_FIRST.error(stream=write.stream)
            versions[write.stream] = at + len(write.events)
            for event in write.events:
                if event.event_id in fresh or (lane, event.event_id) in self._event_ids:
                    raise COMMAND_ID_REUSED.error(stream=write.stream)
                fresh.add(event.event_id)
