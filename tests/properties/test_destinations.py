"""What registration takes, by whichever way, the national side takes too: nobody is parked for what nobody asked for.

For every category, form and class: what who registers fills in, what an older system's file holds, what an agreement tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain, combinations
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.agreement.events import AgreementConcluded
from services.registration.events import Destination
from services.registration.policy import on_concluded
from services.registration.requirements import check_destination, check_imported
from services.sync.store import Store
from shared.codec import to_json
from shared.codes.destination import AGREEMENT, DESTINATIONS, FORMS, INTENTIONS, RULES
from shared.codes.tables import INDUSTRY, POSITION, UNIT_NATURE
from shared.errors import ServiceError
from shared.messages import NewEvent, Recorded
from tests.support import examples
from tests.support import sync_examples as x
from tests.support.registration_examples import FIELDS
from tests.support.spec import NOW, SYSTEM
from tests.support.stats_examples import Lane

CLASSES: Final = sorted({2013, *(each.from_class + step for each in RULES.values() for step in (-1, 0)), 2026, 2030})
KINDS: Final = [*((code.code, None) for code in DESTINATIONS.values()), *((f.code, f.key) for f in FORMS.values())]
EVERY_KIND = pytest.mark.parametrize(("code", "form"), KINDS)

values: Final[dict[str, st.SearchStrategy[Any]]] = {
    **{name: st.just(value) for name, value in FIELDS.items()},
    "intention": st.sampled_from([each.key for each in INTENTIONS]),
    "unit_nature": st.sampled_from(UNIT_NATURE.codes),
    "industry": st.sampled_from(INDUSTRY.codes),
    "place": st.sampled_from(["140105", "110000", "660000", "710000", "810000"]),
    "position": st.sampled_from(POSITION.codes),
    "uscc_absent_reason": st.just("乡镇卫生院，未单独登记"),
    "hourly_pay": st.just(3000),
    "signed_on": st.just(date(2026, 4, 8)),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "national.jsonl")
    yield opened
    opened.close()


def outcome(store: Store, destination: Destination, class_year: int) -> str:
    """What the national side says of a graduate with this destination, of whom it has never heard."""
    lane = Lane()
    graduate_id = f"14-{uuid4()}"
    lane.enrol(graduate_id, class_year=class_year)
    lane.register(graduate_id, destination)
    said = store.take("14", [each.to_json() for each in x.reports(lane.events)])
    return str(said[-1].get("code", said[-1]["outcome"]))


def taken(destination: Destination, class_year: int) -> Iterator[Destination]:
    """The destination as each way of registering takes it; none when no way does."""
    for check in (check_destination, check_imported):
        try:
            yield check(destination, class_year)
        except ServiceError:
            continue


@EVERY_KIND
@pytest.mark.parametrize("class_year", CLASSES)
def test_what_may_be_left_out_here_is_not_demanded_there(
    store: Store, code: str, form: str | None, class_year: int
) -> None:
    asks = FORMS[form] if form else DESTINATIONS[code]
    whole: dict[str, Any] = {name: FIELDS.get(name) for name in (*asks.required, *asks.asked)}
    whole |= {"unit_nature": asks.unit_natures[0]} if asks.unit_natures and "unit_nature" in whole else {}
    whole |= {"place": "810000"} if form == "overseas" else {}
    whole |= {"intention": next(each.key for each in INTENTIONS if each.code == code)} if "intention" in whole else {}
    subsets = chain.from_iterable(combinations(whole, size) for size in range(len(whole) + 1))
    found = [
        made
        for names in subsets
        for made in taken(Destination(code, form=form, **{name: whole[name] for name in names}), class_year)
    ]
    assert bool(found) == (DESTINATIONS[code].registrable and (code, form) != (AGREEMENT, None))
    assert {outcome(store, made, class_year) for made in found} <= {"accepted"}


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(KINDS), fields=st.fixed_dictionaries({}, optional=values), year=st.sampled_from(CLASSES))
def test_whatever_is_registered_or_imported_is_taken_there(
    store: Store, kind: tuple[str, str | None], fields: dict[str, Any], year: int
) -> None:
    code, form = kind
    for made in taken(Destination(code, form=form, **fields), year):
        assert outcome(store, made, year) == "accepted"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.fixed_dictionaries(
        {
            "nature": values["unit_nature"],
            "industry": values["industry"],
            "position": values["position"],
            "place": values["place"],
        },
        optional={name: st.none() for name in ("uscc", "monthly_salary", "unit_address", "unit_phone")},
    ),
    year=st.sampled_from(CLASSES),
)
def test_whatever_an_agreement_says_is_taken_there(store: Store, fields: dict[str, Any], year: int) -> None:
    concluded = replace(examples.CONCLUDED, class_year=year, **fields)
    (intent,) = on_concluded(_recorded(concluded))
    assert outcome(store, intent.command.destination, year) == "accepted"


def _recorded(event: AgreementConcluded) -> Recorded:
    new = NewEvent(event.TYPE, 1, to_json(event), uuid4(), uuid4(), uuid4(), None, SYSTEM, NOW)
    return Recorded("14", 1, f"agreement-{event.graduate_id}", 1, NOW, new)
