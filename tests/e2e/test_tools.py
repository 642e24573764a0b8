"""The operators' and auditors' tools against a running platform."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread

import orjson
import pytest
import requests

from services.sync.interface import sign
from shared.calling import Call
from tests.support.people import People, Place, eventually, wq
from wq.demo.actors import employer, graduate

YEAR = 2026
FOLLOWERS = (
    "publish",
    "directory.project",
    "agreement.project",
    "registration.project",
    "review.project",
    "stats.project",
    "sync.deliver",
)


@pytest.fixture(scope="module")
def place(people: People) -> Place:
    return people.settle("10611", YEAR, parties=2, size=20, review_chain=["school"])


@pytest.fixture(scope="module")
def signed(people: People, place: Place) -> str:
    """A graduate whose agreement is effective and registered."""
    person, unit = place.graduates[0], place.employers[0]
    offer_id = people.invite(place, person, unit)
    people.accept(person, offer_id, unit)
    people.review(place, person, "agreement", "school")
    eventually(lambda: people.registered(person)["registered"], "registered")
    people.quiet()
    return person


@pytest.fixture
def calls(people: People, place: Place) -> Iterator[list[str]]:
    """Somebody who keeps inviting and taking back while the test runs; the offers made."""
    made: list[str] = []
    stop = Event()

    def work() -> None:
        others = People(people.platform)
        unit = place.employers[0]
        while not stop.is_set():
            person = place.graduates[1 + len(made) % (len(place.graduates) - 1)]
            offer_id = others.invite(place, person, unit)
            others.ask(employer(unit), "agreement.withdraw_offer", graduate_id=person, offer_id=offer_id)
            made.append(offer_id)
        others.caller.close()

    thread = Thread(target=work)
    thread.start()
    yield made
    stop.set()
    thread.join(120)


def test_the_log_tells_who_did_what(people: People, place: Place, signed: str) -> None:
    environment = people.platform.environment
    history = wq("log", "--graduate", signed, environment=environment)
    assert history.returncode == 0, history.stderr
    told = [
        "directory.GraduateEnrolled",
        "agreement.OfferSent",
        "agreement.OfferAccepted",
        "review.ReviewOpened",
        "review.StepApproved",
        "review.ReviewPassed",
        "agreement.AgreementConcluded",
        "registration.DestinationRegistered",
    ]
    places = [history.stdout.find(event_type) for event_type in told]
    assert -1 not in places
    assert places == sorted(places)
    stream = wq("log", "--stream", f"registration-{signed}", environment=environment)
    assert "registration.DestinationRegistered" in stream.stdout
    lane = wq("log", "--lane", place.province, "--after", "0", "--limit", "2", environment=environment)
    assert f"{place.province}/1" in lane.stdout
    nothing = wq("log", "--stream", "registration-51-nobody", environment=environment)
    assert (nothing.returncode, "no events" in nothing.stderr) == (1, True)


def test_a_token_from_the_tool_opens_what_its_role_may_see(people: People, place: Place) -> None:
    asked = ("token", "--role", "school", "--id", "operator", "--scope", place.scope)
    issued = wq(*asked, environment=people.platform.environment)
    assert issued.returncode == 0, issued.stderr
    payload = {"scope": place.scope, "class_year": YEAR, "by": ["code"]}
    answer = people.caller.call(Call("stats.count_graduates", payload, issued.stdout.strip()))
    assert answer["total"] == len(place.graduates)


def test_nothing_is_parked_and_both_sides_know_the_same(people: People, signed: str) -> None:
    environment = people.platform.environment
    people.quiet()
    reconciled = wq("reconcile", "--class", str(YEAR), environment=environment)
    assert reconciled.returncode == 0, reconciled.stderr
    assert "differing 0，滞留 parked 0" in reconciled.stdout
    assert signed not in wq("parked", "list", environment=environment).stdout


def test_a_record_refused_for_its_content_is_parked_until_it_is_retried(people: People, place: Place) -> None:
    environment = people.platform.environment
    person = place.graduates[-1]
    _tell_sandbox(people, {"refuse": [person]})
    try:
        seeking = {"code": "70", "intention": "job_seeking"}
        people.ask(graduate(person), "registration.register_destination", graduate_id=person, destination=seeking)
        people.review(place, person, "registration", "school")
        eventually(lambda: person in wq("parked", "list", environment=environment).stdout or None, "parked")
        retried = wq("parked", "retry", person, environment=environment)
        assert "0 条" in retried.stdout, retried.stderr
        reconciled = wq("reconcile", "--class", str(YEAR), environment=environment)
        assert reconciled.returncode == 1
        assert "滞留 parked 1" in reconciled.stdout
        assert f"{place.school}: " in reconciled.stderr
    finally:
        _tell_sandbox(people, {"refuse": []})
    assert "1 条" in wq("parked", "retry", person, environment=environment).stdout
    assert person not in wq("parked", "list", environment=environment).stdout
    assert people.national.history(person)[-1]["body"]["destination"]["code"] == "70"


def _tell_sandbox(people: People, plan: dict[str, list[str]]) -> None:
    settings = people.platform.settings
    body = orjson.dumps(plan)
    key = settings.secret(settings.national_key_file, 32)
    headers = sign(key, "POST", "/v1/faults", body, time.time())
    assert requests.post(f"{settings.national_url}/v1/faults", data=body, headers=headers, timeout=10).ok


def test_the_sweep_lapses_what_is_due_and_nothing_else(people: People, place: Place) -> None:
    environment = people.platform.environment
    clock = people.platform.clock
    late, early = place.graduates[1:3]
    unit = place.employers[0]
    soon = people.invite(place, late, unit, respond_by=(clock.now() + timedelta(days=2)).isoformat())
    later = people.invite(place, early, unit, respond_by=(clock.now() + timedelta(days=20)).isoformat())
    clock.set(clock.now() + timedelta(days=3))
    people.quiet()
    assert wq("sweep", environment=environment).returncode == 0
    assert (people.offer(late, soon)["state"], people.offer(early, later)["state"]) == ("lapsed", "open")
    people.quiet()
    assert "0 项已过期" in wq("sweep", environment=environment).stdout
    people.ask(employer(unit), "agreement.withdraw_offer", graduate_id=early, offer_id=later)


@pytest.mark.parametrize("name", FOLLOWERS)
def test_each_follower_is_rebuilt_while_calls_go_on(
    people: People, place: Place, signed: str, calls: list[str], name: str
) -> None:
    before = len(calls)
    rebuilt = wq("rebuild", name, environment=people.platform.environment, seconds=180)
    assert rebuilt.returncode == 0, rebuilt.stderr
    eventually(lambda: len(calls) > before or None, "calls go on")
    counts = people.counts(place)
    assert counts["10"] == 1
    assert sum(counts.values()) == len(place.graduates)
    assert people.national.history(signed)[-1]["body"]["destination"]["code"] == "10"


def test_migrating_again_changes_nothing(people: People) -> None:
    people.quiet()
    heads = people.heads()
    migrated = wq("migrate", environment=people.platform.environment)
    assert migrated.returncode == 0, migrated.stderr
    assert "schools listed: 0 new" in migrated.stdout
    assert "rebuilding" not in migrated.stdout
    assert people.heads() == heads


def test_after_all_of_it_every_follower_is_at_the_head_and_nothing_is_dead(people: People) -> None:
    people.quiet()
    dead = wq("dead-letters", "list", environment=people.platform.environment)
    assert "nothing is parked" in dead.stdout, dead.stdout
