"""Daily reconciliation: do both sides know the same of every school, and if not, say it again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from services.sync import read_model
from services.sync.client import REFUSED, NationalClient
from services.sync.interface import LARGEST_BATCH
from services.sync.records import RESTATE, Record, Reported, digest_line


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Schools compared, schools that differed, records said again, and graduates left parked on purpose."""

    schools: int
    differing: tuple[str, ...]
    restated: int
    parked: int


def reconcile(connection: Connection, client: NationalClient, class_year: int) -> Reconciliation:
    """Compare counts and digests per school of a class and restate what differs. Raises Unavailable."""
    ours = read_model.digests(connection, class_year)
    theirs = client.digests(class_year)
    differing = tuple(sorted(school for school, told in ours.items() if theirs.get(school) != told))
    parked = {each.graduate_id for each in read_model.list_parked(connection)}
    restated = 0
    for school in differing:
        known = client.lines(school, class_year)
        behind = [
            state
            for graduate_id, state in read_model.of_school(connection, school, class_year).items()
            if graduate_id not in parked
            and known.get(graduate_id) != digest_line(graduate_id, state.version, state.body)
        ]
        for start in range(0, len(behind), LARGEST_BATCH):
            batch = [_restated(state) for state in behind[start : start + LARGEST_BATCH]]
            told = client.send(batch[0].graduate_id[:2], batch)
            restated += sum(1 for each in told if each.outcome != REFUSED)
    return Reconciliation(len(ours), differing, restated, len(parked))


def _restated(state: Reported) -> Record:
    return Record(
        graduate_id=state.graduate_id,
        version=state.version,
        event_id=f"restate-{state.graduate_id}-{state.version}",
        verb=RESTATE,
        school=state.school,
        class_year=state.class_year,
        body=state.body or {},
    )
