"""Every setting, read and checked once at the start of a process. Secrets are files, never variables.

Development finds the settings that `wq run` wrote under `.run/platform.env` when DATABASE_URL is not set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.clock import Clock, MovableClock, SystemClock

PLATFORM_FILE = Path(".run/platform.env")
PERSONAL_SECRET_BYTES = 64
# What no platform is without.
NEEDED = (
    "DATABASE_URL",
    "AMQP_URI",
    "WQ_PRINCIPAL_KEYS_FILE",
    "WQ_PERSONAL_KEY_FILE",
    "WQ_NATIONAL_URL",
    "WQ_NATIONAL_KEY_FILE",
    "WQ_EVIDENCE_URL",
    "WQ_CHECK_ADDRESS",
)


class BadSetting(Exception):
    """A setting is missing or wrong; the text says which and what is wanted, in Chinese and English."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(f"{name}: {zh} / {en}")
        self.name = name


class NoPlatform(BadSetting):
    """There are no settings at all: nothing was started here, and no process of a platform was given any."""

    def __init__(self) -> None:
        zh = "这里没有运行中的平台，请先在本目录执行 `make run` 启动；生产环境的进程须给出全部设置（见 docs/operating.md）"
        en = (
            "No platform is running here: start one with `make run` in this directory;"
            " a process in production is given its settings (docs/operating.md)"
        )
        Exception.__init__(self, f"{zh} / {en}")
        self.name = "DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Settings:
    """`*_file` settings are paths. See docs/operating.md for the meaning of each."""

    environment: str
    database_url: str
    amqp_uri: str
    principal_keys_file: Path
    principal_signing_key_file: Path | None
    personal_key_file: Path
    national_url: str
    national_key_file: Path
    evidence_url: str
    check_address: str
    clock_file: Path | None
    health_port: int
    max_workers: int

    def clock(self) -> Clock:
        """The platform's clock; only development may move it."""
        return MovableClock(self.clock_file) if self.clock_file is not None else SystemClock()

    def personal_secret(self) -> bytes:
        """The 64 bytes that protect personal data. Raises BadSetting."""
        return self.secret(self.personal_key_file, PERSONAL_SECRET_BYTES)

    def secret(self, path: Path, length: int) -> bytes:
        """The bytes of a secret written as hexadecimal text. Raises BadSetting."""
        try:
            secret = bytes.fromhex(path.read_text().strip())
        except (OSError, ValueError) as error:
            raise BadSetting(str(path), "无法读取密钥文件", "the secret file cannot be read") from error
        if len(secret) != length:
            raise BadSetting(str(path), f"密钥应为 {length} 字节", f"the secret must have {length} bytes")
        return secret


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises BadSetting, NoPlatform when there are none."""
    values = dict(os.environ if environ is None else environ)
    if "DATABASE_URL" not in values and PLATFORM_FILE.exists():
        values = {**dict(_lines(PLATFORM_FILE)), **values}
    if not any(values.get(name) for name in NEEDED):
        raise NoPlatform
    environment = values.get("WQ_ENVIRONMENT", "production")
    if environment not in ("production", "development"):
        raise BadSetting("WQ_ENVIRONMENT", "应为 production 或 development", "must be production or development")
    if environment == "production" and "WQ_CLOCK_FILE" in values:
        raise BadSetting("WQ_CLOCK_FILE", "生产环境不得调整时钟", "a production platform's clock cannot be moved")
    if environment == "production" and "WQ_PRINCIPAL_SIGNING_KEY_FILE" in values:
        raise BadSetting(
            "WQ_PRINCIPAL_SIGNING_KEY_FILE",
            "生产环境的服务不得持有签发密钥",
            "production services never hold the key that signs principals; the gateway does",
        )
    return Settings(
        environment=environment,
        database_url=_needed(values, "DATABASE_URL"),
        amqp_uri=_needed(values, "AMQP_URI"),
        principal_keys_file=Path(_needed(values, "WQ_PRINCIPAL_KEYS_FILE")),
        principal_signing_key_file=_path(values, "WQ_PRINCIPAL_SIGNING_KEY_FILE"),
        personal_key_file=Path(_needed(values, "WQ_PERSONAL_KEY_FILE")),
        national_url=_needed(values, "WQ_NATIONAL_URL"),
        national_key_file=Path(_needed(values, "WQ_NATIONAL_KEY_FILE")),
        evidence_url=_evidence_url(_needed(values, "WQ_EVIDENCE_URL")),
        check_address=_needed(values, "WQ_CHECK_ADDRESS"),
        clock_file=_path(values, "WQ_CLOCK_FILE"),
        health_port=_number(values, "WQ_HEALTH_PORT", 9100, 0, 65535),
        max_workers=_number(values, "WQ_MAX_WORKERS", 10, 1, 100),
    )


def _lines(path: Path) -> list[tuple[str, str]]:
    pairs = [line.partition("=") for line in path.read_text().splitlines() if "=" in line]
    return [(name, value) for name, _, value in pairs]


def _needed(values: Mapping[str, str], name: str) -> str:
    value = values.get(name)
    if not value:
        raise BadSetting(name, "缺少该设置", "this setting is missing")
    return value


def _path(values: Mapping[str, str], name: str) -> Path | None:
    value = values.get(name)
    return Path(value) if value else None


def _evidence_url(text: str) -> str:
    """`file:///folder`, or `s3+https://host/bucket` (s3+http in development)."""
    parts = urlsplit(text)
    folder = parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc
    bucket = parts.scheme in ("s3+https", "s3+http") and parts.netloc and len(parts.path) > 1
    if not folder and not bucket:
        wanted = "file:///folder or s3+https://host/bucket"
        raise BadSetting("WQ_EVIDENCE_URL", f"应为 {wanted}", f"must be {wanted}")
    return text


def _number(values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise BadSetting(name, f"应为 {low} 到 {high} 的整数", f"must be a whole number from {low} to {high}")
    return int(text)
