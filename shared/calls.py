"""A call as it travels: header names, what a caller puts in, how the called side reads it. Pure, shared by both sides.

The body is nameko's: {"args": [payload], "kwargs": {}}; the reply is {"result": ..., "error": null | wire error}.
Headers carry `nameko.` in front so that a stock nameko client can send them as its context data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from shared.envelope import raw
from shared.errors import Invalid, Reason, Refused

PRINCIPAL: Final = "nameko.principal"
COMMAND_ID: Final = "nameko.command_id"
CORRELATION_ID: Final = "nameko.correlation_id"
DEADLINE: Final = "nameko.deadline"
CLIENT_ADDRESS: Final = "nameko.client_address"

LARGEST_BODY: Final = 2 * 1024 * 1024
# What RabbitMQ 4 takes unless told otherwise; on more it closes the channel without an answer.
LARGEST_MESSAGE: Final = 16 * 1024 * 1024

TOO_LARGE = Reason(
    "payload.too_large",
    "提交的内容过大，最多 {limit:number} 字节，请减少内容或分批提交",
    "The message is too large, at most {limit:number} bytes: send less at a time",
    Invalid,
)
UNREADABLE = Reason(
    "payload.unreadable",
    "提交的内容不是规定的格式，无法识别，请按接口文档的格式发送",
    'The body must be JSON: {{"args": [payload], "kwargs": {{}}}}',
    Invalid,
)
REPLY_TOO_LARGE = Reason(
    "reply.too_large",
    "结果过大，无法一次送达（最多 {limit:number} 字节），请缩小查询范围后重试",
    "The result is too large to be sent at once (at most {limit:number} bytes): ask for less",
)
BAD_HEADER = Reason(
    "header.invalid",
    "请求的{field:header}缺少或有误，请按接口文档填写后重发",
    "The {field:header} is missing or wrong: send the header as docs/wire.md says",
    Invalid,
)
LATE = Reason(
    "call.late",
    "请求已超过截止时间，未作处理，请重新提交",
    "The deadline had passed and nothing was done: send it again",
    Refused,
)
UNKNOWN_METHOD = Reason(
    "call.unknown_method",
    "没有{method:technical}这项服务，请核对名称",
    "There is no method {method:technical}: check its name",
    Invalid,
)


@dataclass(frozen=True, slots=True)
class CallHeaders:
    """What the headers of a call say. `deadline` is an aware instant after which no work must begin.

    `client_address` is the IP address of the person's device as the gateway saw it: logged, never part of an event.
    """

    principal: str | None
    command_id: UUID
    correlation_id: UUID
    deadline: datetime | None
    client_address: str | None = None


def read_headers(headers: Mapping[str, Any], *, is_query: bool) -> CallHeaders:
    """The headers of a call. Raises Invalid `header.invalid`.

    A command must bring its command id: without one a repeat could not be known. A query may leave it out.
    """
    command_id = _uuid(headers, COMMAND_ID, required=not is_query) or uuid4()
    return CallHeaders(
        principal=_text(headers, PRINCIPAL),
        command_id=command_id,
        correlation_id=_uuid(headers, CORRELATION_ID, required=False) or command_id,
        deadline=_instant(headers, DEADLINE),
        client_address=_address(headers, CLIENT_ADDRESS),
    )


def read_body(body: Any, largest: int = LARGEST_BODY) -> Any:
    """The payload of a call of at most so many bytes. Raises Invalid `payload.too_large` or `payload.unreadable`."""
    received = raw(body)
    if len(received) > largest:
        raise TOO_LARGE.error(limit=largest)
    try:
        message = orjson.loads(received)
        (payload,) = message["args"]
        if message.get("kwargs"):
            raise UNREADABLE.error()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UNREADABLE.error() from None
    return payload


def check_deadline(headers: CallHeaders, now: datetime) -> None:
    """Raises Refused `call.late` when the caller has stopped waiting."""
    if headers.deadline is not None and now >= headers.deadline:
        raise LATE.error()


def _text(headers: Mapping[str, Any], name: str) -> str | None:
    value = headers.get(name)
    if value is not None and not isinstance(value, str):
        raise BAD_HEADER.error(field=name)
    return value


def _uuid(headers: Mapping[str, Any], name: str, *, required: bool) -> UUID | None:
    text = headers.get(name)
    if text is None and not required:
        return None
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        raise BAD_HEADER.error(field=name) from None


def _address(headers: Mapping[str, Any], name: str) -> str | None:
    text = _text(headers, name)
    if text is None:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        raise BAD_HEADER.error(field=name) from None


def _instant(headers: Mapping[str, Any], name: str) -> datetime | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise BAD_HEADER.error(field=name)
        return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise BAD_HEADER.error(field=name) from None
