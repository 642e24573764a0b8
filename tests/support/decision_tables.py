"""Every command in every state, and what comes of it: tables made by asking the deciders themselves.

`python -m tests.support.decision_tables` writes docs/decision-tables again; a test compares them with the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.agreement.decider import HANDLING as AGREEMENT
from services.directory.decider import BASIC_DATA, EMPLOYER, GRADUATE, PERSON, PROVINCE, SCHOOL
from services.directory.decider.common import values_of
from services.directory.decider.people import CLAIM_HOLDS, Standing
from services.directory.events import EvidenceStored, PersonReleased
from services.directory.papers.evidence import HANDLING as EVIDENCE
from services.directory.papers.evidence import Facts as EvidenceFacts
from services.directory.papers.evidence import ReadEvidence, StoreEvidence
from services.directory.papers.licence import HANDLING as LICENCE
from services.directory.papers.licence import ReadLicence, StoreLicence
from services.registration.decider import HANDLING as REGISTRATION
from services.review.decider import HANDLING as REVIEW
from shared.errors import ServiceError
from shared.handling import Handling
from shared.messages import Actor, Meta
from tests.support import directory_examples as d
from tests.support import examples as a
from tests.support import registration_examples as r
from tests.support import review_examples as v
from tests.support.spec import DEPARTMENT as DEPARTMENT_OFFICE
from tests.support.spec import EMPLOYER as THE_EMPLOYER
from tests.support.spec import GRADUATE as THE_GRADUATE
from tests.support.spec import NOW, SCOPE, SYSTEM, command_id, folded
from tests.support.spec import SCHOOL as SCHOOL_OFFICE

DOCS = Path(__file__).parents[2] / "docs" / "decision-tables"


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decider with the states it is asked in and the commands it is asked, each by who gives it.

    `facts_in` are the facts of the states in which they are others.
    """

    title: str
    handling: Handling[Any]
    facts: Any
    states: Mapping[str, Sequence[Any]]
    commands: Mapping[str, tuple[Any, Actor]]
    facts_in: Mapping[str, Any] = field(default_factory=dict)

    def outcomes(self) -> dict[str, dict[str, str]]:
        """Per state, per command: the names of the events, `–` for nothing, or the code of the refusal."""
        return {name: {told: self._outcome(name, told) for told in self.commands} for name in self.states}

    def decided(self, state: str, told: str, later: timedelta = timedelta()) -> Sequence[Any]:
        """The events that a command brings in a state. Raises the refusals of the decider."""
        command, actor = self.commands[told]
        # Neither the first command, whose ids the examples bear, nor one that is given at a deadline.
        meta = Meta(command_id(7), command_id(7), actor, NOW + later, "table.action")
        facts = self.facts_in.get(state, self.facts)
        events: Sequence[Any] = self.handling.decide(command, folded(self.handling, self.states[state]), facts, meta)
        return events

    def _outcome(self, state: str, told: str) -> str:
        try:
            events = self.decided(state, told)
        except ServiceError as error:
            return f"`{error.code.partition('.')[2]}`"
        return " + ".join(f"**{type(event).__name__}**" for event in events) or "–"

    def markdown(self) -> str:
        """One section a state: a row for each command that does not end as most do there."""
        lines = [
            f"# {self.title}",
            "",
            "Made from the code by `python -m tests.support.decision_tables`; do not edit.",
            "Bold: what happens. `–`: nothing happens. `code`: refused, without the context's name in front.",
        ]
        for state, row in self.outcomes().items():
            lines += ["", f"## {state}", "", "| command | outcome |", "|---|---|"]
            lines += [f"| {command} | {outcome} |" for command, outcome in row.items()]
        return "\n".join(lines) + "\n"


def _named(commands: Sequence[tuple[Any, Actor]]) -> dict[str, tuple[Any, Actor]]:
    return {
        type(command).__name__ + (f" ({command.kind})" if hasattr(command, "kind") else ""): (command, actor)
        for command, actor in commands
    }


_SEALED_LAST = replace(a.OFFER_SENT, order=("accept", "review", "seal"))
_ATTESTED_LAST = replace(a.OFFER_SENT, parties=3)
_SOON = timedelta(days=1)
_SIGNED = (a.OFFER_SENT, a.ACCEPTED)
_EFFECTIVE = (*_SIGNED, a.CONCLUDED)
_BOOK = (a.APPLIED, a.ISSUED)
# One id for whatever is on paper, so that the same commands are about all of it.
_PAPER = replace(a.PAPER, agreement_id=a.BOOK_ID)
_CANCEL_BOOK = replace(
    a.REQUEST_CANCELLATION, agreement_id=a.BOOK_ID, release_letter=a.LETTER_ID, penalty_slip=a.SLIP_ID
)
_BOOK_EFFECTIVE = (*_BOOK, a.SCANNED, a.BOOK_CONCLUDED)

