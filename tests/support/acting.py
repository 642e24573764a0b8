"""What people of a running platform do in more than one story: show evidence, wait for a book or a destination, return."""

from __future__ import annotations

from typing import Any

from campaign.paperwork import a_scan
from shared.messages import Actor
from tests.support.people import People, eventually
from wq.demo.actors import graduate

# What an agreement on paper says.
TERMS = {
    "unit_name": "晋源区某街道办事处",
    "uscc_absent_reason": "机关单位",
    "nature": "10",
    "industry": "45",
    "place": "140110",
    "position": "30",
    "job_title": "办事员",
    "monthly_salary": 4200,
    "penalty": 2000,
}


def evidence(people: People, person: str, kind: str, actor: Actor | None = None, **more: Any) -> str:
    """上传佐证材料: its id."""
    answer = people.ask(
        actor or graduate(person),
        "directory.store_evidence",
        graduate_id=person,
        kind=kind,
        content=a_scan(),
        **more,
    )
    return str(answer["id"])


def book(people: People, person: str) -> dict[str, Any]:
    """The graduate's newest book or paper agreement."""
    found: dict[str, Any] = people.ask(graduate(person), "agreement.get_agreements", graduate_id=person)["books"][-1]
    return found


def await_book(people: People, person: str, state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = book(people, person)
        return found if found["state"] == state else None

    return eventually(look, f"the book of {person} is {state}")


def await_registered(people: People, person: str, code: str | None) -> dict[str, Any]:
    """The graduate's registrations once the registered destination has this code, or none is registered."""

    def look() -> dict[str, Any] | None:
        found = people.registered(person)
        registered = found["registered"]
        return found if (registered["destination"]["code"] if registered else None) == code else None

    return eventually(look, f"{person} is registered as {code}")


def returned(people: People, office: Actor, step: str, person: str, kind: str, reason: str) -> None:
    """退回."""
    case_id = people.case(office, step, person, kind)
    people.ask(office, "review.return_review", case_id=case_id, reason=reason)
