"""Decisions about destinations: registering, withdrawing, voiding, and following agreements (DOMAIN 1.5, 5.4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.registration import events as e
from services.registration.state import INITIAL, Registrations, evolve
from shared.access import Subject, scope_path
from shared.codes.destination import AGREEMENT, DESTINATIONS, INTENTIONS
from shared.codes.identity import BadIdentifier
from shared.codes.tables import UNIT_NATURE, plain
from shared.codes.uscc import check_uscc
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import Meta, Recorded, lane_of, new_id

BOUND_TRAININGS = ("2", "4")

NO_GRADUATE = Reason("registration.graduate_not_found", "没有该毕业生", "There is no such graduate", NotFound)
NOT_PENDING = Reason("registration.not_pending", "该登记不在审核中", "This registration is not under review")
AGREEMENT_NEEDED = Reason(
    "registration.agreement_needed",
    "签就业协议形式就业须通过签约办理，不能直接登记",
    "A destination by agreement is registered by signing, not directly",
)
NOT_REGISTRABLE = Reason(
    "registration.not_registrable",
    "类别 {code} 不能直接登记，请选择下级类别",
    "Category {code} is a group; choose one of its members",
    Invalid,
)
MISSING = Reason("registration.field_missing", "类别 {code} 必须填写此项", "Category {code} needs this field", Invalid)
FORBIDDEN = Reason(
    "registration.field_forbidden", "类别 {code} 不应填写此项", "Category {code} has no such field", Invalid
)
WRONG_INTENTION = Reason(
    "registration.wrong_intention",
    "该意向不属于类别 {code}",
    "This intention does not belong to category {code}",
    Invalid,
)
WRONG_NATURE = Reason(
    "registration.wrong_nature",
    "类别 {code} 的单位性质应为 {natures}",
    "The nature of unit of category {code} must be {natures}",
    Invalid,
)
WRONG_USCC = Reason("registration.wrong_uscc", "{why}", "{why_en}", Invalid)
IN_REVIEW = Reason("registration.in_review", "已有登记正在审核", "A registration is already under review")
SIGNED = Reason(
    "registration.already_signed",
    "毕业生已应约或已有生效协议，不能登记其他去向",
    "The graduate is bound by an agreement",
)
VOID_FIRST = Reason(
    "registration.void_first", "已登记去向，请先申请作废", "A destination is registered; have it voided first"
)
BOUND_ELSEWHERE = Reason(
    "registration.agreed_unit_only", "定向或委培毕业生的单位应为 {unit}", "A 定向/委培 graduate's unit must be {unit}"
)
NOTHING_REGISTERED = Reason("registration.nothing_registered", "没有已登记的去向", "No destination is registered")
CANCEL_FIRST = Reason(
    "registration.cancel_agreement",
    "该去向来自就业协议，请办理解约",
    "This destination comes from an agreement; cancel the agreement",
)
VOID_IN_REVIEW = Reason("registration.void_in_review", "作废申请正在审核", "A void request is already under review")


@dataclass(frozen=True, slots=True)
class RegisterDestination:
    graduate_id: str
    destination: e.Destination


@dataclass(frozen=True, slots=True)
class WithdrawRegistration:
    graduate_id: str
    registration_id: str


@dataclass(frozen=True, slots=True)
class RequestVoid:
    graduate_id: str
    registration_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RegisterFromAgreement:
    """An agreement took effect."""

    graduate_id: str
    agreement_id: str
    scope: str
    class_year: int
    destination: e.Destination


@dataclass(frozen=True, slots=True)
class ReopenRegistration:
    """An agreement was cancelled."""

    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class PassReview:
    graduate_id: str
    kind: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class FailReview:
    graduate_id: str
    kind: str
    subject_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Graduate:
    """A graduate on a roster, without personal data."""

    scope: str
    class_year: int
    training: str
    agreed_unit: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """`signed`: an offer was accepted and neither returned nor cancelled since; `cancelled`: the agreements that are."""

    graduate: Graduate | None = None
    signed: bool = False
    cancelled: frozenset[str] = frozenset()


def decide(command: Any, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    """The events a command brings, none when nothing is left to do. Raises Refused, Invalid, NotFound."""
    match command:
        case RegisterDestination():
            return _register(command, state, facts, meta)
        case WithdrawRegistration(graduate_id, registration_id):
            if state.ended(registration_id) == "withdrawn":
                return []
            if state.pending is None or state.pending.registration_id != registration_id:
                raise NOT_PENDING.error(field="registration_id")
            return [e.RegistrationWithdrawn(registration_id, graduate_id)]
        case RequestVoid():
            return _request_void(command, state, meta)
        case RegisterFromAgreement():
            return _register_from_agreement(command, state, facts, meta)
        case ReopenRegistration(graduate_id, agreement_id):
            registered = state.registered
            if registered is None or registered.agreement_id != agreement_id:
                return []
            return [e.DestinationReopened(registered.registration_id, graduate_id, "agreement_cancelled")]
        case PassReview():
            return _pass(command, state)
        case FailReview():
            return _fail(command, state)
    raise AssertionError(command)


def _register(command: RegisterDestination, state: Registrations, facts: Facts, meta: Meta) -> list[Any]:
    if facts.graduate is None:
        raise NO_GRADUATE.error(field="graduate_id")
    destination = check_destination(command.destination)
    if facts.signed:
        raise SIGNED.error()
    if state.pending is not None:
        raise IN_REVIEW.error(registration_id=state.pending.registration_id)
    # Who is not signed has no agreement that stands: what came from one is about to be re-opened.
    if state.placed and state.registered is not None and state.registered.source != "agreement":
        raise VOID_FIRST.error(registration_id=state.registered.registration_id)
    _check_bound(facts.graduate, destination.unit_name)
    return [
        e.RegistrationSubmitted(
            registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
            graduate_id=command.graduate_id,
            scope=facts.graduate.scope,
            class_year=facts.graduate.class_year,
            destination=destination,
        )
    ]


def check_destination(destination: e.Destination) -> e.Destination:
    """The destination in its normal form. Raises Invalid, Refused unless it holds what its category asks for and nothing
    else (DOMAIN 5.4)."""
    code = DESTINATIONS.get(destination.code)
    if code is None or not code.registrable:
        raise NOT_REGISTRABLE.error(field="destination.code", code=destination.code)
    if code.code == AGREEMENT:
        raise AGREEMENT_NEEDED.error(field="destination.code")
    for name in code.required:
        if getattr(destination, name) is None:
            raise MISSING.error(field=f"destination.{name}", code=code.code)
    for name in code.forbidden:
        if getattr(destination, name) is not None:
            raise FORBIDDEN.error(field=f"destination.{name}", code=code.code)
    if destination.intention is not None and not any(
        known.code == code.code and known.key == destination.intention for known in INTENTIONS
    ):
        raise WRONG_INTENTION.error(field="destination.intention", code=code.code)
    if code.unit_natures and destination.unit_nature not in (None, *code.unit_natures):
        natures = "、".join(UNIT_NATURE.name(nature) for nature in code.unit_natures)
        raise WRONG_NATURE.error(field="destination.unit_nature", code=code.code, natures=natures)
    if destination.uscc is None:
        return destination
    try:
        return replace(destination, uscc=check_uscc(destination.uscc).code)
    except BadIdentifier as bad:
        raise WRONG_USCC.error(field="destination.uscc", why=bad.zh, why_en=bad.en) from None


def _check_bound(graduate: Graduate, unit: str | None) -> None:
    agreed = graduate.agreed_unit or ""
    if graduate.training in BOUND_TRAININGS and unit is not None and plain(unit) != plain(agreed):
        raise BOUND_ELSEWHERE.error(field="destination.unit_name", unit=agreed)


def _request_void(command: RequestVoid, state: Registrations, meta: Meta) -> list[Any]:
    registered = state.registered
    if registered is None or registered.registration_id != command.registration_id:
        raise NOTHING_REGISTERED.error(field="registration_id")
    if registered.source == "agreement":
        raise CANCEL_FIRST.error()
    if state.void_id is not None:
        raise VOID_IN_REVIEW.error()
    return [
        e.VoidRequested(
            void_id=new_id(lane_of(command.graduate_id), meta.command_id, "void"),
            registration_id=command.registration_id,
            graduate_id=command.graduate_id,
            scope=registered.scope,
            class_year=registered.class_year,
            reason=command.reason,
        )
    ]


def _register_from_agreement(
    command: RegisterFromAgreement, state: Registrations, facts: Facts, meta: Meta
) -> list[Any]:
    # Its cancellation may have been told first; then nobody would ever re-open what is registered here.
    if command.agreement_id in facts.cancelled:
        return []
    registered = e.DestinationRegistered(
        registration_id=new_id(lane_of(command.graduate_id), meta.command_id, "registration"),
        graduate_id=command.graduate_id,
        scope=command.scope,
        class_year=command.class_year,
        destination=command.destination,
        source="agreement",
        agreement_id=command.agreement_id,
    )
    if state.knows(registered.registration_id):
        return []
    superseded = []
    if state.pending is not None:
        pending = state.pending.registration_id
        superseded = [e.RegistrationSuperseded(pending, command.graduate_id, command.agreement_id)]
    return [*superseded, *_registering(registered, state)]


def _registering(registered: e.DestinationRegistered, state: Registrations) -> list[Any]:
    """The registration, after the end of a void request about the one that it supersedes."""
    before = state.registered
    if state.void_id is None or before is None:
        return [registered]
    return [e.VoidSuperseded(state.void_id, before.registration_id, registered.graduate_id), registered]


def _pass(command: PassReview, state: Registrations) -> list[Any]:
    if command.kind == "void":
        if state.registered is None or state.void_id != command.subject_id:
            return []
        return [e.DestinationReopened(state.registered.registration_id, command.graduate_id, "voided")]
    pending = state.pending
    if pending is None or pending.registration_id != command.subject_id:
        return []
    registered = e.DestinationRegistered(
        registration_id=pending.registration_id,
        graduate_id=pending.graduate_id,
        scope=pending.scope,
        class_year=pending.class_year,
        destination=pending.destination,
        source="direct",
    )
    return _registering(registered, state)


def _fail(command: FailReview, state: Registrations) -> list[Any]:
    if command.kind == "void":
        if state.registered is None or state.void_id != command.subject_id:
            return []
        registration_id = state.registered.registration_id
        return [e.VoidReturned(command.subject_id, registration_id, command.graduate_id, command.reason)]
    if state.pending is None or state.pending.registration_id != command.subject_id:
        return []
    return [e.RegistrationReturned(command.subject_id, command.graduate_id, command.reason)]


def _facts(command: Any, streams: Streams) -> Facts:
    agreements = streams.get(f"agreement-{command.graduate_id}", ())
    return Facts(
        graduate=graduate_of(streams.get(f"graduate-{command.graduate_id}", ())),
        signed=_signed(agreements),
        cancelled=frozenset(
            recorded.data["agreement_id"] for recorded in agreements if recorded.type == "agreement.AgreementCancelled"
        ),
    )


def graduate_of(history: Sequence[Recorded]) -> Graduate | None:
    """The graduate as the directory has published it, None when unknown or removed."""
    found: dict[str, Any] | None = None
    for recorded in history:
        found = None if recorded.type == "directory.GraduateRemoved" else recorded.data
    if found is None:
        return None
    return Graduate(
        scope=scope_path(found["province"], found["school"], found["department"]),
        class_year=found["class_year"],
        training=found["training"],
        agreed_unit=found.get("agreed_unit"),
    )


def _signed(history: Sequence[Recorded]) -> bool:
    signed = False
    for recorded in history:
        match recorded.type:
            case "agreement.OfferAccepted":
                signed = True
            case "agreement.AgreementReturned" | "agreement.AgreementCancelled":
                signed = False
    return signed


def _subject(command: Any, state: Registrations, facts: Facts) -> Subject:
    return Subject(scope=facts.graduate.scope if facts.graduate else None, graduate_id=command.graduate_id)


HANDLING = Handling[Registrations](
    codec=e.CODEC,
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    stream=lambda command: f"registration-{command.graduate_id}",
    reads=lambda command: [f"graduate-{command.graduate_id}", f"agreement-{command.graduate_id}"],
    facts=_facts,
    subject=_subject,
)
