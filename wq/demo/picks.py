"""Whom a printed name means: graduates picked by what they have in one dimension or several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.codes.destination import DESTINATIONS, RULES
from shared.codes.tables import plain
from wq.demo.figures import Cell, Pick, Values
from wq.demo.names import (
    HEADINGS,
    ROSTER,
    TOTALS,
    UNIT,
    Meaning,
    meaning,
    unknown_name,
)

PLACED_NAME, STUDY_NAME, SEEKING = "落实", "升学", "求职中"
PLACED_ONLY = frozenset(code.code for code in DESTINATIONS.values() if code.placed)
PLACED_CODES: Values = frozenset((code,) for code in PLACED_ONLY)
PLACED_PICK = Pick(("code",), PLACED_CODES)
AT_WORK = frozenset(code for code in PLACED_ONLY if DESTINATIONS[code].groups[min(RULES)] != "升学")
INTENTIONS = {"70": "job_seeking", "72": "not_seeking"}


def pick_of(found: Meaning) -> Pick:
    """A meaning as the statistics count it. A place is one of work: a registration for study has its school's place."""
    if found.dimensions == ("place",):
        return Pick(("code", "place"), frozenset((code, place) for code in AT_WORK for (place,) in found.values))
    return Pick(found.dimensions, found.values)


def both_picks(one: Pick, other: Pick) -> Pick:
    """Those whom both pick."""
    shared = [name for name in one.dimensions if name in other.dimensions]
    kept = [i for i, name in enumerate(other.dimensions) if name not in shared]
    by_shared: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for values in other.values:
        key = tuple(values[other.dimensions.index(name)] for name in shared)
        by_shared.setdefault(key, []).append(tuple(values[i] for i in kept))
    return Pick(
        (*one.dimensions, *(other.dimensions[i] for i in kept)),
        frozenset(
            (*values, *more)
            for values in one.values
            for more in by_shared.get(tuple(values[one.dimensions.index(name)] for name in shared), ())
        ),
    )


def only_in(pick: Pick, dimension: str, name: str) -> Pick:
    return both_picks(pick, pick_of(meaning_in(name, dimension)))


def first_with(name: str, dimension: str) -> str:
    return min(meaning_in(name, dimension).values)[0]


def joint_cell(count: int, *parts: tuple[str, Meaning]) -> Cell:
    roster = tuple((dimension, min(found.values)[0]) for dimension, found in parts if dimension in ROSTER)
    destination = next((found for dimension, found in parts if dimension not in ROSTER), None)
    return Cell(count, destination, roster)


def merged_names(meanings: Mapping[str, Meaning]) -> dict[Meaning, list[str]]:
    found: dict[Meaning, list[str]] = {}
    for name, own in meanings.items():
        found.setdefault(own, []).append(name)
    return found


OVERLAPPING = ("sex", "education", "political", "ethnic", "hardship", "normal", "origin")


def overlaps_of(given: Mapping[str, int], total: int | None) -> dict[str, dict[str, int]]:
    """The dimensions that are mixed in one table; 其他 belongs to the one whose sum it completes."""
    found: dict[str, dict[str, int]] = {}
    others: list[str] = []
    for name, count in given.items():
        dimension = next((each for each in OVERLAPPING if meaning(name, each)), None)
        if plain(name) in TOTALS:
            continue
        if plain(name) in ("其他", "其它"):
            others.append(name)
        elif dimension is None:
            raise unknown_name(name, "ethnic")
        else:
            found.setdefault(dimension, {})[name] = count
    wanted = total if total is not None else max((sum(own.values()) for own in found.values()), default=0)
    for name in others:
        fitting = [each for each, own in found.items() if sum(own.values()) + given[name] == wanted]
        if not fitting:
            raise unknown_name(name, "ethnic")
        found[fitting[0]][name] = given[name]
    return found


def breakdowns_of(extra: Mapping[str, Any]) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    flat: dict[str, dict[str, Any]] = {}
    for name, value in extra.items():
        if isinstance(value, dict):
            yield name, value
        else:
            dimension = next((each for each in OVERLAPPING if meaning(name, each)), None)
            if dimension is None:
                raise unknown_name(name, "sex")
            flat.setdefault(dimension, {})[name] = value
    yield from flat.items()


def roster_dimension(names: Sequence[str], heading: str | None) -> str:
    hinted = HEADINGS.get(plain(heading)) if heading else None
    if hinted in ROSTER:
        return hinted
    for dimension in ("sex", "education", "ethnic", "political", "normal", "hardship"):
        if all(meaning(name, dimension) for name in names):
            return dimension
    return "department" if all(re.search("(学院|系|部)$", plain(name)) for name in names) else "major"


def meaning_in(name: str, dimension: str) -> Meaning:
    found = meaning(name, dimension)
    if found is None and dimension in UNIT:
        found = meaning(name, "destination")
    if found is None:
        raise unknown_name(name, dimension)
    return found
