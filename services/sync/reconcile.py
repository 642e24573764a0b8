"""Daily reconciliation: do both sides know the same of every school, and where not, it is said again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Engine

from services.sync import read_model
from services.sync.client import NationalClient
from services.sync.delivery import keep_accepted, send
from services.sync.interface import REFUSED


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Schools compared, those that differed, graduates said again, refused, parked, and known only to the other side."""

    schools: int
    differing: tuple[str, ...]
    restated: int = 0
    refused: int = 0
    parked: int = 0
    unknown_here: int = 0


@dataclass(frozen=True, slots=True)
class _School:
    name: str
    restated: int
    refused: int
    parked: int
    unknown_here: int

    @property
    def differed(self) -> bool:
        return bool(self.restated or self.refused or self.parked or self.unknown_here)


def reconcile(engine: Engine, client: NationalClient, class_year: int) -> Reconciliation:
    """Compare counts and digests per school of a class and restate what differs.

    A lane's deliveries wait only while one of its schools is put right. Who is parked stays parked: that content was
    refused. Raises Unavailable, `sync.lane_busy` among them: schools that were put right before stay so.
    """
    theirs = client.digests(class_year)
    with engine.connect() as connection:
        lanes = read_model.told_schools(connection, class_year)
        schools = sorted({*lanes, *theirs})
        suspected = [
            school for school in schools if theirs.get(school) != read_model.digest_of(connection, school, class_year)
        ]
    # A record that was under way while both sides were asked makes no difference once its lane is held.
    found = [_put_right(engine, client, school, lanes.get(school), class_year) for school in suspected]
    return Reconciliation(
        schools=len(schools),
        differing=tuple(each.name for each in found if each.differed),
        restated=sum(each.restated for each in found),
        refused=sum(each.refused for each in found),
        parked=sum(each.parked for each in found),
        unknown_here=sum(each.unknown_here for each in found),
    )


def _put_right(engine: Engine, client: NationalClient, school: str, lane: str | None, class_year: int) -> _School:
    with engine.begin() as connection:
        if lane is not None:
            read_model.hold(connection, lane)
        theirs = client.lines(school, class_year)
        ours = read_model.told_of(connection, school, class_year)
        wrong = [graduate_id for graduate_id, (line, _) in ours.items() if theirs.get(graduate_id) != line]
        parked = read_model.parked_graduates(connection, wrong)
        restated = [ours[graduate_id][1].restated(str(uuid4())) for graduate_id in wrong if graduate_id not in parked]
        told = send(client, restated)
        accepted = [record for record, each in zip(restated, told, strict=True) if each.outcome != REFUSED]
        keep_accepted(connection, accepted)
        return _School(
            school,
            restated=len(accepted),
            refused=len(restated) - len(accepted),
            parked=len(parked),
            unknown_here=len(theirs.keys() - ours.keys()),
        )
