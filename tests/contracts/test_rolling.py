"""While releases roll, events come in shapes of another release: every reader makes of them what it makes of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from services.agreement import cases as agreement_cases
from services.agreement import decider as agreement
from services.agreement.facts import begun_in, standing_of
from services.directory import decider as directory
from services.directory import exporting, proposers
from services.directory.papers import evidence, printing
from services.registration import decider as registration
from services.review import decider as review
from services.review import subjects, units
from services.sync import records
from shared.envelope import pack, unpack
from shared.errors import ServiceError, Unavailable
from shared.handling import Handling
from shared.messages import Recorded
from shared.stored import WHOLE
from shared.views import Views
from tests.support import directory_examples as d
from tests.support import examples, registration_examples
from tests.support.golden_examples import MEANT, class_of, codec_of, codecs, event_classes, recorded
from tests.support.source import ROOT, modules, parsed
from tests.support.spec import EMPLOYER_ID, GRADUATE_ID, LANE, NOW
from tests.support.variants import SHAPES, defaults_of, tell_as
from wq.composition import CONTEXTS, subscriptions

History = Sequence[Recorded]
Outcome = Callable[[], Any]
TYPES = [event_class.TYPE for event_class in event_classes()]


def of(*contexts: str) -> list[Recorded]:
    """Every golden of these contexts, in the order of life."""
    return [recorded(each, number) for number, each in enumerate(TYPES, 1) if each.partition(".")[0] in contexts]


def about(category: str) -> list[Recorded]:
    """Every golden of one of the directory's codecs, by a type of it."""
    (codec,) = (codec for _, codec in codecs() if category in codec.classes)
    return [recorded(each, number) for number, each in enumerate(codec.classes, 1)]


def streams() -> Mapping[str, History]:
    """The streams of the golden graduate, employer, province and school, with everything that can happen in them."""
    return {
        f"graduate-{GRADUATE_ID}": [recorded(ENROLLED), recorded("directory.GraduateCorrected", 2)],
        f"basic_data-{GRADUATE_ID}": about("directory.BasicDataConfirmed"),
        f"agreement-{GRADUATE_ID}": of("agreement"),
        f"registration-{GRADUATE_ID}": of("registration"),
        f"province-{LANE}": about("directory.ProvinceSettingsChanged"),
        f"school-{LANE}-10108": about("directory.SchoolListed"),
        f"employer-{EMPLOYER_ID}": about("directory.EmployerRegistered"),
        f"evidence-{EVIDENCE_ID}": about("directory.EvidenceStored"),
    }


ENROLLED = "directory.GraduateEnrolled"
EVIDENCE_ID = MEANT["directory.EvidenceStored", 1].evidence_id
SUBJECTS = (
    examples.OFFER_ID,
    examples.CANCELLATION_ID,
    examples.REVIEW_ID,
    examples.BOOK_ID,
    registration_examples.REGISTRATION_ID,
    registration_examples.VOID_ID,
)


def prefixes(history: History) -> list[History]:
    return [history[:length] for length in range(1, len(history) + 1)]


def facts_of(handling: Handling[Any], *commands: Any, told: Mapping[str, History] | None = None) -> list[Any]:
    named = (name for command in commands for name in (handling.stream(command), *handling.reads(command)))
    known: dict[str, History] = {**dict.fromkeys(named, ()), **(streams() if told is None else told)}
    found = []
    for command in commands:
        then = {name: known.get(name, ()) for name in handling.then_reads(command, known)}
        found.append(handling.facts(command, {**known, **then}))
    return found


def printed(history: History) -> Any:
    book = printing.printable(examples.OFFER_ID, history)
    return book.number, book.paper_id, book.form, book.employer_id, book.mark, dict(book.terms).keys() & set(_PRINTED)


_PRINTED = ("position", "job_title", "monthly_salary", "penalty", "remarks", "unit_name")

