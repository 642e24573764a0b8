"""Every way to be told no: one stable code, two languages, the same facts in both, and words that people know.

Each sentence is said here with every value that can be filled in: every state, step, right, role, kind of evidence and field.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import pytest

from services.directory.rows import FIELDS as ROSTER_FIELDS
from services.directory.rows import HEADERS as ROSTER_HEADERS
from services.registration.exports import FIELDS as EXPORT_FIELDS
from services.registration.exports import HEADERS as EXPORT_HEADERS
from services.sync.store import REFUSALS
from shared import words
from shared.codes.tables import rows as table_rows
from shared.errors import Invalid
from shared.shapes import invalid, load
from tests.support.source import ROOT, calls_of, modules, parsed
from tests.support.spoken import BAD_VALUES, CODED, bad_message, choices, field_paths, latin, says_what_to_do, shapes


class Written(NamedTuple):
    """A Reason as it is written in the source."""

    code: str
    zh: str
    en: str
    kind: str


def _reasons() -> dict[str, Written]:
    """Each place a Reason is written, with its code, its sentences and its kind."""
    found = {}
    for path in modules():
        for call in calls_of(path, "Reason"):
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            given = dict(zip(("code", "zh", "en", "kind"), call.args, strict=False))
            given |= {word.arg: word.value for word in call.keywords if word.arg}
            code, zh, en = (ast.literal_eval(given[name]) for name in ("code", "zh", "en"))
            found[where] = Written(code, zh, en, ast.unparse(given["kind"]) if "kind" in given else "Refused")
    return found


REASONS = _reasons()
ALL = pytest.mark.parametrize("reason", REASONS.values(), ids=lambda reason: reason.code)

# What is quoted is somebody's own text or what a cell must hold; anything else is coded, and has words.
TEXTS = {
    "text": "what a cell holds",
    "such": "what a cell may hold",
    "columns": "the header of a file",
    "name": "the name of a school, a department or a category",
    "department": "the code that a school gave its department",
    "template": "the name of a form as the province gave it",
    "unit": "the unit on the roster",
    "characters": "characters with their numbers, which are how rare ones are told apart",
}
# What only operators and programmers meet may name a queue, a table or a type.
OF_OPERATORS = {
    "Unavailable": "something is away: nobody but operators can do more than wait",
    "UnreadableEvent": "a follower stopped",
    "call.unknown_method": "a program asked for what is not there",
    "event.unreadable": "no person sends events",
}
NOTHING_TO_DO = {"directory.graduate_erased": "nothing brings it back"}
SAMPLES: dict[str, tuple[Any, ...]] = {
    "number": (7,),
    "digits": ("10108",),
    "day": ("2021-04-08",),
    "fen": (1234,),
    "sentence": ("内容不符",),
    "text": ("原文", ["甲", "乙"]),
    "technical": ("名称",),
    "field": tuple(sorted({*field_paths(), *ROSTER_FIELDS, *EXPORT_FIELDS})),
}


class Place(NamedTuple):
    name: str
    kind: str


def places(sentence: str) -> list[Place]:
    return [Place(name, spec or "") for _, name, spec, _ in Formatter().parse(sentence) if name is not None]


def values(kind: str) -> tuple[Any, ...]:
    """Every value that a place of a kind can be filled with; of texts and numbers a sample."""
    return SAMPLES[kind] if kind in words.WRITTEN else (*words.VOCABULARIES[kind], list(words.VOCABULARIES[kind]))


def filled(reason: Written) -> Iterator[words.Words]:
    """The two sentences with every value of every place."""
    first = {place.name: values(place.kind)[0] for place in [*places(reason.zh), *places(reason.en)]}
    yield words.say(reason.zh, reason.en, first)
    for place in places(reason.zh):
        for value in values(place.kind):
            assert place.kind in words.WRITTEN or isinstance(value, list) or value in words.VOCABULARIES[place.kind]
            yield words.say(reason.zh, reason.en, first | {place.name: value})


def test_reasons_are_found() -> None:
    assert len(REASONS) > 50


def test_no_two_reasons_share_a_code() -> None:
    counted = Counter(reason.code for reason in REASONS.values())
    assert not {where: reason.code for where, reason in REASONS.items() if counted[reason.code] > 1}


@ALL
def test_a_reason_is_said_in_both_languages_with_the_same_facts(reason: Written) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+", reason.code)
    # A fact that is itself a sentence travels twice: `why` and `why_en`.
    assert {(name.removesuffix("_en"), kind) for name, kind in places(reason.en)} == set(places(reason.zh))
    assert re.search(r"[\u4e00-\u9fff]", reason.zh) or "why" in reason.zh
    assert re.search(r"[A-Za-z]", reason.en)


@ALL
def test_every_place_says_in_which_words(reason: Written) -> None:
    for name, kind in places(reason.zh):
        assert kind in words.WRITTEN or kind in words.VOCABULARIES, name
        assert kind != "text" or name in TEXTS
        assert kind != "technical" or {reason.kind, reason.code} & set(OF_OPERATORS)


@ALL
def test_no_value_brings_latin_into_the_chinese_sentence(reason: Written) -> None:
    for said in filled(reason):
        assert not latin(said.zh), said.zh
        assert "{" not in said.en or reason.code == "payload.unreadable"


@ALL
def test_a_reason_says_what_to_do(reason: Written) -> None:
    whole = [name for name, kind in places(reason.zh) if kind == "sentence" and reason.zh == f"{{{name}:{kind}}}"]
    assert says_what_to_do(reason.zh) or whole or reason.code in NOTHING_TO_DO, reason.zh


@pytest.mark.parametrize(("zh", "en"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_national_side_refuses_is_said_in_words_and_says_what_to_do(zh: str, en: str) -> None:
    assert not latin(zh)
    assert says_what_to_do(zh)
    assert en.isascii()


def _text(node: ast.expr) -> str | None:
    """A literal, or an f-string without its places: what may stand there is told by FILLINGS."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values)
    return None


