"""Personal data in envelopes: AES-256-GCM under a key per subject, which is wrapped by the platform's key.

Destroying a subject's key erases the person everywhere, while counts and proofs stay. The key is stored before any event
that needs it. Lookups go by keyed hashes, because identity numbers can be guessed.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from shared.ids import uuid_of
from shared.opening import KEY_BYTES, NONCE_BYTES, VERSION, decrypted
from shared.sealing import Sealer, random_pieces
from shared.settings import Settings

_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
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
        # HMAC (RFC 2104) with the key taken in once: asked for three times a row of a roster.
        block = lookup_key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def seal_many(self, connection: Connection, clear: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
        """The envelope of each subject's data, or None where its key was destroyed: who was erased is not sealed again.

        Keys are created where missing; commit before the envelopes are used.
        """
        keys = self.keys_of(connection, clear)
        nonces = random_pieces(len(clear), NONCE_BYTES)
        return {
            subject: _sealed(keys[subject], nonce, subject, data)
            for nonce, (subject, data) in zip(nonces, clear.items(), strict=True)
        }

    def seal_file(self, connection: Connection, subject: str, content: bytes) -> bytes | None:
        """A subject's file sealed, or None where its key was destroyed. Commit before it is used."""
        if self.seal_many(connection, {subject: {}})[subject] is None:
            return None
        (key,) = self._fetch(connection, [subject]).values()
        return None if key is None else _encrypted(key, os.urandom(NONCE_BYTES), subject, content)

    def open_file(self, connection: Connection, subject: str, sealed: bytes) -> bytes | None:
        """The content of a sealed file, or None where the key was destroyed. Raises UnreadableEvent `personal.broken`."""
        key = self._fetch(connection, [subject]).get(subject)
        return None if key is None else decrypted(key, subject, sealed)

    def hash(self, *parts: str) -> str:
        """A keyed hash of texts, hexadecimal."""
        return self._digest(parts).hex()

    def uuid(self, *parts: str) -> UUID:
        """A keyed id of texts: the same texts always give the same id, and nobody without the key can guess it."""
        return uuid_of(self._digest(parts), 4)

    def _digest(self, parts: Sequence[str]) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update("\x1f".join(parts).encode())
        outer.update(inner.digest())
        return outer.digest()


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


def _sealed(key: bytes | None, nonce: bytes, subject: str, data: Mapping[str, Any]) -> str | None:
    return None if key is None else b64encode(_encrypted(key, nonce, subject, orjson.dumps(data))).decode()


def _encrypted(key: bytes, nonce: bytes, subject: str, clear: bytes) -> bytes:
    return VERSION + nonce + AESGCM(key).encrypt(nonce, clear, subject.encode())
