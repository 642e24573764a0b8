"""Telling one queue everything again, beside the live stream: how far it has come is a row a lane and queue.

A queue's events are sent to it alone. A lane is claimed by locking its rows for one batch, so any number of replicas may
be at it; a batch that was sent and not written down is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import BigInteger, Column, Engine, MetaData, Table, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.eventlog.port import EventLog
from shared.messages import Recorded

BATCH = 1_000

_QUEUES = Table(
    "queues",
    MetaData(),
    Column("queue", Text, primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    schema="retelling",
)

Tell = Callable[[Sequence[tuple[str, Recorded]]], None]


def begin(log: EventLog, engine: Engine, queues: Collection[str]) -> None:
    """From now on these queues are told every lane from its first event. They are there and bound before this is called.

    What is published from then on reaches them by itself, so that a lane is done once its end is met.
    """
    rows = [{"queue": queue, "lane": lane, "position": 0} for queue in sorted(queues) for lane in sorted(log.heads())]
    if not rows:
        return
    with engine.begin() as connection:
        statement = insert(_QUEUES).values(rows)
        connection.execute(statement.on_conflict_do_update(index_elements=["lane", "queue"], set_={"position": 0}))


def go_on(log: EventLog, engine: Engine, types: Mapping[str, str], tell: Tell) -> int | None:
    """Tell a batch of one lane to the queues that wait for it, each with the events of its type.

    How many were read, or None when no queue waits; queues that `types` does not name are another release's. `tell`
    returns when all of them are confirmed.
    """
    ours = _QUEUES.c.queue.in_(sorted(types))
    with engine.begin() as connection:
        lane = connection.execute(select(func.min(_QUEUES.c.lane)).where(ours)).scalar()
        if lane is None:
            return None
        waiting = select(_QUEUES.c.queue, _QUEUES.c.position).where(ours, _QUEUES.c.lane == lane)
        reached = {row.queue: row.position for row in connection.execute(waiting.with_for_update(skip_locked=True))}
        if not reached:
            return 0
        events = log.read_lane(lane, min(reached.values()), BATCH, frozenset(types[queue] for queue in reached))
        tell(
            [
                (queue, recorded)
                for recorded in events
                for queue, position in reached.items()
                if types[queue] == recorded.type and recorded.position > position
            ]
        )
        claimed = (_QUEUES.c.lane == lane, _QUEUES.c.queue.in_(sorted(reached)))
        if len(events) < BATCH:
            connection.execute(delete(_QUEUES).where(*claimed))
        else:
            last = events[-1].position
            connection.execute(update(_QUEUES).where(*claimed, _QUEUES.c.position < last).values(position=last))
    return len(events)
