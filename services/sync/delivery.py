"""Telling the national system: a batch of a lane becomes records, in order per graduate, and each is answered or parked.

A refusal for the content parks its graduate: later records of that graduate wait behind it, nobody else's do.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from services.sync import read_model
from services.sync.client import REFUSED, NationalClient
from services.sync.interface import LARGEST_BATCH
from services.sync.read_model import Parked
from services.sync.records import TYPES, Record, report
from shared import metrics
from shared.messages import Recorded


def deliver(connection: Connection, events: Sequence[Recorded], client: NationalClient) -> None:
    """Tell everything of a batch; returns when all of it was answered. Raises Unavailable: nothing of it counts then.

    What was told before the trouble is told again later and answered as repeated.
    """
    ours = [recorded for recorded in events if recorded.type in TYPES]
    if not ours:
        return
    states = read_model.load(connection, {recorded.data["graduate_id"] for recorded in ours})
    records = []
    for recorded in ours:
        graduate_id = recorded.data["graduate_id"]
        states[graduate_id], record = report(states[graduate_id], recorded)
        records.append(record)
    held = read_model.parked_graduates(connection, states)
    tell(connection, client, events[0].lane, records, held)
    read_model.save(connection, list(states.values()))


def tell(connection: Connection, client: NationalClient, lane: str, records: Sequence[Record], held: set[str]) -> int:
    """Send records in order and park what is refused or waits; how many were accepted. Adds to `held`."""
    accepted = 0
    waiting = [Parked(lane, record) for record in records if record.graduate_id in held]
    free = [record for record in records if record.graduate_id not in held]
    for start in range(0, len(free), LARGEST_BATCH):
        batch = free[start : start + LARGEST_BATCH]
        sending = [record for record in batch if record.graduate_id not in held]
        waiting += [Parked(lane, record) for record in batch if record.graduate_id in held]
        for record, told in zip(sending, client.send(lane, sending) if sending else [], strict=True):
            metrics.DELIVERED.labels(told.outcome).inc()
            if record.graduate_id in held:
                waiting.append(Parked(lane, record))
            elif told.outcome == REFUSED:
                held.add(record.graduate_id)
                waiting.append(Parked(lane, record, told.code, told.zh, told.en))
            else:
                accepted += 1
    read_model.park(connection, waiting)
    metrics.PARKED.set(read_model.count_parked(connection))
    return accepted


def retry_parked(connection: Connection, client: NationalClient, graduate_id: str) -> int:
    """Tell a parked graduate's records again, in order, until one is refused; how many were accepted."""
    accepted: list[int] = []
    for parked in read_model.list_parked(connection, graduate_id):
        (told,) = client.send(parked.lane, [parked.record])
        metrics.DELIVERED.labels(told.outcome).inc()
        if told.outcome == REFUSED:
            read_model.park(connection, [Parked(parked.lane, parked.record, told.code, told.zh, told.en)])
            break
        accepted.append(parked.version)
    read_model.unpark(connection, graduate_id, accepted)
    metrics.PARKED.set(read_model.count_parked(connection))
    return len(accepted)
