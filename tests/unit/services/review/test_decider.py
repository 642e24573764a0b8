"""Every command on a case, in every state that it can meet; and which chain a case is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.review.decider import (
    DEFAULT_CANCELLATION_CHAIN,
    DEFAULT_CHAIN,
    HANDLING,
    Case,
    Facts,
    Gone,
    case_of,
    chain_of,
)
from services.review.subjects import subject_streams
from shared.access import Right, Subject
from shared.messages import NewEvent, Recorded, new_id
from tests.support import review_examples as x
from tests.support.spec import (
    DEPARTMENT,
    GRADUATE_ID,
    LANE,
    MINISTRY,
    NOW,
    PROVINCE,
    SCHOOL,
    SCOPE,
    SYSTEM,
    Given,
    assert_folds_every_event,
    command_id,
    folded,
    given,
    meta,
)

SCHOOLS_TURN = (x.OPENED, x.BY_DEPARTMENT)
LAST_TURN = (*SCHOOLS_TURN, x.BY_SCHOOL)
DECIDED = {
    "passed": (*LAST_TURN, x.BY_PROVINCE, x.PASSED),
    "returned": (x.OPENED, x.RETURNED),
    "closed": (x.OPENED, x.CLOSED),
}
TURNS = {"department": (x.OPENED,), "school": SCHOOLS_TURN, "province": LAST_TURN}
OFFICES = {"department": DEPARTMENT, "school": SCHOOL, "province": PROVINCE}


def after(*events: Any, facts: Facts = x.FACTS) -> Given:
    return given(HANDLING, *events, facts=facts)


# open_review


def test_a_case_is_opened_with_the_chain_that_settings_give() -> None:
    after().when(x.OPEN).then(x.OPENED)


def test_without_a_chain_a_case_passes_at_once() -> None:
    after(facts=replace(x.FACTS, chain=())).when(x.OPEN).then(replace(x.OPENED, chain=()), x.PASSED)


@pytest.mark.parametrize("past", [(x.OPENED,), SCHOOLS_TURN, *DECIDED.values()])
def test_a_case_is_opened_once(past: Any) -> None:
    after(*past).when(x.OPEN, meta(number=2)).then_nothing()


def test_what_was_gone_before_is_never_opened() -> None:
    after(x.CLOSED).when(x.OPEN).then_nothing()


def test_a_case_is_known_by_its_thing() -> None:
    assert x.OPEN.case_id == x.CASE_ID == case_of("registration", x.SUBJECT_ID)
    assert x.CASE_ID.startswith("14-")
    others = {case_of(kind, x.SUBJECT_ID) for kind in ("agreement", "cancellation", "void")}
    assert len(others | {x.CASE_ID}) == 4
    assert case_of("registration", new_id(LANE, command_id(2), "registration")) != x.CASE_ID


# close_review


@pytest.mark.parametrize("past", TURNS.values(), ids=TURNS)
def test_a_case_about_what_is_gone_is_closed(past: Any) -> None:
    after(*past).when(x.CLOSE).then(x.CLOSED)


def test_what_is_gone_before_its_case_is_opened_is_noted() -> None:
    after().when(x.CLOSE).then(x.CLOSED)


@pytest.mark.parametrize("past", [*DECIDED.values(), (x.CLOSED,)])
def test_what_is_decided_or_closed_is_not_closed_again(past: Any) -> None:
    after(*past).when(x.CLOSE, meta(number=2)).then_nothing()


# an office approves, or returns


def test_each_office_approves_in_its_turn_and_the_last_passes_the_case() -> None:
    after(x.OPENED).when(x.APPROVE, meta(DEPARTMENT)).then(x.BY_DEPARTMENT)
    after(*SCHOOLS_TURN).when(x.APPROVE, meta(SCHOOL)).then(x.BY_SCHOOL)
    after(*LAST_TURN).when(x.APPROVE, meta(PROVINCE)).then(x.BY_PROVINCE, x.PASSED)


@pytest.mark.parametrize("step", ["department", "school", "province"])
def test_a_chain_of_one_office_passes_with_it(step: str) -> None:
    case = replace(x.OPENED, chain=(step,))
    after(case).when(x.APPROVE, meta(OFFICES[step])).then(replace(x.BY_DEPARTMENT, step=step), x.PASSED)


def test_an_approval_needs_no_remark() -> None:
    after(x.OPENED).when(replace(x.APPROVE, remark=None), meta(DEPARTMENT)).then(replace(x.BY_DEPARTMENT, remark=None))


@pytest.mark.parametrize("step", TURNS)
def test_an_office_returns_in_its_turn_and_says_why(step: str) -> None:
    after(*TURNS[step]).when(x.RETURN, meta(OFFICES[step])).then(replace(x.RETURNED, step=step))


# who caused a cancellation


CANCELLING = replace(x.OPENED, kind="cancellation")
CORRECTION = replace(x.APPROVE, caused_by="employer", reason_code="promise_broken")


def test_the_university_corrects_who_caused_a_cancellation_when_it_approves() -> None:
    corrected = replace(x.BY_DEPARTMENT, caused_by="employer", reason_code="promise_broken")
    after(CANCELLING).when(CORRECTION, meta(DEPARTMENT)).then(corrected)
    past = (CANCELLING, corrected, replace(x.BY_SCHOOL, caused_by="mutual"))
    # The school's word on whom, the department's on why.
    passed = replace(x.PASSED, kind="cancellation", caused_by="mutual", reason_code="promise_broken")
    after(*past).when(x.APPROVE, meta(PROVINCE)).then(x.BY_PROVINCE, passed)
    last = replace(CANCELLING, chain=("school",))
    by_school = replace(x.BY_SCHOOL, caused_by="employer", reason_code="promise_broken")
    concluded = replace(passed, caused_by="employer")
    after(last).when(CORRECTION, meta(SCHOOL)).then(by_school, concluded)


def test_a_correction_is_explained() -> None:
    unexplained = replace(CORRECTION, remark=None)
    after(CANCELLING).when(unexplained, meta(DEPARTMENT)).then_refused("review.unexplained", "remark")


def test_nothing_but_a_cancellation_has_a_cause_and_only_the_university_corrects_it() -> None:
    after(x.OPENED).when(CORRECTION, meta(DEPARTMENT)).then_refused("review.not_its_cause", "caused_by")
    alone = replace(x.APPROVE, reason_code="mutual")
    after(x.OPENED).when(alone, meta(DEPARTMENT)).then_refused("review.not_its_cause", "caused_by")
    past = (CANCELLING, x.BY_DEPARTMENT, x.BY_SCHOOL)
    after(*past).when(CORRECTION, meta(PROVINCE)).then_refused("review.not_its_cause", "caused_by")


@pytest.mark.parametrize("command", [x.APPROVE, x.RETURN])
@pytest.mark.parametrize("step", TURNS)
def test_nobody_acts_out_of_turn(step: str, command: Any) -> None:
    for role, actor in {**OFFICES, "ministry": MINISTRY}.items():
        if role != step:
            after(*TURNS[step]).when(command, meta(actor)).then_refused("review.not_your_step")


def test_approving_twice_is_out_of_turn_and_approves_nothing_else() -> None:
    early = after(*SCHOOLS_TURN).when(x.APPROVE, meta(DEPARTMENT, number=2))
    early.then_refused("review.not_your_step")
    assert early.error is not None
    assert early.error.zh == "该事项当前待学校审核，不由您审核，请等待该环节完成"
    assert early.error.details["step"] == "school"


@pytest.mark.parametrize("command", [x.APPROVE, x.RETURN])
@pytest.mark.parametrize("past", DECIDED.values(), ids=DECIDED)
def test_a_decided_case_stays_decided(past: Any, command: Any) -> None:
    for actor in OFFICES.values():
        after(*past).when(command, meta(actor)).then_refused("review.already_decided")


@pytest.mark.parametrize("command", [x.APPROVE, x.RETURN])
@pytest.mark.parametrize("past", [(), (x.CLOSED,)])
def test_an_unknown_case_is_not_found(past: Any, command: Any) -> None:
    after(*past).when(command, meta(SCHOOL)).then_refused("review.not_found", "case_id")


def test_what_is_no_command_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        HANDLING.decide(object(), None, x.FACTS, meta())


# the fold


def test_there_is_an_example_of_every_event_and_each_is_stored_and_read_back() -> None:
    assert {type(event) for event in x.EVENTS} == set(HANDLING.codec.classes.values())
    for event in x.EVENTS:
        assert HANDLING.codec.decode(*HANDLING.codec.encode(event)) == event


@pytest.mark.parametrize(
    ("past", "status", "waiting_for"),
    [
        ((x.OPENED,), "waiting", "department"),
        (SCHOOLS_TURN, "waiting", "school"),
        (LAST_TURN, "waiting", "province"),
        (DECIDED["passed"], "passed", None),
        (DECIDED["returned"], "returned", None),
        (DECIDED["closed"], "closed", None),
        ((replace(x.OPENED, chain=()), x.PASSED), "passed", None),
    ],
)
def test_each_event_moves_the_case(past: tuple[Any, ...], status: str, waiting_for: str | None) -> None:
    case = folded(HANDLING, past)
    assert isinstance(case, Case)
    assert (case.status, case.waiting_for) == (status, waiting_for)


def test_what_went_first_is_gone() -> None:
    assert folded(HANDLING, (x.CLOSED,)) == Gone()


def test_the_fold_ends_at_an_unknown_event() -> None:
    assert_folds_every_event(HANDLING, object())
    with pytest.raises(Exception, match=r"event\.unknown_type"):
        HANDLING.evolve(folded(HANDLING, (x.OPENED,)), object())


@pytest.mark.parametrize("event", [x.BY_DEPARTMENT, x.LATE, x.PASSED, x.RETURNED])
def test_nothing_happens_to_a_case_that_was_never_opened(event: Any) -> None:
    assert_folds_every_event(HANDLING, event)


# chain_of


def told(event_type: str, **data: Any) -> Recorded:
    event = NewEvent(event_type, 1, data, uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return Recorded(LANE, 1, "settings", 1, NOW, event)


def province(class_year: int, review: Sequence[str], cancellation: Sequence[str] = ("province",)) -> Recorded:
    return told(
        "directory.ProvinceSettingsChanged",
        class_year=class_year,
        review_chain=list(review),
        cancellation_chain=list(cancellation),
    )


def school(class_year: int, **chains: Sequence[str]) -> Recorded:
    return told("directory.SchoolSettingsChanged", school="10108", class_year=class_year, **chains)


LISTED = told("directory.SchoolListed", school="10108")
KINDS = ("agreement", "registration", "void")


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_set_department_and_school_look(kind: str) -> None:
    assert chain_of(kind, 2026, [], [LISTED]) == DEFAULT_CHAIN == ("department", "school")
    assert chain_of("cancellation", 2026, [], [LISTED]) == DEFAULT_CANCELLATION_CHAIN == ("school",)


@pytest.mark.parametrize("kind", KINDS)
def test_the_provinces_newest_chain_of_the_class_counts(kind: str) -> None:
    settings = [province(2026, ["school"]), province(2025, []), province(2026, x.CHAIN), province(2027, [])]
    assert chain_of(kind, 2026, settings, [LISTED]) == x.CHAIN
    assert chain_of("cancellation", 2026, settings, [LISTED]) == ("province",)
    assert chain_of(kind, 2024, settings, [LISTED]) == DEFAULT_CHAIN


@pytest.mark.parametrize("kind", KINDS)
def test_a_schools_own_chain_of_the_class_goes_before_the_provinces(kind: str) -> None:
    own = [LISTED, school(2026, review_chain=["school"]), school(2025, review_chain=["department"])]
    settings = [province(2026, ["department", "school"]), province(2027, x.CHAIN)]
    assert chain_of(kind, 2026, settings, own) == ("school",)
    assert chain_of(kind, 2025, settings, own) == ("department",)
    assert chain_of(kind, 2027, settings, own) == x.CHAIN


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("own", "chain"),
    [
        ([], ("province",)),
        (["school"], ("school", "province")),
        (["department"], ("department", "province")),
        (["department", "school"], x.CHAIN),
        (["school", "province"], ("school", "province")),
    ],
)
def test_a_school_may_not_leave_out_the_step_of_its_province(
    kind: str, own: Sequence[str], chain: tuple[str, ...]
) -> None:
    assert chain_of(kind, 2026, [province(2026, x.CHAIN)], [school(2026, review_chain=own)]) == chain


def test_a_school_may_not_leave_its_province_out_of_cancelling_either() -> None:
    own = [school(2026, cancellation_chain=["school"])]
    assert chain_of("cancellation", 2026, [province(2026, ["school"])], own) == ("school", "province")
    without = [province(2026, x.CHAIN, cancellation=["department"])]
    assert chain_of("cancellation", 2026, without, own) == ("school",)


def test_a_school_may_set_one_chain_and_leave_the_other_to_the_province() -> None:
    own = [LISTED, school(2026, cancellation_chain=["department", "school"])]
    settings = [province(2026, x.CHAIN, cancellation=["school"])]
    assert chain_of("cancellation", 2026, settings, own) == ("department", "school")
    assert chain_of("registration", 2026, settings, own) == x.CHAIN


def test_a_school_that_takes_its_chain_back_has_the_provinces() -> None:
    own = [school(2026, review_chain=["school"]), school(2026)]
    assert chain_of("registration", 2026, [province(2026, x.CHAIN)], own) == x.CHAIN


@pytest.mark.parametrize(
    ("chain", "min_chain", "wanted"),
    [
        ((), (), ()),
        (("school",), (), ("school",)),
        ((), ("department", "school"), ("department", "school")),
        (("school",), ("department", "school"), ("department", "school")),
        (("school", "province"), ("department", "school"), ("department", "school", "province")),
        (("department", "school"), ("department", "school"), ("department", "school")),
    ],
)
def test_who_must_look_at_a_thing_does_whatever_the_settings(
    chain: tuple[str, ...], min_chain: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    command = replace(x.OPEN, min_chain=min_chain)
    streams = {"province-14": [province(2026, chain)], "school-14-10108": [LISTED]}
    facts = HANDLING.facts(command, streams)
    assert facts.chain == wanted
    opened = given(HANDLING, facts=facts).when(command)
    assert opened.events[0].chain == wanted
    assert len(opened.events) == (1 if wanted else 2)


def test_a_school_that_was_once_let_do_without_a_review_has_none() -> None:
    settings = [province(2026, ["department", "school"])]
    assert chain_of("registration", 2026, settings, [school(2026, review_chain=[])]) == ()


# what a decision reads


def test_opening_reads_the_settings_of_province_and_school_and_nothing_else_does() -> None:
    of_settings = ["province-14", "school-14-10108"]
    assert HANDLING.reads(replace(x.OPEN, kind="cancellation")) == of_settings
    # What brings a graduate to a unit says which.
    assert HANDLING.reads(x.OPEN) == [*of_settings, *subject_streams(GRADUATE_ID)]
    streams = {"province-14": [province(2026, x.CHAIN)], "school-14-10108": [LISTED]}
    assert HANDLING.facts(x.OPEN, streams).chain == x.CHAIN
    for command in (x.CLOSE, x.APPROVE, x.RETURN):
        own: dict[str, list[Recorded]] = {HANDLING.stream(command): []}
        assert HANDLING.reads(command) == []
        assert HANDLING.then_reads(command, own) == []
        assert HANDLING.facts(command, own) == Facts()


def test_a_case_is_opened_by_the_settings_of_the_versions_it_names() -> None:
    earlier, later = province(2026, ["department"], cancellation=["department"]), province(2026, x.CHAIN)
    streams = {
        "province-14": [earlier, later],
        "school-14-10108": [LISTED, school(2026, review_chain=["school"])],
    }

    def chain(province_version: int | None, school_version: int | None, kind: str = "agreement") -> Any:
        command = replace(x.OPEN, kind=kind, province_version=province_version, school_version=school_version)
        return HANDLING.facts(command, streams).chain

    assert chain(None, None) == ("school", "province")
    assert chain(1, None) == ("school",)
    assert chain(1, 1) == chain(1, 1, "cancellation") == ("department",)
    assert chain(2, 1) == x.CHAIN
    assert chain(0, 0) == DEFAULT_CHAIN


@pytest.mark.parametrize("command", x.COMMANDS)
def test_every_command_belongs_to_its_case(command: Any) -> None:
    assert HANDLING.stream(command) == f"review-{x.CASE_ID}"


def test_a_case_is_where_its_graduate_is_and_no_case_is_nowhere() -> None:
    where = HANDLING.subject(x.APPROVE, folded(HANDLING, (x.OPENED,)), Facts())
    assert where == Subject(scope=SCOPE, graduate_id=GRADUATE_ID, right=Right.SIGNING)
    for past in ((), (x.CLOSED,)):
        assert HANDLING.subject(x.APPROVE, folded(HANDLING, past), Facts()) == Subject()