_SIGNING = replace(a.WITH_EVIDENCE, settings=a.BY_EITHER.settings)
# What is there when its graduate is removed from the roster.
_REMOVED: Mapping[str, Sequence[Any]] = {
    f"{name}, graduate removed 毕业生已移出名册": past
    for name, past in {
        "proposal open": (a.PROPOSED,),
        "drafted": (a.DRAFTED,),
        "offer open": (a.OFFER_SENT,),
        "in review": _SIGNED,
        "awaiting the seal": (_SEALED_LAST, a.ACCEPTED, a.TO_BE_SEALED),
        "awaiting attestation": (_ATTESTED_LAST, a.ACCEPTED, a.TO_BE_ATTESTED),
        "effective": _EFFECTIVE,
        "cancellation in review": (*_EFFECTIVE, a.REQUESTED, a.AGREED),
        "book applied for": (a.APPLIED,),
        "application returned": (a.APPLIED, a.APPLICATION_RETURNED),
        "book issued": _BOOK,
        "book lost": (*_BOOK, a.LOST),
        "scan in review": (*_BOOK, a.SCANNED),
        "paper in review": (_PAPER,),
    }.items()
}

AGREEMENTS = DecisionTable(
    title="Signing and cancelling 签约与解约",
    handling=AGREEMENT,
    facts=_SIGNING,
    facts_in=dict.fromkeys(_REMOVED, replace(_SIGNING, graduate=None, left=SCOPE)),
    states={
        "nothing yet": (),
        "operation code set 已设操作码": (a.CODE_SET,),
        "proposal open 签约申请待答复": (a.PROPOSED,),
        "proposal withdrawn 申请已撤回": (a.PROPOSED, a.PROPOSAL_WITHDRAWN),
        "proposal refused 申请被拒绝": (a.PROPOSED, a.PROPOSAL_REFUSED),
        "proposal overdue 申请到期未答复": (replace(a.PROPOSED, respond_by=NOW),),
        "proposal lapsed 申请已过期": (a.PROPOSED, a.PROPOSAL_LAPSED),
        "proposal answered 已获邀请": (a.PROPOSED, a.ANSWERING),
        "drafted 草稿": (a.DRAFTED,),
        "offer open 待应约": (a.OFFER_SENT,),
        "offer withdrawn 已撤回": (a.OFFER_SENT, a.WITHDRAWN),
        "offer refused 已拒绝": (a.OFFER_SENT, a.REFUSED),
        "offer overdue 到期未答复": (replace(a.OFFER_SENT, respond_by=NOW),),
        "offer lapsed 已过期": (a.OFFER_SENT, a.LAPSED),
        "in review 待审核": _SIGNED,
        "awaiting the seal 待单位盖章": (_SEALED_LAST, a.ACCEPTED, a.TO_BE_SEALED),
        "seal overdue 逾期未盖章": (_SEALED_LAST, a.ACCEPTED, replace(a.TO_BE_SEALED, complete_by=NOW)),
        "awaiting the seal, bound by acceptance 应约即生效待盖章": (
            replace(_SEALED_LAST, binding="acceptance"),
            replace(a.ACCEPTED, number=a.NUMBER),
            a.SEAL_AWAITED,
        ),
        "awaiting attestation 待学校鉴证": (_ATTESTED_LAST, a.ACCEPTED, a.TO_BE_ATTESTED),
        "attestation overdue 逾期未鉴证": (_ATTESTED_LAST, a.ACCEPTED, replace(a.TO_BE_ATTESTED, complete_by=NOW)),
        "returned 审核退回": (*_SIGNED, a.RETURNED),
        "effective 已生效": _EFFECTIVE,
        "cancellation requested 待对方答复": (*_EFFECTIVE, a.REQUESTED),
        "cancellation to be answered soon 即将到期": (*_EFFECTIVE, replace(a.REQUESTED, answer_by=NOW + _SOON)),
        "cancellation overdue 到期未答复": (*_EFFECTIVE, replace(a.REQUESTED, answer_by=NOW)),
        "cancellation refused 对方拒绝": (*_EFFECTIVE, a.REQUESTED, a.CANCELLATION_REFUSED),
        "cancellation in review 解约待审核": (*_EFFECTIVE, a.REQUESTED, a.AGREED),
        "cancelled 已解约": (*_EFFECTIVE, a.REQUESTED, a.AGREED, a.CANCELLED),
        "book applied for 协议待审核": (a.APPLIED,),
        "application returned 申请退回": (a.APPLIED, a.APPLICATION_RETURNED),
        "book issued 待上传": _BOOK,
        "link to upload open 上传链接有效": (*_BOOK, a.UPLOAD_OPENED),
        "link to upload over 上传链接到期": (*_BOOK, replace(a.UPLOAD_OPENED, until=NOW)),
        "book lost 遗失待审核": (*_BOOK, a.LOST),
        "scan in review 签约待审核": (*_BOOK, a.SCANNED),
        "book voided 已作废": (*_BOOK, a.VOIDED),
        "book effective 线下协议已生效": _BOOK_EFFECTIVE,
        "paper in review 已签协议待审核": (_PAPER,),
        "paper effective 已签协议已登记": (_PAPER, replace(a.PAPER_CONCLUDED, agreement_id=a.BOOK_ID)),
        **_REMOVED,
    },
    commands=_named(
        [
            (a.SET_CODE, THE_GRADUATE),
            (a.RESET_CODE, SCHOOL_OFFICE),
            (a.PROPOSE, THE_GRADUATE),
            (a.WITHDRAW_PROPOSAL, THE_GRADUATE),
            (a.REFUSE_PROPOSAL, THE_EMPLOYER),
            (a.LAPSE_PROPOSAL, SYSTEM),
            (a.SAVE_DRAFT, THE_EMPLOYER),
            (a.DISCARD_DRAFT, THE_EMPLOYER),
            (a.SEND_DRAFT, THE_EMPLOYER),
            (a.SEND, THE_EMPLOYER),
            (a.EDIT, THE_EMPLOYER),
            (a.WITHDRAW, THE_EMPLOYER),
            (a.REFUSE, THE_GRADUATE),
            (a.ACCEPT, THE_GRADUATE),
            (a.LAPSE, SYSTEM),
            (a.c.EndUnfinished(a.GRADUATE_ID), SYSTEM),
            (a.PASS, SYSTEM),
            (a.FAIL, SYSTEM),
            (a.SEAL, THE_EMPLOYER),
            (a.DECLINE_SEAL, THE_EMPLOYER),
            (a.ATTEST, SCHOOL_OFFICE),
            (a.DECLINE_ATTESTATION, SCHOOL_OFFICE),
            (a.LAPSE_COMPLETION, SYSTEM),
            (a.REQUEST_CANCELLATION, THE_GRADUATE),
            (a.WITHDRAW_CANCELLATION, THE_GRADUATE),
            (a.AGREE, THE_EMPLOYER),
            (a.REFUSE_CANCELLATION, THE_EMPLOYER),
            (a.REMIND, SYSTEM),
            (a.LAPSE_CANCELLATION, SYSTEM),
            (a.MEDIATE, SCHOOL_OFFICE),
            (a.PASS_CANCELLATION, SYSTEM),
            (a.FAIL_CANCELLATION, SYSTEM),
            (a.APPLY, THE_GRADUATE),
            (a.AMEND, THE_GRADUATE),
            (replace(a.PASS, kind="application", subject_id=a.REVIEW_ID), SYSTEM),
            (replace(a.FAIL, kind="application", subject_id=a.REVIEW_ID), SYSTEM),
            (a.OPEN_UPLOAD, THE_GRADUATE),
            (replace(a.SUBMIT_SCAN, scan=a.SCAN_ID), THE_GRADUATE),
            (replace(a.PASS, kind="signing", subject_id=a.REVIEW_ID), SYSTEM),
            (replace(a.FAIL, kind="signing", subject_id=a.REVIEW_ID), SYSTEM),
            (a.REPORT_LOSS, THE_GRADUATE),
            (replace(a.PASS, kind="loss", subject_id=a.LOSS_ID), SYSTEM),
            (replace(a.FAIL, kind="loss", subject_id=a.LOSS_ID), SYSTEM),
            (a.VOID, THE_GRADUATE),
            (a.REGISTER_PAPER, THE_GRADUATE),
            (replace(a.PASS, kind="paper", subject_id=a.REVIEW_ID), SYSTEM),
            (replace(a.FAIL, kind="paper", subject_id=a.REVIEW_ID), SYSTEM),
        ]
    )
    | {
        "RequestCancellation (on paper)": (_CANCEL_BOOK, THE_GRADUATE),
        "SendOffer (answering a proposal)": (a.ANSWER, THE_EMPLOYER),
        "SubmitScan (by an uploader)": (a.SUBMIT_SCAN, a.UPLOADER),
    },
)

