"""Files and papers: evidence cleaned, sealed, kept and shown again; agreements printed. Between the log, keys and the store.

The sealed file lies in the store before the event that tells of it; a crash between leaves a sealed file that nobody
knows, and the repeat puts it there once more.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine

from services.directory.decider import ERASED, GRADUATE, NO_GRADUATE, NO_SCHOOL, PLATFORM, PLATFORM_STREAM, SCHOOL
from services.directory.papers import evidence, licence
from services.directory.papers.apart import accept_apart
from services.directory.papers.evidence import ReadEvidence, StoreEvidence
from services.directory.papers.licence import ReadLicence, StoreLicence
from services.directory.papers.printing import Names, Printable, book_of, printable
from services.directory.papers.store import ObjectStore
from services.directory.papers.verification import verification_number
from services.directory.personal import Personal
from shared.access import Subject, check
from shared.codec import to_json
from shared.errors import Reason, Unavailable
from shared.eventlog.port import EventLog
from shared.handling import Answer, Handling, fold, handle
from shared.messages import Meta, lane_of, new_id
from shared.sealing import is_sealed

NO_CHECK_ADDRESS = Reason(
    "directory.no_check_address",
    "平台尚未设置核验网址，暂不能打印，请联系平台运维人员",
    "No address of the public check is set: operators run wq migrate",
    Unavailable,
)

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Papers:
    """The parts that papers need; `run` takes work that uses the CPU off the hub."""

    log: EventLog
    engine: Engine
    personal: Personal
    store: ObjectStore
    run: Run

    def keep(self, graduate_id: str, kind: str, content: str, employer_id: str | None, meta: Meta) -> Answer:
        """Store a file given in base64. Raises Invalid `evidence.*`, Forbidden, NotFound, Unavailable."""
        evidence_id = new_id(lane_of(graduate_id), meta.command_id, "evidence")
        asked = StoreEvidence(evidence_id, graduate_id, kind, "", 0, "", "", employer_id)
        streams = self.log.read([evidence.HANDLING.stream(asked), *evidence.HANDLING.reads(asked)])
        stored = fold(evidence.HANDLING, streams[evidence.HANDLING.stream(asked)])
        # Who may not store anything here does not get the platform to work on a file.
        check(meta.action, meta.actor, evidence.subject_of(asked, stored, evidence.HANDLING.facts(asked, streams)))
        if stored is not None:
            # A repeat: sealed anew, the file would lie in the store twice.
            repeated = StoreEvidence(**to_json(stored), employer_id=employer_id)
            return handle(self.log, evidence.HANDLING, repeated, meta)
        kept = self._put(graduate_id, content)
        if kept is None:
            raise ERASED.error(field="graduate_id")
        return handle(self.log, evidence.HANDLING, replace(asked, **kept), meta)

    def keep_licence(self, employer_id: str, content: str, meta: Meta) -> Answer:
        """Store an employer's licence given in base64. Raises Invalid `evidence.*`, Forbidden, Unavailable."""
        licence_id = new_id(lane_of(employer_id), meta.command_id, "licence")
        asked = StoreLicence(licence_id, employer_id, "", 0, "", "")
        check(meta.action, meta.actor, licence.HANDLING.subject(asked, None, None))
        stream = licence.HANDLING.stream(asked)
        stored = fold(licence.HANDLING, self.log.read([stream])[stream])
        if stored is not None:
            return handle(self.log, licence.HANDLING, StoreLicence(**to_json(stored)), meta)
        kept = self._put(employer_id, content)
        assert kept is not None, "nobody erases an employer"
        return handle(self.log, licence.HANDLING, replace(asked, **kept), meta)

    def show_licence(self, command: ReadLicence, meta: Meta) -> dict[str, Any]:
        """An employer's licence in base64, once the look at it is written down. Raises Forbidden, NotFound, Unavailable."""
        shown = self._get(licence.HANDLING, command, command.employer_id, meta)
        assert shown is not None, "nobody erases an employer"
        return shown

    def show(self, command: ReadEvidence, meta: Meta) -> dict[str, Any]:
        """A file in base64, once the look at it is written down. Raises Forbidden, NotFound, Refused, Unavailable."""
        shown = self._get(evidence.HANDLING, command, command.graduate_id, meta)
        if shown is None:
            raise ERASED.error(field="graduate_id")
        return shown

    def _put(self, owner_id: str, content: str) -> dict[str, Any] | None:
        """Clean, seal and store a file: what its event says of it, None when the owner was erased."""
        clean = accept_apart(content)
        with self.engine.begin() as connection:
            sealed = self.personal.seal_file(connection, owner_id, clean.content)
        if sealed is None:
            return None
        address = self._stored(self.store.put, sealed)
        return {"media_type": clean.media_type, "size": len(clean.content), "digest": clean.digest, "address": address}

    def _stored(self, work: Callable[[Any], Any], argument: Any) -> Any:
        return self.run(work, argument) if self.store.blocks else work(argument)

    def _get(self, handling: Handling[Any], command: Any, owner_id: str, meta: Meta) -> dict[str, Any] | None:
        """Write down the look at a file, then open it; None when the owner was erased."""
        handle(self.log, handling, command, meta)
        stream = handling.stream(command)
        stored = fold(handling, self.log.read([stream])[stream])
        assert stored is not None, "what was read is there"
        sealed = self._stored(self.store.get, stored.address)
        with self.engine.connect() as connection:
            content = self.personal.open_file(connection, owner_id, sealed)
        return None if content is None else {**to_json(stored), "content": b64encode(content).decode()}

    def printed(self, graduate_id: str, agreement_id: str, meta: Meta) -> dict[str, Any]:
        """The PDF of an agreement in base64, with what was known when it was numbered. Raises Forbidden, NotFound, Refused."""
        roster, agreements = f"graduate-{graduate_id}", f"agreement-{graduate_id}"
        streams = self.log.read([roster, agreements])
        state = fold(GRADUATE, streams[roster])
        agreement = printable(agreement_id, streams[agreements]) if state.entry is not None else None
        employer_id = agreement.employer_id if agreement else None
        check(meta.action, meta.actor, Subject(state.scope, graduate_id, employer_id))
        entry = fold(GRADUATE, agreement.as_of(streams[roster])).entry if agreement else None
        if entry is None or agreement is None:
            raise NO_GRADUATE.error(field="graduate_id")
        with self.engine.connect() as connection:
            opened = self.personal.open_many(connection, {graduate_id: entry.personal})[graduate_id]
            if opened is None:
                raise ERASED.error(field="graduate_id")
            remarks = agreement.terms.get("remarks")
            if is_sealed(remarks):
                words = self.personal.open_words(connection, [(graduate_id, remarks)])
                agreement = replace(agreement, terms={**agreement.terms, "remarks": words[graduate_id, remarks]})
        number = verification_number(self.personal.hash, "agreement", agreement.paper_id, agreement.begun["class_year"])
        names, address = self._names(entry, agreement)
        book = book_of(agreement, to_json(entry), opened, names, number)
        # The typesetter is loaded when first needed: most processes never are asked. Never in a thread beside: locks of
        # imports are green in a serving process, and no other thread may wait for one.
        from services.directory.papers.book import print_book  # noqa: PLC0415

        pdf = self.run(print_book, book, address, agreement.form)
        return {
            "number": agreement.number,
            "verification": number,
            "mark": agreement.mark,
            "content": b64encode(pdf).decode(),
        }

    def _names(self, entry: Any, agreement: Printable) -> tuple[Names, str]:
        """What school and department were called, and where papers were checked, when an agreement was numbered."""
        stream = f"school-{entry.province}-{entry.school}"
        streams = self.log.read([stream, PLATFORM_STREAM])
        school = fold(SCHOOL, agreement.as_of(streams[stream]))
        if school.listed is None:
            raise NO_SCHOOL.error(field="school", school=entry.school)
        # Another lane has other positions, so here the time decides; before the first address there was no other.
        told = streams[PLATFORM_STREAM]
        before = [recorded for recorded in told if recorded.recorded_at <= agreement.numbered.recorded_at]
        address = fold(PLATFORM, before or told[:1])
        if address is None:
            raise NO_CHECK_ADDRESS.error()
        name = school.name_on(agreement.issued_on)
        return Names(name, school.departments.get(entry.department, entry.department)), address
