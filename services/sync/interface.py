"""The signed interface to the national system, shared by its client and the sandbox (docs/national-interface.yaml). Pure.

Every request carries a time, a nonce and an HMAC-SHA256 over method, path with query, time, nonce and the body's SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping

TIME = "X-WQ-Time"
NONCE = "X-WQ-Nonce"
SIGNATURE = "X-WQ-Signature"
SKEW_SECONDS = 300
REMEMBERED_NONCES = 100_000
LARGEST_BATCH = 500
LARGEST_BODY = 2 * 1024 * 1024


class NotGenuine(Exception):
    """A request whose signature does not hold; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign(key: bytes, method: str, path: str, body: bytes, now: float) -> dict[str, str]:
    """The headers of a request made at `now` (seconds since 1970)."""
    time, nonce = str(int(now)), secrets.token_hex(16)
    return {TIME: time, NONCE: nonce, SIGNATURE: _signature(key, method, path, time, nonce, body)}


class Verifier:
    """Checks signatures and remembers nonces, so that a recorded request cannot be sent again."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, method: str, path: str, body: bytes, headers: Mapping[str, str], now: float) -> None:
        """Raises NotGenuine `national.unsigned`, `.wrong_signature`, `.stale` or `.replayed`."""
        time, nonce, signature = (headers.get(name) or "" for name in (TIME, NONCE, SIGNATURE))
        if not (time and nonce and signature):
            raise NotGenuine("national.unsigned")
        if not hmac.compare_digest(signature, _signature(self._key, method, path, time, nonce, body)):
            raise NotGenuine("national.wrong_signature")
        if not time.isdigit() or abs(now - int(time)) > SKEW_SECONDS:
            raise NotGenuine("national.stale")
        with self._lock:
            if nonce in self._seen:
                raise NotGenuine("national.replayed")
            self._seen[nonce] = None
            while len(self._seen) > REMEMBERED_NONCES:
                self._seen.popitem(last=False)


def _signature(key: bytes, method: str, path: str, time: str, nonce: str, body: bytes) -> str:
    told = "\n".join((method, path, time, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