_REGISTERED_AND_REMOVED: Mapping[str, Sequence[Any]] = {
    f"{name}, graduate removed 毕业生已移出名册": past
    for name, past in {
        "in review": (r.SUBMITTED,),
        "registered": (r.SUBMITTED, r.REGISTERED),
        "void in review": (r.SUBMITTED, r.REGISTERED, r.VOID_REQUESTED),
        "from an agreement": (r.FROM_AGREEMENT,),
    }.items()
}
_FILE = r.c.FileDestination(r.REGISTER.graduate_id, r.CONTRACT)
_LEAVE = r.c.ConfirmLeaving(r.REGISTER.graduate_id, r.LEAVING.archive, r.LEAVING.household)
REGISTRATIONS = DecisionTable(
    title="Destinations 毕业去向登记",
    handling=REGISTRATION,
    facts=r.FACTS,
    facts_in=dict.fromkeys(_REGISTERED_AND_REMOVED, replace(r.FACTS, graduate=None, left=SCOPE)),
    states={
        "nothing registered 未登记": (),
        "filled in by an office 代填待确认": (r.FILED,),
        "in review 待审核": (r.SUBMITTED,),
        "returned 审核退回": (r.SUBMITTED, r.RETURNED),
        "withdrawn 已撤回": (r.SUBMITTED, r.WITHDRAWN),
        "registered 已登记": (r.SUBMITTED, r.REGISTERED),
        "registered, not placed 已登记待就业": (
            replace(r.SUBMITTED, destination=r.SEEKING),
            replace(r.REGISTERED, destination=r.SEEKING),
        ),
        "leaving confirmed 已离校确认": (r.SUBMITTED, r.REGISTERED, r.LEAVING),
        "void in review 作废待审核": (r.SUBMITTED, r.REGISTERED, r.VOID_REQUESTED),
        "imported 已导入": (r.IMPORTED,),
        "voided 已作废": (r.SUBMITTED, r.REGISTERED, r.VOID_REQUESTED, r.VOIDED),
        "from an agreement 协议就业": (r.FROM_AGREEMENT,),
        "re-opened 解约后": (r.FROM_AGREEMENT, r.REOPENED),
        **_REGISTERED_AND_REMOVED,
    },
    commands=_named(
        [
            (r.REGISTER, THE_GRADUATE),
            (r.WITHDRAW, THE_GRADUATE),
            (_FILE, DEPARTMENT_OFFICE),
            (r.c.ConfirmFiling(_FILE.graduate_id, r.FILED.filing_id), THE_GRADUATE),
            (r.c.RejectFiling(_FILE.graduate_id, r.FILED.filing_id, "未签约"), THE_GRADUATE),
            (r.PASS, SYSTEM),
            (r.FAIL, SYSTEM),
            (r.IMPORT, SCHOOL_OFFICE),
            (r.REQUEST_VOID, THE_GRADUATE),
            (r.PASS_VOID, SYSTEM),
            (r.FAIL_VOID, SYSTEM),
            (_LEAVE, THE_GRADUATE),
            (r.RESET_LEAVING, SYSTEM),
            (r.c.EndUnfinished(_FILE.graduate_id), SYSTEM),
            (r.CONCLUDE, SYSTEM),
            (r.RENUMBER, SYSTEM),
            (r.CANCEL, SYSTEM),
        ]
    ),
)

