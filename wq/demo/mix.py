"""What really happens before everybody is where a report counts them: refusals, lapses, cancellations, books, losses, voids.

Each graduate of a cohort lives at most one of these detours, drawn with a seed; all of them end where the report says.
"""

from __future__ import annotations

import random
import struct
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine

from services.agreement.sweep import lapse_due
from shared.clock import MovableClock
from shared.codes.destination import AGREEMENT, DESTINATIONS
from shared.eventlog.port import EventLog
from wq.demo.actors import Actors, department_office, employer, graduate, until
from wq.demo.cohort import Cohort, PlannedEmployer

BOUND_TRAININGS = ("2", "4")


class Life(StrEnum):
    """What happens to a graduate on the way."""

    REFUSED = "拒绝后另签 refused another"
    LAPSED = "过期后另签 let another lapse"
    WITHDRAWN = "被撤回后另签 was withdrawn"
    CANCELLED = "解约后再签 cancelled and signed again"
    OFFLINE = "线下签约 signed offline"
    LOST = "遗失补办 lost the book"
    VOIDED = "作废重签 voided a book"
    PAPER = "已签协议登记 registered a paper"
    FILED = "代填后确认 filled in by an office"
    RETURNED = "退回后重报 returned once"
    UNDONE = "作废后重报 voided once"


ON_PAPER = (Life.OFFLINE, Life.LOST, Life.VOIDED, Life.PAPER)
# Parts of a thousand, after what schools tell of their season; everybody else takes the straight way.
_SIGNING = {
    Life.REFUSED: 80,
    Life.LAPSED: 60,
    Life.WITHDRAWN: 30,
    Life.CANCELLED: 60,
    Life.OFFLINE: 100,
    Life.LOST: 10,
    Life.VOIDED: 20,
    Life.PAPER: 40,
}
_REGISTERING = {Life.FILED: 80, Life.RETURNED: 60, Life.UNDONE: 40}

Review = Callable[[dict[str, Sequence[int]], Sequence[str]], None]


@dataclass(slots=True)
class Mix:
    """Who lives what, by number in the cohort, and what is needed to let an offer lapse."""

    clock: MovableClock
    log: EventLog
    agreements: Engine
    lives: dict[int, Life] = field(default_factory=dict)

    def of(self, *lives: Life) -> list[int]:
        """Who lives one of these."""
        return [number for number, life in self.lives.items() if life in lives]

    def counts(self) -> dict[str, int]:
        """How many live what."""
        return dict(Counter(life.value for life in self.lives.values()))


def draw(cohort: Cohort) -> dict[int, Life]:
    """A detour for about two in five of those who sign and one in five of those who register, always the same ones."""
    chance = random.Random(f"mix {cohort.school} {cohort.class_year} {len(cohort.graduates)}")
    lives: dict[int, Life] = {}
    for number, each in enumerate(cohort.graduates):
        first = each.destinations[0]
        # Who moves on a later day of the report does so online; who was trained for a unit has no other employer.
        stays = all(destination == first for destination in each.destinations)
        if first.code == "" or each.row.get("training") in BOUND_TRAININGS:
            continue
        shares = _SIGNING if first.code == AGREEMENT else _REGISTERING
        drawn = chance.randrange(1000)
        for life, share in shares.items():
            if drawn < share:
                unplaced = life is Life.UNDONE and not DESTINATIONS[first.code].placed
                if (stays or life not in ON_PAPER) and not unplaced:
                    lives[number] = life
                break
            drawn -= share
    return lives


