"""The shapes of what the directory is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError, validates_schema

from services.directory import decider
from services.directory.forms import LATEST
from services.directory.papers import evidence, licence
from services.directory.rows import FIELDS
from shared import shapes
from shared.codes.identity import RESIDENT_ID
from shared.codes.tables import EVIDENCE, IDENTITY_DOCUMENT, INDUSTRY, PLACE, PROVINCE, UNIT_NATURE
from shared.shapes import Query, QueryShape, Shape

STEPS = decider.CHAIN
LARGEST_EVIDENCE = 5 << 20
_CONTACT = ("contact_name", "contact_phone", "contact_email")


def class_year() -> Any:
    """届: the year of graduation."""
    return shapes.whole(2013, 2100)


def school() -> Any:
    """院校代码, five digits: 1xxxx, and 8xxxx of research institutes, 9xxxx of military schools (DOMAIN 3.3)."""
    return shapes.pattern(r"^[0-9]{5}\Z", "应为五位数字 / five digits")


class AddSchool(Shape):
    makes = decider.ListSchool
    school = school()
    school_id10 = shapes.pattern(
        r"^([0-9]{10})?\Z", "应为十位数字 / ten digits", required=False, load_default="", allow_none=False
    )
    name = shapes.line(60)
    province = shapes.coded(PROVINCE)
    authority = shapes.line(60)
    city = shapes.line(30)
    level = shapes.line(30)
    private = shapes.flag(required=False, load_default=False, allow_none=False)
    valid_from = shapes.day(required=False)
    valid_until = shapes.day(required=False)


@dataclass(frozen=True, slots=True)
class NewName:
    school: str
    name: str
    from_day: date


class RenameSchool(Shape):
    makes = NewName
    school = school()
    name = shapes.line(60)
    from_day = shapes.day()


class SetProvince(Shape):
    makes = decider.SetProvince
    province = shapes.coded(PROVINCE)
    class_year = class_year()
    parties = shapes.whole(2, 3)
    review_chain = shapes.list_of(shapes.choice(*STEPS, of="step"), 3)
    cancellation_chain = shapes.list_of(shapes.choice(*STEPS, of="step"), 3)
    response_days = shapes.whole(1, 90)
    response_days_max = shapes.whole(1, 90)
    cancellation_days = shapes.whole(1, 90)
    signing_order = shapes.list_of(
        shapes.choice("seal", "accept", "review", "attest", of="signing_step"),
        4,
        required=False,
        load_default=(),
        allow_none=False,
    )
    binding = shapes.choice(
        "completion", "acceptance", of="binding", required=False, load_default="completion", allow_none=False
    )
    penalty_limit = shapes.whole(0, 10_000_000, required=False)
    cancellation_evidence = shapes.list_of(
        shapes.choice("release_letter", "penalty_slip", of="evidence"),
        2,
        required=False,
        load_default=(),
        allow_none=False,
    )
    issues_numbers = shapes.flag(required=False, load_default=False, allow_none=False)
    template = shapes.pattern(
        r"^[0-9a-z]{2,10}/[0-9]{1,3}\Z",
        "应为 模板目录/版本 / must be <folder>/<version>",
        required=False,
        load_default=LATEST,
        allow_none=False,
    )
    review_days = shapes.whole(0, 90, required=False, load_default=5, allow_none=False)
    change_deadline = shapes.day(required=False)
    evidence_required = shapes.flag(required=False, load_default=True, allow_none=False)
    imports_until = shapes.day(required=False)
    reopened_days = shapes.whole(0, 365, required=False, load_default=30, allow_none=False)
    licence_required = shapes.flag(required=False, load_default=False, allow_none=False)
    completion_days = shapes.whole(1, 90, required=False, load_default=15, allow_none=False)
    response_days_min = shapes.whole(0, 90, required=False, load_default=1, allow_none=False)
    cancellations_close = shapes.flag(required=False, load_default=False, allow_none=False)
    begun_by = shapes.choice(
        "employer", "graduate", "either", of="begun_by", required=False, load_default="employer", allow_none=False
    )
    operation_code = shapes.flag(required=False, load_default=False, allow_none=False)
    registration_deadline = shapes.day(required=False)


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    school: str
    class_year: int
    review_chain: tuple[str, ...] | None
    cancellation_chain: tuple[str, ...] | None
    breach_limit: int | None = None
    blocked_employers: tuple[str, ...] = ()


class SetSchool(Shape):
    makes = SchoolSettings
    school = school()
    class_year = class_year()
    review_chain = shapes.list_of(shapes.choice(*STEPS, of="step"), 3, required=False)
    cancellation_chain = shapes.list_of(shapes.choice(*STEPS, of="step"), 3, required=False)
    breach_limit = shapes.whole(0, 10, required=False)
    blocked_employers = shapes.list_of(shapes.thing_id(), 500, required=False, load_default=(), allow_none=False)


@dataclass(frozen=True, slots=True)
class NewDepartment:
    school: str
    department: str
    name: str


class AddDepartment(Shape):
    makes = NewDepartment
    school = school()
    department = shapes.pattern(r"^[0-9A-Za-z]{2}\Z", "应为两位字母或数字 / two letters or digits")
    name = shapes.line(60)


@dataclass(frozen=True, slots=True)
class Roster:
    """Up to 500 rows, each a map of our field names (rows.FIELDS) to text; every row is judged by itself."""

    school: str
    class_year: int
    rows: tuple[Mapping[str, str], ...]


class ImportRoster(Shape):
    makes = Roster
    school = school()
    class_year = class_year()
    rows = shapes.list_of(shapes.texts_by_name(200), 500)


class ConfirmBasicData(Shape):
    makes = decider.ConfirmBasicData
    graduate_id = shapes.thing_id()


@dataclass(frozen=True, slots=True)
class Dispute:
    """`statement` says in words what is right; it is sealed before it is stored."""

    graduate_id: str
    field: str
    statement: str


class DisputeBasicData(Shape):
    makes = Dispute
    graduate_id = shapes.thing_id()
    field = shapes.choice(*FIELDS, of="field")
    statement = shapes.sentence(500)


@dataclass(frozen=True, slots=True)
class AnswerToDispute:
    graduate_id: str
    dispute_id: str
    answer: str


class AnswerDispute(Shape):
    makes = AnswerToDispute
    graduate_id = shapes.thing_id()
    dispute_id = shapes.thing_id()
    answer = shapes.sentence(500)


class RemoveGraduate(Shape):
    makes = decider.RemoveGraduate
    graduate_id = shapes.thing_id()
    reason = shapes.sentence(200)


class EraseGraduate(Shape):
    makes = decider.EraseGraduate
    graduate_id = shapes.thing_id()
    reason = shapes.sentence(200)


@dataclass(frozen=True, slots=True)
class Application:
    """An employer's application. `employer_id` is the one its credit code gives, and the caller's own; who has none yet
    leaves it out."""

    employer_id: str | None
    name: str
    uscc: str | None
    uscc_absent_reason: str | None
    nature: str
    industry: str
    place: str
    address: str
    contact_name: str
    contact_phone: str
    contact_email: str | None
    licence: str | None = None
    phone: str | None = None


class RegisterEmployer(Shape):
    makes = Application
    employer_id = shapes.thing_id(required=False)
    name = shapes.line(100)
    uscc = shapes.sentence(25, required=False)
    uscc_absent_reason = shapes.sentence(200, required=False)
    nature = shapes.coded(UNIT_NATURE)
    industry = shapes.coded(INDUSTRY)
    place = shapes.coded(PLACE)
    address = shapes.line(200)
    contact_name = shapes.person_name(50)
    contact_phone = shapes.line(20)
    contact_email = shapes.line(100, required=False)
    licence = shapes.thing_id(required=False)
    phone = shapes.line(20, required=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What is different about an employer; whatever is not said stays. A new contact is a name and a phone."""

    employer_id: str
    name: str | None
    uscc: str | None
    nature: str | None
    industry: str | None
    place: str | None
    address: str | None
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    licence: str | None
    phone: str | None


