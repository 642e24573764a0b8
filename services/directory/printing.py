"""Which book an agreement is printed as: what its stream says, with the names that only the directory knows. Pure.

The same agreement under the same number always makes the same book, whenever and wherever it is printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.directory.book import Book
from shared.clock import day_of
from shared.codes.schools import SCHOOLS
from shared.codes.tables import EDUCATION, POSITION, PROVINCE
from shared.errors import NotFound, Reason, Refused
from shared.messages import Recorded

NO_AGREEMENT = Reason("directory.agreement_not_found", "没有该协议", "There is no such agreement", NotFound)
NOT_NUMBERED = Reason(
    "directory.agreement_not_numbered",
    "协议尚未编号，不能打印",
    "The agreement has no number yet, so it cannot be printed",
    Refused,
)
_BEGINS = ("agreement.OfferSent", "agreement.BookApplied", "agreement.PaperSubmitted")
_NUMBERS = (
    "agreement.OfferAccepted",
    "agreement.AgreementConcluded",
    "agreement.BookIssued",
    "agreement.BookReissued",
)
_AMENDS = ("agreement.OfferEdited", "agreement.BookAmended")
_TERMS = ("position", "job_title", "monthly_salary", "penalty", "remarks")


@dataclass(frozen=True, slots=True)
class Printable:
    """An agreement as its stream tells it, and the template that it was made under (`<folder>/<version>`)."""

    number: str
    issued_on: date
    begun: Mapping[str, Any]
    terms: Mapping[str, Any]

    @property
    def template(self) -> tuple[str, int]:
        """Folder and version."""
        folder, _, version = str(self.begun.get("template", "default/1")).partition("/")
        return folder, int(version)

    @property
    def employer_id(self) -> str | None:
        """The employer that signs, if it has an account."""
        return self.begun.get("employer_id")


def printable(agreement_id: str, history: Sequence[Recorded]) -> Printable:
    """The agreement of a graduate's stream. Raises NotFound, Refused `directory.agreement_not_numbered`."""
    begun: dict[str, Any] | None = None
    terms: dict[str, Any] = {}
    number, issued_on = None, None
    for recorded in history:
        data = recorded.data
        if agreement_id not in (data.get("agreement_id"), data.get("offer_id")):
            continue
        if recorded.type in _BEGINS:
            begun = data
            terms = data["terms"] if "terms" in data else {**data, "unit_name": data["employer_name"]}
        elif recorded.type in _AMENDS:
            terms = data["terms"] if "terms" in data else {**terms, **{name: data.get(name) for name in _TERMS}}
        if recorded.type in _NUMBERS and data.get("number") not in (None, number):
            number, issued_on = data["number"], day_of(recorded.event.occurred_at)
    if begun is None:
        raise NO_AGREEMENT.error(field="agreement_id")
    if number is None or issued_on is None:
        raise NOT_NUMBERED.error(field="agreement_id")
    return Printable(number, issued_on, begun, terms)


def book_of(
    agreement: Printable, graduate: Mapping[str, Any], personal: Mapping[str, Any], department: str, verification: str
) -> Book:
    """The book to print: `graduate` is the roster entry, `personal` its opened envelope, `department` the name."""
    terms = agreement.terms
    school = SCHOOLS[graduate["school"]]
    return Book(
        number=agreement.number,
        verification=verification,
        parties=agreement.begun["parties"],
        class_year=agreement.begun["class_year"],
        province=PROVINCE.name(graduate["province"]),
        graduate_name=personal["name"],
        id_number=personal["id_number"],
        school=school.name,
        department=department,
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
    )
