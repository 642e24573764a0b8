"""What comes with a call is read strictly, whatever bytes arrive."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calls import (
    CLIENT_ADDRESS,
    COMMAND_ID,
    CORRELATION_ID,
    DEADLINE,
    LARGEST_BODY,
    check_deadline,
    read_body,
    read_headers,
)
from shared.errors import Invalid, Refused


def test_the_payload_is_the_one_argument() -> None:
    assert read_body(b'{"args": [{"a": 1}], "kwargs": {}}') == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b'{"args": []}', b'{"args": [1, 2]}', b'{"args": 5}', b"\xff\xfe",
     b'{"args": [1], "kwargs": {"a": 1}}'],
)  # fmt: skip
def test_a_body_that_is_no_call_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        read_body(body)
    assert caught.value.code == "payload.unreadable"


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_read(body: bytes) -> None:
    with suppress(Invalid):
        read_body(body)


def test_a_body_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(Invalid) as caught:
        read_body(b"x" * (LARGEST_BODY + 1))
    assert caught.value.code == "payload.too_large"


def test_a_command_needs_its_id_and_correlates_by_it() -> None:
    command_id = uuid4()
    headers = read_headers({COMMAND_ID: str(command_id)}, is_query=False)
    assert (headers.command_id, headers.correlation_id, headers.deadline) == (command_id, command_id, None)
    with pytest.raises(Invalid) as caught:
        read_headers({}, is_query=False)
    assert (caught.value.code, caught.value.field) == ("header.invalid", COMMAND_ID)
    assert read_headers({}, is_query=True).principal is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (COMMAND_ID, "x"),
        (COMMAND_ID, 7),
        (CORRELATION_ID, "x"),
        (DEADLINE, "soon"),
        (DEADLINE, "2026-01-01T00:00:00"),
        (CLIENT_ADDRESS, "here"),
        (CLIENT_ADDRESS, 7),
    ],
)
def test_a_wrong_header_is_named(name: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        read_headers({COMMAND_ID: str(uuid4()), name: value}, is_query=False)
    assert caught.value.field == name


@pytest.mark.parametrize(("sent", "known"), [("10.1.2.3", "10.1.2.3"), ("2001:DB8::0:1", "2001:db8::1"), (None, None)])
def test_the_address_of_the_persons_device_is_read_in_its_normal_form(sent: str | None, known: str | None) -> None:
    headers = {COMMAND_ID: str(uuid4()), **({} if sent is None else {CLIENT_ADDRESS: sent})}
    assert read_headers(headers, is_query=False).client_address == known


def test_nothing_is_begun_at_or_after_the_deadline() -> None:
    now = datetime.now(UTC)
    headers = read_headers({COMMAND_ID: str(uuid4()), DEADLINE: now.isoformat()}, is_query=False)
    check_deadline(headers, now - timedelta(microseconds=1))
    for late in (now, now + timedelta(seconds=1)):
        with pytest.raises(Refused) as caught:
            check_deadline(headers, late)
        assert caught.value.code == "call.late"
