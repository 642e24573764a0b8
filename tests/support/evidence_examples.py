"""Files as people upload them: photographs with EXIF, pictures with notes, scans and printed pages as PDF."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRET = b"31.2304N 121.4737E"
_ORIENTATION, _MAKER = 0x0112, 0x010F


def picture(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Some picture; every row and column differs."""
    return Image.radial_gradient("L").resize((width, height)).convert(mode)


def jpeg(image: Image.Image | None = None, *, orientation: int = 1, **options: Any) -> bytes:
    """A photograph whose EXIF and comment hold a secret."""
    exif = Image.Exif()
    exif[_MAKER] = SECRET.decode()
    exif[_ORIENTATION] = orientation
    saved = BytesIO()
    (image or picture()).save(saved, "JPEG", exif=exif, comment=SECRET, dpi=(200, 200), **options)
    return saved.getvalue()


def png(image: Image.Image | None = None, **options: Any) -> bytes:
    """A picture whose text chunks and EXIF hold a secret."""
    notes = PngInfo()
    notes.add_text("Author", SECRET.decode())
    notes.add_itxt("Comment", SECRET.decode(), zip=False)
    exif = Image.Exif()
    exif[_MAKER] = SECRET.decode()
    saved = BytesIO()
    (image or picture()).save(saved, "PNG", pnginfo=notes, exif=exif, dpi=(200, 200), **options)
    return saved.getvalue()


def png_chunk(name: bytes, payload: bytes) -> bytes:
    """One chunk with its right checksum."""
    return len(payload).to_bytes(4, "big") + name + payload + zlib.crc32(name + payload).to_bytes(4, "big")


def pdf(pages: int = 1, **extra: Any) -> bytes:
    """A scan: a photograph on each page, information about who made it, and what `extra` puts into the catalogue."""
    made = pdf_of(pages)
    for name, value in extra.items():
        made.Root[f"/{name}"] = value
    return saved(made)


def pdf_of(pages: int = 1) -> pikepdf.Pdf:
    """The same scan, to be changed before it is `saved`."""
    made = pikepdf.new()
    for _ in range(pages):
        photograph = pikepdf.Stream(
            made,
            jpeg(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=60,
            Height=40,
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceRGB,
            Filter=pikepdf.Name.DCTDecode,
        )
        page = made.add_blank_page(page_size=(300, 200))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=photograph))
        page.Contents = made.make_stream(b"q 300 0 0 200 0 0 cm /Scan Do Q")
        page.PieceInfo = pikepdf.Dictionary(Note=pikepdf.String(SECRET.decode()))
    made.docinfo["/Author"] = SECRET.decode()
    made.Root.Metadata = made.make_stream(b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    return made


def saved(made: pikepdf.Pdf, **options: Any) -> bytes:
    """The file."""
    written = BytesIO()
    made.save(written, fix_metadata_version=False, **options)
    return written.getvalue()
