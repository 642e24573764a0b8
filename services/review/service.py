"""Reviews over AMQP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.review import decider, policy, read_model, schemas
from services.review.decider import HANDLING, NO_CASE, Case, subject_of
from services.review.subjects import shown_subject, subject_streams
from services.review.units import standing_of, unit_of
from shared.access import Role, Subject, check
from shared.codec import to_json
from shared.dependencies import ClockProvider, FreeWordsProvider, Log, NamesProvider, Rows
from shared.entrypoints import bulk, command, query, subscribe
from shared.handling import Answer, ItemOutcome, fold, handle, handle_many, react
from shared.messages import Meta, Recorded
from shared.paging import after


class ReviewService:
    """RPC service `review`."""

    name = "review"
    log = Log()
    rows = Rows("review")
    clock = ClockProvider()
    names = NamesProvider()
    words = FreeWordsProvider()

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
                connection,
                scope,
                query.step,
                query.state,
                query.kind,
                query.escalated,
                query.after,
                query.limit,
                meta.now,
            )
        cases = self.names.add_to(self.words.opened(self._with_subjects(page), meta), meta)
        after = read_model.place(page[-1]) if len(page) == query.limit else None
        return {"cases": cases, "total": total, "after": after}

    @query(schemas.ListOwnCases)
    def list_own_cases(self, query: schemas.CasesOfGraduate, meta: Meta) -> dict[str, Any]:
        check(meta.action, meta.actor, Subject(graduate_id=query.graduate_id))
        with self.rows.at(query.at_least) as connection:
            page, total = read_model.list_of_graduate(
                connection, query.graduate_id, query.state, query.after, query.limit, meta.now
            )
        turns = [{"waiting_for": row["step"], "until": to_json(row["due_at"]) if row["step"] else None} for row in page]
        cases = [
            {**case, **turn}
            for case, turn in zip(self.words.opened(self._with_subjects(page), meta), turns, strict=True)
        ]
        return {"cases": cases, "total": total, "after": after(page, query.limit, "case_id")}

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
        shown = {
            **to_json(state.opened),
            "state": state.status,
            "waiting_for": state.waiting_for,
            "due_at": to_json(state.due_at) if state.waiting_for else None,
            "escalated": state.is_late(meta.now),
            "steps": steps,
        }
        (shown,) = self.words.opened(self._with_subjects([shown]), meta)
        # Who asks about oneself knows the name.
        return shown if meta.actor.role == Role.GRADUATE else dict(self.names.add_to([shown], meta)[0])

    def _with_subjects(self, cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Cases with what each is about, as the streams of their graduates say now; one round trip for all."""
        about = {case["graduate_id"]: subject_streams(case["graduate_id"]) for case in cases}
        names = [name for streams in about.values() for name in streams]
        streams = self.log.read(names) if names else {}
        subjects = [
            shown_subject(case["kind"], case["subject_id"], *(streams[name] for name in about[case["graduate_id"]]))
            for case in cases
        ]
        standings = self._standings(subjects)
        return [
            {**{name: to_json(value) for name, value in case.items()}, "subject": subject, "unit_standing": standing}
            for case, subject, standing in zip(cases, subjects, standings, strict=True)
        ]

    def _standings(self, subjects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
        """What offices have said against each unit since; one round trip for all."""
        units = [unit_of(subject) for subject in subjects]
        streams = self.log.read([f"employer-{unit}" for unit in dict.fromkeys(units) if unit])
        return [standing_of(streams[f"employer-{unit}"]) if unit else None for unit in units]
