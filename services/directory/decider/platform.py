"""What is one for the whole platform and printed on paper. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.directory import events as e
from services.directory.decider.common import no_facts
from shared.access import Subject
from shared.codec import UNKNOWN_TYPE
from shared.handling import Handling
from shared.messages import NATIONAL_LANE, Meta

PLATFORM_STREAM = f"platform-{NATIONAL_LANE}"


@dataclass(frozen=True, slots=True)
class SetCheckAddress:
    """Where the public checks a paper, as a release is told by its settings."""

    address: str


def evolve_platform(state: str | None, event: Any) -> str | None:
    match event:
        case e.CheckAddressSet(address):
            return address
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_platform(command: Any, state: str | None, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    match command:
        case SetCheckAddress(address):
            return [] if state == address else [e.CheckAddressSet(address)]
    raise AssertionError(command)


PLATFORM = Handling[str | None](
    codec=e.PLATFORM_CODEC,
    initial=None,
    evolve=evolve_platform,
    decide=decide_platform,
    stream=lambda command: PLATFORM_STREAM,
    reads=lambda command: (),
    facts=no_facts,
    subject=lambda command, state, facts: Subject(),
)
