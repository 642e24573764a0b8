"""Calls over a real broker to a service in a process of its own: answers, refusals, repeats, and every bad door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from amqp import Message
from kombu import Connection, Queue

from shared.broker import ConfirmedPublisher, Outgoing
from shared.calling import Call
from shared.calls import CLIENT_ADDRESS, COMMAND_ID, CORRELATION_ID, DEADLINE, LARGEST_BODY, LARGEST_MESSAGE, PRINCIPAL
from shared.errors import KINDS, Invalid, Refused, ServiceError, Unavailable
from shared.handling import BULK_LIMIT
from shared.messages import Actor
from shared.principals import Issuer, new_signing_key
from shared.topology import RPC_EXCHANGE
from tests.support.amqp_counting import A_PERSON, LIMIT
from tests.support.amqp_world import OFFICE, World, a_counter, eventually


def sent_raw(
    world: World,
    body: bytes,
    headers: dict[str, Any] | None = None,
    key: str = "counter.count",
    **properties: Any,
) -> dict[str, Any]:
    """The reply, as JSON, to a body put together by hand."""
    name = f"by-hand-{uuid4()}"
    with Connection(world.amqp_uri) as connection, closing(connection.channel()) as channel:
        replies = Queue(name, RPC_EXCHANGE, routing_key=name, exclusive=True, auto_delete=True)(channel)
        replies.declare()
        known = {"reply_to": name, "correlation_id": "c", "application_headers": valid_headers(world) | (headers or {})}
        known |= {"content_type": "application/json", "content_encoding": "utf-8"}
        channel.basic_publish(Message(body, **(known | properties)), RPC_EXCHANGE.name, key)
        reply = eventually(lambda: channel.basic_get(name, no_ack=True), lambda found: found is not None)
        assert reply.properties["correlation_id"] == "c"
        answer: dict[str, Any] = orjson.loads(reply.body)
        return answer


def valid_headers(world: World) -> dict[str, Any]:
    return {PRINCIPAL: world.token(), COMMAND_ID: str(uuid4())}


def a_body(payload: Any) -> bytes:
    return orjson.dumps({"args": [payload], "kwargs": {}})


def code_of(answer: dict[str, Any]) -> Any:
    assert answer["result"] is None
    return answer["error"]["exc_args"][0]


def outcome_of(world: World, method: str, payload: Any, **differs: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        world.call(method, payload, **differs)
    return caught.value


def test_a_command_is_answered_with_what_it_did(counting: World) -> None:
    counter = a_counter()
    before = counting.log.heads().get("14", 0)
    answer = counting.call("counter.count", {"counter": counter, "by": 3})
    assert answer == {"id": counter, "version": 1, "position": before + 1}
    assert counting.totals("counter")[counter] == [3]


def test_a_query_sees_what_was_answered_before_it(counting: World) -> None:
    counter = a_counter()
    for by in (3, 4):
        counting.call("counter.count", {"counter": counter, "by": by})
    asked = Call("counter.get_total", {"counter": counter}, counting.token())
    assert counting.caller.call(asked) == {"total": 7, "correlation_id": str(asked.command_id)}


def test_a_query_needs_no_command_id(counting: World) -> None:
    answer = sent_raw(counting, a_body({"counter": a_counter()}), {COMMAND_ID: None}, "counter.get_total")
    assert answer["result"]["total"] == 0


def test_a_correlation_id_reaches_the_log(counting: World) -> None:
    counter, correlation_id = a_counter(), uuid4()
    counting.call("counter.count", {"counter": counter, "by": 1}, correlation_id=correlation_id)
    (recorded,) = counting.log.read([f"counter-{counter}"])[f"counter-{counter}"]
    assert recorded.event.correlation_id == correlation_id
    assert recorded.event.actor == Actor("province", "office", "CN/14")


def test_each_item_of_a_bulk_has_its_own_outcome(counting: World) -> None:
    one, foreign = a_counter(), a_counter("33")
    items = [{"counter": one, "by": 900}, {"counter": one, "by": 200}, {"counter": foreign, "by": 1}]
    done, full, denied = counting.call("counter.count_many", {"items": items})["items"]
    assert (done["index"], done["id"], done["version"]) == (0, one, 1)
    assert (full["error"]["exc_type"], full["error"]["exc_args"][0]) == ("Refused", "counter.full")
    assert (denied["error"]["exc_type"], denied["error"]["exc_args"][0]) == ("Forbidden", "access.denied")
    assert counting.totals("counter")[one] == [900]


@pytest.mark.parametrize(
    ("payload", "code", "fields"),
    [
        ([], "payload.invalid", {"items"}),
        ({"items": {}}, "payload.invalid", {"items"}),
        ({"items": [], "more": 1}, "payload.invalid", {"items"}),
        ({"items": [{"counter": "14-a", "by": 1}, {"counter": "14-a", "by": "x"}]}, "payload.invalid", {"items.1.by"}),
        ({"items": [{}] * (BULK_LIMIT + 1)}, "bulk.too_many", None),
    ],
)
def test_a_bulk_of_the_wrong_shape_does_nothing(
    counting: World, payload: Any, code: str, fields: set[str] | None
) -> None:
    before = counting.log.heads()
    error = outcome_of(counting, "counter.count_many", payload)
    assert (type(error), error.code) == (Invalid, code)
    assert fields is None or set(error.details["fields"]) == fields
    assert counting.log.heads() == before


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_error_arrives_as_it_was_raised(counting: World, kind: str) -> None:
    error = outcome_of(counting, "counter.fail", {"kind": kind})
    assert type(error) is KINDS[kind]
    assert (error.code, error.zh, error.en, error.field, error.details["limit"]) == (
        "counter.failed",
        "不行",
        "No",
        "kind",
        7,
    )


@pytest.mark.parametrize("kind", ["bug", "unsendable", "surrogate", "detail"])
def test_a_bug_is_answered_as_one_without_saying_more_and_the_service_goes_on(counting: World, kind: str) -> None:
    error = outcome_of(counting, "counter.fail", {"kind": kind})
    assert (error.details["exc_type"], "ZeroDivision" in str(error)) == ("ServiceError", False)
    assert "service.failure" in error.details["value"]
    assert counting.call("counter.get_total", {"counter": a_counter()})["total"] == 0


@pytest.mark.parametrize(("by", "outcome"), [(1, "ok"), (LIMIT, "counter.full")])
def test_a_command_is_logged_with_who_asked_from_where_and_what_came_of_it(
    counting: World, by: int, outcome: str
) -> None:
    counter, command_id = a_counter(), uuid4()
    counting.call("counter.count", {"counter": counter, "by": 1})
    asked = Call("counter.count", {"counter": counter, "by": by}, counting.token(), command_id, None, "2001:DB8::1")
    counting.caller.call_all([asked])

    def lines() -> list[dict[str, Any]]:
        return [each for each in counting.served[0].lines() if each.get("command_id") == str(command_id)]

    (line,) = eventually(lines)
    assert {name: line[name] for name in ("action", "actor", "client_address", "outcome")} == {
        "action": "counter.count",
        "actor": f"{OFFICE.role}/{OFFICE.id}",
        "client_address": "2001:db8::1",
        "outcome": outcome,
    }
    assert "2001:db8::1" not in str(counting.log.read([f"counter-{counter}"]))


def test_a_query_is_not_logged(counting: World) -> None:
    asked = Call("counter.get_total", {"counter": a_counter()}, counting.token())
    counting.caller.call(asked)
    counter = a_counter()
    counting.call("counter.count", {"counter": counter, "by": 1}, command_id=(known := uuid4()))
    eventually(lambda: [each for each in counting.served[0].lines() if each.get("command_id") == str(known)])
    assert all(each.get("command_id") != str(asked.command_id) for each in counting.served[0].lines())


def test_the_log_of_a_bug_has_its_place_and_correlation_but_not_its_text(counting: World) -> None:
    correlation_id = uuid4()
    outcome_of(counting, "counter.fail", {"kind": "bug"}, correlation_id=correlation_id)
    (served,) = counting.served
    (line,) = [each for each in served.lines() if each.get("correlation_id") == str(correlation_id) and "trace" in each]
    assert (line["action"], line["code"]) == ("counter.fail", "service.failure")
    assert "amqp_serving.py" in line["trace"]
    assert "ZeroDivisionError" in line["trace"]
    assert A_PERSON not in served.log.read_text()


def principal_doors(world: World) -> dict[str, tuple[Any, str]]:
    stranger = Issuer(new_signing_key()[0])
    past = datetime.now(UTC) - timedelta(hours=1)
    office = Actor("province", "office", "CN/14")
    return {
        "none": (None, "principal.missing"),
        "empty": ("", "principal.missing"),
        "forged": (stranger.token(office), "principal.forged"),
        "garbage": ("a.b.c", "principal.forged"),
        "not ascii": ("令牌", "principal.forged"),
        "no text": (7, "header.invalid"),
        "a table": ({"a": "b"}, "header.invalid"),
        "expired": (world.issuer.token(office, past), "principal.expired"),
        "not yet": (world.issuer.token(office, past + timedelta(hours=2)), "principal.forged"),
        "foreign": (world.token(Actor("province", "office", "CN/33")), "access.denied"),
        "another role": (world.token(Actor("graduate", "14-me")), "access.denied"),
        "the platform": (world.token(Actor("system", "me")), "principal.forged"),
        "a wider scope than its role": (world.token(Actor("province", "office", "CN")), "principal.forged"),
    }


@pytest.mark.parametrize("door", [
    "none", "empty", "forged", "garbage", "not ascii", "no text", "a table", "expired", "not yet", "foreign",
    "another role", "the platform", "a wider scope than its role",
])  # fmt: skip
def test_a_principal_that_may_not_is_refused_and_leaves_nothing(counting: World, door: str) -> None:
    token, code = principal_doors(counting)[door]
    before = counting.log.heads()
    answer = sent_raw(counting, a_body({"counter": a_counter(), "by": 1}), {PRINCIPAL: token})
    assert code_of(answer) == code
    assert counting.log.heads() == before


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({COMMAND_ID: None}, COMMAND_ID),
        ({COMMAND_ID: "seven"}, COMMAND_ID),
        ({COMMAND_ID: 7}, COMMAND_ID),
        ({CORRELATION_ID: "seven"}, CORRELATION_ID),
        ({DEADLINE: "soon"}, DEADLINE),
        ({DEADLINE: "2026-05-04T00:00:00"}, DEADLINE),
        ({DEADLINE: "0001-01-01T00:00:00+14:00"}, DEADLINE),
        ({DEADLINE: [1]}, DEADLINE),
        ({CLIENT_ADDRESS: "here"}, CLIENT_ADDRESS),
    ],
)
def test_a_wrong_header_is_named_and_nothing_is_done(counting: World, headers: dict[str, Any], field: str) -> None:
    before = counting.log.heads()
    answer = sent_raw(counting, a_body({"counter": a_counter(), "by": 1}), headers)
    assert (code_of(answer), answer["error"]["exc_args"][1]["field"]) == ("header.invalid", field)
    assert counting.log.heads() == before


NESTED = b"[" * 900 + b"]" * 900
TOO_DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "payload.unreadable"),
        (b"{", "payload.unreadable"),
        (b"\xff\x00\xfe" * 50, "payload.unreadable"),
        (b"<count/>", "payload.unreadable"),
        (b"null", "payload.unreadable"),
        (b'{"args": []}', "payload.unreadable"),
        (b'{"args": [{}, {}], "kwargs": {}}', "payload.unreadable"),
        (b'{"args": [{}], "kwargs": {"by": 1}}', "payload.unreadable"),
        (b'{"args": [' + TOO_DEEP + b'], "kwargs": {}}', "payload.unreadable"),
        (b'{"args": [' + NESTED + b'], "kwargs": {}}', "payload.invalid"),
        (b'{"args": [{"counter": ' + NESTED + b', "by": ' + NESTED + b'}], "kwargs": {}}', "payload.invalid"),
        (a_body({"counter": "14-a", "by": 1, "more": 1}), "payload.invalid"),
        (a_body({"counter": "14-a", "by": "1e9"}), "payload.invalid"),
        (a_body({"counter": "14-a", "by": 10**18}), "payload.invalid"),
        (a_body({"counter": 14, "by": True}), "payload.invalid"),
        (a_body(None), "payload.invalid"),
        (b'{"args": [{"counter": "14-\\ud800", "by": 1}], "kwargs": {}}', "payload.unreadable"),
        (a_body({"counter": "14-" + "x" * LARGEST_BODY, "by": 1}), "payload.too_large"),
        (b"x" * 10_000_000, "payload.too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-{value[:12]!r}",
)
def test_a_body_of_the_wrong_shape_is_refused_and_leaves_nothing(counting: World, body: bytes, code: str) -> None:
    before = counting.log.heads()
    answer = sent_raw(counting, body)
    assert (answer["error"]["exc_type"], code_of(answer)) == ("Invalid", code)
    assert counting.log.heads() == before
    assert counting.call("counter.get_total", {"counter": a_counter()})["total"] == 0


@pytest.mark.parametrize(
    "properties",
    [
        {"content_encoding": "unicode_escape"},
        {"content_encoding": "no-such-encoding"},
        {"application_headers": {"compression": "application/x-gzip"}},
        {"content_type": "application/x-python-serialize", "content_encoding": "binary"},
    ],
    ids=str,
)
def test_what_a_message_says_about_its_body_harms_nobody(counting: World, properties: dict[str, Any]) -> None:
    answer = sent_raw(counting, b"\\ud800", **properties)
    assert code_of(answer) in ("payload.unreadable", "header.invalid")


@pytest.mark.parametrize("method", ["no_such", "__init__", "log", "fold", "\ud800"])
def test_an_unknown_method_is_refused_under_one_label(counting: World, method: str) -> None:
    answer = sent_raw(counting, a_body({}), key=f"counter.{method}")
    assert code_of(answer) in ("call.unknown_method", "service.failure")
    assert counting.call("counter.get_total", {"counter": a_counter()})["total"] == 0


def test_a_call_to_nobody_is_known_at_once(counting: World) -> None:
    with pytest.raises(Unavailable) as caught:
        counting.call("nobody.count", {})
    assert caught.value.code == "broker.unrouted"


def test_a_call_past_its_deadline_is_refused_before_its_work(counting: World) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    counter = a_counter()
    answer = sent_raw(counting, a_body({"counter": counter, "by": 1}), {DEADLINE: past})
    assert (answer["error"]["exc_type"], code_of(answer)) == ("Refused", "call.late")
    assert counter not in counting.totals("counter")


def test_a_call_that_waited_past_its_deadline_for_a_worker_is_refused_before_its_work(counting: World) -> None:
    hold, late, workers = counting.file("hold"), a_counter(), [a_counter(), a_counter()]
    hold.touch()
    with ThreadPoolExecutor(3) as threads:
        busy = [threads.submit(counting.call, "counter.wait", {"counter": each}) for each in workers]
        for each in workers:
            eventually(counting.file(f"taken-{each}").exists)
        waiting = threads.submit(outcome_of, counting, "counter.count", {"counter": late, "by": 1}, seconds=0.5)
        assert waiting.result().code == "call.timeout"
        hold.unlink()
        assert [each.result()["version"] for each in busy] == [1, 1]
    # The service has come to what was sent after it.
    assert counting.call("counter.get_total", {"counter": late})["total"] == 0
    assert late not in counting.totals("counter")


def test_a_repeat_is_one_effect_and_the_same_answer(counting: World) -> None:
    call = Call("counter.count", {"counter": a_counter(), "by": 3}, counting.token())
    first = counting.caller.call(call)
    assert [counting.caller.call(call) for _ in range(3)] == [first] * 3
    assert counting.totals("counter")[first["id"]] == [3]


def test_a_repeat_after_a_lost_reply_is_answered_from_the_log(counting: World) -> None:
    counter, command_id = a_counter(), str(uuid4())
    body, headers = a_body({"counter": counter, "by": 3}), valid_headers(counting) | {COMMAND_ID: command_id}
    publisher = ConfirmedPublisher(counting.amqp_uri)
    properties = {"reply_to": "nobody-listens", "correlation_id": "lost", "application_headers": headers}
    publisher.publish([Outgoing(body, RPC_EXCHANGE.name, "counter.count", properties)])
    publisher.close()
    eventually(lambda: counting.totals("counter").get(counter) == [3])
    answer = sent_raw(counting, body, {COMMAND_ID: command_id})
    assert answer["error"] is None
    assert (answer["result"]["id"], answer["result"]["version"]) == (counter, 1)
    assert counting.totals("counter")[counter] == [3]


def test_the_same_command_many_times_at_once_is_one_effect_and_one_answer(counting: World) -> None:
    for _ in range(10):
        call = Call("counter.count", {"counter": a_counter(), "by": 3}, counting.token())
        outcomes = counting.caller.call_all([call] * 6, 60)
        assert [each for each in outcomes if isinstance(each, Exception)] == []
        assert outcomes == [outcomes[0]] * 6
        assert counting.totals("counter")[call.payload["counter"]] == [3]


def test_a_repeat_of_a_bulk_is_one_effect_and_the_same_answer(counting: World) -> None:
    items = [{"counter": a_counter(), "by": 1} for _ in range(20)]
    call = Call("counter.count_many", {"items": items}, counting.token())
    first, second = counting.caller.call_all([call, call], 60)
    assert first == second == counting.caller.call(call)
    assert all(counting.totals("counter")[str(item["counter"])] == [1] for item in items)


def test_a_command_id_used_for_another_thing_is_refused(counting: World) -> None:
    command_id = uuid4()
    counting.call("counter.count", {"counter": a_counter(), "by": 1}, command_id=command_id)
    error = outcome_of(counting, "counter.count", {"counter": a_counter(), "by": 1}, command_id=command_id)
    assert (type(error), error.code) == (Refused, "command.id_reused")


def test_a_command_id_used_with_another_payload_or_method_is_refused_and_changes_nothing(counting: World) -> None:
    counter, command_id = a_counter(), uuid4()
    counting.call("counter.count", {"counter": counter, "by": 1}, command_id=command_id)
    other = outcome_of(counting, "counter.count", {"counter": counter, "by": 2}, command_id=command_id)
    assert (type(other), other.code) == (Refused, "command.id_reused")
    again = sent_raw(
        counting,
        b'{"kwargs": {}, "args": [{"by": 1, "counter": "%s"}]}' % counter.encode(),
        {COMMAND_ID: str(command_id)},
    )
    assert (again["error"], again["result"]["version"]) == (None, 1)
    assert counting.totals("counter")[counter] == [1]


def test_many_calls_in_flight_each_get_their_own_answer(counting: World) -> None:
    counters = [a_counter() for _ in range(100)]
    calls = [Call("counter.count", {"counter": each, "by": 1}, counting.token()) for each in counters]
    assert [answer["id"] for answer in counting.caller.call_all(calls, 60)] == counters


def test_a_call_that_no_broker_takes_is_refused_before_it_is_sent_and_the_others_are_answered(counting: World) -> None:
    counter = a_counter()
    calls = [
        Call("counter.count", {"counter": each, "by": 1}, counting.token())
        for each in ("14-" + "x" * LARGEST_MESSAGE, counter)
    ]
    refused, done = counting.caller.call_all(calls, 60)
    assert (type(refused), refused.code, refused.details["limit"]) == (Invalid, "payload.too_large", LARGEST_MESSAGE)
    assert done["id"] == counter


def test_an_answer_that_no_broker_takes_is_answered_as_that(counting: World) -> None:
    error = outcome_of(counting, "counter.fail", {"kind": "large"})
    assert (type(error), error.code, error.details["limit"]) == (Refused, "reply.too_large", LARGEST_MESSAGE)


def test_metrics_know_actions_and_outcomes_and_nothing_that_callers_made_up(counting: World) -> None:
    made_up = uuid4().hex
    outcome_of(counting, f"counter.{made_up}", {})
    (served,) = counting.served
    status, body = served.probe("/metrics")
    assert (status, made_up in body) == (200, False)
    assert 'wq_commands_total{action="counter.?",outcome="call.unknown_method"}' in body
    assert 'wq_commands_total{action="counter.get_total",outcome="ok"}' in body
