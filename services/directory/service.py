"""The directory over AMQP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid5

from services.directory import decider, read_model, schemas
from services.directory.decider import (
    BASIC_DATA,
    EMPLOYER,
    ERASED,
    ERASURE,
    GRADUATE,
    NO_EMPLOYER,
    NO_GRADUATE,
    NOT_ITS_ID,
    PROVINCE,
    SCHOOL,
    SCHOOL_CODE,
    checked_uscc,
    employer_id_of,
    employer_id_of_caller,
    roster_facts,
)
from services.directory.decider.common import values_of
from services.directory.exporting import COLUMNS, export_page
from services.directory.papers import verification_records
from services.directory.papers.desk import Papers
from services.directory.papers.evidence import ReadEvidence
from services.directory.papers.licence import ReadLicence
from services.directory.papers.store import store_of
from services.directory.papers.verification import plain_number
from services.directory.personal import destroy_keys, personal_of
from services.directory.proposers import proposed_to
from services.directory.roster import enrol, id_hash, school_of, training, written_hash
from services.directory.rows import RosterRow, RowError, RowWarning, decode_row, warnings_of
from shared.access import Role, Subject, check, contains, scope_path
from shared.clock import day_of
from shared.codec import to_json
from shared.codes.identity import RESIDENT_ID, BadIdentifier, Doubt, check_identity
from shared.codes.uscc import doubts_about
from shared.dependencies import EngineProvider, Log, OffTheHub, Rows, SettingsProvider
from shared.entrypoints import command, query
from shared.handling import Answer, ItemOutcome, fold, handle
from shared.messages import Meta, Recorded
from shared.names import same_name
from shared.opening import note_reads
from shared.paging import after
from shared.shapes import invalid

# A file of the largest size in base64, and what is around it.
LARGEST_FILE_CALL = schemas.LARGEST_EVIDENCE * 4 // 3 + 65_536

# Whoever may verify an employer must be able to ask it.
_VERIFYING = (Role.SCHOOL, Role.PROVINCE, Role.MINISTRY)

# What nobody else is to know before an office has verified it.
_KEPT = ("licence", "reason", "requested_name", "requested_nature", "requested_licence")
_CHANGEABLE = ("name", "nature", "industry", "place", "address", "phone")

# 公民身份号码 and what is numbered like it.
LONGEST_NUMBER = 18


class DirectoryService:
    """RPC service `directory`."""

    name = "directory"
    log = Log()
    rows = Rows("directory")
    engine = EngineProvider()
    settings = SettingsProvider()
    verification_rows = Rows("verification")
    off_the_hub = OffTheHub()

    @command(schemas.SetProvince)
    def set_province(self, command: decider.SetProvince, meta: Meta) -> Answer:
        return handle(self.log, PROVINCE, command, meta)

    @command(schemas.AddSchool)
    def add_school(self, command: decider.ListSchool, meta: Meta) -> Answer:
        # Who dies between the two says it again with the same command id.
        own = replace(meta, command_id=uuid5(meta.command_id, "school code"))
        handle(self.log, SCHOOL_CODE, decider.TakeSchoolCode(command.school, command.province), own)
        return handle(self.log, SCHOOL, command, meta)

    @command(schemas.RenameSchool)
    def rename_school(self, wanted: schemas.NewName, meta: Meta) -> Answer:
        renaming = decider.RenameSchool(school_of(self.log, wanted.school).province, **values_of(wanted))
        return handle(self.log, SCHOOL, renaming, meta)

    @command(schemas.SetSchool)
    def set_school(self, wanted: schemas.SchoolSettings, meta: Meta) -> Answer:
        settings = decider.SetSchool(school_of(self.log, wanted.school).province, **values_of(wanted))
        return handle(self.log, SCHOOL, settings, meta)

    @command(schemas.AddDepartment)
    def add_department(self, wanted: schemas.NewDepartment, meta: Meta) -> Answer:
        department = decider.AddDepartment(school_of(self.log, wanted.school).province, **values_of(wanted))
        return handle(self.log, SCHOOL, department, meta)

    @command(schemas.ImportRoster)
    def import_roster(self, roster: schemas.Roster, meta: Meta) -> dict[str, Any]:
        school = school_of(self.log, roster.school)
        check(meta.action, meta.actor, Subject(scope=scope_path(school.province, school.code5)))
        training(self.log, roster.school, roster.class_year)
        today = day_of(meta.now)
        decoded = [decode_row(row, index, roster.class_year, today) for index, row in enumerate(roster.rows)]
        good = [(index, row) for index, row in enumerate(decoded) if isinstance(row, RosterRow)]
        outcomes = {index: _refused(index, row) for index, row in enumerate(decoded) if isinstance(row, list)}
        enrolled = enrol(
            self.log, self.engine, personal_of(self.settings), school, roster.class_year, [row for _, row in good], meta
        )
        for (index, _), outcome in zip(good, enrolled, strict=True):
            outcomes[index] = ItemOutcome(index, outcome.answer, outcome.error)
        items = [outcomes[index].to_json() for index in range(len(decoded))]
        for index, row in good:
            warnings = warnings_of(row, index)
            if warnings and outcomes[index].error is None:
                items[index]["warnings"] = [_warned(each.field, each) for each in warnings]
        return {"items": items}

    @command(schemas.ConfirmBasicData)
    def confirm_basic_data(self, command: decider.ConfirmBasicData, meta: Meta) -> Answer:
        return handle(self.log, BASIC_DATA, command, meta)

    @command(schemas.DisputeBasicData)
    def dispute_basic_data(self, told: schemas.Dispute, meta: Meta) -> Answer:
        self._check_graduate(told.graduate_id, meta)
        statement = self._sealed_words(told.graduate_id, told.statement)
        return handle(self.log, BASIC_DATA, decider.DisputeBasicData(told.graduate_id, told.field, statement), meta)

    @command(schemas.AnswerDispute)
    def answer_dispute(self, told: schemas.AnswerToDispute, meta: Meta) -> Answer:
        self._check_graduate(told.graduate_id, meta)
        answer = self._sealed_words(told.graduate_id, told.answer)
        return handle(self.log, BASIC_DATA, decider.AnswerDispute(told.graduate_id, told.dispute_id, answer), meta)

    @query(schemas.GetBasicData)
    def get_basic_data(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        self._check_graduate(query.graduate_id, meta)
        stream, roster = f"basic_data-{query.graduate_id}", f"graduate-{query.graduate_id}"
        streams = self.log.read([stream, roster])
        entry = roster_facts(query.graduate_id, streams).entry
        if entry is None:
            raise NO_GRADUATE.error(field="graduate_id")
        state = fold(BASIC_DATA, streams[stream])
        sealed = [text for each in state.disputes.values() for text in (each.disputed.statement, each.answer) if text]
        words = self._words([(query.graduate_id, text) for text in sealed], meta)
        return {
            "graduate_id": query.graduate_id,
            "state": state.state(entry),
            "disputes": [
                {
                    "dispute_id": dispute.disputed.dispute_id,
                    "field": dispute.disputed.field,
                    "open": dispute.open(entry),
                    "statement": words[dispute.disputed.statement],
                    "answer": dispute.answer and words[dispute.answer],
                }
                for dispute in state.disputes.values()
            ],
        }

    @query(schemas.ListBasicData)
    def list_basic_data(self, query: schemas.Checked, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_graduates(
                connection, query.scope, query.class_year, query.after, query.limit, query.state
            )
        shown = self._shown(page, meta)
        sealed = [(row["graduate_id"], each["statement"]) for row in page for each in row["disputes"]]
        words = self._words(sealed, meta)
        for row, graduate in zip(page, shown, strict=True):
            graduate["disputes"] = [{**each, "statement": words[each["statement"]]} for each in row["disputes"]]
        return {"graduates": shown, "after": after(page, query.limit, "scope", "graduate_id")}

    @command(schemas.RemoveGraduate)
    def remove_graduate(self, command: decider.RemoveGraduate, meta: Meta) -> Answer:
        return handle(self.log, GRADUATE, command, meta)

    @command(schemas.EraseGraduate)
    def erase_graduate(self, command: decider.EraseGraduate, meta: Meta) -> Answer:
        answer = handle(self.log, ERASURE, command, meta)
        # A repeat comes here too, so that an answer always means that the key is gone.
        with self.engine.begin() as connection:
            destroy_keys(connection, [command.graduate_id])
        return answer

    @command(schemas.RegisterEmployer)
    def register_employer(self, application: schemas.Application, meta: Meta) -> dict[str, Any]:
        named = application.employer_id
        if named is not None:
            check(meta.action, meta.actor, Subject(employer_id=named))
        uscc = checked_uscc(application.uscc, application.uscc_absent_reason)
        expected = employer_id_of_caller(named or meta.actor.id) if uscc is None else employer_id_of(uscc)
        if named not in (None, expected):
            raise NOT_ITS_ID.error(field="employer_id", expected=expected)
        unsealed = decider.RegisterEmployer(
            employer_id=expected,
            name=application.name,
            nature=application.nature,
            industry=application.industry,
            place=application.place,
            address=application.address,
            personal="",
            uscc=uscc,
            uscc_absent_reason=application.uscc_absent_reason if uscc is None else None,
            licence=application.licence,
            phone=application.phone,
            account=meta.actor.id if named is None and meta.actor.id != expected else None,
        )
        # Nobody has a key made who may not register.
        streams = self.log.read([EMPLOYER.stream(unsealed), *EMPLOYER.reads(unsealed)])
        check(meta.action, meta.actor, EMPLOYER.subject(unsealed, EMPLOYER.initial, EMPLOYER.facts(unsealed, streams)))
        registration = replace(unsealed, personal=self._sealed_contact(expected, application))
        answer = handle(self.log, EMPLOYER, registration, meta)
        return {**answer.to_json(), "warnings": _doubts(uscc, application.nature)}

    @command(schemas.ChangeEmployer)
    def change_employer(self, change: schemas.Change, meta: Meta) -> Answer:
        check(meta.action, meta.actor, Subject(employer_id=change.employer_id))
        stream = f"employer-{change.employer_id}"
        known = fold(EMPLOYER, self.log.read([stream])[stream])
        if known.registered is None:
            raise NO_EMPLOYER.error(field="employer_id")
        # What is not said stays as it is, or as it was asked for last.
        now = {**values_of(known.registered), **_asked(known)}
        told = {name: getattr(change, name) or now[name] for name in _CHANGEABLE}
        wanted = decider.ChangeEmployer(
            employer_id=change.employer_id,
            **told,
            uscc=None if change.uscc is None else checked_uscc(change.uscc, None),
            personal=None if change.contact_name is None else self._sealed_contact(change.employer_id, change),
            licence=change.licence,
        )
        return handle(self.log, EMPLOYER, wanted, meta)

    @command(schemas.StoreLicence, largest=LARGEST_FILE_CALL)
    def store_licence(self, file: schemas.LicenceFile, meta: Meta) -> Answer:
        return self._papers().keep_licence(file.employer_id, file.content, meta)

    @command(schemas.ReadLicence)
    def read_licence(self, command: ReadLicence, meta: Meta) -> dict[str, Any]:
        shown = self._papers().show_licence(command, meta)
        note_reads(meta, [command.employer_id])
        return shown

    @command(schemas.VerifyEmployer)
    def verify_employer(self, command: decider.VerifyEmployer, meta: Meta) -> Answer:
        return handle(self.log, EMPLOYER, command, meta)

    @command(schemas.ReturnEmployer)
    def return_employer(self, command: decider.ReturnEmployer, meta: Meta) -> Answer:
        return handle(self.log, EMPLOYER, command, meta)

    @command(schemas.SuspendEmployer)
    def suspend_employer(self, command: decider.SuspendEmployer, meta: Meta) -> Answer:
        return handle(self.log, EMPLOYER, command, meta)

    @command(schemas.CloseEmployer)
    def close_employer(self, command: decider.CloseEmployer, meta: Meta) -> Answer:
        return handle(self.log, EMPLOYER, command, meta)

    @command(schemas.ReinstateEmployer)
    def reinstate_employer(self, command: decider.ReinstateEmployer, meta: Meta) -> Answer:
        return handle(self.log, EMPLOYER, command, meta)

    @query(schemas.GetEmployer)
    def get_employer(self, query: schemas.OfEmployer, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(employer_id=query.employer_id))
        with self.rows.at(query.at_least) as connection:
            employer = read_model.get_employer(connection, query.employer_id)
        if employer is None:
            raise NO_EMPLOYER.error(field="employer_id")
        return self._with_contact([employer], meta)[0]

    @query(schemas.FindEmployer)
    def find_employer(self, query: schemas.OfCreditCode, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        employer_id = employer_id_of(str(checked_uscc(query.uscc, None)))
        with self.rows.at(query.at_least) as connection:
            employer = read_model.get_employer(connection, employer_id)
        known = {} if employer is None else {name: employer[name] for name in ("name", "status")}
        warnings = _doubts(query.uscc, None)
        odd = {"warnings": warnings} if warnings else {}
        return {"employer_id": employer_id, "registered": employer is not None, **known, **odd}

    @query(schemas.ListEmployers)
    def list_employers(self, query: schemas.InState, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_employers(connection, query.status, query.after, query.limit)
        return {"employers": self._with_contact(page, meta), "after": after(page, query.limit, "employer_id")}

    @query(schemas.GetGraduate)
    def get_graduate(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        with self.rows.at(query.at_least) as connection:
            graduate = read_model.get_graduate(connection, query.graduate_id)
        subject = Subject(scope=graduate["scope"] if graduate else None, graduate_id=query.graduate_id)
        check(meta.action, meta.actor, subject)
        if graduate is None:
            raise NO_GRADUATE.error(field="graduate_id")
        return self._shown([graduate], meta)[0]

    @query(schemas.GetProposer)
    def get_proposer(self, query: schemas.Proposer, meta: Meta) -> dict[str, Any]:
        roster, agreements = f"graduate-{query.graduate_id}", f"agreement-{query.graduate_id}"
        streams = self.log.read([roster, agreements])
        asked = proposed_to(query.employer_id, streams[agreements], meta.now)
        employer_id = query.employer_id if asked else None
        check(meta.action, meta.actor, Subject(employer_id=employer_id, approved=self._approved(meta)))
        entry = fold(GRADUATE, streams[roster]).entry
        if entry is None:
            raise NO_GRADUATE.error(field="graduate_id")
        (opened,) = self._opened_each([(query.graduate_id, entry.personal)], meta)
        if opened is None:
            raise ERASED.error(field="graduate_id")
        return {"name": opened["name"], **{name: getattr(entry, name) for name in _OF_PROPOSER}}

    @query(schemas.FindGraduate)
    def find_graduate(self, query: schemas.ByNumber, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=meta.actor.scope or None, approved=self._approved(meta)))
        personal = personal_of(self.settings)
        try:
            identity = check_identity(query.id_type, query.id_number, day_of(meta.now))
        except BadIdentifier as bad:
            raise invalid({"id_number": [f"{bad.zh} / {bad.en}"]}) from None
        with self.rows.at(query.at_least) as connection:
            hashes = [of(personal, identity.kind, identity.number) for of in (id_hash, written_hash)]
            found = read_model.find_by_id_hash(connection, *hashes)
            opened = personal.open_many(connection, {row["graduate_id"]: row["personal"] for row in found})
        note_reads(meta, opened)
        office = meta.actor.role != Role.EMPLOYER
        for row in found:
            if office and not contains(meta.actor.scope, row["scope"]):
                continue
            clear = opened[row["graduate_id"]]
            if clear is not None and same_name(query.name, clear["name"]):
                return {name: row[name] for name in ("graduate_id", "school", "department", "class_year", "education")}
        # The same answer whether the name or the number is unknown: nobody learns who is on a roster by trying.
        raise NO_GRADUATE.error()

    @query(schemas.ListGraduates)
    def list_graduates(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_graduates(connection, query.scope, query.class_year, query.after, query.limit)
            total = read_model.count_graduates(connection, query.scope, query.class_year)
        return {
            "graduates": self._shown(page, meta),
            "total": total,
            "after": after(page, query.limit, "scope", "graduate_id"),
        }

    @query(schemas.ExportDestinations)
    def export_destinations(self, query: schemas.InScope, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(scope=query.scope))
        personal = personal_of(self.settings)
        with self.rows.at(query.at_least) as connection:
            rows, after = export_page(
                connection, self.log, personal, query.scope, query.class_year, query.after, query.limit, meta
            )
        return {"columns": list(COLUMNS), "rows": rows, "after": after}

    @command(schemas.StoreEvidence, largest=LARGEST_FILE_CALL)
    def store_evidence(self, file: schemas.EvidenceFile, meta: Meta) -> Answer:
        return self._papers().keep(file.graduate_id, file.kind, file.content, file.employer_id, meta)

    @command(schemas.ReadEvidence)
    def read_evidence(self, command: ReadEvidence, meta: Meta) -> dict[str, Any]:
        shown = self._papers().show(command, meta)
        note_reads(meta, [command.graduate_id])
        return shown

    @query(schemas.PrintAgreement)
    def print_agreement(self, query: schemas.OfAgreement, meta: Meta) -> dict[str, Any]:
        printed = self._papers().printed(query.graduate_id, query.agreement_id, meta)
        note_reads(meta, [query.graduate_id])
        return printed

    @query(schemas.VerifyNumber)
    def verify_number(self, query: schemas.NamedNumber, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        number = plain_number(query.number)
        with self.verification_rows.at(query.at_least) as connection:
            found = verification_records.of_number(connection, number) if number else []
        for row in found:
            roster = self._roster(row["graduate_id"])
            names = self._names(row["graduate_id"], roster, meta)
            if any(same_name(query.name, name) for name in names):
                told = _verification(row, fold(GRADUATE, roster))
                return {"valid": told["state"] == verification_records.EFFECTIVE, **told}
        # The same answer whether the number or the name does not fit: nobody learns whose a number is.
        return {"valid": False}

    @query(schemas.GetNumberState)
    def get_number_state(self, query: schemas.OfNumber, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        with self.verification_rows.at(query.at_least) as connection:
            found = verification_records.of_agreement_number(connection, query.number)
        state = verification_records.UNKNOWN
        for row in found:
            enrolled = not fold(GRADUATE, self._roster(row["graduate_id"])).removed
            state = verification_records.state_of(row, enrolled=enrolled)
        # No name is asked for here, so nothing is told but how the paper stands: not even why it does not.
        if state == verification_records.LEFT:
            state = verification_records.VOID
        return {"number": query.number, "state": state, "state_name": verification_records.STATES[state]}

    @query(schemas.ListVerifications)
    def list_verifications(self, query: schemas.OfGraduate, meta: Meta) -> dict[str, Any]:
        known = fold(GRADUATE, self._roster(query.graduate_id))
        check(meta.action, meta.actor, Subject(scope=known.scope, graduate_id=query.graduate_id))
        with self.verification_rows.at(query.at_least) as connection:
            found = verification_records.of_graduate(connection, query.graduate_id)
        return {"verifications": [{"number": row["number"], **_verification(row, known)} for row in found]}

    def _roster(self, graduate_id: str) -> Sequence[Recorded]:
        stream = f"graduate-{graduate_id}"
        roster: Sequence[Recorded] = self.log.read([stream])[stream]
        return roster

    def _names(self, graduate_id: str, roster: Sequence[Recorded], meta: Meta) -> list[str]:
        """What a graduate is called and was called: a paper bears the name of its day."""
        told = [recorded.data for recorded in roster]
        envelopes = [(graduate_id, data["personal"]) for data in told if "personal" in data]
        return [personal["name"] for personal in self._opened_each(envelopes, meta) if personal is not None]

    def _papers(self) -> Papers:
        settings = self.settings
        return Papers(
            log=self.log,
            engine=self.engine,
            personal=personal_of(settings),
            store=store_of(settings.evidence_url),
            run=self.off_the_hub,
        )

    @query(schemas.GetSchool)
    def get_school(self, query: schemas.OfSchool, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        stream = f"school-{school_of(self.log, query.school).province}-{query.school}"
        state = fold(SCHOOL, self.log.read([stream])[stream])
        if state.listed is None:
            raise decider.NO_SCHOOL.error(field="school", school=query.school)
        return {
            **to_json(state.listed),
            "name": state.name_on(day_of(meta.now)),
            "names": [{"from_day": to_json(day), "name": name} for day, name in sorted(state.names.items())],
            "departments": dict(state.departments),
            "settings": {str(year): to_json(settings) for year, settings in state.settings.items()},
        }

    @query(schemas.ListSchools)
    def list_schools(self, query: schemas.OfProvince, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        with self.rows.at(query.at_least) as connection:
            page = read_model.list_schools(connection, query.province, day_of(meta.now), query.after, query.limit)
        return {"schools": [dict(row) for row in page], "after": after(page, query.limit, "school")}

    @query(schemas.GetProvince)
    def get_province(self, query: schemas.OfProvince, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject())
        stream = f"province-{query.province}"
        state = fold(PROVINCE, self.log.read([stream])[stream])
        settings = {str(year): to_json(settings) for year, settings in state.items()}
        return {"province": query.province, "settings": settings}

    def _approved(self, meta: Meta) -> bool:
        """Whether an employer asks that offices vouch for now: read from the log, which a list may be behind."""
        if meta.actor.role != Role.EMPLOYER:
            return False
        stream = f"employer-{meta.actor.id}"
        known: decider.EmployerState = fold(EMPLOYER, self.log.read([stream])[stream])
        return known.approved

    def _check_graduate(self, graduate_id: str, meta: Meta) -> None:
        stream = f"graduate-{graduate_id}"
        known = fold(GRADUATE, self.log.read([stream])[stream])
        check(meta.action, meta.actor, Subject(scope=known.scope, graduate_id=graduate_id))
        if known.entry is None:
            raise NO_GRADUATE.error(field="graduate_id")

    def _sealed_words(self, graduate_id: str, words: str) -> str:
        """What somebody wrote about a graduate, sealed as the graduate's own. Raises Refused `directory.graduate_erased`."""
        with self.engine.begin() as connection:
            envelope = personal_of(self.settings).seal_many(connection, {graduate_id: {"words": words}})[graduate_id]
        if envelope is None:
            raise ERASED.error(field="graduate_id")
        return envelope

    def _words(self, envelopes: Sequence[tuple[str, str]], meta: Meta) -> dict[str, str | None]:
        """What was written about graduates, by its (graduate, envelope); None where the graduate was erased."""
        opened = self._opened_each(envelopes, meta)
        return {
            envelope: None if told is None else str(told["words"])
            for (_, envelope), told in zip(envelopes, opened, strict=True)
        }

    def _sealed_contact(self, employer_id: str, told: schemas.Application | schemas.Change) -> str:
        contact = {name: getattr(told, name) for name in ("contact_name", "contact_phone", "contact_email")}
        with self.engine.begin() as connection:
            envelope = personal_of(self.settings).seal_many(connection, {employer_id: contact})[employer_id]
        assert envelope is not None, "nobody erases an employer"
        return envelope

    def _with_contact(self, employers: Sequence[Mapping[str, Any]], meta: Meta) -> list[dict[str, Any]]:
        """Employers as shown: whom to ask and what it has asked for are for itself and for the offices that verify it."""
        named = [row for row in employers if meta.actor.role in _VERIFYING or meta.actor.id == row["employer_id"]]
        opened = self._opened({row["employer_id"]: row["personal"] for row in named}, meta)
        return [
            {
                **{name: value for name, value in row.items() if name not in _KEPT or row["employer_id"] in opened},
                **(opened.get(row["employer_id"]) or {}),
                "warnings": _doubts(row["uscc"], row["nature"]),
            }
            for row in ({name: row[name] for name in row if name != "personal"} for row in employers)
        ]

    def _opened_each(self, envelopes: Sequence[tuple[str, str]], meta: Meta) -> list[dict[str, Any] | None]:
        with self.engine.connect() as connection:
            opened = personal_of(self.settings).open_each(connection, envelopes)
        note_reads(meta, (subject for subject, _ in envelopes))
        return opened

    def _opened(self, envelopes: Mapping[str, str], meta: Meta) -> dict[str, dict[str, Any] | None]:
        return dict(zip(envelopes, self._opened_each(list(envelopes.items()), meta), strict=True))

    def _shown(self, graduates: Sequence[Mapping[str, Any]], meta: Meta) -> list[dict[str, Any]]:
        opened = self._opened({row["graduate_id"]: row["personal"] for row in graduates}, meta)
        clear = meta.actor.role in (Role.GRADUATE, Role.SCHOOL)
        return [_show(row, opened[row["graduate_id"]], clear=clear) for row in graduates]


