"""What calls of one process ask of the log at the same moment is asked together: one round trip, one commit.

Whoever finds nobody before him asks at once; who comes while an answer is awaited goes with the next question. A lane's
appends are one transaction after the other in any case, so that together they wait for one commit in place of ten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from shared.errors import Reason, Unavailable
from shared.eventlog.port import FROM_THE_BEGINNING, NO_GUARDS, Appended, EventLog, Write
from shared.messages import Recorded

# Whoever brings more than this keeps others waiting, and gains little from their company.
MOST_STREAMS: Final = 32
MOST_EVENTS: Final = 32
# Longer than one statement may take; whoever still waits then is told so, and what was not begun is not done.
PATIENCE_SECONDS: Final = 40.0

BUSY: Final = Reason(
    "log.busy", "业务繁忙，请稍后重试", "Too many wait for this lane; repeat the message later", Unavailable
)

Asked = TypeVar("Asked")
Spawn = Callable[[Callable[[], None]], object]


class GroupCommitLog:
    """See shared.eventlog.port.EventLog. `spawn` starts a thread of the process's kind.

    A write that fails among others is tried again alone, so that each has the outcome it would have had by itself; only
    Unavailable, after which nobody knows what was written, is told to all.
    """

    def __init__(self, log: EventLog, spawn: Spawn, patience: float = PATIENCE_SECONDS) -> None:
        self._log = log
        self._spawn = spawn
        self._patience = patience
        self._reads: _Gathering[_Read] = _Gathering(self._read_together, _fit_to_read, spawn, patience)
        self._lanes: dict[str, _Gathering[_Append]] = {}

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        return self.append_many(lane, [write], guards)

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        together = self._lanes.get(lane)
        if together is None:
            made = _Gathering(self._append_together, _fit_to_append, self._spawn, self._patience)
            together = self._lanes.setdefault(lane, made)
        appended: Appended = together.outcome(_Append(lane, writes, guards))
        return appended

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        if len(streams) > MOST_STREAMS:
            return self._log.read(streams, from_versions)
        wanted = {stream: from_versions.get(stream, 1) for stream in streams}
        found: Mapping[str, Sequence[Recorded]] = self._reads.outcome(_Read(wanted))
        return found

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        return self._log.recall(streams)

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        return self._log.read_lane(lane, after, limit, types, durable=durable)

    def heads(self) -> Mapping[str, int]:
        return self._log.heads()

    def _read_together(self, reads: Sequence[_Read]) -> Sequence[Any]:
        first: dict[str, int] = {}
        for read in reads:
            for stream, version in read.wanted.items():
                first[stream] = min(version, first.get(stream, version))
        found = self._log.read(list(first), {stream: version for stream, version in first.items() if version > 1})
        return [
            {
                stream: found[stream]
                if version == first[stream]
                else [recorded for recorded in found[stream] if recorded.version >= version]
                for stream, version in read.wanted.items()
            }
            for read in reads
        ]

    def _append_together(self, appends: Sequence[_Append]) -> Sequence[Any]:
        writes = [write for append in appends for write in append.writes]
        lane = appends[0].lane
        guards = {stream: version for append in appends for stream, version in append.guards.items()}
        several = len(writes) > 1
        appended = self._log.append_many(lane, writes, guards) if several else self._log.append(lane, writes[0], guards)
        position, outcomes = appended.position, []
        for each in reversed(appends):
            outcomes.append(Appended(position, appended.recorded_at))
            position -= each.events
        return outcomes[::-1]


@dataclass(frozen=True, slots=True)
class _Read:
    """Streams, and the version of each from which on it is wanted."""

    wanted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Append:
    lane: str
    writes: Sequence[Write]
    guards: Mapping[str, int]

    @property
    def events(self) -> int:
        return sum(len(write.events) for write in self.writes)


def _fit_to_read(reads: Sequence[_Read]) -> bool:
    return sum(len(read.wanted) for read in reads) <= MOST_STREAMS * 4


def _fit_to_append(appends: Sequence[_Append]) -> bool:
    """Two that write to one stream read the same version of it: the second must hear that it is too late.

    So must whoever read a stream that another one writes to.
    """
    written: set[str] = set()
    guards: dict[str, int] = {}
    for append in appends:
        streams = {write.stream for write in append.writes}
        if not written.isdisjoint(streams | append.guards.keys()):
            return False
        if any(guards.setdefault(stream, version) != version for stream, version in append.guards.items()):
            return False
        written |= streams
    return sum(append.events for append in appends) <= MOST_EVENTS


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Asked]):
    asked: Asked
    outcome: Any = None
    error: BaseException | None = None
    answered: Any = field(default_factory=Lock)


class _Gathering(Generic[Asked]):
    """Questions of one kind, asked one after the other: the first at once, all that came meanwhile together."""

    def __init__(
        self,
        ask: Callable[[Sequence[Asked]], Sequence[Any]],
        fit: Callable[[Sequence[Asked]], bool],
        spawn: Spawn,
        patience: float,
    ) -> None:
        self._ask = ask
        self._fit = fit
        self._spawn = spawn
        self._patience = patience
        self._turn = Lock()
        self._asking = False
        self._waiting: deque[_Waiting[Asked]] = deque()

    def outcome(self, asked: Asked) -> Any:
        """What `ask` says for this question. Raises what it raises, and Unavailable `log.busy` after too long a wait."""
        with self._turn:
            waits = self._asking
            self._asking = True
            if waits:
                mine = _Waiting(asked)
                mine.answered.acquire()
                self._waiting.append(mine)
        if not waits:
            try:
                return self._ask([asked])[0]
            finally:
                self._go_on()
        if not mine.answered.acquire(timeout=self._patience):
            with self._turn:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            raise BUSY.error()
        if mine.error is not None:
            raise mine.error
        return mine.outcome

    def _go_on(self) -> None:
        with self._turn:
            more = self._asking = bool(self._waiting)
        if more:
            self._spawn(self._work)

    def _work(self) -> None:
        while batch := self._next():
            self._answer(batch)
            for each in batch:
                each.answered.release()

    def _next(self) -> list[_Waiting[Asked]]:
        batch: list[_Waiting[Asked]] = []
        with self._turn:
            while self._waiting and (not batch or self._fit([each.asked for each in (*batch, self._waiting[0])])):
                batch.append(self._waiting.popleft())
            self._asking = bool(batch)
        return batch

    def _answer(self, batch: Sequence[_Waiting[Asked]]) -> None:
        try:
            for each, outcome in zip(batch, self._ask([each.asked for each in batch]), strict=True):
                each.outcome = outcome
        except BaseException as error:  # noqa: BLE001 - whatever it is, whoever asked is told
            if len(batch) > 1 and isinstance(error, Exception) and not isinstance(error, Unavailable):
                for each in batch:
                    self._answer([each])
            else:
                for each in batch:
                    each.error = error
