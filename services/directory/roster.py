"""Rosters (生源信息): reading them from CSV or XLSX as a stream, and enrolling their rows in chunks, each row for itself."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Engine

from services.directory.decider import (
    ERASED,
    GRADUATE,
    NO_SCHOOL,
    NOT_VALID,
    PERSON,
    SCHOOL,
    SCHOOL_CODE,
    AddDepartment,
    ClaimPerson,
    EnrolGraduate,
    SchoolState,
    school_code_stream,
)
from services.directory.personal import Personal
from services.directory.rows import FIELDS, HEADERS, REQUIRED, RosterRow, RowError, RowWarning, decode_row, warnings_of
from shared.access import Role, scope_path
from shared.clock import Clock, day_of
from shared.codes.identity import ONE_NUMBERING, number_for_life
from shared.codes.schools import SCHOOLS, School
from shared.errors import Invalid, Reason, Refused, ServiceError
from shared.eventlog.port import EventLog
from shared.handling import Answer, ItemOutcome, fold, handle, handle_many
from shared.messages import Actor, Meta
from shared.sheets import header_of, read_lines, sheet_of
from shared.xlsx import BadWorkbook, Chosen

CHUNK = 2_000
REASONS_KEPT = 1_000

UNREADABLE = Reason(
    "roster.unreadable",
    "名册文件无法读取：{why:sentence}，请更正后重新导入",
    "The roster cannot be read: {why_en:sentence}",
    Invalid,
)
MISSING_COLUMNS = Reason(
    "roster.missing_columns",
    "名册缺少列：{columns:text}，请补充后重新导入",
    "The roster lacks these columns: {columns:text}",
    Invalid,
)
UNKNOWN_COLUMNS = Reason(
    "roster.unknown_columns",
    "名册有未知的列：{columns:text}，请删除或改为规定的列名后重新导入",
    "The roster has unknown columns: {columns:text}",
    Invalid,
)
REPEATED_COLUMNS = Reason(
    "roster.repeated_columns",
    "名册有重复的列：{columns:text}，请删除多余的列后重新导入",
    "The roster has more than one column for the same thing: {columns:text}",
    Invalid,
)
REPEATED_ROW = Reason(
    "roster.repeated_row",
    "考生号与前面的行重复，请核对是否为两人",
    "The candidate's number stands in an earlier row: see whether they are two people",
    Invalid,
)
ACTION = "directory.import_roster"


@dataclass(slots=True)
class RosterReport:
    """What became of a roster: `refused` and `warned` count rows, of the reasons the first 1,000 are kept.

    A warned row was taken like any other. `sheet` is the one that was read of a workbook.
    """

    enrolled: int = 0
    corrected: int = 0
    unchanged: int = 0
    refused: int = 0
    warned: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    sheet: Chosen | None = None

    def refuse(self, errors: Iterable[RowError]) -> None:
        """One more refused row and its reasons."""
        self.refused += 1
        self.errors.extend(islice(errors, max(0, REASONS_KEPT - len(self.errors))))

    def warn(self, warnings: Iterable[RowWarning]) -> None:
        """One more row that was taken and looks odd, and why."""
        self.warned += 1
        self.warnings.extend(islice(warnings, max(0, REASONS_KEPT - len(self.warnings))))


def import_roster(
    log: EventLog,
    engine: Engine,
    personal: Personal,
    path: Path,
    *,
    school: str,
    class_year: int,
    account: str,
    clock: Clock,
    report: Callable[[int], None],
) -> RosterReport:
    """Import a file in chunks of 2,000 rows; a bad row harms no other. Repeating it changes nothing.

    Raises Invalid `roster.*` before anything is written when the file or its columns are wrong; NotFound and Refused as
    `training`; Unavailable.
    """
    place = training(log, school, class_year)
    actor = Actor(Role.SCHOOL, account, scope_path(place.province, school))
    outcome = RosterReport()
    seen = 0
    # Over the whole file: a second row of a later chunk would correct the first instead of contradicting it.
    taken: set[str] = set()
    rows = read_rows(path)
    outcome.sheet = sheet_of(path)

    def import_chunk() -> int:
        chunk = list(islice(rows, CHUNK))
        if not chunk:
            return 0
        now = clock.now()
        today = day_of(now)
        good: list[tuple[int, RosterRow]] = []
        for line, raw in chunk:
            decoded = decode_row(raw, line, class_year, today)
            if not isinstance(decoded, RosterRow):
                outcome.refuse(decoded)
            elif decoded.exam_no in taken:
                outcome.refuse([_row_error(line, REPEATED_ROW.error(field="exam_no"))])
            else:
                taken.add(decoded.exam_no)
                good.append((line, decoded))
        command_id = uuid4()
        meta = Meta(command_id, command_id, actor, now, ACTION)
        _tally(outcome, good, enrol(log, engine, personal, place, class_year, [row for _, row in good], meta))
        return len(chunk)

    while count := _without_searching_for_cycles(import_chunk):
        seen += count
        report(seen)
    return outcome


def _without_searching_for_cycles(work: Callable[[], int]) -> int:
    """A chunk makes a hundred thousand objects and no cycle among them; looking for one took a fifth of an import."""
    before = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if before:
            gc.enable()


def school_of(log: EventLog, code: str) -> School:
    """A school of the national list or one that was added to the register. Raises NotFound `directory.school_not_found`."""
    known = SCHOOLS.get(code)
    if known is not None:
        return known
    taken = school_code_stream(code)
    province = fold(SCHOOL_CODE, log.read([taken])[taken])
    listed = None if province is None else _state(log, province, code).listed
    if listed is None:
        raise NO_SCHOOL.error(field="school", school=code)
    told = ("school_id10", "name", "province", "authority", "city", "level", "private")
    return School(code5=code, **{name: getattr(listed, name) for name in told})


def training(log: EventLog, code: str, class_year: int) -> School:
    """A school that has graduates of a class. Raises as `school_of`; Refused `directory.school_not_valid` (DOMAIN 3.3)."""
    school = school_of(log, code)
    state = _state(log, school.province, code)
    if state.listed is not None and not state.trains(class_year):
        raise NOT_VALID.error(field="class_year", name=state.listed.name, class_year=class_year)
    return school


def _state(log: EventLog, province: str, code: str) -> SchoolState:
    stream = f"school-{province}-{code}"
    return fold(SCHOOL, log.read([stream])[stream])


def enrol(
    log: EventLog,
    engine: Engine,
    personal: Personal,
    school: School,
    class_year: int,
    rows: Sequence[RosterRow],
    meta: Meta,
) -> Sequence[ItemOutcome]:
    """Enrol decoded rows; one outcome a row. Departments first, then keys, then the persons, before the events that need
    them: two transactions, one in the national lane and one in the school's."""
    ids = [graduate_id(personal, school, class_year, row.exam_no) for row in rows]
    first = {thing: index for index, thing in reversed(list(enumerate(ids)))}
    clear = [row.personal() for row in rows]
    wrong = _add_departments(log, school, rows, meta)
    with engine.begin() as connection:
        envelopes = personal.seal_many(connection, {ids[index]: clear[index] for index in first.values()})
    outcomes: dict[int, ItemOutcome] = {}
    claims: dict[int, ClaimPerson] = {}
    for index, (row, thing) in enumerate(zip(rows, ids, strict=True)):
        envelope = envelopes[thing]
        if first[thing] != index:
            outcomes[index] = ItemOutcome(index, error=REPEATED_ROW.error(field="exam_no"))
        elif _department(row) in wrong:
            outcomes[index] = ItemOutcome(index, error=wrong[_department(row)])
        elif envelope is None:
            outcomes[index] = ItemOutcome(index, error=ERASED.error(field="exam_no"))
        else:
            claims[index] = _claim(row, thing, school, class_year, meta.item_id(index), personal)

    def enrolling(index: int, claim: Answer) -> EnrolGraduate:
        proof = personal.hash("personal", *clear[index].values())
        return _command(rows[index], claims[index], envelopes[ids[index]], proof, claim)

    outcomes |= {each.index: each for each in enrol_people(log, claims, enrolling, meta)}
    return [outcomes[index] for index in range(len(rows))]


