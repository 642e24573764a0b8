"""One valid example of each review event and of most commands, all about one case of one graduate.

Its steps are never late; tests/unit/services/review/test_late.py is about those that are.
"""

from __future__ import annotations

from typing import Any, Final

from services.review import decider as c
from services.review import events as e
from services.review.decider import Facts, case_of
from shared.messages import new_id
from tests.support.spec import GRADUATE_ID, LANE, SCOPE, command_id

SUBJECT_ID: Final = new_id(LANE, command_id(), "registration")
CASE_ID: Final = case_of("registration", SUBJECT_ID)
CHAIN: Final = ("department", "school", "province")
FACTS: Final = Facts(CHAIN, step_days=0)

OPENED: Final = e.ReviewOpened(CASE_ID, "registration", SUBJECT_ID, GRADUATE_ID, SCOPE, 2026, CHAIN)
BY_DEPARTMENT: Final = e.StepApproved(CASE_ID, "department", "材料齐全")
BY_SCHOOL: Final = e.StepApproved(CASE_ID, "school", "材料齐全")
BY_PROVINCE: Final = e.StepApproved(CASE_ID, "province", "材料齐全")
PASSED: Final = e.ReviewPassed(CASE_ID, "registration", SUBJECT_ID, GRADUATE_ID)
RETURNED: Final = e.ReviewReturned(CASE_ID, "registration", SUBJECT_ID, GRADUATE_ID, "department", "合同缺少盖章页")
LATE: Final = e.StepEscalated(CASE_ID, "department", "school")
CLOSED: Final = e.ReviewClosed(CASE_ID, "withdrawn")
EVENTS: Final[tuple[Any, ...]] = (OPENED, LATE, BY_DEPARTMENT, PASSED, RETURNED, CLOSED)

OPEN: Final = c.OpenReview("registration", SUBJECT_ID, GRADUATE_ID, SCOPE, 2026)
CLOSE: Final = c.CloseReview(CASE_ID, "withdrawn")
APPROVE: Final = c.ApproveReview(CASE_ID, "材料齐全")
RETURN: Final = c.ReturnReview(CASE_ID, "合同缺少盖章页")
COMMANDS: Final[tuple[Any, ...]] = (OPEN, CLOSE, APPROVE, RETURN)
