"""Shapes of incoming messages: marshmallow schemas that refuse what they do not know and make a frozen dataclass.

Every complaint has a Chinese and an English sentence and names its field: as a path for programs (`destination.unit_name`),
in the words of forms for people.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from shared.codes.pay import fen
from shared.errors import Invalid, Reason, ServiceError
from shared.messages import lane_of
from shared.names import BadText, clean_line, clean_name, clean_number
from shared.words import field as words_of_field
from shared.words import words_of

MOST_FEN = 10_000_000

BAD_PAYLOAD = Reason(
    "payload.invalid",
    "提交的内容有误，请更正：{first:sentence}",
    "The message has the wrong shape: {first_en:sentence}",
    Invalid,
)

# marshmallow's own sentences are English; each is replaced by a pair that people on both sides of a gateway can read.
_PAIRS: Mapping[str, str] = {
    "required": "必填 / required",
    "null": "不能为空 / may not be null",
    "invalid": "格式不正确 / not a valid value",
    "invalid_utf8": "不是有效的文本 / not valid UTF-8 text",
    "type": "应为一组有名称的内容 / must be an object",
    "unknown": "不属于此项内容，应删除 / unknown field",
    "too_large": "数值过大 / number too large",
    "invalid_uuid": "不是有效的编号 / not a valid id",
    "special": "数值不允许 / not an ordinary number",
}


def _speak(field: Any) -> Any:
    for kind in list(field.error_messages):
        field.error_messages[kind] = _PAIRS.get(kind, _PAIRS["invalid"])
    return field


def _kw(required: bool, options: dict[str, Any]) -> dict[str, Any]:
    if required:
        return {"required": True, **options}
    return {"required": False, "allow_none": True, "load_default": None, **options}


def thing_id(*, required: bool = True, **options: Any) -> Any:
    """An id of the platform: `14-6f1c…`."""

    def check(value: str) -> None:
        try:
            lane_of(value)
        except ValueError:
            raise ValidationError("不是有效的编号，应从列表中选择 / not a valid id") from None

    length = validate.Length(max=64, error="编号过长，应从列表中选择 / too long")
    return _speak(fields.Str(validate=[length, check], **_kw(required, options)))


class _Sentence(fields.Str):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not text or "\x00" in text:
            raise ValidationError("不能为空白 / may not be blank")
        return text


def sentence(max_length: int, *, required: bool = True, **options: Any) -> Any:
    """Text that says something: stripped, not blank, at most `max_length` characters."""
    length = validate.Length(max=max_length, error=f"最多 {max_length} 个字符 / at most {max_length} characters")
    return _speak(_Sentence(validate=length, **_kw(required, options)))


class _Cleaned(_Sentence):
    def __init__(self, clean: Callable[[str], str], **options: Any) -> None:
        super().__init__(**options)
        self._clean = clean

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return super()._deserialize(self._clean(text), attr, data, **kwargs)
        except BadText as bad:
            raise ValidationError(f"{bad.zh} / {bad.en}") from None


def line(max_length: int, *, required: bool = True, **options: Any) -> Any:
    """One line that people read and papers print, such as a unit's name: see `shared.names.clean_line`."""
    return _cleaned(clean_line, max_length, required, options)


def person_name(max_length: int, *, required: bool = True, **options: Any) -> Any:
    """A person's name in the form that is stored: see `shared.names.clean_name`."""
    return _cleaned(clean_name, max_length, required, options)


def paper_number(*, required: bool = True, **options: Any) -> Any:
    """A number that is printed on a paper, as somebody typed it: see `shared.names.clean_number`."""
    return _cleaned(clean_number, 40, required, options)


def _cleaned(clean: Callable[[str], str], max_length: int, required: bool, options: dict[str, Any]) -> Any:
    length = validate.Length(max=max_length, error=f"最多 {max_length} 个字符 / at most {max_length} characters")
    return _speak(_Cleaned(clean, validate=length, **_kw(required, options)))


def pattern(regex: str, says: str, *, required: bool = True, **options: Any) -> Any:
    """Text of a form; `says` is the reason, `中文 / English`."""
    return _speak(fields.Str(validate=validate.Regexp(regex, error=says), **_kw(required, options)))


def scope(*, required: bool = True) -> Any:
    """A scope path of shared.access: `CN`, `CN/14`, `CN/14/10108`, `CN/14/10108/07`."""
    form = r"^CN(/[0-9]{2}(/[0-9]{5}(/[0-9A-Za-z]{2})?)?)?\Z"
    return pattern(form, "不是有效的管理范围 / not a scope such as CN/14/10108", required=required)


def coded(table: Container[str], *, required: bool = True, **options: Any) -> Any:
    """A code of a table."""

    def check(value: str) -> None:
        if value not in table:
            raise ValidationError(f"代码“{value[:20]}”不在代码表中 / unknown code {value[:20]}")

    return _speak(fields.Str(validate=check, **_kw(required, options)))


def choice(*values: str, of: str, required: bool = True, **options: Any) -> Any:
    """One of a few codes; `of` names the vocabulary that says them."""
    known = words_of(of, list(values)).zh
    among = validate.OneOf(values, error=f"应为{known}之一 / must be one of {', '.join(values)}")
    return _speak(fields.Str(validate=among, **_kw(required, options)))


