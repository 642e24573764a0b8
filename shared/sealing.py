"""Free words about a graduate, sealed before they are stored and opened for one answer (docs/decisions/0005).

What people write may hold anything about anybody, so it is kept under the graduate's own key and is gone with it. The same
words of one graduate are sealed to the same text: whoever compares what is asked with what is stored needs no key. What an
older release stored in clear is told as it is.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeGuard, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine

from shared.eventlog.port import EventLog
from shared.messages import Meta
from shared.opening import KEY_BYTES, NONCE_BYTES, VERSION, Opener, decrypted, note_reads
from shared.settings import Settings
from shared.sql import text_array

# Text of a call is stripped of white space, which its first character is: nobody can write what looks like sealed words.
SEALED: Final = "\x1fsealed:"
_STORE = (
    "INSERT INTO vault.subject_keys (subject_id, wrapped_key)"
    " SELECT subject_id, decode(wrapped_key, 'hex') FROM unnest(%(ids)s::text[], %(keys)s::text[])"
    " AS fresh (subject_id, wrapped_key) ON CONFLICT DO NOTHING RETURNING subject_id"
)

Command = TypeVar("Command")


class Sealer(Opener):
    """Makes the keys of subjects, and seals words under them."""

    def keys_of(self, connection: Connection, subjects: Iterable[str]) -> dict[str, bytes | None]:
        """The key of each subject, made where there was none; None where it was destroyed. Commit before it is used."""
        wanted = list(dict.fromkeys(subjects))
        keys = self._fetch(connection, wanted)
        # In one order always, so that two importers of the same people wait for each other and never in a circle.
        missing = sorted(set(wanted) - keys.keys())
        if missing:
            fresh = dict(zip(missing, random_pieces(len(missing), KEY_BYTES), strict=True))
            nonces = random_pieces(len(missing), NONCE_BYTES)
            wrapped = [
                self._wrapped(subject, key, nonce).hex()
                for nonce, (subject, key) in zip(nonces, fresh.items(), strict=True)
            ]
            made = {"ids": text_array(missing), "keys": text_array(wrapped)}
            stored = connection.exec_driver_sql(_STORE, made).scalars().all()
            keys |= {subject: fresh[subject] for subject in stored}
            # Another importer may have been first; the stored key counts.
            keys |= self._fetch(connection, list(fresh.keys() - set(stored)))
        return keys

    def open_words(
        self, connection: Connection, sealed: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], str | None]:
        """The words of each (subject, sealed text); None where the key was destroyed. Raises UnreadableEvent."""
        keys = self._fetch(connection, list(dict(sealed)))
        return {each: _opened(keys.get(each[0]), *each) for each in sealed}

    def _wrapped(self, subject: str, key: bytes, nonce: bytes) -> bytes:
        return nonce + self._wrap.encrypt(nonce, key, subject.encode())


def random_pieces(count: int, size: int) -> Iterator[bytes]:
    """Random keys or nonces; the system is asked once for all."""
    drawn = os.urandom(count * size)
    return (drawn[start : start + size] for start in range(0, count * size, size))


class FreeWords:
    """Seals what commands say in free words, and opens it in answers whose reader the access table has let through."""

    def __init__(self, log: EventLog, engine: Engine, sealer: Sealer) -> None:
        self._log = log
        self._engine = engine
        self._sealer = sealer

    def seal(self, command: Command, *names: str) -> Command:
        """The command with these fields sealed, those of a part named as `terms.remarks`."""
        return self.seal_each([command], *names)[0]

    def seal_each(self, commands: Sequence[Command], *names: str) -> list[Command]:
        """As `seal`, for many commands in two round trips; none where nobody said anything.

        Of a graduate who was never on a roster, or was erased, no words are kept.
        """
        spoken: dict[str, None] = {_of(each): None for each in commands if any(_said(each, name) for name in names)}
        if not spoken:
            return list(commands)
        streams = self._log.read([f"graduate-{graduate_id}" for graduate_id in spoken])
        known = [graduate_id for graduate_id in spoken if streams[f"graduate-{graduate_id}"]]
        with self._engine.begin() as connection:
            keys = self._sealer.keys_of(connection, known) if known else {}
        return [_sealed_in(each, names, keys.get(_of(each))) for each in commands]

    def opened(
        self, rows: Sequence[Mapping[str, Any]], meta: Meta, graduate_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Rows with their words in clear, each of its own `graduate_id` or all of one; None where a graduate was erased."""
        found = [(graduate_id or str(row.get("graduate_id")), text) for row in rows for text in _texts(row)]
        if not found:
            return [dict(row) for row in rows]
        with self._engine.connect() as connection:
            words = self._sealer.open_words(connection, found)
        note_reads(meta, (subject for subject, _ in found))
        return [_told(row, graduate_id or str(row.get("graduate_id")), words) for row in rows]


@cache
def sealer_of(settings: Settings) -> Sealer:
    """What seals words in this process. Raises BadSetting."""
    return Sealer(settings.personal_secret()[:KEY_BYTES])


def is_sealed(value: object) -> TypeGuard[str]:
    """Whether a stored value holds sealed words."""
    return isinstance(value, str) and value.startswith(SEALED)


def sealed_words(key: bytes, subject: str, words: str) -> str:
    """Words under a subject's key: always the same text for the same words."""
    clear = words.encode()
    nonce = hmac.digest(key, b"words\x1f" + clear, "sha256")[:NONCE_BYTES]
    return SEALED + b64encode(VERSION + nonce + AESGCM(key).encrypt(nonce, clear, subject.encode())).decode()


def _opened(key: bytes | None, subject: str, sealed: str) -> str | None:
    return None if key is None else decrypted(key, subject, b64decode(sealed.removeprefix(SEALED))).decode()


def _of(command: Any) -> str:
    return str(command.graduate_id)


def _said(thing: Any, name: str) -> str | None:
    """What a field of a command, or of a part of it, says."""
    for part in name.split("."):
        thing = getattr(thing, part, None)
    return None if thing is None else str(thing)


def _sealed_in(command: Any, names: Sequence[str], key: bytes | None) -> Any:
    for name in names:
        words = _said(command, name)
        if words:
            sealed = "" if key is None else sealed_words(key, _of(command), words)
            command = _replaced(command, name.split("."), sealed)
    return command


def _replaced(thing: Any, path: Sequence[str], value: str) -> Any:
    first, *rest = path
    return replace(thing, **{first: _replaced(getattr(thing, first), rest, value) if rest else value})


def _texts(value: Any) -> list[str]:
    """Every sealed text in JSON values."""
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, (list, tuple)):
        return [text for each in value for text in _texts(each)]
    return [value] if is_sealed(value) else []


def _told(value: Any, subject: str, words: Mapping[tuple[str, str], str | None]) -> Any:
    if isinstance(value, Mapping):
        return {name: _told(each, subject, words) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(each, subject, words) for each in value]
    return words[subject, value] if is_sealed(value) else value