def enrol_people(
    log: EventLog, claims: Mapping[int, ClaimPerson], enrolling: Callable[[int, Answer], EnrolGraduate], meta: Meta
) -> Sequence[ItemOutcome]:
    """Claim persons, by the numbers of their rows, then enrol whom `enrolling` makes of a row and its claim's answer.

    Whose person is another's is refused. A claim is a command of its own each time it is asked for: one that somebody took
    over meanwhile must not be answered as the first time.
    """
    own = replace(meta, command_id=uuid4(), fingerprint=None)
    claimed = handle_many(log, PERSON, list(claims.values()), own, limit=CHUNK, numbers=list(claims))
    commands = {each.index: enrolling(each.index, each.answer) for each in claimed if each.answer is not None}
    enrolled = handle_many(log, GRADUATE, list(commands.values()), meta, limit=CHUNK, numbers=list(commands))
    return [*(each for each in claimed if each.error is not None), *enrolled]


def _department(row: RosterRow) -> tuple[str, str]:
    return row.department, row.department_name


def _add_departments(
    log: EventLog, school: School, rows: Sequence[RosterRow], meta: Meta
) -> dict[tuple[str, str], ServiceError]:
    """The departments that could not be added because their code has another name, each with its refusal."""
    refused: dict[tuple[str, str], ServiceError] = {}
    for code, name in dict.fromkeys(_department(row) for row in rows):
        own = replace(meta, command_id=uuid5(meta.command_id, f"department {code} {name}"))
        try:
            handle(log, SCHOOL, AddDepartment(school.province, school.code5, code, name), own)
        except Refused as error:
            refused[code, name] = error
    return refused


