"""The table of who may do what: reaching by self, by scope, by role, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access import (
    ACCESS,
    APPROVED_ONLY,
    RIGHTS,
    Reach,
    Right,
    Role,
    Subject,
    allowed,
    check,
    contains,
    scope_path,
)
from shared.errors import Forbidden
from shared.messages import Actor
from tests.support.spoken import latin

HERE = Subject(scope="CN/14/10108/07", graduate_id="14-g", employer_id="00-e")
OFFICE_SCOPES = {
    Role.DEPARTMENT: "CN/14/10108/07",
    Role.SCHOOL: "CN/14/10108",
    Role.PROVINCE: "CN/14",
    Role.MINISTRY: "CN",
}
parts = st.sampled_from(["1", "14", "10108", "07"])
paths = st.lists(parts, max_size=4).map(lambda steps: "/".join(["CN", *steps]))


def test_a_scope_path_names_its_steps() -> None:
    assert scope_path("14", "10108", "07") == "CN/14/10108/07"
    assert scope_path("14") == "CN/14"


@pytest.mark.parametrize(
    ("outer", "inner", "held"),
    [
        ("CN", "CN/14", True),
        ("CN/14", "CN/14", True),
        ("CN/1", "CN/14", False),
        ("CN/14/10108", "CN/14", False),
        ("", "CN/14", False),
    ],
)
def test_containing_goes_by_whole_steps(outer: str, inner: str, held: bool) -> None:
    assert contains(outer, inner) is held


@given(paths, paths, paths)
def test_more_scope_never_means_less_access(outer: str, middle: str, inner: str) -> None:
    if contains(outer, middle) and contains(middle, inner):
        assert contains(outer, inner)


@pytest.mark.parametrize("role", OFFICE_SCOPES)
def test_an_office_acts_inside_its_scope_only(role: Role) -> None:
    inside = Actor(role, "office", OFFICE_SCOPES[role])
    assert allowed("review.approve_review", inside, HERE)
    elsewhere = Subject(scope="CX/33/10335/01")
    assert not allowed("review.approve_review", inside, elsewhere)
    assert not allowed("review.approve_review", inside, Subject())


def test_a_graduate_acts_for_nobody_else() -> None:
    assert allowed("agreement.accept_offer", Actor(Role.GRADUATE, "14-g"), HERE)
    assert not allowed("agreement.accept_offer", Actor(Role.GRADUATE, "14-h"), HERE)
    assert not allowed("agreement.accept_offer", Actor(Role.GRADUATE, ""), Subject(graduate_id=""[:0] or None))


def test_an_employer_cannot_pass_for_a_graduate() -> None:
    assert not allowed("agreement.accept_offer", Actor(Role.EMPLOYER, "14-g"), HERE)


def test_what_is_not_in_the_table_is_denied() -> None:
    for role in Role:
        assert not allowed("agreement.rewrite_history", Actor(role, "x", "CN"), HERE)
    with pytest.raises(Forbidden) as caught:
        check("agreement.rewrite_history", Actor(Role.MINISTRY, "x", "CN"), HERE)
    assert caught.value.code == "access.denied"


def test_what_the_platform_does_by_itself_nobody_else_may() -> None:
    alone = [action for action, rules in ACCESS.items() if {role for role, _ in rules} == {Role.SYSTEM}]
    assert "agreement.pass_review" in alone
    for action in alone:
        for role in set(Role) - {Role.SYSTEM}:
            assert not allowed(action, Actor(role, "14-g", "CN"), HERE)


PUBLIC = Actor(Role.PUBLIC, "gateway")


@pytest.mark.parametrize("action", ACCESS)
def test_the_public_checks_papers_and_does_nothing_else(action: str) -> None:
    open_to_it = action in ("directory.verify_number", "directory.get_number_state", "agreement.explain_number")
    assert {allowed(action, PUBLIC, subject) for subject in (HERE, Subject(), Subject(graduate_id="gateway"))} == {
        open_to_it
    }


@pytest.mark.parametrize("action", ACCESS)
def test_a_link_uploads_its_paper_and_does_nothing_else(action: str) -> None:
    uploads = action in ("directory.store_evidence", "agreement.submit_scan")
    link, another = Actor(Role.UPLOADER, "14-u"), Actor(Role.UPLOADER, "14-v")
    assert allowed(action, link, Subject(upload_id="14-u")) is uploads
    own = Subject(scope="", graduate_id="14-v", employer_id="14-v", upload_id="14-u")
    assert not any(allowed(action, another, subject) for subject in (HERE, Subject(), own))


@pytest.mark.parametrize(
    ("action", "role"),
    [(action, role) for action, rules in ACCESS.items() for role, _ in rules if role in OFFICE_SCOPES],
)
def test_an_account_needs_one_of_the_rights_of_whatever_its_office_does(action: str, role: Role) -> None:
    needed = RIGHTS.get(action)
    for rights in (None, *combinations_of_rights()):
        account = Actor(role, "account", OFFICE_SCOPES[role], rights)
        may = rights is None or needed is None or bool(set(rights) & set(needed))
        assert allowed(action, account, HERE) is may
        if not may:
            with pytest.raises(Forbidden) as caught:
                check(action, account, HERE)
            assert caught.value.code == "access.no_right"
            assert caught.value.details["right"] in Right
            assert not latin(caught.value.zh)


def combinations_of_rights() -> list[tuple[str, ...]]:
    return [found for size in range(len(Right) + 1) for found in combinations(Right, size)]


def test_a_thing_may_ask_for_one_of_the_rights() -> None:
    asked = Subject(scope=HERE.scope, right=Right.CANCELLING)
    for rights, may in (((Right.SIGNING,), False), ((Right.CANCELLING,), True), (tuple(Right), True)):
        account = Actor(Role.SCHOOL, "account", OFFICE_SCOPES[Role.SCHOOL], rights)
        assert allowed("review.approve_review", account, asked) is may
        assert allowed("review.get_review", account, asked)


def test_a_right_never_opens_what_role_and_scope_do_not() -> None:
    assert all((Role.SYSTEM, Reach.ANY) not in ACCESS[action] for action in RIGHTS)
    elsewhere = Actor(Role.SCHOOL, "account", "CN/33/10335", tuple(Right))
    with pytest.raises(Forbidden) as caught:
        check("review.approve_review", elsewhere, HERE)
    assert caught.value.code == "access.denied"


@pytest.mark.parametrize("action", sorted(APPROVED_ONLY))
def test_an_employer_that_no_office_vouches_for_learns_of_nobody(action: str) -> None:
    own = Actor(Role.EMPLOYER, "00-e")
    with pytest.raises(Forbidden) as caught:
        check(action, own, HERE)
    assert caught.value.code == "access.employer_not_approved"
    assert not allowed(action, own, HERE)
    approved = replace(HERE, approved=True)
    check(action, own, approved)
    assert allowed(action, own, approved)
    # Approval opens nothing that is not reached.
    assert not allowed("review.approve_review", own, approved)


def test_an_office_needs_no_approval() -> None:
    check("directory.find_graduate", Actor(Role.SCHOOL, "office", "CN/14/10108"), HERE)
