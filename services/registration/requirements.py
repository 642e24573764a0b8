"""What a destination must hold by its category: fields, evidence, pay and unit (DOMAIN 1.5, 5.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from services.registration.events import Destination
from shared.codes import destination as codes
from shared.codes.destination import AGREEMENT, UNIT, Asks, NoSuchDestination, asks_of, destinations_of, faults
from shared.codes.destination import FORBIDDEN as FORBIDDEN_TO_BOUND
from shared.codes.identity import BadIdentifier, Doubt
from shared.codes.regions import in_region
from shared.codes.tables import BOUND_TRAININGS, PROVINCE, plain
from shared.codes.uscc import check_uscc, doubts_about
from shared.codes.wages import minimum_hourly_wage, minimum_wage
from shared.errors import Invalid, NotFound, Reason, ServiceError

AGREEMENT_NEEDED = Reason(
    "registration.agreement_needed",
    "签就业协议形式就业须通过签约办理，请先签约；公招、规培等请选择具体的录用形式",
    "A destination by agreement is registered by signing; for 公招, 规培 and the like name the form",
    Invalid,
)
WRONG_FORM = Reason(
    "registration.wrong_form",
    "毕业去向类别{code:category}没有所选的录用形式，请重新选择",
    "Category {code:category} has no such form: choose another",
    Invalid,
)
NOT_REGISTRABLE = Reason(
    "registration.not_registrable",
    "毕业去向类别{code:category}不能直接登记，请选择下级类别",
    "Category {code:category} is a group: choose one of its members",
    Invalid,
)
NOT_OF_CLASS = Reason(
    "registration.not_of_class",
    "{class_year:number} 届没有{name:text}这一类别或形式，请选择本届的类别",
    "The class of {class_year:number} has no {name:text}: choose one of its own",
    Invalid,
)
MISSING = Reason(
    "registration.field_missing",
    "毕业去向类别{code:category}必须填写{field:field}，请补充",
    "Category {code:category} needs {field:field}: fill it in",
    Invalid,
)
FORBIDDEN = Reason(
    "registration.field_forbidden",
    "毕业去向类别{code:category}不应填写{field:field}，请清空该项",
    "Category {code:category} has no {field:field}: leave it empty",
    Invalid,
)
WRONG_INTENTION = Reason(
    "registration.wrong_intention",
    "所选未就业意向不属于毕业去向类别{code:category}，请重新选择",
    "This intention does not belong to category {code:category}: choose another",
    Invalid,
)
WRONG_NATURE = Reason(
    "registration.wrong_nature",
    "毕业去向类别{code:category}的单位性质应为{natures:nature}，请核对单位性质或类别",
    "The nature of unit of category {code:category} must be {natures:nature}: check the nature or the category",
    Invalid,
)
USCC_NEEDED = Reason(
    "registration.uscc_needed",
    "缺少统一社会信用代码，请填写，确无代码的请说明原因",
    "Give the social credit code, or the reason why there is none",
    Invalid,
)
WRONG_PLACE = Reason(
    "registration.wrong_place",
    "境外所在地仅用于境外单位就业（凭接收证明或签证），其他去向请填境内所在地",
    "A place outside the mainland belongs to employment by an overseas unit and its evidence: give one inside",
    Invalid,
)
WRONG_USCC = Reason("registration.wrong_uscc", "{why:sentence}", "{why_en:sentence}", Invalid)
SIGNED_ON = Reason(
    "registration.signed_on",
    "签约或录用日期不得早于入学日期，也不得晚于今天，请更正",
    "The day of signing or hiring may lie neither before the enrolment nor in the future: correct it",
    Invalid,
)
PAY_MISSING = Reason(
    "registration.pay_missing",
    "毕业去向类别{code:category}须有月薪或时薪，且不低于当地最低工资标准，请填写",
    "Category {code:category} needs the pay by month or hour, which must reach the local minimum wage: fill it in",
    Invalid,
)
PAY_TOO_LOW = Reason(
    "registration.pay_below_minimum",
    "月薪低于当地最低工资标准 {floor:number} 元，请核对月薪或单位所在地",
    "The monthly pay is below the local minimum wage of {floor:number} yuan: check the pay or the place",
)
HOURLY_PAY_TOO_LOW = Reason(
    "registration.hourly_pay_below_minimum",
    "时薪低于当地最低工资标准，每小时不少于 {floor:fen}，请核对时薪或单位所在地",
    "The pay by the hour is below the local minimum wage of {floor:fen}: check the pay or the place",
)
BOUND_ELSEWHERE = Reason(
    "registration.agreed_unit_only",
    "定向或委培毕业生的单位或地区应为{unit:text}，请核对去向，如名册有误请联系学校更正",
    "A 定向/委培 graduate's unit or region must be {unit:text}: check the destination, or ask the school to correct the roster",
)
NOT_FOR_BOUND = Reason(
    "registration.not_for_bound",
    "定向、委培毕业生不能登记毕业去向类别{code:category}，请选择其他类别",
    "Graduates trained for a unit (定向, 委培) do not register category {code:category}: choose another",
)
NOT_BOUND = Reason(
    "registration.not_directed",
    "仅定向、委培毕业生可作去向补充登记，请选择其他录用形式，如名册有误请联系学校更正",
    "Only graduates trained for a unit (定向, 委培) register this form: choose another, or ask the school",
)
EVIDENCE_MISSING = Reason(
    "registration.evidence_missing",
    "缺少佐证材料，请上传其中一种：{wanted:evidence}",
    "Evidence is needed, one of: {wanted:evidence}",
    Invalid,
)
NO_EVIDENCE = Reason(
    "registration.evidence_not_found",
    "没有该佐证材料，或不属于该毕业生，请重新上传后再提交",
    "There is no such evidence of this graduate: upload it again",
    NotFound,
)
WRONG_EVIDENCE = Reason(
    "registration.wrong_evidence",
    "佐证材料类别不符，请上传其中一种：{wanted:evidence}",
    "The evidence must be of one of these kinds: {wanted:evidence}",
    Invalid,
)


@dataclass(frozen=True, slots=True)
class Graduate:
    """A graduate on a roster, without personal data."""

    scope: str
    class_year: int
    training: str
    agreed_unit: str | None
    agreed_region: str | None = None
    enrolled_on: date | None = None

    @property
    def bound(self) -> bool:
        """Whether the graduate was trained for a unit or a region."""
        return self.training in BOUND_TRAININGS

    def agreed(self, destination: Destination) -> bool:
        """Whether a destination is with the agreed unit, or in the agreed region."""
        unit, place, region = destination.unit_name, destination.place, self.agreed_region
        if unit is not None and plain(unit) == plain(self.agreed_unit or ""):
            return True
        return place is not None and region is not None and in_region(place, region)

    @property
    def province(self) -> str:
        """Two digits of where the school is."""
        return self.scope.split("/")[1]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored file: whose it is and what it shows."""

    graduate_id: str
    kind: str


