"""Clients that do what people do on the platform - sign, refuse, cancel, register, void, fill in, review - all at once.

Each looks at the state of somebody, picks something that can be done about it, and now and then something that cannot. A
command without an answer is repeated as it was; an answered one is sometimes repeated too.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread
from typing import Any

from campaign.history import FAILED, OK, REFUSED, UNKNOWN, History
from campaign.paperwork import Act, with_books, with_filing
from campaign.roster import keep_roster, with_leaving
from services.directory.decider import employer_id_of
from shared.calling import Call, Caller
from shared.calls import LATE
from shared.clock import Clock
from shared.codes.schools import SCHOOLS
from shared.errors import Conflict, Refusal, ServiceError, Unavailable
from shared.messages import Actor
from shared.principals import Issuer
from wq.demo.actors import department_office, employer, graduate, province_office, school_office
from wq.demo.cohort import plan
from wq.demo.report import read_report

ANSWER_SECONDS = 5.0
PAUSE_SECONDS = 0.1
REPEATED_ON_PURPOSE = 0.1
TOKEN_SECONDS = 200.0

DIRECT: Sequence[Mapping[str, Any]] = (
    {"code": "801", "school_name": "示范大学", "place": "110100"},
    {"code": "70", "intention": "job_seeking"},
    {
        "code": "11",
        "unit_name": "示范单位",
        "uscc_absent_reason": "示范",
        "unit_address": "示范路 1 号",
        "unit_phone": "010-00000000",
        "unit_nature": "39",
        "industry": "34",
        "place": "310100",
        "position": "13",
        "monthly_salary": 6000,
    },
    {"code": "85", "country": "新加坡", "foreign_school_name": "National University of Singapore"},
    {"code": "76", "place": "440100", "monthly_salary": 6000},
)


@dataclass(slots=True)
class Cohort:
    """A school's graduates of one class, their rows in its roster and the departments that they are in."""

    province: str
    school: str
    class_year: int
    parties: int
    chain: list[str]
    graduates: list[str] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    departments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """Everybody who takes part."""

    cohorts: list[Cohort]
    employers: list[str] = field(default_factory=list)


