"""The life of an employer's account. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from services.directory import events as e
from services.directory.decider.common import no_facts, values_of
from shared.access import Subject
from shared.codec import UNKNOWN_TYPE
from shared.codes.identity import BadIdentifier
from shared.codes.uscc import check_uscc
from shared.errors import Invalid, NotFound, Reason
from shared.handling import Handling
from shared.messages import NATIONAL_LANE, Meta

NO_EMPLOYER = Reason("directory.employer_not_found", "没有该用人单位", "There is no such employer", NotFound)
EMPLOYER_KNOWN = Reason(
    "directory.employer_known", "该单位已注册", "This employer is already registered; sign in with its account"
)
USCC_NEEDED = Reason(
    "directory.uscc_needed",
    "请填写统一社会信用代码，确无代码的请说明原因",
    "Give the social credit code, or the reason why there is none",
    Invalid,
)
WRONG_USCC = Reason("directory.wrong_uscc", "{why}", "{why_en}", Invalid)
NOT_ITS_ID = Reason(
    "directory.wrong_employer_id",
    "单位编号与统一社会信用代码不符，应为 {expected}",
    "The employer's id does not belong to its credit code; it is {expected}",
    Invalid,
)
NOT_AWAITING = Reason(
    "directory.employer_not_awaiting", "该单位不在待审核状态", "This employer is not awaiting verification"
)
NOT_VERIFIED = Reason("directory.employer_not_verified", "该单位未通过审核", "This employer is not verified")


@dataclass(frozen=True, slots=True)
class RegisterEmployer:
    """An employer's application; `contact` was sealed into `personal`."""

    employer_id: str
    name: str
    nature: str
    industry: str
    place: str
    address: str
    personal: str
    uscc: str | None = None
    uscc_absent_reason: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyEmployer:
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
class EmployerState:
    """`status`: unknown, awaiting, returned, verified, suspended."""

    status: str = "unknown"
    registered: e.EmployerRegistered | None = None


def evolve_employer(state: EmployerState, event: Any) -> EmployerState:
    match event:
        case e.EmployerRegistered():
            return EmployerState("awaiting", event)
        case e.EmployerVerified() | e.EmployerReinstated():
            return replace(state, status="verified")
        case e.EmployerReturned():
            return replace(state, status="returned")
        case e.EmployerSuspended():
            return replace(state, status="suspended")
    raise UNKNOWN_TYPE.error(type=type(event).__name__)


def decide_employer(command: Any, state: EmployerState, facts: None, meta: Meta) -> list[Any]:
    del facts, meta
    match command:
        case RegisterEmployer():
            if state.status not in ("unknown", "returned"):
                raise EMPLOYER_KNOWN.error(field="uscc")
            return [e.EmployerRegistered(**values_of(command))]
        case _ if state.status == "unknown":
            raise NO_EMPLOYER.error(field="employer_id")
        case VerifyEmployer(employer_id):
            if state.status == "verified":
                return []
            if state.status != "awaiting":
                raise NOT_AWAITING.error()
            return [e.EmployerVerified(employer_id)]
        case ReturnEmployer(employer_id, reason):
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
        case ReinstateEmployer(employer_id):
            if state.status == "verified":
                return []
            if state.status != "suspended":
                raise NOT_VERIFIED.error()
            return [e.EmployerReinstated(employer_id)]
    raise AssertionError(command)


# An employer's id follows from its credit code, so that its stream is the proof that it is registered once.
EMPLOYER_IDS = UUID("8a5a3c52-7f0e-4b9e-9f0b-0a6b3c9d1e11")


def employer_id_of(uscc: str) -> str:
    """The id of the employer with this social credit code."""
    return f"{NATIONAL_LANE}-{uuid5(EMPLOYER_IDS, uscc)}"


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


EMPLOYER = Handling[EmployerState](
    codec=e.EMPLOYER_CODEC,
    initial=EmployerState(),
    evolve=evolve_employer,
    decide=decide_employer,
    stream=lambda command: f"employer-{command.employer_id}",
    reads=lambda command: (),
    facts=no_facts,
    subject=lambda command, state, facts: Subject(employer_id=command.employer_id),
)