_DUE = replace(v.OPENED, step_days=1, due_at=NOW)
REVIEWS = DecisionTable(
    title="Reviews 审核",
    handling=REVIEW,
    facts=v.FACTS,
    states={
        "no case": (),
        "gone before it was opened": (v.CLOSED,),
        "waiting for the department 待院系审核": (v.OPENED,),
        "late at the department 院系逾期": (_DUE,),
        "escalated to the school 已上报学校": (_DUE, v.LATE),
        "waiting for the school 待学校审核": (v.OPENED, v.BY_DEPARTMENT),
        "waiting for the province 待省级审核": (v.OPENED, v.BY_DEPARTMENT, v.BY_SCHOOL),
        "passed 通过": (v.OPENED, v.PASSED),
        "returned 退回": (v.OPENED, v.RETURNED),
        "closed 已撤销": (v.OPENED, v.CLOSED),
    },
    commands={
        "OpenReview": (v.OPEN, SYSTEM),
        "ApproveReview by the department": (v.APPROVE, DEPARTMENT_OFFICE),
        "ApproveReview by the school": (v.APPROVE, SCHOOL_OFFICE),
        "ReturnReview by the department": (v.RETURN, DEPARTMENT_OFFICE),
        "ReturnReview by the school": (v.RETURN, SCHOOL_OFFICE),
        "EscalateReview": (v.c.EscalateReview(v.CASE_ID), SYSTEM),
        "CloseReview": (v.CLOSE, SYSTEM),
    },
)

