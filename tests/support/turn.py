"""A turn of one release at a database that another one works at too: a command or a reaction, then what follows the log.

python -P turn.py DATABASE_URL FOLDER STEP, with the folder of the release first on PYTHONPATH. It uses what releases keep:
handlings and their commands, policies, the log, the followers, and their examples of all these.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid5

from shared.errors import ServiceError
from shared.eventlog.port import EventLog, Write, stream_lane
from shared.eventlog.postgres import PostgresLog
from shared.following import Following, prepare
from shared.handling import handle, react
from shared.messages import NewEvent, new_id
from shared.sql import Driver, make_engine

# What the directory tells first, by the stream it is about.
_TOLD = {
    "province-14": ("directory.ProvinceSettingsChanged",),
    "graduate": ("directory.GraduateEnrolled",),
    "basic_data": ("directory.BasicDataConfirmed",),
    "employer": ("directory.EmployerRegistered", "directory.EmployerVerified"),
}


def _tell(log: EventLog) -> None:
    from tests.support.golden_examples import MEANT, codec_of  # noqa: PLC0415
    from tests.support.spec import COMMAND_ID, EMPLOYER_ID, GRADUATE_ID, NOW, SYSTEM  # noqa: PLC0415

    ids = {"graduate": GRADUATE_ID, "basic_data": GRADUATE_ID, "employer": EMPLOYER_ID}
    for category, types in _TOLD.items():
        stream = f"{category}-{ids[category]}" if category in ids else category
        events = []
        for event_type in types:
            version, data = codec_of(event_type).encode(MEANT[event_type, 1])[1:]
            own = uuid5(COMMAND_ID, event_type)
            events.append(NewEvent(event_type, version, data, own, own, own, None, SYSTEM, NOW))
        log.append(stream_lane(stream), Write(stream, 0, events))


def _ask(context: str, action: str, role: str, make: Callable[[EventLog], Any], number: int, log: EventLog) -> None:
    from tests.support import spec  # noqa: PLC0415

    handling = import_module(f"services.{context}.decider").HANDLING
    meta = spec.meta(getattr(spec, role), after=timedelta(minutes=number), number=number, action=f"{context}.{action}")
    handle(log, handling, make(log), meta)


def _react(consumer: str, event_type: str, log: EventLog) -> None:
    from tests.support.spec import NOW  # noqa: PLC0415

    policy = import_module(f"services.{consumer}.policy")
    handling = import_module(f"services.{consumer}.decider").HANDLING
    events = log.read_lane("14", 0, 1_000)
    (*_, event) = (recorded for recorded in events if recorded.type == event_type)
    react(log, handling, policy.REACTIONS, event, NOW + timedelta(hours=1))


def _example(name: str) -> Callable[[EventLog], Any]:
    return lambda log: getattr(import_module("tests.support.examples"), name)


def _cancellation(name: str, **more: Any) -> Callable[[EventLog], Any]:
    """A command about the cancellation that step 9 asks for."""

    def make(log: EventLog) -> Any:
        del log
        from tests.support import examples, spec  # noqa: PLC0415

        found = new_id(spec.LANE, spec.command_id(9), "cancellation")
        example = getattr(examples, name)
        own = "subject_id" if hasattr(example, "subject_id") else "cancellation_id"
        kept = {each: getattr(example, each) for each in example.__dataclass_fields__}
        return type(example)(**{**kept, own: found, **more})

    return make


def _approve(log: EventLog) -> Any:
    from services.review.decider import ApproveReview  # noqa: PLC0415

    (*_, opened) = (each for each in log.read_lane("14", 0, 1_000) if each.type == "review.ReviewOpened")
    return ApproveReview(opened.data["case_id"])


STEPS: Mapping[str, Callable[[EventLog], None]] = {
    "told": _tell,
    "sent": partial(_ask, "agreement", "send_offer", "EMPLOYER", _example("SEND"), 1),
    "accepted": partial(_ask, "agreement", "accept_offer", "GRADUATE", _example("ACCEPT"), 2),
    "opened": partial(_react, "review", "agreement.OfferAccepted"),
    "approved": partial(_ask, "review", "approve_review", "DEPARTMENT", _approve, 4),
    "passed": partial(_ask, "review", "approve_review", "SCHOOL", _approve, 5),
    "concluded": partial(_ask, "agreement", "pass_review", "SYSTEM", _example("PASS"), 6),
    "registered": partial(_react, "registration", "agreement.AgreementConcluded"),
    "cancelling": partial(_ask, "agreement", "request_cancellation", "GRADUATE", _example("REQUEST_CANCELLATION"), 9),
    "agreed": partial(_ask, "agreement", "agree_to_cancellation", "EMPLOYER", _cancellation("AGREE"), 10),
    "looked at": partial(_react, "review", "agreement.CancellationAgreed"),
    "let go": partial(_ask, "review", "approve_review", "SCHOOL", _approve, 12),
    "cancelled": partial(_react, "agreement", "review.ReviewPassed"),
    "reopened": partial(_react, "registration", "agreement.AgreementCancelled"),
}


def _follow(log: EventLog, database_url: str, folder: Path) -> None:
    """What follows; a read model that another release keeps in a shape of its own is left to that one."""
    from tests.integration.directory.conftest import settings_of  # noqa: PLC0415
    from wq.composition import SERVED  # noqa: PLC0415

    settings = settings_of(database_url, folder)
    for context in SERVED:
        module = import_module(f"services.{context}.follower")
        for follower in module.followers(settings) if hasattr(module, "followers") else module.FOLLOWERS:
            engine = make_engine(database_url, Driver.PLAIN, schema=follower.schema, pool_size=2)
            if prepare(engine, follower, follower.schema):
                following = Following(log, engine, follower)
                while following.step(log.heads()):
                    pass
            engine.dispose()


def _outcome(work: Callable[[], None]) -> str:
    try:
        work()
    except ServiceError as error:
        return error.code
    return "done"


def main(database_url: str, folder: str, step: str) -> None:
    """Print what became of the step and of the following, as JSON."""
    engine = make_engine(database_url, Driver.PLAIN, pool_size=2)
    log = PostgresLog(engine)
    did = _outcome(lambda: STEPS[step](log))
    followed = _outcome(lambda: _follow(log, database_url, Path(folder)))
    print(json.dumps({"did": did, "followed": followed}))
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
