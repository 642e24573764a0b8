"""Before anybody signs: employers change their data, and the roster is disputed, corrected and cleared (DOMAIN 1.0, 1.8)."""

from __future__ import annotations

from wq.demo.actors import employer
from wq.demo.detours import Detours
from wq.demo.mix import HANDFUL, Life, doubled, mistaken

FORMER = "（筹）"


def former_name(number: int, name: str) -> str:
    """The name under which an employer registers first: some are still being founded."""
    return f"{name}{FORMER}" if number < HANDFUL else name


def before_anything(detours: Detours) -> None:
    """Employers that move and are named anew, graduates that dispute the roster, and rows of who does not graduate yet."""
    _rename(detours)
    _correct(detours)
    _remove(detours)


def _rename(detours: Detours) -> None:
    """Where an employer is counts at once, what it is called when an office has looked: the first is sent back once."""
    changing = list(zip(detours.employers, detours.cohort.employers, strict=True))[:HANDFUL]
    changes = [
        (
            employer(employer_id),
            "directory.change_employer",
            {"employer_id": employer_id, "name": planned.name, "address": "示范路 2 号"},
        )
        for employer_id, planned in changing
    ]
    ask_all, above = detours.actors.ask_all, detours.above
    ask_all(changes)
    returned = [{"employer_id": employer_id, "reason": "请附更名证明"} for employer_id, _ in changing[:1]]
    ask_all([(above, "directory.return_employer", each) for each in returned])
    ask_all(changes[:1])
    ask_all([(above, "directory.verify_employer", {"employer_id": employer_id}) for employer_id, _ in changing])


def _correct(detours: Detours) -> None:
    disputing = detours.mix.of(Life.CORRECTED)
    wrong = {"field": "political", "statement": "政治面貌有误，请按学籍更正"}
    detours.each(disputing, "directory.dispute_basic_data", lambda _: wrong)
    detours.enrol([detours.cohort.graduates[number].row for number in disputing])
    detours.each(disputing, "directory.confirm_basic_data", lambda _: {})


def _remove(detours: Detours) -> None:
    """A person has one record a class; whoever was entered though staying a year longer is invited before somebody sees it."""
    actors, school = detours.actors, detours.school
    detours.refuse(doubled(detours.cohort), "directory.person_in_class")
    entered = detours.enrol(mistaken(detours.cohort))
    terms = {"position": "30", "job_title": "职员"}
    actors.ask_all(
        [
            (
                employer(employer_id),
                "agreement.send_offer",
                {"graduate_id": person, "employer_id": employer_id, **terms},
            )
            for person, employer_id in zip(entered, detours.employers, strict=False)
        ]
    )
    removing = "directory.remove_graduate"
    actors.ask_all([(school, removing, {"graduate_id": person, "reason": "延期毕业"}) for person in entered])
