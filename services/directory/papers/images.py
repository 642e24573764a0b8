"""JPEG and PNG taken apart and put together again with nothing but what a decoder needs: no text, no thumbnails, and of EXIF
only how the camera was held.

Image data is copied, never coded anew, so a picture loses no quality. Cleaning what is clean changes nothing.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Container, Iterator
from struct import unpack_from

from shared.errors import Invalid, Reason, ServiceError

MAX_PIXELS = 50_000_000
MAX_SIDE = 20_000
# A progressive picture is painted once a scan; cameras use about ten.
MAX_SCANS = 64

JPEG_START = b"\xff\xd8\xff"
PNG_START = b"\x89PNG\r\n\x1a\n"

BROKEN = Reason(
    "evidence.broken",
    "文件已损坏或不完整，请重新拍摄、扫描或导出后上传",
    "The file is damaged or incomplete: photograph, scan or export it again",
    Invalid,
)
MIXED = Reason(
    "evidence.mixed",
    "文件中夹带了其他内容，请重新拍摄、扫描或导出后上传",
    "The file carries other content: photograph, scan or export it again",
    Invalid,
)
TOO_MANY_PIXELS = Reason(
    "evidence.too_many_pixels",
    "图片过大：最多 {pixels:number} 像素，单边最多 {side:number} 像素，请缩小后上传",
    "The picture is too large, at most {pixels:number} pixels, and {side:number} a side: make it smaller",
    Invalid,
)
TOO_COMPLEX = Reason(
    "evidence.too_complex",
    "PDF 展开后过大，请降低分辨率或打印为新的 PDF 后上传",
    "The PDF unpacks to too much: scan at a lower resolution or print it to a new PDF",
    Invalid,
)
UNSUPPORTED = Reason(
    "evidence.unsupported",
    "文件使用了不支持的编码方式，请另存为普通的 JPEG、PNG 或 PDF 后上传",
    "The file uses a coding that is not supported: save it as an ordinary JPEG, PNG or PDF",
    Invalid,
)

_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive: what every viewer shows
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF)
_EXIF_START = b"Exif\x00\x00"
_END, _SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_SCAN_END = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
# Cameras append more pictures (MPF), a clip (a motion photo) or a block that ends in SEFT; none is part of the picture.
_CAMERA_EXTRA = re.compile(rb"\x00{0,64}(?:\xff\xd8\xff|.{4}ftyp)", re.DOTALL)
_PADDING = b"\x00\xff\r\n "

# Colour type → bit depths, samples a pixel.
_PNG_COLOURS = {0: ((1, 2, 4, 8, 16), 1), 2: ((8, 16), 3), 3: ((1, 2, 4, 8), 1), 4: ((8, 16), 2), 6: ((8, 16), 4)}
# What changes how the pixels look → the lengths it can have. Every other chunk that may be left out is left out.
_PNG_KEPT: dict[bytes, Container[int]] = {b"gAMA": (4,), b"sRGB": (1,), b"pHYs": (9,), b"tRNS": range(1, 257)}
_PNG_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_INFLATE_STEP = 1 << 20


def check_pixels(width: int, height: int) -> None:
    """Raises Invalid `evidence.broken` for a picture without area, `evidence.too_many_pixels` for one too large."""
    if width < 1 or height < 1:
        raise broken()
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise TOO_MANY_PIXELS.error("content", pixels=MAX_PIXELS, side=MAX_SIDE)


def broken() -> ServiceError:
    """Invalid `evidence.broken`, to raise."""
    return BROKEN.error("content")


def clean_jpeg(data: bytes, *, turned: bool = True) -> bytes:
    """The picture alone. Where `turned`, a note says how the camera was held, or photographs would lie on their side.

    Raises Invalid `evidence.broken`, `evidence.mixed`, `evidence.too_many_pixels` or `evidence.unsupported`.
    """
    notes: dict[int, bytes] = {}
    body: list[bytes] = []
    framed, scans, at = False, 0, 2
    while True:
        marker, at = _marker(data, at)
        if marker == _END:
            break
        payload, at = _payload(data, at)
        if marker in (_JFIF, _EXIF, _ADOBE):
            note = _note(marker, payload, turned)
            if note:
                notes.setdefault(marker, _segment(marker, note))
            continue
        if marker == _COMMENT or 0xE0 <= marker <= 0xEF:
            continue
        if marker in _FRAMES and not framed:
            _check_frame(payload)
            framed = True
        elif marker == _SCAN and framed and scans < MAX_SCANS:
            scans += 1
        elif not _is_table(marker, payload):
            raise (UNSUPPORTED if marker in _OTHER_FRAMES else BROKEN).error("content")
        body.append(_segment(marker, payload))
        if marker == _SCAN:
            end = _scan_end(data, at, payload)
            body.append(data[at:end])
            at = end
    if not scans:
        raise broken()
    if data[at:].strip(_PADDING) and not _CAMERA_EXTRA.match(data, at) and not data.endswith(b"SEFT"):
        raise MIXED.error("content")
    return b"".join((b"\xff\xd8", *(notes[marker] for marker in sorted(notes)), *body, b"\xff\xd9"))


def _marker(data: bytes, at: int) -> tuple[int, int]:
    start = at
    while data[at : at + 1] == b"\xff":
        at += 1
    if at == start or at >= len(data):
        raise broken()
    return data[at], at + 1


def _payload(data: bytes, at: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):
        raise broken()
    return data[at + 2 : at + length], at + length


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _check_frame(payload: bytes) -> None:
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise broken()
    precision, height, width, components = unpack_from(">BHHB", payload)
    if precision != 8 or components not in (1, 3, 4) or not height:
        raise UNSUPPORTED.error("content")
    check_pixels(width, height)


def _scan_end(data: bytes, at: int, header: bytes) -> int:
    end = _SCAN_END.search(data, at)
    if end is None or end.start() == at or not header or len(header) != 4 + 2 * header[0]:
        raise broken()
    return end.start()


def _is_table(marker: int, payload: bytes) -> bool:
    """Whether a segment is quantisation tables, Huffman tables or a restart interval, and nothing besides."""
    if marker == 0xDD:
        return len(payload) == 2
    at = 0
    while at < len(payload):
        if marker == 0xDB:
            at += 129 if payload[at] >> 4 else 65
        elif marker == 0xC4:
            at += 17 + sum(payload[at + 1 : at + 17])
        else:
            return False
    return at == len(payload) > 0


def _note(marker: int, payload: bytes, turned: bool) -> bytes:
    """What is kept of an APP segment: the density, the colour transform, the orientation; else nothing."""
    if marker == _JFIF and payload.startswith(b"JFIF\x00") and len(payload) >= 14:
        return payload[:12] + b"\x00\x00"
    if marker == _ADOBE and payload.startswith(b"Adobe") and len(payload) >= 12:
        return payload[:12]
    if marker == _EXIF and turned and payload.startswith(_EXIF_START):
        held = _held(payload[len(_EXIF_START) :])
        return _EXIF_START + held if held else b""
    return b""


def _held(exif: bytes) -> bytes:
    """EXIF that says how the camera was held and nothing else; nothing where it was held upright."""
    orientation = _orientation(exif)
    if orientation == 1:
        return b""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + bytes((orientation, 0, 0))
    return b"MM\x00*\x00\x00\x00\x08\x00\x01" + entry + bytes(4)


def _orientation(tiff: bytes) -> int:
    """How the camera was held, 1 to 8; 1 where the note is missing or makes no sense."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return 1
    (count,) = unpack_from(order + "H", tiff, start)
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, values, value = unpack_from(order + "HHIH", tiff, at)
        if (tag, kind, values) == (0x0112, 3, 1) and 1 <= value <= 8:
            return int(value)
    return 1


