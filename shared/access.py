"""Who may do what: pure tables of decisions. Whatever is not in `ACCESS` is denied.

A principal reaches a thing by being it (`SELF`), by a scope that contains it (`WITHIN`) or by role alone (`ANY`).
An office's account may be narrowed to some rights besides: `RIGHTS` says which an action needs.
Scope paths read ministry / province / school / department: `CN/14/10108/07`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from shared.errors import Forbidden, Reason
from shared.messages import Actor


class Role(StrEnum):
    """The six kinds of user (seed document), whoever checks a paper, whoever holds the link to upload one (DOMAIN 1.3),
    and the platform itself reacting to an event."""

    GRADUATE = "graduate"
    EMPLOYER = "employer"
    DEPARTMENT = "department"
    SCHOOL = "school"
    PROVINCE = "province"
    MINISTRY = "ministry"
    PUBLIC = "public"
    UPLOADER = "uploader"
    SYSTEM = "system"


class Right(StrEnum):
    """What an office's account may be narrowed to: signing with registering, cancelling with voiding (DOMAIN 1.2), keeping
    rosters, settings and employers."""

    SIGNING = "signing"
    CANCELLING = "cancelling"
    ADMINISTERING = "administering"


class Reach(StrEnum):
    """How a principal must stand to the thing it acts on."""

    SELF = "self"
    WITHIN = "within"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing acted on, as far as access cares: where it is and whose it is.

    `upload_id` is the newest upload of a paper. `right` is the one of an action's rights that this very thing asks for.
    `approved`: the employer that asks has been verified and is neither suspended nor closed.
    """

    scope: str | None = None
    graduate_id: str | None = None
    employer_id: str | None = None
    upload_id: str | None = None
    right: Right | None = None
    approved: bool = False


ROOT_SCOPE: Final = "CN"

DENIED: Final = Reason(
    "access.denied",
    "您的账号身份为{role:role}，无权办理“{action:action}”，或所选的人和事项不在您的权限内，请核对所选内容，或由有权的单位办理",
    "As {role:role} this principal may not {action:action}, or not here: check the choice, or let who may do it",
    Forbidden,
)

NO_RIGHT: Final = Reason(
    "access.no_right",
    "您的账号没有“{right:right}”权限，不能办理此项，请联系本单位管理员开通",
    "This account does not have the right of {right:right}: ask your office's administrator",
    Forbidden,
)

NOT_APPROVED: Final = Reason(
    "access.employer_not_approved",
    "贵单位的账号尚未通过审核，或已被暂停、注销，不能查找毕业生或查看其签约申请；请等待审核结果，或联系审核单位恢复账号",
    "This employer's account is not approved yet, or was suspended or closed, so that it finds no graduates and sees no"
    " proposals of theirs: wait for the approval, or ask the office that approves to reinstate it",
    Forbidden,
)


# Asked for each row of a roster.
@lru_cache(4_096)
def scope_path(province: str, school: str | None = None, department: str | None = None) -> str:
    """`CN/14`, `CN/14/10108` or `CN/14/10108/07`."""
    return "/".join(part for part in (ROOT_SCOPE, province, school, department) if part)


def school_stream(scope: str) -> str:
    """The stream of the school that a scope path is in or below."""
    _, province, school, *_ = scope.split("/")
    return f"school-{province}-{school}"


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
_UPLOADER: Final = (Role.UPLOADER, Reach.SELF)
# A link reaches the one paper that it was made for.
_EVERYBODY: Final = tuple((role, Reach.ANY) for role in Role if role != Role.UPLOADER)
# The public, who holds a paper and has no account, checks papers and nothing else.
_KNOWN: Final = tuple((role, reach) for role, reach in _EVERYBODY if role != Role.PUBLIC)

