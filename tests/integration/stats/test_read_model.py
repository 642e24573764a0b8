"""Whatever happens to graduates, in whichever order and batches, cube and spans count what a naive count counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.stats import read_model
from services.stats.queries import count_graduates
from shared.messages import Recorded
from tests.integration.stats.conftest import World
from tests.support import directory_examples
from tests.support import stats_examples as x
from tests.support.stats_examples import ANA, BO, CAI, CLASS_YEAR, Lane, Naive, day

GRADUATES = (ANA, BO, CAI)
DAYS = 6
# From the cube, from the spans, and the same question answered by each.
IN_CUBE = (("code",), ("school", "department", "code"), ("education",), ())
FROM_SPANS = (
    ("code", "sex"),
    ("major", "unit_nature", "place"),
    ("intention",),
    ("school", "department", "code", "origin"),
)

graduates = st.sampled_from(GRADUATES)
days = st.integers(0, DAYS - 1).map(day)
destinations = st.sampled_from([x.SIGNED, x.CONTRACT, x.STUDY, x.SEEKING])
places = st.fixed_dictionaries(
    {},
    optional={
        "school": st.sampled_from(["10108", "10109"]),
        "department": st.sampled_from(["07", "08"]),
        "education": st.sampled_from(["31", "33", "41"]),
        "sex": st.sampled_from(["1", "2"]),
        "class_year": st.sampled_from([CLASS_YEAR, CLASS_YEAR - 1]),
    },
)
Step = Callable[[Lane], Any]
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(graduates, places).map(lambda args: lambda lane: lane.enrol(args[0], **args[1])),
    st.tuples(graduates, places).map(lambda args: lambda lane: lane.correct(args[0], **args[1])),
    graduates.map(lambda who: lambda lane: lane.remove(who)),
    st.tuples(graduates, destinations, days).map(lambda args: lambda lane: lane.register(*args)),
    st.tuples(graduates, destinations, days).map(lambda args: lambda lane: lane.register(*args)),
    st.tuples(graduates, days).map(lambda args: lambda lane: lane.reopen(*args)),
    st.just(lambda lane: lane.name_department("10108", "07", "机械工程学院")),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Recorded]:
    lane = Lane()
    for graduate_id in draw(st.lists(graduates, unique=True)):
        lane.enrol(graduate_id)
    for step in draw(st.lists(steps, min_size=1, max_size=25)):
        step(lane)
    return lane.events


def batches(events: Sequence[Recorded], sizes: Sequence[int]) -> Iterator[Sequence[Recorded]]:
    start = 0
    for size in (*sizes, len(events)):
        if events[start : start + size]:
            yield events[start : start + size]
        start += size


def counts(world: World, as_of: date, by: Sequence[str], **asked: Any) -> dict[tuple[str, ...], int]:
    asked = {"include_completion": True, **asked}
    scope = asked.pop("scope", "CN/14")
    with world.engine.connect() as connection:
        found = count_graduates(connection, scope, CLASS_YEAR, as_of, by, **asked)
    return {each.values: each.count for each in found}


def contents(world: World) -> dict[str, list[str]]:
    """Everything that counts: cells of the cube that add nothing may be there or not."""
    statements = {
        "graduates": "SELECT t::text FROM graduates t",
        "former": "SELECT t::text FROM former_graduates t",
        "spans": "SELECT t::text FROM spans t",
        "cube": "SELECT t::text FROM cube t WHERE delta <> 0",
        "departments": "SELECT t::text FROM departments t",
    }
    with world.engine.connect() as connection:
        return {name: sorted(connection.execute(text(sql)).scalars()) for name, sql in statements.items()}


def of_class(entry: dict[str, Any]) -> bool:
    return bool(entry["class_year"] == CLASS_YEAR)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=stories(), sizes=st.lists(st.integers(1, 8), max_size=8))
def test_any_story_in_any_batches_is_counted_as_by_hand(world: World, events: list[Recorded], sizes: list[int]) -> None:
    world.empty()
    for batch in batches(events, sizes):
        world.apply(batch)
    naive = Naive.of(events)
    for number in (-1, *range(DAYS + 1)):
        for by in (*IN_CUBE, *FROM_SPANS):
            for include in (True, False):
                wanted = naive.count(day(number), by, wanted=of_class, include_completion=include)
                assert counts(world, day(number), by, include_completion=include) == wanted


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=stories(), sizes=st.lists(st.integers(1, 8), min_size=1, max_size=8))
def test_batch_sizes_leave_no_trace(world: World, events: list[Recorded], sizes: list[int]) -> None:
    world.empty()
    world.apply(events)
    together = contents(world)
    for chosen in (sizes, [1] * len(events)):
        world.empty()
        for batch in batches(events, chosen):
            world.apply(batch)
        assert contents(world) == together


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=stories(), heard=st.integers(0, 25))
def test_what_was_known_then_is_what_was_counted_then(world: World, events: list[Recorded], heard: int) -> None:
    world.empty()
    world.apply(events)
    naive = Naive.of(events)
    known_at = events[min(heard, len(events) - 1)].recorded_at
    for number in range(-1, DAYS):
        for by in (("code",), ("school", "code", "unit_nature")):
            wanted = naive.count(day(number), by, wanted=of_class, known_at=known_at)
            assert counts(world, day(number), by, known_at=known_at) == wanted


def test_before_the_first_day_everybody_is_on_the_roster_and_nobody_is_registered(world: World) -> None:
    lane = Lane()
    for graduate_id in GRADUATES:
        lane.enrol(graduate_id)
        lane.register(graduate_id, x.SIGNED, day(1))
    world.apply(lane.events)
    for by in (("code",), ("code", "unit_nature")):
        blank = ("",) * len(by)
        assert counts(world, date(2000, 1, 1), by) == {blank: 3}
        assert counts(world, day(0), by) == {blank: 3}
    assert counts(world, day(1), ("code",)) == {("10",): 3}


def test_an_empty_class_counts_nobody(world: World) -> None:
    assert counts(world, day(0), ()) == {}
    assert counts(world, day(0), ("code", "sex")) == {}


def test_the_last_word_of_a_day_counts_and_the_earlier_stays_known(world: World) -> None:
    lane = Lane()
    lane.enrol(ANA)
    first = lane.register(ANA, x.SIGNED, day(1))
    lane.register(ANA, x.STUDY, day(1))
    for event in lane.events:
        world.apply([event])
    assert counts(world, day(1), ("code",)) == {("801",): 1}
    assert counts(world, day(1), ("code",), known_at=first.recorded_at) == {("10",): 1}
    assert counts(world, day(1), ("code",), known_at=first.recorded_at - timedelta(seconds=1)) == {("",): 1}


def test_what_is_learned_late_replaces_what_was_said_of_later_days(world: World) -> None:
    lane = Lane()
    lane.enrol(ANA)
    later = lane.register(ANA, x.SIGNED, day(5))
    lane.register(ANA, x.STUDY, day(2))
    for event in lane.events:
        world.apply([event])
    assert [counts(world, day(number), ("code",)) for number in (1, 2, 5)] == [
        {("",): 1},
        {("801",): 1},
        {("801",): 1},
    ]
    assert counts(world, day(5), ("code",), known_at=later.recorded_at) == {("10",): 1}


def test_a_correction_holds_for_all_days(world: World) -> None:
    lane = Lane()
    lane.enrol(ANA)
    lane.register(ANA, x.SIGNED, day(1))
    lane.correct(ANA, department="08")
    world.apply(lane.events[:2])
    world.apply(lane.events[2:])
    for number, code in ((0, ""), (1, "10")):
        assert counts(world, day(number), ("department", "code")) == {("08", code): 1}


def test_who_is_removed_counts_on_no_day_and_comes_back_with_what_was_said_meanwhile(world: World) -> None:
    lane = Lane()
    lane.enrol(ANA)
    lane.register(ANA, x.SIGNED, day(1))
    lane.remove(ANA)
    lane.register(ANA, x.STUDY, day(3))
    world.apply(lane.events)
    assert [counts(world, day(number), by) for number in (0, 1, 3) for by in ((), ("code", "sex"))] == [{}] * 6
    back = lane.enrol(ANA)
    world.apply([back])
    assert [counts(world, day(number), ("code",)) for number in (0, 1, 3)] == [{("",): 1}, {("10",): 1}, {("801",): 1}]


def test_a_fact_that_is_told_twice_counts_once(world: World) -> None:
    lane = Lane()
    lane.enrol(ANA)
    lane.enrol(ANA)
    lane.register(ANA, x.SIGNED, day(1))
    lane.register(ANA, x.SIGNED, day(2))
    world.apply(lane.events)
    assert [counts(world, day(number), ("code",)) for number in (0, 1, 2)] == [{("",): 1}, {("10",): 1}, {("10",): 1}]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("CN", 3), ("CN/14", 3), ("CN/15", 0), ("CN/14/10108", 2), ("CN/14/10108/07", 1), ("CN/14/10109/07", 1)],
)
def test_a_scope_holds_its_own_graduates_only(world: World, scope: str, expected: int) -> None:
    lane = Lane()
    lane.enrol(ANA)
    lane.enrol(BO, department="08")
    lane.enrol(CAI, school="10109")
    world.apply(lane.events)
    for by in ((), ("sex",)):
        assert sum(counts(world, day(0), by, scope=scope).values()) == expected


def test_what_is_none_of_our_business_is_passed_over(world: World) -> None:
    lane = Lane()
    lane.tell(directory_examples.LISTED)
    world.apply(lane.events)
    assert all(rows == [] for rows in contents(world).values())


def test_a_batch_never_reads_a_table_from_end_to_end(world: World) -> None:
    """Also before the database knows how large its tables are: a rebuild would be quadratic."""
    lane = Lane()
    for who in GRADUATES:
        lane.enrol(who)
        lane.register(who, x.SIGNED, day(1))
    world.apply(lane.events)
    heard = len(lane.events)
    for who in GRADUATES:
        lane.correct(who, school="10109")
        lane.register(who, x.STUDY, day(2))
    scans = (
        "SELECT sum(seq_tup_read), sum(idx_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('graduates', 'spans')"
    )
    with world.engine.begin() as connection:
        read_model.apply(connection, read_model.understand(lane.events[heard:]))
        from_end_to_end, by_key = connection.execute(text(scans)).one()
    assert (from_end_to_end, by_key > 0) == (0, True)


# As the figures of a report are asked for: from the spans, and what the cube would answer without `known_at`.
PRINTED = ((), ("code",), ("school", "department", "code", "sex"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=stories(), sizes=st.lists(st.integers(1, 8), max_size=8))
def test_a_figure_asked_for_as_it_was_known_never_changes(
    world: World, events: list[Recorded], sizes: list[int]
) -> None:
    world.empty()
    printed: dict[tuple[Any, ...], dict[tuple[str, ...], int]] = {}
    for batch in batches(events, sizes):
        world.apply(batch)
        heard = batch[-1].recorded_at
        for number in range(-1, DAYS, 2):
            for by in PRINTED:
                asked = (heard, day(number), by)
                printed[asked] = counts(world, day(number), by, known_at=heard)
                # What is known now is what was known at the last that was heard.
                assert printed[asked] == counts(world, day(number), by)
        for (known_at, as_of, by), figure in printed.items():
            assert counts(world, as_of, by, known_at=known_at) == figure


@pytest.mark.parametrize("together", [True, False])
def test_a_count_from_before_a_removal_a_correction_or_an_enrolment_stays(world: World, together: bool) -> None:
    lane = Lane()
    lane.enrol(ANA)
    before = lane.register(ANA, x.SIGNED, day(1)).recorded_at
    corrected = lane.correct(ANA, department="08").recorded_at
    removed = lane.remove(ANA).recorded_at
    back = lane.enrol(ANA, department="09").recorded_at
    later = lane.enrol(BO).recorded_at
    for batch in [lane.events] if together else [[event] for event in lane.events]:
        world.apply(batch)
    by = ("department", "code")
    signed = {known_at: counts(world, day(1), by, known_at=known_at) for known_at in (before, corrected, removed, back)}
    assert signed == {
        before: {("07", "10"): 1},
        corrected: {("08", "10"): 1},
        removed: {},
        back: {("09", "10"): 1},
    }
    assert counts(world, day(1), by, known_at=later) == {("07", ""): 1, ("09", "10"): 1}
    assert counts(world, day(1), by, known_at=before - timedelta(days=1)) == {}


def test_columns_are_matched_by_name_whatever_their_order(world: World) -> None:
    ordered = (read_model.GRADUATES, read_model.FORMER, read_model.SPANS, read_model.DEPARTMENTS)
    with world.engine.begin() as connection:
        for table in ordered:
            columns = ", ".join(column.name for column in reversed(table.columns))
            keys = ", ".join(column.name for column in table.primary_key)
            for statement in (
                f"ALTER TABLE {table.name} RENAME TO as_declared",
                f"CREATE TABLE {table.name} AS SELECT {columns} FROM as_declared",
                "DROP TABLE as_declared",
                f"ALTER TABLE {table.name} ADD PRIMARY KEY ({keys})",
            ):
                connection.execute(text(statement))
    lane = Lane()
    lane.enrol(ANA)
    lane.enrol(BO, department="08", sex="2")
    lane.name_department("10108", "07", "机械工程学院")
    lane.register(ANA, x.SIGNED, day(0))
    lane.correct(BO, education="41")
    lane.register(BO, x.STUDY, day(1))
    naive = Naive.of(lane.events)
    for batch in batches(lane.events, [4]):
        world.apply(batch)
    for by in (*IN_CUBE, *FROM_SPANS):
        assert counts(world, day(2), by) == naive.count(day(2), by, wanted=of_class)
