"""What really happens before everybody is where a report counts them: refusals, lapses, cancellations, books, losses, voids.

Each graduate of a cohort lives at most one of these detours, drawn with a seed; all of them end where the report says.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Engine

from shared.clock import MovableClock
from shared.codes.destination import AGREEMENT, DESTINATIONS
from shared.codes.tables import BOUND_TRAININGS
from shared.eventlog.port import EventLog
from wq.demo.cohort import Cohort, PlannedGraduate, identity_number

# How many live a detour at least, and how many employers change and rows of the roster are mistaken.
HANDFUL = 5


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
    DECLINED = "单位不盖章后另签 was not sealed"
    OVERDUE = "逾期未盖章后另签 waited for a seal in vain"
    INSPECTED = "省级复核 was looked at by the province"
    MEDIATED = "拒绝解约、调解后再签 was let go by mediation"
    UNANSWERED = "解约未获答复、调解后再签 was not answered"
    KEPT = "拒绝解约、调解保留 stayed by mediation"
    STAYED = "撤回解约申请 asked to cancel and stayed"
    RELEASED = "线下解约后再签 cancelled a book"
    BOUND = "定向委培 was trained for the unit"
    CORRECTED = "生源信息更正 disputed the roster"
    FILED = "代填后确认 filled in by an office"
    DENIED = "代填不符、自行登记 denied what was filled in"
    RETURNED = "退回后重报 returned once"
    UNDONE = "作废后重报 voided once"
    CHANGED = "求职后变更去向 changed destination"
    LEFT = "离校确认两次 confirmed leaving twice"


ON_PAPER = (Life.OFFLINE, Life.LOST, Life.VOIDED, Life.PAPER)
# Who is signed, or registered, before everybody else comes to it.
SIGNED_BEFORE = (*ON_PAPER, Life.INSPECTED, Life.KEPT, Life.STAYED)
ENDING_CANCELLED = (Life.CANCELLED, Life.MEDIATED, Life.UNANSWERED, Life.RELEASED)
# Parts of a thousand, after what schools tell of their season; 0 is what they tell of as single cases. Everybody else
# takes the straight way.
_SIGNING = {
    Life.REFUSED: 80,
    Life.LAPSED: 60,
    Life.WITHDRAWN: 30,
    Life.CANCELLED: 60,
    Life.OFFLINE: 100,
    Life.LOST: 10,
    Life.VOIDED: 20,
    Life.PAPER: 40,
    Life.DECLINED: 0,
    Life.OVERDUE: 0,
    Life.INSPECTED: 0,
    Life.MEDIATED: 0,
    Life.UNANSWERED: 0,
    Life.KEPT: 0,
    Life.STAYED: 0,
    Life.RELEASED: 0,
    Life.BOUND: 0,
    Life.CORRECTED: 0,
}
_REGISTERING = {Life.FILED: 80, Life.RETURNED: 60, Life.UNDONE: 40, Life.DENIED: 0, Life.CHANGED: 0, Life.LEFT: 0}


@dataclass(slots=True)
class Mix:
    """Who lives what, by number in the cohort, and what is needed to let time pass."""

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
        drawn = chance.randrange(1000)
        for life, share in _shares(each).items():
            if drawn < share:
                if _fits(life, each):
                    lives[number] = life
                break
            drawn -= share
    for life in Life:
        free = [
            number
            for number, each in enumerate(cohort.graduates)
            if number not in lives and life in _shares(each) and _fits(life, each)
        ]
        missing = max(0, HANDFUL - sum(each == life for each in lives.values()))
        lives.update(dict.fromkeys(chance.sample(free, min(missing, len(free))), life))
    return dict(sorted(lives.items()))


def _shares(planned: PlannedGraduate) -> Mapping[Life, int]:
    return _SIGNING if planned.destinations[0].code == AGREEMENT else _REGISTERING


def _fits(life: Life, planned: PlannedGraduate) -> bool:
    first = planned.destinations[0]
    # Who was trained for a unit has no other employer.
    if first.code == "" or planned.row.get("training") in BOUND_TRAININGS:
        return False
    # Who moves on a later day of the report does so online, and free to choose.
    if life in (*SIGNED_BEFORE, Life.BOUND):
        return all(destination == first for destination in planned.destinations)
    return life not in (Life.UNDONE, Life.CHANGED) or DESTINATIONS[first.code].placed


def rows(cohort: Cohort, lives: Mapping[int, Life]) -> Iterator[dict[str, str]]:
    """The roster as it is first handed in: some are trained for their unit, and some rows hold a mistake."""
    for number, planned in enumerate(cohort.graduates):
        row = dict(planned.row)
        if lives.get(number) == Life.BOUND:
            hired_by = planned.employers[0]
            assert hired_by is not None
            row |= {"training": BOUND_TRAININGS[0], "agreed_unit": cohort.employers[hired_by].name}
        if lives.get(number) == Life.CORRECTED:
            row["political"] = "13" if row["political"] != "13" else "03"
        yield row


def mistaken(cohort: Cohort) -> list[dict[str, str]]:
    """Rows of people who do not graduate with this class: whoever stays a year longer was entered all the same."""
    late = [planned.row for planned in cohort.graduates[:HANDFUL]]
    return [
        {
            **row,
            "exam_no": f"{row['exam_no'][:-5]}{99_999 - index}",
            "student_no": f"{row['student_no']}9",
            "id_number": _of_nobody(cohort, index, row),
        }
        for index, row in enumerate(late)
    ]


def doubled(cohort: Cohort) -> dict[str, str]:
    """A row that enters somebody a second time, under another candidate's number."""
    row = cohort.graduates[0].row
    return {**row, "exam_no": f"{row['exam_no'][:-5]}{99_999 - HANDFUL}", "student_no": f"{row['student_no']}8"}


def _of_nobody(cohort: Cohort, index: int, row: Mapping[str, str]) -> str:
    number = len(cohort.graduates) + index
    return identity_number(cohort.school, cohort.class_year, number, row["origin"][:2], row["sex"])