# By the module that reads: what it makes of the goldens.
READERS: Mapping[str, Outcome] = {
    "services/agreement/facts.py": lambda: [
        *facts_of(agreement.HANDLING, examples.SEND, examples.ACCEPT, examples.REQUEST_CANCELLATION, examples.ATTEST),
        *(standing_of(each) for each in prefixes(streams()[f"employer-{EMPLOYER_ID}"])),
        *({**(begun_in(of("agreement"), each) or {})}.get("province_version") for each in SUBJECTS),
    ],
    "services/agreement/decider/__init__.py": lambda: facts_of(
        agreement.HANDLING, replace(examples.PASS, kind="paper", subject_id=examples.REVIEW_ID)
    ),
    "services/agreement/cases.py": lambda: [
        [sorted(each) for each in agreement_cases.cases_of(agreement.HANDLING.initial, of("agreement"))]
    ],
    "services/registration/facts.py": lambda: facts_of(
        registration.HANDLING,
        registration_examples.REGISTER,
        registration_examples.PASS,
        registration_examples.REQUEST_VOID,
    ),
    "services/review/decider.py": lambda: [
        review.chain_of(kind, 2026, about("directory.ProvinceSettingsChanged"), about("directory.SchoolListed"))
        for kind in ("agreement", "cancellation")
    ],
    "services/review/subjects.py": lambda: [
        subjects.shown_subject(kind, each, of("agreement"), of("registration"))
        for kind in ("agreement", "application", "signing", "paper", "loss", "cancellation", "registration", "void")
        for each in SUBJECTS
    ],
    "services/review/units.py": lambda: [
        units.standing_of(each) for each in prefixes(about("directory.EmployerRegistered"))
    ],
    "services/directory/papers/evidence.py": lambda: facts_of(
        evidence.HANDLING, evidence.ReadEvidence(EVIDENCE_ID, GRADUATE_ID)
    ),
    "services/directory/exporting.py": lambda: [
        exporting.row_of({"name": "李雷"}, streams()[f"graduate-{GRADUATE_ID}"], each)
        for each in prefixes(of("registration"))
    ],
    "services/directory/proposers.py": lambda: [
        proposers.proposed_to(EMPLOYER_ID, each, NOW + timedelta(days=1)) for each in prefixes(of("agreement"))
    ],
    "services/directory/papers/printing.py": lambda: [
        refused(partial(printed, each)) for each in prefixes(of("agreement"))
    ],
    "services/directory/decider/employers.py": lambda: facts_of(
        directory.EMPLOYER, d.REGISTER, directory.VerifyEmployer(EMPLOYER_ID)
    ),
    "services/directory/decider/graduates.py": lambda: facts_of(directory.GRADUATE, d.REMOVE),
    "services/sync/records.py": lambda: reported(of("directory", "registration")),
}


def refused(work: Outcome) -> Any:
    try:
        return work()
    except ServiceError as error:
        return error.code


