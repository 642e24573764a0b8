"""Daily reconciliation: does the other side know what it should of every school, and where not, it is said again.

What should be there is the newest record of every graduate as the log has made it, told or not; what is there, the other
side says. Who is parked differs and stays so until somebody acts; what delivery has not read yet is lag, counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine

from services.sync import read_model
from services.sync.client import NationalClient
from services.sync.delivery import keep_accepted, send
from services.sync.interface import REFUSED, digest_line
from services.sync.records import Reported
from shared.following import positions


@dataclass(frozen=True, slots=True)
class Difference:
    """What differed of one school and class before anything was said again: graduates and, by code, their numbers.

    `should_be` and `there` count graduates on both sides. Of those who differ `missing` are not there at all, `elsewhere`
    are there although they belong to another school or class by now; `parked` were refused and are left, `restated` were
    told again, `refused` were refused then. `unknown_here` are known only there. `codes`: what should be, what is.
    """

    school: str
    should_be: int
    there: int
    missing: int = 0
    changed: int = 0
    elsewhere: int = 0
    parked: int = 0
    restated: int = 0
    refused: int = 0
    unknown_here: int = 0
    codes: Mapping[str, tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Schools compared, the differences found, the class's graduates who are parked, and events not delivered, by lane."""

    schools: int
    differing: tuple[Difference, ...] = ()
    parked: int = 0
    lag: Mapping[str, int] | None = None

    @property
    def agrees(self) -> bool:
        """Whether the other side knew all that it should, and nothing waits for a person."""
        return not self.differing and not self.parked


def reconcile(engine: Engine, client: NationalClient, class_year: int, heads: Mapping[str, int]) -> Reconciliation:
    """Compare what should be there of a class with what is, and restate what differs. `heads`: how far the log has come.

    A lane's deliveries wait only while one of its schools is put right. Who is parked stays parked: that content was
    refused. Raises Unavailable, `sync.lane_busy` among them: schools that were put right before stay so.
    """
    theirs = client.digests(class_year)
    with engine.connect() as connection:
        lanes = read_model.schools_of(connection, class_year)
        behind = read_model.behind(connection, class_year)
        schools = sorted({*lanes, *theirs})
        suspected = [
            school
            for school in schools
            if school in behind or theirs.get(school, _NOTHING) != read_model.digest_of(connection, school, class_year)
        ]
        reached = positions(connection)
    # A record that was under way while both sides were asked makes no difference once its lane is held.
    found = [
        _put_right(engine, client, _Suspect(school, class_year, lanes.get(school), behind.get(school, set())))
        for school in suspected
    ]
    with engine.connect() as connection:
        parked = read_model.count_parked(connection, class_year)
    lag = {lane: head - reached.get(lane, 0) for lane, head in sorted(heads.items()) if head > reached.get(lane, 0)}
    return Reconciliation(len(schools), tuple(each for each in found if each is not None), parked, lag)


# The digest of a school of which nothing is known.
_NOTHING = {"count": 0, "digest": read_model.EMPTY_DIGEST}


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A school and class to look at: its lane, None when nobody here knows it, and whom the other side knows too old."""

    school: str
    class_year: int
    lane: str | None
    behind: set[str]


def _put_right(engine: Engine, client: NationalClient, suspect: _Suspect) -> Difference | None:
    school, class_year = suspect.school, suspect.class_year
    with engine.begin() as connection:
        if suspect.lane is not None:
            read_model.hold(connection, suspect.lane)
        lines, counts = client.lines(school, class_year), client.counts(school, class_year)
        known = read_model.reported_of(connection, school, class_year, suspect.behind)
        ours = {each.graduate_id: each for each in known if (each.school, each.class_year) == (school, class_year)}
        wrong = [each for each in known if lines.get(each.graduate_id) != _line(ours.get(each.graduate_id))]
        codes = _compared(ours.values(), counts)
        unknown = lines.keys() - {each.graduate_id for each in known}
        if not (wrong or codes or unknown):
            return None
        here = [each for each in wrong if each.graduate_id in ours]
        missing = sum(each.graduate_id not in lines for each in here)
        return Difference(
            school,
            should_be=len(ours),
            there=len(lines),
            missing=missing,
            changed=len(here) - missing,
            elsewhere=len(wrong) - len(here),
            unknown_here=len(unknown),
            codes=codes,
            **_say_again(connection, client, wrong),
        )


def _say_again(connection: Connection, client: NationalClient, wrong: Sequence[Reported]) -> dict[str, int]:
    parked = read_model.parked_graduates(connection, [each.graduate_id for each in wrong])
    restated = [each.restated(str(uuid4())) for each in wrong if each.graduate_id not in parked]
    told = send(client, restated)
    accepted = [record for record, each in zip(restated, told, strict=True) if each.outcome != REFUSED]
    keep_accepted(connection, accepted)
    return {"parked": len(parked), "restated": len(accepted), "refused": len(restated) - len(accepted)}


def _line(reported: Reported | None) -> str | None:
    return None if reported is None else digest_line(reported.graduate_id, reported.version, reported.body)


def _compared(ours: Any, theirs: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """By code, "" for none, how many on the roster should have it and how many have it, where the two differ."""
    should = Counter((each.destination or {}).get("code", "") for each in ours if each.roster is not None)
    codes = sorted({*should, *theirs})
    return {code: (should[code], theirs.get(code, 0)) for code in codes if should[code] != theirs.get(code, 0)}
