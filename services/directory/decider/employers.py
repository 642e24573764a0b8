"""The life of an employer's account. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid5

from services.directory import events as e
from services.directory.decider.common import values_of
from shared.access import Subject
from shared.clock import day_of
from shared.codec import UNKNOWN_TYPE
from shared.codes.identity import BadIdentifier
from shared.codes.uscc import EMPLOYER_IDS, check_uscc
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling, Streams
from shared.messages import NATIONAL_LANE, Meta, Recorded, lane_of

NO_EMPLOYER = Reason(
    "directory.employer_not_found",
    "没有该用人单位，请核对后重新选择，未注册的请单位先注册",
    "There is no such employer: check it, or let it register first",
    NotFound,
)
EMPLOYER_KNOWN = Reason(
    "directory.employer_known",
    "该单位已注册，请使用原账号登录",
    "This employer is already registered: sign in with its account",
)
USCC_NEEDED = Reason(
    "directory.uscc_needed",
    "缺少统一社会信用代码，请填写，确无代码的请说明原因",
    "Give the social credit code, or the reason why there is none",
    Invalid,
)
WRONG_USCC = Reason("directory.wrong_uscc", "{why:sentence}", "{why_en:sentence}", Invalid)
USCC_IS_THE_ACCOUNT = Reason(
    "directory.uscc_is_the_account",
    "统一社会信用代码不能变更，新代码请另行注册账号",
    "An account belongs to one credit code: register the new code as an account of its own",
)
NO_LICENCE = Reason(
    "directory.licence_not_found",
    "没有该营业执照文件，请重新上传",
    "There is no such licence: upload it again",
    NotFound,
)
LICENCE_NEEDED = Reason(
    "directory.licence_needed",
    "单位所在省要求提供营业执照，该单位尚未提供，请退回补充",
    "The employer's province wants its licence: return the application for it",
)
NOT_ITS_ID = Reason(
    "directory.wrong_employer_id",
    "单位编号与统一社会信用代码不符，请核对代码，或改用编号 {expected:digits}",
    "The employer's id does not belong to its credit code: check the code, or use {expected:digits}",
    Invalid,
)
NOT_AWAITING = Reason(
    "directory.employer_not_awaiting",
    "该单位不在待审核状态，可能已由他人审核，请刷新后查看",
    "This employer is not awaiting verification: look at it again",
)
CLOSED_LATER = Reason(
    "directory.closed_later",
    "注销或吊销日期不得晚于今天，请更正",
    "The day on which the employer closed does not lie in the future: correct it",
    Invalid,
)
NOT_VERIFIED = Reason(
    "directory.employer_not_verified",
    "该单位尚未通过审核，不能办理此项，请先完成审核",
    "This employer is not verified: verify it first",
)


@dataclass(frozen=True, slots=True)
class RegisterEmployer:
    """An employer's application; `contact` was sealed into `personal`.

    `account` is who asks, where it did not say which employer it is: an account that is no employer's yet.
    """

    employer_id: str
    name: str
    nature: str
    industry: str
    place: str
    address: str
    personal: str
    uscc: str | None = None
    uscc_absent_reason: str | None = None
    licence: str | None = None
    phone: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeEmployer:
    """What an employer says about itself now; `contact` was sealed into `personal`, None where it stays.

    Place and contact count at once, another name or nature when an office has verified it.
    """

    employer_id: str
    name: str
    nature: str
    industry: str
    place: str
    address: str
    uscc: str | None = None
    personal: str | None = None
    licence: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyEmployer:
    """An office has checked an application, or a change."""

    employer_id: str


@dataclass(frozen=True, slots=True)
class ReturnEmployer:
    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SuspendEmployer:
    employer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReinstateEmployer:
    employer_id: str


@dataclass(frozen=True, slots=True)
class CloseEmployer:
    """The register of enterprises says that it is gone: `how` is deregistered (注销) or revoked (吊销)."""

    employer_id: str
    how: str
    closed_on: date


@dataclass(frozen=True, slots=True)
class EmployerState:
    """`status`: unknown, awaiting, returned, verified, suspended, closed.

    `requested` is a change that an office has yet to verify. `registered` says what counts, with every change since.
    `closed` is what was said last of a closed one.
    """

    status: str = "unknown"
    registered: e.EmployerRegistered | None = None
    requested: e.EmployerChangeRequested | None = None
    closed: e.EmployerClosed | None = None

    @property
    def approved(self) -> bool:
        """Offices vouch for it now."""
        return self.status == "verified"


@dataclass(frozen=True, slots=True)
class EmployerFacts:
    """Whether the employer's province verifies on a licence only; whose the licence is that the command names.

    `registrant` is who applied last for this employer; `account_taken` says that the account which applies is an employer's.
    """

    licence_required: bool = False
    licence_of: str | None = None
    registrant: str | None = None
    account_taken: bool = False


def evolve_employer(state: EmployerState, event: Any) -> EmployerState:
    match event:
        case e.EmployerRegistered():
            return EmployerState("awaiting", event)
        case e.EmployerVerified() | e.EmployerReinstated():
            return replace(state, status="verified", closed=None)
        case e.EmployerReturned():
            return replace(state, status="returned")
        case e.EmployerSuspended():
            return replace(state, status="suspended")
        case e.EmployerClosed():
            return replace(state, status="closed", closed=event)
        case e.EmployerContactChanged():
            changed = {name: getattr(event, name) for name in ("industry", "place", "address", "personal", "phone")}
            return replace(state, registered=replace(_known(state), **changed))
        case e.EmployerChangeRequested():
            return replace(state, requested=event)
        case e.EmployerChangeVerified(_, name, nature, licence):
            counted = replace(_known(state), name=name, nature=nature, licence=licence)
            return replace(state, registered=counted, requested=None)
        case e.EmployerChangeReturned():
            return replace(state, requested=None)
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def _known(state: EmployerState) -> e.EmployerRegistered:
    assert state.registered is not None, "nothing changes before it is registered"
    return state.registered


def decide_employer(command: Any, state: EmployerState, facts: EmployerFacts, meta: Meta) -> list[Any]:
    match command:
        case RegisterEmployer():
            others = command.account is not None and facts.registrant not in (None, command.account)
            if others or state.status not in ("unknown", "returned"):
                raise EMPLOYER_KNOWN.error(field="uscc")
            _check_licence(command, facts)
            told = {name: value for name, value in values_of(command).items() if name != "account"}
            return [e.EmployerRegistered(**told)]
        case _ if state.status == "unknown":
            raise NO_EMPLOYER.error(field="employer_id")
        case ChangeEmployer():
            return _change(command, state, facts)
        case VerifyEmployer(employer_id):
            return _verify(employer_id, state, facts)
        case ReturnEmployer(employer_id, reason):
            if state.status == "verified" and state.requested is not None:
                return [e.EmployerChangeReturned(employer_id, reason)]
            if state.status == "returned":
                return []
            if state.status != "awaiting":
                raise NOT_AWAITING.error()
            return [e.EmployerReturned(employer_id, reason)]
        case SuspendEmployer(employer_id, reason):
            if state.status == "suspended":
                return []
            if state.status != "verified":
                raise NOT_VERIFIED.error()
            return [e.EmployerSuspended(employer_id, reason)]
        case CloseEmployer(employer_id, how, closed_on):
            if closed_on > day_of(meta.now):
                raise CLOSED_LATER.error(field="closed_on")
            if state.status not in ("verified", "suspended", "closed"):
                raise NOT_VERIFIED.error()
            closed = e.EmployerClosed(employer_id, how, closed_on)
            return [] if state.closed == closed else [closed]
        case ReinstateEmployer(employer_id):
            if state.status == "verified":
                return []
            if state.status not in ("suspended", "closed"):
                raise NOT_VERIFIED.error()
            return [e.EmployerReinstated(employer_id)]
    raise AssertionError(command)


def _change(command: ChangeEmployer, state: EmployerState, facts: EmployerFacts) -> list[Any]:
    known = _known(state)
    if command.uscc is not None and command.uscc != known.uscc:
        raise USCC_IS_THE_ACCOUNT.error(field="uscc")
    _check_licence(command, facts)
    events: list[Any] = []
    changed = e.EmployerContactChanged(
        command.employer_id,
        command.industry,
        command.place,
        command.address,
        command.personal or known.personal,
        command.phone,
    )
    told = (command.industry, command.place, command.address, command.phone)
    if command.personal is not None or told != (known.industry, known.place, known.address, known.phone):
        events.append(changed)
    counts = state.requested or e.EmployerChangeRequested(command.employer_id, known.name, known.nature, known.licence)
    wanted = replace(counts, name=command.name, nature=command.nature, licence=command.licence or counts.licence)
    if wanted != counts:
        if state.status != "verified":
            raise NOT_VERIFIED.error(field="name")
        events.append(wanted)
    return events


def _verify(employer_id: str, state: EmployerState, facts: EmployerFacts) -> list[Any]:
    requested = state.requested
    if state.status == "verified" and requested is None:
        return []
    if state.status not in ("awaiting", "verified"):
        raise NOT_AWAITING.error()
    licence = requested.licence if requested is not None else _known(state).licence
    if facts.licence_required and licence is None:
        raise LICENCE_NEEDED.error(field="licence")
    if requested is not None:
        return [e.EmployerChangeVerified(employer_id, requested.name, requested.nature, requested.licence)]
    return [e.EmployerVerified(employer_id)]


def _check_licence(command: RegisterEmployer | ChangeEmployer, facts: EmployerFacts) -> None:
    if command.licence is not None and facts.licence_of != command.employer_id:
        raise NO_LICENCE.error(field="licence")


def employer_id_of_caller(caller: str) -> str:
    """The id of the employer without a credit code that somebody registers: the caller's own, which belongs to no province."""
    try:
        lane = lane_of(caller)
    except ValueError:
        return f"{NATIONAL_LANE}-{uuid5(EMPLOYER_IDS, f'account {caller}')}"
    return f"{NATIONAL_LANE}{caller.removeprefix(lane)}"


