"""A cache of streams: what this process read or wrote a moment ago it need not ask for again.

What is stored never changes, so a cached beginning of a stream stays true whoever writes to it. How fresh it is, only the
database knows: `recall` gives what is at most some seconds old, to be decided on with guards, and `read` always asks, of a
long stream for no more than its last cached event and what came after it. In a database that was restored to an earlier
state it is not the same event, and then nothing cached counts.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Final

from shared.errors import Conflict
from shared.eventlog.port import FROM_THE_BEGINNING, NO_GUARDS, Appended, EventLog, Write
from shared.messages import Recorded

# A shorter stream costs less to read whole than to ask for in part.
LONG: Final = 16
# Of all streams together; about 2 KB each. An empty stream counts as one.
MOST_EVENTS: Final = 10_000
# Who reads or writes more streams at once, a roster, would push out what is used all the time.
MANY: Final = 64
# How long a stream is taken to be as it was. A wrong guess costs one append that fails and another read.
FRESH_SECONDS: Final = 10.0


class History(tuple[Recorded, ...]):
    """The events of one stream; `folded` keeps, by evolve function, how many of them were folded and into what."""

    folded: dict[Any, tuple[int, Any]]

    def __new__(cls, events: Iterable[Recorded], folded: Mapping[Any, tuple[int, Any]] | None = None) -> History:
        history = super().__new__(cls, events)
        history.folded = dict(folded or {})
        return history


class CachingLog:
    """See shared.eventlog.port.EventLog; the stream used longest ago leaves the cache first."""

    def __init__(
        self,
        log: EventLog,
        long: int = LONG,
        most_events: int = MOST_EVENTS,
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._long = long
        self._most_events = most_events
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._size = 0
        self._histories: OrderedDict[str, tuple[History, float]] = OrderedDict()
        self._turn = Lock()

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._appended(lane, [write], guards, lambda: self._log.append(lane, write, guards))

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._appended(lane, writes, guards, lambda: self._log.append_many(lane, writes, guards))

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        if from_versions:
            return self._log.read(streams, from_versions)
        asked_at = self._clock()
        with self._turn:
            cached = {stream: self._histories[stream][0] for stream in streams if stream in self._histories}
        known = {stream: history for stream, history in cached.items() if len(history) >= self._long}
        found = dict(self._log.read(streams, {stream: len(history) for stream, history in known.items()}))
        foreign = [stream for stream, history in known.items() if list(found[stream][:1]) != [history[-1]]]
        if foreign:
            found.update(self._log.read(foreign))
        for stream, events in found.items():
            if stream in known and stream not in foreign:
                found[stream] = _longer(known[stream], events[1:])
            elif stream in cached and list(events) == list(cached[stream]):
                # Its folded states are worth more than these events, which are the same.
                found[stream] = cached[stream]
            else:
                found[stream] = History(events)
        self._keep(found, asked_at)
        return found

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        oldest = self._clock() - self._fresh_seconds
        with self._turn:
            known = {stream: self._histories[stream] for stream in streams if stream in self._histories}
        return {stream: history for stream, (history, fresh_at) in known.items() if fresh_at > oldest}

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        return self._log.read_lane(lane, after, limit, types, durable=durable)

    def heads(self) -> Mapping[str, int]:
        return self._log.heads()

    def _appended(
        self, lane: str, writes: Sequence[Write], guards: Mapping[str, int], append: Callable[[], Appended]
    ) -> Appended:
        asked_at = self._clock()
        try:
            appended = append()
        except Conflict:
            with self._turn:
                for stream in (*guards, *(write.stream for write in writes)):
                    self._forget(stream)
            raise
        written: dict[str, list[Recorded]] = {}
        position = appended.position - sum(len(write.events) for write in writes)
        for write in writes:
            for version, event in enumerate(write.events, write.expected_version + 1):
                position += 1
                written.setdefault(write.stream, []).append(
                    Recorded(lane, position, write.stream, version, appended.recorded_at, event)
                )
        with self._turn:
            known = {stream: self._histories[stream][0] for stream in written if stream in self._histories}
        longer = {
            stream: _longer(known.get(stream, History(())), events)
            for stream, events in written.items()
            if events[0].version == len(known.get(stream, ())) + 1
        }
        self._keep(longer, asked_at)
        return appended

    def _keep(self, found: Mapping[str, Sequence[Recorded]], fresh_at: float) -> None:
        if len(found) > MANY:
            return
        with self._turn:
            for stream, history in found.items():
                assert isinstance(history, History)
                known = self._histories.get(stream)
                # Somebody else of this process may have heard of more meanwhile.
                if known is not None and known[1] > fresh_at and len(known[0]) > len(history):
                    continue
                self._forget(stream)
                self._size += max(1, len(history))
                self._histories[stream] = history, fresh_at
            while self._size > self._most_events:
                self._forget(next(iter(self._histories)))

    def _forget(self, stream: str) -> None:
        kept = self._histories.pop(stream, None)
        if kept is not None:
            self._size -= max(1, len(kept[0]))


def _longer(known: History, newer: Sequence[Recorded]) -> History:
    return History((*known, *newer), known.folded) if newer else known
