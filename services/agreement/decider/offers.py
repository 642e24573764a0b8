"""线上签约 until the answer: drafting, inviting, editing, accepting, refusing (DOMAIN 1.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.agreement import events as e
from services.agreement.decider import commands as c
from services.agreement.decider import proposals
from services.agreement.decider import reasons as no
from services.agreement.decider.codes import check_code
from services.agreement.decider.common import (
    answer_until,
    check_bound,
    check_confirmed,
    check_day,
    check_enrolled,
    check_free,
    check_may_begin,
    check_unbound,
    enrolled,
    new_number,
    verified,
    warnings_of,
)
from services.agreement.decider.signing import complete_by
from services.agreement.facts import Facts
from services.agreement.state import ACCEPT, LOCKED, REVIEW, SEAL, Agreements, Offer, Status, default_order
from shared.messages import Meta, lane_of, new_id


def save_draft(command: c.SaveDraft, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Nobody but the employer sees a draft, so little is checked before it is sent."""
    enrolled(facts)
    verified(facts, command.employer_id)
    offer_id = command.offer_id or new_id(lane_of(command.graduate_id), meta.command_id, "offer")
    known = state.drafts.get(offer_id)
    if command.offer_id is not None and (known is None or known.employer_id != command.employer_id):
        raise no.NO_DRAFT.error(field="offer_id")
    drafted = e.OfferDrafted(
        offer_id=offer_id,
        graduate_id=command.graduate_id,
        employer_id=command.employer_id,
        position=command.position,
        job_title=command.job_title,
        monthly_salary=command.monthly_salary,
        penalty=command.penalty,
        remarks=command.remarks,
    )
    return [] if known == drafted else [drafted]


def discard_draft(command: c.DiscardDraft, state: Agreements) -> list[Any]:
    """A draft that is gone is gone; another employer's is none of this one's."""
    known = state.drafts.get(command.offer_id)
    mine = known is not None and known.employer_id == command.employer_id
    return [e.DraftDiscarded(command.offer_id)] if mine else []


