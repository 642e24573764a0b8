"""Who may do what: one pure table of decisions. Whatever is not in it is denied.

A principal reaches a thing by being it (`SELF`), by a scope that contains it (`WITHIN`) or by role alone (`ANY`).
Scope paths read ministry / province / school / department: `CN/14/10108/07`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.errors import Forbidden, Reason
from shared.messages import Actor


class Role(StrEnum):
    """The six kinds of user (seed document), and the platform itself reacting to an event."""

    GRADUATE = "graduate"
    EMPLOYER = "employer"
    DEPARTMENT = "department"
    SCHOOL = "school"
    PROVINCE = "province"
    MINISTRY = "ministry"
    SYSTEM = "system"


class Reach(StrEnum):
    """How a principal must stand to the thing it acts on."""

    SELF = "self"
    WITHIN = "within"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing acted on, as far as access cares: where it is and whose it is."""

    scope: str | None = None
    graduate_id: str | None = None
    employer_id: str | None = None


ROOT_SCOPE: Final = "CN"

DENIED: Final = Reason("access.denied", "无权执行此操作", "This principal may not do this", Forbidden)


def scope_path(province: str, school: str | None = None, department: str | None = None) -> str:
    """`CN/14`, `CN/14/10108` or `CN/14/10108/07`."""
    return "/".join(part for part in (ROOT_SCOPE, province, school, department) if part)


def contains(outer: str, inner: str) -> bool:
    """Whether a scope path holds another: each step equal, `CN/1` does not hold `CN/14`."""
    return bool(outer) and (inner == outer or inner.startswith(outer + "/"))


_STAFF: Final = ((Role.DEPARTMENT, Reach.WITHIN), (Role.SCHOOL, Reach.WITHIN))
_OFFICES: Final = (*_STAFF, (Role.PROVINCE, Reach.WITHIN), (Role.MINISTRY, Reach.WITHIN))
_SELF: Final = (Role.GRADUATE, Reach.SELF)
_EMPLOYER: Final = (Role.EMPLOYER, Reach.SELF)
_SYSTEM: Final = (Role.SYSTEM, Reach.ANY)
_SCHOOL: Final = (Role.SCHOOL, Reach.WITHIN)
_PROVINCE: Final = (Role.PROVINCE, Reach.WITHIN)
_MINISTRY: Final = (Role.MINISTRY, Reach.WITHIN)
# An employer belongs to no province: any school, province or the ministry may look after it.
_EMPLOYER_OFFICES: Final = ((Role.SCHOOL, Reach.ANY), (Role.PROVINCE, Reach.ANY), (Role.MINISTRY, Reach.ANY))

