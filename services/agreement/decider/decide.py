"""The rules of online signing and cancelling (DOMAIN 1.0, 1.1, 1.2, 1.6): each command's outcomes in one function."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.agreement import events as e
from services.agreement import numbers
from services.agreement.decider import commands as c
from services.agreement.decider import reasons as no
from services.agreement.decider.facts import Employer, Facts, Graduate, facts, reads
from services.agreement.decider.state import INITIAL, Cancellation, Offer, State, evolve
from shared.access import Subject
from shared.codes.tables import plain
from shared.handling import Handling
from shared.messages import Meta, lane_of, new_id

# 培养方式 定向 and 委培 (DOMAIN 2.6).
TRAINED_FOR_A_UNIT = ("2", "4")


def decide(command: Any, state: State, known: Facts, meta: Meta) -> list[Any]:
    """The events a command leads to, none when nothing is to happen. Raises the refusals of `reasons`.

    Commands of the platform itself (LapseOffer, PassReview, FailReview, LapseCancellation) are never refused: what came
    too late finds another state and changes nothing.
    """
    now = meta.now
    match command:
        case c.SendOffer():
            return _send(command, state, known, meta)
        case c.WithdrawOffer(_, offer_id):
            offer = _found(state, offer_id)
            return [] if offer.status == "withdrawn" else [e.OfferWithdrawn(_answerable(offer, now).sent.offer_id)]
        case c.RefuseOffer(_, offer_id, reason):
            return _refuse(_found(state, offer_id), reason, state, now)
        case c.AcceptOffer():
            return _accept(command, state, known, now)
        case c.LapseOffer(_, offer_id):
            lapsed = state.offers.get(offer_id)
            return _lapses([lapsed] if lapsed else [], now)
        case c.PassReview(_, "agreement", subject_id, serial):
            return _agreement_passed(state.offers.get(subject_id), serial)
        case c.PassReview(_, "cancellation", subject_id):
            return [_cancelled(offer, agreed) for offer, agreed in _agreed(state, subject_id)]
        case c.FailReview(_, "agreement", subject_id, reason):
            failed = state.offers.get(subject_id)
            return [e.AgreementReturned(subject_id, reason)] if failed and failed.status == "accepted" else []
        case c.FailReview(_, "cancellation", subject_id, reason):
            return [
                e.CancellationReturned(subject_id, offer.sent.offer_id, reason)
                for offer, _ in _agreed(state, subject_id)
            ]
        case c.AttestAgreement(_, agreement_id, serial):
            return _attest(_found(state, agreement_id), serial)
        case c.RequestCancellation():
            return _request_cancellation(command, _found(state, command.agreement_id), known, meta)
        case c.WithdrawCancellation(_, agreement_id, cancellation_id):
            return _withdraw_cancellation(_request(state, agreement_id, cancellation_id), meta)
        case c.AgreeToCancellation(_, agreement_id, cancellation_id):
            return _agree(_found(state, agreement_id), _request(state, agreement_id, cancellation_id), meta)
        case c.RefuseCancellation(_, agreement_id, cancellation_id, reason):
            return _refuse_cancellation(_request(state, agreement_id, cancellation_id), reason, meta)
        case c.LapseCancellation(_, agreement_id, cancellation_id):
            overdue = state.offers.get(agreement_id)
            return _cancellation_lapses(overdue, now, cancellation_id) if overdue else []
    raise AssertionError(command)


# Offers


def _send(command: c.SendOffer, state: State, known: Facts, meta: Meta) -> list[Any]:
    graduate = _may_sign(known.graduate)
    employer = _may_invite(known.employer)
    _check_agreed_unit(graduate, employer.name)
    earlier = [offer for offer in state.offers.values() if offer.sent.employer_id == command.employer_id]
    if any(offer.binding for offer in earlier):
        raise no.ALREADY_SIGNED.error(field="graduate_id")
    if any(offer.open_at(meta.now) for offer in earlier):
        raise no.ALREADY_INVITED.error(field="graduate_id")
    settings = known.settings
    sent = e.OfferSent(
        offer_id=new_id(lane_of(command.graduate_id), meta.command_id, "offer"),
        graduate_id=command.graduate_id,
        employer_id=command.employer_id,
        employer_name=employer.name,
        uscc=employer.uscc,
        nature=employer.nature,
        industry=employer.industry,
        place=employer.place,
        position=command.position,
        job_title=command.job_title,
        monthly_salary=command.monthly_salary,
        penalty=command.penalty,
        remarks=command.remarks,
        respond_by=_respond_by(command.respond_by, meta.now, settings.response_days, settings.response_days_max),
        scope=graduate.scope,
        class_year=graduate.class_year,
        parties=settings.parties,
    )
    return [*_lapses(earlier, meta.now), sent]


def _respond_by(asked: datetime | None, now: datetime, default_days: int, most_days: int) -> datetime:
    if asked is None:
        return now + timedelta(days=default_days)
    if not timedelta(days=1) <= asked - now <= timedelta(days=most_days):
        raise no.RESPOND_BY.error(field="respond_by", most=most_days)
    return asked


def _refuse(offer: Offer, reason: str, state: State, now: datetime) -> list[Any]:
    if offer.status == "refused":
        return []
    _answerable(offer, now)
    if state.binding is not None:
        raise no.LOCKED.error(field="offer_id")
    return [e.OfferRefused(offer.sent.offer_id, reason)]


def _accept(command: c.AcceptOffer, state: State, known: Facts, now: datetime) -> list[Any]:
    offer = _found(state, command.offer_id)
    if offer.binding:
        return []
    _answerable(offer, now)
    if state.binding is not None:
        raise no.LOCKED.error(field="offer_id")
    sent = offer.sent
    graduate = _may_sign(known.graduate)
    _may_invite(known.employer)
    _check_agreed_unit(graduate, sent.employer_name)
    if known.elsewhere:
        raise no.DESTINATION_REGISTERED.error()
    return [
        e.OfferAccepted(
            offer_id=sent.offer_id,
            graduate_id=sent.graduate_id,
            employer_id=sent.employer_id,
            scope=sent.scope,
            class_year=sent.class_year,
            education=graduate.education,
        )
    ]


def _lapses(offers: Sequence[Offer], now: datetime) -> list[Any]:
    return [
        e.OfferLapsed(offer.sent.offer_id) for offer in offers if offer.status == "sent" and not offer.open_at(now)
    ]


def _found(state: State, offer_id: str) -> Offer:
    offer = state.offers.get(offer_id)
    if offer is None:
        raise no.NO_OFFER.error()
    return offer


def _answerable(offer: Offer, now: datetime) -> Offer:
    match offer.status_at(now):
        case "sent":
            return offer
        case "lapsed":
            raise no.OFFER_LAPSED.error(field="offer_id", respond_by=offer.sent.respond_by.isoformat())
        case "withdrawn":
            raise no.OFFER_WITHDRAWN.error(field="offer_id")
    raise no.OFFER_ANSWERED.error(field="offer_id", status=offer.status)


def _may_sign(graduate: Graduate | None) -> Graduate:
    if graduate is None:
        raise no.NO_GRADUATE.error(field="graduate_id")
    if not graduate.enrolled:
        raise no.NOT_ENROLLED.error(field="graduate_id")
    return graduate


def _may_invite(employer: Employer | None) -> Employer:
    if employer is None:
        raise no.NO_EMPLOYER.error(field="employer_id")
    if employer.status == "suspended":
        raise no.EMPLOYER_SUSPENDED.error(field="employer_id")
    if employer.status != "verified":
        raise no.EMPLOYER_NOT_VERIFIED.error(field="employer_id")
    return employer


def _check_agreed_unit(graduate: Graduate, employer_name: str) -> None:
    if graduate.training in TRAINED_FOR_A_UNIT and plain(graduate.agreed_unit or "") != plain(employer_name):
        raise no.ONLY_AGREED_UNIT.error(field="employer_id")


# Agreements


def _agreement_passed(offer: Offer | None, serial: int | None) -> list[Any]:
    if offer is None or offer.status != "accepted":
        return []
    if offer.sent.parties == 3:
        return [e.AttestationAwaited(offer.sent.offer_id)]
    return [_concluded(offer, serial)]


def _attest(offer: Offer, serial: int | None) -> list[Any]:
    if offer.status == "concluded" and offer.sent.parties == 3:
        return []
    if offer.status != "awaiting_attestation":
        raise no.NOT_AWAITING_ATTESTATION.error(field="agreement_id", status=offer.status)
    return [_concluded(offer, serial)]


def _concluded(offer: Offer, serial: int | None) -> e.AgreementConcluded:
    sent = offer.sent
    assert serial is not None, "who concludes an agreement brings its serial"
    assert offer.education is not None, "an accepted offer has an education"
    return e.AgreementConcluded(
        agreement_id=sent.offer_id,
        graduate_id=sent.graduate_id,
        employer_id=sent.employer_id,
        number=numbers.number(sent.class_year, school_of(sent.scope), offer.education, serial),
        parties=sent.parties,
        scope=sent.scope,
        class_year=sent.class_year,
        unit_name=sent.employer_name,
        uscc=sent.uscc,
        nature=sent.nature,
        industry=sent.industry,
        place=sent.place,
        position=sent.position,
        job_title=sent.job_title,
        monthly_salary=sent.monthly_salary,
    )


def number_prefix(state: State, agreement_id: str) -> str | None:
    """The prefix to take a serial from when this agreement's next step concludes it, else None."""
    offer = state.offers.get(agreement_id)
    if offer is None or offer.education is None:
        return None
    if (offer.status, offer.sent.parties) not in (("accepted", 2), ("awaiting_attestation", 3)):
        return None
    return numbers.prefix(offer.sent.class_year, school_of(offer.sent.scope), offer.education)


