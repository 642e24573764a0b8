"""Where evidence and printed books are kept, known by the SHA-256 of what is kept. S3-shaped, two backends.

What comes here is sealed before (services/directory/personal.py): a store, its backups and whoever runs it see no
personal data, and destroying a person's key erases copies that nobody can reach. A bucket is not versioned, or deleting
would leave the old version.
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from shared.errors import NotFound, Reason, Unavailable, UnreadableEvent

MISSING = Reason(
    "object.missing",
    "文件不存在或已按规定删除，请重新上传",
    "There is no such file, or it was deleted: upload it again",
    NotFound,
)
UNAVAILABLE = Reason(
    "object.unavailable", "文件存储暂时不可用，请稍后重试", "The store of files is away: try again later", Unavailable
)
DAMAGED = Reason(
    "object.damaged",
    "存储的文件与其摘要不符，不能打开，请联系平台运维人员",
    "A stored file does not match its digest: operators must look",
    UnreadableEvent,
)

CONNECT_SECONDS = 2.0
# Between two packets, not for a whole file.
READ_SECONDS = 4.0
ATTEMPTS = 2

_ADDRESS = re.compile(r"[0-9a-f]{64}")
_ABSENT = ("NoSuchKey", "404", "NotFound")


class ObjectStore(Protocol):
    """Keeps bytes. Every call may raise Unavailable `object.unavailable`, after a bounded time.

    `blocks` says that a call holds up the whole thread, and so belongs in one of its own.
    """

    blocks: ClassVar[bool]

    def put(self, content: bytes) -> str:
        """The address of the content, which is kept when this returns; putting it again changes nothing."""

    def get(self, address: str) -> bytes:
        """What was put. Raises NotFound `object.missing`, UnreadableEvent `object.damaged`."""

    def delete(self, address: str) -> None:
        """Forget the content; nothing where it is not there."""


@cache
def store_of(evidence_url: str) -> ObjectStore:
    """The store of this process: `file:///folder`, or `s3+https://host/bucket` with keys from the environment."""
    parts = urlsplit(evidence_url)
    if parts.scheme == "file":
        return FolderStore(Path(parts.path))
    return S3Store(f"{parts.scheme.removeprefix('s3+')}://{parts.netloc}", parts.path.strip("/"))


class FolderStore:
    """A folder of this machine, for development and single machines: `<first two>/<next two>/<address>`."""

    blocks: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """See ObjectStore. Written aside and renamed: whoever reads meets the whole file or none."""
        address = address_of(content)
        path = self._path(address)
        with _folder_available():
            # What is there but damaged is written again.
            if path.is_file() and address_of(path.read_bytes()) == address:
                return address
            _make_folder(path.parent)
            _write_durably(path, content)
        return address

    def get(self, address: str) -> bytes:
        """See ObjectStore."""
        path = self._path(address)
        with _folder_available():
            try:
                return _checked(address, path.read_bytes())
            except FileNotFoundError:
                raise MISSING.error() from None

    def delete(self, address: str) -> None:
        """See ObjectStore."""
        path = self._path(address)
        with _folder_available(), suppress(FileNotFoundError):
            path.unlink()
            _sync_folder(path.parent)

    def _path(self, address: str) -> Path:
        _check_address(address)
        return self._folder / address[:2] / address[2:4] / address


class S3Store:
    """A bucket of any server that speaks S3. Without keys, those of the environment or the machine are used.

    In a serving process its sockets take turns, and its locks are green: no other thread may use it.
    """

    blocks: ClassVar[bool] = False

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        access_key: str | None = None,
        secret_key: str | None = None,
        region: str = "us-east-1",
        read_seconds: float = READ_SECONDS,
    ) -> None:
        from boto3.session import Session  # noqa: PLC0415 - half a second to load, which a folder does without
        from botocore.config import Config  # noqa: PLC0415 - the same

        self._bucket = bucket
        self._client: Any = Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=read_seconds,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                s3={"addressing_style": "path"},
                # Newer checksums are unknown to many servers that speak S3; Content-MD5 is known to all.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, content: bytes) -> str:
        """See ObjectStore."""
        address = address_of(content)
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        with _bucket_available():
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(address),
                Body=content,
                ContentMD5=b64encode(md5).decode(),
                ContentType="application/octet-stream",
            )
        return address

    def get(self, address: str) -> bytes:
        """See ObjectStore."""
        key = _key(address)
        with _bucket_available():
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return _checked(address, content)

    def delete(self, address: str) -> None:
        """See ObjectStore."""
        key = _key(address)
        with _bucket_available():
            self._client.delete_object(Bucket=self._bucket, Key=key)


def address_of(content: bytes) -> str:
    """Where content is kept: its SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _check_address(address: str) -> None:
    # An address becomes a path: nothing but a digest may.
    if not _ADDRESS.fullmatch(address):
        raise MISSING.error()


def _key(address: str) -> str:
    _check_address(address)
    return f"{address[:2]}/{address}"


def _checked(address: str, content: bytes) -> bytes:
    if address_of(content) != address:
        raise DAMAGED.error(address=address)
    return content


@contextmanager
def _folder_available() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UNAVAILABLE.error() from error


@contextmanager
def _bucket_available() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - loaded with the bucket's client

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _ABSENT:
            raise MISSING.error() from None
        raise UNAVAILABLE.error() from error
    except BotoCoreError as error:
        raise UNAVAILABLE.error() from error


def _make_folder(folder: Path) -> None:
    """A folder that is still there after a power cut: each new one is written down in the one above it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _write_durably(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{uuid4().hex}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
