"""Reviews over AMQP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.review import decider, policy, read_model, schemas
from services.review.decider import HANDLING, NO_CASE, Case, subject_of
from shared.access import Subject, check
from shared.codec import to_json
from shared.dependencies import ClockProvider, Log, Rows
from shared.entrypoints import bulk, command, query, subscribe
from shared.handling import Answer, ItemOutcome, fold, handle, handle_many, react
from shared.messages import Meta, Recorded


class ReviewService:
    """RPC service `review`."""

    name = "review"
    log = Log()
    rows = Rows("review")
    clock = ClockProvider()

    @command(schemas.ApproveReview)
    def approve_review(self, command: decider.ApproveReview, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @bulk(schemas.ApproveReview)
    def approve_reviews(self, commands: Sequence[decider.ApproveReview], meta: Meta) -> Sequence[ItemOutcome]:
        return handle_many(self.log, HANDLING, commands, meta)

    @command(schemas.ReturnReview)
    def return_review(self, command: decider.ReturnReview, meta: Meta) -> Answer:
        return handle(self.log, HANDLING, command, meta)

    @bulk(schemas.ReturnReview)
    def return_reviews(self, commands: Sequence[decider.ReturnReview], meta: Meta) -> Sequence[ItemOutcome]:
        return handle_many(self.log, HANDLING, commands, meta)

    @subscribe(policy.REACTIONS)
    def react(self, event: Recorded) -> None:
        react(self.log, HANDLING, policy.REACTIONS, event, self.clock.now())

    @query(schemas.ListQueue)
    def list_queue(self, query: schemas.Queue, meta: Meta) -> dict[str, Any]:
        scope = query.scope or meta.actor.scope
        check(meta.action, meta.actor, Subject(scope=scope))
        with self.rows.at(query.at_least) as connection:
            page, total = read_model.list_queue(
                connection, scope, query.step, query.state, query.kind, query.escalated, query.after, query.limit
            )
        cases = [{name: to_json(value) for name, value in row.items()} for row in page]
        after = read_model.place(page[-1]) if len(page) == query.limit else None
        return {"cases": cases, "total": total, "after": after}

    @query(schemas.GetReview)
    def get_review(self, query: schemas.OfCase, meta: Meta) -> dict[str, Any]:
        stream = f"review-{query.case_id}"
        history = self.log.read([stream])[stream]
        state = fold(HANDLING, history)
        check(meta.action, meta.actor, subject_of(state))
        if not isinstance(state, Case):
            raise NO_CASE.error(field="case_id")
        steps = [
            {
                "what": recorded.type,
                "role": recorded.event.actor.role,
                "at": to_json(recorded.event.occurred_at),
                "step": recorded.data.get("step"),
                "reason": recorded.data.get("reason"),
                "remark": recorded.data.get("remark"),
                "caused_by": recorded.data.get("caused_by"),
                "reason_code": recorded.data.get("reason_code"),
            }
            for recorded in history
        ]
        return {**to_json(state.opened), "state": state.status, "waiting_for": state.waiting_for, "steps": steps}
