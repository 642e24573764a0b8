"""Decisions about online signing and online cancellation (DOMAIN 1.1, 1.2, 1.6). Pure.

Offline signing will bring its own commands into the same stream, under the same invariant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.agreement import events as e
from services.agreement.facts import BOUND_TRAININGS, Employer, Facts, Graduate, facts_of
from services.agreement.numbers import LAST_SERIAL, AgreementNumber
from services.agreement.state import INITIAL, LOCKED, Agreements, Cancellation, Offer, Status, evolve
from shared.access import Subject
from shared.codes.tables import plain
from shared.errors import Invalid, NotFound, Reason
from shared.eventlog.port import WRITTEN_FIRST
from shared.handling import Handling
from shared.messages import Meta, lane_of, new_id

NO_GRADUATE = Reason("agreement.graduate_not_found", "没有该毕业生", "There is no such graduate", NotFound)
NO_OFFER = Reason("agreement.offer_not_found", "没有该应约邀请", "There is no such offer", NotFound)
NO_AGREEMENT = Reason("agreement.not_found", "没有该协议", "There is no such agreement", NotFound)
NOT_VERIFIED = Reason(
    "agreement.employer_not_verified", "用人单位未通过审核或已被暂停", "The employer is not verified, or is suspended"
)
OFFER_OPEN = Reason(
    "agreement.offer_open",
    "贵单位对该毕业生已有未答复的邀请",
    "This employer already has an open offer to this graduate",
)
SIGNED = Reason(
    "agreement.already_signed", "该毕业生已应约或已有生效协议", "The graduate is already bound by an agreement"
)
DESTINATION_REGISTERED = Reason(
    "agreement.destination_registered",
    "该毕业生已登记其他去向或登记正在审核，请先撤回或作废",
    "The graduate has registered another destination, or one is under review; withdraw or void it first",
)
BOUND_ELSEWHERE = Reason(
    "agreement.agreed_unit_only",
    "定向或委培毕业生只能与其协议单位签约",
    "A graduate trained for a unit (定向, 委培) signs with that unit only",
)
RESPOND_BY = Reason(
    "agreement.respond_by",
    "答复期限应晚于现在，且不超过 {days} 天",
    "The deadline must lie in the future and within {days} days",
    Invalid,
)
OFFER_LAPSED = Reason("agreement.offer_lapsed", "应约邀请已过期", "The offer has lapsed")
OFFER_NOT_OPEN = Reason(
    "agreement.offer_not_open", "应约邀请当前状态为 {status}，不能办理", "The offer is {status} and cannot be acted on"
)
NOT_ATTESTING = Reason(
    "agreement.not_awaiting_attestation",
    "协议当前状态为 {status}，不在待学校鉴证",
    "The agreement is {status}, not awaiting attestation",
)
NUMBERS_EXHAUSTED = Reason(
    "agreement.numbers_exhausted",
    "该校本届该学历的协议编号已用完",
    "The agreement numbers of this school, class and level are used up",
)
NOT_EFFECTIVE = Reason(
    "agreement.not_effective", "协议当前状态为 {status}，不能解约", "The agreement is {status} and cannot be cancelled"
)
CANCELLATION_OPEN = Reason(
    "agreement.cancellation_open", "已有进行中的解约申请", "A cancellation of this agreement is already under way"
)
NO_CANCELLATION = Reason(
    "agreement.cancellation_not_found", "没有进行中的解约申请", "No such cancellation is under way", NotFound
)
CANCELLATION_LAPSED = Reason("agreement.cancellation_lapsed", "解约申请已过答复期", "The request to cancel has lapsed")
CANCELLATION_AGREED = Reason(
    "agreement.cancellation_agreed",
    "对方已同意，解约正在审核",
    "The other side has agreed; the cancellation is under review",
)
OTHER_SIDE = Reason(
    "agreement.other_side_answers", "解约申请应由对方答复", "The other side answers a request to cancel"
)
OWN_SIDE = Reason(
    "agreement.initiator_withdraws", "解约申请只能由发起方撤回", "Only who requested the cancellation withdraws it"
)

# 解约原因 (DOMAIN 1.8): the Chinese name and who caused it; None leaves it to who asked.
CANCELLATION_REASONS: Final[Mapping[str, tuple[str, str | None]]] = {
    "further_study": ("个人违约-继续深造", "graduate"),
    "family": ("个人违约-家庭原因", "graduate"),
    "health": ("个人违约-身体原因", "graduate"),
    "promise_broken": ("单位承诺无法兑现", "employer"),
    "business_trouble": ("单位经营问题", "employer"),
    "employer_breach": ("单位违约", "employer"),
    "mutual": ("双方协商一致", "mutual"),
    "other": ("其他", None),
}


@dataclass(frozen=True, slots=True)
class SendOffer:
    """Invite. Without `respond_by` the province's default response period runs."""

    graduate_id: str
    employer_id: str
    position: str
    job_title: str
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    graduate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    graduate_id: str
    offer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """应约. The employer is named so that its state is read together with the graduate's."""

    graduate_id: str
    offer_id: str
    employer_id: str


