"""What deciding about offers, books and cancellations has in common."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from services.agreement import events as e
from services.agreement.decider import reasons as no
from services.agreement.facts import CONFIRMED, DISPUTED, Employer, Facts, Graduate
from services.agreement.numbers import LAST_SERIAL, AgreementNumber
from services.agreement.state import Agreements, Book, Known, Offer, Status
from shared.clock import day_of
from shared.codes.tables import BOUND_TRAININGS, plain
from shared.eventlog.port import WRITTEN_FIRST
from shared.messages import Meta

APPLICATION, SIGNING, LOSS, PAPER = "application", "signing", "loss", "paper"
_REVIEWS = {Status.APPLIED: APPLICATION, Status.SCANNED: SIGNING, Status.SUBMITTED: PAPER}


def enrolled(facts: Facts) -> Graduate:
    """The graduate. Raises NotFound."""
    if facts.graduate is None:
        raise no.NO_GRADUATE.error(field="graduate_id")
    return facts.graduate


def check_enrolled(facts: Facts) -> None:
    """Whose agreement goes on is still on a roster. Raises Refused."""
    if facts.graduate is None:
        raise no.NOT_ENROLLED.error(field="graduate_id")


def check_confirmed(facts: Facts) -> None:
    """The graduate has confirmed what the roster says, and disputes none of it (DOMAIN 1.0). Raises Refused."""
    if facts.basic_data == DISPUTED:
        raise no.DISPUTE_OPEN.error()
    if facts.basic_data != CONFIRMED:
        raise no.CONFIRM_FIRST.error()


def check_day(facts: Facts, meta: Meta) -> None:
    """Signing ends for a class when registering does: both come to a destination (DOMAIN 1.5, 4.6). Raises Refused."""
    last = facts.register_until
    if last is not None and day_of(meta.now) > last:
        raise no.REGISTERING_OVER.error(day=last.isoformat())


def verified(facts: Facts, employer_id: str) -> Employer:
    """The employer, who may invite, edit and seal now. Raises Refused."""
    if facts.employer is not None and facts.employer.closed:
        raise no.EMPLOYER_CLOSED.error(field="employer_id")
    if facts.employer is None or not facts.employer.verified:
        raise no.NOT_VERIFIED.error(field="employer_id", employer_id=employer_id)
    return facts.employer


def trained_elsewhere(graduate: Graduate, unit: str) -> bool:
    """Whether the roster says now that the graduate is trained (定向, 委培) for another unit than this one."""
    return graduate.training in BOUND_TRAININGS and plain(unit) != plain(graduate.agreed_unit or "")


def check_bound(graduate: Graduate, unit: str, field: str) -> None:
    """定向 and 委培 sign with their own unit only."""
    if trained_elsewhere(graduate, unit):
        raise no.BOUND_ELSEWHERE.error(field=field)


def check_unbound(state: Agreements, **details: str) -> None:
    """Nothing binds the graduate: no offer accepted, no agreement in force, no book under way."""
    locked = state.locked
    if locked is not None:
        under_way = isinstance(locked, Book) and locked.status != Status.EFFECTIVE
        raise (no.BOOK_UNDER_WAY if under_way else no.SIGNED).error(**details)


def check_may_begin(employer_id: str, state: Agreements, facts: Facts, meta: Meta) -> None:
    """Nothing stands between a graduate and an employer who begin: no block, open offer, lock or other unit."""
    check_day(facts, meta)
    if facts.blocked:
        raise no.BLOCKED.error(field="employer_id")
    if any(offer.sent.employer_id == employer_id and offer.is_open(meta.now) for offer in state.offers.values()):
        raise no.OFFER_OPEN.error(field="graduate_id")
    check_unbound(state, field="graduate_id")
    check_bound(enrolled(facts), verified(facts, employer_id).name, "employer_id")


def answer_until(wanted: datetime | None, meta: Meta, facts: Facts) -> datetime:
    """The deadline of the answer: the wanted one, inside the province's bounds, or its default."""
    settings = facts.settings
    respond_by = wanted or meta.now + timedelta(days=settings.response_days)
    least, most = settings.response_days_min, settings.response_days_max
    earliest = meta.now + timedelta(days=least)
    if not (meta.now < respond_by and earliest <= respond_by <= meta.now + timedelta(days=most)):
        raise no.RESPOND_BY.error(field="respond_by", least=least, days=most)
    return respond_by


