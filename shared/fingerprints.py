"""Fingerprints of calls: a repeat is told from another use of the same command id without keeping what was asked.

The hash is keyed, because payloads hold what can be guessed: identity numbers, operation codes.
"""

from __future__ import annotations

import hmac
from typing import Any, Final

import orjson

# 64 bits: enough that two payloads of one command id are never taken for each other.
HEX_DIGITS: Final = 16


class Fingerprints:
    """`secret` is the platform's key for personal data, of which a key of its own is made here."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"fingerprints of calls", "sha256")

    def of(self, action: str, payload: Any) -> str:
        """16 hexadecimal digits for a method and its payload (JSON values); the order of an object's keys is no matter."""
        asked = orjson.dumps([action, payload], option=orjson.OPT_SORT_KEYS)
        return hmac.digest(self._key, asked, "sha256").hex()[:HEX_DIGITS]
