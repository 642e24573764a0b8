"""An employer's licence (营业执照) as a fact: whose file it is, where its sealed bytes lie, who has read it. Pure.

As evidence is to a graduate: the employer itself reads it, and the offices that verify employers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.directory import events as e
from services.directory.decider import NO_LICENCE
from shared.access import Subject
from shared.codec import UNKNOWN_TYPE
from shared.handling import Handling
from shared.messages import Meta


@dataclass(frozen=True, slots=True)
class StoreLicence:
    """A cleaned and sealed file. `digest` is of its clean content, `address` of the sealed object."""

    licence_id: str
    employer_id: str
    media_type: str
    size: int
    digest: str
    address: str


@dataclass(frozen=True, slots=True)
class ReadLicence:
    """Somebody looks at the file."""

    licence_id: str
    employer_id: str


def evolve(state: e.LicenceStored | None, event: Any) -> e.LicenceStored | None:
    """The fold of the stream."""
    match event:
        case e.LicenceStored():
            return event
        case e.LicenceRead():
            return state
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide(command: Any, state: e.LicenceStored | None, facts: None, meta: Meta) -> list[Any]:
    """The events a command brings. Every reading is one, so that who looked can always be told. Raises NotFound."""
    del facts, meta
    match command:
        case StoreLicence(licence_id, employer_id, media_type, size, digest, address):
            if state is not None:
                return []
            return [e.LicenceStored(licence_id, employer_id, media_type, size, digest, address)]
        case ReadLicence(licence_id, employer_id):
            if state is None or state.employer_id != employer_id:
                raise NO_LICENCE.error(field="licence_id")
            return [e.LicenceRead(licence_id)]
    raise AssertionError(command)


HANDLING = Handling[e.LicenceStored | None](
    codec=e.LICENCE_CODEC,
    initial=None,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"licence-{command.licence_id}",
    reads=lambda command: (),
    facts=lambda command, streams: None,
    subject=lambda command, state, facts: Subject(employer_id=command.employer_id),
)
