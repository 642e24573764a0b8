"""Every way this context says no, and the reasons people give for cancelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.errors import Invalid, NotFound, Reason

NO_GRADUATE = Reason("agreement.graduate_not_found", "没有该毕业生", "There is no such graduate", NotFound)
NO_EMPLOYER = Reason("agreement.employer_not_found", "没有该用人单位", "There is no such employer", NotFound)
NO_OFFER = Reason("agreement.not_found", "没有该邀请或协议", "There is no such offer or agreement", NotFound)
NO_CANCELLATION = Reason(
    "agreement.cancellation_not_found", "没有该解约申请", "There is no such cancellation request", NotFound
)

NOT_ENROLLED = Reason(
    "agreement.not_enrolled",
    "该毕业生已不在本届名单中，请联系学校",
    "This graduate is no longer on the roster; ask the school",
)
EMPLOYER_NOT_VERIFIED = Reason(
    "agreement.employer_not_verified", "该单位尚未通过审核", "This employer has not been verified yet"
)
EMPLOYER_SUSPENDED = Reason("agreement.employer_suspended", "该单位已被暂停使用", "This employer is suspended")
ONLY_AGREED_UNIT = Reason(
    "agreement.only_agreed_unit",
    "定向或委培毕业生只能与约定的单位签约",
    "A graduate trained for a unit (定向, 委培) may sign with that unit only",
)
RESPOND_BY = Reason(
    "agreement.respond_by",
    "答复期限应在发出后 1 至 {most} 天之间",
    "The deadline must lie 1 to {most} days after sending",
    Invalid,
)
ALREADY_INVITED = Reason(
    "agreement.already_invited",
    "您对该毕业生的邀请尚在答复期内",
    "Your earlier offer to this graduate is still open",
)
ALREADY_SIGNED = Reason(
    "agreement.already_signed", "您与该毕业生已有协议", "You already have an agreement with this graduate"
)
OFFER_LAPSED = Reason("agreement.offer_lapsed", "该邀请已过期", "This offer has lapsed")
OFFER_WITHDRAWN = Reason("agreement.offer_withdrawn", "该邀请已被单位撤回", "The employer has withdrawn this offer")
OFFER_ANSWERED = Reason("agreement.offer_answered", "该邀请已经答复", "This offer has already been answered")
LOCKED = Reason(
    "agreement.locked",
    "您已有签约中或已生效的协议，其他邀请只能查看",
    "You are bound by another agreement; other offers can be viewed only",
)
DESTINATION_REGISTERED = Reason(
    "agreement.destination_registered",
    "您已登记或正在登记其他去向，请先撤回或作废该登记",
    "Another destination is registered or pending; withdraw or void it first",
)
NOT_AWAITING_ATTESTATION = Reason(
    "agreement.not_awaiting_attestation", "该协议不在待学校鉴证状态", "This agreement is not awaiting attestation"
)
NOT_EFFECTIVE = Reason("agreement.not_effective", "该协议未生效或已解约", "This agreement is not effective")
CANCELLATION_OPEN = Reason(
    "agreement.cancellation_open", "该协议已有进行中的解约申请", "A cancellation of this agreement is under way"
)
CANCELLATION_LAPSED = Reason(
    "agreement.cancellation_lapsed", "该解约申请已过期", "This cancellation request has lapsed"
)
CANCELLATION_ANSWERED = Reason(
    "agreement.cancellation_answered", "该解约申请已经答复", "This cancellation request has already been answered"
)
CANCELLATION_WITHDRAWN = Reason(
    "agreement.cancellation_withdrawn", "该解约申请已被撤回", "This cancellation request has been withdrawn"
)
NOT_THE_INITIATOR = Reason(
    "agreement.not_the_initiator", "只有申请方可以撤回解约申请", "Only the side that asked may withdraw the request"
)
OWN_REQUEST = Reason(
    "agreement.own_request", "解约申请应由对方答复", "The other side answers a cancellation request"
)


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """A reason to cancel: its name, and who caused the cancellation: "graduate", "employer" or "mutual"."""

    name: str
    caused_by: str


# The breach reasons of DOMAIN 1.8 with two-digit codes of our own: 1x 个人违约, 2x 单位违约, 3x neither.
CANCELLATION_REASONS: Mapping[str, CancellationReason] = MappingProxyType(
    {
        "11": CancellationReason("个人违约-继续深造", "graduate"),
        "12": CancellationReason("个人违约-家庭原因", "graduate"),
        "13": CancellationReason("个人违约-身体原因", "graduate"),
        "14": CancellationReason("个人违约-单位承诺无法兑现", "graduate"),
        "15": CancellationReason("个人违约-单位经营问题", "graduate"),
        "19": CancellationReason("个人违约-其他", "graduate"),
        "20": CancellationReason("单位违约", "employer"),
        "30": CancellationReason("双方协商一致", "mutual"),
    }
)
