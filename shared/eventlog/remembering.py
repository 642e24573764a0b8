"""Long histories are remembered by the process that read them, so that a command costs the same on the 200th event.

What is stored never changes, so the beginning of a stream stays true whoever writes to it. Each read asks for the last
event remembered as well as for what came after it: in a database that was restored to an earlier state it is not the same
event, and then nothing remembered counts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from shared.eventlog.port import FROM_THE_BEGINNING, NO_GUARDS, Appended, EventLog, Write
from shared.messages import Recorded

# A shorter history costs less to read than to look after.
LONG = 16
# Of all streams together; about 2 KB each.
MOST_EVENTS = 10_000


class History(tuple[Recorded, ...]):
    """The events of one stream; `folded` keeps, by evolve function, how many of them were folded and into what."""

    folded: dict[Any, tuple[int, Any]]

    def __new__(cls, events: Iterable[Recorded], folded: Mapping[Any, tuple[int, Any]] | None = None) -> History:
        history = super().__new__(cls, events)
        history.folded = dict(folded or {})
        return history


class RememberingLog:
    """See shared.eventlog.port.EventLog; streams of `long` events and more are remembered, the last used longest."""

    def __init__(self, log: EventLog, long: int = LONG, most_events: int = MOST_EVENTS) -> None:
        self._log = log
        self._long = long
        self._most_events = most_events
        self._events = 0
        self._histories: OrderedDict[str, History] = OrderedDict()
        self._turn = Lock()

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._log.append(lane, write, guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self._log.append_many(lane, writes, guards)

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        if from_versions:
            return self._log.read(streams, from_versions)
        with self._turn:
            known = {stream: self._histories[stream] for stream in streams if stream in self._histories}
        found = dict(self._log.read(streams, {stream: len(history) for stream, history in known.items()}))
        foreign = [stream for stream, history in known.items() if list(found[stream][:1]) != [history[-1]]]
        if foreign:
            found.update(self._log.read(foreign))
        for stream, events in found.items():
            if stream in known and stream not in foreign:
                found[stream] = self._remember(stream, _longer(known[stream], events[1:]))
            elif len(events) >= self._long:
                found[stream] = self._remember(stream, History(events))
        return found

    def read_lane(self, lane: str, after: int, limit: int, types: Collection[str] | None = None) -> Sequence[Recorded]:
        return self._log.read_lane(lane, after, limit, types)

    def heads(self) -> Mapping[str, int]:
        return self._log.heads()

    def _remember(self, stream: str, history: History) -> History:
        with self._turn:
            self._events += len(history) - len(self._histories.pop(stream, ()))
            self._histories[stream] = history
            while self._events > self._most_events:
                self._events -= len(self._histories.popitem(last=False)[1])
        return history


def _longer(known: History, newer: Sequence[Recorded]) -> History:
    return History((*known, *newer), known.folded) if newer else known