class _Day(fields.Field[date]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("应为日期，如 2021-04-08 / a day is written YYYY-MM-DD") from None


def day(*, required: bool = True, **options: Any) -> Any:
    """A calendar day, ISO 8601."""
    return _speak(_Day(**_kw(required, options)))


class _Instant(fields.Field[datetime]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            instant = None
        if instant is None or instant.tzinfo is None:
            raise ValidationError(
                "应为写明时区的时间，如 2021-04-08 12:00:00+08:00 / an instant is ISO 8601 with its offset"
            )
        return instant.astimezone(UTC)


def instant(*, required: bool = True, **options: Any) -> Any:
    """An instant with its offset, ISO 8601; loaded as UTC."""
    return _speak(_Instant(**_kw(required, options)))


def whole(minimum: int, maximum: int, *, required: bool = True, **options: Any) -> Any:
    """A whole number between two bounds, both allowed."""
    bounds = validate.Range(
        minimum, maximum, error=f"应在 {minimum} 与 {maximum} 之间 / must lie between {minimum} and {maximum}"
    )
    return _speak(fields.Int(strict=True, validate=bounds, **_kw(required, options)))


class _HourlyPay(fields.Field[int]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        # Whoever sent whole numbers before this was written in yuan sent fen.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_FEN:
            return value
        try:
            amount = fen(value) if isinstance(value, str) else MOST_FEN + 1
        except ValueError:
            amount = MOST_FEN + 1
        if amount > MOST_FEN:
            raise ValidationError("应为以元为单位的金额，如 25.50 / must be an amount in yuan in quotes, such as 25.50")
        return amount


def hourly_pay(*, required: bool = True, **options: Any) -> Any:
    """Pay by the hour in yuan as people write it, such as `"25.50"`; loaded in fen."""
    return _speak(_HourlyPay(**_kw(required, options)))


def flag(*, required: bool = True, **options: Any) -> Any:
    """True or false, as JSON writes them."""
    return _speak(fields.Bool(truthy={True}, falsy={False}, **_kw(required, options)))


def nested(shape: type[Shape], *, required: bool = True, **options: Any) -> Any:
    """An object of another shape."""
    return _speak(fields.Nested(shape, **_kw(required, options)))


def texts_by_name(max_length: int, **options: Any) -> Any:
    """An object whose values are texts of at most `max_length` characters; blank ones too."""
    length = validate.Length(max=max_length, error=f"最多 {max_length} 个字符 / at most {max_length} characters")
    return _speak(
        fields.Dict(keys=_speak(fields.Str()), values=_speak(fields.Str(validate=length)), **_kw(True, options))
    )


def list_of(item: Any, max_length: int, *, required: bool = True, **options: Any) -> Any:
    """A list of at most `max_length` items; loaded as a tuple."""
    length = validate.Length(max=max_length, error=f"最多 {max_length} 项 / at most {max_length} items")
    return _speak(_TupleOf(item, validate=length, **_kw(required, options)))


class _TupleOf(fields.List[Any]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class Shape(Schema):
    """A schema whose `makes` is the dataclass that a valid message becomes."""

    makes: ClassVar[type[Any]]

    class Meta:
        unknown = RAISE

    error_messages: dict[str, str] = {"unknown": _PAIRS["unknown"], "type": _PAIRS["type"]}  # noqa: RUF012 - marshmallow declares it so

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What every query may also ask: a page, and not to be answered from before a position.

    `at_least` maps lanes to positions that the read model must have reached (read-your-writes).
    """

    at_least: Mapping[str, int] | None = None
    limit: int = 100
    after: str | None = None


class QueryShape(Shape):
    """The fields of `Query`."""

    at_least = _speak(
        fields.Dict(
            keys=fields.Str(validate=validate.Regexp(r"^[0-9]{2}$", error="省级代码为两位数字 / a lane is two digits")),
            values=whole(0, 2**63 - 1),
            load_default=None,
            allow_none=True,
        )
    )
    limit = whole(1, 500, required=False, load_default=100, allow_none=False)
    after = sentence(200, required=False)


_SHAPES: dict[type[Shape], Shape] = {}


def load(shape: type[Shape], payload: Any) -> Any:
    """The dataclass a payload makes. Raises Invalid `payload.invalid` whose `fields` maps each path to its reasons."""
    schema = _SHAPES.get(shape)
    if schema is None:
        schema = _SHAPES[shape] = shape()
    try:
        return schema.load(payload)
    except ValidationError as error:
        raise invalid(dict(_flat(error.messages, "")), shape) from None


def invalid(reasons: Mapping[str, list[str]], shape: type[Shape] | None = None) -> ServiceError:
    """The Invalid for a map of field paths in a shape to reasons, each reason `中文 / English`."""
    first = next(iter(reasons))
    zh, _, en = reasons[first][0].partition(" / ")
    named = words_of_field(first, shape.__name__ if shape else "")
    return BAD_PAYLOAD.error(
        field=first or "payload",
        first=f"{named.zh}（{zh}）",
        first_en=f"{named.en}: {en or zh}",
        fields={k or "payload": v for k, v in reasons.items()},
    )


def _flat(messages: Any, path: str) -> Iterable[tuple[str, list[str]]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            name = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            yield from _flat(inner, name)
    elif isinstance(messages, list):
        yield path, [str(message) for message in messages]
    else:
        yield path, [str(messages)]
