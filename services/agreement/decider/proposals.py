"""签约申请: a graduate proposes to sign, and an offer of the employer answers (DOMAIN 1.1: Shanghai, Anhui, Jiangxi).

The proposal fixes only who asked whom, and until when: terms and order of signing come with the offer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.agreement import events as e
from services.agreement.decider import commands as c
from services.agreement.decider import reasons as no
from services.agreement.decider.common import (
    answer_until,
    check_confirmed,
    check_free,
    check_may_begin,
    enrolled,
    verified,
)
from services.agreement.facts import Facts
from services.agreement.state import BY_EMPLOYER, BY_GRADUATE, Agreements, Proposal, ProposalStatus
from shared.messages import Meta, lane_of, new_id


def propose(command: c.ProposeSigning, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Where the province lets graduates begin; one open proposal an employer."""
    graduate, employer = enrolled(facts), verified(facts, command.employer_id)
    check_confirmed(facts)
    if facts.settings.begun_by == BY_EMPLOYER:
        raise no.EMPLOYER_BEGINS.error()
    if _open_to(command.employer_id, state, meta.now) is not None:
        raise no.PROPOSAL_OPEN.error(field="employer_id")
    check_may_begin(command.employer_id, state, facts, meta)
    check_free(facts)
    return [
        e.SigningProposed(
            proposal_id=new_id(lane_of(command.graduate_id), meta.command_id, "proposal"),
            graduate_id=command.graduate_id,
            employer_id=command.employer_id,
            employer_name=employer.name,
            respond_by=answer_until(command.respond_by, meta, facts),
            scope=graduate.scope,
            class_year=graduate.class_year,
            position=command.position,
            job_title=command.job_title,
            monthly_salary=command.monthly_salary,
            remarks=command.remarks,
        )
    ]


def answered(command: c.SendOffer, state: Agreements, facts: Facts, meta: Meta) -> str | None:
    """The proposal that an offer answers: the one it names, or that waits for this employer; None if the employer begins.

    Raises NotFound, Refused.
    """
    if command.proposal_id is not None:
        proposal = _known(state, command.proposal_id)
        if proposal.employer_id != command.employer_id:
            raise no.NO_PROPOSAL.error(field="proposal_id")
        _check_open(proposal, meta.now)
        return command.proposal_id
    waiting = _open_to(command.employer_id, state, meta.now)
    if waiting is None and facts.settings.begun_by == BY_GRADUATE:
        raise no.GRADUATE_BEGINS.error(field="graduate_id")
    return None if waiting is None else waiting.id


def close(state: Agreements, proposal_id: str, status: ProposalStatus, meta: Meta, event: Any) -> list[Any]:
    """An open proposal ends without an offer; ending it twice changes nothing."""
    proposal = _known(state, proposal_id)
    if proposal.status == status:
        return []
    _check_open(proposal, meta.now)
    return [event]


def lapse(command: c.LapseProposal, state: Agreements, meta: Meta) -> list[Any]:
    """The employer did not answer in time."""
    proposal = state.proposals.get(command.proposal_id)
    due = proposal is not None and proposal.status == ProposalStatus.OPEN and not proposal.is_open(meta.now)
    return [e.ProposalLapsed(command.proposal_id)] if due else []


def _known(state: Agreements, proposal_id: str) -> Proposal:
    proposal = state.proposals.get(proposal_id)
    if proposal is None:
        raise no.NO_PROPOSAL.error(field="proposal_id")
    return proposal


def _open_to(employer_id: str, state: Agreements, now: datetime) -> Proposal | None:
    return next(
        (each for each in state.proposals.values() if each.employer_id == employer_id and each.is_open(now)), None
    )


def _check_open(proposal: Proposal, now: datetime) -> None:
    if proposal.status not in (ProposalStatus.OPEN, ProposalStatus.LAPSED):
        raise no.PROPOSAL_NOT_OPEN.error(status=proposal.status.value)
    if not proposal.is_open(now):
        raise no.PROPOSAL_LAPSED.error()
