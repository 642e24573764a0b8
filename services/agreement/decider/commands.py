"""What can be asked about agreements. Every command names its graduate, whose one stream decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from services.agreement.events import Terms


@dataclass(frozen=True, slots=True)
class SetOperationCode:
    """操作码. `operation_code` is the one so far, `code_right` says that it is."""

    graduate_id: str
    new_code: str = field(repr=False)
    operation_code: str | None = field(default=None, repr=False)
    code_right: bool = False


@dataclass(frozen=True, slots=True)
class ResetOperationCode:
    graduate_id: str


@dataclass(frozen=True, slots=True)
class ProposeSigning:
    """签约申请, with what the graduate knows of the work. Without `respond_by` the province's response period runs."""

    graduate_id: str
    employer_id: str
    position: str | None = None
    job_title: str | None = None
    monthly_salary: int | None = None
    remarks: str | None = None
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class WithdrawProposal:
    graduate_id: str
    proposal_id: str


@dataclass(frozen=True, slots=True)
class RefuseProposal:
    graduate_id: str
    proposal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LapseProposal:
    graduate_id: str
    proposal_id: str


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Prepare an offer, or change a draft when `offer_id` is given."""

    graduate_id: str
    employer_id: str
    position: str
    job_title: str
    offer_id: str | None = None
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class DiscardDraft:
    graduate_id: str
    employer_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class SendOffer:
    """Invite. Without `respond_by` the province's default response period runs.

    `sealed` says that the employer seals by sending, where the province's order begins with the seal. `proposal_id` names
    the proposal that is answered; without it, one that waits for this employer is.
    """

    graduate_id: str
    employer_id: str
    position: str
    job_title: str
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    respond_by: datetime | None = None
    sealed: bool = False
    proposal_id: str | None = None


@dataclass(frozen=True, slots=True)
class SendDraft:
    """Send a draft as it is."""

    graduate_id: str
    employer_id: str
    offer_id: str
    respond_by: datetime | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class EditOffer:
    """Change an offer before it is answered. All terms as they shall be; `respond_by` None keeps the deadline."""

    graduate_id: str
    offer_id: str
    position: str
    job_title: str
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    graduate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    graduate_id: str
    offer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """应约. The employer is named so that its state is read together with the graduate's.

    `revision` is the one the graduate saw: what was edited since is not accepted unseen. `serial` is for the number of
    an agreement that acceptance binds, taken for the level `education`, which the roster may correct meanwhile.
    `code_right` says that `operation_code`, which nothing may show, is the graduate's.
    """

    graduate_id: str
    offer_id: str
    employer_id: str
    revision: int = 1
    serial: int | None = None
    education: str | None = None
    operation_code: str | None = field(default=None, repr=False)
    code_right: bool = False


@dataclass(frozen=True, slots=True)
class LapseOffer:
    graduate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class PassReview:
    """A review passed. `serial` is for a number where one is due; a cancellation's cause is as the university corrected it."""

    graduate_id: str
    kind: str
    subject_id: str
    serial: int | None = None
    caused_by: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class FailReview:
    graduate_id: str
    kind: str
    subject_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EndUnfinished:
    """The graduate was removed from the roster: what has not taken effect comes to nothing."""

    graduate_id: str


@dataclass(frozen=True, slots=True)
class AttestAgreement:
    """The school attests (三方鉴证) or confirms (两方院校确认). `serial` is for the number.

    `remark` says why, where the employer has been suspended or closed since.
    """

    graduate_id: str
    agreement_id: str
    serial: int | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class SealAgreement:
    """The employer seals: on the platform, or on paper when `scan` names the evidence. `serial` is for the number."""

    graduate_id: str
    agreement_id: str
    scan: str | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class DeclineSeal:
    """The employer will not seal: the agreement comes to nothing."""

    graduate_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeclineAttestation:
    """The school will not attest or confirm: the agreement comes to nothing."""

    graduate_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LapseCompletion:
    """A seal or an attestation may be overdue; whether it is, the stream knows."""

    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class RequestCancellation:
    graduate_id: str
    agreement_id: str
    reason_code: str
    reason: str
    release_letter: str | None = None
    penalty_slip: str | None = None
    closure_proof: str | None = None


@dataclass(frozen=True, slots=True)
class WithdrawCancellation:
    graduate_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class AgreeToCancellation:
    """The code is asked of the graduate only, as in `AcceptOffer`."""

    graduate_id: str
    cancellation_id: str
    release_letter: str | None = None
    penalty_slip: str | None = None
    operation_code: str | None = field(default=None, repr=False)
    code_right: bool = False


@dataclass(frozen=True, slots=True)
class RefuseCancellation:
    graduate_id: str
    cancellation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemindCancellation:
    graduate_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class LapseCancellation:
    graduate_id: str
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class MediateCancellation:
    """The school decides about a request that was refused or not answered: `outcome` is "cancel" or "keep"."""

    graduate_id: str
    cancellation_id: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApplyForBook:
    """未签就业协议,申请签约: an agreement on paper with an employer that has no account."""

    graduate_id: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class AmendBook:
    graduate_id: str
    agreement_id: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """Ask for a link by which an employer without an account returns the stamped book; one asked for before is over."""

    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class SubmitScan:
    """The sealed book came back; `scan` names the evidence."""

    graduate_id: str
    agreement_id: str
    scan: str


@dataclass(frozen=True, slots=True)
class VoidBook:
    graduate_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportLoss:
    """The printed book is lost; `notice` names the evidence of its publication."""

    graduate_id: str
    agreement_id: str
    statement: str
    notice: str


@dataclass(frozen=True, slots=True)
class RegisterPaper:
    """已签协议登记: the agreement was signed on paper on a day; `scan` names the evidence."""

    graduate_id: str
    terms: Terms
    signed_on: date
    scan: str
    paper_number: str | None = None
