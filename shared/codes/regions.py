"""Which economic region and which area a province belongs to (DOMAIN 4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.codes.tables import UnknownCode, rows

_REGIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {row["province"]: (row["economic_region"], row["area"]) for row in rows("regions")}
)


def economic_region(province: str) -> str:
    """东部, 中部, 西部, 东北 or 港澳台. Raises UnknownCode."""
    return _of(province)[0]


def area(province: str) -> str:
    """One of the seven areas or 港澳台. Raises UnknownCode."""
    return _of(province)[1]


def _of(province: str) -> tuple[str, str]:
    if province not in _REGIONS:
        raise UnknownCode("regions", province)
    return _REGIONS[province]