_FAULTS = MappingProxyType(
    {codes.FIELD_MISSING: MISSING, codes.FIELD_FORBIDDEN: FORBIDDEN, codes.WRONG_INTENTION: WRONG_INTENTION}
)


def check_destination(destination: Destination, class_year: int) -> Destination:
    """The destination in its normal form, if it holds what its category or form asks of the class and nothing else.

    Raises Invalid (DOMAIN 5.4).
    """
    return _checked(destination, class_year, registering=True)


def check_imported(destination: Destination, class_year: int) -> Destination:
    """The same for what an older system collected: it holds what nobody may leave out.

    An agreement signed elsewhere is registered with its paper (DOMAIN 1.4), not imported. Raises Invalid.
    """
    return _checked(destination, class_year, registering=False)


def same_whereabouts(one: Destination, other: Destination) -> bool:
    """Whether two destinations are the same category at the same unit or school, however the rest is told."""
    return one.code == other.code and plain(_where(one)) == plain(_where(other))


def _where(destination: Destination) -> str:
    return destination.unit_name or destination.school_name or destination.foreign_school_name or ""


def _checked(destination: Destination, class_year: int, *, registering: bool) -> Destination:
    asks = _asks(destination, class_year)
    told = {name: getattr(destination, name) for name in destination.__slots__}
    for fault in faults(told, asks, registering=registering):
        raise _told(fault, destination.code, asks)
    if destination.uscc is None:
        if registering and asks.uscc and destination.uscc_absent_reason is None:
            raise USCC_NEEDED.error(field="destination.uscc")
        return destination
    try:
        return replace(destination, uscc=check_uscc(destination.uscc).code)
    except BadIdentifier as bad:
        raise WRONG_USCC.error(field="destination.uscc", why=bad.zh, why_en=bad.en) from None


def _told(fault: codes.Fault, code: str, asks: Asks) -> ServiceError:
    field = f"destination.{fault.field}"
    match fault.what:
        case codes.WRONG_PLACE:
            return WRONG_PLACE.error(field=field)
        case codes.WRONG_NATURE:
            return WRONG_NATURE.error(field=field, code=code, natures=list(asks.unit_natures))
    return _FAULTS[fault.what].error(field=field, code=code)


