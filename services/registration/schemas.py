"""The shapes of what registrations are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.registration import decider, events
from shared import shapes
from shared.codes.destination import DESTINATIONS, FORMS, INTENTIONS
from shared.codes.tables import INDUSTRY, PLACE, POSITION, UNIT_NATURE
from shared.shapes import Query, QueryShape, Shape


class Destination(Shape):
    makes = events.Destination
    code = shapes.coded(DESTINATIONS)
    intention = shapes.choice(*(known.key for known in INTENTIONS), of="intention", required=False)
    unit_name = shapes.line(100, required=False)
    uscc = shapes.sentence(25, required=False)
    unit_nature = shapes.coded(UNIT_NATURE, required=False)
    industry = shapes.coded(INDUSTRY, required=False)
    place = shapes.coded(PLACE, required=False)
    position = shapes.coded(POSITION, required=False)
    job_title = shapes.line(60, required=False)
    monthly_salary = shapes.whole(0, 10_000_000, required=False)
    school_name = shapes.line(100, required=False)
    country = shapes.line(60, required=False)
    foreign_school_name = shapes.line(200, required=False)
    form = shapes.choice(*FORMS, of="form", required=False)
    signed_on = shapes.day(required=False)
    uscc_absent_reason = shapes.sentence(200, required=False)
    hourly_pay = shapes.hourly_pay(required=False)
    unit_address = shapes.line(200, required=False)
    unit_phone = shapes.line(20, required=False)


def _evidence() -> Any:
    return shapes.list_of(shapes.thing_id(), 10, required=False, load_default=(), allow_none=False)


class RegisterDestination(Shape):
    makes = decider.RegisterDestination
    graduate_id = shapes.thing_id()
    destination = shapes.nested(Destination)
    evidence = _evidence()


class FileDestination(Shape):
    makes = decider.FileDestination
    graduate_id = shapes.thing_id()
    destination = shapes.nested(Destination)
    evidence = _evidence()


class ImportDestination(Shape):
    makes = decider.ImportDestination
    graduate_id = shapes.thing_id()
    destination = shapes.nested(Destination)


class ConfirmFiling(Shape):
    makes = decider.ConfirmFiling
    graduate_id = shapes.thing_id()
    filing_id = shapes.thing_id()


class RejectFiling(Shape):
    makes = decider.RejectFiling
    graduate_id = shapes.thing_id()
    filing_id = shapes.thing_id()
    reason = shapes.sentence(200)


class Archive(Shape):
    makes = events.Archive
    kind = shapes.choice(*decider.ARCHIVES, of="archive_kind")
    recipient = shapes.line(100, required=False)
    address = shapes.line(200, required=False)
    postcode = shapes.pattern(r"^[0-9]{6}\Z", "应为六位数字 / six digits", required=False)
    phone = shapes.line(20, required=False)
    contact = shapes.person_name(60, required=False)


class Household(Shape):
    makes = events.Household
    moves = shapes.flag()
    address = shapes.line(200, required=False)


class ConfirmLeaving(Shape):
    makes = decider.ConfirmLeaving
    graduate_id = shapes.thing_id()
    archive = shapes.nested(Archive)
    household = shapes.nested(Household)
    verification_authorised = shapes.flag(required=False, load_default=False, allow_none=False)


class WithdrawRegistration(Shape):
    makes = decider.WithdrawRegistration
    graduate_id = shapes.thing_id()
    registration_id = shapes.thing_id()


class RequestVoid(Shape):
    makes = decider.RequestVoid
    graduate_id = shapes.thing_id()
    registration_id = shapes.thing_id()
    reason = shapes.sentence(500)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfGraduate(Query):
    graduate_id: str


class ListOwnCases(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()


class GetRegistration(QueryShape):
    makes = OfGraduate
    graduate_id = shapes.thing_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class InScope(Query):
    scope: str
    class_year: int
    code: str | None
    state: str | None


class ListRegistrations(QueryShape):
    makes = InScope
    after = shapes.thing_id(required=False)
    scope = shapes.scope()
    class_year = shapes.whole(2013, 2100)
    code = shapes.coded(DESTINATIONS, required=False)
    state = shapes.choice("pending", "registered", "ended", of="registration_state", required=False)