ACCESS: Final[dict[str, tuple[tuple[Role, Reach], ...]]] = {
    "directory.set_province": (_PROVINCE, _MINISTRY),
    "directory.list_school": (_SYSTEM,),
    "directory.set_check_address": (_SYSTEM,),
    "directory.add_school": (_PROVINCE, _MINISTRY),
    "directory.rename_school": (_PROVINCE, _MINISTRY),
    "directory.set_school": (_SCHOOL, _PROVINCE),
    "directory.add_department": (_SCHOOL,),
    "directory.import_roster": (_SCHOOL,),
    "directory.claim_person": (_SYSTEM,),
    "directory.confirm_basic_data": (_SELF,),
    "directory.dispute_basic_data": (_SELF,),
    "directory.answer_dispute": (_SCHOOL,),
    "directory.get_basic_data": (_SELF, *_OFFICES),
    "directory.list_basic_data": _OFFICES,
    "directory.remove_graduate": (_SCHOOL,),
    # Nobody can undo it, so the office above decides.
    "directory.erase_graduate": (_PROVINCE,),
    "directory.register_employer": (_EMPLOYER,),
    "directory.change_employer": (_EMPLOYER,),
    "directory.store_licence": (_EMPLOYER,),
    "directory.read_licence": (_EMPLOYER, *_EMPLOYER_OFFICES),
    "directory.verify_employer": _EMPLOYER_OFFICES,
    "directory.return_employer": _EMPLOYER_OFFICES,
    "directory.suspend_employer": _EMPLOYER_OFFICES[1:],
    "directory.close_employer": _EMPLOYER_OFFICES,
    "directory.reinstate_employer": _EMPLOYER_OFFICES[1:],
    "directory.get_employer": _KNOWN,
    "directory.find_employer": _KNOWN,
    "directory.list_employers": _EMPLOYER_OFFICES,
    "directory.get_graduate": (_SELF, *_OFFICES),
    "directory.get_proposer": (_EMPLOYER,),
    "directory.find_graduate": ((Role.EMPLOYER, Reach.ANY), *_OFFICES),
    "directory.list_graduates": _OFFICES,
    "directory.export_destinations": _OFFICES,
    "directory.get_school": _KNOWN,
    "directory.list_schools": _KNOWN,
    "directory.get_province": _KNOWN,
    "directory.store_evidence": (_SELF, _EMPLOYER, _UPLOADER, *_STAFF),
    "directory.read_evidence": (_SELF, _EMPLOYER, *_OFFICES),
    "directory.verify_number": _EVERYBODY,
    "directory.get_number_state": _EVERYBODY,
    "directory.list_verifications": (_SELF, *_OFFICES),
    "directory.print_agreement": (_SELF, _EMPLOYER, *_OFFICES),
    "agreement.set_operation_code": (_SELF,),
    "agreement.reset_operation_code": (_SCHOOL,),
    "agreement.propose_signing": (_SELF,),
    "agreement.withdraw_proposal": (_SELF,),
    "agreement.refuse_proposal": (_EMPLOYER,),
    "agreement.lapse_proposal": (_SYSTEM,),
    "agreement.list_proposals": (_EMPLOYER,),
    "agreement.save_draft": (_EMPLOYER,),
    "agreement.discard_draft": (_EMPLOYER,),
    "agreement.send_draft": (_EMPLOYER,),
    "agreement.edit_offer": (_EMPLOYER,),
    "agreement.seal_agreement": (_EMPLOYER,),
    "agreement.decline_seal": (_EMPLOYER,),
    "agreement.decline_attestation": (_SCHOOL,),
    "agreement.lapse_completion": (_SYSTEM,),
    "agreement.mediate_cancellation": (_SCHOOL,),
    "agreement.apply_for_book": (_SELF,),
    "agreement.amend_book": (_SELF,),
    "agreement.open_upload": (_SELF, _SCHOOL),
    "agreement.submit_scan": (_SELF, _UPLOADER),
    "agreement.void_book": (_SELF,),
    "agreement.report_loss": (_SELF,),
    "agreement.register_paper": (_SELF,),
    "agreement.list_books": _OFFICES,
    "agreement.explain_number": _EVERYBODY,
    "agreement.send_offer": (_EMPLOYER,),
    "agreement.send_offers": (_EMPLOYER,),
    "agreement.withdraw_offer": (_EMPLOYER,),
    "agreement.refuse_offer": (_SELF,),
    "agreement.accept_offer": (_SELF,),
    "agreement.lapse_offer": (_SYSTEM,),
    "agreement.end_unfinished": (_SYSTEM,),
    "agreement.pass_review": (_SYSTEM,),
    "agreement.fail_review": (_SYSTEM,),
    "agreement.attest_agreement": (_SCHOOL,),
    "agreement.attest_agreements": (_SCHOOL,),
    "agreement.request_cancellation": (_SELF, _EMPLOYER),
    "agreement.withdraw_cancellation": (_SELF, _EMPLOYER),
    "agreement.agree_to_cancellation": (_SELF, _EMPLOYER),
    "agreement.refuse_cancellation": (_SELF, _EMPLOYER),
    "agreement.remind_cancellation": (_SYSTEM,),
    "agreement.lapse_cancellation": (_SYSTEM,),
    "agreement.get_agreements": (_SELF, *_OFFICES),
    "agreement.list_own_cases": (_SELF,),
    "agreement.list_employer_cases": (_EMPLOYER,),
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
    "registration.reset_leaving": (_SYSTEM,),
    "registration.end_unfinished": (_SYSTEM,),
    "registration.register_from_agreement": (_SYSTEM,),
    "registration.pass_review": (_SYSTEM,),
    "registration.fail_review": (_SYSTEM,),
    "registration.renumber_agreement": (_SYSTEM,),
    "registration.reopen_registration": (_SYSTEM,),
    "registration.request_void": (_SELF,),
    "registration.get_registration": (_SELF, *_OFFICES),
    "registration.list_own_cases": (_SELF,),
    "registration.list_registrations": _OFFICES,
    "review.open_review": (_SYSTEM,),
    "review.close_review": (_SYSTEM,),
    "review.escalate_review": (_SYSTEM,),
    "review.approve_review": _OFFICES,
    "review.approve_reviews": _OFFICES,
    "review.return_review": _OFFICES,
    "review.return_reviews": _OFFICES,
    "review.list_queue": _OFFICES,
    "review.list_own_cases": (_SELF,),
    "review.get_review": (_SELF, *_OFFICES),
    "stats.count_graduates": _OFFICES,
    "stats.get_rates": _OFFICES,
}


