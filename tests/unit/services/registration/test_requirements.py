"""What each category and form asks for beyond its fields: evidence, pay, unit and dates (DOMAIN 1.5, 5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.registration.events import Destination
from services.registration.requirements import (
    Evidence,
    Graduate,
    check_destination,
    check_evidence,
    check_for,
    check_imported,
    warnings_of,
)
from shared.codes.destination import DESTINATIONS, FORMS, Form
from shared.codes.uscc import make_uscc
from shared.errors import ServiceError
from tests.support.registration_examples import REGISTRABLE, complete
from tests.support.spoken import latin

TODAY = date(2026, 5, 4)
GRADUATE_ID = "14-graduate"
CLASS = 2026
GRADUATE = Graduate("CN/14/10108/07", CLASS, "1", None)
UNIT = Destination(
    code="12",
    unit_name="晋源小学",
    unit_nature="22",
    industry="42",
    place="140110",
    position="24",
    monthly_salary=3000,
    unit_address="太原市晋源区某路 2 号",
    unit_phone="0351-0000000",
)
VALUES: dict[str, Any] = {
    "unit_name": "晋源医院",
    "unit_nature": "10",
    "industry": "43",
    "place": "140110",
    "position": "19",
    "country": "瑞士",
    "uscc": make_uscc("12", "140110", "12345678"),
    "unit_address": "太原市晋源区某路 1 号",
    "unit_phone": "0351-0000000",
}
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)


def of_form(form: Form) -> Destination:
    nature = form.unit_natures[0] if form.unit_natures else "39"
    values: dict[str, Any] = {
        name: nature if name == "unit_nature" else VALUES[name] for name in (*form.required, *form.asked)
    }
    more: dict[str, Any] = {"uscc": VALUES["uscc"]} if form.uscc else {}
    return Destination(code=form.code, form=form.key, **more, **values)


def refused(code: str, field: str, work: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        work(*args, **options)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert not latin(caught.value.zh)


# forms of category 10


@EVERY_FORM
def test_a_form_of_category_10_is_registered_by_its_own_fields(form: Form) -> None:
    destination = of_form(form)
    assert check_destination(destination, CLASS) == destination
    for name in (*form.required, *form.asked):
        refused(
            "registration.field_missing",
            f"destination.{name}",
            check_destination,
            replace(destination, **dict[str, Any]({name: None})),
            CLASS,
        )
    for name in form.forbidden:
        given = replace(destination, **dict[str, Any]({name: "x"}))
        refused("registration.field_forbidden", f"destination.{name}", check_destination, given, CLASS)


@EVERY_FORM
def test_a_form_has_its_natures_of_unit(form: Form) -> None:
    if form.unit_natures and "unit_nature" in form.asked:
        wrong = replace(of_form(form), unit_nature="39")
        refused("registration.wrong_nature", "destination.unit_nature", check_destination, wrong, CLASS)


def test_category_10_without_a_form_is_signed_not_registered() -> None:
    refused("registration.agreement_needed", "destination.form", check_destination, replace(UNIT, code="10"), CLASS)


@pytest.mark.parametrize(("code", "form"), [("12", "residency"), ("10", "nonsense"), ("75", "directed")])
def test_a_form_belongs_to_its_category(code: str, form: str) -> None:
    refused(
        "registration.wrong_form", "destination.form", check_destination, replace(UNIT, code=code, form=form), CLASS
    )


def test_only_who_was_trained_for_a_unit_registers_so() -> None:
    directed = of_form(FORMS["directed"])
    refused("registration.not_directed", "destination.form", check_for, directed, GRADUATE, TODAY)
    bound = replace(GRADUATE, training="2", agreed_unit="晋源医院")
    check_for(directed, bound, TODAY)
    elsewhere = replace(bound, agreed_unit="另一医院")
    refused("registration.agreed_unit_only", "destination.unit_name", check_for, directed, elsewhere, TODAY)


# trained for a unit (定向, 委培)


WHOLE = [(each.code, complete(each.code)) for each in REGISTRABLE] + [("10", of_form(form)) for form in FORMS.values()]
BOUND_TO: dict[str, str] = {
    **dict.fromkeys(("70", "71", "72"), "free"),
    **dict.fromkeys(("75", "76", "801", "802", "803", "85"), "forbidden"),
}


def test_every_category_says_what_it_is_to_who_was_trained_for_a_unit() -> None:
    told = {code.code: code.bound for code in DESTINATIONS.values() if code.registrable}
    assert told == {code: BOUND_TO.get(code, "unit") for code in told}


@pytest.mark.parametrize(("code", "destination"), WHOLE, ids=[f"{code}-{made.form}" for code, made in WHOLE])
@pytest.mark.parametrize("training", ["2", "4"])
def test_who_was_trained_for_a_unit_registers_what_the_category_lets(
    training: str, code: str, destination: Destination
) -> None:
    bound = replace(GRADUATE, training=training, agreed_unit="汾河医院", agreed_region="520000")
    match BOUND_TO.get(code, "unit"):
        case "free":
            check_for(destination, bound, TODAY)
        case "forbidden":
            refused("registration.not_for_bound", "destination.code", check_for, destination, bound, TODAY)
        case "unit":
            elsewhere = ("registration.agreed_unit_only", "destination.unit_name", check_for)
            refused(*elsewhere, destination, bound, TODAY)
            refused(*elsewhere, replace(destination, unit_name=None), bound, TODAY)
            check_for(replace(destination, unit_name="汾河医院"), bound, TODAY)
            if destination.place is not None:
                check_for(replace(destination, place="520102", monthly_salary=5000), bound, TODAY)


def test_where_a_bound_graduate_may_go_is_told_by_name() -> None:
    bound = replace(GRADUATE, training="2", agreed_unit="汾河医院", agreed_region="520000")
    elsewhere = replace(of_form(FORMS["directed"]), unit_name="晋源医院", place="140100")
    with pytest.raises(ServiceError) as caught:
        check_for(elsewhere, bound, TODAY)
    assert caught.value.zh.startswith("定向或委培毕业生的单位或地区应为“汾河医院、贵州省（地区代码 520000）”，请")


@pytest.mark.parametrize(
    ("region", "place", "inside"),
    [
        ("140000", "140105", True),
        ("140100", "140105", True),
        ("140105", "140105", True),
        ("140105", "140106", False),
        ("140200", "140105", False),
        ("520000", "140105", False),
    ],
)
def test_an_agreed_region_holds_the_places_in_it(region: str, place: str, inside: bool) -> None:
    bound = replace(GRADUATE, training="2", agreed_unit="汾河医院", agreed_region=region)
    assert bound.agreed(replace(UNIT, place=place)) is inside
    assert not bound.agreed(replace(UNIT, place=None))


# units without a credit code, units abroad


ASKING_FOR_A_CODE = ("10-public_hiring", "10-residency", "10-directed", "11", "12", "271")


@pytest.mark.parametrize(("code", "destination"), WHOLE, ids=[f"{code}-{made.form}" for code, made in WHOLE])
def test_a_unit_without_a_credit_code_needs_a_reason(code: str, destination: Destination) -> None:
    asked = f"{code}-{destination.form}" if destination.form else code
    without = replace(destination, uscc=None)
    if asked not in ASKING_FOR_A_CODE:
        assert check_destination(without, CLASS) == without
        return
    refused("registration.uscc_needed", "destination.uscc", check_destination, without, CLASS)
    because = replace(without, uscc_absent_reason="乡镇卫生院，未单独登记")
    assert check_destination(because, CLASS) == because
    # Older systems had no column for the reason.
    assert check_imported(without, CLASS) == without


@pytest.mark.parametrize("place", ["710000", "810000", "820000"])
def test_only_employment_by_an_overseas_unit_is_outside_the_mainland(place: str) -> None:
    for _, destination in WHOLE:
        if destination.place is not None:
            abroad = replace(destination, place=place)
            refused("registration.wrong_place", "destination.place", check_destination, abroad, CLASS)
            refused("registration.wrong_place", "destination.place", check_imported, abroad, CLASS)
    overseas = replace(of_form(FORMS["overseas"]), country="中国香港", place=place)
    assert check_destination(overseas, CLASS) == overseas
    at_home = replace(overseas, place="140105")
    refused("registration.wrong_place", "destination.place", check_destination, at_home, CLASS)


def test_the_corps_is_no_place_abroad() -> None:
    corps = replace(UNIT, place="660000", uscc_absent_reason="团场，未单独登记")
    assert check_destination(corps, CLASS) == corps
    refused(
        "registration.pay_below_minimum", "destination.monthly_salary", check_for,
        replace(corps, monthly_salary=1849), GRADUATE, TODAY,
    )  # fmt: skip


@pytest.mark.parametrize(("nature", "warned"), [("22", ()), ("10", ("uscc.nature",)), (None, ())])
def test_a_nature_that_the_code_does_not_hint_at_is_warned_about(nature: str | None, warned: tuple[str, ...]) -> None:
    assert warnings_of(replace(UNIT, uscc=VALUES["uscc"], unit_nature=nature)) == warned
    assert warnings_of(replace(UNIT, uscc=None, unit_nature=nature)) == ()


# pay


PAID = sorted(code.code for code in DESTINATIONS.values() if code.minimum_wage and code.registrable)


@pytest.mark.parametrize("code", PAID)
def test_pay_must_be_told_and_reach_the_minimum_wage(code: str) -> None:
    destination = replace(UNIT, code=code)
    for monthly in (1850, 3000):
        check_for(replace(destination, monthly_salary=monthly), GRADUATE, TODAY)
    low = replace(destination, monthly_salary=1849)
    refused("registration.pay_below_minimum", "destination.monthly_salary", check_for, low, GRADUATE, TODAY)
    none = replace(destination, monthly_salary=None)
    refused("registration.pay_missing", "destination.monthly_salary", check_for, none, GRADUATE, TODAY)


@pytest.mark.parametrize("code", PAID)
def test_pay_may_be_told_by_the_hour_and_each_has_its_floor(code: str) -> None:
    by_hour = replace(UNIT, code=code, monthly_salary=None, hourly_pay=2300)
    check_for(by_hour, GRADUATE, TODAY)
    for low in (replace(by_hour, hourly_pay=1063), replace(by_hour, hourly_pay=1063, monthly_salary=3000)):
        wanted = ("registration.hourly_pay_below_minimum", "destination.hourly_pay", check_for)
        refused(*wanted, low, GRADUATE, TODAY)
    check_for(replace(by_hour, hourly_pay=1064), GRADUATE, TODAY)
    both = replace(by_hour, monthly_salary=1849)
    refused("registration.pay_below_minimum", "destination.monthly_salary", check_for, both, GRADUATE, TODAY)


def test_the_floor_is_that_of_the_day_and_of_the_place_or_else_of_the_school() -> None:
    pay = replace(UNIT, monthly_salary=1700)
    check_for(pay, GRADUATE, date(2024, 12, 31))
    refused("registration.pay_below_minimum", "destination.monthly_salary", check_for, pay, GRADUATE, TODAY)
    beijing = replace(UNIT, place="110105", monthly_salary=2500)
    refused("registration.pay_below_minimum", "destination.monthly_salary", check_for, beijing, GRADUATE, TODAY)
    nowhere = replace(UNIT, code="76", place=None, monthly_salary=1849)
    refused("registration.pay_below_minimum", "destination.monthly_salary", check_for, nowhere, GRADUATE, TODAY)


def test_other_categories_may_leave_their_pay_untold() -> None:
    check_for(replace(UNIT, code="11", monthly_salary=None), GRADUATE, TODAY)
    check_for(replace(UNIT, code="11", monthly_salary=1), GRADUATE, TODAY)


# dates


def test_nobody_was_hired_tomorrow() -> None:
    check_for(replace(UNIT, signed_on=TODAY), GRADUATE, TODAY)
    tomorrow = replace(UNIT, signed_on=date(2026, 5, 5))
    refused("registration.signed_on", "destination.signed_on", check_for, tomorrow, GRADUATE, TODAY)


def test_nobody_was_hired_before_studying() -> None:
    studying = replace(GRADUATE, enrolled_on=date(2022, 9, 1))
    check_for(replace(UNIT, signed_on=date(2022, 9, 1)), studying, TODAY)
    for absurd in (date(2022, 8, 31), date(1900, 1, 1)):
        early = replace(UNIT, signed_on=absurd)
        refused("registration.signed_on", "destination.signed_on", check_for, early, studying, TODAY)


# evidence


OWN = {"14-proof": Evidence(GRADUATE_ID, "employer_proof"), "14-licence": Evidence(GRADUATE_ID, "licence")}


def test_evidence_of_a_kind_that_the_category_knows_is_enough() -> None:
    check_evidence(UNIT, CLASS, ("14-proof",), OWN, GRADUATE_ID, required=True)


def test_where_evidence_is_asked_for_it_is_needed_unless_the_category_knows_none() -> None:
    refused(
        "registration.evidence_missing", "evidence", check_evidence, UNIT, CLASS, (), OWN, GRADUATE_ID, required=True
    )
    check_evidence(UNIT, CLASS, (), OWN, GRADUATE_ID, required=False)
    seeking = Destination("70", intention="job_seeking")
    check_evidence(seeking, CLASS, (), OWN, GRADUATE_ID, required=True)


@pytest.mark.parametrize(
    ("evidence_id", "code"),
    [
        ("14-licence", "registration.wrong_evidence"),
        ("14-unknown", "registration.evidence_not_found"),
    ],
)
def test_evidence_that_does_not_fit_is_refused_even_where_none_is_needed(evidence_id: str, code: str) -> None:
    given = ("14-proof", evidence_id)
    refused(code, "evidence.1", check_evidence, UNIT, CLASS, given, OWN, GRADUATE_ID, required=False)


def test_evidence_of_another_graduate_is_none() -> None:
    foreign = {"14-proof": Evidence("14-somebody", "employer_proof")}
    refused(
        "registration.evidence_not_found", "evidence.0", check_evidence, UNIT, CLASS, ("14-proof",), foreign, GRADUATE_ID,
        required=True,
    )  # fmt: skip


@EVERY_FORM
def test_a_form_asks_for_its_own_evidence(form: Form) -> None:
    for kind in form.evidence:
        known = {"14-e": Evidence(GRADUATE_ID, kind)}
        check_evidence(of_form(form), CLASS, ("14-e",), known, GRADUATE_ID, required=True)
    wrong = {"14-e": Evidence(GRADUATE_ID, "labour_contract")}
    refused(
        "registration.wrong_evidence", "evidence.0", check_evidence, of_form(form), CLASS, ("14-e",), wrong, GRADUATE_ID,
        required=True,
    )  # fmt: skip
