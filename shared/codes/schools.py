"""The 2,756 schools of the ministry's list of 2021 (DOMAIN 3.3, 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.codes.tables import rows


@dataclass(frozen=True, slots=True)
class School:
    """`code5` is the last five digits of the ten-digit 学校标识码 and unique in the list; `province` is "66" for the corps."""

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
