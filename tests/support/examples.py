"""One valid example of each agreement command and event, all about one graduate, one employer and one offer.

A test states only what differs: `replace(OFFER_SENT, parties=3)`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from services.agreement import decider as c
from services.agreement import events as e
from services.agreement.facts import Employer, Facts, Graduate, Settings
from services.agreement.numbers import AgreementNumber
from shared.messages import new_id
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, LANE, NOW, OTHER_EMPLOYER_ID, SCOPE, command_id

OFFER_ID: Final = new_id(LANE, command_id(), "offer")
OTHER_OFFER_ID: Final = new_id(LANE, command_id(2), "offer")
CANCELLATION_ID: Final = new_id(LANE, command_id(), "cancellation")
NUMBER: Final = str(AgreementNumber(2026, "10108", "31", 1))
DAY: Final = timedelta(days=1)
MOMENT: Final = timedelta(microseconds=1)

ENROLLED: Final = Graduate(scope=SCOPE, class_year=2026, education="31", training="1", agreed_unit=None)
VERIFIED: Final = Employer(
    name="晋阳机械（集团）有限公司",
    uscc="91140000110000000X",
    nature="31",
    industry="31",
    place="140105",
    verified=True,
)
FACTS: Final = Facts(graduate=ENROLLED, settings=Settings(), employer=VERIFIED)

OFFER_SENT: Final = e.OfferSent(
    offer_id=OFFER_ID,
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    employer_name=VERIFIED.name,
    uscc=VERIFIED.uscc,
    nature=VERIFIED.nature,
    industry=VERIFIED.industry,
    place=VERIFIED.place,
    position="13",
    job_title="机械工程师",
    monthly_salary=6500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
    respond_by=NOW + 5 * DAY,
    scope=SCOPE,
    class_year=2026,
    parties=2,
)
OTHER_SENT: Final = replace(
    OFFER_SENT, offer_id=OTHER_OFFER_ID, employer_id=OTHER_EMPLOYER_ID, employer_name="汾河软件有限公司"
)
WITHDRAWN: Final = e.OfferWithdrawn(OFFER_ID)
REFUSED: Final = e.OfferRefused(OFFER_ID, "已有其他意向")
LAPSED: Final = e.OfferLapsed(OFFER_ID)
ACCEPTED: Final = e.OfferAccepted(
    offer_id=OFFER_ID,
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    scope=SCOPE,
    class_year=2026,
    education="31",
)
AWAITING: Final = e.AttestationAwaited(OFFER_ID)
CONCLUDED: Final = e.AgreementConcluded(
    agreement_id=OFFER_ID,
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    number=NUMBER,
    parties=2,
    scope=SCOPE,
    class_year=2026,
    unit_name=VERIFIED.name,
    uscc=VERIFIED.uscc,
    nature=VERIFIED.nature,
    industry=VERIFIED.industry,
    place=VERIFIED.place,
    position="13",
    job_title="机械工程师",
    monthly_salary=6500,
)
RETURNED: Final = e.AgreementReturned(OFFER_ID, "岗位信息不完整")
REQUESTED: Final = e.CancellationRequested(
    cancellation_id=CANCELLATION_ID,
    agreement_id=OFFER_ID,
    by="graduate",
    reason_code="further_study",
    reason="已被录取为硕士研究生",
    answer_by=NOW + 15 * DAY,
)
CANCELLATION_WITHDRAWN: Final = e.CancellationWithdrawn(CANCELLATION_ID, OFFER_ID)
CANCELLATION_REFUSED: Final = e.CancellationRefused(CANCELLATION_ID, OFFER_ID, "岗位急需")
CANCELLATION_LAPSED: Final = e.CancellationLapsed(CANCELLATION_ID, OFFER_ID)
AGREED: Final = e.CancellationAgreed(CANCELLATION_ID, OFFER_ID, GRADUATE_ID, SCOPE, 2026)
CANCELLATION_RETURNED: Final = e.CancellationReturned(CANCELLATION_ID, OFFER_ID, "缺少解约函")
CANCELLED: Final = e.AgreementCancelled(
    agreement_id=OFFER_ID,
    cancellation_id=CANCELLATION_ID,
    graduate_id=GRADUATE_ID,
    number=NUMBER,
    caused_by="graduate",
    reason_code="further_study",
)
EVENTS: Final[tuple[Any, ...]] = (
    OFFER_SENT,
    WITHDRAWN,
    REFUSED,
    LAPSED,
    ACCEPTED,
    AWAITING,
    CONCLUDED,
    RETURNED,
    REQUESTED,
    CANCELLATION_WITHDRAWN,
    CANCELLATION_REFUSED,
    CANCELLATION_LAPSED,
    AGREED,
    CANCELLATION_RETURNED,
    CANCELLED,
)

SEND: Final = c.SendOffer(
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    position="13",
    job_title="机械工程师",
    monthly_salary=6500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
)
WITHDRAW: Final = c.WithdrawOffer(GRADUATE_ID, OFFER_ID)
REFUSE: Final = c.RefuseOffer(GRADUATE_ID, OFFER_ID, "已有其他意向")
ACCEPT: Final = c.AcceptOffer(GRADUATE_ID, OFFER_ID, EMPLOYER_ID)
LAPSE: Final = c.LapseOffer(GRADUATE_ID, OFFER_ID)
PASS: Final = c.PassReview(GRADUATE_ID, "agreement", OFFER_ID, serial=1)
FAIL: Final = c.FailReview(GRADUATE_ID, "agreement", OFFER_ID, "岗位信息不完整")
PASS_CANCELLATION: Final = c.PassReview(GRADUATE_ID, "cancellation", CANCELLATION_ID)
FAIL_CANCELLATION: Final = c.FailReview(GRADUATE_ID, "cancellation", CANCELLATION_ID, "缺少解约函")
ATTEST: Final = c.AttestAgreement(GRADUATE_ID, OFFER_ID, serial=1)
REQUEST_CANCELLATION: Final = c.RequestCancellation(GRADUATE_ID, OFFER_ID, "further_study", "已被录取为硕士研究生")
WITHDRAW_CANCELLATION: Final = c.WithdrawCancellation(GRADUATE_ID, CANCELLATION_ID)
AGREE: Final = c.AgreeToCancellation(GRADUATE_ID, CANCELLATION_ID)
REFUSE_CANCELLATION: Final = c.RefuseCancellation(GRADUATE_ID, CANCELLATION_ID, "岗位急需")
LAPSE_CANCELLATION: Final = c.LapseCancellation(GRADUATE_ID, CANCELLATION_ID)
COMMANDS: Final[tuple[Any, ...]] = (
    SEND,
    WITHDRAW,
    REFUSE,
    ACCEPT,
    LAPSE,
    PASS,
    FAIL,
    PASS_CANCELLATION,
    FAIL_CANCELLATION,
    ATTEST,
    REQUEST_CANCELLATION,
    WITHDRAW_CANCELLATION,
    AGREE,
    REFUSE_CANCELLATION,
    LAPSE_CANCELLATION,
)
