"""The national-format file of destinations (DOMAIN 5.1): one row for each graduate on a roster, page by page.

Names and student numbers come from the sealed envelopes, which only this context may hand to an office as a file; the
destination comes from the registration's events as published. What no table knows stays empty: of places only the
province has a name here, its code is there in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Engine

from services.directory.personal import Personal
from services.directory.read_model import list_graduates
from shared.codes.destination import AGREEMENT, DESTINATIONS, INTENTIONS
from shared.codes.tables import (
    EDUCATION,
    ETHNIC,
    INDUSTRY,
    POLITICAL,
    POSITION,
    PROVINCE,
    SEX,
    TRAINING,
    UNIT_NATURE,
    CodeTable,
)
from shared.eventlog.port import EventLog
from shared.messages import Meta, Recorded
from shared.opening import note_reads

PAGE: Final = 500
ACTION: Final = "directory.export_destinations"
COLUMNS: Final = (
    "学号",
    "姓名",
    "性别",
    "生源地名称",
    "生源地代码",
    "民族名称",
    "政治面貌",
    "城乡生源",
    "学历层次",
    "专业名称",
    "专业方向",
    "专业代码",
    "入学年月",
    "毕业日期",
    "培养方式",
    "委培单位",
    "学习形式",
    "毕业去向类别代码",
    "毕业去向",
    "签约日期",
    "单位名称",
    "统一社会信用代码",
    "留学院校外文名称",
    "单位性质代码",
    "单位性质",
    "单位行业代码",
    "单位行业",
    "单位所在地代码",
    "单位所在地",
    "单位地址",
    "工作职位类别代码",
    "工作职位类别",
)
_INTENTIONS = {each.key: each.name for each in INTENTIONS}
_ROSTER = ("directory.GraduateEnrolled", "directory.GraduateCorrected")


def export_page(
    connection: Connection,
    log: EventLog,
    personal: Personal,
    scope: str,
    class_year: int,
    after: str | None,
    limit: int,
    meta: Meta,
) -> tuple[list[list[str]], str | None]:
    """Up to `limit` rows in the order of `COLUMNS`, and where the next page begins, None when there is none.

    Who was erased has a row without number and name. The reads of personal data are counted and logged. Raises
    UnreadableEvent `personal.broken`.
    """
    page = list_graduates(connection, scope, class_year, after, limit)
    opened = personal.open_many(connection, {row["graduate_id"]: row["personal"] for row in page})
    note_reads(meta, opened)
    graduates = [row["graduate_id"] for row in page]
    streams = log.read([f"{kind}-{each}" for each in graduates for kind in ("graduate", "registration")])
    rows = [
        row_of(opened[each] or {}, streams[f"graduate-{each}"], streams[f"registration-{each}"]) for each in graduates
    ]
    return rows, f"{page[-1]['scope']} {page[-1]['graduate_id']}" if len(page) == limit else None


def export_lines(
    engine: Engine, log: EventLog, personal: Personal, scope: str, class_year: int, meta: Meta
) -> Iterator[list[str]]:
    """All rows of a scope and class, a page in memory at a time."""
    after: str | None = None
    while True:
        with engine.connect() as connection:
            rows, after = export_page(connection, log, personal, scope, class_year, after, PAGE, meta)
        yield from rows
        if after is None:
            return


def row_of(person: Mapping[str, Any], roster: Sequence[Recorded], registrations: Sequence[Recorded]) -> list[str]:
    """The row of a graduate on a roster; `person` is what was sealed, empty of who was erased."""
    return _row(person, _entry(roster), _destination(registrations))


def _entry(history: Sequence[Recorded]) -> Mapping[str, Any]:
    return next(recorded.data for recorded in reversed(history) if recorded.type in _ROSTER)


def _destination(history: Sequence[Recorded]) -> Mapping[str, Any]:
    """The destination that counts now, empty for none."""
    found: Mapping[str, Any] = {}
    for recorded in history:
        if recorded.type == "registration.DestinationRegistered":
            found = recorded.data["destination"]
        elif recorded.type == "registration.DestinationReopened":
            found = {}
    return found


def _row(person: Mapping[str, Any], entry: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    code = told.get("code", "")
    cells = (
        person.get("student_no"),
        person.get("name"),
        _name(SEX, entry["sex"]),
        _place(entry["origin"]),
        entry["origin"],
        _name(ETHNIC, entry["ethnic"]),
        _name(POLITICAL, entry["political"]),
        entry["household"],
        _name(EDUCATION, entry["education"]),
        entry["major_name"],
        # The roster has no 专业方向.
        None,
        entry["major_code"],
        _day(entry["enrolled_on"], "%Y%m"),
        _day(entry["graduates_on"], "%Y%m%d"),
        _name(TRAINING, entry["training"]),
        entry.get("agreed_unit"),
        entry["study_mode"],
        code,
        _category(code, told.get("intention")),
        _day(told.get("signed_on"), "%Y%m%d"),
        # Where somebody studies further stands in the unit's column.
        told.get("unit_name") or told.get("school_name"),
        told.get("uscc"),
        told.get("foreign_school_name"),
        told.get("unit_nature"),
        _name(UNIT_NATURE, told.get("unit_nature")),
        told.get("industry"),
        _name(INDUSTRY, told.get("industry")),
        told.get("place"),
        told.get("country") or _place(told.get("place")),
        told.get("unit_address"),
        told.get("position"),
        _name(POSITION, told.get("position")),
    )
    return [cell or "" for cell in cells]


def _name(table: CodeTable, code: str | None) -> str:
    known = table.get(code) if code is not None else None
    return known.name if known is not None else ""


def _place(code: str | None) -> str:
    return _name(PROVINCE, code[:2]) if code else ""


def _day(told: str | None, form: str) -> str:
    return date.fromisoformat(told).strftime(form) if told else ""


def _category(code: str, intention: str | None) -> str:
    """The category as exports write it: 境内升学—研究生, 待就业—求职中."""
    known = DESTINATIONS.get(code)
    if known is None:
        return ""
    parent = DESTINATIONS.get(known.parent or "")
    words = [parent.name] if parent is not None and parent.name != known.name else []
    words.append(known.name)
    # 71 has a single intention, which its name says already.
    if intention is not None and _INTENTIONS[intention] != known.name and code != AGREEMENT:
        words.append(_INTENTIONS[intention])
    return "—".join(words)
