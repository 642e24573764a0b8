"""佐证材料: a photograph, a scan or a PDF that proves something, known by its content and never by its name.

What is accepted comes back cleaned: the same picture or pages without anything else, and the digest of exactly that.
Everything else is refused with Invalid `evidence.*` about the field `content`. Pure; takes the CPU for up to seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from struct import unpack_from

from services.directory.papers.images import JPEG_START, MIXED, PNG_START, clean_jpeg, clean_png
from shared.errors import Invalid, Reason

MAX_BYTES = 5 << 20

EMPTY = Reason("evidence.empty", "文件为空，请重新选择文件上传", "The file is empty: choose it again", Invalid)
TOO_LARGE = Reason(
    "evidence.too_large",
    "文件过大，最大 {megabytes:number} MB，请压缩后上传",
    "A file may have at most {megabytes:number} MB: make it smaller",
    Invalid,
)
WRONG_TYPE = Reason(
    "evidence.wrong_type",
    "文件内容不是 JPEG、PNG 图片或 PDF，请转换为其中一种后上传",
    "Only JPEG and PNG pictures and PDF files are accepted, judged by their content: convert it",
    Invalid,
)

PDF_START = b"%PDF-"

# Readers of PDF look for its start this far, readers of ZIP for its end that far.
_PDF_WITHIN = 1024
_ZIP_WITHIN = 22 + 0xFFFF
_ZIP_END = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cleaned file: its bytes, what they are, and their SHA-256 in hexadecimal."""

    content: bytes
    media_type: str
    digest: str


def accept(content: bytes) -> Evidence:
    """The cleaned file; the same file always gives the same. Raises Invalid `evidence.*`."""
    if not content:
        raise EMPTY.error("content")
    if len(content) > MAX_BYTES:
        raise TOO_LARGE.error("content", megabytes=MAX_BYTES >> 20)
    for start, (media_type, clean) in _CLEANERS.items():
        if content.startswith(start):
            return _cleaned(content, media_type, clean)
    start_of_pdf = content.find(PDF_START, 0, _PDF_WITHIN)
    if start_of_pdf < 0:
        raise WRONG_TYPE.error("content")
    # Mail and printing programs leave lines before it, which readers pass over.
    return _cleaned(content[start_of_pdf:], "application/pdf", _clean_pdf)


def _cleaned(content: bytes, media_type: str, clean: Callable[[bytes], bytes]) -> Evidence:
    _check_single(content)
    cleaned = clean(content)
    # What was kept may still read as something else, such as data after the last pixel of a JPEG.
    _check_single(cleaned)
    return Evidence(cleaned, media_type, sha256(cleaned).hexdigest())


def _clean_pdf(content: bytes) -> bytes:
    from services.directory.papers.documents import clean_pdf  # noqa: PLC0415 - pictures do without the libraries for PDF

    return clean_pdf(content)


_CLEANERS = {JPEG_START: ("image/jpeg", clean_jpeg), PNG_START: ("image/png", clean_png)}


def _check_single(content: bytes) -> None:
    if content.find(PDF_START, 1, _PDF_WITHIN) > 0 or _ends_as_zip(content):
        raise MIXED.error("content")


def _ends_as_zip(content: bytes) -> bool:
    """Whether a reader of ZIP would find a directory at the end."""
    at = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_WITHIN))
    while at >= 0:
        if at + 22 <= len(content):
            size, offset = unpack_from("<II", content, at + 12)
            if size + offset <= at:
                return True
        at = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_WITHIN), at)
    return False
