"""Who may ask which counts, what is meant when little is said, and what an answer says beside its figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.stats import schemas
from shared.clock import day_of
from shared.errors import Forbidden, Invalid, Unavailable
from shared.messages import Actor, Meta
from shared.shapes import load
from tests.integration.stats.conftest import World
from tests.support import stats_examples as x
from tests.support.directory_examples import LISTED, SCHOOL_RENAMED
from tests.support.spec import DEPARTMENT, EMPLOYER, GRADUATE, LANE, MINISTRY, NOW, PROVINCE, SCHOOL
from tests.support.stats_examples import ANA, BO, CAI, CLASS_YEAR, Lane, day

OTHER_SCHOOL = Actor("school", "other-school", "CN/14/10109")
OTHER_PROVINCE = Actor("province", "other-province", "CN/15")
TODAY = day_of(NOW)


def told() -> Lane:
    """One graduate of each department and school: placed at once, placed later, 结业 and not registered."""
    lane = Lane()
    lane.name_department("10108", "07", "机械工程学院")
    lane.name_department("10108", "08", "外国语学院")
    lane.name_department("10109", "07", "医学院")
    lane.enrol(ANA)
    lane.enrol(BO, department="08", education="33")
    lane.enrol(CAI, school="10109")
    lane.register(ANA, x.SIGNED, day(0))
    lane.register(CAI, x.STUDY, day(10))
    return lane


def ask(world: World, action: str, actor: Actor, **payload: Any) -> dict[str, Any]:
    """As a caller asks: a payload, read by its shape, answered for a principal."""
    shape = {"count_graduates": schemas.CountGraduates, "get_rates": schemas.GetRates}[action]
    known = uuid4()
    asked = load(shape, {"class_year": CLASS_YEAR, "scope": actor.scope, **payload})
    answer: dict[str, Any] = getattr(world.service, action)(asked, Meta(known, known, actor, NOW, f"stats.{action}"))
    return answer


@pytest.mark.parametrize(
    ("actor", "scope"),
    [
        (DEPARTMENT, "CN/14/10108/07"),
        (SCHOOL, "CN/14/10108"),
        (SCHOOL, "CN/14/10108/08"),
        (PROVINCE, "CN/14"),
        (PROVINCE, "CN/14/10109"),
        (MINISTRY, "CN"),
        (MINISTRY, "CN/14/10109/07"),
    ],
)
def test_an_office_sees_what_is_inside_its_scope(world: World, actor: Actor, scope: str) -> None:
    lane = told()
    world.apply(lane.events)
    expected = {"CN": 3, "CN/14": 3, "CN/14/10108": 2}.get(scope, 1)
    counted = ask(world, "count_graduates", actor, scope=scope, by=[], include_completion=True)
    assert counted["total"] == expected
    rates = ask(world, "get_rates", actor, scope=scope, include_completion=True)
    assert rates["groups"][""]["base"] == expected


@pytest.mark.parametrize("action", ["count_graduates", "get_rates"])
@pytest.mark.parametrize(
    ("actor", "scope"),
    [
        (DEPARTMENT, "CN/14/10108/08"),
        (DEPARTMENT, "CN/14/10108"),
        (SCHOOL, "CN/14/10109"),
        (SCHOOL, "CN/14"),
        (OTHER_SCHOOL, "CN/14/10108"),
        (OTHER_PROVINCE, "CN/14"),
        (PROVINCE, "CN"),
        (GRADUATE, "CN/14/10108"),
        (EMPLOYER, "CN"),
    ],
)
def test_nobody_sees_beyond(world: World, action: str, actor: Actor, scope: str) -> None:
    payload: dict[str, Any] = {"by": []} if action == "count_graduates" else {}
    with pytest.raises(Forbidden) as caught:
        ask(world, action, actor, scope=scope, **payload)
    assert caught.value.code == "access.denied"


def test_a_count_says_what_it_counted_and_of_how_many(world: World) -> None:
    world.apply(told().events)
    answer = ask(world, "count_graduates", PROVINCE, by=["school", "code"], as_of="2026-05-20")
    assert answer == {
        "scope": "CN/14",
        "class_year": CLASS_YEAR,
        "as_of": "2026-05-20",
        "known_at": None,
        "include_completion": False,
        "by": ["school", "code"],
        "rows": [["10108", "10", 1], ["10109", "801", 1]],
        "total": 2,
        "completion": 1,
        "departments": {},
        "schools": {},
    }


def test_counts_and_rates_are_of_the_same_graduates_unless_asked_otherwise(world: World) -> None:
    world.apply(told().events)
    for asked, everybody in (({}, 2), ({"include_completion": False}, 2), ({"include_completion": True}, 3)):
        counted = ask(world, "count_graduates", PROVINCE, by=["code"], **asked)
        rates = ask(world, "get_rates", PROVINCE, **asked)["groups"][""]
        assert (counted["total"], counted["completion"]) == (rates["base"], rates["completion"]) == (everybody, 1)


def test_without_a_day_today_is_meant(world: World) -> None:
    world.apply(told().events)
    answer = ask(world, "count_graduates", MINISTRY, by=["code"], include_completion=True)
    assert answer["as_of"] == TODAY.isoformat()
    # The other destination counts only days later.
    assert answer["rows"] == [["", 2], ["10", 1]]
    assert ask(world, "get_rates", MINISTRY)["as_of"] == TODAY.isoformat()


def test_figures_of_a_day_can_be_asked_as_they_were_known(world: World) -> None:
    lane = told()
    late = lane.register(BO, x.CONTRACT, day(0))
    world.apply(lane.events)
    then = {"known_at": lane.events[-2].recorded_at.isoformat()}
    asked = {"by": ["code"], "as_of": day(0).isoformat(), "include_completion": True}
    assert ask(world, "count_graduates", SCHOOL, **asked)["rows"] == [["10", 1], ["11", 1]]
    answer = ask(world, "count_graduates", SCHOOL, **asked, **then)
    assert (answer["rows"], answer["known_at"]) == ([["", 1], ["10", 1]], then["known_at"])
    rates = ask(world, "get_rates", SCHOOL, include_completion=True, as_of=day(0).isoformat(), **then)
    assert rates["groups"][""]["rates"]["毕业去向落实率"] == "50.00"
    assert late.recorded_at > lane.events[-2].recorded_at


@pytest.mark.parametrize(("class_year", "rule"), [(2024, "2021"), (2025, "2024")])
def test_without_a_rule_the_one_of_the_class_is_meant(world: World, class_year: int, rule: str) -> None:
    assert ask(world, "get_rates", MINISTRY, class_year=class_year)["rule"] == rule


def test_either_rule_can_be_asked_of_any_class(world: World) -> None:
    world.apply(told().events)
    rates = {rule: ask(world, "get_rates", SCHOOL, rule=rule)["groups"][""] for rule in ("2021", "2024")}
    assert rates["2021"]["rates"]["协议和合同就业率"] == "100.00"
    assert rates["2024"]["rates"]["单位就业率"] == "100.00"


def test_rates_tell_base_and_completion_students_left_out(world: World) -> None:
    world.apply(told().events)
    without = ask(world, "get_rates", SCHOOL)
    assert without["include_completion"] is False
    assert [without["groups"][""][name] for name in ("base", "completion", "not_registered")] == [1, 1, 0]
    included = ask(world, "get_rates", SCHOOL, include_completion=True)["groups"][""]
    assert [included[name] for name in ("base", "completion", "not_registered")] == [2, 1, 1]
    assert (without["groups"][""]["rates"]["毕业去向落实率"], included["rates"]["毕业去向落实率"]) == (
        "100.00",
        "50.00",
    )


@pytest.mark.parametrize(
    ("actor", "by", "keys"),
    [
        (MINISTRY, "province", {"14"}),
        (PROVINCE, "school", {"10108", "10109"}),
        (PROVINCE, "department", {"10108/07", "10108/08", "10109/07"}),
        (SCHOOL, "department", {"07", "08"}),
        (DEPARTMENT, "department", {"07"}),
        (SCHOOL, "sex", {"2"}),
    ],
)
def test_rates_are_told_for_each_value_of_a_dimension(world: World, actor: Actor, by: str, keys: set[str]) -> None:
    world.apply(told().events)
    groups = ask(world, "get_rates", actor, by=by, include_completion=True)["groups"]
    assert set(groups) == keys
    assert sum(each["base"] for each in groups.values()) == {"CN/14/10108": 2, "CN/14/10108/07": 1}.get(actor.scope, 3)


def test_schools_are_called_as_on_the_day_that_is_counted(world: World) -> None:
    lane = told()
    for event in (LISTED, SCHOOL_RENAMED, replace(SCHOOL_RENAMED, name="晋阳大学", from_day=date(2026, 8, 1))):
        lane.tell(event)
    world.apply(lane.events)
    names = {"2026-05-31": "山西大学", "2026-06-01": "山西综合大学", "2026-08-01": "晋阳大学"}
    for as_of, name in names.items():
        answer = ask(world, "get_rates", PROVINCE, by="school", as_of=as_of)
        assert answer["schools"] == {"10108": name}
        assert ask(world, "count_graduates", SCHOOL, by=["school"], as_of=as_of)["schools"] == {"10108": name}
        assert ask(world, "get_rates", DEPARTMENT, by="department", as_of=as_of)["schools"] == {"10108": name}
    assert ask(world, "get_rates", PROVINCE, by="sex")["schools"] == {}


def test_departments_are_named_where_they_are_told_apart(world: World) -> None:
    world.apply(told().events)
    own = {"10108": {"07": "机械工程学院", "08": "外国语学院"}}
    assert ask(world, "get_rates", SCHOOL, by="department")["departments"] == own
    counted = ask(world, "count_graduates", PROVINCE, by=["school", "department"])
    assert counted["departments"] == {**own, "10109": {"07": "医学院"}}
    assert ask(world, "get_rates", PROVINCE, by="school")["departments"] == {}


@pytest.mark.parametrize(
    ("action", "by", "field"), [("count_graduates", ["name"], "by.0"), ("get_rates", "name", "by")]
)
def test_an_unknown_dimension_is_refused_by_its_field(world: World, action: str, by: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        ask(world, action, SCHOOL, by=by)
    assert caught.value.field == field


@pytest.mark.parametrize("action", ["count_graduates", "get_rates"])
def test_who_asks_for_a_position_waits_until_it_is_counted(world: World, action: str) -> None:
    lane = told()
    world.apply(lane.events[:-1])
    payload: dict[str, Any] = {"at_least": {LANE: len(lane.events)}}
    payload |= {"by": []} if action == "count_graduates" else {}
    with pytest.raises(Unavailable) as caught:
        ask(world, action, SCHOOL, **payload)
    assert caught.value.code == "projection.behind"
    world.apply(lane.events[-1:])
    assert ask(world, action, SCHOOL, **payload)["class_year"] == CLASS_YEAR


def test_two_classes_of_a_school_are_counted_apart(world: World) -> None:
    lane = told()
    lane.correct(BO, class_year=CLASS_YEAR - 1)
    world.apply(lane.events)
    for year, expected in ((CLASS_YEAR, 1), (CLASS_YEAR - 1, 1), (CLASS_YEAR - 2, 0)):
        assert ask(world, "count_graduates", SCHOOL, class_year=year, by=["sex"])["total"] == expected
