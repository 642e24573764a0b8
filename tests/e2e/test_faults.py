"""Faults at random moments: kill -9, SIGSTOP and lost data change no figure; the seeds are fixed, many more are in
`make campaign`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Thread

import pytest

from campaign.faults import FOLLOWING, Hands, Strike, schedule
from campaign.rounds import play_round
from shared.calling import Call, Caller
from shared.errors import Unavailable
from tests.support.people import ROOT, People, eventually
from wq.cli import out
from wq.demo.actors import MINISTRY
from wq.demo.show import demonstrate
from wq.platform import Platform

REPORT = ROOT / "wq" / "demo" / "reports" / "mech_college_423.json"


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Three of every process."""
    with Platform(tmp_path_factory.mktemp("replicated"), replicas=3) as running:
        yield running


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose kinds of process can be struck one by one."""
    with Platform(tmp_path_factory.mktemp("struck"), following=FOLLOWING) as running:
        yield running


def figures(platform: Platform, class_year: int = 2022) -> dict[str, object]:
    """The figures of a demonstration that reproduced its report."""
    path = platform.directory / "figures.json"
    path.unlink(missing_ok=True)
    assert demonstrate(platform.settings, REPORT, None, class_year, path, out)
    told = json.loads(path.read_text())
    return {name: told[name] for name in ("total", "counts", "national_counts", "figures")}


def test_three_replicas_of_every_process_give_the_same_figures(replicated: Platform) -> None:
    told = figures(replicated)
    assert told["counts"] == told["national_counts"] == {"10": 175, "11": 87, "12": 43, "70": 37, "801": 81}


@pytest.mark.timeout(600)
def test_a_demonstration_under_faults_ends_with_the_same_figures(struck: Platform) -> None:
    """Each kind of process, both servers, and the broker's data, killed while the demonstration runs."""
    undisturbed = figures(struck)
    hands = Hands(struck, lambda words: None)
    told: list[dict[str, object]] = []
    worker = Thread(target=lambda: told.append(figures(struck)), daemon=True)
    kills = [
        *(Strike(1.0 + 1.5 * number, "kill", what) for number, what in enumerate(("serve", "project", "publish"))),
        Strike(6.0, "freeze", "deliver", hold=5.0),
        Strike(7.0, "kill", "postgres"),
        Strike(9.0, "kill", "sandbox"),
        Strike(10.0, "kill", "deliver"),
        Strike(11.0, "lose", "rabbitmq"),
        Strike(13.0, "kill", "serve", which=0.9),
        Strike(14.0, "kill", "rabbitmq"),
    ]
    worker.start()
    hands.play(kills)
    worker.join(400)
    assert told == [undisturbed]


@pytest.mark.timeout(600)
def test_a_short_campaign_finds_nothing(struck: Platform) -> None:
    """Nothing answered is lost, nothing happened twice, and every copy equals the log; `campaign.checker` says how."""
    said: list[str] = []
    result = play_round(struck, 3, 7, schedule(7, 30.0, longest_freeze=5.0), 30.0, 4, said.append)
    assert result.violations == [], said
    assert result.faults.total() > 3
    assert result.checked["nothing answered is lost"] > 50


def test_a_frozen_broker_is_a_refusal_in_bounded_time_and_then_all_is_well(struck: Platform) -> None:
    signing = struck.settings.principal_signing_key_file
    assert signing is not None
    people = People(struck)
    call = Call(
        "stats.count_graduates", {"scope": "CN", "class_year": 2022, "by": ["code"]}, people.issuer.token(MINISTRY)
    )
    before = people.ask(MINISTRY, call.method, **call.payload)
    outcomes: list[object] = []

    def ask() -> None:
        for caller in (people.caller, Caller(struck.settings.amqp_uri)):
            try:
                outcomes.append(caller.call(call, 10))
            except Unavailable as error:
                outcomes.append(error.code)

    struck.rabbit.pause()
    try:
        asking = Thread(target=ask, daemon=True)
        asking.start()
        asking.join(90)
        assert not asking.is_alive()
    finally:
        struck.rabbit.resume()
    assert len(outcomes) == 2
    assert set(map(str, outcomes)) <= {"broker.away", "call.timeout"}
    eventually(lambda: people.ask(MINISTRY, call.method, **call.payload) == before or None, "answered as before")
    struck.await_ready()
    people.caller.close()