def graduate_id(personal: Personal, school: School, class_year: int, exam_no: str) -> str:
    """The id of a graduate: 院校代码 with 考生号 is the natural key (DOMAIN 3.4), and it cannot be guessed from it."""
    return f"{school.province}-{personal.uuid('graduate', school.code5, str(class_year), exam_no)}"


def _claim(
    row: RosterRow, thing: str, school: School, class_year: int, enrolment: UUID, personal: Personal
) -> ClaimPerson:
    return ClaimPerson(
        graduate_id=thing,
        id_hash=id_hash(personal, row.id_type, row.id_number),
        province=school.province,
        school=school.code5,
        class_year=class_year,
        education=row.education,
        enrolled_on=row.enrolled_on,
        graduates_on=row.graduates_on,
        enrolment=enrolment,
    )


def _command(row: RosterRow, person: ClaimPerson, envelope: str | None, proof: str, claim: Answer) -> EnrolGraduate:
    assert envelope is not None, "who was erased claims nobody"
    return EnrolGraduate(
        graduate_id=person.graduate_id,
        province=person.province,
        school=person.school,
        class_year=person.class_year,
        personal=envelope,
        personal_hash=proof,
        id_hash=person.id_hash,
        claim=claim.version,
        claimed=claim.position != 0,
        **dict(zip(_ENROLLED, _enrolled(row), strict=True)),
    )


_ENROLLED = tuple(name for name in FIELDS if name in EnrolGraduate.__dataclass_fields__)
_enrolled = attrgetter(*_ENROLLED)


def id_hash(personal: Personal, id_type: str, id_number: str) -> str:
    """What a person is known by; a passport and a permit of one number are two people's."""
    return written_hash(personal, id_type, number_for_life(id_type, id_number))


def written_hash(personal: Personal, id_type: str, id_number: str) -> str:
    """The hash of a whole number, as rosters of earlier releases have it: of permits with the times they were issued."""
    kind = () if id_type in ONE_NUMBERING else (id_type,)
    return personal.hash("id_number", *kind, id_number)


def _row_error(line: int, error: ServiceError) -> RowError:
    return RowError(line, error.field or "", error.code, error.zh, error.en)


def _tally(report: RosterReport, good: Sequence[tuple[int, RosterRow]], outcomes: Sequence[ItemOutcome]) -> None:
    for (line, row), outcome in zip(good, outcomes, strict=True):
        if outcome.error is not None:
            report.refuse([_row_error(line, outcome.error)])
            continue
        if outcome.answer is None or outcome.answer.position == 0:
            report.unchanged += 1
        elif outcome.answer.version == 1:
            report.enrolled += 1
        else:
            report.corrected += 1
        warnings = warnings_of(row, line)
        if warnings:
            report.warn(warnings)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, fields) of a CSV or XLSX file; columns are checked at once, rows are read as they are asked for.

    Raises Invalid `roster.unreadable`, `roster.missing_columns`, `roster.unknown_columns`.
    """
    lines = _lines(path)
    header = next(lines, None)
    if header is None:
        raise UNREADABLE.error(why="文件为空", why_en="the file is empty")
    names = header_of(header[1])
    unknown = [name for name in names if name and name not in HEADERS]
    if unknown:
        raise UNKNOWN_COLUMNS.error(columns=[name[:40] for name in unknown[:20]])
    columns = [HEADERS.get(name, "") for name in names]
    repeated = [name for name, known in zip(names, columns, strict=True) if known and columns.count(known) > 1]
    if repeated:
        raise REPEATED_COLUMNS.error(columns=[name[:40] for name in repeated[:20]])
    missing = [name for name, known in HEADERS.items() if known in REQUIRED and known not in columns]
    if missing:
        first = {HEADERS[name]: name for name in reversed(missing)}
        raise MISSING_COLUMNS.error(columns=list(reversed(first.values())))
    return _fields(columns, lines)


def _fields(columns: Sequence[str], lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, dict[str, str]]]:
    named = all(columns)
    for number, cells in lines:
        if any(cell.strip() for cell in cells):
            fields = zip(columns, cells, strict=False)
            yield number, dict(fields) if named else {name: cell for name, cell in fields if name}


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from read_lines(path)
    except BadWorkbook as bad:
        raise UNREADABLE.error(why=bad.zh, why_en=bad.en) from None
