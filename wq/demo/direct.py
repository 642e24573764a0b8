"""Detours of who registers: returned, voided, changed, filled in by an office, leaving (DOMAIN 1.5, 1.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wq.demo.actors import until
from wq.demo.detours import CHAIN, Detours
from wq.demo.mix import Life

SEEKING = {"code": "70", "intention": "job_seeking"}


def before_registering(detours: Detours) -> None:
    """What is registered first, or said by others, before everybody registers."""
    of = detours.mix.of
    returned, undone, changed, left = (of(life) for life in (Life.RETURNED, Life.UNDONE, Life.CHANGED, Life.LEFT))
    planned = [*returned, *undone, *left]
    detours.each(planned, "registration.register_destination", _planned(detours))
    detours.each(changed, "registration.register_destination", lambda _: {"destination": SEEKING})
    _return(detours, returned)
    detours.review({"registration": [*undone, *changed, *left]}, CHAIN)
    _void(detours, undone)
    _leave(detours, left)
    _file(detours, of(Life.FILED), of(Life.DENIED))


def _planned(detours: Detours) -> Callable[[int], dict[str, Any]]:
    return lambda number: {"destination": detours.destination(number)}


def _return(detours: Detours, numbers: Sequence[int]) -> None:
    """The department sends every one of them back once."""
    of_office: dict[Any, set[str]] = {}
    for number in numbers:
        of_office.setdefault(detours.department(number), set()).add(detours.graduates[number])
    for office, people in of_office.items():
        returned: set[str] = set()

        def send_back(office: Any = office, people: set[str] = people, returned: set[str] = returned) -> int:
            asked = {"step": "department", "kind": "registration", "limit": 500}
            cases = detours.actors.ask(office, "review.list_queue", asked)["cases"]
            fresh = {
                case["case_id"] for case in cases if case["graduate_id"] in people and case["case_id"] not in returned
            }
            told = [{"case_id": case_id, "reason": "材料不清，请重新上传"} for case_id in sorted(fresh)]
            if told:
                detours.actors.in_bulk(office, "review.return_reviews", told, lambda done: None)
                returned |= fresh
            return len(returned)

        until(send_back, len(people), "退回 returns")
    detours.await_registrations(numbers, lambda shown: shown["pending"] is None, "退回")


def _void(detours: Detours, numbers: Sequence[int]) -> None:
    detours.await_registered(numbers)
    registered = {n: shown["registered"]["registration_id"] for n, shown in detours.registrations(numbers).items()}
    detours.each(
        numbers, "registration.request_void", lambda n: {"registration_id": registered[n], "reason": "登记有误"}
    )
    detours.review({"void": numbers}, CHAIN)
    detours.await_freed(numbers)


def _leave(detours: Detours, numbers: Sequence[int]) -> None:
    """Who has confirmed to leave confirms again when the school has corrected the roster."""
    leaving = {"archive": {"kind": "kept"}, "household": {"moves": False}, "verification_authorised": True}
    detours.await_registered(numbers)
    detours.each(numbers, "registration.confirm_leaving", lambda _: leaving)
    rows = [detours.cohort.graduates[number].row for number in numbers]
    detours.enrol([{**row, "phone": f"137{row['phone'][3:]}"} for row in rows])
    detours.await_registrations(numbers, lambda shown: shown["leaving"] is None, "离校确认重置 leaving reset")
    detours.each(numbers, "directory.confirm_basic_data", lambda _: {})
    detours.each(numbers, "registration.confirm_leaving", lambda _: leaving)


def _file(detours: Detours, right: Sequence[int], wrong: Sequence[int]) -> None:
    """代填: what fits the graduate confirms, what does not the graduate denies."""
    filing = "registration.file_destination"
    detours.each_office(detours.department, right, filing, _planned(detours))
    detours.each_office(detours.department, wrong, filing, lambda _: {"destination": SEEKING})
    filed = {n: shown["filed"]["filing_id"] for n, shown in detours.registrations([*right, *wrong]).items()}
    detours.each(right, "registration.confirm_filing", lambda n: {"filing_id": filed[n]})
    detours.each(wrong, "registration.reject_filing", lambda n: {"filing_id": filed[n], "reason": "与本人实际去向不符"})
