"""One valid example of each registration command and event, and a complete destination of every category.

A test states only what differs: `replace(SUBMITTED, class_year=2025)`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from services.registration import decider as c
from services.registration import events as e
from services.registration.facts import Facts, Settings
from services.registration.requirements import Graduate
from shared.codes.destination import AGREEMENT, DESTINATIONS, INTENTIONS
from shared.codes.uscc import make_uscc
from shared.messages import new_id
from tests.support.spec import GRADUATE_ID, LANE, SCOPE, command_id

REGISTRATION_ID: Final = new_id(LANE, command_id(), "registration")
OTHER_REGISTRATION_ID: Final = new_id(LANE, command_id(2), "registration")
VOID_ID: Final = new_id(LANE, command_id(), "void")
AGREEMENT_ID: Final = new_id(LANE, command_id(), "offer")
OTHER_AGREEMENT_ID: Final = new_id(LANE, command_id(2), "offer")
USCC: Final = make_uscc("91", "140105", "12345678")

FIELDS: Final[dict[str, Any]] = {
    "unit_name": "晋阳机械（集团）有限公司",
    "uscc": USCC,
    "unit_nature": "31",
    "industry": "31",
    "place": "140105",
    "position": "13",
    "unit_address": "太原市小店区某路 1 号",
    "unit_phone": "0351-0000000",
    "job_title": "机械工程师",
    "monthly_salary": 6500,
    "school_name": "山西大学",
    "country": "新加坡",
    "foreign_school_name": "National University of Singapore",
    "agreement_number": "202610108310000014",
}
REGISTRABLE: Final = tuple(code for code in DESTINATIONS.values() if code.registrable and code.code != AGREEMENT)


def complete(code: str) -> e.Destination:
    """A destination of a category with every field that it may have."""
    known = DESTINATIONS[code]
    fields: dict[str, Any] = {name: value for name, value in FIELDS.items() if name not in known.forbidden}
    if known.unit_natures:
        fields["unit_nature"] = known.unit_natures[0]
    if "intention" not in known.forbidden:
        fields["intention"] = next(each.key for each in INTENTIONS if each.code == code)
    return e.Destination(code, **fields)


CONTRACT: Final = complete("11")
SEEKING: Final = complete("70")
# Nobody told the unit's address and phone when the goldens were written; an agreement tells them where its unit did.
AGREED: Final = replace(complete(AGREEMENT), unit_address=None, unit_phone=None, agreement_number=None)
CONTRACT_BEFORE: Final = replace(CONTRACT, unit_address=None, unit_phone=None)

ENROLLED: Final = Graduate(scope=SCOPE, class_year=2026, training="1", agreed_unit=None)
BOUND: Final = replace(ENROLLED, training="2", agreed_unit="晋阳机械(集团)有限公司")
# Evidence has specs of its own (test_requirements, test_filing).
FACTS: Final = Facts(
    graduate=ENROLLED,
    basic_data="confirmed",
    settings=Settings(evidence_required=False, imports_until=date(2026, 12, 31)),
)

SUBMITTED: Final = e.RegistrationSubmitted(REGISTRATION_ID, GRADUATE_ID, SCOPE, 2026, CONTRACT)
WITHDRAWN: Final = e.RegistrationWithdrawn(REGISTRATION_ID, GRADUATE_ID)
SUPERSEDED: Final = e.RegistrationSuperseded(REGISTRATION_ID, GRADUATE_ID, AGREEMENT_ID)
RETURNED: Final = e.RegistrationReturned(REGISTRATION_ID, GRADUATE_ID, "合同缺少盖章页")
REGISTERED: Final = e.DestinationRegistered(REGISTRATION_ID, GRADUATE_ID, SCOPE, 2026, CONTRACT, "direct")
FROM_AGREEMENT: Final = e.DestinationRegistered(
    REGISTRATION_ID, GRADUATE_ID, SCOPE, 2026, AGREED, "agreement", AGREEMENT_ID
)
IMPORTED: Final = replace(REGISTERED, source="import")
VOID_REQUESTED: Final = e.VoidRequested(VOID_ID, REGISTRATION_ID, GRADUATE_ID, SCOPE, 2026, "换了工作")
VOID_RETURNED: Final = e.VoidReturned(VOID_ID, REGISTRATION_ID, GRADUATE_ID, "请先办理离职")
VOID_SUPERSEDED: Final = e.VoidSuperseded(VOID_ID, REGISTRATION_ID, GRADUATE_ID)
VOIDED: Final = e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "voided")
REOPENED: Final = e.DestinationReopened(REGISTRATION_ID, GRADUATE_ID, "agreement_cancelled")
FILED: Final = e.DestinationFiled(
    new_id(LANE, command_id(), "filing"), GRADUATE_ID, SCOPE, 2026, CONTRACT, "department-office"
)
FILING_REJECTED: Final = e.FilingRejected(FILED.filing_id, GRADUATE_ID, "未与该单位签约")
LEAVING: Final = e.LeavingConfirmed(
    GRADUATE_ID, REGISTRATION_ID, e.Archive("kept"), e.Household(moves=True, address="北京市海淀区")
)
LEAVING_RESET: Final = e.LeavingReset(GRADUATE_ID, REGISTRATION_ID, "void_requested")
RENUMBERED: Final = e.AgreementRenumbered(REGISTRATION_ID, GRADUATE_ID, AGREEMENT_ID, "202610108310000021")
OVERTAKEN: Final = e.AgreementOvertaken(GRADUATE_ID, AGREEMENT_ID)
EVENTS: Final[tuple[Any, ...]] = (
    *(replace(event, destination=CONTRACT_BEFORE) for event in (FILED, SUBMITTED, REGISTERED)),
    FILED,
    FILING_REJECTED,
    LEAVING,
    LEAVING_RESET,
    SUBMITTED,
    WITHDRAWN,
    SUPERSEDED,
    RETURNED,
    REGISTERED,
    VOID_REQUESTED,
    VOID_RETURNED,
    VOID_SUPERSEDED,
    VOIDED,
    OVERTAKEN,
    RENUMBERED,
)

REGISTER: Final = c.RegisterDestination(GRADUATE_ID, CONTRACT)
WITHDRAW: Final = c.WithdrawRegistration(GRADUATE_ID, REGISTRATION_ID)
IMPORT: Final = c.ImportDestination(GRADUATE_ID, CONTRACT)
REQUEST_VOID: Final = c.RequestVoid(GRADUATE_ID, REGISTRATION_ID, "换了工作")
CONCLUDE: Final = c.RegisterFromAgreement(GRADUATE_ID, AGREEMENT_ID, SCOPE, 2026, AGREED)
RESET_LEAVING: Final = c.ResetLeaving(GRADUATE_ID, 2)
RENUMBER: Final = c.RenumberAgreement(GRADUATE_ID, AGREEMENT_ID, RENUMBERED.agreement_number)
CANCEL: Final = c.ReopenRegistration(GRADUATE_ID, AGREEMENT_ID)
PASS: Final = c.PassReview(GRADUATE_ID, "registration", REGISTRATION_ID)
FAIL: Final = c.FailReview(GRADUATE_ID, "registration", REGISTRATION_ID, "合同缺少盖章页")
PASS_VOID: Final = c.PassReview(GRADUATE_ID, "void", VOID_ID)
FAIL_VOID: Final = c.FailReview(GRADUATE_ID, "void", VOID_ID, "请先办理离职")
COMMANDS: Final[tuple[Any, ...]] = (
    REGISTER,
    WITHDRAW,
    IMPORT,
    REQUEST_VOID,
    CONCLUDE,
    RENUMBER,
    CANCEL,
    RESET_LEAVING,
    PASS,
    FAIL,
    PASS_VOID,
    FAIL_VOID,
)