@dataclass(slots=True)
class Detours:
    """Plays a mix. `review` approves what waits, kind by kind, through a chain of offices."""

    actors: Actors
    mix: Mix
    cohort: Cohort
    province: str
    parties: int
    graduates: Sequence[str]
    employers: Sequence[str]
    review: Review
    destination: Callable[[int], dict[str, Any]]

    def before_signing(self, attest: Callable[[int], None]) -> None:
        """Other employers come first: refused, lapsed, withdrawn, or signed with and cancelled."""
        groups = {life: self.mix.of(life) for life in (Life.REFUSED, Life.LAPSED, Life.WITHDRAWN, Life.CANCELLED)}
        offers = {number: self._invited(number, life) for life, numbers in groups.items() for number in numbers}
        refuse = {"reason": "已有其他意向"}
        self.actors.ask_all(
            [
                (graduate(self.graduates[number]), "agreement.refuse_offer", {**self._offer(number, offers), **refuse})
                for number in groups[Life.REFUSED]
            ]
        )
        self.actors.ask_all(
            [
                (employer(self._other(number)), "agreement.withdraw_offer", self._offer(number, offers))
                for number in groups[Life.WITHDRAWN]
            ]
        )
        self._lapse(groups[Life.LAPSED])
        self._cancel(groups[Life.CANCELLED], offers, attest)

    def on_paper(self) -> None:
        """Books that are applied for, lost, voided and applied for again; papers that were signed before."""
        booked = self.mix.of(Life.OFFLINE, Life.LOST, Life.VOIDED)
        self._apply(booked)
        voided = self.mix.of(Life.VOIDED)
        self._each(voided, "agreement.void_book", lambda number: {**self._book(number), "reason": "单位信息有误"})
        self._apply(voided)
        lost = self.mix.of(Life.LOST)
        self._each(
            lost,
            "agreement.report_loss",
            lambda number: {
                **self._book(number),
                "statement": "遗失声明，协议书作废",
                "notice": self._evidence(number, "loss_notice"),
            },
        )
        self.review({"loss": lost}, ("department", "school"))
        until(lambda: sum(self._state(number)["loss_id"] is None for number in lost), len(lost), "遗失补办 losses")
        self._each(
            booked,
            "agreement.submit_scan",
            lambda number: {**self._book(number), "scan": self._evidence(number, "stamped_agreement")},
        )
        self.review({"signing": booked}, ("department", "school"))
        papers = self.mix.of(Life.PAPER)
        signed_on = (self.mix.clock.now() - timedelta(days=20)).date().isoformat()
        self._each(
            papers,
            "agreement.register_paper",
            lambda number: {
                "graduate_id": self.graduates[number],
                "terms": self._terms(number),
                "signed_on": signed_on,
                "scan": self._evidence(number, "stamped_agreement"),
                "paper_number": f"{self.cohort.school}-{self.cohort.class_year}-{number:06d}",
            },
        )
        self.review({"paper": papers}, ("department", "school"))

    def before_registering(self) -> None:
        """Registrations that are returned once, voided once, or filled in by an office and confirmed."""
        returned, undone, filed = (self.mix.of(life) for life in (Life.RETURNED, Life.UNDONE, Life.FILED))
        self._each(returned, "registration.register_destination", self._registering)
        self._return(returned)
        self._each(undone, "registration.register_destination", self._registering)
        self.review({"registration": undone}, ("department", "school"))
        self._each(undone, "registration.request_void", self._voiding)
        self.review({"void": undone}, ("department", "school"))
        self._await_freed(undone)
        offices = [self._department(number) for number in filed]
        filing = "registration.file_destination"
        self.actors.ask_all(
            [(office, filing, self._registering(number)) for office, number in zip(offices, filed, strict=True)]
        )
        self._each(
            filed,
            "registration.confirm_filing",
            lambda number: {
                "graduate_id": self.graduates[number],
                "filing_id": self._registration(number)["filed"]["filing_id"],
            },
        )

    def _each(self, numbers: Sequence[int], method: str, payload: Callable[[int], dict[str, Any]]) -> None:
        self.actors.ask_all([(graduate(self.graduates[number]), method, payload(number)) for number in numbers])

    def _other(self, number: int) -> str:
        """Another employer than the one that the graduate will sign with, where there is one."""
        hired_by = self.cohort.graduates[number].employers[0]
        assert hired_by is not None
        return self.employers[(hired_by + 1) % len(self.employers)]

    def _invited(self, number: int, life: Life) -> str:
        person, unit = self.graduates[number], self._other(number)
        asked: dict[str, Any] = {
            "graduate_id": person,
            "employer_id": unit,
            "position": "30",
            "job_title": "职员",
            "penalty": 2000,
        }
        if life is Life.LAPSED:
            asked["respond_by"] = (self.mix.clock.now() + timedelta(minutes=30)).isoformat()
        self.actors.ask(employer(unit), "agreement.send_offer", asked)
        state = self.actors.ask(graduate(person), "agreement.get_agreements", {"graduate_id": person})
        return str(state["offers"][-1]["offer_id"])

    def _offer(self, number: int, offers: dict[int, str]) -> dict[str, Any]:
        return {"graduate_id": self.graduates[number], "offer_id": offers[number]}

    def _lapse(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        self.mix.clock.set(self.mix.clock.now() + timedelta(minutes=31))
        lapsed = 0

        def sweep() -> int:
            nonlocal lapsed
            with self.mix.agreements.connect() as connection:
                lapsed += lapse_due(self.mix.log, connection, self.mix.clock.now())
            return lapsed

        until(sweep, len(numbers), "过期 lapses")

    def _cancel(
        self,
        numbers: Sequence[int],
        offers: dict[int, str],
        attest: Callable[[int], None],
    ) -> None:
        self._each(
            numbers,
            "agreement.accept_offer",
            lambda number: {**self._offer(number, offers), "employer_id": self._other(number)},
        )
        self.review({"agreement": numbers}, ("department", "school"))
        if self.parties == 3:
            attest(len(numbers))
        until(lambda: sum(self._online(number)["state"] == "effective" for number in numbers), len(numbers), "生效")
        until(lambda: sum(self._is_registered(number) for number in numbers), len(numbers), "登记")
        because = {"reason_code": "mutual", "reason": "双方协商一致"}
        self._each(
            numbers,
            "agreement.request_cancellation",
            lambda number: {
                "graduate_id": self.graduates[number],
                "agreement_id": offers[number],
                **because,
            },
        )
        self.actors.ask_all(
            [
                (
                    employer(self._other(number)),
                    "agreement.agree_to_cancellation",
                    {
                        "graduate_id": self.graduates[number],
                        "cancellation_id": self._online(number)["cancellation"]["cancellation_id"],
                    },
                )
                for number in numbers
            ]
        )
        self.review({"cancellation": numbers}, ("school",))
        self._await_freed(numbers)

    def _await_freed(self, numbers: Sequence[int]) -> None:
        until(lambda: sum(not self._is_registered(number) for number in numbers), len(numbers), "重新开放 re-opened")

    def _apply(self, numbers: Sequence[int]) -> None:
        self._each(
            numbers,
            "agreement.apply_for_book",
            lambda number: {"graduate_id": self.graduates[number], "terms": self._terms(number)},
        )
        self.review({"application": numbers}, ("department", "school"))
        until(lambda: sum(self._state(number)["state"] == "issued" for number in numbers), len(numbers), "出具协议书")

    def _return(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            office = self._department(number)
            person = self.graduates[number]

            def case(office: Any = office, person: str = person) -> int:
                asked = {"step": "department", "kind": "registration", "limit": 500}
                cases = self.actors.ask(office, "review.list_queue", asked)["cases"]
                mine = [each["case_id"] for each in cases if each["graduate_id"] == person]
                for case_id in mine:
                    told = {"case_id": case_id, "reason": "材料不清，请重新上传"}
                    self.actors.ask(office, "review.return_review", told)
                return len(mine)

            until(case, 1, "退回 returns")
        until(lambda: sum(self._registration(number)["pending"] is None for number in numbers), len(numbers), "退回")

    def _registering(self, number: int) -> dict[str, Any]:
        return {"graduate_id": self.graduates[number], "destination": self.destination(number)}

    def _voiding(self, number: int) -> dict[str, Any]:
        def registered() -> int:
            return int(self._is_registered(number))

        until(registered, 1, "登记 registered")
        registration_id = self._registration(number)["registered"]["registration_id"]
        return {"graduate_id": self.graduates[number], "registration_id": registration_id, "reason": "登记有误"}

    def _is_registered(self, number: int) -> bool:
        return self._registration(number)["registered"] is not None

    def _registration(self, number: int) -> dict[str, Any]:
        person = self.graduates[number]
        found: dict[str, Any] = self.actors.ask(
            graduate(person), "registration.get_registration", {"graduate_id": person}
        )
        return found

    def _agreements(self, number: int) -> dict[str, Any]:
        person = self.graduates[number]
        found: dict[str, Any] = self.actors.ask(graduate(person), "agreement.get_agreements", {"graduate_id": person})
        return found

    def _online(self, number: int) -> dict[str, Any]:
        offer: dict[str, Any] = self._agreements(number)["offers"][-1]
        return offer

    def _state(self, number: int) -> dict[str, Any]:
        book: dict[str, Any] = self._agreements(number)["books"][-1]
        return book

    def _book(self, number: int) -> dict[str, Any]:
        return {"graduate_id": self.graduates[number], "agreement_id": self._state(number)["agreement_id"]}

    def _terms(self, number: int) -> dict[str, Any]:
        hired_by = self.cohort.graduates[number].employers[0]
        assert hired_by is not None
        return terms_of(self.cohort.employers[hired_by])

    def _department(self, number: int) -> Any:
        return department_office(self.province, self.cohort.school, self.cohort.graduates[number].row["department"])

    def _evidence(self, number: int, kind: str) -> str:
        person = self.graduates[number]
        asked = {"graduate_id": person, "kind": kind, "content": _SCAN}
        return str(self.actors.ask(graduate(person), "directory.store_evidence", asked)["id"])


def terms_of(unit: PlannedEmployer) -> dict[str, Any]:
    """What an agreement on paper says of an employer of the plan."""
    return {
        "unit_name": unit.name,
        "uscc": unit.uscc,
        "uscc_absent_reason": unit.uscc_absent_reason,
        "nature": unit.nature,
        "industry": unit.industry,
        "place": unit.place,
        "position": unit.position,
        "job_title": "职员",
        "monthly_salary": 6000,
    }


def _a_scan() -> str:
    """The smallest picture, in base64: a demonstration has no papers to photograph."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\x00\xff")) + chunk(b"IEND", b"")
    return b64encode(picture).decode()


_SCAN = _a_scan()
