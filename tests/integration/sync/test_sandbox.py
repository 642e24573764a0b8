"""The practice server at its doors: faults on demand, requests that are none, and probes like every process's."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
import requests
from prometheus_client import REGISTRY

from services.sync.interface import LARGEST_BATCH, sign
from services.sync.sandbox import Sandbox
from shared.errors import Unavailable
from tests.support import sync_examples as x
from tests.support.stats_examples import ANA
from wq.local.processes import free_port

WAIT_SECONDS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "national.jsonl"


@pytest.fixture
def sandbox(path: Path) -> Iterator[Sandbox]:
    with x.running_sandbox(path) as running:
        yield running


def ask(sandbox: Sandbox, method: str, path: str, body: bytes = b"") -> requests.Response:
    signed = sign(x.KEY, method, path, body, sandbox.now())
    return requests.request(method, sandbox.url + path, data=body, headers=signed, timeout=WAIT_SECONDS)


def plan(sandbox: Sandbox, **faults: Any) -> requests.Response:
    return ask(sandbox, "POST", "/v1/faults", orjson.dumps(faults))


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("wq_sandbox_requests_total", {"outcome": outcome}) or 0.0


def test_it_fails_as_often_as_it_was_told(sandbox: Sandbox) -> None:
    assert plan(sandbox, fail=2).json() == {"planned": True}
    assert [ask(sandbox, "GET", "/v1/digests?class=2026").status_code for _ in range(3)] == [500, 500, 200]


def test_a_late_answer_is_away_for_who_does_not_wait_and_repeated_for_who_asks_again(sandbox: Sandbox) -> None:
    plan(sandbox, delay=1, seconds=1.0)
    client = x.client_of(sandbox.url)
    client.timeout = 0.2
    with pytest.raises(Unavailable) as caught:
        client.send("14", [x.record(1)])
    assert caught.value.code == "national.away"
    client.timeout = WAIT_SECONDS
    until(lambda: len(sandbox.store.history(ANA)) == 1)
    assert [each.outcome for each in client.send("14", [x.record(1)])] == ["repeated"]


def test_whom_it_refuses_can_be_told(sandbox: Sandbox) -> None:
    plan(sandbox, refuse=[ANA])
    client = x.client_of(sandbox.url)
    (told,) = client.send("14", [x.record(1)])
    assert (told.outcome, told.code) == ("refused", "national.told_to_refuse")
    plan(sandbox, refuse=[])
    assert client.send("14", [x.record(1)])[0].outcome == "accepted"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"fail": "many"}', b'{"refuse": 5}', b'{"refuse": [[]]}'])
def test_a_plan_that_is_none_changes_nothing(sandbox: Sandbox, body: bytes) -> None:
    assert ask(sandbox, "POST", "/v1/faults", body).status_code == 400
    assert (sandbox.fail_next, sandbox.store.refuse) == (0, set())


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "/v1"),
        ("GET", "/v1/records"),
        ("POST", "/v1/counts"),
        ("POST", "/v1/records/14-a"),
        ("GET", "/v2/digests?class=2026"),
    ],
)
def test_an_unknown_path_is_not_found(sandbox: Sandbox, method: str, target: str) -> None:
    answer = ask(sandbox, method, target)
    assert (answer.status_code, answer.json()) == (404, {"code": "national.not_found"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"province": "14"}',
        b'{"province": 14, "records": []}',
        b'{"province": "14", "records": {}}',
    ],
)
def test_a_batch_that_is_none_is_malformed(sandbox: Sandbox, body: bytes) -> None:
    answer = ask(sandbox, "POST", "/v1/records", body)
    assert (answer.status_code, answer.json()) == (400, {"code": "national.malformed"})


def test_a_batch_holds_five_hundred_records(sandbox: Sandbox) -> None:
    for number, status in ((LARGEST_BATCH, 200), (LARGEST_BATCH + 1, 400)):
        body = orjson.dumps({"province": "14", "records": [None] * number})
        assert ask(sandbox, "POST", "/v1/records", body).status_code == status


@pytest.mark.parametrize("asked", ["", "?class=", "?class=x", "?class=-1", "?class=20260", "?class=%EF%BC%92"])
def test_a_question_needs_a_class(sandbox: Sandbox, asked: str) -> None:
    assert ask(sandbox, "GET", f"/v1/digests{asked}").status_code == 400


def test_a_record_in_bad_company_is_taken_once_and_for_good(sandbox: Sandbox, path: Path) -> None:
    odd = {**x.record(1).to_json(), "event_id": ["unhashable"]}
    body = orjson.dumps({"province": "14", "records": [x.record(1).to_json(), odd]})
    answer = ask(sandbox, "POST", "/v1/records", body).json()
    assert [each["outcome"] for each in answer["results"]] == ["accepted", "refused"]
    assert len(path.read_bytes().splitlines()) == 1


@pytest.mark.parametrize("length", ["-1", "x", "1e3"])
def test_a_request_without_an_honest_length_is_malformed_and_ends_the_connection(sandbox: Sandbox, length: str) -> None:
    host, port = "127.0.0.1", int(sandbox.server_address[1])
    with socket.create_connection((host, port), timeout=WAIT_SECONDS) as connection:
        connection.sendall(f"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{{}}".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, orjson.loads(answer.read())) == (400, {"code": "national.malformed"})
        assert connection.recv(1) == b""


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        for number in (1, 2, 3):
            body = orjson.dumps({"province": "14", "records": [x.record(number).to_json()]})
            headers = sign(x.KEY, "POST", "/v1/records", body, sandbox.now())
            answer = session.post(f"{sandbox.url}/v1/records", data=body, headers=headers, timeout=WAIT_SECONDS)
            assert answer.json()["results"][0]["outcome"] == "accepted"


def test_two_who_tell_at_once_are_judged_one_after_another(sandbox: Sandbox, path: Path) -> None:
    told: list[str] = []

    def tell() -> None:
        client = x.client_of(sandbox.url)
        for number in range(1, 11):
            told.append(client.send("14", [x.record(number)])[0].outcome)

    threads = [Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert [each["version"] for each in sandbox.store.history(ANA)] == list(range(1, 11))
    assert (told.count("accepted"), len(path.read_bytes().splitlines())) == (10, 10)


def test_requests_are_counted_by_outcome(sandbox: Sandbox) -> None:
    outcomes = ("ok", "national.unsigned", "national.not_found", "national.told_to_fail")
    before = {outcome: counted(outcome) for outcome in outcomes}
    plan(sandbox, fail=1)
    ask(sandbox, "GET", "/v1/digests?class=2026")
    ask(sandbox, "GET", "/v1/digests?class=2026")
    requests.get(f"{sandbox.url}/v1/digests?class=2026", timeout=WAIT_SECONDS)
    ask(sandbox, "GET", "/v1")
    grown = {outcome: counted(outcome) - before[outcome] for outcome in outcomes}
    assert grown == {"ok": 2, "national.unsigned": 1, "national.not_found": 1, "national.told_to_fail": 1}


def until(done: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=WAIT_SECONDS).status_code == 200
    except requests.ConnectionError:
        return False


@contextmanager
def process(path: Path, port: int, health_port: int) -> Iterator[subprocess.Popen[bytes]]:
    program = (
        "import sys; from pathlib import Path; from services.sync.sandbox import serve;"
        "serve(int(sys.argv[1]), Path(sys.argv[2]), bytes.fromhex(sys.argv[3]), int(sys.argv[4]))"
    )
    command = [sys.executable, "-c", program, str(port), str(path), x.KEY.hex(), str(health_port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            until(lambda: answers(f"http://127.0.0.1:{health_port}/ready"))
            yield running
        finally:
            running.kill()


def test_a_process_answers_probes_keeps_its_record_when_killed_and_ends_when_asked(path: Path) -> None:
    port, health_port = free_port(), free_port()
    client = x.client_of(f"http://127.0.0.1:{port}")
    with process(path, port, health_port):
        assert client.send("14", [x.record(1)])[0].outcome == "accepted"
        assert answers(f"http://127.0.0.1:{health_port}/live")
        metrics = requests.get(f"http://127.0.0.1:{health_port}/metrics", timeout=WAIT_SECONDS).text
        assert 'wq_sandbox_requests_total{outcome="ok"} 1.0' in metrics
    with process(path, port, health_port) as again:
        assert client.send("14", [x.record(1)])[0].outcome == "repeated"
        again.send_signal(signal.SIGTERM)
        assert again.wait(WAIT_SECONDS) == 0
