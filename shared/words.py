"""The words of forms: what everything that travels coded is called in a sentence for people, in Chinese and English.

A sentence holds places such as `{status:agreement_state}`: the fact's name, and after the colon the vocabulary that says it.
Facts stay coded; only the sentence is in words. No refusal becomes a failure for lack of a word: what has none is quoted as it
is, and a guard walks every code there is and finds none (tests/guards/test_reasons.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from string import Formatter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from shared.clock import in_words
from shared.codes.destination import DESTINATIONS, FORMS, INTENTIONS
from shared.codes.pay import yuan
from shared.codes.tables import CANCELLATION_REASON, EVIDENCE, UNIT_NATURE, CodeTable, rows


class Words(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str


Vocabulary = Mapping[str, Words]


def _own() -> Mapping[str, Vocabulary]:
    found: dict[str, dict[str, Words]] = {}
    for row in rows("words"):
        found.setdefault(row["kind"], {})[row["code"]] = Words(row["zh"], row["en"])
    return found


def _named(names: Iterable[tuple[str, str]]) -> Vocabulary:
    """National names, which have no English of their own."""
    return MappingProxyType({code: Words(f"“{name}”", f"{code} ({name})") for code, name in names})


def _table(table: CodeTable) -> Vocabulary:
    return MappingProxyType({each.code: Words(each.name, each.more.get("en") or each.name) for each in table})


VOCABULARIES: Final[Mapping[str, Vocabulary]] = MappingProxyType(
    {
        **_own(),
        "evidence": _table(EVIDENCE),
        "cause": _table(CANCELLATION_REASON),
        "category": _named((each.code, each.name) for each in DESTINATIONS.values()),
        "form": _named((each.key, each.name) for each in FORMS.values()),
        "intention": _named((each.key, each.name) for each in INTENTIONS),
        "nature": _named((each.code, each.name) for each in UNIT_NATURE),
    }
)
_FIELDS = VOCABULARIES["field"]
# What the items of a list are called.
_ITEMS: Final = {"rows": Words("第{}行", "row {}"), "items": Words("第{}项", "item {}")}
# Objects of lanes, whose keys are no fields.
_MAPS: Final = ("at_least",)


def field(path: str, shape: str = "") -> Words:
    """What a field is called, by its path in a message of a shape: `rows.0.name` is 第1行 姓名.

    The same name may mean different things in two shapes. What no shape has is said as the caller wrote it.
    """
    before: list[Words] = []
    names: list[str] = []
    for part in path.split("."):
        if names and names[-1] in _MAPS:
            break
        if not part.isdecimal():
            names.append(part)
            continue
        number = int(part) + 1
        if names and names[-1] in _ITEMS:
            item = _ITEMS[names.pop()]
        else:
            list_of = _called(names, shape)
            names.clear()
            item = Words(f"{list_of.zh}第{{}}项", f"{list_of.en} {{}}")
        before.append(Words(item.zh.format(number), item.en.format(number)))
    said = [*before, _called(names, shape)] if names or not before else before
    return Words(" ".join(each.zh for each in said), " ".join(each.en for each in said))


def _called(names: list[str], shape: str) -> Words:
    names = [name for name in names if name not in ("key", "value")] or names
    whole = ".".join(names)
    for code in (f"{shape}.{whole}", whole, names[-1] if names else ""):
        if code in _FIELDS:
            return _FIELDS[code]
    return _quoted(whole[:40])


def _quoted(text: Any) -> Words:
    return Words(f"“{text}”", f"“{text}”")


def _plain(value: Any) -> Words:
    return Words(str(value), str(value))


def _day(value: str) -> Words:
    return Words(in_words(date.fromisoformat(value)), value)


def _yuan(fen: int) -> Words:
    return Words(f"{yuan(fen)} 元", f"{yuan(fen)} yuan")


# What is no code: how it is written. `sentence` is one of our own in both languages, its English under `…_en`.
WRITTEN: Final[Mapping[str, Callable[[Any], Words]]] = MappingProxyType(
    {
        "number": _plain,
        "digits": _plain,
        "day": _day,
        "fen": _yuan,
        "sentence": _plain,
        # What people or offices wrote; and what only operators and programmers meet: names of queues, tables, types.
        "text": _quoted,
        "technical": _quoted,
        "field": field,
    }
)


def words_of(kind: str, value: Any) -> Words:
    """A value in words; a list joined. Raises LookupError for a vocabulary that does not exist."""
    if isinstance(value, (list, tuple)):
        each = [words_of(kind, one) for one in value]
        return Words("、".join(one.zh for one in each), ", ".join(one.en for one in each))
    if kind in WRITTEN:
        return WRITTEN[kind](value)
    return VOCABULARIES[kind].get(value) or _quoted(value)


class _Speaker(Formatter):
    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(getattr(words_of(format_spec, value), self._language))


_CHINESE, _ENGLISH = _Speaker("zh"), _Speaker("en")


def say(zh: str, en: str, facts: Mapping[str, Any]) -> Words:
    """Two sentences with their places filled."""
    return Words(_CHINESE.vformat(zh, (), facts), _ENGLISH.vformat(en, (), facts))