ACCESS: Final[dict[str, tuple[tuple[Role, Reach], ...]]] = {
    "directory.set_province": (_PROVINCE, _MINISTRY),
    "directory.list_school": (_SYSTEM,),
    "directory.set_school": (_SCHOOL, _PROVINCE),
    "directory.add_department": (_SCHOOL,),
    "directory.import_roster": (_SCHOOL,),
    "directory.remove_graduate": (_SCHOOL,),
    # Nobody can undo it, so the office above decides.
    "directory.erase_graduate": (_PROVINCE,),
    "directory.register_employer": (_EMPLOYER,),
    "directory.verify_employer": _EMPLOYER_OFFICES,
    "directory.return_employer": _EMPLOYER_OFFICES,
    "directory.suspend_employer": _EMPLOYER_OFFICES[1:],
    "directory.reinstate_employer": _EMPLOYER_OFFICES[1:],
    "directory.get_employer": tuple((role, Reach.ANY) for role in Role),
    "directory.list_employers": _EMPLOYER_OFFICES,
    "directory.get_graduate": (_SELF, *_OFFICES),
    "directory.find_graduate": ((Role.EMPLOYER, Reach.ANY), *_OFFICES),
    "directory.list_graduates": _OFFICES,
    "directory.get_school": tuple((role, Reach.ANY) for role in Role),
    "directory.list_schools": tuple((role, Reach.ANY) for role in Role),
    "directory.get_province": tuple((role, Reach.ANY) for role in Role),
    "directory.store_evidence": (_SELF, _EMPLOYER, *_STAFF),
    "directory.read_evidence": (_SELF, _EMPLOYER, *_OFFICES),
    "directory.verify_number": tuple((role, Reach.ANY) for role in Role),
    "directory.list_verifications": (_SELF, *_OFFICES),
    "directory.print_agreement": (_SELF, _EMPLOYER, *_OFFICES),
    "agreement.save_draft": (_EMPLOYER,),
    "agreement.discard_draft": (_EMPLOYER,),
    "agreement.send_draft": (_EMPLOYER,),
    "agreement.edit_offer": (_EMPLOYER,),
    "agreement.seal_agreement": (_EMPLOYER,),
    "agreement.mediate_cancellation": (_SCHOOL,),
    "agreement.apply_for_book": (_SELF,),
    "agreement.amend_book": (_SELF,),
    "agreement.submit_scan": (_SELF,),
    "agreement.void_book": (_SELF,),
    "agreement.report_loss": (_SELF,),
    "agreement.register_paper": (_SELF,),
    "agreement.list_books": _OFFICES,
    "agreement.explain_number": tuple((role, Reach.ANY) for role in Role),
    "agreement.send_offer": (_EMPLOYER,),
    "agreement.send_offers": (_EMPLOYER,),
    "agreement.withdraw_offer": (_EMPLOYER,),
    "agreement.refuse_offer": (_SELF,),
    "agreement.accept_offer": (_SELF,),
    "agreement.lapse_offer": (_SYSTEM,),
    "agreement.pass_review": (_SYSTEM,),
    "agreement.fail_review": (_SYSTEM,),
    "agreement.attest_agreement": (_SCHOOL,),
    "agreement.attest_agreements": (_SCHOOL,),
    "agreement.request_cancellation": (_SELF, _EMPLOYER),
    "agreement.withdraw_cancellation": (_SELF, _EMPLOYER),
    "agreement.agree_to_cancellation": (_SELF, _EMPLOYER),
    "agreement.refuse_cancellation": (_SELF, _EMPLOYER),
    "agreement.lapse_cancellation": (_SYSTEM,),
    "agreement.get_agreements": (_SELF, *_OFFICES),
    "agreement.get_offer": (_EMPLOYER,),
    "agreement.list_offers": (_EMPLOYER,),
    "agreement.list_contested": (_SCHOOL,),
    "agreement.count_cancellations": _OFFICES,
    "agreement.list_awaiting_attestation": (_SCHOOL,),
    "registration.register_destination": (_SELF,),
    "registration.withdraw_registration": (_SELF,),
    "registration.file_destination": _STAFF,
    "registration.import_destination": (_SCHOOL,),
    "registration.confirm_filing": (_SELF,),
    "registration.reject_filing": (_SELF,),
    "registration.confirm_leaving": (_SELF,),
    "registration.register_from_agreement": (_SYSTEM,),
    "registration.pass_review": (_SYSTEM,),
    "registration.fail_review": (_SYSTEM,),
    "registration.reopen_registration": (_SYSTEM,),
    "registration.request_void": (_SELF,),
    "registration.get_registration": (_SELF, *_OFFICES),
    "registration.list_registrations": _OFFICES,
    "review.open_review": (_SYSTEM,),
    "review.close_review": (_SYSTEM,),
    "review.escalate_review": (_SYSTEM,),
    "review.approve_review": _OFFICES,
    "review.approve_reviews": _OFFICES,
    "review.return_review": _OFFICES,
    "review.return_reviews": _OFFICES,
    "review.list_queue": _OFFICES,
    "review.get_review": (_SELF, *_OFFICES),
    "stats.count_graduates": _OFFICES,
    "stats.get_rates": _OFFICES,
}


def allowed(action: str, actor: Actor, subject: Subject) -> bool:
    """Whether the table lets this principal do this to that subject."""
    return any(actor.role == role and _reaches(reach, actor, subject) for role, reach in ACCESS.get(action, ()))


def check(action: str, actor: Actor, subject: Subject) -> None:
    """Raises Forbidden `access.denied` unless the table allows it."""
    if not allowed(action, actor, subject):
        raise DENIED.error(action=action, role=actor.role)


def _reaches(reach: Reach, actor: Actor, subject: Subject) -> bool:
    match reach:
        case Reach.ANY:
            return True
        case Reach.SELF:
            own = {Role.GRADUATE: subject.graduate_id, Role.EMPLOYER: subject.employer_id}.get(Role(actor.role))
            return own is not None and own == actor.id
        case Reach.WITHIN:
            return subject.scope is not None and contains(actor.scope, subject.scope)
