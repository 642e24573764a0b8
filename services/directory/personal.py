"""Personal data in envelopes: AES-256-GCM under a key per subject, which is wrapped by the platform's key.

Destroying a subject's key erases the person everywhere, while counts and proofs stay. The key is stored before any event
that needs it. Lookups go by keyed hashes, because identity numbers can be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from shared.errors import Reason, UnreadableEvent
from shared.settings import Settings

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_BYTES = 32

BROKEN = Reason(
    "personal.broken", "个人信息密文无法解开", "A personal envelope does not open with its key", UnreadableEvent
)

_STORE = (
    "INSERT INTO vault.subject_keys (subject_id, wrapped_key)"
    " SELECT subject_id, decode(wrapped_key, 'hex') FROM unnest(%(ids)s::text[], %(keys)s::text[])"
    " AS fresh (subject_id, wrapped_key) ON CONFLICT DO NOTHING"
)
_FETCH = "SELECT subject_id, encode(wrapped_key, 'hex') FROM vault.subject_keys WHERE subject_id = ANY(%(ids)s)"
_DESTROY = (
    "UPDATE vault.subject_keys SET wrapped_key = NULL, destroyed_at = clock_timestamp()"
    " WHERE subject_id = %(id)s AND wrapped_key IS NOT NULL"
)


class Personal:
    """Seals and opens envelopes. `key` wraps subjects' keys, `lookup_key` makes hashes; 32 bytes each."""

    def __init__(self, key: bytes, lookup_key: bytes) -> None:
        self._wrap = AESGCM(key)
        self._lookup_key = lookup_key

    def seal_many(self, connection: Connection, clear: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """The envelope of each subject's data. Keys are created where missing; commit before the envelopes are used.

        A subject whose key was destroyed cannot be sealed again: KeyError.
        """
        keys = self._fetch(connection, list(clear))
        missing = [subject for subject in clear if subject not in keys]
        if missing:
            connection.exec_driver_sql(
                _STORE, {"ids": missing, "keys": [self._fresh_key(subject).hex() for subject in missing]}
            )
            # Another importer may have been first; the stored key counts.
            keys |= self._fetch(connection, missing)
        return {subject: _seal(_known(keys, subject), subject, data) for subject, data in clear.items()}

    def open_many(self, connection: Connection, envelopes: Mapping[str, str]) -> dict[str, dict[str, Any] | None]:
        """Each subject's data, or None where its key was destroyed. Raises UnreadableEvent `personal.broken`."""
        keys = self._fetch(connection, list(envelopes))
        return {
            subject: None if keys.get(subject) is None else _open(_known(keys, subject), subject, envelope)
            for subject, envelope in envelopes.items()
        }

    def destroy(self, connection: Connection, subject: str) -> None:
        """Erase a subject: no copy of its envelopes, anywhere, opens again."""
        connection.exec_driver_sql(_DESTROY, {"id": subject})

    def hash(self, *parts: str) -> str:
        """A keyed hash of texts, hexadecimal."""
        return self._digest(parts).hex()

    def uuid(self, *parts: str) -> UUID:
        """A keyed id of texts: the same texts always give the same id, and nobody without the key can guess it."""
        return UUID(bytes=self._digest(parts)[:16], version=4)

    def _digest(self, parts: Sequence[str]) -> bytes:
        return hmac.new(self._lookup_key, "\x1f".join(parts).encode(), hashlib.sha256).digest()

    def _fresh_key(self, subject: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, os.urandom(KEY_BYTES), subject.encode())

    def _fetch(self, connection: Connection, subjects: list[str]) -> dict[str, bytes | None]:
        return {
            subject: None if wrapped is None else self._unwrap(subject, bytes.fromhex(wrapped))
            for subject, wrapped in connection.exec_driver_sql(_FETCH, {"ids": subjects})
        }

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        try:
            return self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.encode())
        except InvalidTag:
            raise BROKEN.error() from None


@cache
def personal_of(settings: Settings) -> Personal:
    """The envelopes of this process: 64 bytes of secret, the first half wraps keys, the second looks people up.

    Raises BadSetting.
    """
    secret = settings.secret(settings.personal_key_file, 2 * KEY_BYTES)
    return Personal(secret[:KEY_BYTES], secret[KEY_BYTES:])


def _known(keys: Mapping[str, bytes | None], subject: str) -> bytes:
    key = keys[subject]
    if key is None:
        raise KeyError(subject)
    return key


def _seal(key: bytes, subject: str, data: Mapping[str, Any]) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return b64encode(VERSION + nonce + AESGCM(key).encrypt(nonce, orjson.dumps(data), subject.encode())).decode()


def _open(key: bytes, subject: str, envelope: str) -> dict[str, Any]:
    raw = b64decode(envelope)
    if raw[:1] != VERSION:
        raise BROKEN.error()
    try:
        clear = AESGCM(key).decrypt(raw[1 : NONCE_BYTES + 1], raw[NONCE_BYTES + 1 :], subject.encode())
    except InvalidTag:
        raise BROKEN.error() from None
    data: dict[str, Any] = orjson.loads(clear)
    return data
