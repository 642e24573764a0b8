"""Which economic region and which area a province belongs to (DOMAIN 4.7), and which places a region holds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.codes.tables import UnknownCode, rows

# 新疆生产建设兵团 by convention, and what GB/T 2260 calls its cities, 659001 石河子 to 659012 白杨 (DOMAIN 2.10).
CORPS = "660000"
CORPS_CITIES = "6590"

_REGIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {row["province"]: (row["economic_region"], row["area"]) for row in rows("regions")}
)


def economic_region(province: str) -> str:
    """东部, 中部, 西部, 东北 or 港澳台. Raises UnknownCode."""
    return _of(province)[0]


def area(province: str) -> str:
    """One of the seven areas or 港澳台. Raises UnknownCode."""
    return _of(province)[1]


def in_region(place: str, region: str) -> bool:
    """Whether a place lies in a region, both of six digits: 140105 does in 140000 and 140100, not in 140105's neighbours.

    The corps' cities lie in it as they do in Xinjiang.
    """
    if region == CORPS:
        return place.startswith((CORPS[:2], CORPS_CITIES))
    for length, rest in ((2, "0000"), (4, "00")):
        if region.endswith(rest):
            return place[:length] == region[:length]
    return place == region


def _of(province: str) -> tuple[str, str]:
    if province not in _REGIONS:
        raise UnknownCode("regions", province)
    return _REGIONS[province]