PROVINCES = DecisionTable(
    title="Provinces 省级设置",
    handling=PROVINCE,
    facts=None,
    states={"nothing set": (), "set 已设置": (d.PROVINCE_SET,)},
    commands=_named([(d.SET_PROVINCE, SYSTEM)]),
)
SCHOOLS = DecisionTable(
    title="Schools 学校",
    handling=SCHOOL,
    facts=None,
    states={
        "not listed": (),
        "listed 已列入": (d.LISTED,),
        "with settings and a department": (d.LISTED, d.SCHOOL_SET, d.DEPARTMENT_ADDED),
        "renamed 已更名": (d.LISTED, d.SCHOOL_RENAMED),
    },
    commands=_named(
        [
            (d.LIST_SCHOOL, SYSTEM),
            (d.RENAME_SCHOOL, SYSTEM),
            (d.SET_SCHOOL, SCHOOL_OFFICE),
            (d.ADD_DEPARTMENT, SCHOOL_OFFICE),
        ]
    ),
)
GRADUATES = DecisionTable(
    title="Graduates 生源",
    handling=GRADUATE,
    facts=d.c.GraduateFacts(),
    facts_in={"enrolled, an agreement in force 在册、协议有效": d.c.GraduateFacts(d.EMPLOYER_NAME)},
    states={
        "unknown": (),
        "enrolled 在册": (d.ENROLLED,),
        "enrolled, an agreement in force 在册、协议有效": (d.ENROLLED,),
        "removed 已移出": (d.ENROLLED, d.REMOVED),
    },
    commands=_named([(d.ENROL, SCHOOL_OFFICE), (d.REMOVE, SCHOOL_OFFICE)]),
)
_ELSEWHERE = replace(d.CLAIMED, graduate_id="15-elsewhere", school="10126")
_UNDER_WAY = replace(_ELSEWHERE, graduate_id="15-under-way")
_BACHELOR = replace(
    _ELSEWHERE, class_year=2022, education="31", enrolled_on=date(2018, 9, 1), graduates_on=date(2022, 6, 30)
)
_NEXT_CLASS = replace(d.CLAIM, graduate_id="14-next", class_year=2027, graduates_on=date(2027, 7, 1))
_FURTHER = replace(
    d.CLAIM,
    graduate_id="14-further",
    class_year=2028,
    education="25",
    enrolled_on=date(2026, 9, 1),
    graduates_on=date(2028, 7, 1),
)
PEOPLE = DecisionTable(
    title="A person on rosters 一人一届一条生源信息",
    handling=PERSON,
    facts=Standing(on_roster=frozenset({d.CLAIMED.graduate_id, _ELSEWHERE.graduate_id})),
    states={
        "on no roster 不在任何名册": (),
        "on the roster by this row 本条在册": (d.CLAIMED,),
        "on another roster of the class 同届另一条在册": (_ELSEWHERE,),
        "graduated before 往届已毕业": (_BACHELOR,),
        "being enrolled elsewhere 他校正在登记": (_UNDER_WAY,),
        "given up elsewhere an hour ago 他校一小时前未完成": (replace(_UNDER_WAY, claimed_at=NOW - CLAIM_HOLDS),),
        "released 已释放": (_ELSEWHERE, PersonReleased(_ELSEWHERE.graduate_id)),
    },
    commands={
        "ClaimPerson (本届 this class)": (d.CLAIM, SCHOOL_OFFICE),
        "ClaimPerson (延期 next class, the same study)": (_NEXT_CLASS, SCHOOL_OFFICE),
        "ClaimPerson (第二学士学位 begun after graduating)": (_FURTHER, SCHOOL_OFFICE),
    },
)
BASIC_DATAS = DecisionTable(
    title="Basic data 信息确认",
    handling=BASIC_DATA,
    facts=d.c.RosterFacts(entry=1, scope="CN/14/10108/07"),
    states={
        "unchecked 待确认": (),
        "confirmed 已确认": (d.CONFIRMED,),
        "disputed 有异议": (d.DISPUTED,),
        "corrected since 学校已更正": (replace(d.DISPUTED, entry=0),),
        "answered 学校已答复": (d.DISPUTED, d.ANSWERED),
        "dispute given up 异议已撤回": (d.DISPUTED, d.CONFIRMED),
    },
    commands={
        "ConfirmBasicData": (d.CONFIRM, THE_GRADUATE),
        "DisputeBasicData": (d.DISPUTE, THE_GRADUATE),
        "AnswerDispute": (d.ANSWER, SCHOOL_OFFICE),
    },
)
EMPLOYERS = DecisionTable(
    title="Employers 用人单位",
    handling=EMPLOYER,
    facts=d.c.EmployerFacts(),
    states={
        "unknown": (),
        "awaiting 待审核": (d.REGISTERED,),
        "returned 退回": (d.REGISTERED, d.EMPLOYER_RETURNED),
        "verified 通过": (d.REGISTERED, d.VERIFIED),
        "verified, another name awaited 更名待审核": (d.REGISTERED, d.VERIFIED, d.CHANGE_REQUESTED),
        "suspended 暂停": (d.REGISTERED, d.VERIFIED, d.SUSPENDED),
        "closed 注销、吊销": (d.REGISTERED, d.VERIFIED, d.CLOSED),
    },
    commands=_named(
        [
            (d.REGISTER, THE_EMPLOYER),
            (d.RENAME, THE_EMPLOYER),
            (d.c.VerifyEmployer(d.REGISTER.employer_id), SCHOOL_OFFICE),
            (d.c.ReturnEmployer(d.REGISTER.employer_id, "营业执照不清晰"), SCHOOL_OFFICE),
            (d.c.SuspendEmployer(d.REGISTER.employer_id, "虚假招聘"), SCHOOL_OFFICE),
            (d.CLOSE, SCHOOL_OFFICE),
            (d.c.ReinstateEmployer(d.REGISTER.employer_id), SCHOOL_OFFICE),
        ]
    ),
)

