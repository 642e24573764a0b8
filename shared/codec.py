"""Events as frozen dataclasses on one side, (type, version, JSON) on the other; old shapes are lifted while reading.

An event class writes its own name down: `TYPE = "agreement.OfferSent"`, `VERSION = 1`, so that renaming a class never
breaks the past. How the data of an older version become the newest's, shared/stored.py says, to every reader.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, ClassVar, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from shared.errors import Reason, UnreadableEvent
from shared.stored import NEWER, lifted

Json = Any
T = TypeVar("T")

UNKNOWN_TYPE = Reason(
    "event.unknown_type",
    "事件类型{type:technical}未知，无法处理，请联系平台运维人员升级程序",
    "Nothing folds event type {type:technical}: operators bring a release that does",
    UnreadableEvent,
)
BAD_DATA = Reason(
    "event.bad_data",
    "事件{type:technical}的数据无法读取：{why:technical}，请联系平台运维人员",
    "The data of event {type:technical} cannot be read, {why:technical}: operators must look",
    UnreadableEvent,
)


class EventClass(Protocol):
    """What a codec asks of an event class."""

    TYPE: ClassVar[str]
    VERSION: ClassVar[int]


class Codec:
    """The event classes of one stream category, by their written types."""

    def __init__(self, *classes: type[Any]) -> None:
        self._classes: dict[str, type[Any]] = {cls.TYPE: cls for cls in classes}
        if len(self._classes) != len(classes):
            raise ValueError("two event classes share one TYPE")

    @property
    def classes(self) -> Mapping[str, type[Any]]:
        """Every event class by its type."""
        return self._classes

    def encode(self, event: Any) -> tuple[str, int, dict[str, Json]]:
        """An event as (type, version, JSON object)."""
        return event.TYPE, event.VERSION, to_json(event)

    def decode(self, event_type: str, version: int, data: dict[str, Json]) -> Any:
        """The event, lifted to its newest shape; fields nobody knows are passed over.

        Raises Unavailable `event.newer` where a newer release is needed, UnreadableEvent.
        """
        cls = self._classes.get(event_type)
        if cls is None:
            raise NEWER.error(type=event_type)
        return read_as(cls, event_type, lifted(event_type, version, data))


def read_as(cls: type[T], event_type: str, data: Mapping[str, Json]) -> T:
    """An event's data, as they are in its newest shape, as one reader's dataclass. Raises UnreadableEvent."""
    try:
        return from_json(cls, data)
    except (KeyError, TypeError, ValueError, ArithmeticError) as why:
        raise BAD_DATA.error(type=event_type, why=repr(why)) from why


_PLAIN = frozenset({str, int, bool})


def to_json(value: Any) -> Json:
    """A dataclass (or any value it may hold) as JSON values; None fields are left out."""
    match value:
        case None | bool() | int() | str():
            return value.value if isinstance(value, Enum) else value
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case tuple() | list():
            return [to_json(item) for item in value]
        case dict():
            return {str(key): to_json(item) for key, item in value.items()}
    if is_dataclass(value):
        # Most fields are plain, and an import of a roster writes millions of them.
        return {
            name: item if item.__class__ in _PLAIN else to_json(item)
            for name, item in _plan(type(value)).items(value)
            if item is not None
        }
    raise TypeError(f"no JSON form for {type(value).__name__}")


def from_json(cls: type[T], data: Mapping[str, Json]) -> T:
    """A dataclass from JSON; fields that it does not have are passed over. Raises KeyError, TypeError, ValueError."""
    plan = _plan(cls)
    if not isinstance(data, Mapping):
        raise TypeError(f"{cls.__name__} wants an object")
    missing = plan.required - data.keys()
    if missing:
        raise KeyError(f"missing fields {sorted(missing)}")
    return cls(**{name: read(data[name]) for name, read in plan.readers.items() if name in data})


@dataclass(frozen=True, slots=True)
class _Plan:
    items: Callable[[Any], Iterable[tuple[str, Any]]]
    required: frozenset[str]
    readers: Mapping[str, Callable[[Json], Any]]


def _made_plan(cls: type[Any]) -> _Plan:
    hints = get_type_hints(cls)
    own = fields(cls)
    return _Plan(
        items=_items(tuple(each.name for each in own)),
        required=frozenset(
            each.name
            for each in own
            if each.default is MISSING
            and each.default_factory is MISSING
            and type(None) not in get_args(hints[each.name])
        ),
        readers={each.name: _reader(hints[each.name]) for each in own},
    )


def _items(names: tuple[str, ...]) -> Callable[[Any], Iterable[tuple[str, Any]]]:
    """The fields of an object by name; all are fetched at once, for which there must be two."""
    if len(names) < 2:
        return lambda value: [(name, getattr(value, name)) for name in names]
    fetched = attrgetter(*names)
    return lambda value: zip(names, fetched(value), strict=True)


_PLANS: dict[type[Any], _Plan] = {}


def _plan(cls: type[Any]) -> _Plan:
    plan = _PLANS.get(cls)
    if plan is None:
        plan = _PLANS[cls] = _made_plan(cls)
    return plan


def _reader(hint: Any) -> Callable[[Json], Any]:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if origin in (Union, types.UnionType):
        inner = [_reader(arg) for arg in args if arg is not type(None)]
        if len(inner) != 1:
            raise TypeError(f"only `X | None` unions are stored, not {hint}")
        only = inner[0]
        return lambda value: None if value is None else only(value)
    if origin is tuple:
        item = _reader(args[0])
        return lambda value: tuple(item(each) for each in _list(value))
    if origin in (dict, Mapping):
        of = _reader(args[1])
        return lambda value: {str(key): of(each) for key, each in value.items()}
    supertype = getattr(hint, "__supertype__", None)
    if supertype is not None:
        return _reader(supertype)
    if hint in (datetime, date):
        parse = hint.fromisoformat
        return lambda value: parse(value)
    if hint in (UUID, Decimal) or (isinstance(hint, type) and issubclass(hint, Enum)):
        return lambda value: hint(value)
    if hint in (str, int, bool):
        return _exactly(hint)
    if is_dataclass(hint):
        nested: Any = hint
        return lambda value: from_json(nested, value)
    raise TypeError(f"no JSON form for {hint}")


def _exactly(kind: type[Any]) -> Callable[[Json], Any]:
    def read(value: Json) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is not {kind.__name__}")
        return value

    return read


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value
