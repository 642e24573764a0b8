"""What happened in a review. A case is one thing to look at; its chain names the steps still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.codec import Codec


@dataclass(frozen=True, slots=True)
class ReviewOpened:
    """`kind` says what is looked at: agreement, application, signing, paper, loss, cancellation, registration, void.

    `employer_id` is the account of the unit that the graduate comes to, None where it can have none.
    `subject_id` names the thing in its own context. Each step is late after `step_days` (never when 0): the first one at
    `due_at`.
    """

    TYPE: ClassVar[str] = "review.ReviewOpened"
    VERSION: ClassVar[int] = 1

    case_id: str
    kind: str
    subject_id: str
    graduate_id: str
    scope: str
    class_year: int
    chain: tuple[str, ...]
    step_days: int = 0
    due_at: datetime | None = None
    employer_id: str | None = None


@dataclass(frozen=True, slots=True)
class StepApproved:
    """A step is done; the next one, if there is one, is late at `due_at`.

    `caused_by` and `reason_code` correct what the request to cancel says of its cause, for what `remark` explains. `despite`
    says that the unit was suspended or closed, and `remark` then why it was approved all the same.
    """

    TYPE: ClassVar[str] = "review.StepApproved"
    VERSION: ClassVar[int] = 1

    case_id: str
    step: str
    remark: str | None = None
    due_at: datetime | None = None
    caused_by: str | None = None
    reason_code: str | None = None
    despite: str | None = None


@dataclass(frozen=True, slots=True)
class StepEscalated:
    """A step was late: the office above, `to`, may act in its place from now on."""

    TYPE: ClassVar[str] = "review.StepEscalated"
    VERSION: ClassVar[int] = 1

    case_id: str
    step: str
    to: str


@dataclass(frozen=True, slots=True)
class ReviewPassed:
    """Every step of the chain has approved; `caused_by` and `reason_code` as the university corrected them last."""

    TYPE: ClassVar[str] = "review.ReviewPassed"
    VERSION: ClassVar[int] = 1

    case_id: str
    kind: str
    subject_id: str
    graduate_id: str
    caused_by: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewReturned:
    """A step has returned it with a reason."""

    TYPE: ClassVar[str] = "review.ReviewReturned"
    VERSION: ClassVar[int] = 1

    case_id: str
    kind: str
    subject_id: str
    graduate_id: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewClosed:
    """What was to be looked at was withdrawn or superseded. Told first, it is the whole stream: no case is opened then."""

    TYPE: ClassVar[str] = "review.ReviewClosed"
    VERSION: ClassVar[int] = 1

    case_id: str
    reason: str


CODEC = Codec(ReviewOpened, StepApproved, StepEscalated, ReviewPassed, ReviewReturned, ReviewClosed)
