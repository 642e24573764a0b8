"""Serves the counting context in a process of its own: `python -m tests.support.amqp_serving SERVICE...`.

What the services do beside counting is told by files in WQ_TEST_DIRECTORY: `away` and `hold` make them wait,
`taken-<name>` says that they have begun.
"""

# Importing wq.serving patches the standard library, which must come first.
from wq.serving import serve  # isort: skip

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import eventlet

from shared.access import ACCESS, Reach, Role
from shared.calls import LARGEST_MESSAGE
from shared.dependencies import ClockProvider, Log
from shared.entrypoints import bulk, command, query, subscribe
from shared.errors import KINDS, Conflict, Unavailable
from shared.handling import Answer, ItemOutcome, fold, handle, handle_many, react
from shared.messages import Meta, Recorded
from shared.settings import read_settings
from tests.support import amqp_counting as c

OFFICES = ((Role.PROVINCE, Reach.WITHIN), (Role.SYSTEM, Reach.ANY))
ACCESS.update(dict.fromkeys(("counter.count", "counter.count_many", "counter.wait", "tally.tally"), OFFICES))
DIRECTORY = Path(os.environ["WQ_TEST_DIRECTORY"])


def wait_while(name: str, taken: str) -> None:
    """Say that it has begun and wait until the file is gone."""
    (DIRECTORY / f"taken-{taken}").touch()
    while (DIRECTORY / name).exists():
        eventlet.sleep(0.02)


class CounterService:
    name = "counter"
    log = Log()

    @command(c.CountShape)
    def count(self, command: c.Count, meta: Meta) -> Answer:
        return handle(self.log, c.COUNTING, command, meta)

    @command(c.WaitShape)
    def wait(self, command: c.Wait, meta: Meta) -> Answer:
        wait_while("hold", command.counter)
        return handle(self.log, c.COUNTING, c.Count(command.counter, 1), meta)

    @bulk(c.CountShape)
    def count_many(self, commands: Sequence[c.Count], meta: Meta) -> Sequence[ItemOutcome]:
        return handle_many(self.log, c.COUNTING, commands, meta)

    @query(c.TotalShape)
    def get_total(self, query: c.Total, meta: Meta) -> dict[str, Any]:
        stream = f"counter-{query.counter}"
        return {"total": fold(c.COUNTING, self.log.read([stream])[stream]), "correlation_id": meta.correlation_id}

    @command(c.FailShape)
    def fail(self, command: c.Fail, meta: Meta) -> Any:
        if command.kind in KINDS:
            kind = KINDS[command.kind]
            raise kind("counter.failed", {"zh": "不行", "en": "No", "field": "kind", "limit": 7})
        match command.kind:
            case "unsendable":
                return {"thing": object()}
            case "surrogate":
                return {"text": "\ud800"}
            case "large":
                return "x" * LARGEST_MESSAGE
            case "detail":
                raise Conflict("counter.failed", {"thing": object()})
        raise ZeroDivisionError(f"what {c.A_PERSON} wrote")


class TallyService:
    name = "tally"
    log = Log()
    clock = ClockProvider()

    @subscribe(c.REACTIONS)
    def react(self, event: Recorded) -> None:
        match event.data["by"]:
            case c.BUG if (DIRECTORY / "bug").exists():
                raise ZeroDivisionError("a bug in a handler")
            case c.AWAY if (DIRECTORY / "away").exists():
                (DIRECTORY / "taken-away").touch()
                raise Unavailable("database.away")
            case c.HELD:
                wait_while("hold", "held")
        react(self.log, c.TALLYING, c.REACTIONS, event, self.clock.now())
        if event.data["by"] == c.STUCK:
            wait_while("hold", "stuck")


SERVICES = {"counter": CounterService, "tally": TallyService}

if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:], [SERVICES[name] for name in sys.argv[1:]], read_settings()))
