"""Destinations that an older system collected before this one began: read from a file, imported in chunks, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import uuid4

from services.registration.decider import HANDLING, NO_GRADUATE, ImportDestination
from services.registration.events import Destination
from services.registration.exports import CATEGORIES, HEADERS, NUMBERS, changes_in, decode_row
from services.registration.requirements import doubts_of
from shared.access import Role, scope_path
from shared.clock import Clock
from shared.codes.schools import School
from shared.errors import Invalid, Reason, Refusal, ServiceError
from shared.eventlog.port import EventLog
from shared.handling import BULK_LIMIT, handle_many
from shared.messages import Actor, Meta
from shared.sheets import header_of, read_lines, sheet_of
from shared.xlsx import BadWorkbook, Chosen

ACTION = "registration.import_destination"
REASONS_KEPT = 1_000

UNREADABLE = Reason(
    "export.unreadable",
    "文件无法读取：{why:sentence}，请更正后重新导入",
    "The file cannot be read: {why_en:sentence}",
    Invalid,
)
MISSING_COLUMNS = Reason(
    "export.missing_columns",
    "文件缺少列：{columns:text}，请补充后重新导入",
    "The file lacks columns: {columns:text}",
    Invalid,
)
REPEATED_COLUMNS = Reason(
    "export.repeated_columns",
    "文件有重复的列：{columns:text}，请删除多余的列后重新导入",
    "The file has more than one column for the same thing: {columns:text}",
    Invalid,
)
REPEATED_ROW = Reason(
    "export.repeated_row",
    "该毕业生在第 {line:number} 行已有去向，请核对后保留一行",
    "Line {line:number} tells of this graduate already: keep one",
    Invalid,
)

Row = Mapping[str, str]
# Whose a row is by 考生号 or 学号, None for nobody's; raises a Refusal when the row contradicts itself.
GraduateOf = Callable[[Row], str | None]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was refused: its line (1 is the header), its field, a stable code and two sentences."""

    line: int
    field: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RowWarning:
    """What is odd about a row that was taken all the same: its line, its field, a stable code and two sentences."""

    line: int
    field: str
    code: str
    zh: str
    en: str


@dataclass(slots=True)
class ImportReport:
    """What became of a file. `refused` and `warned` count rows; `errors` and `warnings` hold the first 1,000 reasons each.

    A warned row was taken like any other: the office that imports it confirms it by the graduate's papers.
    """

    registered: int = 0
    unchanged: int = 0
    refused: int = 0
    warned: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    sheet: Chosen | None = None

    def refuse(self, line: int, errors: Iterable[ServiceError]) -> None:
        """One more refused row and its reasons."""
        self.refused += 1
        told = (
            RowError(line, (each.field or "").removeprefix("destination."), each.code, each.zh, each.en)
            for each in errors
        )
        self.errors.extend(islice(told, max(0, REASONS_KEPT - len(self.errors))))

    def warn(self, warnings: Sequence[RowWarning]) -> None:
        """What is odd about a row that was taken, if anything is."""
        self.warned += bool(warnings)
        self.warnings.extend(warnings[: max(0, REASONS_KEPT - len(self.warnings))])


def import_destinations(
    log: EventLog,
    path: Path,
    *,
    school: School,
    class_year: int,
    account: str,
    graduate_id_of: GraduateOf,
    clock: Clock,
    report: Callable[[int], None],
) -> ImportReport:
    """Import a file in chunks of 1,000 rows; a bad row harms no other. Repeating it changes nothing.

    Raises Invalid `export.*` before anything is written when the file or its columns are wrong; Unavailable.
    """
    actor = Actor(Role.SCHOOL, account, scope_path(school.province, school.code5))
    outcome = ImportReport()
    lines_of: dict[str, int] = {}
    seen = 0
    rows = read_rows(path)
    outcome.sheet = sheet_of(path)
    while chunk := list(islice(rows, BULK_LIMIT)):
        seen += len(chunk)
        good: list[tuple[int, ImportDestination]] = []
        for line, raw in chunk:
            try:
                good.append((line, _command(line, raw, class_year, graduate_id_of, lines_of)))
            except _BadRow as bad:
                outcome.refuse(line, bad.errors)
        chunk_of = dict(chunk)
        command_id = uuid4()
        meta = Meta(command_id, command_id, actor, clock.now(), ACTION)
        for (line, wanted), item in zip(
            good, handle_many(log, HANDLING, [each for _, each in good], meta), strict=True
        ):
            if item.error is not None:
                outcome.refuse(line, [item.error])
                continue
            outcome.warn(_odd(line, chunk_of[line], wanted.destination))
            if item.answer is None or item.answer.position == 0:
                outcome.unchanged += 1
            else:
                outcome.registered += 1
        report(seen)
    return outcome


def _odd(line: int, raw: Row, destination: Destination) -> list[RowWarning]:
    changed = [RowWarning(line, name, "export.unified", *told) for name, told in changes_in(raw).items()]
    doubts = doubts_of(destination).items()
    return [*changed, *(RowWarning(line, name, doubt.code, doubt.zh, doubt.en) for name, doubt in doubts)]


class _BadRow(Exception):
    def __init__(self, errors: Sequence[ServiceError]) -> None:
        super().__init__(errors)
        self.errors = errors


def _command(
    line: int, raw: Row, class_year: int, graduate_id_of: GraduateOf, lines_of: dict[str, int]
) -> ImportDestination:
    try:
        graduate_id = graduate_id_of(raw)
    except Refusal as refusal:
        raise _BadRow([refusal]) from None
    decoded = decode_row(raw, class_year)
    errors = [] if isinstance(decoded, Destination) else decoded
    if graduate_id is None:
        number = next((name for name in NUMBERS if raw.get(name, "").strip()), NUMBERS[0])
        # A number that a spreadsheet damaged has been told of.
        if not any(error.field == number for error in errors):
            errors = [NO_GRADUATE.error(field=number), *errors]
        raise _BadRow(errors)
    first = lines_of.setdefault(graduate_id, line)
    if first != line:
        raise _BadRow([REPEATED_ROW.error(line=first)])
    if not isinstance(decoded, Destination):
        raise _BadRow(errors)
    return ImportDestination(graduate_id, decoded)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, fields) of a CSV or XLSX file; columns are checked at once, those nobody asks for are passed over.

    Raises Invalid `export.unreadable`, `export.missing_columns`, `export.repeated_columns`.
    """
    lines = _lines(path)
    header = next(lines, None)
    if header is None:
        raise UNREADABLE.error(why="文件为空", why_en="the file is empty")
    names = header_of(header[1])
    columns = [HEADERS.get(name, "") for name in names]
    repeated = [name for name, known in zip(names, columns, strict=True) if known and columns.count(known) > 1]
    if repeated:
        raise REPEATED_COLUMNS.error(columns=[name[:40] for name in repeated[:20]])
    for wanted, told in ((NUMBERS, ["学号", "考生号"]), (CATEGORIES, ["毕业去向类别代码", "毕业去向"])):
        if not set(wanted) & set(columns):
            raise MISSING_COLUMNS.error(columns=told)
    return _fields(columns, lines)


def _fields(columns: Sequence[str], lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in lines:
        if any(cell.strip() for cell in cells):
            yield number, {name: cell for name, cell in zip(columns, cells, strict=False) if name}


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from read_lines(path)
    except BadWorkbook as bad:
        raise UNREADABLE.error(why=bad.zh, why_en=bad.en) from None
