"""毕业去向类别: categories, what each asks for, and how rates are formed from them (DOMAIN 1.5, 2.1, 4, 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from shared.codes.tables import UnknownCode, rows

NOT_REGISTERED = ""
AGREEMENT = "10"
UNPLACED_CLASS = "未就业"
UNIT, FREE, FORBIDDEN = "unit", "free", "forbidden"


@dataclass(frozen=True, slots=True)
class DestinationCode:
    """One category. `required` and `forbidden` name the fields of a destination; groups say what it counts as.

    `unit_natures` are the only natures of unit that may be given, any when empty. `evidence` are the kinds of which one
    is asked. `uscc`: a credit code is asked for, or the reason why there is none; `unit_contact`: the unit's address and
    phone, of who registers; agreements and older systems do not tell them. `bound` says what it is to graduates
    who were trained for a unit (定向, 委培): UNIT, FREE or FORBIDDEN. `min_chain` are the offices that must look at it,
    whatever the settings.
    A code that is not `registrable` is a parent or an old flat code: accepted in imports, not in registrations.
    """

    code: str
    parent: str | None
    name: str
    class3: str
    groups: Mapping[str, str]
    registrable: bool
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    unit_natures: tuple[str, ...]
    evidence: tuple[str, ...]
    minimum_wage: bool
    uscc: bool
    unit_contact: bool
    bound: str
    min_chain: tuple[str, ...]

    @property
    def placed(self) -> bool:
        """Whether who has it counts as placed (落实)."""
        return self.class3 != UNPLACED_CLASS


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of category 10 that is registered by its evidence, not by signing (seed notice; DOMAIN 1.5).

    `abroad`: its place, if one is given, lies outside the mainland; no other destination has such a place (DOMAIN 5.4).
    """

    key: str
    code: str
    name: str
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    unit_natures: tuple[str, ...]
    evidence: tuple[str, ...]
    uscc: bool
    unit_contact: bool
    abroad: bool


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
    """One version of the official formula; `rates` in the order in which they are printed."""

    version: str
    rates: tuple[Rate, ...]


PLACEMENT_RATE = "毕业去向落实率"


def _rule(version: str, parts: Mapping[str, str]) -> Rule:
    # The whole is counted from its graduates, never added up from rounded parts (DOMAIN 4.5).
    placed = tuple(parts.values())
    return Rule(
        version,
        (
            *(Rate(name, (group,)) for name, group in parts.items()),
            Rate(PLACEMENT_RATE, placed),
            Rate("待就业率", ("待就业",)),
            Rate("暂不就业率", ("暂不就业",)),
        ),
    )


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        # 教学厅函〔2021〕19号
        "2021": _rule(
            "2021",
            {
                "协议和合同就业率": "协议和合同就业",
                "自主创业率": "自主创业",
                "灵活就业率": "灵活就业",
                "升学率": "升学",
            },
        ),
        # 教就业厅函〔2024〕11号
        "2024": _rule(
            "2024",
            {"单位就业率": "单位就业", "自主创业率": "自主创业", "自由职业率": "自由职业", "升学率": "升学"},
        ),
    }
)


def _listed(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(filter(None, text.split(separator)))


DESTINATIONS: Mapping[str, DestinationCode] = MappingProxyType(
    {
        row["code"]: DestinationCode(
            code=row["code"],
            parent=row["parent"] or None,
            name=row["name"],
            class3=row["class3"],
            groups=MappingProxyType({"2021": row["group_2021"], "2024": row["group_2024"]}),
            registrable=row["registrable"] == "1",
            required=_listed(row["required"]),
            forbidden=_listed(row["forbidden"]),
            unit_natures=_listed(row["unit_natures"]),
            evidence=_listed(row["evidence"], "|"),
            minimum_wage=row["minimum_wage"] == "1",
            uscc=row["uscc"] == "1",
            unit_contact=row["unit_contact"] == "1",
            bound=row["bound"],
            min_chain=_listed(row["min_chain"]),
        )
        for row in rows("destinations")
    }
)

FORMS: Mapping[str, Form] = MappingProxyType(
    {
        row["key"]: Form(
            key=row["key"],
            code=row["code"],
            name=row["name"],
            required=_listed(row["required"]),
            forbidden=_listed(row["forbidden"]),
            unit_natures=_listed(row["unit_natures"]),
            evidence=_listed(row["evidence"], "|"),
            uscc=row["uscc"] == "1",
            unit_contact=row["unit_contact"] == "1",
            abroad=row["abroad"] == "1",
        )
        for row in rows("forms")
    }
)

INTENTIONS: tuple[Intention, ...] = tuple(Intention(row["code"], row["key"], row["name"]) for row in rows("intentions"))


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
    """The rule version of a graduating class: the 2024 rule from the class of 2025 on (DOMAIN 4.2)."""
    return "2021" if class_year <= 2024 else "2024"


def last_day_of_changes(class_year: int, own: date | None) -> date:
    """The last day on which destinations of a class change: the province's own, else 31 August of the class (DOMAIN 1.5)."""
    return own or date(class_year, 8, 31)


def rate(numerator: int, denominator: int, places: int = 2) -> Decimal | None:
    """A percentage from counts, exact, rounded half up to `places`; None when there is nobody to count."""
    if denominator == 0:
        return None
    step = Decimal(1).scaleb(-places)
    return (Decimal(100 * numerator) / Decimal(denominator)).quantize(step, ROUND_HALF_UP)