def doubts_of(destination: Destination) -> dict[str, Doubt]:
    """What is odd about a destination that holds what it must, by field."""
    found = doubts_about(destination.uscc, destination.unit_nature)
    return {{"nature": "unit_nature"}.get(field, field): doubt for field, doubt in found.items()}


def warnings_of(destination: Destination) -> tuple[str, ...]:
    """The codes of what is odd."""
    return tuple(doubt.code for doubt in doubts_of(destination).values())


def check_for(destination: Destination, graduate: Graduate, today: date) -> None:
    """Whether this graduate may have this destination on this day: unit, dates, pay. Raises Invalid, Refused."""
    check_unit_and_day(destination, graduate, today)
    _check_pay(destination, graduate, today)


def check_unit_and_day(destination: Destination, graduate: Graduate, today: date) -> None:
    """The same without the pay, which older systems did not collect. Raises Invalid, Refused."""
    if destination.form == "directed" and not graduate.bound:
        raise NOT_BOUND.error(field="destination.form")
    if graduate.bound:
        _check_bound(destination, graduate)
    signed_on, enrolled_on = destination.signed_on, graduate.enrolled_on
    if signed_on is not None and (signed_on > today or (enrolled_on is not None and signed_on < enrolled_on)):
        raise SIGNED_ON.error(field="destination.signed_on")


def _check_bound(destination: Destination, graduate: Graduate) -> None:
    rule = destinations_of(graduate.class_year)[destination.code].bound
    if rule == FORBIDDEN_TO_BOUND:
        raise NOT_FOR_BOUND.error(field="destination.code", code=destination.code)
    if rule == UNIT and not graduate.agreed(destination):
        region = graduate.agreed_region
        # Only provinces have names here; what is finer is told by its code besides.
        told = region and f"{PROVINCE.name(region[:2])}（地区代码 {region}）"
        agreed = "、".join(filter(None, (graduate.agreed_unit, told)))
        raise BOUND_ELSEWHERE.error(field="destination.unit_name", unit=agreed)


def check_evidence(
    destination: Destination,
    class_year: int,
    given: Sequence[str],
    known: Mapping[str, Evidence],
    graduate_id: str,
    *,
    required: bool,
) -> None:
    """Whether the evidence is the graduate's and of a kind that the category asks for. Raises Invalid, NotFound."""
    kinds = _asks(destination, class_year).evidence
    wanted = list(kinds)
    for index, evidence_id in enumerate(given):
        evidence = known.get(evidence_id)
        if evidence is None or evidence.graduate_id != graduate_id:
            raise NO_EVIDENCE.error(field=f"evidence.{index}")
        if evidence.kind not in kinds:
            raise WRONG_EVIDENCE.error(field=f"evidence.{index}", wanted=wanted)
    if required and kinds and not given:
        raise EVIDENCE_MISSING.error(field="evidence", wanted=wanted)


def _asks(destination: Destination, class_year: int) -> Asks:
    try:
        asks = asks_of(destination.code, destination.form, class_year)
    except NoSuchDestination as no:
        raise _no_such(no, destination, class_year) from None
    if destination.code == AGREEMENT and destination.form is None:
        raise AGREEMENT_NEEDED.error(field="destination.form")
    return asks


def _no_such(no: NoSuchDestination, destination: Destination, class_year: int) -> ServiceError:
    match no.why:
        case codes.NOT_REGISTRABLE:
            return NOT_REGISTRABLE.error(field="destination.code", code=destination.code)
        case codes.WRONG_FORM:
            return WRONG_FORM.error(field="destination.form", code=destination.code)
    field = "destination.code" if no.why == codes.NOT_OF_CLASS else "destination.form"
    return NOT_OF_CLASS.error(field=field, class_year=class_year, name=no.name)


def _check_pay(destination: Destination, graduate: Graduate, today: date) -> None:
    if not destinations_of(graduate.class_year)[destination.code].minimum_wage:
        return
    monthly, hourly, place = destination.monthly_salary, destination.hourly_pay, destination.place or graduate.province
    if monthly is None and hourly is None:
        raise PAY_MISSING.error(field="destination.monthly_salary", code=destination.code)
    floor = minimum_wage(place, today)
    if monthly is not None and floor is not None and monthly < floor:
        raise PAY_TOO_LOW.error(field="destination.monthly_salary", floor=floor)
    floor = minimum_hourly_wage(place, today)
    if hourly is not None and floor is not None and hourly < floor:
        raise HOURLY_PAY_TOO_LOW.error(field="destination.hourly_pay", floor=floor)