class Client:
    """One caller who writes down what it asks and what it is told."""

    def __init__(self, name: str, amqp_uri: str, issuer: Issuer, history: History, seed: str) -> None:
        self.chance = random.Random(seed)
        self.name = name
        self._caller = Caller(amqp_uri)
        self._issuer = issuer
        self._history = history
        self._tokens: dict[Actor, tuple[str, float]] = {}

    def close(self) -> None:
        """Let go of the connection."""
        self._caller.close()

    def ask(self, actor: Actor, method: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """A query's answer, None when there is none now."""
        try:
            answer: dict[str, Any] = self._caller.call(Call(method, payload, self._token(actor)), ANSWER_SECONDS)
        except (Unavailable, Conflict, Refusal):
            return None
        return answer

    def command(self, actor: Actor, method: str, payload: dict[str, Any], stop: Event) -> Any:
        """The answer to a command, repeated until there is one; None for a refusal, or when stopped before an answer."""
        call = Call(method, payload, "")
        listed = payload.get("items", payload.get("rows"))
        items = None if listed is None else len(listed)
        attempt = 0
        while True:
            attempt += 1
            outcome, answer = self._attempt(replace(call, principal=self._token(actor)), items, attempt)
            if outcome == OK and self.chance.random() < REPEATED_ON_PURPOSE:
                self._attempt(replace(call, principal=self._token(actor)), items, attempt + 1)
            if outcome != UNKNOWN:
                return answer
            if stop.wait(PAUSE_SECONDS):
                return None

    def _attempt(self, call: Call, items: int | None, attempt: int) -> tuple[str, Any]:
        known = {"client": self.name, "command_id": str(call.command_id), "attempt": attempt}
        deadline = (datetime.now(UTC) + timedelta(seconds=ANSWER_SECONDS)).isoformat()
        self._history.write("ask", **known, method=call.method, items=items, deadline=deadline)
        answer, code = None, ""
        try:
            answer = self._caller.call(call, ANSWER_SECONDS)
            outcome = OK
        except ServiceError as error:
            code = error.code
            if isinstance(error, (Unavailable, Conflict)) or code == LATE.code:
                outcome = UNKNOWN
            else:
                outcome = REFUSED if isinstance(error, Refusal) else FAILED
        self._history.write("told", **known, outcome=outcome, result=answer, code=code)
        return outcome, answer

    def _token(self, actor: Actor) -> str:
        token, until = self._tokens.get(actor, ("", 0.0))
        if time.monotonic() > until:
            token = self._issuer.token(actor)
            self._tokens[actor] = (token, time.monotonic() + TOKEN_SECONDS)
        return token


def prepare(client: Client, schools: Sequence[str], class_year: int, size: int) -> World:
    """Two cohorts or more, every other one 三方, and employers that may invite them. Raises AssertionError."""
    patient = Event()
    world = World([])
    for number, code in enumerate(schools):
        school = SCHOOLS[code]
        parties, chain = ((3, ["department", "school"]), (2, ["school"]))[number % 2]
        cohort = Cohort(school.province, code, class_year, parties, chain)
        settings = {
            "province": school.province,
            "class_year": class_year,
            "parties": parties,
            "review_chain": chain,
            "cancellation_chain": ["school"],
            "response_days": 3,
            "response_days_min": 0,
            "response_days_max": 10,
            "cancellation_days": 3,
            "change_deadline": f"{class_year}-12-31",
            "evidence_required": False,
            "begun_by": "either",
        }
        assert client.command(province_office(school.province), "directory.set_province", settings, patient)
        raw = {"id": f"campaign-{code}-{class_year}", "total": size, "counts": {"协议": size - 5, "求职中": 5}}
        planned = plan(read_report(raw, class_year), code, class_year)
        rows = [dict(each.row) for each in planned.graduates]
        roster = {"school": code, "class_year": class_year, "rows": rows}
        answer = client.command(school_office(school.province, code), "directory.import_roster", roster, patient)
        cohort.graduates = [item["id"] for item in answer["items"]]
        cohort.rows = dict(zip(cohort.graduates, rows, strict=True))
        for person in cohort.graduates:
            client.command(graduate(person), "directory.confirm_basic_data", {"graduate_id": person}, patient)
        cohort.departments = sorted({row["department"] for row in rows})
        world.cohorts.append(cohort)
        world.employers += [_enter(client, school.province, each, patient) for each in planned.employers]
    return world


def _enter(client: Client, province: str, planned: Any, patient: Event) -> str:
    employer_id = employer_id_of(planned.uscc)
    application = {
        **{name: getattr(planned, name) for name in ("name", "uscc", "nature", "industry", "place")},
        "employer_id": employer_id,
        "address": "示范路 1 号",
        "contact_name": "王经理",
        "contact_phone": "010-00000000",
    }
    client.command(employer(employer_id), "directory.register_employer", application, patient)
    client.command(province_office(province), "directory.verify_employer", {"employer_id": employer_id}, patient)
    return employer_id


def work(client: Client, world: World, clock: Clock, stop: Event) -> None:
    """Act until told to stop."""
    roles: Sequence[tuple[Callable[[Client, World, Clock, Event], None], int]] = (
        (_as_graduate, 8),
        (_as_employer, 5),
        (_as_office, 6),
        (_at_random, 1),
    )
    while not stop.is_set():
        (role,) = client.chance.choices([each for each, _ in roles], [weight for _, weight in roles])
        role(client, world, clock, stop)


def start(clients: Sequence[Client], world: World, clock: Clock, stop: Event) -> list[Thread]:
    """A thread a client."""
    threads = [
        Thread(target=work, args=(client, world, clock, stop), name=client.name, daemon=True) for client in clients
    ]
    for thread in threads:
        thread.start()
    return threads


def _somebody(client: Client, world: World) -> tuple[Cohort, str]:
    cohort = client.chance.choice(world.cohorts)
    return cohort, client.chance.choice(cohort.graduates)


def _as_graduate(client: Client, world: World, clock: Clock, stop: Event) -> None:
    del clock
    _, person = _somebody(client, world)
    me, own = graduate(person), {"graduate_id": person}
    signed = client.ask(me, "agreement.get_agreements", own)
    known = client.ask(me, "registration.get_registration", own)
    if signed is None or known is None:
        return
    todo: list[tuple[str, dict[str, Any]]] = []
    for offer in signed["offers"]:
        about = {**own, "offer_id": offer["offer_id"]}
        cancellation = offer.get("cancellation")
        if offer["state"] == "open":
            todo += 3 * [("agreement.accept_offer", {**about, "employer_id": offer["employer_id"]})]
            todo.append(("agreement.refuse_offer", {**about, "reason": "已有其他安排"}))
        elif offer["state"] == "effective" and cancellation is None:
            asked = {"agreement_id": offer["offer_id"], "reason_code": "further_study", "reason": "另有去向"}
            todo.append(("agreement.request_cancellation", {**own, **asked}))
        elif cancellation is not None and not cancellation["agreed"]:
            todo += _answers(client, own, cancellation)
    for proposal in signed["proposals"]:
        if proposal["state"] == "open":
            todo.append(("agreement.withdraw_proposal", {**own, "proposal_id": proposal["proposal_id"]}))
    wished = {**own, "employer_id": client.chance.choice(world.employers), "position": "13"}
    todo.append(("agreement.propose_signing", wished))
    if known["pending"]:
        withdrawn = {**own, "registration_id": known["pending"]["registration_id"]}
        todo.append(("registration.withdraw_registration", withdrawn))
    else:
        todo.append(("registration.register_destination", {**own, "destination": dict(client.chance.choice(DIRECT))}))
    if known["registered"]:
        void = {**own, "registration_id": known["registered"]["registration_id"], "reason": "去向变更"}
        todo.append(("registration.request_void", void))
    acts: list[Act] = [partial(client.command, me, method, payload, stop) for method, payload in todo]
    acts += with_books(client, person, signed["books"], stop)
    acts += with_filing(client, person, known["filed"], stop)
    acts += [*with_leaving(client, person, known, stop)] * 3
    # What was corrected since is confirmed again, mostly before it stands in the way.
    acts += [partial(client.command, me, "directory.confirm_basic_data", own, stop)] * 2
    client.chance.choice(acts)()


def _answers(client: Client, own: dict[str, Any], cancellation: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    about = {**own, "cancellation_id": cancellation["cancellation_id"]}
    return [
        ("agreement.agree_to_cancellation", about),
        ("agreement.agree_to_cancellation", about),
        ("agreement.refuse_cancellation", {**about, "reason": "不同意"}),
        ("agreement.withdraw_cancellation", about),
    ]


def _as_employer(client: Client, world: World, clock: Clock, stop: Event) -> None:
    chance = client.chance
    employer_id = chance.choice(world.employers)
    me = employer(employer_id)
    cohort, person = _somebody(client, world)
    terms = {"employer_id": employer_id, "position": "13", "job_title": "管培生", "monthly_salary": 6000}
    if chance.random() < 0.3:
        terms["respond_by"] = (clock.now() + timedelta(days=chance.uniform(0.1, 9))).isoformat()
    what = chance.random()
    if what < 0.1:
        _answer_proposal(client, employer_id, stop)
    elif what < 0.35:
        client.command(me, "agreement.send_offer", {**terms, "graduate_id": person}, stop)
    elif what < 0.6:
        invited = chance.sample(cohort.graduates, 6)
        client.command(
            me, "agreement.send_offers", {"items": [{**terms, "graduate_id": each} for each in invited]}, stop
        )
    else:
        state = chance.choice(("open", "effective"))
        shown = client.ask(me, "agreement.list_offers", {"employer_id": employer_id, "state": state, "limit": 50})
        if not shown or not shown["offers"]:
            return
        offer = chance.choice(shown["offers"])
        own = {"graduate_id": offer["graduate_id"]}
        if state == "open":
            client.command(me, "agreement.withdraw_offer", {**own, "offer_id": offer["offer_id"]}, stop)
        elif offer["cancellation_id"]:
            method, payload = chance.choice(_answers(client, own, offer))
            client.command(me, method, payload, stop)
        else:
            asked = {"agreement_id": offer["offer_id"], "reason_code": "mutual", "reason": "双方协商"}
            client.command(me, "agreement.request_cancellation", {**own, **asked}, stop)


def _answer_proposal(client: Client, employer_id: str, stop: Event) -> None:
    me = employer(employer_id)
    shown = client.ask(me, "agreement.list_proposals", {"employer_id": employer_id, "state": "open", "limit": 50})
    if not shown or not shown["proposals"]:
        return
    proposal = client.chance.choice(shown["proposals"])
    about = {"graduate_id": proposal["graduate_id"], "proposal_id": proposal["proposal_id"]}
    if client.chance.random() < 0.3:
        client.command(me, "agreement.refuse_proposal", {**about, "reason": "岗位已满"}, stop)
        return
    terms = {"employer_id": employer_id, "position": "13", "job_title": "管培生", "monthly_salary": 6000}
    client.command(me, "agreement.send_offer", {**terms, **about}, stop)


def _as_office(client: Client, world: World, clock: Clock, stop: Event) -> None:
    del clock
    chance = client.chance
    cohort = chance.choice(world.cohorts)
    school = school_office(cohort.province, cohort.school)
    if cohort.parties == 3 and chance.random() < 0.4:
        asked = {"scope": school.scope, "limit": 50}
        waiting = client.ask(school, "agreement.list_awaiting_attestation", asked)
        if waiting and waiting["agreements"]:
            items = [{"graduate_id": e["graduate_id"], "agreement_id": e["offer_id"]} for e in waiting["agreements"]]
            client.command(school, "agreement.attest_agreements", {"items": items}, stop)
        return
    if chance.random() < 0.1:
        about = {"school": cohort.school, "class_year": cohort.class_year}
        keep_roster(client, chance, school, province_office(cohort.province), cohort.rows, about, stop)
        return
    if chance.random() < 0.1:
        filed = {"graduate_id": chance.choice(cohort.graduates), "destination": dict(chance.choice(DIRECT))}
        client.command(school, "registration.file_destination", filed, stop)
        return
    step = chance.choice(("department", "school"))
    office = school
    if step == "department":
        office = department_office(cohort.province, cohort.school, chance.choice(cohort.departments))
    queue = client.ask(office, "review.list_queue", {"step": step, "limit": 50})
    cases = [case["case_id"] for case in queue["cases"]] if queue else []
    if not cases:
        return
    what = chance.random()
    if what < 0.5:
        client.command(office, "review.approve_reviews", {"items": [{"case_id": case} for case in cases]}, stop)
    elif what < 0.75:
        client.command(office, "review.approve_review", {"case_id": chance.choice(cases)}, stop)
    elif what < 0.9:
        client.command(office, "review.return_review", {"case_id": chance.choice(cases), "reason": "材料不全"}, stop)
    else:
        few = [{"case_id": case, "reason": "材料不全"} for case in cases[:3]]
        client.command(office, "review.return_reviews", {"items": few}, stop)


def _at_random(client: Client, world: World, clock: Clock, stop: Event) -> None:
    """What must be refused: somebody else's offer, a case that does not exist, a school of another province."""
    del clock
    chance = client.chance
    cohort, person = _somebody(client, world)
    _, other = _somebody(client, world)
    nothing = f"{person[:2]}-00000000-0000-4000-8000-{chance.randrange(16**12):012x}"
    wrong: Sequence[tuple[Actor, str, dict[str, Any]]] = (
        (graduate(person), "agreement.refuse_offer", {"graduate_id": person, "offer_id": nothing, "reason": "无"}),
        (
            graduate(nothing),
            "registration.register_destination",
            {"graduate_id": other, "destination": dict(DIRECT[1])},
        ),
        (school_office(cohort.province, cohort.school), "review.approve_review", {"case_id": nothing}),
        (graduate(person), "registration.register_destination", {"graduate_id": person, "destination": {"code": "80"}}),
    )
    actor, method, payload = chance.choice(wrong)
    client.command(actor, method, payload, stop)
