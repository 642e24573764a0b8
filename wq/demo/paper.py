"""Detours of who signs on paper: books lost, voided and cancelled, papers that were signed before (DOMAIN 1.3, 1.4, 1.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from wq.demo.actors import until
from wq.demo.detours import CHAIN, Detours
from wq.demo.mix import Life


def on_paper(detours: Detours) -> None:
    """Books that are applied for, lost, voided and applied for again, or cancelled with a letter; papers of before."""
    of = detours.mix.of
    booked, voided, lost = (
        of(Life.OFFLINE, Life.LOST, Life.VOIDED, Life.RELEASED),
        of(Life.VOIDED),
        of(Life.LOST),
    )
    _apply(detours, booked)
    book = _books(detours, voided)
    detours.each(voided, "agreement.void_book", lambda n: {**book[n], "reason": "单位信息有误"})
    _apply(detours, voided)
    book = _books(detours, booked)
    notices = detours.evidence(lost, "loss_notice")
    detours.each(
        lost,
        "agreement.report_loss",
        lambda n: {**book[n], "statement": "遗失声明，协议书作废", "notice": notices[n]},
    )
    detours.review({"loss": lost}, CHAIN)
    until(
        lambda: sum(shown["books"][-1]["loss_id"] is None for shown in detours.agreements(lost).values()),
        len(lost),
        "遗失补办 losses",
    )
    scans = detours.evidence(booked, "stamped_agreement")
    detours.each(booked, "agreement.submit_scan", lambda n: {**book[n], "scan": scans[n]})
    detours.review({"signing": booked}, CHAIN)
    _release(detours)
    _register_papers(detours)


def _apply(detours: Detours, numbers: Sequence[int]) -> None:
    detours.each(numbers, "agreement.apply_for_book", lambda n: {"terms": detours.terms(n)})
    detours.review({"application": numbers}, CHAIN)
    detours.await_agreements(numbers, "books", "issued", "出具协议书")


def _books(detours: Detours, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What names the newest book of each."""
    shown = detours.agreements(numbers)
    return {n: {"agreement_id": each["books"][-1]["agreement_id"]} for n, each in shown.items()}


def _release(detours: Detours) -> None:
    """线下解约: the graduate files the letter that both sides have signed."""
    released = detours.mix.of(Life.RELEASED)
    detours.await_registered(released)
    book, letters = _books(detours, released), detours.evidence(released, "release_letter")
    because = {"reason_code": "further_study", "reason": "另有去向"}
    detours.each(
        released,
        "agreement.request_cancellation",
        lambda n: {**book[n], **because, "release_letter": letters[n]},
    )
    detours.review({"cancellation": released}, ("school",))
    detours.await_freed(released)


def _register_papers(detours: Detours) -> None:
    papers = detours.mix.of(Life.PAPER)
    scans = detours.evidence(papers, "stamped_agreement")
    signed_on = (detours.mix.clock.now() - timedelta(days=20)).date().isoformat()
    detours.each(
        papers,
        "agreement.register_paper",
        lambda n: {
            "terms": detours.terms(n),
            "signed_on": signed_on,
            "scan": scans[n],
            "paper_number": f"{detours.cohort.school}-{detours.cohort.class_year}-{n:06d}",
        },
    )
    detours.review({"paper": papers}, CHAIN)
