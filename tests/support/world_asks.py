"""What people may ask of the world (tests/support/world.py): for each action who usually asks, about what, and how.

`TARGETS` of an action are the things for which asking makes sense now; anybody may also ask about anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from services.agreement import decider as a
from services.agreement.decider.cancelling import lapsed
from services.agreement.state import Book, Known, Offer, Status
from services.directory import decider as d
from services.registration import decider as r
from services.registration.events import Archive, Household
from services.review import decider as v
from shared.access import Role
from shared.codes.destination import DESTINATIONS
from shared.messages import Actor
from tests.support import directory_examples as dx
from tests.support import examples as x
from tests.support.registration_examples import REGISTRABLE, complete
from tests.support.spec import DEPARTMENT, MINISTRY, PROVINCE, SCHOOL, SYSTEM
from tests.support.world import CLASSES, EDUCATIONS, EMPLOYERS, GRADUATES, NAMES, PERSONS, Asked, World

# A graduate and the id of a thing.
Target = tuple[str, str]
UNKNOWN: Final = "14-00000000-0000-4000-8000-00000000dead"
OFFICES: Final = {"school": SCHOOL, "province": PROVINCE}
DEPARTMENTS: Final = ("07", "08")
TERMS: Final = (
    x.TERMS,
    replace(x.TERMS, job_title="科员", penalty=None),
    replace(x.TERMS, unit_name=NAMES[EMPLOYERS[0]]),
)
PAPER_NUMBERS: Final = ("晋2026-0001", "晋2026-0002", None)
DESTINATION_CODES: Final = ("11", "70", *(each.code for each in REGISTRABLE))


@dataclass(frozen=True)
class Choice:
    """Draws by `of` any of some things, with the sensible first: a failure is told in sensible terms where it can be."""

    of: Callable[[Sequence[Any]], Any]

    def rarely(self) -> bool:
        """One time in ten."""
        return bool(self.of(range(10)) == 9)


def drawn(data: st.DataObject) -> Choice:
    """What Hypothesis draws."""
    return Choice(lambda items: data.draw(st.sampled_from(items)))


@dataclass(frozen=True)
class Ask:
    """An action: what there is to ask it about, and the command with who gives it. `weight` of them are asked for one."""

    weight: int
    targets: Callable[[World], Sequence[Target]]
    make: Callable[[World, Choice, Target], tuple[Any, Actor]]


ASKS: Final[dict[str, Ask]] = {}


def asked(world: World, choice: Choice, about: Sequence[str] = GRADUATES) -> Asked:
    """Mostly something sensible from who may ask it; sometimes anything about anything from anybody.

    What is possible now is asked as often as it weighs.
    """
    sensible = {action: [target for target in ask.targets(world) if target[0] in about] for action, ask in ASKS.items()}
    possible = [action for action, targets in sensible.items() if targets for _ in range(ASKS[action].weight)]
    if choice.rarely() or not possible:
        action = choice.of(list(ASKS))
        target = (choice.of(about), choice.of([*_every_id(world), UNKNOWN]))
    else:
        action = choice.of(possible)
        target = choice.of(sensible[action])
    command, actor = ASKS[action].make(world, choice, target)
    return Asked(action, command, _anybody(choice) if choice.rarely() else actor)


def approving(world: World) -> Iterator[Asked]:
    """One step of every waiting case, by the office whose turn it is."""
    for case_id in sorted(world.waiting()):
        case = world.cases()[case_id]
        assert case.waiting_for is not None
        yield Asked("review.approve_review", v.ApproveReview(case_id), office(case.waiting_for, case.opened.scope))


def office(step: str, scope: str) -> Actor:
    """Who does a step of a review of something in a scope."""
    return OFFICES[step] if step in OFFICES else Actor(Role.DEPARTMENT, "department-office", scope)


def _ask(action: str, targets: Callable[[World], Sequence[Target]], weight: int = 4) -> Any:
    def note(make: Callable[[World, Choice, Target], tuple[Any, Actor]]) -> Any:
        ASKS[action] = Ask(weight, targets, make)
        return make

    return note


def _every_id(world: World) -> list[str]:
    registered = [state for each in GRADUATES if (state := world.registrations(each).registered) is not None]
    asking = [each.cancellation.requested for _, each in world.known() if each.cancellation is not None]
    return [
        *(each.id for _, each in world.known()),
        *(each.cancellation_id for each in asking),
        *(each.registration_id for each in registered),
        *world.cases(),
    ]


def _anybody(choice: Choice) -> Actor:
    people = [*map(_graduate, GRADUATES), *map(_employer, EMPLOYERS)]
    actor: Actor = choice.of([*people, DEPARTMENT, SCHOOL, PROVINCE, MINISTRY, SYSTEM])
    return actor


def _graduate(graduate_id: str) -> Actor:
    return Actor(Role.GRADUATE, graduate_id)


def _employer(employer_id: str | None) -> Actor:
    return Actor(Role.EMPLOYER, employer_id or EMPLOYERS[0])


def _everybody(world: World) -> list[Target]:
    return [(graduate_id, "") for graduate_id in GRADUATES]


def _unbound(world: World) -> list[Target]:
    return [(each, "") for each in GRADUATES if world.agreements(each).locked is None]


def _unregistered(world: World) -> list[Target]:
    return [
        target
        for target in _unbound(world)
        if world.registrations(target[0]).pending is None and not world.registrations(target[0]).placed
    ]


def _such(wanted: Callable[[World, Known], bool]) -> Callable[[World], list[Target]]:
    return lambda world: [(graduate_id, each.id) for graduate_id, each in world.known() if wanted(world, each)]


def _offers(*statuses: Status) -> Callable[[World], list[Target]]:
    return _such(lambda world, each: isinstance(each, Offer) and each.status in statuses)


def _books(*statuses: Status) -> Callable[[World], list[Target]]:
    return _such(lambda world, each: isinstance(each, Book) and each.status in statuses)


def _answerable(world: World) -> list[Target]:
    return _such(lambda world, each: isinstance(each, Offer) and each.is_open(world.now))(world)


def _asked_to_cancel(world: World) -> list[Target]:
    return [
        (graduate_id, each.cancellation.requested.cancellation_id)
        for graduate_id, each in world.known()
        if each.cancellation is not None and not each.cancellation.agreed
    ]


def _offer(world: World, target: Target) -> Offer | None:
    return world.agreements(target[0]).offers.get(target[1])


def _employer_of(world: World, target: Target) -> str:
    known = world.agreements(target[0]).get(target[1]) or world.agreements(target[0]).of_cancellation(target[1])
    return (known.employer_id if known else None) or EMPLOYERS[0]


# the roster and what its graduates say of it


def enrolment(
    graduate_id: str, education: str, department: str = DEPARTMENTS[0], bound_to: str | None = None
) -> d.EnrolGraduate:
    """A row of the roster; `bound_to` is the employer that a graduate was trained for."""
    training: dict[str, Any] = (
        {"training": "1"} if bound_to is None else {"training": "2", "agreed_unit": NAMES[bound_to]}
    )
    return replace(
        dx.ENROL,
        graduate_id=graduate_id,
        id_hash=PERSONS[graduate_id],
        class_year=CLASSES[graduate_id],
        graduates_on=date(CLASSES[graduate_id], 7, 1),
        education=education,
        department=department,
        **training,
    )


@_ask("directory.import_roster", _everybody, weight=2)
def _import_roster(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    row = enrolment(target[0], choice.of(EDUCATIONS), choice.of(DEPARTMENTS), choice.of([None, None, EMPLOYERS[0]]))
    return row, SCHOOL


def _enrolled(world: World) -> list[Target]:
    return [(each, "") for each in GRADUATES if world.roster(each).entry is not None]


@_ask("directory.remove_graduate", _enrolled, weight=1)
def _remove_graduate(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.RemoveGraduate(target[0], "延期毕业"), SCHOOL


@_ask("directory.confirm_basic_data", _enrolled, weight=4)
def _confirm_basic_data(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.ConfirmBasicData(target[0]), _graduate(target[0])


@_ask("directory.dispute_basic_data", _enrolled, weight=1)
def _dispute_basic_data(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.DisputeBasicData(target[0], choice.of(["education", "training"]), "AQ=="), _graduate(target[0])


def _disputed(world: World) -> list[Target]:
    return [
        (graduate_id, dispute.disputed.dispute_id)
        for graduate_id in GRADUATES
        for dispute in world.basic_data(graduate_id).open(world.roster(graduate_id).entry)
    ]


@_ask("directory.answer_dispute", _disputed, weight=2)
def _answer_dispute(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.AnswerDispute(*target, "Ag=="), SCHOOL


# what an employer is; the graduate of the target is anybody


def _employers(wanted: Callable[[Any], bool]) -> Callable[[World], list[Target]]:
    return lambda world: [
        (graduate_id, each) for graduate_id in GRADUATES for each in EMPLOYERS if wanted(world.employer(each))
    ]


def account(world: World, choice: Choice, employer_id: str) -> d.RegisterEmployer:
    """An employer's application, with a licence or without."""
    licence = choice.of([None, world.licence(employer_id)])
    return replace(dx.REGISTER, employer_id=employer_id, name=NAMES[employer_id], uscc=None, licence=licence)


