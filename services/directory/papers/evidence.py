"""Evidence (佐证材料) as a fact: whose file it is, what it shows, where its sealed bytes lie, and who has read it. Pure.

Other contexts read `evidence-<id>` streams when they decide; the bytes themselves never leave the directory but to people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.directory import events as e
from services.directory.decider import NO_GRADUATE
from shared.access import Subject, scope_path
from shared.codec import UNKNOWN_TYPE
from shared.errors import NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded

NO_EVIDENCE = Reason(
    "directory.evidence_not_found",
    "没有该佐证材料，请刷新后重新选择，或重新上传",
    "There is no such evidence: look at the list again, or upload it again",
    NotFound,
)


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


# What an employer may give and see: what concerns its own agreement, and nothing else about the graduate.
STAMPED = "stamped_agreement"
OF_AGREEMENT = frozenset({"agreement", STAMPED, "release_letter", "penalty_slip"})


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the graduate is; the employers that are party to an agreement as things are, with the files it names.

    `stored_by` is the id of whoever stored the file, `upload_id` that of the upload for which a stamped book is waited for.
    """

    scope: str | None = None
    parties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stored_by: str | None = None
    upload_id: str | None = None


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


def facts_of(evidence_id: str, graduate_id: str, streams: Streams) -> Facts:
    """The facts from the graduate's streams and the file's own."""
    own = streams.get(f"evidence-{evidence_id}", ())
    return Facts(
        scope=_scope(streams.get(f"graduate-{graduate_id}", ())),
        parties=_parties(streams.get(f"agreement-{graduate_id}", ())),
        stored_by=own[0].event.actor.id if own else None,
        upload_id=_upload(streams.get(f"agreement-{graduate_id}", ())),
    )


def subject_of(command: Any, state: e.EvidenceStored | None, facts: Facts) -> Subject:
    """Whose it is and where; an employer's only while it is party and when the file concerns its agreement.

    Whoever holds the link of an upload stores stamped books.
    """
    stamped = isinstance(command, StoreEvidence) and command.kind == STAMPED
    return Subject(
        scope=facts.scope,
        graduate_id=command.graduate_id,
        employer_id=command.employer_id if _concerns(command, state, facts) else None,
        upload_id=facts.upload_id if stamped else None,
    )


def _concerns(command: Any, state: e.EvidenceStored | None, facts: Facts) -> bool:
    if command.employer_id not in facts.parties:
        return False
    if state is None:
        return isinstance(command, StoreEvidence) and command.kind in OF_AGREEMENT
    named = state.evidence_id in facts.parties[command.employer_id]
    return state.kind in OF_AGREEMENT and (named or facts.stored_by == command.employer_id)


def _scope(history: Sequence[Recorded]) -> str | None:
    for recorded in reversed(history):
        if recorded.type in ("directory.GraduateEnrolled", "directory.GraduateCorrected"):
            found = recorded.data
            return scope_path(found["province"], found["school"], found["department"])
    return None


def _parties(history: Sequence[Recorded]) -> Mapping[str, frozenset[str]]:
    """From acceptance until the agreement is returned or cancelled."""
    parties: dict[str, str] = {}
    files: dict[str, frozenset[str]] = {}
    for recorded in history:
        data = recorded.data
        agreement_id = data.get("agreement_id", "")
        match recorded.type:
            case "agreement.OfferAccepted":
                parties[data["offer_id"]] = data["employer_id"]
            case "agreement.AgreementReturned" | "agreement.AgreementCancelled":
                parties.pop(agreement_id, None)
        named = {data[name] for name in ("evidence_id", "release_letter", "penalty_slip") if data.get(name)}
        files[agreement_id] = files.get(agreement_id, frozenset()) | named
    return {employer: files.get(agreement, frozenset()) for agreement, employer in parties.items()}


def _upload(history: Sequence[Recorded]) -> str | None:
    """The upload that is open: the newest, until its book is scanned, voided or lost."""
    for recorded in reversed(history):
        match recorded.type:
            case "agreement.UploadOpened":
                return str(recorded.data["upload_id"])
            case "agreement.ScanSubmitted" | "agreement.BookVoided" | "agreement.LossReported":
                return None
    return None


HANDLING = Handling[e.EvidenceStored | None](
    codec=e.EVIDENCE_CODEC,
    initial=None,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"evidence-{command.evidence_id}",
    reads=lambda command: (f"graduate-{command.graduate_id}", f"agreement-{command.graduate_id}"),
    facts=lambda command, streams: facts_of(command.evidence_id, command.graduate_id, streams),
    subject=subject_of,
)