def _argument(path: Path, call: ast.Call, index: int) -> ast.expr:
    """An argument, also one of a pair of sentences that has a name of its own."""
    given = call.args[index]
    if not isinstance(given, ast.Starred):
        return given
    (pair,) = (
        each.value
        for each in parsed(path).body
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == ast.unparse(given.value)
    )
    assert isinstance(pair, ast.Tuple)
    return pair.elts[index]


def _reported() -> list[tuple[str, str, ast.expr]]:
    """The Chinese part of each complaint about an identifier, a cell or a file, with its class and where it is."""
    found = []
    for path in modules():
        for name, index in (("BadIdentifier", 1), ("Doubt", 1), ("BadWorkbook", 0)):
            for call in calls_of(path, name):
                found.append((f"{path.relative_to(ROOT)}:{call.lineno}", name, _argument(path, call, index)))
    return found


def _pairs() -> list[tuple[str, str, ast.expr]]:
    """Every `中文 / English` in the source."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", "pair", node)
        for path in modules()
        if path.parts[len(ROOT.parts)] != "wq"
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        and re.search(r"[\u4e00-\u9fff].* / [a-z]", _text(node) or "")
    ]


COMPLAINTS = [*_reported(), *_pairs()]
# What f-strings of complaints are filled with besides what stands in “”: numbers, and what is in words already.
FILLINGS = {
    "max_length",
    "minimum",
    "maximum",
    "known",
    "bad.zh",
    "LENGTH",
    "WIDEST_ROW",
    "county",
    "until",
    "zh",
    "IDENTITY_DOCUMENT.name(kind)",
    "'、'.join(map(UNIT_NATURE.name, uscc.natures))",
    "UNIT_NATURE.name(nature)",
}


def test_complaints_are_found() -> None:
    assert {kind for _, kind, _ in COMPLAINTS} == {"BadIdentifier", "Doubt", "BadWorkbook", "pair"}


@pytest.mark.parametrize(("where", "kind", "node"), COMPLAINTS, ids=[where for where, _, _ in COMPLAINTS])
def test_a_complaint_is_chinese_and_filled_with_words(where: str, kind: str, node: ast.expr) -> None:
    text = _text(node)
    assert text is not None, where
    chinese = text.partition(" / ")[0]
    assert not latin(chinese), chinese
    assert kind not in ("BadIdentifier", "Doubt") or says_what_to_do(chinese)
    before = ""
    for part in getattr(node, "values", ()):
        if isinstance(part, ast.Constant):
            before += str(part.value)
        elif " / " not in before and not before.endswith("“"):
            assert ast.unparse(part.value) in FILLINGS, where


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: f"{shape.__module__.split('.')[1]}.{shape.__name__}")
def test_a_message_of_the_wrong_shape_is_refused_in_words(shape: Any) -> None:
    """Every field with every wrong value, an unknown field besides."""
    for value in BAD_VALUES:
        with pytest.raises(Invalid) as caught:
            load(shape, {**bad_message(shape, value), "surplus": 1})
        for path, reasons in caught.value.details["fields"].items():
            for reason in reasons:
                told = invalid({path: [reason]}, shape)
                assert not latin(told.zh), told.zh
                assert says_what_to_do(told.zh)


@pytest.mark.parametrize("kind", sorted(CODED))
def test_a_vocabulary_says_what_there_is_and_nothing_else(kind: str) -> None:
    assert set(words.VOCABULARIES[kind]) == CODED[kind]


def test_every_vocabulary_of_ours_is_held_against_its_source() -> None:
    ours = {row["kind"] for row in table_rows("words")} - {"field"}
    fixed = set(map(frozenset, choices()))
    assert not [kind for kind in ours - set(CODED) if frozenset(words.VOCABULARIES[kind]) not in fixed]


def test_every_evidence_has_english() -> None:
    assert not [code for code, said in words.VOCABULARIES["evidence"].items() if said.zh == said.en]


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: f"{shape.__module__.split('.')[1]}.{shape.__name__}")
def test_every_field_of_a_schema_has_words(shape: Any) -> None:
    for path in field_paths(shape):
        assert "“" not in words.field(path, shape.__name__).zh, path


@pytest.mark.parametrize(
    ("fields", "headers"), [(ROSTER_FIELDS, ROSTER_HEADERS), (EXPORT_FIELDS, EXPORT_HEADERS)], ids=["roster", "export"]
)
def test_a_column_is_called_as_its_header(fields: tuple[str, ...], headers: dict[str, str]) -> None:
    for name in fields:
        # A code and its name are two columns of one thing.
        assert headers[words.field(name).zh].removesuffix("_name") == name.removesuffix("_name")


def named_fields() -> set[str]:
    """Every field that a refusal is about, as the source writes it."""
    return {
        node.value.value
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.keyword)
        and node.arg == "field"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def test_a_field_that_a_refusal_names_has_words() -> None:
    named = named_fields()
    assert len(named) > 30
    assert not [name for name in named if "“" in words.field(name).zh]


def test_no_word_is_for_nothing() -> None:
    known = {*field_paths(), *ROSTER_FIELDS, *EXPORT_FIELDS, *named_fields(), ""}
    ends = {path.rpartition(".")[2] for path in known}
    qualified = {f"{shape.__name__}.{path}" for shape in shapes() for path in field_paths(shape)}
    assert not [code for code in words.VOCABULARIES["field"] if code not in known | ends | qualified]
