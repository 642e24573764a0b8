"""Every way to be told no about an agreement, and what may cause a cancellation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.codes.tables import CANCELLATION_REASON
from shared.errors import Invalid, NotFound, Reason

NO_GRADUATE = Reason("agreement.graduate_not_found", "没有该毕业生", "There is no such graduate", NotFound)
NOT_ENROLLED = Reason(
    "agreement.not_enrolled",
    "该毕业生已移出生源名册，协议不再办理",
    "The graduate is on no roster any more; the agreement does not go on",
)
CONFIRM_FIRST = Reason(
    "agreement.confirm_first",
    "毕业生尚未确认基本信息（学校更正后须重新确认），请毕业生先完成信息确认，再办理签约",
    "The graduate has not confirmed the basic data as the roster has them now: confirm them first, then sign",
)
DISPUTE_OPEN = Reason(
    "agreement.dispute_open",
    "毕业生对基本信息的异议学校尚未处理，请等待学校更正或答复后，再办理签约",
    "The school has yet to act on what the graduate disputes of the basic data: sign when it has",
)
NO_OFFER = Reason("agreement.offer_not_found", "没有该应约邀请", "There is no such offer", NotFound)
NO_DRAFT = Reason("agreement.draft_not_found", "没有该邀请草稿", "There is no such draft", NotFound)
NO_AGREEMENT = Reason("agreement.not_found", "没有该协议", "There is no such agreement", NotFound)
NOT_VERIFIED = Reason(
    "agreement.employer_not_verified", "用人单位未通过审核或已被暂停", "The employer is not verified, or is suspended"
)
BLOCKED = Reason(
    "agreement.employer_blocked",
    "该生所在学校不接受该单位的邀请",
    "The graduate's school does not let this employer invite its graduates",
)
OFFER_OPEN = Reason(
    "agreement.offer_open",
    "该单位对该毕业生已有未答复的邀请",
    "This employer already has an open offer to this graduate",
)
EMPLOYER_BEGINS = Reason(
    "agreement.employer_begins",
    "本省由用人单位先发出邀请，毕业生不能先提出签约申请",
    "In this province the employer begins with an offer; graduates do not propose",
)
GRADUATE_BEGINS = Reason(
    "agreement.graduate_begins",
    "本省由毕业生先提出签约申请，该毕业生没有待贵单位答复的申请",
    "In this province the graduate begins with a proposal, and none of this graduate waits for this employer",
)
NO_PROPOSAL = Reason("agreement.proposal_not_found", "没有该签约申请", "There is no such proposal", NotFound)
PROPOSAL_OPEN = Reason(
    "agreement.proposal_open",
    "您向该单位提出的签约申请尚未答复",
    "A proposal to this employer still waits for its answer",
)
PROPOSAL_LAPSED = Reason("agreement.proposal_lapsed", "签约申请已过期", "The proposal has lapsed")
PROPOSAL_NOT_OPEN = Reason(
    "agreement.proposal_not_open",
    "签约申请当前状态为 {status}，不能办理",
    "The proposal is {status} and cannot be acted on",
)
SIGNED = Reason(
    "agreement.already_signed", "该毕业生已应约或已有生效协议", "The graduate is already bound by an agreement"
)
BOOK_OPEN = Reason(
    "agreement.book_open",
    "已有未办结的协议书，请先作废再重新申请",
    "A book is already open; void it before applying for another",
)
DESTINATION_REGISTERED = Reason(
    "agreement.destination_registered",
    "该毕业生已登记其他去向或登记正在审核，请先撤回或作废",
    "The graduate has registered another destination, or one is under review; withdraw or void it first",
)
BOUND_ELSEWHERE = Reason(
    "agreement.agreed_unit_only",
    "定向或委培毕业生只能与其协议单位签约",
    "A graduate trained for a unit (定向, 委培) signs with that unit only",
)
SEAL_FIRST = Reason(
    "agreement.seal_first",
    "本省规定用人单位先盖章再邀请，请确认盖章",
    "In this province the employer seals before inviting; confirm the seal",
    Invalid,
)
RESPOND_BY = Reason(
    "agreement.respond_by",
    "答复期限应晚于现在，且在 {least} 至 {days} 天之内",
    "The deadline must lie in the future, between {least} and {days} days from now",
    Invalid,
)
OFFER_LAPSED = Reason("agreement.offer_lapsed", "应约邀请已过期", "The offer has lapsed")
OFFER_NOT_OPEN = Reason(
    "agreement.offer_not_open", "应约邀请当前状态为 {status}，不能办理", "The offer is {status} and cannot be acted on"
)
OFFER_EDITED = Reason(
    "agreement.offer_edited",
    "用人单位已修改邀请，请查看后再应约",
    "The employer has changed the offer; look at it again before accepting",
)
NOT_ATTESTING = Reason(
    "agreement.not_awaiting_attestation",
    "协议当前状态为 {status}，不在待学校鉴证",
    "The agreement is {status}, not awaiting attestation",
)
NOT_SEALING = Reason(
    "agreement.not_awaiting_seal",
    "协议当前状态为 {status}，不在待单位盖章",
    "The agreement is {status}, not awaiting the employer's seal",
)
COMPLETION_LAPSED = Reason(
    "agreement.completion_lapsed",
    "盖章或鉴证期限已过，协议不再生效",
    "The time for sealing or attesting is over; the agreement does not take effect any more",
)
BOUND_BY_ACCEPTANCE = Reason(
    "agreement.bound_by_acceptance",
    "本协议应约即生效，不再履行的请办理解约",
    "Acceptance bound this agreement; who will not keep it asks to cancel it",
)
NUMBERS_EXHAUSTED = Reason(
    "agreement.numbers_exhausted",
    "该校本届该学历的协议编号已用完",
    "The agreement numbers of this school, class and level are used up",
)
NO_EVIDENCE = Reason(
    "agreement.evidence_not_found",
    "没有该佐证材料，或不属于该毕业生",
    "There is no such evidence of this graduate",
    NotFound,
)
WRONG_EVIDENCE = Reason(
    "agreement.wrong_evidence",
    "佐证材料类别应为 {wanted}",
    "The evidence must be of the kind {wanted}",
    Invalid,
)
CODE_NOT_SET = Reason(
    "agreement.operation_code_not_set", "请先设置操作码", "There is no operation code yet; set one first"
)
CODE_NEEDED = Reason(
    "agreement.operation_code_needed", "请输入操作码", "The operation code is needed for this", Invalid
)
CODE_WRONG = Reason(
    "agreement.operation_code_wrong",
    "操作码错误，还可尝试 {left} 次",
    "The operation code is wrong; {left} more tries are left",
)
CODE_LOCKED = Reason(
    "agreement.operation_code_locked",
    "操作码错误次数过多，请 {hours} 小时后再试，或请学校重置",
    "A wrong operation code was given too often; try again after {hours} hours, or ask the school to reset it",
)
EVIDENCE_MISSING = Reason("agreement.evidence_missing", "请上传 {wanted}", "This evidence is needed: {wanted}", Invalid)
NOT_EFFECTIVE = Reason(
    "agreement.not_effective", "协议当前状态为 {status}，不能解约", "The agreement is {status} and cannot be cancelled"
)
EMPLOYER_CLOSED = Reason(
    "agreement.employer_closed",
    "该单位已注销或被吊销营业执照，不能邀请、应约或盖章",
    "This employer is deregistered or has lost its licence: it invites, signs and seals no more",
)
EMPLOYER_NOT_CLOSED = Reason(
    "agreement.employer_not_closed",
    "该单位未注销或吊销，请按解约流程由单位答复",
    "This employer is not closed: it answers the request to cancel itself",
)
CANCELLATION_OPEN = Reason(
    "agreement.cancellation_open", "已有进行中的解约申请", "A cancellation of this agreement is already under way"
)
NO_CANCELLATION = Reason(
    "agreement.cancellation_not_found", "没有进行中的解约申请", "No such cancellation is under way", NotFound
)
CANCELLATION_LAPSED = Reason("agreement.cancellation_lapsed", "解约申请已过答复期", "The request to cancel has lapsed")
CANCELLATION_AGREED = Reason(
    "agreement.cancellation_agreed",
    "对方已同意，解约正在审核",
    "The other side has agreed; the cancellation is under review",
)
NOT_CONTESTED = Reason(
    "agreement.cancellation_not_contested",
    "该解约申请未被拒绝或逾期，无需调解",
    "This request was neither refused nor left unanswered; there is nothing to mediate",
)
OTHER_SIDE = Reason(
    "agreement.other_side_answers", "解约申请应由对方答复", "The other side answers a request to cancel"
)
OWN_SIDE = Reason(
    "agreement.initiator_withdraws", "解约申请只能由发起方撤回", "Only who requested the cancellation withdraws it"
)
CANCELLING_CLOSED = Reason(
    "agreement.cancelling_closed",
    "本省本届线上解约申请截至 {last}",
    "In this province graduates of this class asked to cancel online until {last}",
)
BREACH_LIMIT = Reason(
    "agreement.breach_limit",
    "该毕业生违约已达学校规定的 {limit} 次",
    "The graduate has already broken as many agreements as the school allows: {limit}",
)
BOOK_NOT = Reason(
    "agreement.book_not",
    "协议书当前状态为 {status}，不能办理",
    "The book is {status} and this cannot be done to it",
)
NOT_LOSABLE = Reason(
    "agreement.not_issued", "协议书尚未出具，无需挂失", "The book has not been issued, so it cannot be lost"
)
UPLOAD_OVER = Reason(
    "agreement.upload_over",
    "上传链接已失效，请毕业生或学校重新生成",
    "This link to upload is over; the graduate or the school opens another",
)
LOSS_OPEN = Reason("agreement.loss_open", "遗失补办正在审核", "A report of loss is already under review")
WRONG_USCC = Reason("agreement.wrong_uscc", "{why}", "{why_en}", Invalid)
USCC_NEEDED = Reason(
    "agreement.uscc_needed",
    "请填写统一社会信用代码，确无代码的请说明原因",
    "Give the social credit code, or the reason why there is none",
    Invalid,
)
SIGNED_ON = Reason(
    "agreement.signed_on",
    "签约日期不得晚于今天，也不得早于入学日期",
    "The day of signing may not lie in the future, nor before the enrolment",
    Invalid,
)
NUMBER_NOT_ISSUED = Reason(
    "agreement.number_not_issued",
    "该编号由平台编制，但未发给该毕业生",
    "The platform issues this number, and did not issue it to this graduate",
)
NUMBER_OF_NOBODY = Reason(
    "agreement.number_not_of_province",
    "本省协议书由平台统一编号：平台出具的协议书请上传签章扫描件，其他纸质协议登记时不填编号",
    "The platform issues every number here: hand in the scan of its book, or register another paper without a number",
)
NUMBER_DEAD = Reason(
    "agreement.number_dead",
    "该编号的协议书已作废、遗失、退回或解约，编号不再使用",
    "The agreement of this number was voided, lost, returned or cancelled; its number is never used again",
)
NUMBER_MISWRITTEN = Reason(
    "agreement.number_miswritten",
    "18 位协议书编号的校验位不符，请核对后重填",
    "A number of 18 digits must be one of the platform's, and this one is miswritten",
    Invalid,
)
NUMBER_TAKEN = Reason(
    "agreement.number_taken",
    "该协议书编号已由他人登记",
    "This agreement number is already registered for somebody else",
)

# Why something came to nothing whose graduate was removed from the roster.
LEFT_ROSTER: Final = "毕业生已移出生源名册"
# Why an agreement was returned that nobody sealed or attested in time.
SEAL_OVERDUE: Final = "用人单位逾期未盖章"
ATTESTATION_OVERDUE: Final = "学校逾期未鉴证"

PENALTY_OVER_LIMIT: Final = "penalty_over_limit"

# 解约原因 (DOMAIN 1.8): the Chinese name and who caused it; None leaves it to who asked.
CANCELLATION_REASONS: Final[Mapping[str, tuple[str, str | None]]] = {
    entry.code: (entry.name, entry.more["caused_by"] or None) for entry in CANCELLATION_REASON
}
