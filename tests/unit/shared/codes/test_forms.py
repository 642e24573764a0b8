"""Kinds of category 10 that are registered by their evidence."""

from __future__ import annotations

import pytest

from shared.codes.destination import AGREEMENT, DESTINATIONS, FORMS, Form
from shared.codes.tables import EVIDENCE, UNIT_NATURE

EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)


def test_the_forms_are_those_of_the_notice_and_employment_abroad() -> None:
    assert [form.name for form in FORMS.values()] == [
        "公招录用", "士官、文职", "医学规培", "国际组织任职", "境外单位就业", "定向、委培去向补充登记"
    ]  # fmt: skip


@EVERY_FORM
def test_a_form_is_of_category_10_and_asks_for_evidence_that_the_category_knows(form: Form) -> None:
    assert form.code == AGREEMENT
    assert form.evidence
    assert set(form.evidence) <= set(DESTINATIONS[AGREEMENT].evidence)
    named = (*form.required, *form.asked, *form.forbidden)
    assert len(set(named)) == len(named)
    assert all(nature in UNIT_NATURE for nature in form.unit_natures)


def test_every_kind_of_evidence_asked_for_has_a_name() -> None:
    asked = {kind for code in DESTINATIONS.values() for kind in code.evidence}
    assert asked <= set(EVIDENCE.codes)
