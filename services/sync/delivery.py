"""Telling the national system: a batch of a lane becomes records, in order per graduate; each is answered or parked.

A refusal for the content parks its graduate: later records of that graduate wait behind it, nobody else's do. A later
event about a parked graduate is told as a restatement, which stands for all before it, so a correction frees by itself.
A restatement also fills a gap: who lost what came before is told all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from sqlalchemy import Connection

from services.sync import read_model
from services.sync.client import NationalClient, Told
from services.sync.interface import LARGEST_BATCH, REFUSED, VERSION_GAP
from services.sync.read_model import Parked
from services.sync.records import TYPES, Record, Reported, report
from shared import metrics
from shared.messages import Recorded, lane_of


def deliver(connection: Connection, events: Sequence[Recorded], client: NationalClient) -> None:
    """Tell everything of a batch; returns when all of it was answered. Raises Unavailable: nothing of it counts then.

    What was told before the trouble is told again later and answered as repeated.
    """
    ours = [recorded for recorded in events if recorded.type in TYPES]
    if not ours:
        return
    states = read_model.load(connection, {_graduate(recorded) for recorded in ours})
    records: list[Record] = []
    for recorded in ours:
        states[_graduate(recorded)], record = report(states[_graduate(recorded)], recorded)
        if record is not None:
            records.append(record)
    read_model.save(connection, list(states.values()))
    held = read_model.parked_graduates(connection, states)
    behind = [record for record in records if record.graduate_id in held]
    behind += _tell(connection, client, [record for record in records if record.graduate_id not in held])
    _restate(connection, client, behind, states)
    metrics.PARKED.set(read_model.count_parked(connection))


def retry_parked(connection: Connection, client: NationalClient, graduate_id: str) -> int:
    """Tell a parked graduate's records again, in order, until one is refused; how many are not parked any more.

    Raises Unavailable, `sync.lane_busy` among them.
    """
    read_model.hold(connection, lane_of(graduate_id))
    parked = read_model.list_parked(connection, graduate_id)
    for each in parked:
        record = each.record
        (told,) = send(client, [record])
        if _is_gap(told):
            record = read_model.load(connection, [graduate_id])[graduate_id].restated(_restatement_of(record))
            (told,) = send(client, [record])
        if told.outcome == REFUSED:
            read_model.park(connection, [_parked(each.record, told)])
            break
        keep_accepted(connection, [record])
        if record is not each.record:
            break
    metrics.PARKED.set(read_model.count_parked(connection))
    return len(parked) - len(read_model.list_parked(connection, graduate_id))


def send(client: NationalClient, records: Sequence[Record]) -> list[Told]:
    """What was said to each record of one lane, in order, up to 500 a request. Raises Unavailable."""
    told: list[Told] = []
    for start in range(0, len(records), LARGEST_BATCH):
        batch = records[start : start + LARGEST_BATCH]
        told += client.send(batch[0].lane, batch)
    for each in told:
        metrics.DELIVERED.labels(each.outcome).inc()
    return told


def keep_accepted(connection: Connection, records: Sequence[Record]) -> None:
    """These records were accepted: what is parked up to their versions is done."""
    read_model.accepted(connection, records)
    read_model.unpark(connection, records)


def _tell(connection: Connection, client: NationalClient, records: Sequence[Record]) -> list[Record]:
    """Keeps what was said to each; returns the records before which something is missing there."""
    # Whatever was said to a record that followed a refused one in the same request is not about its content.
    refused: set[str] = set()
    gaps: set[str] = set()
    accepted: list[Record] = []
    aside: list[Parked] = []
    behind: list[Record] = []
    for record, told in zip(records, send(client, records), strict=True):
        if record.graduate_id in gaps:
            behind.append(record)
        elif record.graduate_id in refused:
            aside.append(Parked(record))
        elif _is_gap(told):
            gaps.add(record.graduate_id)
            behind.append(record)
        elif told.outcome == REFUSED:
            refused.add(record.graduate_id)
            aside.append(_parked(record, told))
        else:
            accepted.append(record)
    read_model.accepted(connection, accepted)
    read_model.park(connection, aside)
    return behind


def _restate(
    connection: Connection, client: NationalClient, behind: Sequence[Record], states: Mapping[str, Reported]
) -> None:
    newest = {record.graduate_id: record for record in behind}
    restated = [states[graduate_id].restated(_restatement_of(record)) for graduate_id, record in newest.items()]
    outcomes = dict(zip(newest, send(client, restated), strict=True))
    keep_accepted(connection, [record for record in restated if outcomes[record.graduate_id].outcome != REFUSED])
    still = [record for record in behind if outcomes[record.graduate_id].outcome == REFUSED]
    read_model.park(
        connection,
        [
            _parked(record, outcomes[record.graduate_id]) if record is newest[record.graduate_id] else Parked(record)
            for record in still
        ],
    )


def _is_gap(told: Told) -> bool:
    return told.outcome == REFUSED and told.code == VERSION_GAP


def _restatement_of(record: Record) -> str:
    """The id of the restatement that is made instead of a record: the same after a crash, so that it repeats."""
    return str(uuid5(UUID(record.event_id), "restated"))


def _parked(record: Record, told: Told) -> Parked:
    return Parked(record, told.code, told.zh, told.en)


def _graduate(recorded: Recorded) -> str:
    return str(recorded.data["graduate_id"])
