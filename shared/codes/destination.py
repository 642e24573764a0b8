"""毕业去向类别: categories, what each asks for, and how rates are formed from them (DOMAIN 1.5, 2.1, 4, 5.4).

What a destination must hold is written down once, here and in its tables: who registers, who imports and the national
side read the same, so that what one of them takes the others do not refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from shared.codes.tables import UnknownCode, rows

NOT_REGISTERED = ""
AGREEMENT = "10"
UNPLACED_CLASS = "未就业"
UNIT, FREE, FORBIDDEN = "unit", "free", "forbidden"
# Provinces outside the mainland (境外).
OUTSIDE: Final = ("71", "81", "82")


@dataclass(frozen=True, slots=True)
class DestinationCode:
    """One category. `required`, `asked` and `forbidden` name the fields of a destination; groups say what it counts as.

    Nobody tells of a destination without what is `required`, so the national side holds everybody to it. What is `asked`
    besides, who registers must tell; files of older systems have no column for it, or values that say nothing today, so
    it may be missing from them and from what is told onwards. `uscc`: a credit code is asked for in the same way, or
    the reason why there is none.
    `unit_natures` are the only natures of unit that may be given, any when empty. `evidence` are the kinds of which one
    is asked. `bound` says what it is to graduates who were trained for a unit (定向, 委培): UNIT, FREE or FORBIDDEN.
    `min_chain` are the offices that must look at it, whatever the settings.
    A code that is not `registrable` is a parent or an old flat code: read in files, where it becomes one of today.
    It holds for the graduating classes from `from_class` to `until_class`, both in it; None: there is no such end.
    """

    code: str
    parent: str | None
    name: str
    class3: str
    groups: Mapping[str, str]
    registrable: bool
    required: tuple[str, ...]
    asked: tuple[str, ...]
    forbidden: tuple[str, ...]
    unit_natures: tuple[str, ...]
    evidence: tuple[str, ...]
    minimum_wage: bool
    uscc: bool
    bound: str
    min_chain: tuple[str, ...]
    from_class: int | None
    until_class: int | None

    @property
    def placed(self) -> bool:
        """Whether who has it counts as placed (落实)."""
        return self.class3 != UNPLACED_CLASS


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of category 10 that is registered by its evidence, not by signing (seed notice; DOMAIN 1.5).

    `abroad`: its place, if one is given, lies outside the mainland (DOMAIN 5.4). Classes and what is asked as those of a
    category.
    """

    key: str
    code: str
    name: str
    required: tuple[str, ...]
    asked: tuple[str, ...]
    forbidden: tuple[str, ...]
    unit_natures: tuple[str, ...]
    evidence: tuple[str, ...]
    uscc: bool
    abroad: bool
    from_class: int | None
    until_class: int | None


@dataclass(frozen=True, slots=True)
class Intention:
    """What somebody not placed intends. Codes 70 and 72 ask for one, 71 has a single one that may be left out."""

    code: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Rate:
    """A printed rate: its name and the groups that it counts."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of the official formula, of classes from `from_class` on; `rates` in the order in which they are printed."""

    version: str
    from_class: int
    rates: tuple[Rate, ...]


PLACEMENT_RATE = "毕业去向落实率"


def _listed(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(filter(None, text.split(separator)))


def _class(text: str) -> int | None:
    return int(text) if text else None


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        version: Rule(
            version,
            next(int(row["from_class"]) for row in rows("rules") if row["rule"] == version),
            tuple(Rate(row["rate"], _listed(row["groups"])) for row in printed),
        )
        for version, printed in groupby(rows("rates"), key=lambda row: row["rule"])
    }
)

_GROUPS = {version: f"group_{version}" for version in RULES}

