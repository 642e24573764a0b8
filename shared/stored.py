"""What every reader of stored events must know, whoever owns them: how old shapes are lifted, and what is newer than us.

Releases roll: for a while processes of two releases read one log. A field that a reader does not know is passed over, so
that one may be added without a new version. An older process waits until it is replaced, as for a database that is away,
where passing over could let through what must not be: at a version or type that it does not know, and at a field it does
not know of an event that is understood WHOLE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.errors import Reason, Unavailable, UnreadableEvent

Data = dict[str, Any]
Lift = Callable[[Data], Data]

NEWER = Reason(
    "event.newer",
    "系统正在升级，相关记录由新版本程序写入，请稍后重试",
    "The platform is being upgraded, and a newer release wrote what this is about: repeat the message later",
    Unavailable,
)
UNKNOWN_VERSION = Reason(
    "event.unknown_version",
    "事件{type:technical}的版本 {version:number} 未知，无法处理，请联系平台运维人员",
    "Nobody knows version {version:number} of event {type:technical}: operators must look",
    UnreadableEvent,
)

# Per event type and old version the function from its data to the next version's. An event class of VERSION n has n - 1.
LIFTS: Final[Mapping[str, Mapping[int, Lift]]] = MappingProxyType({})

# Every event that this release knows, by context: what else stands in a stream, it must not decide about.
_TYPES = """
directory: CheckAddressSet ProvinceSettingsChanged SchoolListed SchoolRenamed SchoolSettingsChanged DepartmentAdded
    SchoolCodeTaken GraduateEnrolled GraduateCorrected GraduateRemoved BasicDataConfirmed BasicDataDisputed
    DisputeAnswered GraduateErased EmployerRegistered EmployerVerified EmployerReturned EmployerContactChanged
    EmployerChangeRequested EmployerChangeVerified EmployerChangeReturned EmployerSuspended EmployerClosed
    EmployerReinstated LicenceStored LicenceRead EvidenceStored EvidenceRead PersonClaimed PersonReleased
agreement: OperationCodeSet OperationCodeReset SigningProposed ProposalWithdrawn ProposalRefused ProposalLapsed
    OfferDrafted DraftDiscarded OfferSent OfferEdited OfferWithdrawn OfferRefused OfferLapsed OfferAccepted
    AttestationAwaited SealAwaited AgreementSealed AgreementAttested AgreementConcluded AgreementReturned
    CancellationRequested CancellationWithdrawn CancellationRefused CancellationLapsed CancellationReminded
    CancellationMediated CancellationAgreed CancellationReturned AgreementCancelled BookApplied BookAmended
    ApplicationReturned BookIssued UploadOpened ScanSubmitted ScanReturned BookVoided LossReported LossReturned
    BookReissued PaperSubmitted PaperNumberClaimed PaperNumberReleased
registration: DestinationFiled FilingRejected LeavingConfirmed LeavingReset RegistrationSubmitted
    RegistrationWithdrawn RegistrationSuperseded RegistrationReturned DestinationRegistered VoidRequested VoidReturned
    VoidSuperseded DestinationReopened AgreementOvertaken AgreementRenumbered
review: ReviewOpened StepApproved StepEscalated ReviewPassed ReviewReturned ReviewClosed
"""
# What is allowed and what must come first, for everything that happens after it.
_RULES = """
directory.ProvinceSettingsChanged: province class_year parties review_chain cancellation_chain response_days
    response_days_max cancellation_days signing_order binding penalty_limit cancellation_evidence issues_numbers
    template review_days change_deadline evidence_required imports_until reopened_days licence_required
    completion_days response_days_min cancellations_close begun_by operation_code registration_deadline
directory.SchoolSettingsChanged: school class_year review_chain cancellation_chain breach_limit blocked_employers
"""
# What an account may do from then on.
_ACCOUNTS = """
directory.EmployerVerified: employer_id
directory.EmployerReinstated: employer_id
"""
# Who must still act, on what and until when, before something takes effect.
_PROCEDURES = """
agreement.OfferSent: offer_id graduate_id employer_id employer_name nature industry place position job_title
    respond_by scope class_year parties uscc monthly_salary penalty remarks order binding template warnings
    province_version school_version proposal_id unit_address unit_phone
agreement.OfferAccepted: offer_id graduate_id employer_id scope class_year education awaits number complete_by
    province_version school_version
agreement.AgreementSealed: agreement_id graduate_id scope class_year method evidence_id awaits complete_by
    province_version school_version
agreement.AgreementAttested: agreement_id graduate_id scope class_year awaits number complete_by province_version
    school_version remark
agreement.BookApplied: agreement_id graduate_id scope class_year education parties terms review_id template warnings
    min_chain province_version school_version
agreement.BookAmended: agreement_id graduate_id scope class_year terms review_id warnings min_chain province_version
    school_version
agreement.PaperSubmitted: agreement_id graduate_id scope class_year education parties terms signed_on evidence_id
    review_id paper_number warnings min_chain province_version school_version
agreement.CancellationRequested: cancellation_id agreement_id by reason_code reason answer_by release_letter
    penalty_slip closure_proof
agreement.CancellationAgreed: cancellation_id agreement_id graduate_id scope class_year release_letter penalty_slip
    province_version school_version
registration.RegistrationSubmitted: registration_id graduate_id scope class_year destination evidence filing_id
    min_chain warnings province_version school_version
review.ReviewOpened: case_id kind subject_id graduate_id scope class_year chain step_days due_at employer_id
review.ReviewPassed: case_id kind subject_id graduate_id caused_by reason_code
"""


def _words_by_head(text: str) -> Mapping[str, frozenset[str]]:
    known: dict[str, set[str]] = {}
    for word in text.split():
        if word.endswith(":"):
            words = known[word.removesuffix(":")] = set()
        else:
            words.add(word)
    return MappingProxyType({head: frozenset(words) for head, words in known.items()})


TYPES: Final = frozenset(f"{context}.{name}" for context, names in _words_by_head(_TYPES).items() for name in names)


# Events that are understood whole, with the fields that this release knows: who passed over one might let through what it
# forbids, or let something take effect too early. A new field of any other event that must not be passed over comes with a
# new version of it.
WHOLE: Final = _words_by_head(_RULES + _ACCOUNTS + _PROCEDURES)


def lifted(event_type: str, version: int, data: Data) -> Data:
    """An event's data in the shape of the newest version.

    Raises Unavailable `event.newer` where a newer release is needed, UnreadableEvent.
    """
    lifts = LIFTS.get(event_type)
    if lifts is not None or version != 1:
        data = _lift(event_type, version, data, lifts or {})
    whole = WHOLE.get(event_type)
    if whole is not None and not data.keys() <= whole:
        raise NEWER.error(type=event_type)
    return data


def _lift(event_type: str, version: int, data: Data, lifts: Mapping[int, Lift]) -> Data:
    newest = len(lifts) + 1
    if version > newest:
        raise NEWER.error(type=event_type)
    for old in range(version, newest):
        if old not in lifts:
            raise UNKNOWN_VERSION.error(type=event_type, version=version)
        data = lifts[old](data)
    return data
