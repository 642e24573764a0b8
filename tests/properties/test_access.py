"""The table of who may do what: more scope never means less, nothing crosses a province, nobody is somebody else."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.access import ACCESS, Reach, Role, Subject, allowed, check, contains, scope_path
from shared.errors import Forbidden
from shared.messages import Actor

OFFICES: Final = (Role.DEPARTMENT, Role.SCHOOL, Role.PROVINCE, Role.MINISTRY)

provinces = st.sampled_from(["1", "14", "13", "66"])
schools = st.sampled_from(["1010", "10108", "10109"])
departments = st.sampled_from(["0", "07", "08"])
places = st.builds(scope_path, provinces, st.none() | schools, st.none() | departments)
scopes = st.just("CN") | places | st.just("") | st.text(max_size=8)
ids = st.sampled_from(["14-a", "14-b", "00-a", ""])
actions = st.sampled_from(sorted(ACCESS)) | st.text(max_size=20)
roles = st.sampled_from(Role)
subjects = st.builds(Subject, scope=st.none() | scopes, graduate_id=st.none() | ids, employer_id=st.none() | ids)


@given(actions, roles, ids, scopes, scopes, subjects)
def test_more_scope_never_means_less_access(
    action: str, role: Role, actor_id: str, more: str, less: str, subject: Subject
) -> None:
    assume(contains(more, less))
    if allowed(action, Actor(role, actor_id, less), subject):
        assert allowed(action, Actor(role, actor_id, more), subject)


@given(actions, st.sampled_from(OFFICES), scopes, scopes)
def test_an_office_reaches_into_no_other_province(action: str, role: Role, own: str, other: str) -> None:
    assume(own != "CN" and own.split("/")[:2] != other.split("/")[:2])
    by_role_alone = (role, Reach.ANY) in ACCESS.get(action, ())
    assert allowed(action, Actor(role, "office", own), Subject(scope=other)) is by_role_alone


@given(actions, st.sampled_from((Role.GRADUATE, Role.EMPLOYER)), ids, ids, scopes)
def test_people_and_employers_reach_only_their_own(action: str, role: Role, own: str, other: str, scope: str) -> None:
    assume(own != other)
    by_role_alone = (role, Reach.ANY) in ACCESS.get(action, ())
    actor = Actor(role, own, scope)
    foreign = Subject(scope=scope, graduate_id=other, employer_id=other, approved=True)
    assert allowed(action, actor, foreign) is by_role_alone


@given(actions, roles, ids, scopes, subjects)
def test_checking_refuses_exactly_what_is_not_allowed(
    action: str, role: Role, actor_id: str, scope: str, subject: Subject
) -> None:
    actor = Actor(role, actor_id, scope)
    if allowed(action, actor, subject):
        check(action, actor, subject)
        return
    with pytest.raises(Forbidden) as caught:
        check(action, actor, subject)
    assert caught.value.code == "access.denied"


@given(scopes, scopes, scopes)
def test_scopes_nest_like_folders(one: str, two: str, three: str) -> None:
    if contains(one, two) and contains(two, three):
        assert contains(one, three)
    if contains(one, two) and contains(two, one):
        assert one == two
    if contains(one, three) and contains(two, three):
        assert contains(one, two) or contains(two, one)
