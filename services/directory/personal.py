"""Personal data in envelopes: AES-256-GCM under a key per subject, which is wrapped by the platform's key.

Destroying a subject's key erases the person everywhere, while counts and proofs stay. The key is stored before any event
that needs it. Lookups go by keyed hashes, because identity numbers can be guessed.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from shared.opening import KEY_BYTES, NONCE_BYTES, VERSION, decrypted
from shared.sealing import Sealer
from shared.settings import Settings

# A subject without a key gets the row too: an importer that is under way may not make one for it.
_DESTROY = (
    "INSERT INTO vault.subject_keys AS known (subject_id, destroyed_at)"
    " SELECT subject_id, clock_timestamp() FROM unnest(%(ids)s::text[]) AS erased (subject_id)"
    " ON CONFLICT (subject_id) DO UPDATE SET wrapped_key = NULL, destroyed_at = excluded.destroyed_at"
    " WHERE known.wrapped_key IS NOT NULL"
)


class Personal(Sealer):
    """Seals and opens envelopes. `key` wraps subjects' keys, `lookup_key` makes hashes; 32 bytes each."""

    def __init__(self, key: bytes, lookup_key: bytes) -> None:
        super().__init__(key)
        self._lookup_key = lookup_key

    def seal_many(self, connection: Connection, clear: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
        """The envelope of each subject's data, or None where its key was destroyed: who was erased is not sealed again.

        Keys are created where missing; commit before the envelopes are used.
        """
        keys = self.keys_of(connection, clear)
        return {subject: _sealed(keys[subject], subject, data) for subject, data in clear.items()}

    def seal_file(self, connection: Connection, subject: str, content: bytes) -> bytes | None:
        """A subject's file sealed, or None where its key was destroyed. Commit before it is used."""
        if self.seal_many(connection, {subject: {}})[subject] is None:
            return None
        (key,) = self._fetch(connection, [subject]).values()
        return None if key is None else _encrypted(key, subject, content)

    def open_file(self, connection: Connection, subject: str, sealed: bytes) -> bytes | None:
        """The content of a sealed file, or None where the key was destroyed. Raises UnreadableEvent `personal.broken`."""
        key = self._fetch(connection, [subject]).get(subject)
        return None if key is None else decrypted(key, subject, sealed)

    def hash(self, *parts: str) -> str:
        """A keyed hash of texts, hexadecimal."""
        return self._digest(parts).hex()

    def uuid(self, *parts: str) -> UUID:
        """A keyed id of texts: the same texts always give the same id, and nobody without the key can guess it."""
        return UUID(bytes=self._digest(parts)[:16], version=4)

    def _digest(self, parts: Sequence[str]) -> bytes:
        return hmac.digest(self._lookup_key, "\x1f".join(parts).encode(), "sha256")


def destroy_keys(connection: Connection, subjects: Sequence[str]) -> None:
    """Erase subjects: no copy of their envelopes, anywhere, opens again, and none is sealed again. Safe to repeat."""
    connection.exec_driver_sql(_DESTROY, {"ids": list(subjects)})


@cache
def personal_of(settings: Settings) -> Personal:
    """The envelopes of this process: 64 bytes of secret, the first half wraps keys, the second looks people up.

    Raises BadSetting.
    """
    secret = settings.personal_secret()
    return Personal(secret[:KEY_BYTES], secret[KEY_BYTES:])


def _sealed(key: bytes | None, subject: str, data: Mapping[str, Any]) -> str | None:
    return None if key is None else b64encode(_encrypted(key, subject, orjson.dumps(data))).decode()


def _encrypted(key: bytes, subject: str, clear: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, clear, subject.encode())
