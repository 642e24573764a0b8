"""Playing a cohort: settings, employers, roster, signing, registering, reviewing, and on a later day whatever changes."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from services.directory.decider import employer_id_of
from shared.access import scope_path
from shared.clock import Clock, MovableClock
from shared.codes.destination import AGREEMENT, DESTINATIONS
from shared.codes.schools import SCHOOLS
from wq.demo.actors import (
    BULK,
    MINISTRY,
    Actors,
    DemoFailed,
    department_office,
    employer,
    graduate,
    province_office,
    school_office,
    until,
)
from wq.demo.basics import before_anything, former_name
from wq.demo.cohort import Cohort, Destination
from wq.demo.detours import Detours
from wq.demo.direct import before_registering
from wq.demo.figures import Report
from wq.demo.mix import ENDING_CANCELLED, SIGNED_BEFORE, Life, Mix, draw, rows
from wq.demo.online import before_signing
from wq.demo.paper import on_paper

# Employers without a credit code have ids of their own.
WITHOUT_USCC = UUID("0e6f1c1e-53b5-4b7c-8a55-0d9a3c1f2b10")
# Detours begin so long before the first day: what is asked and not answered in time must lapse before it.
DETOURS_TAKE = timedelta(days=20)


class Progress(Protocol):
    """Shows how a phase goes on."""

    def phase(self, name: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """A phase of so many steps; call the result with the number of steps done."""
        ...


@dataclass(slots=True)
class Played:
    """A cohort in the platform: ids in the order of the plan."""

    cohort: Cohort
    province: str
    parties: int
    graduates: list[str] = field(default_factory=list)
    employers: list[str] = field(default_factory=list)
    agreements: dict[int, str] = field(default_factory=dict)
    mix: Mix | None = None
    cancelled: int = 0


def free_school(actors: Actors, report: Report, class_year: int) -> str:
    """A university, the same for the same report, in a province where nobody of this class is enrolled yet.

    When every province is taken, a school where nobody is. Raises DemoFailed when all are.
    """
    asked = {
        "scope": MINISTRY.scope,
        "class_year": class_year,
        "by": ["province", "school"],
        "include_completion": True,
    }
    rows = actors.ask(MINISTRY, "stats.count_graduates", asked)["rows"]
    provinces, schools = {row[0] for row in rows}, {row[1] for row in rows}
    candidates = [school for school in SCHOOLS.values() if school.level == "本科" and school.code5 not in schools]
    unused = [school for school in candidates if school.province not in provinces] or candidates
    if not unused:
        raise DemoFailed("本届已没有空的学校 / every school of this class is taken")
    chosen = int.from_bytes(hashlib.sha256(report.id.encode()).digest()[:4], "big") % len(unused)
    return unused[chosen].code5


def play(actors: Actors, clock: Clock, cohort: Cohort, progress: Progress, mix: Mix | None = None) -> Played:
    """Play every day of a cohort, on the first with the detours of a mix. Raises ServiceError, DemoFailed."""
    school = SCHOOLS[cohort.school]
    played = Played(cohort, school.province, parties=3 if cohort.class_year <= 2022 else 2, mix=mix)
    first = cohort.days[0]
    _move(clock, first - DETOURS_TAKE if mix is not None and first is not None else first)
    actors.ask(province_office(played.province), "directory.set_province", _settings(played))
    if mix is not None:
        mix.lives = draw(cohort)
        played.cancelled = len(mix.of(*ENDING_CANCELLED))
    _register_employers(actors, played, progress)
    _import_roster(actors, played, progress)
    _confirm(actors, played, progress)
    _detour(actors, played, progress)
    for index, day in enumerate(cohort.days):
        _move(clock, day)
        _leave(actors, played, index, progress)
        _sign(actors, played, index, progress)
        _register(actors, played, index, progress)
        _settle(actors, played, index, progress)
    return played


def _move(clock: Clock, day: date | None) -> None:
    if day is not None and isinstance(clock, MovableClock):
        clock.set(datetime(day.year, day.month, day.day, 1, tzinfo=UTC))


def _settings(played: Played) -> dict[str, Any]:
    return {
        "province": played.province,
        "class_year": played.cohort.class_year,
        "parties": played.parties,
        "review_chain": ["department", "school"],
        "cancellation_chain": ["school"],
        "response_days": 5,
        "response_days_max": 30,
        "cancellation_days": 15,
        # Reports tell of changes until the year-end rate, may be played as another class than their own, and come
        # without anybody's papers.
        "change_deadline": f"{played.cohort.class_year + 5}-12-31",
        "evidence_required": False,
    }


def _register_employers(actors: Actors, played: Played, progress: Progress) -> None:
    asked = []
    for number, each in enumerate(played.cohort.employers):
        seed = f"{played.cohort.school} {played.cohort.class_year} {number}"
        employer_id = employer_id_of(each.uscc) if each.uscc else f"00-{uuid5(WITHOUT_USCC, seed)}"
        played.employers.append(employer_id)
        application = {
            "employer_id": employer_id,
            "name": each.name if played.mix is None else former_name(number, each.name),
            "uscc": each.uscc,
            "uscc_absent_reason": each.uscc_absent_reason,
            "nature": each.nature,
            "industry": each.industry,
            "place": each.place,
            "address": "示范路 1 号",
            "contact_name": "王经理",
            "contact_phone": "010-00000000",
        }
        asked.append((employer(employer_id), "directory.register_employer", application))
    with progress.phase("用人单位注册与审核 employers", 2 * len(asked)) as step:
        actors.ask_all(asked, step)
        office = province_office(played.province)
        verify = "directory.verify_employer"
        actors.ask_all([(office, verify, {"employer_id": each}) for each in played.employers], step)


def _import_roster(actors: Actors, played: Played, progress: Progress) -> None:
    cohort = played.cohort
    office = school_office(played.province, cohort.school)
    handed_in = list(rows(cohort, played.mix.lives if played.mix is not None else {}))
    with progress.phase("生源信息导入 roster", len(handed_in)) as step:
        for start in range(0, len(handed_in), BULK):
            chunk = handed_in[start : start + BULK]
            roster = {"school": cohort.school, "class_year": cohort.class_year, "rows": chunk}
            answer = actors.ask(office, "directory.import_roster", roster)
            outcomes = actors.accepted("directory.import_roster", answer["items"])
            played.graduates += [outcome["id"] for outcome in outcomes]
            step(len(outcomes))


def _confirm(actors: Actors, played: Played, progress: Progress) -> None:
    """Everybody looks at the roster and confirms it before signing or registering, but who finds a mistake in it."""
    disputing = set(played.mix.of(Life.CORRECTED)) if played.mix is not None else set()
    confirming = [person for number, person in enumerate(played.graduates) if number not in disputing]
    with progress.phase("信息确认 basic data", len(confirming)) as step:
        confirm = "directory.confirm_basic_data"
        actors.ask_all([(graduate(person), confirm, {"graduate_id": person}) for person in confirming], step)


def _detour(actors: Actors, played: Played, progress: Progress) -> None:
    mix = played.mix
    if mix is None:
        return
    with progress.phase("曲折办理 detours", 4) as step:

        def review(expected: dict[str, Sequence[int]], chain: Sequence[str]) -> None:
            _review(actors, played, expected, chain, lambda done: None)

        def attest(total: int) -> None:
            if total:
                _attest(actors, played, total, lambda done: None)

        detours = Detours(
            actors=actors,
            mix=mix,
            cohort=played.cohort,
            province=played.province,
            settings=_settings(played),
            graduates=played.graduates,
            employers=played.employers,
            review=review,
            attest=attest,
            destination=lambda number: _destination(played.cohort.graduates[number].destinations[0]),
        )
        for part in (before_anything, before_signing, on_paper, before_registering):
            part(detours)
            step(1)


def _living(played: Played, index: int, *lives: Life) -> frozenset[int]:
    """Who of a mix lives one of these, on the first day."""
    return frozenset(played.mix.of(*lives)) if played.mix is not None and index == 0 else frozenset()


def _moving(played: Played, index: int) -> list[tuple[int, Destination, Destination]]:
    """(graduate, from, to) of everybody whose destination changes on a day of the plan."""
    nowhere = Destination("")
    return [
        (number, each.destinations[index - 1] if index else nowhere, each.destinations[index])
        for number, each in enumerate(played.cohort.graduates)
        if not index or each.destinations[index - 1] != each.destinations[index]
    ]


def _leave(actors: Actors, played: Played, index: int, progress: Progress) -> None:
    """Cancel agreements and void destinations that a later day no longer counts."""
    moving = _moving(played, index)
    signed = [number for number, before, _ in moving if before.code == AGREEMENT]
    voided = [
        number
        for number, before, after in moving
        if before.code not in ("", AGREEMENT) and (DESTINATIONS[before.code].placed or not after.code)
    ]
    if not signed and not voided:
        return
    played.cancelled += len(signed)
    with progress.phase("解约与作废 cancelling", len(signed) + len(voided)) as step:
        requests = actors.ask_all(
            [
                (graduate(played.graduates[number]), "agreement.request_cancellation", {
                    "graduate_id": played.graduates[number],
                    "agreement_id": played.agreements.pop(number),
                    "reason_code": "further_study",
                    "reason": "另有去向",
                })
                for number in signed
            ]
        )  # fmt: skip
        del requests
        _agree(actors, played, signed, index)
        actors.ask_all(
            [
                (graduate(played.graduates[number]), "registration.request_void", {
                    "graduate_id": played.graduates[number],
                    "registration_id": _registered(actors, played, number),
                    "reason": "去向变更",
                })
                for number in voided
            ]
        )  # fmt: skip
        _review(actors, played, {"cancellation": signed}, ["school"], step)
        _review(actors, played, {"void": voided}, ["department", "school"], step)
    left = Counter(each.destinations[index - 1].code for each in played.cohort.graduates)
    for number, before, _ in moving:
        if number in set(signed) | set(voided):
            left[before.code] -= 1
            left[""] += 1
    _await_counts(actors, played, left)


def _agree(actors: Actors, played: Played, signed: Sequence[int], index: int) -> None:
    asked = []
    for number in signed:
        hired_by = played.cohort.graduates[number].employers[index - 1]
        assert hired_by is not None
        graduate_id = played.graduates[number]
        state = actors.ask(graduate(graduate_id), "agreement.get_agreements", {"graduate_id": graduate_id})
        (open_one,) = (each["cancellation"] for each in state["offers"] if "cancellation" in each)
        payload = {"graduate_id": graduate_id, "cancellation_id": open_one["cancellation_id"]}
        asked.append((employer(played.employers[hired_by]), "agreement.agree_to_cancellation", payload))
    actors.ask_all(asked)


def _registered(actors: Actors, played: Played, number: int) -> str:
    graduate_id = played.graduates[number]
    state = actors.ask(graduate(graduate_id), "registration.get_registration", {"graduate_id": graduate_id})
    return str(state["registered"]["registration_id"])


def _sign(actors: Actors, played: Played, index: int, progress: Progress) -> None:
    """Employers invite in bulk, every graduate accepts; department and school review; 三方 is attested."""
    offers: dict[int, list[int]] = defaultdict(list)
    signed = _living(played, index, *SIGNED_BEFORE)
    for number, _, after in _moving(played, index):
        hired_by = played.cohort.graduates[number].employers[index]
        if after.code == AGREEMENT and hired_by is not None and number not in signed:
            offers[hired_by].append(number)
    total = sum(len(numbers) for numbers in offers.values())
    if not total:
        return
    with progress.phase("应约邀请 invitations", total) as step:
        for hired_by, numbers in offers.items():
            items = [_offer(played, hired_by, number) for number in numbers]
            actors.in_bulk(employer(played.employers[hired_by]), "agreement.send_offers", items, step)
    with progress.phase("毕业生应约 acceptances", total) as step:
        numbers = [number for group in offers.values() for number in group]
        found = actors.ask_all(
            [
                (
                    graduate(played.graduates[number]),
                    "agreement.get_agreements",
                    {"graduate_id": played.graduates[number]},
                )
                for number in numbers
            ]
        )
        accepts = []
        for number, state in zip(numbers, found, strict=True):
            (open_one,) = (each for each in state["offers"] if each["state"] == "open")
            played.agreements[number] = open_one["offer_id"]
            payload = {name: open_one[name] for name in ("graduate_id", "offer_id", "employer_id")}
            accepts.append((graduate(played.graduates[number]), "agreement.accept_offer", payload))
        actors.ask_all(accepts, step)
    with progress.phase("协议审核 reviews", 2 * total) as step:
        _review(actors, played, {"agreement": numbers}, ["department", "school"], step)
    if played.parties == 3:
        with progress.phase("学校鉴证 attestation", total) as step:
            _attest(actors, played, total, step)


def _offer(played: Played, hired_by: int, number: int) -> dict[str, Any]:
    return {
        "graduate_id": played.graduates[number],
        "employer_id": played.employers[hired_by],
        "position": played.cohort.employers[hired_by].position,
        "job_title": "管培生",
        "monthly_salary": 6000,
        "penalty": 3000,
    }


def _attest(actors: Actors, played: Played, total: int, step: Callable[[int], None]) -> None:
    office = school_office(played.province, played.cohort.school)
    attested: set[str] = set()

    def attest() -> int:
        asked = {"scope": office.scope, "limit": BULK}
        waiting = actors.ask(office, "agreement.list_awaiting_attestation", asked)["agreements"]
        fresh = [each for each in waiting if each["offer_id"] not in attested]
        items = [{"graduate_id": each["graduate_id"], "agreement_id": each["offer_id"]} for each in fresh]
        if items:
            actors.in_bulk(office, "agreement.attest_agreements", items, step)
            attested.update(each["offer_id"] for each in fresh)
        return len(attested)

    until(attest, total, "学校鉴证 attestation")


def _register(actors: Actors, played: Played, index: int, progress: Progress) -> None:
    """Every other category: the graduate registers, department and school review."""
    registered = _living(played, index, Life.LEFT)
    arriving = [
        (number, after)
        for number, _, after in _moving(played, index)
        if after.code not in ("", AGREEMENT) and number not in registered
    ]
    if not arriving:
        return
    filed = _living(played, index, Life.FILED)
    with progress.phase("其他去向登记 registrations", len(arriving) - len(filed)) as step:
        actors.ask_all(
            [
                (graduate(played.graduates[number]), "registration.register_destination", {
                    "graduate_id": played.graduates[number],
                    "destination": _destination(after),
                })
                for number, after in arriving
                if number not in filed
            ],
            step,
        )  # fmt: skip
    with progress.phase("登记审核 reviews", 2 * len(arriving)) as step:
        _review(actors, played, {"registration": [number for number, _ in arriving]}, ["department", "school"], step)


def _destination(planned: Destination) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value for name in planned.__slots__ if (value := getattr(planned, name))}
    if planned.unit_nature:
        fields |= {"unit_name": "示范单位", "job_title": "职员", "monthly_salary": 5000}
    if "unit_address" in DESTINATIONS[planned.code].asked:
        fields |= {"unit_address": "示范路 1 号", "unit_phone": "010-00000000"}
    if DESTINATIONS[planned.code].uscc:
        fields["uscc_absent_reason"] = "示范单位没有统一社会信用代码"
    if DESTINATIONS[planned.code].minimum_wage:
        fields["monthly_salary"] = 5000
    if planned.code in ("801", "802", "803"):
        fields["school_name"] = "示范大学"
    if planned.code == "85":
        fields |= {"country": "新加坡", "foreign_school_name": "National University of Singapore"}
    return fields


def _review(
    actors: Actors,
    played: Played,
    expected: dict[str, Sequence[int]],
    chain: Sequence[str],
    step: Callable[[int], None],
) -> None:
    """Approve, in the order of the chain, every case of a kind about these graduates as it appears in the queues."""
    for kind, numbers in expected.items():
        for office_kind in chain:
            by_office: dict[Any, set[str]] = defaultdict(set)
            for number in numbers:
                by_office[_office(played, office_kind, number)].add(played.graduates[number])
            for office, people in by_office.items():
                _work_through(actors, office, office_kind, kind, people, step)


def _office(played: Played, office_kind: str, number: int) -> Any:
    province, school = played.province, played.cohort.school
    match office_kind:
        case "department":
            return department_office(province, school, played.cohort.graduates[number].row["department"])
        case "school":
            return school_office(province, school)
    return province_office(province)


def _work_through(
    actors: Actors, office: Any, office_kind: str, kind: str, people: Set[str], step: Callable[[int], None]
) -> None:
    approved: set[str] = set()

    def approve() -> int:
        asked = {"step": office_kind, "kind": kind, "limit": BULK}
        cases = actors.ask(office, "review.list_queue", asked)["cases"]
        # The queue may still show what was approved a moment ago.
        fresh = [case["case_id"] for case in cases if case["graduate_id"] in people and case["case_id"] not in approved]
        if fresh:
            actors.in_bulk(office, "review.approve_reviews", [{"case_id": case_id} for case_id in fresh], step)
            approved.update(fresh)
        return len(approved)

    until(approve, len(people), f"{office.scope} {kind} 审核 reviews")


def _settle(actors: Actors, played: Played, index: int, progress: Progress) -> None:
    wanted = Counter(each.destinations[index].code for each in played.cohort.graduates)
    with progress.phase("统计到位 statistics", 1) as step:
        _await_counts(actors, played, wanted)
        step(1)


def _await_counts(actors: Actors, played: Played, wanted: Counter[str]) -> None:
    office = school_office(played.province, played.cohort.school)
    asked = {"scope": office.scope, "class_year": played.cohort.class_year, "by": ["code"], "include_completion": True}
    total = sum(wanted.values())

    def matching() -> int:
        rows = actors.ask(office, "stats.count_graduates", asked)["rows"]
        return sum(min(count, wanted[code]) for code, count in rows)

    until(matching, total, "统计 statistics")


def scope_of(played: Played) -> str:
    """Where the cohort is."""
    return scope_path(played.province, played.cohort.school)