def school_of(scope: str) -> str:
    """The five-digit school code of a scope path `CN/14/10108/07`."""
    return scope.split("/")[2]


# Cancellations


def _request_cancellation(command: c.RequestCancellation, offer: Offer, known: Facts, meta: Meta) -> list[Any]:
    if offer.status != "concluded":
        raise no.NOT_EFFECTIVE.error(field="agreement_id", status=offer.status)
    before = offer.cancellation
    if before is not None and before.status_at(meta.now) in ("requested", "agreed"):
        raise no.CANCELLATION_OPEN.error(field="agreement_id")
    requested = e.CancellationRequested(
        cancellation_id=new_id(lane_of(command.graduate_id), meta.command_id, "cancellation"),
        agreement_id=command.agreement_id,
        by=str(meta.actor.role),
        reason_code=command.reason_code,
        reason=command.reason,
        answer_by=meta.now + timedelta(days=known.settings.cancellation_days),
    )
    return [*_cancellation_lapses(offer, meta.now), requested]


def _request(state: State, agreement_id: str, cancellation_id: str) -> Cancellation:
    for cancellation in _found(state, agreement_id).cancellations:
        if cancellation.requested.cancellation_id == cancellation_id:
            return cancellation
    raise no.NO_CANCELLATION.error(field="cancellation_id")


