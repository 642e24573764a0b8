"""解约: asked for by either side, answered by the other, mediated by the school, reviewed (DOMAIN 1.2, 1.3, 1.9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.agreement import events as e
from services.agreement.decider import commands as c
from services.agreement.decider import reasons as no
from services.agreement.decider.codes import check_code
from services.agreement.decider.common import begun_of, check_evidence
from services.agreement.facts import Facts
from services.agreement.state import REMIND_BEFORE, Agreements, Book, Known, Status
from shared.access import Role
from shared.clock import day_of
from shared.messages import Meta, lane_of, new_id

RELEASE_LETTER, PENALTY_SLIP, CLOSURE_PROOF = "release_letter", "penalty_slip", "closure_proof"

Evidenced = c.RequestCancellation | c.AgreeToCancellation


def request(command: c.RequestCancellation, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Ask to cancel. Of a paper agreement the graduate alone asks, with the letter, and the review opens at once.

    So it does where the unit is closed and the graduate brings its authority's proof: nobody is left to answer.
    """
    agreement = state.get(command.agreement_id)
    if agreement is None:
        raise no.NO_AGREEMENT.error(field="agreement_id")
    if not agreement.binding:
        raise no.NOT_EFFECTIVE.error(status=agreement.status.value)
    before: list[Any] = []
    if agreement.cancellation is not None:
        if not lapsed(agreement, meta.now):
            raise no.CANCELLATION_OPEN.error()
        before = [e.CancellationLapsed(agreement.cancellation.requested.cancellation_id, command.agreement_id)]
    _check_not_closed(agreement, facts, meta)
    _check_breaches(command, state, facts, meta)
    _check_given(command, facts)
    _check_closed(command, agreement, facts)
    requested = e.CancellationRequested(
        cancellation_id=new_id(lane_of(command.graduate_id), meta.command_id, "cancellation"),
        agreement_id=command.agreement_id,
        by=meta.actor.role,
        reason_code=command.reason_code,
        reason=command.reason,
        answer_by=meta.now + timedelta(days=facts.settings.cancellation_days),
        release_letter=command.release_letter,
        penalty_slip=command.penalty_slip,
        closure_proof=command.closure_proof,
    )
    if command.closure_proof is None:
        if not isinstance(agreement, Book):
            return [*before, requested]
        wanted = (RELEASE_LETTER, PENALTY_SLIP) if agreement.penalty else (RELEASE_LETTER,)
        _check_complete(wanted, command.release_letter, command.penalty_slip)
    return [*before, requested, _agreed(agreement, requested, command.graduate_id)]


def answer(
    command: c.WithdrawCancellation | c.AgreeToCancellation | c.RefuseCancellation,
    state: Agreements,
    facts: Facts,
    meta: Meta,
) -> list[Any]:
    """Who asked may withdraw; the other side agrees or refuses."""
    agreement = state.of_cancellation(command.cancellation_id)
    if agreement is None or agreement.cancellation is None:
        raise no.NO_CANCELLATION.error(field="cancellation_id")
    cancellation = agreement.cancellation
    own_side = meta.actor.role == cancellation.requested.by
    if isinstance(command, c.WithdrawCancellation) and not own_side:
        raise no.OWN_SIDE.error()
    if not isinstance(command, c.WithdrawCancellation) and own_side:
        raise no.OTHER_SIDE.error()
    if cancellation.agreed:
        if isinstance(command, c.AgreeToCancellation):
            return []
        raise no.CANCELLATION_AGREED.error()
    if lapsed(agreement, meta.now):
        raise no.CANCELLATION_LAPSED.error()
    match command:
        case c.WithdrawCancellation(_, cancellation_id):
            return [e.CancellationWithdrawn(cancellation_id, agreement.id)]
        case c.RefuseCancellation(_, cancellation_id, reason):
            return [e.CancellationRefused(cancellation_id, agreement.id, reason)]
        case c.AgreeToCancellation():
            if meta.actor.role == Role.GRADUATE:
                check_code(command, state, facts)
            return _agree(command, agreement, cancellation.requested, facts)


def _agree(
    command: c.AgreeToCancellation, agreement: Known, requested: e.CancellationRequested, facts: Facts
) -> list[Any]:
    _check_given(command, facts)
    letter = command.release_letter or requested.release_letter
    slip = command.penalty_slip or requested.penalty_slip
    wanted = [
        each
        for each in facts.settings.cancellation_evidence
        if each == RELEASE_LETTER or (each == PENALTY_SLIP and agreement.penalty)
    ]
    _check_complete(wanted, letter, slip)
    return [_agreed(agreement, requested, command.graduate_id, command.release_letter, command.penalty_slip)]


def remind(command: c.RemindCancellation, state: Agreements, meta: Meta) -> list[Any]:
    """The other side has not answered, and the answer period is nearly over: told once."""
    agreement = state.of_cancellation(command.cancellation_id)
    if agreement is None or agreement.cancellation is None:
        return []
    cancellation, answer_by = agreement.cancellation, agreement.cancellation.requested.answer_by
    if cancellation.agreed or cancellation.reminded or not answer_by - REMIND_BEFORE <= meta.now < answer_by:
        return []
    return [e.CancellationReminded(command.cancellation_id, agreement.id, answer_by)]


def lapse(command: c.LapseCancellation, state: Agreements, meta: Meta) -> list[Any]:
    """The other side did not answer in time."""
    agreement = state.of_cancellation(command.cancellation_id)
    if agreement is None or not lapsed(agreement, meta.now):
        return []
    return [e.CancellationLapsed(command.cancellation_id, agreement.id)]