_SIGNING: Final = (Right.SIGNING,)
_CANCELLING: Final = (Right.CANCELLING,)
_ADMINISTERING: Final = (Right.ADMINISTERING,)

# What an office does needs one of these rights; whatever only looks needs none.
RIGHTS: Final[dict[str, tuple[Right, ...]]] = {
    "directory.set_province": _ADMINISTERING,
    "directory.add_school": _ADMINISTERING,
    "directory.rename_school": _ADMINISTERING,
    "directory.set_school": _ADMINISTERING,
    "directory.add_department": _ADMINISTERING,
    "directory.import_roster": _ADMINISTERING,
    "directory.answer_dispute": _ADMINISTERING,
    "directory.remove_graduate": _ADMINISTERING,
    "directory.erase_graduate": _ADMINISTERING,
    "directory.verify_employer": _ADMINISTERING,
    "directory.read_licence": _ADMINISTERING,
    "directory.return_employer": _ADMINISTERING,
    "directory.suspend_employer": _ADMINISTERING,
    "directory.close_employer": _ADMINISTERING,
    "directory.reinstate_employer": _ADMINISTERING,
    # Evidence belongs to whatever it is shown for.
    "directory.store_evidence": tuple(Right),
    "directory.read_evidence": tuple(Right),
    "agreement.reset_operation_code": _ADMINISTERING,
    "agreement.open_upload": _SIGNING,
    "agreement.attest_agreement": _SIGNING,
    "agreement.attest_agreements": _SIGNING,
    "agreement.decline_attestation": _SIGNING,
    "agreement.mediate_cancellation": _CANCELLING,
    "registration.file_destination": _SIGNING,
    "registration.import_destination": _SIGNING,
    # The kind of the case says which of the two.
    "review.approve_review": (Right.SIGNING, Right.CANCELLING),
    "review.approve_reviews": (Right.SIGNING, Right.CANCELLING),
    "review.return_review": (Right.SIGNING, Right.CANCELLING),
    "review.return_reviews": (Right.SIGNING, Right.CANCELLING),
}


# What would tell an employer of people whom no agreement binds to it: only while offices vouch for it. What it sends to them
# its decisions refuse, and what is its own (its account, its offers and agreements, ending them) it keeps.
APPROVED_ONLY: Final = frozenset({"directory.find_graduate", "directory.get_proposer", "agreement.list_proposals"})


def allowed(action: str, actor: Actor, subject: Subject) -> bool:
    """Whether the tables let this principal do this to that subject."""
    reached = _reached(action, actor, subject) and not _unapproved(action, actor, subject)
    return reached and _missing_right(action, actor, subject) is None


def check(action: str, actor: Actor, subject: Subject) -> None:
    """Raises Forbidden `access.denied`, `access.employer_not_approved` or `access.no_right` unless the tables allow it."""
    if not _reached(action, actor, subject):
        raise DENIED.error(action=action, role=actor.role)
    if _unapproved(action, actor, subject):
        raise NOT_APPROVED.error()
    right = _missing_right(action, actor, subject)
    if right is not None:
        raise NO_RIGHT.error(right=right)


def _reached(action: str, actor: Actor, subject: Subject) -> bool:
    return any(actor.role == role and _reaches(reach, actor, subject) for role, reach in ACCESS.get(action, ()))


def _unapproved(action: str, actor: Actor, subject: Subject) -> bool:
    return actor.role == Role.EMPLOYER and action in APPROVED_ONLY and not subject.approved


def _missing_right(action: str, actor: Actor, subject: Subject) -> str | None:
    if actor.rights is None or action not in RIGHTS:
        return None
    needed = RIGHTS[action] if subject.right is None else (subject.right,)
    return None if any(right in actor.rights for right in needed) else needed[0]


def _reaches(reach: Reach, actor: Actor, subject: Subject) -> bool:
    match reach:
        case Reach.ANY:
            return True
        case Reach.SELF:
            own = {
                Role.GRADUATE: subject.graduate_id,
                Role.EMPLOYER: subject.employer_id,
                Role.UPLOADER: subject.upload_id,
            }.get(Role(actor.role))
            return own is not None and own == actor.id
        case Reach.WITHIN:
            return subject.scope is not None and contains(actor.scope, subject.scope)
