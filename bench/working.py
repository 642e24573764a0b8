"""What people and nights ask for at once: a thousand reviews, a hundred thousand lapses, long histories, printed books."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

from bench.figures import Direction, Figure, rounds
from bench.world import World, database, follower_of, issuer, plain_engine, plain_log, running
from services.agreement import events as agreement
from services.agreement.decider import HANDLING as AGREEMENT
from services.agreement.decider import EditOffer
from services.agreement.sweep import lapse_due
from services.directory import events as directory
from services.directory.papers.book import Book, print_book
from services.review.decider import HANDLING as REVIEW
from services.review.decider import OpenReview, case_of
from shared.access import Role, scope_path
from shared.calling import Call, Caller, batches
from shared.codec import Codec
from shared.eventlog.port import EventLog, Write
from shared.eventlog.stream_cache import CachingLog
from shared.following import Following, prepare
from shared.handling import BULK_LIMIT, handle, handle_many
from shared.messages import Actor, Meta, NewEvent

LANE, SCHOOL = "43", scope_path("43", "10533")
SYSTEM = Actor(Role.SYSTEM, "bench")
AT = datetime(2026, 5, 4, 2, tzinfo=UTC)
SEED = UUID("6f0f7f0e-1111-4a52-8f53-1d0d6b8e0a11")
SHORT, LONG = 4, 200


def measure(world: World) -> list[Figure]:
    """Bulk review over AMQP; the sweep, histories and printing in this process."""
    return [*_reviews(world), *_sweep(world), *_histories(world), *_books(world)]


def _meta(action: str, actor: Actor = SYSTEM, now: datetime = AT) -> Meta:
    command_id = uuid4()
    return Meta(command_id, command_id, actor, now, action)


def _reviews(world: World) -> list[Figure]:
    log = plain_log(world.small.environment["DATABASE_URL"])
    fresh = iter(range(1_000_000))
    singles = BULK_LIMIT if world.size.thorough else BULK_LIMIT // 5

    def opened(count: int) -> list[str]:
        subjects = [f"{LANE}-{uuid5(SEED, f'review {next(fresh)}')}" for _ in range(count)]
        commands = [OpenReview("agreement", each, each, f"{SCHOOL}/01", 2026) for each in subjects]
        handle_many(log, REVIEW, commands, _meta("review.open_review"))
        return [case_of("agreement", each) for each in subjects]

    with running(world.small, ("serve", ["review"])), Caller(world.small.environment["AMQP_URI"]) as caller:
        token = issuer(world.small).token(Actor(Role.DEPARTMENT, "bench", f"{SCHOOL}/01"))

        def in_one() -> float:
            items = [{"case_id": case_id} for case_id in opened(BULK_LIMIT)]
            started = time.perf_counter()
            answer = caller.call(Call("review.approve_reviews", {"items": items}, token), seconds=60)
            assert not any("error" in each for each in answer["items"]), answer["items"][:3]
            return len(items) / (time.perf_counter() - started)

        def one_by_one() -> float:
            calls = [Call("review.approve_review", {"case_id": case_id}, token) for case_id in opened(singles)]
            started = time.perf_counter()
            for batch in batches(calls, 100):
                caller.call_all(batch, seconds=60)
            return len(calls) / (time.perf_counter() - started)

        found = rounds(
            max(1, world.size.rounds // 2), {"bulk": in_one, "single": one_by_one}, warm_up=world.size.thorough
        )
    name = f"{BULK_LIMIT:,} reviews in one call"
    return [Figure("people", name, found["bulk"], "/s", 5, Direction.AT_LEAST, found["single"], "/s pipelined calls")]


def _offers(count: int, respond_by: datetime) -> Iterator[Write]:
    for number in range(count):
        graduate_id = f"{LANE}-{uuid5(SEED, f'lapse {number}')}"
        event = _sent(graduate_id, f"{LANE}-{uuid5(SEED, f'offer {number}')}", respond_by)
        yield Write(f"agreement-{graduate_id}", 0, [_stored(event)])


def _sent(graduate_id: str, offer_id: str, respond_by: datetime) -> agreement.OfferSent:
    return agreement.OfferSent(
        offer_id=offer_id,
        graduate_id=graduate_id,
        employer_id=f"00-{uuid5(SEED, 'employer')}",
        employer_name="示范单位",
        nature="31",
        industry="31",
        place="430100",
        position="13",
        job_title="工程师",
        respond_by=respond_by,
        scope=f"{SCHOOL}/01",
        class_year=2026,
        parties=2,
    )


def _stored(event: Any, codec: Codec = agreement.CODEC) -> NewEvent:
    kind, version, data = codec.encode(event)
    command_id = uuid4()
    return NewEvent(kind, version, data, uuid4(), command_id, command_id, None, SYSTEM, AT)


def _sweep(world: World) -> list[Figure]:
    count = world.size.province // 4
    with database(world.small) as url:
        log = plain_log(url)
        writes = list(_offers(count, AT + timedelta(days=5)))
        started = time.perf_counter()
        for batch in batches(writes, world.size.batch):
            log.append_many(LANE, batch)
        appended = count / (time.perf_counter() - started)
        follower = follower_of(world.small, "agreement.project")
        engine = plain_engine(url, follower.schema)
        prepare(engine, follower, follower.schema)
        following = Following(log, engine, follower, world.size.batch)
        while following.step(log.heads()):
            pass
        started = time.perf_counter()
        with engine.connect() as connection:
            lapsed = lapse_due(log, connection, AT + timedelta(days=6))
        swept = lapsed / (time.perf_counter() - started)
        assert lapsed == count, (lapsed, count)
        engine.dispose()
    name = f"lapse sweep of {count:,} offers"
    return [Figure("nights", name, swept, "/s", 0.1, Direction.AT_LEAST, appended, "/s bulk append")]


def _histories(world: World) -> list[Figure]:
    with database(world.small) as url:
        log = CachingLog(plain_log(url))
        _verified_employer(log)
        streams = {length: _lived(log, length) for length in (SHORT, LONG)}
        found = rounds(
            world.size.rounds,
            {str(length): partial(_edits, log, *known, length) for length, known in streams.items()},
        )
    name = f"a command on a history of {LONG} events"
    limit = Direction.AT_MOST
    short, long = found[str(SHORT)] * 1000, found[str(LONG)] * 1000
    return [Figure("people", name, long, "ms", 2.0, limit, short, f"ms on {SHORT}")]


def _verified_employer(log: EventLog) -> None:
    employer_id = f"00-{uuid5(SEED, 'employer')}"
    registered = directory.EmployerRegistered(employer_id, "示范单位", "31", "31", "430100", "示范路 1 号", "AQ" * 60)
    events = [registered, directory.EmployerVerified(employer_id)]
    log.append("00", Write(f"employer-{employer_id}", 0, [_stored(each, directory.EMPLOYER_CODEC) for each in events]))


def _lived(log: EventLog, length: int) -> tuple[str, str]:
    graduate_id, offer_id = f"{LANE}-{uuid5(SEED, f'long {length}')}", f"{LANE}-{uuid5(SEED, f'edited {length}')}"
    sent = _sent(graduate_id, offer_id, AT + timedelta(days=20))
    edited = agreement.OfferEdited(offer_id, 2, "13", "工程师", sent.respond_by, 6000)
    events = [sent, *(replace(edited, revision=number, monthly_salary=number) for number in range(2, length + 1))]
    log.append(LANE, Write(f"agreement-{graduate_id}", 0, [_stored(event) for event in events]))
    return graduate_id, offer_id


def _edits(log: EventLog, graduate_id: str, offer_id: str, length: int) -> float:
    """Seconds of a command that changes nothing, so that the history stays as long as it is."""
    command = EditOffer(graduate_id, offer_id, "13", "工程师", monthly_salary=length)
    employer = Actor(Role.EMPLOYER, f"00-{uuid5(SEED, 'employer')}")
    times = []
    for _ in range(50):
        started = time.perf_counter()
        handle(log, AGREEMENT, command, _meta("agreement.edit_offer", employer))
        times.append(time.perf_counter() - started)
    return sorted(times)[len(times) // 2]


def _books(world: World) -> list[Figure]:
    count = 20 * world.size.rounds
    book = Book(
        number="202610533310000017",
        verification="14326012345678901234",
        parties=2,
        class_year=2026,
        province="湖南省",
        graduate_name="王小明",
        id_number="430105200401010011",
        school="中南大学",
        department="机械工程学院",
        major="机械设计制造及其自动化",
        education="本科生毕业",
        employer_name="示范单位",
        place="湖南省（430100）",
        position="工程技术人员",
        job_title="工程师",
        issued_on=date(2026, 5, 4),
    )
    pages: Sequence[bytes] = [print_book(book, "https://wq.example/check")]
    started = time.perf_counter()
    pages = [print_book(replace(book, number=f"{number:018d}"), "https://wq.example/check") for number in range(count)]
    assert len(set(pages)) == count
    return [Figure("people", "agreements printed", count / (time.perf_counter() - started), "/s")]
