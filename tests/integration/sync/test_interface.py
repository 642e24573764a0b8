"""docs/national-interface.yaml says exactly what client and sandbox do: each path, each status, each shape, each code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import quote

import orjson
import pytest
import requests
import yaml

from services.sync import interface
from services.sync.interface import LARGEST_BATCH, LARGEST_BODY, OUTCOMES, SKEW_SECONDS, sign
from services.sync.records import ROSTER_FIELDS, TOLD_FIELDS, VERBS, Record
from services.sync.sandbox import PROBLEMS, Sandbox
from services.sync.store import REFUSALS
from shared.errors import Reason
from tests.support import sync_examples as x
from tests.support.stats_examples import ANA, SIGNED, Lane

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "docs" / "national-interface.yaml").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
OPERATIONS = [
    (method.upper(), path, status)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for status in operation["responses"]
]


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what its `$ref` points to."""
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found)


def problems(value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
    """Where a value is not what a schema says: as much of JSON Schema as the document uses, and no more."""
    schema = resolved(schema)
    known = {"type", "enum", "const", "oneOf", "required", "properties", "additionalProperties", "items", "pattern"}
    known |= {"minimum", "minLength", "maxItems", "format", "description"}
    assert schema.keys() <= known, f"the checker does not know {schema.keys() - known}"
    if "oneOf" in schema and sum(not list(problems(value, each, where)) for each in schema["oneOf"]) != 1:
        yield f"{where}: not exactly one of"
    kinds = schema.get("type", [])
    for_kinds = tuple(kind for name in ([kinds] if isinstance(kinds, str) else kinds) for kind in KINDS[name])
    if for_kinds and (not isinstance(value, for_kinds) or (isinstance(value, bool) and bool not in for_kinds)):
        yield f"{where}: {value!r} is no {kinds}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where}: {value!r} does not match"
        if len(value) < schema.get("minLength", 0):
            yield f"{where}: too short"
        if schema.get("format") == "date":
            date.fromisoformat(value)
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{where}: too small"
    if isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            yield f"{where}: too many"
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), f"{where}/{number}")
    if isinstance(value, dict):
        yield from (f"{where}: no {name}" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            rule = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            if rule is False:
                yield f"{where}: {name} is not listed"
            elif rule is not True:
                yield from problems(item, rule, f"{where}/{name}")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with x.running_sandbox(tmp_path / "national.jsonl") as running:
        yield running


def ask(sandbox: Sandbox, method: str, path: str, body: bytes = b"", **headers: str) -> requests.Response:
    signed = {**sign(x.KEY, method, path, body, sandbox.now()), **headers}
    return requests.request(method, sandbox.url + path, data=body, headers=signed, timeout=60)


def batch(*records: Record, **changes: Any) -> bytes:
    return orjson.dumps({"province": "14", "records": [record.to_json() for record in records], **changes})


def asking(method: str, path: str) -> tuple[str, bytes]:
    """A request of an operation that is fine: its path with query, and body."""
    return {
        "/v1/records": ("/v1/records", batch(x.record(2))),
        "/v1/faults": ("/v1/faults", b'{"fail": 0, "delay": 0, "seconds": 0.5, "refuse": []}'),
        "/v1/records/{graduate_id}": (f"/v1/records/{quote(ANA)}", b""),
        "/v1/counts": ("/v1/counts?school=10108&province=14&class=2026", b""),
        "/v1/digests": ("/v1/digests?class=2026", b""),
        "/v1/lines": ("/v1/lines?school=10108&class=2026", b""),
    }[path]


def answered(
    sandbox: Sandbox, method: str, path: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> requests.Response:
    """An answer of an operation with a status."""
    target, body = asking(method, path)
    match status:
        case "400" if method == "GET":
            target = target.partition("?")[0]
        case "400":
            body = b"[]"
        case "401":
            return requests.request(method, sandbox.url + target, data=body, timeout=60)
        case "413":
            body = bytes(LARGEST_BODY + 1)
        case "500":
            sandbox.fail_next = 1
        case "503":

            def full(descriptor: int) -> None:
                raise OSError("no space left")

            monkeypatch.setattr(os, "fsync", full)
    return ask(sandbox, method, target, body)


@pytest.mark.parametrize(("method", "path", "status"), OPERATIONS)
def test_every_documented_status_is_answered_in_its_shape(
    sandbox: Sandbox, method: str, path: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.store.take("14", [x.record(1).to_json()])
    answer = answered(sandbox, method, path, status, monkeypatch)
    assert str(answer.status_code) == status
    assert answer.headers["Content-Type"] == "application/json"
    response = resolved(DOCUMENT["paths"][path][method.lower()]["responses"][status])
    assert list(problems(answer.json(), response["content"]["application/json"]["schema"])) == []


def test_every_outcome_of_a_record_is_documented(sandbox: Sandbox) -> None:
    sandbox.store.refuse = {"14-refused"}
    refused = x.record(1, graduate_id="14-refused", event_id=x.event_id(60))
    sent = [
        x.record(1),
        x.record(1),
        x.record(9),
        x.record(2, verb="void"),
        x.record(2, graduate_id="15-a"),
        x.record(2, destination={"code": "99"}),
        x.record(2, destination={"unit_name": None}),
        x.record(2, destination={"school_name": "山西大学"}),
        x.record(2, destination={"monthly_salary": 1}),
        x.record(2, destination={"code": "11", "agreement_number": None, "place": "810000"}),
        refused,
    ]
    told = ask(sandbox, "POST", "/v1/records", batch(*sent)).json()
    assert list(problems(told, SCHEMAS["Results"])) == []
    assert {each["outcome"] for each in told["results"]} == OUTCOMES
    assert {each["code"] for each in told["results"] if "code" in each} == set(REFUSALS)


def test_codes_are_documented_and_nothing_else_is() -> None:
    responses = DOCUMENT["components"]["responses"]

    def codes(name: str) -> set[str]:
        rule = responses[name]["content"]["application/json"]["schema"]["properties"]["code"]
        return set(rule.get("enum") or [rule["const"]])

    assert set(SCHEMAS["Refused"]["properties"]["code"]["enum"]) == set(REFUSALS)
    signature = {value.code for value in vars(interface).values() if isinstance(value, Reason)}
    assert codes("Unsigned") == signature
    assert codes("Malformed") | codes("TooLarge") | codes("Failed") | codes("NotStored") == {
        code for code, status in PROBLEMS.items() if status != 404
    }


def test_fields_limits_and_headers_are_those_of_the_code() -> None:
    assert list(SCHEMAS["Roster"]["properties"]) == list(ROSTER_FIELDS)
    assert set(SCHEMAS["Destination"]["properties"]) == set(TOLD_FIELDS)
    assert set(SCHEMAS["Record"]["required"]) == set(get_type_hints(Record)) - {"lane"}
    assert set(SCHEMAS["Record"]["properties"]["verb"]["enum"]) == VERBS
    assert SCHEMAS["Batch"]["properties"]["records"]["maxItems"] == LARGEST_BATCH
    schemes = DOCUMENT["components"]["securitySchemes"].values()
    assert [each["name"] for each in schemes] == [interface.TIME, interface.NONCE, interface.SIGNATURE]
    said = DOCUMENT["info"]["description"]
    assert f"more than {SKEW_SECONDS} seconds" in said
    assert (
        f"More than {LARGEST_BODY // 1024 // 1024} MiB"
        in DOCUMENT["components"]["responses"]["TooLarge"]["description"]
    )


def test_what_the_platform_sends_has_the_documented_shape() -> None:
    lane = Lane()
    lane.enrol(ANA)
    lane.register(ANA, SIGNED)
    lane.remove(ANA)
    records = x.reports(lane.events)
    assert list(problems(orjson.loads(batch(*records, x.restatement(records[-1]))), SCHEMAS["Batch"])) == []


def test_the_client_asks_documented_paths_only(sandbox: Sandbox) -> None:
    client = x.client_of(sandbox.url)
    client.send("14", [x.record(1)])
    assert client.counts("10108", 2026) == {"10": 1}
    assert set(client.digests(2026)) == {"10108"}
    assert set(client.lines("10108", 2026)) == {ANA}
    assert client.history(ANA) == [x.record(1).to_json()]
    only_sandbox = [
        path for path, methods in DOCUMENT["paths"].items() if methods.get("post", {}).get("x-sandbox-only")
    ]
    assert only_sandbox == ["/v1/faults"]


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({"results": [{"event_id": "a", "outcome": "perhaps"}]}, SCHEMAS["Results"]),
        ({"results": [{"event_id": "a", "outcome": "refused"}]}, SCHEMAS["Results"]),
        ({**x.record(1).to_json(), "version": 0}, SCHEMAS["Record"]),
        ({**x.record(1).to_json(), "name": "张三"}, SCHEMAS["Record"]),
        ("abc", SCHEMAS["Sha256"]),
    ],
)
def test_the_checker_sees_what_is_wrong(value: Any, schema: dict[str, Any]) -> None:
    assert list(problems(value, schema)) != []
