"""Detours of who signs online: refused, lapsed, withdrawn, not sealed, seen by the province, cancelled (DOMAIN 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from services.agreement.sweep import lapse_due, remind_due
from wq.demo.actors import DemoFailed, employer, until
from wq.demo.detours import CHAIN, Detours
from wq.demo.mix import Life

_SEALED = (Life.DECLINED, Life.OVERDUE, Life.INSPECTED)
_CANCELLING = (Life.CANCELLED, Life.MEDIATED, Life.UNANSWERED, Life.KEPT, Life.STAYED)
# So long after a request to cancel its other side is reminded, and so much later it is too late for everything.
_REMINDED_AFTER, _OVER_AFTER = 13, 3

Payload = Callable[[int], dict[str, Any]]


def before_signing(detours: Detours) -> None:
    """Other employers come first, and some agreements are tried before everybody signs."""
    of = detours.mix.of
    _strangers(detours)
    _signed_with_seal(detours)
    refused, withdrawn, lapsing, signing = (
        of(Life.REFUSED),
        of(Life.WITHDRAWN),
        of(Life.LAPSED),
        of(*_CANCELLING),
    )
    detours.invite([*refused, *withdrawn, *lapsing, *signing])
    detours.each(refused, "agreement.refuse_offer", lambda n: {**_offer(detours, n), "reason": "已有其他意向"})
    detours.each_party(withdrawn, "agreement.withdraw_offer", lambda n: _offer(detours, n))
    _accept(detours, signing)
    detours.review({"agreement": signing}, CHAIN)
    if detours.settings["parties"] == 3:
        detours.attest(len(signing))
    detours.await_agreements(signing, "offers", "effective", "生效")
    detours.await_registered(signing)
    _ask_to_cancel(detours, signing)
    _time_passes(detours)
    # Nobody answered: the school decides.
    _mediate(detours, of(Life.UNANSWERED), "cancel")
    _cancelled(detours, of(Life.UNANSWERED))


def _strangers(detours: Detours) -> None:
    """定向、委培 graduates are nobody else's to invite."""
    method, wanted = "agreement.send_offer", "agreement.agreed_unit_only"
    for number in detours.mix.of(Life.BOUND):
        if detours.party(number) == detours.own(number):
            continue
        unit = detours.employers[detours.party(number)]
        asked = {"graduate_id": detours.graduates[number], "employer_id": unit, "position": "30", "job_title": "职员"}
        code = detours.actors.refused(employer(unit), method, asked)
        if code != wanted:
            raise DemoFailed(f"{method}: {code}，应为 {wanted}（should be {wanted}）")


def _signed_with_seal(detours: Detours) -> None:
    """For a while the province looks last and employers seal: agreements keep the settings that they were made under."""
    of, numbers = detours.mix.of, detours.mix.of(*_SEALED)
    order = ["accept", "review", "seal", "attest"][: detours.settings["parties"] + 1]
    strict = {"review_chain": [*CHAIN, "province"], "signing_order": order}
    detours.actors.ask(detours.above, "directory.set_province", {**detours.settings, **strict})
    detours.invite(numbers)
    detours.actors.ask(detours.above, "directory.set_province", dict(detours.settings))
    _accept(detours, numbers)
    detours.review({"agreement": numbers}, (*CHAIN, "province"))
    detours.await_agreements(numbers, "offers", "sealing", "待盖章 to be sealed")
    declined, inspected = of(Life.DECLINED), of(Life.INSPECTED)
    detours.each_party(
        declined, "agreement.decline_seal", lambda n: {"agreement_id": detours.offers[n], "reason": "岗位已取消"}
    )
    detours.each_party(inspected, "agreement.seal_agreement", lambda n: {"agreement_id": detours.offers[n]})
    if detours.settings["parties"] == 3:
        detours.attest(len(inspected))
    detours.await_agreements(inspected, "offers", "effective", "生效")


def _offer(detours: Detours, number: int) -> dict[str, Any]:
    return {"offer_id": detours.offers[number]}


def _accept(detours: Detours, numbers: Sequence[int]) -> None:
    detours.each(
        numbers,
        "agreement.accept_offer",
        lambda n: {**_offer(detours, n), "employer_id": detours.employers[detours.party(n)]},
    )


def _ask_to_cancel(detours: Detours, numbers: Sequence[int]) -> None:
    """Every graduate asks; the other side agrees, refuses, or stays silent; some take it back."""
    of = detours.mix.of
    because = {"reason_code": "mutual", "reason": "双方协商一致"}
    detours.each(numbers, "agreement.request_cancellation", lambda n: {"agreement_id": detours.offers[n], **because})
    about = _cancellations(detours, numbers, "cancellation")
    agreed, released, kept = of(Life.CANCELLED), of(Life.MEDIATED), of(Life.KEPT)
    detours.each_party(agreed, "agreement.agree_to_cancellation", about)
    detours.each_party(
        [*released, *kept], "agreement.refuse_cancellation", lambda n: {**about(n), "reason": "岗位急需"}
    )
    detours.each(of(Life.STAYED), "agreement.withdraw_cancellation", about)
    _mediate(detours, released, "cancel")
    _mediate(detours, kept, "keep")
    _cancelled(detours, [*agreed, *released])


def _cancellations(detours: Detours, numbers: Sequence[int], which: str) -> Payload:
    """What names the request to cancel of each: the open one (`cancellation`), or the `contested` one."""
    found = {n: shown["offers"][-1][which]["cancellation_id"] for n, shown in detours.agreements(numbers).items()}
    return lambda n: {"cancellation_id": found[n]}


def _mediate(detours: Detours, numbers: Sequence[int], outcome: str) -> None:
    about = _cancellations(detours, numbers, "contested")
    told = {"outcome": outcome, "reason": "经学校调解"}
    detours.each_office(
        lambda _: detours.school, numbers, "agreement.mediate_cancellation", lambda n: {**about(n), **told}
    )


def _cancelled(detours: Detours, numbers: Sequence[int]) -> None:
    detours.review({"cancellation": numbers}, ("school",))
    detours.await_freed(numbers)


def _time_passes(detours: Detours) -> None:
    """First who is silent is reminded, then what nobody did is too late."""
    mix = detours.mix
    silent = mix.of(Life.UNANSWERED)
    streams = [f"agreement-{detours.graduates[number]}" for number in silent]

    def reminded() -> int:
        with mix.agreements.connect() as connection:
            remind_due(mix.log, connection, mix.clock.now())
        told = mix.log.read(streams).values()
        return sum(any(each.type == "agreement.CancellationReminded" for each in history) for history in told)

    detours.days_pass(_REMINDED_AFTER)
    until(reminded, len(silent), "提醒 reminders")
    ended = {**dict.fromkeys(mix.of(Life.LAPSED), "lapsed"), **dict.fromkeys(mix.of(Life.OVERDUE), "returned")}

    def over() -> int:
        with mix.agreements.connect() as connection:
            lapse_due(mix.log, connection, mix.clock.now())
        shown = {n: each["offers"][-1] for n, each in detours.agreements([*ended, *silent]).items()}
        late = [n for n, state in ended.items() if shown[n]["state"] == state]
        return len(late) + len([n for n in silent if "contested" in shown[n]])

    detours.days_pass(_OVER_AFTER)
    until(over, len(ended) + len(silent), "过期 lapses")