def check_free(facts: Facts) -> None:
    """No other destination stands in the way."""
    if facts.destination != "none":
        raise no.DESTINATION_REGISTERED.error(destination=facts.destination)


def check_evidence(facts: Facts, evidence_id: str, graduate_id: str, kind: str, field: str) -> None:
    """The evidence is this graduate's and of this kind."""
    known = facts.evidence.get(evidence_id)
    if known is None or known.graduate_id != graduate_id:
        raise no.NO_EVIDENCE.error(field=field)
    if known.kind != kind:
        raise no.WRONG_EVIDENCE.error(field=field, wanted=kind)


def warnings_of(penalty: int | None, facts: Facts) -> tuple[str, ...]:
    """What both sides should think about; it stops nobody (DOMAIN 1.9)."""
    limit = facts.settings.penalty_limit
    return (no.PENALTY_OVER_LIMIT,) if limit is not None and (penalty or 0) > limit else ()


def new_number(class_year: int, school: str, education: str, serial: int | None) -> str:
    """The number that a serial makes. Raises Conflict when none was taken, because the stream moved meanwhile."""
    if serial is None:
        raise WRITTEN_FIRST.error()
    if serial > LAST_SERIAL:
        raise no.NUMBERS_EXHAUSTED.error()
    return str(AgreementNumber(class_year, school, education, serial))


def concluded(thing: Known, serial: int | None, signed_on: date | None) -> e.AgreementConcluded:
    """The agreement is effective, under the number it has or a new one. A paper says itself when it was signed."""
    if isinstance(thing, Offer):
        sent = thing.sent
        return e.AgreementConcluded(
            agreement_id=sent.offer_id,
            graduate_id=sent.graduate_id,
            employer_id=sent.employer_id,
            number=thing.number or number_of(thing, serial),
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
            signed_on=signed_on,
            unit_address=sent.unit_address,
            unit_phone=sent.unit_phone,
        )
    begun, terms = thing.begun, thing.terms
    paper = begun if isinstance(begun, e.PaperSubmitted) else None
    return e.AgreementConcluded(
        agreement_id=begun.agreement_id,
        graduate_id=begun.graduate_id,
        employer_id=None,
        number=thing.number or number_of(thing, serial),
        parties=begun.parties,
        scope=begun.scope,
        class_year=begun.class_year,
        unit_name=terms.unit_name,
        nature=terms.nature,
        industry=terms.industry,
        place=terms.place,
        position=terms.position,
        job_title=terms.job_title,
        uscc=terms.uscc,
        monthly_salary=terms.monthly_salary,
        kind=thing.kind,
        signed_on=paper.signed_on if paper else signed_on,
        paper_number=paper.paper_number if paper else None,
        unit_address=terms.unit_address,
        unit_phone=terms.unit_phone,
    )


def returned(offer: Offer, reason: str, cause: str, *, in_review: bool = False) -> e.AgreementReturned:
    """It comes to nothing, with a request to cancel it if there is one."""
    asked = offer.cancellation.requested.cancellation_id if offer.cancellation else None
    return e.AgreementReturned(offer.id, reason, asked, cause, in_review)


def voided(book: Book, reason: str, *, reviewed: bool = False) -> e.BookVoided:
    """It is given up, and so is the review about it unless that is over."""
    kind, review_id = _REVIEWS.get(book.status), book.review_id
    if book.loss is not None and kind is None:
        kind, review_id = LOSS, book.loss.loss_id
    if reviewed:
        kind = None
    return e.BookVoided(
        agreement_id=book.id,
        graduate_id=book.begun.graduate_id,
        reason=reason,
        number=book.number,
        review_kind=kind,
        review_id=review_id if kind is not None else None,
    )


def number_of(thing: Known, serial: int | None) -> str:
    """The number that a serial makes for an agreement. Raises as `new_number`."""
    class_year, scope = prefix_of(thing)
    return new_number(class_year, scope.split("/")[2], thing.education, serial)


def prefix_of(thing: Known) -> tuple[int, str]:
    """The class and the scope that the number of an agreement is made from."""
    begun = begun_of(thing)
    return begun.class_year, begun.scope


def begun_of(thing: Known) -> e.OfferSent | e.BookApplied | e.PaperSubmitted:
    """What an agreement began with: its terms, and the settings that it was made under."""
    return thing.begun if isinstance(thing, Book) else thing.sent