def _unanswered(cancellation: Cancellation, now: datetime) -> None:
    match cancellation.status_at(now):
        case "requested":
            return
        case "lapsed":
            raise no.CANCELLATION_LAPSED.error(field="cancellation_id")
        case "withdrawn":
            raise no.CANCELLATION_WITHDRAWN.error(field="cancellation_id")
    raise no.CANCELLATION_ANSWERED.error(field="cancellation_id", status=cancellation.status)


def _withdraw_cancellation(cancellation: Cancellation, meta: Meta) -> list[Any]:
    asked = cancellation.requested
    if meta.actor.role != asked.by:
        raise no.NOT_THE_INITIATOR.error()
    if cancellation.status == "withdrawn":
        return []
    _unanswered(cancellation, meta.now)
    return [e.CancellationWithdrawn(asked.cancellation_id, asked.agreement_id)]


def _agree(offer: Offer, cancellation: Cancellation, meta: Meta) -> list[Any]:
    asked, sent = cancellation.requested, offer.sent
    if meta.actor.role == asked.by:
        raise no.OWN_REQUEST.error()
    if cancellation.status == "agreed":
        return []
    _unanswered(cancellation, meta.now)
    return [
        e.CancellationAgreed(
            asked.cancellation_id, asked.agreement_id, sent.graduate_id, sent.scope, sent.class_year
        )
    ]


def _refuse_cancellation(cancellation: Cancellation, reason: str, meta: Meta) -> list[Any]:
    asked = cancellation.requested
    if meta.actor.role == asked.by:
        raise no.OWN_REQUEST.error()
    if cancellation.status == "refused":
        return []
    _unanswered(cancellation, meta.now)
    return [e.CancellationRefused(asked.cancellation_id, asked.agreement_id, reason)]


def _cancellation_lapses(offer: Offer, now: datetime, cancellation_id: str | None = None) -> list[Any]:
    return [
        e.CancellationLapsed(each.requested.cancellation_id, each.requested.agreement_id)
        for each in offer.cancellations
        if each.status == "requested"
        and not each.open_at(now)
        and cancellation_id in (None, each.requested.cancellation_id)
    ]


def _agreed(state: State, cancellation_id: str) -> list[tuple[Offer, Cancellation]]:
    return [
        (offer, each)
        for offer in state.offers.values()
        for each in offer.cancellations
        if each.requested.cancellation_id == cancellation_id and each.status == "agreed"
    ]


def _cancelled(offer: Offer, cancellation: Cancellation) -> e.AgreementCancelled:
    asked = cancellation.requested
    assert offer.number is not None, "only a concluded agreement is cancelled"
    return e.AgreementCancelled(
        agreement_id=asked.agreement_id,
        cancellation_id=asked.cancellation_id,
        graduate_id=offer.sent.graduate_id,
        number=offer.number,
        caused_by=no.CANCELLATION_REASONS[asked.reason_code].caused_by,
        reason_code=asked.reason_code,
    )


def subject(command: Any, state: State, known: Facts) -> Subject:
    """Whom and where a command is about: the parties and the scope its offer was created with."""
    offer = state.offers.get(getattr(command, "offer_id", None) or getattr(command, "agreement_id", ""))
    if offer is not None:
        return Subject(offer.sent.scope, command.graduate_id, offer.sent.employer_id)
    scope = known.graduate.scope if known.graduate else None
    return Subject(scope, command.graduate_id, getattr(command, "employer_id", None))


HANDLING = Handling[State](
    codec=e.CODEC,
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    stream=lambda command: c.stream(command.graduate_id),
    reads=reads,
    facts=facts,
    subject=subject,
)