def reported(history: History) -> list[Any]:
    state, told = records.Reported(GRADUATE_ID), []
    for event in history:
        if event.type in records.TYPES:
            state, record = records.report(state, event)
            told.append(record)
    return told


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("module", READERS)
def test_a_reader_understands_every_shape_the_same(module: str, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    as_stored = READERS[module]()
    tell_as(monkeypatch, shape)
    assert READERS[module]() == as_stored


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("event_type", TYPES)
def test_an_owner_folds_every_shape_of_its_events_alike(
    event_type: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_as(monkeypatch, shape)
    event = recorded(event_type).event
    assert codec_of(event_type).decode(event_type, event.type_version, event.data) == MEANT[event_type, 1]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_is_published_as_it_is_stored(event_type: str, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tell_as(monkeypatch, shape)
    event = recorded(event_type)
    assert unpack(pack(event)).event == event.event


@pytest.mark.parametrize("event_type", WHOLE)
def test_a_new_field_of_what_is_understood_whole_is_waited_for(event_type: str) -> None:
    event = recorded(event_type, later="2026-07-01")
    with pytest.raises(Unavailable) as caught:
        _ = event.data
    assert caught.value.code == "event.newer"
    # It is handed on all the same: who publishes need not understand.
    assert unpack(pack(event)).event == event.event


@pytest.mark.parametrize(("consumer", "event_type"), subscriptions(), ids=lambda name: name)
def test_a_reaction_waits_for_a_release_that_knows_the_version(consumer: str, event_type: str) -> None:
    known = recorded(event_type)
    newer = replace(known, event=replace(known.event, type_version=2))
    reactions = import_module(f"services.{consumer}.policy").REACTIONS
    with pytest.raises(Unavailable):
        reactions[event_type](newer)


def test_a_decision_waits_where_a_stream_that_it_reads_is_newer() -> None:
    told = {**streams(), f"province-{LANE}": [recorded("directory.ProvinceSettingsChanged", quota=1)]}
    for handling, command in (
        (agreement.HANDLING, examples.SEND),
        (registration.HANDLING, registration_examples.REGISTER),
    ):
        with pytest.raises(Unavailable):
            handling.facts(command, told)


def declared() -> list[tuple[str, Any, str]]:
    """Every view of every context: whose it is, what it holds, and of which events."""
    found = []
    for context in CONTEXTS:
        if not (ROOT / "services" / context / "views.py").exists():
            continue
        module = import_module(f"services.{context}.views")
        views = [value for value in vars(module).values() if isinstance(value, Views)]
        found += [(context, kind, event_type) for each in views for event_type, kind in each.kinds.items()]
    return found


@pytest.mark.parametrize(
    ("context", "kind", "event_type"), declared(), ids=lambda part: getattr(part, "__name__", part)
)
def test_a_view_reads_what_is_left_out_as_its_owner_does(context: str, kind: Any, event_type: str) -> None:
    assert not event_type.startswith(f"{context}.")
    owner, own = defaults_of(class_of(event_type)), {each.name for each in fields(class_of(event_type))}
    for name, meant in defaults_of(kind).items():
        assert meant == owner.get(name, meant)
        # One view may serve several events, of which some never say this.
        assert name in own or meant is None
    assert {each.name for each in fields(kind)} - defaults_of(kind).keys() <= own - owner.keys()


@pytest.mark.parametrize("category", ["graduate", "basic_data", "province", "school", "employer", "registration"])
def test_a_decision_waits_where_something_unheard_of_happened(category: str) -> None:
    told = {name: list(history) for name, history in streams().items()}
    (name,) = (name for name in told if name.startswith(f"{category}-"))
    known = told[name][-1]
    told[name].append(replace(known, event=replace(known.event, type="directory.BarredForLife")))
    with pytest.raises(Unavailable) as caught:
        facts_of(agreement.HANDLING, examples.SEND, told=told)
    assert caught.value.code == "event.newer"


# Who may look at an event as it is stored: whoever keeps, carries or prints it, and the fold, which lifts it itself.
AS_STORED = {
    "shared/envelope.py",
    "shared/eventlog/memory.py",
    "shared/eventlog/postgres.py",
    "shared/handling.py",
    "shared/messages.py",
    "wq/log_view.py",
}


def test_nobody_else_reads_an_event_as_it_is_stored() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr == "data"
        and (
            (isinstance(node.value, ast.Attribute) and node.value.attr == "event")
            or (isinstance(node.value, ast.Name) and node.value.id == "event" and _is_new_event(path))
        )
    }
    assert found <= AS_STORED


def _is_new_event(path: Path) -> bool:
    """Policies call what they react to `event`: it is a recorded one, whose data are lifted."""
    return path.name != "policy.py"


# Read models and what is told from them: told every shape in tests/integration/contracts/test_read_models.py. Policies:
# in test_consumers.py, which lists them by itself.
ELSEWHERE = {"policy.py", "read_model.py", "verification_records.py", "delivery.py"}
# What is only shown: every value is looked up by its name, none is needed.
SHOWN = {"services/registration/service.py", "services/review/service.py", "services/directory/service.py"}


def test_every_module_that_reads_events_is_told_every_shape() -> None:
    reading = {
        str(path.relative_to(ROOT))
        for path in modules()
        if path.relative_to(ROOT).parts[0] == "services"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr == "data" and isinstance(node.ctx, ast.Load)
    }
    told = {name for name in reading if name.rpartition("/")[2] in ELSEWHERE} | SHOWN | READERS.keys()
    assert reading <= told
