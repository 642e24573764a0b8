"""Every province has one economic region and one area."""

from __future__ import annotations

import pytest

from shared.codes.regions import area, economic_region, in_region
from shared.codes.tables import PROVINCE, UnknownCode


def drawn(by: str) -> dict[str, str]:
    """Each region or area with its provinces, in the order of the table."""
    found: dict[str, str] = {}
    for province in PROVINCE.codes:
        name = area(province) if by == "area" else economic_region(province)
        found[name] = f"{found.get(name, '')} {province}".strip()
    return found


def test_the_four_economic_regions() -> None:
    assert drawn("economic_region") == {
        "东部": "11 12 13 31 32 33 35 37 44 46",
        "中部": "14 34 36 41 42 43",
        "西部": "15 45 50 51 52 53 54 61 62 63 64 65 66",
        "东北": "21 22 23",
        "港澳台": "71 81 82",
    }


def test_the_seven_areas_have_jiangxi_in_the_middle() -> None:
    assert drawn("area") == {
        "华北": "11 12 13 14 15",
        "东北": "21 22 23",
        "华东": "31 32 33 34 35 37",
        "华中": "36 41 42 43",
        "华南": "44 45 46",
        "西南": "50 51 52 53 54",
        "西北": "61 62 63 64 65 66",
        "港澳台": "71 81 82",
    }


@pytest.mark.parametrize("look_up", [area, economic_region])
def test_an_unknown_province_has_none(look_up: object) -> None:
    assert callable(look_up)
    with pytest.raises(UnknownCode):
        look_up("99")


@pytest.mark.parametrize(
    ("place", "region", "lies"),
    [
        ("140105", "140000", True),
        ("140105", "140100", True),
        ("140105", "140105", True),
        ("140106", "140105", False),
        ("140200", "140100", False),
        ("659001", "660000", True),
        ("659012", "660000", True),
        ("660000", "660000", True),
        ("660800", "660000", True),
        ("659001", "659000", True),
        ("659001", "650000", True),
        ("650100", "660000", False),
        ("659001", "659002", False),
        ("660000", "650000", False),
    ],
)
def test_a_place_lies_in_what_holds_it_and_the_cities_of_the_corps_in_the_corps_too(
    place: str, region: str, lies: bool
) -> None:
    assert in_region(place, region) is lies
