"""How long the client tries, when it spares the other side, and what it makes of each answer, from a real local server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest

from services.sync import client as c
from services.sync.client import BreakerState, NationalClient, Told
from services.sync.interface import NONCE, Verifier
from shared.errors import Unavailable
from tests.support import sync_examples as x
from tests.support.stats_examples import ANA
from tests.support.sync_examples import HANG_UP, KEY, FakeTime, Scripted, client_of, results, running

BUSY = (503, b"{}")
FINE = (200, results((x.record(1), "accepted")))


def send(client: NationalClient) -> list[Told]:
    return client.send("14", [x.record(1)])


def error_of(ask: Callable[[], Any]) -> str:
    with pytest.raises(Unavailable) as caught:
        ask()
    assert caught.value.zh
    return caught.value.code


def test_a_batch_is_sent_signed_and_each_outcome_comes_back_in_order() -> None:
    refused = {
        "event_id": x.event_id(2),
        "outcome": "refused",
        "code": "national.unknown_code",
        "zh": "未知",
        "en": "?",
    }
    body = {"results": [{"event_id": x.event_id(1), "outcome": "accepted"}, refused]}
    server = Scripted((200, orjson.dumps(body)))
    with running(server):
        told = client_of(server.url, now=lambda: x.NOW).send("14", [x.record(1), x.record(2)])
    assert told == [
        Told(x.event_id(1), "accepted"),
        Told(x.event_id(2), "refused", "national.unknown_code", "未知", "?"),
    ]
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/records")
    assert orjson.loads(asked.body) == {"province": "14", "records": [x.record(1).to_json(), x.record(2).to_json()]}
    Verifier(KEY).verify(asked.method, asked.path, asked.body, asked.headers, x.NOW)


@pytest.mark.parametrize(
    ("ask", "path", "answer", "expected"),
    [
        (
            lambda client: client.counts("10108", 2026),
            "/v1/counts?school=10108&class=2026",
            {"counts": {"": 3}},
            {"": 3},
        ),
        (lambda client: client.digests(2026), "/v1/digests?class=2026", {"schools": {"10108": {}}}, {"10108": {}}),
        (
            lambda client: client.lines("1/8", 2026),
            "/v1/lines?school=1%2F8&class=2026",
            {"lines": {"a": "l"}},
            {"a": "l"},
        ),
        (lambda client: client.history("14-a/b"), "/v1/records/14-a%2Fb", {"records": [{}]}, [{}]),
    ],
)
def test_each_question_is_asked_signed(
    ask: Callable[[NationalClient], Any], path: str, answer: dict[str, Any], expected: Any
) -> None:
    server = Scripted((200, orjson.dumps(answer)))
    with running(server):
        assert ask(client_of(server.url, now=lambda: x.NOW)) == expected
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", path)
    Verifier(KEY).verify("GET", path, b"", asked.headers, x.NOW)


@pytest.mark.parametrize("not_now", [(500, b""), (502, b"<html>"), BUSY, (429, b"{}"), (408, b""), (425, b""), HANG_UP])
def test_what_means_not_now_is_tried_again_with_the_same_records(not_now: tuple[int, bytes]) -> None:
    server, time = Scripted(not_now, not_now, FINE), FakeTime()
    with running(server):
        told = send(client_of(server.url, patience=60, breaker=time.breaker(), sleep=time.sleep))
    assert [each.outcome for each in told] == ["accepted"]
    bodies, nonces = ({each.body for each in server.asked}, {each.headers[NONCE] for each in server.asked})
    assert (len(server.asked), len(bodies), len(nonces)) == (3, 1, 3)


def test_waits_grow_from_a_tenth_of_a_second_to_two_and_are_never_all_alike() -> None:
    server, time = Scripted(*[BUSY] * 8, FINE), FakeTime()
    with running(server):
        send(client_of(server.url, patience=60, breaker=time.breaker(limit=99), sleep=time.sleep))
    assert len(time.slept) == 8
    for attempt, waited in enumerate(time.slept):
        longest = min(c.LONGEST_WAIT_SECONDS, c.FIRST_WAIT_SECONDS * 2**attempt)
        assert longest / 2 <= waited <= longest


def test_patience_bounds_all_tries_together() -> None:
    server, time = Scripted(BUSY), FakeTime()
    client = client_of(server.url, patience=3, breaker=time.breaker(limit=99), sleep=time.sleep)
    with running(server):
        assert error_of(lambda: send(client)) == "national.away"
    assert len(server.asked) > 1
    assert sum(time.slept) <= 3


def test_without_patience_there_is_one_try() -> None:
    server = Scripted(BUSY)
    with running(server):
        assert error_of(lambda: send(client_of(server.url))) == "national.away"
    assert len(server.asked) == 1


def test_nobody_at_the_address_is_away() -> None:
    server = Scripted(FINE)
    with running(server):
        url = server.url
    assert error_of(lambda: send(client_of(url))) == "national.away"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413])
def test_a_request_that_is_not_taken_is_not_repeated(status: int) -> None:
    server, time = Scripted((status, b'{"code": "national.wrong_signature"}')), FakeTime()
    client = client_of(server.url, patience=60, breaker=time.breaker(limit=1), sleep=time.sleep)
    with running(server), pytest.raises(Unavailable) as caught:
        send(client)
    assert caught.value.code == "national.turned_away"
    assert (str(status) in caught.value.en, "national.wrong_signature" in caught.value.en) == (True, True)
    assert (len(server.asked), time.slept) == (1, [])
    # It was answered: the other side is there.
    assert client.breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"results": {}}',
        b'{"results": []}',
        b'{"results": ["accepted"]}',
        results((x.record(1), "perhaps")),
        results((x.record(2), "accepted")),
        results((x.record(1), "accepted"), (x.record(2), "accepted")),
    ],
)
def test_an_answer_that_does_not_fit_is_not_understood_and_counts_for_nothing(body: bytes) -> None:
    server = Scripted((200, body))
    with running(server):
        assert error_of(lambda: send(client_of(server.url, patience=60))) == "national.not_understood"
    assert len(server.asked) == 1


def test_an_answer_in_another_order_is_not_understood() -> None:
    server = Scripted((200, results((x.record(2), "accepted"), (x.record(1), "accepted"))))
    with running(server):
        client = client_of(server.url)
        assert error_of(lambda: client.send("14", [x.record(1), x.record(2)])) == "national.not_understood"


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.counts("10108", 2026),
        lambda client: client.digests(2026),
        lambda client: client.lines("10108", 2026),
        lambda client: client.history(ANA),
    ],
)
def test_a_question_answered_otherwise_is_not_understood(ask: Callable[[NationalClient], Any]) -> None:
    server = Scripted((200, b'{"counts": 1, "schools": [], "lines": "", "records": {}}'))
    with running(server):
        assert error_of(lambda: ask(client_of(server.url))) == "national.not_understood"


def test_the_breaker_opens_after_so_many_failures_in_a_row() -> None:
    server, time = Scripted(BUSY), FakeTime()
    client = client_of(server.url, breaker=time.breaker(limit=3))
    with running(server):
        assert [error_of(lambda: send(client)) for _ in range(5)] == ["national.away"] * 3 + [
            "national.breaker_open"
        ] * 2
    assert len(server.asked) == 3


def test_one_success_forgets_the_failures_before() -> None:
    server, time = Scripted(BUSY, BUSY, FINE, BUSY, BUSY, FINE), FakeTime()
    client = client_of(server.url, breaker=time.breaker(limit=3))
    with running(server):
        for _ in range(6):
            with suppress(Unavailable):
                send(client)
    assert (len(server.asked), client.breaker.state) == (6, BreakerState.CLOSED)


def test_an_open_breaker_stops_the_tries_of_the_request_that_opened_it() -> None:
    server, time = Scripted(BUSY), FakeTime()
    client = client_of(server.url, patience=60, breaker=time.breaker(limit=3), sleep=time.sleep)
    with running(server):
        assert error_of(lambda: send(client)) == "national.breaker_open"
    assert len(server.asked) == 3


def test_after_its_pause_one_request_is_let_through_and_success_closes_it() -> None:
    server, time = Scripted(BUSY, FINE), FakeTime()
    client = client_of(server.url, breaker=time.breaker(limit=1, pause=5))
    with running(server):
        assert error_of(lambda: send(client)) == "national.away"
        time.at += 4.9
        assert (client.breaker.state, error_of(lambda: send(client))) == (BreakerState.OPEN, "national.breaker_open")
        time.at += 0.1
        before = client.breaker.state
        send(client)
        assert (before, client.breaker.state) == (BreakerState.HALF_OPEN, BreakerState.CLOSED)
        send(client)


def test_after_its_pause_one_failure_opens_it_again_for_another_pause() -> None:
    server, time = Scripted(BUSY), FakeTime()
    client = client_of(server.url, breaker=time.breaker(limit=1, pause=5))
    with running(server):
        error_of(lambda: send(client))
        time.at += 5
        assert error_of(lambda: send(client)) == "national.away"
        assert error_of(lambda: send(client)) == "national.breaker_open"
    assert len(server.asked) == 2


def test_while_one_request_tries_a_half_open_breaker_lets_no_other_through() -> None:
    time = FakeTime()
    breaker = time.breaker(limit=1, pause=5)
    breaker.failed()
    time.at += 5
    breaker.check()
    assert error_of(breaker.check) == "national.breaker_open"
    breaker.failed()
    time.at += 5
    breaker.check()
    breaker.succeeded()
    breaker.check()


def test_an_interruption_in_the_middle_of_a_request_counts_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime()
    client = client_of("http://127.0.0.1:1", breaker=time.breaker(limit=1, pause=5))

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(client.session, "request", interrupted)
    with pytest.raises(KeyboardInterrupt):
        send(client)
    assert (client.breaker.state, client.breaker.trying) == (BreakerState.OPEN, False)