def checked_uscc(uscc: str | None, absent_reason: str | None) -> str | None:
    """The social credit code in its normal form. Raises Invalid: the army and foreign employers have none (DOMAIN 3.2)."""
    if uscc is None:
        if absent_reason is None:
            raise USCC_NEEDED.error(field="uscc")
        return None
    try:
        return check_uscc(uscc).code
    except BadIdentifier as bad:
        raise WRONG_USCC.error(field="uscc", why=bad.zh, why_en=bad.en) from None


def _reads(command: Any) -> list[str]:
    licence, account = getattr(command, "licence", None), getattr(command, "account", None)
    return [
        *([] if licence is None else [f"licence-{licence}"]),
        *([] if account is None else [f"employer-{account}"]),
    ]


def _then_reads(command: Any, streams: Streams) -> list[str]:
    # The employer's own stream says where it is, and so which province's rule counts.
    place = _place(streams[f"employer-{command.employer_id}"])
    return [f"province-{place[:2]}"] if isinstance(command, VerifyEmployer) and place else []


def _place(history: Sequence[Recorded]) -> str | None:
    return next((str(told.data["place"]) for told in reversed(history) if "place" in told.data), None)


def _facts(command: Any, streams: Streams) -> EmployerFacts:
    licences = streams.get(f"licence-{getattr(command, 'licence', None)}", ())
    province = streams.get(f"province-{(_place(streams[f'employer-{command.employer_id}']) or '')[:2]}", ())
    told = [each for each in reversed(province) if each.type == e.ProvinceSettingsChanged.TYPE]
    # An employer belongs to no class.
    settings = max(told, key=lambda told: int(told.data["class_year"]), default=None)
    return EmployerFacts(
        licence_required=settings is not None and bool(settings.data.get("licence_required", False)),
        licence_of=licences[0].data["employer_id"] if licences else None,
        **_of_account(command, streams),
    )


def _of_account(command: Any, streams: Streams) -> dict[str, Any]:
    if not isinstance(command, RegisterEmployer) or command.account is None:
        return {}
    return {
        "registrant": _registrant(streams[f"employer-{command.employer_id}"]),
        "account_taken": bool(streams[f"employer-{command.account}"]),
    }


def _registrant(history: Sequence[Recorded]) -> str | None:
    applied = (told for told in reversed(history) if told.type == e.EmployerRegistered.TYPE)
    return next((told.event.actor.id for told in applied), None)


def _subject(command: Any, facts: EmployerFacts) -> Subject:
    # An account of no employer may register one; from then on it acts under the id that the answer told.
    own = isinstance(command, RegisterEmployer) and command.account is not None and not facts.account_taken
    return Subject(employer_id=command.account if own else command.employer_id)


EMPLOYER = Handling[EmployerState](
    codec=e.EMPLOYER_CODEC,
    initial=EmployerState(),
    evolve=evolve_employer,
    decide=decide_employer,
    stream=lambda command: f"employer-{command.employer_id}",
    reads=_reads,
    facts=_facts,
    subject=lambda command, state, facts: _subject(command, facts),
    then_reads=_then_reads,
)
