"""线上签约 after the answer: review, seal and attestation in the order of the province, or none of them in time.

DOMAIN 1.1, 1.6. Whoever is waited for may decline, and what is not done in time lapses: a graduate is never locked for good.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.agreement import events as e
from services.agreement.decider import commands as c
from services.agreement.decider import reasons as no
from services.agreement.decider.common import (
    check_bound,
    check_enrolled,
    check_evidence,
    concluded,
    enrolled,
    number_of,
    returned,
    trained_elsewhere,
    verified,
)
from services.agreement.decider.leaving import come_to_nothing
from services.agreement.facts import Facts
from services.agreement.state import ATTEST, REVIEW, SEAL, Agreements, Offer, Status
from shared.clock import day_of
from shared.messages import Meta

STAMPED = "stamped_agreement"


def passed(command: c.PassReview, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """The review of an accepted offer passed."""
    offer = state.offers.get(command.subject_id)
    if offer is None or offer.status != Status.ACCEPTED:
        return []
    if facts.graduate is None:
        return [come_to_nothing(offer, reviewed=True)]
    # What acceptance bound is in force already, and cancelled if it must end.
    if not offer.at_acceptance and trained_elsewhere(facts.graduate, offer.sent.employer_name):
        return [returned(offer, no.TRAINED_ELSEWHERE, "review")]
    following = offer.after(REVIEW)
    until = complete_by(offer, following, facts, meta)
    match following:
        case "seal":
            return [e.SealAwaited(offer.id, _number_to_stamp(offer, following, command.serial), until)]
        case "attest":
            return [e.AttestationAwaited(offer.id, until)]
    return [concluded(offer, command.serial, facts.signed.get(offer.id))]


def failed(command: c.FailReview, state: Agreements) -> list[Any]:
    """The review of an accepted offer was returned."""
    offer = state.offers.get(command.subject_id)
    if offer is None or offer.status != Status.ACCEPTED:
        return []
    return [returned(offer, command.reason, "review")]


def attest(command: c.AttestAgreement, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """学校鉴证 or 院校确认."""
    offer = _known_agreement(state, command.agreement_id)
    if offer.status == Status.EFFECTIVE or _done(offer, ATTEST):
        return []
    _check_waits(offer, Status.ATTESTING, meta)
    check_enrolled(facts)
    _check_bound(offer, facts)
    _check_employer(command, facts)
    following = offer.after(ATTEST)
    if following is None:
        return [replace(concluded(offer, command.serial, facts.signed.get(offer.id)), remark=command.remark)]
    sent = offer.sent
    return [
        e.AgreementAttested(
            agreement_id=offer.id,
            graduate_id=sent.graduate_id,
            scope=sent.scope,
            class_year=sent.class_year,
            awaits=following,
            number=_number_to_stamp(offer, following, command.serial),
            complete_by=complete_by(offer, following, facts, meta),
            province_version=sent.province_version,
            school_version=sent.school_version,
            remark=command.remark,
        )
    ]


def _check_bound(offer: Offer, facts: Facts) -> None:
    """The roster may have been corrected since the graduate accepted."""
    if not offer.at_acceptance:
        check_bound(enrolled(facts), offer.sent.employer_name, "agreement_id")


def _check_employer(command: c.AttestAgreement, facts: Facts) -> None:
    """Whoever attests for an employer that was suspended or closed since knows it, and says why."""
    employer = facts.employer
    if employer is None or employer.verified or command.remark is not None:
        return
    raise (no.ATTESTING_CLOSED if employer.closed else no.ATTESTING_SUSPENDED).error(field="remark")


def seal(command: c.SealAgreement, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """用人单位盖章, on the platform or as a stamped scan."""
    offer = _known_agreement(state, command.agreement_id)
    if offer.status == Status.EFFECTIVE or _done(offer, SEAL):
        return []
    _check_waits(offer, Status.SEALING, meta)
    check_enrolled(facts)
    _check_bound(offer, facts)
    verified(facts, offer.sent.employer_id)
    if command.scan is not None:
        check_evidence(facts, command.scan, command.graduate_id, STAMPED, "scan")
    sent = offer.sent
    following = offer.after(SEAL)
    sealed = e.AgreementSealed(
        agreement_id=offer.id,
        graduate_id=sent.graduate_id,
        scope=sent.scope,
        class_year=sent.class_year,
        method="e_seal" if command.scan is None else "scan",
        evidence_id=command.scan,
        awaits=following,
        complete_by=complete_by(offer, following, facts, meta),
        province_version=sent.province_version,
        school_version=sent.school_version,
    )
    return [sealed] if following is not None else [sealed, concluded(offer, command.serial, day_of(meta.now))]


def decline_seal(command: c.DeclineSeal, state: Agreements, meta: Meta) -> list[Any]:
    """The employer will not seal; what acceptance bound is no longer the employer's alone to end."""
    offer = _known_agreement(state, command.agreement_id)
    if offer.status == Status.RETURNED:
        return []
    _check_waits(offer, Status.SEALING, meta)
    if offer.at_acceptance:
        raise no.BOUND_BY_ACCEPTANCE.error()
    return [returned(offer, command.reason, "declined")]


def decline_attestation(command: c.DeclineAttestation, state: Agreements, meta: Meta) -> list[Any]:
    """The school will not attest: it returns the agreement as a review does, also what acceptance bound."""
    offer = _known_agreement(state, command.agreement_id)
    if offer.status == Status.RETURNED:
        return []
    _check_waits(offer, Status.ATTESTING, meta)
    return [returned(offer, command.reason, "declined")]


def lapse_completion(command: c.LapseCompletion, state: Agreements, meta: Meta) -> list[Any]:
    """Nobody sealed or attested in time: the graduate is free again."""
    offer = state.offers.get(command.agreement_id)
    if offer is None or not offer.is_overdue(meta.now):
        return []
    reason = no.SEAL_OVERDUE if offer.status == Status.SEALING else no.ATTESTATION_OVERDUE
    return [returned(offer, reason, "overdue")]


def complete_by(offer: Offer, following: str | None, facts: Facts, meta: Meta) -> datetime | None:
    """Until when the following step is waited for. What acceptance bound is cancelled, and does not go by itself."""
    if following not in (SEAL, ATTEST) or offer.at_acceptance:
        return None
    return meta.now + timedelta(days=facts.settings.completion_days)


_NOT_AWAITED = {Status.SEALING: no.NOT_SEALING, Status.ATTESTING: no.NOT_ATTESTING}


def _check_waits(offer: Offer, wanted: Status, meta: Meta) -> None:
    """Raises Refused unless the agreement waits for this step, and the step is in time."""
    if offer.status != wanted:
        raise _NOT_AWAITED[wanted].error(status=offer.status.value)
    if offer.is_overdue(meta.now):
        raise no.COMPLETION_LAPSED.error()


def _number_to_stamp(offer: Offer, following: str, serial: int | None) -> str | None:
    """The number of the book that the employer stamps next; None when it has one already, or no seal is next."""
    return number_of(offer, serial) if following == SEAL and offer.number is None else None


def _done(offer: Offer, step: str) -> bool:
    """Whether a step of signing lies behind an agreement that still awaits a later one."""
    awaited = {Status.ACCEPTED: REVIEW, Status.SEALING: SEAL, Status.ATTESTING: ATTEST}.get(offer.status)
    order = offer.order
    return awaited in order and step in order and order.index(step) < order.index(awaited)


def _known_agreement(state: Agreements, agreement_id: str) -> Offer:
    offer = state.offers.get(agreement_id)
    if offer is None:
        raise no.NO_AGREEMENT.error(field="agreement_id")
    return offer