_OF_PROPOSER = ("graduate_id", "school", "department", "class_year", "education", "major_name")


def _show(row: Mapping[str, Any], personal: Mapping[str, Any] | None, *, clear: bool) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("personal", "id_hash", "disputes")}
    shown["graduates_on"] = row["graduates_on"].isoformat()
    if personal is None:
        return {**shown, "erased": True}
    shown |= {"id_type": RESIDENT_ID, **personal}
    if not clear:
        shown |= {"id_number": _masked(personal["id_number"])}
        # The masked digits are those of the birth.
        shown.pop("born_on", None)
    return shown


def _masked(number: str) -> str:
    """A number of which those who know it recognise the ends, and nobody learns the rest."""
    first, last = (6, 4) if len(number) == LONGEST_NUMBER else (1, 2)
    return f"{number[:first]}{'*' * (len(number) - first - last)}{number[-last:]}"


def _asked(known: decider.EmployerState) -> dict[str, Any]:
    return {} if known.requested is None else {"name": known.requested.name, "nature": known.requested.nature}


def _doubts(uscc: str | None, nature: str | None) -> list[dict[str, str]]:
    return [_warned(field, doubt) for field, doubt in doubts_about(uscc, nature).items()]


def _warned(field: str, doubt: Doubt | RowWarning) -> dict[str, str]:
    return {"field": field, "code": doubt.code, "zh": doubt.zh, "en": doubt.en}


def _verification(row: Mapping[str, Any], known: decider.GraduateState) -> dict[str, Any]:
    """What whoever holds a number may know: never an id."""
    told = ("kind", "class_year", "code", "unit_name", "agreement_number", "since", "ended_on")
    state = verification_records.state_of(row, enrolled=not known.removed)
    shown = {name: to_json(row[name]) for name in told}
    return {**shown, "state": state, "state_name": verification_records.STATES[state]}


def _refused(index: int, errors: Sequence[RowError]) -> ItemOutcome:
    reasons: dict[str, list[str]] = {}
    for error in errors:
        reasons.setdefault(f"rows.{index}.{error.field}", []).append(f"{error.zh} / {error.en}")
    return ItemOutcome(index, error=invalid(reasons))
