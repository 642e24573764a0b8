"""The stored example of every event class: `tests/contracts/golden/<context>.<Type>.v<N>.json`, and what each must mean.

A new event class, or a new version of one: add its example here, then write what is missing with

    python -m tests.support.golden_examples

which never touches a golden that is there. After a VERSION is raised, the entry of the old version becomes what its
golden is lifted to; the golden itself stays as it was stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import uuid5

from services.directory import events as d
from shared.codec import Codec
from shared.messages import NewEvent, Recorded
from tests.support import examples, registration_examples, review_examples
from tests.support.spec import COMMAND_ID, EMPLOYER_ID, GRADUATE_ID, LANE, NOW, SYSTEM
from wq.composition import TELLING

GOLDEN: Final = Path(__file__).parents[1] / "contracts" / "golden"

_ENTRY: Final[dict[str, Any]] = {
    "graduate_id": GRADUATE_ID,
    "province": "14",
    "school": "10108",
    "department": "07",
    "class_year": 2026,
    "education": "31",
    "major_code": "080202",
    "major_name": "机械设计制造及其自动化",
    "study_mode": "全日制",
    "study_years": "4",
    "training": "1",
    "sex": "2",
    "ethnic": "01",
    "political": "03",
    "hardship": "0",
    "normal": "2",
    "origin": "140105",
    "household": "城镇",
    "enrolled_on": date(2022, 9, 1),
    "graduates_on": date(2026, 7, 1),
    "personal": "AQ==",
    "personal_hash": "aa",
    "id_hash": "bb",
}
DIRECTORY: Final[tuple[Any, ...]] = (
    d.CheckAddressSet("https://check.example"),
    d.ProvinceSettingsChanged("14", 2026, 2, ("department", "school"), ("school",), 5, 30, 15),
    d.SchoolListed("10108", "4114010108", "山西大学", "14", "山西省", "太原市", "本科", private=False),
    d.SchoolCodeTaken("80168", "14"),
    d.SchoolRenamed("10108", "山西综合大学", date(2026, 6, 1)),
    d.SchoolSettingsChanged("10108", 2026, review_chain=("school",)),
    d.DepartmentAdded("10108", "07", "机械工程学院"),
    d.GraduateEnrolled(**_ENTRY),
    d.GraduateCorrected(**{**_ENTRY, "training": "2", "agreed_unit": "晋阳机械（集团）有限公司"}),
    d.GraduateRemoved(GRADUATE_ID, "延期毕业"),
    d.PersonClaimed(GRADUATE_ID, "10108", 2026, "31", date(2022, 9, 1), date(2026, 7, 1), claimed_at=NOW),
    d.PersonReleased(GRADUATE_ID),
    d.GraduateErased(GRADUATE_ID, "本人申请"),
    d.BasicDataConfirmed(GRADUATE_ID, 1),
    d.BasicDataDisputed(f"{LANE}-00000000-0000-4000-8000-0000000000d2", GRADUATE_ID, 1, "major_name", "AQ=="),
    d.DisputeAnswered(f"{LANE}-00000000-0000-4000-8000-0000000000d2", GRADUATE_ID, "Ag=="),
    d.EmployerRegistered(
        employer_id=EMPLOYER_ID,
        name="晋阳机械（集团）有限公司",
        nature="31",
        industry="31",
        place="140105",
        address="太原市小店区",
        personal="AQ==",
        uscc="91140000110000000X",
    ),
    d.EmployerVerified(EMPLOYER_ID),
    d.EmployerClosed(EMPLOYER_ID, "deregistered", date(2026, 4, 30)),
    d.EmployerContactChanged(EMPLOYER_ID, "31", "140105", "太原市迎泽区", "Ag=="),
    d.EmployerChangeRequested(EMPLOYER_ID, "晋阳智能装备有限公司", "31"),
    d.EmployerChangeVerified(EMPLOYER_ID, "晋阳智能装备有限公司", "31"),
    d.EmployerChangeReturned(EMPLOYER_ID, "营业执照不清晰"),
    d.LicenceStored(
        licence_id="00-00000000-0000-4000-8000-0000000000d1",
        employer_id=EMPLOYER_ID,
        media_type="image/png",
        size=123_456,
        digest="ab" * 32,
        address="cd" * 32,
    ),
    d.LicenceRead("00-00000000-0000-4000-8000-0000000000d1"),
    d.EmployerReturned(EMPLOYER_ID, "营业执照不清晰"),
    d.EmployerSuspended(EMPLOYER_ID, "虚假招聘"),
    d.EmployerReinstated(EMPLOYER_ID),
    d.EvidenceStored(
        evidence_id=f"{LANE}-00000000-0000-4000-8000-0000000000e1",
        graduate_id=GRADUATE_ID,
        kind="labour_contract",
        media_type="application/pdf",
        size=123_456,
        digest="ab" * 32,
        address="cd" * 32,
    ),
    d.EvidenceRead(f"{LANE}-00000000-0000-4000-8000-0000000000e1"),
)

_EXAMPLES: Final[tuple[Any, ...]] = (
    *DIRECTORY,
    *examples.EVENTS,
    *examples.CLAIMS,
    *registration_examples.EVENTS,
    *review_examples.EVENTS,
)
# What the golden of a (type, version) is read as. Current versions are their first example; an old one is what it is
# lifted to.
MEANT: Final[dict[tuple[str, int], Any]] = {(event.TYPE, event.VERSION): event for event in reversed(_EXAMPLES)}


def codecs() -> Iterator[tuple[str, Codec]]:
    """Every codec of every context that has events, with the context's name."""
    for context in TELLING:
        module = import_module(f"services.{context}.events")
        yield from ((context, value) for value in vars(module).values() if isinstance(value, Codec))


