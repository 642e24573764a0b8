"""What can be said to people: every shape with its fields and choices, and where each coded value comes from."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from marshmallow import fields
from marshmallow.validate import OneOf

import services.agreement.schemas
import services.directory.schemas
import services.registration.schemas
import services.review.schemas
import services.stats.schemas
from services.agreement.state import STEPS as SIGNING_STEPS
from services.agreement.state import ProposalStatus, Status
from services.directory.decider import CHAIN
from services.directory.papers.book import WRITTEN
from services.review.decider import STEPS
from services.review.schemas import KINDS, STATES
from shared import calls
from shared.access import ACCESS, Right, Role
from shared.codes.destination import DESTINATIONS, FORMS, INTENTIONS, RULES
from shared.codes.tables import CANCELLATION_REASON, EVIDENCE, UNIT_NATURE
from shared.shapes import QueryShape, Shape

SCHEMAS: Final = (
    services.agreement.schemas,
    services.directory.schemas,
    services.registration.schemas,
    services.review.schemas,
    services.stats.schemas,
)
# Vocabularies whose codes are a table or an enumeration; the others are choices of one schema's field.
CODED: Final[dict[str, set[str]]] = {
    "role": set(Role),
    "right": set(Right),
    "step": {*STEPS, *CHAIN},
    "signing_step": set(SIGNING_STEPS),
    "agreement_state": {*Status, "draft", "discarded"},
    "proposal_state": set(ProposalStatus),
    "case_state": set(STATES),
    "case_kind": set(KINDS),
    "action": set(ACCESS),
    "header": {value for value in vars(calls).values() if isinstance(value, str) and value.startswith("nameko.")},
    "rule": set(RULES),
    "evidence": set(EVIDENCE.codes),
    "cause": set(CANCELLATION_REASON.codes),
    "category": set(DESTINATIONS),
    "form": set(FORMS),
    "intention": {each.key for each in INTENTIONS},
    "nature": set(UNIT_NATURE.codes),
    "printed": set(WRITTEN),
}
UNSHOWABLE: Final = ("甲\u202e", "\ue000", "\ufffd", "\u0378", "甲\x07")
BAD_VALUES: Final[tuple[Any, ...]] = (None, {}, [], "", "长" * 3_000, -1, 10**20, 3.5, "x", [{}] * 1_001, *UNSHOWABLE)


# Latin that people read on forms and files themselves.
ALLOWED: Final = {
    "PDF": "what the file is called everywhere",
    "JPEG": "the same",
    "PNG": "the same",
    "CSV": "the same",
    "XLSX": "the same",
    "XLSB": "the same",
    "ODS": "the same",
    "UTF-8": "what spreadsheets call it when they save",
    "UTF-16": "the same",
    "GB18030": "the same",
    "GB 18030": "the same",
    "XML": "the same",
    "Excel": "the program that people open it with",
    "WPS": "the same",
    ".xlsx": "the end of a file's name",
    ".xls": "the same",
    ".et": "the same",
    "MB": "how every file manager shows a size",
    "H 或 M": "the letters that a permit's number begins with",
    "I、O、S、V、Z": "the letters that no credit code has",
}


def latin(sentence: str) -> list[str]:
    """Latin letters of a Chinese sentence that it may not have. What stands in “” is quoted."""
    # A character that cannot be shown is named by its number.
    told = re.sub(r"“[^”]*”|U\+[0-9A-F]{4,6}", "", sentence)
    for allowed in ALLOWED:
        told = told.replace(allowed, "")
    return re.findall("[A-Za-z]+", told)


def says_what_to_do(sentence: str) -> bool:
    """Whether a Chinese sentence asks for something: 请, which is no part of 申请, 邀请 or 请求."""
    return re.search("(?<![申邀])请(?!求)", sentence) is not None


@cache
def shapes() -> tuple[type[Shape], ...]:
    """The shape of every call of every service; what is only part of another is walked there."""
    return tuple(each for each in _written() if each not in _parts())


@cache
def _written() -> tuple[type[Shape], ...]:
    return tuple(
        each
        for module in SCHEMAS
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Shape) and each not in (Shape, QueryShape)
    )


@cache
def _parts() -> frozenset[Any]:
    declared = (each for shape in _written() for each in _declared(shape).values())
    return frozenset(each.nested for each in declared if isinstance(each, fields.Nested))


def _declared(shape: Any) -> dict[str, Any]:
    return dict(shape._declared_fields)


def field_paths(shape: type[Shape] | None = None) -> list[str]:
    """Every path of a shape, of all shapes when none is given; items of lists as `evidence.0`."""
    if shape is None:
        return sorted({path for each in shapes() for path in field_paths(each)})
    found = []
    for name, declared in _declared(shape).items():
        found.append(name)
        if isinstance(declared, fields.Nested):
            nested: Any = declared.nested
            found += [f"{name}.{path}" for path in field_paths(nested)]
        elif isinstance(declared, fields.List):
            found.append(f"{name}.0")
    return found


def choices() -> list[set[str]]:
    """The codes of every field that is one of a few."""
    found = []
    for shape in _written():
        for declared in _declared(shape).values():
            inner = declared.inner if isinstance(declared, fields.List) else declared
            found += [set(each.choices) for each in inner.validators if isinstance(each, OneOf)]
    return found


def bad_message(shape: Any, value: Any) -> dict[str, Any]:
    """A message whose every field, also inside objects and lists, has one value."""
    message: dict[str, Any] = {}
    for name, declared in _declared(shape).items():
        if isinstance(declared, fields.Nested) and not isinstance(value, list):
            message[name] = bad_message(declared.nested, value)
        elif isinstance(declared, fields.List) and not isinstance(value, list):
            message[name] = [value]
        else:
            message[name] = value
    return message
