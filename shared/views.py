"""What a reader sees of events, its own or another context's: a typed value of the fields that it declares.

A reader names, per event type, a frozen dataclass of what it uses; what else an event holds it cannot come to depend on.
Data are in their newest shape before they are read (shared/stored.py), and one codec reads them for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from shared.codec import read_as
from shared.messages import Recorded
from shared.stored import NEWER, TYPES

Seen = TypeVar("Seen")


def see(kind: type[Seen], recorded: Recorded) -> Seen:
    """An event as one view of it, for who knows its type. Raises Unavailable `event.newer`."""
    return read_as(kind, recorded.type, recorded.data)


class Views(Generic[Seen]):
    """The views of one reader, by event type."""

    def __init__(self, kinds: Mapping[str, type[Seen]]) -> None:
        self.kinds: Mapping[str, type[Seen]] = dict(kinds)

    def __contains__(self, event_type: str) -> bool:
        return event_type in self.kinds

    def of(self, recorded: Recorded) -> Seen | None:
        """What the reader sees of an event, None of one that it has no view of.

        Raises Unavailable `event.newer`, also at an event of which this release knows nothing: it may forbid what a reader
        decides about.
        """
        kind = self.kinds.get(recorded.type)
        if kind is not None:
            return see(kind, recorded)
        if recorded.type not in TYPES:
            raise NEWER.error(type=recorded.type)
        return None

    def newest(self, history: Sequence[Recorded], which: Callable[[Seen], bool]) -> Seen | None:
        """The last of a stream that the reader sees and that is such."""
        seen = (self.of(recorded) for recorded in reversed(history))
        return next((each for each in seen if each is not None and which(each)), None)