def event_classes() -> list[type[Any]]:
    """Every event class of every codec."""
    return [cls for _, codec in codecs() for cls in codec.classes.values()]


def class_of(event_type: str) -> Any:
    """The event class of a type. Raises LookupError."""
    return codec_of(event_type).classes[event_type]


def codec_of(event_type: str) -> Codec:
    """The codec that knows an event type. Raises LookupError."""
    for _, codec in codecs():
        if event_type in codec.classes:
            return codec
    raise LookupError(event_type)


def _as_stored(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    del event_type
    return data


# The shape in which `recorded` tells goldens.
SHAPED: Callable[[str, dict[str, Any]], dict[str, Any]] = _as_stored


def golden_path(event_type: str, version: int) -> Path:
    """Where the golden of a version of an event is."""
    return GOLDEN / f"{event_type}.v{version}.json"


def golden(event_type: str, version: int | None = None) -> dict[str, Any]:
    """A golden: `type`, `version` and `data` as stored; the newest version unless one is named."""
    newest = class_of(event_type).VERSION
    stored: dict[str, Any] = json.loads(golden_path(event_type, version or newest).read_text())
    return stored


def recorded(event_type: str, position: int = 1, **changes: Any) -> Recorded:
    """The newest golden of an event as the log would hand it to a reader; `changes` are made to its data.

    tests/support/variants.py says in which other shapes it may be told.
    """
    stored = golden(event_type)
    event_id = uuid5(COMMAND_ID, f"{event_type}/{position}")
    event = NewEvent(
        type=stored["type"],
        type_version=stored["version"],
        data=SHAPED(event_type, {**stored["data"], **changes}),
        event_id=event_id,
        command_id=COMMAND_ID,
        correlation_id=COMMAND_ID,
        causation_id=None,
        actor=SYSTEM,
        occurred_at=NOW,
    )
    return Recorded(LANE, position, f"golden-{LANE}", position, NOW, event)


def own_fields(event_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Of some data those that an event of this type holds."""
    own = {each.name for each in fields(class_of(event_type))}
    return {name: value for name, value in data.items() if name in own}


def write_missing() -> list[Path]:
    """Write the goldens that are not there yet; which."""
    GOLDEN.mkdir(exist_ok=True)
    written = []
    for event in MEANT.values():
        event_type, version, data = codec_of(event.TYPE).encode(event)
        path = golden_path(event_type, version)
        if not path.exists():
            stored = {"type": event_type, "version": version, "data": data}
            path.write_text(json.dumps(stored, ensure_ascii=False, indent=2) + "\n")
            written.append(path)
    return written


if __name__ == "__main__":
    for each in write_missing():
        print(each.relative_to(GOLDEN.parents[2]))
