"""Whose a row of a school's file is: 考生号 and 学号 looked up among the graduates that the directory knows."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from services.directory.personal import Personal
from services.directory.read_model import list_graduates
from shared.access import scope_path
from shared.codes.schools import School
from shared.errors import Invalid, Reason
from shared.names import same_name

PAGE = 1_000

NUMBERS_DIFFER = Reason(
    "finding.numbers_differ",
    "考生号与学号不是同一毕业生，请核对后重填",
    "The two numbers belong to different graduates: check them",
    Invalid,
)
NAME_DIFFERS = Reason(
    "finding.name_differs", "姓名与名册不符，请核对后重填", "The name is not the one on the roster: check it", Invalid
)


class Graduates:
    """The graduates of one school and class by their numbers, read once; kept in memory only."""

    def __init__(self, engine: Engine, personal: Personal, school: School, class_year: int) -> None:
        self._names: dict[str, str] = {}
        self._known: dict[tuple[str, str], set[str]] = {}
        scope = scope_path(school.province, school.code5)
        after: str | None = None
        with engine.connect() as connection:
            while page := list_graduates(connection, scope, class_year, after, PAGE):
                envelopes = {row["graduate_id"]: row["personal"] for row in page}
                for graduate_id, clear in personal.open_many(connection, envelopes).items():
                    if clear is None:
                        continue
                    self._names[graduate_id] = clear["name"]
                    for number in ("exam_no", "student_no"):
                        self._known.setdefault((number, clear[number]), set()).add(graduate_id)
                after = f"{page[-1]['scope']} {page[-1]['graduate_id']}"

    def graduate_id_of(self, row: Mapping[str, str]) -> str | None:
        """The graduate whom all numbers of the row name; None when one names nobody, or several people.

        Raises Invalid when the numbers or the name belong to somebody else.
        """
        given = {name: row.get(name, "").strip() for name in ("exam_no", "student_no")}
        found = [self._known.get((name, number), set()) for name, number in given.items() if number]
        if not found or not all(found):
            return None
        both = set.intersection(*found)
        if not both:
            raise NUMBERS_DIFFER.error(field="student_no")
        if len(both) > 1:
            return None
        (graduate_id,) = both
        name = row.get("name", "").strip()
        if name and not same_name(name, self._names[graduate_id]):
            raise NAME_DIFFERS.error(field="name")
        return graduate_id
