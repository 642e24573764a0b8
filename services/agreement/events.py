"""What has happened between a graduate and the employers who invited, in the graduate's one stream.

An `agreement_id` is the `offer_id` of the offer that was accepted. Amounts are whole yuan, a salary is per month.
`province_version` and `school_version` say how many events of the province's and of the school's stream had happened when
the agreement was made: whatever is decided about it later goes by the settings of then. None, on events from before this
was kept, goes by the settings of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from shared.codec import Codec


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offline or already signed agreement says about the unit and the work; `unit_phone` is the unit's office's."""

    unit_name: str
    nature: str
    industry: str
    place: str
    position: str
    job_title: str
    uscc: str | None = None
    uscc_absent_reason: str | None = None
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    unit_address: str | None = None
    unit_phone: str | None = None


@dataclass(frozen=True, slots=True)
class SigningProposed:
    """签约申请: the graduate asked an employer to sign; an offer can answer before `respond_by` (DOMAIN 1.1: Shanghai,
    Anhui, Jiangxi)."""

    TYPE: ClassVar[str] = "agreement.SigningProposed"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "proposal_id"

    proposal_id: str
    graduate_id: str
    employer_id: str
    employer_name: str
    respond_by: datetime
    scope: str
    class_year: int
    position: str | None = None
    job_title: str | None = None
    monthly_salary: int | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn:
    """The graduate took the proposal back before it was answered."""

    TYPE: ClassVar[str] = "agreement.ProposalWithdrawn"
    VERSION: ClassVar[int] = 1

    proposal_id: str


@dataclass(frozen=True, slots=True)
class ProposalRefused:
    """The employer said no, and why."""

    TYPE: ClassVar[str] = "agreement.ProposalRefused"
    VERSION: ClassVar[int] = 1

    proposal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProposalLapsed:
    """The employer did not answer in time, or, where there is a `reason`, no answer can help any more."""

    TYPE: ClassVar[str] = "agreement.ProposalLapsed"
    VERSION: ClassVar[int] = 1

    proposal_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OfferDrafted:
    """An employer prepared an offer that nobody else sees; drafted again under the same id it is changed."""

    TYPE: ClassVar[str] = "agreement.OfferDrafted"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "offer_id"

    offer_id: str
    graduate_id: str
    employer_id: str
    position: str
    job_title: str
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class DraftDiscarded:
    """The employer gave a draft up."""

    TYPE: ClassVar[str] = "agreement.DraftDiscarded"
    VERSION: ClassVar[int] = 1

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferSent:
    """An employer invited; it can be answered before `respond_by`. `parties`: 两方 (2) or 三方 (3) as set then.

    `order` holds the steps of signing as set then, the default order when empty; `binding` says whether acceptance binds
    already or only the last step. `warnings` are shown to both sides and stop nobody. `template` prints the book.
    `proposal_id` names the graduate's proposal that the offer answers.
    """

    TYPE: ClassVar[str] = "agreement.OfferSent"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "offer_id"

    offer_id: str
    graduate_id: str
    employer_id: str
    employer_name: str
    nature: str
    industry: str
    place: str
    position: str
    job_title: str
    respond_by: datetime
    scope: str
    class_year: int
    parties: int
    uscc: str | None = None
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    order: tuple[str, ...] = ()
    binding: str = "completion"
    template: str = "default/1"
    warnings: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None
    proposal_id: str | None = None
    unit_address: str | None = None
    unit_phone: str | None = None


