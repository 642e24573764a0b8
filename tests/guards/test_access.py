"""Everything that can be called has a rule, and every rule is about something that can be done."""

from __future__ import annotations

import re

import pytest

from shared.access import ACCESS, APPROVED_ONLY, RIGHTS, Role
from tests.support.source import ROOT, method_names, modules, texts_of
from wq.composition import SERVED

CALLABLE = {
    context: method_names(ROOT / "services" / context / "service.py", "command", "bulk", "query") for context in SERVED
}
METHODS = {f"{context}.{method}" for context, methods in CALLABLE.items() for method in methods}
# What the platform does by itself is named where it is done: in policies, sweeps and imports.
NAMED = {text for path in modules() if path.name != "access.py" for text in texts_of(path)}


@pytest.mark.parametrize("context", SERVED)
def test_a_service_can_be_called(context: str) -> None:
    assert CALLABLE[context]


def test_every_method_has_a_rule() -> None:
    assert not METHODS - ACCESS.keys()


def test_every_rule_is_about_a_method_or_an_action_of_the_platform() -> None:
    assert not ACCESS.keys() - METHODS - NAMED


def test_every_action_that_is_named_has_a_rule() -> None:
    actions = {text for text in NAMED if re.fullmatch(rf"({'|'.join(SERVED)})\.[a-z]+_[a-z_]+", text)}
    refusals = re.compile(r"Reason\(\s*\"([a-z_.]+)\"")
    codes = {code for path in modules() for code in refusals.findall(path.read_text())}
    assert not actions - codes - ACCESS.keys()


def test_every_rule_lets_somebody() -> None:
    assert all(ACCESS.values())


def test_whatever_an_office_does_needs_a_right() -> None:
    commands = {
        f"{context}.{method}"
        for context in SERVED
        for method in method_names(ROOT / "services" / context / "service.py", "command", "bulk")
    }
    offices = {Role.DEPARTMENT, Role.SCHOOL, Role.PROVINCE, Role.MINISTRY}
    of_offices = {action for action in commands if offices & {role for role, _ in ACCESS[action]}}
    assert of_offices == RIGHTS.keys()


# What an employer may do, also when no office vouches for it, and why.
WITHOUT_APPROVAL = {
    "directory.register_employer": "it asks for the approval",
    "directory.change_employer": "its own account",
    "directory.store_licence": "its own account",
    "directory.read_licence": "its own account",
    "directory.get_employer": "its own account, and what everybody may know of another",
    "directory.find_employer": "its own account, and what everybody may know of another",
    "directory.get_number_state": "anybody who holds a paper",
    "directory.get_school": "basic data, nobody's",
    "directory.list_schools": "basic data, nobody's",
    "directory.get_province": "basic data, nobody's",
    "directory.verify_number": "anybody who holds a paper",
    "agreement.explain_number": "anybody who holds a paper",
    "directory.store_evidence": "only for an agreement that it is party to",
    "directory.read_evidence": "only of an agreement that it is party to",
    "directory.print_agreement": "its own agreement",
    "agreement.refuse_proposal": "it lets a graduate go",
    "agreement.discard_draft": "its own draft, which nobody has seen",
    "agreement.withdraw_offer": "it lets a graduate go",
    "agreement.decline_seal": "it lets a graduate go",
    "agreement.request_cancellation": "an agreement in force outlives the account's standing",
    "agreement.withdraw_cancellation": "an agreement in force outlives the account's standing",
    "agreement.agree_to_cancellation": "an agreement in force outlives the account's standing",
    "agreement.refuse_cancellation": "an agreement in force outlives the account's standing",
    "agreement.get_offer": "what it has offered itself",
    "agreement.list_offers": "what it has offered itself",
    "agreement.list_employer_cases": "what it has offered itself",
}
# Refused by the decision: tests/unit/services/agreement/test_approval.py.
BY_DECISION = {
    "agreement.save_draft",
    "agreement.send_draft",
    "agreement.send_offer",
    "agreement.send_offers",
    "agreement.edit_offer",
    "agreement.seal_agreement",
}


def test_of_whatever_an_employer_may_do_it_is_said_whether_it_must_be_approved() -> None:
    of_employers = {action for action, rule in ACCESS.items() if Role.EMPLOYER in {role for role, _ in rule}}
    assert of_employers == APPROVED_ONLY | BY_DECISION | WITHOUT_APPROVAL.keys()
    assert not APPROVED_ONLY & BY_DECISION
    assert not (APPROVED_ONLY | BY_DECISION) & WITHOUT_APPROVAL.keys()
