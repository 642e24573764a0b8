"""Evidence (佐证材料) as a fact: whose file it is, what it shows, where its sealed bytes lie, and who has read it. Pure.

Other contexts read `evidence-<id>` streams when they decide; the bytes themselves never leave the directory but to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.directory import events as e
from services.directory.decider import NO_GRADUATE
from shared.access import Subject, scope_path
from shared.codec import UNKNOWN_TYPE
from shared.errors import NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded

NO_EVIDENCE = Reason("directory.evidence_not_found", "没有该佐证材料", "There is no such evidence", NotFound)


@dataclass(frozen=True, slots=True)
class StoreEvidence:
    """A cleaned and sealed file. `digest` is of its clean content, `address` of the sealed object."""

    evidence_id: str
    graduate_id: str
    kind: str
    media_type: str
    size: int
    digest: str
    address: str
    employer_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadEvidence:
    """Somebody looks at a file. `employer_id` is the employer that asks, if one does."""

    evidence_id: str
    graduate_id: str
    employer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the graduate is, and the employers that are party to an agreement with the graduate."""

    scope: str | None = None
    employers: frozenset[str] = frozenset()


def evolve(state: e.EvidenceStored | None, event: Any) -> e.EvidenceStored | None:
    """The fold of the stream."""
    match event:
        case e.EvidenceStored():
            return event
        case e.EvidenceRead():
            return state
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide(command: Any, state: e.EvidenceStored | None, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings. Every reading is one, so that who looked can always be told. Raises NotFound."""
    del meta
    match command:
        case StoreEvidence():
            if facts.scope is None:
                raise NO_GRADUATE.error(field="graduate_id")
            if state is not None:
                return []
            return [
                e.EvidenceStored(
                    evidence_id=command.evidence_id,
                    graduate_id=command.graduate_id,
                    kind=command.kind,
                    media_type=command.media_type,
                    size=command.size,
                    digest=command.digest,
                    address=command.address,
                )
            ]
        case ReadEvidence(evidence_id, graduate_id):
            if state is None or state.graduate_id != graduate_id:
                raise NO_EVIDENCE.error(field="evidence_id")
            return [e.EvidenceRead(evidence_id)]
    raise AssertionError(command)


def facts_of(graduate_id: str, streams: Streams) -> Facts:
    """The facts from the graduate's streams."""
    return Facts(
        scope=_scope(streams.get(f"graduate-{graduate_id}", ())),
        employers=_employers(streams.get(f"agreement-{graduate_id}", ())),
    )


def subject_of(command: Any, facts: Facts) -> Subject:
    """Whose it is and where; an employer's only while it is party to an agreement with the graduate."""
    party = command.employer_id if command.employer_id in facts.employers else None
    return Subject(scope=facts.scope, graduate_id=command.graduate_id, employer_id=party)


def _scope(history: Sequence[Recorded]) -> str | None:
    for recorded in reversed(history):
        if recorded.type in ("directory.GraduateEnrolled", "directory.GraduateCorrected"):
            found = recorded.data
            return scope_path(found["province"], found["school"], found["department"])
    return None


def _employers(history: Sequence[Recorded]) -> frozenset[str]:
    return frozenset(recorded.data["employer_id"] for recorded in history if recorded.type == "agreement.OfferAccepted")


HANDLING = Handling[e.EvidenceStored | None](
    codec=e.EVIDENCE_CODEC,
    initial=None,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"evidence-{command.evidence_id}",
    reads=lambda command: (f"graduate-{command.graduate_id}", f"agreement-{command.graduate_id}"),
    facts=lambda command, streams: facts_of(command.graduate_id, streams),
    subject=lambda command, state, facts: subject_of(command, facts),
)