@dataclass(frozen=True, slots=True)
class OfferEdited:
    """The employer changed an unanswered offer; `revision` counts from 1 at its sending. All terms as they are now."""

    TYPE: ClassVar[str] = "agreement.OfferEdited"
    VERSION: ClassVar[int] = 1

    offer_id: str
    revision: int
    position: str
    job_title: str
    respond_by: datetime
    monthly_salary: int | None = None
    penalty: int | None = None
    remarks: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The employer took the offer back before it was answered."""

    TYPE: ClassVar[str] = "agreement.OfferWithdrawn"
    VERSION: ClassVar[int] = 1

    offer_id: str


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The graduate said no, and why."""

    TYPE: ClassVar[str] = "agreement.OfferRefused"
    VERSION: ClassVar[int] = 1

    offer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """Nobody answered in time (已过期), or, where there is a `reason`, no answer can help any more."""

    TYPE: ClassVar[str] = "agreement.OfferLapsed"
    VERSION: ClassVar[int] = 1

    offer_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The graduate is locked from now on. `education`: 学历层次 on the roster; `awaits` is the next step of signing.

    When it is the review, one of kind "agreement" opens. `number` is there when acceptance binds, or the seal is next:
    the book must be printed to be stamped. A seal is waited for until `complete_by`, for ever when None.
    """

    TYPE: ClassVar[str] = "agreement.OfferAccepted"
    VERSION: ClassVar[int] = 1

    offer_id: str
    graduate_id: str
    employer_id: str
    scope: str
    class_year: int
    education: str
    awaits: str = "review"
    number: str | None = None
    complete_by: datetime | None = None
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class AttestationAwaited:
    """The agreement waits for 学校鉴证 (三方) or 院校确认 (两方), until `complete_by` if there is one (DOMAIN 1.1, 1.6)."""

    TYPE: ClassVar[str] = "agreement.AttestationAwaited"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    complete_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealAwaited:
    """The review passed; the agreement waits for the employer's seal (用人单位盖章), until `complete_by` if there is one.

    `number` is there when it had none before: it is printed on the book that is to be stamped.
    """

    TYPE: ClassVar[str] = "agreement.SealAwaited"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    number: str | None = None
    complete_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgreementSealed:
    """The employer sealed: on the platform (`e_seal`) or on paper, whose scan is `evidence_id`; `awaits` as above."""

    TYPE: ClassVar[str] = "agreement.AgreementSealed"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    method: str
    evidence_id: str | None = None
    awaits: str | None = None
    complete_by: datetime | None = None
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementAttested:
    """The school attested or confirmed, and a further step is still awaited; `number` and `complete_by` as above."""

    TYPE: ClassVar[str] = "agreement.AgreementAttested"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    awaits: str
    number: str | None = None
    complete_by: datetime | None = None
    province_version: int | None = None
    school_version: int | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementConcluded:
    """The agreement is effective under its number. `kind`: online, offline, or paper (an agreement signed before).

    `remark` is what the school said when it attested for an employer that was suspended or closed.
    `employer_id` is there when the employer has an account; `signed_on` is the day of signing: on the paper, else
    the day on which graduate and unit had both signed, None on events from before this was kept. `paper_number` is the
    paper's.
    """

    TYPE: ClassVar[str] = "agreement.AgreementConcluded"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    number: str
    parties: int
    scope: str
    class_year: int
    unit_name: str
    nature: str
    industry: str
    place: str
    position: str
    job_title: str
    uscc: str | None = None
    monthly_salary: int | None = None
    employer_id: str | None = None
    kind: str = "online"
    signed_on: date | None = None
    paper_number: str | None = None
    unit_address: str | None = None
    unit_phone: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementReturned:
    """It came to nothing before it took effect: the graduate is free, the employer may invite anew (DOMAIN 1.1 step 6).

    `cause`: review (a reviewer said no), declined (by who had to seal or to attest), overdue (neither was done in time) or
    removed (the graduate is on no roster any more). `cancellation_id` names a request to cancel that has become pointless;
    `in_review` says that its own review has.
    """

    TYPE: ClassVar[str] = "agreement.AgreementReturned"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    reason: str
    cancellation_id: str | None = None
    cause: str = "review"
    in_review: bool = False


@dataclass(frozen=True, slots=True)
class CancellationRequested:
    """One side asked to cancel; `by` is "graduate" or "employer". The other side can answer before `answer_by`.

    `release_letter` (解约函) and `penalty_slip` (违约金凭证) name evidence; so does `closure_proof`, which an authority gave
    of a unit that is closed, in the place of its letter and of its answer (DOMAIN 1.8).
    """

    TYPE: ClassVar[str] = "agreement.CancellationRequested"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "cancellation_id"

    cancellation_id: str
    agreement_id: str
    by: str
    reason_code: str
    reason: str
    answer_by: datetime
    release_letter: str | None = None
    penalty_slip: str | None = None
    closure_proof: str | None = None


@dataclass(frozen=True, slots=True)
class CancellationWithdrawn:
    """Who asked took the request back before it was answered."""

    TYPE: ClassVar[str] = "agreement.CancellationWithdrawn"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class CancellationRefused:
    """The other side did not agree; the agreement stays effective."""

    TYPE: ClassVar[str] = "agreement.CancellationRefused"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancellationReminded:
    """The other side has a few days left to answer: whoever sends messages tells it so, once (DOMAIN 1.2)."""

    TYPE: ClassVar[str] = "agreement.CancellationReminded"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class CancellationLapsed:
    """The other side did not answer in time; the agreement stays effective."""

    TYPE: ClassVar[str] = "agreement.CancellationLapsed"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class CancellationMediated:
    """The school looked at a request that was refused or not answered: `outcome` is "cancel" or "keep"."""

    TYPE: ClassVar[str] = "agreement.CancellationMediated"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancellationAgreed:
    """Both sides want to cancel, or the school mediated so; a review of kind `cancellation` opens."""

    TYPE: ClassVar[str] = "agreement.CancellationAgreed"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    release_letter: str | None = None
    penalty_slip: str | None = None
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class CancellationReturned:
    """A reviewer said no to the cancellation; the agreement stays effective."""

    TYPE: ClassVar[str] = "agreement.CancellationReturned"
    VERSION: ClassVar[int] = 1

    cancellation_id: str
    agreement_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgreementCancelled:
    """已解约: the graduate is free. `caused_by` is "graduate", "employer" or "mutual" (DOMAIN 1.9).

    `in_review` says that an agreement bound by acceptance had not yet been reviewed; `loss_id` names a report of loss
    that has become pointless. `corrected`: the university found another cause than the request says.
    """

    TYPE: ClassVar[str] = "agreement.AgreementCancelled"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    cancellation_id: str
    graduate_id: str
    number: str
    caused_by: str
    reason_code: str
    in_review: bool = False
    loss_id: str | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class BookApplied:
    """线下签约: the graduate applied for an agreement book; a review of kind "application" opens (DOMAIN 1.3).

    `min_chain` are the offices that must look at it, whatever the settings; `warnings` are shown and stop nobody.
    """

    TYPE: ClassVar[str] = "agreement.BookApplied"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "agreement_id"

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    education: str
    parties: int
    terms: Terms
    review_id: str
    template: str = "default/1"
    warnings: tuple[str, ...] = ()
    min_chain: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class BookAmended:
    """The graduate corrected a returned application; another review of kind "application" opens."""

    TYPE: ClassVar[str] = "agreement.BookAmended"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    terms: Terms
    review_id: str
    warnings: tuple[str, ...] = ()
    min_chain: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class ApplicationReturned:
    """A reviewer said no to the application; the graduate may correct it or give it up."""

    TYPE: ClassVar[str] = "agreement.ApplicationReturned"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    review_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BookIssued:
    """The application passed: the book can be printed under its number, sealed and sent back as a scan."""

    TYPE: ClassVar[str] = "agreement.BookIssued"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    number: str


@dataclass(frozen=True, slots=True)
class UploadOpened:
    """上传链接: an employer without an account may upload the stamped book and submit it before `until` (DOMAIN 1.3 step 4).

    The link is a token for the role uploader with the id `upload_id`; it is worth nothing once another is opened, or
    the book is scanned, voided or lost.
    """

    TYPE: ClassVar[str] = "agreement.UploadOpened"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "upload_id"

    upload_id: str
    agreement_id: str
    graduate_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ScanSubmitted:
    """The scan of the sealed book is there; a review of kind "signing" opens. Its actor is the graduate or an uploader."""

    TYPE: ClassVar[str] = "agreement.ScanSubmitted"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    evidence_id: str
    review_id: str
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class ScanReturned:
    """A reviewer said no to the scan; a better one may be sent, or the book be voided."""

    TYPE: ClassVar[str] = "agreement.ScanReturned"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    review_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BookVoided:
    """作废: the graduate gave up a book, or an already signed agreement, before it took effect, or left the roster.

    `number` will never be used again. A review still open is named by `review_kind` and `review_id`.
    """

    TYPE: ClassVar[str] = "agreement.BookVoided"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    reason: str
    number: str | None = None
    review_kind: str | None = None
    review_id: str | None = None


@dataclass(frozen=True, slots=True)
class LossReported:
    """遗失: the printed book is lost; `evidence_id` is the published notice. A review of kind "loss" opens (DOMAIN 1.8)."""

    TYPE: ClassVar[str] = "agreement.LossReported"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "loss_id"

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    loss_id: str
    statement: str
    evidence_id: str
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class LossReturned:
    """A reviewer did not accept the report of a loss; the number stays."""

    TYPE: ClassVar[str] = "agreement.LossReturned"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    loss_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BookReissued:
    """补办: a new number in the place of the lost one, which is never used again."""

    TYPE: ClassVar[str] = "agreement.BookReissued"
    VERSION: ClassVar[int] = 1

    agreement_id: str
    graduate_id: str
    loss_id: str
    old_number: str
    number: str


@dataclass(frozen=True, slots=True)
class PaperSubmitted:
    """已签协议登记: the graduate registered an agreement signed on paper; a review of kind "paper" opens (DOMAIN 1.4)."""

    TYPE: ClassVar[str] = "agreement.PaperSubmitted"
    VERSION: ClassVar[int] = 1
    MAKES: ClassVar[str] = "agreement_id"

    agreement_id: str
    graduate_id: str
    scope: str
    class_year: int
    education: str
    parties: int
    terms: Terms
    signed_on: date
    evidence_id: str
    review_id: str
    paper_number: str | None = None
    warnings: tuple[str, ...] = ()
    min_chain: tuple[str, ...] = ()
    province_version: int | None = None
    school_version: int | None = None


@dataclass(frozen=True, slots=True)
class PaperNumberClaimed:
    """The number on a paper agreement belongs to one graduate of its class and province; kept in a stream of its own."""

    TYPE: ClassVar[str] = "agreement.PaperNumberClaimed"
    VERSION: ClassVar[int] = 1

    number: str
    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class PaperNumberReleased:
    """The paper that claimed the number was returned, or taken back, before it took effect: anybody may register it."""

    TYPE: ClassVar[str] = "agreement.PaperNumberReleased"
    VERSION: ClassVar[int] = 1

    number: str
    graduate_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True)
class OperationCodeSet:
    """操作码: the graduate set a code, or another one; the code itself, and its hash, are in no event (DOMAIN 1.1)."""

    TYPE: ClassVar[str] = "agreement.OperationCodeSet"
    VERSION: ClassVar[int] = 1

    graduate_id: str


@dataclass(frozen=True, slots=True)
class OperationCodeReset:
    """The school took away a code that was forgotten."""

    TYPE: ClassVar[str] = "agreement.OperationCodeReset"
    VERSION: ClassVar[int] = 1

    graduate_id: str


CODEC = Codec(
    OperationCodeSet,
    OperationCodeReset,
    SigningProposed,
    ProposalWithdrawn,
    ProposalRefused,
    ProposalLapsed,
    OfferDrafted,
    DraftDiscarded,
    OfferSent,
    OfferEdited,
    OfferWithdrawn,
    OfferRefused,
    OfferLapsed,
    OfferAccepted,
    AttestationAwaited,
    SealAwaited,
    AgreementSealed,
    AgreementAttested,
    AgreementConcluded,
    AgreementReturned,
    CancellationRequested,
    CancellationWithdrawn,
    CancellationRefused,
    CancellationLapsed,
    CancellationReminded,
    CancellationMediated,
    CancellationAgreed,
    CancellationReturned,
    AgreementCancelled,
    BookApplied,
    BookAmended,
    ApplicationReturned,
    BookIssued,
    UploadOpened,
    ScanSubmitted,
    ScanReturned,
    BookVoided,
    LossReported,
    LossReturned,
    BookReissued,
    PaperSubmitted,
)
# Streams `paper_number-<lane>-<uuid>` prove that a number is registered once.
CLAIM_CODEC = Codec(PaperNumberClaimed, PaperNumberReleased)