@_ask("directory.register_employer", _employers(lambda known: known.status in ("unknown", "returned")), weight=2)
def _register_employer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    employer_id = _one_of_the_employers(target)
    return account(world, choice, employer_id), _employer(employer_id)


@_ask("directory.change_employer", _employers(lambda known: known.status == "verified"), weight=2)
def _change_employer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    employer_id = _one_of_the_employers(target)
    command = d.ChangeEmployer(
        employer_id=employer_id,
        name=choice.of([NAMES[employer_id], f"{NAMES[employer_id]}分公司"]),
        nature=choice.of(["31", "39"]),
        industry="31",
        place=choice.of(["140105", "110105"]),
        address="太原市小店区",
        licence=choice.of([None, world.licence(employer_id), world.licence(EMPLOYERS[0])]),
    )
    return command, _employer(employer_id)


def _one_of_the_employers(target: Target) -> str:
    return target[1] if target[1] in EMPLOYERS else EMPLOYERS[0]


def _to_verify(known: Any) -> bool:
    return known.status == "awaiting" or (known.status == "verified" and known.requested is not None)


@_ask("directory.verify_employer", _employers(_to_verify))
def _verify_employer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.VerifyEmployer(_one_of_the_employers(target)), choice.of([SCHOOL, PROVINCE])