@dataclass(frozen=True, slots=True)
class LapseOffer:
    graduate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class PassReview:
    """The review of an agreement or a cancellation passed. `serial` is for the number of a 两方 agreement."""

    graduate_id: str
    kind: str
    subject_id: str
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class FailReview:
    graduate_id: str
    kind: str
    subject_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AttestAgreement:
    """三方: the school attests (鉴证). `serial` is for the number."""

    graduate_id: str
    agreement_id: str
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class RequestCancellation:
    graduate_id: str
    agreement_id: str
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawCancellation:
    graduate_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class AgreeToCancellation:
    graduate_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class RefuseCancellation:
    graduate_id: str
    cancellation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LapseCancellation:
    graduate_id: str
    cancellation_id: str


def decide(command: Any, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, Invalid, NotFound."""
    match command:
        case SendOffer():
            return _send(command, state, facts, meta)
        case AcceptOffer():
            return _accept(command, state, facts, meta)
        case WithdrawOffer(_, offer_id):
            return _close(_offer(state, offer_id), Status.WITHDRAWN, meta, e.OfferWithdrawn(offer_id))
        case RefuseOffer(_, offer_id, reason):
            return _refuse(_offer(state, offer_id), reason, state, meta)
        case LapseOffer(_, offer_id):
            offer = state.offers.get(offer_id)
            due = offer is not None and offer.status == Status.OPEN and meta.now >= offer.sent.respond_by
            return [e.OfferLapsed(offer_id)] if due else []
        case PassReview(kind="agreement"):
            return _pass_agreement(command, state)
        case PassReview():
            return _pass_cancellation(command, state)
        case FailReview():
            return _fail(command, state)
        case AttestAgreement():
            return _attest(command, state)
        case RequestCancellation():
            return _request_cancellation(command, state, facts, meta)
        case WithdrawCancellation() | AgreeToCancellation() | RefuseCancellation():
            return _answer_cancellation(command, state, meta)
        case LapseCancellation(_, cancellation_id):
            agreement = state.of_cancellation(cancellation_id)
            overdue = agreement is not None and _cancellation_lapsed(agreement, meta.now)
            return [e.CancellationLapsed(cancellation_id, agreement.sent.offer_id)] if agreement and overdue else []
    raise AssertionError(command)


def _send(command: SendOffer, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    graduate, employer = _parties_to(facts, command.employer_id)
    if any(
        offer.sent.employer_id == command.employer_id and offer.is_open(meta.now) for offer in state.offers.values()
    ):
        raise OFFER_OPEN.error(field="graduate_id")
    if state.locked is not None:
        raise SIGNED.error(field="graduate_id")
    _check_bound(graduate, employer.name)
    settings = facts.settings
    respond_by = command.respond_by or meta.now + timedelta(days=settings.response_days)
    if not meta.now < respond_by <= meta.now + timedelta(days=settings.response_days_max):
        raise RESPOND_BY.error(field="respond_by", days=settings.response_days_max)
    return [
        e.OfferSent(
            offer_id=new_id(lane_of(command.graduate_id), meta.command_id, "offer"),
            graduate_id=command.graduate_id,
            employer_id=command.employer_id,
            employer_name=employer.name,
            nature=employer.nature,
            industry=employer.industry,
            place=employer.place,
            position=command.position,
            job_title=command.job_title,
            respond_by=respond_by,
            scope=graduate.scope,
            class_year=graduate.class_year,
            parties=settings.parties,
            uscc=employer.uscc,
            monthly_salary=command.monthly_salary,
            penalty=command.penalty,
            remarks=command.remarks,
        )
    ]


def _accept(command: AcceptOffer, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    offer = _offer(state, command.offer_id)
    if offer.sent.employer_id != command.employer_id:
        raise NO_OFFER.error(field="employer_id")
    if offer.status in LOCKED:
        return []
    if state.locked is not None:
        raise SIGNED.error()
    _check_open(offer, meta.now)
    graduate, _ = _parties_to(facts, command.employer_id)
    if facts.destination != "none":
        raise DESTINATION_REGISTERED.error(destination=facts.destination)
    _check_bound(graduate, offer.sent.employer_name)
    return [
        e.OfferAccepted(
            offer_id=command.offer_id,
            graduate_id=command.graduate_id,
            employer_id=command.employer_id,
            scope=offer.sent.scope,
            class_year=offer.sent.class_year,
            education=graduate.education,
        )
    ]


def _refuse(offer: Offer, reason: str, state: Agreements, meta: Meta) -> list[Any]:
    events = _close(offer, Status.REFUSED, meta, e.OfferRefused(offer.sent.offer_id, reason))
    if events and state.locked is not None:
        raise SIGNED.error()
    return events


def _close(offer: Offer, status: Status, meta: Meta, event: Any) -> list[Any]:
    if offer.status == status:
        return []
    _check_open(offer, meta.now)
    return [event]


def _pass_agreement(command: PassReview, state: Agreements) -> list[Any]:
    offer = state.offers.get(command.subject_id)
    if offer is None or offer.status != Status.ACCEPTED:
        return []
    if offer.sent.parties == 3:
        return [e.AttestationAwaited(command.subject_id)]
    return [_concluded(offer, command.serial)]


def _attest(command: AttestAgreement, state: Agreements) -> list[Any]:
    offer = state.offers.get(command.agreement_id)
    if offer is None:
        raise NO_AGREEMENT.error(field="agreement_id")
    if offer.status == Status.EFFECTIVE:
        return []
    if offer.status != Status.ATTESTING:
        raise NOT_ATTESTING.error(status=offer.status.value)
    return [_concluded(offer, command.serial)]


def _concluded(offer: Offer, serial: int | None) -> e.AgreementConcluded:
    if serial is None:
        # The stream moved between taking a serial and deciding: decide again with one.
        raise WRITTEN_FIRST.error()
    if serial > LAST_SERIAL:
        raise NUMBERS_EXHAUSTED.error()
    sent = offer.sent
    school = sent.scope.split("/")[2]
    return e.AgreementConcluded(
        agreement_id=sent.offer_id,
        graduate_id=sent.graduate_id,
        employer_id=sent.employer_id,
        number=str(AgreementNumber(sent.class_year, school, offer.education, serial)),
        parties=sent.parties,
        scope=sent.scope,
        class_year=sent.class_year,
        unit_name=sent.employer_name,
        nature=sent.nature,
        industry=sent.industry,
        place=sent.place,
        position=sent.position,
        job_title=sent.job_title,
        uscc=sent.uscc,
        monthly_salary=sent.monthly_salary,
    )


def _pass_cancellation(command: PassReview, state: Agreements) -> list[Any]:
    agreement = state.of_cancellation(command.subject_id)
    if agreement is None or agreement.cancellation is None or not agreement.cancellation.agreed:
        return []
    requested = agreement.cancellation.requested
    assert agreement.number is not None
    return [
        e.AgreementCancelled(
            agreement_id=agreement.sent.offer_id,
            cancellation_id=command.subject_id,
            graduate_id=agreement.sent.graduate_id,
            number=agreement.number,
            caused_by=CANCELLATION_REASONS[requested.reason_code][1] or requested.by,
            reason_code=requested.reason_code,
        )
    ]


def _fail(command: FailReview, state: Agreements) -> list[Any]:
    if command.kind == "agreement":
        offer = state.offers.get(command.subject_id)
        if offer is None or offer.status != Status.ACCEPTED:
            return []
        return [e.AgreementReturned(command.subject_id, command.reason)]
    agreement = state.of_cancellation(command.subject_id)
    if agreement is None or agreement.cancellation is None or not agreement.cancellation.agreed:
        return []
    return [e.CancellationReturned(command.subject_id, agreement.sent.offer_id, command.reason)]


def _request_cancellation(command: RequestCancellation, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    agreement = state.offers.get(command.agreement_id)
    if agreement is None:
        raise NO_AGREEMENT.error(field="agreement_id")
    if agreement.status != Status.EFFECTIVE:
        raise NOT_EFFECTIVE.error(status=agreement.status.value)
    before: list[Any] = []
    if agreement.cancellation is not None:
        if not _cancellation_lapsed(agreement, meta.now):
            raise CANCELLATION_OPEN.error()
        before = [e.CancellationLapsed(agreement.cancellation.requested.cancellation_id, command.agreement_id)]
    return [
        *before,
        e.CancellationRequested(
            cancellation_id=new_id(lane_of(command.graduate_id), meta.command_id, "cancellation"),
            agreement_id=command.agreement_id,
            by=meta.actor.role,
            reason_code=command.reason_code,
            reason=command.reason,
            answer_by=meta.now + timedelta(days=facts.settings.cancellation_days),
        ),
    ]


def _answer_cancellation(
    command: WithdrawCancellation | AgreeToCancellation | RefuseCancellation, state: Agreements, meta: Meta
) -> list[Any]:
    agreement = state.of_cancellation(command.cancellation_id)
    if agreement is None or agreement.cancellation is None:
        raise NO_CANCELLATION.error(field="cancellation_id")
    cancellation, agreement_id = agreement.cancellation, agreement.sent.offer_id
    own_side = meta.actor.role == cancellation.requested.by
    if isinstance(command, WithdrawCancellation) and not own_side:
        raise OWN_SIDE.error()
    if not isinstance(command, WithdrawCancellation) and own_side:
        raise OTHER_SIDE.error()
    if cancellation.agreed:
        if isinstance(command, AgreeToCancellation):
            return []
        raise CANCELLATION_AGREED.error()
    if _cancellation_lapsed(agreement, meta.now):
        raise CANCELLATION_LAPSED.error()
    match command:
        case WithdrawCancellation(_, cancellation_id):
            return [e.CancellationWithdrawn(cancellation_id, agreement_id)]
        case RefuseCancellation(_, cancellation_id, reason):
            return [e.CancellationRefused(cancellation_id, agreement_id, reason)]
        case AgreeToCancellation(graduate_id, cancellation_id):
            sent = agreement.sent
            return [e.CancellationAgreed(cancellation_id, agreement_id, graduate_id, sent.scope, sent.class_year)]


def _cancellation_lapsed(agreement: Offer, now: datetime) -> bool:
    cancellation: Cancellation | None = agreement.cancellation
    return cancellation is not None and not cancellation.agreed and now >= cancellation.requested.answer_by


def _parties_to(facts: Facts, employer_id: str) -> tuple[Graduate, Employer]:
    if facts.graduate is None:
        raise NO_GRADUATE.error(field="graduate_id")
    if facts.employer is None or not facts.employer.verified:
        raise NOT_VERIFIED.error(field="employer_id", employer_id=employer_id)
    return facts.graduate, facts.employer


def _check_bound(graduate: Graduate, unit: str) -> None:
    if graduate.training in BOUND_TRAININGS and plain(unit) != plain(graduate.agreed_unit or ""):
        raise BOUND_ELSEWHERE.error(field="employer_id")


def _offer(state: Agreements, offer_id: str) -> Offer:
    offer = state.offers.get(offer_id)
    if offer is None:
        raise NO_OFFER.error(field="offer_id")
    return offer


def _check_open(offer: Offer, now: datetime) -> None:
    if offer.status == Status.LAPSED or (offer.status == Status.OPEN and now >= offer.sent.respond_by):
        raise OFFER_LAPSED.error()
    if offer.status != Status.OPEN:
        raise OFFER_NOT_OPEN.error(status=offer.status.value)


def _reads(command: Any) -> list[str]:
    about = [f"graduate-{command.graduate_id}", f"province-{lane_of(command.graduate_id)}"]
    if isinstance(command, (SendOffer, AcceptOffer)):
        about += [f"employer-{command.employer_id}", f"registration-{command.graduate_id}"]
    return about


def _subject(command: Any, state: Agreements, facts: Facts) -> Subject:
    if isinstance(command, SendOffer):
        employer_id: str | None = command.employer_id
    else:
        thing = getattr(command, "offer_id", None) or getattr(command, "agreement_id", None)
        offer = state.offers.get(thing) if thing else state.of_cancellation(getattr(command, "cancellation_id", ""))
        employer_id = offer.sent.employer_id if offer else None
    return Subject(
        scope=facts.graduate.scope if facts.graduate else None,
        graduate_id=command.graduate_id,
        employer_id=employer_id,
    )


HANDLING = Handling[Agreements](
    codec=e.CODEC,
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"agreement-{command.graduate_id}",
    reads=_reads,
    facts=lambda command, streams: facts_of(command.graduate_id, getattr(command, "employer_id", None), streams),
    subject=_subject,
)