_CATEGORIES = tuple(
    DestinationCode(
        code=row["code"],
        parent=row["parent"] or None,
        name=row["name"],
        class3=row["class3"],
        groups=MappingProxyType({version: row[column] for version, column in _GROUPS.items()}),
        registrable=row["registrable"] == "1",
        required=_listed(row["required"]),
        asked=_listed(row["asked"]),
        forbidden=_listed(row["forbidden"]),
        unit_natures=_listed(row["unit_natures"]),
        evidence=_listed(row["evidence"], "|"),
        minimum_wage=row["minimum_wage"] == "1",
        uscc=row["uscc"] == "1",
        bound=row["bound"],
        min_chain=_listed(row["min_chain"]),
        from_class=_class(row["from_class"]),
        until_class=_class(row["until_class"]),
    )
    for row in rows("destinations")
)
# What a code is called and counts as is the same in all its rows; what it asks for is that of the newest.
DESTINATIONS: Mapping[str, DestinationCode] = MappingProxyType({each.code: each for each in _CATEGORIES})

_FORMS = tuple(
    Form(
        key=row["key"],
        code=row["code"],
        name=row["name"],
        required=_listed(row["required"]),
        asked=_listed(row["asked"]),
        forbidden=_listed(row["forbidden"]),
        unit_natures=_listed(row["unit_natures"]),
        evidence=_listed(row["evidence"], "|"),
        uscc=row["uscc"] == "1",
        abroad=row["abroad"] == "1",
        from_class=_class(row["from_class"]),
        until_class=_class(row["until_class"]),
    )
    for row in rows("forms")
)
FORMS: Mapping[str, Form] = MappingProxyType({each.key: each for each in _FORMS})

INTENTIONS: tuple[Intention, ...] = tuple(Intention(row["code"], row["key"], row["name"]) for row in rows("intentions"))


def _holds(row: DestinationCode | Form, class_year: int) -> bool:
    return (row.from_class or class_year) <= class_year <= (row.until_class or class_year)


@cache
def destinations_of(class_year: int) -> Mapping[str, DestinationCode]:
    """The categories of a graduating class as that class is asked for them; other classes' are not among them (DOMAIN 2.1)."""
    return MappingProxyType({each.code: each for each in _CATEGORIES if _holds(each, class_year)})


@cache
def forms_of(class_year: int) -> Mapping[str, Form]:
    """The forms of category 10 of a graduating class."""
    return MappingProxyType({each.key: each for each in _FORMS if _holds(each, class_year)})


Asks = DestinationCode | Form


class NoSuchDestination(LookupError):
    """A code or form that a class does not have; `why` is one of the four below, `name` what it is called elsewhere."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.name = name


NOT_REGISTRABLE, NOT_OF_CLASS = "not_registrable", "not_of_class"
WRONG_FORM, FORM_NOT_OF_CLASS = "wrong_form", "form_not_of_class"


def asks_of(code: str, form: str | None, class_year: int) -> Asks:
    """What a class is asked for with a category, or with a form of one. Raises NoSuchDestination."""
    known = DESTINATIONS.get(code)
    if known is None or not known.registrable:
        raise NoSuchDestination(NOT_REGISTRABLE)
    category = destinations_of(class_year).get(code)
    if category is None:
        raise NoSuchDestination(NOT_OF_CLASS, known.name)
    if form is None:
        return category
    known_form = FORMS.get(form)
    if known_form is None or known_form.code != code:
        raise NoSuchDestination(WRONG_FORM)
    of_class = forms_of(class_year).get(form)
    if of_class is None:
        raise NoSuchDestination(FORM_NOT_OF_CLASS, known_form.name)
    return of_class


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a destination must not be, `what` is one of the five below, and the field it is about."""

    what: str
    field: str


FIELD_MISSING, FIELD_FORBIDDEN = "field_missing", "field_forbidden"
WRONG_PLACE, WRONG_NATURE, WRONG_INTENTION = "wrong_place", "wrong_nature", "wrong_intention"


