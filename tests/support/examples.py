"""One valid example of each agreement command and event, all about one graduate, one employer and one offer.

A test states only what differs: `replace(OFFER_SENT, parties=3)`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from services.agreement import decider as c
from services.agreement import events as e
from services.agreement.facts import Employer, Evidence, Facts, Graduate, Settings
from services.agreement.numbers import AgreementNumber
from shared.messages import Actor, new_id
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
    address="太原市小店区",
    phone="0351-0000000",
    verified=True,
)
FACTS: Final = Facts(
    graduate=ENROLLED,
    basic_data="confirmed",
    settings=Settings(),
    employer=VERIFIED,
    register_until=date(2026, 12, 31),
)

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
    unit_address=VERIFIED.address,
    unit_phone=VERIFIED.phone,
)
CODE_SET: Final = e.OperationCodeSet(GRADUATE_ID)
CODE_RESET: Final = e.OperationCodeReset(GRADUATE_ID)
PROPOSAL_ID: Final = new_id(LANE, command_id(), "proposal")
PROPOSED: Final = e.SigningProposed(
    proposal_id=PROPOSAL_ID,
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    employer_name=VERIFIED.name,
    respond_by=NOW + 5 * DAY,
    scope=SCOPE,
    class_year=2026,
    job_title="机械工程师",
    remarks="已通过贵单位面试",
)
ANSWERING: Final = replace(OFFER_SENT, proposal_id=PROPOSAL_ID)
PROPOSAL_WITHDRAWN: Final = e.ProposalWithdrawn(PROPOSAL_ID)
PROPOSAL_REFUSED: Final = e.ProposalRefused(PROPOSAL_ID, "岗位已招满")
PROPOSAL_LAPSED: Final = e.ProposalLapsed(PROPOSAL_ID)
BY_EITHER: Final = replace(FACTS, settings=Settings(begun_by="either"))
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
    unit_address=VERIFIED.address,
    unit_phone=VERIFIED.phone,
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
REMINDED: Final = e.CancellationReminded(CANCELLATION_ID, OFFER_ID, REQUESTED.answer_by)
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
MEDIATED: Final = e.CancellationMediated(CANCELLATION_ID, OFFER_ID, "cancel", "双方各执一词，学校予以调解")
KEPT: Final = replace(MEDIATED, outcome="keep")

DRAFTED: Final = e.OfferDrafted(
    offer_id=OFFER_ID,
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    position="13",
    job_title="机械工程师",
    monthly_salary=6500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
)
DISCARDED: Final = e.DraftDiscarded(OFFER_ID)
EDITED: Final = e.OfferEdited(
    offer_id=OFFER_ID,
    revision=2,
    position="13",
    job_title="高级机械工程师",
    respond_by=OFFER_SENT.respond_by,
    monthly_salary=7500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
)
SEAL_AWAITED: Final = e.SealAwaited(OFFER_ID)
SEALED: Final = e.AgreementSealed(OFFER_ID, GRADUATE_ID, SCOPE, 2026, "e_seal")
ATTESTED: Final = e.AgreementAttested(OFFER_ID, GRADUATE_ID, SCOPE, 2026, "seal")
# As they are told today: with the days that a province has which set none, and the number of the book to be stamped.
COMPLETE_BY: Final = NOW + 15 * DAY
TO_BE_SEALED: Final = replace(SEAL_AWAITED, number=NUMBER, complete_by=COMPLETE_BY)
TO_BE_ATTESTED: Final = replace(AWAITING, complete_by=COMPLETE_BY)
SEAL_DECLINED: Final = e.AgreementReturned(OFFER_ID, "岗位已取消", cause="declined")
ATTESTATION_DECLINED: Final = e.AgreementReturned(OFFER_ID, "单位资质存疑", cause="declined")

BOOK_ID: Final = new_id(LANE, command_id(), "book")
PAPER_ID: Final = new_id(LANE, command_id(), "paper")
REVIEW_ID: Final = new_id(LANE, command_id(), "review")
LOSS_ID: Final = new_id(LANE, command_id(), "loss")
SCAN_ID, NOTICE_ID, LETTER_ID, SLIP_ID, CLOSURE_ID = (
    f"{LANE}-00000000-0000-4000-8000-0000000000e{n}" for n in range(1, 6)
)
EVIDENCE: Final = {
    SCAN_ID: Evidence(GRADUATE_ID, "stamped_agreement"),
    NOTICE_ID: Evidence(GRADUATE_ID, "loss_notice"),
    LETTER_ID: Evidence(GRADUATE_ID, "release_letter"),
    SLIP_ID: Evidence(GRADUATE_ID, "penalty_slip"),
    CLOSURE_ID: Evidence(GRADUATE_ID, "closure_proof"),
}
WITH_EVIDENCE: Final = replace(FACTS, evidence=EVIDENCE)
TERMS: Final = e.Terms(
    unit_name="太原市晋源区某街道办事处",
    nature="10",
    industry="45",
    place="140110",
    position="30",
    job_title="办事员",
    uscc_absent_reason="机关单位",
    monthly_salary=4200,
    penalty=2000,
)
APPLIED: Final = e.BookApplied(
    agreement_id=BOOK_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    education="31",
    parties=2,
    terms=TERMS,
    review_id=REVIEW_ID,
)
AMENDED: Final = e.BookAmended(
    agreement_id=BOOK_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    terms=replace(TERMS, job_title="科员"),
    review_id=new_id(LANE, command_id(2), "review"),
)
APPLICATION_RETURNED: Final = e.ApplicationReturned(BOOK_ID, REVIEW_ID, "岗位信息不完整")
ISSUED: Final = e.BookIssued(BOOK_ID, GRADUATE_ID, NUMBER)
UPLOAD_ID: Final = new_id(LANE, command_id(), "upload")
UPLOADER: Final = Actor("uploader", UPLOAD_ID)
UPLOAD_OPENED: Final = e.UploadOpened(UPLOAD_ID, BOOK_ID, GRADUATE_ID, NOW + 7 * DAY)
SCANNED: Final = e.ScanSubmitted(BOOK_ID, GRADUATE_ID, SCOPE, 2026, SCAN_ID, REVIEW_ID)
SCAN_RETURNED: Final = e.ScanReturned(BOOK_ID, REVIEW_ID, "扫描件不清晰")
VOIDED: Final = e.BookVoided(BOOK_ID, GRADUATE_ID, "单位不再录用", NUMBER)
LOST: Final = e.LossReported(BOOK_ID, GRADUATE_ID, SCOPE, 2026, LOSS_ID, "不慎遗失，声明作废", NOTICE_ID)
LOSS_RETURNED: Final = e.LossReturned(BOOK_ID, LOSS_ID, "声明未见报")
NEXT_NUMBER: Final = str(AgreementNumber(2026, "10108", "31", 2))
REISSUED: Final = e.BookReissued(BOOK_ID, GRADUATE_ID, LOSS_ID, NUMBER, NEXT_NUMBER)
BOOK_CONCLUDED: Final = e.AgreementConcluded(
    agreement_id=BOOK_ID,
    graduate_id=GRADUATE_ID,
    employer_id=None,
    number=NUMBER,
    parties=2,
    scope=SCOPE,
    class_year=2026,
    unit_name=TERMS.unit_name,
    nature=TERMS.nature,
    industry=TERMS.industry,
    place=TERMS.place,
    position=TERMS.position,
    job_title=TERMS.job_title,
    monthly_salary=TERMS.monthly_salary,
    kind="offline",
)
PAPER: Final = e.PaperSubmitted(
    agreement_id=PAPER_ID,
    graduate_id=GRADUATE_ID,
    scope=SCOPE,
    class_year=2026,
    education="31",
    parties=2,
    terms=TERMS,
    signed_on=date(2026, 4, 8),
    evidence_id=SCAN_ID,
    review_id=REVIEW_ID,
    paper_number="晋2026-0001",
)
PAPER_CONCLUDED: Final = replace(
    BOOK_CONCLUDED, agreement_id=PAPER_ID, kind="paper", signed_on=PAPER.signed_on, paper_number=PAPER.paper_number
)

CLAIMED: Final = e.PaperNumberClaimed("晋2026-0001", GRADUATE_ID, PAPER_ID)
RELEASED: Final = e.PaperNumberReleased("晋2026-0001", GRADUATE_ID, PAPER_ID)
CLAIMS: Final = (CLAIMED, RELEASED)

EVENTS: Final[tuple[Any, ...]] = (
    CODE_SET,
    CODE_RESET,
    # Their goldens are from before agreements told where the unit is.
    *(replace(event, unit_address=None, unit_phone=None) for event in (OFFER_SENT, CONCLUDED)),
    PROPOSED,
    PROPOSAL_WITHDRAWN,
    PROPOSAL_REFUSED,
    PROPOSAL_LAPSED,
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
    REMINDED,
    CANCELLATION_LAPSED,
    AGREED,
    CANCELLATION_RETURNED,
    CANCELLED,
    MEDIATED,
    DRAFTED,
    DISCARDED,
    EDITED,
    SEAL_AWAITED,
    SEALED,
    ATTESTED,
    APPLIED,
    AMENDED,
    APPLICATION_RETURNED,
    ISSUED,
    UPLOAD_OPENED,
    SCANNED,
    SCAN_RETURNED,
    LOST,
    LOSS_RETURNED,
    REISSUED,
    BOOK_CONCLUDED,
    VOIDED,
    PAPER,
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
SET_CODE: Final = c.SetOperationCode(GRADUATE_ID, "246810")
RESET_CODE: Final = c.ResetOperationCode(GRADUATE_ID)
PROPOSE: Final = c.ProposeSigning(
    graduate_id=GRADUATE_ID, employer_id=EMPLOYER_ID, job_title="机械工程师", remarks="已通过贵单位面试"
)
WITHDRAW_PROPOSAL: Final = c.WithdrawProposal(GRADUATE_ID, PROPOSAL_ID)
REFUSE_PROPOSAL: Final = c.RefuseProposal(GRADUATE_ID, PROPOSAL_ID, PROPOSAL_REFUSED.reason)
LAPSE_PROPOSAL: Final = c.LapseProposal(GRADUATE_ID, PROPOSAL_ID)
ANSWER: Final = replace(SEND, proposal_id=PROPOSAL_ID)
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
REMIND: Final = c.RemindCancellation(GRADUATE_ID, CANCELLATION_ID)
LAPSE_CANCELLATION: Final = c.LapseCancellation(GRADUATE_ID, CANCELLATION_ID)
SAVE_DRAFT: Final = c.SaveDraft(
    graduate_id=GRADUATE_ID,
    employer_id=EMPLOYER_ID,
    position="13",
    job_title="机械工程师",
    monthly_salary=6500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
)
DISCARD_DRAFT: Final = c.DiscardDraft(GRADUATE_ID, EMPLOYER_ID, OFFER_ID)
SEND_DRAFT: Final = c.SendDraft(GRADUATE_ID, EMPLOYER_ID, OFFER_ID)
EDIT: Final = c.EditOffer(
    graduate_id=GRADUATE_ID,
    offer_id=OFFER_ID,
    position="13",
    job_title="高级机械工程师",
    monthly_salary=7500,
    penalty=3000,
    remarks="考研录取后协议自行解除",
)
SEAL: Final = c.SealAgreement(GRADUATE_ID, OFFER_ID, serial=1)
DECLINE_SEAL: Final = c.DeclineSeal(GRADUATE_ID, OFFER_ID, SEAL_DECLINED.reason)
DECLINE_ATTESTATION: Final = c.DeclineAttestation(GRADUATE_ID, OFFER_ID, ATTESTATION_DECLINED.reason)
LAPSE_COMPLETION: Final = c.LapseCompletion(GRADUATE_ID, OFFER_ID)
MEDIATE: Final = c.MediateCancellation(GRADUATE_ID, CANCELLATION_ID, "cancel", MEDIATED.reason)
APPLY: Final = c.ApplyForBook(GRADUATE_ID, TERMS)
AMEND: Final = c.AmendBook(GRADUATE_ID, BOOK_ID, AMENDED.terms)
OPEN_UPLOAD: Final = c.OpenUpload(GRADUATE_ID, BOOK_ID)
SUBMIT_SCAN: Final = c.SubmitScan(GRADUATE_ID, BOOK_ID, SCAN_ID)
VOID: Final = c.VoidBook(GRADUATE_ID, BOOK_ID, VOIDED.reason)
REPORT_LOSS: Final = c.ReportLoss(GRADUATE_ID, BOOK_ID, LOST.statement, NOTICE_ID)
REGISTER_PAPER: Final = c.RegisterPaper(GRADUATE_ID, TERMS, PAPER.signed_on, SCAN_ID, PAPER.paper_number)
COMMANDS: Final[tuple[Any, ...]] = (
    SET_CODE,
    RESET_CODE,
    PROPOSE,
    WITHDRAW_PROPOSAL,
    REFUSE_PROPOSAL,
    LAPSE_PROPOSAL,
    SAVE_DRAFT,
    DISCARD_DRAFT,
    SEND_DRAFT,
    EDIT,
    SEAL,
    DECLINE_SEAL,
    DECLINE_ATTESTATION,
    LAPSE_COMPLETION,
    MEDIATE,
    APPLY,
    AMEND,
    OPEN_UPLOAD,
    SUBMIT_SCAN,
    VOID,
    REPORT_LOSS,
    REGISTER_PAPER,
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
