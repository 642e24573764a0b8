"""What campaign clients do on paper and for others: books, their scans and losses, and filings (线下签约, 遗失, 代填)."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final, Protocol

from shared.messages import Actor
from wq.demo.actors import graduate

TERMS: Final[Mapping[str, Any]] = {
    "unit_name": "示范街道办事处",
    "uscc_absent_reason": "机关单位",
    "nature": "10",
    "industry": "45",
    "place": "140110",
    "position": "30",
    "job_title": "办事员",
    "monthly_salary": 4200,
}


class Asks(Protocol):
    """A client, as far as paperwork needs it."""

    def command(self, actor: Actor, method: str, payload: dict[str, Any], stop: Event) -> Any: ...


Act = Callable[[], Any]


def a_scan() -> str:
    """A picture of one grey pixel, in base64."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")
    return b64encode(picture).decode()


def with_books(client: Asks, person: str, books: list[dict[str, Any]], stop: Event) -> list[Act]:
    """What a graduate may do about agreements on paper."""
    me, own = graduate(person), {"graduate_id": person}

    def does(method: str, **payload: Any) -> Act:
        return lambda: client.command(me, method, {**own, **payload}, stop)

    def shows(method: str, field: str, kind: str, **payload: Any) -> Act:
        """Stores a file and names it."""

        def act() -> Any:
            file = {**own, "kind": kind, "content": a_scan()}
            stored = client.command(me, "directory.store_evidence", file, stop)
            return stored and client.command(me, method, {**own, **payload, field: stored["id"]}, stop)

        return act

    acts = [does("agreement.apply_for_book", terms=dict(TERMS))]
    for book in books:
        about = {"agreement_id": book["agreement_id"]}
        if book["state"] == "correcting":
            acts.append(does("agreement.amend_book", **about, terms={**TERMS, "job_title": "科员"}))
        if book["state"] == "issued":
            acts += 2 * [shows("agreement.submit_scan", "scan", "stamped_agreement", **about)]
        if book["state"] in ("applied", "issued", "scanned"):
            acts.append(does("agreement.void_book", **about, reason="单位不再录用"))
        if book["state"] in ("issued", "effective"):
            acts.append(shows("agreement.report_loss", "notice", "loss_notice", **about, statement="遗失声明作废"))
        if book["state"] == "effective":
            why = {"reason_code": "further_study", "reason": "已被录取"}
            acts.append(shows("agreement.request_cancellation", "release_letter", "release_letter", **about, **why))
    return acts


def with_filing(client: Asks, person: str, filed: Mapping[str, Any] | None, stop: Event) -> list[Act]:
    """What a graduate may do about what an office has filled in."""
    if filed is None:
        return []
    me, about = graduate(person), {"graduate_id": person, "filing_id": filed["filing_id"]}
    return [
        lambda: client.command(me, "registration.confirm_filing", about, stop),
        lambda: client.command(me, "registration.reject_filing", {**about, "reason": "未签约"}, stop),
    ]
