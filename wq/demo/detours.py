"""What the detours of a mix have in common: who is who, what is asked of whom, and waiting until it shows."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.messages import Actor
from wq.demo.actors import (
    Actors,
    DemoFailed,
    department_office,
    employer,
    graduate,
    province_office,
    school_office,
    until,
)
from wq.demo.cohort import Cohort, PlannedEmployer
from wq.demo.mix import SIGNED_BEFORE, Mix

CHAIN = ("department", "school")

Review = Callable[[dict[str, Sequence[int]], Sequence[str]], None]


@dataclass(slots=True)
class Detours:
    """Plays a mix. `review` approves what waits, kind by kind, through a chain of offices; `attest` so many agreements.

    `settings` are the province's; `offers` are those that a detour is about.
    """

    actors: Actors
    mix: Mix
    cohort: Cohort
    province: str
    settings: Mapping[str, Any]
    graduates: Sequence[str]
    employers: Sequence[str]
    review: Review
    attest: Callable[[int], None]
    destination: Callable[[int], dict[str, Any]]
    offers: dict[int, str] = field(default_factory=dict)

    # who is who

    @property
    def school(self) -> Actor:
        """高校."""
        return school_office(self.province, self.cohort.school)

    @property
    def above(self) -> Actor:
        """省级."""
        return province_office(self.province)

    def department(self, number: int) -> Actor:
        """院系 of a graduate."""
        return department_office(self.province, self.cohort.school, self.cohort.graduates[number].row["department"])

    def own(self, number: int) -> int:
        """The employer, by number, with whom a graduate is in the end."""
        hired_by = self.cohort.graduates[number].employers[0]
        assert hired_by is not None
        return hired_by

    def party(self, number: int) -> int:
        """The employer of a graduate's detour: another than the one in the end, where there is one."""
        own = self.own(number)
        return own if self.mix.lives[number] in SIGNED_BEFORE else (own + 1) % len(self.employers)

    def terms(self, number: int) -> dict[str, Any]:
        """What an agreement on paper says of the employer of the detour."""
        return terms_of(self.cohort.employers[self.party(number)])

    # asking

    def each(self, numbers: Sequence[int], method: str, payload: Callable[[int], dict[str, Any]]) -> None:
        """Every graduate asks."""
        self.actors.ask_all([(graduate(self.graduates[n]), method, self._about(n, payload)) for n in numbers])

    def each_party(self, numbers: Sequence[int], method: str, payload: Callable[[int], dict[str, Any]]) -> None:
        """The employer of every graduate's detour asks."""
        self.actors.ask_all(
            [(employer(self.employers[self.party(n)]), method, self._about(n, payload)) for n in numbers]
        )

    def each_office(
        self,
        office: Callable[[int], Actor],
        numbers: Sequence[int],
        method: str,
        payload: Callable[[int], dict[str, Any]],
    ) -> None:
        """An office asks about every graduate."""
        self.actors.ask_all([(office(n), method, self._about(n, payload)) for n in numbers])

    def _about(self, number: int, payload: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
        return {"graduate_id": self.graduates[number], **payload(number)}

    def enrol(self, rows: Sequence[Mapping[str, str]]) -> list[str]:
        """The school hands in rows of the roster; their graduates."""
        if not rows:
            return []
        return [item["id"] for item in self.actors.accepted("directory.import_roster", self._handed_in(rows))]

    def refuse(self, row: Mapping[str, str], code: str) -> None:
        """The school hands in a row that must be refused. Raises DemoFailed when it is not, or for another reason."""
        (item,) = self._handed_in([row])
        met = item["error"]["exc_args"][0] if "error" in item else None
        if met != code:
            raise DemoFailed(f"directory.import_roster: {code} 应被拒绝（should have been refused），{met}")

    def _handed_in(self, rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        about = {"school": self.cohort.school, "class_year": self.cohort.class_year}
        roster = {**about, "rows": [dict(row) for row in rows]}
        outcomes: list[dict[str, Any]] = self.actors.ask(self.school, "directory.import_roster", roster)["items"]
        return outcomes

    def invite(self, numbers: Sequence[int]) -> None:
        """The employers of the detours invite; `offers` says to what."""
        terms = {"position": "30", "job_title": "职员", "penalty": 2000}
        self.each_party(
            numbers, "agreement.send_offer", lambda n: {"employer_id": self.employers[self.party(n)], **terms}
        )
        self.offers |= {n: shown["offers"][-1]["offer_id"] for n, shown in self.agreements(numbers).items()}

    def evidence(self, numbers: Sequence[int], kind: str) -> dict[int, str]:
        """上传佐证材料: the ids of the files by graduate."""
        stored = self.actors.ask_all(
            [
                (
                    graduate(self.graduates[n]),
                    "directory.store_evidence",
                    {"graduate_id": self.graduates[n], "kind": kind, "content": _SCAN},
                )
                for n in numbers
            ]
        )
        return {n: answer["id"] for n, answer in zip(numbers, stored, strict=True)}

    # looking

    def agreements(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The offers and books of graduates."""
        return self._shown(numbers, "agreement.get_agreements")

    def registrations(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The registrations of graduates."""
        return self._shown(numbers, "registration.get_registration")

    def _shown(self, numbers: Sequence[int], method: str) -> dict[int, dict[str, Any]]:
        people = [self.graduates[n] for n in numbers]
        answers = self.actors.ask_all([(graduate(person), method, {"graduate_id": person}) for person in people])
        return dict(zip(numbers, answers, strict=True))

    def await_agreements(self, numbers: Sequence[int], kind: str, state: str, what: str) -> None:
        """Until the newest of these graduates' `offers` or `books` are in a state."""
        until(
            lambda: sum(shown[kind][-1]["state"] == state for shown in self.agreements(numbers).values()),
            len(numbers),
            what,
        )

    def await_registrations(self, numbers: Sequence[int], holds: Callable[[dict[str, Any]], bool], what: str) -> None:
        """Until something is true of these graduates' registrations."""
        until(lambda: sum(map(holds, self.registrations(numbers).values())), len(numbers), what)

    def await_registered(self, numbers: Sequence[int]) -> None:
        """Until these graduates have a destination."""
        self.await_registrations(numbers, lambda shown: shown["registered"] is not None, "登记 registered")

    def await_freed(self, numbers: Sequence[int]) -> None:
        """Until these graduates have none."""
        self.await_registrations(numbers, lambda shown: shown["registered"] is None, "重新开放 re-opened")

    def days_pass(self, days: int) -> None:
        """It is so many days later."""
        self.mix.clock.set(self.mix.clock.now() + timedelta(days=days))


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
