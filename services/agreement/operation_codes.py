"""操作码: what a graduate types to accept and to agree to a cancellation, where the province asks for it (DOMAIN 1.1).

Only a salted slow hash is kept, in a table and not in the log, which never forgets. A try is counted before it is
looked at, so that many at once are no more tries than one after another.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import scrypt
from typing import Any, Final

from sqlalchemy import Engine, text

from services.agreement.decider.reasons import CODE_LOCKED, CODE_NOT_SET, CODE_WRONG

# [our choice; DOMAIN 1.1 only names the code]: five tries, and again a day after the last of them.
MOST_TRIES: Final = 5
PAUSE: Final = timedelta(days=1)
SALT_BYTES: Final = 16

_KEEP = text(
    "INSERT INTO operation.codes AS known (graduate_id, version, hashed) VALUES (:graduate_id, :version, :hashed)"
    " ON CONFLICT (graduate_id) DO UPDATE SET version = excluded.version, hashed = excluded.hashed, tries = 0,"
    " tried_at = NULL WHERE known.version < excluded.version"
)
_TRY = text(
    "UPDATE operation.codes SET tries = CASE WHEN tried_at <= :before THEN 1 ELSE tries + 1 END, tried_at = :now"
    " WHERE graduate_id = :graduate_id AND (tries < :most OR tried_at <= :before) RETURNING hashed, tries"
)
_KNOWN = text("SELECT 1 FROM operation.codes WHERE graduate_id = :graduate_id")
_RIGHT = text("UPDATE operation.codes SET tries = 0, tried_at = NULL WHERE graduate_id = :graduate_id")

Run = Callable[..., Any]


def keep(engine: Engine, graduate_id: str, version: int, hashed: str | None) -> None:
    """Keep a code, or none, as of a version of the graduate's stream; an older one never comes back by a repeat."""
    with engine.begin() as connection:
        connection.execute(_KEEP, {"graduate_id": graduate_id, "version": version, "hashed": hashed})


def check(engine: Engine, run: Run, graduate_id: str, code: str, now: datetime) -> None:
    """Raises Refused unless this is the graduate's code; `run` takes the hashing off the hub."""
    tried = {"graduate_id": graduate_id, "now": now, "before": now - PAUSE, "most": MOST_TRIES}
    with engine.begin() as connection:
        row = connection.execute(_TRY, tried).one_or_none()
        known = row is not None or connection.execute(_KNOWN, {"graduate_id": graduate_id}).first() is not None
    if row is None and known:
        raise CODE_LOCKED.error(field="operation_code", hours=PAUSE // timedelta(hours=1))
    if row is None or row.hashed is None:
        raise CODE_NOT_SET.error(field="operation_code")
    if not run(fits, code, row.hashed):
        raise CODE_WRONG.error(field="operation_code", left=MOST_TRIES - row.tries)
    with engine.begin() as connection:
        connection.execute(_RIGHT, {"graduate_id": graduate_id})


def hashed(code: str) -> str:
    """A new hash of a code, with its salt in front."""
    salt = os.urandom(SALT_BYTES)
    return (salt + _slow(code, salt)).hex()


def fits(code: str, kept: str) -> bool:
    """Whether a code is the one that was hashed."""
    raw = bytes.fromhex(kept)
    salt, digest = raw[:SALT_BYTES], raw[SALT_BYTES:]
    return hmac.compare_digest(_slow(code, salt), digest)


def _slow(code: str, salt: bytes) -> bytes:
    return scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=64 * 2**20, dklen=32)
