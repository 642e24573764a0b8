"""Which book an agreement is printed as: what its stream says, with the names that only the directory knows. Pure.

The same history of an agreement always makes the same book, whenever and wherever it is printed and whatever was corrected
since. It says who signed on the platform, and whether the book still counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.directory.papers.book import Book, chinese_date
from services.directory.papers.verification import paper_id
from shared.access import Role
from shared.clock import SHANGHAI, day_of
from shared.codes.tables import EDUCATION, POSITION, PROVINCE
from shared.errors import NotFound, Reason, Refused
from shared.messages import Recorded

NO_AGREEMENT = Reason(
    "directory.agreement_not_found",
    "没有该协议，请刷新协议列表后重新选择",
    "There is no such agreement: look at the list of agreements again",
    NotFound,
)
NOT_NUMBERED = Reason(
    "directory.agreement_not_numbered",
    "协议尚未编号，不能打印，请在协议生效或协议书出具后再打印",
    "The agreement has no number yet: print it once it is in force or its book is issued",
    Refused,
)
_BEGINS = ("agreement.OfferSent", "agreement.BookApplied", "agreement.PaperSubmitted")
_NUMBERS = (
    "agreement.OfferAccepted",
    "agreement.SealAwaited",
    "agreement.AgreementAttested",
    "agreement.AgreementConcluded",
    "agreement.BookIssued",
    "agreement.BookReissued",
)
_AMENDS = ("agreement.OfferEdited", "agreement.BookAmended")
_TERMS = ("position", "job_title", "monthly_salary", "penalty", "remarks", "report_by")
# What a number is worth after these: printed across the page.
_MARKS = {
    "agreement.BookVoided": "已作废",
    "agreement.AgreementReturned": "已作废",
    "agreement.AgreementCancelled": "已解约",
}
_SEALED = {"e_seal": "加盖电子签章", "scan": "上传盖章扫描件"}


@dataclass(frozen=True, slots=True)
class Names:
    """What the graduate's school and department were called."""

    school: str
    department: str


@dataclass(frozen=True, slots=True)
class Printable:
    """An agreement as its stream tells it. `numbered` is the event that gave it the number it has.

    What the roster and the directory of schools say is printed as it was then: `as_of`.
    """

    numbered: Recorded
    begun: Mapping[str, Any]
    terms: Mapping[str, Any]
    acts: tuple[Recorded, ...] = ()
    mark: str | None = None

    @property
    def number(self) -> str:
        """协议书编号."""
        return str(self.numbered.data["number"])

    @property
    def issued_on(self) -> date:
        """The day it got its number."""
        return day_of(self.numbered.event.occurred_at)

    @property
    def paper_id(self) -> str:
        """What its 核验编号 stands for: a book made again after a loss is another paper."""
        return paper_id(self.agreement_id, self.number if self.numbered.type == "agreement.BookReissued" else None)

    @property
    def agreement_id(self) -> str:
        """Of the agreement that is printed."""
        return str(self.begun.get("agreement_id") or self.begun["offer_id"])

    @property
    def form(self) -> str:
        """The form that it was made under."""
        return str(self.begun.get("template", "default/1"))

    @property
    def employer_id(self) -> str | None:
        """The employer that signs, if it has an account."""
        return self.begun.get("employer_id")

    def as_of(self, history: Sequence[Recorded]) -> Sequence[Recorded]:
        """What a stream of the same lane held when the number was given."""
        return [recorded for recorded in history if recorded.position <= self.numbered.position]


def printable(agreement_id: str, history: Sequence[Recorded]) -> Printable:
    """The agreement of a graduate's stream. Raises NotFound, Refused `directory.agreement_not_numbered`."""
    begun: dict[str, Any] | None = None
    terms: dict[str, Any] = {}
    numbered: Recorded | None = None
    acts: list[Recorded] = []
    mark: str | None = None
    for recorded in history:
        data = recorded.data
        if agreement_id not in (data.get("agreement_id"), data.get("offer_id")):
            continue
        if recorded.type in _BEGINS:
            begun = data
            terms = data["terms"] if "terms" in data else {**data, "unit_name": data["employer_name"]}
        elif recorded.type in _AMENDS:
            terms = data["terms"] if "terms" in data else {**terms, **{name: data.get(name) for name in _TERMS}}
        if recorded.type in _NUMBERS and data.get("number") not in (None, numbered and numbered.data["number"]):
            numbered = recorded
        if _is_act(recorded):
            acts.append(recorded)
        mark = _MARKS.get(recorded.type, mark)
    if begun is None:
        raise NO_AGREEMENT.error(field="agreement_id")
    if numbered is None:
        raise NOT_NUMBERED.error(field="agreement_id")
    return Printable(numbered, begun, terms, tuple(acts), mark)


def _is_act(recorded: Recorded) -> bool:
    """Whether one of the sides signed: a school that attests last concludes the agreement by it."""
    if recorded.type == "agreement.AgreementConcluded":
        return recorded.event.actor.role == Role.SCHOOL
    return recorded.type in ("agreement.OfferAccepted", "agreement.AgreementSealed", "agreement.AgreementAttested")


def book_of(
    agreement: Printable,
    graduate: Mapping[str, Any],
    personal: Mapping[str, Any],
    names: Names,
    verification: str,
) -> Book:
    """The book to print: `graduate` is the roster entry and `personal` its opened envelope."""
    terms = agreement.terms
    report_by = terms.get("report_by")
    return Book(
        number=agreement.number,
        verification=verification,
        parties=agreement.begun["parties"],
        class_year=agreement.begun["class_year"],
        province=PROVINCE.name(graduate["province"]),
        graduate_name=personal["name"],
        id_number=personal["id_number"],
        school=names.school,
        department=names.department,
        major=graduate["major_name"],
        education=EDUCATION.name(graduate["education"]),
        employer_name=terms["unit_name"],
        # Counties come and go; the province has a name, the rest is its code (DOMAIN 2.10).
        place=f"{PROVINCE.name(terms['place'][:2])}（{terms['place']}）",
        position=POSITION.name(terms["position"]),
        job_title=terms["job_title"],
        issued_on=agreement.issued_on,
        credit_code=terms.get("uscc"),
        monthly_salary=terms.get("monthly_salary"),
        penalty=terms.get("penalty"),
        remarks=terms.get("remarks"),
        report_by=date.fromisoformat(report_by) if report_by else None,
        records=tuple(_told(act, personal["name"], terms["unit_name"], names.school) for act in agreement.acts),
        mark=agreement.mark,
    )


def _told(act: Recorded, graduate: str, employer: str, school: str) -> str:
    at = act.event.occurred_at.astimezone(SHANGHAI)
    when = f"{chinese_date(at.date())} {at:%H:%M}"
    match act.type:
        case "agreement.OfferAccepted":
            return f"{when} 乙方 {graduate} 应约"
        case "agreement.AgreementSealed":
            return f"{when} 甲方 {employer} {_SEALED[act.data['method']]}"
    return f"{when} {school} 鉴证，经办账号 {act.event.actor.id}"