def send_draft(command: c.SendDraft, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """The draft becomes an offer under the same id."""
    if command.offer_id in state.offers and state.offers[command.offer_id].employer_id == command.employer_id:
        return []
    draft = state.drafts.get(command.offer_id)
    if draft is None or draft.employer_id != command.employer_id:
        raise no.NO_DRAFT.error(field="offer_id")
    wanted = c.SendOffer(
        graduate_id=command.graduate_id,
        employer_id=command.employer_id,
        position=draft.position,
        job_title=draft.job_title,
        monthly_salary=draft.monthly_salary,
        penalty=draft.penalty,
        remarks=draft.remarks,
        respond_by=command.respond_by,
        sealed=command.sealed,
    )
    return _sent(wanted, command.offer_id, state, facts, meta)


def send(command: c.SendOffer, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Invite."""
    return _sent(command, new_id(lane_of(command.graduate_id), meta.command_id, "offer"), state, facts, meta)


def _sent(command: c.SendOffer, offer_id: str, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    graduate, employer = enrolled(facts), verified(facts, command.employer_id)
    check_may_begin(command.employer_id, state, facts, meta)
    proposal_id = proposals.answered(command, state, facts, meta)
    settings = facts.settings
    order = settings.order or default_order(settings.parties)
    if SEAL in order and order.index(SEAL) < order.index(ACCEPT) and not command.sealed:
        raise no.SEAL_FIRST.error(field="sealed")
    return [
        e.OfferSent(
            offer_id=offer_id,
            graduate_id=command.graduate_id,
            employer_id=command.employer_id,
            employer_name=employer.name,
            nature=employer.nature,
            industry=employer.industry,
            place=employer.place,
            position=command.position,
            job_title=command.job_title,
            respond_by=answer_until(command.respond_by, meta, facts),
            scope=graduate.scope,
            class_year=graduate.class_year,
            parties=settings.parties,
            uscc=employer.uscc,
            monthly_salary=command.monthly_salary,
            penalty=command.penalty,
            remarks=command.remarks,
            order=settings.order,
            binding=settings.binding,
            template=settings.template,
            warnings=warnings_of(command.penalty, facts),
            province_version=facts.province_version,
            school_version=facts.school_version,
            proposal_id=proposal_id,
            unit_address=employer.address,
            unit_phone=employer.phone,
        )
    ]


def edit(command: c.EditOffer, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """Before the answer the employer may still change its mind; the graduate accepts what was last seen."""
    offer = known_offer(state, command.offer_id)
    check_enrolled(facts)
    check_open(offer, meta.now)
    verified(facts, offer.sent.employer_id)
    kept = command.respond_by is None
    respond_by = offer.sent.respond_by if kept else answer_until(command.respond_by, meta, facts)
    edited = e.OfferEdited(
        offer_id=command.offer_id,
        revision=offer.revision + 1,
        position=command.position,
        job_title=command.job_title,
        respond_by=respond_by,
        monthly_salary=command.monthly_salary,
        penalty=command.penalty,
        remarks=command.remarks,
        warnings=warnings_of(command.penalty, facts),
    )
    sent = offer.sent
    same = all(getattr(sent, name) == getattr(edited, name) for name in _EDITED)
    return [] if same else [edited]


_EDITED = ("position", "job_title", "respond_by", "monthly_salary", "penalty", "remarks")


def accept(command: c.AcceptOffer, state: Agreements, facts: Facts, meta: Meta) -> list[Any]:
    """应约: the graduate is locked; bound at once where the province says so."""
    offer = known_offer(state, command.offer_id)
    if offer.sent.employer_id != command.employer_id:
        raise no.NO_OFFER.error(field="employer_id")
    if offer.status in LOCKED:
        return []
    # Whose offer lapsed by leaving the roster is told so, and not to ask for another.
    check_enrolled(facts)
    check_unbound(state)
    check_open(offer, meta.now)
    if command.revision != offer.revision:
        raise no.OFFER_EDITED.error(field="revision", revision=offer.revision)
    graduate = enrolled(facts)
    check_confirmed(facts)
    check_day(facts, meta)
    verified(facts, command.employer_id)
    check_free(facts)
    check_bound(graduate, offer.sent.employer_name, "employer_id")
    check_code(command, state, facts)
    sent = offer.sent
    awaits = offer.after(ACCEPT) or REVIEW
    number = None
    if offer.at_acceptance or awaits == SEAL:
        # A serial of another level may be somebody's number at this one.
        serial = command.serial if command.education == graduate.education else None
        number = new_number(sent.class_year, sent.scope.split("/")[2], graduate.education, serial)
    return [
        e.OfferAccepted(
            offer_id=command.offer_id,
            graduate_id=command.graduate_id,
            employer_id=command.employer_id,
            scope=sent.scope,
            class_year=sent.class_year,
            education=graduate.education,
            awaits=awaits,
            number=number,
            complete_by=complete_by(offer, awaits, facts, meta),
            province_version=sent.province_version,
            school_version=sent.school_version,
        )
    ]


def refuse(command: c.RefuseOffer, state: Agreements, meta: Meta) -> list[Any]:
    """The graduate says no, unless bound to another."""
    events = close(state, command.offer_id, Status.REFUSED, meta, e.OfferRefused(command.offer_id, command.reason))
    if events:
        check_unbound(state)
    return events


def close(state: Agreements, offer_id: str, status: Status, meta: Meta, event: Any) -> list[Any]:
    """An open offer ends; ending it twice changes nothing."""
    offer = known_offer(state, offer_id)
    if offer.status == status:
        return []
    check_open(offer, meta.now)
    return [event]


def lapse(command: c.LapseOffer, state: Agreements, meta: Meta) -> list[Any]:
    """Nobody answered in time."""
    offer = state.offers.get(command.offer_id)
    due = offer is not None and offer.status == Status.OPEN and meta.now >= offer.sent.respond_by
    return [e.OfferLapsed(command.offer_id)] if due else []


def known_offer(state: Agreements, offer_id: str) -> Offer:
    """The offer. Raises NotFound."""
    offer = state.offers.get(offer_id)
    if offer is None:
        raise no.NO_OFFER.error(field="offer_id")
    return offer


def check_open(offer: Offer, now: datetime) -> None:
    """Raises Refused unless the offer can be answered now."""
    if offer.status == Status.LAPSED or (offer.status == Status.OPEN and now >= offer.sent.respond_by):
        raise no.OFFER_LAPSED.error()
    if offer.status != Status.OPEN:
        raise no.OFFER_NOT_OPEN.error(status=offer.status.value)
