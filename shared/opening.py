"""Opening personal envelopes (docs/decisions/0005) and telling names to whoever a list is for; each read is counted and logged.

Only the directory makes envelopes and erases (services/directory/personal.py); free words are sealed where they are told
(shared/sealing.py). No other context keeps what it opened: a name is
opened for one answer, from the roster entry on the log.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine

from shared import metrics
from shared.errors import Reason, UnreadableEvent
from shared.eventlog.port import EventLog
from shared.messages import Meta
from shared.settings import Settings
from shared.sql import text_array

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_BYTES = 32

BROKEN = Reason(
    "personal.broken",
    "个人信息无法解开，不能显示，请联系平台运维人员",
    "A personal envelope does not open with its key: operators must look",
    UnreadableEvent,
)

_FETCH = "SELECT subject_id, encode(wrapped_key, 'hex') FROM vault.subject_keys WHERE subject_id = ANY(%(ids)s::text[])"

_log = logging.getLogger(__name__)


class Opener:
    """Opens envelopes. `key` wraps subjects' keys, 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._wrap = AESGCM(key)

    def open_many(self, connection: Connection, envelopes: Mapping[str, str]) -> dict[str, dict[str, Any] | None]:
        """Each subject's data, or None where its key was destroyed. Raises UnreadableEvent `personal.broken`."""
        return dict(zip(envelopes, self.open_each(connection, list(envelopes.items())), strict=True))

    def open_each(self, connection: Connection, envelopes: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
        """As `open_many` in the order of (subject, envelope), where a subject may have several: one round trip for all."""
        keys = self._fetch(connection, list(dict(envelopes)))
        return [_opened(keys.get(subject), subject, envelope) for subject, envelope in envelopes]

    def _fetch(self, connection: Connection, subjects: list[str]) -> dict[str, bytes | None]:
        if not subjects:
            return {}
        return {
            subject: None if wrapped is None else self._unwrap(subject, bytes.fromhex(wrapped))
            for subject, wrapped in connection.exec_driver_sql(_FETCH, {"ids": text_array(subjects)})
        }

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        try:
            return self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.encode())
        except InvalidTag:
            raise BROKEN.error() from None


@cache
def opener_of(settings: Settings) -> Opener:
    """What opens envelopes in this process. Raises BadSetting."""
    return Opener(settings.secret(settings.personal_key_file, 2 * KEY_BYTES)[:KEY_BYTES])


class Names:
    """What graduates are called, for an answer whose reader the access table has let through."""

    def __init__(self, log: EventLog, engine: Engine, opener: Opener) -> None:
        self._log = log
        self._engine = engine
        self._opener = opener

    def of(self, graduate_ids: Iterable[str], meta: Meta) -> dict[str, str | None]:
        """The name on each one's newest roster entry, also of who has left it; None for who was erased or never there.

        Two round trips for all. Raises UnreadableEvent `personal.broken`.
        """
        wanted = list(dict.fromkeys(graduate_ids))
        streams = self._log.read([f"graduate-{graduate_id}" for graduate_id in wanted]) if wanted else {}
        envelopes = {}
        for graduate_id in wanted:
            told = [each.data["personal"] for each in streams[f"graduate-{graduate_id}"] if "personal" in each.data]
            if told:
                envelopes[graduate_id] = told[-1]
        with self._engine.connect() as connection:
            opened = self._opener.open_many(connection, envelopes)
        note_reads(meta, opened)
        return {each: (opened.get(each) or {}).get("name") for each in wanted}

    def add_to(self, rows: Sequence[Mapping[str, Any]], meta: Meta) -> list[dict[str, Any]]:
        """Rows that have a `graduate_id`, each with its `graduate_name`."""
        names = self.of((row["graduate_id"] for row in rows), meta)
        return [{**row, "graduate_name": names[row["graduate_id"]]} for row in rows]


def note_reads(meta: Meta, subjects: Iterable[str]) -> None:
    """Count and log whose personal data somebody was shown: ids only."""
    read = list(dict.fromkeys(subjects))
    if not read:
        return
    metrics.PERSONAL_READS.labels(meta.action).inc(len(read))
    actor = f"{meta.actor.role}/{meta.actor.id}"
    _log.info("personal data read", extra={"action": meta.action, "actor": actor, "subjects": read})


def decrypted(key: bytes, subject: str, raw: bytes) -> bytes:
    """What was sealed under a subject's key. Raises UnreadableEvent `personal.broken`."""
    if raw[:1] != VERSION:
        raise BROKEN.error()
    try:
        return AESGCM(key).decrypt(raw[1 : NONCE_BYTES + 1], raw[NONCE_BYTES + 1 :], subject.encode())
    except InvalidTag:
        raise BROKEN.error() from None


def _opened(key: bytes | None, subject: str, envelope: str) -> dict[str, Any] | None:
    if key is None:
        return None
    data: dict[str, Any] = orjson.loads(decrypted(key, subject, b64decode(envelope)))
    return data
