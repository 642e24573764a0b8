"""A release whose data folder differs, in a process of its own: what it registers, refuses, reads, reports and counts.

python -m tests.support.another_release FOLDER '{"code": ..., "class_year": ...}'
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.codes import tables


def main(folder: str, asked: str) -> None:
    """Print what became of it, as JSON."""
    tables.DATA = Path(folder)
    print(json.dumps(_play(**json.loads(asked)), ensure_ascii=False))


def _play(code: str, class_year: int) -> dict[str, Any]:
    # Tables are read when they are imported.
    from services.registration.decider import HANDLING  # noqa: PLC0415
    from services.registration.exports import decode_row  # noqa: PLC0415
    from services.stats.queries import rates_of  # noqa: PLC0415
    from services.sync.store import _judge_destination  # noqa: PLC0415
    from shared.codes.destination import rule_of_class  # noqa: PLC0415
    from tests.support import registration_examples as x  # noqa: PLC0415
    from tests.support.spec import given  # noqa: PLC0415

    wanted = x.complete(code)
    facts = replace(x.FACTS, graduate=replace(x.ENROLLED, class_year=class_year))
    outcome = given(HANDLING, facts=facts).when(replace(x.REGISTER, destination=wanted))
    row = {"code": "", "code_name": "社区服务计划", "unit_name": "晋阳社区"}
    rates = rates_of([("31", code, 1), ("31", "70", 2)], rule_of_class(class_year), include_completion=False)
    return {
        "registered": [event.TYPE for event in outcome.events],
        "refused": outcome.error and outcome.error.code,
        "min_chain": [list(event.min_chain) for event in outcome.events],
        "read": getattr(decode_row(row, class_year), "code", None),
        "reported": _judge_destination({"code": code, "unit_name": "晋阳社区"}, class_year),
        "rates": {name: str(value) for name, value in rates.rates.items()},
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
