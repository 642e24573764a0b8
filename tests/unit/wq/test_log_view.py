"""What people read of the log: one graduate's history is that graduate's, and nothing in it tells of the person."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import orjson
import pytest
from click.testing import CliRunner
from rich.console import Console

from services.review.decider import case_of
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Write
from shared.messages import NewEvent, new_id
from tests.support.golden_examples import golden
from tests.support.spec import COMMAND_ID, GRADUATE_ID, LANE, NOW, SYSTEM, command_id
from wq import log_view
from wq.cli import main

OTHER_ID = f"{LANE}-00000000-0000-4000-8000-0000000000a2"
OFFER, OTHER_OFFER = (new_id(LANE, command_id(number), "offer") for number in (1, 2))


def told(log: MemoryLog, stream: str, event_type: str, **changes: str) -> None:
    """Write a golden; every event has the correlation id of one bulk command."""
    stored = golden(event_type)
    event = NewEvent(
        stored["type"],
        stored["version"],
        {**stored["data"], **changes},
        uuid4(),
        uuid4(),
        COMMAND_ID,
        None,
        SYSTEM,
        NOW,
    )
    log.append(LANE, Write(stream, len(log.read([stream])[stream]), [event]))


def a_log() -> MemoryLog:
    log = MemoryLog()
    for graduate_id, offer_id in ((GRADUATE_ID, OFFER), (OTHER_ID, OTHER_OFFER)):
        told(log, f"graduate-{graduate_id}", "directory.GraduateEnrolled", graduate_id=graduate_id)
        told(log, f"agreement-{graduate_id}", "agreement.OfferAccepted", graduate_id=graduate_id, offer_id=offer_id)
        told(log, f"review-{case_of('agreement', offer_id)}", "review.ReviewOpened", subject_id=offer_id)
    told(log, f"erasure-{GRADUATE_ID}", "directory.GraduateErased")
    return log


def test_a_graduates_history_is_of_every_context_and_of_nobody_else() -> None:
    history = log_view.of_graduate(a_log(), GRADUATE_ID)
    assert [event.type for event in history] == [
        "directory.GraduateEnrolled",
        "agreement.OfferAccepted",
        "review.ReviewOpened",
        "directory.GraduateErased",
    ]
    assert [event.position for event in history] == [1, 2, 3, 7]


def test_a_row_tells_nothing_of_the_person() -> None:
    (enrolled, *_) = log_view.of_graduate(a_log(), GRADUATE_ID)
    facts = log_view.row(enrolled)[-1]
    assert "school=10108" in facts
    assert not any(word in facts for word in ("personal", "id_hash", "graduate_id"))


def test_a_row_is_dated_as_people_in_china_date_it() -> None:
    (enrolled, *_) = log_view.of_graduate(a_log(), GRADUATE_ID)
    assert log_view.row(enrolled)[:2] == ("14/1", "2026-05-04 10:00:00")


def test_a_line_of_json_tells_the_event_with_its_ids_and_nothing_of_the_person() -> None:
    (enrolled, *_) = log_view.of_graduate(a_log(), GRADUATE_ID)
    told = orjson.loads(log_view.json_line(enrolled))
    assert (told["lane"], told["position"], told["type"]) == ("14", 1, "directory.GraduateEnrolled")
    assert told["data"]["graduate_id"] == GRADUATE_ID
    assert not {"personal", "id_hash"} & told["data"].keys()


@pytest.mark.parametrize(("arguments", "wanted"), [([], "school=10108"), (["--json"], '"school":"10108"')])
def test_into_a_pipe_every_event_is_one_line_and_nothing_is_cut_off(
    arguments: list[str], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_log()
    monkeypatch.setattr("wq.cli.read_settings", lambda: None)
    monkeypatch.setattr("shared.eventlog.opening.open_log", lambda settings, kind: log)
    printed = CliRunner().invoke(main, ["log", "--graduate", GRADUATE_ID, *arguments])
    lines = printed.output.splitlines()
    assert (printed.exit_code, len(lines)) == (0, 4)
    assert wanted in lines[0]
    assert "directory.GraduateEnrolled" in lines[0]


def test_in_a_terminal_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    log = a_log()
    monkeypatch.setattr("wq.cli.read_settings", lambda: None)
    monkeypatch.setattr("shared.eventlog.opening.open_log", lambda settings, kind: log)
    terminal = Console(force_terminal=True, width=60, color_system=None, file=StringIO(), highlight=False)
    monkeypatch.setattr("wq.cli.out", terminal)
    assert CliRunner().invoke(main, ["log", "--graduate", GRADUATE_ID]).exit_code == 0
    assert isinstance(terminal.file, StringIO)
    printed = terminal.file.getvalue()
    assert "…" not in printed
    # Every letter of the longest type is there, line below line.
    cells = [line.split("│")[4].strip() for line in printed.splitlines() if line.count("│") > 4]
    assert "directory.GraduateEnrolled" in "".join(cells)
