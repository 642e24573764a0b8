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
)
from shared.codes.destination import DESTINATIONS, FORMS, Form
from shared.errors import ServiceError

TODAY = date(2026, 5, 4)
GRADUATE_ID = "14-graduate"
GRADUATE = Graduate("CN/14/10108/07", 2026, "1", None)
UNIT = Destination(
    code="12",
    unit_name="晋源小学",
    unit_nature="22",
    industry="42",
    place="140110",
    position="24",
    monthly_salary=3000,
)
VALUES: dict[str, Any] = {
    "unit_name": "晋源医院",
    "unit_nature": "10",
    "industry": "43",
    "place": "140110",
    "position": "19",
    "country": "瑞士",
}
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)


def of_form(form: Form) -> Destination:
    nature = form.unit_natures[0] if form.unit_natures else "39"
    values = {name: nature if name == "unit_nature" else VALUES[name] for name in form.required}
    return Destination(code=form.code, form=form.key, **values)


def refused(code: str, field: str, work: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        work(*args, **options)
    assert (caught.value.code, caught.value.field) == (code, field)


# forms of category 10


@EVERY_FORM
def test_a_form_of_category_10_is_registered_by_its_own_fields(form: Form) -> None:
    destination = of_form(form)
    assert check_destination(destination) == destination
    for name in form.required:
        refused(
            "registration.field_missing", f"destination.{name}", check_destination, replace(destination, **{name: None})
        )
    for name in form.forbidden:
        given = replace(destination, **{name: "x"})
        refused("registration.field_forbidden", f"destination.{name}", check_destination, given)


@EVERY_FORM
def test_a_form_has_its_natures_of_unit(form: Form) -> None:
    if form.unit_natures and "unit_nature" in form.required:
        wrong = replace(of_form(form), unit_nature="39")
        refused("registration.wrong_nature", "destination.unit_nature", check_destination, wrong)


def test_category_10_without_a_form_is_signed_not_registered() -> None:
    refused("registration.agreement_needed", "destination.form", check_destination, replace(UNIT, code="10"))


@pytest.mark.parametrize(("code", "form"), [("12", "residency"), ("10", "nonsense"), ("75", "directed")])
def test_a_form_belongs_to_its_category(code: str, form: str) -> None:
    refused("registration.wrong_form", "destination.form", check_destination, replace(UNIT, code=code, form=form))


def test_only_who_was_trained_for_a_unit_registers_so() -> None:
    directed = of_form(FORMS["directed"])
    refused("registration.not_directed", "destination.form", check_for, directed, GRADUATE, TODAY)
    bound = replace(GRADUATE, training="2", agreed_unit="晋源医院")
    check_for(directed, bound, TODAY)
    elsewhere = replace(bound, agreed_unit="另一医院")
    refused("registration.agreed_unit_only", "destination.unit_name", check_for, directed, elsewhere, TODAY)


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


# evidence


OWN = {"14-proof": Evidence(GRADUATE_ID, "employer_proof"), "14-licence": Evidence(GRADUATE_ID, "licence")}


def test_evidence_of_a_kind_that_the_category_knows_is_enough() -> None:
    check_evidence(UNIT, ("14-proof",), OWN, GRADUATE_ID, required=True)


def test_where_evidence_is_asked_for_it_is_needed_unless_the_category_knows_none() -> None:
    refused("registration.evidence_missing", "evidence", check_evidence, UNIT, (), OWN, GRADUATE_ID, required=True)
    check_evidence(UNIT, (), OWN, GRADUATE_ID, required=False)
    seeking = Destination("70", intention="job_seeking")
    check_evidence(seeking, (), OWN, GRADUATE_ID, required=True)


@pytest.mark.parametrize(
    ("evidence_id", "code"),
    [
        ("14-licence", "registration.wrong_evidence"),
        ("14-unknown", "registration.evidence_not_found"),
    ],
)
def test_evidence_that_does_not_fit_is_refused_even_where_none_is_needed(evidence_id: str, code: str) -> None:
    given = ("14-proof", evidence_id)
    refused(code, "evidence.1", check_evidence, UNIT, given, OWN, GRADUATE_ID, required=False)


def test_evidence_of_another_graduate_is_none() -> None:
    foreign = {"14-proof": Evidence("14-somebody", "employer_proof")}
    refused(
        "registration.evidence_not_found", "evidence.0", check_evidence, UNIT, ("14-proof",), foreign, GRADUATE_ID,
        required=True,
    )  # fmt: skip


@EVERY_FORM
def test_a_form_asks_for_its_own_evidence(form: Form) -> None:
    for kind in form.evidence:
        known = {"14-e": Evidence(GRADUATE_ID, kind)}
        check_evidence(of_form(form), ("14-e",), known, GRADUATE_ID, required=True)
    wrong = {"14-e": Evidence(GRADUATE_ID, "labour_contract")}
    refused(
        "registration.wrong_evidence", "evidence.0", check_evidence, of_form(form), ("14-e",), wrong, GRADUATE_ID,
        required=True,
    )  # fmt: skip