def faults(told: Mapping[str, Any], asks: Asks, *, registering: bool) -> Iterator[Fault]:
    """Everything that a destination's fields lack or have too much; what is merely asked only of who is `registering`."""
    yield from (Fault(FIELD_MISSING, name) for name in asks.required if told.get(name) is None)
    if registering:
        yield from (Fault(FIELD_MISSING, name) for name in asks.asked if told.get(name) is None)
    yield from (Fault(FIELD_FORBIDDEN, name) for name in asks.forbidden if told.get(name) is not None)
    if told.get("place") is not None and not _fits(told["place"], asks):
        yield Fault(WRONG_PLACE, "place")
    if asks.unit_natures and told.get("unit_nature") not in (None, *asks.unit_natures):
        yield Fault(WRONG_NATURE, "unit_nature")
    known = {each.key for each in INTENTIONS if each.code == told["code"]}
    if told.get("intention") is not None and told["intention"] not in known:
        yield Fault(WRONG_INTENTION, "intention")


def _fits(place: str, asks: Asks) -> bool:
    """A place outside the mainland belongs to employment that shows it: by its form, or by a signed agreement (DOMAIN 5.4)."""
    if isinstance(asks, DestinationCode) and asks.code == AGREEMENT:
        return True
    return (place[:2] in OUTSIDE) == (isinstance(asks, Form) and asks.abroad)


def group(code: str, rule: str) -> str | None:
    """What a code counts as under a rule version; None for 未登记. Raises UnknownCode."""
    if code == NOT_REGISTERED:
        return None
    known = DESTINATIONS.get(code)
    if known is None:
        raise UnknownCode("destinations", code)
    return known.groups[rule]


def is_placed(code: str) -> bool:
    """Whether a code counts as placed; 未登记 does not. Raises UnknownCode."""
    if code == NOT_REGISTERED:
        return False
    known = DESTINATIONS.get(code)
    if known is None:
        raise UnknownCode("destinations", code)
    return known.placed


def rule_of_class(class_year: int) -> str:
    """The rule version of a graduating class; classes before the first rule go by the first (DOMAIN 4.1, 4.2)."""
    in_force = [rule for rule in RULES.values() if rule.from_class <= class_year] or list(RULES.values())[:1]
    return in_force[-1].version


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last days of a class, one rule for every way to a destination (DOMAIN 1.5, 4.6).

    Until `changes`, the day of the first rate (初次), what is registered may be changed. Until `registering`, the day of the
    year-end rate (年终), whoever has no placed destination comes to one: by registering, by signing online, by a book or by
    registering a paper. Who becomes free late has `reopened_days` more.
    """

    changes: date
    registering: date
    reopened_days: int

    def reopened_until(self, freed_on: date) -> date | None:
        """The last day for who became free on a day, None where it is no later than the class's own."""
        until = freed_on + timedelta(days=self.reopened_days)
        return until if until > self.registering else None

    def register_until(self, freed_on: date | None, reopened_until: date | None) -> date:
        """The last day for a graduate whose last agreement came to nothing on a day, and who was told of a later last day."""
        again = self.reopened_until(freed_on) if freed_on is not None else None
        return max(day for day in (self.registering, again, reopened_until) if day is not None)


REOPENED_DAYS = 30


def deadlines_of(
    class_year: int,
    change_deadline: date | None = None,
    registration_deadline: date | None = None,
    reopened_days: int = REOPENED_DAYS,
) -> Deadlines:
    """The last days of a class: those that its province has set, else 31 August and 31 December of the class.

    What may be changed may also be registered.
    """
    changes = change_deadline or date(class_year, 8, 31)
    return Deadlines(changes, max(changes, registration_deadline or date(class_year, 12, 31)), reopened_days)


def rate(numerator: int, denominator: int, places: int = 2) -> Decimal | None:
    """A percentage from counts, exact, rounded half up to `places`; None when there is nobody to count."""
    if denominator == 0:
        return None
    step = Decimal(1).scaleb(-places)
    return (Decimal(100 * numerator) / Decimal(denominator)).quantize(step, ROUND_HALF_UP)
