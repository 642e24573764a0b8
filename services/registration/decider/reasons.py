"""Why a destination is not registered, changed or voided."""

from __future__ import annotations

from shared.errors import Invalid, NotFound, Reason

NO_GRADUATE = Reason(
    "registration.graduate_not_found",
    "没有该毕业生，或已移出名册，请核对考生号、学号或所选的人",
    "There is no such graduate on a roster: check the numbers, or whom you chose",
    NotFound,
)
NOT_PENDING = Reason(
    "registration.not_pending",
    "该去向登记不在审核中，不能撤回，请刷新后查看",
    "This registration is not under review: look at it again",
)
IN_REVIEW = Reason(
    "registration.in_review",
    "已有去向登记正在审核，请等待审核结果，或先撤回再登记",
    "A registration is already under review: wait for the result, or withdraw it first",
)
CONFIRM_FIRST = Reason(
    "registration.confirm_first",
    "您尚未确认基本信息（学校更正后须重新确认），请先完成信息确认，再登记毕业去向",
    "You have not confirmed your basic data as the roster has them now: confirm them first, then register",
)
DISPUTE_OPEN = Reason(
    "registration.dispute_open",
    "您对基本信息的异议学校尚未处理，请等待学校更正或答复后，再登记毕业去向",
    "The school has yet to act on what you dispute of your basic data: register when it has",
)
SIGNED = Reason(
    "registration.already_signed",
    "毕业生已应约或已有生效协议，不能登记其他去向，如需改变请先办理解约",
    "The graduate is bound by an agreement: cancel it first",
)
BOOK_OPEN = Reason(
    "registration.book_open",
    "毕业生的纸质协议书正在办理、尚未生效，请先作废该协议书，再登记去向",
    "An agreement book of the graduate is under way and not in force yet: void it before registering a destination",
)
VOID_FIRST = Reason(
    "registration.void_first",
    "已登记去向，不能再登记其他去向，请先申请作废",
    "A destination is registered: have it voided first",
)
NOTHING_REGISTERED = Reason(
    "registration.nothing_registered",
    "没有已登记的去向，无从作废，请刷新后查看",
    "No destination is registered: look at it again",
)
CANCEL_FIRST = Reason(
    "registration.cancel_agreement",
    "该去向来自就业协议，不能直接作废，请办理解约",
    "This destination comes from an agreement: cancel the agreement",
)
DEADLINE_OVER = Reason(
    "registration.deadline_over",
    "本届去向变更已于 {day:day} 截止，已登记的去向不再变更，请联系学校就业部门",
    "Changes of this class ended on {day:day} and what is registered stays: ask the school",
)
REGISTERING_OVER = Reason(
    "registration.registering_over",
    "本届去向登记已于 {day:day} 截止，请联系学校就业部门",
    "Registering for this class ended on {day:day}: ask the school",
)
NO_FILING = Reason(
    "registration.filing_not_found",
    "没有待确认的代填信息，请刷新后查看",
    "Nothing filled in for you awaits confirmation: look again",
    NotFound,
)
NOT_REGISTERED = Reason(
    "registration.register_first",
    "尚未登记毕业去向，请先登记毕业去向，再作离校确认",
    "No destination is registered: register one before confirming to leave",
)
RECIPIENT_NEEDED = Reason(
    "registration.recipient_needed",
    "档案接收信息不完整，请填写档案接收单位和地址",
    "Name the unit that receives the archive, and its address",
    Invalid,
)
ADDRESS_NEEDED = Reason(
    "registration.household_address_needed",
    "迁移户口须有迁入地址，请填写户口迁入地址",
    "A household that moves needs the address it moves to: fill it in",
    Invalid,
)
VOID_IN_REVIEW = Reason(
    "registration.void_in_review",
    "去向作废申请正在审核，请等待审核结果",
    "A void request is already under review: wait for the result",
)
VOIDED_BEFORE = Reason(
    "registration.voided_before",
    "该去向已经毕业生申请作废，不能再次导入，请核对后由毕业生自行登记",
    "The graduate had this destination voided and it is not imported again: let the graduate register",
)
IMPORTS_CLOSED = Reason(
    "registration.imports_closed",
    "本届不接受导入：省级未设置导入截止日期，或已过截止日期，请联系省级主管部门",
    "Nothing is imported for this class, the province has set no last day for it, or that day is over: ask the province",
)