@_ask("directory.return_employer", _employers(_to_verify), weight=1)
def _return_employer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.ReturnEmployer(_one_of_the_employers(target), "营业执照不清晰"), PROVINCE


@_ask("directory.suspend_employer", _employers(lambda known: known.status == "verified"), weight=1)
def _suspend_employer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.SuspendEmployer(_one_of_the_employers(target), "虚假招聘"), SCHOOL


@_ask("directory.reinstate_employer", _employers(lambda known: known.status == "suspended"), weight=3)
def _reinstate_employer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return d.ReinstateEmployer(_one_of_the_employers(target)), PROVINCE


# the graduate begins


@_ask("agreement.propose_signing", _unregistered, weight=2)
def _propose_signing(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return replace(x.PROPOSE, graduate_id=target[0], employer_id=choice.of(EMPLOYERS)), _graduate(target[0])


def _proposals(world: World) -> list[Target]:
    return [
        (graduate_id, each.id)
        for graduate_id in GRADUATES
        for each in world.agreements(graduate_id).proposals.values()
        if each.is_open(world.now)
    ]


def _proposed_to(world: World, target: Target) -> str:
    proposal = world.agreements(target[0]).proposals.get(target[1])
    return proposal.employer_id if proposal is not None else EMPLOYERS[0]


@_ask("agreement.withdraw_proposal", _proposals, weight=1)
def _withdraw_proposal(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.WithdrawProposal(*target), _graduate(target[0])


@_ask("agreement.refuse_proposal", _proposals, weight=1)
def _refuse_proposal(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.RefuseProposal(*target, "岗位已招满"), _employer(_proposed_to(world, target))


@_ask("agreement.lapse_proposal", _proposals, weight=1)
def _lapse_proposal(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.LapseProposal(*target), SYSTEM


# the employer


@_ask("agreement.send_offer", _unbound, weight=3)
def _send_offer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    employer_id = choice.of(EMPLOYERS)
    respond_by = choice.of([None, world.now + timedelta(days=1), world.now + timedelta(days=40)])
    proposals = [each.id for each in world.agreements(target[0]).proposals.values() if each.employer_id == employer_id]
    command = replace(
        x.SEND,
        graduate_id=target[0],
        employer_id=employer_id,
        respond_by=respond_by,
        sealed=not choice.rarely(),
        proposal_id=choice.of([None, *proposals[-1:]]),
    )
    return command, _employer(employer_id)


@_ask("agreement.save_draft", _everybody, weight=1)
def _save_draft(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    graduate_id = target[0]
    drafts = world.agreements(graduate_id).drafts
    offer_id = choice.of([None, *drafts])
    employer_id = drafts[offer_id].employer_id if offer_id is not None else choice.of(EMPLOYERS)
    pay = choice.of([6500, 7000])
    command = replace(
        x.SAVE_DRAFT, graduate_id=graduate_id, employer_id=employer_id, offer_id=offer_id, monthly_salary=pay
    )
    return command, _employer(employer_id)


def _drafts(world: World) -> list[Target]:
    return [(graduate_id, each) for graduate_id in GRADUATES for each in world.agreements(graduate_id).drafts]


def _drafted_by(world: World, choice: Choice, target: Target) -> str:
    draft = world.agreements(target[0]).drafts.get(target[1])
    employer_id: str = choice.of(EMPLOYERS) if draft is None or choice.rarely() else draft.employer_id
    return employer_id


@_ask("agreement.discard_draft", _drafts, weight=1)
def _discard_draft(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    employer_id = _drafted_by(world, choice, target)
    return a.DiscardDraft(target[0], employer_id, target[1]), _employer(employer_id)


@_ask("agreement.send_draft", _drafts, weight=2)
def _send_draft(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    employer_id = _drafted_by(world, choice, target)
    return a.SendDraft(target[0], employer_id, target[1], sealed=True), _employer(employer_id)


@_ask("agreement.edit_offer", _answerable, weight=1)
def _edit_offer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    command = replace(x.EDIT, graduate_id=target[0], offer_id=target[1], monthly_salary=choice.of([7500, 8000]))
    return command, _employer(_employer_of(world, target))


@_ask("agreement.withdraw_offer", _answerable, weight=1)
def _withdraw_offer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.WithdrawOffer(*target), _employer(_employer_of(world, target))


@_ask("agreement.seal_agreement", _offers(Status.SEALING))
def _seal_agreement(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    scan = choice.of([None, world.evidence(target[0], "stamped_agreement")])
    return a.SealAgreement(*target, scan=scan), _employer(_employer_of(world, target))


@_ask("agreement.decline_seal", _offers(Status.SEALING), weight=1)
def _decline_seal(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.DeclineSeal(*target, "岗位已取消"), _employer(_employer_of(world, target))


# the graduate


@_ask("agreement.accept_offer", _answerable, weight=8)
def _accept_offer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    offer = _offer(world, target)
    revision = offer.revision if offer is not None and not choice.rarely() else 1
    return a.AcceptOffer(*target, _employer_of(world, target), revision), _graduate(target[0])


@_ask("agreement.refuse_offer", _answerable, weight=1)
def _refuse_offer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.RefuseOffer(*target, "已有其他意向"), _graduate(target[0])


@_ask("agreement.apply_for_book", _unbound, weight=2)
def _apply_for_book(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.ApplyForBook(target[0], choice.of(TERMS)), _graduate(target[0])


@_ask("agreement.amend_book", _books(Status.CORRECTING))
def _amend_book(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.AmendBook(*target, choice.of(TERMS)), _graduate(target[0])


@_ask("agreement.open_upload", _books(Status.ISSUED), weight=2)
def _open_upload(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.OpenUpload(*target), choice.of([_graduate(target[0]), SCHOOL])


@_ask("agreement.submit_scan", _books(Status.ISSUED))
def _submit_scan(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    book = world.agreements(target[0]).books.get(target[1])
    uploads = [Actor(Role.UPLOADER, book.upload.opened.upload_id)] if book and book.upload else []
    command = a.SubmitScan(*target, _evidence(world, choice, target, "stamped_agreement"))
    return command, choice.of([_graduate(target[0]), *uploads])


@_ask(
    "agreement.void_book",
    _books(Status.APPLIED, Status.CORRECTING, Status.ISSUED, Status.SCANNED, Status.SUBMITTED),
    weight=1,
)
def _void_book(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.VoidBook(*target, "单位不再录用"), _graduate(target[0])


@_ask("agreement.report_loss", _books(Status.ISSUED, Status.EFFECTIVE))
def _report_loss(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    notice = _evidence(world, choice, target, "loss_notice")
    return a.ReportLoss(*target, "不慎遗失，声明作废", notice), _graduate(target[0])


@_ask("agreement.register_paper", _unbound, weight=2)
def _register_paper(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    graduate_id = target[0]
    numbers = [*PAPER_NUMBERS, *sorted(number for each in GRADUATES for number in world.agreements(each).numbers)]
    scan = _evidence(world, choice, target, "stamped_agreement")
    command = a.RegisterPaper(graduate_id, choice.of(TERMS), date(2026, 4, 8), scan, choice.of(numbers))
    return command, _graduate(graduate_id)


def _evidence(world: World, choice: Choice, target: Target, kind: str) -> str:
    """Mostly of this kind and graduate."""
    if not choice.rarely():
        return world.evidence(target[0], kind)
    others = [world.evidence(GRADUATES[1], kind), world.evidence(target[0], "labour_contract"), UNKNOWN]
    evidence_id: str = choice.of(others)
    return evidence_id


# both sides, and the school between them


def _side(world: World, choice: Choice, target: Target) -> Actor:
    sides = [_graduate(target[0]), _employer(_employer_of(world, target))]
    actor: Actor = choice.of(sides)
    return actor


@_ask("agreement.request_cancellation", _such(lambda world, each: each.binding and each.cancellation is None))
def _request_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    letter = choice.of([world.evidence(target[0], "release_letter"), None])
    slip = choice.of([world.evidence(target[0], "penalty_slip"), None])
    command = a.RequestCancellation(
        *target, choice.of(sorted(a.CANCELLATION_REASONS)), "另有去向", release_letter=letter, penalty_slip=slip
    )
    return command, _side(world, choice, target)


@_ask("agreement.withdraw_cancellation", _asked_to_cancel, weight=2)
def _withdraw_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.WithdrawCancellation(*target), _side(world, choice, target)


@_ask("agreement.agree_to_cancellation", _asked_to_cancel)
def _agree_to_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    letter, slip = (world.evidence(target[0], kind) for kind in ("release_letter", "penalty_slip"))
    return a.AgreeToCancellation(*target, letter, slip), _side(world, choice, target)


@_ask("agreement.refuse_cancellation", _asked_to_cancel)
def _refuse_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.RefuseCancellation(*target, "岗位急需"), _side(world, choice, target)


def _contested(world: World) -> list[Target]:
    return [
        (graduate_id, each.contested.cancellation_id)
        for graduate_id, each in world.known()
        if each.contested is not None
    ]


@_ask("agreement.mediate_cancellation", _contested)
def _mediate_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.MediateCancellation(*target, choice.of(["cancel", "keep"]), "双方各执一词"), SCHOOL


@_ask("agreement.attest_agreement", _offers(Status.ATTESTING))
def _attest_agreement(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.AttestAgreement(*target), SCHOOL


@_ask("agreement.decline_attestation", _offers(Status.ATTESTING), weight=1)
def _decline_attestation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.DeclineAttestation(*target, "单位资质存疑"), SCHOOL


# the sweeps


@_ask("agreement.lapse_completion", _such(lambda world, each: isinstance(each, Offer) and each.is_overdue(world.now)))
def _lapse_completion(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.LapseCompletion(*target), SYSTEM


@_ask(
    "agreement.lapse_offer",
    _such(
        lambda world, each: isinstance(each, Offer) and each.status == Status.OPEN and world.now >= each.sent.respond_by
    ),
)
def _lapse_offer(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.LapseOffer(*target), SYSTEM


def _asked(world: World) -> list[Target]:
    return [
        (graduate_id, each.cancellation.requested.cancellation_id)
        for graduate_id, each in world.known()
        if each.cancellation is not None
    ]


@_ask("agreement.remind_cancellation", _asked)
def _remind_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.RemindCancellation(*target), SYSTEM


def _overdue(world: World) -> list[Target]:
    return [
        (graduate_id, each.cancellation.requested.cancellation_id)
        for graduate_id, each in world.known()
        if each.cancellation is not None and lapsed(each, world.now)
    ]


@_ask("agreement.lapse_cancellation", _overdue)
def _lapse_cancellation(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return a.LapseCancellation(*target), SYSTEM


def _late(world: World) -> list[Target]:
    return [
        (case.opened.graduate_id, case_id)
        for case_id, case in world.cases().items()
        if case.waiting_for is not None and case.due_at is not None and world.now >= case.due_at and not case.escalated
    ]


@_ask("review.escalate_review", _late)
def _escalate_review(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return v.EscalateReview(target[1]), SYSTEM


# other destinations


def _destination(world: World, choice: Choice, graduate_id: str) -> tuple[Any, tuple[str, ...]]:
    code = choice.of(DESTINATION_CODES)
    kinds = DESTINATIONS[code].evidence
    evidence = (world.evidence(graduate_id, kinds[0]),) if kinds and not choice.rarely() else ()
    return complete(code), evidence


@_ask("registration.register_destination", _unregistered, weight=2)
def _register_destination(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    command = r.RegisterDestination(target[0], *_destination(world, choice, target[0]))
    return command, _graduate(target[0])


@_ask("registration.file_destination", _unregistered, weight=1)
def _file_destination(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    command = r.FileDestination(target[0], *_destination(world, choice, target[0]))
    return command, choice.of([DEPARTMENT, SCHOOL])


@_ask("registration.import_destination", _everybody, weight=2)
def _import_destination(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return r.ImportDestination(target[0], complete(choice.of(DESTINATION_CODES))), SCHOOL


def _filed(world: World) -> list[Target]:
    return [(each, filed.filing_id) for each in GRADUATES if (filed := world.registrations(each).filed) is not None]


@_ask("registration.confirm_filing", _filed)
def _confirm_filing(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return r.ConfirmFiling(*target), _graduate(target[0])


@_ask("registration.reject_filing", _filed, weight=1)
def _reject_filing(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return r.RejectFiling(*target, "未与该单位签约"), _graduate(target[0])


def _pending(world: World) -> list[Target]:
    return [
        (each, pending.registration_id)
        for each in GRADUATES
        if (pending := world.registrations(each).pending) is not None
    ]


@_ask("registration.withdraw_registration", _pending, weight=1)
def _withdraw_registration(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return r.WithdrawRegistration(*target), _graduate(target[0])


def _registered(world: World) -> list[Target]:
    return [
        (each, registered.registration_id)
        for each in GRADUATES
        if (registered := world.registrations(each).registered) is not None
    ]


@_ask("registration.request_void", _registered)
def _request_void(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return r.RequestVoid(*target, "换了工作"), _graduate(target[0])


@_ask("registration.confirm_leaving", _registered, weight=1)
def _confirm_leaving(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    household = Household(moves=choice.of([False, True]))
    archive = choice.of([Archive("kept"), Archive("talent_service", "太原市人才服务局", "太原市迎泽区某路 1 号")])
    return r.ConfirmLeaving(target[0], archive, household, choice.of([True, False])), _graduate(target[0])


# the offices


def _waiting(world: World) -> list[Target]:
    return [(world.cases()[each].opened.graduate_id, each) for each in sorted(world.waiting())]


def _office(world: World, choice: Choice, case_id: str) -> Actor:
    case = world.cases().get(case_id)
    step = case.waiting_for if case is not None else None
    if case is None or step is None or choice.rarely():
        return _anybody(choice)
    above = {"school": SCHOOL, "province": PROVINCE, "ministry": MINISTRY}[v.ABOVE[step]]
    own = office(step, case.opened.scope)
    acting: Actor = choice.of([own, above]) if case.escalated else own
    return acting


@_ask("review.approve_review", _waiting)
def _approve_review(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return v.ApproveReview(target[1]), _office(world, choice, target[1])


@_ask("review.return_review", _waiting, weight=2)
def _return_review(world: World, choice: Choice, target: Target) -> tuple[Any, Actor]:
    return v.ReturnReview(target[1], "岗位信息不完整"), _office(world, choice, target[1])