def clean_png(data: bytes) -> bytes:
    """The picture alone, its first frame if it moves, with a note of how the camera was held.

    Raises Invalid `evidence.broken`, `evidence.mixed`, `evidence.too_many_pixels` or `evidence.unsupported`.
    """
    chunks = _chunks(data)
    name, header = next(chunks)
    if name != b"IHDR" or len(header) != 13:
        raise broken()
    colour = header[9]
    image = _Inflated(_raw_length(header))
    kept, seen, last = [_chunk(name, header)], {name}, name
    for name, payload in chunks:
        early = b"IDAT" not in seen and name not in seen
        if name == b"IDAT":
            # All image data stands together, after its palette.
            if (b"IDAT" in seen and last != b"IDAT") or (colour == 3 and b"PLTE" not in seen):
                raise broken()
            image.feed(payload)
        elif name == b"PLTE" and early and colour not in (0, 4):
            if not payload or len(payload) % 3 or len(payload) > 768:
                raise broken()
        elif name in _PNG_KEPT and early:
            if len(payload) not in _PNG_KEPT[name]:
                raise broken()
        elif name[0] & 0x20:
            if name == b"eXIf" and name not in seen:
                seen.add(name)
                held = _held(payload.removeprefix(_EXIF_START))
                # Right behind the header, wherever it stood: a viewer turns the picture before it draws it.
                kept[1:1] = [_chunk(name, held)] if held else []
            last = name
            continue
        elif name != b"IEND" or payload:
            raise broken()
        seen.add(name)
        last = name
        kept.append(_chunk(name, payload))
    image.finish()
    return PNG_START + b"".join(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk up to and with IEND, after which nothing may follow but padding."""
    at = len(PNG_START)
    name = b""
    while name != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or not (name.isalpha() and name.isascii()):
            raise broken()
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise broken()
        yield name, data[at + 8 : end - 4]
        at = end
    if data[at:].strip(_PADDING):
        raise MIXED.error("content")


def _chunk(name: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + name + payload + zlib.crc32(name + payload).to_bytes(4, "big")


def _raw_length(header: bytes) -> int:
    """How many bytes the image data must inflate to."""
    width, height, depth, colour, compression, filtering, interlace = unpack_from(">IIBBBBB", header)
    check_pixels(width, height)
    depths, samples = _PNG_COLOURS.get(colour, ((), 0))
    if depth not in depths or compression or filtering or interlace > 1:
        raise UNSUPPORTED.error("content")
    passes = _PNG_PASSES if interlace else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes]
    return sum((1 + -(-columns * depth * samples // 8)) * rows for columns, rows in sizes if columns > 0 and rows > 0)


class _Inflated:
    """Image data inflated step by step and thrown away: it must end exactly where the picture does."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._inflate = zlib.decompressobj()

    def feed(self, data: bytes) -> None:
        """Raises Invalid `evidence.broken`, or `evidence.mixed` where there is more than the picture."""
        while data:
            if self._inflate.eof:
                raise MIXED.error("content")
            try:
                made = self._inflate.decompress(data, _INFLATE_STEP)
            except zlib.error:
                raise broken() from None
            self._left -= len(made)
            if self._left < 0 or self._inflate.unused_data:
                raise MIXED.error("content")
            data = self._inflate.unconsumed_tail

    def finish(self) -> None:
        """Raises Invalid `evidence.broken` where the picture is not complete."""
        while not self._inflate.eof:
            try:
                made = self._inflate.decompress(self._inflate.unconsumed_tail, _INFLATE_STEP)
            except zlib.error:
                raise broken() from None
            if not made:
                break
            self._left -= len(made)
        if self._left or not self._inflate.eof:
            raise broken()
