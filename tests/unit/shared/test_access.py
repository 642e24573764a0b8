"""The table of who may do what: reaching by self, by scope, by role, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access import ACCESS, Role, Subject, allowed, check, contains, scope_path
from shared.errors import Forbidden
from shared.messages import Actor

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
