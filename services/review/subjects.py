"""What a reviewer decides on, as the streams of agreements and registrations tell it: the unit, the terms, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.review.views import REGISTERED, SUBMITTED, Registered, Submitted
from shared.codec import to_json
from shared.codes.pay import yuan
from shared.messages import Recorded

Data = Mapping[str, Any]

_TERMS = (
    "employer_id",
    "uscc",
    "uscc_absent_reason",
    "nature",
    "industry",
    "place",
    "position",
    "job_title",
    "monthly_salary",
    "penalty",
    "remarks",
    "unit_address",
    "unit_phone",
    "parties",
)
_LETTERS = ("release_letter", "penalty_slip", "closure_proof")
_OF_BOOK = ("BookApplied", "BookAmended", "PaperSubmitted")


def subject_streams(graduate_id: str) -> tuple[str, str]:
    """The two streams that say what a case about a graduate is about."""
    return f"agreement-{graduate_id}", f"registration-{graduate_id}"


def shown_subject(
    kind: str, subject_id: str, agreements: Sequence[Recorded], registrations: Sequence[Recorded]
) -> dict[str, Any]:
    """What a case is about; nothing of a thing that its stream does not know."""
    match kind:
        case "agreement":
            return _agreement(agreements, subject_id)
        case "application" | "signing" | "paper":
            return _book(agreements, subject_id)
        case "loss":
            lost = _last(agreements, lambda data: data.get("loss_id") == subject_id, "LossReported")
            return _about(lost, agreements, "statement", "evidence_id")
        case "cancellation":
            return _cancellation(agreements, subject_id)
        case "registration":
            return _destination(SUBMITTED.newest(registrations, lambda told: told.registration_id == subject_id))
        case "void":
            return _void(registrations, subject_id)
    raise AssertionError(kind)


def _agreement(history: Sequence[Recorded], agreement_id: str) -> dict[str, Any]:
    """An agreement's unit and terms as they stand, whichever way it was begun."""
    found: dict[str, Any] = {}
    for recorded in history:
        data = recorded.data
        if agreement_id not in (data.get("offer_id"), data.get("agreement_id")):
            continue
        match _name(recorded):
            case "OfferSent":
                found = {"unit_name": data["employer_name"], "terms": _terms(data), "number": None}
            case "OfferEdited":
                edited = ("position", "job_title", "monthly_salary", "penalty", "remarks")
                kept = {name: value for name, value in found["terms"].items() if name not in edited}
                found["terms"] = {**kept, **_terms(data)}
            case "BookApplied" | "BookAmended" | "PaperSubmitted":
                parties = {"parties": data["parties"]} if "parties" in data else {}
                terms = {**_terms(data["terms"]), **parties}
                found = {"number": None, **found, "unit_name": data["terms"]["unit_name"], "terms": terms}
        if found and data.get("number") is not None:
            found["number"] = data["number"]
    return {"agreement_id": agreement_id, **found} if found else {}


def _book(history: Sequence[Recorded], review_id: str) -> dict[str, Any]:
    place = next((at for at, each in enumerate(history) if each.data.get("review_id") == review_id), None)
    if place is None:
        return {}
    begun = history[place].data
    named = ("evidence_id", "signed_on", "paper_number")
    told: dict[str, Any] = {name: begun[name] for name in named if name in begun}
    if _name(history[place]) in _OF_BOOK:
        told["warnings"] = begun.get("warnings", [])
    # What was corrected later is another case's.
    return {**_agreement(history[: place + 1], begun["agreement_id"]), **told}


def _cancellation(history: Sequence[Recorded], cancellation_id: str) -> dict[str, Any]:
    def mine(data: Data) -> bool:
        return bool(data.get("cancellation_id") == cancellation_id)

    asked = _last(history, mine, "CancellationRequested")
    shown = _about(asked, history, "by", "reason_code", "reason", *_LETTERS)
    agreed = _last(history, mine, "CancellationAgreed") or {}
    letters = {name: agreed[name] for name in _LETTERS if name in agreed}
    mediated = _last(history, mine, "CancellationMediated")
    return {**shown, **letters, **({} if mediated is None else {"mediated": mediated["reason"]})}


def _void(history: Sequence[Recorded], void_id: str) -> dict[str, Any]:
    asked = _last(history, lambda data: data.get("void_id") == void_id, "VoidRequested")
    if asked is None:
        return {}
    registered = REGISTERED.newest(history, lambda told: told.registration_id == asked["registration_id"])
    return {**_destination(registered), "reason": asked["reason"]}


def _destination(placed: Submitted | Registered | None) -> dict[str, Any]:
    if placed is None:
        return {}
    told = to_json(placed.destination)
    if placed.destination.hourly_pay is not None:
        told["hourly_pay"] = yuan(placed.destination.hourly_pay)
    unit = told.get("unit_name") or told.get("school_name") or told.get("foreign_school_name")
    return {**to_json(placed), "unit_name": unit, "destination": told}


def _about(data: Data | None, history: Sequence[Recorded], *names: str) -> dict[str, Any]:
    """What was asked about an agreement, and the agreement."""
    if data is None:
        return {}
    return {**_agreement(history, data["agreement_id"]), **{name: data[name] for name in names if name in data}}


def _last(history: Sequence[Recorded], which: Callable[[Data], bool], name: str) -> Data | None:
    return next((each.data for each in reversed(history) if _name(each) == name and which(each.data)), None)


def _name(recorded: Recorded) -> str:
    return recorded.type.rpartition(".")[2]


def _terms(data: Data) -> dict[str, Any]:
    return {name: data[name] for name in _TERMS if name in data}
