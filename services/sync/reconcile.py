"""Daily reconciliation: do both sides know the same of every school, and where not, it is said again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from services.sync import read_model
from services.sync.client import NationalClient
from services.sync.delivery import keep_accepted, send
from services.sync.interface import REFUSED
from shared.codes.schools import SCHOOLS


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Schools compared, those that differed, graduates said again, refused, parked, and known only to the other side."""

    schools: int
    differing: tuple[str, ...]
    restated: int = 0
    refused: int = 0
    parked: int = 0
    unknown_here: int = 0


def reconcile(connection: Connection, client: NationalClient, class_year: int) -> Reconciliation:
    """Compare counts and digests per school of a class and restate what differs. Raises Unavailable.

    A lane's deliveries wait while one of its schools is put right. Who is parked stays parked: that content was refused.
    """
    theirs = client.digests(class_year)
    ours = read_model.delivered(connection, class_year)
    schools = sorted({*ours, *theirs})
    differing = [
        school for school in schools if theirs.get(school) != read_model.digest_of(connection, school, class_year)
    ]
    outcomes = [_put_right(connection, client, school, class_year) for school in differing]
    return Reconciliation(
        schools=len(schools),
        differing=tuple(differing),
        restated=sum(each.restated for each in outcomes),
        refused=sum(each.refused for each in outcomes),
        parked=sum(each.parked for each in outcomes),
        unknown_here=sum(each.unknown_here for each in outcomes),
    )


def _put_right(connection: Connection, client: NationalClient, school: str, class_year: int) -> Reconciliation:
    read_model.hold(connection, SCHOOLS[school].province)
    theirs = client.lines(school, class_year)
    ours = read_model.told_of(connection, school, class_year)
    wrong = [graduate_id for graduate_id, (line, _) in ours.items() if theirs.get(graduate_id) != line]
    parked = read_model.parked_graduates(connection, wrong)
    restated = [ours[graduate_id][1].restated() for graduate_id in wrong if graduate_id not in parked]
    told = send(client, restated)
    accepted = [record for record, each in zip(restated, told, strict=True) if each.outcome != REFUSED]
    keep_accepted(connection, accepted)
    return Reconciliation(
        schools=1,
        differing=(school,),
        restated=len(accepted),
        refused=len(restated) - len(accepted),
        parked=len(parked),
        unknown_here=len(theirs.keys() - ours.keys()),
    )