class ChangeEmployer(Shape):
    makes = Change
    employer_id = shapes.thing_id()
    name = shapes.line(100, required=False)
    uscc = shapes.sentence(25, required=False)
    nature = shapes.coded(UNIT_NATURE, required=False)
    industry = shapes.coded(INDUSTRY, required=False)
    place = shapes.coded(PLACE, required=False)
    address = shapes.line(200, required=False)
    contact_name = shapes.person_name(50, required=False)
    contact_phone = shapes.line(20, required=False)
    contact_email = shapes.line(100, required=False)
    licence = shapes.thing_id(required=False)
    phone = shapes.line(20, required=False)

    @validates_schema
    def whole_contact(self, told: dict[str, Any], **_: Any) -> None:
        given = [name for name in _CONTACT if told.get(name) is not None]
        missing = [name for name in _CONTACT[:2] if told.get(name) is None]
        if given and missing:
            raise ValidationError("更换联系人须同时填写姓名和电话 / a new contact needs name and phone", missing[0])


@dataclass(frozen=True, slots=True)
class LicenceFile:
    """`content` is the file in base64."""

    employer_id: str
    content: str


class StoreLicence(Shape):
    makes = LicenceFile
    employer_id = shapes.thing_id()
    content = shapes.sentence(LARGEST_EVIDENCE * 4 // 3 + 4)


class ReadLicence(Shape):
    makes = licence.ReadLicence
    licence_id = shapes.thing_id()
    employer_id = shapes.thing_id()


class VerifyEmployer(Shape):
    makes = decider.VerifyEmployer
    employer_id = shapes.thing_id()


class ReturnEmployer(Shape):
    makes = decider.ReturnEmployer
    employer_id = shapes.thing_id()
    reason = shapes.sentence(200)


class SuspendEmployer(Shape):
    makes = decider.SuspendEmployer
    employer_id = shapes.thing_id()
    reason = shapes.sentence(200)


class CloseEmployer(Shape):
    makes = decider.CloseEmployer
    employer_id = shapes.thing_id()
    how = shapes.choice("deregistered", "revoked", of="closing")
    closed_on = shapes.day()


class ReinstateEmployer(Shape):
    makes = decider.ReinstateEmployer
    employer_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEmployer(Query):
    employer_id: str


class GetEmployer(QueryShape):
    makes = OfEmployer
    employer_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCreditCode(Query):
    uscc: str


class FindEmployer(QueryShape):
    makes = OfCreditCode
    uscc = shapes.sentence(25)


@dataclass(frozen=True, slots=True, kw_only=True)
class InState(Query):
    status: str


class ListEmployers(QueryShape):
    makes = InState
    status = shapes.choice("awaiting", "returned", "verified", "suspended", "closed", "changing", of="employer_state")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfGraduate(Query):
    graduate_id: str


class GetGraduate(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposer(Query):
    graduate_id: str
    employer_id: str


class GetProposer(QueryShape):
    makes = Proposer
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByNumber(Query):
    name: str
    id_number: str
    id_type: str = RESIDENT_ID


class FindGraduate(QueryShape):
    makes = ByNumber
    name = shapes.sentence(50)
    id_number = shapes.line(30)
    id_type = shapes.coded(IDENTITY_DOCUMENT, required=False, load_default=RESIDENT_ID, allow_none=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InScope(Query):
    scope: str
    class_year: int


class GetBasicData(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Query):
    scope: str
    class_year: int
    state: str


class ListBasicData(QueryShape):
    makes = Checked
    scope = shapes.scope()
    class_year = class_year()
    state = shapes.choice("disputed", "confirmed", "unchecked", of="checking_state")


class ListGraduates(QueryShape):
    makes = InScope
    scope = shapes.scope()
    class_year = class_year()


class ExportDestinations(QueryShape):
    makes = InScope
    scope = shapes.scope()
    class_year = class_year()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSchool(Query):
    school: str


class GetSchool(QueryShape):
    makes = OfSchool
    school = school()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfProvince(Query):
    province: str


class GetProvince(QueryShape):
    makes = OfProvince
    province = shapes.coded(PROVINCE)


class ListSchools(QueryShape):
    makes = OfProvince
    province = shapes.coded(PROVINCE)


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """`content` is the file in base64. An employer names itself: it may only while it is party to an agreement."""

    graduate_id: str
    kind: str
    content: str
    employer_id: str | None


class StoreEvidence(Shape):
    makes = EvidenceFile
    graduate_id = shapes.thing_id()
    kind = shapes.coded(EVIDENCE)
    content = shapes.sentence(LARGEST_EVIDENCE * 4 // 3 + 4)
    employer_id = shapes.thing_id(required=False)


class ReadEvidence(Shape):
    makes = evidence.ReadEvidence
    evidence_id = shapes.thing_id()
    graduate_id = shapes.thing_id()
    employer_id = shapes.thing_id(required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAgreement(Query):
    graduate_id: str
    agreement_id: str
    employer_id: str | None


class PrintAgreement(QueryShape):
    makes = OfAgreement
    graduate_id = shapes.thing_id()
    agreement_id = shapes.thing_id()
    employer_id = shapes.thing_id(required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedNumber(Query):
    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfNumber(Query):
    number: str


class GetNumberState(QueryShape):
    makes = OfNumber
    number = shapes.paper_number()


class VerifyNumber(QueryShape):
    makes = NamedNumber
    number = shapes.paper_number()
    name = shapes.sentence(50)


class ListVerifications(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()
