"""Every category and form of destination is registered with its own fields and evidence, and counted (DOMAIN 1.5, 2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.codes.destination import AGREEMENT, DESTINATIONS, FORMS, INTENTIONS
from tests.support.acting import await_registered, evidence
from tests.support.people import People, Place, eventually
from wq.demo.actors import graduate

YEAR = 2026
DIRECTED = "directed"
CATEGORIES = [code.code for code in DESTINATIONS.values() if code.registrable and code.code != AGREEMENT]
KINDS = [*CATEGORIES, *(form for form in FORMS if form != DIRECTED)]
FILLED = {
    "unit_name": "示范单位",
    "unit_nature": "31",
    "industry": "45",
    "place": "140110",
    "position": "24",
    "monthly_salary": 6000,
    "school_name": "示范大学",
    "country": "新加坡",
    "foreign_school_name": "Example University",
}


@pytest.fixture(scope="module")
def place(people: People) -> Place:
    """A school in a province that asks for evidence, with a graduate for each kind of destination."""
    return people.settle("10113", YEAR, parties=2, size=len(KINDS), evidence_required=True)


def wanted(kind: str) -> dict[str, Any]:
    """A destination with exactly what its category or form must have."""
    asks = FORMS.get(kind) or DESTINATIONS[kind]
    code = asks.code
    filled = {name: FILLED.get(name) for name in (*asks.required, *asks.asked)}
    if asks.unit_natures:
        filled["unit_nature"] = asks.unit_natures[0]
    if "unit_address" in asks.asked:
        filled |= {"unit_address": "太原市晋源区某路 1 号", "unit_phone": "0351-0000000"}
    if asks.uscc:
        filled["uscc_absent_reason"] = "示范单位没有统一社会信用代码"
    if DESTINATIONS[code].minimum_wage:
        filled["monthly_salary"] = FILLED["monthly_salary"]
    intention = next((each.key for each in INTENTIONS if each.code == code), None)
    if "intention" in filled:
        filled["intention"] = intention
    return {"code": code, **filled, **({"form": kind} if kind in FORMS else {})}


@pytest.mark.parametrize("kind", KINDS)
def test_a_destination_is_registered_with_its_evidence_and_told(people: People, place: Place, kind: str) -> None:
    """登记 → 佐证材料 → 院系审核 → 学校审核 → 去向 → 国家系统."""
    person = place.graduates[KINDS.index(kind)]
    destination = wanted(kind)
    code = destination["code"]
    asked: dict[str, Any] = {"graduate_id": person, "destination": destination}
    kinds = (FORMS.get(kind) or DESTINATIONS[kind]).evidence
    if kinds:
        refusal = people.refused(graduate(person), "registration.register_destination", **asked)
        assert refusal == "registration.evidence_missing"
        asked["evidence"] = [evidence(people, person, kinds[0])]
    people.ask(graduate(person), "registration.register_destination", **asked)
    people.review(place, person, "registration", "department", "school")
    registered = await_registered(people, person, code)["registered"]
    assert {name: value for name, value in registered["destination"].items() if value is not None} == destination
    national = people.national

    def told() -> Any:
        body = national.history(person)[-1]["body"]
        return body["destination"] if body["destination"] else None

    assert eventually(told, "the national side has it")["code"] == code


def test_all_of_them_are_counted(people: People, place: Place) -> None:
    """统计与国家系统一致."""
    counts: dict[str, int] = {}
    for kind in KINDS:
        code = wanted(kind)["code"]
        counts[code] = counts.get(code, 0) + 1
    people.await_counts(place, counts)
