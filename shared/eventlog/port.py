"""What an event log is to everybody else. Backends: memory and PostgreSQL; one conformance suite holds for both.

A lane is a provincial unit. In each lane positions run 1, 2, 3, ... in commit order, so a reader that refuses any
position but the next one has lost nothing. Nothing stored is ever changed or removed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from shared.errors import Conflict, Reason, Refused
from shared.messages import NewEvent, Recorded

WRITTEN_FIRST = Reason(
    "log.written_first",
    "数据已被他人更新，请刷新后重试",
    "Somebody wrote to this stream first: read it again and repeat",
    Conflict,
)
FROM_THE_BEGINNING: Final[Mapping[str, int]] = MappingProxyType({})
NO_GUARDS: Final[Mapping[str, int]] = MappingProxyType({})

COMMAND_ID_REUSED = Reason(
    "command.id_reused",
    "该指令编号已用于另一事项，未作处理，请刷新页面后重新提交",
    "This command id was already used for something else: send it again under a new one",
    Refused,
)


@dataclass(frozen=True, slots=True)
class Write:
    """Events to add to one stream, whose last version the writer read as `expected_version` (0: no stream yet)."""

    stream: str
    expected_version: int
    events: Sequence[NewEvent]


@dataclass(frozen=True, slots=True)
class Appended:
    """The position in the lane of the last event written, and when the log wrote them all."""

    position: int
    recorded_at: datetime


class EventLog(Protocol):
    """The port."""

    def append(self, lane: str, write: Write, guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        """Add events to one stream, all or none, durable when this returns.

        `guards` are the streams that the decision read beside those it writes, each with the version it had (0: no stream
        yet): nothing is written when one of them has changed. For a stream of the same lane this is exact, since nobody
        else writes to the lane meanwhile; one of another lane is looked at in the instant of the append.

        Raises Conflict `log.written_first` when a stream is not at the expected version; Refused `command.id_reused`
        when an event id is already in the lane under another stream; Unavailable.
        """
        ...

    def append_many(self, lane: str, writes: Sequence[Write], guards: Mapping[str, int] = NO_GUARDS) -> Appended:
        """As `append`, for many streams of one lane in one transaction."""
        ...

    def read(
        self, streams: Sequence[str], from_versions: Mapping[str, int] = FROM_THE_BEGINNING
    ) -> Mapping[str, Sequence[Recorded]]:
        """The events of each stream in order of version, from the version on that `from_versions` names for it, else all.

        An unknown stream is empty. What is returned is durable. Raises Unavailable.
        """
        ...

    def recall(self, streams: Sequence[str]) -> Mapping[str, Sequence[Recorded]]:
        """Those of the streams that this process read or wrote a moment ago, as they were then, without asking.

        Somebody may have written to them since: decide on them only with guards, and refuse nobody because of them.
        """
        ...

    def read_lane(
        self, lane: str, after: int, limit: int, types: Collection[str] | None = None, *, durable: bool = True
    ) -> Sequence[Recorded]:
        """Up to `limit` events of a lane with positions above `after`, in order. Raises Unavailable.

        Without `durable` they may be lost again if the database dies at this moment. That is for who only writes to the
        same database, in a transaction that was begun before: it is lost with them, or its commit waits for them too.

        Where `types` are named, the data of every other event is left out and empty: whoever passes over most of a lane
        still sees that no position is missing.
        """
        ...

    def heads(self) -> Mapping[str, int]:
        """The last position of each lane that has any event. Raises Unavailable."""
        ...


def stream_lane(stream: str) -> str:
    """The lane of a stream: `14` for `graduate-14-6f1c...`, `province-14`."""
    return stream.partition("-")[2][:2]
