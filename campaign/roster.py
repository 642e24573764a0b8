"""What schools change in their rosters while everything else goes on, and what graduates confirm before they leave."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

from campaign.paperwork import Act, Asks
from shared.messages import Actor
from wq.demo.actors import graduate

REMOVED, ERASED = 0.15, 0.3
POLITICAL = ("01", "03", "13")


def keep_roster(
    client: Asks,
    chance: random.Random,
    school: Actor,
    province: Actor,
    rows: Mapping[str, Mapping[str, Any]],
    about: Mapping[str, Any],
    stop: Event,
) -> None:
    """Take somebody off the roster, or tell again what it says of somebody, often something else.

    `rows` are the roster's by graduate id, `about` the school and the class. Who was taken off comes back by it, unless the
    province erased them.
    """
    person, other = (chance.choice(sorted(rows)) for _ in range(2))
    if chance.random() < REMOVED:
        removed = {"graduate_id": person, "reason": "未达到毕业要求"}
        client.command(school, "directory.remove_graduate", removed, stop)
        if chance.random() < ERASED:
            erased = {"graduate_id": person, "reason": "误录入"}
            client.command(province, "directory.erase_graduate", erased, stop)
        return
    moved = {name: rows[other][name] for name in ("department", "department_name")}
    row = {**rows[person], **moved, "political": chance.choice(POLITICAL)}
    client.command(school, "directory.import_roster", {**about, "rows": [row]}, stop)


def with_leaving(client: Asks, person: str, known: Mapping[str, Any], stop: Event) -> Sequence[Act]:
    """What a graduate may confirm about archive and household once a destination is registered."""
    if known["registered"] is None or known["void_id"] is not None:
        return ()
    moves = {"moves": True, "address": "示范市示范路 2 号"}
    confirmed = {"graduate_id": person, "archive": {"kind": "kept"}, "household": moves}
    return (lambda: client.command(graduate(person), "registration.confirm_leaving", confirmed, stop),)