_STORED = EvidenceStored(a.SCAN_ID, a.GRADUATE_ID, "stamped_agreement", "application/pdf", 1234, "ab" * 32, "cd" * 32)
EVIDENCES = DecisionTable(
    title="Evidence 佐证材料",
    handling=EVIDENCE,
    facts=EvidenceFacts(scope="CN/14/10108/07"),
    states={
        "no such file": (),
        "stored 已上传": (_STORED,),
        "of another graduate": (replace(_STORED, graduate_id="14-0"),),
    },
    commands=_named(
        [
            (StoreEvidence(**values_of(_STORED)), THE_GRADUATE),
            (ReadEvidence(a.SCAN_ID, a.GRADUATE_ID), SCHOOL_OFFICE),
        ]
    ),
)
LICENCES = DecisionTable(
    title="Licences 营业执照",
    handling=LICENCE,
    facts=None,
    states={"no such file": (), "stored 已上传": (d.LICENCE_STORED,)},
    commands=_named(
        [
            (StoreLicence(**values_of(d.LICENCE_STORED)), THE_EMPLOYER),
            (ReadLicence(d.LICENCE_ID, d.LICENCE_STORED.employer_id), SCHOOL_OFFICE),
        ]
    ),
)

TABLES: Mapping[str, DecisionTable] = {
    "agreement": AGREEMENTS,
    "registration": REGISTRATIONS,
    "review": REVIEWS,
    "province": PROVINCES,
    "school": SCHOOLS,
    "graduate": GRADUATES,
    "person": PEOPLE,
    "basic-data": BASIC_DATAS,
    "employer": EMPLOYERS,
    "evidence": EVIDENCES,
    "licence": LICENCES,
}


def main() -> None:
    """Write every table."""
    DOCS.mkdir(parents=True, exist_ok=True)
    for name, table in TABLES.items():
        (DOCS / f"{name}.md").write_text(table.markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
