"""Every way to be told no about an agreement, and what may cause a cancellation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.codes.tables import CANCELLATION_REASON
from shared.errors import Invalid, NotFound, Reason

NO_GRADUATE = Reason(
    "agreement.graduate_not_found",
    "没有该毕业生，或已移出名册，请核对后重新选择",
    "There is no such graduate on a roster: check whom you chose",
    NotFound,
)
NOT_ENROLLED = Reason(
    "agreement.not_enrolled",
    "该毕业生已移出生源名册，协议不再办理，如属误移请联系学校",
    "The graduate is on no roster any more and the agreement does not go on: ask the school if that is wrong",
)
NO_OFFER = Reason(
    "agreement.offer_not_found",
    "没有该应约邀请，请刷新邀请列表后重新选择",
    "There is no such offer: look at the list of offers again",
    NotFound,
)
NO_DRAFT = Reason(
    "agreement.draft_not_found",
    "没有该邀请草稿，或已发出、已删除，请刷新草稿列表后重新选择",
    "There is no such draft, or it was sent or discarded: look at the list of drafts again",
    NotFound,
)
NO_AGREEMENT = Reason(
    "agreement.not_found",
    "没有该协议，请刷新协议列表后重新选择",
    "There is no such agreement: look at the list of agreements again",
    NotFound,
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
ATTESTING_SUSPENDED = Reason(
    "agreement.attesting_suspended",
    "该用人单位已被暂停，请核实后决定：不宜签约的请不予鉴证，仍要鉴证的请在备注中说明理由",
    "The employer is suspended: look into it, then decline, or say in the remark why it is attested all the same",
)
ATTESTING_CLOSED = Reason(
    "agreement.attesting_closed",
    "该用人单位已注销或被吊销营业执照，请核实后决定：不宜签约的请不予鉴证，仍要鉴证的请在备注中说明理由",
    "The employer is closed: look into it, then decline, or say in the remark why it is attested all the same",
)
REGISTERING_OVER = Reason(
    "agreement.registering_over",
    "本届签约与去向登记已于 {day:day} 截止，请联系学校就业部门",
    "Signing and registering for this class ended on {day:day}: ask the school",
)
NOT_VERIFIED = Reason(
    "agreement.employer_not_verified",
    "用人单位未通过审核或已被暂停，不能签约，请先由单位完成注册审核，或联系审核部门恢复",
    "The employer is not verified, or is suspended: let it complete its registration, or ask the office that verifies it",
)
BLOCKED = Reason(
    "agreement.employer_blocked",
    "该生所在学校不接受该单位的邀请，请联系学校就业部门",
    "The graduate's school does not let this employer invite its graduates: ask the school",
)
OFFER_OPEN = Reason(
    "agreement.offer_open",
    "该单位对该毕业生已有未答复的邀请，请等待答复，或先撤回原邀请再发",
    "This employer already has an open offer to this graduate: wait for the answer, or withdraw it first",
)
EMPLOYER_BEGINS = Reason(
    "agreement.employer_begins",
    "本省由用人单位先发出邀请，毕业生不能先提出签约申请，请联系单位发出邀请",
    "In this province the employer begins with an offer: ask the employer to send one",
)
GRADUATE_BEGINS = Reason(
    "agreement.graduate_begins",
    "本省由毕业生先提出签约申请，该毕业生没有待贵单位答复的申请，请联系毕业生提出申请",
    "In this province the graduate begins, and no proposal to this employer waits: ask the graduate to propose",
)
NO_PROPOSAL = Reason(
    "agreement.proposal_not_found",
    "没有该签约申请，请刷新申请列表后重新选择",
    "There is no such proposal: look at the list of proposals again",
    NotFound,
)
PROPOSAL_OPEN = Reason(
    "agreement.proposal_open",
    "您向该单位提出的签约申请尚未答复，请等待答复，或先撤回再提出",
    "A proposal to this employer still waits for its answer: wait for it, or withdraw the proposal first",
)
PROPOSAL_LAPSED = Reason(
    "agreement.proposal_lapsed",
    "签约申请已过答复期限，请由毕业生重新提出申请",
    "The proposal has lapsed: the graduate may propose again",
)
PROPOSAL_NOT_OPEN = Reason(
    "agreement.proposal_not_open",
    "签约申请{status:proposal_state}，不能再办理，请刷新后查看",
    "The proposal is {status:proposal_state} and cannot be acted on: look at it again",
)
SIGNED = Reason(
    "agreement.already_signed",
    "该毕业生已应约或已有生效的协议，不能再签约，如需改签请先办理解约",
    "The graduate is already bound by an agreement: cancel that one first",
)
BOOK_UNDER_WAY = Reason(
    "agreement.book_under_way",
    "该毕业生的纸质协议书正在办理、尚未生效，请毕业生先作废该协议书，再办理邀请或应约",
    "An agreement book of this graduate is under way and not in force yet; the graduate voids it first",
)
BOOK_OPEN = Reason(
    "agreement.book_open",
    "已申请的协议书尚未办结，不能另行申请或签约，请先办结，或作废后重新申请",
    "A book that was applied for is not finished: finish it, or void it before applying for another",
)
DESTINATION_REGISTERED = Reason(
    "agreement.destination_registered",
    "该毕业生已登记其他去向或登记正在审核，不能签约，请先撤回登记或申请作废",
    "The graduate has registered another destination, or one is under review: withdraw or void it first",
)
BOUND_ELSEWHERE = Reason(
    "agreement.agreed_unit_only",
    "定向或委培毕业生只能与其协议单位签约，请核对单位名称，如名册有误请联系学校更正",
    "A graduate trained for a unit (定向, 委培) signs with it only: check its name, or ask the school to correct the roster",
)
SEAL_FIRST = Reason(
    "agreement.seal_first",
    "本省规定用人单位先盖章再邀请，请先确认盖章",
    "In this province the employer seals before inviting: confirm the seal",
    Invalid,
)
RESPOND_BY = Reason(
    "agreement.respond_by",
    "答复期限应晚于现在，且在 {least:number} 至 {days:number} 天之内，请重新选择",
    "The deadline must lie in the future, between {least:number} and {days:number} days from now: choose another",
    Invalid,
)
OFFER_LAPSED = Reason(
    "agreement.offer_lapsed",
    "应约邀请已过答复期限，不能再办理，请联系用人单位重新发出邀请",
    "The offer has lapsed: ask the employer to send another",
)
OFFER_NOT_OPEN = Reason(
    "agreement.offer_not_open",
    "应约邀请{status:agreement_state}，不能再办理，请刷新后查看",
    "The offer is {status:agreement_state} and cannot be acted on: look at it again",
)
OFFER_EDITED = Reason(
    "agreement.offer_edited",
    "用人单位已修改邀请，请查看新内容后再应约",
    "The employer has changed the offer: look at it again before accepting",
)
NOT_ATTESTING = Reason(
    "agreement.not_awaiting_attestation",
    "协议{status:agreement_state}，不在待学校鉴证状态，请刷新后查看",
    "The agreement is {status:agreement_state}, not waiting to be attested: look at it again",
)
NOT_SEALING = Reason(
    "agreement.not_awaiting_seal",
    "协议{status:agreement_state}，不在待单位盖章状态，请刷新后查看",
    "The agreement is {status:agreement_state}, not waiting for the employer's seal: look at it again",
)
COMPLETION_LAPSED = Reason(
    "agreement.completion_lapsed",
    "盖章或鉴证期限已过，协议不再生效，如仍要签约请用人单位重新发出邀请",
    "The time for sealing or attesting is over and the agreement does not take effect: the employer may send another offer",
)
BOUND_BY_ACCEPTANCE = Reason(
    "agreement.bound_by_acceptance",
    "本协议应约即生效，不能拒绝盖章或鉴证，不再履行的请办理解约",
    "Acceptance bound this agreement: who will not keep it asks to cancel it",
)
NUMBERS_EXHAUSTED = Reason(
    "agreement.numbers_exhausted",
    "该校本届该学历的协议编号已用完，不能再编号，请联系平台运维人员",
    "The agreement numbers of this school, class and level are used up: ask the operators",
)
NO_EVIDENCE = Reason(
    "agreement.evidence_not_found",
    "没有该佐证材料，或不属于该毕业生，请重新上传后再提交",
    "There is no such evidence of this graduate: upload it again",
    NotFound,
)
WRONG_EVIDENCE = Reason(
    "agreement.wrong_evidence",
    "佐证材料类别不符，此处应为{wanted:evidence}，请重新上传",
    "The evidence is of another kind; here it must be {wanted:evidence}: upload that",
    Invalid,
)
CODE_NOT_SET = Reason(
    "agreement.operation_code_not_set",
    "尚未设置操作码，请先设置操作码",
    "There is no operation code yet: set one first",
)
CODE_NEEDED = Reason(
    "agreement.operation_code_needed",
    "此项办理须验证操作码，请输入操作码",
    "This needs the operation code: enter it",
    Invalid,
)
CODE_WRONG = Reason(
    "agreement.operation_code_wrong",
    "操作码错误，还可尝试 {left:number} 次，请核对后重新输入，忘记的可请学校重置",
    "The operation code is wrong; {left:number} more tries are left: enter it again, or ask the school to reset it",
)
CODE_LOCKED = Reason(
    "agreement.operation_code_locked",
    "操作码错误次数过多，请 {hours:number} 小时后再试，或请学校重置",
    "A wrong operation code was given too often: try again after {hours:number} hours, or ask the school to reset it",
)
EVIDENCE_MISSING = Reason(
    "agreement.evidence_missing",
    "缺少{wanted:evidence}，请上传后再提交",
    "Evidence is missing, {wanted:evidence}: upload it",
    Invalid,
)
NOT_EFFECTIVE = Reason(
    "agreement.not_effective",
    "协议{status:agreement_state}，不能解约，请刷新后查看，尚未生效的请撤回、拒绝或作废",
    "The agreement is {status:agreement_state} and cannot be cancelled: before it is in force, withdraw, refuse or void it",
)
EMPLOYER_CLOSED = Reason(
    "agreement.employer_closed",
    "该单位已注销或被吊销营业执照，不能邀请、应约或盖章，请与其他单位签约",
    "This employer is deregistered or has lost its licence and signs no more: sign with another one",
)
EMPLOYER_NOT_CLOSED = Reason(
    "agreement.employer_not_closed",
    "该单位未登记注销或吊销，不能凭单位注销或吊销证明解约，请按解约流程由单位答复，或联系学校登记",
    "This employer is not recorded as closed: let it answer the request to cancel, or ask the school to record it",
)
CANCELLATION_OPEN = Reason(
    "agreement.cancellation_open",
    "该协议已有进行中的解约申请，请等待办结，或先撤回再申请",
    "A cancellation of this agreement is already under way: wait for it, or withdraw it first",
)
NO_CANCELLATION = Reason(
    "agreement.cancellation_not_found",
    "没有进行中的解约申请，请刷新后查看",
    "No such cancellation is under way: look at it again",
    NotFound,
)
CANCELLATION_LAPSED = Reason(
    "agreement.cancellation_lapsed",
    "解约申请已过答复期，不能再答复，请重新申请解约，或请学校调解",
    "The request to cancel has lapsed: ask to cancel again, or ask the school to mediate",
)
CANCELLATION_AGREED = Reason(
    "agreement.cancellation_agreed",
    "对方已同意解约，申请正在审核，不能再撤回或答复，请等待审核结果",
    "The other side has agreed and the cancellation is under review: wait for the result",
)
NOT_CONTESTED = Reason(
    "agreement.cancellation_not_contested",
    "该解约申请未被拒绝也未逾期，无需调解，请等待对方答复",
    "This request was neither refused nor left unanswered: wait for the other side's answer",
)
OTHER_SIDE = Reason(
    "agreement.other_side_answers",
    "解约申请应由对方答复，请等待对方答复，或撤回申请",
    "The other side answers a request to cancel: wait for it, or withdraw the request",
)
OWN_SIDE = Reason(
    "agreement.initiator_withdraws",
    "解约申请只能由发起方撤回，请选择同意或拒绝",
    "Only who requested the cancellation withdraws it: agree or refuse",
)
CANCELLING_CLOSED = Reason(
    "agreement.cancelling_closed",
    "本省本届线上解约申请已于 {last:day} 截止，请联系学校线下办理",
    "In this province graduates of this class asked to cancel online until {last:day}: turn to the school",
)
BREACH_LIMIT = Reason(
    "agreement.breach_limit",
    "该毕业生违约已达学校规定的 {limit:number} 次，不能再因个人原因解约，请联系学校",
    "The graduate has already broken as many agreements as the school allows, {limit:number}: ask the school",
)
BOOK_NOT = Reason(
    "agreement.book_not",
    "协议书{status:agreement_state}，不能办理此项，请刷新后查看",
    "The book is {status:agreement_state} and this cannot be done to it: look at it again",
)
NOT_LOSABLE = Reason(
    "agreement.not_issued",
    "协议书{status:agreement_state}，尚未出具，无需挂失，如不再需要请作废",
    "The book is {status:agreement_state} and was not issued, so it cannot be lost: void it if it is not needed",
)
UPLOAD_OVER = Reason(
    "agreement.upload_over",
    "上传链接已失效，请毕业生或学校重新生成",
    "This link to upload is over: the graduate or the school opens another",
)
LOSS_OPEN = Reason(
    "agreement.loss_open",
    "该协议书的遗失补办正在审核，请等待审核结果",
    "A report of loss is already under review: wait for the result",
)
WRONG_USCC = Reason("agreement.wrong_uscc", "{why:sentence}", "{why_en:sentence}", Invalid)
USCC_NEEDED = Reason(
    "agreement.uscc_needed",
    "缺少统一社会信用代码，请填写，确无代码的请说明原因",
    "Give the social credit code, or the reason why there is none",
    Invalid,
)
SIGNED_ON = Reason(
    "agreement.signed_on",
    "签约日期不得晚于今天，也不得早于入学日期，请更正",
    "The day of signing may not lie in the future, nor before the enrolment: correct it",
    Invalid,
)
NUMBER_NOT_ISSUED = Reason(
    "agreement.number_not_issued",
    "该编号由平台编制，但未发给该毕业生，请核对纸质协议上的编号",
    "The platform issues this number, and did not issue it to this graduate: check the number on the paper",
)
NUMBER_OF_NOBODY = Reason(
    "agreement.number_not_of_province",
    "本省协议书由平台统一编号，不能自填编号：平台出具的协议书请上传签章扫描件，其他纸质协议登记时请不填编号",
    "The platform issues every number here: hand in the scan of its book, or register another paper without a number",
)
NUMBER_DEAD = Reason(
    "agreement.number_dead",
    "该编号的协议书已作废、遗失、退回或解约，编号不再使用，请核对编号，或重新申请协议书",
    "The agreement of this number is over and its number is never used again: check it, or apply for a new book",
)
NUMBER_MISWRITTEN = Reason(
    "agreement.number_miswritten",
    "18 位协议书编号的校验位不符，请核对后重填",
    "A number of 18 digits must be one of the platform's, and this one is miswritten: check it",
    Invalid,
)
NUMBER_TAKEN = Reason(
    "agreement.number_taken",
    "该协议书编号已由他人登记，请核对编号，确属本人的请联系学校",
    "This agreement number is already registered for somebody else: check it, or turn to the school",
)

# Why something came to nothing whose graduate was removed from the roster.
LEFT_ROSTER: Final = "毕业生已移出生源名册"
# Why something came to nothing whose graduate the roster says, since it was signed, to be trained for another unit.
TRAINED_ELSEWHERE: Final = "名册更正后，该毕业生为其他单位的定向或委培生，只能与其协议单位签约"
# Why an agreement was returned that nobody sealed or attested in time.
SEAL_OVERDUE: Final = "用人单位逾期未盖章"
ATTESTATION_OVERDUE: Final = "学校逾期未鉴证"

PENALTY_OVER_LIMIT: Final = "penalty_over_limit"

# 解约原因 (DOMAIN 1.8): the Chinese name and who caused it; None leaves it to who asked.
CANCELLATION_REASONS: Final[Mapping[str, tuple[str, str | None]]] = {
    entry.code: (entry.name, entry.more["caused_by"] or None) for entry in CANCELLATION_REASON
}