def mediate(command: c.MediateCancellation, state: Agreements, meta: Meta) -> list[Any]:
    """高校调解: the school decides what the sides could not; a cancellation is still reviewed by its own chain."""
    agreement, before = state.contested_as(command.cancellation_id), list[Any]()
    asked = agreement.contested if agreement is not None else None
    waiting = state.of_cancellation(command.cancellation_id)
    if waiting is not None and waiting.cancellation is not None and lapsed(waiting, meta.now):
        agreement, asked = waiting, waiting.cancellation.requested
        before = [e.CancellationLapsed(command.cancellation_id, waiting.id)]
    if agreement is None or asked is None or not agreement.binding:
        raise no.NOT_CONTESTED.error(field="cancellation_id")
    mediated = e.CancellationMediated(command.cancellation_id, agreement.id, command.outcome, command.reason)
    if command.outcome == "keep":
        return [*before, mediated]
    return [*before, mediated, _agreed(agreement, asked, command.graduate_id)]


def passed(command: c.PassReview, state: Agreements) -> list[Any]:
    """The review of a cancellation passed: 已解约."""
    agreement = state.of_cancellation(command.subject_id)
    if agreement is None or agreement.cancellation is None or not agreement.cancellation.agreed:
        return []
    requested = agreement.cancellation.requested
    assert agreement.number is not None
    reason_code = command.reason_code or requested.reason_code
    caused_by = command.caused_by or cause_of(reason_code, requested.by)
    return [
        e.AgreementCancelled(
            agreement_id=agreement.id,
            cancellation_id=command.subject_id,
            graduate_id=command.graduate_id,
            number=agreement.number,
            caused_by=caused_by,
            reason_code=reason_code,
            in_review=agreement.status == Status.ACCEPTED,
            loss_id=agreement.loss.loss_id if isinstance(agreement, Book) and agreement.loss is not None else None,
            corrected=command.caused_by is not None or command.reason_code is not None,
        )
    ]


def failed(command: c.FailReview, state: Agreements) -> list[Any]:
    """The review of a cancellation was returned: the agreement stays."""
    agreement = state.of_cancellation(command.subject_id)
    if agreement is None or agreement.cancellation is None or not agreement.cancellation.agreed:
        return []
    return [e.CancellationReturned(command.subject_id, agreement.id, command.reason)]


def cause_of(reason_code: str, by: str) -> str:
    """Who caused a cancellation: graduate, employer or mutual (DOMAIN 1.9)."""
    return no.CANCELLATION_REASONS[reason_code][1] or by


def lapsed(agreement: Known, now: datetime) -> bool:
    """Whether a request waits for an answer that is too late: exactly at the deadline it is."""
    cancellation = agreement.cancellation
    return cancellation is not None and not cancellation.agreed and now >= cancellation.requested.answer_by


def _agreed(
    agreement: Known,
    requested: e.CancellationRequested,
    graduate_id: str,
    release_letter: str | None = None,
    penalty_slip: str | None = None,
) -> e.CancellationAgreed:
    begun = begun_of(agreement)
    return e.CancellationAgreed(
        cancellation_id=requested.cancellation_id,
        agreement_id=agreement.id,
        graduate_id=graduate_id,
        scope=begun.scope,
        class_year=begun.class_year,
        release_letter=release_letter,
        penalty_slip=penalty_slip,
        province_version=begun.province_version,
        school_version=begun.school_version,
    )


def _check_not_closed(agreement: Known, facts: Facts, meta: Meta) -> None:
    last = facts.settings.cancel_by
    online = not isinstance(agreement, Book) and meta.actor.role == Role.GRADUATE
    # What waits for a seal is bound and registered nowhere: the graduate may always get out of it.
    effective = agreement.status == Status.EFFECTIVE
    if online and effective and last is not None and day_of(meta.now) > last:
        raise no.CANCELLING_CLOSED.error(last=last.isoformat())


def _check_breaches(command: c.RequestCancellation, state: Agreements, facts: Facts, meta: Meta) -> None:
    limit = facts.breach_limit
    breach = meta.actor.role == Role.GRADUATE and cause_of(command.reason_code, meta.actor.role) == "graduate"
    if limit is not None and breach and state.breaches >= limit:
        raise no.BREACH_LIMIT.error(limit=limit)


def _check_closed(command: c.RequestCancellation, agreement: Known, facts: Facts) -> None:
    # Of a unit without an account only the proof itself tells.
    if command.closure_proof is None or isinstance(agreement, Book):
        return
    if facts.employer is None or not facts.employer.closed:
        raise no.EMPLOYER_NOT_CLOSED.error(field=CLOSURE_PROOF)


def _check_given(command: Evidenced, facts: Facts) -> None:
    for name in (RELEASE_LETTER, PENALTY_SLIP, CLOSURE_PROOF):
        evidence_id = getattr(command, name, None)
        if evidence_id is not None:
            check_evidence(facts, evidence_id, command.graduate_id, name, name)


def _check_complete(wanted: Any, release_letter: str | None, penalty_slip: str | None) -> None:
    given = {RELEASE_LETTER: release_letter, PENALTY_SLIP: penalty_slip}
    for name in wanted:
        if given[name] is None:
            raise no.EVIDENCE_MISSING.error(field=name, wanted=name)
