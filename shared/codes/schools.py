"""The 2,756 schools of the ministry's list of 2021 (DOMAIN 3.3, 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.codes.tables import plain, rows


@dataclass(frozen=True, slots=True)
class School:
    """One school. `code5` is the last five digits of the ten-digit 学校标识码 and unique in the list.

    It is the 院校代码 except for the six schools whose ten digits begin with 36 (DOMAIN 3.3). `province` is "66" for
    the corps (DOMAIN 2.10); `private` is guessed from the authority.
    """

    code5: str
    school_id10: str
    name: str
    province: str
    authority: str
    city: str
    level: str
    private: bool


SCHOOLS: Mapping[str, School] = MappingProxyType(
    {
        row["code5"]: School(
            code5=row["code5"],
            school_id10=row["school_id10"],
            name=row["name"],
            province=row["province"],
            authority=row["authority"],
            city=row["city"],
            level=row["level"],
            private=row["private"] == "1",
        )
        for row in rows("schools")
    }
)

_BY_NAME: Mapping[str, School] = MappingProxyType({plain(school.name): school for school in SCHOOLS.values()})


def school_by_name(name: str) -> School | None:
    """The school that the list of 2021 calls so, whatever the width of brackets; None when there is none."""
    return _BY_NAME.get(plain(name))
