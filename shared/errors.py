"""Every error a caller can meet. Each carries a stable code, a Chinese and an English sentence, and says what to do.

ServiceError
  Refusal            the caller can do something about it: no stack trace, no alert
    Invalid          the message has the wrong shape              field(s) named
    NotFound         there is no such thing
    Refused          a rule says no; the code names the rule
    Forbidden        not this caller
  Conflict           somebody wrote first; handling retries it three times before the caller sees it
  Unavailable        log, broker, database or a read model is not there (yet): repeat the same message later
  UnreadableEvent    a stored event that no codec knows: stops a follower, never skipped
Anything else is a bug.

An error travels as its class name and `args` (code, details), all JSON, so that any AMQP client can read it and ours
can rebuild it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.words import say


class ServiceError(Exception):
    """`code` is stable and for programs; `details` holds `zh`, `en`, optionally `field`, and facts by name."""

    code: str
    details: dict[str, Any]

    def __init__(self, code: str, details: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.details = dict(details or {})
        super().__init__(code, self.details)

    @property
    def zh(self) -> str:
        """The sentence for people in Chinese."""
        return str(self.details.get("zh", self.code))

    @property
    def en(self) -> str:
        """The sentence for people in English."""
        return str(self.details.get("en", self.code))

    @property
    def field(self) -> str | None:
        """The field of the message the error is about, if it is about one."""
        return self.details.get("field")

    def __str__(self) -> str:
        where = f" [{self.field}]" if self.field else ""
        return f"{self.code}{where}: {self.zh} / {self.en}"


class Refusal(ServiceError):
    """The caller can do something about it."""


class Invalid(Refusal):
    """The message has the wrong shape; `fields` in details maps each field to its reasons."""


class NotFound(Refusal):
    """There is no such thing."""


class Refused(Refusal):
    """A rule says no; the code names the rule."""


class Forbidden(Refusal):
    """Not this caller."""


class Conflict(ServiceError):
    """Somebody wrote to the stream first: read again and decide again."""


class Unavailable(ServiceError):
    """Something needed is away for now: repeat the same message, with the same command id, later."""


class UnreadableEvent(ServiceError):
    """A stored event that no codec knows, or that does not follow its predecessor: a person must look."""


KINDS: dict[str, type[ServiceError]] = {
    kind.__name__: kind for kind in (Invalid, NotFound, Refused, Forbidden, Conflict, Unavailable, UnreadableEvent)
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One way to be told no: written once, beside the rule it belongs to, and raised with `raise REASON.error(...)`.

    A sentence names the thing, the reason and what to do next. `zh` and `en` may hold places such as
    `{status:agreement_state}` which the facts given to `error` fill, said in the words of that vocabulary (shared/words.py).
    """

    code: str
    zh: str
    en: str
    kind: type[ServiceError] = Refused

    def error(self, field: str | None = None, **facts: Any) -> ServiceError:
        """The error to raise; `facts` are JSON values that also travel in its details."""
        known = facts if field is None else {**facts, "field": field}
        said = say(self.zh, self.en, known)
        return self.kind(self.code, {"zh": said.zh, "en": said.en, **known})


@dataclass(frozen=True, slots=True)
class WireError:
    """An error as it travels in a reply: nameko's four keys, so that a stock nameko client reads it too."""

    exc_type: str
    exc_path: str
    exc_args: list[Any]
    value: str

    @classmethod
    def of(cls, error: ServiceError) -> Self:
        """The wire form of an error of the tree."""
        name = type(error).__name__
        return cls(name, f"shared.errors.{name}", [error.code, error.details], str(error))

    def rebuild(self) -> ServiceError:
        """The error again at the caller; a type outside the tree comes back as `remote.failure`."""
        kind = KINDS.get(self.exc_type)
        if kind is not None and self.exc_args:
            return kind(*self.exc_args[:2])
        return ServiceError(
            "remote.failure",
            {"zh": "服务内部错误", "en": "The service failed", "exc_type": self.exc_type, "value": self.value},
        )
